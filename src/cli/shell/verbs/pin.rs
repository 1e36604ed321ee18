//! `verify`, `change-pin`, `reload-pin`, `unblock-pin`.

use tessera::cryptography::{
    cipher::Key,
    messaging::{pin::reload_checksum, social_security::Session as Keyed},
};

use super::{
    super::{
        error::LineError,
        keys::{self, KeyName},
        protect::{Protection, command, wrapped},
        session::{Outcome, Session},
        words::{self, Word, Words},
    },
    Done,
};

/// Challenge a social-security card is asked for.
pub(super) const CHALLENGE_BYTES: u8 = 8;
/// Key for maintenance of a social-security environment, and of a directory under it.
const STK: [u8; 2] = [0x02, 0x82];

/// Digits two a byte, an odd last one filled with F; or text.
pub(super) fn pin_bytes(words: &Words, word: &Word) -> Result<Vec<u8>, LineError> {
    let mut word = word.clone();
    if !word.quoted && word.text.len() % 2 == 1 && !word.text.contains('*') {
        word.text.push('F');
    }
    words::bytes(&[word]).map_err(|got| words.wrong("a PIN of digits, or \"text\"", got))
}

fn reference(words: &mut Words) -> Result<u8, LineError> {
    Ok(words.named_byte("ref")?.unwrap_or(0))
}

/// `verify [PIN] [ref N]`.
pub(in super::super) fn verify(session: &mut Session, mut words: Words) -> Done {
    let reference = reference(&mut words)?;
    let pin = match words.take() {
        Some(word) => pin_bytes(&words, &word)?,
        None => Vec::new(),
    };
    words.end()?;
    let header = [0x00, 0x20, 0x00, reference];
    let command = if pin.is_empty() { header.to_vec() } else { command(header, &pin, None)? };
    session.transact(&command)?;
    Ok(Outcome::Quiet)
}

/// `change-pin OLD NEW [ref N]`.
pub(in super::super) fn change(session: &mut Session, mut words: Words) -> Done {
    let reference = reference(&mut words)?;
    let old = need_pin(&mut words, "the old PIN")?;
    let new = need_pin(&mut words, "the new PIN")?;
    words.end()?;
    let data = [&old[..], &[0xFF], &new].concat();
    session.transact(&command([0x80, 0x5E, 0x01, reference], &data, None)?)?;
    Ok(Outcome::Quiet)
}

fn need_pin(words: &mut Words, what: &str) -> Result<Vec<u8>, LineError> {
    let word = words.need(what)?;
    pin_bytes(words, &word)
}

/// `reload-pin NEW [ref N] [key N]`: MAC under the halves of key 38 joined by XOR, over the PIN
/// alone. A social-security card gets the PIN encrypted, 84 24 00 01.
pub(in super::super) fn reload(session: &mut Session, mut words: Words) -> Done {
    let reference = reference(&mut words)?;
    let key = words.named_byte("key")?.unwrap_or(0);
    let new = need_pin(&mut words, "the new PIN")?;
    words.end()?;
    if session.files.social_security().is_some() {
        by_stk(session, [0x84, 0x24, 0x00, 0x01], &new)?;
        return Ok(Outcome::Quiet);
    }
    let (here, name) = (session.files.current(), KeyName::new(keys::RELOAD, key));
    let key = session.key(here, name)?;
    let mac = reload_checksum(&key, &new).four();
    session.tell_mac(&mac, here, name, &new, &[]);
    let data = [&new[..], &mac].concat();
    session.transact(&command([0x80, 0x5E, 0x00, reference], &data, None)?)?;
    Ok(Outcome::Quiet)
}

/// `unblock-pin PIN [ref N] [key N]`: 84 24 under key 37, the PIN encrypted. A social-security card
/// gets no PIN.
pub(in super::super) fn unblock(session: &mut Session, mut words: Words) -> Done {
    let reference = reference(&mut words)?;
    let key = words.named_byte("key")?.unwrap_or(0);
    if session.files.social_security().is_some() {
        words.end()?;
        by_stk(session, [0x84, 0x24, 0x00, 0x00], &[])?;
        return Ok(Outcome::Quiet);
    }
    let pin = need_pin(&mut words, "the PIN")?;
    words.end()?;
    let key = KeyName::new(keys::UNBLOCK, key);
    let protection = Protection { key, encrypts: true };
    session.protected([0x80, 0x24, reference, 0x00], &pin, None, protection)?;
    Ok(Outcome::Quiet)
}

/// A command of a social-security card under its STK: data are encrypted, and the MAC made, with
/// the session key of a challenge; initial value zero.
pub(super) fn by_stk(
    session: &mut Session,
    mut header: [u8; 4],
    data: &[u8],
) -> Result<(), LineError> {
    header[0] = 0x84;
    let here = session.files.current();
    let environment = session.files.social_security().unwrap_or(here);
    // The PIN is the environment's; the rest is about the current directory.
    let df = if header[1] == 0x24 { environment } else { here };
    let name = KeyName::bare(STK[usize::from(df != environment)]);
    let stk = session.key(df, name)?;
    let challenge = session.challenge(challenge_bytes(&stk))?;
    let keyed = keyed(&stk, &challenge)?;
    let command = wrapped(&keyed.line(), true, &[], header, data, None)?;
    let text = format!(
        "session key {} from challenge {}",
        hex::encode_upper(keyed.key().as_slice()),
        hex::encode_upper(&challenge)
    );
    session.note(&text);
    session.tell_wrapped(&command, None, (df, name), &[]);
    session.transact(&command)?;
    Ok(())
}

/// Bytes of the challenge for a key: 8, and 16 of the third generation's SM4.
pub(super) fn challenge_bytes(key: &Key) -> u8 {
    key.block_bytes() as u8
}

/// The session of a key and a challenge.
pub(super) fn keyed(key: &Key, challenge: &[u8]) -> Result<Keyed, LineError> {
    Keyed::new(key, challenge).ok_or_else(|| {
        let expected = format!("a challenge of {} bytes", key.block_bytes());
        LineError::wrong(expected, hex::encode_upper(challenge))
    })
}
