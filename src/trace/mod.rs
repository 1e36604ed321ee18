//! What was said to a card and by it, in words.
//!
//! | module | what it answers |
//! |---|---|
//! | `bytes` | how bytes are written |
//! | [`control`] | what control information says about a file |
//! | [`event`] | what happened, one step at a time |
//! | [`narrator`] | the events in words, with what a watcher of the line knows: which file is current |
//! | `proprietary` | commands and status words beyond ISO/IEC 7816-4 |
//! | [`vocabulary`] | what files and data items are called |
//!
//! A trace is made from the line alone, as a protocol analyser would: it does not look into the
//! card, so it reads the same for a card behind a real reader.

mod account;
mod bytes;
pub mod control;
mod employer;
pub mod event;
mod medical;
pub mod narrator;
mod proprietary;
mod psam;
pub mod vocabulary;

pub use event::Event;
pub use narrator::{Narrator, Told};
pub use vocabulary::{Coding, ContentWords, DfWords, EfWords, ItemWords, Vocabulary};
