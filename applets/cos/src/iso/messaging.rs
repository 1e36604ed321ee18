//! Secure messaging by data objects (ISO/IEC 7816-4:2020, 10) on a channel: its keys, and commands
//! that come with it.
//!
//! It begins in one of two ways; afterwards there are two keys and a send sequence counter in RAM:
//!
//! * MUTUAL AUTHENTICATE, as [`mutual`](crate::messaging::iso::mutual) has it, with the keys that
//!   are [derived](icao) from the card's key as from a seed;
//! * MANAGE SECURITY ENVIRONMENT for a key of that usage (own design): the seed is the key and the
//!   card's challenge, and the counter begins as that challenge. So no command of an earlier
//!   session is good for another one.
//!
//! Choices of this card: the header must be authenticated, by the class byte or by an object 89
//! (6987), and every response goes enciphered, with its status word, that of an error too. A
//! command without protection ends it, as does one that is not protected as it has to be, another
//! DF for a key of the DF before, a deletion on another channel, deselection and reset. At most
//! [`DATA_BYTES_MAX`] bytes of data go either way. SELECT and MANAGE CHANNEL are the operating
//! system's and never protected.

use tessera_framework::{
    Clear, Command, Env, Halt, Outcome, Reply, StatusWord, class::SecureMessaging, pin::forget,
    tlv::DataObjects,
};

use super::{Card, authenticate::algorithm, header};
use crate::{
    Session,
    cipher::{Algorithm, Key, icao},
    keys::{KeyBytes, KeyRecord},
    messaging::{
        header_bytes,
        iso::{self, Agreed, Form},
    },
    session::{Challenge, SESSION_BYTES, Secured},
};

/// Bytes of RAM behind the session: algorithm, key that encrypts, key that authenticates, send
/// sequence counter.
pub(crate) const MESSAGING_BYTES: u16 = 1 + 16 + 16 + COUNTER_BYTES as u16;

/// Most data of a protected command or its response.
pub const DATA_BYTES_MAX: usize = 1024;

/// Room for the data's objects and what goes around them.
const FIELD_BYTES_MAX: usize = DATA_BYTES_MAX + 64;

/// Bytes of a session key, and of the longest counter.
const KEY_BYTES: usize = 16;
const COUNTER_BYTES: usize = 16;

/// The keys of a session as they lie in RAM.
struct Kept<'a>(&'a mut [u8; MESSAGING_BYTES as usize]);

impl Kept<'_> {
    fn of<'a>(env: &'a mut Env<'_>) -> Result<Kept<'a>, Halt> {
        let ram = env.ram_mut(Clear::OnDeselect).get_mut(usize::from(SESSION_BYTES)..);
        let place = ram.and_then(<[u8]>::first_chunk_mut);
        place.map(Kept).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    fn keep(&mut self, encryption: &Key, authentication: &Key, counter: &[u8]) {
        self.0.fill(0);
        let code = u8::from(encryption.algorithm() == Algorithm::Aes);
        let content = core::iter::once(&code)
            .chain(encryption.as_slice().iter().take(KEY_BYTES))
            .chain(authentication.as_slice().iter().take(KEY_BYTES))
            .chain(counter);
        for (to, from) in self.0.iter_mut().zip(content) {
            *to = *from;
        }
    }

    fn session(&self) -> Option<iso::Session> {
        let (code, rest) = self.0.split_first()?;
        let algorithm = if *code == 0 { Algorithm::TripleDes } else { Algorithm::Aes };
        let (encryption, rest) = rest.split_at_checked(KEY_BYTES)?;
        let (authentication, counter) = rest.split_at_checked(KEY_BYTES)?;
        iso::Session::new(
            &Key::new(algorithm, encryption)?,
            &Key::new(algorithm, authentication)?,
            counter.get(..algorithm.block_bytes())?,
        )
    }

    fn count(&mut self, session: &iso::Session) {
        let place = self.0.iter_mut().skip(1 + 2 * KEY_BYTES);
        for (to, from) in place.zip(session.counter()) {
            *to = *from;
        }
    }
}

/// The keys that come of a seed: the card's key, and what goes with it.
pub(crate) fn derived(record: &KeyRecord, key: &KeyBytes, more: &[u8]) -> Option<(Key, Key)> {
    let algorithm = algorithm(record).ok()?;
    let mut seed = [0; 32 + COUNTER_BYTES];
    let bytes = key.as_slice().len() + more.len();
    for (to, from) in seed.iter_mut().zip(key.as_slice().iter().chain(more)) {
        *to = *from;
    }
    let derive = |counter| icao::derive(seed.get(..bytes)?, counter, algorithm, KEY_BYTES);
    let keys = derive(icao::ENCRYPTION).zip(derive(icao::AUTHENTICATION));
    forget(&mut seed);
    keys
}

/// Begins with a key and the card's challenge.
///
/// # Errors
/// 6985 unless the challenge is as long as a block; 6984 for an algorithm that has no keys for it.
pub(crate) fn begin(env: &mut Env<'_>, record: &KeyRecord, challenge: &Challenge) -> Outcome {
    let counter = challenge.bytes();
    if counter.len() != algorithm(record)?.block_bytes() {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let Some((encryption, authentication)) = derived(record, &record.load(env)?, counter) else {
        return Halt::status(StatusWord::REFERENCE_DATA_NOT_USABLE);
    };
    Kept::of(env)?.keep(&encryption, &authentication, counter);
    go_on(env, Some(record.id()))
}

/// Begins with what MUTUAL AUTHENTICATE agreed on.
pub(crate) fn begin_agreed(env: &mut Env<'_>, record: &KeyRecord, agreed: &Agreed) -> Outcome {
    Kept::of(env)?.keep(&agreed.encryption, &agreed.authentication, agreed.counter());
    go_on(env, Some(record.id()))
}

/// Notes the key secure messaging goes on with; without one it is over, and its keys are gone.
fn go_on(env: &mut Env<'_>, key: Option<u8>) -> Outcome {
    let mut session = Session::load(env)?;
    session.messaging = key;
    session.store(env)?;
    if key.is_none() {
        forget(Kept::of(env)?.0);
    }
    Ok(())
}

/// Runs a command, after making it plain where it comes protected, and protects the response then.
///
/// # Errors
/// 6882 for a proprietary protection; 6985 when secure messaging has not begun; 6987, 6988, 6700
/// when the command is not protected as it has to be; else what the command answers.
pub(crate) fn process(
    env: &mut Env<'_>,
    card: Card<'_>,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let mut session = Session::load(env)?;
    session.header = header(command);
    session.secured = Secured::default();
    let challenge = core::mem::take(&mut session.challenge);
    let before = session.messaging;
    session.store(env)?;
    match command.class.secure_messaging() {
        SecureMessaging::None => {
            if before.is_some() {
                go_on(env, None)?;
            }
            super::run(env, card, command, &challenge, reply)
        }
        SecureMessaging::Proprietary => Halt::status(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED),
        SecureMessaging::HeaderPlain | SecureMessaging::HeaderAuthenticated => match before {
            Some(key) => protected(env, card, (key, &challenge), command, reply),
            None => Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED),
        },
    }
}

fn protected(
    env: &mut Env<'_>,
    card: Card<'_>,
    (key, challenge): (u8, &Challenge),
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let broken = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let mut messages = Kept::of(env)?.session().ok_or(broken)?;
    let mut plain_data = [0; DATA_BYTES_MAX];
    let plain = match messages.unwrap_command(header_bytes(command), command.data, &mut plain_data)
    {
        Ok(plain) if plain.header_authenticated => plain,
        refused => {
            go_on(env, None)?;
            return Halt::status(match refused {
                Ok(_) => StatusWord::SM_OBJECTS_MISSING,
                Err(refusal) => refusal.status(StatusWord::SM_OBJECTS_INCORRECT),
            });
        }
    };
    let mut kept = Kept::of(env)?;
    kept.count(&messages);
    let mut before = *kept.0;
    let mut session = Session::load(env)?;
    session.secured = Secured { key: Some(key), enciphered: is_enciphered(command.data) };
    session.store(env)?;
    let mut plain = plain.command(command.interface);
    plain.ne = plain.ne.min(DATA_BYTES_MAX as u32);
    let mut answer = [0; DATA_BYTES_MAX];
    let mut inner = Reply::new(&mut answer);
    let (bytes, status) = match super::run(env, card, &plain, challenge, &mut inner) {
        Ok(()) => (inner.data().len(), inner.status()),
        Err(Halt::Status(status)) => (0, status),
        Err(torn) => return Err(torn),
    };
    forget(&mut plain_data);
    let mut field = [0; FIELD_BYTES_MAX];
    let data = answer.get(..bytes).ok_or(broken)?;
    let ins = command.ins.0;
    let wrapped = messages.wrap_response(ins, Form::Cryptogram, data, status, &mut field);
    // A command may have begun another session. Its response still goes with the old keys.
    let mut kept = Kept::of(env)?;
    if *kept.0 == before {
        kept.count(&messages);
    }
    forget(&mut before);
    forget(&mut answer);
    let field = wrapped.and_then(|bytes| field.get(..bytes)).ok_or(broken)?;
    reply.push(field)?;
    reply.end(status);
    Ok(())
}

/// Whether the data a protected command came with, if any, was enciphered.
fn is_enciphered(field: &[u8]) -> bool {
    DataObjects::new(field).flatten().all(|object| !matches!(object.tag.0, 0x81 | 0xB1))
}
