//! Protocol and parameters selection, the card's side (ISO/IEC 7816-3:2006, clause 9).
//!
//! A request that is wrong, or asks for what the card does not offer, has no answer; the reader
//! resets the card then. This card does not sulk: it waits for its first character as before, at
//! the default F and D.

use super::{
    character::Character,
    parameters::{Parameters, Protocol},
    timing::FiDi,
};

/// The initial character of request and answer.
pub(super) const PPSS: u8 = 0xFF;

/// The character is PPSS, or was before it was damaged: no NAD has more than five ones, so damage
/// to a bit leaves it with less than seven.
pub(super) const fn is_ppss(character: Character) -> bool {
    let Character { byte, parity_ok } = character;
    byte == PPSS || !parity_ok && byte.count_ones() >= 7
}

/// PPSS, PPS0, PPS1, PPS2, PPS3, PCK.
const REQUEST_BYTES_MAX: usize = 6;

/// A request as far as it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Request {
    bytes: [u8; REQUEST_BYTES_MAX],
    got: usize,
    damaged: bool,
}

/// What a whole request comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Agreement {
    pub(super) protocol: Protocol,
    pub(super) fi_di: FiDi,
    answer: [u8; REQUEST_BYTES_MAX],
    answer_bytes: usize,
}

impl Agreement {
    pub(super) fn answer(&self) -> &[u8] {
        self.answer.get(..self.answer_bytes).unwrap_or_default()
    }
}

impl Request {
    /// Takes a character. True when the request is whole.
    pub(super) fn push(&mut self, byte: u8, parity_ok: bool) -> bool {
        self.damaged |= !parity_ok;
        if let Some(place) = self.bytes.get_mut(self.got) {
            *place = byte;
            self.got += 1;
        }
        self.got >= 2 && self.got >= self.announced()
    }

    /// Bytes it has by PPS0.
    fn announced(&self) -> usize {
        3 + (self.pps0() >> 4 & 7).count_ones() as usize
    }

    fn pps0(&self) -> u8 {
        let [_, pps0, ..] = self.bytes;
        pps0
    }

    /// What a card makes of it; none when there is no answer.
    pub(super) fn judge(&self, parameters: &Parameters) -> Option<Agreement> {
        let bytes = self.bytes.get(..self.got)?;
        let sum = bytes.iter().fold(0, |sum, byte| sum ^ byte);
        let pps0 = self.pps0();
        if self.damaged || sum != 0 || pps0 & 0x80 != 0 {
            return None;
        }
        let protocol = match pps0 & 0x0F {
            0 => Protocol::T0,
            1 => Protocol::T1,
            _ => return None,
        };
        if !parameters.offer.has(protocol) {
            return None;
        }
        let mut rest = bytes.get(2..)?.iter().copied();
        let mut next = |bit: u8| if pps0 & bit != 0 { rest.next() } else { None };
        let (pps1, pps2, _) = (next(0x10), next(0x20), next(0x40));
        let fi_di = match pps1 {
            None => FiDi::DEFAULT,
            Some(byte) => FiDi::new(byte).filter(|&wanted| parameters.offered().allows(wanted))?,
        };
        // Contact C6 is used as the card says it can or not at all; PPS3 is reserved. What is not
        // in the answer is not agreed on.
        let spu = parameters.globals.and_then(|globals| globals.spu);
        let pps2 = pps2.filter(|&wanted| spu == Some(wanted));
        Some(Self::agree(protocol, fi_di, pps1, pps2))
    }

    fn agree(protocol: Protocol, fi_di: FiDi, pps1: Option<u8>, pps2: Option<u8>) -> Agreement {
        let announced = u8::from(pps1.is_some()) << 4 | u8::from(pps2.is_some()) << 5;
        let pps0 = announced | protocol.number();
        let mut answer = [0; REQUEST_BYTES_MAX];
        let mut answer_bytes = 0;
        let mut sum = 0;
        for byte in [Some(PPSS), Some(pps0), pps1, pps2].into_iter().flatten() {
            sum ^= byte;
            if let Some(place) = answer.get_mut(answer_bytes) {
                *place = byte;
            }
            answer_bytes += 1;
        }
        if let Some(place) = answer.get_mut(answer_bytes) {
            *place = sum;
        }
        Agreement { protocol, fi_di, answer, answer_bytes: answer_bytes + 1 }
    }
}
