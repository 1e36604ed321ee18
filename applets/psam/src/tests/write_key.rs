//! WRITE KEY: the published session byte for byte, adding and replacing, every refusal.

use super::*;

const BOTH: Protection = Protection::CryptogramAndChecksum;

/// A key record as it is sent, in front of the key.
fn record(head: &str) -> String {
    format!("{head}00{PURCHASE}")
}

#[test]
fn the_published_session_byte_for_byte() {
    let master = key("0000", MASTER);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 330499000001"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC1, "0019 F0 EF 00 00000001"),
        (0xC3, &master),
    ]));
    card.run(&[ADF]);
    card.check(&[(&init("00", "00", CARD), "9403")]);
    card.0.queue_random(&unhex("5D72B3FD"));
    card.check(&[
        ("0084000004", "5D72B3FD 9000"),
        ("84D400001CDCC0BB5793ABFCA2CA8C1624822F6E01A86A0B5CBED191DD8A9D4ADB", "9000"),
    ]);
    // MAC1 with the new key, computed apart from the card.
    card.check(&[(&init("00", "00", CARD), "00000001 738E0DD8 9000")]);
}

#[test]
fn a_key_is_added_or_replaced() {
    let mut card = Dialogue::usual();
    let other = card.send(&init("02", "00", CARD));
    let add = card.write_key(&record("2207"));
    assert_eq!(card.bytes(&add), "9000");
    assert!(card.send(&init("07", "00", CARD)).ends_with("9000"));
    // Another length, too; no level and version are what names a key.
    let replace = card.write_key(&record("2202"));
    assert_eq!(card.bytes(&replace), "9000");
    assert_ne!(card.send(&init("02", "00", CARD))[8..], other[8..]);
    let back = card.write_key("220200 3E023E023E023E02");
    assert_eq!(card.bytes(&back), "9000");
    card.check(&[("801A0600", "9000")]);
}

#[test]
fn a_key_that_is_replaced_keeps_its_right_and_gets_its_tries_back() {
    let mut card = Dialogue::usual();
    let replace = card.write_key(&record("2204"));
    assert_eq!(card.bytes(&replace), "9000");
    card.refused(&init("04", "00", CARD), "6982");
    // Two of three tries gone.
    for left in ["63C2", "63C1"] {
        card.challenge();
        assert_eq!(card.send("0082000108 0000000000000000"), left);
    }
    let replace = card.write_key("0E0100 0E010E010E010E01");
    assert_eq!(card.bytes(&replace), "9000");
    card.challenge();
    assert_eq!(card.send("0082000108 0000000000000000"), "63C2");
}

#[test]
fn the_master_key_is_replaced_under_its_old_value() {
    let mut card = Dialogue::usual();
    let replace = card.write_key(&record("0000"));
    assert_eq!(card.bytes(&replace), "9000");
    let old = card.write_key(&record("2209"));
    assert_eq!(card.bytes(&old), "9302");
    let new = card.wrap(PURCHASE, BOTH, "84D40000", &record("2209"));
    assert_eq!(card.bytes(&new), "9000");
}

#[test]
fn keys_of_the_cards_own_can_be_loaded_and_used() {
    let mut card = Dialogue::usual();
    for (load, uses) in [
        ("0D0300 654321FFFFFFFFFF", "0020000303 654321"),
        ("0F0400 0123456789ABCDEF", "0088000408 4E6F772069732074 00"),
        ("0D0000 111111FFFFFFFFFF", "0020000003 111111"),
    ] {
        let load = card.write_key(load);
        assert_eq!(card.bytes(&load), "9000");
        card.run(&[uses]);
    }
}

#[test]
fn it_is_refused() {
    let mut card = Dialogue::usual();
    let right = hex(&card.write_key(&record("2207"))[5..]);
    for (command, status) in [
        (format!("80D400001C{right}"), "6E00"),
        (format!("04D400001C{right}"), "6E00"),
        (format!("84D401001C{right}"), "6A86"),
        (format!("84D400221C{right}"), "6A86"),
        ("84D40000".into(), "6700"),
        ("84D4000004 00000000".into(), "6700"),
        (format!("84D400001B{}", &right[2..]), "6700"),
        (format!("84D4000024 0000000000000000{right}"), "6700"),
        // The challenge is gone.
        (format!("84D400001C{right}"), "6984"),
    ] {
        card.refused(&command, status);
    }
    // A master key that wants the PIN first.
    let master = format!("0000 00 F1 00 03 {MASTER}");
    let pin = key("0D00", "123456");
    let mut gated = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC3, &master),
        (0xC3, &pin),
    ]));
    gated.run(&[ADF]);
    let write = gated.write_key(&record("2207"));
    gated.refused(&hex(&write), "6982");
    gated.run(&["0020000003 123456"]);
    let write = gated.write_key(&record("2207"));
    assert_eq!(gated.bytes(&write), "9000");
    // A DF without a master key.
    card.run(&["00A40000021002", "0084000004"]);
    card.refused(&format!("84D400001C{right}"), "6A88");
}

#[test]
fn a_usage_byte_that_no_key_has_is_refused() {
    for head in ["0200", "2000", "2100", "2D00", "1900", "3900", "0A00", "0B00", "1000", "3F00"] {
        let mut card = Dialogue::usual();
        let write = card.write_key(&record(head));
        card.refused(&hex(&write), "6A80");
    }
    // A PIN has eight bytes.
    let mut card = Dialogue::usual();
    let write = card.write_key(&record("0D00"));
    card.refused(&hex(&write), "6A80");
}

#[test]
fn three_wrong_macs_block_the_master_key() {
    let mut card = Dialogue::usual();
    for _ in 0..2 {
        let wrong = spoilt(card.write_key(&record("2207")));
        assert_eq!(card.bytes(&wrong), "9302");
    }
    // A right one in between gives the tries back.
    let right = card.write_key(&record("2207"));
    assert_eq!(card.bytes(&right), "9000");
    for _ in 0..3 {
        let wrong = spoilt(card.write_key(&record("2207")));
        assert_eq!(card.bytes(&wrong), "9302");
    }
    let right = card.write_key(&record("2207"));
    card.refused(&hex(&right), "6983");
}

/// The MAC is right, the record is not: nothing is stored, and nothing is learned by an outsider.
#[test]
fn a_record_that_is_not_well_made_is_9302() {
    for text in ["2207", "220700", "22070000", &record("2207")[..30]] {
        let mut card = Dialogue::usual();
        let write = card.write_key(text);
        let answer = card.send(&hex(&write));
        assert!(matches!(&*answer, "9302" | "6700"), "{text}: {answer}");
        card.check(&[(&init("07", "00", CARD), "9403")]);
    }
    // Padding that is none.
    let mut card = Dialogue::usual();
    let challenge = card.challenge();
    let key = Key::des(&unhex(MASTER)).unwrap();
    let mut cryptogram = unhex(&format!("13{}01000000", record("2207")));
    key.cipher().encrypt_ecb(&mut cryptogram).unwrap();
    let write = Line::new(&key).wrap(
        Protection::Checksum,
        &challenge,
        [0x84, 0xD4, 0, 0],
        &cryptogram,
        None,
    );
    assert_eq!(card.bytes(write.unwrap().as_slice()), "9302");
    card.check(&[(&init("07", "00", CARD), "9403")]);
}

#[test]
fn a_challenge_is_good_for_one_command() {
    let mut card = Dialogue::usual();
    let write = card.write_key(&record("2207"));
    card.run(&["00B0990004"]);
    card.refused(&hex(&write), "6984");
    let write = card.write_key(&record("2207"));
    assert_eq!(card.send("00A4000002AAAA"), "6A82");
    card.refused(&hex(&write), "6984");
}

/// What was made with an old key is over; what is refused ends nothing.
#[test]
fn what_waits_ends_with_it() {
    let mut waiting = Dialogue::usual();
    waiting.run(&[&init_usual(), "801A0800"]);
    for written in ["2201", "0800", "2207"] {
        let mut card = waiting.clone();
        let wrong = spoilt(card.write_key(&record(written)));
        assert_eq!(card.bytes(&wrong), "9302");
        card.clone().run(&["80FA000008 0102030405060708", "8072000004 E5B62546"]);
        let write = card.write_key(&record(written));
        assert_eq!(card.bytes(&write), "9000");
        card.refused("80FA000008 0102030405060708", "6901");
        card.refused("8072000004 E5B62546", "6901");
    }
}

#[test]
fn a_full_segment_is_6a84() {
    let mut card = Dialogue::usual();
    for version in 0x10..=0xFF {
        let write = card.write_key(&record(&format!("28{version:02X}")));
        let before = card.memory();
        match &*card.bytes(&write) {
            "9000" => {}
            "6A84" => {
                assert!(card.memory() == before);
                return card.run(&["801A281008 1122334455667788"]);
            }
            other => panic!("{other}"),
        }
    }
    panic!("never full");
}
