//! The commands by which a card of ISO/IEC 7816-4 and 7816-9 is built and run: files made and
//! deleted, life cycles, reference data, keys, data objects.
//!
//! | module | commands |
//! |---|---|
//! | [`intent`] | what a command means |
//! | [`target`] | the file a command names as SELECT does |
//! | [`create`] | CREATE FILE, DELETE FILE |
//! | [`life`] | ACTIVATE, DEACTIVATE, TERMINATE |
//! | [`search`] | SEARCH BINARY, SEARCH RECORD |
//! | [`write`](mod@write) | WRITE BINARY, WRITE RECORD, ERASE BINARY, ERASE RECORD |
//! | [`odd`] | READ BINARY and UPDATE BINARY with data objects |
//! | [`objects`] | PUT DATA, GET DATA |
//! | [`key_object`] | keys, as PUT DATA brings them |
//! | [`authenticate`] | GET CHALLENGE, EXTERNAL, MUTUAL and INTERNAL AUTHENTICATE |
//! | [`environment`] | MANAGE SECURITY ENVIRONMENT |
//! | [`messaging`] | secure messaging by data objects |
//! | [`reference`](mod@reference) | VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, ENABLE, DISABLE |
//!
//! An applet takes them when its [`Dialect`] has an [`Iso`]. The order of checks is that of the
//! crate.
//!
//! # Choices the standard leaves open
//!
//! * DELETE FILE wants the right to delete of the file and of its DF: a rule that says never is not
//!   got round. The root cannot be deleted (6985).
//! * What a deactivated or terminated DF holds directly is closed (6985); when the root is
//!   terminated, everything is. Keys and reference data of a deactivated DF still serve.
//! * A deletion ends what was shown and selected on the other channels: see
//!   [`session`](crate::session).

pub mod authenticate;
pub mod create;
pub mod environment;
pub mod intent;
pub mod key_object;
pub mod life;
pub mod messaging;
pub mod objects;
pub mod odd;
pub mod reference;
pub mod search;
pub mod target;
pub mod write;

use core::ops::Range;

use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord, class::SecureMessaging};

use crate::{
    Dialect, Session,
    header::Header,
    layout::{LifeCycle, ROOT_AT},
    session::{Challenge, SESSION_BYTES},
};

pub use intent::Intent;
pub(crate) use messaging::process;

/// Bytes of `clear_on_deselect` RAM of an applet that takes these commands.
pub const RAM_BYTES: u16 = SESSION_BYTES + messaging::MESSAGING_BYTES;

/// What an applet says that takes these commands. It asks for
/// [`EPOCH_BYTES`](crate::session::EPOCH_BYTES) of `clear_on_reset` RAM, and its files have
/// [`Access::Rules`](crate::Access::Rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Iso {
    /// The first of the applet's counters that reference data and keys may have.
    pub counters_first: u8,
    /// One behind the last of them.
    pub counters_end: u8,
}

impl Iso {
    pub(crate) const fn counters(self) -> Range<u8> {
        self.counters_first..self.counters_end
    }
}

/// What the commands here work with.
#[derive(Clone, Copy)]
pub(crate) struct Card<'d> {
    pub(crate) dialect: &'d Dialect,
    pub(crate) iso: Iso,
}

fn run(
    env: &mut Env<'_>,
    card: Card<'_>,
    command: &Command<'_>,
    challenge: &Challenge,
    reply: &mut Reply<'_>,
) -> Outcome {
    let data = command.data;
    match Intent::read(command)? {
        Intent::Create(announced) => create::create(env, card, announced, data),
        Intent::Delete(file) => create::delete(env, card, file),
        Intent::Change(change, file) => life::change(env, card, change, file),
        Intent::SearchBinary { file, offset } => {
            search::binary(env, card, file, offset, command, reply)
        }
        Intent::SearchRecord { file, from, direction } => {
            search::record(env, card, file, (from, direction), command, reply)
        }
        Intent::WriteBinary { file, offset } => write::binary(env, card, file, offset, data),
        Intent::WriteRecord { file, which } => write::record(env, card, file, which, data),
        Intent::EraseBinary { file, offset } => write::erase_binary(env, card, file, offset, data),
        Intent::EraseRecord { file, from, to_last } => {
            write::erase_record(env, card, file, from, to_last)
        }
        Intent::Odd(purpose, file) => odd::run(env, card, purpose, file, command, reply),
        Intent::PutData { tag } => objects::put(env, card, tag, data),
        Intent::GetData { tag } => objects::get(env, card, tag, reply),
        Intent::Reference(intent, reference) => reference::run(env, card, intent, reference, data),
        Intent::Challenge { bytes } => authenticate::challenge(env, bytes, reply),
        Intent::Authenticate(authentication, key) => {
            authenticate::run(env, authentication, key, challenge, data, reply)
        }
        Intent::Environment(environment) => environment::manage(env, card, environment, challenge),
        Intent::Basic(intent) => crate::basic(env, card.dialect, intent, command, reply),
    }
}

/// CLA INS P1 P2 for rules that name commands: the class without channel and chaining.
const fn header(command: &Command<'_>) -> [u8; 4] {
    let cla = match command.class.secure_messaging() {
        SecureMessaging::None => 0x00,
        SecureMessaging::Proprietary => 0x04,
        SecureMessaging::HeaderPlain => 0x08,
        SecureMessaging::HeaderAuthenticated => 0x0C,
    };
    [cla, command.ins.0, command.p1, command.p2]
}

/// Whether what lies directly in the current DF is closed.
pub(crate) fn is_closed(env: &Env<'_>, session: &Session) -> Result<bool, Halt> {
    Ok(is_shut(env, session.df)? || (session.df != ROOT_AT && is_terminated(env)?))
}

/// 6985 when what lies directly in a DF is closed.
pub(crate) fn check_open(env: &Env<'_>, df: u32) -> Outcome {
    if is_shut(env, df)? || is_terminated(env)? {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    Ok(())
}

/// 6985 when the keys and reference data of a DF serve no more. Those of a deactivated one do: by
/// them it is activated again.
pub(crate) fn check_not_terminated(env: &Env<'_>, df: u32) -> Outcome {
    let life_cycle = Header::load(env, df)?.life_cycle();
    if life_cycle.warning() == Some(StatusWord::TERMINATED) || is_terminated(env)? {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    Ok(())
}

/// The DF is deactivated or terminated.
fn is_shut(env: &Env<'_>, df: u32) -> Result<bool, Halt> {
    Ok(Header::load(env, df)?.life_cycle().warning().is_some())
}

/// The card is: its root DF is terminated.
fn is_terminated(env: &Env<'_>) -> Result<bool, Halt> {
    Ok(Header::load(env, ROOT_AT)?.life_cycle() == LifeCycle::TERMINATED)
}
