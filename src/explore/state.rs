//! What must survive a tear: the applets' segments and the counters; and what is wrong when it has
//! not.

use std::fmt;

use tessera_framework::StatusWord;

use crate::{
    Card,
    nvm::{Counters, layout::Region},
    os::steps::{Change, Step},
};

/// Everything of a card that applets can read again after power was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) segments: Vec<u8>,
    counters: Vec<u32>,
}

impl State {
    /// What a settled card holds.
    pub(super) fn of(card: &Card) -> Self {
        let (eeprom, layout) = (card.eeprom(), card.layout());
        let counters = Counters::new(layout);
        Self {
            segments: eeprom.cells()[layout.segments as usize..].to_vec(),
            counters: (0..layout.counter_count).map(|n| counters.get(eeprom, n)).collect(),
        }
    }

    /// This, and what an applet was told is solid.
    pub(super) fn after(&self, card: &Card, step: &Step) -> Self {
        let mut after = self.clone();
        for change in &step.changes {
            match change {
                Change::Store { at, bytes, .. } | Change::Raw { at, bytes } => {
                    let at = (at - card.layout().segments) as usize;
                    after.segments[at..at + bytes.len()].copy_from_slice(bytes);
                }
                Change::Count { number, value } => after.counters[usize::from(*number)] = *value,
            }
        }
        after
    }

    /// `Ok` when this is `old` or `new`, whole.
    pub(super) fn is_one_of(&self, card: &Card, old: &Self, new: &Self) -> Result<(), Broken> {
        if self == old || self == new {
            return Ok(());
        }
        let mut still_old = None;
        let mut already_new = None;
        for (i, ((got, old), new)) in self.values().zip(old.values()).zip(new.values()).enumerate()
        {
            let place = || self.place(card, i);
            if got != old && got != new {
                return Err(Broken::Foreign { place: place(), got, old, new });
            }
            if old != new && got == old {
                still_old = still_old.or_else(|| Some(place()));
            } else if old != new {
                already_new = already_new.or_else(|| Some(place()));
            }
        }
        match (still_old, already_new) {
            (Some(old), Some(new)) => Err(Broken::Mix { old, new }),
            _ => Ok(()),
        }
    }

    fn values(&self) -> impl Iterator<Item = u32> {
        self.segments.iter().map(|&byte| byte.into()).chain(self.counters.iter().copied())
    }

    fn place(&self, card: &Card, i: usize) -> Place {
        if i >= self.segments.len() {
            return Place::Counter(i - self.segments.len());
        }
        Place::at(card, card.layout().segments + i as u32)
    }
}

/// Indeterminate bits that the card's next reads could meet.
pub(super) fn indeterminate_live_bits(card: &Card) -> Result<(), Broken> {
    let (eeprom, layout) = (card.eeprom(), card.layout());
    let counters = Counters::new(layout);
    let live = |at: u32| {
        at >= layout.segments
            || matches!(layout.region(at), Region::Marker { .. })
            || counters.hang_on(eeprom, at)
    };
    match eeprom.torn().iter().find(|byte| live(byte.at)) {
        Some(byte) => Err(Broken::Indeterminate { place: Place::at(card, byte.at) }),
        None => Ok(()),
    }
}

/// Somewhere in a card's memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// An offset in an application's segment.
    Segment {
        /// The application.
        application: String,
        /// The offset.
        offset: u32,
    },
    /// A counter, by its place on the card.
    Counter(usize),
    /// An address outside the applications' segments.
    Address(u32),
}

impl Place {
    fn at(card: &Card, at: u32) -> Self {
        card.applications().find(|(_, segment)| (segment.base..segment.end()).contains(&at)).map_or(
            Self::Address(at),
            |(with, segment)| Self::Segment {
                application: with.name.clone(),
                offset: at - segment.base,
            },
        )
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment { application, offset } => write!(f, "{application} offset {offset}"),
            Self::Counter(n) => write!(f, "counter {n}"),
            Self::Address(at) => write!(f, "address {at}"),
        }
    }
}

/// A promise the card did not keep.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Broken {
    /// Atomic: a change was done in part.
    #[error("a mix: {old} is still old, {new} already new")]
    Mix {
        /// Where the old value still stands.
        old: Place,
        /// Where the new value stands.
        new: Place,
    },
    /// Atomic, and outside untouched: a value that was never stored.
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
    /// Atomic: the command makes its change in more transactions than it may.
    #[error("the command changes memory in {got} transactions, expected at most {expected}")]
    Transactions {
        /// How many it takes.
        got: usize,
        /// How many it may.
        expected: usize,
    },
    /// Decided once: a later power-up came to another result.
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
    /// Bounded recovery.
    #[error("recovery took {got} pulses, expected at most {expected}")]
    Recovery {
        /// Pulses it took.
        got: u64,
        /// The bound.
        expected: u64,
    },
    /// Honest status (ISO/IEC 7816-4:2020, 5.6): memory changed under a status word that denies it.
    #[error("memory has changed, and the status word {0} says that it has not")]
    Status(StatusWord),
    /// There was no answer although no tear was due, or one although a tear was.
    #[error("power failed where no tear was due, or a tear that was due did not come")]
    Power,
}
