//! VERIFY, PIN CHANGE, PIN UNBLOCK, PIN RELOAD: of the application's own PIN, or of the
//! environment's by its [service](super::service).

use tessera_framework::{Env, Halt, Outcome, StatusWord, pin::Pin};

use crate::{
    Session,
    intent::{Intent, VerifyIntent},
    layout::ROOT_AT,
    messaging::Protection,
    verify,
};

use super::{Family, Turn, keys::Role, lock, service};

/// Bytes of a PIN as it is changed and reloaded: two digits each.
const PIN_BYTES: core::ops::RangeInclusive<usize> = 2..=6;

/// VERIFY: presents the PIN; without data asks; with P1 FF forgets, in an application below also
/// what was shown above, which would count again from the next selection on. P2 is 00.
///
/// # Errors
/// 6A86; 6700; 6A88 where there is no PIN to speak of; 6984 when none is set; 6983; 63CX; `Torn`.
pub(super) fn verify(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    let Intent::Verify { reference, intent } = Intent::try_from(turn.command)? else {
        return Halt::status(StatusWord::INS_NOT_SUPPORTED);
    };
    let data = turn.command.data;
    let Some(environment) = turn.family.pin_above() else {
        return verify::verify(env, &turn.family.dialect, reference, intent, data);
    };
    if reference != 0 {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    }
    match intent {
        VerifyIntent::Query if turn.session.pin_shown() => Ok(()),
        VerifyIntent::Query => service::ask(env, environment, service::PRESENT, &[]),
        VerifyIntent::Present => {
            let presented = service::ask(env, environment, service::PRESENT, data);
            note(env, &mut turn.session, presented)
        }
        VerifyIntent::Reset => {
            turn.session.note_pin(false);
            turn.session.store(env)?;
            service::forget(env, environment)
        }
    }
}

/// Notes in the session what a presentation came to, and hands that on.
fn note(env: &mut Env<'_>, session: &mut Session, presented: Outcome) -> Outcome {
    let counted = matches!(presented, Err(Halt::Status(status)) if status.sw1() == 0x63);
    if presented.is_ok() || counted {
        session.note_pin(presented.is_ok());
        session.store(env)?;
    }
    presented
}

/// PIN CHANGE: the old one, FF, the new one, which is as long. A wrong old one takes away what the
/// PIN opened; a right one opens nothing (own choices).
///
/// # Errors
/// 6A86; 6700; 6A80 without an FF in the middle, and when the new one is not of digits; 6A88; 6984;
/// 6983; 63CX; `Torn`.
pub(super) fn change(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    turn.expect_p1p2(0x0100)?;
    let data = turn.command.data;
    let changed = match turn.family.pin_above() {
        Some(environment) => service::ask(env, environment, service::CHANGE, data),
        None => change_own(env, turn.family.dialect.pin, data),
    };
    match changed {
        Err(Halt::Status(status)) if status.sw1() == 0x63 => note(env, &mut turn.session, changed),
        changed => changed,
    }
}

fn change_own(env: &mut Env<'_>, pin: Option<(Pin, &[u8])>, data: &[u8]) -> Outcome {
    let (old, rest) = data.split_at(data.len() / 2);
    let (separator, new) = match rest {
        [separator, new @ ..] if new.len() == old.len() && PIN_BYTES.contains(&new.len()) => {
            (*separator, new)
        }
        _ => return Halt::status(StatusWord::WRONG_LENGTH),
    };
    if separator != 0xFF || !is_digits(new) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let Some((pin, _)) = pin else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    pin.present(env, old)?;
    pin.set_reference(env, new)
}

/// Two decimal digits in each byte.
fn is_digits(pin: &[u8]) -> bool {
    pin.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9)
}

/// Presents the PIN for an application below; without a candidate says how many tries are left.
pub(super) fn present_for(env: &mut Env<'_>, family: &Family, candidate: &[u8]) -> Outcome {
    let Some((pin, _)) = family.dialect.pin else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    if !candidate.is_empty() {
        let presented = pin.present(env, candidate);
        return forget_after_failure(env, presented);
    }
    match (verify::has_pin(env, &family.dialect)?, pin.tries_left(env)?) {
        (false, _) => Ok(()),
        (true, 0) => Halt::status(StatusWord::BLOCKED),
        (true, tries) => Halt::status(StatusWord::tries_left(tries)),
    }
}

/// Changes the PIN for an application below.
pub(super) fn change_for(env: &mut Env<'_>, family: &Family, data: &[u8]) -> Outcome {
    let changed = change_own(env, family.dialect.pin, data);
    forget_after_failure(env, changed)
}

/// A wrong PIN takes away what it opened in the environment, wherever it was presented; a right one
/// counts where it was. Without RAM on this channel nothing was open.
fn forget_after_failure(env: &mut Env<'_>, presented: Outcome) -> Outcome {
    if let (Err(Halt::Status(status)), Ok(mut session)) = (presented, Session::load(env))
        && status.sw1() == 0x63
    {
        session.note_pin(false);
        session.store(env)?;
    }
    presented
}

/// Forgets in the environment that the PIN was shown there, on this channel.
pub(super) fn forget_for(env: &mut Env<'_>) -> Outcome {
    // Without RAM on this channel nothing was open.
    let Ok(mut session) = Session::load(env) else { return Ok(()) };
    session.note_pin(false);
    session.store(env)
}

/// PIN UNBLOCK (P2 00): a MAC; all tries are back. PIN RELOAD (P2 01): the cryptogram of
/// 03 || PIN || 80 00.. and a MAC; a new PIN with all its tries, also on a card that had none (own
/// choice). Both want PUK shown, and the maintenance key of the environment.
///
/// PIN RELOAD is two stores, the PIN and then its tries, for counters are outside the journal. Torn
/// between them the new PIN is in place with the tries the old one had left: none, if it was
/// blocked (6983). PUK is not used up, so the same command, or PIN UNBLOCK, makes it good.
///
/// # Errors
/// 6D00 in an application below the environment (own choice); 6A86; 6700; 6A88; 6982 unless PUK was
/// shown; 6984 without a challenge, and for an unblock when no PIN is set; 6988; 6A80 for what is
/// no PIN in that form, or not as long as the one in place; `Torn`.
pub(super) fn maintain(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let Some((pin, _)) = turn.family.dialect.pin else {
        return Halt::status(StatusWord::INS_NOT_SUPPORTED);
    };
    let reloads = match turn.command.p1p2() {
        0 => false,
        1 => true,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    if reloads != (turn.command.data.len() > 4) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let key = turn.maintenance_key(env, ROOT_AT)?;
    let block_bytes = key.algorithm.block_bytes();
    turn.expect_lc(if reloads { block_bytes + 4..=block_bytes + 4 } else { 4..=4 })?;
    if !lock::role_shown(env, turn, ROOT_AT, |role| role == Role::PinUnlock)? {
        return Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
    }
    if !reloads && !verify::has_pin(env, &turn.family.dialect)? {
        return Halt::status(StatusWord::REFERENCE_DATA_NOT_USABLE);
    }
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let protection = if reloads { Protection::CryptogramAndChecksum } else { Protection::Checksum };
    let opened = turn.open(env, &key, protection, wrong)?;
    if reloads {
        let new = opened.as_slice();
        let [in_place] = env.load_array(pin.at)?;
        let as_long = in_place == 0 || new.len() == usize::from(in_place);
        if !as_long || !PIN_BYTES.contains(&new.len()) || !is_digits(new) {
            return Halt::status(StatusWord::WRONG_DATA);
        }
        pin.set_reference(env, new)?;
    }
    env.set_counter(pin.tries, u32::from(pin.tries_max))
}
