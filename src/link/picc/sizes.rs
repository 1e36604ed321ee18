//! What the small integers of ISO/IEC 14443-4 stand for: frame sizes, waiting times, bit rates.

use crate::link::Rate;

/// FWTmax, the longest frame waiting time (ISO/IEC 14443-4:2018, 7.2): FWI 14.
pub const FWT_FC_MAX: u64 = 4096 << 14;

/// What a reader waits for the answer to RATS, S(DESELECT) and S(PARAMETERS), whatever FWI says.
pub const ACTIVATION_FWT_FC: u64 = 65_536;

/// What a reader waits beyond a frame waiting time (`ISO/IEC 14443-4:2018, 7.2`).
pub const DELTA_FWT_FC: u64 = 49_152;

/// Bytes of the longest frame a code FSDI or FSCI stands for, its CRC counted
/// (ISO/IEC 14443-4:2018, 5.1). Codes D to F are RFU and read as C; the low four bits count.
#[must_use]
pub const fn frame_bytes(code: u8) -> usize {
    match code & 0x0F {
        0 => 16,
        1 => 24,
        2 => 32,
        3 => 40,
        4 => 48,
        5 => 64,
        6 => 96,
        7 => 128,
        8 => 256,
        9 => 512,
        0xA => 1024,
        0xB => 2048,
        _ => 4096,
    }
}

/// The frame waiting time of FWI, in carrier periods. 15 is RFU and read as 4; the low four bits
/// count.
#[must_use]
pub const fn fwt_fc(fwi: u8) -> u64 {
    match fwi & 0x0F {
        15 => 4096 << 4,
        fwi => 4096 << fwi,
    }
}

/// The guard time of SFGI after the activation, in carrier periods. 0 asks for none; 15 is RFU and
/// read as 0; the low four bits count.
#[must_use]
pub const fn sfgt_fc(sfgi: u8) -> u64 {
    match sfgi & 0x0F {
        0 | 15 => 0,
        sfgi => 4096 << sfgi,
    }
}

/// The time for the next answer after S(WTX) has been answered: FWT times WTXM, at most
/// [`FWT_FC_MAX`].
#[must_use]
pub const fn extended_fwt_fc(fwt_fc: u64, wtxm: u8) -> u64 {
    let asked = fwt_fc.saturating_mul(wtxm as u64);
    if asked > FWT_FC_MAX { FWT_FC_MAX } else { asked }
}

/// Carrier periods in microseconds of a card's own clock, rounded up.
#[must_use]
pub const fn fc_of_us(us: u64) -> u64 {
    us.saturating_mul(1356).div_ceil(100)
}

/// The bit rates one side can besides fc/128, as TA(1) of an ATS and the first protocol byte of an
/// ATQB tell them (ISO/IEC 14443-4:2018, 5.2.4; ISO/IEC 14443-3:2018, 7.9.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rates(u8);

impl Rates {
    /// Only fc/128.
    pub const NONE: Self = Self(0x00);
    /// All, and each direction by itself.
    pub const ALL: Self = Self(0x77);

    /// The rates of a byte as it is coded on the air; b4 is RFU and does not count.
    #[must_use]
    pub const fn of_byte(byte: u8) -> Self {
        Self(byte & 0xF7)
    }

    /// The rates as a reader takes them from a card: with b4 the byte says nothing, and only fc/128
    /// is left (ISO/IEC 14443-4:2018, 5.2.4; ISO/IEC 14443-3:2018, 7.9.4.4).
    #[must_use]
    pub const fn told(byte: u8) -> Self {
        if byte & 0x08 != 0 { Self::NONE } else { Self::of_byte(byte) }
    }

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Both directions must have the same rate.
    #[must_use]
    pub const fn same_both_ways(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// The card can send so.
    #[must_use]
    pub const fn to_reader(self, rate: Rate) -> bool {
        match rate.integer() {
            0 => true,
            integer => self.0 >> (3 + integer) & 1 == 1,
        }
    }

    /// The card can receive so.
    #[must_use]
    pub const fn to_card(self, rate: Rate) -> bool {
        match rate.integer() {
            0 => true,
            integer => self.0 >> (integer - 1) & 1 == 1,
        }
    }

    /// The card can do both at once.
    #[must_use]
    pub fn allow(self, to_reader: Rate, to_card: Rate) -> bool {
        let same = !self.same_both_ways() || to_reader == to_card;
        same && self.to_reader(to_reader) && self.to_card(to_card)
    }

    /// The fastest pair both sides can: to the reader, to the card.
    #[must_use]
    pub fn fastest(self, other: Self) -> (Rate, Rate) {
        const DOWN: [Rate; 4] = [Rate::Fc16, Rate::Fc32, Rate::Fc64, Rate::Fc128];
        let both = |a, b| self.allow(a, b) && other.allow(a, b);
        if self.same_both_ways() || other.same_both_ways() {
            let rate = DOWN.into_iter().find(|&rate| both(rate, rate)).unwrap_or_default();
            return (rate, rate);
        }
        let a = DOWN.into_iter().find(|&rate| both(rate, Rate::Fc128)).unwrap_or_default();
        let b = DOWN.into_iter().find(|&rate| both(Rate::Fc128, rate)).unwrap_or_default();
        (a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stand_for_what_the_standard_says() {
        let sizes = [16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096, 4096, 4096, 4096];
        assert_eq!((0..16).map(frame_bytes).collect::<Vec<_>>(), sizes);
        assert_eq!((fwt_fc(0), fwt_fc(8), fwt_fc(14)), (4096, 1_048_576, FWT_FC_MAX));
        assert_eq!((fwt_fc(15), sfgt_fc(0), sfgt_fc(1), sfgt_fc(15)), (65_536, 0, 8192, 0));
        assert_eq!(extended_fwt_fc(4096, 5), 5 * 4096);
        assert_eq!(extended_fwt_fc(fwt_fc(14), 59), FWT_FC_MAX);
        assert_eq!((fc_of_us(0), fc_of_us(1), fc_of_us(100)), (0, 14, 1356));
    }

    #[test]
    fn rates_are_read_each_way() {
        let rates = Rates::of_byte(0b0110_1001);
        assert!(rates.to_reader(Rate::Fc32) && rates.to_reader(Rate::Fc16));
        let rates = Rates::of_byte(0b0001_0101);
        assert_eq!(rates.byte(), 0b0001_0101);
        assert!(rates.to_reader(Rate::Fc64) && !rates.to_reader(Rate::Fc16));
        assert!(rates.to_card(Rate::Fc64) && rates.to_card(Rate::Fc16));
        assert!(!rates.to_card(Rate::Fc32));
        assert_eq!(rates.fastest(Rates::ALL), (Rate::Fc64, Rate::Fc16));
        assert_eq!(rates.fastest(Rates::NONE), (Rate::Fc128, Rate::Fc128));
        assert_eq!(rates.fastest(Rates::of_byte(0xF7)), (Rate::Fc64, Rate::Fc64));
        for byte in 0..=0xFF {
            let all = if byte & 0x08 == 0 { Rates::of_byte(byte) } else { Rates::NONE };
            assert_eq!(Rates::told(byte), all);
        }
    }
}
