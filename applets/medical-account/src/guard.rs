//! MACs of the other side: each is counted before it is compared, and fifteen wrong ones in a row
//! lock the application, as every MAC of a social-security card does.

use tessera_cos::{
    cipher::Checksum,
    layout::ROOT_AT,
    social::failures::{self, Counted},
};
use tessera_framework::{Env, Halt, StatusWord};

use crate::command::Four;

/// Compares a MAC, counted as wrong; when it is right, that count is still to be taken back.
///
/// # Errors
/// `wrong` when it is not right; 9303 when too many were wrong before; `Torn`.
pub(crate) fn check(
    env: &mut Env<'_>,
    right: &Checksum,
    received: &Four,
    wrong: StatusWord,
) -> Result<Counted, Halt> {
    let counted = failures::count(env, ROOT_AT)?;
    if right.is(received) {
        return Ok(counted);
    }
    Halt::status(wrong)
}
