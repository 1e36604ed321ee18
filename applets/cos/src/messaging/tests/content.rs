//! What a cryptogram may hold: length, data, and padding only where a block is not full.

use std::vec::Vec;

use super::{des, hex, key};
use crate::{
    cipher::{Algorithm, Key},
    messaging::{Line, Refusal},
};

fn decrypted(key: &Key, plain: &str) -> Result<Vec<u8>, Refusal> {
    let mut blocks = hex(plain);
    key.cipher().encrypt_ecb(&mut blocks).unwrap();
    Line::new(key).decrypt(&blocks).map(|message| message.as_slice().to_vec())
}

#[test]
fn length_data_and_padding_are_taken() {
    let key = des("00112233445566778899AABBCCDDEEFF");
    for (plain, data) in [
        ("01 AA 80 00 00 00 00 00", "AA"),
        ("06 01 02 03 04 05 06 80", "010203040506"),
        ("07 01 02 03 04 05 06 07", "01020304050607"),
        ("07 01 02 03 04 05 80 00", "01020304058000"),
        ("08 01 02 03 04 05 06 07 08 80 00 00 00 00 00 00", "0102030405060708"),
    ] {
        assert_eq!(decrypted(&key, plain), Ok(hex(data)), "{plain}");
    }
    let key = super::key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210");
    assert_eq!(decrypted(&key, "01 AA 80 00 00 00 00 00 00 00 00 00 00 00 00 00"), Ok(hex("AA")));
}

#[test]
fn everything_else_is_refused() {
    let key = des("00112233445566778899AABBCCDDEEFF");
    for (plain, why) in [
        ("00 80 00 00 00 00 00 00", "length zero"),
        ("08 01 02 03 04 05 06 07", "length beyond the block"),
        ("FF 01 02 03 04 05 06 07", "length beyond everything"),
        ("01 AA 00 00 00 00 00 00", "no mark"),
        ("01 AA 81 00 00 00 00 00", "another mark"),
        ("01 AA 80 00 00 00 00 01", "more than zeros behind the mark"),
        ("01 AA 80 80 00 00 00 00", "two marks"),
        ("07 01 02 03 04 05 06 07 80 00 00 00 00 00 00 00", "a block of padding"),
        ("01 AA 80 00 00 00 00 00 00 00 00 00 00 00 00 00", "a block too many"),
    ] {
        assert_eq!(decrypted(&key, plain), Err(Refusal::Content), "{why}");
    }
}

#[test]
fn a_cryptogram_is_whole_blocks() {
    for (key, block) in [
        (des("0011223344556677"), 8),
        (key(Algorithm::Sm4, "0123456789ABCDEFFEDCBA9876543210"), 16),
    ] {
        for bytes in (1..=300).filter(|bytes| bytes % block != 0) {
            let refusal = Line::new(&key).decrypt(&[0; 300][..bytes]).map(|_| ()).unwrap_err();
            let expected = if bytes > 264 { Refusal::TooLong } else { Refusal::Content };
            assert_eq!(refusal, expected, "{bytes} bytes");
        }
    }
}
