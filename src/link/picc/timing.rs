//! When a card answers, and how long frames take (ISO/IEC 14443-3:2018, 6.2.1 and 7.1).
//!
//! All times are in carrier periods. Times of frames leave out extra guard times and count an SOF
//! and EOF of Type B at their shortest; they are good for waiting and order, not for measuring.

use crate::link::{Frame, PiccType};

/// The frame delay time of Type A lies on a grid of this.
const GRID_FC: u64 = 128;

/// The least n of the grid, and the only one for commands that several cards answer in step.
const GRID_LEAST: u64 = 9;

/// 64/fs and 80/fs: what a Type B card keeps still and then sends without data, unless ATTRIB
/// allows less.
pub(super) const TR0_FC: u64 = 1024;
pub(super) const TR1_FC: u64 = 1280;

/// The delay from the end of the reader's last pause to the answer's first modulation: the first
/// place on the grid, n at least 9, that is not before `own_fc`. With 0 exactly 1236 after a last
/// bit 1 and 1172 after a last bit 0. The last bit of a frame of whole bytes is a parity bit.
///
/// Above fc/128 the offsets of the grid are not known here for certain; those of fc/128 are kept.
#[must_use]
pub fn frame_delay_fc(heard: &Frame, own_fc: u64) -> u64 {
    let offset = if heard.last_bit() { 84 } else { 20 };
    let n = own_fc.saturating_sub(offset).div_ceil(GRID_FC).max(GRID_LEAST);
    n.saturating_mul(GRID_FC).saturating_add(offset)
}

/// How long a frame is on the air.
#[must_use]
pub fn frame_fc(frame: &Frame) -> u64 {
    let bits = frame.bits() as u64;
    let etu = match frame.of {
        // A start, the parity bits, an end.
        PiccType::A => bits + frame.parity_bits() as u64 + 2,
        // Start and stop bits, SOF of 12 and EOF of 10.
        PiccType::B => bits / 8 * 10 + 22,
    };
    etu * frame.rate.bit_fc()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last bit of WUPA is 1, of REQA 0; of a standard frame it is the last parity bit.
    #[test]
    fn the_delay_is_on_the_grid_of_the_last_bit() {
        let rows = [
            (Frame::short(0x52), 1236),
            (Frame::short(0x26), 1172),
            (Frame::standard(&[0x93, 0x20]), 1172), // one bit set: parity 0
            (Frame::standard(&[0x93, 0x30]), 1236), // two: parity 1
            (Frame::first_part(&[0x93, 0x21, 0x01], 17), 1236),
            (Frame::first_part(&[0x93, 0x22, 0x01], 18), 1172),
        ];
        for (frame, delay) in rows {
            assert_eq!(frame_delay_fc(&frame, 0), delay, "{frame:02X?}");
            assert_eq!(frame_delay_fc(&frame, delay), delay);
            assert_eq!(frame_delay_fc(&frame, delay + 1), delay + 128);
        }
        assert!(frame_delay_fc(&Frame::short(0x52), u64::MAX) > 1 << 63);
    }

    #[test]
    fn a_frame_takes_its_bits() {
        assert_eq!(frame_fc(&Frame::short(0x26)), 9 * 128);
        assert_eq!(frame_fc(&Frame::standard(&[0x93, 0x20])), 20 * 128);
        assert_eq!(frame_fc(&Frame::first_part(&[0x93, 0x21, 0x01], 17)), 21 * 128);
        assert_eq!(frame_fc(&Frame::second_part(&[0x01, 0x02], 1)), 19 * 128);
        assert_eq!(frame_fc(&Frame::type_b(&[0x05, 0, 0]).at(crate::link::Rate::Fc64)), 52 * 64);
    }
}
