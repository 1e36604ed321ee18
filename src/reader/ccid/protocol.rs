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

    /// WI of T=0, BWI and CWI of T=1.
    #[must_use]
    pub const fn waiting(&self) -> u8 {
        match *self {
            Self::T0([_, _, _, waiting, ..]) | Self::T1([_, _, _, waiting, ..]) => waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(
            ProtocolData::of(1, &hex::decode("18110075 00FE00".replace(" ", "")).unwrap())
                .map(|protocol| (protocol.fi_di(), protocol.waiting())),
            Some((0x18, 0x75))
        );
    }
}
