//! WRITE KEY: 80 D4 in the clear, 84 D4 enciphered and with a MAC by the DF's master key.
//!
//! P1 is 01 to add a key, else the type of the one to replace; P2 its identifier. The record is in
//! the notation of [`KeyNote`].

use tessera_cos::{
    Flags,
    basic::{Turn, usage},
    keys::{self, KeyRecord},
    messaging::Protection,
};
use tessera_framework::{Class, Env, Halt, Outcome, StatusWord};
use tessera_pboc::notation::{KeyNote, is_key_type, key_protection};

use crate::{COUNTERS, rations};

/// Identifier that no key has.
const NO_ID: u8 = 0xFF;
/// P1 that adds.
const ADD: u8 = 0x01;

/// WRITE KEY.
///
/// # Errors
/// 6A86 P1-P2, or a key to add that is there; 6700; 6A82 no key file; 6A88 no such key to replace,
/// or no master key; 6982; 6985 no challenge; 9302 the MAC is wrong, counted by the master key, or
/// the protection is missing; 6983; 6A80 an unknown type; 6A84; `Torn`.
pub(crate) fn write_key(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    let command = turn.command;
    let is_protected = matches!(command.class, Class::Proprietary(0x84));
    if command.p2 == NO_ID {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let key_file = turn.key_file(env)?;
    let place = match command.p1 {
        ADD => {
            turn.check(env, key_file.read())?;
            None
        }
        type_byte => Some(to_replace(env, turn, type_byte)?),
    };
    if !is_protected {
        let record = KeyNote::read(command.data, command.p2)?;
        if record.spec.flags != Flags(0) || place.is_some_and(|key| key.flags() != Flags(0)) {
            return Halt::status(StatusWord::MAC_WRONG);
        }
        return store(env, turn, place, &record);
    }
    let master = turn.key(env, usage::EXTERNAL, 0, StatusWord::REFERENCED_DATA_NOT_FOUND)?;
    let protection = Protection::CryptogramAndChecksum;
    let opened = turn.open(env, &master, protection, StatusWord::MAC_WRONG)?;
    store(env, turn, place, &KeyNote::read(opened.as_slice(), command.p2)?)
}

/// The key that P1 and P2 name, if its change right is met.
fn to_replace(env: &Env<'_>, turn: &Turn<'_>, type_byte: u8) -> Result<KeyRecord, Halt> {
    if !is_key_type(type_byte & 0x3F) {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
    let key = turn.key(env, type_byte & 0x3F, turn.command.p2, missing)?;
    if key.flags() != key_protection(type_byte) {
        return Halt::status(missing);
    }
    turn.check(env, key.change())?;
    Ok(key)
}

fn store(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    place: Option<KeyRecord>,
    record: &KeyNote<'_>,
) -> Outcome {
    let Some(old) = place else {
        if keys::find(env, turn.session.df, record.spec.usage, record.spec.id)?.is_some() {
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        rations::check_key_file(env, &turn.key_file(env)?, record.key.len())?;
        let df = turn.df(env)?.df_id();
        return keys::add(env, COUNTERS, df, &record.spec, record.key).map(drop);
    };
    if record.type_byte != turn.command.p1 {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    if record.key.len() != usize::from(old.key_bytes()) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    keys::replace(env, COUNTERS, &old, &record.spec, record.key).map(drop)
}
