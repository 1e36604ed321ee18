//! What the environment answers to the applications below it, and how they ask.
//!
//! | request | answer |
//! |---|---|
//! | `01`, when the asker is selected, and before its commands | `pin` 1: 00 not shown, 01 shown in the environment on this channel, 02 the holder has none; `keys` 4: a bit for each of 32 identifiers of keys of the environment shown |
//! | `20` PIN | what VERIFY answers; without a PIN, what VERIFY without data does |
//! | `5E` old PIN, FF, new PIN | what PIN CHANGE answers |
//! | `FF` | none: the PIN counts as not shown in the environment on this channel, as after VERIFY with P1 FF |
//!
//! The holder has one PIN, and it lies in the environment. Only bytes cross: no key, and nothing of
//! the asker's.

use tessera_framework::{Aid, Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Header, Session,
    find::find_block,
    layout::{Kind, ROOT_AT},
    tree,
    verify::has_pin,
};

use super::{Family, lock, pin};

/// Asks what was shown in the environment.
pub const SHOWN: u8 = 0x01;
/// Presents the PIN.
pub const PRESENT: u8 = 0x20;
/// Changes the PIN.
pub const CHANGE: u8 = 0x5E;
/// Forgets that the PIN was shown.
pub const FORGET: u8 = 0xFF;

const NOT_SHOWN: u8 = 0;
const IS_SHOWN: u8 = 1;
const NONE_SET: u8 = 2;

/// Longest request in bytes: two PINs of 16 and what separates them.
const REQUEST_BYTES_MAX: usize = 34;

/// Tag of the object that names the applications the environment answers.
const CHILDREN: u16 = 0x00C7;

/// Names the applications that the environment answers: once, when it is made. `names` is for each
/// its length and its bytes.
///
/// # Errors
/// 6A80 when these are no names; 6A84; `Torn`.
pub fn name_children(env: &mut Env<'_>, names: &[u8]) -> Outcome {
    let mut rest = names;
    while let [length, after @ ..] = rest {
        match after.split_at_checked((*length).into()) {
            Some((name, after)) if (5..=16).contains(&name.len()) => rest = after,
            _ => return Halt::status(StatusWord::WRONG_DATA),
        }
    }
    tree::create_object(env, ROOT_AT, CHILDREN, names, None)
}

/// The environment answers an application of this name.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn answers(env: &Env<'_>, name: &[u8]) -> Result<bool, Halt> {
    let named = |block: &Header| block.kind == Kind::Object && block.fid().0 == CHILDREN;
    let Some(children) = find_block(env, ROOT_AT, named)? else { return Ok(false) };
    let mut at = children.body();
    while at < children.end {
        let [length] = env.load_array(at)?;
        if usize::from(length) == name.len() && env.holds(at + 1, name)? {
            return Ok(true);
        }
        at += 1 + u32::from(length);
    }
    Ok(false)
}

/// Answers a question of an application below.
///
/// # Errors
/// 6985 to a caller that was not [named](name_children); 6A81 on a blocked card, and when the
/// environment is locked to what concerns the PIN; 6A80 for another request; those of VERIFY and
/// PIN CHANGE.
pub fn serve(
    env: &mut Env<'_>,
    family: &'static Family,
    caller: &Aid,
    request: &[u8],
    reply: &mut Reply<'_>,
) -> Outcome {
    if !answers(env, caller.as_bytes())? {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    lock::refuse_blocked_root(env)?;
    match request {
        [SHOWN] => {
            // Without RAM on this channel nothing has been shown on it.
            let (pin, keys) = Session::load(env).map_or((false, 0), |session| {
                (session.pin_shown_in_root(), session.keys_shown_in_root())
            });
            let pin = match (has_pin(env, &family.dialect)?, pin) {
                (false, _) => NONE_SET,
                (true, true) => IS_SHOWN,
                (true, false) => NOT_SHOWN,
            };
            reply.push_byte(pin)?;
            reply.push(&keys.to_be_bytes())
        }
        [PRESENT, candidate @ ..] => {
            lock::refuse(env, ROOT_AT)?;
            pin::present_for(env, family, candidate)
        }
        [CHANGE, data @ ..] => {
            lock::refuse(env, ROOT_AT)?;
            pin::change_for(env, family, data)
        }
        [FORGET] => pin::forget_for(env),
        _ => Halt::status(StatusWord::WRONG_DATA),
    }
}

/// Adds what was shown in the environment to a session; where there is no environment, nothing was.
/// A card without a PIN counts as one on which it was shown.
///
/// # Errors
/// 6A81 when the environment says that the card is blocked.
pub(super) fn note_shown(env: &mut Env<'_>, environment: &Aid, session: &mut Session) -> Outcome {
    if let Some([pin, keys @ ..]) = shown(env, environment)? {
        session.note_environment(pin != NOT_SHOWN, u32::from_be_bytes(keys));
    }
    Ok(())
}

/// What the environment says was shown in it; `None` where there is no environment.
///
/// # Errors
/// 6A81 when it says that the card is blocked; `Torn`.
pub(super) fn shown(env: &mut Env<'_>, environment: &Aid) -> Result<Option<[u8; 5]>, Halt> {
    let mut answer = [0; 5];
    match env.service(environment, &[SHOWN], &mut answer) {
        Ok(5) => Ok(Some(answer)),
        Err(Halt::Status(StatusWord::FUNCTION_NOT_SUPPORTED)) => {
            Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED)
        }
        Err(halt @ Halt::Torn(_)) => Err(halt),
        _ => Ok(None),
    }
}

/// Has the environment forget that the PIN was shown there; where there is none, nothing was.
///
/// # Errors
/// `Torn`.
pub(super) fn forget(env: &mut Env<'_>, environment: &Aid) -> Outcome {
    match env.service(environment, &[FORGET], &mut []) {
        Err(halt @ Halt::Torn(_)) => Err(halt),
        _ => Ok(()),
    }
}

/// Puts a question about the PIN to the environment.
///
/// # Errors
/// What it answers; 6A88 when there is none; 6700 for more than two PINs.
pub(super) fn ask(env: &mut Env<'_>, environment: &Aid, what: u8, data: &[u8]) -> Outcome {
    let mut request = [0; REQUEST_BYTES_MAX];
    let Some((request, _)) = request.split_at_mut_checked(1 + data.len()) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    for (to, from) in request.iter_mut().zip([what].iter().chain(data)) {
        *to = *from;
    }
    let answered = env.service(environment, request, &mut []);
    tessera_framework::pin::forget(request);
    match answered {
        Err(Halt::Status(StatusWord::NOT_FOUND)) => {
            Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND)
        }
        answered => answered.map(drop),
    }
}
