//! A PN532 on a serial line, as host libraries drive the chip, with cards in its field.
//!
//! | module | what lives there |
//! |---|---|
//! | [`machine`] | the chip as a whole: bytes in, bytes out |
//! | [`frame`] | frames between host and chip, to the byte |
//! | [`dialogue`] | a command, its ACK, its response |
//! | [`command`] | commands by meaning, status codes |
//! | [`chip`] | what the commands do |
//! | [`target`] | a card that was found: activated, spoken to, put aside, woken |
//! | [`thru`] | frames on the air by the registers alone |
//! | [`timer`] | how long a card takes, measured by hand |
//! | [`registers`] | the registers on which frames depend |

pub mod chip;
pub mod command;
pub mod dialogue;
pub mod frame;
pub mod machine;
pub mod registers;
pub mod target;
pub mod thru;
pub mod timer;

pub use machine::Machine;

#[cfg(test)]
mod tests;
