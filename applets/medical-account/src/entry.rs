//! An entry of the ledger: one record of EF08, written by the card alone.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | sequence |
//! | 4 | 1 | [type](Kind) |
//! | 5 | 1 | class of a settlement, kind of a reversal, sign of an adjustment |
//! | 6 | 1 | flags |
//! | 7 | 6 | terminal |
//! | 13 | 7 | time |
//! | 20 | 16 | A, S, P, D; where there is one amount, it is A |
//! | 36 | 4 | sequence of the entry it refers to, or 0 |
//! | 40 | 4 | balance after |
//! | 44 | 4 | TAC |
//!
//! Invariant: nothing of an entry changes but b7-b5 of its flags, once each.

use crate::{
    amounts::{AMOUNTS_BYTES, Amounts},
    command::{Four, Terminal, Time},
    state::State,
};

/// Bytes of an entry.
pub(crate) const ENTRY_BYTES: usize = 48;
/// Where in an entry the flags stand.
pub(crate) const FLAGS_AT: u32 = 6;

/// Flag b8: settled off-line.
pub(crate) const OFF_LINE: u8 = 0x80;
/// Flag b7: refunded.
pub(crate) const REFUNDED: u8 = 0x40;
/// Flag b6: a red entry has been made of it.
pub(crate) const RED: u8 = 0x20;
/// Flag b5: a black entry has been made of it.
pub(crate) const BLACK: u8 = 0x10;
/// Flags that a command may set: b4-b1.
pub(crate) const FLAGS_OF_COMMANDS: u8 = 0x0F;

/// Sign of an adjustment that adds.
pub(crate) const PLUS: u8 = b'+';
/// Sign of an adjustment that takes away.
pub(crate) const MINUS: u8 = b'-';

/// What an entry is: its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `31` credit 划入.
    Credit = 0x31,
    /// `32` settlement 结算.
    Settlement = 0x32,
    /// `33` reversal 冲正.
    Reversal = 0x33,
    /// `35` adjustment 调账.
    Adjustment = 0x35,
    /// `36` year settlement 年度结转.
    Year = 0x36,
    /// `37` opening 开户.
    Opening = 0x37,
    /// `38` closing 销户.
    Closing = 0x38,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Credit,
        Self::Settlement,
        Self::Reversal,
        Self::Adjustment,
        Self::Year,
        Self::Opening,
        Self::Closing,
    ];

    /// The type byte.
    pub(crate) const fn byte(self) -> u8 {
        self as u8
    }

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.byte() == byte)
    }
}

/// What a reversal does: its kind byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reversal {
    /// `02`: the whole settlement is taken back, its visit too.
    Refund = 0x02,
    /// `03`: a red entry 红冲: a part is taken back.
    Red = 0x03,
    /// `04`: a black entry 蓝补: the opposite of a red one.
    Black = 0x04,
}

impl Reversal {
    /// The kind a byte names.
    pub(crate) const fn of(byte: u8) -> Option<Self> {
        match byte {
            0x02 => Some(Self::Refund),
            0x03 => Some(Self::Red),
            0x04 => Some(Self::Black),
            _ => None,
        }
    }

    /// The flag it sets in the entry it reverses.
    pub(crate) const fn flag(self) -> u8 {
        match self {
            Self::Refund => REFUNDED,
            Self::Red => RED,
            Self::Black => BLACK,
        }
    }

    /// The flags that forbid it.
    pub(crate) const fn forbidden_by(self) -> u8 {
        match self {
            Self::Refund => REFUNDED | RED | BLACK,
            Self::Red => REFUNDED | RED,
            Self::Black => REFUNDED | BLACK,
        }
    }
}

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) sequence: u32,
    pub(crate) kind: Kind,
    pub(crate) class: u8,
    pub(crate) flags: u8,
    pub(crate) terminal: Terminal,
    pub(crate) time: Time,
    pub(crate) amounts: Amounts,
    /// The entry it refers to, or 0.
    pub(crate) reference: u32,
    pub(crate) balance_after: u32,
    pub(crate) tac: Four,
}

impl Entry {
    /// An entry of one amount, the last one of a state; class, flags, reference and TAC are zero.
    pub(crate) const fn of_account(
        kind: Kind,
        after: &State,
        amount: u32,
        terminal: Terminal,
        time: Time,
    ) -> Self {
        Self {
            sequence: after.sequence,
            kind,
            class: 0,
            flags: 0,
            terminal,
            time,
            amounts: Amounts::of_account(amount),
            reference: 0,
            balance_after: after.balance,
            tac: [0; 4],
        }
    }

    /// Reads a record; `None` when its type is none.
    pub(crate) fn decode(bytes: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let four = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let number = |at: usize| u32::from_be_bytes(four(at));
        let (_, amounts) = bytes.split_at(20);
        Some(Self {
            sequence: number(0),
            kind: Kind::of(bytes[4])?,
            class: bytes[5],
            flags: bytes[6],
            terminal: core::array::from_fn(|at| bytes[7 + at]),
            time: core::array::from_fn(|at| bytes[13 + at]),
            amounts: Amounts::decode(amounts.first_chunk::<AMOUNTS_BYTES>()?),
            reference: number(36),
            balance_after: number(40),
            tac: four(44),
        })
    }

    pub(crate) fn encode(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[0..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..7].copy_from_slice(&[self.kind.byte(), self.class, self.flags]);
        bytes[7..13].copy_from_slice(&self.terminal);
        bytes[13..20].copy_from_slice(&self.time);
        bytes[20..36].copy_from_slice(&self.amounts.encode());
        bytes[36..40].copy_from_slice(&self.reference.to_be_bytes());
        bytes[40..44].copy_from_slice(&self.balance_after.to_be_bytes());
        bytes[44..48].copy_from_slice(&self.tac);
        bytes
    }
}
