//! The second stop: a visit in a clinic, and the card is out before its answer is; then the same
//! visit again on a fork of the card for each pulse, cut right there.

use tessera::{
    Card,
    terminal::{
        Fen,
        medical::{Authority, Receipt, Station, tariff::Bill},
    },
};

use super::{Day, pocket::Pocket, settings};
use crate::cli::{Failure, say, terminal::medical::report};

/// The clinic of the examples.
const CLINIC: &str = "330400001";
const TIME: &str = "09:40:00";
/// A visit for the chronic disease.
const BILL: Bill = Bill { class: '5', total: Fen(40_000), pool: false, chronic: true };

const SHOWN: &[&str] = &[
    "tell who holds it",
    "prove that it is the issuer's",
    "is the card genuine",
    "shown to the clerk",
    "show the holder's PIN",
    "prepare",
    "ask the card",
    "book the settlement",
    "what became",
    "prove entry",
    "agree",
    "take entry",
];

pub(super) fn visit(day: &mut Day) -> Result<(), Failure> {
    day.teller.title("A clinic: the visit costs 400.00, and the card is out before its answer is");
    let (card, psam, books) = (day.card.card(), day.psam.card(), day.authority.fork());
    let start = Start { card, psam, books };
    let pulses = start.settle(None)?.pulses;
    day.card.tear = Some(pulses);
    let (mut clinic, authority) = day.station(TIME, Some(CLINIC), SHOWN)?;
    let receipt = clinic.visit(Some(authority), &BILL)?;
    drop(clinic);
    report::receipt(&receipt);
    say(
        "  Why 330.00 and 70.00: the holder pays the year's first 300.00 of a chronic disease, the fund\n  70 percent of the other 100.00.",
    );
    every_cut(&start, pulses, day)
}

/// Everything as it was before the visit.
struct Start {
    card: Card,
    psam: Card,
    books: Authority,
}

/// The visit on a fork.
struct Forked {
    receipt: Receipt,
    /// Of the first booking.
    pulses: u32,
    bookings: u32,
    authority: Authority,
}

impl Start {
    fn settle(&self, cut: Option<u32>) -> Result<Forked, Failure> {
        let mut card = Pocket::fork(self.card.clone());
        card.tear = cut;
        let mut psam = Pocket::fork(self.psam.clone());
        let mut authority = self.books.fork();
        let settings = settings(TIME, Some(CLINIC))?;
        let mut clinic = Station::new(&mut card, settings, Box::new(|_| {})).with_psam(&mut psam);
        let receipt = clinic.visit(Some(&mut authority), &BILL)?;
        drop(clinic);
        Ok(Forked { receipt, pulses: card.pulses, bookings: card.completing, authority })
    }
}

fn every_cut(start: &Start, pulses: u32, day: &Day) -> Result<(), Failure> {
    day.teller
        .title("And at every other moment? A fork of the card for each pulse, cut right there");
    say("  cut in pulse   the card comes back with   then the terminal");
    let mut rows: Vec<(u32, u32, Fen, bool)> = Vec::new();
    for cut in 1..=pulses {
        let Forked { receipt, bookings, authority, .. } = start.settle(Some(cut))?;
        let after = receipt.settlement.balance_after;
        let before = Fen(after.0 + receipt.settlement.amounts.account.0);
        let account = authority.account(&receipt.settlement.card)?;
        if (account.balance, account.sequence) != (after, receipt.settlement.sequence) {
            return Err(format!("pulse {cut}: card and books differ").into());
        }
        let was_booked = bookings == 1;
        let balance = if was_booked { after } else { before };
        match rows.last_mut() {
            Some((_, last, of, booked)) if (*of, *booked) == (balance, was_booked) => *last = cut,
            _ => rows.push((cut, cut, balance, was_booked)),
        }
    }
    for (first, last, balance, was_booked) in rows {
        let what = match was_booked {
            true => "takes the proof",
            false => "sees that nothing is booked, and settles again",
        };
        let cuts = if first == last { first.to_string() } else { format!("{first} to {last}") };
        say(&format!("  {cuts:>12}   {:>24}   {what}", balance.to_string()));
    }
    say(
        "  booked once on the card and once in the books, every time; never twice, never for nothing",
    );
    Ok(())
}
