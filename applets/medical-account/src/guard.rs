//! Wrong MACs in a row: fifteen lock the application until it is unblocked.
//!
//! The counter is solid before anything is compared, and is at its start again only when a MAC was
//! right; so no cut of power gives a further try. The application is locked while it is at its end.

use tessera_framework::{CounterId, Env, Halt, Outcome, StatusWord};

/// Wrong MACs that lock.
pub(crate) const TRIES_MAX: u32 = 15;

const TRIES: CounterId = CounterId(0);

/// The application is not locked.
///
/// # Errors
/// 6A81.
pub(crate) fn refuse_locked(env: &Env<'_>) -> Outcome {
    match env.counter(TRIES)? {
        0 => Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
        _ => Ok(()),
    }
}

/// Compares a MAC, with a try taken first.
///
/// # Errors
/// `wrong` when it is not right; `Torn`.
pub(crate) fn attempt(
    env: &mut Env<'_>,
    wrong: StatusWord,
    right: impl FnOnce() -> bool,
) -> Outcome {
    let left = env.counter(TRIES)?;
    env.set_counter(TRIES, left.saturating_sub(1))?;
    if !right() {
        return Halt::status(wrong);
    }
    env.set_counter(TRIES, TRIES_MAX)
}
