//! Several cards in one field: who hears a reader's frame, who answers, and what the reader hears
//! of it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`symbol`] | the codings: a frame as symbols of the air, and back |
//! | `superposition` | what is left of several answers at once |
//! | `listening` | which answers begin while a reader listens, and what befalls them |
//! | `presence` | cards that come and go, their power |
//! | [`search`] | the reader's side: finding every card there is |
//!
//! Invariants:
//! * time never goes back; every answer is on the air where its card began it, however late, and a
//!   reader that sends meanwhile neither stops it nor hears it;
//! * a card hears a frame only when it was powered, ready and silent from the frame's first pause
//!   on and is still there at its end;
//! * nothing passes from one card to another but through what is on the air.
//!
//! What is not modelled: see [`symbol`]. What each card does with a frame is its own,
//! [`Picc`](crate::link::picc::Picc).

mod listening;
mod presence;
pub mod search;
mod superposition;
pub mod symbol;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use crate::link::{
    Application, Fate, Frame, Noise,
    pcd::{Air, Heard},
};
use listening::Spoken;
use presence::{Member, Move};
use superposition::{Expected, Voice};
use symbol::manchester;

/// 5 ms: the longest a card may take until it hears after the field has come on or after a frame
/// of the other type, and to lose its power after the field has gone (ISO/IEC 14443-3:2018, 5.1 to
/// 5.3), in carrier periods.
pub const GUARD_FC: u64 = 67_800;

/// Where a card is in a field: its number, from 0. The number of a card that has been taken out is
/// given to another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub struct Place(pub usize);

/// What the standard leaves to cards and to where they lie; the same for all cards of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// How long a card takes after the field has come on until it hears, at most [`GUARD_FC`].
    pub start_fc: u64,
    /// How long a card keeps its power in a dip of the field, at most [`GUARD_FC`].
    pub hold_fc: u64,
    /// How long a card is deaf after a frame of the other type, at most [`GUARD_FC`]. It keeps its
    /// state.
    pub deaf_fc: u64,
    /// Of cards that answer at the same time only the nearest is heard, the one with the lowest
    /// place: no collision is seen. Real fields do this; how often is not modelled.
    pub captures: bool,
}

/// A field, the cards in it, and the air between them and a reader.
#[derive(Debug)]
pub struct Field<A> {
    now_fc: u64,
    is_on: bool,
    off_since_fc: u64,
    surroundings: Surroundings,
    noise: Noise,
    members: Vec<Option<Member<A>>>,
    /// In the order of time.
    moves: Vec<(u64, Move)>,
    /// Answers on the air or about to be.
    spoken: Vec<Spoken>,
    /// An answer that is to be heard a second time.
    echo: Vec<Spoken>,
    /// What the reader heard last, voice by voice.
    heard: Vec<Spoken>,
    answered: Vec<Place>,
}

impl<A: Application> Default for Field<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Application> Field<A> {
    /// A field without cards, switched off, without noise, at time 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            now_fc: 0,
            is_on: false,
            off_since_fc: 0,
            surroundings: Surroundings::default(),
            noise: Noise::none(),
            members: Vec::new(),
            moves: Vec::new(),
            spoken: Vec::new(),
            echo: Vec::new(),
            heard: Vec::new(),
            answered: Vec::new(),
        }
    }

    /// What befalls frames from now on: a reader's frame is asked for once, and once what the
    /// reader hears after it, if it hears anything.
    pub fn set_noise(&mut self, noise: Noise) {
        self.noise = noise;
    }

    /// Where fates come from.
    #[must_use]
    pub fn noise(&self) -> &Noise {
        &self.noise
    }

    /// What the standard leaves to the cards.
    #[must_use]
    pub const fn surroundings(&self) -> Surroundings {
        self.surroundings
    }

    /// Changes it, for what happens from now on.
    pub fn set_surroundings(&mut self, surroundings: Surroundings) {
        self.surroundings = surroundings;
        self.pass_until(self.now_fc);
    }

    /// Who has answered the last frame, in the order of their places, heard or not.
    #[must_use]
    pub fn answered(&self) -> &[Place] {
        &self.answered
    }

    /// Whose answers were on the air when the reader last listened and not
    /// [masked](Surroundings::captures); noise may have kept them from it all the same.
    pub fn heard_from(&self) -> impl Iterator<Item = Place> + '_ {
        self.heard.iter().map(|spoken| spoken.place)
    }

    /// What was on the air when the reader last listened, as far as it is one answer of Type A or
    /// several at once at 106 kbit/s: the symbols behind the start, parity bits counted, without
    /// the end. Cards that [capture](Surroundings::captures) masks, and noise, are left out.
    #[must_use]
    pub fn on_air(&self) -> Vec<manchester::Symbol> {
        let voices: Vec<Voice<'_>> = self.heard.iter().map(Spoken::voice).collect();
        superposition::behind_start(&voices)
    }

    /// The same as text: 1 and 0 where all that speak agree, C at a collision, - where nobody
    /// speaks.
    #[must_use]
    pub fn on_air_text(&self) -> String {
        self.on_air().iter().map(|symbol| symbol.bit_letter()).collect()
    }

    /// Lets time pass until `to_fc`; cards come and go on the way.
    fn pass_until(&mut self, to_fc: u64) {
        self.move_cards(to_fc);
        self.now_fc = self.now_fc.max(to_fc);
        if !self.is_on && self.now_fc - self.off_since_fc >= self.surroundings.hold_fc {
            self.members.iter_mut().flatten().for_each(Member::lose_power);
        }
        let now_fc = self.now_fc;
        self.spoken.retain(|spoken| spoken.ends_fc() > now_fc);
    }

    /// A reader's frame from now on, and what befalls it. Cards that hear it answer when their
    /// time comes.
    fn send(&mut self, frame: &Frame, wait_fc: u64) {
        let begin_fc = self.now_fc;
        let takes_fc = symbol::reader_takes_fc(frame);
        let end_fc = begin_fc.saturating_add(takes_fc);
        self.answered.clear();
        self.pass_until(end_fc);
        if !self.is_on {
            return;
        }
        match self.noise.fate(frame.bits()) {
            Fate::Passes => self.deliver(frame, begin_fc, end_fc),
            Fate::IsLost => {}
            Fate::IsDamaged { bit } => {
                self.deliver(&symbol::with_bit_turned(frame, bit), begin_fc, end_fc);
            }
            Fate::IsLate => {
                self.deliver(frame, begin_fc, end_fc.saturating_add(wait_fc).saturating_add(1));
            }
            Fate::IsDoubled => {
                let before = self.spoken.len();
                self.deliver(frame, begin_fc, end_fc);
                // What the first copy is answered with is lost under the second one.
                self.spoken.truncate(before);
                self.answered.clear();
                self.members.iter_mut().flatten().for_each(|member| member.speaks_until_fc = 0);
                self.deliver(frame, begin_fc, end_fc.saturating_add(takes_fc));
            }
        }
    }

    /// Brings a frame that began at `begin_fc` and ends at `end_fc` to those who hear it.
    fn deliver(&mut self, frame: &Frame, begin_fc: u64, end_fc: u64) {
        let deaf_until_fc = end_fc.saturating_add(self.surroundings.deaf_fc);
        for (n, member) in self.members.iter_mut().enumerate() {
            let Some(member) = member.as_mut().filter(|member| member.hears(begin_fc)) else {
                continue;
            };
            if member.picc.picc_type() != frame.of {
                member.hears_from_fc = deaf_until_fc;
                continue;
            }
            if let Some(answer) = member.picc.on_frame(end_fc, frame) {
                let start_fc = end_fc.saturating_add(answer.delay_fc);
                let spoken = Spoken::new(Place(n), start_fc, answer.frame);
                member.speaks_until_fc = spoken.ends_fc();
                self.spoken.push(spoken);
                self.answered.push(Place(n));
            }
        }
    }
}

impl<A: Application> Air for Field<A> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        self.send(frame, wait_fc);
        self.listen(wait_fc, Expected::after(frame))
    }

    fn pause(&mut self, fc: u64) {
        self.pass_until(self.now_fc.saturating_add(fc));
    }

    fn now_fc(&self) -> u64 {
        self.now_fc
    }
}
