//! `challenge`, `authenticate external`, `authenticate internal`.

use tessera::cryptography::cipher::{Key, Mac};

use super::{
    super::{
        error::LineError,
        keys::{self, KeyName},
        protect::{command, ecb},
        raw,
        session::{Outcome, Session},
        words::Words,
    },
    Done,
    pin::{self, challenge_bytes, keyed},
};

/// Factor of a social-security authentication when none is said; the card takes any.
const FACTOR: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// `challenge [4|8|16]`.
pub(in super::super) fn challenge(session: &mut Session, mut words: Words) -> Done {
    let what = "4, 8 or 16 bytes";
    let bytes = match words.take_number(what)? {
        None if session.files.social_security().is_some() => pin::CHALLENGE_BYTES,
        None => raw::CHALLENGE_BYTES,
        Some(bytes @ (4 | 8 | 16)) => bytes as u8,
        Some(other) => return Err(words.wrong(what, other.to_string())),
    };
    words.end()?;
    session.transact(&[0x00, 0x84, 0x00, 0x00, bytes])?;
    Ok(Outcome::Quiet)
}

/// `authenticate external KID`.
pub(in super::super) fn external(session: &mut Session, mut words: Words) -> Done {
    let factor = factor(&mut words)?;
    let version = words.named_byte("version")?;
    let kind = words.named("type")?;
    let own_key = words.named_byte("key")?;
    let kid = words.need_byte("a key identifier")?;
    words.end()?;
    if factor.is_some() || session.files.social_security().is_some() {
        if let Some(kind) = kind {
            return Err(words.wrong("a factor or a type", kind.text));
        }
        return social_external(session, kid, own_key, factor.unwrap_or(FACTOR), version);
    }
    if version.is_some() || own_key.is_some() {
        return Err(words.wrong("a factor with `version` or `key`", "none"));
    }
    let kind = match kind {
        Some(word) => keys::kind_byte(&word.text)
            .ok_or_else(|| words.wrong("a type of key, see `help keys`", word.text))?,
        None => keys::EXTERNAL,
    };
    let (here, name) = (session.files.current(), KeyName::new(kind, kid));
    let key = session.key(here, name)?;
    let challenge = session.challenge(raw::CHALLENGE_BYTES)?;
    let mut block = challenge.clone();
    // A challenge of four bytes is filled with zeros.
    block.resize(block.len().next_multiple_of(key.block_bytes()), 0);
    let data = ecb(&key, &block, true)?;
    let text = format!(
        "cryptogram {} of {}, key {name} of {}",
        hex::encode_upper(&data),
        hex::encode_upper(&block),
        session.files.label(here)
    );
    session.note(&text);
    session.transact(&command([0x00, 0x82, 0x00, kid], &data, None)?)?;
    Ok(Outcome::Quiet)
}

fn factor(words: &mut Words) -> Result<Option<[u8; 8]>, LineError> {
    let Some(bytes) = words.named_bytes("factor")? else { return Ok(None) };
    let factor = <[u8; 8]>::try_from(bytes);
    factor.map(Some).map_err(|bytes| words.wrong("a factor of 8 bytes", hex::encode_upper(bytes)))
}

/// The social-security form: the factor under a session key, and the factor.
fn social_external(
    session: &mut Session,
    kid: u8,
    own_key: Option<u8>,
    factor: [u8; 8],
    version: Option<u8>,
) -> Done {
    let (df, name) = social_key(session, own_key.unwrap_or(kid));
    let key = session.key(df, name)?;
    let challenge = session.challenge(challenge_bytes(&key))?;
    let authenticator = keyed(&key, &challenge)?.authenticator(&factor);
    let text = format!(
        "authenticator {} of factor {} from challenge {}, key {name} of {}",
        hex::encode_upper(authenticator),
        hex::encode_upper(factor),
        hex::encode_upper(&challenge),
        session.files.label(df)
    );
    session.note(&text);
    let mut data = [authenticator, factor].concat();
    data.extend(version);
    session.transact(&command([0x00, 0x82, 0x00, kid], &data, None)?)?;
    Ok(Outcome::Quiet)
}

/// Where a key of a social-security card lies: one without the high bit is the environment's.
fn social_key(session: &Session, kid: u8) -> (usize, KeyName) {
    let here = session.files.current();
    let environment = session.files.social_security().unwrap_or(here);
    (if kid & 0x80 == 0 { environment } else { here }, KeyName::bare(kid))
}

/// `authenticate internal KID DATA`.
pub(in super::super) fn internal(session: &mut Session, mut words: Words) -> Done {
    let factor = factor(&mut words)?;
    let version = words.named_byte("version")?;
    let modes = [("encrypt", 0), ("decrypt", 1), ("mac", 2)];
    let mode = modes.into_iter().find(|(name, _)| words.flag(name)).map_or(0, |(_, p1)| p1);
    let kid = words.need_byte("a key identifier")?;
    let data = words.data("data")?;
    if factor.is_some() || session.files.social_security().is_some() {
        return social_internal(session, kid, &data, factor.unwrap_or(FACTOR), version);
    }
    let answer = session.transact(&command([0x00, 0x88, mode, kid], &data, Some(0))?)?;
    let here = session.files.current();
    let name = KeyName::new([0x30, 0x31, 0x32][usize::from(mode)], kid);
    if let (true, Some(key)) = (answer.is_good(), session.keys.find(here, name).cloned()) {
        let expected = computed(&key, mode, &data)?;
        compare(session, &answer.data, &expected, name)?;
    }
    Ok(Outcome::Quiet)
}

/// What the card has to compute: whole blocks as they are, others filled with 80 00.
fn computed(key: &Key, mode: u8, data: &[u8]) -> Result<Vec<u8>, LineError> {
    if mode == 2 {
        return Ok(Mac::line(key).of(&[], &[data]).four().to_vec());
    }
    let mut block = data.to_vec();
    if !block.len().is_multiple_of(key.block_bytes()) {
        block.push(0x80);
        block.resize(block.len().next_multiple_of(key.block_bytes()), 0);
    }
    ecb(key, &block, mode == 0)
}

fn social_internal(
    session: &mut Session,
    kid: u8,
    random: &[u8],
    factor: [u8; 8],
    version: Option<u8>,
) -> Done {
    let mut data = [random, &factor].concat();
    data.extend(version);
    let answer = session.transact(&command([0x00, 0x88, 0x00, kid], &data, Some(0))?)?;
    let (df, name) = social_key(session, kid);
    if let (true, Some(key)) = (answer.is_good(), session.keys.find(df, name).cloned()) {
        let expected = keyed(&key, random)?.authenticator(&factor);
        compare(session, &answer.data, &expected, name)?;
    }
    Ok(Outcome::Quiet)
}

fn compare(
    session: &mut Session,
    got: &[u8],
    expected: &[u8],
    name: KeyName,
) -> Result<(), LineError> {
    if got != expected {
        return Err(LineError::Unexpected {
            expected: format!("{}, which is what key {name} gives", hex::encode_upper(expected)),
            got: hex::encode_upper(got),
        });
    }
    session.note(&format!("that is what key {name} gives"));
    Ok(())
}
