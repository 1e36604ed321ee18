//! `write-key`: WRITE KEY 80 D4 in the clear, 84 D4 encrypted and with a MAC under the master key.

use super::{
    super::{
        error::LineError,
        keys::{self, Attributes, KeyName, PROTECTED},
        protect::{Protection, command},
        session::{Outcome, Session},
        words::{Word, Words},
    },
    Done,
    pin::pin_bytes,
};

/// P1 that adds a record; a type byte replaces that record.
const ADD: u8 = 0x01;
/// Free for use and change; a PIN is changed by its own commands, never by WRITE KEY.
const FREE: u8 = 0xF0;
const NEVER: u8 = 0xEF;
/// Three tries.
const ERRORS: u8 = 0x33;

/// `write-key TYPE ID … KEY`.
pub(in super::super) fn write_key(session: &mut Session, mut words: Words) -> Done {
    let is_encrypted = words.flag("encrypted") || words.flag("--encrypted");
    let replaces = words.flag("replace");
    let what = "a type of key, by a name or number of `help keys`";
    let word = words.need(what)?;
    let Some(kind) = keys::kind_byte(&word.text) else { return Err(words.wrong(what, word.text)) };
    let id = words.need_byte("a key identifier")?;
    let named = attributes(&mut words, kind)?;
    let left = words.rest();
    let (attributes, key) = match &left[..] {
        // A key may be written in words of four bytes too: its length tells.
        [attributes, key @ ..]
            if !key.is_empty() && is_attributes(attributes) && !is_key(&words, &left) =>
        {
            let given = words.joined("attributes", std::slice::from_ref(attributes))?;
            (<[u8; 4]>::try_from(given).unwrap_or(named), key)
        }
        key => (named, key),
    };
    let key = value(&words, kind, key)?;
    let record = [&[kind][..], &attributes, &key].concat();
    let header = [0x80, 0xD4, if replaces { kind } else { ADD }, id];
    let here = session.files.current();
    let answer = if is_encrypted || kind & PROTECTED == PROTECTED {
        let master = KeyName::new(keys::EXTERNAL, 0);
        let protection = Protection { key: master, encrypts: true };
        session.protected(header, &record, None, protection)?
    } else {
        session.transact(&command(header, &record, None)?)?
    };
    let is_pin = kind & !PROTECTED == keys::PIN;
    if let (true, false, Some(key)) = (answer.is_good(), is_pin, keys::key_of(&key, false)) {
        session.keys.put(here, KeyName::new(kind, id), key, "write-key");
    }
    Ok(Outcome::Quiet)
}

/// Four bytes in one word, with a key behind them.
fn is_attributes(word: &Word) -> bool {
    !word.quoted && word.text.len() == 8 && word.text.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_key(words: &Words, left: &[Word]) -> bool {
    words.joined("a key", left).is_ok_and(|key| matches!(key.len(), 8 | 16))
}

/// The attributes that were named, or those samples use.
fn attributes(words: &mut Words, kind: u8) -> Result<[u8; 4], LineError> {
    let is_pin = kind & !PROTECTED == keys::PIN;
    let usage = words.named_byte("use")?.unwrap_or(FREE);
    let change = words.named_byte("change")?.unwrap_or(if is_pin { NEVER } else { FREE });
    let follow = words.named_byte("follow")?;
    let errors = words.named_byte("errors")?;
    let version = words.named_byte("version")?;
    let algorithm = words.named_byte("algorithm")?;
    let attributes = keys::kind_of(kind).map_or(Attributes::Versioned, |kind| kind.attributes);
    let (rest, foreign) = match attributes {
        Attributes::Versioned => {
            ([version.unwrap_or(0), algorithm.unwrap_or(1)], follow.or(errors))
        }
        Attributes::Counted => ([0xFF, errors.unwrap_or(ERRORS)], follow.or(version).or(algorithm)),
        Attributes::FollowedUp => {
            let default = if is_pin { 0x01 } else { 0xAA };
            ([follow.unwrap_or(default), errors.unwrap_or(ERRORS)], version.or(algorithm))
        }
    };
    match foreign {
        Some(_) => {
            let has = match attributes {
                Attributes::Versioned => "use, change, version and algorithm",
                Attributes::Counted => "use, change and errors",
                Attributes::FollowedUp => "use, change, follow and errors",
            };
            Err(words.wrong(format!("{has} for type {kind:02X}"), "another attribute"))
        }
        None => Ok([usage, change, rest[0], rest[1]]),
    }
}

/// The key: 8 or 16 bytes, or a PIN of 2 to 8.
fn value(words: &Words, kind: u8, left: &[Word]) -> Result<Vec<u8>, LineError> {
    if kind & !PROTECTED == keys::PIN {
        let [pin] = left else { return Err(words.wrong("a PIN", format!("{} words", left.len()))) };
        let pin = pin_bytes(words, pin)?;
        return match pin.len() {
            2..=8 => Ok(pin),
            bytes => Err(words.wrong("a PIN of 2 to 8 bytes", bytes.to_string())),
        };
    }
    if left.is_empty() {
        return Err(words.wrong("a key", "the end of the line"));
    }
    let key = words.joined("a key", left)?;
    match key.len() {
        8 | 16 => Ok(key),
        bytes => Err(words.wrong("a key of 8 or 16 bytes", format!("{bytes} bytes"))),
    }
}
