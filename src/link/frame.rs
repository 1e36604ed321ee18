//! A frame on the air, to the bit (ISO/IEC 14443-3:2018, 6.2 and 7.1).
//!
//! A frame has its bits in the order of the air, the least significant bit of each byte first,
//! without the parity bits of Type A: those follow from the bits (odd, after each byte) unless the
//! frame is damaged. In bit-oriented anticollision frames a byte is split: the reader's part ends
//! within it, without a parity bit, and the card's part begins there.

use super::crc::{crc_a, crc_b};

/// Which of the two ways of speaking a card and its reader have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PiccType {
    /// ISO/IEC 14443 Type A.
    A,
    /// ISO/IEC 14443 Type B.
    B,
}

/// A bit rate, by its divisor of the carrier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Default)]
pub enum Rate {
    /// fc/128, 106 kbit/s.
    #[default]
    Fc128,
    /// fc/64, 212 kbit/s.
    Fc64,
    /// fc/32, 424 kbit/s.
    Fc32,
    /// fc/16, 848 kbit/s.
    Fc16,
}

impl Rate {
    /// The rate of a divisor integer DSI or DRI (ISO/IEC 14443-4:2018, 5.3); its low two bits
    /// count.
    #[must_use]
    pub const fn of_integer(code: u8) -> Self {
        match code & 3 {
            0 => Self::Fc128,
            1 => Self::Fc64,
            2 => Self::Fc32,
            _ => Self::Fc16,
        }
    }

    /// Its divisor integer, 0 to 3.
    #[must_use]
    pub const fn integer(self) -> u8 {
        self as u8
    }

    /// Carrier periods a bit takes: 128, 64, 32 or 16.
    #[must_use]
    pub const fn bit_fc(self) -> u64 {
        128 >> self as u8
    }
}

/// The parity bit of a byte (ISO/IEC 14443-3:2018, 6.2.3): all nine have an odd number of ones.
#[must_use]
pub const fn odd_parity(byte: u8) -> bool {
    byte.count_ones().is_multiple_of(2)
}

/// A frame. Counts beyond their range are read as the nearest that there are bits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Who speaks so.
    pub of: PiccType,
    /// How fast.
    pub rate: Rate,
    /// The bytes its bits lie in; where a split byte was begun by the other side, the whole byte.
    pub bytes: Vec<u8>,
    /// How many bits of the first byte the other side has sent already, 0 to 7.
    pub first_bit: u8,
    /// Bits of the last byte that are sent, 1 to 8; 0 only in a frame without bytes.
    pub last_bits: u8,
    /// The parity bits, start and stop bits and marks around it are as they should be.
    pub intact: bool,
}

impl Frame {
    fn whole(of: PiccType, bytes: Vec<u8>) -> Self {
        let last_bits = if bytes.is_empty() { 0 } else { 8 };
        Self { of, rate: Rate::Fc128, bytes, first_bit: 0, last_bits, intact: true }
    }

    /// A short frame of Type A: seven bits and no parity.
    #[must_use]
    pub fn short(command: u8) -> Self {
        Self { last_bits: 7, ..Self::whole(PiccType::A, vec![command & 0x7F]) }
    }

    /// A standard frame of Type A with these bytes, and nothing behind them.
    #[must_use]
    pub fn standard(bytes: &[u8]) -> Self {
        Self::whole(PiccType::A, bytes.to_vec())
    }

    /// The reader's part of a bit-oriented anticollision frame: `bits` bits of `bytes`, 16 to 55.
    #[must_use]
    pub fn first_part(bytes: &[u8], bits: usize) -> Self {
        let mut frame = Self::standard(bytes.get(..bits.div_ceil(8)).unwrap_or(bytes));
        let last_bits = (bits % 8) as u8;
        if let Some(byte) = frame.bytes.last_mut().filter(|_| last_bits > 0) {
            *byte &= (1 << last_bits) - 1;
            frame.last_bits = last_bits;
        }
        frame
    }

    /// The card's part of it: `bytes` from the bit `first_bit` of the first one on.
    #[must_use]
    pub fn second_part(bytes: &[u8], first_bit: u8) -> Self {
        Self { first_bit, ..Self::standard(bytes) }
    }

    /// A frame of Type B with these bytes, and nothing behind them.
    #[must_use]
    pub fn type_b(bytes: &[u8]) -> Self {
        Self::whole(PiccType::B, bytes.to_vec())
    }

    /// A frame with these bytes and the CRC of its type behind them.
    #[must_use]
    pub fn with_crc(of: PiccType, bytes: &[u8]) -> Self {
        let crc = match of {
            PiccType::A => crc_a(bytes),
            PiccType::B => crc_b(bytes),
        };
        let mut whole = Vec::with_capacity(bytes.len() + 2);
        whole.extend_from_slice(bytes);
        whole.extend_from_slice(&crc);
        Self::whole(of, whole)
    }

    /// The same frame at another bit rate.
    #[must_use]
    pub fn at(self, rate: Rate) -> Self {
        Self { rate, ..self }
    }

    /// A short frame's command.
    #[must_use]
    pub fn short_command(&self) -> Option<u8> {
        match (&self.bytes[..], self.first_bit, self.last_bits, self.of) {
            (&[command], 0, 7, PiccType::A) if self.intact => Some(command & 0x7F),
            _ => None,
        }
    }

    /// All its bytes are whole and undamaged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.intact && self.first_bit == 0 && self.last_bits == 8
    }

    /// The bytes before a CRC that is right; none when it is not, or the frame is not whole.
    #[must_use]
    pub fn checked(&self) -> Option<&[u8]> {
        let (bytes, crc) = self.bytes.split_last_chunk::<2>()?;
        let right = match self.of {
            PiccType::A => crc_a(bytes),
            PiccType::B => crc_b(bytes),
        };
        (self.is_whole() && *crc == right).then_some(bytes)
    }

    /// Data bits: without parity, start and stop bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        let Some(before_last) = self.bytes.len().checked_sub(1) else { return 0 };
        (8 * before_last + usize::from(self.last_bits.min(8))).saturating_sub(self.begun())
    }

    /// How many parity bits a frame of Type A has: one behind each byte, but for a last one that
    /// ends early.
    #[must_use]
    pub fn parity_bits(&self) -> usize {
        self.bytes.len().saturating_sub(usize::from(matches!(self.last_bits, 1..8)))
    }

    /// Bits of the first byte that the other side has sent.
    fn begun(&self) -> usize {
        usize::from(self.first_bit.min(7))
    }

    /// The data bits in the order of the air.
    pub fn data_bits(&self) -> impl Iterator<Item = bool> + '_ {
        let bits = self.bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.skip(self.begun()).take(self.bits())
    }

    /// The last bit on the air, which of a frame of Type A with a whole last byte is a parity bit;
    /// 0 for a frame without bits.
    #[must_use]
    pub fn last_bit(&self) -> bool {
        let Some(&byte) = self.bytes.last() else { return false };
        match self.last_bits {
            8.. => odd_parity(byte) == self.intact,
            bits => byte >> (bits.max(1) - 1) & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_bits_it_is_made_of() {
        assert_eq!(Frame::short(0x26).bits(), 7);
        assert_eq!(Frame::short(0x26).short_command(), Some(0x26));
        let part = Frame::first_part(&[0x93, 0x51, 0x12, 0x34, 0x56, 0xFF], 41);
        assert_eq!((part.bytes.last(), part.bits()), (Some(&1), 41));
        assert!(!part.is_whole());
        let rest = Frame::second_part(&[0x79, 0x09], 1);
        assert_eq!(rest.bits(), 15);
        let bits: String = rest.data_bits().map(|bit| if bit { '1' } else { '0' }).collect();
        assert_eq!(bits, "001111010010000");
        assert_eq!(
            Frame::first_part(&[0x93, 0x30, 0x92], 24),
            Frame::standard(&[0x93, 0x30, 0x92])
        );
        assert_eq!(Frame::standard(&[]).bits(), 0);
    }

    #[test]
    fn a_frame_of_any_counts_has_as_many_bits_as_it_says() {
        for len in 0..4 {
            for first_bit in 0..=u8::MAX {
                for last_bits in 0..=u8::MAX {
                    let bytes = vec![0xA5; len];
                    let frame = Frame { first_bit, last_bits, ..Frame::standard(&bytes) };
                    assert!(frame.bits() <= 8 * len);
                    assert_eq!(frame.data_bits().count(), frame.bits(), "{frame:?}");
                    assert!(frame.bits() > 0 || !frame.last_bit() || len > 0);
                }
            }
        }
        let eight = Frame { last_bits: 7, ..Frame::standard(&[0xA6]) };
        assert_eq!(eight.short_command(), Some(0x26), "its seven bits");
        assert_eq!(Frame::first_part(&[], 17), Frame::standard(&[]));
    }

    #[test]
    fn a_crc_is_looked_at_only_in_a_whole_frame() {
        let halt = Frame::with_crc(PiccType::A, &[0x50, 0x00]);
        assert_eq!(halt.bytes, [0x50, 0x00, 0x57, 0xCD]);
        assert_eq!(halt.checked(), Some(&[0x50, 0x00][..]));
        assert_eq!(Frame { intact: false, ..halt.clone() }.checked(), None);
        assert_eq!(Frame { last_bits: 7, ..halt.clone() }.checked(), None);
        assert_eq!(Frame { of: PiccType::B, ..halt }.checked(), None);
    }
}
