//! A character on the line: ten moments, and what each convention makes of them
//! (ISO/IEC 7816-3:2006, 7.2 and 8.1).
//!
//! A level is `true` when I/O is high. A line at rest is high, so a character begins with a fall.

/// How the bits of a character lie on the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Convention {
    /// TS 3B: high is 1, the least significant bit comes first.
    #[default]
    Direct,
    /// TS 3F: low is 1, the most significant bit comes first.
    Inverse,
}

impl Convention {
    /// The initial character that says so.
    #[must_use]
    pub const fn ts(self) -> u8 {
        match self {
            Self::Direct => 0x3B,
            Self::Inverse => 0x3F,
        }
    }
}

/// A character as it was received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Character {
    /// Its eight bits by the convention in use.
    pub byte: u8,
    /// Its parity was even.
    pub parity_ok: bool,
}

impl Character {
    /// One that was received as it was sent.
    #[must_use]
    pub const fn intact(byte: u8) -> Self {
        Self { byte, parity_ok: true }
    }

    /// One whose parity was wrong.
    #[must_use]
    pub const fn damaged(byte: u8) -> Self {
        Self { byte, parity_ok: false }
    }
}

/// The levels of the ten moments of a character: start, eight bits, parity.
#[must_use]
pub fn encode(convention: Convention, byte: u8) -> [bool; 10] {
    let parity = byte.count_ones() % 2 == 1;
    let mut levels = [false; 10];
    for (n, level) in levels.iter_mut().enumerate().skip(1) {
        let bit = match (n, convention) {
            (9, _) => parity,
            (_, Convention::Direct) => byte >> (n - 1) & 1 == 1,
            (_, Convention::Inverse) => byte >> (8 - n) & 1 == 1,
        };
        *level = bit == (convention == Convention::Direct);
    }
    levels
}

/// The character these levels are; none when the first moment is no start bit.
#[must_use]
pub fn decode(convention: Convention, levels: [bool; 10]) -> Option<Character> {
    let [false, bits @ .., parity] = levels else { return None };
    let one = convention == Convention::Direct;
    let mut byte = 0;
    for (n, level) in bits.into_iter().enumerate() {
        let place = if one { n } else { 7 - n };
        byte |= u8::from(level == one) << place;
    }
    let parity_ok = (byte.count_ones() % 2 == 1) == (parity == one);
    Some(Character { byte, parity_ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(levels: [bool; 10]) -> String {
        levels.map(|level| if level { 'Z' } else { 'A' }).iter().collect()
    }

    #[test]
    fn the_initial_characters_look_as_the_standard_draws_them() {
        assert_eq!(drawn(encode(Convention::Direct, 0x3B)), "AZZAZZZAAZ");
        assert_eq!(drawn(encode(Convention::Inverse, 0x3F)), "AZZAAAAAAZ");
    }

    #[test]
    fn the_inverse_initial_character_reads_03_in_direct_convention() {
        let read = decode(Convention::Direct, encode(Convention::Inverse, 0x3F));
        assert_eq!(read.map(|character| character.byte), Some(0x03));
    }

    #[test]
    fn every_byte_comes_back_and_every_wrong_moment_is_seen() {
        for convention in [Convention::Direct, Convention::Inverse] {
            for byte in 0..=255 {
                let levels = encode(convention, byte);
                assert_eq!(decode(convention, levels), Some(Character::intact(byte)));
                for moment in 0..10 {
                    let mut wrong = levels;
                    wrong[moment] = !wrong[moment];
                    let read = decode(convention, wrong);
                    assert!(!read.is_some_and(|character| character.parity_ok));
                    assert_eq!(read.is_none(), moment == 0);
                }
            }
        }
    }
}
