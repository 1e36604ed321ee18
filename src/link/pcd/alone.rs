//! One card in the field and nobody else: the air without superposition.

use super::{Air, Heard};
use crate::link::{
    Application, Frame, Noise,
    picc::{Picc, timing::frame_fc},
};

/// A card that is alone in its reader's field.
#[derive(Debug)]
pub struct Alone<A> {
    picc: Picc<A>,
    now_fc: u64,
    noise: Noise,
}

impl<A: Application> Alone<A> {
    /// Brings a card into a field that is on.
    pub fn new(mut picc: Picc<A>) -> Self {
        picc.field_on();
        Self { picc, now_fc: 0, noise: Noise::none() }
    }

    /// The same, and frames have their fates from here on.
    #[must_use]
    pub fn with_noise(self, noise: Noise) -> Self {
        Self { noise, ..self }
    }

    /// What befalls frames from here on.
    pub fn set_noise(&mut self, noise: Noise) {
        self.noise = noise;
    }

    /// The card.
    pub const fn picc(&self) -> &Picc<A> {
        &self.picc
    }

    /// The card, to be changed.
    pub const fn picc_mut(&mut self) -> &mut Picc<A> {
        &mut self.picc
    }

    /// Takes the card out of the field.
    pub fn into_picc(mut self) -> Picc<A> {
        self.picc.field_off();
        self.picc
    }
}

impl<A: Application> Air for Alone<A> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        self.now_fc = self.now_fc.saturating_add(frame_fc(frame));
        match self.picc.on_frame(self.now_fc, frame) {
            Some(answer) if answer.delay_fc <= wait_fc => {
                let end_fc = answer.delay_fc + frame_fc(&answer.frame);
                self.now_fc = self.now_fc.saturating_add(end_fc);
                Heard::Frame(answer.frame)
            }
            _ => {
                self.now_fc = self.now_fc.saturating_add(wait_fc);
                Heard::Nothing
            }
        }
    }

    fn pause(&mut self, fc: u64) {
        self.now_fc = self.now_fc.saturating_add(fc);
    }

    fn now_fc(&self) -> u64 {
        self.now_fc
    }
}
