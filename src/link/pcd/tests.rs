//! Both sides of the air together: a session with a card, of either type.

use super::{Activated, Alone, Options, PcdError, Presence, activate};
use crate::link::{
    Application, Direction, Mute, Rate,
    picc::{Parameters, Picc, Rates, State, TypeA, TypeB, Uid},
};

/// Answers a command with its own bytes and 9000; counts.
#[derive(Debug, Default)]
pub(super) struct Echo {
    pub(super) runs: usize,
    pub(super) took_us: u64,
}

impl Application for Echo {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.runs += 1;
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

fn type_a() -> Parameters {
    Parameters::A(TypeA::new(Uid::fixed(&[4, 1, 2, 3, 4, 5, 6]).unwrap()))
}

fn type_b() -> Parameters {
    Parameters::B(TypeB::new(Some([1, 2, 3, 4])))
}

fn alone(parameters: Parameters) -> Alone<Echo> {
    Alone::new(Picc::new(parameters, Echo::default(), 1))
}

#[test]
fn a_session_of_either_type_carries_commands_of_any_length() {
    for parameters in [type_a(), type_b()] {
        for rates in [Rates::NONE, Rates::ALL, Rates::of_byte(0x82)] {
            for (fsdi, cid) in [(0, None), (0, Some(0)), (8, Some(14)), (12, None)] {
                let mut air = alone(parameters.clone());
                let options = Options { fsdi, cid, rates, ..Options::default() };
                let mut session = activate(&mut air, &options).unwrap().into_session();
                if rates == Rates::ALL {
                    assert_eq!(session.link().to_card, Rate::Fc16);
                }
                for len in [1, 5, 12, 13, 14, 252, 253, 254, 255, 600, 65_000] {
                    let command = vec![len as u8; len];
                    let mut expected = command.clone();
                    expected.extend([0x90, 0x00]);
                    assert_eq!(session.exchange(&mut air, &command), Ok(expected));
                }
                assert!(session.is_present(&mut air, Presence::EmptyBlock).unwrap());
                assert!(session.is_present(&mut air, Presence::Nak).unwrap());
                assert_eq!(air.picc().application().runs, 11);
                assert_eq!(session.deselect(&mut air), Ok(()));
                assert_eq!(air.picc().state(), State::Halt);
                assert_eq!(session.exchange(&mut air, &[1]), Err(PcdError::Ended));
                assert!(activate(&mut air, &Options { wakes: false, ..options }).is_err());
                assert!(activate(&mut air, &options).is_ok());
            }
        }
    }
}

#[test]
fn a_card_that_takes_long_asks_for_time() {
    for took_us in [0, 50_000, 77_000, 100_000, 5_000_000, 60_000_000] {
        let mut air = alone(type_a());
        air.picc_mut().application_mut().took_us = took_us;
        let mut card = activate(&mut air, &Options::default()).unwrap();
        assert!(matches!(card, Activated::A { .. }));
        let began = super::Air::now_fc(&air);
        assert!(card.session().exchange(&mut air, &[0, 1, 2, 3]).is_ok());
        let took_fc = super::Air::now_fc(&air) - began;
        assert!(took_fc >= took_us * 1356 / 100 && took_fc < took_us * 1356 / 100 + 2_000_000);
    }
}
