//! The employer's application (用人单位) of the employer's social-security card: who the employer is,
//! its insurance, its declarations and agents, and an electronic stamp.
//!
//! That there is a card for employers, and the items 2E, 2F, 30, 31 and 32, is public; all else is
//! of our own design. It is DF0B under the social-security environment, named F0 and the letters
//! SSC.EC1. The environment is the personal card's with category 5: its EF06 has eighteen zero
//! bytes for the number and the employer's name for the holder's.
//!
//! | file | structure | read | update |
//! |---|---|---|---|
//! | EF05 employer | one record for each item | free | UK1 (83) |
//! | EF06 insurance | five templates EF | PIN or RK1 (88) | UK2 (84) |
//! | EF07 declarations | a ring of 24 records of 22 bytes | PIN or RK1 | UK3 (85) |
//! | EF08 agents | three templates FD | PIN or RK1 | UK2 |
//! | EF09 batches | a ring of 16 records of 32 bytes | PIN or RK1 (own choice: nothing is said of it) | the card alone |
//!
//! The PIN is the one of the environment, and asked of it; what was shown there counts here.
//! Locking wants LK, which is 86 (own choice: the design names none). Everything but the stamp is
//! [`tessera_cos::social`]'s.
//!
//! # The stamp
//!
//! `D0 9A 00 00 30` batch number 4, kind 1, count 4, SHA-256 of the file 32, time 7: the card
//! writes the batch to EF09 and answers four bytes, the MAC over the whole data field with DTK. Of
//! a triple-DES key it is single DES with the halves XORed, of SM4 the MAC of sixteen bytes folded.
//! The authority, which has the root of DTK, checks it. With it an employer hands in its roster
//! (R), approves the card file (A), reports a card lost (L) and pays contributions (C).
//!
//! An instruction 9X is invalid on T=0, where it would be taken for a status byte (ISO/IEC
//! 7816-3:2006, 10.3.2): on contacts the card refuses it, and the stamp is D0 5C there (own
//! choice).
//!
//! Order of checks: class (6E00), instruction (6D00), locked (6A81, 9303), P1-P2 (6A86), length
//! (6700), PIN (6982), kind and time (6A80), key (6A88). Batch numbers are the authority's to
//! watch: the card takes any.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile, in any order:
//!
//! | tag | value |
//! |---|---|
//! | C2 | a record: short identifier, number from 1, then all of it; in a ring the number is ignored and the oldest comes first |
//! | C3 | a key of the [table](files::KEYS): identifier, version, algorithm (0 triple DES, 4 SM4), then its 16 bytes |
//!
//! A record that is not named is not written: an and b all 0, cn all F.

#![no_std]
#![forbid(unsafe_code)]

pub mod files;
mod install;
mod sign;
#[cfg(test)]
mod tests;

use tessera_cos::{
    session::{self, SESSION_BYTES},
    social::{self, Family, Place, Turn},
};
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Direction, Env, Halt, Ins, Outcome, Reply,
    Selected, Selection, StatusWord,
};

pub use sign::{SIGN_BATCH, SIGN_BATCH_BY_CONTACT};

/// The application.
#[derive(Clone, Copy, Debug)]
pub struct Employer;

/// Name of the social-security environment, which keeps the PIN.
const ENVIRONMENT: &[u8] = b"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";

/// Class of the application's own command.
const OWN: Class = Class::Proprietary(0xD0);

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(files::NAME),
    fid: Some(files::FID),
    counters: &[],
    ram_on_deselect_bytes: SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: true,
    chaining: false,
};

static FAMILY: Family = Family {
    dialect: Family::DIALECT,
    place: Place::Below { environment: Aid::new(ENVIRONMENT), pin: true },
    proprietary: None,
};

impl Applet for Employer {
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
        social::select(env, &FAMILY, selection, reply)
    }

    fn passed_over(&self, env: &mut Env<'_>) {
        social::passed_over(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        match ins {
            SIGN_BATCH | SIGN_BATCH_BY_CONTACT => Direction::In,
            _ => social::ins::direction(class, ins, p1),
        }
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        if command.class != OWN {
            return social::process(env, &FAMILY, command, reply);
        }
        let turn = Turn::begin(env, &FAMILY, command)?;
        match command.ins {
            SIGN_BATCH | SIGN_BATCH_BY_CONTACT => sign::sign_batch(env, &turn, reply),
            _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}
