//! What a terminal does with a card of the PBOC purse (电子存折/电子钱包 ED/EP) and a PSAM
//! (终端安全控制模块), and an issuer's host with them.
//!
//! It speaks APDUs only and never looks inside a card: the same code works on a card in this
//! process and on one in a PC/SC reader.
//!
//! | module | what it answers |
//! |---|---|
//! | [`acceptor`] | what cards and PSAMs are reached through; that there was no answer |
//! | [`request`], [`answer`] | what is asked and what answers say, as bytes |
//! | [`words`] | both in words |
//! | [`line`](mod@line) | one request, one answer, and somebody told of both |
//! | [`desk`] | waking card and PSAM, what they are, balance, log, proof |
//! | [`purchase`] | purchases, compound ones too |
//! | `settle` | what became of a transaction that was interrupted |
//! | [`online`], [`host`] | load, unload, overdraft limit, and the issuer's side of them |
//! | [`tariff`], [`ride`], [`toll`] | what a ride costs; bus and toll road as compound purchases |
//! | [`grey`] | the grey lock at a fuel pump, and its own broken transactions |
//! | [`journal`], [`recover`] | the open transaction, kept, and settled later |
//! | [`kept`] | a file that is whole or not there, and its own alone |
//! | [`medical`] | clinic, pharmacy, enquiry terminal and agency with a social-security card |
//! | [`library`] | the desk of a library with a citizen's card |
//! | [`money`], [`moment`], [`pin`], [`transaction`], [`error`] | amounts, dates, PINs, kinds, what goes wrong |
//!
//! # Broken transactions
//!
//! The terminal never debits twice for one sale, and gives nothing without a proof of payment:
//! a [`Receipt`] exists only for a debit that the PSAM has checked. Before a
//! command that completes a transaction leaves the terminal, the transaction is in the
//! [journal](journal::Journal); it leaves the journal when it is known not to be done, or when its
//! proof is checked. While one is open nothing new is begun.
//!
//! | what happens | what the terminal does |
//! |---|---|
//! | no answer before the completing command (SELECT, VERIFY, INITIALIZE, a record of a compound purchase, the PSAM's part) | nothing was done: wakes whoever was silent and begins again, `tries` times |
//! | no answer to the completing command, or half of one, or a status word that leaves it open | wakes the card, selects, compares the serial number, shows the PIN where the purse wants it, GET TRANSACTION PROVE with the number after |
//! | … it has the proof (9000), and its log does not say that the number is another's | it was done: MAC2 goes to the PSAM, the TAC or MAC3 to the host |
//! | … it has none (9406) and a new INITIALIZE tells the old number | it was not done: begins again, `tries` times |
//! | … it has none and the number has gone on, or the card prepares nothing (locked, 9402) | another transaction has followed: the log tells whether that number was another's (not done); if it was ours, or the log does not tell, it stays open for the issuer |
//! | … it has none and the number has gone back | a copy of the card, or a restored image: it stays open for the issuer |
//! | … the card is silent again, in whatever step | wakes it again, `tries` times; then it stays open |
//! | another card comes back | refused; the transaction stays open |
//! | a completing command refused, of what the PSAM has a part in | it was not done; the journal is clear, nothing is repeated |
//! | … of what went online | nobody answers for a status word: as no answer. "Not done" is for the host to say, by MAC1 of the new INITIALIZE, which names a challenge of the host for a terminal; if it does not fit, or the number has gone on, it stays open |
//! | the PSAM loses power before the debit | wakes it and begins again with a new INITIALIZE and a new terminal number |
//! | the PSAM loses power after the debit | MAC2 cannot be checked any more: wakes it and has it compute the TAC, where it has that key; else it stays open with its TAC, and nothing is given |
//! | the PSAM does not agree with MAC2 | it stays open, nothing is given |
//! | the host does not agree with MAC1 | nothing was done, nothing is allowed |
//! | the terminal itself loses power | the journal, if it is a file, has the transaction: [`recover`](desk::Terminal::recover) |
//!
//! A terminal that loses power after the proof was checked and before the journal is clear recovers
//! the same receipt again: the terminal's transaction number tells that it is the same.

pub mod acceptor;
pub mod answer;
pub mod desk;
pub mod error;
pub mod grey;
pub mod host;
pub mod journal;
pub mod kept;
pub mod library;
pub mod line;
pub mod medical;
pub mod moment;
pub mod money;
pub mod online;
pub mod pin;
pub mod purchase;
pub mod recover;
pub mod request;
pub mod ride;
mod settle;
pub mod tariff;
#[cfg(test)]
mod tests;
pub mod toll;
pub mod transaction;
pub mod words;

pub use acceptor::{Acceptor, Heard};
pub use answer::Answer;
pub use desk::{Settings, Terminal};
pub use error::{Party, TerminalError};
pub use host::{Host, HostKeys};
pub use journal::Journal;
pub use line::Step;
pub use moment::Moment;
pub use money::Fen;
pub use pin::Pin;
pub use purchase::{CheckedBy, Receipt, Sale};
pub use request::Request;
pub use tariff::Tariff;
pub use transaction::{Kind, Purse};
