//! A PN532 on a serial line, as host libraries drive the chip, with cards in its field.
//!
//! | module | what lives there |
//! |---|---|
//! | [`frame`] | frames between host and chip, to the byte |
//! | [`command`] | commands by meaning, status codes |
//! | [`dialogue`] | a command, its ACK, its response |
//! | [`registers`] | the registers on which frames depend |
//! | [`thru`] | frames on the air by the registers alone |

pub mod command;
pub mod dialogue;
pub mod frame;
pub mod registers;
pub mod thru;
