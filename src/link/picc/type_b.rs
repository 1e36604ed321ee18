//! The states of a card of Type B before and in its protocol (ISO/IEC 14443-3:2018, 7).
//!
//! * REQB and WUPB are looked at in the order AFI, N, R: a card of another family leaves to IDLE
//!   (from HALT it stays there), one of this family draws a slot anew.
//! * Only a card that has declared itself listens to ATTRIB and HLTB, and only to its own PUPI.
//! * RFU bits of PARAM and of ATTRIB do not count; an RFU number of slots, CID or protocol type
//!   makes a command the card does not know.

use std::collections::VecDeque;

use super::{
    Answer, Core, State,
    parameters::TypeB,
    protocol::{Link, Turn},
    sizes::{frame_bytes, fwt_fc, sfgt_fc},
    timing::{TR0_FC, TR1_FC, frame_fc},
};
use crate::{
    link::{Application, Frame, PiccType, Rate},
    random::Random,
};

const REQB: u8 = 0x05;
const ATTRIB: u8 = 0x1D;
const HLTB: u8 = 0x50;

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) parameters: TypeB,
    pub(super) pupi: [u8; 4],
    pub(super) state: State,
    /// The slot that was drawn, 1 to 16; in READY-REQUESTED at least 2.
    slot: u8,
    /// Slots to be drawn before the seed's.
    pub(super) draws: VecDeque<u8>,
    /// The reader takes an extended ATQB.
    extended: bool,
    tr0_fc: u64,
    tr1_fc: u64,
    to_card: Rate,
    to_reader: Rate,
    /// Before this a frame that begins is not heard.
    deaf_until_fc: u64,
}

impl Machine {
    pub(super) fn new(parameters: TypeB) -> Self {
        Self {
            pupi: parameters.pupi.unwrap_or_default(),
            parameters,
            state: State::PowerOff,
            slot: 1,
            draws: VecDeque::new(),
            extended: false,
            tr0_fc: TR0_FC,
            tr1_fc: TR1_FC,
            to_card: Rate::Fc128,
            to_reader: Rate::Fc128,
            deaf_until_fc: 0,
        }
    }

    pub(super) fn field_on(&mut self, random: &mut Random) {
        let [a, b, c, d, ..] = random.number().to_be_bytes();
        self.pupi = self.parameters.pupi.unwrap_or([a, b, c, d]);
        self.rest_in(State::Idle);
    }

    /// Out of all activation.
    fn rest_in(&mut self, state: State) {
        self.state = state;
        self.extended = false;
        (self.tr0_fc, self.tr1_fc) = (TR0_FC, TR1_FC);
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
        if frame.of != PiccType::B || frame.rate != self.to_card {
            return None;
        }
        let bytes = frame.checked()?;
        if self.state == State::Protocol {
            return self.in_protocol(now_fc, frame, bytes, core);
        }
        match (self.state, bytes) {
            (
                State::Idle | State::ReadyRequested | State::ReadyDeclared | State::Halt,
                &[REQB, afi, parameter],
            ) => self.requested(afi, parameter, core),
            (State::ReadyRequested, &[marker]) if marker & 0x0F == 0x05 => {
                let mine = marker >> 4 == self.slot - 1;
                (mine && self.parameters.slot_marker).then(|| self.declare())
            }
            (State::ReadyDeclared, [HLTB, pupi @ ..]) if *pupi == self.pupi => {
                self.rest_in(State::Halt);
                Some(self.says(&[0x00], 0))
            }
            (State::ReadyDeclared, [ATTRIB, pupi @ .., p1, p2, p3, p4]) if pupi == self.pupi => {
                self.attrib(now_fc, [*p1, *p2, *p3, *p4], &[], core)
            }
            (State::ReadyDeclared, [ATTRIB, rest @ ..]) => {
                let (pupi, rest) = rest.split_first_chunk::<4>()?;
                let (parameters, inf) = rest.split_first_chunk::<4>()?;
                if *pupi != self.pupi || frame.bytes.len() > frame_bytes(self.parameters.part4.fsci)
                {
                    return None;
                }
                self.attrib(now_fc, *parameters, inf, core)
            }
            _ => None,
        }
    }

    fn requested<A>(&mut self, afi: u8, parameter: u8, core: &mut Core<A>) -> Option<Answer> {
        let wakes = parameter & 0x08 != 0;
        if self.state == State::Halt && !wakes {
            return None;
        }
        if !family_matches(afi, self.parameters.afi) {
            if self.state != State::Halt {
                self.state = State::Idle;
            }
            return None;
        }
        let slots = match parameter & 0x07 {
            code @ 0..=4 => 1 << code,
            _ => return None,
        };
        self.extended = parameter & 0x10 != 0;
        self.slot = self.draw(slots, &mut core.random);
        if self.slot == 1 {
            return Some(self.declare());
        }
        self.state = State::ReadyRequested;
        None
    }

    /// A slot, 1 to `slots`. With one slot nothing is drawn.
    fn draw(&mut self, slots: u8, random: &mut Random) -> u8 {
        if slots == 1 {
            return 1;
        }
        match self.draws.pop_front() {
            Some(given) => given.wrapping_sub(1) % slots + 1,
            None => (random.number() % u64::from(slots)) as u8 + 1,
        }
    }

    fn declare(&mut self) -> Answer {
        self.state = State::ReadyDeclared;
        let atqb = self.parameters.atqb(self.pupi, self.extended);
        self.says(&atqb, 0)
    }

    /// ATTRIB with the card's PUPI (ISO/IEC 14443-3:2018, 7.10).
    fn attrib<A: Application>(
        &mut self,
        now_fc: u64,
        [p1, p2, p3, p4]: [u8; 4],
        inf: &[u8],
        core: &mut Core<A>,
    ) -> Option<Answer> {
        let part4 = self.parameters.part4;
        let (to_reader, to_card) = (Rate::of_integer(p2 >> 6), Rate::of_integer(p2 >> 4));
        let known = self.parameters.has_part4
            && p3 & 0x09 == 0x01
            && p4 & 0x0F != 0x0F
            && part4.rates.allow(to_reader, to_card);
        if !known {
            return None;
        }
        let cid = if part4.cid { p4 & 0x0F } else { 0 };
        let fsd_bytes = frame_bytes(p2);
        let link = Link {
            fsc_bytes: frame_bytes(part4.fsci),
            fsd_bytes,
            fwt_fc: fwt_fc(part4.fwi),
            cid: part4.cid.then_some(cid),
            nad: part4.nad,
            command_bytes_max: self.parameters.command_bytes_max(),
        };
        if core.activate(link).is_err() {
            self.rest_in(State::Mute);
            return None;
        }
        let mut answer = vec![self.parameters.mbli << 4 | cid];
        self.tr0_fc = [1024, 768, 256, 1024].get(usize::from(p1 >> 6)).copied().unwrap_or(TR0_FC);
        self.tr1_fc =
            [1280, 1024, 256, 1280].get(usize::from(p1 >> 4 & 3)).copied().unwrap_or(TR1_FC);
        let mut own_fc = 0;
        if self.parameters.attrib_runs && !inf.is_empty() {
            let Ok(took_fc) = core.run(inf, &mut answer) else {
                self.rest_in(State::Mute);
                return None;
            };
            // A card cannot ask for time here: when it is up, the answer goes without.
            let most_fc = fwt_fc(part4.fwi).saturating_sub(self.tr1_fc);
            if took_fc > most_fc || answer.len() + 2 > fsd_bytes {
                answer.truncate(1);
            }
            own_fc = took_fc.min(most_fc);
        }
        self.state = State::Protocol;
        let answer = self.says(&answer, own_fc);
        let guard_fc =
            if self.extended && self.parameters.extended_atqb { sfgt_fc(part4.sfgi) } else { 0 };
        if guard_fc > 0 {
            self.deaf_until_fc = answer.end_fc(now_fc).saturating_add(guard_fc);
        }
        (self.to_reader, self.to_card) = (to_reader, to_card);
        Some(answer)
    }

    fn in_protocol<A: Application>(
        &mut self,
        now_fc: u64,
        frame: &Frame,
        bytes: &[u8],
        core: &mut Core<A>,
    ) -> Option<Answer> {
        let early = now_fc.saturating_sub(frame_fc(frame)) < self.deaf_until_fc;
        if early || frame.bytes.len() > core.protocol.fsc_bytes() {
            return None;
        }
        match core.on_block(now_fc, bytes) {
            Turn::Answers { own_fc } => Some(self.says(core.protocol.answer(), own_fc)),
            Turn::Deselected => {
                let answer = self.says(core.protocol.answer(), 0);
                self.rest_in(State::Halt);
                Some(answer)
            }
            Turn::Silent | Turn::Elsewhere => None,
            Turn::Mute => {
                self.rest_in(State::Mute);
                None
            }
        }
    }

    /// A frame after TR0, or the card's own time if that is longer, and TR1.
    fn says(&self, bytes: &[u8], own_fc: u64) -> Answer {
        let delay_fc = own_fc.max(self.tr0_fc).saturating_add(self.tr1_fc);
        Answer { delay_fc, frame: Frame::with_crc(PiccType::B, bytes).at(self.to_reader) }
    }
}

/// Each nibble asked for is 0 or the card's (ISO/IEC 14443-3:2018, 7.7.3).
const fn family_matches(asked: u8, own: u8) -> bool {
    let high = asked & 0xF0 == 0 || asked & 0xF0 == own & 0xF0;
    let low = asked & 0x0F == 0 || asked & 0x0F == own & 0x0F;
    high && low
}

#[cfg(test)]
mod tests;
