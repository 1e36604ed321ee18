//! The promises, as what is said when one is not kept.

use std::fmt;

use tessera_framework::StatusWord;

use super::{Place, Schedule};
use crate::card::PersonaliseError;

/// A promise that was not kept, and the run that shows it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{broken}\n  {schedule}")]
pub struct Failure {
    /// What went wrong.
    #[source]
    pub broken: Broken,
    /// How to see it again: [`Explorer::replay`](super::Explorer::replay), or the command
    /// `tessera tear` with this as a line.
    pub schedule: Box<Schedule>,
}

/// As it is displayed: a failed `unwrap` shows the line that runs again.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Failure {
    pub(super) fn new(broken: Broken, schedule: &Schedule) -> Self {
        Self { broken, schedule: Box::new(schedule.clone()) }
    }
}

/// A promise the card did not keep; or why it could not be asked to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// P1 atomic: a change was done in part.
    #[error("a mix: {old} is still old, {new} already new")]
    Mix {
        /// Where the old value still stands.
        old: Place,
        /// Where the new value stands.
        new: Place,
    },
    /// P1 atomic and P4 outside untouched: a value that was never stored.
    #[error("{place} holds {got:X}, neither the old {old:X} nor the new {new:X}")]
    Foreign {
        /// Where.
        place: Place,
        /// What is there.
        got: u32,
        /// What was there before the change that was torn.
        old: u32,
        /// What the change was to put there.
        new: u32,
    },
    /// P1 atomic: the command makes its change in more transactions than it may.
    #[error("the command changes memory in {got} transactions, expected at most {expected}")]
    Transactions {
        /// How many it takes.
        got: usize,
        /// How many it may.
        expected: usize,
    },
    /// P1 atomic: between the parts in which the command makes its change, a terminal sees neither
    /// what was there before nor what is there after.
    #[error(
        "when {part} of {parts} parts are done, {command} is answered {answer}, as neither before \
         nor after",
        command = hex::encode_upper(command),
        answer = hex::encode_upper(answer)
    )]
    InPart {
        /// Parts that are done.
        part: usize,
        /// All of them.
        parts: usize,
        /// What the terminal sends.
        command: Vec<u8>,
        /// What it is answered.
        answer: Vec<u8>,
    },
    /// P2 durable: what an applet was told is solid is gone.
    #[error("{place} is as it was before a change that was complete")]
    Lost {
        /// Where it can be seen first.
        place: Place,
    },
    /// P3 decided once: a later power-up came to another result.
    #[error("a later power-up changed its mind")]
    DecidedAgain,
    /// A result hangs on an indeterminate bit that was read outside a decision.
    #[error("{0} foul reads of indeterminate bits")]
    FoulReads(u64),
    /// Power-up left data in doubt.
    #[error("{place} is still indeterminate after power-up")]
    Indeterminate {
        /// Where.
        place: Place,
    },
    /// P6 honest status (ISO/IEC 7816-4:2020, 5.6): memory changed under a status word that denies
    /// it.
    #[error("memory has changed, and the status word {0} says that it has not")]
    Status(StatusWord),
    /// P7 bounded recovery.
    #[error("recovery took {got} pulses, expected at most {expected}")]
    Recovery {
        /// Pulses it took.
        got: u64,
        /// The bound.
        expected: u64,
    },
    /// P8 wear.
    #[error("{place} is erased {got} times, expected at most {expected}")]
    Wear {
        /// The unit.
        place: Place,
        /// How often.
        got: u32,
        /// How often it may be.
        expected: u32,
    },
    /// P10 forgetting: a copy of a secret outlives its transaction.
    #[error("{place} has a copy of a secret")]
    Secret {
        /// Where the copy begins.
        place: Place,
    },
    /// P7 bounded recovery: a part in good health must not be told dead.
    #[error("the card is dead: its memory cannot be settled")]
    Dead,
    /// P9 nothing hidden: a card with this one's memory, profile, random source and clock is
    /// another one after power-up.
    #[error("after power-up the card differs from a fresh one with its memory")]
    Hidden,
    /// There was no answer although no tear was due, or a power-up failed untorn.
    #[error("power failed where no tear was due")]
    Power,
    /// A schedule is not of this card.
    #[error("part {part} of the line does not fit the card: expected {expected}, got {got}")]
    Misfit {
        /// Which part, from 1.
        part: usize,
        /// What would.
        expected: String,
        /// What is there.
        got: String,
    },
    /// There is no card around the applet.
    #[error("no card to explore: {0}")]
    Card(#[from] PersonaliseError),
}

impl Broken {
    /// Which property it is that was promised.
    #[must_use]
    pub const fn property(&self) -> &'static str {
        match self {
            Self::Mix { .. } | Self::Transactions { .. } | Self::InPart { .. } => "P1 atomic",
            Self::Lost { .. } => "P2 durable",
            Self::DecidedAgain => "P3 decided once",
            Self::Foreign { .. } => "P1 atomic, P4 outside untouched",
            Self::FoulReads(_) => "N5 no foul read",
            Self::Indeterminate { .. } => "N5 nothing left in doubt",
            Self::Status(_) => "P6 honest status",
            Self::Recovery { .. } | Self::Dead => "P7 bounded recovery",
            Self::Wear { .. } => "P8 wear",
            Self::Secret { .. } => "P10 forgetting",
            Self::Hidden => "P9 nothing hidden",
            Self::Power => "power",
            Self::Misfit { .. } => "the line",
            Self::Card(_) => "the card",
        }
    }
}
