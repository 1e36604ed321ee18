//! Tessera: a virtual ISO/IEC 7816 and 14443-4 smart card.
//!
//! A [`Card`] is a value: memory, RAM, clock, random state and session. Cloning forks it, `==`
//! compares it, losing power clears its RAM and nothing else. Applets are ROM; what lasts lies in
//! an EEPROM whose every change is transactional and survives power loss at any pulse.
//!
//! From the terminal down to the cells:
//!
//! | module | what lives there |
//! |---|---|
//! | [`reader`] | virtual readers that real programs open; they only move bytes |
//! | [`link`] | the serial line and the air, both ends of each, without input and output |
//! | [`field`] | several cards in one reader's field, and how it finds each of them |
//! | [`card`] | the whole card: power on, exchange, power off, fork |
//! | `os` | class byte, selection, logical channels, chaining, GET RESPONSE; an applet's context |
//! | [`nvm`] | EEPROM pulse by pulse, the journal, counters, recovery at power-up |
//! | [`profile`], [`image`] | a card described in a file; a card saved to a file |
//! | [`terminal`] | what terminals do with purses, medical accounts and PSAMs, by APDUs alone |
//! | [`trace`] | what was said, in words |
//! | [`vectors`] | text files of commands and expected answers, and their runner |
//! | [`cryptography`] | ciphers and protected messages, for whoever speaks to a card |
//! | [`keys`] | root keys by label, and the keys a social-security card has of them |
//! | [`explore`] | every tear of a command, tried; for tests here and for applet authors |
//! | [`choose`], [`random`] | where choices and random numbers come from |
#![forbid(unsafe_code)]

// The tests' own applet names this crate as programs outside do.
#[cfg(test)]
extern crate self as tessera;

pub mod card;
pub mod choose;
pub mod cryptography;
pub mod explore;
pub mod field;
#[cfg(test)]
#[path = "../tests/free_files/mod.rs"]
mod free_files;
pub mod image;
pub mod keys;
pub mod link;
pub mod nvm;
mod os;
pub mod profile;
pub mod random;
pub mod reader;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod vectors;

pub use card::{Card, NoAtr, Response};
pub use nvm::PowerLost;
pub use profile::Profile;
pub use tessera_framework::StatusWord;

/// The README's lines of Rust run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
