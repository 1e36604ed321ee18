//! Known answers of the ciphers, checksums and derivations.

mod derived;
mod purse;
mod shapes;
mod social;
mod standards;

use std::vec::Vec;

use super::{Algorithm, Key};

/// Hexadecimal digits as bytes.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "{digits}");
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

fn key(algorithm: Algorithm, digits: &str) -> Key {
    Key::new(algorithm, &hex(digits)).unwrap()
}

/// A key whose length says DES or triple DES.
fn des(digits: &str) -> Key {
    Key::des(&hex(digits)).unwrap()
}

fn encrypted(key: &Key, data: &str) -> Vec<u8> {
    let mut data = hex(data);
    key.cipher().encrypt_ecb(&mut data).unwrap();
    data
}
