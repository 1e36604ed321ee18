//! Virtual readers that real programs open. They only move bytes: what a card says is decided in
//! [`card`](crate::card).
//!
//! | module | what it answers |
//! |---|---|
//! | [`slot`] | what can be done to a card in a reader: power, reset, commands, pulling it out |
//! | [`identity`] | what a contactless PC/SC reader answers in the card's place: its UID |
//! | [`linked`] | the same card, behind a line or in the air |
//! | [`vpcd`] | vsmartcard's protocol, by which pcscd shows a reader with our card |
//! | [`ccid`] | a CCID reader with a serial line, for the driver pcscd has of such |
//! | [`pty`] | the pseudo-terminal at which a program finds a reader with a serial line |
//! | [`pn532`] | a contactless reader chip on a serial line, for libnfc and nfcpy |
//! | [`udp`] | nfcpy's reader that sends frames as datagrams |
//! | [`control`] | the orders of a developer beside the reader: tear, stuck, remove, insert, reset, dump |
//! | [`place`] | which part of the memory an order means |

pub mod ccid;
pub mod control;
pub mod identity;
pub mod linked;
pub mod place;
pub mod pn532;
pub mod pty;
pub mod slot;
pub mod udp;
pub mod vpcd;

pub use linked::Linked;
pub use slot::{Slot, SlotError};
