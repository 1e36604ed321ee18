//! WRITE KEY: 80 D4 in the clear, 84 D4 enciphered and with a MAC by the DF's master key.
//!
//! P1 is 01 to add a key, else the type of the one to replace; P2 its identifier. The record:
//!
//! | type | use | change | fourth | fifth | key |
//! |---|---|---|---|---|---|
//! | 30, 31, 32, 34, 3C, 3D, 3E, 3F | right | right | version | algorithm | 8 or 16 bytes |
//! | 36, 37, 38 | right | right | FF | tries | 8 or 16 bytes |
//! | 39 | right | right | what the register becomes | tries | 8 or 16 bytes |
//! | 3A | right | EF | what the register becomes | tries | 2 to 8 bytes |
//!
//! Tries: the high nibble the most, the low one those left. A type with a high bit set (F9 for
//! 39) takes protected changes alone; one high bit is taken for both (own choice: the manuals
//! disagree).

use tessera_cos::{
    Access, Flags,
    basic::{Turn, usage},
    keys::{self, KeyRecord, KeySpec, Tries},
    messaging::Protection,
};
use tessera_framework::{Class, Env, Halt, Outcome, StatusWord};

use crate::{COUNTERS, rations};

/// Bytes of a record in front of the key.
const HEAD_BYTES: usize = 5;
/// Identifier that no key has.
const NO_ID: u8 = 0xFF;
/// P1 that adds.
const ADD: u8 = 0x01;

/// A key record as it came.
struct Record<'r> {
    type_byte: u8,
    spec: KeySpec,
    key: &'r [u8],
}

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
        let record = Record::read(command.data, command.p2)?;
        if record.spec.flags != Flags(0) || place.is_some_and(|key| key.flags() != Flags(0)) {
            return Halt::status(StatusWord::MAC_WRONG);
        }
        return store(env, turn, place, &record);
    }
    let master = turn.key(env, usage::EXTERNAL, 0, StatusWord::REFERENCED_DATA_NOT_FOUND)?;
    let protection = Protection::CryptogramAndChecksum;
    let opened = turn.open(env, &master, protection, StatusWord::MAC_WRONG)?;
    store(env, turn, place, &Record::read(opened.as_slice(), command.p2)?)
}

/// The key that P1 and P2 name, if its change right is met.
fn to_replace(env: &Env<'_>, turn: &Turn<'_>, type_byte: u8) -> Result<KeyRecord, Halt> {
    if !is_type(type_byte & 0x3F) {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
    let key = turn.key(env, type_byte & 0x3F, turn.command.p2, missing)?;
    if key.flags() != protection(type_byte) {
        return Halt::status(missing);
    }
    turn.check(env, key.change())?;
    Ok(key)
}

fn store(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    place: Option<KeyRecord>,
    record: &Record<'_>,
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

impl<'r> Record<'r> {
    /// # Errors
    /// 6700 on a length that no key of its type has, 6A80 on an unknown type.
    fn read(bytes: &'r [u8], id: u8) -> Result<Self, Halt> {
        let Some((&[type_byte, usable, change, fourth, fifth], key)) =
            bytes.split_first_chunk::<HEAD_BYTES>()
        else {
            return Halt::status(StatusWord::WRONG_LENGTH);
        };
        let usage = type_byte & 0x3F;
        if !is_type(usage) {
            return Halt::status(StatusWord::WRONG_DATA);
        }
        let fits = match usage {
            usage::PIN => (2..=8).contains(&key.len()),
            _ => matches!(key.len(), 8 | 16),
        };
        if !fits {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let is_counted = is_counted(usage);
        let spec = KeySpec {
            usage,
            id,
            usable: Access::Register(usable),
            change: Access::Register(change),
            version_or_follow_up: fourth,
            algorithm: if is_counted { 0 } else { fifth },
            tries: is_counted.then_some(Tries { max: fifth >> 4, left: fifth & 0x0F }),
            flags: protection(type_byte),
        };
        Ok(Self { type_byte, spec, key })
    }
}

/// Whether changes of a key must be protected.
const fn protection(type_byte: u8) -> Flags {
    if type_byte & 0xC0 == 0 { Flags(0) } else { Flags(0xC0) }
}

const fn is_type(usage: u8) -> bool {
    matches!(usage, 0x30..=0x32 | 0x34 | 0x36..=0x3A | 0x3C..=0x3F)
}

const fn is_counted(usage: u8) -> bool {
    matches!(usage, usage::LINE..=usage::PIN)
}
