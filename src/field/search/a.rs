//! The anticollision loop of Type A (ISO/IEC 14443-3:2018, 6.5.3): bit by bit, down to one card.
//!
//! The reader asks who is there, then for the identifier, level by level. Where answers collide it
//! goes on with those that have a 1 there; every collision leaves fewer cards, so at most 32 of
//! them lie in a level and at most as many as there are other cards. The cards it goes past are in
//! IDLE again, so each card needs a request of its own.
//!
//! * After a choice nobody answers: the one who did is gone, or was masked. The reader asks again,
//!   takes the way up to the choice, and tries the other bit.
//! * Anything else that is no answer: it begins again from the request, so often and no more. The
//!   cards may be in READY then, so a silent request does not say that nobody is left.
//! * Two cards with the same UID cannot be told apart: they are found as one, and halted as one.
//!   When their SAKs differ the reader sees that they are [twins](Found::are_twins).

use std::fmt;

use super::{Cost, GaveUp, POLL_GUARD_FC, Step};
use crate::link::{
    Frame, PiccType,
    pcd::{Air, Heard},
    picc::uid::CASCADE_TAG,
};

/// A card answers in step with the others 1172 or 1236 after the frame; some bits are allowed for.
const WAIT_FC: u64 = 1236 + 4 * 128;
/// From the starts of a request to that of the next one at least (ISO/IEC 14443-3:2018, 6.2.2).
const REQUEST_GUARD_FC: u64 = 7000;
/// From the end of an answer to the next frame at least (ISO/IEC 14443-3:2018, 6.2.1.2).
const FRAME_DELAY_FC: u64 = 1172;
/// HLTA has been taken when nothing comes within 1 ms (ISO/IEC 14443-3:2018, 6.4.4).
const HALT_WAIT_FC: u64 = 13_560;

const REQA: u8 = 0x26;
const WUPA: u8 = 0x52;
/// SEL of the three cascade levels.
const SEL: [u8; 3] = [0x93, 0x95, 0x97];
/// SAK b3: the UID is not complete.
const SAK_CASCADE: u8 = 0x04;
/// SAK b6: the card speaks ISO/IEC 14443-4.
const SAK_PART_4: u8 = 0x20;

/// How the loop goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// The request is WUPA: halted cards are woken too. Each card is then found again after it was
    /// halted, unless it was activated.
    pub wakes: bool,
    /// How often the way to one card is taken anew before the loop gives up.
    pub tries: u8,
    /// How many requests in a row must stay unanswered until nobody is there; three at least after
    /// a way that ended in nothing. On a noisy air three: when an ATQA is lost the cards are in
    /// READY, and the next request sends them to IDLE, where only the one after it is answered.
    pub silent_requests: u8,
    /// How long the carrier is on, and silent, before the first request, in carrier periods.
    pub guard_fc: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { wakes: false, tries: 8, silent_requests: 1, guard_fc: POLL_GUARD_FC }
    }
}

/// A card that is selected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// 4, 7 or 10 bytes, without cascade tags.
    pub uid: Vec<u8>,
    /// The last SAK.
    pub sak: u8,
    /// Each level began with the cascade tag just when its SAK said that more follows. If not, the
    /// SAK was believed, and the UID has all four bytes of that level.
    pub agrees: bool,
    /// Cards have the same UID and answered the last SELECT differently.
    pub are_twins: bool,
}

impl Found {
    /// It can be activated with RATS.
    #[must_use]
    pub const fn speaks_part_4(&self) -> bool {
        self.sak & SAK_PART_4 != 0
    }
}

/// What the reader makes of what it heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concludes {
    /// Nobody answers.
    Nobody,
    /// Somebody is there; the ATQA, low byte first.
    Somebody([u8; 2]),
    /// Several are there, for their ATQAs differ.
    Several,
    /// At bit `bit` of cascade level `level`, from 0, cards differ; it goes on with those that have
    /// `with` there.
    Collision {
        /// 1 to 3.
        level: u8,
        /// 0 to 31.
        bit: u8,
        /// The bit it has chosen.
        with: bool,
    },
    /// The whole of a cascade level is known.
    Level {
        /// 1 to 3.
        level: u8,
        /// Its four bytes, a cascade tag counted.
        bytes: [u8; 4],
    },
    /// A level is selected, and more follow.
    More {
        /// The level that is selected, 1 or 2.
        level: u8,
    },
    /// A card is selected.
    Selected,
    /// Cards with the same UID are selected.
    Twins,
    /// It stays silent: halted.
    Halted,
    /// It does not stay silent.
    NotHalted,
    /// No answer that makes sense.
    Damaged,
}

impl fmt::Display for Concludes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Somebody([low, high]) => write!(f, "somebody, ATQA {low:02X}{high:02X}"),
            Self::Several => f.write_str("several"),
            Self::Collision { level, bit, with } => {
                write!(f, "CL{level} bit {bit} collides, on with {}", u8::from(*with))
            }
            Self::Level { level, bytes: [a, b, c, d] } => {
                write!(f, "CL{level} is {a:02X}{b:02X}{c:02X}{d:02X}")
            }
            Self::More { level } => write!(f, "CL{level} selected, more follows"),
            Self::Selected => f.write_str("selected"),
            Self::Twins => f.write_str("several with one UID"),
            Self::Halted => f.write_str("halted"),
            Self::NotHalted => f.write_str("not halted"),
            Self::Damaged => f.write_str("damaged"),
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
    has_begun: bool,
    /// When the next request may start.
    request_from_fc: u64,
}

/// How far the way to one card goes.
enum Way {
    Selected(Found),
    /// Nobody answers the request.
    Nobody,
    /// It ends in nothing.
    Lost,
}

/// What is known of a level.
#[derive(Clone, Copy, Default)]
struct Known {
    /// UID and BCC, the first bit lowest.
    bits: u64,
    count: u8,
}

impl<'a, R: Air, O: FnMut(&R, Step<'_, Concludes>)> Search<'a, R, O> {
    /// A loop that tells `observe` each step, and what the air is after it.
    pub fn new(air: &'a mut R, options: Options, observe: O) -> Self {
        let (cost, has_begun, request_from_fc) = (Cost::default(), false, 0);
        Self { air, options, observe, cost, has_begun, request_from_fc }
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

    /// Finds a card and selects it; none when there is nobody.
    ///
    /// # Errors
    /// [`GaveUp`] when somebody is there and cannot be selected.
    pub fn next_card(&mut self) -> Result<Option<Found>, GaveUp> {
        if !self.has_begun {
            self.air.pause(self.options.guard_fc);
            self.has_begun = true;
        }
        let (mut lost, mut silent) = (0, 0);
        loop {
            // A card whose answer was lost may still be sending when the next request comes, and
            // the one after that takes it from READY to IDLE: both are silent, and it is there.
            let least = if lost > 0 { 3 } else { 1 };
            match self.way() {
                Way::Selected(found) => return Ok(Some(found)),
                Way::Nobody if silent + 1 >= self.options.silent_requests.max(least) => {
                    return Ok(None);
                }
                Way::Nobody => silent += 1,
                Way::Lost if lost + 1 >= self.options.tries => return Err(GaveUp),
                Way::Lost => (lost, silent) = (lost + 1, 0),
            }
        }
    }

    /// Sends HLTA to the card that is selected; true when it stays silent.
    pub fn halt(&mut self) -> bool {
        let frame = Frame::with_crc(PiccType::A, &[0x50, 0x00]);
        let heard = self.ask(&frame, HALT_WAIT_FC);
        let is_silent = heard == Heard::Nothing;
        let concludes = if is_silent { Concludes::Halted } else { Concludes::NotHalted };
        self.tell(&frame, &heard, concludes);
        is_silent
    }

    fn ask(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        self.cost.count(frame);
        let heard = self.air.transceive(frame, wait_fc);
        if heard != Heard::Nothing {
            self.air.pause(FRAME_DELAY_FC);
        }
        heard
    }

    fn tell(&mut self, sent: &Frame, heard: &Heard, concludes: Concludes) {
        (self.observe)(self.air, Step { sent, heard, concludes });
    }

    /// REQA or WUPA; true when somebody answers.
    fn request(&mut self) -> bool {
        let now_fc = self.air.now_fc();
        self.air.pause(self.request_from_fc.saturating_sub(now_fc));
        self.request_from_fc = self.air.now_fc().saturating_add(REQUEST_GUARD_FC);
        let frame = Frame::short(if self.options.wakes { WUPA } else { REQA });
        let heard = self.ask(&frame, WAIT_FC);
        let concludes = match &heard {
            Heard::Nothing => Concludes::Nobody,
            Heard::Frame(Frame { bytes, intact: true, last_bits: 8, .. }) => match bytes[..] {
                [low, high] => Concludes::Somebody([low, high]),
                _ => Concludes::Damaged,
            },
            // Whatever came, somebody is there.
            Heard::Collision { .. } => Concludes::Several,
            Heard::Frame(_) | Heard::Noise => Concludes::Damaged,
        };
        self.tell(&frame, &heard, concludes);
        heard != Heard::Nothing
    }

    /// The way from a request to a card.
    fn way(&mut self) -> Way {
        if !self.request() {
            return Way::Nobody;
        }
        let mut levels: Vec<[u8; 5]> = Vec::with_capacity(3);
        let (mut uid, mut agrees) = (Vec::with_capacity(10), true);
        for level in 1..=3_u8 {
            let Some(answer) = self.resolve(&levels) else { return Way::Lost };
            let Some((sak, are_twins)) = self.select(level, answer) else { return Way::Lost };
            levels.push(answer);
            let [first, rest @ .., _] = answer;
            let (says_more, is_tagged) = (sak & SAK_CASCADE != 0, first == CASCADE_TAG);
            agrees &= says_more == is_tagged;
            if !(says_more && is_tagged) {
                uid.push(first);
            }
            uid.extend_from_slice(&rest);
            if !says_more {
                return Way::Selected(Found { uid, sak, agrees, are_twins });
            }
        }
        Way::Lost
    }

    /// Comes to one answer of the level behind `levels`, which are selected.
    fn resolve(&mut self, levels: &[[u8; 5]]) -> Option<[u8; 5]> {
        let level = levels.len() as u8 + 1;
        let mut known = Known::default();
        // The last choice can still be taken back.
        let mut chose = false;
        // A choice for each of 32 bits, and for each the other one.
        for _ in 0..=2 * 32 {
            let frame = known.frame(level)?;
            let heard = self.ask(&frame, WAIT_FC);
            let concludes = known.learn(&heard, level);
            self.tell(&frame, &heard, concludes);
            match concludes {
                Concludes::Collision { .. } => chose = true,
                Concludes::Level { .. } => return known.answer(),
                Concludes::Nobody if chose => {
                    chose = false;
                    known.bits ^= 1 << (known.count - 1);
                    self.walk_again(levels)?;
                }
                _ => return None,
            }
        }
        None
    }

    /// The way down to where `levels` are selected, once more.
    fn walk_again(&mut self, levels: &[[u8; 5]]) -> Option<()> {
        let is_there = self.request();
        for (level, answer) in (1..).zip(levels).filter(|_| is_there) {
            self.select(level, *answer)?;
        }
        is_there.then_some(())
    }

    /// SELECT; the SAK, and whether several sent different ones.
    fn select(&mut self, level: u8, answer: [u8; 5]) -> Option<(u8, bool)> {
        let sel = *SEL.get(usize::from(level) - 1)?;
        let [a, b, c, d, bcc] = answer;
        let frame = Frame::with_crc(PiccType::A, &[sel, 0x70, a, b, c, d, bcc]);
        let heard = self.ask(&frame, WAIT_FC);
        let sak = match &heard {
            Heard::Frame(frame) => match frame.checked() {
                Some(&[sak]) => Some((sak, false)),
                _ => None,
            },
            // All of its bits before the collision are as both sent them; the rest is guessed.
            Heard::Collision { frame, .. } if frame.bytes.len() == 3 => {
                frame.bytes.first().map(|sak| (*sak, true))
            }
            _ => None,
        };
        let concludes = match (sak, &heard) {
            (Some((_, true)), _) => Concludes::Twins,
            (Some((sak, _)), _) if sak & SAK_CASCADE != 0 => Concludes::More { level },
            (Some(_), _) => Concludes::Selected,
            (None, Heard::Nothing) => Concludes::Nobody,
            (None, _) => Concludes::Damaged,
        };
        self.tell(&frame, &heard, concludes);
        sak
    }
}

impl Known {
    /// ANTICOLLISION with what is known.
    fn frame(self, level: u8) -> Option<Frame> {
        let sel = *SEL.get(usize::from(level) - 1)?;
        let bits = 16 + self.count;
        let nvb = ((bits / 8) << 4) | (bits % 8);
        let [a, b, c, d, bcc, ..] = self.bits.to_le_bytes();
        Some(Frame::first_part(&[sel, nvb, a, b, c, d, bcc], usize::from(bits)))
    }

    /// Takes in what was heard of the rest.
    fn learn(&mut self, heard: &Heard, level: u8) -> Concludes {
        match heard {
            Heard::Nothing => Concludes::Nobody,
            Heard::Frame(frame) => {
                let is_rest = frame.intact && frame.bits() == usize::from(40 - self.count);
                if !is_rest {
                    return Concludes::Damaged;
                }
                let mut whole = *self;
                whole.extend(frame, usize::MAX);
                match whole.answer() {
                    Some([a, b, c, d, bcc]) if a ^ b ^ c ^ d == bcc => {
                        *self = whole;
                        Concludes::Level { level, bytes: [a, b, c, d] }
                    }
                    _ => Concludes::Damaged,
                }
            }
            Heard::Collision { frame, at } => {
                let bit = *at + usize::from(self.count);
                // BCCs differ only behind UIDs that do.
                if bit >= 32 || *at >= frame.bits() {
                    return Concludes::Damaged;
                }
                self.extend(frame, *at);
                self.bits |= 1 << self.count;
                self.count += 1;
                Concludes::Collision { level, bit: bit as u8, with: true }
            }
            Heard::Noise => Concludes::Damaged,
        }
    }

    /// Takes the first `most` bits of a frame.
    fn extend(&mut self, frame: &Frame, most: usize) {
        for bit in frame.data_bits().take(most) {
            self.bits |= u64::from(bit) << self.count;
            self.count += 1;
        }
    }

    fn answer(self) -> Option<[u8; 5]> {
        let [a, b, c, d, bcc, ..] = self.bits.to_le_bytes();
        (self.count == 40).then_some([a, b, c, d, bcc])
    }
}

/// Finds every card there is and halts each; at most `cards_max`.
///
/// # Errors
/// [`GaveUp`] when somebody is left who cannot be selected, or who does not stay halted: only cards
/// that had been found before are found, as often as there are tries. What was found by then is in
/// `found`.
pub fn find_all<R: Air>(
    air: &mut R,
    options: Options,
    cards_max: usize,
    found: &mut Vec<Found>,
    observe: impl FnMut(&R, Step<'_, Concludes>),
) -> Result<Cost, GaveUp> {
    let mut search = Search::new(air, options, observe);
    let mut again = 0;
    while found.len() < cards_max {
        let Some(card) = search.next_card()? else { return Ok(search.cost()) };
        search.halt();
        if !found.iter().any(|other| other.uid == card.uid) {
            found.push(card);
            again = 0;
        } else if again + 1 < options.tries {
            again += 1;
        } else {
            return Err(GaveUp);
        }
    }
    Ok(search.cost())
}

#[cfg(test)]
mod tests;
