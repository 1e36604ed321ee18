//! Secure messaging with data objects: worked examples, round trips, refusals.

mod examples;
mod mutual;
mod refused;
mod round_trip;

use std::vec::Vec;

use super::*;
use crate::cipher::{Algorithm, Key};

/// Hexadecimal digits as bytes; spaces are for the reader.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<char> = digits.chars().filter(|&digit| digit != ' ').collect();
    let value = |digit: char| digit.to_digit(16).unwrap() as u8;
    assert!(digits.len().is_multiple_of(2));
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

fn key(algorithm: Algorithm, digits: &str) -> Key {
    Key::new(algorithm, &hex(digits)).unwrap()
}

/// KSenc, KSmac and the counter of the worked example of ICAO Doc 9303-11, appendix D.
const KS_ENC: &str = "979EC13B1CBFE9DCD01AB0FED307EAE5";
const KS_MAC: &str = "F1CB1F1FB5ADF208806B89DC579DC1F8";
const COUNTER: &str = "887022120C06C226";

fn triple_des(counter: &str) -> Session {
    let (encryption, authentication) =
        (key(Algorithm::TripleDes, KS_ENC), key(Algorithm::TripleDes, KS_MAC));
    Session::new(&encryption, &authentication, &hex(counter)).unwrap()
}

/// Header and data field of a whole command of either length.
fn header_and_field(command: &[u8]) -> ([u8; 4], &[u8]) {
    let apdu = tessera_framework::Apdu::parse(command).unwrap();
    ([apdu.cla, apdu.ins.0, apdu.p1, apdu.p2], apdu.data)
}
