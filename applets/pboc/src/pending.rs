//! The pending transaction: what is between INITIALIZE and the command that completes it.
//!
//! [`PENDING_BYTES`] bytes of `clear_on_deselect` RAM behind the session, so lost with power, reset
//! and the selection of another application:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | type byte, 00 when nothing is pending |
//! | 1 | 1 | identifier of the key |
//! | 2 | 4 | header of the DF |
//! | 6 | 4 | header of the purse file |
//! | 10 | 4 | header of the log, 0 for none |
//! | 14 | 4 | header of the key |
//! | 18 | 4 | header of the TAC key, 0 where none is used |
//! | 22 | 4 | amount |
//! | 26 | 6 | terminal identifier |
//! | 32 | 4 | random number |
//! | 36 | 2 | transaction number |
//! | 38 | 2 | of a compound purchase, bytes in use of the [`crate::cache`] |
//! | 40 | 8 | of a transaction with the issuer, the session key |
//! | 48 | 2 | the purse's number of the other kind |
//! | 50 | 4 | epoch of the session |
//!
//! Invariants: it is taken out of RAM, and its place overwritten, before the next command is looked
//! at; a session key is never outside this place but in a value that overwrites itself; the headers
//! are followed only in the epoch of the session that noted them, which ends when files are
//! deleted, on whichever logical channel.

use core::ops::Range;

use tessera_cos::{
    cipher::Key,
    session::{SESSION_BYTES, epoch},
};
use tessera_framework::{
    Class, Clear, Command, Env, Halt, Ins, Outcome, StatusWord, class::SecureMessaging, pin::forget,
};

use crate::{
    cache,
    command::{Four, Opening},
    transaction::Transaction,
};

/// Bytes of RAM of a pending transaction, without what it caches.
pub const PENDING_BYTES: u16 = 54;

const PLACE: Range<usize> = SESSION_BYTES as usize..(SESSION_BYTES + PENDING_BYTES) as usize;

/// A transaction that INITIALIZE has begun.
pub(crate) struct Pending {
    pub(crate) opening: Opening,
    pub(crate) found: Found,
    pub(crate) random: Four,
    /// The transaction's number, before it is counted.
    pub(crate) number: u16,
    /// The purse's number of the other kind.
    pub(crate) other_number: u16,
    /// Bytes in use of the cache.
    pub(crate) cached: u16,
    /// Of a transaction with the issuer; that with a terminal depends on what it has yet to say.
    pub(crate) session_key: Option<Key>,
}

/// Where INITIALIZE has found what the second command needs; headers, 0 for none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) df: u32,
    pub(crate) purse: u32,
    pub(crate) log: u32,
    pub(crate) key: u32,
    pub(crate) tac: u32,
}

impl Pending {
    /// Takes it out of RAM; `None` also when files were deleted since it was put there.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn take(env: &mut Env<'_>) -> Result<Option<Self>, Halt> {
        let epoch = epoch(env).to_be_bytes();
        let place = place(env)?;
        if place[0] == 0 {
            return Ok(None);
        }
        let pending = Self::decode(place).filter(|_| place[50..] == epoch);
        forget(place);
        Ok(pending)
    }

    /// Puts it into RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Outcome {
        let Opening { transaction, key_id, amount, terminal } = self.opening;
        let Found { df, purse, log, key, tac } = self.found;
        let epoch = epoch(env);
        let place = place(env)?;
        place[0] = transaction.type_byte();
        place[1] = key_id;
        let words = [df, purse, log, key, tac, amount];
        for (to, from) in place[2..26].chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&from.to_be_bytes());
        }
        place[26..32].copy_from_slice(&terminal);
        place[32..36].copy_from_slice(&self.random);
        place[36..38].copy_from_slice(&self.number.to_be_bytes());
        place[38..40].copy_from_slice(&self.cached.to_be_bytes());
        let session_key = self.session_key.as_ref().map_or(&[][..], Key::as_slice);
        for (to, from) in place[40..48].iter_mut().zip(session_key) {
            *to = *from;
        }
        place[48..50].copy_from_slice(&self.other_number.to_be_bytes());
        place[50..54].copy_from_slice(&epoch.to_be_bytes());
        Ok(())
    }

    fn decode(place: &[u8; PENDING_BYTES as usize]) -> Option<Self> {
        let four = |at: usize| [place[at], place[at + 1], place[at + 2], place[at + 3]];
        let word = |at: usize| u32::from_be_bytes(four(at));
        let two = |at: usize| u16::from_be_bytes([place[at], place[at + 1]]);
        let transaction = Transaction::from_type(place[0])?;
        let session_key = place[40..48].first_chunk::<8>();
        let session_key = session_key.filter(|_| transaction.kind().is_online());
        Some(Self {
            opening: Opening {
                transaction,
                key_id: place[1],
                amount: word(22),
                terminal: core::array::from_fn(|at| place[26 + at]),
            },
            found: Found {
                df: word(2),
                purse: word(6),
                log: word(10),
                key: word(14),
                tac: word(18),
            },
            random: four(32),
            number: two(36),
            other_number: two(48),
            cached: two(38),
            session_key: session_key.map(|bytes| Key::single_des(*bytes)),
        })
    }
}

/// The place in RAM.
fn place<'e>(env: &'e mut Env<'_>) -> Result<&'e mut [u8; PENDING_BYTES as usize], Halt> {
    let ram = env.ram_mut(Clear::OnDeselect).get_mut(PLACE);
    ram.and_then(|ram| ram.try_into().ok()).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// Whether a transaction is pending.
pub(crate) fn is_pending(env: &mut Env<'_>) -> bool {
    place(env).is_ok_and(|place| place[0] != 0)
}

/// Forgets a pending transaction and what it has cached, as any command but a purse command does.
///
/// Does nothing when the applet has no RAM for one.
pub fn forget_pending(env: &mut Env<'_>) {
    if let Ok(place) = place(env)
        && place[0] != 0
    {
        let cached = u16::from_be_bytes([place[38], place[39]]);
        forget(place);
        cache::forget_cached(env, cached);
    }
}

/// As [`forget_pending`], before a command that is none of the purse's. GET CHALLENGE that is
/// answered leaves a compound purchase as it is: a line-protected record wants a challenge.
pub fn forget_pending_before(env: &mut Env<'_>, command: &Command<'_>) {
    let is_capp = |place: &[u8; PENDING_BYTES as usize]| {
        place[0] == Transaction::Capp.type_byte() && draws_challenge(command)
    };
    if !place(env).is_ok_and(|place| is_capp(place)) {
        forget_pending(env);
    }
}

/// Whether a command is GET CHALLENGE as [`tessera_cos::basic`] answers it: in the clear, without
/// data, for 4 or 8 bytes.
fn draws_challenge(command: &Command<'_>) -> bool {
    matches!(command.class, Class::First { chaining: false, sm: SecureMessaging::None, .. })
        && command.ins == Ins::GET_CHALLENGE
        && command.p1p2() == 0
        && command.data.is_empty()
        && matches!(command.ne, 4 | 8)
}
