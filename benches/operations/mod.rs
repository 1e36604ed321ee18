//! What is timed: each operation by its name, ready to be run any number of times.
//!
//! The card is the default social-security card of 8 KiB with the applet of [`applet`] beside it;
//! for the purse, that of the profile `purse`.
//! The yardsticks are work that any machine does and that no change to the card makes faster:
//! figures of the card are quoted as multiples of them.

#![expect(clippy::unwrap_used, reason = "a bench whose card does not answer has nothing to time")]

mod applet;
mod commits;
mod field;
mod ledger;
mod links;
mod purse;

use std::hint::black_box;

pub(crate) use commits::commits;
pub(crate) use field::finds;
pub(crate) use links::{links, round_trips};
pub(crate) use purse::{inquiries, transactions};

use tessera::{Card, Profile, Response, profile::Installation};

/// Work to be timed.
pub(crate) struct Operation {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Does it so many times.
    pub(crate) run: Box<dyn FnMut(u64)>,
}

/// Name of the yardstick of computing.
pub(crate) const CRC: &str = "CRC-32 of 64 bytes, by table";
/// Name of the yardstick of memory.
pub(crate) const COPY: &str = "copy of 16 KiB";

/// Name of the environment of the social-security card.
const SSSE: &[u8] = b"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";

/// Pulses of an UPDATE BINARY of 16 bytes as a session's first change: intent, log (2), marker,
/// home (2), marker.
const UPDATE_PULSES: u32 = 7;

/// The card that is timed, with power.
pub(crate) fn card() -> Card {
    let mut profile = Profile::load(tessera::profile::DEFAULT).unwrap();
    profile.memory_bytes += 2048;
    profile.applets.push(Installation {
        name: "bench".into(),
        applet: &applet::Bench,
        data: Vec::new(),
        segment_bytes: Some(2048),
        parent: 0,
    });
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    card
}

/// The yardsticks.
pub(crate) fn yardsticks() -> Vec<Operation> {
    let table: Vec<u32> =
        (0..256).map(|n| (0..8).fold(n, |c, _| (c >> 1) ^ (0xEDB8_8320 * (c & 1)))).collect();
    let bytes = [0x5A; 64];
    let crc = move |times| {
        for _ in 0..times {
            let crc = black_box(&bytes)
                .iter()
                .fold(!0, |crc: u32, &byte| (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)]);
            black_box(crc);
        }
    };
    // Source and target do not lie at the same place in their pages: some processors copy that
    // slowly.
    let mut memory = vec![0x5A_u8; 34 << 10];
    let copy = move |times| {
        for _ in 0..times {
            let (from, to) = black_box(&mut memory).split_at_mut(18 << 10);
            to.copy_from_slice(&from[..16 << 10]);
        }
    };
    vec![Operation { name: CRC, run: Box::new(crc) }, Operation { name: COPY, run: Box::new(copy) }]
}

/// Commands to a card that stays as it is or may change for good.
pub(crate) fn exchanges() -> Vec<Operation> {
    let read = [0x00, 0xB0, 0x80 | applet::BINARY, 0x00];
    let record = |number, mode| [0x00, 0xB2, number, applet::RECORDS << 3 | mode, 0x00];
    let update = [&[0x00, 0xD6, 0x80 | applet::BINARY, 0x20, 16], &[0xA5; 16][..]].concat();
    let verify = [&[0x00, 0x20, 0x00, 0x00, 3], applet::PIN].concat();
    vec![
        exchange("refused at once: class FF", &[0xFF, 0, 0, 0], 0x6E00),
        exchange("refused by the applet: unknown instruction", &[0x00, 0x02, 0, 0], 0x6D00),
        exchange("SELECT by name, with FCI", &select(SSSE, 0x00), 0x9000),
        exchange("SELECT by name, without", &select(SSSE, 0x0C), 0x9000),
        exchange("READ BINARY of 16 bytes", &[&read[..], &[16]].concat(), 0x9000),
        exchange("READ BINARY of 255 bytes", &[&read[..], &[255]].concat(), 0x9000),
        exchange("READ RECORD by number (5 of 10)", &record(5, 4), 0x9000),
        exchange("READ RECORD by tag (5th of 10)", &record(5, 0), 0x9000),
        exchange("VERIFY, right", &verify, 0x9000),
        wrong_and_right(&verify),
        exchange("UPDATE BINARY of 16 bytes", &update, 0x9000),
    ]
}

/// Forks, power-ups and tears.
pub(crate) fn forks() -> Vec<Operation> {
    let card = card();
    let fork = {
        let card = card.clone();
        move |times| {
            for _ in 0..times {
                black_box(card.clone());
            }
        }
    };
    let fork_and_power_up = {
        let card = card.clone();
        move |times| {
            for _ in 0..times {
                let mut fork = card.clone();
                fork.power_on().unwrap();
                black_box(&fork);
            }
        }
    };
    let power_up = {
        let mut card = card.clone();
        move |times| {
            for _ in 0..times {
                card.power_on().unwrap();
            }
        }
    };
    vec![
        Operation { name: "fork", run: Box::new(fork) },
        Operation { name: "power-up, quiet", run: Box::new(power_up) },
        Operation { name: "fork and power-up", run: Box::new(fork_and_power_up) },
        Operation { name: "tear: SELECT, torn UPDATE, recovery", run: tear(card) },
    ]
}

/// SELECT by a DF's name.
fn select(name: &[u8], p2: u8) -> Vec<u8> {
    [&[0x00, 0xA4, 0x04, p2, name.len() as u8], name].concat()
}

/// A command to the applet's own card, with the status word it must get.
fn exchange(name: &'static str, command: &[u8], status: u16) -> Operation {
    let (mut card, command) = (card(), command.to_vec());
    card.transmit(&select(applet::NAME, 0x0C)).unwrap();
    let mut response = Response::new();
    let run = move |times| {
        for _ in 0..times {
            card.exchange(black_box(&command), &mut response).unwrap();
            assert_eq!(response.status().0, status);
        }
    };
    Operation { name, run: Box::new(run) }
}

/// A wrong presentation cannot be repeated for ever: each is followed by a right one.
fn wrong_and_right(right: &[u8]) -> Operation {
    let (mut card, right, mut wrong) = (card(), right.to_vec(), right.to_vec());
    card.transmit(&select(applet::NAME, 0x0C)).unwrap();
    wrong[5] ^= 0xFF;
    let mut response = Response::new();
    let run = move |times| {
        for _ in 0..times {
            card.exchange(black_box(&wrong), &mut response).unwrap();
            assert_eq!(response.status().0, 0x63C0 | u16::from(applet::TRIES - 1));
            card.exchange(black_box(&right), &mut response).unwrap();
            assert_eq!(response.status().0, 0x9000);
        }
    };
    Operation { name: "VERIFY, wrong and then right", run: Box::new(run) }
}

/// Power fails in each pulse of an update in turn; the next power-up settles the memory.
fn tear(mut card: Card) -> Box<dyn FnMut(u64)> {
    let select = select(applet::NAME, 0x0C);
    let mut update = [&[0x00, 0xD6, 0x80 | applet::BINARY, 0x20, 16], &[0; 16][..]].concat();
    let mut response = Response::new();
    let mut pulse = 0;
    Box::new(move |times| {
        for _ in 0..times {
            card.exchange(&select, &mut response).unwrap();
            // Other bytes than those in place, so that there is something to tear.
            update[5..].iter_mut().for_each(|byte| *byte ^= 0xA5);
            card.tear_at(1 + pulse % UPDATE_PULSES);
            pulse += 1;
            card.exchange(black_box(&update), &mut response).unwrap_err();
            card.power_on().unwrap();
        }
    })
}
