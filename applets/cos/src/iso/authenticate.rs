//! GET CHALLENGE, EXTERNAL, MUTUAL and INTERNAL AUTHENTICATE (ISO/IEC 7816-4:2020, 11.6), with
//! symmetric keys.
//!
//! P2 names the key as it names reference data; 00 is the one the security environment names. P1 is
//! 00: the key knows its algorithm. A challenge is as long as the key's block and good for the next
//! command only, whatever becomes of that.
//!
//! What is computed (own design; the standard leaves it to the card), C the card's challenge, T
//! the terminal's, E the key's block cipher, CBC with initial value zero:
//!
//! | command | data field | response |
//! |---|---|---|
//! | EXTERNAL | E(C) | |
//! | INTERNAL | T | E(T) |
//! | MUTUAL | CBC(T, C) | CBC(C, T); secure messaging begins, see [`messaging`](super::messaging) |

use tessera_framework::{
    Command, Env, Halt, Ins, Outcome, Reply, StatusWord,
    pin::{equal_in_constant_time, forget},
};

use super::{
    check_open,
    key_object::{is_reference, usage},
    messaging,
};
use crate::{
    Session,
    cipher::{Algorithm, Key},
    keys::{self, KEY, KeyBytes, KeyRecord},
    layout::ROOT_AT,
    session::Challenge,
};

/// Longest block in bytes.
const BLOCK_BYTES_MAX: usize = 16;

/// What authenticates whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authentication {
    /// EXTERNAL AUTHENTICATE without a data field: has it been shown?
    Query,
    /// EXTERNAL AUTHENTICATE.
    External,
    /// MUTUAL AUTHENTICATE.
    Mutual,
    /// INTERNAL AUTHENTICATE.
    Internal,
}

impl Authentication {
    /// Reads P1 and lengths.
    ///
    /// # Errors
    /// 6A86; 6700.
    pub(crate) fn read(command: &Command<'_>) -> Result<Self, Halt> {
        if command.p1 != 0 {
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        match (command.ins, command.data.is_empty(), command.ne > 0) {
            (Ins::EXTERNAL_AUTHENTICATE, true, false) => Ok(Self::Query),
            (Ins::EXTERNAL_AUTHENTICATE, false, false) => Ok(Self::External),
            (Ins::EXTERNAL_AUTHENTICATE, false, true) => Ok(Self::Mutual),
            (Ins::INTERNAL_AUTHENTICATE, false, true) => Ok(Self::Internal),
            _ => Halt::status(StatusWord::WRONG_LENGTH),
        }
    }

    const fn usage(self) -> Option<u8> {
        match self {
            Self::Query => None,
            Self::External => Some(usage::EXTERNAL),
            Self::Mutual => Some(usage::MUTUAL),
            Self::Internal => Some(usage::INTERNAL),
        }
    }
}

/// GET CHALLENGE: 8 or 16 bytes for the next command.
///
/// # Errors
/// 6985 when the card is terminated.
pub(crate) fn challenge(env: &mut Env<'_>, bytes: usize, reply: &mut Reply<'_>) -> Outcome {
    check_open(env, ROOT_AT)?;
    let mut session = Session::load(env)?;
    session.challenge = Challenge::draw(env, bytes);
    reply.push(session.challenge.bytes())?;
    session.store(env)
}

/// Runs an authentication; `challenge` is what the command before gave out.
///
/// # Errors
/// 6A88 when there is no such key; 6985 in a DF that is not in use, for a key of another usage and
/// without a challenge of its length; 6983 blocked; 6700 when the data field is not as long as the
/// key's blocks; 63CX wrong or, when asked, not shown; `Torn`.
pub(crate) fn run(
    env: &mut Env<'_>,
    authentication: Authentication,
    reference: u8,
    challenge: &Challenge,
    data: &[u8],
    reply: &mut Reply<'_>,
) -> Outcome {
    let mut session = Session::load(env)?;
    let reference = if reference == 0 { session.authentication_key } else { reference };
    let record = find_key(env, &session, reference)?;
    let wanted = authentication.usage();
    if wanted.is_some_and(|usage| usage != record.version_or_follow_up()) {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let tries = record.tries_left(env)?;
    if wanted.is_none() {
        return match (session.key_shown(reference), tries) {
            (true, _) => Ok(()),
            (false, Some(0)) => Halt::status(StatusWord::BLOCKED),
            (false, tries) => Halt::status(StatusWord::tries_left(tries.unwrap_or(15))),
        };
    }
    let block_bytes = algorithm(&record)?.block_bytes();
    let blocks = if authentication == Authentication::Mutual { 2 } else { 1 };
    if data.len() != blocks * block_bytes {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    if authentication == Authentication::Internal {
        return answer(env, &record, data, reply);
    }
    if tries == Some(0) {
        return Halt::status(StatusWord::BLOCKED);
    }
    if challenge.bytes().len() != block_bytes {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let algorithm = algorithm(&record)?;
    let shown = record.attempt(env, |bytes| {
        let Some(key) = Key::new(algorithm, bytes.as_slice()) else { return false };
        is_right(&key, challenge.bytes(), data)
    });
    match shown {
        Ok(()) => session.note_key(reference),
        Err(Halt::Status(_)) => session.forget_key(reference),
        Err(torn) => return Err(torn),
    }
    session.store(env)?;
    shown?;
    if authentication == Authentication::Mutual {
        return answer_mutually(env, &record, challenge.bytes(), data, reply);
    }
    Ok(())
}

/// The key with this reference.
///
/// # Errors
/// 6A88; 6985 in a DF that is not in use.
pub(crate) fn find_key(env: &Env<'_>, session: &Session, reference: u8) -> Result<KeyRecord, Halt> {
    let df = if reference & 0x80 == 0 { ROOT_AT } else { session.df };
    let found = match is_reference(reference) {
        true => keys::find(env, df, KEY, reference)?,
        false => None,
    };
    let Some(record) = found else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    check_open(env, df)?;
    Ok(record)
}

/// The algorithm of a key.
///
/// # Errors
/// 6984 when there is none of this number.
pub(crate) fn algorithm(record: &KeyRecord) -> Result<Algorithm, Halt> {
    match record.algorithm() {
        1 => Ok(Algorithm::TripleDes),
        2 => Ok(Algorithm::Aes),
        3 => Ok(Algorithm::Sm4),
        _ => Halt::status(StatusWord::REFERENCE_DATA_NOT_USABLE),
    }
}

/// The key, ready for use.
fn key(record: &KeyRecord, bytes: &KeyBytes) -> Result<Key, Halt> {
    let key = Key::new(algorithm(record)?, bytes.as_slice());
    key.ok_or(Halt::Status(StatusWord::REFERENCE_DATA_NOT_USABLE))
}

/// E(C), or the second block of what CBC(T, C) decrypts to is C.
fn is_right(key: &Key, challenge: &[u8], data: &[u8]) -> bool {
    let mut buffer = [0; 2 * BLOCK_BYTES_MAX];
    let right = if data.len() == challenge.len() {
        copy(&mut buffer, challenge).is_some_and(|block| {
            key.cipher().encrypt_block(block).is_ok() && equal_in_constant_time(block, data)
        })
    } else {
        copy(&mut buffer, data).is_some_and(|blocks| {
            key.cipher().decrypt_cbc(&[], blocks).is_ok()
                && blocks
                    .get(challenge.len()..)
                    .is_some_and(|second| equal_in_constant_time(second, challenge))
        })
    };
    forget(&mut buffer);
    right
}

fn copy<'b>(buffer: &'b mut [u8], bytes: &[u8]) -> Option<&'b mut [u8]> {
    let place = buffer.get_mut(..bytes.len())?;
    place.copy_from_slice(bytes);
    Some(place)
}

fn answer(env: &Env<'_>, record: &KeyRecord, data: &[u8], reply: &mut Reply<'_>) -> Outcome {
    let key = key(record, &record.load(env)?)?;
    let block = reply.extend(data.len())?;
    block.copy_from_slice(data);
    let done = key.cipher().encrypt_block(block);
    done.map_err(|_| Halt::Status(StatusWord::NO_DIAGNOSIS))
}

/// CBC(C, T), and the keys of secure messaging from both.
fn answer_mutually(
    env: &mut Env<'_>,
    record: &KeyRecord,
    challenge: &[u8],
    data: &[u8],
    reply: &mut Reply<'_>,
) -> Outcome {
    let bytes = record.load(env)?;
    let cipher = key(record, &bytes)?.cipher();
    let broken = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let mut plain = [0; 2 * BLOCK_BYTES_MAX];
    let blocks = copy(&mut plain, data).ok_or(broken)?;
    cipher.decrypt_cbc(&[], blocks).map_err(|_| broken)?;
    let (terminal, _) = blocks.split_at_checked(challenge.len()).ok_or(broken)?;
    messaging::begin(env, record, &bytes, [terminal, challenge])?;
    let out = reply.extend(data.len())?;
    let (first, second) = out.split_at_mut(challenge.len());
    first.copy_from_slice(challenge);
    second.copy_from_slice(terminal);
    cipher.encrypt_cbc(&[], out).map_err(|_| broken)
}
