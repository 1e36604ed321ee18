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

use crate::{
    Flags, Header,
    cipher::Key,
    keys::KeyRecord,
    messaging::{Line, Message, Protection, line::CHECKSUM_BYTES},
};
use tessera_framework::{
    Class, Env, FileId, Halt, Outcome, Reply, StatusWord, class::SecureMessaging,
};

use super::{Turn, block, usage};

/// Files an application is locked for when three updates in a row had a wrong MAC.
const GUARDED: [FileId; 2] = [FileId(0x0015), FileId(0x0016)];

/// What came over the line, deciphered where it was enciphered.
#[expect(clippy::large_enum_variant, reason = "there is no heap to put the message on")]
pub enum Incoming<'c> {
    /// As it stands in the command.
    Plain(&'c [u8]),
    /// Out of the protection.
    Opened(Message),
}

impl Incoming<'_> {
    /// The data.
    pub fn data(&self) -> &[u8] {
        match self {
            Self::Plain(data) => data,
            Self::Opened(message) => message.as_slice(),
        }
    }
}

fn is_secure(turn: &Turn<'_>) -> bool {
    let class = turn.command.class;
    class.secure_messaging() == SecureMessaging::Proprietary || class == Class::Proprietary(0x84)
}

/// A line protection key by two bits of the key byte.
fn key(env: &Env<'_>, turn: &Turn<'_>, bits: u8) -> Result<KeyRecord, Halt> {
    let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
    let key = turn.key(env, usage::LINE, 3 - (bits & 3), missing)?;
    turn.check(env, key.usable())?;
    Ok(key)
}

/// What a command wants written to a file. Where the table says 04, a purse command has class 84.
///
/// # Errors
/// 6987 when the file wants a MAC and there is none; 6700; 6A88; 6982; 6983; 6985 without a
/// challenge; 6988, counted by the key; 9303 when that was the third failure in a row on 0015 or
/// 0016; `Torn`.
pub fn incoming<'c>(
    env: &mut Env<'_>,
    turn: &Turn<'c>,
    file: &Header,
) -> Result<Incoming<'c>, Halt> {
    let data = turn.command.data;
    let line = file.flags().0 & Flags::MAC.with(Flags::ENCIPHERED).0;
    if !is_secure(turn) {
        return match line {
            _ if data.is_empty() => Halt::status(StatusWord::WRONG_LENGTH),
            0 => Ok(Incoming::Plain(data)),
            _ => Halt::status(StatusWord::SM_OBJECTS_MISSING),
        };
    }
    if data.len() <= CHECKSUM_BYTES {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let key = key(env, turn, file.own())?;
    let wrong = StatusWord::SM_OBJECTS_INCORRECT;
    let opened = turn.open(env, &key, protection(file), wrong);
    // Also when the last try was lost elsewhere, or power went before the application was locked.
    let failed = matches!(opened, Err(Halt::Status(status))
        if status == wrong || status == StatusWord::BLOCKED);
    if failed && GUARDED.contains(&file.fid()) && block::is_counted_out(env, &key)? {
        block::lock_application(env, turn)?;
        return Halt::status(StatusWord::APPLICATION_LOCKED);
    }
    opened.map(Incoming::Opened)
}

const fn protection(file: &Header) -> Protection {
    if file.flags().contains(Flags::ENCIPHERED) {
        Protection::CryptogramAndChecksum
    } else {
        Protection::Checksum
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
    turn.open(env, &key, Protection::Checksum, wrong)?;
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
    reply.exceed_le();
    let bytes = key.load(env)?;
    let key = Key::des(bytes.as_slice()).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    let answer = Line::new(&key).protect(protection(file), turn.challenge()?, plain);
    reply.push(answer.ok_or(Halt::Status(StatusWord::WRONG_LENGTH))?.as_slice())
}
