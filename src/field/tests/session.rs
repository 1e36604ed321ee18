//! A session over a field in which any frame is lost, damaged, late or doubled.

use super::*;
use crate::link::{
    Application, Direction, Mute,
    pcd::activate,
    picc::{Part4, TypeB},
};

/// Answers a command with its own bytes and 9000, and knows which it has run.
#[derive(Debug, Default)]
struct Numbered {
    ran: Vec<u8>,
    took_us: u64,
}

impl Application for Numbered {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.ran.extend(command.first());
        response.extend_from_slice(command);
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

fn card(of: PiccType, took_us: u64, seed: u64) -> Picc<Numbered> {
    let part4 = Part4 { fwi: 4, fsci: 2, ..Part4::default() };
    let parameters = match of {
        PiccType::A => {
            Parameters::A(TypeA { part4, ..TypeA::new(Uid::fixed(&[1, 2, 3, 4]).unwrap()) })
        }
        PiccType::B => Parameters::B(TypeB { part4, ..TypeB::new(Some([1, 2, 3, 4])) }),
    };
    Picc::new(parameters, Numbered { took_us, ..Numbered::default() }, seed)
}

/// Commands in frames of 32 bytes, some longer, some that take a while. `RUNS` asks for more.
#[test]
fn in_any_noise_no_command_runs_twice_and_every_answer_is_its_own() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(300);
    let mut whole = 0;
    for (of, seed) in
        [PiccType::A, PiccType::B].into_iter().flat_map(|of| (0..runs).map(move |seed| (of, seed)))
    {
        let mut field = Field::new();
        let took_us = if seed % 2 == 0 { 100 } else { 20_000 };
        let place = field.enter(card(of, took_us, seed));
        field.switch_on();
        let options = Options { fsdi: 2, retries: 3, ..Options::default() };
        let mut session = activate(&mut field, &options).unwrap().into_session();
        field.set_noise(Noise::seeded(seed, 200));
        let mut sent = Vec::new();
        for n in 0..6_u8 {
            let mut command = vec![n; 1 + usize::from(n) * 17 % 80];
            sent.push(n);
            let Ok(response) = session.exchange(&mut field, &command) else { break };
            command.extend([0x90, 0x00]);
            assert_eq!(response, command, "{of:?} {seed}");
            whole += 1;
        }
        let ran = &field.picc(place).unwrap().application().ran;
        assert!(sent.starts_with(ran), "{of:?} {seed}: {ran:?} of {sent:?}");
    }
    assert!(whole > runs, "{whole} commands came through");
}
