//! How bits become symbols on the air, and back: the codings of ISO/IEC 14443-2:2016 at 106 kbit/s.
//!
//! | module | who speaks so | a symbol is |
//! |---|---|---|
//! | [`miller`] | a reader to cards of Type A | where in the bit the pause is: X, Y, Z |
//! | [`manchester`] | a card of Type A | which half of the bit has subcarrier: D, E, F |
//! | [`nrz`] | a reader to cards of Type B | the level of one etu |
//! | [`bpsk`] | a card of Type B | the phase of the subcarrier in one etu |
//!
//! Here parity bits, start and stop bits and the marks around a frame are real: a [`Frame`] has
//! none of them. A frame that is not [`intact`](Frame::intact) is written with the last of its
//! parity bits (Type B: of its stop bits) turned round, and one that is read so is a [`Fault`].
//!
//! The model has symbols, not signals: no field strength, depth of modulation, rise times or
//! jitter. At 212 kbit/s and above the same bits go out in other symbols, which are not modelled;
//! the codings here do not look at [`Frame::rate`].

pub mod bpsk;
pub mod manchester;
pub mod miller;
pub mod nrz;
pub(crate) mod parity;

#[cfg(test)]
mod tests;

use crate::link::{Frame, PiccType, Rate};

/// Why symbols are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// It does not begin with the start of communication, or SOF.
    #[error("no start of frame")]
    NoStart,
    /// It stops before the end of communication, or EOF.
    #[error("no end of frame")]
    NoEnd,
    /// This symbol, from 0, cannot follow the one before.
    #[error("symbol {symbol} cannot follow the one before")]
    Sequence {
        /// Its place.
        symbol: usize,
    },
    /// Something comes behind the end.
    #[error("symbol {symbol} comes behind the end")]
    AfterEnd {
        /// Its place.
        symbol: usize,
    },
    /// Subcarrier in both halves of this data bit; parity bits are not counted.
    #[error("collision at data bit {bit}")]
    Collision {
        /// The bit, from 0 in the order of the air.
        bit: usize,
    },
    /// The parity bit of this byte is wrong.
    #[error("wrong parity of byte {byte}")]
    Parity {
        /// The byte, from 0.
        byte: usize,
    },
    /// The frame ends between this byte and its parity bit.
    #[error("no parity bit behind byte {byte}")]
    NoParity {
        /// The byte, from 0.
        byte: usize,
    },
    /// The stop bit of this byte is 0.
    #[error("no stop bit behind byte {byte}")]
    StopBit {
        /// The byte, from 0.
        byte: usize,
    },
    /// The line rests longer before this byte than the extra guard time may be.
    #[error("too much guard time before byte {byte}")]
    GuardTime {
        /// The byte, from 0.
        byte: usize,
    },
    /// A SOF or EOF has a part that is too short or too long; it begins at this etu.
    #[error("the mark at etu {etu} is too short or too long")]
    Mark {
        /// The first etu of the part.
        etu: usize,
    },
    /// TR0, the silence before the subcarrier, is too short.
    #[error("TR0 is {etu} etu, too short")]
    Tr0 {
        /// How long it is.
        etu: usize,
    },
    /// TR1, the unmodulated subcarrier before SOF, is too short or too long.
    #[error("TR1 is {etu} etu, too short or too long")]
    Tr1 {
        /// How long it is.
        etu: usize,
    },
}

/// How long a pause of the reader's carrier is taken to be, in carrier periods; the standard allows
/// 28 to 40.5 at 106 kbit/s (ISO/IEC 14443-2:2016, 8.1.2).
const PAUSE_FC: u64 = 32;

/// From the first pause of a reader's frame to its end, in carrier periods. A frame of Type A ends,
/// for the delay of the answer, with its last pause (ISO/IEC 14443-3:2018, 6.2.1.1): half a bit
/// later when the last bit is 0. A frame of Type B ends with its EOF.
#[must_use]
pub fn reader_takes_fc(frame: &Frame) -> u64 {
    let bit_fc = frame.rate.bit_fc();
    match frame.of {
        PiccType::A => {
            let bits = parity::bits_on_air(frame) as u64;
            let from_last_bit = if parity::last(frame) { bit_fc / 2 } else { bit_fc };
            // The start takes one bit; the last pause is in the last bit or in the one behind it.
            bits * bit_fc + from_last_bit + PAUSE_FC * bit_fc / Rate::Fc128.bit_fc()
        }
        PiccType::B => nrz::etus(frame, 0) as u64 * bit_fc,
    }
}

/// From the beginning of a card's answer to its last modulation, in carrier periods. An answer of
/// Type B begins with its SOF: TR0 and TR1 belong to the delay before it.
#[must_use]
pub fn card_takes_fc(frame: &Frame) -> u64 {
    let bit_fc = frame.rate.bit_fc();
    match frame.of {
        PiccType::A => (1 + parity::bits_on_air(frame) as u64) * bit_fc,
        PiccType::B => nrz::etus(frame, 0) as u64 * bit_fc,
    }
}

/// Turns round a data bit of a frame on its way, and leaves the parity bits as they were sent: so
/// the frame is damaged where a parity bit covers the bit, and only different where none does. A
/// parity bit behind a split byte that the other side began is not looked at.
#[must_use]
pub fn with_bit_turned(frame: &Frame, bit: usize) -> Frame {
    let mut turned = frame.clone();
    if bit >= frame.bits() {
        return turned;
    }
    let place = bit + usize::from(frame.first_bit);
    if let Some(byte) = turned.bytes.get_mut(place / 8) {
        *byte ^= 1 << (place % 8);
    }
    let is_split_first = frame.first_bit > 0 && place < 8;
    let is_split_last = frame.last_bits < 8 && place / 8 + 1 == frame.bytes.len();
    if frame.of == PiccType::A && !is_split_first && !is_split_last {
        turned.intact = false;
    }
    turned
}
