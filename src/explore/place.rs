//! Addresses in words: whose memory it is.

use std::fmt;

use crate::{Card, nvm::layout::Region};

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
    /// A counter's value, by its place on the card.
    Counter(u16),
    /// An address of the engine's own.
    Engine(Region),
}

impl Place {
    /// Whose the address `at` is.
    #[must_use]
    pub fn at(card: &Card, at: u32) -> Self {
        let whose = card.applications().find(|(_, segment)| segment.contains(at));
        whose.map_or_else(
            || Self::Engine(card.layout().region(at)),
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
            Self::Engine(region) => region.fmt(f),
        }
    }
}
