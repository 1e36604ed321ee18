//! The pending transaction: what is between a first command and its second.
//!
//! [`PENDING_BYTES`] bytes of `clear_on_deselect` RAM behind the session, so lost with power, reset
//! and the selection of another application:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | 31 a credit, 32 a settlement, 00 nothing |
//! | 1 | 1 | key index |
//! | 2 | 12 | amounts |
//! | 14 | 6 | terminal number |
//! | 20 | 4 | random number |
//! | 24 | 2 | on-line counter |
//! | 26 | 2 | off-line counter |
//!
//! Invariants: it is taken out of RAM before the next command is looked at; no key is in it.

use core::ops::Range;

use tessera_cos::session::SESSION_BYTES;
use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord};

use super::{
    amounts::Amounts,
    command::{Four, Opening, Sum},
};

/// Bytes of RAM of a pending transaction.
pub(crate) const PENDING_BYTES: u16 = 28;

const PLACE: Range<usize> = SESSION_BYTES as usize..(SESSION_BYTES + PENDING_BYTES) as usize;

/// A transaction that a first command has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// Type of its log record.
    pub(super) type_byte: u8,
    pub(super) opening: Opening,
    pub(super) random: Four,
    /// The counters as they were.
    online: u16,
    offline: u16,
}

impl Pending {
    /// Of an account as it is.
    pub(super) fn new(type_byte: u8, opening: &Opening, random: Four, amounts: &Amounts) -> Self {
        let (online, offline) = (amounts.online, amounts.offline);
        Self { type_byte, opening: *opening, random, online, offline }
    }

    /// What is pending, if it is of this type and the account is as it was: any transaction, also
    /// one of another channel, counts one of its numbers.
    ///
    /// # Errors
    /// 6985.
    pub(super) fn resumed(
        pending: Option<Self>,
        type_byte: u8,
        amounts: &Amounts,
    ) -> Result<Self, Halt> {
        let is_this = |pending: &Self| {
            pending.type_byte == type_byte
                && pending.online == amounts.online
                && pending.offline == amounts.offline
        };
        pending.filter(is_this).ok_or(Halt::Status(StatusWord::CONDITIONS_NOT_SATISFIED))
    }

    /// Takes it out of RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(super) fn take(env: &mut Env<'_>) -> Result<Option<Self>, Halt> {
        let place = place(env)?;
        let pending = Self::decode(place);
        place.fill(0);
        Ok(pending)
    }

    /// Puts it into RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(super) fn keep(&self, env: &mut Env<'_>) -> Outcome {
        let Opening { index, sum, terminal } = self.opening;
        let place = place(env)?;
        place[0] = self.type_byte;
        place[1] = index;
        place[2..14].copy_from_slice(&sum.bytes());
        place[14..20].copy_from_slice(&terminal);
        place[20..24].copy_from_slice(&self.random);
        place[24..26].copy_from_slice(&self.online.to_be_bytes());
        place[26..28].copy_from_slice(&self.offline.to_be_bytes());
        Ok(())
    }

    fn decode(place: &[u8; PENDING_BYTES as usize]) -> Option<Self> {
        let sum: [u8; 12] = core::array::from_fn(|at| place[2 + at]);
        let opening = Opening {
            index: place[1],
            sum: Sum::of(&sum),
            terminal: core::array::from_fn(|at| place[14 + at]),
        };
        (place[0] != 0).then(|| Self {
            type_byte: place[0],
            opening,
            random: core::array::from_fn(|at| place[20 + at]),
            online: u16::from_be_bytes([place[24], place[25]]),
            offline: u16::from_be_bytes([place[26], place[27]]),
        })
    }
}

/// Forgets a pending transaction, as the selection of a file does, of this application or another.
///
/// Does nothing when the applet has no RAM for one.
pub(crate) fn forget(env: &mut Env<'_>) {
    if let Ok(place) = place(env) {
        place.fill(0);
    }
}

fn place<'e>(env: &'e mut Env<'_>) -> Result<&'e mut [u8; PENDING_BYTES as usize], Halt> {
    let ram = env.ram_mut(Clear::OnDeselect).get_mut(PLACE);
    ram.and_then(|ram| ram.try_into().ok()).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}
