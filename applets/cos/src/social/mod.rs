//! The basic commands of social-security cards: files under their conditions, challenges and
//! proofs, the holder's PIN, maintenance. One engine for the environment (社会保障系统环境) and for
//! the applications below it, each in a segment of its own.
//!
//! | module | what it answers |
//! |---|---|
//! | [`turn`], [`usage`], [`ins`] | one command under way; what keys are for; instructions |
//! | [`keys`], [`failures`] | keys of a DF and their tries; wrong MACs, counted |
//! | [`select`](mod@select), [`lock`] | SELECT; locked applications and the blocked card |
//! | `authenticate`, `pin`, `files` | challenges and proofs; the PIN; protected updates |
//! | [`service`] | what the environment answers to the applications below it |
//!
//! # How an applet uses it
//!
//! It fixes a [`Family`], creates its files with [`tree`](crate::tree) and its keys, first of all
//! in each DF, with [`keys::create`]; hands SELECT to [`select()`], and to [`process`] every
//! command that is not its own. For one that is, it begins a [`Turn`], asks
//! [`refuse_locked`](Turn::refuse_locked), finds keys with [`Turn::key`] and opens protected data
//! with [`Turn::open`], or, where the MAC comes otherwise, counts it with [`failures::count`]
//! before it is compared. `RAM` is [`SESSION_BYTES`](crate::session::SESSION_BYTES) of
//! `clear_on_deselect` at its front; the descriptor says `secure_messaging: true`, for class 04 is
//! this crate's.
//!
//! # Order of checks
//!
//! A blocked card (6A81); class (6E00) and instruction (6D00); a locked application (6A81, 9303);
//! P1-P2 (6A86); Lc (6700); the key (6A88); its tries (6983); what must have been shown (6982); the
//! challenge (6984); the MAC or proof (6988, 63CX); then what the command does. Of an update with a
//! MAC the file and its condition come before the key, and what is written behind the MAC.
//!
//! # What was shown
//!
//! As [`session`](crate::session) has it. A right adds to those before; a wrong proof or PIN takes
//! away the one it was for. For an application below, the environment's keys and PIN count like
//! those shown in the root; keys of the environment cannot be shown in it (6A88).

use tessera_framework::{
    Aid, Class, Command, Env, Halt, Ins, Outcome, Reply, StatusWord, class::SecureMessaging,
};

use crate::{Dialect, Header};

mod authenticate;
pub mod failures;
mod files;
pub mod ins;
pub mod keys;
pub mod lock;
mod pin;
pub mod select;
pub mod service;
pub mod turn;
pub mod usage;

pub use keys::{CardKey, CardKeySpec, Role};
pub use select::{child_selected, passed_over, select};
pub use turn::Turn;

/// What an application fixes.
#[derive(Debug)]
pub struct Family {
    /// Of access conditions and files; its PIN is the application's own.
    pub dialect: Dialect,
    /// Where it lies.
    pub place: Place,
    /// Writes the value of the A5 object of a DF's FCI, in place of the one stored with the DF.
    pub proprietary: Option<fn(&Env<'_>, &Header, &mut Reply<'_>) -> Outcome>,
}

/// Where an application of these cards lies.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// It is the environment, which keeps the holder's PIN and alone blocks the card.
    Environment,
    /// Below the environment of this name, which is asked what was shown in it and whether the card
    /// is blocked. It need not be on the card.
    Below {
        /// Its name.
        environment: Aid,
        /// The holder's PIN, which is kept there, is this application's too; else it has none.
        pin: bool,
    },
}

impl Family {
    /// The environment, for an application below it.
    const fn above(&self) -> Option<&Aid> {
        match &self.place {
            Place::Environment => None,
            Place::Below { environment, .. } => Some(environment),
        }
    }

    /// The environment, for an application whose PIN it keeps.
    const fn pin_above(&self) -> Option<&Aid> {
        match &self.place {
            Place::Below { environment, pin: true } => Some(environment),
            _ => None,
        }
    }

    /// A dialect as these cards have it, for an application without a PIN of its own.
    pub const DIALECT: Dialect = Dialect {
        pin: None,
        cyclic_update_adds: true,
        ef_answers_fci: false,
        ef_selection_finds_dfs: true,
        data_object: crate::no_data_object,
        iso: None,
    };
}

/// Runs a command, SELECT excepted.
///
/// # Errors
/// The status word to answer, in the order of checks above; `Torn`.
pub fn process(
    env: &mut Env<'_>,
    family: &'static Family,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let mut turn = Turn::begin(env, family, command)?;
    check_class(command)?;
    let lock = lock::of(env, turn.session.df)?;
    if !lock::is_taken_when_locked(command.ins, lock) {
        return lock::refusal(lock);
    }
    match command.ins {
        Ins::GET_CHALLENGE => authenticate::get_challenge(env, &mut turn, reply),
        Ins::EXTERNAL_AUTHENTICATE => authenticate::external(env, &mut turn),
        Ins::INTERNAL_AUTHENTICATE => authenticate::internal(env, &turn, reply),
        Ins::VERIFY => pin::verify(env, &mut turn),
        ins::PIN_CHANGE => pin::change(env, &mut turn),
        ins::PIN_MAINTENANCE => pin::maintain(env, &turn),
        ins::APPLICATION_BLOCK => lock::block_application(env, &turn),
        ins::APPLICATION_UNBLOCK => lock::unblock_application(env, &turn),
        ins::CARD_BLOCK => lock::block_card(env, &turn),
        Ins::UPDATE_BINARY | Ins::UPDATE_RECORD if is_protected(command) => {
            files::update(env, &mut turn, reply)
        }
        _ => crate::process(env, &family.dialect, command, reply),
    }
}

/// The class of a command, which [`process`] looks at first; for applications that refuse commands
/// in states of their own.
///
/// # Errors
/// 6882 for secure messaging that is not known here; 6E00 when the instruction is known in other
/// classes, or the class is none of these cards; 6D00.
pub fn check_class(command: &Command<'_>) -> Outcome {
    let class = command.class;
    let updates = matches!(command.ins, Ins::UPDATE_BINARY | Ins::UPDATE_RECORD);
    if class.secure_messaging() != SecureMessaging::None && !(updates && is_protected(command)) {
        return Halt::status(StatusWord::SECURE_MESSAGING_NOT_SUPPORTED);
    }
    let proprietary = |byte| class == Class::Proprietary(byte);
    let fits = match command.ins {
        Ins::GET_CHALLENGE
        | Ins::EXTERNAL_AUTHENTICATE
        | Ins::INTERNAL_AUTHENTICATE
        | Ins::VERIFY
        | Ins::READ_BINARY
        | Ins::READ_RECORD
        | Ins::UPDATE_BINARY
        | Ins::UPDATE_RECORD
        | Ins::APPEND_RECORD
        | Ins::GET_DATA => class.is_interindustry(),
        ins::PIN_CHANGE => proprietary(0x80),
        ins::PIN_MAINTENANCE
        | ins::APPLICATION_BLOCK
        | ins::APPLICATION_UNBLOCK
        | ins::CARD_BLOCK => proprietary(0x84),
        _ if class.is_interindustry() || proprietary(0x80) || proprietary(0x84) => {
            return Halt::status(StatusWord::INS_NOT_SUPPORTED);
        }
        _ => false,
    };
    if fits { Ok(()) } else { Halt::status(StatusWord::CLA_NOT_SUPPORTED) }
}

/// Class 04: a MAC goes with the data.
fn is_protected(command: &Command<'_>) -> bool {
    command.class.secure_messaging() == SecureMessaging::Proprietary
}
