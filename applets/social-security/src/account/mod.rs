//! The medical account (个人账户) of DF04: settlements (医疗结算) and credits (账户划入) that the card
//! signs and logs, and an internal file of amounts that it alone reads and writes.
//!
//! It is a copy of the authority's account and no purse: nothing takes value out but a settlement
//! for care, tied to a terminal and a time. What the ledger of its own application does, this does
//! not; the two share nothing.
//!
//! | module | what it answers |
//! |---|---|
//! | `command` | what a command says: its header, its data |
//! | `purchase`, `load` | the two pairs of commands |
//! | `pending` | what is between the first and the second |
//! | [`amounts`] | the internal file; the turn of the year |
//! | `cryptogram` | session keys, MACs, TACs |
//! | `solid` | what becomes solid together |
//!
//! # Commands
//!
//! | command | header | data (Lc) | answer |
//! |---|---|---|---|
//! | INITIALIZE FOR PURCHASE | B0 28 01 01 | key index 1, account 4, self-pay 4, fund 4, terminal 6 (13) | balance 4, self-pay of the year 4, fund of the year 4, payment year 2, off-line counter 2, key version 1, algorithm 1, random 4 |
//! | DEBIT FOR PURCHASE | B0 2C 01 00 | terminal's counter 4, time 7, MAC1 4 (0F) | TAC 4, MAC2 4 |
//! | INITIALIZE FOR LOAD | B0 28 00 01 | key index 1, amount 4, terminal 6 (0B) | balance 4, on-line counter 2, key version 1, algorithm 1, random 4, MAC1 4 |
//! | CREDIT FOR LOAD | B0 2A 00 00 | date 4, time 3, MAC2 4 (0B) | TAC 4 |
//!
//! Bytes of the purchase commands are those of published reader programs, what the card does with
//! them is the ministry's text (notices 37 and 38 of 2012). The first 14 bytes INITIALIZE FOR
//! PURCHASE answers, and all of CREDIT FOR LOAD, are inferred.
//!
//! # Order of checks
//!
//! A blocked card (6A81); the instruction (6D00); a locked application (6A81, 9303); P1-P2 (6A86);
//! Lc (6700); DF04 current and the PIN shown (6982); of a first command the key index (9403), the
//! balance (9401), the counter and what it would become (9402); of a second one that its first came
//! directly before and the account is as it was then (6985), too many wrong MACs before (6A81,
//! 9303), the MAC (9302), the time (6A80), the sums (9402).
//!
//! # The three ways to settle
//!
//! The card knows one command; a region's way is in what the fields say.
//!
//! | way | account | self-pay | fund |
//! |---|---|---|---|
//! | on-line | 0 | the whole settlement | account and fund |
//! | on-line, the network down | 0 | the sum | the sum |
//! | off-line | what the account pays | the holder's part | the fund's part |
//!
//! Only the last takes from the card's balance. The others leave a signed log and the sums of a
//! year. Items 90, 92 and 93 of EF06 and the records of EF15 are the terminal's to write, with the
//! update key of their file.
//!
//! # Own choices
//!
//! * Amount 0 is settled and credited like any other.
//! * The key version answered is the key index: the three groups of DPK and DLK are its three
//!   indexes. The algorithm answered is 01 for DES and triple DES, 03 for SM4.
//! * A counter at FFFF is at its end (9402), before anything else would go over its own.
//! * A command between the two, whatever it is and whatever it is answered, ends what is pending;
//!   so does a second command that is refused. On another logical channel it does so only by what
//!   it changes: either counter.
//! * A settlement in a later payment year than the stored one begins the sums of the year anew; one
//!   in an earlier year counts with the present one. A payment year begins on the day the internal
//!   file says, so that a date before it belongs to the year before.
//! * A credit leaves the year alone.
//! * A card without EF08 settles without a log. It has the internal file if it has keys of DF04.
//! * Wrong MACs are counted for DF04 with those of its maintenance commands.
//! * Under SM4 the session key is SM4(K, input || 00..), MACs are CBC with their four words XORed,
//!   and DTK makes TACs whole; on third-generation cards alone.

use tessera_cos::{
    Access, Header,
    social::{Family, Turn},
};
use tessera_framework::{Class, Command, Env, FileId, Halt, Outcome, Reply, StatusWord};

pub mod amounts;
mod command;
mod cryptogram;
mod load;
mod pending;
mod purchase;
mod solid;

pub(crate) use pending::{PENDING_BYTES, forget};

use command::Intent;
use pending::Pending;

/// Class of the account's commands.
const CLASS: Class = Class::Proprietary(0xB0);

/// The directory it is in.
const DF04: FileId = FileId(0xDF04);

/// Runs a command if it is one of the account's; `None` for any other, which ends what is pending
/// all the same.
pub(crate) fn process(
    env: &mut Env<'_>,
    family: &'static Family,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Option<Outcome> {
    let pending = Pending::take(env);
    (command.class == CLASS)
        .then(|| pending.and_then(|pending| run(env, family, command, pending, reply)))
}

fn run(
    env: &mut Env<'_>,
    family: &'static Family,
    command: &Command<'_>,
    pending: Option<Pending>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let turn = Turn::begin(env, family, command)?;
    if !Intent::is_known(command.ins) {
        return Halt::status(StatusWord::INS_NOT_SUPPORTED);
    }
    turn.refuse_locked(env)?;
    let intent = Intent::read(command)?;
    let df = Header::load(env, turn.session.df)?;
    if df.fid() != DF04 {
        return Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
    }
    turn.check(env, Access::Pin)?;
    match intent {
        Intent::InitializeForPurchase(opening) => purchase::initialize(env, &df, &opening, reply),
        Intent::DebitForPurchase(closing) => purchase::debit(env, &df, pending, &closing, reply),
        Intent::InitializeForLoad(opening) => load::initialize(env, &df, &opening, reply),
        Intent::CreditForLoad(closing) => load::credit(env, &df, pending, &closing, reply),
    }
}
