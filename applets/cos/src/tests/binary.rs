//! READ BINARY and UPDATE BINARY.

use super::*;

#[test]
fn reading_starts_inside_the_file_and_says_when_it_ends_before_ne() {
    check(&[
        ("00A4020C02 0001", "9000"),
        ("00B0000004", "00010203 9000"),
        ("00B0001004", "10111213 9000"),
        ("00B0001005", "10111213 6282"),
        ("00B0001302", "13 6282"),
        ("00B0001000", "10111213 9000"), // Le all zeros: what there is
        ("00B0001401", "6B00"),          // offset = size
        ("00B0001400", "6B00"),
        ("00B07FFF00", "6B00"),
        ("00B00010000000", "10111213 9000"), // the same with extended Le
        ("00B00010000005", "10111213 6282"),
    ]);
}

#[test]
fn more_than_256_bytes_come_with_extended_le_only() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[("00A4020C02 0009", "9000")]);
    assert_eq!(dialogue.send("00B0000000").len(), 2 * (256 + 2));
    assert_eq!(dialogue.send("00B00000000000").len(), 2 * (300 + 2));
    assert_eq!(dialogue.send("00B0000000012C").len(), 2 * (300 + 2));
    assert!(dialogue.send("00B0000000012D").ends_with("6282"));
    dialogue.check(&[("00B0012B00", "00 9000"), ("00B0012C00", "6B00")]);
}

#[test]
fn a_short_identifier_makes_the_file_current() {
    check(&[
        ("00B0810302", "0304 9000"),
        ("00B0000002", "0001 9000"),
        ("00B0811400", "6B00"),
        ("00D6850001 00", "6985"),
        ("00B09E0001", "6A82"),      // there is no such file
        ("00B0000002", "0001 9000"), // and the current one stays
        ("00D6810002 AABB", "9000"),
        ("00B0000003", "AABB02 9000"),
    ]);
}

#[test]
fn a_command_that_fails_does_not_make_its_file_current() {
    check(&[
        ("00B0811400", "6B00"),
        ("00B0000001", "6986"),
        ("00D6811302 AABB", "6A84"),
        ("00B0000001", "6986"),
        ("00B0870001", "6982"),
        ("00B0000001", "6986"),
        ("00D6810001 00", "9000"),
        ("00B0000001", "00 9000"),
    ]);
}

#[test]
fn an_update_lies_inside_the_file_or_changes_nothing() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[("00A4020C02 0001", "9000")]);
    let before = dialogue.memory();
    dialogue.check(&[
        ("00D6001302 AABB", "6A84"), // over the end
        ("00D6001401 AA", "6B00"),   // behind it
        ("00D67FFF01 AA", "6B00"),
        ("00D60000", "6700"),
    ]);
    assert_eq!(dialogue.memory(), before);
    dialogue.check(&[
        ("00D6001202 AABB", "9000"),
        ("00B0001200", "AABB 9000"),
        ("00D60000 14 6363636363636363636363636363636363636363", "9000"),
        ("00B0000000", "6363636363636363636363636363636363636363 9000"),
    ]);
    dialogue.rig.power_on();
    dialogue.check(&[("00B0811200", "6363 9000")]);
}

/// Each line breaks a rule and those that are checked after it, too.
#[test]
fn checks_come_in_the_documented_order() {
    check(&[
        ("00B09F0001", "6A86"), // SFI 31
        ("00B0800001", "6A86"), // SFI 0
        ("00B0C10001", "6A86"), // b7 and b6 of P1
        ("00B0A10001", "6A86"),
        ("00B09F00", "6A86"), // before lengths
        ("00B09E00", "6700"), // lengths before the file
        ("00B09E000100 00", "6700"),
        ("00D69E00", "6700"),
        ("00B0000001", "6986"), // no current EF
        ("00B09E0001", "6A82"), // no such short identifier
        ("00B0820001", "6981"), // records
        ("00B0840001", "6981"),
        ("00D6820001 00", "6981"),
        ("00B0850001", "6985"), // deactivated
        ("00B0860001", "6985"), // terminated
        ("00B08AFF01", "6982"), // security before the offset
        ("00D68AFF01 00", "6982"),
        ("00B08BFF01", "6982"),
    ]);
    check(&[
        ("00A4020C02 0002", "9000"),
        ("00B0000001", "6981"), // as the current EF
        ("00A4020C02 0005", "6283"),
        ("00B0000001", "6985"),
        ("00D6000001 00", "6985"),
        ("00A4020C02 0006", "6285"),
        ("00B0000001", "6985"),
    ]);
}

/// A deactivated application gives its control information and nothing else.
#[test]
fn files_under_a_df_out_of_use_are_closed() {
    check(&[
        ("00A4010C02 0300", "6283"),
        ("00B0810001", "6985"),
        ("00D6810001 00", "6985"),
        ("00A4020C02 0301", "9000"),
        ("00B0000001", "6985"),
        ("00A4030C00", "9000"),
        ("00B0810001", "00 9000"),
        ("00A4080C04 0300 0301", "9000"),
        ("00B0000001", "6985"),
        ("00A4080C02 0001", "9000"),
        ("00B0000001", "00 9000"),
    ]);
}

#[test]
fn each_access_condition_asks_for_what_it_says() {
    // (file, read, update) without the PIN, then with it.
    for (sfi, without, with) in [
        (7, ["6982", "6982"], ["00000000 9000", "9000"]),
        (10, ["6982", "6982"], ["6982", "6982"]),
        (11, ["6982", "6982"], ["6982", "6982"]),
    ] {
        let mut dialogue = Dialogue::with(&STANDARD);
        let read = format!("00B0{:02X}0004", 0x80 | sfi);
        let update = format!("00D6{:02X}000401020304", 0x80 | sfi);
        dialogue.check(&[(&read, without[0]), (&update, without[1])]);
        dialogue.check(&[("0020000003123456", "9000")]);
        dialogue.check(&[(&read, with[0]), (&update, with[1])]);
    }
    // A holder without a PIN has nothing to show; a key is still wanted where one is.
    let mut dialogue = Dialogue::with(&WITHOUT_PIN);
    dialogue.check(&[("00B0870004", "00000000 9000"), ("00D68700 01 55", "9000")]);
    dialogue.check(&[("00B08A0004", "6982"), ("00B08B0004", "6982")]);
    // An application that knows no PIN can never have been shown one.
    Dialogue::with(&NO_PIN_AT_ALL).check(&[("00B0870004", "6982"), ("00D68700 01 55", "6982")]);
}
