//! The protocol a slot speaks, as CCID messages 61, 6C and 82 tell it.
//!
//! | byte | T=0 (5 bytes) | T=1 (7 bytes) |
//! |---|---|---|
//! | 0 | Fi in the high nibble, Di in the low one (TA1) | the same |
//! | 1 | 00, or 02 inverse convention | 10 LRC or 11 CRC, and 02 for inverse convention |
//! | 2 | extra guard time (TC1) | the same |
//! | 3 | WI (TC2) | BWI in the high nibble, CWI in the low one (TB3) |
//! | 4 | how the clock may stop (TA of T=15, its two high bits, moved down) | the same |
//! | 5 | | IFSC (TA3) |
//! | 6 | | NAD |

use crate::link::contact::{FiDi, Level, Parameters, Protocol, Timing, block::Edc};

/// Parameters of T=0 or T=1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProtocolData {
    /// T=0.
    T0([u8; 5]),
    /// T=1.
    T1([u8; 7]),
}

impl ProtocolData {
    /// T=0 as it is without a card, or with one that says nothing of it: Fi = 372, Di = 1, WI 10.
    pub const T0_DEFAULT: Self = Self::T0([0x11, 0x00, 0x00, 0x0A, 0x00]);

    /// The same of T=1: BWI 4, CWI 13, IFSC 32, LRC.
    pub const T1_DEFAULT: Self = Self::T1([0x11, 0x10, 0x00, 0x4D, 0x00, 0x20, 0x00]);

    /// The parameters of protocol `number` that a host has sent; none when it is not 0 or 1, or
    /// there are not so many bytes.
    #[must_use]
    pub fn of(number: u8, data: &[u8]) -> Option<Self> {
        match number {
            0 => Some(Self::T0(data.try_into().ok()?)),
            1 => Some(Self::T1(data.try_into().ok()?)),
            _ => None,
        }
    }

    /// 0 or 1.
    #[must_use]
    pub const fn number(&self) -> u8 {
        match self {
            Self::T0(_) => 0,
            Self::T1(_) => 1,
        }
    }

    /// The parameters, 5 or 7 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        match self {
            Self::T0(bytes) => bytes,
            Self::T1(bytes) => bytes,
        }
    }

    /// Fi and Di as TA1 has them.
    #[must_use]
    pub const fn fi_di(&self) -> u8 {
        match *self {
            Self::T0([fi_di, ..]) | Self::T1([fi_di, ..]) => fi_di,
        }
    }

    /// Bits a second at a clock of so many kHz; 0 where Fi or Di is reserved.
    #[must_use]
    pub fn rate_bps(&self, clock_khz: u32) -> u32 {
        FiDi::new(self.fi_di()).map_or(0, |fi_di| {
            let bits = u64::from(clock_khz) * 1000 * u64::from(fi_di.d());
            (bits / u64::from(fi_di.f())) as u32
        })
    }

    /// Bytes of a block's check: 2 with a CRC.
    #[must_use]
    pub const fn edc_bytes(&self) -> usize {
        match *self {
            Self::T1([_, tcck, ..]) if tcck & 1 == 1 => 2,
            _ => 1,
        }
    }

    /// The level at which the card's clock may stop; none when it must not.
    #[must_use]
    pub const fn clock_stop(&self) -> Option<Level> {
        let (Self::T0([_, _, _, _, stop]) | Self::T1([_, _, _, _, stop, ..])) = *self;
        match stop & 3 {
            0 => None,
            2 => Some(Level::High),
            _ => Some(Level::Low),
        }
    }

    /// What a reader has before the host sets anything: what a card says that it begins with.
    #[must_use]
    pub fn after_reset(card: &Parameters) -> Self {
        let (protocol, timing) = card.begins_with();
        let fi_di = timing.fi_di.byte();
        let guard = card.extra_guard_etu.unwrap_or(0);
        let stop = card.globals.map_or(0, |globals| globals.clock_stop as u8);
        match protocol {
            Protocol::T0 => Self::T0([fi_di, 0, guard, card.wi.unwrap_or(10), stop]),
            Protocol::T1 => {
                let (bwi, cwi) = card.waiting_integers();
                let check = 0x10 | u8::from(card.edc.is_some_and(|edc| edc != Edc::Lrc));
                let ifsc_bytes = card.ifsc_bytes.unwrap_or(32);
                Self::T1([fi_di, check, guard, bwi << 4 | cwi, stop, ifsc_bytes, 0])
            }
        }
    }

    /// The times that follow for the reader. What is reserved is taken as the default.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let fi_di = FiDi::new(self.fi_di()).unwrap_or(FiDi::DEFAULT);
        let (guard, waiting, protocol) = match *self {
            Self::T0([_, _, guard, wi, _]) => (guard, wi, Protocol::T0),
            Self::T1([_, _, guard, waiting, ..]) => (guard, waiting, Protocol::T1),
        };
        let parameters = Parameters {
            extra_guard_etu: Some(guard),
            wi: (protocol == Protocol::T0).then_some(waiting.max(1)),
            bwi_cwi: (protocol == Protocol::T1).then_some((waiting >> 4, waiting & 0x0F)),
            ..Parameters::default()
        };
        Timing::of(&parameters, protocol, fi_di)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::contact::Offer;

    #[test]
    fn parameters_are_taken_only_at_their_length_and_told_as_they_came() {
        for protocol in [ProtocolData::T0_DEFAULT, ProtocolData::T1_DEFAULT] {
            let (number, bytes) = (protocol.number(), protocol.bytes());
            assert_eq!(ProtocolData::of(number, bytes), Some(protocol));
            for wrong in [&bytes[1..], &[bytes, &[0]].concat(), &[]] {
                assert_eq!(ProtocolData::of(number, wrong), None);
            }
            assert_eq!(ProtocolData::of(number ^ 1, bytes), None);
            assert_eq!(ProtocolData::of(number + 2, bytes), None);
        }
        let protocol = ProtocolData::of(1, &[0x18, 0x11, 0x00, 0x75, 0x03, 0xFE, 0x00]).unwrap();
        assert_eq!((protocol.fi_di(), protocol.edc_bytes()), (0x18, 2));
        assert_eq!(protocol.clock_stop(), Some(Level::Low));
        assert_eq!(protocol.rate_bps(4000), 129_032);
        assert_eq!(ProtocolData::T0_DEFAULT.clock_stop(), None);
    }

    #[test]
    fn what_a_card_says_in_its_answer_to_reset_is_what_the_reader_begins_with() {
        let card = Parameters::default();
        assert_eq!(ProtocolData::after_reset(&card), ProtocolData::T0_DEFAULT);
        let card = Parameters { offer: Offer::T1, ta1: FiDi::new(0x95), ..card };
        assert_eq!(ProtocolData::after_reset(&card), ProtocolData::T1_DEFAULT);
        assert_eq!(ProtocolData::after_reset(&card).timing(), card.begins_with().1);
    }
}
