//! The personal social-security card (社会保障卡): the environment SSSE and the files under it.
//!
//! Source is the ministry's notice 37 of 2012 on the card's file structure and data items; where it
//! is silent, published reader programs and a trace of a card of 2012. The commands are
//! [`tessera_cos::social`]'s.
//!
//! | module | what it answers |
//! |---|---|
//! | [`table`], [`annex`] | every directory, file and data item of V2.0; those of its informative annex |
//! | [`version_1`], [`generation`] | the same of V1.0; which of the two a card is made by |
//! | [`keys`] | every key, its identifier, what showing it is good for, who else knows it |
//! | [`account`] | the account of DF04 |
//! | `data`, `install` | installation data, and the files they plan |
//!
//! # What this applet fixes beyond the tables
//!
//! * The environment is selected by name from anywhere, or as DDF1 under the MF. Its FCI is
//!   `6F16 84 0F <name> A5 03 88 01 1E`, a directory's `6F08 84 06 <AID>` (trace of the sibling
//!   health card); an EF answers 9000 without data (trace).
//! * The PIN is presented in the environment or below it, with P2 00, and has 6 tries (own choice;
//!   readers handle up to 6). Shown in the environment it is good for everything below; shown in a
//!   directory, until another one is chosen (inferred).
//! * UPDATE RECORD of record 1 of a cyclic file adds a record. The tag written must be the one in
//!   place (6A80), and the length must not outgrow the record (6A84) (own choice of status words).
//! * The medical transaction log is never written from outside, unless a profile has it otherwise.
//! * DF05 and DF06 are called by their labels, and also by D15600000505 and 06 (own choice).
//! * A card V1.0 fills what is written shorter than its record with nibble E, in the items that
//!   V2.0 gave another meaning.
//! * Of the third generation no text is public: such a card has the files of V2.0, keys of SM4, and
//!   an algorithm mark in its FCI. The directory of its certificates is not there (6A82).
//! * A card of 8 KiB holds the set P8 with all its keys in 5.4 KiB of segment; a ledger beside it
//!   wants a larger one.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile:
//!
//! | tag | value |
//! |---|---|
//! | C0 | the PIN, 1 to 16 bytes; absent on a card without one |
//! | C1 | a key: directory number, then as [`CardKeySpec::parse`](tessera_cos::social::CardKeySpec::parse) has it |
//! | C2 | the files there are: pairs of directory number (0 the SSSE, else as in its name) and short identifier |
//! | C3 | value of the A5 object of the environment's FCI |
//! | C4 | directory number, short identifier, record number from 1, then the record as it is to stand; of a cyclic file the number is ignored and the oldest record comes first |
//! | C5 | directory number, short identifier, offset (2 bytes), then bytes of a transparent file |
//! | C6 | directory number, short identifier, conditions for reading and for updating (two bytes each, as [`Access::encode`](tessera_cos::Access::encode)) in place of the table's: regions have their own |
//! | C7 | names of the applications below that the environment answers, each with its length before it |
//! | C8 | the [internal file of amounts](account::amounts) of DF04, on a card with keys of DF04; absent: all 0 but the first day of the year |
//! | C9 | files whose updates carry a MAC: pairs as in C2 |
//! | CA | a directory of the region's own, from DF0A on: its number, its name |
//! | CB | a file of the region's own, from EF0C on or in such a directory: directory number, short identifier, conditions (4, as in C6), then `01` and its size (2), or `05` for the records that C4 brings, or `06`, bytes of a record and records of a ring |
//! | CC | a ring of the table with more records: directory number, short identifier, records |
//! | CD | the [generation](generation::Generation); absent: V2.0 |
//!
//! A record of C4 behind those of the table is an item that the region adds; the environment takes
//! none. Data for a file or a record that the card does not have, the same record twice, and item
//! 60 in both of its files are 6A80. Else any bytes may be stored: real cards are not always as
//! their specification says. A record that is not named is written as "not written": cn all F, an
//! and b all 0.

#![no_std]
#![forbid(unsafe_code)]

pub mod account;
pub mod annex;
mod data;
pub mod generation;
mod install;
pub mod keys;
pub mod structure;
pub mod table;
#[cfg(test)]
mod tests;
pub mod version_1;

use tessera_cos::{
    Dialect,
    layout::PIN_AT,
    session::{self, SESSION_BYTES},
    social::{self, Family, Place, service},
};
use tessera_framework::{
    Aid, Applet, Class, Command, CounterId, Descriptor, DfId, Direction, Env, FileId, Halt, Ins,
    Outcome, Reply, Selected, Selection, pin::Pin,
};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct SocialSecurity;

/// Tries the PIN has.
pub const PIN_TRIES: u8 = 6;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(table::SSSE.name),
    fid: Some(FileId(table::SSSE.fid)),
    counters: &[PIN_TRIES as u32],
    ram_on_deselect_bytes: SESSION_BYTES + account::PENDING_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: true,
    chaining: true,
};

static FAMILY: Family = Family {
    dialect: Dialect {
        pin: Some((Pin { at: PIN_AT, tries: CounterId(0), tries_max: PIN_TRIES }, &[0x00])),
        ..Family::DIALECT
    },
    place: Place::Environment,
    proprietary: None,
};

impl Applet for SocialSecurity {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, data)
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        let named = |env: &Env<'_>, nth| tessera_cos::df_by_name(env, prefix, nth);
        if let Some(df) = named(env, nth)? {
            return Ok(Some(df));
        }
        // Behind all that are called so come those that are also known by such a name.
        let mut before = 0;
        while named(env, before)?.is_some() {
            before += 1;
        }
        annex::df_by_alias(env, prefix, nth - before)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        account::forget(env);
        social::select(env, &FAMILY, selection, reply)
    }

    fn passed_over(&self, env: &mut Env<'_>) {
        account::forget(env);
        social::passed_over(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        social::ins::direction(class, ins, p1)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        match account::process(env, &FAMILY, command, reply) {
            Some(outcome) => outcome,
            None => social::process(env, &FAMILY, command, reply),
        }
    }

    fn child_selected(&self, env: &mut Env<'_>) {
        account::forget(env);
        social::child_selected(env);
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }

    fn serve(
        &self,
        env: &mut Env<'_>,
        caller: &Aid,
        request: &[u8],
        reply: &mut Reply<'_>,
    ) -> Outcome {
        service::serve(env, &FAMILY, caller, request, reply)
    }
}
