//! APPLICATION BLOCK, APPLICATION UNBLOCK, CARD BLOCK, and what a blocked card or application
//! still does.
//!
//! | state | where it stands | what is left |
//! |---|---|---|
//! | no MF | the root's life cycle status 01 | CREATE FILE of the MF |
//! | card blocked | the root's life cycle status 7F | nothing: 6A81 |
//! | application blocked | its DF's 10 | SELECT (6A81, but it is current), GET CHALLENGE, APPLICATION UNBLOCK |
//! | application blocked for ever | its DF's 1F | the same, and UNBLOCK answers 9303 |

use crate::{
    Header,
    keys::KeyRecord,
    layout::{LifeCycle, ROOT_AT},
    messaging::Protection,
};
use tessera_framework::{Env, Halt, Ins, Outcome, StatusWord};

use super::{Turn, ins, usage};

const BLOCKED: LifeCycle = LifeCycle(0x10);
const BLOCKED_FOR_EVER: LifeCycle = LifeCycle(0x1F);
const CARD_BLOCKED: LifeCycle = LifeCycle(0x7F);

/// Failed attempts in a row after which an application is blocked for ever.
const FAILURES_MAX: u8 = 3;

/// The card takes no command: it has no MF, or is blocked.
///
/// # Errors
/// 6A81.
pub fn refuse_dead_card(env: &Env<'_>) -> Outcome {
    match Header::load(env, ROOT_AT)?.life_cycle() {
        LifeCycle::CREATION | CARD_BLOCKED => Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
        _ => Ok(()),
    }
}

/// Whether the card waits for its MF.
pub fn has_no_mf(env: &Env<'_>) -> Result<bool, Halt> {
    Ok(Header::load(env, ROOT_AT)?.life_cycle() == LifeCycle::CREATION)
}

/// The application is blocked.
///
/// # Errors
/// 6A81.
pub fn refuse_blocked(df: &Header) -> Outcome {
    match df.life_cycle() {
        BLOCKED | BLOCKED_FOR_EVER => Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
        _ => Ok(()),
    }
}

/// Whether a command is taken in a blocked application.
pub fn is_taken_when_blocked(ins: Ins) -> bool {
    matches!(ins, Ins::GET_CHALLENGE | ins::APPLICATION_UNBLOCK)
}

/// APPLICATION BLOCK: P2 00 until it is unblocked, 01 for ever.
///
/// # Errors
/// 6A86; 6700; 6A82, 6A88 without a line protection key; 6982; 6983; 6985 without a challenge; 6988
/// when the MAC is wrong, which its counter counts; `Torn`.
pub fn block_application(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let state = match turn.command.p1p2() {
        0 => BLOCKED,
        1 => BLOCKED_FOR_EVER,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    authentic(env, turn)?;
    turn.df(env)?.store_life_cycle(env, state)
}

/// APPLICATION UNBLOCK: 9000 also when it is not blocked.
///
/// # Errors
/// As [`block_application`]; 9303 when it is blocked for ever, as it is after three failures in a
/// row.
pub fn unblock_application(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    let df = turn.df(env)?;
    if df.life_cycle() == BLOCKED_FOR_EVER {
        return Halt::status(StatusWord::APPLICATION_LOCKED);
    }
    match authentic(env, turn) {
        Err(Halt::Status(refusal @ (StatusWord::SM_OBJECTS_INCORRECT | StatusWord::BLOCKED))) => {
            let key = turn.only_key(env, usage::LINE, StatusWord::REFERENCED_DATA_NOT_FOUND)?;
            if is_counted_out(env, &key)? {
                df.store_life_cycle(env, BLOCKED_FOR_EVER)?;
                return Halt::status(StatusWord::APPLICATION_LOCKED);
            }
            Halt::status(refusal)
        }
        Ok(()) if df.life_cycle() == BLOCKED => df.store_life_cycle(env, LifeCycle::ACTIVATED),
        checked => checked,
    }
}

/// Whether a key's counter says that three attempts in a row have failed, or that none is left.
/// Nothing else on the card counts them (inferred).
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn is_counted_out(env: &Env<'_>, key: &KeyRecord) -> Result<bool, Halt> {
    let left = key.tries_left(env)?;
    Ok(left.is_some_and(|left| left == 0 || left + FAILURES_MAX <= key.tries_max()))
}

/// CARD BLOCK: for ever.
///
/// # Errors
/// As [`block_application`].
pub fn block_card(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    authentic(env, turn)?;
    Header::load(env, ROOT_AT)?.store_life_cycle(env, CARD_BLOCKED)
}

/// Blocks the application for ever because its lines were tried too often.
pub fn lock_application(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.df(env)?.store_life_cycle(env, BLOCKED_FOR_EVER)
}

/// A MAC alone in the data field, by the line protection key of the application.
fn authentic(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_lc(4..=4)?;
    let key = turn.only_key(env, usage::LINE, StatusWord::REFERENCED_DATA_NOT_FOUND)?;
    turn.check(env, key.usable())?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    turn.open(env, &key, Protection::Checksum, wrong).map(drop)
}
