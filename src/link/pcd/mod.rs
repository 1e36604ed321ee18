//! The reader's side of ISO/IEC 14443 (PCD): what it sends and what it hears.
//!
//! | module | what lives there |
//! |---|---|
//! | [`activation`] | from a field to a session: finding a card, RATS and PPS, ATTRIB |
//! | [`alone`] | one card in the field and nobody else |
//! | [`error`] | how it can end badly |
//! | [`session`] | blocks: commands and answers, recovery, presence, S(DESELECT) |
//! | [`told`] | ATS and ATQB as a reader reads them |

pub mod activation;
pub mod alone;
pub mod error;
pub mod session;
pub mod told;

#[cfg(test)]
mod tests;

pub use activation::{Activated, Options, activate};
pub use alone::Alone;
pub use error::PcdError;
pub use session::{Link, Presence, Session};
pub use told::{Atqb, Ats, ToldError};

use super::Frame;

/// A reader waits this long with the field on and nothing sent before it asks: 5.1 ms, for cards
/// may take 5 until they hear, in carrier periods.
pub const POLL_GUARD_FC: u64 = 69_156;

/// The air between a reader and the cards in its field.
pub trait Air {
    /// Sends a frame and listens until `wait_fc` after its end. Time goes on to the end of what was
    /// heard, or of the waiting.
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard;

    /// Lets time pass with the field on and nothing sent.
    fn pause(&mut self, fc: u64);

    /// Carrier periods since the beginning.
    fn now_fc(&self) -> u64;
}

/// What a reader hears after a frame of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Nothing until the time was over.
    Nothing,
    /// One frame; several cards that said the same at the same time sound like one. Its parity may
    /// be wrong ([`Frame::intact`]), its CRC is not looked at.
    Frame(Frame),
    /// Type A: cards said different things in step. The bits before the first collision are right;
    /// at a collision a 1 stands, and behind it whatever the superposition came to.
    Collision {
        /// What was heard.
        frame: Frame,
        /// Which data bit collided first, from 0 in the order of the air; parity bits do not count.
        at: usize,
    },
    /// Something that is no frame: cards of Type B that spoke at once, or a frame cut short.
    Noise,
}
