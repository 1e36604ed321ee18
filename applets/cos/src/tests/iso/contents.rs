//! SEARCH, WRITE and ERASE of transparent files and of records; odd instructions.

use super::*;

/// A transparent file of 8 bytes whose data coding byte is given, current.
fn coded(coding: &str) -> Dialogue {
    let mut card = free();
    card.done(&[&create(&format!("8202 01{coding} 83021001 80020008 8A0105"))]);
    card
}

/// A linear fixed file of 4 records of 4 bytes, three there, the file's data coding byte given.
fn records(descriptor: &str) -> Dialogue {
    let mut card = free();
    card.done(&[
        &create(&format!("8205 {descriptor} 0004 04 83022001 80020010 8A0105")),
        "00E2000004 A1020102",
        "00E2000004 B2020201",
        "00E2000004 A1020302",
    ]);
    card
}

#[test]
fn bytes_are_written_as_the_data_coding_byte_says() {
    for (coding, first, second) in [
        ("21", "0F", "F1"), // over what is there
        ("41", "0F", "FF"), // bits are added
        ("61", "0F", "01"), // bits are taken
    ] {
        let mut card = coded(coding);
        card.done(&["00D0000201 0F"]);
        assert_eq!(card.send("00B0000201"), format!("{first}9000"), "{coding}");
        card.done(&["00D0000201 F1"]);
        assert_eq!(card.send("00B0000201"), format!("{second}9000"), "{coding}");
    }
    let mut card = coded("01"); // once
    card.done(&["00D0000202 0F00", "00D0000301 AA"]);
    card.check(&[("00B0000104", "000FAA00 9000")]);
    card.refused(&[("00D0000201 0F", "6985"), ("00D0000102 FFFF", "6985")]);
    card.done(&["00D6000201 11"]);
    card.check(&[("00B0000201", "11 9000")]);
}

#[test]
fn bytes_written_stay_inside_the_file() {
    let mut card = coded("41");
    card.done(&["00D0000602 0102", "00D0810001 80"]);
    card.refused(&[
        ("00D0000702 0102", "6A84"),
        ("00D0000801 01", "6B00"),
        ("00D00000", "6700"),
        ("00D0820001 01", "6A82"),
    ]);
    card.check(&[("00B0000008", "8000000000000102 9000")]);
}

#[test]
fn erased_bytes_are_those_that_can_be_written_again() {
    for (coding, erased) in [("01", "00"), ("21", "00"), ("41", "00"), ("61", "FF")] {
        let mut card = coded(coding);
        card.done(&["00D6000008 0102030405060708", "000E000302 0005"]);
        let expected = format!("010203{erased}{erased}0607089000");
        assert_eq!(card.send("00B0000008"), expected, "{coding}");
        card.done(&["000E0006"]);
        let expected = format!("010203{erased}{erased}06{erased}{erased}9000");
        assert_eq!(card.send("00B0000008"), expected, "{coding}");
        card.done(&["000E000002 0008"]);
        assert_eq!(card.send("00B0000008"), format!("{}9000", erased.repeat(8)), "{coding}");
    }
}

#[test]
fn erasing_stays_inside_the_file() {
    let mut card = coded("21");
    card.refused(&[
        ("000E0008", "6B00"),
        ("000E000302 0003", "6A80"),
        ("000E000302 0002", "6A80"),
        ("000E000302 0009", "6A80"),
        ("000E000001 05", "6700"),
        ("000E000003 000005", "6700"),
        ("000E8200", "6A82"),
    ]);
}

#[test]
fn a_string_is_found_at_its_first_place_from_an_offset_on() {
    let mut card = coded("21");
    card.done(&["00D6000008 0102030102030405"]);
    card.check(&[
        ("00A0000002 0102 00", "0000 9000"),
        ("00A0000102 0102 00", "0003 9000"),
        ("00A0000003 020304 00", "0004 9000"),
        ("00A0000701 05 00", "0007 9000"),
        ("00A0000402 0102 00", "6282"),
        ("00A0000702 0506 00", "6282"),
        ("00A0000009 010203010203040506 00", "6282"),
        ("00A0810002 0203 00", "0001 9000"),
    ]);
    card.refused(&[
        ("00A0000801 05 00", "6B00"),
        ("00A0000001 05", "6700"),
        ("00A0000000", "6700"),
        ("00A0820001 05 00", "6A82"),
    ]);
}

#[test]
fn a_search_of_records_answers_their_numbers_and_moves_the_pointer() {
    let mut card = records("0221");
    card.check(&[
        ("00A2010401 A1 00", "0103 9000"),
        ("00A2020401 A1 00", "03 9000"),
        ("00A2030501 A1 00", "0301 9000"),
        ("00A2020503 020201 00", "02 9000"),
        ("00B2000404", "B2020201 9000"), // the record found is current
        ("00A2000402 0302 00", "03 9000"), // from the current one on
        ("00A2010402 0302 01", "03 9000"),
        ("00A2010401 02 02", "0102 9000"), // no more than Ne
        ("00A2010401 77 00", "6282"),
        ("00A2010405 A102010200 00", "6282"),
        ("00B2000404", "A1020102 9000"),
        ("00A2010C01 A1 00", "0103 9000"), // by short identifier
    ]);
    card.refused(&[
        ("00A2040401 A1 00", "6A83"),
        ("00A2010601 A1 00", "6A81"),
        ("00A2010701 A1 00", "6A86"),
        ("00A2010001 A1 00", "6A86"),
        ("00A2010401 A1", "6700"),
        ("00A2010400", "6700"),
        ("00A2013401 A1 00", "6A82"),
    ]);
    card.check(&[("00A4020C02 2001", "9000"), ("00A2000401 A1 00", "6A83")]);
}

#[test]
fn records_are_written_as_the_data_coding_byte_says() {
    for (coding, second) in [("21", "F1F1F1F1"), ("41", "FFFFFFFF"), ("61", "01010101")] {
        let mut card = records(&format!("02{coding}"));
        card.done(&["00DC010404 0F0F0F0F", "00D2010404 F1F1F1F1"]);
        assert_eq!(card.send("00B2010404"), format!("{second}9000"), "{coding}");
    }
    let mut card = records("0201");
    card.refused(&[("00D2010404 A1020102", "6985")]);
    card.done(&["000C0104", "00D2010404 01020304"]);
    card.check(&[("00B2010404", "01020304 9000")]);
}

#[test]
fn tlv_records_keep_tag_and_length_when_written() {
    let mut card = records("0341");
    card.done(&["00D2A10004 A1021010"]);
    card.check(&[("00B2010404", "A1021112 9000")]);
    card.refused(&[
        ("00D2010404 B2020101", "6A80"),
        ("00D2010404 A1010101", "6A80"),
        ("00D2010403 A10101", "6700"),
    ]);
    card.done(&["000C0105"]);
    card.check(&[("00B2010516", "A1020000B2020000A1020000 9000")]);
}

#[test]
fn a_record_that_is_not_there_is_neither_written_nor_erased() {
    let mut card = records("0221");
    card.done(&["00A4020C02 2001"]);
    card.refused(&[
        ("00D2040404 01020304", "6A83"),
        ("00D2000404 01020304", "6A83"),
        ("00D2010403 010203", "6700"),
        ("00D2010404", "6700"),
        ("00D2010504 01020304", "6A86"),
        ("00D2010604 01020304", "6A86"),
        ("000C0404", "6A83"),
        ("000C0106", "6A86"),
        ("000C0100", "6A86"),
        ("000C010401 00", "6700"),
        ("000C0134", "6A82"),
    ]);
    card.done(&["000C0204"]);
    card.check(&[("00B2010516", "A102010200000000A1020302 9000")]);
    card.done(&["000C0205"]);
    card.check(&[("00B2010516", "A10201020000000000000000 9000")]);
}

#[test]
fn the_structure_must_be_the_commands() {
    let mut card = records("0221");
    card.refused(&[
        ("00A0000001 01 00", "6981"),
        ("00D0000001 01", "6981"),
        ("000E0000", "6981"),
        ("00B1000003 540100 10", "6981"),
        ("00D7000006 540100 530101", "6981"),
    ]);
    let mut card = coded("21");
    card.refused(&[("00A2010401 01 00", "6981"), ("00D2010401 01", "6981"), ("000C0104", "6981")]);
    let mut card = free();
    card.refused(&[
        ("00A0000001 01 00", "6986"),
        ("00A2010401 01 00", "6986"),
        ("00D0000001 01", "6986"),
        ("00D2010401 01", "6986"),
        ("000E0000", "6986"),
        ("000C0104", "6986"),
        ("00B1000003 540100 10", "6986"),
    ]);
}

#[test]
fn odd_instructions_take_offset_and_bytes_as_objects() {
    let mut card = coded("21");
    card.done(&["00D7000008 540102 5303 AABBCC"]);
    card.check(&[
        ("00B1000003 540102 00", "5306 AABBCC000000 9000"),
        ("00B1000004 54020006 00", "5302 0000 9000"),
        ("00B1000003 540100 06", "5302 0000 9000"),
        ("00B1000003 540106 08", "5302 0000 6282"),
        ("00A4000C02 3F00", "9000"),
        ("00B1000103 540102 06", "5302 AABB 9000"), // short identifier 1
        ("00B0000201", "AA 9000"),
        ("00A4000C02 3F00", "9000"),
        ("00B1100103 540102 05", "5301 AA 9000"), // identifier 1001
        ("00B0000201", "AA 9000"),
    ]);
    card.refused(&[
        ("00B1000003 540108 10", "6B00"),
        ("00B1000003 550100 10", "6A80"),
        ("00B1000006 540100 530100 10", "6A80"),
        ("00B1000002 5400 10", "6A80"),
        ("00B1000003 540100", "6700"),
        ("00B1001F03 540100 10", "6A86"),
        ("00B1000203 540100 10", "6A82"),
        ("00B1100203 540100 10", "6A82"),
        ("00D7000003 540100", "6A80"),
        ("00D7000005 540100 5300", "6A80"),
        ("00D7000006 540108 530100", "6B00"),
        ("00D7000007 540107 53020000", "6A84"),
        ("00D7000009 540100 530100 530100", "6A80"),
        ("00D70000", "6700"),
    ]);
    // A refusal leaves what was current.
    card.done(&["00A4000C02 3F00"]);
    card.refused(&[("00B1100103 540108 10", "6B00"), ("00B0000001", "6986")]);
}
