//! Why the authority does not do what it is asked.

use crate::terminal::{Fen, kept::KeptError};

use super::{
    books::{Account, AccountState},
    keys::KeyError,
};

/// Why the authority does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// It does not know the card.
    #[error("the authority has no account for card {0}")]
    NoAccount(String),
    /// The account is not to be settled with.
    #[error("the authority serves no one with card {card}: {why}")]
    Stopped {
        /// Card number.
        card: String,
        /// Why.
        why: &'static str,
    },
    /// The holder has an account already.
    #[error("the authority opens nothing: {holder} has an account with card {card}")]
    SecondAccount {
        /// Social security number.
        holder: String,
        /// Card number.
        card: String,
    },
    /// A MAC or TAC does not fit.
    #[error("the authority refuses: the card's {mac} does not fit; {then}")]
    Mac {
        /// Which.
        mac: &'static str,
        /// What this means.
        then: &'static str,
    },
    /// The card is behind the books.
    #[error(
        "the card went back: its last entry is {card}, that of the books {books}: a copy of the \
         card, or a restored image; nothing is settled"
    )]
    WentBack {
        /// Sequence on the card.
        card: u32,
        /// Sequence in the books.
        books: u32,
    },
    /// An entry is not in the books, or was not of that kind.
    #[error("the authority takes nothing back: entry {0} is no posted settlement of the card")]
    NoSettlement(u32),
    /// The tariff has no such class.
    #[error("the tariff has no class {0:?}: no care, no settlement")]
    NoClass(char),
    /// A refund of a settlement that is taken back already.
    #[error("the authority takes nothing back: entry {0} is taken back already, or is going to be")]
    TakenBack(u32),
    /// More is to be taken off than there is.
    #[error("the authority takes nothing off: expected {balance} at most, got {amount}")]
    TooMuch {
        /// Balance of the books.
        balance: Fen,
        /// What was asked for.
        amount: Fen,
    },
    /// There is no such order.
    #[error("the authority has no open order {asn} for card {card} that could be taken out")]
    NoOrder {
        /// Card number.
        card: String,
        /// Authority number.
        asn: u32,
    },
    /// This does not happen to an account that stands so.
    #[error("the account of card {card} is {state}: it cannot be {event}")]
    NotNow {
        /// Card number.
        card: String,
        /// How the account stands.
        state: &'static str,
        /// What was told.
        event: &'static str,
    },
    /// Its keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Its books.
    #[error(transparent)]
    Books(#[from] KeptError),
}

/// An event that an account which stands so does not take.
pub(super) fn not_now(account: &Account, event: &'static str) -> AuthorityError {
    let state = match account.state {
        AccountState::Open => "in use",
        AccountState::Held => "held",
        AccountState::Frozen => "frozen",
        AccountState::Closed => "closed",
    };
    AuthorityError::NotNow { card: account.card.number.clone(), state, event }
}
