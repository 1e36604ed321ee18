//! Cards for the tests of a field, with nothing behind them but an echo, and airs that write down
//! or make up what is heard.

use std::collections::VecDeque;

use crate::link::{
    Application, Direction, Frame, Mute,
    pcd::{Air, Heard},
    picc::{Parameters, Picc, TypeA, TypeB, Uid},
};
use crate::{field::symbol::with_bit_turned, link::PiccType, random::Random};

/// Answers a command with itself and 9000, and counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Echo {
    pub(crate) powered: u32,
    pub(crate) commands: u32,
}

impl Application for Echo {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.powered += 1;
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.commands += 1;
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(100)
    }

    fn direction(&self, _header: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// A card of Type A with this UID; one that begins with 08 is drawn so the first time.
pub(crate) fn type_a(uid: &[u8]) -> Picc<Echo> {
    let uid = match *uid {
        [0x08, a, b, c] => Uid::random_first([a, b, c]),
        _ => Uid::fixed(uid).unwrap(),
    };
    let parameters = TypeA { sak_incomplete: 0x20, ..TypeA::new(uid) };
    Picc::new(Parameters::A(parameters), Echo::default(), 1)
}

/// A card of Type B with this PUPI.
pub(crate) fn type_b(pupi: [u8; 4], seed: u64) -> Picc<Echo> {
    Picc::new(Parameters::B(TypeB::new(Some(pupi))), Echo::default(), seed)
}

/// An air that writes down every frame of the reader's: when it began, when what was heard had
/// ended, and whether anything was.
#[derive(Debug)]
pub(crate) struct Recorder<R> {
    pub(crate) air: R,
    pub(crate) written: Vec<(u64, Frame, u64, bool)>,
}

impl<R: Air> Air for Recorder<R> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let begin_fc = self.now_fc();
        let heard = self.air.transceive(frame, wait_fc);
        self.written.push((begin_fc, frame.clone(), self.now_fc(), heard != Heard::Nothing));
        heard
    }

    fn pause(&mut self, fc: u64) {
        self.air.pause(fc);
    }

    fn now_fc(&self) -> u64 {
        self.air.now_fc()
    }
}

/// An air on which is heard what is written down, and then nothing.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) heard: VecDeque<Heard>,
    pub(crate) now_fc: u64,
}

impl Air for Scripted {
    fn transceive(&mut self, _frame: &Frame, wait_fc: u64) -> Heard {
        self.now_fc += wait_fc;
        self.heard.pop_front().unwrap_or(Heard::Nothing)
    }

    fn pause(&mut self, fc: u64) {
        self.now_fc += fc;
    }

    fn now_fc(&self) -> u64 {
        self.now_fc
    }
}

/// An air on which anything is heard, most of it nearly right.
#[derive(Debug)]
pub(crate) struct Babel {
    pub(crate) random: Random,
    pub(crate) frames: u64,
}

impl Air for Babel {
    fn transceive(&mut self, sent: &Frame, _wait_fc: u64) -> Heard {
        self.frames += 1;
        let [n, a, b, c, d, damage, at, shape] = self.random.number().to_be_bytes();
        let first_bit = if sent.bytes.len() > 1 { sent.last_bits % 8 } else { 0 };
        let known = sent.bytes.len().saturating_sub(2 + usize::from(first_bit > 0));
        let tag = if d % 3 == 0 { 0x88 } else { n };
        let level = [tag, a, b, c, tag ^ a ^ b ^ c];
        let frame = match (sent.of, shape % 8) {
            (PiccType::A, 0) => Frame::standard(&[a, b]),
            (PiccType::A, 1..4) => {
                Frame { first_bit, ..Frame::standard(level.get(known..).unwrap_or_default()) }
            }
            (PiccType::A, _) => {
                Frame::with_crc(PiccType::A, &[if n % 2 == 0 { 0x20 } else { 0x04 }])
            }
            (PiccType::B, 0..5) => {
                Frame::with_crc(PiccType::B, &[0x50, a % 4, 0, 0, 0, 0, 0, 0, 0, n, b, c])
            }
            (PiccType::B, _) => Frame::with_crc(PiccType::B, &[0x00]),
        };
        match damage % 16 {
            0 | 1 => Heard::Nothing,
            2 => Heard::Noise,
            3 => Heard::Frame(with_bit_turned(&frame, at.into())),
            4..8 => Heard::Collision { at: usize::from(at) % 48, frame },
            _ => Heard::Frame(frame),
        }
    }

    fn pause(&mut self, _fc: u64) {}

    fn now_fc(&self) -> u64 {
        0
    }
}
