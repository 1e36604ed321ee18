//! Secure messaging with data objects (ISO/IEC 7816-4:2020, 10): sessions, commands, responses.
//!
//! | module | what it answers |
//! |---|---|
//! | [`session`] | keys and send sequence counter, and what is computed with them |
//! | [`objects`] | reading and writing the data objects |
//! | [`command`] | a protected command made plain, and the terminal's way back |
//! | [`response`] | a response protected, and the terminal's way back |
//! | [`mutual`] | MUTUAL AUTHENTICATE, from which a session comes |
//!
//! The shape is that of ICAO Doc 9303-11, 9.8: 87 (85 for odd INS), 97, 99, 8E; the counter goes up
//! by one before every command and every response and is the first block of each checksum.
//!
//! # Choices
//!
//! * Only authenticated objects (odd tags) and 8E are taken, each once, 8E last and of eight bytes;
//!   anything else is `Content`. An object that the checksum does not cover would be anybody's.
//! * Data are a plain value (81, of odd instructions B1) or a cryptogram (87, of odd instructions
//!   85): 81 and 87 do not stand for BER-TLV data, 85 and B1 stand for nothing else.
//! * The header is padded for itself and then the objects together. A part that is not there adds
//!   no padding either, so a command without data and Le has a checksum over counter and padded
//!   header.
//! * A class byte that does not authenticate the header (08, and all of the further interindustry
//!   ones) is taken. The header is authenticated all the same when an object 89 repeats it;
//!   [`Plain::header_authenticated`] says which it was.
//! * The content is looked at after the checksum only.
//! * A session ends with a refusal: whoever keeps it throws it away.

pub mod command;
pub mod mutual;
pub mod objects;
pub mod response;
pub mod session;

pub use command::Plain;
pub use mutual::{Agreed, Initiator};
pub use objects::Form;
pub use session::Session;

#[cfg(test)]
mod tests;
