//! Modified Miller: a reader's frame to cards of Type A at 106 kbit/s (ISO/IEC 14443-2:2016,
//! 8.1.3).
//!
//! The carrier pauses once in a symbol or not at all. Logic 1 is X. Logic 0 is Y behind a 1 and
//! otherwise Z, so that two pauses are never nearer than a bit. A frame starts with Z and ends with
//! a logic 0 and a Y, which together are what no bit can be: a Y behind a 0.

use super::{Fault, parity};
use crate::link::Frame;

/// One bit's time of the reader's carrier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symbol {
    /// The pause begins at half the bit.
    X,
    /// No pause.
    Y,
    /// The pause is at the start of the bit.
    Z,
}

impl Symbol {
    /// X, Y or Z.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::X => 'X',
            Self::Y => 'Y',
            Self::Z => 'Z',
        }
    }

    /// The symbol of a letter.
    #[must_use]
    pub const fn of_letter(letter: char) -> Option<Self> {
        match letter {
            'X' => Some(Self::X),
            'Y' => Some(Self::Y),
            'Z' => Some(Self::Z),
            _ => None,
        }
    }
}

/// The symbols of a frame, start and end counted.
#[must_use]
pub fn encode(frame: &Frame) -> Vec<Symbol> {
    let bits = parity::with_parity(frame);
    let mut symbols = Vec::with_capacity(bits.len() + 3);
    symbols.push(Symbol::Z);
    let mut before = false;
    for bit in bits.into_iter().chain([false]) {
        symbols.push(match (before, bit) {
            (_, true) => Symbol::X,
            (true, false) => Symbol::Y,
            (false, false) => Symbol::Z,
        });
        before = bit;
    }
    symbols.push(Symbol::Y);
    symbols
}

/// The frame that symbols are; nothing but Y may stand behind its end.
///
/// # Errors
/// The first [`Fault`].
pub fn decode(symbols: &[Symbol]) -> Result<Frame, Fault> {
    let Some((Symbol::Z, rest)) = symbols.split_first() else { return Err(Fault::NoStart) };
    let mut bits = Vec::with_capacity(rest.len());
    let mut before = None;
    for (place, symbol) in (1..).zip(rest) {
        let bit = match (before, symbol) {
            (_, Symbol::X) => true,
            (Some(true), Symbol::Z) | (None, Symbol::Y) => {
                return Err(Fault::Sequence { symbol: place });
            }
            (Some(true), Symbol::Y) | (_, Symbol::Z) => false,
            (Some(false), Symbol::Y) => {
                let behind = symbols.iter().skip(place).position(|symbol| *symbol != Symbol::Y);
                if let Some(behind) = behind {
                    return Err(Fault::AfterEnd { symbol: place + behind });
                }
                // The 0 of the end is no data.
                bits.pop();
                return parity::read_right(&bits, 0, 0);
            }
        };
        bits.push(bit);
        before = Some(bit);
    }
    Err(Fault::NoEnd)
}
