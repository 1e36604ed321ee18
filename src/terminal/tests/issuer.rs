//! The issuer's host: nobody but the card makes it cancel, and nothing is booked twice.

use super::*;
use crate::terminal::{
    Acceptor, Heard,
    answer::{GreyInitialized, Initialized},
    host::{GreyUnlocking, HostError, Online},
    journal::{Journal, Open, Stage},
    recover::Recovered,
};

const TERMINAL: [u8; 6] = [0x33, 0x04, 0x99, 0, 0, 0x01];

/// What a relay between terminal and card says instead of the card, from CREDIT on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    /// The card has the money, and the status word says no.
    Refused(u16),
    /// Silence, no proof, and the INITIALIZE of before.
    Replayed,
    /// The same, with a number that is changed.
    Forged,
    /// Silence, no proof, and a log in which the number is another's.
    Log,
    /// Silence, and a proof that is none.
    Proof,
}

struct Relay {
    card: FakeCard,
    lie: Option<Lie>,
    credited: bool,
    initialized: Vec<u8>,
}

impl Relay {
    fn new(card: FakeCard, lie: Lie) -> Self {
        Self { card, lie: Some(lie), credited: false, initialized: Vec::new() }
    }
}

impl Acceptor for Relay {
    fn power_on(&mut self) -> Result<Heard, String> {
        self.card.power_on()
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let heard = self.card.exchange(command)?;
        let Some(lie) = self.lie else { return Ok(heard) };
        let says = |bytes: &[u8]| Ok(Heard::Bytes(bytes.to_vec()));
        match (command[1], lie) {
            (0x52, Lie::Refused(status)) => {
                self.credited = true;
                says(&status.to_be_bytes())
            }
            (0x52, _) => {
                self.credited = true;
                Ok(Heard::Silence)
            }
            (0x5A, Lie::Proof) => says(&[1, 2, 3, 4, 5, 6, 7, 8, 0x90, 0x00]),
            (0x5A, _) => says(&[0x94, 0x06]),
            (0x50, _) if !self.credited => {
                let Heard::Bytes(bytes) = &heard else { return Ok(heard) };
                self.initialized = bytes.clone();
                Ok(heard)
            }
            (0x50, Lie::Forged) => {
                let Heard::Bytes(mut bytes) = heard else { return Ok(heard) };
                bytes[5] -= 1;
                says(&bytes)
            }
            (0x50, Lie::Log) => Ok(heard),
            (0x50, _) => says(&self.initialized.clone()),
            (0xB2, Lie::Log) => {
                let number = u16::from_be_bytes([self.initialized[4], self.initialized[5]]) + 1;
                let front = [&number.to_be_bytes()[..], &[0, 0, 0]].concat();
                let behind = [&[0, 0, 0, 1, 0x02][..], &[7; 6], &[0x20; 7], &[0x90, 0]].concat();
                says(&[front, behind].concat())
            }
            _ => Ok(heard),
        }
    }
}

fn load_order(fen: u32) -> OnlineOrder {
    OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: Fen(fen) }
}

#[test]
fn a_relay_that_lies_of_a_load_makes_no_money_and_the_truth_is_booked_later() {
    for lie in [
        Lie::Refused(0x6901),
        Lie::Refused(0x9302),
        Lie::Refused(0x6A81),
        Lie::Replayed,
        Lie::Forged,
        Lie::Log,
        Lie::Proof,
    ] {
        let (card, mut host) = loaded();
        let serial = card.serial;
        let mut relay = Relay::new(card, lie);
        let mut terminal = Terminal::new(&mut relay, settings(), Box::new(|_| {}));
        let facts = terminal.open_card().unwrap();
        terminal.online(&facts, &mut host, load_order(2_500)).unwrap_err();
        assert!(terminal.journal().open().is_some(), "{lie:?}: it stays open");
        assert!(host.has_open(serial), "{lie:?}");
        let journal = std::mem::take(&mut terminal.journal);
        drop(terminal);
        assert_eq!(relay.card.balances[1], 12_500, "{lie:?}: the card has it");
        // The card itself is asked.
        relay.lie = None;
        let mut terminal =
            Terminal::new(&mut relay, settings(), Box::new(|_| {})).with_journal(journal);
        let Recovered::Done(open) = terminal.recover(&mut host).unwrap() else {
            panic!("{lie:?}: it was done")
        };
        terminal.book(&mut host, &open).unwrap();
        assert!(terminal.journal().open().is_none() && !host.has_open(serial));
        assert_eq!(host.account(serial).loaded, 17_500, "{lie:?}");
    }
}

/// Nor does one of nothing, which the relay may have made itself.
#[test]
fn an_initialize_of_before_the_load_cancels_nothing() {
    let (mut card, mut host) = loaded();
    let open = allowed(&mut card, &mut host, TERMINAL, 2_500);
    let shown = initialize(&mut card, 0, TERMINAL);
    let error = host.cancelled(&open, &shown).unwrap_err();
    assert!(matches!(error, HostError::Mac { mac: "MAC1", .. }), "{error}");
    let challenge = host.challenge(&open).unwrap();
    let mut shown = initialize(&mut card, 0, challenge);
    shown.number += 1;
    host.cancelled(&open, &shown).unwrap_err();
    card.online[1] += 1;
    let moved = initialize(&mut card, 0, challenge);
    let error = host.cancelled(&open, &moved).unwrap_err();
    assert!(matches!(error, HostError::NumberMoved { .. }), "{error}");
    assert!(host.has_open(card.serial));
    card.online[1] -= 1;
    let shown = initialize(&mut card, 0, challenge);
    host.cancelled(&open, &shown).unwrap();
    assert!(!host.has_open(card.serial));
    assert!(matches!(host.cancelled(&open, &shown), Err(HostError::NothingOpen(_))));
    assert!(matches!(host.completed(&open, [0; 4]), Err(HostError::NothingOpen(_))));
}

/// What the card answers to INITIALIZE of a load of the purse.
fn initialize(card: &mut FakeCard, fen: u32, terminal: [u8; 6]) -> Initialized {
    let mut desk = Terminal::new(card, settings(), Box::new(|_| {}));
    desk.open_card().unwrap();
    desk.show_pin().unwrap();
    let (kind, purse, amount) = (Kind::Load, Purse::Purse, Fen(fen));
    let request = crate::terminal::Request::Initialize { kind, purse, key: 1, amount, terminal };
    let read = |data: &[u8]| Initialized::of(kind, data);
    desk.card.read(&request, "INITIALIZE", &mut desk.progress, read).unwrap()
}

/// A load that the host has allowed, as the journal has it.
fn allowed(card: &mut FakeCard, host: &mut Host, terminal: [u8; 6], fen: u32) -> Open {
    let (serial, when, amount) = (card.serial, settings().when, Fen(fen));
    let card = initialize(card, fen, terminal);
    let (kind, purse, key) = (Kind::Load, Purse::Purse, 1);
    host.allow(Online { kind, purse, key, serial, amount, terminal, when, card }).unwrap();
    Open {
        kind: 0x02,
        purse,
        serial,
        key,
        number: card.number,
        amount,
        balance: card.balance,
        limit: card.limit,
        random: card.random,
        terminal,
        terminal_number: [0; 4],
        when,
        stage: Stage::InDoubt,
    }
}

#[test]
fn a_load_that_is_proved_again_is_booked_once() {
    let (mut card, mut host) = loaded();
    let booked = load(&mut card, &mut host, Purse::Purse, 2_500).unwrap();
    let log = card.log[0];
    // Power went before the journal was clear.
    let open = Open {
        kind: 0x02,
        purse: Purse::Purse,
        serial: card.serial,
        key: 1,
        number: booked.number - 1,
        amount: Fen(2_500),
        balance: Fen(10_000),
        limit: Fen(0),
        random: [0xA0, 0xB1, 0xC2, 3],
        terminal: log[10..16].try_into().unwrap(),
        terminal_number: [0; 4],
        when: settings().when,
        stage: Stage::Done([0; 4], booked.proof),
    };
    for stage in [open.stage, Stage::InDoubt] {
        let mut journal = Journal::in_memory();
        journal.store(Open { stage, ..open }).unwrap();
        let mut terminal =
            Terminal::new(&mut card, settings(), Box::new(|_| {})).with_journal(journal);
        if let Recovered::Done(open) = terminal.recover(&mut host).unwrap() {
            terminal.book(&mut host, &open).unwrap();
            terminal.book(&mut host, &open).unwrap();
        }
        assert!(terminal.journal().open().is_none());
    }
    assert_eq!(host.account(card.serial).loaded, 17_500);
    // Another proof of the same number is another transaction.
    let error = host.completed(&open, [9; 4]).unwrap_err();
    assert!(matches!(error, HostError::BookedBefore(2)), "{error}");
    // A host that has forgotten everything books it from the journal.
    let mut fresh = nobody();
    fresh.remember(&open);
    fresh.completed(&open, booked.proof).unwrap();
    assert_eq!(fresh.account(card.serial).loaded, 2_500);
}

#[test]
fn a_copy_of_the_card_with_a_booked_number_is_allowed_nothing() {
    let (mut card, mut host) = loaded();
    let mut copy = card.clone();
    load(&mut card, &mut host, Purse::Purse, 2_500).unwrap();
    let error = load(&mut copy, &mut host, Purse::Purse, 2_500).unwrap_err();
    assert!(error.to_string().contains("a copy of the card"), "{error}");
    assert_eq!((copy.completed, host.account(card.serial).loaded), (0, 17_500));
}

#[test]
fn what_another_kiosk_asks_takes_nothing_away_from_this_one() {
    let (mut card, mut host) = loaded();
    let before = card.clone();
    let serial = card.serial;
    let a = allowed(&mut card, &mut host, TERMINAL, 2_500);
    let b = allowed(&mut before.clone(), &mut host, [7; 6], 100);
    // A MAC1 that does not fit, at a third and at this one.
    for terminal in [[8; 6], TERMINAL] {
        let (kind, purse, key, when) = (Kind::Load, Purse::Purse, 1, a.when);
        let mut card = initialize(&mut before.clone(), 1, terminal);
        card.mac1[0] ^= 1;
        let amount = Fen(1);
        let online = Online { kind, purse, key, serial, amount, terminal, when, card };
        host.allow(online).unwrap_err();
    }
    // The card has completed what A asked.
    let mut card = before;
    let mut other = nobody();
    let proof = load(&mut card, &mut other, Purse::Purse, 2_500).unwrap().proof;
    assert!(host.completed(&b, proof).unwrap_err().to_string().contains("TAC"));
    host.completed(&a, proof).unwrap();
    assert_eq!(host.account(serial).loaded, 17_500);
    assert!(!host.has_open(serial), "the number is used");
    host.completed(&b, [1, 2, 3, 4]).unwrap_err();
}

#[test]
fn a_grey_unlock_that_is_proved_again_is_booked_once() {
    let mut host = nobody();
    let (card, when) = (FakeCard::new(), settings().when);
    let (balance, random) = (Fen(10_000), [1, 2, 3, 4]);
    let answer = GreyInitialized {
        balance,
        offline: 1,
        online: 7,
        version: 1,
        algorithm: 0,
        random,
        mac1: [0; 4],
    };
    let (purse, key, serial, amount) = (Purse::Purse, 1, card.serial, Fen(2_500));
    let grey = GreyUnlocking { purse, key, serial, amount, terminal: TERMINAL, when, card: answer };
    let block = [&random[..], &[0, 7, 0x80, 0x00]].concat();
    let session = crate::cryptography::cipher::session_key(&card.key(0x3D, 1), &block).unwrap();
    let (new, fen) = (7_500_u32.to_be_bytes(), 2_500_u32.to_be_bytes());
    let mac3 = fake_card::mac(&session, &[&new, &[0, 7], &fen, &[0x96], &TERMINAL, &when.bytes()]);
    host.grey_completed(&grey, mac3).unwrap();
    host.grey_completed(&grey, mac3).unwrap();
    assert_eq!(host.account(serial).unloaded, 2_500);
}

#[test]
fn a_number_that_went_back_is_no_proof_that_nothing_was_done() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    let (mut card, mut psam) = (loaded().0, FakePsam::new());
    pay(&mut card, &mut psam, &sale).unwrap();
    let old = loaded().0;
    let most = card.seen.len();
    card.cuts.insert(2 * most - 1, Cut::After);
    card.cuts.extend((2 * most..2 * most + 3).map(|n| (n, Cut::Before)));
    let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
    let error = terminal.purchase(&facts, &sale).unwrap_err();
    assert!(matches!(error, TerminalError::InDoubt { .. }), "{error}");
    let journal = std::mem::take(&mut terminal.journal);
    drop(terminal);
    let mut restored = old;
    let (terminal, _) = open(&mut restored, &mut psam).unwrap();
    let mut terminal = terminal.with_journal(journal);
    let error = terminal.recover(&mut nobody()).unwrap_err();
    assert!(error.to_string().contains("the number went back: a copy of the card"), "{error}");
    assert!(terminal.journal().open().is_some());
}

#[test]
fn a_card_that_prepares_nothing_is_settled_by_its_log_or_stays_open() {
    let sale = Sale::of(Purse::Purse, Fen(1250));
    for (status, cut, then) in [
        (0x6985_u16, Cut::Before, "its log does not tell"),
        (0x9402, Cut::Before, "its log does not tell"),
        (0x9402, Cut::After, "its log says that it was done"),
    ] {
        let (mut card, mut psam) = (loaded().0, FakePsam::new());
        let (mut other, mut second) = (loaded().0, FakePsam::new());
        pay(&mut other, &mut second, &sale).unwrap();
        let most = other.seen.len();
        card.cuts.insert(most - 1, cut);
        card.cuts.extend((most..most + 3).map(|n| (n, Cut::Before)));
        let (mut terminal, facts) = open(&mut card, &mut psam).unwrap();
        terminal.purchase(&facts, &sale).unwrap_err();
        let journal = std::mem::take(&mut terminal.journal);
        drop(terminal);
        card.instead.insert(0x5A, vec![0x94, 0x06]);
        card.instead.insert(0x50, status.to_be_bytes().to_vec());
        let (terminal, _) = open(&mut card, &mut psam).unwrap();
        let mut terminal = terminal.with_journal(journal);
        let error = terminal.recover(&mut nobody()).unwrap_err().to_string();
        assert!(error.contains(then) && error.contains(&format!("{status:04X}")), "{error}");
        assert!(terminal.journal().open().is_some());
    }
}
