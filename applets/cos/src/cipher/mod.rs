//! Keys, block ciphers, checksums and the derivation of keys: pure functions on bytes.
//!
//! | module | what it answers |
//! |---|---|
//! | [`key`] | a key as a value that forgets itself |
//! | [`block`] | a key made ready for use: one block, ECB, CBC |
//! | [`padding`] | one 80, then as many 00 as fill the block |
//! | [`mac`] | CBC-MAC, ISO/IEC 9797-1 algorithm 3, CMAC, over several pieces |
//! | [`fold`] | 16 bytes made 8 or 4 |
//! | [`diversify`](mod@diversify) | keys of a card and of a session from keys above them |
//! | [`icao`] | keys from a seed, by ICAO Doc 9303-11 |
//!
//! A [`Key`] is only bytes and an algorithm. Whoever uses it makes a [`Cipher`] or a [`Mac`] of it,
//! which computes the round keys, once for all blocks of that use.
//!
//! An initial value is a slice everywhere. It is extended with 00 to a block, so `&[]` is the
//! initial value zero and a challenge of 4 bytes becomes the block FMCOS cards start from.

pub mod block;
pub mod diversify;
pub mod fold;
pub mod icao;
pub mod key;
pub mod mac;
pub mod padding;

pub use block::{Cipher, PartialBlock};
pub use diversify::{diversify, session_key, xor_halves};
pub use key::{Algorithm, Key};
pub use mac::{Checksum, Mac, Running};

/// Bytes of the longest block.
pub const BLOCK_BYTES_MAX: usize = 16;

#[cfg(test)]
mod tests;
