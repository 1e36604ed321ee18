//! What the authority orders a card to do, each order with its authority number.

use serde::{Deserialize, Serialize};

use crate::terminal::{Fen, medical::answer::Year};

/// Why a card is frozen, unfrozen or terminated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Loss, told by telephone.
    Telephone,
    /// Loss, told in writing.
    Written,
    /// The authority's own decision.
    Authority,
    /// Suspicion.
    Suspicion,
    /// Death of the holder.
    Death,
    /// The card is replaced by another one.
    Replaced,
}

impl Reason {
    /// The byte that is sent.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Telephone => 0x01,
            Self::Written => 0x02,
            Self::Authority => 0x03,
            Self::Suspicion => 0x04,
            Self::Death => 0x05,
            Self::Replaced => 0x06,
        }
    }

    /// In words.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Telephone => "lost, by telephone",
            Self::Written => "lost, in writing",
            Self::Authority => "by the authority",
            Self::Suspicion => "suspicion",
            Self::Death => "the holder has died",
            Self::Replaced => "card replaced",
        }
    }
}

/// What is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Open the account with this balance.
    Open {
        /// Balance.
        fen: u32,
    },
    /// Credit.
    Credit {
        /// Amount.
        fen: u32,
    },
    /// No money moves from now on.
    Freeze(Reason),
    /// It moves again.
    Unfreeze(Reason),
    /// For ever.
    Terminate(Reason),
    /// A new year begins, with interest.
    Year {
        /// The year, packed digits.
        year: Year,
        /// Interest.
        fen: u32,
    },
    /// The books and the card agree; limits are set.
    Reconcile,
    /// A difference is booked.
    Adjust {
        /// Onto the card, else off it.
        plus: bool,
        /// Amount.
        fen: u32,
    },
    /// A settlement is taken back.
    Refund {
        /// Its sequence.
        sequence: u32,
    },
    /// The account leaves this card.
    Close,
}

impl Order {
    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Open { fen } => format!("open the account with {}", Fen(*fen)),
            Self::Credit { fen } => format!("credit {}", Fen(*fen)),
            Self::Freeze(reason) => format!("freeze ({})", reason.in_words()),
            Self::Unfreeze(reason) => format!("unfreeze ({})", reason.in_words()),
            Self::Terminate(reason) => format!("end for ever ({})", reason.in_words()),
            Self::Year { year, .. } => format!("begin the year {}", hex::encode(year)),
            Self::Reconcile => "agree that books and card are equal".into(),
            Self::Adjust { plus: true, fen } => format!("add a difference of {}", Fen(*fen)),
            Self::Adjust { plus: false, fen } => format!("take off a difference of {}", Fen(*fen)),
            Self::Refund { sequence } => format!("take entry {sequence} back"),
            Self::Close => "close the account".into(),
        }
    }

    /// Type of the entry the card makes of it, 31 to 38; `None` where it makes none.
    #[must_use]
    pub const fn kind(&self) -> Option<u8> {
        match self {
            Self::Credit { .. } => Some(0x31),
            Self::Refund { .. } => Some(0x33),
            Self::Adjust { .. } => Some(0x35),
            Self::Year { .. } => Some(0x36),
            Self::Open { .. } => Some(0x37),
            Self::Close => Some(0x38),
            Self::Freeze(_) | Self::Unfreeze(_) | Self::Terminate(_) | Self::Reconcile => None,
        }
    }

    /// Whether the card makes an entry of it.
    #[must_use]
    pub const fn makes_an_entry(&self) -> bool {
        self.kind().is_some()
    }
}

/// An order with its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    /// Authority number: greater than every one before on this card.
    pub asn: u32,
    /// What is ordered.
    pub order: Order,
}
