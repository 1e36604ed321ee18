//! MANAGE SECURITY ENVIRONMENT (ISO/IEC 7816-4:2020, 11.6.11): which keys the commands use.
//!
//! | P1 | P2 | data field | what it does |
//! |---|---|---|---|
//! | 81, 41, C1 | A4 | 83 | the key that P2 = 00 of the authentications names |
//! | 31 | B4 | 83 | [secure messaging](super::messaging) begins, with this key and the challenge given out before |
//! | F2 | 1 to 14 | | STORE: what is set, under this number, in the current DF |
//! | F3 | 1 to 14 | | RESTORE: what was stored; the number is current then, and rules that name it are met |
//! | F4 | 1 to 14 | | ERASE |
//!
//! STORE and ERASE want the right to manage security environments; the others change nothing but
//! the session. In a DF that was not selected before nothing is set, and the number is 0. Beyond
//! these, P1 and templates of the standard are 6A81; what is in a stored environment is own design:
//! the key reference of A4.

use tessera_framework::{
    Command, Env, Halt, Outcome, StatusWord,
    tlv::{DataObject, DataObjects, Tag},
};

use super::{
    Card, authenticate::find_key, check_not_terminated, key_object::usage, messaging, objects::find,
};
use crate::{
    Operation, Session, header::Header, layout::df_at, rights, session::Challenge, space::delete,
    tree::create_object,
};

/// Stored environments are data objects of these tags, which no command names.
const STORED: u16 = 0x01E0;

/// Authentication template.
const AUTHENTICATION: u8 = 0xA4;
/// Template of checksums.
const CHECKSUM: u8 = 0xB4;
/// Key reference.
const KEY_REFERENCE: Tag = Tag(0x83);

/// What is to become of the security environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Environment {
    /// SET of the authentication key.
    SetAuthentication(u8),
    /// SET of the key of secure messaging.
    SetMessaging(u8),
    /// STORE under a number.
    Store(u8),
    /// RESTORE of a number.
    Restore(u8),
    /// ERASE of a number.
    Erase(u8),
}

impl Environment {
    /// Reads P1, P2 and the data field.
    ///
    /// # Errors
    /// 6A86; 6A81 for what the standard has and this card has not; 6700; 6A80 unless the data field
    /// is one key reference of one byte.
    pub(crate) fn read(command: &Command<'_>) -> Result<Self, Halt> {
        let number = command.p2;
        match (command.p1, number) {
            (0xF2..=0xF4, 1..=14) if !command.data.is_empty() => {
                Halt::status(StatusWord::WRONG_LENGTH)
            }
            (0xF2, 1..=14) => Ok(Self::Store(number)),
            (0xF3, 1..=14) => Ok(Self::Restore(number)),
            (0xF4, 1..=14) => Ok(Self::Erase(number)),
            (0x81 | 0x41 | 0xC1, AUTHENTICATION) => {
                key_reference(command.data).map(Self::SetAuthentication)
            }
            (0x31, CHECKSUM) => key_reference(command.data).map(Self::SetMessaging),
            (p1, 0xA4 | 0xA6 | 0xAA | 0xB4 | 0xB6 | 0xB8) if p1 & 0x0F == 1 && p1 != 1 => {
                Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED)
            }
            _ => Halt::status(StatusWord::WRONG_P1P2),
        }
    }
}

fn key_reference(data: &[u8]) -> Result<u8, Halt> {
    if data.is_empty() {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let mut objects = DataObjects::new(data);
    match (objects.next(), objects.next()) {
        (Some(Ok(DataObject { tag: KEY_REFERENCE, value: &[key] })), None) => Ok(key),
        _ => Halt::status(StatusWord::WRONG_DATA),
    }
}

/// Changes the security environment; `challenge` is what the command before gave out.
///
/// # Errors
/// 6A88 when there is no such key or environment; 6985 in a terminated DF, for a key of
/// another usage and without a challenge as long as its block; 6982; 6A84; `Torn`.
pub(crate) fn manage(
    env: &mut Env<'_>,
    card: Card<'_>,
    environment: Environment,
    challenge: &Challenge,
) -> Outcome {
    let mut session = Session::load(env)?;
    check_not_terminated(env, session.df)?;
    let stored = |env: &Env<'_>, number: u8| find(env, &session, STORED | u16::from(number));
    let not_found = Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    let df = Header::load(env, session.df)?;
    let may_store = |env: &Env<'_>| {
        let operation = Operation::ManageSecurityEnvironment;
        rights::check(env, card.dialect, &session, &df, operation)
    };
    match environment {
        Environment::SetAuthentication(key) => {
            find_key(env, &session, key)?;
            session.authentication_key = key;
        }
        Environment::SetMessaging(key) => {
            let record = find_key(env, &session, key)?;
            if record.version_or_follow_up() != usage::MESSAGING {
                return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
            return messaging::begin(env, &record, challenge);
        }
        Environment::Store(number) => {
            may_store(env)?;
            let old = stored(env, number)?;
            let (tag, content) = (STORED | u16::from(number), [session.authentication_key]);
            create_object(env, df_at(df.df_id()), tag, &content, old.as_ref())?;
        }
        Environment::Restore(number) => {
            let object = stored(env, number)?.ok_or(not_found)?;
            let [key] = env.load_array(object.body())?;
            session.authentication_key = key;
            session.security_environment = number;
        }
        Environment::Erase(number) => {
            may_store(env)?;
            let object = stored(env, number)?.ok_or(not_found)?;
            delete(env, &object)?;
            if session.security_environment == number {
                session.security_environment = 0;
            }
        }
    }
    session.store(env)
}
