//! Every tear of a [`Design`], tried: for a journal, a counter or a PIN of your own.
//!
//! [`explore`](super) tears whole cards, command by command. This is one level below: ways of
//! keeping a value in memory that tears, without a card around them, at a million schedules a
//! second and more, so that four tears one behind the other are tried in no time.
//!
//! # Bring your own
//!
//! Say how your design is formatted, settled, read and changed; the exploration does the rest. This
//! one keeps a byte where it stands, and is found out:
//!
//! ```
//! use tessera::explore::design::{Broken, Design, Exploration, Pulsed, Rig};
//! use tessera::nvm::{Geometry, Memory};
//!
//! struct InPlace;
//!
//! impl Design for InPlace {
//!     type Ram = ();
//!     type Value = u8;
//!
//!     fn geometry(&self) -> Geometry {
//!         Geometry::part("byte").unwrap()
//!     }
//!     fn bytes(&self) -> u32 {
//!         1
//!     }
//!     fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
//!         memory.write(0, &[40])
//!     }
//!     fn settle<M: Memory>(&self, _: &mut M, _: &mut ()) -> Pulsed {
//!         Ok(())
//!     }
//!     fn value<M: Memory>(&self, memory: &mut M, _: &()) -> u8 {
//!         memory.read_array::<1>(0)[0]
//!     }
//!     fn change<R: Rig>(&self, rig: &mut R, _: &mut (), _step: u32) -> Pulsed {
//!         let [byte] = rig.read_array(0);
//!         rig.write(0, &[byte + 1])
//!     }
//!     fn after(&self, value: &u8, _step: u32) -> u8 {
//!         value + 1
//!     }
//! }
//!
//! let findings = Exploration::default().run(&InPlace);
//! let smallest = findings.smallest().unwrap();
//! assert_eq!(smallest.broken, Broken::FoulRead);
//! assert_eq!(smallest.line.to_string(), "change cut 1 | on");
//! ```
//!
//! The journals and counters of [`textbook`] are written down as orders
//! of acts: another order is one line, and is judged as fast.
//!
//! # Method
//!
//! A change or a power-up is run once, and the state in which a tear in each of its pulses leaves
//! memory is kept. A torn pulse leaves its bits *indeterminate*, so one state stands for every
//! subset of them and for bits that waver: of `n` bits, 3 to the power of `n` outcomes. Each state
//! is powered up, with every combination of what the words in doubt are read as, and that power-up
//! is torn in turn; where it completes, the next change is made, and torn. A schedule is one such
//! path to its end: two more power-ups that must change nothing.
//!
//! # Judgement
//!
//! After a power-up that completes the value is the one before the change that was torn or the one
//! after it; after a change that was not torn, the one after it. It stays so over later power-ups,
//! torn or not, until the next change. No read outside a decision meets a bit in doubt, and the
//! value hangs on none. Uses that were made and tries that are left are never more than there were
//! tries. See [`Broken`].
//!
//! Why that is complete: a power-up is a function of the stable bits and of the decisions; that no
//! foul read is found shows that it hung on nothing else.

mod cells;
mod contract;
pub mod engine;
mod findings;
mod line;
#[cfg(test)]
mod mutants;
mod replay;
mod search;
pub mod textbook;

pub use contract::{Design, Pulsed, Rig};
pub use findings::{Broken, Finding, Findings};
pub use line::{Act, Leg, Line, LineError};
pub use replay::{Event, Replay, ReplayedLeg, replay};

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
    ///
    /// # Panics
    /// What the design itself does: it reaches beyond its [`bytes`](Design::bytes), or cannot be
    /// formatted.
    #[must_use]
    pub fn run<D: Design>(&self, design: &D) -> Findings {
        search::Search::new(design, *self).run()
    }
}
