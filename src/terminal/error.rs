//! Why a terminal did not do what it was to do: whose fault it is, where, what was expected and
//! what came.

use std::fmt;

use tessera_framework::StatusWord;

use super::{Fen, answer::Serial, words::status_in_words};

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Party {
    /// The customer's card.
    Card,
    /// The terminal's security module.
    Psam,
    /// The issuer.
    Host,
    /// The terminal itself.
    Terminal,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Card => "card",
            Self::Psam => "PSAM",
            Self::Host => "host",
            Self::Terminal => "terminal",
        })
    }
}

/// Why a terminal did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum TerminalError {
    /// The device does not work.
    #[error("the {whom}'s reader: {what}")]
    Device {
        /// Whose.
        whom: Party,
        /// What it says.
        what: String,
    },
    /// No answer came: torn, or taken out.
    #[error("the {whom} does not answer: it was asked to {asked}")]
    Silence {
        /// Who.
        whom: Party,
        /// What was asked.
        asked: String,
    },
    /// A status word that says no.
    #[error("the {whom} refused to {asked}: expected 9000, got {}", status_in_words(*.status))]
    Refused {
        /// Who.
        whom: Party,
        /// What was asked.
        asked: String,
        /// The answer.
        status: StatusWord,
    },
    /// An answer that cannot be read.
    #[error("the {whom} answered wrongly ({asked}): expected {expected}, got {got}")]
    Malformed {
        /// Who.
        whom: Party,
        /// What was asked.
        asked: String,
        /// What the answer should have been.
        expected: &'static str,
        /// Its data.
        got: String,
    },
    /// A MAC that does not fit.
    #[error("the {whom}'s {mac} does not fit: expected {expected}, got {got}; {then}")]
    WrongMac {
        /// Who made it.
        whom: Party,
        /// Which.
        mac: &'static str,
        /// What was computed; of a PSAM's check only that it fits.
        expected: String,
        /// What came.
        got: String,
        /// What this means.
        then: &'static str,
    },
    /// Another card came back.
    #[error(
        "another card came back: expected serial number {}, got {}; the transaction stays open",
        hex::encode_upper(.expected), hex::encode_upper(.got)
    )]
    OtherCard {
        /// The one a transaction is open with.
        expected: Serial,
        /// The one in the reader.
        got: Serial,
    },
    /// A day outside the validity of card or PSAM.
    #[error("the {whom} is valid from {start} to {expiry}, and today is {today}")]
    NotValid {
        /// Which.
        whom: Party,
        /// First day.
        start: String,
        /// Last day.
        expiry: String,
        /// Today.
        today: String,
    },
    /// Whether the transaction was completed is not known: the card did not come back.
    #[error(
        "it is not known whether number {number} of {amount} was completed: the card did not \
         answer again in {tries} tries; the transaction stays open, nothing is given for it"
    )]
    InDoubt {
        /// Number after the transaction.
        number: u16,
        /// Amount.
        amount: Fen,
        /// How often it was tried.
        tries: u8,
    },
    /// The card's number has gone on, its proof is of a later transaction, and its log does not
    /// tell of this one.
    #[error(
        "the card has gone on to number {now} and does not prove number {number} any more{log}; \
         the transaction stays open for the issuer to settle, nothing is given for it"
    )]
    Overtaken {
        /// Number after the open transaction.
        number: u16,
        /// Where the card is now.
        now: u16,
        /// What its log says.
        log: &'static str,
    },
    /// The card is at a number that it had left behind.
    #[error(
        "the number went back: a copy of the card, or a restored image; expected number {expected} \
         or a later one, got {now}; the transaction stays open for the issuer to settle, nothing \
         is given for it"
    )]
    WentBack {
        /// Number before the open transaction.
        expected: u16,
        /// Where the card is now.
        now: u16,
    },
    /// The card prepares no transaction that would tell its number.
    #[error(
        "the card prepares nothing that would tell its number ({}) and does not prove number \
         {number}{log}; the transaction stays open, nothing is given for it",
        status_in_words(*.status)
    )]
    PreparesNothing {
        /// Number after the open transaction.
        number: u16,
        /// The answer to INITIALIZE.
        status: StatusWord,
        /// What its log says.
        log: &'static str,
    },
    /// The card says that it has paid, and the PSAM cannot check it any more.
    #[error(
        "the card has paid {amount} (number {number}, TAC {tac}), but the PSAM cannot check it any \
         more; the transaction stays open with its TAC, nothing is given for it"
    )]
    Unproven {
        /// Amount.
        amount: Fen,
        /// Number after the transaction.
        number: u16,
        /// The card's TAC.
        tac: String,
    },
    /// The purse is locked for fuel, and this terminal cannot unlock it any more.
    #[error(
        "the purse stays locked, with {balance} in it and {amount} known to be delivered: the pump \
         lost what unlocks it; the host unlocks it (`tessera terminal unlock --amount` as the \
         pump's meter shows)"
    )]
    StillLocked {
        /// What was in it.
        balance: Fen,
        /// What is known to be delivered.
        amount: Fen,
    },
    /// The same thing failed too often.
    #[error("given up after {tries} tries: {last}")]
    GivenUp {
        /// How often.
        tries: u8,
        /// What happened last.
        last: Box<TerminalError>,
    },
    /// Something that was asked of the terminal cannot be done.
    #[error("{what}: expected {expected}, got {got}")]
    Order {
        /// What.
        what: &'static str,
        /// What it may be.
        expected: String,
        /// What it was.
        got: String,
    },
    /// There is no PSAM.
    #[error("there is no PSAM; a {0} needs one")]
    NoPsam(&'static str),
    /// The host says no.
    #[error(transparent)]
    Host(#[from] super::host::HostError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] super::journal::JournalError),
    /// The journal holds a transaction that is not settled.
    #[error(
        "the journal holds an open transaction: {0}; settle it first (`tessera terminal recover`)"
    )]
    Open(String),
}

impl TerminalError {
    /// Nothing came back from this party.
    #[must_use]
    pub(super) fn is_silence_of(&self, party: Party) -> bool {
        matches!(self, Self::Silence { whom, .. } if *whom == party)
    }
}
