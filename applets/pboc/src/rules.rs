//! What allows a transaction, asked twice: by INITIALIZE, and again by the second command, since
//! another logical channel may have been at the same purses in between.

use tessera_cos::Header;
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    lock::{Lock, LockState},
    places::{Places, Wanted},
    transaction::{Kind, PurseId},
};

/// A locked purse takes part in nothing but its unlock. There is one lock at a time in a DF, for
/// GET LOCK PROOF names no purse, and none while the TAC of the one before waits to be fetched.
///
/// # Errors
/// 6985.
pub(crate) fn check_lock(env: &Env<'_>, df: u32, purse: &Header, kind: Kind) -> Outcome {
    let state = Lock::load(env, purse)?.state;
    let allowed = match kind {
        Kind::GreyLock => Lock::fits(purse) && is_none_locked(env, df)?,
        Kind::GreyUnlock | Kind::DebitForUnlock => state == LockState::Locked,
        Kind::Load | Kind::Unload | Kind::Purchase | Kind::Overdraft => state != LockState::Locked,
    };
    if allowed { Ok(()) } else { Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED) }
}

/// Neither purse of the DF is locked or has a TAC to be fetched.
fn is_none_locked(env: &Env<'_>, df: u32) -> Result<bool, Halt> {
    let places = Places::find(env, df, &Wanted::default())?;
    for id in [PurseId::Ed, PurseId::Ep] {
        if let Some(file) = places.purse(env, id)?
            && Lock::load(env, &file)?.state != LockState::Free
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The balance after a transaction over this amount.
///
/// # Errors
/// 6985 when a load would overflow it; 9401 when the amount is greater than it.
pub(crate) fn new_balance(balance: u32, kind: Kind, amount: u32) -> Result<u32, Halt> {
    let (changed, refusal) = match kind {
        Kind::Load => (balance.checked_add(amount), StatusWord::CONDITIONS_NOT_SATISFIED),
        _ => (balance.checked_sub(amount), StatusWord::BALANCE_INSUFFICIENT),
    };
    changed.ok_or(Halt::Status(refusal))
}
