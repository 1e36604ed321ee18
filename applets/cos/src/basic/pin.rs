//! VERIFY, CHANGE PIN, RELOAD PIN, PIN UNBLOCK.
//!
//! A PIN record keeps its length: a shorter new PIN is filled with FF. Bytes FF at its end need not
//! be presented, but one byte at least has to be.

use crate::{
    cipher::Key,
    keys::KeyRecord,
    messaging::{
        Protection,
        line::CHECKSUM_BYTES,
        pin::{old_and_new, reloaded},
    },
};
use tessera_framework::{
    Env, Halt, Outcome, StatusWord,
    pin::{equal_in_constant_time, forget},
};

use super::{Turn, usage};

/// Longest PIN in bytes.
const PIN_BYTES_MAX: usize = 8;

/// Longest new PIN in bytes.
const NEW_PIN_BYTES_MAX: usize = 6;

/// A PIN filled with FF.
fn filled(pin: &[u8]) -> [u8; PIN_BYTES_MAX] {
    let mut filled = [0xFF; PIN_BYTES_MAX];
    for (place, byte) in filled.iter_mut().zip(pin) {
        *place = *byte;
    }
    filled
}

/// The PIN P2 names, if it may be used.
fn pin_key(env: &Env<'_>, turn: &Turn<'_>, id: u8) -> Result<KeyRecord, Halt> {
    let key = turn.key(env, usage::PIN, id, StatusWord::KEY_NOT_FOUND)?;
    turn.check(env, key.usable())?;
    Ok(key)
}

fn present(env: &mut Env<'_>, key: &KeyRecord, candidate: &[u8]) -> Outcome {
    key.attempt(env, |reference| {
        let (mut a, mut b) = (filled(candidate), filled(reference.as_slice()));
        let right = equal_in_constant_time(&a, &b);
        forget(&mut a);
        forget(&mut b);
        right
    })
}

/// VERIFY: P2 the PIN's identifier. The security register becomes what the PIN says.
///
/// # Errors
/// 6A86; 6700; 6A82; 9403; 6982; 6983; 63CX, X tries left; `Torn`.
pub(crate) fn verify(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    if turn.command.p1 != 0 {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    turn.expect_lc(1..=PIN_BYTES_MAX)?;
    let key = pin_key(env, turn, turn.command.p2)?;
    present(env, &key, turn.command.data)?;
    turn.session.set_register(key.version_or_follow_up());
    turn.session.note_pin(true);
    Ok(())
}

/// CHANGE PIN (P1 01) and RELOAD PIN (P1 00): P2 the PIN's identifier.
///
/// # Errors
/// 6A86, and those of the two.
pub(crate) fn maintain(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    match turn.command.p1 {
        0 => reload(env, turn),
        1 => change(env, turn),
        _ => Halt::status(StatusWord::WRONG_P1P2),
    }
}

/// CHANGE PIN: the old one, FF, the new one.
///
/// # Errors
/// 6700; 6A80 without an FF between two PINs; 6A82; 9403; 6982; 6983; 63CX; `Torn`.
fn change(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_lc(5..=13)?;
    let data = turn.command.data;
    let (old, new) = old_and_new(data).ok_or(Halt::Status(StatusWord::WRONG_DATA))?;
    let key = pin_key(env, turn, turn.command.p2)?;
    check_new(&key, new)?;
    present(env, &key, old)?;
    set(env, turn, &key, new)
}

/// RELOAD PIN: the new PIN and a MAC over it alone, single DES with the two halves of the reload
/// key XORed.
///
/// # Errors
/// 6700; 6A82; 9403 without the PIN or the reload key; 6982; 6983; 9302, counted by the reload key;
/// `Torn`.
fn reload(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    turn.expect_lc(6..=4 + NEW_PIN_BYTES_MAX)?;
    let Some((new, _)) = turn.command.data.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let pin = turn.key(env, usage::PIN, turn.command.p2, StatusWord::KEY_NOT_FOUND)?;
    let key = turn.only_key(env, usage::PIN_RELOAD, StatusWord::KEY_NOT_FOUND)?;
    turn.check(env, key.usable())?;
    check_new(&pin, new)?;
    let checked = key.attempt(env, |bytes| {
        Key::des(bytes.as_slice()).is_some_and(|key| reloaded(&key, turn.command.data).is_ok())
    });
    match checked {
        Err(Halt::Status(status)) if status.sw1() == 0x63 => Halt::status(StatusWord::MAC_WRONG),
        Err(halt) => Err(halt),
        Ok(()) => set(env, turn, &pin, new),
    }
}

/// PIN UNBLOCK: the PIN enciphered by the unblock key, and a MAC by it; P1 the PIN's identifier, or
/// P2 as one manual's sample has it. The PIN becomes what is sent (inferred: the manuals disagree).
///
/// # Errors
/// 6A86; 6700; 6A82; 9403; 6982; 6983; 6985 without a challenge; 6988, counted by the unblock key;
/// `Torn`.
pub(crate) fn unblock(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let id = match (turn.command.p1, turn.command.p2) {
        (id, 0) | (0, id) => id,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    if !matches!(turn.command.data.len(), 12 | 20) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let pin = turn.key(env, usage::PIN, id, StatusWord::KEY_NOT_FOUND)?;
    let key = turn.only_key(env, usage::PIN_UNBLOCK, StatusWord::KEY_NOT_FOUND)?;
    turn.check(env, key.usable())?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let opened = turn.open(env, &key, Protection::CryptogramAndChecksum, wrong)?;
    check_new(&pin, opened.as_slice())?;
    set(env, turn, &pin, opened.as_slice())
}

/// # Errors
/// 6700 for a PIN that is too short, too long, or longer than its record.
fn check_new(key: &KeyRecord, new: &[u8]) -> Outcome {
    let fits = (2..=PIN_BYTES_MAX).contains(&new.len()) && new.len() <= key.key_bytes().into();
    if fits { Ok(()) } else { Halt::status(StatusWord::WRONG_LENGTH) }
}

/// Puts a PIN in place, its tries at their most, with one change for both.
fn set(env: &mut Env<'_>, turn: &Turn<'_>, key: &KeyRecord, new: &[u8]) -> Outcome {
    let mut bytes = filled(new);
    let bytes_there = bytes.get(..key.key_bytes().into()).unwrap_or_default();
    let done = key.set_bytes(env, turn.build.counters.clone(), bytes_there, key.tries_max());
    forget(&mut bytes);
    done
}
