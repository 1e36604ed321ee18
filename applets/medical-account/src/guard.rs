//! MACs of the other side: each is counted before it is compared, and fifteen wrong ones in a row lock
//! the application, as every MAC of a social-security card does.

use tessera_cos::{cipher::Checksum, layout::ROOT_AT, social::failures};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::command::Four;

/// Compares a MAC, counted as wrong until it is found right.
///
/// # Errors
/// `wrong` when it is not right; 6A81, 9303 when too many were wrong before; `Torn`.
pub(crate) fn check(
    env: &mut Env<'_>,
    right: &Checksum,
    received: &Four,
    wrong: StatusWord,
) -> Outcome {
    let counted = failures::count(env, ROOT_AT)?;
    if right.is(received) {
        return counted.right(env);
    }
    counted.wrong(env)?;
    Halt::status(wrong)
}
