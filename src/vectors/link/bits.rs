//! Frames of Type A as the bits that are on the air, parity bits included, in the order they are
//! sent: `0` and `1`, `C` where cards have collided, `-` where a shorter answer has ended. In what
//! a vector expects, `.` fits any of them.

use crate::{field::symbol::parity::with_parity, link::Frame};

/// Takes the spaces out of bits; nothing when there is something else than bits.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let bits: String = text.split_whitespace().collect();
    bits.chars().all(|bit| "01C-.".contains(bit)).then_some(bits)
}

/// Whether bits are as expected; else the first that is not, from 0.
///
/// # Errors
/// Its place; the number of bits when one of both ends there.
pub fn fits(expected: &str, got: &str) -> Result<(), usize> {
    let differs = expected.chars().zip(got.chars()).position(|(e, g)| e != '.' && e != g);
    match differs {
        Some(at) => Err(at),
        None if expected.len() != got.len() => Err(expected.len().min(got.len())),
        None => Ok(()),
    }
}

/// A frame's bits with its odd parity bits. A byte that the other side has begun has that of the
/// whole byte, one that is not ended has none; neither has a short frame. In a damaged frame the
/// last parity bit is turned round.
#[must_use]
pub fn of(frame: &Frame) -> String {
    with_parity(frame).into_iter().map(|bit| if bit { '1' } else { '0' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_shown_as_they_are_on_the_air() {
        assert_eq!(of(&Frame::short(0x26)), "0110010");
        assert_eq!(of(&Frame::standard(&[0x04, 0x00])), "001000000000000001");
        assert_eq!(of(&Frame::second_part(&[0x79, 0x09], 1)), "00111100100100001");
        assert_eq!(of(&Frame::first_part(&[0x93, 0x51, 0x01], 17)), "1100100111000101001");
    }

    #[test]
    fn a_dot_fits_any_bit_and_the_number_of_bits_counts() {
        assert_eq!(read("01 C-."), Some("01C-.".into()));
        assert_eq!(read("2"), None);
        assert_eq!(fits("0.C", "01C"), Ok(()));
        assert_eq!(fits("0.C", "011"), Err(2));
        assert_eq!(fits("01", "011"), Err(2));
        assert_eq!(fits("011", "01"), Err(2));
    }
}
