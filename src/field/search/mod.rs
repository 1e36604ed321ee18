//! How a reader finds every card in its field (ISO/IEC 14443-3:2018, 6.5 and 7.7), over any
//! [`Air`](crate::link::pcd::Air).
//!
//! Both loops give one card after the other, each in the state in which it can be halted or
//! activated; whoever drives the loop does one of the two and asks for the next. Each frame is
//! told to an observer, with what was heard and what the reader concludes: that is what a drawing
//! needs.
//!
//! Frames of the reader for each card, HLTA counted, the mean of drawn identifiers (UIDs of seven
//! bytes):
//!
//! | cards | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 |
//! |---|---|---|---|---|---|---|---|---|
//! | Type A | 7.0 | 7.0 | 7.2 | 7.7 | 8.2 | 8.7 | 9.2 | 9.7 |
//! | Type B | 2.0 | 4.9 | 3.8 | 4.5 | 4.7 | 4.8 | 7.4 | 70 |
//!
//! Half a question more when the cards double; slots are drawn by chance, and sixteen are too few
//! for a hundred cards.
//!
//! Every loop is bounded, whatever the cards do. Cards are trusted in nothing: not to be still
//! there, to go quiet when halted, or to mean what they say.

pub mod a;
pub mod b;

pub use crate::link::pcd::POLL_GUARD_FC;
use crate::link::{Frame, pcd::Heard};

/// A frame the reader sent, what it heard, and what it makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a, C> {
    /// What it sent.
    pub sent: &'a Frame,
    /// What it heard.
    pub heard: &'a Heard,
    /// What it makes of that.
    pub concludes: C,
}

/// What finding cards has cost so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Frames the reader has sent.
    pub frames: u64,
    /// Data bits in them.
    pub bits: u64,
}

impl Cost {
    fn count(&mut self, frame: &Frame) {
        self.frames += 1;
        self.bits += frame.bits() as u64;
    }
}

/// The loop has tried as often as it may and does not know whether there are more cards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the anticollision loop has tried as often as it may")]
pub struct GaveUp;
