//! The medical account: a settlement, both commands, and the block ciphers it cannot do without.
//!
//! As for the purse, a card goes through a row of settlements once, with a terminal that computes;
//! what is timed is the same card, forked from where it began, being told the same row again.

use std::hint::black_box;

use tessera::{
    Card, Profile, Response,
    cryptography::cipher::{Key, Mac, session_key},
    keys::{self, KeyAlgorithm, Levels, Owner, Region},
};

use super::{Operation, purse::ciphers};

/// Settlements in a row: one fewer than make a statement due.
const ROW: usize = 59;

const ENVIRONMENT: &[u8] = b"\x00\xA4\x04\x0C\x0Fsx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";
const VERIFY: &[u8] = b"\x00\x20\x00\x00\x03\x12\x34\x56";
const SELECT: &[u8] = b"\x00\xA4\x04\x0C\x08\xF0SSC.ML1";
const TERMINAL: [u8; 6] = [0x33, 0x04, 0x00, 0x11, 0x22, 0x33];
const TIME: [u8; 7] = [0x20, 0x25, 0x03, 0x04, 0x10, 0x11, 0x12];

/// A settlement with the sum of its unavoidable ciphers: a session key, MAC1 of 33 bytes, MAC2 of
/// 24, a TAC of 47, each padded.
pub(crate) fn transactions() -> (Operation, Operation) {
    (
        Operation { name: "settlement with the account, both commands", run: row() },
        Operation { name: "its ciphers", run: ciphers(&[5, 4], 6) },
    )
}

fn key(label: &str) -> Key {
    let region = Region::new("330400").unwrap();
    let card = [0x86, 0x01, 0x33, 0x04, 0x00, 0x00, 0x02, 0x98];
    let root = keys::root(keys::TEST_PREFIX, label);
    Owner { region, card }.key(KeyAlgorithm::TripleDes, root, Levels::Two).unwrap()
}

fn session(label: &str, input: &[u8]) -> Mac {
    Mac::cbc(&session_key(&key(label), input).unwrap())
}

/// An account with 5000.00 in it, the PIN shown.
fn account() -> Card {
    let mut card = Card::from_profile(&Profile::load("medical").unwrap()).unwrap();
    card.power_on().unwrap();
    for command in [ENVIRONMENT, VERIFY, SELECT] {
        assert_eq!(card.transmit(command).unwrap(), [0x90, 0x00]);
    }
    let challenge = card.transmit(b"\x00\x84\x00\x00\x08").unwrap();
    let open = [
        &[0xD4, 0x52, 0x00, 0x00, 0x56][..],
        &500_000_u32.to_be_bytes(),
        &[0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x25, 0x01, 0x01],
        &[0; 42],
        &[60],
        &[0; 10],
        &TERMINAL,
        &TIME,
    ]
    .concat();
    let mac = session("ML-AK", &challenge[..8]).of(&[], &[&open]).four();
    assert!(card.transmit(&[&open[..], &mac].concat()).unwrap().ends_with(&[0x90, 0x00]));
    card
}

/// One settlement of 12.80; what was sent.
fn settle(card: &mut Card, number: u32) -> [Vec<u8>; 2] {
    let amounts = [1280_u32, 320, 4400, 0].map(u32::to_be_bytes).concat();
    let initialize = [0xD0, 0x28, 0x01, 0x01, 0x19, 0x01];
    let initialize = [&initialize[..], &amounts, &[b'0', 0], &TERMINAL, &[0x12]].concat();
    let answer = card.transmit(&initialize).unwrap();
    let number = number.to_be_bytes();
    let input = [&answer[12..16], &answer[8..10], &number[2..]].concat();
    let message = [&amounts[..], &[b'0', 0, 0x32, 0x01], &TERMINAL, &TIME].concat();
    let mac = session("ML-DPK1", &input).of(&[], &[&message]).four();
    let commit = [&[0xD0, 0x2C, 0x01, 0x00, 0x0F][..], &number, &TIME, &mac].concat();
    assert!(card.transmit(&commit).unwrap().ends_with(&[0x90, 0x00]));
    [initialize, commit]
}

/// Row after row of settlements.
fn row() -> Box<dyn FnMut(u64)> {
    let start = account();
    let mut card = start.clone();
    let commands: Vec<_> = (1..=ROW as u32).map(|number| settle(&mut card, number)).collect();
    let mut response = Response::new();
    let mut done = ROW;
    Box::new(move |times| {
        for _ in 0..times {
            if done == ROW {
                (card, done) = (start.clone(), 0);
            }
            for command in &commands[done] {
                card.exchange(black_box(command), &mut response).unwrap();
                assert_eq!(response.status().0, 0x9000);
            }
            done += 1;
        }
    })
}
