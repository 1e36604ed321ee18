//! GET CHALLENGE, EXTERNAL, MUTUAL and INTERNAL AUTHENTICATE, MANAGE SECURITY ENVIRONMENT.

use super::*;
use crate::cipher::{Algorithm, Key};

const EXTERNAL: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

fn aes(bytes: &[u8]) -> Key {
    Key::new(Algorithm::Aes, bytes).unwrap()
}

fn encrypted(key: &Key, block: &[u8]) -> Vec<u8> {
    let mut block = block.to_vec();
    key.cipher().encrypt_cbc(&[], &mut block).unwrap();
    block
}

/// A challenge of 8 or 16 bytes.
fn challenge(card: &mut Dialogue, bytes: u8) -> Vec<u8> {
    let answer = unhex(&card.send(&format!("00840000{bytes:02X}")));
    assert_eq!(answer.len(), usize::from(bytes) + 2);
    answer[..usize::from(bytes)].to_vec()
}

/// EXTERNAL AUTHENTICATE with key 1 and the right cryptogram, or another one.
fn external(card: &mut Dialogue, right: bool) -> String {
    let challenge = challenge(card, 16);
    let mut cryptogram = encrypted(&aes(&EXTERNAL), &challenge);
    cryptogram[15] ^= u8::from(!right);
    card.send(&format!("0082000110{}", hex(&cryptogram)))
}

#[test]
fn a_challenge_has_eight_or_sixteen_bytes() {
    let mut card = keyed();
    assert_ne!(challenge(&mut card, 8), challenge(&mut card, 8));
    assert_ne!(challenge(&mut card, 16)[8..], [0; 8]);
    card.refused(&[
        ("0084000000", "6700"),
        ("0084000004", "6700"),
        ("00840000", "6700"),
        ("008400000101 08", "6700"),
        ("0084010008", "6A86"),
    ]);
}

#[test]
fn the_outside_shows_a_key_and_opens_what_asks_for_it() {
    let mut card = keyed();
    card.done(&[&transparent("1001", "8C 02 01 20")]);
    card.refused(&[("00B0000001", "6982"), ("00820001", "63C3")]);
    assert_eq!(external(&mut card, true), "9000");
    card.check(&[("00820001", "9000"), ("00B0000001", "00 9000")]);
    assert_eq!(external(&mut card, false), "63C2");
    card.check(&[("00820001", "63C2"), ("00B0000001", "6982")]);
    assert_eq!(external(&mut card, true), "9000");
    card.rig.power_on();
    card.check(&[("00820001", "63C3"), ("00A4020C02 1001", "9000"), ("00B0000001", "6982")]);
}

#[test]
fn wrong_cryptograms_are_counted_to_the_end() {
    let mut card = keyed();
    for left in ["63C2", "63C1", "63C0"] {
        assert_eq!(external(&mut card, false), left);
    }
    assert_eq!(external(&mut card, true), "6983");
    card.refused(&[("00820001", "6983")]);
}

#[test]
fn a_challenge_is_good_for_the_next_command_only() {
    let mut card = keyed();
    let cryptogram =
        |challenge: &[u8]| format!("0082000110{}", hex(&encrypted(&aes(&EXTERNAL), challenge)));
    let first = challenge(&mut card, 16);
    card.check(&[("00CA008400", "424C414E4B 9000")]);
    card.refused(&[(&cryptogram(&first), "6985")]);
    let second = challenge(&mut card, 16);
    card.done(&[&cryptogram(&second)]);
    card.refused(&[(&cryptogram(&second), "6985")]);
    // A failure uses it up.
    let third = challenge(&mut card, 16);
    let wrong = cryptogram(&[0; 16]);
    card.check(&[(&wrong, "63C2"), (&cryptogram(&third), "6985")]);
    // So does a selection.
    let fourth = challenge(&mut card, 16);
    card.done(&[&transparent("1001", "")]);
    card.refused(&[(&cryptogram(&fourth), "6985")]);
    let fifth = challenge(&mut card, 16);
    card.check(&[("00A4020C02 1001", "9000"), (&cryptogram(&fifth), "6985")]);
    // And it must be as long as a block.
    let short = challenge(&mut card, 8);
    let padded = [&short[..], &[0; 8]].concat();
    card.check(&[(&cryptogram(&padded), "6985"), ("00820001", "63C2")]);
}

#[test]
fn the_card_shows_a_key() {
    let mut card = keyed();
    let key: [u8; 16] = core::array::from_fn(|n| 0x10 + n as u8);
    let expected = hex(&encrypted(&aes(&key), &[0x55; 16]));
    let terminal = "55".repeat(16);
    assert_eq!(card.send(&format!("0088000210{terminal}00")), format!("{expected}9000"));
    card.refused(&[
        (&format!("0088000210{terminal}"), "6700"),
        ("0088000208 5555555555555555 00", "6700"),
        ("0088000200", "6700"),
        (&format!("0088010210{terminal}00"), "6A86"),
        (&format!("0088000910{terminal}00"), "6A88"),
        (&format!("0088000010{terminal}00"), "6A88"), // nothing is set
        (&format!("0088000110{terminal}00"), "6985"), // a key for the other way
        (&format!("0088000410{terminal}00"), "6985"),
    ]);
}

#[test]
fn a_key_is_for_one_usage() {
    let mut card = keyed();
    let data = "55".repeat(16);
    for (reference, expected) in
        [("02", "6985"), ("03", "6985"), ("04", "6985"), ("09", "6A88"), ("20", "6A88")]
    {
        let _ = challenge(&mut card, 16);
        card.refused(&[(&format!("008200{reference}10{data}"), expected)]);
    }
    let _ = challenge(&mut card, 16);
    card.refused(&[(&format!("0082000110{data}00"), "6985")]); // key 1 is not for both
    card.refused(&[
        (&format!("0082000310{data}00"), "6700"),
        (&format!("0082000310{data}"), "6985"),
    ]);
    let _ = challenge(&mut card, 16);
    card.refused(&[("0082000108 5555555555555555", "6700"), ("0082000100", "6700")]);
    card.refused(&[("00820101", "6A86")]);
}

#[test]
fn a_specific_key_is_lost_on_leaving_its_directory() {
    let mut card = keyed();
    card.done(&[
        &directory("7000", ""),
        "00DA0100 1B 830181 950180 800102 8F10 000102030405060708090A0B0C0D0E0F",
    ]);
    let from_card = challenge(&mut card, 16);
    let cryptogram = hex(&encrypted(&aes(&EXTERNAL), &from_card));
    card.done(&[&format!("0082008110{cryptogram}")]);
    card.check(&[("00820081", "9000"), ("00820001", "63C3")]);
    card.done(&["00A4030C", "00A4010C02 7000"]);
    card.check(&[("00820081", "63CF")]);
}

#[test]
fn the_environment_names_the_key_of_reference_00() {
    let mut card = keyed();
    let command = format!("0088000010{}00", "55".repeat(16));
    card.refused(&[(&command, "6A88")]);
    card.done(&["0022 41A4 03 830102"]);
    assert!(card.send(&command).ends_with("9000"));
    card.done(&["0022F201", "0022 C1A4 03 830101"]);
    card.refused(&[(&command, "6985")]);
    card.done(&["0022F301"]);
    assert!(card.send(&command).ends_with("9000"));
    // It is the directory's own.
    card.done(&[&directory("7000", "")]);
    card.refused(&[(&command, "6A88"), ("0022F301", "6A88")]);
    card.done(&["00A4030C"]);
    card.refused(&[(&command, "6A88")]);
    card.done(&["0022F301", "0022F201", "0022F401"]);
    card.refused(&[("0022F301", "6A88")]);
}

#[test]
fn an_environment_that_cannot_be_is_refused() {
    let mut card = keyed();
    card.refused(&[
        ("0022 41A4 03 830109", "6A88"),
        ("0022 41A4", "6700"),
        ("0022 41A4 03 840102", "6A80"),
        ("0022 41A4 04 83020101", "6A80"),
        ("0022 41A4 06 830101 830102", "6A80"),
        ("0022 41A6 03 830101", "6A81"),
        ("0022 41B6 03 830101", "6A81"),
        ("0022 11B4 03 830104", "6A81"),
        ("0022 31B8 03 830104", "6A81"),
        ("0022 01A4 03 830101", "6A86"),
        ("0022 4199 03 830101", "6A86"),
        ("0022 F200", "6A86"),
        ("0022 F20F", "6A86"),
        ("0022 F501", "6A86"),
        ("0022 F201 01 00", "6700"),
        ("0022 F309", "6A88"),
        ("0022 31B4 03 830104", "6985"), // no challenge
    ]);
    let _ = challenge(&mut card, 16);
    card.refused(&[("0022 31B4 03 830101", "6985")]); // another usage
}

#[test]
fn storing_and_erasing_environments_want_a_right_and_restoring_does_not() {
    let mut card = ruled("A0 04 8C 02 04 10");
    card.refused(&[("0022F201", "6982"), ("0022F401", "6982")]);
    card.done(&["0020000103 123456", "0022F201", "0020FF01", "0022F301"]);
    card.refused(&[("0022F401", "6982")]);
}
