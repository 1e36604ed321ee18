//! The PBOC purse as one application of a card of several: electronic deposit (ED, 电子存折) and
//! electronic purse (EP, 电子钱包), pre-personalised, with a segment, keys and a PIN of its own.
//!
//! The money is [`tessera_pboc`]'s, the files and everything else [`tessera_cos::basic`]'s; this
//! crate says which of it such an application has, and how it comes about. On a blank FMCOS card
//! the same engine runs in files and with keys that a script makes.
//!
//! # What it takes
//!
//! SELECT by name or, from the MF, as 3F01; the purse commands, grey lock included; READ, UPDATE
//! and APPEND, in the clear and line-protected; VERIFY, CHANGE PIN, RELOAD PIN, PIN UNBLOCK; GET
//! CHALLENGE, EXTERNAL and INTERNAL AUTHENTICATE; APPLICATION BLOCK and UNBLOCK. Nothing that
//! builds a card: CREATE FILE, ERASE DF and WRITE KEY are 6D00. Neither is there CARD BLOCK, for
//! the card is not this application's to block (own choice).
//!
//! # Order of checks
//!
//! The instruction (6D00) and its class (6E00), the length of the data field, 239 bytes at most
//! (6700), the application blocked (6A81), then that of the command. Purse commands: blocked, then
//! theirs.
//!
//! # Where no source speaks (own choices)
//!
//! * Blocking blocks this application alone, and its selection by name or identifier answers 6A81
//!   while the application is current all the same.
//! * The two security registers of an FMCOS card are one here: the application's own DF is the root
//!   of its segment. What was shown elsewhere on the card counts for nothing.
//! * Names may be cut short, as ISO/IEC 7816-4 has it.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile, in this order:
//!
//! | tag | value |
//! |---|---|
//! | C2 | a file: its identifier (2), then seven bytes in the notation of CREATE FILE |
//! | C3 | a key: its identifier (1), then the record in the notation of WRITE KEY |
//! | C4 | content: file identifier (2), then the bytes of a binary file or one record to add |
//! | C5 | what a purse begins with: file identifier (2), balance (4), online number (2), offline number (2), overdraft limit (3) |

#![no_std]
#![forbid(unsafe_code)]

mod install;

use core::ops::Range;

use tessera_cos::{
    Dialect, Session,
    basic::{self, Build, LC_MAX, Turn, block, select},
    no_data_object, session,
};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Direction, Env, FileId, Halt, Ins, Outcome,
    Reply, Selected, Selection, StatusWord,
};
use tessera_pboc::Rules;

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Purse;

/// Name of the usual ED/EP application.
pub const NAME: &[u8] = b"\xA0\x00\x00\x00\x03\x86\x98\x07\x01";

/// Keys and PINs with error counters there can be, and one counter for one that is replaced.
const COUNTERS_ALL: usize = 12;

const COUNTERS: Range<u8> = 0..COUNTERS_ALL as u8;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(NAME),
    fid: Some(FileId(0x3F01)),
    counters: &[0; COUNTERS_ALL],
    ram_on_deselect_bytes: tessera_pboc::RAM_BYTES,
    ram_on_reset_bytes: session::EPOCH_BYTES,
    secure_messaging: true,
    chaining: false,
};

static BUILD: Build = Build {
    dialect: Dialect {
        pin: None,
        cyclic_update_adds: false,
        ef_answers_fci: false,
        ef_selection_finds_dfs: false,
        data_object: no_data_object,
        iso: None,
    },
    counters: COUNTERS,
    root_is_mf: false,
    empty_df_is_free: false,
    no_challenge: StatusWord::CONDITIONS_NOT_SATISFIED,
};

static RULES: Rules = Rules { grey_lock: true, ..Rules::USUAL };

impl Applet for Purse {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, data)
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        tessera_cos::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        tessera_pboc::forget_pending(env);
        select::select(env, &BUILD, selection, reply)
    }

    /// A challenge and a purse transaction do not outlast any other command, this one included.
    fn passed_over(&self, env: &mut Env<'_>) {
        tessera_pboc::forget_pending(env);
        // Without its RAM the application answers 6F00 to everything anyway.
        let _ = session::take_challenge(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        tessera_pboc::direction(class, ins, p1)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let challenge = session::take_challenge(env)?;
        let mut turn = Turn { build: &BUILD, command, session: Session::load(env)?, challenge };
        if tessera_pboc::is_purse_command(&RULES, command) {
            if let Err(refusal) = block::refuse_blocked(&turn.df(env)?) {
                tessera_pboc::forget_pending(env);
                return Err(refusal);
            }
            return tessera_pboc::process(env, &turn, &RULES, reply);
        }
        tessera_pboc::forget_pending_before(env, command);
        basic::check_class(command)?;
        if command.data.len() > LC_MAX {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        if !block::is_taken_when_blocked(command.ins) {
            block::refuse_blocked(&turn.df(env)?)?;
        }
        basic::run(env, &mut turn, reply)?;
        turn.session.store(env)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

#[cfg(test)]
mod tests;
