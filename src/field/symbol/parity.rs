//! The parity bits of Type A (ISO/IEC 14443-3:2018, 6.2.3): odd, after every whole byte.
//!
//! * A frame that ends within a byte has no parity bit there: a short frame, and the reader's part
//!   of a split byte.
//! * The card's part of a split byte ends with one parity bit, which the reader does not look at.
//!   Here it covers the whole byte, both parts of it.

use super::Fault;
use crate::link::{Frame, PiccType, Rate, frame::odd_parity as odd};

/// How many bits a frame of Type A has on the air, parity bits counted.
pub(crate) fn bits_on_air(frame: &Frame) -> usize {
    frame.bits() + frame.parity_bits()
}

/// The last bit on the air; 0 for a frame without bits.
pub(crate) fn last(frame: &Frame) -> bool {
    frame.last_bit()
}

/// The bits of a frame with its parity bits, in the order of the air.
pub(crate) fn with_parity(frame: &Frame) -> Vec<bool> {
    let mut bits = Vec::with_capacity(bits_on_air(frame));
    let parities = frame.parity_bits();
    for (n, &byte) in frame.bytes.iter().enumerate() {
        let first = if n == 0 { frame.first_bit.min(7) } else { 0 };
        let end = if n + 1 == frame.bytes.len() { frame.last_bits } else { 8 };
        bits.extend((first..end.min(8)).map(|bit| byte >> bit & 1 == 1));
        if n < parities {
            bits.push(odd(byte) == (frame.intact || n + 1 < parities));
        }
    }
    bits
}

/// Which bits on the air are data bits of a frame that begins at bit `first_bit` of its first byte;
/// the others are parity bits.
pub(crate) fn is_data(place: usize, first_bit: u8) -> bool {
    (place + usize::from(first_bit)) % 9 != 8
}

/// Data bits before this place on the air.
pub(crate) fn data_bits_before(place: usize, first_bit: u8) -> usize {
    place - (place + usize::from(first_bit)) / 9
}

/// A frame from its bits with parity bits, and the first byte whose parity is wrong. Of its first
/// byte the other side has sent `begun`, `first_bit` bits.
pub(crate) fn read(
    bits: &[bool],
    first_bit: u8,
    begun: u8,
) -> Result<(Frame, Option<usize>), Fault> {
    let mut bytes = Vec::with_capacity(bits.len() / 9 + 1);
    let mut last_bits = if bits.is_empty() { 0 } else { 8 };
    let mut wrong = None;
    let mut first = first_bit.min(7);
    let mut byte = begun & ((1 << first) - 1);
    let mut rest = bits;
    while !rest.is_empty() {
        let (data, behind) = rest.split_at(rest.len().min(usize::from(8 - first)));
        for (bit, _) in (first..8).zip(data).filter(|(_, bit)| **bit) {
            byte |= 1 << bit;
        }
        match behind.split_first() {
            Some((&parity, behind)) => {
                // Nobody looks at the one behind the byte that is split.
                if parity != odd(byte) && first == 0 {
                    wrong = wrong.or(Some(bytes.len()));
                }
                rest = behind;
            }
            None if data.len() == usize::from(8 - first) => {
                return Err(Fault::NoParity { byte: bytes.len() });
            }
            None => {
                last_bits = first + data.len() as u8;
                rest = &[];
            }
        }
        bytes.push(byte);
        (byte, first) = (0, 0);
    }
    let frame = Frame {
        of: PiccType::A,
        rate: Rate::Fc128,
        first_bit: if bytes.is_empty() { 0 } else { first_bit.min(7) },
        bytes,
        last_bits,
        intact: wrong.is_none(),
    };
    Ok((frame, wrong))
}

/// The frame when every parity bit is right.
pub(crate) fn read_right(bits: &[bool], first_bit: u8, begun: u8) -> Result<Frame, Fault> {
    match read(bits, first_bit, begun)? {
        (frame, None) => Ok(frame),
        (_, Some(byte)) => Err(Fault::Parity { byte }),
    }
}
