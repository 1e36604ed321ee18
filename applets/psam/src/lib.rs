//! The security module of a terminal (PSAM, 终端安全模块): keys above those of the user cards, a
//! transaction number, and what is computed with them. A card of its own, the MF its root, and of
//! two kinds: [`Psam::PURSE`] for cards with the PBOC purse (JR/T 0025) and fuel cards, and
//! [`Psam::SOCIAL_SECURITY`] for social-security cards.
//!
//! | module | what it answers |
//! |---|---|
//! | `dispatch`, `personality` | may the card take this command now, and who runs it; what the two kinds differ in |
//! | `purchase`, `grey` | a purchase, a settlement, a grey lock: the terminal's MACs |
//! | `descrypt`, `crypt` | a temporary key, and what is done with it |
//! | [`usage`] | usage bytes: levels, kinds, what each kind may do |
//! | `derive`, [`number`] | which key, and its factors; the terminal's two numbers |
//! | `write_key` | keys that come enciphered |
//! | `block`, `select` | tries for MAC2, a locked application; SELECT |
//! | `volatile` | what waits in RAM |
//! | [`install`] | the card as the profile describes it |
//!
//! # Commands
//!
//! P is the kind for purses, S that for social-security cards.
//!
//! | command | header | Lc | answer | of |
//! |---|---|---|---|---|
//! | INIT SAM FOR PURCHASE | 80 70 00 00 | 14 + 8 a factor | number 4, MAC1 4 | P |
//! | the same, settlement of social-security cards | 80 70 01 00 | 1C + 8 a factor | number 4, MAC1 4 | P S |
//! | the same, settlement with a ledger | 80 70 02 00 | 22 + 8 a factor | number 4, MAC1 4 | S |
//! | CREDIT SAM FOR PURCHASE | 80 72 00 00 | 04 | | P S |
//! | the same, settlement with a ledger | 80 72 02 00 | 0C | | S |
//! | INIT FOR DESCRYPT | 80 1A usage version | 8 a factor | | P |
//! | DELIVER SESSION KEY | BF DE or 80 DE usage version | 8 a factor + 8, SM4 + 10 | | P S |
//! | DES CRYPT | 80 FA mode 00 | blocks | as the mode | P S |
//! | grey lock | E0 40, E0 42, E0 44 | 1C, 04, 0F | 0C, none, 04 | P |
//! | WRITE KEY | 84 D4 00 00 | 14 or 1C | | P S |
//! | APPLICATION UNBLOCK | 84 18 or 80 18, 00 00 | 04 | | P S |
//!
//! and the basic commands of [`tessera_cos::basic`]: SELECT, reading and writing, GET CHALLENGE,
//! EXTERNAL and INTERNAL AUTHENTICATE, VERIFY and the maintenance of PINs, APPLICATION BLOCK.
//! Factors are listed with the user card's first.
//!
//! # Order of checks
//!
//! The instruction (6D00) and its class (6E00); 239 bytes of data at most (6700); the application
//! blocked (6A81) or locked (9303); P1-P2 (6A86) and Lc (6700), of INIT SAM FOR PURCHASE the
//! algorithm (6A80); the key (9403 of purchases, 6A88 elsewhere) and its levels (6700), its right
//! (6982), of INIT SAM FOR PURCHASE its cipher (6A80), its kind (6985); the files (6A82, 6981); the
//! number (9402); what has to come before (6901, 6984 a challenge); the tries (6983); what is shown
//! (9302, 6988, 63CX, 63CF).
//!
//! # The card for social-security cards
//!
//! Public are the files, the numbering of keys and the commands but those of the ledger (PSAM
//! application guide and key index table of 2013; published reader programs). Own choices:
//!
//! * A key with algorithm byte 04 is one of SM4, and all that is made with it: derivation is
//!   SM4(K, F || not F), the session key SM4(K, challenge of 16 bytes); DES CRYPT takes whole
//!   blocks of 16, the terminal folds an authenticator (left XOR right), a MAC comes as the XOR of
//!   its four words. Where the user card names its algorithm, 00 and 01 are DES and triple DES, 03
//!   is SM4; when the key is of another cipher, 6A80. The card's own keys stay DES.
//! * Settlements with a ledger, their keys and their MACs, see `purchase`.
//! * A key of one level and the same version as one of two is the city's: a settlement with the
//!   card's factor alone (Lc 24) goes by it.
//! * A purchase key makes no session key (6985), nor does a key of the card's own.
//!
//! # What is inferred, and own choices
//!
//! * The number is spent by INIT SAM FOR PURCHASE, before the answer leaves; FFFFFFFF is refused
//!   (9402), see [`number`].
//! * The number of factors must be that of the key's levels, else 6700. Two purchase keys of one
//!   version and different levels are told apart by that.
//! * Algorithm bytes 00 and 01 are taken alike, others are 6A80: a key's length says whether it is
//!   DES or triple DES. The algorithm byte of a key is kept and, but for 04 of a social-security
//!   card's, not looked at.
//! * Any INIT SAM FOR PURCHASE and E0 40, a refused one too, ends what waited and the temporary
//!   key; any INIT FOR DESCRYPT and DELIVER SESSION KEY ends the temporary key alone.
//! * The selection of a DF and a WRITE KEY that succeed end both, the selection of a file the
//!   temporary key alone: a transaction waits for its MAC2.
//! * A wrong MAC2 is 9302 and counted, in a row and for all of an application's keys; the one
//!   that takes the last try is 9303. In the settlement form it is 63CF, as that card's list has
//!   it, while tries are left. The transaction goes on to wait.
//! * Which kind of key may do what: [`usage`]. Not its kind is 6985, no such key 6A88.
//! * A part of a MAC without the first one, and DES CRYPT without a temporary key, are 6901.
//! * The grey lock is kept in RAM, see `grey`.
//! * EF 0019 cannot be written by any command, whatever right the installation data give. Other
//!   files of the built-in profile are updated in class 04 with the MAC of the DF's maintenance
//!   key, usage 01 version 00.
//! * A missing challenge is 6984, as the lists of this family have it.
//! * WRITE KEY is taken with the master key of the current DF alone, usage 00 version 00, and has
//!   no form without protection.
//! * Control information of an application has its EF 0017 in 9F0C, as user cards have EF 0015.
//! * AUTHENTICATION MESSAGE 80 CA and CALCULATE KEY 80 FC of transit cards, and the personalisation
//!   commands of other makers, are 6D00: what they compute is not published.
//!
//! # Installation data
//!
//! BER-TLV objects of an own design, made by the profile, in this order for each DF, the MF first:
//!
//! | tag | value |
//! |---|---|
//! | C0 | a DF: identifier 2, tries for MAC2 1, name 5 to 16 |
//! | C1 | a binary file in it: identifier 2, rights to read and to update, flags 1, content |
//! | C2 | a file of records in it: the same, then each record with its length in front |
//! | C3 | a key in it: usage 1, version 1, algorithm 1, right to use 1, register 1, tries 1, key |

#![no_std]
#![forbid(unsafe_code)]

mod block;
mod crypt;
mod derive;
mod descrypt;
mod dispatch;
mod grey;
mod ins;
pub mod install;
pub mod number;
mod personality;
mod purchase;
mod select;
pub mod usage;
mod volatile;
mod write_key;

use core::ops::Range;

use tessera_cos::session;
use tessera_framework::{
    Aid, Applet, Class, Command, Descriptor, DfId, Direction, Env, FileId, Halt, Ins, Outcome,
    Reply, Selected, Selection,
};

use personality::Personality;

/// The application: one of two cards.
#[derive(Clone, Copy, Debug)]
pub struct Psam(&'static Personality);

impl Psam {
    /// For cards with the PBOC purse, fuel cards, and social-security cards of the second
    /// generation.
    pub const PURSE: Self = Self(&personality::PURSE);
    /// For social-security cards, their medical account and its ledger.
    pub const SOCIAL_SECURITY: Self = Self(&personality::SOCIAL_SECURITY);
}

/// The MF's name, when the profile gives no other: 1PAY.SYS.DDF01.
pub const MF_NAME: &[u8] = b"1PAY.SYS.DDF01";

/// DFs there can be, the MF included: each has a counter of its own.
pub const DFS_MAX: u8 = 8;

/// Counters: first those of the DFs, then those that keys share.
const COUNTERS_ALL: usize = 40;

/// Counters that keys share; one stays spare, for a key that is replaced.
const COUNTERS_OF_KEYS: Range<u8> = DFS_MAX..COUNTERS_ALL as u8;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(MF_NAME),
    fid: Some(FileId::MF),
    counters: &[0; COUNTERS_ALL],
    ram_on_deselect_bytes: volatile::RAM_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: true,
    chaining: false,
};

impl Applet for Psam {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        install::install(env, self.0, data)
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
        select::select(env, self.0, selection, reply)
    }

    /// A challenge does not outlast any other command; what else waits goes on to wait.
    fn passed_over(&self, env: &mut Env<'_>) {
        // Without its RAM the card answers 6F00 to everything anyway.
        let _ = session::take_challenge(env);
    }

    fn direction(&self, class: Class, ins: Ins, p1: u8) -> Direction {
        ins::direction(class, ins, p1)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        dispatch::process(env, self.0, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

#[cfg(test)]
mod tests;
