//! Manchester coding with a subcarrier: the answer of a card of Type A at 106 kbit/s
//! (ISO/IEC 14443-2:2016, 8.2.5.1).
//!
//! Logic 1 has the subcarrier in the first half of the bit (D), logic 0 in the second (E). A frame
//! starts with D and ends with a bit without subcarrier (F). Cards that answer in step and say
//! different things leave subcarrier in both halves: that is how a reader sees where they differ.

use super::{Fault, parity};
use crate::link::Frame;

/// One bit's time of the subcarrier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symbol {
    /// In the first half: logic 1.
    D,
    /// In the second half: logic 0.
    E,
    /// In neither.
    F,
    /// In both halves, which no card sends: a collision.
    C,
}

impl Symbol {
    /// The symbol with subcarrier in these halves.
    #[must_use]
    pub const fn of_halves(first: bool, second: bool) -> Self {
        match (first, second) {
            (true, false) => Self::D,
            (false, true) => Self::E,
            (false, false) => Self::F,
            (true, true) => Self::C,
        }
    }

    /// Whether its halves have subcarrier.
    #[must_use]
    pub const fn halves(self) -> [bool; 2] {
        match self {
            Self::D => [true, false],
            Self::E => [false, true],
            Self::F => [false, false],
            Self::C => [true, true],
        }
    }

    /// D, E, F or C.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::D => 'D',
            Self::E => 'E',
            Self::F => 'F',
            Self::C => 'C',
        }
    }

    /// The symbol of a letter.
    #[must_use]
    pub const fn of_letter(letter: char) -> Option<Self> {
        match letter {
            'D' => Some(Self::D),
            'E' => Some(Self::E),
            'F' => Some(Self::F),
            'C' => Some(Self::C),
            _ => None,
        }
    }

    /// As a bit on the air: 1, 0, C for a collision, - for nothing.
    #[must_use]
    pub const fn bit_letter(self) -> char {
        match self {
            Self::D => '1',
            Self::E => '0',
            Self::F => '-',
            Self::C => 'C',
        }
    }
}

/// The symbols of a frame, start and end counted.
#[must_use]
pub fn encode(frame: &Frame) -> Vec<Symbol> {
    let bits = parity::with_parity(frame);
    let mut symbols = Vec::with_capacity(bits.len() + 2);
    symbols.push(Symbol::D);
    symbols.extend(bits.into_iter().map(|bit| if bit { Symbol::D } else { Symbol::E }));
    symbols.push(Symbol::F);
    symbols
}

/// The frame that symbols are; nothing but F may stand behind its end. Where the reader has begun a
/// byte, `first_bit` says how many bits of it, 1 to 7, and `begun` which; otherwise both are 0.
///
/// # Errors
/// The first [`Fault`].
pub fn decode(symbols: &[Symbol], first_bit: u8, begun: u8) -> Result<Frame, Fault> {
    let Some((Symbol::D, rest)) = symbols.split_first() else { return Err(Fault::NoStart) };
    let mut bits = Vec::with_capacity(rest.len());
    for (place, symbol) in rest.iter().enumerate() {
        match symbol {
            Symbol::D => bits.push(true),
            Symbol::E => bits.push(false),
            Symbol::C if parity::is_data(place, first_bit) => {
                let bit = parity::data_bits_before(place, first_bit);
                return Err(Fault::Collision { bit });
            }
            Symbol::C => bits.push(true),
            Symbol::F => {
                let behind = rest.iter().skip(place).position(|symbol| *symbol != Symbol::F);
                if let Some(behind) = behind {
                    return Err(Fault::AfterEnd { symbol: 1 + place + behind });
                }
                return parity::read_right(&bits, first_bit, begun);
            }
        }
    }
    Err(Fault::NoEnd)
}
