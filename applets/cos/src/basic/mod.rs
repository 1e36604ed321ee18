//! The basic commands of PBOC cards (JR/T 0025.1), as FMCOS 2.0 has them: reading and writing,
//! protected lines, challenges and proofs, PINs, blocking.
//!
//! | module | what it answers |
//! |---|---|
//! | [`turn`], [`usage`], [`ins`] | one command under way; types of keys; instructions |
//! | [`select`](mod@select) | SELECT, control information |
//! | `files`, [`protect`] | reading and writing, in the clear and line-protected |
//! | `authenticate`, `pin`, [`block`] | challenges and proofs; PINs; blocking |
//!
//! # How an applet uses it
//!
//! It fixes a [`Build`], makes a [`Turn`] of each command, and gives those for which [`is_basic`]
//! holds to [`run`], after it has looked at the class with [`check_class`] and at a blocked
//! application with [`block::refuse_blocked`]. CARD BLOCK is not among them: it is
//! [`block::block_card`] for the applet that is the whole card.

use core::ops::Range;

use tessera_framework::{
    Class, Command, Env, Halt, Ins, Outcome, Reply, StatusWord, class::SecureMessaging,
};

use crate::Dialect;

mod authenticate;
pub mod block;
mod files;
pub mod ins;
mod pin;
pub mod protect;
pub mod select;
pub mod turn;
pub mod usage;

pub use turn::Turn;

/// Most bytes of a command's data field.
pub const LC_MAX: usize = 0xEF;

/// What differs between cards with these commands.
#[derive(Debug)]
pub struct Build {
    /// Of access conditions and files.
    pub dialect: Dialect,
    /// Counters that keys share.
    pub counters: Range<u8>,
    /// The root of the segment is the MF, whose register outlasts the selection of other DFs;
    /// else it is an application's DF, and its selection begins with nothing shown.
    pub root_is_mf: bool,
    /// An empty DF may be filled by anybody until it is left.
    pub empty_df_is_free: bool,
    /// What is answered to a command that wants a challenge, without one: families of cards differ.
    pub no_challenge: StatusWord,
}

/// Whether [`run`] knows an instruction.
#[must_use]
pub const fn is_basic(ins: Ins) -> bool {
    matches!(
        ins,
        Ins::VERIFY
            | Ins::EXTERNAL_AUTHENTICATE
            | Ins::GET_CHALLENGE
            | Ins::INTERNAL_AUTHENTICATE
            | Ins::READ_BINARY
            | Ins::READ_RECORD
            | Ins::UPDATE_BINARY
            | ins::WRITE_BINARY
            | Ins::UPDATE_RECORD
            | ins::WRITE_RECORD
            | Ins::APPEND_RECORD
            | ins::PIN_MAINTENANCE
            | ins::PIN_UNBLOCK
            | ins::APPLICATION_BLOCK
            | ins::APPLICATION_UNBLOCK
    )
}

/// The class of a basic command.
///
/// # Errors
/// 6E00 when the instruction is known in other classes, 6D00 when it is unknown.
pub fn check_class(command: &Command<'_>) -> Outcome {
    let class = command.class;
    let plain = matches!(class, Class::First { sm: SecureMessaging::None, .. });
    let line = matches!(class, Class::First { sm: SecureMessaging::Proprietary, .. });
    let fits = match command.ins {
        Ins::VERIFY
        | Ins::EXTERNAL_AUTHENTICATE
        | Ins::GET_CHALLENGE
        | Ins::INTERNAL_AUTHENTICATE => plain,
        ins::PIN_MAINTENANCE => class == Class::Proprietary(0x80),
        ins::PIN_UNBLOCK => matches!(class, Class::Proprietary(0x80 | 0x84)),
        ins::APPLICATION_BLOCK | ins::APPLICATION_UNBLOCK => class == Class::Proprietary(0x84),
        ins if is_basic(ins) => plain || line,
        _ => return Halt::status(StatusWord::INS_NOT_SUPPORTED),
    };
    if fits { Ok(()) } else { Halt::status(StatusWord::CLA_NOT_SUPPORTED) }
}

/// Runs a basic command; the turn's session is the applet's to store.
///
/// # Errors
/// The status word to answer, 6D00 when it [is none](is_basic); `Torn`.
pub fn run(env: &mut Env<'_>, turn: &mut Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    match turn.command.ins {
        Ins::VERIFY => pin::verify(env, turn),
        Ins::EXTERNAL_AUTHENTICATE => authenticate::external(env, turn),
        Ins::GET_CHALLENGE => authenticate::get_challenge(env, turn, reply),
        Ins::INTERNAL_AUTHENTICATE => authenticate::internal(env, turn, reply),
        Ins::READ_BINARY => files::read_binary(env, turn, reply),
        Ins::READ_RECORD => files::read_record(env, turn, reply),
        Ins::UPDATE_BINARY | ins::WRITE_BINARY => files::update_binary(env, turn),
        Ins::UPDATE_RECORD | ins::WRITE_RECORD => files::update_record(env, turn),
        Ins::APPEND_RECORD => files::append_record(env, turn),
        ins::PIN_MAINTENANCE => pin::maintain(env, turn),
        ins::PIN_UNBLOCK => pin::unblock(env, turn),
        ins::APPLICATION_BLOCK => block::block_application(env, turn),
        ins::APPLICATION_UNBLOCK => block::unblock_application(env, turn),
        _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
    }
}
