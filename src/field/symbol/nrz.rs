//! NRZ-L and the characters of Type B: a reader's frame at 106 kbit/s (ISO/IEC 14443-2:2016, 9.1.3;
//! ISO/IEC 14443-3:2018, 7.1).
//!
//! An etu has one level: 1 is the full carrier, 0 the weaker one. A character is a start bit 0,
//! eight bits and a stop bit 1. Between two characters the line may rest at 1, the extra guard
//! time. SOF is 10 or 11 etu of 0 and 2 or 3 of 1, EOF 10 or 11 etu of 0: a character is never 0
//! that long, because of its stop bit.

use super::Fault;
use crate::link::{Frame, PiccType, Rate};

/// Etu of 0 that SOF and EOF have at least; one more is allowed.
const LOW_ETU_MIN: usize = 10;

/// Etu of 1 behind those of SOF at least; one more is allowed.
const HIGH_ETU_MIN: usize = 2;

/// Most extra guard time between two characters of a reader, 57 us, in whole etu.
pub const READER_GUARD_ETU_MAX: usize = 6;

/// Most extra guard time between two characters of a card, 19 us, in whole etu.
pub const CARD_GUARD_ETU_MAX: usize = 2;

/// How long a frame is from its SOF to its EOF, with `guard_etu` between its characters.
#[must_use]
pub fn etus(frame: &Frame, guard_etu: usize) -> usize {
    let guards = frame.bytes.len().saturating_sub(1) * guard_etu;
    LOW_ETU_MIN + HIGH_ETU_MIN + 10 * frame.bytes.len() + guards + LOW_ETU_MIN
}

/// The level of each etu of a frame, with `guard_etu` of extra guard time between characters.
#[must_use]
pub fn encode(frame: &Frame, guard_etu: usize) -> Vec<bool> {
    let mut levels = Vec::with_capacity(etus(frame, guard_etu));
    levels.extend([false; LOW_ETU_MIN]);
    levels.extend([true; HIGH_ETU_MIN]);
    for (n, byte) in frame.bytes.iter().enumerate() {
        if n > 0 {
            levels.extend(std::iter::repeat_n(true, guard_etu));
        }
        levels.push(false);
        levels.extend((0..8).map(|bit| byte >> bit & 1 == 1));
        levels.push(frame.intact || n + 1 < frame.bytes.len());
    }
    levels.extend([false; LOW_ETU_MIN]);
    levels
}

/// The frame that levels are, from the first etu of SOF; nothing but 1 may stand behind its EOF.
/// Characters may be `guard_etu_max` apart.
///
/// # Errors
/// The first [`Fault`].
pub fn decode(levels: &[bool], guard_etu_max: usize) -> Result<Frame, Fault> {
    let low = run(levels, 0, false);
    if low == 0 {
        return Err(Fault::NoStart);
    }
    mark(low, LOW_ETU_MIN, 0)?;
    let mut bytes = Vec::with_capacity(levels.len() / 10);
    let mut at = low + HIGH_ETU_MIN;
    let mut high = run(levels, low, true);
    if high < HIGH_ETU_MIN {
        return Err(if low + high == levels.len() {
            Fault::NoEnd
        } else {
            Fault::Mark { etu: low }
        });
    }
    // One etu more belongs to SOF still; what rests behind it is guard time nobody may take.
    high -= HIGH_ETU_MIN;
    let mut rest_max = 1;
    loop {
        let byte = bytes.len();
        at += high;
        let Some([_, data @ .., stop]) = levels.get(at..at + 10) else { return Err(Fault::NoEnd) };
        if high > rest_max {
            return Err(match byte {
                0 => Fault::Mark { etu: low },
                _ => Fault::GuardTime { byte },
            });
        }
        let value = (0..8).zip(data).fold(0, |value, (n, &bit)| value | u8::from(bit) << n);
        match (stop, value) {
            (false, 0) => return end(levels, at, bytes),
            (false, _) => return Err(Fault::StopBit { byte }),
            (true, _) => bytes.push(value),
        }
        at += 10;
        high = run(levels, at, true);
        rest_max = guard_etu_max;
    }
}

/// What follows the last character: EOF, and the line at rest.
fn end(levels: &[bool], at: usize, bytes: Vec<u8>) -> Result<Frame, Fault> {
    let low = run(levels, at, false);
    mark(low, LOW_ETU_MIN, at)?;
    let behind = at + low;
    let rests = run(levels, behind, true);
    if behind + rests < levels.len() {
        return Err(Fault::AfterEnd { symbol: behind + rests });
    }
    let last_bits = if bytes.is_empty() { 0 } else { 8 };
    let rate = Rate::Fc128;
    Ok(Frame { of: PiccType::B, rate, bytes, first_bit: 0, last_bits, intact: true })
}

/// A part of a mark may have `min` etu and one more.
fn mark(etu: usize, min: usize, at: usize) -> Result<(), Fault> {
    if (min..=min + 1).contains(&etu) { Ok(()) } else { Err(Fault::Mark { etu: at }) }
}

/// How many etu from `from` on have this level.
fn run(levels: &[bool], from: usize, level: bool) -> usize {
    levels.iter().skip(from).take_while(|is| **is == level).count()
}

/// Levels as a line of 0 and 1.
#[must_use]
pub fn text(levels: &[bool]) -> String {
    levels.iter().map(|&level| if level { '1' } else { '0' }).collect()
}
