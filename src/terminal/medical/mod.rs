//! What terminals do with a social-security card (社会保障卡), its medical account (医疗个人账户)
//! and their PSAM: clinic, pharmacy, enquiry terminal and agency; and a small authority.
//!
//! The account on the card is a ledger, not a purse: every entry of it has its place in the
//! authority's journal, and the authority answers for the balance. Ledger, authority and the duties
//! of a terminal are own design after the rules of the card; identification, keys and the signing
//! mode are public.
//!
//! | module | what it answers |
//! |---|---|
//! | [`desk`] | who is there, whether the card is genuine, what the holder is entitled to |
//! | [`visit`] | a visit: who may settle where, on line or off, the receipt, the open settlement |
//! | `settle` | the settlement itself, and what became of one that was interrupted |
//! | [`contact`](mod@contact) | a card that meets its authority: stopped, gaps filled, orders carried out |
//! | [`authority`] | accounts, prices, orders, and the journal in which every entry stands once |
//! | [`kiosk`], [`agency`] | own data, statement, PIN; data items by keys of the PSAM |
//! | [`signing`] | settlement with a card that has no ledger: the public commands of DF04 |
//! | [`lists`], [`tariff`] | designated institutions, deny list; who pays what of a visit |
//! | [`journal`] | settlements that the authority has not confirmed |
//! | [`identity`], [`answer`], [`entry`] | data items, answers, and what a TAC is computed over |
//! | `question`, `words` | what is asked, as bytes and in words |
//! | [`error`] | whose word it is when nothing is settled |
//!
//! # What a station does when something goes wrong
//!
//! A settlement is in the [journal](journal::StationJournal) before the command that books it
//! leaves the station, and until it is known not to be booked or the authority has it.
//!
//! | what happens | what the station does |
//! |---|---|
//! | no answer before the booking command | nothing was booked: wakes whoever was silent and begins again, `tries` times |
//! | no answer to it, or half of one | wakes the card, compares the card number, reads the status: a sequence one lower means not booked, and it begins again with a new random number; the sequence itself means booked, and PROOF gives TAC and MAC2 |
//! | a later sequence, or the station itself has lost power in between | the card's log tells whose entry it is: terminal, moment and amounts stand in it |
//! | a lower one than that | a copy of the card, or a restored image: it stays open |
//! | the booking command is refused | nothing was booked, the journal is clear of it |
//! | another card comes back | refused; it stays open |
//! | the PSAM does not agree with MAC2 | it stays open, nothing is handed over |
//! | the PSAM has lost power and knows of no MAC2 | on line the authority checks the TAC; off line the entry is kept with its TAC, and nothing is handed over |
//! | no authority is reached | off line, where institution, card, region, deny list and limits allow it; its entries are sent later, once or twice, and count once |
//! | an order's answer is lost | at the next contact its authority number tells that it is done (9487), its entry is read from the card's log |
//!
//! A [`Receipt`] exists only for a settlement that the PSAM or the authority has checked.

pub mod agency;
pub mod answer;
pub mod authority;
pub mod contact;
pub mod desk;
pub mod entry;
pub mod error;
pub mod identity;
pub mod journal;
pub mod kiosk;
pub mod lists;
pub(in crate::terminal) mod question;
mod settle;
pub mod signing;
pub mod tariff;
pub mod visit;
mod words;
mod written;

pub use authority::Authority;
pub use desk::{Station, StationSettings};
pub use error::MedicalError;
pub use journal::StationJournal;
pub use visit::Receipt;

/// Whether a command APDU is one by which the card books: power that fails in it leaves the station
/// in doubt.
#[must_use]
pub fn completes(apdu: &[u8]) -> bool {
    matches!(apdu, [0xD0, 0x2C | 0x42 | 0x46, ..] | [0xB0, 0x2C, ..])
}
