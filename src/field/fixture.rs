//! Cards for the tests of a field: nothing behind them but an echo.

use crate::link::{
    Application, Direction, Frame, Mute,
    pcd::{Air, Heard},
    picc::{Parameters, Picc, TypeA, TypeB, Uid},
};

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
