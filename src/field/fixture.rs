//! Cards for the tests of a field: nothing behind them but an echo.

use crate::link::{
    Application, Direction, Mute,
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
