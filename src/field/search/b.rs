//! The anticollision loop of Type B (ISO/IEC 14443-3:2018, 7.7): slots, drawn by the cards.
//!
//! A round is a request with a number of slots N and a Slot-MARKER for each slot but the first. A
//! card that is alone in its slot is heard; several in one are noise, and wait for another round.
//! When a round has had nothing but collisions there are too few slots, and N doubles, up to 16.
//!
//! What a round finds is chance, so the bound is in rounds. With 16 slots a round finds about
//! n·(15/16)^(n-1) of n cards: six of 16, one of 64. Far beyond that it finds none.
//!
//! * When is the loop done? Without [`until_silent`](Options::until_silent) after a round without a
//!   collision, as readers do; it misses a card that another one masked, and one that does not know
//!   Slot-MARKERs and drew another slot than the first. With it, after a round with one slot, where
//!   everybody must answer, in which nobody does.
//! * Two cards with the same PUPI answer HLTB at once: noise, and both are halted.

use std::fmt;

use super::{Cost, GaveUp, POLL_GUARD_FC, Step};
use crate::link::{
    Frame, PiccType,
    pcd::{Air, Atqb, Heard},
    picc::sizes::DELTA_FWT_FC,
};

/// ATQB begins at most 4096 after the request, with TR1 of 3200; some margin.
const WAIT_FC: u64 = 7680;
/// The shortest TR2, from the end of an answer to the next frame; an ATQB can ask for more.
const TR2_FC: u64 = 1792;

/// APf of a request and APn of the Slot-MARKER of slot 1.
const APF: u8 = 0x05;
/// The first byte of HLTB.
const HLTB: u8 = 0x50;

/// How the loop goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Which applications are asked for; 00 all.
    pub afi: u8,
    /// Slots of the first round: 1, 2, 4, 8 or 16, by their code 0 to 4.
    pub slots_code: u8,
    /// The request is WUPB: halted cards are woken too.
    pub wakes: bool,
    /// Cards may send the extended ATQB.
    pub extended: bool,
    /// It goes on until a round with one slot is silent.
    pub until_silent: bool,
    /// How many rounds it takes at most.
    pub rounds_max: u16,
    /// How often HLTB is sent to a card that does not answer it.
    pub tries: u8,
    /// How long the carrier is on, and silent, before the first request, in carrier periods.
    pub guard_fc: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            afi: 0,
            slots_code: 0,
            wakes: false,
            extended: false,
            until_silent: false,
            rounds_max: 512,
            tries: 3,
            guard_fc: POLL_GUARD_FC,
        }
    }
}

/// What the reader makes of what it heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concludes {
    /// Nobody is in this slot.
    Nobody {
        /// From 1.
        slot: u8,
    },
    /// One card is.
    Declared {
        /// From 1.
        slot: u8,
        /// Its PUPI.
        pupi: [u8; 4],
    },
    /// Several are, or one and damage.
    Collision {
        /// From 1.
        slot: u8,
    },
    /// It has answered HLTB.
    Halted,
    /// It has not.
    NotHalted,
}

impl fmt::Display for Concludes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody { slot } => write!(f, "slot {slot}: nobody"),
            Self::Declared { slot, pupi: [a, b, c, d] } => {
                write!(f, "slot {slot}: {a:02X}{b:02X}{c:02X}{d:02X}")
            }
            Self::Collision { slot } => write!(f, "slot {slot}: several at once"),
            Self::Halted => f.write_str("halted"),
            Self::NotHalted => f.write_str("not halted"),
        }
    }
}

/// The loop, at work on an air.
#[derive(Debug)]
pub struct Search<'a, R, O> {
    air: &'a mut R,
    options: Options,
    observe: O,
    cost: Cost,
    rounds: u16,
    round: Option<Round>,
    slots_code: u8,
}

/// A round that is not over.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// The last slot that was asked, from 1; 0 before the request.
    slot: u8,
    has_found: bool,
    has_collided: bool,
}

impl<'a, R: Air, O: FnMut(&R, Step<'_, Concludes>)> Search<'a, R, O> {
    /// A loop that tells `observe` each step, and what the air is after it.
    pub fn new(air: &'a mut R, options: Options, observe: O) -> Self {
        let slots_code = options.slots_code.min(4);
        Self { air, options, observe, cost: Cost::default(), rounds: 0, round: None, slots_code }
    }

    /// The air, to activate a card on.
    pub fn air(&mut self) -> &mut R {
        self.air
    }

    /// What it has cost so far.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// Rounds it has begun.
    #[must_use]
    pub const fn rounds(&self) -> u16 {
        self.rounds
    }

    /// The next card that declares itself alone; none when nobody is left.
    ///
    /// # Errors
    /// [`GaveUp`] when it has taken all the rounds it may.
    pub fn next_card(&mut self) -> Result<Option<Atqb>, GaveUp> {
        if self.rounds == 0 {
            self.air.pause(self.options.guard_fc);
            self.begin_round()?;
        }
        loop {
            let Some(mut round) = self.round else { return Ok(None) };
            if round.slot == 1 << self.slots_code {
                self.end_round(round)?;
                continue;
            }
            round.slot += 1;
            let found = self.slot(&mut round);
            self.round = Some(round);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Sends HLTB to a card that has declared itself; true when it answers.
    pub fn halt(&mut self, card: &Atqb) -> bool {
        let [a, b, c, d] = card.pupi;
        let frame = Frame::with_crc(PiccType::B, &[HLTB, a, b, c, d]);
        for _ in 0..self.options.tries {
            self.cost.count(&frame);
            let heard = self.air.transceive(&frame, card.fwt_fc() + DELTA_FWT_FC);
            let is_halted = match &heard {
                Heard::Frame(frame) => frame.checked() == Some(&[0x00]),
                _ => false,
            };
            let concludes = if is_halted { Concludes::Halted } else { Concludes::NotHalted };
            self.tell(&frame, &heard, concludes);
            if heard != Heard::Nothing {
                self.air.pause(card.tr2_fc());
            }
            if is_halted {
                return true;
            }
        }
        false
    }

    fn tell(&mut self, sent: &Frame, heard: &Heard, concludes: Concludes) {
        (self.observe)(self.air, Step { sent, heard, concludes });
    }

    fn begin_round(&mut self) -> Result<(), GaveUp> {
        if self.rounds >= self.options.rounds_max {
            return Err(GaveUp);
        }
        self.rounds += 1;
        self.round = Some(Round { slot: 0, has_found: false, has_collided: false });
        Ok(())
    }

    /// Whether there is another round, and with how many slots.
    fn end_round(&mut self, round: Round) -> Result<(), GaveUp> {
        match round {
            Round { has_collided: true, has_found: true, .. } => {}
            Round { has_collided: true, .. } => self.slots_code = (self.slots_code + 1).min(4),
            // With one slot all who are left must answer.
            Round { has_found, .. }
                if self.options.until_silent && (has_found || self.slots_code > 0) =>
            {
                self.slots_code = 0;
            }
            _ => {
                self.round = None;
                return Ok(());
            }
        }
        self.begin_round()
    }

    /// Asks a slot.
    fn slot(&mut self, round: &mut Round) -> Option<Atqb> {
        let Options { afi, wakes, extended, .. } = self.options;
        let frame = match round.slot {
            0 | 1 => {
                let param = u8::from(extended) << 4 | u8::from(wakes) << 3 | self.slots_code;
                Frame::with_crc(PiccType::B, &[APF, afi, param])
            }
            slot => Frame::with_crc(PiccType::B, &[(slot - 1) << 4 | APF]),
        };
        self.cost.count(&frame);
        let heard = self.air.transceive(&frame, WAIT_FC);
        let found = match &heard {
            Heard::Frame(frame) => frame.checked().and_then(|bytes| Atqb::parse(bytes).ok()),
            _ => None,
        };
        let slot = round.slot;
        let concludes = match (&found, &heard) {
            (Some(found), _) => Concludes::Declared { slot, pupi: found.pupi },
            (None, Heard::Nothing) => Concludes::Nobody { slot },
            (None, _) => Concludes::Collision { slot },
        };
        self.tell(&frame, &heard, concludes);
        round.has_found |= found.is_some();
        round.has_collided |= matches!(concludes, Concludes::Collision { .. });
        if heard != Heard::Nothing {
            self.air.pause(found.as_ref().map_or(TR2_FC, Atqb::tr2_fc));
        }
        found
    }
}

/// Finds every card there is and halts each; at most `cards_max`.
///
/// # Errors
/// [`GaveUp`] when rounds, or patience with a card that does not stay halted, are at an end. What
/// was found by then is in `found`.
pub fn find_all<R: Air>(
    air: &mut R,
    options: Options,
    cards_max: usize,
    found: &mut Vec<Atqb>,
    observe: impl FnMut(&R, Step<'_, Concludes>),
) -> Result<Cost, GaveUp> {
    let mut search = Search::new(air, options, observe);
    while found.len() < cards_max {
        let Some(card) = search.next_card()? else { return Ok(search.cost()) };
        search.halt(&card);
        if !found.iter().any(|other| other.pupi == card.pupi) {
            found.push(card);
        }
    }
    Ok(search.cost())
}

#[cfg(test)]
mod tests;
