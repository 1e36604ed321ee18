//! The electronic deposit (ED, 电子存折) and electronic purse (EP, 电子钱包) of PBOC 2.0
//! (JR/T 0025.1 and .2) as FMCOS 2.0 cards have them: a library on the file tree, the keys and the
//! session of `tessera-cos`. An applet brings the commands that make files and keys and that
//! present the PIN; this crate adds the money.
//!
//! | module | what it answers |
//! |---|---|
//! | `command` | what a command means, before anything is touched |
//! | `transaction` | kinds of transactions, and what hangs on each |
//! | [`purse`] | what the purse file holds |
//! | [`pending`] | what is between INITIALIZE and its second command |
//! | `cryptogram` | of what session keys, MACs and TAC are computed |
//! | `initialize`, `complete`, `inquire` | the commands |
//! | [`log`] | the record of each transaction |
//! | [`notation`] | how a file and a key are written down |
//! | [`status`] | the purse's own status words |
//!
//! # How an applet uses it
//!
//! * RAM of kind `OnDeselect`: [`RAM_BYTES`], the session first.
//! * The purses of a DF are the files 0001 (ED) and 0002 (EP) of [`purse::STRUCTURE`], their log
//!   is a cyclic file of records of [`log::RECORD_BYTES`], in the same DF. Keys are those of that
//!   DF: type 3F load, 3E purchase and cash withdrawal, 34 with identifier 00 for the TAC; b8-b7 of
//!   the type are not looked at. A key's version and algorithm bytes are
//!   [`KeySpec::version_or_follow_up`](tessera_cos::keys::KeySpec::version_or_follow_up) and
//!   [`algorithm`](tessera_cos::keys::KeySpec::algorithm).
//! * A command for which [`is_purse_command`] holds goes to [`process`]. Every other command, also
//!   one that is refused, and every selection calls [`forget_pending`] first: nothing but GET
//!   RESPONSE, which no applet sees, may stand between the two commands of a transaction.
//! * A PIN that was presented is noted with
//!   [`Session::note_pin`](tessera_cos::Session::note_pin).
//! * What blocks an application or the card (6A81) is the applet's to answer before.
//!
//! # Order of checks
//!
//! Lc (6700), P1-P2 (6A86), the purse file (6A82; 6985 out of use), its use right (6982; of a load
//! 6985), its log (6A82, 6981, 6985), the PIN (as the use right), the key and the TAC key (9403),
//! their use rights (6985), the number (9402), the amount (9401; 6985 when a load would overflow
//! the balance). The second command: Lc, P1-P2, state (6901), MAC (9302). Nothing is stored before
//! the last check has passed.
//!
//! # Choices that no source settles (inferred, or our own)
//!
//! * A pending transaction is dropped by whatever comes next: a refused INITIALIZE, a second
//!   command that is refused for any reason, GET BALANCE, GET TRANSACTION PROVE. What never reaches
//!   the applet drops nothing, and a SELECT that fails leaves all RAM as it was.
//! * A wrong MAC is 9302 each time; the keys of loads and purchases have no error counter.
//! * A missing PIN or use right is 6985 in INITIALIZE FOR LOAD, 6982 elsewhere. "PIN" means that
//!   one was presented since the DF was selected, the same DF selected again included. Loads and
//!   cash withdrawals ask for it whatever the use right says.
//! * Keys: the TAC key has identifier 00, its use right counts as that of the other key, and it is
//!   missed at once in INITIALIZE. A key of neither 8 nor 16 bytes is 6985. The algorithm byte is
//!   only sent; length decides between DES and triple DES.
//! * A log that the purse names and that is not there is refused (6A82) in INITIALIZE: no money
//!   moves without its record. A purse that names none keeps no log.
//! * The log's number is the one after the transaction, as the one full trace has it, and so is
//!   that of GET TRANSACTION PROVE; the manual says the one before of the log.
//! * Each purse keeps the proof of its own last transaction. The MAC of a load's proof is zero. A
//!   type that no purse has is 9406. GET TRANSACTION PROVE and GET BALANCE want the use right.
//! * A purse with one number for loads and purchases uses the online one.
//! * An amount of zero is legal everywhere.
//! * While the session is [free](tessera_cos::Session::free), use rights of purses and keys bind as
//!   little as those of files; the PIN is asked for all the same.
//! * INITIALIZE looks at Lc before P1-P2, and so do the others.
//!
//! Not here yet: compound purchase, unload, overdraft limit, grey lock. INITIALIZE for them is
//! 6A86, or 6700 where they have another Lc; their own instructions are no purse command.

#![no_std]
#![forbid(unsafe_code)]

mod command;
mod complete;
mod cryptogram;
mod initialize;
mod inquire;
pub mod log;
pub mod notation;
pub mod pending;
pub mod purse;
pub mod status;
mod transaction;

use tessera_cos::{Dialect, session::SESSION_BYTES};
use tessera_framework::{Class, Command, Env, Halt, Outcome, Reply, StatusWord};

pub use pending::forget_pending;

use command::{Intent, ins};
use pending::{PENDING_BYTES, Pending};
use transaction::Transaction;

/// Bytes of `OnDeselect` RAM: the session, and a pending transaction behind it.
pub const RAM_BYTES: u16 = SESSION_BYTES + PENDING_BYTES;

/// What differs between builds of the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// A load needs the PIN, whatever the purse's use right says.
    pub load_needs_pin: bool,
    /// Loads and purchases of a purse are counted together.
    pub one_number: bool,
}

impl Rules {
    /// A card as it is sold, without the options that can be ordered.
    pub const USUAL: Self = Self { load_needs_pin: true, one_number: false };

    const fn needs_pin(&self, transaction: Transaction) -> bool {
        match transaction {
            Transaction::LoadEd | Transaction::LoadEp => self.load_needs_pin,
            Transaction::Cash => true,
            Transaction::PurchaseEd | Transaction::PurchaseEp => false,
        }
    }
}

/// Whether a command is for [`process`]: class 80, and one of this crate's instructions.
#[must_use]
pub const fn is_purse_command(command: &Command<'_>) -> bool {
    matches!(command.class, Class::Proprietary(0x80))
        && matches!(
            command.ins,
            ins::INITIALIZE
                | ins::CREDIT_FOR_LOAD
                | ins::DEBIT
                | ins::GET_TRANSACTION_PROVE
                | ins::GET_BALANCE
        )
}

/// Runs a purse command on the purses of the current DF.
///
/// # Errors
/// The status word to answer, in the order of checks of the crate's documentation, 6E00 and 6D00
/// when it [is none](is_purse_command); 6F00 when the applet has less RAM than [`RAM_BYTES`];
/// 6581; `Torn`: the transaction is completed or has not happened.
pub fn process(
    env: &mut Env<'_>,
    dialect: &Dialect,
    rules: &Rules,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let pending = Pending::take(env)?;
    if command.class != Class::Proprietary(0x80) {
        return Halt::status(StatusWord::CLA_NOT_SUPPORTED);
    }
    match Intent::try_from(command)? {
        Intent::Initialize(opening) => initialize::initialize(env, dialect, rules, opening, reply),
        Intent::CreditForLoad { when, mac2 } => {
            complete::credit_for_load(env, dialect, rules, pending, (when, mac2), reply)
        }
        Intent::Debit { terminal_number, when, mac1 } => {
            let said = (terminal_number, when, mac1);
            complete::debit(env, dialect, rules, pending, said, reply)
        }
        Intent::GetTransactionProve { transaction_type, number } => {
            inquire::get_transaction_prove(env, dialect, transaction_type, number, reply)
        }
        Intent::GetBalance(purse) => inquire::get_balance(env, dialect, purse, reply),
    }
}

#[cfg(test)]
mod tests;
