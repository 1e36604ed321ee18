//! Line protection: the MAC and the cipher around what goes into a file and comes out of it.
//!
//! | the file | to write | to read |
//! |---|---|---|
//! | made as 28, 2A, 2C, 2E | class 00, or 04 with a MAC | by its key byte |
//! | with bit 80 | class 04 with a MAC, else 6987 | by its key byte; the answer has a MAC |
//! | with bit 40, alone or not | the same, and enciphered | the same, and enciphered |
//! | key byte, b8 = 0 | | class 04 with a MAC, else 6900 |
//!
//! The key byte names the line protection key: b4-b3 for reading, b2-b1 for writing, 11 for key 0
//! down to 00 for key 3. The published lists leave open whether a missing MAC is 6987 or 6900, and
//! what bit 40 alone is to mean (own choices).

use tessera_cos::{
    Flags, Header,
    cipher::{Key, Mac},
    keys::KeyRecord,
};
use tessera_framework::{
    Env, FileId, Halt, Outcome, Reply, StatusWord, class::SecureMessaging, pin::forget,
};

use crate::{
    block,
    turn::{Turn, usage},
    words,
};

/// Files an application is locked for when three updates in a row had a wrong MAC.
const GUARDED: [FileId; 2] = [FileId(0x0015), FileId(0x0016)];

/// Most bytes of a data field.
pub(crate) const DATA_BYTES_MAX: usize = 256;

/// What came over the line, deciphered where it was enciphered.
pub(crate) struct Incoming<'c> {
    plain: &'c [u8],
    deciphered: [u8; DATA_BYTES_MAX],
    /// Where in `deciphered` the data lies.
    range: Option<(usize, usize)>,
}

impl Incoming<'_> {
    /// The data.
    pub(crate) fn data(&self) -> &[u8] {
        match self.range {
            Some((from, to)) => self.deciphered.get(from..to).unwrap_or_default(),
            None => self.plain,
        }
    }
}

fn is_secure(turn: &Turn<'_>) -> bool {
    turn.command.class.secure_messaging() == SecureMessaging::Proprietary
}

/// A line protection key by two bits of the key byte.
fn key(env: &Env<'_>, turn: &Turn<'_>, bits: u8) -> Result<KeyRecord, Halt> {
    let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
    let key = turn.key(env, usage::LINE, 3 - (bits & 3), missing)?;
    turn.check(key.usable())?;
    Ok(key)
}

/// What a command wants written to a file.
///
/// # Errors
/// 6987 when the file wants a MAC and there is none; 6700; 6A88; 6982; 6983; 6985 without a
/// challenge; 6988, counted by the key; 9303 when that was the third failure in a row on 0015 or
/// 0016; `Torn`.
pub(crate) fn incoming<'c>(
    env: &mut Env<'_>,
    turn: &Turn<'c>,
    file: &Header,
) -> Result<Incoming<'c>, Halt> {
    let data = turn.command.data;
    let line = file.flags().0 & Flags::MAC.with(Flags::ENCIPHERED).0;
    let mut incoming = Incoming { plain: data, deciphered: [0; DATA_BYTES_MAX], range: None };
    if !is_secure(turn) {
        return match line {
            _ if data.is_empty() => Halt::status(StatusWord::WRONG_LENGTH),
            0 => Ok(incoming),
            _ => Halt::status(StatusWord::SM_OBJECTS_MISSING),
        };
    }
    let (protected, mac) = match data.split_last_chunk::<4>() {
        Some((protected, mac)) if !protected.is_empty() => (protected, mac),
        _ => return Halt::status(StatusWord::WRONG_LENGTH),
    };
    let key = key(env, turn, file.own())?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let checked = block::check_mac(env, turn, &key, protected, mac, wrong);
    if checked == Halt::status(wrong)
        && GUARDED.contains(&file.fid())
        && block::is_counted_out(env, &key)?
    {
        block::lock_application(env, turn)?;
        return Halt::status(words::APPLICATION_LOCKED);
    }
    checked?;
    incoming.plain = protected;
    if file.flags().contains(Flags::ENCIPHERED) {
        let length = decipher(env, &key, protected, &mut incoming.deciphered)?;
        incoming.range = Some((1, 1 + length));
    }
    Ok(incoming)
}

/// Deciphers a length byte, as many bytes and padding into `plain`; returns the length.
fn decipher(
    env: &Env<'_>,
    key: &KeyRecord,
    enciphered: &[u8],
    plain: &mut [u8; DATA_BYTES_MAX],
) -> Result<usize, Halt> {
    let wrong = Halt::Status(StatusWord::SM_OBJECTS_INCORRECT);
    let whole = plain.get_mut(..enciphered.len()).ok_or(wrong)?;
    whole.copy_from_slice(enciphered);
    let key = Key::des(key.load(env)?.as_slice()).ok_or(wrong)?;
    key.cipher().decrypt_ecb(whole).map_err(|_| wrong)?;
    let (&length, rest) = whole.split_first().ok_or(wrong)?;
    match rest.get(usize::from(length)..) {
        Some([] | [0x80, ..]) if length > 0 => Ok(length.into()),
        _ => Err(wrong),
    }
}

/// Who may read, and with which key the answer is protected; none in the clear.
///
/// # Errors
/// 6900 when the file is to be read with a MAC and there is none; 6700; 6A88; 6982; 6983; 6985;
/// 6988, counted by the key; `Torn`.
pub(crate) fn admit_reading(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    file: &Header,
) -> Result<Option<KeyRecord>, Halt> {
    if !is_secure(turn) {
        turn.expect_lc(0..=0)?;
        return match file.own() & 0x80 {
            0 => Halt::status(StatusWord::NOT_ALLOWED),
            _ => Ok(None),
        };
    }
    turn.expect_lc(4..=4)?;
    let key = key(env, turn, file.own() >> 2)?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    block::check_mac(env, turn, &key, &[], turn.command.data, wrong)?;
    Ok(Some(key))
}

/// Answers what was read: in the clear, with a MAC behind it, or enciphered and with a MAC.
///
/// # Errors
/// 6F00 when it does not fit the reply.
pub(crate) fn outgoing(
    env: &Env<'_>,
    turn: &Turn<'_>,
    file: &Header,
    key: Option<KeyRecord>,
    plain: &[u8],
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(key) = key else { return reply.push(plain) };
    let damaged = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let initial = turn.challenge()?;
    let bytes = key.load(env)?;
    let key = Key::des(bytes.as_slice()).ok_or(damaged)?;
    let mac = Mac::line(&key);
    if !file.flags().contains(Flags::ENCIPHERED) {
        reply.push(plain)?;
        return reply.push(&mac.of(&initial, &[plain]).four());
    }
    let mut block = [0; DATA_BYTES_MAX + 8];
    let used = 1 + plain.len();
    let whole = block.get_mut(..used.next_multiple_of(8)).ok_or(damaged)?;
    if let (Some(first), Ok(length)) = (whole.first_mut(), u8::try_from(plain.len())) {
        *first = length;
    } else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    whole.get_mut(1..used).ok_or(damaged)?.copy_from_slice(plain);
    if let Some(pad) = whole.get_mut(used) {
        *pad = 0x80;
    }
    let done = key.cipher().encrypt_ecb(whole).map_err(|_| damaged).and_then(|()| {
        reply.push(whole)?;
        reply.push(&mac.of(&initial, &[whole]).four())
    });
    forget(&mut block);
    done
}
