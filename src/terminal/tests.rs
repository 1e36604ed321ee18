//! Tests of the terminal against a card and a PSAM that are silent where they are told to be.

mod bytes;
mod fake_card;
mod fake_psam;
mod issuer;
mod pump;
mod purchases;
mod services;

use fake_card::{Cut, FakeCard};
use fake_psam::FakePsam;

use super::{
    Fen, Host, HostKeys, Kind, Moment, Pin, Purse, Settings, Step, Terminal,
    answer::CardFacts,
    error::TerminalError,
    online::{Booked, OnlineOrder},
    purchase::{Receipt, Sale},
};

/// A card with 100 yuan in the purse and 50 in the deposit, loaded by the host.
fn loaded() -> (FakeCard, Host) {
    let (mut card, mut host) = (FakeCard::new(), Host::new(HostKeys::public()));
    load(&mut card, &mut host, Purse::Purse, 10_000).unwrap();
    load(&mut card, &mut host, Purse::Deposit, 5_000).unwrap();
    card.seen.clear();
    card.completed = 0;
    (card, host)
}

/// A host that has no part in it.
fn nobody() -> Host {
    Host::new(HostKeys::public())
}

fn settings() -> Settings {
    let when = Moment::parse("2025-06-30", "12:00:00").unwrap();
    Settings { pin: Pin::parse("123456").ok(), ..Settings::usual(when) }
}

fn open<'a>(
    card: &'a mut FakeCard,
    psam: &'a mut FakePsam,
) -> Result<(Terminal<'a>, CardFacts), TerminalError> {
    let mut terminal = Terminal::new(card, settings(), Box::new(|_: &Step| {})).with_psam(psam);
    let facts = terminal.open_card()?;
    Ok((terminal, facts))
}

fn pay(card: &mut FakeCard, psam: &mut FakePsam, sale: &Sale) -> Result<Receipt, TerminalError> {
    let (mut terminal, facts) = open(card, psam)?;
    terminal.purchase(&facts, sale)
}

fn load(
    card: &mut FakeCard,
    host: &mut Host,
    purse: Purse,
    fen: u32,
) -> Result<Booked, TerminalError> {
    online(card, host, OnlineOrder { kind: Kind::Load, purse, amount: Fen(fen) })
}

fn online(
    card: &mut FakeCard,
    host: &mut Host,
    order: OnlineOrder,
) -> Result<Booked, TerminalError> {
    let mut terminal = Terminal::new(card, settings(), Box::new(|_: &Step| {}));
    let facts = terminal.open_card()?;
    terminal.online(&facts, host, order)
}
