//! The states of a card of Type A before and in its protocol (ISO/IEC 14443-3:2018, 6.3 to 6.5;
//! ISO/IEC 14443-4:2018, 5).
//!
//! * A card answers only what its state knows. All else sends it from READY and ACTIVE to IDLE, or
//!   to HALT if it came from there; in IDLE, HALT and PROTOCOL it changes nothing.
//! * A frame at another bit rate than agreed on, or of Type B, is not heard.

use super::{
    Answer, Core, State,
    parameters::TypeA,
    protocol::{Link, Turn},
    sizes::{frame_bytes, fwt_fc, sfgt_fc},
    timing::{frame_delay_fc, frame_fc},
    uid::Bytes,
};
use crate::{
    link::{Application, Frame, PiccType, Rate},
    random::Random,
};

const REQA: u8 = 0x26;
const WUPA: u8 = 0x52;
const HLTA: [u8; 2] = [0x50, 0x00];
const RATS: u8 = 0xE0;
/// NVB of a SELECT: seven bytes and no further bits.
const NVB_ALL: u8 = 0x70;

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) parameters: TypeA,
    pub(super) uid: Bytes,
    pub(super) state: State,
    /// The cascade level, 1 to 3, in READY.
    level: u8,
    /// What RATS gave, whether or not the card takes it in blocks.
    cid: u8,
    pps_allowed: bool,
    to_card: Rate,
    to_reader: Rate,
    /// Before this a frame that begins is not heard.
    deaf_until_fc: u64,
}

impl Machine {
    pub(super) fn new(mut parameters: TypeA) -> Self {
        let uid = parameters.uid.clone().draw([0; 3]);
        parameters.historical.truncate(250);
        Self {
            parameters,
            uid,
            state: State::PowerOff,
            level: 1,
            cid: 0,
            pps_allowed: false,
            to_card: Rate::Fc128,
            to_reader: Rate::Fc128,
            deaf_until_fc: 0,
        }
    }

    pub(super) fn field_on(&mut self, random: &mut Random) {
        let [a, b, c, ..] = random.number().to_be_bytes();
        self.uid = self.parameters.uid.draw([a, b, c]);
        self.rest_in(State::Idle);
    }

    /// Out of all activation.
    fn rest_in(&mut self, state: State) {
        self.state = state;
        self.level = 1;
        self.pps_allowed = false;
        self.to_card = Rate::Fc128;
        self.to_reader = Rate::Fc128;
        self.deaf_until_fc = 0;
    }

    pub(super) fn on_frame<A: Application>(
        &mut self,
        now_fc: u64,
        frame: &Frame,
        core: &mut Core<A>,
    ) -> Option<Answer> {
        if frame.of != PiccType::A || frame.rate != self.to_card {
            return None;
        }
        match self.state {
            State::Idle => self.woken(frame, &[REQA, WUPA], State::Ready),
            State::Halt => self.woken(frame, &[WUPA], State::ReadyStar),
            State::Ready | State::ReadyStar => {
                let answer = self.in_ready(frame);
                self.or_rest(answer)
            }
            State::Active | State::ActiveStar => {
                let answer = self.in_active(now_fc, frame, core);
                self.or_rest(answer)
            }
            State::Protocol => self.in_protocol(now_fc, frame, core),
            _ => None,
        }
    }

    /// Without an answer READY and ACTIVE are left to where the card came from.
    fn or_rest(&mut self, answer: Option<Answer>) -> Option<Answer> {
        if answer.is_none() {
            match self.state {
                State::Ready | State::Active => self.rest_in(State::Idle),
                State::ReadyStar | State::ActiveStar => self.rest_in(State::Halt),
                _ => {}
            }
        }
        answer
    }

    fn woken(&mut self, frame: &Frame, by: &[u8], next: State) -> Option<Answer> {
        let command = frame.short_command()?;
        if !by.contains(&command) {
            return None;
        }
        self.state = next;
        self.level = 1;
        let answer = Frame::standard(&self.parameters.atqa());
        Some(Answer { delay_fc: frame_delay_fc(frame, 0), frame: answer })
    }

    /// ANTICOLLISION and SELECT of the level the card is at, or no answer.
    fn in_ready(&mut self, frame: &Frame) -> Option<Answer> {
        let own = self.uid.level(self.level)?;
        let sel = 0x91 + 2 * self.level;
        let &[first, nvb, ..] = &frame.bytes[..] else { return None };
        if first != sel || !frame.intact || frame.first_bit != 0 {
            return None;
        }
        let answer = if nvb == NVB_ALL {
            let [_, _, asked @ ..] = frame.checked()? else { return None };
            if asked != own {
                return None;
            }
            let sak = self.parameters.sak(self.level);
            if self.level < self.parameters.uid.levels() {
                self.level += 1;
            } else {
                let star = self.state == State::ReadyStar;
                self.state = if star { State::ActiveStar } else { State::Active };
            }
            Frame::with_crc(PiccType::A, &[sak])
        } else {
            let known = known_bits(nvb).filter(|known| frame.bits() == 16 + known)?;
            let same = frame.data_bits().skip(16).eq(Frame::standard(&own).data_bits().take(known));
            if !same {
                return None;
            }
            Frame::second_part(own.get(known / 8..)?, (known % 8) as u8)
        };
        Some(Answer { delay_fc: frame_delay_fc(frame, 0), frame: answer })
    }

    fn in_active<A: Application>(
        &mut self,
        now_fc: u64,
        frame: &Frame,
        core: &mut Core<A>,
    ) -> Option<Answer> {
        match frame.checked()? {
            command if command == HLTA => {
                self.rest_in(State::Halt);
                None
            }
            &[RATS, parameter] if self.parameters.has_part4 && parameter & 0x0F != 0x0F => {
                let (fsd_bytes, cid) = (frame_bytes(parameter >> 4), parameter & 0x0F);
                let part4 = &self.parameters.part4;
                let link = Link {
                    fsc_bytes: frame_bytes(part4.fsci),
                    fsd_bytes,
                    fwt_fc: fwt_fc(part4.fwi),
                    cid: part4.cid.then_some(cid),
                    nad: part4.nad,
                    command_bytes_max: usize::MAX,
                };
                if core.activate(link).is_err() {
                    self.rest_in(State::Mute);
                    return None;
                }
                self.cid = cid;
                self.pps_allowed = true;
                self.state = State::Protocol;
                let ats = self.parameters.ats_within(fsd_bytes);
                let answer = Answer {
                    delay_fc: frame_delay_fc(frame, 0),
                    frame: Frame::with_crc(PiccType::A, &ats),
                };
                let guard_fc = sfgt_fc(self.parameters.part4.sfgi);
                if guard_fc > 0 {
                    self.deaf_until_fc = answer.end_fc(now_fc).saturating_add(guard_fc);
                }
                Some(answer)
            }
            _ => None,
        }
    }

    fn in_protocol<A: Application>(
        &mut self,
        now_fc: u64,
        frame: &Frame,
        core: &mut Core<A>,
    ) -> Option<Answer> {
        if now_fc.saturating_sub(frame_fc(frame)) < self.deaf_until_fc {
            return None;
        }
        let fits = frame.bytes.len() <= core.protocol.fsc_bytes();
        let Some(bytes) = frame.checked().filter(|_| fits) else {
            self.pps_allowed = false;
            return None;
        };
        if let [0xD0..=0xDF, ..] = bytes {
            return self.parameters_selected(frame, bytes);
        }
        let rate = self.to_reader;
        let own_fc = match core.on_block(now_fc, bytes) {
            Turn::Elsewhere => return None,
            Turn::Answers { own_fc } => own_fc,
            Turn::Deselected => {
                self.rest_in(State::Halt);
                0
            }
            Turn::Silent => {
                self.pps_allowed = false;
                return None;
            }
            Turn::Mute => {
                self.rest_in(State::Mute);
                return None;
            }
        };
        self.pps_allowed = false;
        let answer = Frame::with_crc(PiccType::A, core.protocol.answer()).at(rate);
        Some(Answer { delay_fc: frame_delay_fc(frame, own_fc), frame: answer })
    }

    /// PPS (ISO/IEC 14443-4:2018, 5.3): once, and before anything else.
    fn parameters_selected(&mut self, frame: &Frame, bytes: &[u8]) -> Option<Answer> {
        let (&start, rest) = bytes.split_first()?;
        if start & 0x0F != self.cid {
            return None; // for another card
        }
        if !std::mem::take(&mut self.pps_allowed) {
            return None;
        }
        let integers = match *rest {
            [0x01] => 0,
            [0x11, integers] if integers & 0xF0 == 0 => integers,
            _ => return None,
        };
        let (to_reader, to_card) = (Rate::of_integer(integers >> 2), Rate::of_integer(integers));
        if !self.parameters.part4.rates.allow(to_reader, to_card) {
            return None;
        }
        let answer = Answer {
            delay_fc: frame_delay_fc(frame, 0),
            frame: Frame::with_crc(PiccType::A, &[start]).at(self.to_reader),
        };
        (self.to_reader, self.to_card) = (to_reader, to_card);
        Some(answer)
    }
}

/// UID bits that an ANTICOLLISION carries, by its NVB: 0 to 39. `None` where there is no such NVB.
const fn known_bits(nvb: u8) -> Option<usize> {
    match (nvb >> 4, nvb & 0x0F) {
        (bytes @ 2..=6, bits @ 0..=7) => Some((bytes as usize - 2) * 8 + bits as usize),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
