//! One card in the field and nobody else: the air without superposition, but with faults.
//!
//! Without [`Noise`] a frame goes to the card and its answer comes back. With it each frame of
//! either side has a fate. What is late arrives in the next exchange, and not after it: frames of
//! one side never overtake each other, and the answer to a late frame is not late once more. More
//! cannot be, for the numbers of ISO/IEC 14443-4 have one bit: a block that comes two exchanges
//! after its own looks like the one that is awaited. On a real air nothing keeps a frame, and a
//! card that speaks does not listen.

use std::collections::VecDeque;

use super::{Air, Heard};
use crate::{
    link::{
        Application, Fate, Frame, Noise, PiccType,
        picc::{Answer, Picc, timing::frame_fc},
    },
    random::Random,
};

/// A card that is alone in its reader's field.
#[derive(Debug)]
pub struct Alone<A> {
    picc: Picc<A>,
    now_fc: u64,
    noise: Noise,
    late: Option<Late>,
    /// A frame of the reader's that has not reached the card yet.
    to_card: Option<Frame>,
    /// An answer the reader did not wait for.
    to_reader: Option<Frame>,
}

/// What becomes of a late frame in the next exchange. Frames of one side never overtake each other:
/// one of the reader's reaches the card before the next one does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Late {
    /// A late answer, or the answer to a late frame, comes while the reader speaks; it hears
    /// nothing of it.
    Unheard,
    /// It comes before the answer to the reader's next frame. The reader hears the first of two;
    /// the second comes after it has stopped listening, and is late itself.
    Heard,
    /// It comes over the next frame of its side: nobody understands either. If there is none, it
    /// arrives whole.
    Over,
}

impl Late {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unheard, Self::Heard, Self::Over];
}

/// An answer on its way.
struct Sent {
    answer: Answer,
    fate: Fate,
    /// It answers a late frame: it arrives in this exchange or never.
    is_old: bool,
}

/// What reaches the reader: a frame, or noise.
struct Arriving {
    frame: Option<Frame>,
    delay_fc: u64,
    is_old: bool,
}

impl<A: Application> Alone<A> {
    /// Brings a card into a field that is on.
    pub fn new(mut picc: Picc<A>) -> Self {
        picc.field_on();
        let noise = Noise::none();
        Self { picc, now_fc: 0, noise, late: None, to_card: None, to_reader: None }
    }

    /// The same, and frames have their fates from here on. When late ones arrive is drawn.
    #[must_use]
    pub fn with_noise(mut self, noise: Noise) -> Self {
        self.set_noise(noise);
        self
    }

    /// What befalls frames from here on.
    pub fn set_noise(&mut self, noise: Noise) {
        self.noise = noise;
    }

    /// What becomes of all late frames from here on; `None` draws it for each.
    pub fn set_late(&mut self, late: Option<Late>) {
        self.late = late;
    }

    /// The card.
    pub const fn picc(&self) -> &Picc<A> {
        &self.picc
    }

    /// The card, to be changed.
    pub const fn picc_mut(&mut self) -> &mut Picc<A> {
        &mut self.picc
    }

    /// Frames of both sides whose fate was asked for.
    pub const fn frames(&self) -> u64 {
        self.noise.frames()
    }

    /// Switches the field off and on again; nothing is under way any more.
    pub fn restart_field(&mut self) {
        self.picc.field_off();
        (self.to_card, self.to_reader) = (None, None);
        self.picc.field_on();
    }

    /// Takes the card out of the field.
    pub fn into_picc(mut self) -> Picc<A> {
        self.picc.field_off();
        self.picc
    }

    /// What becomes of the late frame that is under way.
    fn what_of_late(&self) -> Late {
        self.late.unwrap_or_else(|| {
            let drawn = Random::new(self.noise.frames()).number();
            Late::ALL.into_iter().nth((drawn % 3) as usize).unwrap_or(Late::Over)
        })
    }

    /// What the card answers to a frame of its reader's that has this fate.
    fn send(&mut self, frame: &Frame, fate: Fate, answers: &mut Vec<Sent>) {
        match fate {
            Fate::Passes => answers.extend(self.hear(frame)),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => answers.extend(self.hear(&damaged(frame, bit))),
            Fate::IsLate => self.to_card = Some(frame.clone()),
            Fate::IsDoubled => {
                answers.extend(self.hear(frame));
                answers.extend(self.hear(frame));
            }
        }
    }

    /// What the card answers to a frame it hears, and what will befall the answer.
    fn hear(&mut self, frame: &Frame) -> Option<Sent> {
        let answer = self.picc.on_frame(self.now_fc, frame)?;
        let fate = self.noise.fate(answer.frame.bits());
        Some(Sent { answer, fate, is_old: false })
    }

    /// The frame of this exchange, and the late one of the last before it.
    fn send_all(&mut self, frame: &Frame, fate: Fate) -> Vec<Sent> {
        let mut answers = Vec::new();
        match (self.to_card.take(), self.what_of_late()) {
            (None, _) => self.send(frame, fate, &mut answers),
            (Some(_), Late::Over) if !matches!(fate, Fate::IsLost | Fate::IsLate) => {
                self.send(frame, Fate::IsDamaged { bit: 0 }, &mut answers);
            }
            (Some(late), what) => {
                self.send(&late, Fate::Passes, &mut answers);
                answers.retain(|_| what != Late::Unheard);
                answers.iter_mut().for_each(|answer| answer.is_old = true);
                self.send(frame, fate, &mut answers);
            }
        }
        answers
    }

    /// What the reader hears first, and when. The newest of what it does not hear is under way
    /// then.
    fn receive_all(&mut self, answers: Vec<Sent>, wait_fc: u64) -> Option<Arriving> {
        let mut arriving = VecDeque::new();
        let mut late = None;
        for Sent { answer: Answer { delay_fc, frame }, fate, is_old } in answers {
            let mut arrive = |frame| arriving.push_back(Arriving { frame, delay_fc, is_old });
            match fate {
                Fate::IsLost => {}
                _ if delay_fc > wait_fc => late = Some(frame).filter(|_| !is_old),
                Fate::IsLate => late = Some(frame).filter(|_| !is_old),
                Fate::Passes => arrive(Some(frame)),
                Fate::IsDamaged { bit } => arrive(Some(damaged(&frame, bit))),
                Fate::IsDoubled => {
                    arrive(Some(frame.clone()));
                    arrive(Some(frame));
                }
            }
        }
        match (self.to_reader.take(), self.what_of_late(), arriving.front_mut()) {
            (None, _, _) | (Some(_), Late::Unheard, _) => {}
            (Some(_), Late::Over, Some(first)) => first.frame = None,
            (Some(early), _, _) => {
                arriving.push_front(Arriving { frame: Some(early), delay_fc: 0, is_old: true });
            }
        }
        let first = arriving.pop_front();
        let behind = arriving.pop_back().filter(|last| !last.is_old);
        self.to_reader = late.or(behind.and_then(|last| last.frame));
        first
    }
}

impl<A: Application> Air for Alone<A> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        self.pause(frame_fc(frame));
        let fate = self.noise.fate(frame.bits());
        let quiet = self.to_card.is_none() && self.to_reader.is_none();
        let answers = if quiet && fate == Fate::Passes {
            match self.hear(frame) {
                // Nothing befalls either: the way without detours.
                Some(Sent { answer: Answer { delay_fc, frame }, fate: Fate::Passes, .. })
                    if delay_fc <= wait_fc =>
                {
                    self.pause(delay_fc.saturating_add(frame_fc(&frame)));
                    return Heard::Frame(frame);
                }
                answer => answer.into_iter().collect(),
            }
        } else {
            self.send_all(frame, fate)
        };
        match self.receive_all(answers, wait_fc) {
            Some(Arriving { frame: Some(frame), delay_fc, .. }) => {
                self.pause(delay_fc.saturating_add(frame_fc(&frame)));
                Heard::Frame(frame)
            }
            Some(Arriving { frame: None, .. }) => {
                self.pause(wait_fc);
                Heard::Noise
            }
            None => {
                self.pause(wait_fc);
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

/// The frame with a bit of its data turned round; with parity bits that shows in them.
fn damaged(frame: &Frame, bit: usize) -> Frame {
    let mut frame = frame.clone();
    let at = bit + usize::from(frame.first_bit);
    if let Some(byte) = frame.bytes.get_mut(at / 8) {
        *byte ^= 1 << (at % 8);
    }
    // The last byte of a frame that ends within it has no parity bit.
    let guarded = at / 8 + 1 < frame.bytes.len() || frame.last_bits == 8;
    frame.intact &= frame.of == PiccType::B || !guarded;
    frame
}

#[cfg(test)]
mod tests;
