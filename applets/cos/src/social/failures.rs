//! Wrong MACs, counted for each DF: fifteen in a row lock the application.
//!
//! One byte of the block of the DF's [keys]: how many may still be wrong. It is
//! counted down, solid, before a MAC is compared, and put back when it was right. When the upper
//! half is used up, the application is locked until APPLICATION UNBLOCK, whose own MAC counts on;
//! at 0 it is locked for ever (own choice: the sources say only that too many lock it). The count
//! is the lock, so that no tear comes between the two.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use super::{
    keys,
    lock::{self, Lock},
};

/// Wrong MACs in a row after which an application is locked.
pub const WRONG_MACS_MAX: u8 = 15;

/// The byte when no MAC has been wrong.
pub(super) const FAILURES_MAX: u8 = 2 * WRONG_MACS_MAX;

/// A MAC about to be compared, counted as wrong until it has been found [right](Self::right).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub struct Counted {
    at: u32,
}

/// Counts a MAC of a DF, its header at `df`, as wrong; solid on return. Not to be called in a
/// transaction.
///
/// # Errors
/// 6A88 for a DF without keys; 9303 when so many were wrong before that it is locked for ever;
/// `Torn`.
pub fn count(env: &mut Env<'_>, df: u32) -> Result<Counted, Halt> {
    let Some(block) = keys::block(env, df)? else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    let at = block.body();
    let [left] = env.load_array(at)?;
    if left == 0 {
        return lock::refusal(Lock::ForEver);
    }
    env.store(at, &[left - 1])?;
    Ok(Counted { at })
}

/// The lock that the count of a DF stands for; a DF without keys has none.
pub(super) fn lock(env: &Env<'_>, df: u32) -> Result<Lock, Halt> {
    let Some(block) = keys::block(env, df)? else { return Ok(Lock::Open) };
    let [left] = env.load_array(block.body())?;
    Ok(match left {
        0 => Lock::ForEver,
        1..=WRONG_MACS_MAX => Lock::Temporary,
        _ => Lock::Open,
    })
}

impl Counted {
    /// The MAC was right: the count begins anew. May be a part of the transaction that follows.
    ///
    /// # Errors
    /// `Torn`.
    pub fn right(self, env: &mut Env<'_>) -> Outcome {
        env.store(self.at, &[FAILURES_MAX])
    }
}

/// Begins the count of a DF anew, as APPLICATION UNBLOCK does; a DF without keys has none.
pub(super) fn forget(env: &mut Env<'_>, df: u32) -> Outcome {
    match keys::block(env, df)? {
        Some(block) => env.store(block.body(), &[FAILURES_MAX]),
        None => Ok(()),
    }
}
