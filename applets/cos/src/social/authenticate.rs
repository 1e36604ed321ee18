//! GET CHALLENGE, EXTERNAL AUTHENTICATE, INTERNAL AUTHENTICATE.

use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    messaging::social_security::{External, Internal},
    session::Challenge,
};

use super::{Turn, usage};

/// GET CHALLENGE: 8 or 16 bytes, good for the next command. Two of 8 in a row are one of 16 for a
/// cipher that wants as many; published readers of the third generation draw it so.
///
/// # Errors
/// 6A86; 6700 for another length.
pub(super) fn get_challenge(
    env: &mut Env<'_>,
    turn: &mut Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    turn.expect_p1p2(0)?;
    turn.expect_lc(0..=0)?;
    let length @ (8 | 16) = turn.command.ne else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let drawn = Challenge::draw(env, length as usize);
    reply.push(drawn.bytes())?;
    turn.session.challenge = drawn.behind(&turn.challenge);
    turn.session.store(env)
}

/// EXTERNAL AUTHENTICATE: P2 the key; authenticator, factor, perhaps a version. What it opens is
/// added to what was shown before; a wrong one takes what that key had opened (own choice).
///
/// # Errors
/// 6A86; 6700; 6A88; 6983; 6984 without a challenge; 63CX, X tries left; `Torn`.
pub(super) fn external(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    if turn.command.p1 != 0 {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let Some(shown) = External::parse(turn.command.data) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let id = turn.command.p2;
    let key = turn.key_by_place(env, usage::EXTERNAL, id, shown.version)?;
    key.refuse_blocked(env)?;
    let challenge = turn.challenge(key.algorithm.block_bytes())?;
    let attempt = key.attempt(env, |key| shown.check(key, challenge).is_ok());
    match attempt {
        Ok(()) => turn.session.note_key(id),
        Err(Halt::Status(status)) if status.sw1() == 0x63 => turn.session.forget_key(id),
        Err(_) => return attempt,
    }
    turn.session.store(env)?;
    attempt
}

/// INTERNAL AUTHENTICATE: P2 the key; random number of one block, factor, perhaps a version. The
/// answer is the factor under the session key.
///
/// # Errors
/// 6A86; 6700; 6A88.
pub(super) fn internal(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    if turn.command.p1 != 0 {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let data = turn.command.data;
    // Blocks of 8 or 16, a factor of 8.
    let version = match (data.len(), data.last()) {
        (16 | 24, _) => None,
        (17 | 25, Some(&version)) => Some(version),
        _ => return Halt::status(StatusWord::WRONG_LENGTH),
    };
    let key = turn.key_by_place(env, usage::INTERNAL, turn.command.p2, version)?;
    let question = Internal::parse(data, key.algorithm.block_bytes());
    let answer = match question {
        Some(question) => question.answer(&key.load(env)?),
        None => None,
    };
    reply.push(&answer.ok_or(Halt::Status(StatusWord::WRONG_LENGTH))?)
}
