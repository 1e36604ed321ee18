//! Frames as a host writes them, by the registers alone: what InCommunicateThru sends and hears.

use super::{
    command::Status,
    registers::{Framing, Registers},
};
use crate::link::{
    Frame, PiccType,
    crc::{crc_a, crc_b},
    pcd::{Air, Heard},
};

/// Sends bytes as the registers say and listens for `wait_fc`; what was heard, as they say.
///
/// # Errors
/// What went wrong; 633E and the FIFO then show what they show on the chip.
pub fn transceive(
    registers: &mut Registers,
    air: &mut impl Air,
    bytes: &[u8],
    wait_fc: u64,
) -> Result<Vec<u8>, Status> {
    registers.heard_collision(None);
    registers.heard_bits(8);
    registers.fill_fifo(bytes);
    let frame = outgoing(registers, bytes);
    let (Some(frame), Some((_, heard_rate))) = (frame, registers.rates()) else {
        air.pause(wait_fc);
        return Err(Status::TimeOut);
    };
    match air.transceive(&frame, wait_fc) {
        Heard::Nothing => Err(Status::TimeOut),
        Heard::Noise if registers.checks_crc() => Err(Status::Crc),
        Heard::Noise => Err(Status::Framing),
        Heard::Frame(frame) if frame.rate != heard_rate => Err(Status::Framing),
        Heard::Frame(frame) => incoming(registers, &frame),
        Heard::Collision { frame, at } => {
            registers.heard_collision(Some(at));
            registers.heard_bits(frame.last_bits);
            registers.fill_fifo(&frame.bytes);
            Err(Status::Collision)
        }
    }
}

/// The frame that goes out; none when no card here would take it for one.
fn outgoing(registers: &Registers, bytes: &[u8]) -> Option<Frame> {
    let of = match registers.framing() {
        Framing::A => PiccType::A,
        Framing::B => PiccType::B,
        Framing::Other => return None,
    };
    let mut bytes = bytes.to_vec();
    if bytes.is_empty() {
        return None;
    }
    let last_bits = if of == PiccType::B { 8 } else { registers.last_bits() };
    if registers.makes_crc() && last_bits == 8 {
        let crc = if of == PiccType::A { crc_a(&bytes) } else { crc_b(&bytes) };
        bytes.extend_from_slice(&crc);
    }
    let (rate, _) = registers.rates()?;
    let bits = 8 * (bytes.len() - 1) + usize::from(last_bits);
    let frame = match of {
        PiccType::B => Frame::type_b(&bytes),
        PiccType::A if registers.leaves_parity() => without_parity(&bytes, bits),
        PiccType::A => Frame::first_part(&bytes, bits),
    };
    Some(frame.at(rate))
}

/// What was heard, for the host.
fn incoming(registers: &mut Registers, frame: &Frame) -> Result<Vec<u8>, Status> {
    if frame.of == PiccType::A && registers.leaves_parity() {
        let (bytes, last_bits) = with_parity(frame);
        registers.heard_bits(last_bits);
        registers.fill_fifo(&bytes);
        return Ok(bytes);
    }
    registers.heard_bits(frame.last_bits);
    registers.fill_fifo(&frame.bytes);
    // Bits that do not go where they belong in their byte shift its parity bit into the data.
    let aligned = frame.of == PiccType::B || frame.first_bit == registers.align();
    match frame.of {
        _ if frame.intact && aligned => {}
        PiccType::A => return Err(Status::Parity),
        PiccType::B => return Err(Status::Framing),
    }
    if registers.checks_crc() {
        let bytes = frame.checked().ok_or(Status::Crc)?;
        registers.fill_fifo(bytes);
        return Ok(bytes.to_vec());
    }
    let mut bytes = frame.bytes.clone();
    if let Some(first) = bytes.first_mut() {
        *first &= 0xFF << frame.first_bit;
    }
    Ok(bytes)
}

/// The frame whose bits a host has written with the parity bits among them: eight bits, one of
/// parity, and so on.
fn without_parity(bytes: &[u8], bits: usize) -> Frame {
    let bit = |n: usize| bytes.get(n / 8).is_some_and(|byte| byte >> (n % 8) & 1 == 1);
    let mut frame = Frame::standard(&[]);
    for start in (0..bits).step_by(9) {
        let count = (bits - start).min(8);
        let byte = (0..count).fold(0, |byte, n| byte | u8::from(bit(start + n)) << n);
        frame.bytes.push(byte);
        frame.last_bits = count as u8;
        // The last byte may be cut, and then has no parity bit; a whole one must have it.
        frame.intact &= count < 8 || start + 8 < bits && bit(start + 8) == odd(byte);
    }
    frame
}

/// The bits of a frame with its parity bits among them, in bytes, and how many the last one has.
/// In a damaged frame the first parity bit is the wrong one, for a frame does not say which was.
fn with_parity(frame: &Frame) -> (Vec<u8>, u8) {
    let mut bits = Vec::new();
    let last = frame.bytes.len().saturating_sub(1);
    for (n, byte) in frame.bytes.iter().enumerate() {
        let first = if n == 0 { frame.first_bit } else { 0 };
        let end = if n == last { frame.last_bits } else { 8 };
        bits.extend((first..end).map(|bit| byte >> bit & 1 == 1));
        if end == 8 {
            bits.push(odd(*byte) == (frame.intact || n > 0));
        }
    }
    let mut bytes = vec![0; bits.len().div_ceil(8)];
    for (n, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        if let Some(byte) = bytes.get_mut(n / 8) {
            *byte |= 1 << (n % 8);
        }
    }
    // At most 8.
    (bytes, bits.len().saturating_sub(1) as u8 % 8 + 1)
}

/// The bit that makes the number of ones odd.
fn odd(byte: u8) -> bool {
    byte.count_ones().is_multiple_of(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Rate;

    /// Answers each frame with what it was given, and remembers the frame.
    struct Echo {
        sent: Vec<Frame>,
        heard: Heard,
        now_fc: u64,
    }

    impl Echo {
        fn saying(heard: Heard) -> Self {
            Self { sent: Vec::new(), heard, now_fc: 0 }
        }
    }

    impl Air for Echo {
        fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
            self.sent.push(frame.clone());
            self.now_fc += wait_fc;
            self.heard.clone()
        }

        fn pause(&mut self, fc: u64) {
            self.now_fc += fc;
        }

        fn now_fc(&self) -> u64 {
            self.now_fc
        }
    }

    fn registers(pairs: &[(u16, u8)]) -> Registers {
        let mut registers = Registers::default();
        for &(address, value) in pairs {
            registers.write(address, value);
        }
        registers
    }

    fn told(
        registers: &mut Registers,
        bytes: &[u8],
        heard: Heard,
    ) -> (Option<Frame>, Result<Vec<u8>, Status>) {
        let mut air = Echo::saying(heard);
        let answer = transceive(registers, &mut air, bytes, 1000);
        assert_eq!(air.now_fc, 1000);
        (air.sent.pop(), answer)
    }

    #[test]
    fn seven_bits_are_a_short_frame() {
        let mut registers = registers(&[(0x633D, 0x07)]);
        let atqa = Heard::Frame(Frame::standard(&[0x44, 0x03]));
        let (sent, answer) = told(&mut registers, &[0x26], atqa);
        assert_eq!(sent, Some(Frame::short(0x26)));
        assert_eq!(answer, Ok(vec![0x44, 0x03]));
        assert_eq!(registers.read(0x633C) & 7, 0);
        assert_eq!(registers.read(0x633A), 2);
    }

    #[test]
    fn crcs_are_made_and_checked_where_the_registers_say_so() {
        let good = Frame::with_crc(PiccType::A, &[0x20]);
        let mut on = registers(&[(0x6302, 0x80), (0x6303, 0x80)]);
        let (sent, answer) = told(&mut on, &[0x50, 0x00], Heard::Frame(good.clone()));
        assert_eq!(sent, Some(Frame::standard(&[0x50, 0x00, 0x57, 0xCD])));
        assert_eq!(answer, Ok(vec![0x20]));
        for (bad, status) in [
            (Frame::standard(&[0x20, 0xFC, 0x71]), Status::Crc),
            (Frame { last_bits: 4, ..Frame::standard(&[0x0A]) }, Status::Crc),
            (Frame { intact: false, ..good.clone() }, Status::Parity),
            (good.clone().at(Rate::Fc64), Status::Framing),
        ] {
            assert_eq!(told(&mut on, &[0x30], Heard::Frame(bad)).1, Err(status));
        }
        assert_eq!(told(&mut on, &[0x30], Heard::Noise).1, Err(Status::Crc));
        let mut off = registers(&[]);
        let (sent, answer) = told(&mut off, &[0x50, 0x00], Heard::Frame(good));
        assert_eq!(sent, Some(Frame::standard(&[0x50, 0x00])));
        assert_eq!(answer, Ok(vec![0x20, 0xFC, 0x70]));
        assert_eq!(told(&mut off, &[0x30], Heard::Noise).1, Err(Status::Framing));
        assert_eq!(told(&mut off, &[0x30], Heard::Nothing).1, Err(Status::TimeOut));
        let ack = Frame { last_bits: 4, ..Frame::standard(&[0x0A]) };
        assert_eq!(told(&mut off, &[0x30], Heard::Frame(ack)).1, Ok(vec![0x0A]));
        assert_eq!(off.read(0x633C) & 7, 4);
    }

    #[test]
    fn type_b_has_its_own_crc_and_nothing_hears_felica() {
        let mut b = registers(&[(0x6302, 0x83), (0x6303, 0x83)]);
        let atqb = Frame::with_crc(PiccType::B, &[0x50, 1, 2, 3, 4]);
        let (sent, answer) = told(&mut b, &[0x05, 0x00, 0x00], Heard::Frame(atqb.clone()));
        assert_eq!(sent, Some(Frame::type_b(&[0x05, 0x00, 0x00, 0x71, 0xFF])));
        assert_eq!(answer, Ok(vec![0x50, 1, 2, 3, 4]));
        let broken = Frame { intact: false, ..atqb };
        assert_eq!(told(&mut b, &[0x05], Heard::Frame(broken)).1, Err(Status::Framing));
        let mut felica = registers(&[(0x6302, 0x92), (0x6303, 0x92)]);
        assert_eq!(told(&mut felica, &[0x06], Heard::Nothing), (None, Err(Status::TimeOut)));
        assert_eq!(told(&mut b, &[], Heard::Nothing), (None, Err(Status::TimeOut)));
    }

    /// ISO/IEC 14443-3:2018, 6.2.3.3: 41 bits out, the rest of the split byte and BCC back.
    #[test]
    fn a_split_byte_goes_where_the_registers_align_it() {
        let rest = Heard::Frame(Frame::second_part(&[0x79, 0x09], 1));
        let mut aligned = registers(&[(0x633D, 0x11)]);
        let (sent, answer) =
            told(&mut aligned, &[0x93, 0x51, 0x12, 0x34, 0x56, 0x01], rest.clone());
        assert_eq!(sent, Some(Frame::first_part(&[0x93, 0x51, 0x12, 0x34, 0x56, 0x01], 41)));
        assert_eq!(answer, Ok(vec![0x78, 0x09]));
        let mut not = registers(&[(0x633D, 0x01)]);
        let (_, answer) = told(&mut not, &[0x93, 0x51, 0x12, 0x34, 0x56, 0x01], rest);
        assert_eq!(answer, Err(Status::Parity));
    }

    #[test]
    fn a_collision_leaves_its_place_and_what_was_heard() {
        let mut registers = registers(&[]);
        let frame = Frame::standard(&[0x92, 0x34, 0x56, 0x78, 0x88]);
        let (_, answer) = told(&mut registers, &[0x93, 0x20], Heard::Collision { frame, at: 7 });
        assert_eq!(answer, Err(Status::Collision));
        assert_eq!(registers.read(0x633E) & 0x3F, 8);
        assert_eq!(registers.read(0x6339), 0x92);
        assert_eq!(told(&mut registers, &[0x93], Heard::Nothing).1, Err(Status::TimeOut));
        assert_eq!(registers.read(0x633E) & 0x20, 0x20);
    }

    /// 12 is 0100 1000 in the order of the air, its parity bit 1; 34 is 0010 1100, parity 0.
    #[test]
    fn parity_bits_may_be_the_host_s() {
        let mut registers = registers(&[(0x630D, 0x10), (0x633D, 0x02)]);
        let heard = Heard::Frame(Frame::standard(&[0x12, 0x34]));
        let raw = [0x12, 0x69, 0x00];
        let (sent, answer) = told(&mut registers, &raw, heard);
        assert_eq!(sent, Some(Frame::standard(&[0x12, 0x34])));
        assert_eq!(answer, Ok(raw.to_vec()));
        assert_eq!(registers.read(0x633C) & 7, 2, "18 bits");
        let wrong = told(&mut registers, &[0x12, 0x69, 0x02], Heard::Nothing).0.unwrap();
        assert!(!wrong.intact, "the last parity bit is wrong");
        let damaged = Frame { intact: false, ..Frame::standard(&[0x12, 0x34]) };
        let (_, answer) = told(&mut registers, &raw, Heard::Frame(damaged));
        assert_eq!(answer, Ok(vec![0x12, 0x68, 0x00]), "and here the first");
        registers.write(0x633D, 0x07);
        let (sent, answer) = told(&mut registers, &[0x52], Heard::Frame(Frame::standard(&[0x04])));
        assert_eq!((sent, answer), (Some(Frame::short(0x52)), Ok(vec![0x04, 0x00])));
        assert_eq!(registers.read(0x633C) & 7, 1, "nine bits");
        registers.write(0x633D, 0x00);
        let cut = told(&mut registers, &[0x12, 0x69], Heard::Nothing).0.unwrap();
        assert_eq!((cut.bits(), cut.intact), (15, true), "a byte that is cut has no parity bit");
    }
}
