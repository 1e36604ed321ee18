//! The contract between the card and its applets: everything an applet may name, and nothing else.
//!
//! An applet is ROM. It is code without state ([`Applet`] takes `&self`), and whatever lasts lies
//! in the card's memory, reached through the [`Env`] it is handed for the length of one call. The
//! handle knows only that applet's own segment: addresses are offsets from its start, so an address
//! in another applet's segment cannot be written down.
//!
//! | module | what it answers |
//! |---|---|
//! | [`apdu`] | is this byte sequence a command, and which case? (ISO/IEC 7816-4:2020, 5.2) |
//! | [`class`] | what does the class byte say? (5.4.1) |
//! | [`ins`], [`status`], [`aid`] | the standard's numbers as types that print their names |
//! | [`direction`] | which way the data of a command goes, where only its header tells |
//! | [`tlv`] | reading data objects without copying |
//! | [`applet`] | what an applet implements; how it is selected |
//! | [`env`](mod@env) | what an applet may do: memory, transactions, counters, challenges, services |
//! | [`place`] | typed places in the segment and in RAM |
//! | [`pin`], [`counter`] | things that are counted before they are compared |
//! | [`reply`] | where the answer is written, with back-patched BER lengths |
//! | [`halt`] | the two ways out of a command that is not answered normally |
//! | [`platform`] | what the card's runtime implements underneath |
//! | [`testing`] | a platform in RAM, so that an applet is tested without the card |
//!
//! How to write an applet, step by step, is said in the crate `tessera-library`, the smallest one.
//!
//! # Rules an applet can rely on
//!
//! * [`Env::atomically`]: all of the stores inside become solid, or none. A store outside is a
//!   transaction of its own.
//! * Power can fail in any store. Then the store answers [`Halt::Torn`], memory is frozen, and
//!   every later operation answers the same: code that swallows it can do no harm.
//! * A counter is outside every transaction and is solid when its call returns.
//! * An error status (SW1 6X other than 63 and 65) means nothing in memory has changed
//!   (ISO/IEC 7816-4:2020, 5.6). The runtime aborts what was open; the applet must only take care
//!   to decide before it stores.

#![no_std]
#![forbid(unsafe_code)]

pub mod aid;
pub mod apdu;
pub mod applet;
pub mod class;
pub mod counter;
pub mod direction;
pub mod env;
pub mod halt;
pub mod ins;
pub mod pin;
pub mod place;
pub mod platform;
pub mod reply;
pub mod status;
pub mod testing;
pub mod tlv;

pub use aid::{Aid, FileId, Sfi};
pub use apdu::{Apdu, Command, Interface};
pub use applet::{Applet, Control, Descriptor, DfId, Selected, Selection, Target};
pub use class::Class;
pub use counter::CounterId;
pub use direction::Direction;
pub use env::Env;
pub use halt::{Halt, Outcome, Torn};
pub use ins::Ins;
pub use place::{Array, Persistent, Records, Transient};
pub use platform::{Clear, Platform};
pub use reply::Reply;
pub use status::StatusWord;
pub use tlv::Tag;
