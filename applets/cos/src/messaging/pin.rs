//! The data fields of FMCOS PIN maintenance: CHANGE PIN, RELOAD PIN. PIN UNBLOCK is a command under
//! [line protection](super::line) with the unblock key.

use super::{Refusal, line::CHECKSUM_BYTES};
use crate::cipher::{Checksum, Key, Mac};

/// What separates the old PIN from the new one.
const SEPARATOR: u8 = 0xFF;

/// Old and new PIN of CHANGE PIN: old || FF || new. `None` without a separator, or with more than
/// one, or when one side is empty. How long a PIN may be is the caller's question.
#[must_use]
pub fn old_and_new(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().position(|&byte| byte == SEPARATOR)?;
    let (old, rest) = data.split_at_checked(at)?;
    let (_, new) = rest.split_first()?;
    let whole = !old.is_empty() && !new.is_empty() && !new.contains(&SEPARATOR);
    whole.then_some((old, new))
}

/// The checksum of RELOAD PIN: over the new PIN alone, no header, initial value zero, with
/// [left half XOR right half](Key::xor_halves) of the reload key.
#[must_use]
pub fn reload_checksum(reload: &Key, new: &[u8]) -> Checksum {
    Mac::line(&reload.xor_halves()).of(&[], &[new])
}

/// The new PIN of RELOAD PIN, when the checksum behind it is right.
///
/// # Errors
/// `Missing` when there is no PIN in front of a checksum; `Checksum`.
pub fn reloaded<'d>(reload: &Key, data: &'d [u8]) -> Result<&'d [u8], Refusal> {
    match data.split_last_chunk::<CHECKSUM_BYTES>() {
        Some((new, received)) if !new.is_empty() => {
            let right = reload_checksum(reload, new).is(received);
            right.then_some(new).ok_or(Refusal::Checksum)
        }
        _ => Err(Refusal::Missing),
    }
}
