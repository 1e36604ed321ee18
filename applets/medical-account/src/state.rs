//! What the account has come to: the internal file EF0B, which no command reads as a file.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | [standing](Standing) |
//! | 1 | 4 | sequence of the last entry |
//! | 5 | 4 | base: sequence of the last entry that stands in a statement |
//! | 9 | 2 | number of the last statement |
//! | 11 | 1 | entries without a statement at which settlements stop, 1 to 60 |
//! | 12 | 4 | balance |
//! | 16 | 4, 1 | settled off-line since the last reconciliation: amount, count |
//! | 21 | 4, 1, 1 | limits of that: amount, count; 01 allowed |
//! | 27 | 4 | most of one settlement, 0 for no limit |
//! | 31 | 2 | counter of what comes from the authority |
//! | 33 | 2 | counter of settlements |
//! | 35 | 4 | last number of the authority |
//! | 39 | 40 | the year's [sums](crate::tally) |
//! | 79 | 2, 2 | year, and the day and month it began |
//! | 83 | 4, 4 | proof of the last entry: MAC2, zero where there is none, and TAC |
//!
//! Bytes 12 to 82 are the answer to STATUS in its long form, as they stand.
//!
//! Invariants: all of it changes in one store, in the transaction that adds what it comes from; the
//! balance is at most [`BALANCE_MAX`]; sequence - base is at most 64.

use tessera_framework::{Env, Halt, Outcome};

use crate::{
    files::state_body,
    tally::{TALLY_BYTES, Tally},
    words::{FROZEN, NUMBER_OLD, RANGE_END, require},
};

/// Bytes of the state.
pub(crate) const STATE_BYTES: usize = 91;
/// The part of it that STATUS answers in its long form.
pub(crate) const STATUS_LONG: core::ops::Range<usize> = 12..83;
/// Most entries without a statement: as many as the log has room for, so that no entry leaves the
/// card before it has stood in one.
pub(crate) const UNSTATED_MAX: u32 = 64;
/// Entries without a statement at which settlements stop, unless the authority says fewer.
pub(crate) const LIMIT_USUAL: u8 = 60;
/// Greatest balance in fen.
pub(crate) const BALANCE_MAX: u32 = 0x7FFF_FFFF;

/// Where the account stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// `01`: not opened.
    New = 0x01,
    /// `05`: in use.
    Active = 0x05,
    /// `85`: no entry of money.
    Frozen = 0x85,
    /// `0F`: for ever.
    Terminated = 0x0F,
}

impl Standing {
    /// What a byte says; what it never should, is taken as the end.
    const fn of(byte: u8) -> Self {
        match byte {
            0x01 => Self::New,
            0x05 => Self::Active,
            0x85 => Self::Frozen,
            _ => Self::Terminated,
        }
    }
}

/// Off-line settlements: what there were, and how many there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OffLine {
    pub(crate) amount: u32,
    pub(crate) count: u8,
}

/// What the authority allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// Off-line amount and count must stay below these.
    pub(crate) off_line_amount: u32,
    pub(crate) off_line_count: u8,
    /// 01: there may be off-line settlements at all.
    pub(crate) off_line_allowed: u8,
    /// Most of one settlement, 0 for no limit.
    pub(crate) single: u32,
}

/// What PROOF answers of the last entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Proof {
    /// Zero where the entry has none.
    pub(crate) mac2: [u8; 4],
    pub(crate) tac: [u8; 4],
}

/// The state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) standing: Standing,
    pub(crate) sequence: u32,
    pub(crate) base: u32,
    pub(crate) statement: u16,
    pub(crate) limit: u8,
    pub(crate) balance: u32,
    pub(crate) off_line: OffLine,
    pub(crate) limits: Limits,
    pub(crate) online: u16,
    pub(crate) settled: u16,
    pub(crate) authority_number: u32,
    pub(crate) tally: Tally,
    pub(crate) year: [u8; 2],
    pub(crate) start: [u8; 2],
    pub(crate) proof: Proof,
}

impl State {
    /// An account that is not opened.
    pub(crate) const NEW: Self = Self {
        standing: Standing::New,
        sequence: 0,
        base: 0,
        statement: 0,
        limit: LIMIT_USUAL,
        balance: 0,
        off_line: OffLine { amount: 0, count: 0 },
        limits: Limits { off_line_amount: 0, off_line_count: 0, off_line_allowed: 0, single: 0 },
        online: 0,
        settled: 0,
        authority_number: 0,
        tally: Tally::EMPTY,
        year: [0; 2],
        start: [0; 2],
        proof: Proof { mac2: [0; 4], tac: [0; 4] },
    };

    /// Reads it.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn load(env: &Env<'_>) -> Result<Self, Halt> {
        Ok(Self::decode(&env.load_array(state_body(env)?)?))
    }

    /// Writes it.
    ///
    /// # Errors
    /// 6581; `Torn`.
    pub(crate) fn store(&self, env: &mut Env<'_>) -> Outcome {
        let at = state_body(env)?;
        env.store(at, &self.encode())
    }

    fn decode(bytes: &[u8; STATE_BYTES]) -> Self {
        let four = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let number = |at: usize| u32::from_be_bytes(four(at));
        let two = |at: usize| [bytes[at], bytes[at + 1]];
        let sums: [u8; TALLY_BYTES] = core::array::from_fn(|at| bytes[39 + at]);
        Self {
            standing: Standing::of(bytes[0]),
            sequence: number(1),
            base: number(5),
            statement: u16::from_be_bytes(two(9)),
            limit: bytes[11],
            balance: number(12),
            off_line: OffLine { amount: number(16), count: bytes[20] },
            limits: Limits {
                off_line_amount: number(21),
                off_line_count: bytes[25],
                off_line_allowed: bytes[26],
                single: number(27),
            },
            online: u16::from_be_bytes(two(31)),
            settled: u16::from_be_bytes(two(33)),
            authority_number: number(35),
            tally: Tally::decode(&sums),
            year: two(79),
            start: two(81),
            proof: Proof { mac2: four(83), tac: four(87) },
        }
    }

    pub(crate) fn encode(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        bytes[0] = self.standing as u8;
        bytes[1..5].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[5..9].copy_from_slice(&self.base.to_be_bytes());
        bytes[9..11].copy_from_slice(&self.statement.to_be_bytes());
        bytes[11] = self.limit;
        bytes[12..16].copy_from_slice(&self.balance.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.off_line.amount.to_be_bytes());
        bytes[20] = self.off_line.count;
        bytes[21..25].copy_from_slice(&self.limits.off_line_amount.to_be_bytes());
        bytes[25] = self.limits.off_line_count;
        bytes[26] = self.limits.off_line_allowed;
        bytes[27..31].copy_from_slice(&self.limits.single.to_be_bytes());
        bytes[31..33].copy_from_slice(&self.online.to_be_bytes());
        bytes[33..35].copy_from_slice(&self.settled.to_be_bytes());
        bytes[35..39].copy_from_slice(&self.authority_number.to_be_bytes());
        bytes[39..79].copy_from_slice(&self.tally.encode());
        bytes[79..81].copy_from_slice(&self.year);
        bytes[81..83].copy_from_slice(&self.start);
        bytes[83..87].copy_from_slice(&self.proof.mac2);
        bytes[87..91].copy_from_slice(&self.proof.tac);
        bytes
    }

    /// Entries since the last statement.
    pub(crate) const fn unstated(&self) -> u32 {
        self.sequence.wrapping_sub(self.base)
    }

    /// The same in one byte, FF if more.
    pub(crate) fn unstated_byte(&self) -> u8 {
        u8::try_from(self.unstated()).unwrap_or(u8::MAX)
    }

    /// An entry of money may be made.
    ///
    /// # Errors
    /// 9486 when the account is frozen, 6985 when it is not open.
    pub(crate) fn open_for_money(&self) -> Outcome {
        match self.standing {
            Standing::Active => Ok(()),
            Standing::Frozen => Halt::status(FROZEN),
            Standing::New | Standing::Terminated => not_open(),
        }
    }

    /// The account is in use, frozen or not.
    ///
    /// # Errors
    /// 6985 when it is not open.
    pub(crate) fn open(&self) -> Outcome {
        match self.standing {
            Standing::Active | Standing::Frozen => Ok(()),
            Standing::New | Standing::Terminated => not_open(),
        }
    }

    /// The authority's number is a new one.
    ///
    /// # Errors
    /// 9487.
    pub(crate) fn newer(&self, authority_number: u32) -> Outcome {
        require(authority_number > self.authority_number, NUMBER_OLD)
    }

    /// The balance with more in it.
    ///
    /// # Errors
    /// 9402 when it would be greater than [`BALANCE_MAX`].
    pub(crate) fn balance_with(&self, amount: u32) -> Result<u32, Halt> {
        let sum = self.balance.checked_add(amount).filter(|sum| *sum <= BALANCE_MAX);
        sum.ok_or(Halt::Status(RANGE_END))
    }
}

fn not_open() -> Outcome {
    Halt::status(tessera_framework::StatusWord::CONDITIONS_NOT_SATISFIED)
}
