//! The electronic deposit (ED, 电子存折) and electronic purse (EP, 电子钱包) of PBOC 2.0
//! (JR/T 0025.1 and .2) as FMCOS 2.0 cards have them: a library on the file tree, the keys and the
//! session of `tessera-cos`. An applet brings the commands that make files and keys and that
//! present the PIN; this crate adds the money.
//!
//! | module | what it answers |
//! |---|---|
//! | `command` | what a command means, before anything is touched |
//! | `transaction` | kinds of transactions, and what hangs on each |
//! | [`purse`], [`lock`] | what the purse file holds |
//! | `places` | purse, log and keys in the current DF |
//! | [`pending`], [`cache`] | what is between INITIALIZE and its second command |
//! | `cryptogram` | of what session keys, MACs and TAC are computed |
//! | `initialize` | how every transaction begins |
//! | `rules` | what allows a transaction, then and at its end |
//! | `complete` | what all second commands have in common |
//! | `online` | load, unload, overdraft limit |
//! | `purchase`, `capp` | purchase, cash withdrawal, compound purchase |
//! | `grey` | grey lock and unlock |
//! | `inquire` | balance and proof |
//! | [`log`] | the record of each transaction |
//! | [`notation`] | how a file and a key are written down |
//!
//! # How an applet uses it
//!
//! * RAM of kind `OnDeselect`: [`RAM_BYTES`], the session first.
//! * The purses of a DF are the files 0001 (ED) and 0002 (EP) of [`purse::STRUCTURE`], or of
//!   [`purse::STRUCTURE_WITH_LOCK`] where they can be locked; their log is a cyclic file of records
//!   of [`log::RECORD_BYTES`], in the same DF. Keys are those of that DF: type 3F load, 3E
//!   purchase, cash withdrawal and grey lock, 3D unload and grey unlock, 3C overdraft limit, 34
//!   with identifier 00 for the TAC; b8-b7 of the type are not looked at. A key's version and
//!   algorithm bytes are
//!   [`KeySpec::version_or_follow_up`](tessera_cos::keys::KeySpec::version_or_follow_up)
//!   and [`algorithm`](tessera_cos::keys::KeySpec::algorithm).
//! * A command for which [`is_purse_command`] holds goes to [`process`]. Every other command, also
//!   one that is refused, calls [`forget_pending_before`] first, and every selection
//!   [`forget_pending`]: nothing but GET RESPONSE, which no applet sees, and of a compound purchase
//!   UPDATE CAPP DATA CACHE and GET CHALLENGE that is answered, may stand between the two commands
//!   of a transaction.
//! * An applet that deletes files counts deletions in its session
//!   ([`EPOCH_BYTES`](tessera_cos::session::EPOCH_BYTES)): a pending transaction remembers where
//!   its files lie, and ends with the session.
//! * A PIN that was presented is noted with
//!   [`Session::note_pin`](tessera_cos::Session::note_pin).
//! * What blocks an application or the card (6A81) is the applet's to answer before, and that too
//!   calls [`forget_pending`].
//! * A DEBIT commits purse, log record and up to [`cache::CACHE_BYTES`] of cached records at once;
//!   what is more than the card's commit capacity is 6A84, and nothing has moved.
//!
//! # Order of checks
//!
//! Lc (6700), P1-P2 (6A86), the purse file (6A82; 6985 out of use), its use right (6982; of a load
//! or unload 6985), its log (6A82, 6981, 6985), the PIN (as the use right), the key and the TAC key
//! (9403), their use rights (6985), the grey lock (6985), the number (9402), the amount (9401; 6985
//! when a load would overflow the balance). The second command: Lc, P1-P2, state (6901), MAC
//! (9302), the purse (6901, 6985, 6982), the grey lock (6985), its numbers (6901), the new balance
//! (9401, 6985). Nothing is stored before the last check has passed.
//!
//! UPDATE CAPP DATA CACHE: Lc, P1-P2, state (6901), the file (6A82), its structure (6981), out of
//! use (6985), its update right (6982), the record (6A83), line protection (6987, 6700, 6A88, 6982,
//! 6983, 6985, 6988), the record's form (6A80) and length (6700), the cache's room (6A84).
//!
//! # Choices that no source settles (inferred, or our own)
//!
//! * A pending transaction is dropped by whatever comes next: a refused INITIALIZE, a second
//!   command or UPDATE CAPP DATA CACHE that is refused for any reason, GET BALANCE, GET TRANSACTION
//!   PROVE. What never reaches the applet drops nothing, and a SELECT that fails leaves all RAM as
//!   it was.
//! * Classes 80, 84 and E0 name no logical channel, so that a card has one pending transaction, on
//!   channel 0. Should purse commands come on several channels all the same, each has its own, and
//!   ends with whatever transaction is completed on the same purse meanwhile: 6901, of a purse
//!   locked meanwhile 6985.
//! * A wrong MAC is 9302 each time; the keys of the purse have no error counter.
//! * A missing PIN or use right is 6985 in INITIALIZE FOR LOAD and FOR UNLOAD, 6982 elsewhere.
//!   "PIN" means that one was presented since the DF was selected, the same DF selected again
//!   included. All but purchases, compound purchases and what only asks want it whatever the use
//!   right says.
//! * Keys: the TAC key has identifier 00, its use right counts as that of the other key, and it is
//!   missed at once in INITIALIZE; unloads and grey unlocks do without it. A key of neither 8 nor
//!   16 bytes is 6985. The algorithm byte is only sent; length decides between DES and triple DES.
//! * A log that the purse names and that is not there is refused (6A82) in INITIALIZE: no money
//!   moves without its record. A purse that names none keeps no log.
//! * The log's number is the one after the transaction, as the one full trace has it, and so is
//!   that of GET TRANSACTION PROVE; the manual says the one before of the log. The log has no
//!   amount for a new overdraft limit.
//! * Each purse keeps the proof of its own last transaction. The MAC of a load's, an overdraft
//!   limit's and an unlocking debit's proof is zero, and so is the TAC of an unload's and a grey
//!   unlock's. A type that no purse has is 9406. GET TRANSACTION PROVE and GET BALANCE want the use
//!   right.
//! * A purse with one number for loads and purchases uses the online one.
//! * An amount of zero is legal everywhere.
//! * A new overdraft limit gives balance - old limit + new limit: 9401 when that is negative, 6985
//!   when it overflows.
//! * While the session is [free](tessera_cos::Session::free), use rights of purses and keys bind as
//!   little as those of files; the PIN is asked for all the same.
//! * INITIALIZE looks at Lc before P1-P2, and so do the others. P1 says which Lc: 07 for P1 04,
//!   else 0B; of INS 54, 0B for P1 03, else 0F.
//!
//! Compound purchase:
//!
//! * The EP only. A DEBIT without any cached record is a purchase of type 09.
//! * A record has the length of the one in its place; of a TLV file it is one TLV object. By
//!   identifier the first byte is compared in any linear file. Linear files take numbers and
//!   identifiers, cyclic ones "previous" with P1 00 or 01, which adds; anything else is 6981, modes
//!   not among these three 6A86. What has just been cached is not seen by the next command.
//! * A line-protected file takes class 84, with the MAC and the key that UPDATE RECORD in class 04
//!   has: its MAC begins with a challenge. So that there can be one, GET CHALLENGE leaves a
//!   compound purchase pending, unless it is refused.
//! * The same record cached twice is written twice, the last one stays. No file becomes current.
//!   Of two logical channels that write the same record the last writer wins; a record that was
//!   cached by identifier and has another one before the DEBIT is 6A83, and nothing has moved.
//! * What the cache holds is [`cache::CACHE_BYTES`] bytes, eight of them in front of each record.
//!
//! Grey lock (one manual, and one host program where they disagree):
//!
//! * Only where [`Rules::grey_lock`] has it; else class E0 is no purse command, and a purse file
//!   without room for the lock is 6985.
//! * GREY LOCK counts the offline number; DEBIT FOR UNLOCK carries the number after that. The debit
//!   counts nothing and logs that number; GREY UNLOCK counts and logs the online one.
//! * GTAC is made as the TAC of a purchase of amount zero, of type 91 or 92. MAC2 of the lock is
//!   over the number before it was counted.
//! * GREY UNLOCK answers MAC3 as an unload does, and debits what it says; its MAC1 is over balance,
//!   offline number, type and terminal.
//! * One lock at a time in a DF, since GET LOCK PROOF names no purse, and none before the TAC of
//!   the last unlocking debit was fetched: 6985. A locked purse refuses (6985) loads, unloads,
//!   purchases, cash withdrawals and overdraft limits; an unfetched TAC hinders none of them.
//! * The lock, the debit and the unlock want the PIN, else 6982. GET LOCK PROOF wants nothing: a
//!   pump asks before the holder does anything.
//! * GET LOCK PROOF tells state, type, purse, balance, offline number and so on as they are after
//!   the lock or the debit, thirty zeros when free. P1 01 tells the same, then forgets an unfetched
//!   TAC.
//! * A grey lock leaves the proof of the last transaction; GET TRANSACTION PROVE of 91 and 92 is
//!   9406.

#![no_std]
#![forbid(unsafe_code)]

pub mod cache;
mod capp;
mod command;
mod complete;
mod cryptogram;
mod grey;
mod initialize;
mod inquire;
pub mod lock;
pub mod log;
pub mod notation;
mod online;
pub mod pending;
mod places;
mod purchase;
pub mod purse;
mod rules;
mod transaction;

use tessera_cos::{Dialect, basic::Turn, session::SESSION_BYTES};
use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord};

pub use command::direction;
pub use pending::{forget_pending, forget_pending_before};

use cache::{CACHE_BYTES, forget_cached};
use command::{GREY, Intent, LINE, PLAIN, ins};
use pending::{PENDING_BYTES, Pending, is_pending};

/// Bytes of `OnDeselect` RAM: the session, a pending transaction behind it, its cache.
pub const RAM_BYTES: u16 = SESSION_BYTES + PENDING_BYTES + CACHE_BYTES;

/// What differs between builds of the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// A load needs the PIN, whatever the purse's use right says.
    pub load_needs_pin: bool,
    /// Loads and purchases of a purse are counted together.
    pub one_number: bool,
    /// The card takes the commands of the grey lock, class E0.
    pub grey_lock: bool,
}

impl Rules {
    /// A card as it is sold, without the options that can be ordered.
    pub const USUAL: Self = Self { load_needs_pin: true, one_number: false, grey_lock: false };
}

/// A purse command under way.
struct Asked<'a, 'c> {
    turn: &'a Turn<'c>,
    rules: &'a Rules,
}

impl Asked<'_, '_> {
    const fn dialect(&self) -> &'static Dialect {
        &self.turn.build.dialect
    }
}

/// Whether a command is for [`process`]: class 80, of one instruction also 84, with the grey lock
/// E0, and one of this crate's instructions.
#[must_use]
pub const fn is_purse_command(rules: &Rules, command: &Command<'_>) -> bool {
    match command.class {
        PLAIN => matches!(
            command.ins,
            ins::INITIALIZE
                | ins::CREDIT_FOR_LOAD
                | ins::DEBIT
                | ins::UPDATE_OVERDRAW_LIMIT
                | ins::GET_TRANSACTION_PROVE
                | ins::GET_BALANCE
                | ins::UPDATE_CAPP_DATA_CACHE
        ),
        LINE => matches!(command.ins, ins::UPDATE_CAPP_DATA_CACHE),
        GREY if rules.grey_lock => matches!(
            command.ins,
            ins::INITIALIZE_GREY | ins::GREY_LOCK | ins::GREY_DEBIT | ins::GET_LOCK_PROOF
        ),
        _ => false,
    }
}

/// Runs a purse command on the purses of the current DF.
///
/// # Errors
/// The status word to answer, in the order of checks of the crate's documentation, 6E00 and 6D00
/// when it [is none](is_purse_command); 6F00 when the applet has less RAM than [`RAM_BYTES`]; 6A84
/// beyond the commit capacity; 6581; `Torn`: the transaction is completed or has not happened.
pub fn process(
    env: &mut Env<'_>,
    turn: &Turn<'_>,
    rules: &Rules,
    reply: &mut Reply<'_>,
) -> Outcome {
    let pending = Pending::take(env)?;
    let cached = pending.as_ref().map_or(0, |pending| pending.cached);
    let done = run(env, &Asked { turn, rules }, pending, reply);
    if cached > 0 && !is_pending(env) {
        forget_cached(env, cached);
    }
    done
}

fn run(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let command = asked.turn.command;
    if command.class == GREY && !asked.rules.grey_lock {
        return Halt::status(StatusWord::CLA_NOT_SUPPORTED);
    }
    match Intent::try_from(command)? {
        Intent::Initialize(opening) => initialize::initialize(env, asked, opening, reply),
        Intent::CreditForLoad(request) => {
            online::credit_for_load(env, asked, pending, &request, reply)
        }
        Intent::Debit { terminal_number, request } => {
            purchase::debit(env, asked, pending, (terminal_number, &request), reply)
        }
        Intent::DebitForUnload(request) => {
            online::debit_for_unload(env, asked, pending, &request, reply)
        }
        Intent::UpdateOverdrawLimit { limit, request } => {
            online::update_overdraw_limit(env, asked, pending, (limit, &request), reply)
        }
        Intent::UpdateCappDataCache(update) => {
            capp::update_capp_data_cache(env, asked, pending, update)
        }
        Intent::GetTransactionProve { transaction_type, number } => {
            inquire::get_transaction_prove(env, asked, transaction_type, number, reply)
        }
        Intent::GetBalance(purse) => inquire::get_balance(env, asked, purse, reply),
        Intent::GreyLock { terminal_number, terminal_random, request } => {
            let said = (terminal_number, terminal_random, &request);
            grey::grey_lock(env, asked, pending, said, reply)
        }
        Intent::DebitForUnlock(debit) => grey::debit_for_unlock(env, asked, &debit, reply),
        Intent::GreyUnlock { amount, request } => {
            grey::grey_unlock(env, asked, pending, (amount, &request), reply)
        }
        Intent::GetLockProof { fetched } => grey::get_lock_proof(env, asked, fetched, reply),
    }
}

#[cfg(test)]
mod tests;
