//! The first stop: the agency opens the medical account, credits it, and updates a status.

use tessera::terminal::{
    Fen,
    medical::{agency::STATUS_ITEM, authority::order::Order},
};

use super::Day;
use crate::cli::{Failure, say};

/// What the account is opened with, and what the employer has paid for the month.
const OPENED: Fen = Fen(58_000);
const MONTH: Fen = Fen(12_000);

const SHOWN: &[&str] = &[
    "tell who holds it",
    "prove that it is the issuer's",
    "is the card genuine",
    "take 1 for item",
    "order",
    "prepare a credit",
    "book the credit",
];

pub(super) fn visit(day: &mut Day) -> Result<(), Failure> {
    day.teller.title("Morning at the agency: a status, a medical account, and the month's money");
    let (mut agency, authority) = day.station("08:30:00", None, SHOWN)?;
    let identity = agency.identify()?;
    let psam = agency.open_psam()?;
    agency.authenticate_card(&identity.card)?;
    agency.update_item(&identity.card, &STATUS_ITEM, b"1")?;
    let when = agency.settings.when;
    authority.open(&identity, OPENED, &when)?;
    authority.order(&identity.card, Order::Credit { fen: MONTH.0 })?;
    let met = agency.meet(authority, &identity.card, psam.terminal)?;
    say(&format!(
        "  {} is in employment, and has {} yuan for care. It is the insurance's account, not money\n  on the card: every entry is in the insurance's books too.",
        identity.name, met.now.figures.balance
    ));
    Ok(())
}
