//! VERIFY, CHANGE PIN, RELOAD PIN, PIN UNBLOCK.

use tessera_cos::messaging::pin::reload_checksum;

use super::*;

const RIGHT: &str = "0020000002 1234";
const WRONG: &str = "0020000002 4321";
const BOTH: Protection = Protection::CryptogramAndChecksum;

fn reload(new: &str) -> Vec<u8> {
    let new = unhex(new);
    let mac = reload_checksum(&Key::des(&RELOAD).unwrap(), &new).four();
    [&[0x80, 0x5E, 0x00, 0x00, new.len() as u8 + 4][..], &new, &mac].concat()
}

#[test]
fn verify_counts_blocks_and_restores() {
    let mut card = Dialogue::small();
    card.check(&[(WRONG, "63C2"), (WRONG, "63C1"), (RIGHT, "9000"), (WRONG, "63C2")]);
    card.check(&[(WRONG, "63C1"), (WRONG, "63C0"), (WRONG, "6983"), (RIGHT, "6983")]);
}

#[test]
fn verify_refuses_in_order() {
    let mut card = Dialogue::small();
    card.run(&["80D4010107 3AF2EF0133 1234"]);
    for (command, status) in [
        ("0020010002 1234", "6A86"),
        ("0020000000", "6700"),
        ("0020000009 123400000000000000", "6700"),
        ("0020000702 1234", "9403"),
        ("0020000102 1234", "6982"),
        ("8020000002 1234", "6E00"),
    ] {
        card.refused(command, status);
    }
    card.run(&["00A40000023F00"]);
    card.refused(RIGHT, "6A82");
}

#[test]
fn ffs_at_the_end_may_be_left_out_but_not_all() {
    let mut card = Dialogue::small();
    card.run(&["80D401010D 3AF0EF0133 12345FFFFFFFFFFF"]);
    card.run(&["80D401020D 3AF0EF0133 FFFFFFFFFFFFFFFF"]);
    card.check(&[("0020000103 12345F", "9000"), ("0020000108 12345FFFFFFFFFFF", "9000")]);
    card.check(&[("0020000102 1234", "63C2"), ("0020000104 12345F00", "63C1")]);
    card.check(&[("0020000201 FF", "9000"), ("0020000200", "6700")]);
}

#[test]
fn change_pin_wants_the_old_one_and_counts() {
    let mut card = Dialogue::small();
    card.check(&[("805E010005 4321FF5678", "63C2"), (RIGHT, "9000"), (WRONG, "63C2")]);
    card.check(&[("805E010005 1234FF5678", "9000"), (RIGHT, "63C2")]);
    card.check(&[("0020000002 5678", "9000")]);
    for (command, status) in [
        ("805E020005 5678FF1234", "6A86"),
        ("805E010004 5678FF12", "6700"),
        ("805E01000E 5678FF0102030405060708090A0B", "6700"),
        ("805E010005 5678001234", "6A80"),
        ("805E010006 5678FF123456", "6700"),
        ("805E010705 5678FF1234", "9403"),
        ("845E010005 5678FF1234", "6E00"),
    ] {
        card.refused(command, status);
    }
    card.check(&[(WRONG, "63C2"), (WRONG, "63C1"), (WRONG, "63C0")]);
    card.check(&[("805E010005 5678FF1234", "6983")]);
}

#[test]
fn reload_pin_sets_it_and_counts_its_key() {
    let mut card = Dialogue::small();
    card.check(&[(WRONG, "63C2"), (WRONG, "63C1"), (WRONG, "63C0")]);
    assert_eq!(card.bytes(&reload("5678")), "9000");
    card.check(&[("0020000002 5678", "9000")]);
    for (command, status) in [
        ("805E000005 00 00000000", "6700"),
        ("805E00000B 00000000000000 00000000", "6700"),
        ("805E000007 121212 00000000", "6700"),
        ("805E000706 1212 00000000", "9403"),
    ] {
        card.refused(command, status);
    }
    for expected in ["9302", "9302", "9302", "6983"] {
        assert_eq!(card.bytes(&spoilt(reload("1212"))), expected);
    }
    assert_eq!(card.bytes(&reload("1212")), "6983");
    card.check(&[("0020000002 5678", "9000")]);
}

#[test]
fn pin_unblock_sets_what_is_sent() {
    for header in ["84240000", "80240000"] {
        let mut card = Dialogue::small();
        card.check(&[(WRONG, "63C2"), (WRONG, "63C1"), (WRONG, "63C0"), (RIGHT, "6983")]);
        let command = card.wrap(&UNBLOCK, BOTH, header, "5678");
        assert_eq!(card.bytes(&command), "9000");
        card.check(&[("0020000002 5678", "9000")]);
    }
}

#[test]
fn pin_unblock_refuses_and_counts_its_key() {
    let mut card = Dialogue::small();
    card.check(&[(WRONG, "63C2"), (WRONG, "63C1"), (WRONG, "63C0")]);
    card.refused("842400000C 000000000000000000000000", "6985");
    card.refused("842400000B 0000000000000000000000", "6700");
    card.refused("842401010C 000000000000000000000000", "6A86");
    card.refused("842407000C 000000000000000000000000", "9403");
    let long = card.wrap(&UNBLOCK, BOTH, "84240000", "567890");
    assert_eq!(card.bytes(&long), "6700", "longer than its record");
    for expected in ["6988", "6988", "6988", "6983"] {
        let command = spoilt(card.wrap(&UNBLOCK, BOTH, "84240000", "5678"));
        assert_eq!(card.bytes(&command), expected);
    }
    let command = card.wrap(&UNBLOCK, BOTH, "84240000", "5678");
    assert_eq!(card.bytes(&command), "6983");
    card.check(&[(RIGHT, "6983")]);
}
