//! A bus ride, and a purchase in a shop whose answer is lost: the purse, a PSAM and a terminal that
//! finds out by itself what became of its debit.

use tessera::{
    Card, Profile,
    reader::Slot,
    terminal::{
        Acceptor, Fen, Heard, Host, HostKeys, Kind, Moment, Pin, Purse, Sale, Settings, Tariff,
        Terminal, answer::CardFacts, online::OnlineOrder, ride::Stop,
    },
};

use super::title;
use crate::cli::{Failure, say, terminal::report};

/// What the passenger has loaded.
const LOADED: Fen = Fen(20_00);
/// What the shop asks for.
const PRICE: Fen = Fen(3_50);

/// The ride, the purchase, and the purchase again with a cut in every pulse.
pub(super) fn ride(colours: bool) -> Result<(), Failure> {
    let when = Moment::parse("20261128", "081500")?;
    let settings = Settings { pin: Some(Pin::parse("123456")?), ..Settings::usual(when) };
    let mut card = Passenger::new(Card::from_profile(&Profile::load("purse")?)?);
    let mut psam = Slot::new(Card::from_profile(&Profile::load("psam")?)?);
    load(&mut card, &settings)?;

    title(colours, "A bus ride: a purse with 20.00 yuan in it, and the PSAM of the bus");
    let tariff = Tariff::bus()?;
    let mut bus = terminal(&mut card, &mut psam, &settings);
    let facts = bus.open_card()?;
    let on = bus.get_on(&facts, &tariff, Stop { line: 7, stop: 3 })?;
    say(&format!("  on at stop 3 of line 7: {}\n", on.fare));
    bus.settings.when = when.later(18).ok_or("a ride past the end of time")?;
    let off = bus.get_off(&facts, &tariff, Stop { line: 7, stop: 12 })?;
    say(&format!(
        "  off at stop 12: {}, {} left. Entry and exit, money, log and proof move together.",
        off.fare, off.receipt.balance
    ));
    drop(bus);

    title(colours, "A purchase of 3.50, and the card is out before its answer is");
    let start = card.slot.card().clone();
    let pulses = debit(start.clone(), &mut psam, &settings, None)?.0;
    card.tear = Some(pulses);
    let mut shop = terminal(&mut card, &mut psam, &settings);
    let facts = shop.open_card()?;
    let receipt = shop.purchase(&facts, &Sale::of(Purse::Purse, PRICE))?;
    say(&format!(
        "  paid {} once, {} left: the card proved it, and the PSAM checked the proof",
        receipt.amount, receipt.balance
    ));
    drop(shop);
    every_cut(&start, pulses, &mut psam, &settings, colours)
}

/// The purchase on a fork of the card for each pulse of the debit, cut right there.
fn every_cut(
    start: &Card,
    pulses: u32,
    psam: &mut Slot,
    settings: &Settings,
    colours: bool,
) -> Result<(), Failure> {
    title(colours, "And at every other moment? A fork of the card for each pulse of the debit");
    say("  cut in pulse   the card comes back with   then the terminal");
    for cut in 1..=pulses {
        let (_, balance, tries) = debit(start.clone(), psam, settings, Some(cut))?;
        let what = if tries == 1 { "takes the proof" } else { "sees none, and debits again" };
        say(&format!("  {cut:12}   {:>24}   {what}", balance.to_string()));
    }
    say("  paid once every time; never twice, never for nothing");
    Ok(())
}

/// A purchase, cut in a pulse of its debit or not: pulses of the first debit, the balance after it,
/// and how many debits it took.
fn debit(
    card: Card,
    psam: &mut Slot,
    settings: &Settings,
    cut: Option<u32>,
) -> Result<(u32, Fen, u32), Failure> {
    let mut card = Passenger { tear: cut, ..Passenger::new(card) };
    let mut shop = Terminal::new(&mut card, settings.clone(), Box::new(|_| {})).with_psam(psam);
    let facts = shop.open_card()?;
    let before = shop.balance(Purse::Purse)?;
    let receipt = shop.purchase(&facts, &Sale::of(Purse::Purse, PRICE))?;
    drop(shop);
    let first = if card.debits == 1 { receipt.balance } else { before };
    Ok((card.pulses, first, card.debits))
}

fn terminal<'a>(card: &'a mut Passenger, psam: &'a mut Slot, settings: &Settings) -> Terminal<'a> {
    let progress = Box::new(|step: &_| say(&format!("  {}", report::step(step))));
    Terminal::new(card, settings.clone(), progress).with_psam(psam)
}

/// The issuer's host puts money into the purse.
fn load(card: &mut Passenger, settings: &Settings) -> Result<CardFacts, Failure> {
    let mut kiosk = Terminal::new(card, settings.clone(), Box::new(|_| {}));
    let facts = kiosk.open_card()?;
    let order = OnlineOrder { kind: Kind::Load, purse: Purse::Purse, amount: LOADED };
    kiosk.online(&facts, &mut Host::new(HostKeys::public()), order)?;
    Ok(facts)
}

/// The passenger's card, which may be pulled while it debits.
struct Passenger {
    slot: Slot,
    /// Pulse of the next debit in which power fails.
    tear: Option<u32>,
    debits: u32,
    /// Of the first debit.
    pulses: u32,
}

impl Passenger {
    fn new(card: Card) -> Self {
        Self { slot: Slot::new(card), tear: None, debits: 0, pulses: 0 }
    }
}

impl Acceptor for Passenger {
    fn power_on(&mut self) -> Result<Heard, String> {
        Acceptor::power_on(&mut self.slot)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let debits = command.starts_with(&[0x80, 0x54]);
        let before = self.slot.card().pulses();
        if debits {
            self.slot.tear_at(self.tear.take().unwrap_or(0));
        }
        let heard = Acceptor::exchange(&mut self.slot, command);
        if debits {
            self.debits += 1;
            if self.debits == 1 {
                self.pulses = (self.slot.card().pulses() - before) as u32;
            }
        }
        heard
    }
}
