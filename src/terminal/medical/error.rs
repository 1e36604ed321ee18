//! Why a visit ends without a settlement: whose word it is, what was expected, what came.

use crate::terminal::{Fen, TerminalError, kept::KeptError};

use super::authority::AuthorityError;

/// Why a station did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum MedicalError {
    /// Card, PSAM or terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The authority says no.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The journal of the station.
    #[error(transparent)]
    Journal(#[from] KeptError),
    /// This is no social-security card, or one that lacks an item.
    #[error("this is no social-security card that can be served: {0}")]
    NoIdentity(&'static str),
    /// The card is outside its dates.
    #[error("the card is valid from {issued} to {expires}, and today is {today}")]
    NotValid {
        /// First day.
        issued: String,
        /// Last day.
        expires: String,
        /// Today.
        today: String,
    },
    /// The card does not know the issuer's key.
    #[error(
        "the card is not the issuer's: its answer to the terminal's random number does not fit \
         (expected {expected}, got {got})"
    )]
    NotGenuine {
        /// What the PSAM computed.
        expected: String,
        /// What the card said.
        got: String,
    },
    /// The institution is not on the list.
    #[error("{code} is no designated institution: nothing is settled here")]
    NotDesignated {
        /// Its code.
        code: String,
    },
    /// The institution does not settle such visits.
    #[error("class {class:?}: expected {expected} at {name}")]
    Class {
        /// What was asked for.
        class: char,
        /// What there is.
        expected: &'static str,
        /// The institution.
        name: String,
    },
    /// The card is on the deny list.
    #[error("card {card} is on the deny list: {reason}")]
    Listed {
        /// Card number.
        card: String,
        /// Why.
        reason: String,
    },
    /// The network is down, and nothing is settled without it.
    #[error("the network is down, and nothing is settled without it: {0}")]
    NotOffLine(String),
    /// The holder is not entitled.
    #[error("the holder is not entitled to {0}")]
    NotEntitled(&'static str),
    /// A statement has to be printed first.
    #[error(
        "{unstated} entries since the last statement: it has to be printed first, at a branch or \
         an enquiry terminal (`tessera terminal kiosk statement`)"
    )]
    StatementDue {
        /// How many.
        unstated: u8,
    },
    /// The card's account is not in a state for this.
    #[error("the account on the card is {state}: expected {expected}")]
    State {
        /// How it is.
        state: &'static str,
        /// How it should be.
        expected: &'static str,
    },
    /// The card's account is in another year.
    #[error(
        "the account on the card is in the year {ledger}, and today is in {today}: the year has \
         to be settled first, with the network"
    )]
    OtherYear {
        /// The card's.
        ledger: String,
        /// Today's.
        today: String,
    },
    /// Another card came back.
    #[error("another card came back: expected {expected}, got {got}; the settlement stays open")]
    OtherCard {
        /// The card number a settlement is open with.
        expected: String,
        /// The one in the reader.
        got: String,
    },
    /// It is not known whether the settlement was booked.
    #[error(
        "it is not known whether entry {sequence} ({amount} from the account) was booked: {why}; \
         it stays open in the journal, nothing is handed over for it"
    )]
    InDoubt {
        /// Sequence.
        sequence: u32,
        /// From the account.
        amount: Fen,
        /// What is missing.
        why: String,
    },
    /// The card proves what is not so.
    #[error("the card's MAC2 does not fit: the PSAM does not agree; the settlement stays open")]
    WrongMac2,
    /// The card has booked, and something after that failed.
    #[error(
        "entry {sequence} of card {card} is booked on the card, {amount} from the account, TAC \
         {tac}; but {why}"
    )]
    Booked {
        /// Card number.
        card: String,
        /// Sequence.
        sequence: u32,
        /// From the account.
        amount: Fen,
        /// The card's TAC, in hexadecimal.
        tac: String,
        /// What failed.
        why: Box<MedicalError>,
    },
    /// The authority does not take an entry.
    #[error("the authority has entry {sequence} in suspense or rejected it: {why}")]
    NotPosted {
        /// Sequence.
        sequence: u32,
        /// Why.
        why: String,
    },
    /// The person is not the holder.
    #[error("the card is not that of {shown}: expected the holder, with his identity card")]
    OtherHolder {
        /// Number of the identity card.
        shown: String,
    },
    /// A statement whose sums do not agree.
    #[error("the statement does not add up: {0}; it is not acknowledged")]
    Statement(String),
    /// The same thing failed too often.
    #[error("given up after {tries} tries: {last}")]
    GivenUp {
        /// How often.
        tries: u8,
        /// What happened last.
        last: Box<MedicalError>,
    },
    /// A settlement with this card is open.
    #[error(
        "a settlement with this card is open: {0}; settle it first (`tessera terminal clinic \
         recover`)"
    )]
    Open(String),
}

impl MedicalError {
    /// Nothing came back from the card or the PSAM.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::Terminal(TerminalError::Silence { .. }))
    }

    /// The card, the PSAM or the authority refused with this status word.
    pub(super) fn is_status(&self, word: u16) -> bool {
        matches!(self, Self::Terminal(TerminalError::Refused { status, .. }) if status.0 == word)
    }
}
