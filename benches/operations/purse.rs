//! The purse: complete transactions, and beside each the block ciphers it cannot do without.
//!
//! A transaction's MACs depend on the card's random number, so a card goes through a row of them
//! once, with a terminal that computes; what is timed is the same card, forked from where it began,
//! being told the same row again.

use std::hint::black_box;

use des::{
    Des, TdesEde2,
    cipher::{Block, BlockCipherEncrypt, KeyInit},
};
use tessera::{Card, Profile, Response};

use super::Operation;

/// Transactions in a row; the fork that begins one costs little of it.
const ROW: usize = 200;

const SELECT: &[u8] = b"\x00\xA4\x04\x00\x09\xA0\x00\x00\x00\x03\x86\x98\x07\x01";
const VERIFY: &[u8] = b"\x00\x20\x00\x00\x03\x12\x34\x56";
const TERMINAL: [u8; 6] = [0x33, 0x04, 0x99, 0x00, 0x00, 0x01];
const WHEN: [u8; 7] = [0x20, 0x26, 0x01, 0x02, 0x03, 0x04, 0x05];
/// Last eight bytes of the serial number, which diversify the keys.
const SERIAL: [u8; 8] = [0x99, 0x00, 0x00, 0x00, 0x01, 0x29, 0x00, 0x11];

/// Transactions of the purse and the medical account, each with the sum of its unavoidable ciphers.
pub(crate) fn transactions() -> Vec<(Operation, Operation)> {
    vec![
        (
            Operation { name: "purchase with the EP, both commands", run: row(Kind::Purchase) },
            Operation { name: "its ciphers", run: ciphers(&[3, 1], 3) },
        ),
        (
            Operation { name: "load of the EP, both commands", run: row(Kind::Load) },
            Operation { name: "its ciphers", run: ciphers(&[2, 3], 4) },
        ),
        super::ledger::transactions(),
    ]
}

/// Commands that change nothing.
pub(crate) fn inquiries() -> Vec<Operation> {
    let mut card = purse();
    let mut terminal = Terminal { kind: Kind::Load, number: 0 };
    for _ in 0..10 {
        terminal.transact(&mut card);
    }
    let ask = |name, command: &[u8]| {
        let (mut card, command) = (card.clone(), command.to_vec());
        let mut response = Response::new();
        let run = move |times: u64| {
            for _ in 0..times {
                card.exchange(black_box(&command), &mut response).unwrap();
                assert_eq!(response.status().0, 0x9000);
            }
        };
        Operation { name, run: Box::new(run) }
    };
    vec![
        ask("GET BALANCE", &[0x80, 0x5C, 0x00, 0x02, 0x04]),
        ask("log: READ RECORD, the newest", &[0x00, 0xB2, 1, 0xC4, 23]),
        ask("log: READ RECORD, the oldest of ten", &[0x00, 0xB2, 10, 0xC4, 23]),
    ]
}

/// A purse with the PIN shown and 655.36 yuan in it.
fn purse() -> Card {
    let profile = Profile::load("purse").unwrap();
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    for command in [SELECT, VERIFY] {
        assert!(card.transmit(command).unwrap().ends_with(&[0x90, 0x00]));
    }
    Terminal { kind: Kind::Load, number: 0 }.transact(&mut card);
    card
}

#[derive(Clone, Copy)]
enum Kind {
    Load,
    Purchase,
}

/// The other side, with the keys.
struct Terminal {
    kind: Kind,
    number: u32,
}

impl Terminal {
    /// One transaction; what was sent.
    fn transact(&mut self, card: &mut Card) -> [Vec<u8>; 2] {
        self.number += 1;
        let (p1, kind, amount) = match self.kind {
            Kind::Load => (0, 0x02, 0x0001_0000_u32),
            Kind::Purchase => (1, 0x06, 1),
        };
        let amount = amount.to_be_bytes();
        let initialize = [&[0x80, 0x50, p1, 0x02, 0x0B, 0x01][..], &amount, &TERMINAL].concat();
        let answer = card.transmit(&initialize).unwrap();
        let number = self.number.to_be_bytes();
        let input = [&amount[..], &[kind], &TERMINAL, &WHEN].concat();
        let complete = match self.kind {
            Kind::Load => {
                let block = [&answer[8..12], &answer[4..6], &[0x80, 0x00]].concat();
                let mac = mac(&session_key(0x3F, &block), &input);
                [&[0x80, 0x52, 0x00, 0x00, 0x0B][..], &WHEN, &mac].concat()
            }
            Kind::Purchase => {
                let block = [&answer[11..15], &answer[4..6], &number[2..]].concat();
                let mac = mac(&session_key(0x3E, &block), &input);
                [&[0x80, 0x54, 0x01, 0x00, 0x0F][..], &number, &WHEN, &mac].concat()
            }
        };
        assert!(card.transmit(&complete).unwrap().ends_with(&[0x90, 0x00]));
        [initialize, complete]
    }
}

/// Row after row of transactions.
fn row(kind: Kind) -> Box<dyn FnMut(u64)> {
    let start = purse();
    let (mut card, mut terminal) = (start.clone(), Terminal { kind, number: 0 });
    let commands: Vec<_> = (0..ROW).map(|_| terminal.transact(&mut card)).collect();
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

/// The session key: one block under a key of two. Then MACs of so many blocks each under it, and a
/// TAC of `tac` blocks under another: round keys are made once for each key.
pub(super) fn ciphers(macs: &'static [usize], tac: usize) -> Box<dyn FnMut(u64)> {
    let (key, tac_key) = ([0x3E; 16], [0x34; 8]);
    Box::new(move |times| {
        for _ in 0..times {
            let mut block = [0x5A; 8].into();
            TdesEde2::new(black_box(&key).into()).encrypt_block(&mut block);
            let session = Des::new(&block);
            for &blocks in macs {
                chain(&session, blocks);
            }
            chain(&Des::new(black_box(&tac_key).into()), tac);
        }
    })
}

/// A CBC-MAC of so many blocks.
fn chain(cipher: &Des, blocks: usize) {
    let mut state: Block<Des> = [0; 8].into();
    for _ in 0..blocks {
        state.iter_mut().for_each(|byte| *byte ^= black_box(0x5A));
        cipher.encrypt_block(&mut state);
    }
    black_box(state);
}

/// The card's key of this type, number 1, makes a session key of a block.
fn session_key(key_type: u8, block: &[u8]) -> [u8; 8] {
    let master = [&[key_type, 1].repeat(4)[..], &[0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]];
    let derived = [tdes(&master.concat(), &SERIAL), tdes(&master.concat(), &SERIAL.map(|b| !b))];
    tdes(&derived.concat(), block)
}

fn tdes(key: &[u8], block: &[u8]) -> [u8; 8] {
    let mut block = Block::<TdesEde2>::try_from(block).unwrap();
    TdesEde2::new_from_slice(key).unwrap().encrypt_block(&mut block);
    block.into()
}

fn mac(key: &[u8; 8], message: &[u8]) -> [u8; 4] {
    let cipher = Des::new(key.into());
    let mut padded = [message, &[0x80]].concat();
    padded.resize(padded.len().next_multiple_of(8), 0);
    let mut state: Block<Des> = [0; 8].into();
    for chunk in padded.chunks(8) {
        state.iter_mut().zip(chunk).for_each(|(a, b)| *a ^= b);
        cipher.encrypt_block(&mut state);
    }
    std::array::from_fn(|n| state[n])
}
