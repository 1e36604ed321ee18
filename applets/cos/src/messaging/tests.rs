//! Protected messages as cards have shown them, and everything that is refused.

mod content;
mod header;
mod line;
mod pin;
mod social_security;

use std::vec::Vec;

use crate::cipher::{Algorithm, Key};

/// Hexadecimal digits as bytes; spaces are for the reader.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|&digit| digit != b' ').collect();
    let value = |digit: &u8| (*digit as char).to_digit(16).unwrap() as u8;
    assert!(digits.len().is_multiple_of(2));
    digits.chunks(2).map(|pair| value(&pair[0]) << 4 | value(&pair[1])).collect()
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

/// A key whose length says DES or triple DES.
fn des(digits: &str) -> Key {
    Key::des(&hex(digits)).unwrap()
}

fn key(algorithm: Algorithm, digits: &str) -> Key {
    Key::new(algorithm, &hex(digits)).unwrap()
}
