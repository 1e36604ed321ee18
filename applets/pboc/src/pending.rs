//! The pending transaction: what is between INITIALIZE and the command that completes it.
//!
//! [`PENDING_BYTES`] bytes of `clear_on_deselect` RAM behind the session, so lost with power, reset
//! and the selection of another application:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | type byte, 00 when nothing is pending |
//! | 1 | 1 | identifier of the key |
//! | 2 | 4 | header of the purse file |
//! | 6 | 4 | amount |
//! | 10 | 6 | terminal identifier |
//! | 16 | 4 | random number |
//! | 20 | 2 | transaction number |
//! | 22 | 8 | of a load, the session key |
//!
//! Invariants: it is taken out of RAM, and its place overwritten, before the next command is looked
//! at; a session key is never outside this place but in a value that overwrites itself.

use tessera_cos::{cipher::Key, session::SESSION_BYTES};
use tessera_framework::{Clear, Env, Halt, Outcome, StatusWord, pin::forget};

use crate::{command::Opening, transaction::Transaction};

/// Bytes of RAM of a pending transaction.
pub const PENDING_BYTES: u16 = 30;

const PLACE: core::ops::Range<usize> =
    SESSION_BYTES as usize..SESSION_BYTES as usize + PENDING_BYTES as usize;

/// A transaction that INITIALIZE has begun.
pub(crate) struct Pending {
    pub(crate) opening: Opening,
    /// Header of the purse file.
    pub(crate) purse: u32,
    pub(crate) random: [u8; 4],
    /// The transaction's number, before it is counted.
    pub(crate) number: u16,
    /// Of a load; that of a purchase depends on what the terminal has yet to say.
    pub(crate) session_key: Option<Key>,
}

impl Pending {
    /// Takes it out of RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn take(env: &mut Env<'_>) -> Result<Option<Self>, Halt> {
        let place = place(env)?;
        if place[0] == 0 {
            return Ok(None);
        }
        let pending = Self::decode(place);
        forget(place);
        Ok(pending)
    }

    /// Puts it into RAM.
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn keep(&self, env: &mut Env<'_>) -> Outcome {
        let Opening { transaction, key_id, amount, terminal } = self.opening;
        let place = place(env)?;
        place[0] = transaction.type_byte();
        place[1] = key_id;
        place[2..6].copy_from_slice(&self.purse.to_be_bytes());
        place[6..10].copy_from_slice(&amount.to_be_bytes());
        place[10..16].copy_from_slice(&terminal);
        place[16..20].copy_from_slice(&self.random);
        place[20..22].copy_from_slice(&self.number.to_be_bytes());
        let key = self.session_key.as_ref().map_or(&[][..], Key::as_slice);
        for (to, from) in place[22..].iter_mut().zip(key) {
            *to = *from;
        }
        Ok(())
    }

    fn decode(place: &[u8; PENDING_BYTES as usize]) -> Option<Self> {
        let word = |at: usize| [place[at], place[at + 1], place[at + 2], place[at + 3]];
        let transaction = Transaction::from_type(place[0])?;
        let session_key = place.last_chunk::<8>().filter(|_| transaction.is_load());
        Some(Self {
            opening: Opening {
                transaction,
                key_id: place[1],
                amount: u32::from_be_bytes(word(6)),
                terminal: core::array::from_fn(|at| place[10 + at]),
            },
            purse: u32::from_be_bytes(word(2)),
            random: word(16),
            number: u16::from_be_bytes([place[20], place[21]]),
            session_key: session_key.map(|bytes| Key::single_des(*bytes)),
        })
    }
}

/// The place in RAM.
fn place<'e>(env: &'e mut Env<'_>) -> Result<&'e mut [u8; PENDING_BYTES as usize], Halt> {
    let ram = env.ram_mut(Clear::OnDeselect).get_mut(PLACE);
    ram.and_then(|ram| ram.try_into().ok()).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// Forgets a pending transaction, as any command but a purse command does.
///
/// Does nothing when the applet has no RAM for one.
pub fn forget_pending(env: &mut Env<'_>) {
    if let Ok(place) = place(env)
        && place[0] != 0
    {
        forget(place);
    }
}
