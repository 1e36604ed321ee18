//! The third stop: a pharmacy without the network, within limits; and what it does in the evening.

use tessera::terminal::{
    Fen,
    medical::{lists::DenyList, tariff::Bill},
};

use super::{Day, moment};
use crate::cli::{Failure, say, terminal::medical::report};

/// The pharmacy of the examples.
const PHARMACY: &str = "330400002";
const SHOWN: &[&str] = &["show the holder's PIN", "prepare", "ask the card", "book", "agree"];

pub(super) fn buy(day: &mut Day) -> Result<(), Failure> {
    day.teller
        .title("A pharmacy, and the network is down: within limits, with a deny list of today");
    let list = day.authority.deny_list(1, &moment("08:00:00")?);
    let journal = std::mem::take(&mut day.waiting);
    let (pharmacy, _) = day.station("10:20:00", Some(PHARMACY), SHOWN)?;
    let pharmacy = pharmacy.with_deny_list(DenyList::parse("the deny list", &list)?);
    let mut pharmacy = pharmacy.with_journal(journal);
    let medicine = |fen| Bill { class: '6', total: Fen(fen), pool: false, chronic: false };
    let receipt = pharmacy.visit(None, &medicine(3_000))?;
    report::receipt(&receipt);
    say("\n  180.00 more?");
    let refused = pharmacy.visit(None, &medicine(18_000)).map(drop);
    day.waiting = pharmacy.into_journal();
    match refused {
        Err(error) => say(&format!("  {error}")),
        Ok(()) => return Err("180.00 more is above the limit".into()),
    }
    Ok(())
}

pub(super) fn evening(day: &mut Day) -> Result<(), Failure> {
    day.teller.title("Evening: the pharmacy has the network again, and sends what it has kept");
    let journal = std::mem::take(&mut day.waiting);
    let (pharmacy, authority) = day.station("20:00:00", Some(PHARMACY), &["take entry"])?;
    let mut pharmacy = pharmacy.with_journal(journal);
    pharmacy.upload(authority)?;
    let identity = pharmacy.identify()?;
    let (_, status, figures) = pharmacy.enquire()?;
    let account = authority.account(&identity.card)?;
    say(&format!(
        "  card:  {} yuan, last entry {}\n  books: {} yuan, last entry {}",
        figures.balance, status.sequence, account.balance, account.sequence
    ));
    Ok(())
}
