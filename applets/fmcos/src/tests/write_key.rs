//! WRITE KEY: in the clear, protected, added, replaced, refused.

use super::*;

const BOTH: Protection = Protection::CryptogramAndChecksum;
const EIGHT: &str = "0102030405060708";

#[test]
fn what_is_refused_in_the_clear() {
    let mut card = Dialogue::small();
    card.run(&["80E0000707 280010F0F0FFFF"]);
    for (command, status) in [
        ("80D401FF0D 30F0F00001 0102030405060708", "6A86"),
        ("80D402000D 30F0F00001 0102030405060708", "6A86"),
        ("80D441000D 30F0F00001 0102030405060708", "6A86"),
        ("80D433000D 33F0F00001 0102030405060708", "6A86"),
        ("80D4010004 30F0F000", "6700"),
        ("80D4010500", "6700"),
        ("80D401050C 30F0F00001 01020304050607", "6700"),
        ("80D401050E 30F0F00001 010203040506070809", "6700"),
        ("80D4010506 3AF0EF0133 12", "6700"),
        ("80D401050E 3AF0EF0133 010203040506070809", "6700"),
        ("80D401050D 33F0F00001 0102030405060708", "6A80"),
        ("80D401050D 3BF0F00001 0102030405060708", "6A80"),
        ("80D401050D F0F0F00001 0102030405060708", "9302"),
        ("80D401050D B0F0F00001 0102030405060708", "9302"),
        ("80D401050D 70F0F00001 0102030405060708", "9302"),
        ("80D4390015 F9F0F0AA33 01020304050607080102030405060708", "9302"),
        ("80D430050D 30F0F00001 0102030405060708", "6A88"),
        ("80D4390515 39F0F0AA33 01020304050607080102030405060708", "6A88"),
        ("80D4F90015 39F0F0AA33 01020304050607080102030405060708", "6A88"),
        ("80D43A0007 3AF0EF0133 4321", "6982"),
        ("80D439000D 39F0F0AA33 0102030405060708", "6700"),
        ("80D439001538F0F0AA33 01020304050607080102030405060708", "6A80"),
        ("80D4010015 39F0F0AA33 01020304050607080102030405060708", "6A86"),
        ("00D401050D 30F0F00001 0102030405060708", "6E00"),
        ("04D401050D 30F0F00001 0102030405060708", "6E00"),
    ] {
        card.refused(command, status);
    }
    card.run(&["00A40000023F00"]);
    card.refused("80D401050D 30F0F00001 0102030405060708", "6A82");
    card.refused("80D430050D 30F0F00001 0102030405060708", "6A82");
}

#[test]
fn the_rights_to_add_and_to_change() {
    let mut card = Dialogue::blank();
    card.run(&["80E03F010E 380400F0F095FFFF 010203040506", DF, "80E0000007 3F010095F1FFFF"]);
    card.run(&["80D4010007 3AF0EF0133 1234", &key("30", "01", "F0F2 00 00", &LINE_1)]);
    card.run(&[&key("39", "02", "F0F0 02 33", &MASTER), DF]);
    let (add, change) =
        ("80D401020D 30F0F00001 0102030405060708", "80D430010D 30F0F00001 0807060504030201");
    card.refused(add, "6982");
    card.refused(change, "6982");
    card.run(&["0020000002 1234"]);
    card.refused(change, "6982");
    card.check(&[(add, "9000")]);
    card.authenticate(2, &MASTER);
    card.check(&[(change, "9000")]);
}

/// The counter byte goes with the key, as the manual's example has it: 33 becomes 66.
#[test]
fn a_replaced_key_brings_its_tries_and_its_follow_up() {
    let mut card = Dialogue::small();
    let proof = spoilt(card.proof(1, &MASTER));
    assert_eq!(card.bytes(&proof), "63C2");
    card.run(&[&format!("80D4390115 39F0F00566{}", hex(&LINE))]);
    for expected in ["63C5", "63C4"] {
        let proof = card.proof(1, &MASTER);
        assert_eq!(card.bytes(&proof), expected);
    }
    card.authenticate(1, &LINE);
    assert_eq!(card.registers(), (0, 5));
    let proof = spoilt(card.proof(1, &LINE));
    assert_eq!(card.bytes(&proof), "63C5");
}

#[test]
fn a_key_may_come_with_fewer_tries_than_its_most() {
    let mut card = Dialogue::small();
    card.run(&[&key("39", "05", "F0F0 05 31", &LINE)]);
    card.authenticate(5, &LINE);
    let proof = spoilt(card.proof(5, &LINE));
    assert_eq!(card.bytes(&proof), "63C2");
    card.run(&[&format!("80D4390515 39F0F00530{}", hex(&LINE))]);
    let proof = card.proof(5, &LINE);
    assert_eq!(card.bytes(&proof), "6983");
}

#[test]
fn the_master_key_adds_and_replaces_under_cipher_and_mac() {
    for types in ["30", "F0", "70", "B0"] {
        let mut card = Dialogue::small();
        let add = card.wrap(&MASTER, BOTH, "84D40105", &format!("{types}F0F00001{EIGHT}"));
        assert_eq!(add.len(), 5 + 0x14);
        assert_eq!(card.bytes(&add), "9000", "{types}");
        let command = "0088000508 0000000000000000 00";
        let old = card.send(command);
        let change = card.wrap(
            &MASTER,
            BOTH,
            &format!("84D4{types}05"),
            &format!("{types}F0F00001FF{}", &EIGHT[2..]),
        );
        assert_eq!(card.bytes(&change), "9000", "{types}");
        assert_ne!(card.send(command), old);
        if types != "30" {
            card.refused(&format!("80D4{types}050D{types}F0F00001{EIGHT}"), "9302");
            card.refused(&format!("80D430050D 30F0F00001{EIGHT}"), "6A88");
        }
    }
}

#[test]
fn a_key_of_sixteen_bytes_has_lc_1c() {
    let mut card = Dialogue::small();
    let add = card.wrap(&MASTER, BOTH, "84D40105", &format!("F9F0F00533{}", hex(&LINE)));
    assert_eq!((add[4], add.len()), (0x1C, 5 + 0x1C));
    assert_eq!(card.bytes(&add), "9000");
    card.authenticate(5, &LINE);
}

#[test]
fn the_master_key_is_replaced_under_its_old_value() {
    let mut card = Dialogue::small();
    let record = format!("39F0F0AA33{}", hex(&LINE));
    let early = card.wrap(&LINE, BOTH, "84D43900", &record);
    assert_eq!(card.bytes(&early), "9302");
    let change = card.wrap(&MASTER, BOTH, "84D43900", &record);
    assert_eq!(card.bytes(&change), "9000");
    let back = format!("39F0F0AA33{}", hex(&MASTER));
    let late = card.wrap(&MASTER, BOTH, "84D43900", &back);
    assert_eq!(card.bytes(&late), "9302");
    let change = card.wrap(&LINE, BOTH, "84D43900", &back);
    assert_eq!(card.bytes(&change), "9000");
}

#[test]
fn protected_changes_are_refused_with_the_keys_unchanged() {
    let mut card = Dialogue::small();
    let record = format!("30F0F00001{EIGHT}");
    card.refused(&format!("84D4010514{}", "00".repeat(20)), "6985");
    let memory = card.memory();
    let spoilt = spoilt(card.wrap(&MASTER, BOTH, "84D40105", &record));
    assert_eq!(card.bytes(&spoilt), "9302");
    let mac_alone = card.wrap(&MASTER, Protection::Checksum, "84D40105", &record);
    assert_eq!(card.bytes(&mac_alone), "9302");
    let other = card.wrap(&LINE, BOTH, "84D40105", &record);
    assert_eq!(card.bytes(&other), "9302");
    let challenge = card.challenge();
    let elsewhere = wrapped(&MASTER, BOTH, &challenge, "84D40105", &record, None);
    card.challenge();
    assert_eq!(card.bytes(&elsewhere), "9302");
    for (header, record, status) in [
        ("84D40100", "39F0F0AA33 0102030405060708", "6A86"),
        ("84D40105", "33F0F00001 0102030405060708", "6A80"),
        ("84D40105", "30F0F00001 01020304050607", "6700"),
        ("84D43900", "39F0F0AA33 0102030405060708", "6700"),
        ("84D43900", "30F0F0AA33 0102030405060708", "6A80"),
        ("84D401FF", "30F0F00001 0102030405060708", "6A86"),
        ("84D4F900", "F9F0F0AA33 0102030405060708", "6A88"),
    ] {
        let command = card.wrap(&MASTER, BOTH, header, record);
        assert_eq!(card.bytes(&command), status, "{header} {record}");
    }
    assert!(card.memory() == memory, "something was stored");
}

#[test]
fn without_a_master_key_nothing_comes_protected() {
    let mut card = Dialogue::blank();
    card.run(&["80E0000007 3F010001F0FFFF"]);
    let command = card.wrap(&MASTER, BOTH, "84D40105", &format!("30F0F00001{EIGHT}"));
    assert_eq!(card.bytes(&command), "6A88");
}

#[test]
fn wrong_macs_lock_the_master_key() {
    let mut card = Dialogue::small();
    for expected in ["9302", "9302", "9302", "6983"] {
        let command = spoilt(card.wrap(&MASTER, BOTH, "84D40105", &format!("30F0F00001{EIGHT}")));
        assert_eq!(card.bytes(&command), expected);
    }
    let command = card.wrap(&MASTER, BOTH, "84D40105", &format!("30F0F00001{EIGHT}"));
    assert_eq!(card.bytes(&command), "6983");
    let proof = card.proof(0, &MASTER);
    assert_eq!(card.bytes(&proof), "6983");
}
