//! The order of checks: each row's status word, and that an earlier row wins.

use super::*;
use crate::Card;

fn small_limit() -> Card {
    let mut profile = probe::profile();
    profile.limits.command_bytes = 300;
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    card
}

#[test]
fn bytes_that_are_no_case_are_6700_whatever_their_class() {
    let mut card = probe::card();
    for command in [
        "",
        "00",
        "00A4",
        "00A404",
        "FFFFFF",
        "00A4040000 00",      // Lc 00 short
        "00A4040003 7378",    // too few
        "00A4040001 7378 00", // too many
        "FFA4040003 7378",
        "01A4040003 7378",
        "00600000 03 7378",
        "00B00000 00 0000 00", // Lc 0000 extended
        "00B00000 00 0000 0000",
        "00B00000 00 0002 AA",
        "00B00000 00 0001 AABB",
        "00B00000 00 0001 AABBCCDD",
    ] {
        check(&mut card, &[(command, "6700")]);
    }
    for (command, nc) in [("00D60000 00", 70_000), ("00D60000 00FFFF", 65_538)] {
        let mut long = bytes(command);
        long.resize(5 + nc, 0);
        assert_eq!(card.transmit(&long).unwrap(), [0x67, 0x00]);
    }
}

#[test]
fn reserved_classes_are_6e00_before_anything_they_seem_to_say() {
    let mut card = probe::card();
    for cla in (0x20..=0x3F).chain([0xFF]) {
        for rest in ["A4000C02 3F00", "60000000", "C0000000", "70000001"] {
            check(&mut card, &[(&format!("{cla:02X}{rest}"), "6E00")]);
        }
    }
}

#[test]
fn a_closed_channel_is_6881_before_instruction_secure_messaging_and_chaining() {
    let mut card = probe::card();
    for channel in 1..20_u8 {
        let class = if channel < 4 { channel } else { 0x40 | (channel - 4) };
        let (chaining, messaging) = (class | 0x10, class | if channel < 4 { 0x0C } else { 0x20 });
        for class in [class, chaining, messaging] {
            for rest in ["A4000C02 3F00", "60000000", "C0000000", "70000001"] {
                check(&mut card, &[(&format!("{class:02X}{rest}"), "6881")]);
            }
        }
    }
}

#[test]
fn instructions_6x_and_9x_are_6d00_in_every_class_and_leave_a_chain_as_it_is() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_B]);
    for ins in (0x60..=0x6F).chain(0x90..=0x9F) {
        for class in ["00", "0C", "10", "80", "FE"] {
            check(&mut card, &[(&format!("{class}{ins:02X}0000"), "6D00")]);
        }
    }
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1012000001 AA"]);
    check(&mut card, &[("00600000", "6D00"), ("20120000", "6E00"), ("01120000", "6881")]);
    check(&mut card, &[("0012000001 BB 00", "AABB 9000")]);
}

#[test]
fn a_broken_chain_is_6883_before_secure_messaging_and_chaining() {
    for broken in ["0412000001 BB", "1012000101 BB", "1412000001 BB", "00C0000000", "00700000"] {
        let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1012000001 AA"]);
        check(&mut card, &[(broken, "6883"), ("0012000001 BB 00", "BB 9000")]);
    }
}

#[test]
fn secure_messaging_is_6882_unless_the_applet_reads_it() {
    for (class, select) in
        [("04", SELECT_A), ("08", SELECT_A), ("0C", SELECT_SSSE), ("0C", SELECT_B)]
    {
        let mut card = card_after(Interface::ContactlessA, &[select]);
        check(&mut card, &[(&format!("{class}34010200"), "6882")]);
        check(&mut card, &[(&format!("{class}A4000C02 3F00"), "6882")]);
    }
    // Before chaining, which B does not take either.
    let mut card = card_after(Interface::ContactlessA, &[SELECT_B]);
    check(&mut card, &[("1434010200", "6882")]);
    let mut card = card_after(Interface::ContactlessA, &[SELECT_C]);
    for class in ["00", "04", "08", "0C"] {
        check(&mut card, &[(&format!("{class}34010207"), "01020000000007 9000")]);
    }
    // On a further channel bit 6 says so.
    let mut card = card_after(Interface::ContactlessA, &[]);
    for number in 1..=4 {
        check(&mut card, &[("0070000001", &format!("{number:02X} 9000"))]);
    }
    check(&mut card, &[("60A4000C02 3F00", "6882"), ("40A4000C02 3F00", "9000")]);
}

#[test]
fn a_chain_is_6884_where_the_applet_takes_none_whatever_its_length() {
    let mut card = small_limit();
    check(&mut card, &[(SELECT_B, "9000"), ("1012000001 AA", "6884"), ("1070000001", "6884")]);
    let long = format!("1012000000012D{}", "00".repeat(301));
    check(&mut card, &[(&long, "6884"), ("0012000001 AA 00", "AA 9000")]);
}

#[test]
fn a_data_field_longer_than_the_buffer_is_6700_joined_or_in_one() {
    let mut card = small_limit();
    let data = |bytes: usize| "5A".repeat(bytes);
    let whole = |bytes: usize| format!("00120000 00{bytes:04X}{}0000", data(bytes));
    check(&mut card, &[(SELECT_A, "9000"), (&whole(301), "6700")]);
    assert_eq!(size(&mut card, &whole(300)), (300, 0x9000));
    let first = format!("10120000FF{}", data(255));
    let last = |bytes: u8| format!("00120000{bytes:02X}{}", data(bytes.into()));
    check(&mut card, &[(&first, "9000"), (&last(46), "6700")]);
    check(&mut card, &[("0012000001 AA 00", "AA 9000")]); // the chain was dropped
    check(&mut card, &[(&first, "9000"), (&first, "6700"), ("0012000001 AA 00", "AA 9000")]);
    check(&mut card, &[(&first, "9000")]);
    assert_eq!(size(&mut card, &last(45)), (256, 0x612C));
    // The operating system's own commands, too.
    let select = format!("00A40400 00012D{}", data(301));
    check(&mut card, &[(&select, "6700")]);
}

#[test]
fn get_response_names_p1p2_then_what_is_held_then_the_length() {
    let mut card = card_after(Interface::Contact, &[SELECT_A]);
    check(
        &mut card,
        &[
            ("00C0010000", "6A86"), // also nothing held
            ("00C00000", "6985"),   // also no Le
            ("00C0000001AA00", "6985"),
            ("00100010", "6110"),
            ("00C00001", "6A86"),
            ("00C00000", "6700"),
            ("00C0000001AA", "6700"),
            ("00C0000001AA10", "6700"),
            ("00C0000010", "000102030405060708090A0B0C0D0E0F 9000"), // none of it dropped it
        ],
    );
    // In a proprietary class it is the applet's.
    check(&mut card, &[("80C0000010", "6D00")]);
}

#[test]
fn select_names_p1p2_before_lengths_and_lengths_before_the_target() {
    let mut card = probe::card();
    for p1 in [0x05, 0x06, 0x07, 0x0A, 0x0F, 0x10, 0x13, 0x80, 0xFF] {
        check(&mut card, &[(&format!("00A4{p1:02X}0000"), "6A86")]);
    }
    for p2 in [0x10, 0x20, 0x40, 0x80, 0xF0] {
        check(&mut card, &[(&format!("00A404{p2:02X}01F0"), "6A86")]);
        check(&mut card, &[(&format!("00A400{p2:02X}01F0"), "6A86")]);
    }
    for p1 in ["00", "01", "02", "03", "08", "09"] {
        for p2 in ["01", "02", "03", "0D", "0E", "0F"] {
            check(&mut card, &[(&format!("00A4{p1}{p2}01F0"), "6A86")]);
        }
    }
    for (command, status) in [
        ("00A4000001 3F", "6A87"),
        ("00A4000003 3F0000", "6A87"),
        ("00A40100", "6A87"),
        ("00A4010003 700100", "6A87"),
        ("00A40200", "6A87"),
        ("00A4020001 2F", "6A87"),
        ("00A4030001 3F", "6A87"),
        ("00A4030002 3F00", "6A87"),
        ("00A40400", "6A87"),
        ("00A4040011 4142434445464748494A4B4C4D4E4F5051", "6A87"),
        ("00A40800", "6A87"),
        ("00A4080003 700170", "6A87"),
        ("00A40900", "6A87"),
        ("00A4090001 70", "6A87"),
        ("00A4000002 4444", "6A82"),
        ("00A4010002 4444", "6A82"),
        ("00A4020002 4444", "6A82"),
        ("00A40300", "6A82"),
        ("00A4040002 4444", "6A82"),
        ("00A4080002 4444", "6A82"),
        ("00A4080004 7001 4444", "6A82"),
        ("00A4090002 4444", "6A82"),
    ] {
        check(&mut card, &[(command, status)]);
    }
}

#[test]
fn an_applets_refusal_is_its_status_word_without_data_and_a_warning_has_both() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    check(
        &mut card,
        &[
            ("00166A8000", "6A80"),
            ("0016650100", "6501"),
            ("0014628303 AABBCC 00", "AABBCC 6283"),
            ("0014638103 AABBCC 00", "AABBCC 6381"),
            ("0014628303 AABBCC 01", "AA 6102"),
            ("00C0000002", "BBCC 6283"),
        ],
    );
    let mut card = card_after(Interface::Contact, &[SELECT_A]);
    check(
        &mut card,
        &[("0014628303 AABBCC 00", "6103"), ("00C0000003", "AABBCC 6283"), ("0014628200", "6282")],
    );
}
