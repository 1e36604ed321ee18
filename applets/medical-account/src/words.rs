//! Status words of the ledger that no other application has (part B.4 of its design).

use tessera_framework::{Halt, Outcome, StatusWord};

/// `9481`: so many entries are in no statement yet that one is due.
pub(crate) const STATEMENT_DUE: StatusWord = StatusWord(0x9481);
/// `9483`: beyond a limit: of one settlement, or of what may be settled off-line.
pub(crate) const LIMIT: StatusWord = StatusWord(0x9483);
/// `9484`: the time is not in the ledger's year.
pub(crate) const CLOSED_YEAR: StatusWord = StatusWord(0x9484);
/// `9485`: not in this place: out of the insured area without the flag or the right.
pub(crate) const PLACE: StatusWord = StatusWord(0x9485);
/// `9486`: the account is frozen.
pub(crate) const FROZEN: StatusWord = StatusWord(0x9486);
/// `9487`: the authority's number is not greater than the last one.
pub(crate) const NUMBER_OLD: StatusWord = StatusWord(0x9487);
/// `9488`: no such settlement among the entries on the card.
pub(crate) const NOT_ON_CARD: StatusWord = StatusWord(0x9488);
/// `9489`: reversed already.
pub(crate) const ALREADY_REVERSED: StatusWord = StatusWord(0x9489);
/// `948A`: off-line settlements are to be reconciled first.
pub(crate) const RECONCILE_FIRST: StatusWord = StatusWord(0x948A);
/// `948B`: the figures are not the card's.
pub(crate) const FIGURES_DIFFER: StatusWord = StatusWord(0x948B);
/// `948C`: not entitled to what the settlement says.
pub(crate) const NOT_ENTITLED: StatusWord = StatusWord(0x948C);
/// `9402`: the end of a range: a counter, the balance, a sum of the year.
pub(crate) const RANGE_END: StatusWord = StatusWord::NUMBER_AT_MAXIMUM;

/// Goes on when `holds`.
///
/// # Errors
/// `refusal` when it does not.
pub(crate) const fn require(holds: bool, refusal: StatusWord) -> Outcome {
    if holds { Ok(()) } else { Halt::status(refusal) }
}
