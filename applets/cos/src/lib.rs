//! A native card-OS library: file tree, selection, access conditions, and the basic commands of
//! ISO/IEC 7816-4 on a segment. An applet brings its files and a [`Dialect`]; this crate does the
//! rest.
//!
//! | module | what it answers |
//! |---|---|
//! | [`layout`], [`header`] | what the bytes of the segment mean |
//! | [`space`] | where a new block goes; deleting, erasing |
//! | [`tree`] | creating files |
//! | [`find`] | finding files, keys and DFs |
//! | [`keys`] | keys and PINs of a DF |
//! | [`access`] | which condition guards a file, and whether it holds |
//! | [`parameters`] | which file CREATE FILE asks for |
//! | [`rights`] | which operations there are to allow |
//! | [`rules`] | ISO access rules, compact and expanded |
//! | [`session`] | what is current and what has been shown, per logical channel |
//! | [`select`](mod@select) | SELECT inside the applet |
//! | [`control`] | control information: FCI, FCP, FMD |
//! | [`intent`] | what a command means, before anything is touched |
//! | [`binary`], [`record`], [`verify`] | the commands |
//! | [`cipher`](mod@cipher) | keys, block ciphers, checksums, derived keys |
//! | [`messaging`] | protected commands and responses |
//! | [`iso`] | the commands that build a card, and those of its keys, by ISO/IEC 7816-4 and -9 |
//! | [`basic`] | the basic commands of PBOC cards |
//! | [`social`] | the basic commands of social-security cards |
//!
//! # Order of checks
//!
//! Instruction (6D00), P1-P2 (6A86), lengths (6700), the file (6986 no current EF, 6A82 no such
//! short identifier), its structure (6981), its life cycle (6985), security (6982), then place and
//! data (6A83, 6B00, 6A80, 6700 for a record of the wrong size, 6A84). Nothing is stored before the
//! last check has passed, so an error status means that memory is unchanged.
//!
//! # Choices the standard leaves open
//!
//! * SELECT with P1 = 00 looks among the files directly under the current DF, then at the current
//!   DF itself, its parent, and the DFs directly under the parent.
//! * A deactivated or terminated file is selected with its control information and 6283 or 6285;
//!   any other access to it, and to the files directly under a DF in such a state, is 6985.
//! * UPDATE BINARY that starts inside a file and runs over its end is 6A84.
//! * A condition that needs a key is met when the key was shown on this channel, see [`session`].

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod access;
pub mod basic;
pub mod binary;
pub mod cipher;
pub mod control;
pub mod find;
pub mod header;
pub mod intent;
pub mod iso;
pub mod keys;
pub mod layout;
pub mod messaging;
pub mod parameters;
pub mod record;
pub mod rights;
pub mod rules;
pub mod select;
pub mod session;
pub mod social;
pub mod space;
pub mod tree;
pub mod verify;

use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord, pin::Pin};

pub use access::Access;
pub use find::df_by_name;
pub use header::{Flags, Header};
pub use intent::Intent;
pub use iso::Iso;
pub use rights::Operation;
pub use select::select;
pub use session::Session;
pub use tree::{DfSpec, EfSpec, Structure};

/// What an applet fixes of the commands' behaviour.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The PIN, and the values of P2 by which VERIFY names it.
    pub pin: Option<(Pin, &'static [u8])>,
    /// UPDATE RECORD of record 1 of a cyclic file adds a record, as social-security cards do; the
    /// standard has that in mode *previous* and in APPEND RECORD, which work in any case.
    pub cyclic_update_adds: bool,
    /// SELECT of an EF answers control information also when FCI is asked for. Social-security
    /// cards answer nothing.
    pub ef_answers_fci: bool,
    /// SELECT with P1 = 02 also finds DFs, in the order of P1 = 00: published readers of
    /// social-security cards select directories so.
    pub ef_selection_finds_dfs: bool,
    /// Writes the value of a data object for GET DATA; false when there is none of this tag.
    pub data_object: fn(&Env<'_>, u16, &mut Reply<'_>) -> Result<bool, Halt>,
    /// The commands of [`iso`] are taken; without it they are 6D00.
    pub iso: Option<Iso>,
}

/// No data objects of the applet's own.
///
/// # Errors
/// None; the signature is that of [`Dialect::data_object`].
pub fn no_data_object(_: &Env<'_>, _: u16, _: &mut Reply<'_>) -> Result<bool, Halt> {
    Ok(false)
}

/// Runs one of the basic commands, or of [`iso`] where the dialect takes them.
///
/// # Errors
/// The status word to answer, in the order of checks of the crate's documentation; `Torn`.
pub fn process(
    env: &mut Env<'_>,
    dialect: &Dialect,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    if !command.class.is_interindustry() {
        return Halt::status(StatusWord::CLA_NOT_SUPPORTED);
    }
    match dialect.iso {
        Some(iso) => iso::process(env, iso::Card { dialect, iso }, command, reply),
        None => basic(env, dialect, Intent::try_from(command)?, command, reply),
    }
}

/// Runs one of the basic commands, by what it means.
fn basic(
    env: &mut Env<'_>,
    dialect: &Dialect,
    intent: Intent,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    match intent {
        Intent::ReadBinary { file, offset } => {
            binary::read(env, dialect, file, offset, command, reply)
        }
        Intent::UpdateBinary { file, offset } => {
            binary::update(env, dialect, file, offset, command.data)
        }
        Intent::ReadRecord { file, which } => record::read(env, dialect, file, which, reply),
        Intent::UpdateRecord { file, which } => {
            record::update(env, dialect, file, which, command.data)
        }
        Intent::AppendRecord { file } => record::append(env, dialect, file, command.data),
        Intent::Verify { reference, intent } => {
            verify::verify(env, dialect, reference, intent, command.data)
        }
        Intent::GetData { tag } => control::get_data(env, dialect, tag, reply),
    }
}

#[cfg(test)]
mod tests;
