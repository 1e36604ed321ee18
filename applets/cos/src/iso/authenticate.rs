//! GET CHALLENGE, EXTERNAL, MUTUAL and INTERNAL AUTHENTICATE (ISO/IEC 7816-4:2020, 11.6), with
//! symmetric keys.
//!
//! P2 names the key as it names reference data; 00 is the one the security environment names. P1 is
//! 00: the key knows its algorithm. A challenge is as long as the key's block (of MUTUAL
//! AUTHENTICATE 8 bytes) and good for the next command only, whatever becomes of that.
//!
//! What is computed (own design; the standard leaves it to the card), C the card's challenge, T
//! the terminal's, E the key's block cipher:
//!
//! | command | data field | response |
//! |---|---|---|
//! | EXTERNAL | E(C) | |
//! | INTERNAL | T | E(T) |
//! | MUTUAL, with a challenge of 8 bytes | the terminal's message of [`mutual`] | the card's; [secure messaging](super::messaging) begins |

use tessera_framework::{
    Command, Env, Halt, Ins, Interface, Outcome, Reply, StatusWord,
    pin::{equal_in_constant_time, forget},
};

use super::{
    check_not_terminated,
    key_object::{is_reference, usage},
    messaging,
};
use crate::{
    Session,
    cipher::{Algorithm, BLOCK_BYTES_MAX, Key},
    keys::{self, KEY, KeyBytes, KeyRecord},
    layout::ROOT_AT,
    messaging::iso::{
        Agreed,
        mutual::{self, MESSAGE_BYTES, RANDOM_BYTES, SEED_BYTES},
    },
    session::Challenge,
};

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

/// The longest block of a key, AES.
const ONE_BLOCK_BYTES_MAX: usize = 16;

impl Authentication {
    /// Reads P1 and lengths.
    ///
    /// # Errors
    /// 6A86; 6700.
    pub(crate) fn read(command: &Command<'_>) -> Result<Self, Halt> {
        if command.p1 != 0 {
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        // On a T=0 line Le is not told, and the two that share INS differ in their data: a proof of
        // one block, or several.
        let is_one_block = command.data.len() <= ONE_BLOCK_BYTES_MAX;
        let is_untold = command.interface == Interface::Contact && command.ne_is_maximum;
        let has_le = command.ne > 0;
        match (command.ins, command.data.is_empty(), has_le) {
            (Ins::EXTERNAL_AUTHENTICATE, false, true) if is_one_block && is_untold => {
                Ok(Self::External)
            }
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
    check_not_terminated(env, ROOT_AT)?;
    let mut session = Session::load(env)?;
    session.challenge = Challenge::draw(env, bytes);
    reply.push(session.challenge.bytes())?;
    session.store(env)
}

/// Runs an authentication; `challenge` is what the command before gave out.
///
/// # Errors
/// 6A88 when there is no such key; 6985 in a terminated DF, for a key of another usage and
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
    let algorithm = algorithm(&record)?;
    let is_mutual = authentication == Authentication::Mutual;
    let data_bytes = if is_mutual { MESSAGE_BYTES } else { algorithm.block_bytes() };
    if data.len() != data_bytes {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    if authentication == Authentication::Internal {
        return answer(env, &record, algorithm, data, reply);
    }
    if tries == Some(0) {
        return Halt::status(StatusWord::BLOCKED);
    }
    let challenge_bytes = if is_mutual { RANDOM_BYTES } else { algorithm.block_bytes() };
    if challenge.bytes().len() != challenge_bytes {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let mut part = [0; SEED_BYTES];
    if is_mutual {
        env.challenge(&mut part);
    }
    let mut agreed = None;
    let shown = record.attempt(env, |bytes| {
        if is_mutual {
            agreed = agree(&record, bytes, challenge, &part, data);
            return agreed.is_some();
        }
        Key::new(algorithm, bytes.as_slice())
            .is_some_and(|key| is_right(&key, challenge.bytes(), data))
    });
    forget(&mut part);
    match shown {
        Ok(()) => session.note_key(reference),
        Err(Halt::Status(_)) => session.forget_key(reference),
        Err(torn) => return Err(torn),
    }
    session.store(env)?;
    shown?;
    if let Some((message, agreed)) = agreed {
        messaging::begin_agreed(env, &record, &agreed)?;
        reply.push(&message)?;
    }
    Ok(())
}

/// The key with this reference.
///
/// # Errors
/// 6A88; 6985 in a terminated DF.
pub(crate) fn find_key(env: &Env<'_>, session: &Session, reference: u8) -> Result<KeyRecord, Halt> {
    let df = if reference & 0x80 == 0 { ROOT_AT } else { session.df };
    let found = match is_reference(reference) {
        true => keys::find(env, df, KEY, reference)?,
        false => None,
    };
    let Some(record) = found else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    check_not_terminated(env, df)?;
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

/// The card's message, and what both sides have agreed on.
fn agree(
    record: &KeyRecord,
    bytes: &KeyBytes,
    challenge: &Challenge,
    part: &[u8; SEED_BYTES],
    message: &[u8],
) -> Option<([u8; MESSAGE_BYTES], Agreed)> {
    let (encryption, authentication) = messaging::derived(record, bytes, &[])?;
    let random = challenge.bytes().first_chunk()?;
    mutual::answer(&encryption, &authentication, random, part, message).ok()
}

/// Whether a cryptogram is E(C).
fn is_right(key: &Key, challenge: &[u8], cryptogram: &[u8]) -> bool {
    let mut buffer = [0; BLOCK_BYTES_MAX];
    let right = buffer.get_mut(..challenge.len()).is_some_and(|block| {
        block.copy_from_slice(challenge);
        key.cipher().encrypt_block(block).is_ok() && equal_in_constant_time(block, cryptogram)
    });
    forget(&mut buffer);
    right
}

fn answer(
    env: &Env<'_>,
    record: &KeyRecord,
    algorithm: Algorithm,
    data: &[u8],
    reply: &mut Reply<'_>,
) -> Outcome {
    let Some(key) = Key::new(algorithm, record.load(env)?.as_slice()) else {
        return Halt::status(StatusWord::REFERENCE_DATA_NOT_USABLE);
    };
    let block = reply.extend(data.len())?;
    block.copy_from_slice(data);
    let done = key.cipher().encrypt_block(block);
    done.map_err(|_| Halt::Status(StatusWord::NO_DIAGNOSIS))
}
