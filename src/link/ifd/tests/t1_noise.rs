//! Both ends of T=1, and noise between them.

use super::super::*;
use crate::link::{Direction, Mute, contact::Offer, noisy::Fault};

/// Counts how often each command runs and gives each an answer of its own.
#[derive(Clone, Debug, Default)]
struct Counting {
    runs: Vec<u32>,
    took_us: u64,
}

/// A command with this number, so much data, and so many bytes of answer.
fn command(number: u16, data: usize, answer: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    let mut apdu = vec![0x00, 0xA4, high, low];
    if data > 0 {
        apdu.push(0);
        apdu.extend((data as u16).to_be_bytes());
        apdu.extend((0..data).map(|n| n as u8 ^ low));
        apdu.extend(answer.to_be_bytes());
    } else if answer > 0 {
        apdu.push(0);
        apdu.extend(answer.to_be_bytes());
    }
    apdu
}

/// What it is answered.
fn answer(number: u16, data: usize, answer: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    let mut response: Vec<u8> = (0..answer).map(|n| (n as u8).wrapping_mul(7) ^ low).collect();
    response.extend([0x90 | high & 0x0F, low ^ data as u8]);
    response
}

impl Application for Counting {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, apdu: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let number = u16::from_be_bytes([apdu[2], apdu[3]]);
        if self.runs.len() <= usize::from(number) {
            self.runs.resize(usize::from(number) + 1, 0);
        }
        self.runs[usize::from(number)] += 1;
        let long = |at: usize| u16::from_be_bytes([apdu[at], apdu[at + 1]]);
        let (data, le) = match apdu.len() {
            4 => (0, 0),
            7 => (0, long(5)),
            _ => (usize::from(long(5)), long(apdu.len() - 2)),
        };
        assert_eq!(apdu, command(number, data, le));
        response.extend(answer(number, data, le));
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// Every other card asks for time, every third one for blocks of 20 bytes.
fn t1(noise: Noise, kind: u64) -> Ifd<Wired<Counting>> {
    let parameters = Parameters {
        offer: Offer::T1,
        ifs_request_bytes: kind.is_multiple_of(3).then_some(20),
        ..Parameters::default()
    };
    let took_us = if kind.is_multiple_of(2) { 4_000_000 } else { 1000 };
    let contact = Contact::new(parameters, Counting { took_us, ..Counting::default() });
    let mut ifd = Ifd::on(Wired::new(contact, noise));
    ifd.power_on().unwrap();
    ifd
}

/// Lengths of data and answer of the commands of a run.
const SHAPES: [(usize, u16); 5] = [(0, 4), (40, 300), (0, 0), (100, 0), (0, 600)];

/// What a run came to, over all commands.
#[derive(Clone, Copy, Default, Debug)]
struct Came {
    right: u32,
    uncertain: u32,
    not_run: u32,
    mute: u32,
}

/// A run of commands: each ends in its right answer or an error, and none has run twice.
fn run(noise: Noise, kind: u64, what: &str) -> Came {
    let mut ifd = t1(noise, kind);
    let mut came = Came::default();
    for (number, &(data, le)) in (0..).zip(SHAPES.iter().cycle().take(10)) {
        let result = ifd.exchange(&command(number, data, le));
        let runs = ifd.contact().application().runs.get(usize::from(number)).copied();
        let runs = runs.unwrap_or(0);
        match result {
            Ok(response) => {
                assert_eq!(response, answer(number, data, le), "{what}, command {number}");
                assert_eq!(runs, 1, "{what}, command {number}");
                came.right += 1;
            }
            Err(IfdError::T1(t1::T1Error::Uncertain)) => came.uncertain += 1,
            Err(IfdError::T1(t1::T1Error::NotRun)) => {
                assert_eq!(runs, 0, "{what}, command {number}");
                came.not_run += 1;
            }
            Err(IfdError::T1(t1::T1Error::Mute)) => {
                came.mute += 1;
                ifd.power_on().unwrap();
            }
            Err(other) => panic!("{what}, command {number}: {other}"),
        }
    }
    let application = ifd.contact().application();
    assert!(application.runs.iter().all(|&runs| runs <= 1), "{what}: {:?}", application.runs);
    came
}

#[test]
fn a_fault_of_each_kind_at_each_frame_costs_nothing() {
    for fault in Fault::ALL {
        for (frame, kind) in (0..80).flat_map(|frame| (0..6).map(move |kind| (frame, kind))) {
            let what = format!("{fault:?} at {frame}, card {kind}");
            let came = run(Noise::at(frame, fault), kind, &what);
            assert_eq!(came.right, 10, "{what}");
        }
    }
}

/// RUNS in the environment says how many.
#[test]
fn no_command_runs_twice_and_every_answer_is_right_whatever_is_drawn() {
    let runs = std::env::var("RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(3000);
    let mut total = Came::default();
    for seed in 0..runs {
        let per_mille = [10, 50, 150, 300, 500, 800][seed as usize % 6];
        let came = run(Noise::seeded(seed, per_mille), seed / 6, &format!("seed {seed}"));
        total.right += came.right;
        total.uncertain += came.uncertain;
        total.not_run += came.not_run;
        total.mute += came.mute;
    }
    println!("{total:?}");
    assert!(total.right > 0 && total.uncertain > 0 && total.not_run > 0 && total.mute > 0);
}
