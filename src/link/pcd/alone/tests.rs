//! Whatever befalls frames: no command runs twice, and each has its own answer or a clean error.

use std::collections::HashMap;

use super::*;
use crate::link::{
    Direction, Mute,
    noisy::Fault,
    pcd::{Options, PcdError, Presence, Session, activate},
    picc::{Parameters, Part4, Rates, TypeA, TypeB, Uid},
};

/// A command of the form number (4 bytes), bytes of the answer (2), time it takes (4), filling.
#[derive(Debug, Default)]
struct Once {
    runs: HashMap<u32, u32>,
}

/// What the answer to a command is: its number as long as was asked for, and 9000.
fn answer(command: &[u8]) -> Vec<u8> {
    let (number, rest) = command.split_first_chunk::<4>().unwrap();
    let length = u16::from_be_bytes(*rest.first_chunk().unwrap());
    let filling = number.iter().cycle().enumerate().map(|(at, byte)| byte ^ (at / 4) as u8);
    filling.take(length.into()).chain([0x90, 0x00]).collect()
}

impl Application for Once {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let number = u32::from_be_bytes(*command.first_chunk().unwrap());
        *self.runs.entry(number).or_default() += 1;
        response.extend(answer(command));
        Ok(u32::from_be_bytes(*command[6..].first_chunk().unwrap()).into())
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

struct Run {
    air: Alone<Once>,
    session: Option<Session>,
    options: Options,
    random: Random,
    number: u32,
    right: u32,
    errors: u32,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut pick = |most: u64| random.number() % most;
        let part4 = Part4 {
            fsci: pick(4) as u8,
            fwi: 4,
            rates: if pick(2) == 0 { Rates::NONE } else { Rates::ALL },
            cid: pick(3) > 0,
            ..Part4::default()
        };
        let parameters = if pick(2) == 0 {
            Parameters::A(TypeA { part4, ..TypeA::new(Uid::random()) })
        } else {
            Parameters::B(TypeB { part4, ..TypeB::new(None) })
        };
        let options = Options {
            fsdi: pick(4) as u8,
            cid: (pick(2) == 0).then_some(3),
            rates: Rates::ALL,
            ..Options::default()
        };
        let air = Alone::new(Picc::new(parameters, Once::default(), seed));
        Self { air, session: None, options, random, number: 0, right: 0, errors: 0 }
    }

    fn command(&mut self) -> Vec<u8> {
        self.number += 1;
        let mut pick = |most: u64| (self.random.number() % most) as u32;
        let length = if pick(2) == 0 { pick(8) } else { pick(120) };
        let took_us = if pick(3) == 0 { pick(20_000) } else { 0 };
        let filling = if pick(2) == 0 { pick(6) } else { pick(90) };
        let mut command = self.number.to_be_bytes().to_vec();
        command.extend((length as u16).to_be_bytes());
        command.extend(took_us.to_be_bytes());
        command.resize(10 + filling as usize, 0xEE);
        command
    }

    /// One command, after an activation if there is no session.
    fn step(&mut self) {
        if self.session.is_none() {
            match activate(&mut self.air, &self.options) {
                Ok(card) => self.session = Some(card.into_session()),
                Err(_) => {
                    self.errors += 1;
                    self.air.restart_field();
                    return;
                }
            }
        }
        let command = self.command();
        let Some(session) = &mut self.session else { return };
        let outcome = session.exchange(&mut self.air, &command);
        let ran = self.air.picc.application().runs.get(&self.number).copied();
        match outcome {
            Ok(response) => {
                assert_eq!(response, answer(&command));
                assert_eq!(ran, Some(1));
                self.right += 1;
            }
            Err(error) => {
                assert_ne!(error, PcdError::Ended);
                assert_eq!(session.exchange(&mut self.air, &command), Err(PcdError::Ended));
                self.errors += 1;
                self.session = None;
                self.air.restart_field();
            }
        }
        // Also those before, which a late frame might have run again.
        assert!(self.air.picc.application().runs.values().all(|&runs| runs == 1));
    }
}

/// A fault of each kind at each of the first frames, from the activation on and within a session.
/// With one fault nothing is lost but what the reader may not ask for again.
#[test]
fn one_fault_anywhere_does_no_harm() {
    for seed in 0..24 {
        for (fault, late) in Fault::ALL.into_iter().flat_map(|f| Late::ALL.map(|l| (f, l))) {
            for frame in 0..12 {
                for activated in [false, true] {
                    let mut run = Run::new(seed);
                    run.air.set_late(Some(late));
                    if activated {
                        run.step();
                    }
                    run.air.set_noise(Noise::at(frame, fault));
                    for _ in 0..4 {
                        run.step();
                    }
                    let at = format!("seed {seed} {fault:?} {late:?} {frame} {activated}");
                    let right = if activated { 5 } else { 4 };
                    assert_eq!((run.right, run.errors), (right, 0), "{at}");
                }
            }
        }
    }
}

#[test]
fn any_faults_do_no_harm() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(3000);
    let (mut right, mut errors) = (0, 0);
    for seed in 0..runs {
        let mut run = Run::new(seed);
        run.air.set_noise(Noise::seeded(seed, [5, 20, 100, 300][(seed % 4) as usize]));
        for _ in 0..12 {
            run.step();
            if let Some(session) = run.session.as_mut().filter(|_| run.number.is_multiple_of(5)) {
                let how = [Presence::EmptyBlock, Presence::Nak][(run.number % 2) as usize];
                if session.is_present(&mut run.air, how) != Ok(true) {
                    run.session = None;
                    run.air.restart_field();
                }
            }
        }
        right += run.right;
        errors += run.errors;
    }
    println!("{right} right, {errors} errors");
    assert!(right > 3 * errors, "{right} right, {errors} errors");
}
