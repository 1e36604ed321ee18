//! The last stop: the bus home, paid from the purse of the same card, without a PIN.

use tessera::terminal::{
    Fen, Host, HostKeys, Kind, Purse, Settings, Tariff, Terminal, online::OnlineOrder, ride::Stop,
};

use super::{Day, moment};
use crate::cli::{Failure, say};

/// What the passenger has loaded.
const LOADED: Fen = Fen(2_000);
const SHOWN: &[&str] = &["prepare a", "ask the card", "pay", "agree"];

pub(super) fn ride(day: &mut Day) -> Result<(), Failure> {
    day.teller.title("The bus home: the purse on the same card, money that is the holder's own");
    let settings = Settings::usual(moment("18:05:00")?);
    load(day, &settings)?;
    let Day { card, bus, teller, .. } = day;
    let tariff = Tariff::bus()?;
    let when = settings.when;
    let mut terminal = Terminal::new(card, settings, teller.progress(SHOWN)).with_psam(bus);
    let facts = terminal.open_card()?;
    let on = terminal.get_on(&facts, &tariff, Stop { line: 7, stop: 3 })?;
    say(&format!("  on at stop 3 of line 7: {}", on.fare));
    terminal.settings.when = when.later(18).ok_or("a ride past the end of time")?;
    let off = terminal.get_off(&facts, &tariff, Stop { line: 7, stop: 12 })?;
    say(&format!(
        "  off at stop 12: {}, {} left. Entry and exit, money, log and proof move together.",
        off.fare, off.receipt.balance
    ));
    Ok(())
}

/// The bank's host puts money into the purse.
fn load(day: &mut Day, settings: &Settings) -> Result<(), Failure> {
    let mut settings = settings.clone();
    settings.pin = Some(tessera::terminal::Pin::parse(super::PIN)?);
    let mut kiosk = Terminal::new(&mut day.card, settings, day.teller.progress(&[]));
    let facts = kiosk.open_card()?;
    let order = OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: LOADED };
    kiosk.online(&facts, &mut Host::new(HostKeys::public()), order)?;
    Ok(())
}
