//! Every tear of a [`Design`], tried: for a journal, a counter or a PIN of your own.

mod cells;
mod findings;
mod line;
mod search;

pub use crate::nvm::design::{Design, Pulsed, Rig};
pub use findings::{Broken, Finding, Findings};
pub use line::{Act, Leg, Line, LineError};

/// How torn bits behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tears {
    /// A torn bit may read either way, afresh at each read: as real cells do.
    #[default]
    Wavering,
    /// A torn word reads as before the pulse, as after it, or as something in between, and the same
    /// from then on: what most tests of storage assume.
    Stable,
}

/// How far to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exploration {
    /// Tears one behind the other, in changes and in recoveries.
    pub cuts: u32,
    /// Changes one behind the other, in one session or in several, torn or whole.
    pub changes: u32,
    /// How torn bits behave.
    pub tears: Tears,
}

impl Default for Exploration {
    fn default() -> Self {
        Self { cuts: 2, changes: 2, tears: Tears::Wavering }
    }
}

impl Exploration {
    /// Tears `design` in every way.
    #[must_use]
    pub fn run<D: Design>(&self, design: &D) -> Findings {
        search::Search::new(design, *self).run()
    }
}
