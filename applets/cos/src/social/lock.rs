//! APPLICATION BLOCK, APPLICATION UNBLOCK, CARD BLOCK, and what a locked application still does.
//!
//! | state | where it stands | what is left |
//! |---|---|---|
//! | locked | life cycle status 10 of the DF, or its count of [wrong MACs](failures) | SELECT of the DF (6283, with its FCI), GET CHALLENGE, EXTERNAL AUTHENTICATE, APPLICATION UNBLOCK; else 6A81 |
//! | locked for ever | its 1F, or the count | SELECT of the DF (6283, with its FCI); else 9303 |
//! | card blocked | the environment's root's 7F | nothing in it and below it, on every channel: 6A81 |
//!
//! What a locked application answers is one source's; what it must still do to be unlocked, and
//! that a locked root locks the DFs below it, are own choices. A blocked card is all that one
//! applet can make of it: its own files, and the applications below it, which ask it when they are
//! selected and before each command. Others on the same card, as the MF and a purse, go on.

use tessera_framework::{Env, Halt, Ins, Outcome, StatusWord};

use crate::layout::{LIFE_CYCLE_AT, LifeCycle, ROOT_AT};

use super::{
    Family, Turn, failures, ins,
    keys::{self, Role},
    service, usage,
};
use crate::messaging::Protection;

const BLOCKED: u8 = 0x10;
const BLOCKED_FOR_EVER: u8 = 0x1F;
const CARD_BLOCKED: u8 = 0x7F;

/// Identifier of the card lock key BK, which lies in the environment.
const CARD_LOCK_KEY: u8 = 0x05;

/// Whether an application is locked; the later the graver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lock {
    /// It is not.
    Open,
    /// Until it is unblocked.
    Temporary,
    /// For ever.
    ForEver,
}

fn life_cycle(env: &Env<'_>, df: u32) -> Result<u8, Halt> {
    env.load_array(df + LIFE_CYCLE_AT).map(|[status]| status)
}

/// A DF's own lock, its header at `df`: as it was blocked, or as its wrong MACs lock it, whichever
/// is the graver.
pub(super) fn own(env: &Env<'_>, df: u32) -> Result<Lock, Halt> {
    let blocked = match life_cycle(env, df)? {
        BLOCKED => Lock::Temporary,
        BLOCKED_FOR_EVER => Lock::ForEver,
        _ => Lock::Open,
    };
    Ok(blocked.max(failures::lock(env, df)?))
}

/// The lock on a DF, its header at `df`: its own or the root's.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn of(env: &Env<'_>, df: u32) -> Result<Lock, Halt> {
    let lock = own(env, df)?;
    if df == ROOT_AT { Ok(lock) } else { Ok(lock.max(own(env, ROOT_AT)?)) }
}

fn store(env: &mut Env<'_>, df: u32, lock: Lock) -> Outcome {
    let status = match lock {
        Lock::Open => LifeCycle::ACTIVATED.0,
        Lock::Temporary => BLOCKED,
        Lock::ForEver => BLOCKED_FOR_EVER,
    };
    env.store(df + LIFE_CYCLE_AT, &[status])
}

/// What a locked application answers.
pub(super) fn refusal<T>(lock: Lock) -> Result<T, Halt> {
    Halt::status(match lock {
        Lock::ForEver => StatusWord::APPLICATION_LOCKED,
        _ => StatusWord::FUNCTION_NOT_SUPPORTED,
    })
}

/// The application is locked.
///
/// # Errors
/// 6A81; 9303 for ever.
pub fn refuse(env: &Env<'_>, df: u32) -> Outcome {
    match of(env, df)? {
        Lock::Open => Ok(()),
        lock => refusal(lock),
    }
}

/// The card is blocked: says the root, or the environment above, which is asked each time, for it
/// may have been blocked on another channel.
///
/// # Errors
/// 6A81; `Torn`.
pub(super) fn refuse_blocked_card(env: &mut Env<'_>, family: &Family) -> Outcome {
    refuse_blocked_root(env)?;
    match family.above() {
        Some(environment) => service::shown(env, environment).map(drop),
        None => Ok(()),
    }
}

/// The root says that the card is blocked.
pub(super) fn refuse_blocked_root(env: &Env<'_>) -> Outcome {
    match life_cycle(env, ROOT_AT)? {
        CARD_BLOCKED => Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
        _ => Ok(()),
    }
}

/// Whether a locked application takes an instruction, to be unlocked by it.
pub(super) const fn is_taken_when_locked(ins: Ins, lock: Lock) -> bool {
    let unlocks =
        matches!(ins, Ins::GET_CHALLENGE | Ins::EXTERNAL_AUTHENTICATE | ins::APPLICATION_UNBLOCK);
    match lock {
        Lock::Open => true,
        Lock::Temporary => unlocks,
        Lock::ForEver => false,
    }
}

/// APPLICATION BLOCK of the current DF: P2 00 until it is unblocked, 01 for ever.
///
/// # Errors
/// 6A86; 6700; 6A88 without a maintenance key; 6982 unless LK or BK was shown; 6984; 6988; `Torn`.
pub(super) fn block_application(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let lock = match turn.command.p1p2() {
        0 => Lock::Temporary,
        1 => Lock::ForEver,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    authentic(env, turn, lock_key_shown)?;
    store(env, turn.session.df, lock)
}

/// APPLICATION UNBLOCK of the current DF: 9000 also when it is not locked.
///
/// # Errors
/// As [`block_application`]; 9303 when it is locked for ever.
pub(super) fn unblock_application(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    authentic(env, turn, lock_key_shown)?;
    let df = turn.session.df;
    env.atomically(|env| {
        failures::forget(env, df)?;
        match own(env, df)? {
            Lock::Temporary => store(env, df, Lock::Open),
            _ => Ok(()),
        }
    })
}

/// CARD BLOCK: for ever. The environment's command alone; it wants BK (own choices).
///
/// # Errors
/// As [`block_application`]; 6D00 in an application below the environment.
pub(super) fn block_card(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    if turn.family.above().is_some() {
        return Halt::status(StatusWord::INS_NOT_SUPPORTED);
    }
    turn.expect_p1p2(0)?;
    authentic(env, turn, card_lock_key_shown)?;
    env.store(ROOT_AT + LIFE_CYCLE_AT, &[CARD_BLOCKED])
}

/// A MAC alone in the data field, by the maintenance key of the current DF.
fn authentic(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    shown: fn(&Env<'_>, &Turn<'_>) -> Result<bool, Halt>,
) -> Outcome {
    turn.expect_lc(4..=4)?;
    let key = turn.maintenance_key(env, turn.session.df)?;
    if !shown(env, turn)? {
        return Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
    }
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    turn.open(env, &key, Protection::Checksum, wrong).map(drop)
}

fn card_lock_key_shown(env: &Env<'_>, turn: &Turn<'_>) -> Result<bool, Halt> {
    role_shown(env, turn, ROOT_AT, |role| role == Role::CardLock)
}

fn lock_key_shown(env: &Env<'_>, turn: &Turn<'_>) -> Result<bool, Halt> {
    let locks = |role| matches!(role, Role::Lock | Role::CardLock);
    if turn.family.above().is_some() && turn.session.key_shown(CARD_LOCK_KEY) {
        return Ok(true);
    }
    Ok(role_shown(env, turn, turn.session.df, locks)?
        || role_shown(env, turn, ROOT_AT, |role| role == Role::CardLock)?)
}

/// A key of a DF has been shown whose role fits.
pub(super) fn role_shown(
    env: &Env<'_>,
    turn: &Turn<'_>,
    df: u32,
    fits: impl Fn(Role) -> bool,
) -> Result<bool, Halt> {
    let found = keys::find_by(env, df, |key_usage, key| {
        key_usage == usage::EXTERNAL && fits(key.role) && turn.session.key_shown(key.id)
    })?;
    Ok(found.is_some())
}
