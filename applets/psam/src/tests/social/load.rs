//! Keys loaded into the module for social-security cards: of either cipher, in either's place.

use super::*;

/// What a key makes of MAC1 of the next settlement, which is not made.
fn settles(card: &Dialogue, version: &str, algorithm: &str) -> String {
    let answer = card.clone().send(&settlement(version, algorithm, &format!("{USER}{CITY}")));
    // Without the number.
    answer.get(8..).unwrap_or(&answer).into()
}

#[test]
fn a_key_of_each_cipher_is_added() {
    let mut card = card("00");
    for (record, version, algorithm, mac1) in [
        (format!("420400{DPK1}"), "04", "01", "48C6F9DF9000"),
        (format!("420504{DPK1}"), "05", "03", "EDA658099000"),
    ] {
        assert_eq!(settles(&card, version, algorithm), "9403");
        let load = card.write_key(&record);
        assert_eq!(card.bytes(&load), "9000");
        assert_eq!(settles(&card, version, algorithm), mac1);
    }
}

/// The cipher goes with the key, not with the place.
#[test]
fn a_key_of_one_cipher_takes_the_place_of_one_of_the_other() {
    let mut card = card("00");
    for (record, algorithm, other, mac1) in [
        (format!("420104{DPK1}"), "03", "01", "EDA658099000"),
        (format!("420100{DPK1}"), "01", "03", "48C6F9DF9000"),
    ] {
        let load = card.write_key(&record);
        assert_eq!(card.bytes(&load), "9000");
        assert_eq!(settles(&card, "01", algorithm), mac1);
        assert_eq!(settles(&card, "01", other), "6A80");
    }
}

#[test]
fn loading_is_refused() {
    let mut card = card("00");
    for (record, status) in [
        ("4201040011223344556677".into(), "6A80"),
        (format!("000004{DPK1}"), "6A80"),
        (format!("010004{DPK1}"), "6A80"),
        (format!("020100{DPK1}"), "6A80"),
    ] {
        let load = card.write_key(&record);
        card.refused(&hex(&load), status);
    }
    let load = spoilt(card.write_key(&format!("420400{DPK1}")));
    assert_eq!(card.bytes(&load), "9302");
    assert_eq!(settles(&card, "04", "01"), "9403");
}
