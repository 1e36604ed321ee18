//! Which key or PIN opens which file, for reading and for changing.

use super::*;

/// A record of a declaration: month 202607, scheme 310, 12 persons, base 1,234,567.89, state 1,
/// receipt 7.
const DECLARATION: &str = "202607 333130 0000000C 00000000075BCD15 31 000007";

fn reads(sfi: u8) -> String {
    format!("00B201{:02X}00", sfi << 3 | 4)
}

/// A command that changes a file, and the key it wants.
fn changes() -> [(String, u8); 4] {
    [
        ("00DC042C03 310132".into(), UK1),
        ("00DC013410 EF0E FA03333130 FB0132 FC0420260101".into(), UK2),
        (format!("00DC013C16{DECLARATION}"), UK3),
        (format!("00DC03443B FD39{}", "00".repeat(0x39)), UK2),
    ]
}

#[test]
fn the_employer_is_free_and_all_else_wants_the_pin_or_the_read_key() {
    let data = [
        employer(),
        object(0xC2, &[&[0x07, 1][..], &bytes(DECLARATION)].concat()),
        object(0xC2, &[&[0x09, 1][..], &[0x11; 0x20]].concat()),
    ];
    let data = [keys(Algorithm::TripleDes), data.concat()].concat();
    let mut nothing = Dialogue::new(&data);
    let mut other_keys = Dialogue::new(&data);
    for id in [UK1, UK2, UK3, LK] {
        assert_eq!(other_keys.show(id, &triple_des(id)), "9000");
    }
    let mut read_key = Dialogue::new(&data);
    assert_eq!(read_key.show(RK1, &triple_des(RK1)), "9000");
    let mut pin = Dialogue::new(&data).with_pin();
    assert!(nothing.send(&reads(5)).ends_with("9000"));
    for sfi in 6..=9 {
        assert_eq!(nothing.send(&reads(sfi)), "6982", "{sfi}");
        assert_eq!(other_keys.send(&reads(sfi)), "6982", "{sfi}");
        assert!(read_key.send(&reads(sfi)).ends_with("9000"), "{sfi}");
        assert!(pin.send(&reads(sfi)).ends_with("9000"), "{sfi}");
    }
}

#[test]
fn each_key_changes_its_own_files_alone_and_the_pin_none() {
    for (command, wanted) in &changes()[..3] {
        let mut card = Dialogue::usual().with_pin();
        let before = card.memory();
        card.check(&[(command, "6982")]);
        assert!(card.memory() == before);
        for id in [UK1, UK2, UK3, LK, RK1] {
            let mut card = Dialogue::usual();
            assert_eq!(card.show(id, &triple_des(id)), "9000");
            card.check(&[(command, if id == *wanted { "9000" } else { "6982" })]);
        }
    }
    // An agent's record is as long as it is.
    let (command, _) = &changes()[3];
    let mut card = Dialogue::usual();
    assert_eq!(card.show(UK2, &triple_des(UK2)), "9000");
    card.check(&[(command, "6A84")]);
}

#[test]
fn nothing_writes_the_batches_from_outside() {
    let mut card = Dialogue::usual().with_pin();
    for id in KEYS {
        card.show(id, &triple_des(id));
    }
    let before = card.memory();
    let record = "11".repeat(0x20);
    for header in ["00DC014C", "00DC004B", "00E20048"] {
        card.check(&[(&format!("{header}20{record}"), "6982")]);
    }
    assert!(card.memory() == before);
}

#[test]
fn a_wrong_proof_counts_down() {
    let mut card = Dialogue::usual();
    assert_eq!(card.show(RK1, &triple_des(UK1)), "63CE");
    assert_eq!(card.show(RK1, &triple_des(UK1)), "63CD");
    assert_eq!(card.show(DTK, &triple_des(DTK)), "6A88", "it is no key to be shown");
}

/// Without an environment on the card there is no PIN to present.
#[test]
fn the_pin_is_the_environments() {
    let mut card = Dialogue::usual();
    card.check(&[("0020000003123456", "6A88"), ("805E010007123456FF654321", "6A88")]);
    card.check(&[("842400000400000000", "6D00"), (&reads(6), "6982")]);
}
