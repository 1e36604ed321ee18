//! A blank card in the dialect of FMCOS 2.0 (FM1208 and its family): what personalisation scripts
//! make of CREATE FILE and WRITE KEY commands.
//!
//! The whole tree is this one applet in one segment, the MF its root, as on the chip: what keeps
//! directories apart is the two security registers.
//!
//! | module | what it answers |
//! |---|---|
//! | `dispatch` | may the card take this command now, and in what order is that found out |
//! | [`mf`] | the MF, and the card without one |
//! | `create`, [`rations`] | CREATE FILE, ERASE DF; what each object costs of the card's space |
//! | `write_key` | WRITE KEY |
//! | `install` | the card as delivered |
//!
//! The basic commands are those of [`tessera_cos::basic`].
//! The purses of this card are `tessera-pboc`'s.
//!
//! # Where the manuals disagree or are silent
//!
//! Each choice stands at its place; the ones a terminal notices most:
//!
//! * A key's error counter is replaced together with the key.
//! * PIN UNBLOCK sets the PIN that it carries.
//! * No challenge is 6985. A key that is there already is 6A86, as a file is.
//! * When the MF is selected again, its register becomes that of the current DF.
//! * Three wrong MACs in a row are counted by the line protection key itself; on APPLICATION
//!   UNBLOCK and on 0015 and 0016 they lock the application (9303).
//! * A key file that would not be the first file of its DF is 6A80.
//! * SELECT takes P1 00 and 04, and P2 00 and 0C; names may be cut short, as ISO/IEC 7816-4 has it.
//! * UNBLOCK 80 2C, PULL 80 30, CHARGE 80 32, GET MESSAGE 80 CA and the factory's own commands are
//!   6D00: nothing is published about what they do.
//!
//! # Limits of this card that a real one does not have
//!
//! At most [`KEYS_COUNTED_MAX`] keys with error counters. Space is rationed as on the chip; that
//! the memory below lasts is up to the profile: files of a few bytes each take more of it than they
//! count.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile:
//!
//! | tag | value |
//! |---|---|
//! | C0 | bytes of EEPROM of the chip (2); without it 8192 |
//! | C1 | a command to be run, in this order; repeated |
//!
//! Without a command that makes it, the card has no MF.

#![no_std]
#![forbid(unsafe_code)]

mod create;
mod dispatch;
mod ins;
mod install;
pub mod mf;
pub mod rations;
mod write_key;

use core::ops::Range;

use tessera_cos::{
    Dialect,
    basic::{Build, select},
    no_data_object, session,
};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Direction, Env, FileId, Halt, Ins, Outcome,
    Reply, Selected, Selection, StatusWord,
};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Fmcos;

/// Counters that keys share.
const COUNTERS_ALL: usize = 48;

/// Keys with error counters there can be: one counter stays spare, for a key that is replaced.
pub const KEYS_COUNTED_MAX: usize = COUNTERS_ALL - 1;

const COUNTERS: Range<u8> = 0..COUNTERS_ALL as u8;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(mf::DEFAULT_NAME),
    fid: Some(FileId::MF),
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
    root_is_mf: true,
    empty_df_is_free: true,
    no_challenge: StatusWord::CONDITIONS_NOT_SATISFIED,
};

impl Applet for Fmcos {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, data)
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        select::df_by_name(env, prefix, nth)
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
        // Without its RAM the card answers 6F00 to everything anyway.
        let _ = session::take_challenge(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        match ins {
            ins::WRITE_KEY => Direction::In,
            _ => tessera_pboc::direction(class, ins, p1),
        }
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        dispatch::process(env, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

#[cfg(test)]
mod tests;
