//! The cache of a compound purchase: records that wait for the DEBIT that writes them.
//!
//! [`CACHE_BYTES`] bytes of `clear_on_deselect` RAM behind the pending transaction, which says how
//! many are in use. For each record, in the order in which they came:
//!
//! | bytes | field |
//! |---|---|
//! | 4 | header of the file |
//! | 1 | number of the record; 0: a new one of a cyclic file |
//! | 1 | 01 when the record was named by its identifier, else 00 |
//! | 1 | that identifier, else 00 |
//! | 1 | bytes of the record |
//! | | the record |
//!
//! Invariant: bytes not in use are zero.

use core::ops::Range;

use tessera_cos::session::SESSION_BYTES;
use tessera_framework::{Clear, Env, Halt, StatusWord, pin::forget};

use crate::pending::PENDING_BYTES;

/// Bytes of the cache: two records of 120 bytes each fit, or the four of 16, 16, 43 and 120 bytes
/// that a published transit terminal and a toll terminal send between them.
pub const CACHE_BYTES: u16 = 256;

/// Bytes in front of each record.
const HEAD_BYTES: usize = 8;

const FROM: usize = (SESSION_BYTES + PENDING_BYTES) as usize;
const PLACE: Range<usize> = FROM..FROM + CACHE_BYTES as usize;

/// Where a cached record goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// Header of the file.
    pub(crate) file: u32,
    /// Number of the record; 0: a new one of a cyclic file.
    pub(crate) number: u8,
    /// The identifier, its first byte, when it was named by that.
    pub(crate) identifier: Option<u8>,
}

/// Adds a record behind the `used` bytes in use, and says how many are in use then.
///
/// # Errors
/// 6A84 when there is no room; 6F00 when the applet's descriptor asks for too little RAM.
pub(crate) fn add(
    env: &mut Env<'_>,
    used: u16,
    target: Target,
    record: &[u8],
) -> Result<u16, Halt> {
    let full = Halt::Status(StatusWord::NOT_ENOUGH_MEMORY);
    let length = u8::try_from(record.len()).map_err(|_| full)?;
    let end = usize::from(used) + HEAD_BYTES + record.len();
    let used_then = u16::try_from(end).map_err(|_| full)?;
    let place = place(env)?.get_mut(usize::from(used)..end).ok_or(full)?;
    let (head, body) = place.split_at_mut(HEAD_BYTES);
    let [a, b, c, d] = target.file.to_be_bytes();
    let (by_identifier, identifier) =
        (u8::from(target.identifier.is_some()), target.identifier.unwrap_or(0));
    head.copy_from_slice(&[a, b, c, d, target.number, by_identifier, identifier, length]);
    body.copy_from_slice(record);
    Ok(used_then)
}

/// Overwrites the `used` bytes in use.
pub(crate) fn forget_cached(env: &mut Env<'_>, used: u16) {
    if used > 0
        && let Ok(place) = place(env)
        && let Some(cached) = place.get_mut(..usize::from(used))
    {
        forget(cached);
    }
}

fn place<'e>(env: &'e mut Env<'_>) -> Result<&'e mut [u8], Halt> {
    let ram = env.ram_mut(Clear::OnDeselect).get_mut(PLACE);
    ram.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// Records out of the cache.
pub(crate) struct Cached {
    bytes: [u8; CACHE_BYTES as usize],
    used: usize,
}

impl Cached {
    /// Copies the `used` bytes in use, which stay where they are until they are
    /// [forgotten](forget_cached).
    ///
    /// # Errors
    /// 6F00 when the applet's descriptor asks for too little RAM.
    pub(crate) fn load(env: &Env<'_>, used: u16) -> Result<Self, Halt> {
        let used = usize::from(used.min(CACHE_BYTES));
        let mut cached = Self { bytes: [0; CACHE_BYTES as usize], used };
        match (cached.bytes.get_mut(..used), env.ram(Clear::OnDeselect).get(FROM..FROM + used)) {
            (Some(to), Some(from)) => to.copy_from_slice(from),
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        }
        Ok(cached)
    }

    /// The records, in the order in which they came.
    pub(crate) fn records(&self) -> Records<'_> {
        Records(self.bytes.get(..self.used).unwrap_or_default())
    }
}

impl Drop for Cached {
    fn drop(&mut self) {
        if let Some(cached) = self.bytes.get_mut(..self.used) {
            forget(cached);
        }
    }
}

/// Goes over cached records.
pub(crate) struct Records<'c>(&'c [u8]);

impl<'c> Iterator for Records<'c> {
    type Item = (Target, &'c [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[a, b, c, d, number, by_identifier, identifier, length], rest) =
            self.0.split_first_chunk::<HEAD_BYTES>()?;
        let (record, rest) = rest.split_at_checked(usize::from(length))?;
        self.0 = rest;
        let identifier = (by_identifier != 0).then_some(identifier);
        Some((Target { file: u32::from_be_bytes([a, b, c, d]), number, identifier }, record))
    }
}
