//! The timer of the contactless interface, by which a host measures how long a card takes to
//! answer when it starts a frame by hand.
//!
//! It counts from the end of the reader's frame, which lies 64 carrier periods behind the last
//! pause when the last bit is a 1, until five bits of the answer have come, and by this chip's
//! design 49 periods less: so libnfc 1.8.0 takes it, and comes to the frame delay time.

use crate::{
    field::symbol::{card_takes_fc, parity, reader_takes_fc},
    link::{
        Frame,
        pcd::{Air, Heard},
    },
};

/// Five bits of an answer, less what the chip's design takes off.
const COUNTED_MORE_FC: u64 = 5 * 128 - 49;

/// An air on which the time to the first answer is taken.
pub struct Stopwatch<'a, R> {
    air: &'a mut R,
    /// What the timer has counted, in carrier periods; nothing when nobody answered.
    pub counted_fc: Option<u64>,
}

impl<'a, R: Air> Stopwatch<'a, R> {
    /// Nothing is counted yet.
    pub const fn new(air: &'a mut R) -> Self {
        Self { air, counted_fc: None }
    }
}

impl<R: Air> Air for Stopwatch<'_, R> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let begin_fc = self.air.now_fc();
        let heard = self.air.transceive(frame, wait_fc);
        self.counted_fc = match &heard {
            Heard::Frame(answer) | Heard::Collision { frame: answer, .. } => {
                let frames_fc = reader_takes_fc(frame) + card_takes_fc(answer);
                let delay_fc = (self.air.now_fc() - begin_fc).saturating_sub(frames_fc);
                let behind_pause_fc = if parity::last(frame) { 64 } else { 0 };
                Some((delay_fc + COUNTED_MORE_FC).saturating_sub(behind_pause_fc))
            }
            Heard::Nothing | Heard::Noise => None,
        };
        heard
    }

    fn pause(&mut self, fc: u64) {
        self.air.pause(fc);
    }

    fn now_fc(&self) -> u64 {
        self.air.now_fc()
    }
}
