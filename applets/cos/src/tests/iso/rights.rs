//! Which right each command asks for, and what opens it: rules on a live card.

use super::*;

/// A record file under these rules with one record, in use and current.
fn records(rules: &str) -> Dialogue {
    let mut card = keyed();
    card.done(&[
        &create(&format!("8205 0221 0004 04 83022001 8A0101 {rules}")),
        "00E2000004 01020304",
        "00440000",
    ]);
    card
}

/// Bits of the access mode byte of an EF, and the commands they are for.
#[test]
fn commands_on_an_ef_ask_for_its_rights() {
    let commands = [
        (0x01, "00B2010404"),
        (0x01, "00A2010401 02 00"),
        (0x02, "00DC010404 01020304"),
        (0x02, "000C0104"),
        (0x04, "00D2010404 01020304"),
        (0x04, "00E2000004 01020304"),
    ];
    for (bit, command) in commands {
        for mode in [0x01, 0x02, 0x04] {
            let card = records(&format!("8C 02 {mode:02X} 00"));
            let answer = card.clone().send(command);
            assert_eq!(answer.ends_with("9000"), bit == mode, "{command} under {mode:02X}");
            assert_eq!(answer == "6982", bit != mode, "{command} under {mode:02X}");
        }
    }
    for (bit, command) in [
        (0x01, "00B0000001"),
        (0x01, "00A0000001 00 00"),
        (0x01, "00B1000003 540100 10"),
        (0x02, "00D6000001 01"),
        (0x02, "00D7000006 540100 530101"),
        (0x02, "000E0000"),
        (0x04, "00D0000001 01"),
    ] {
        for mode in [0x01, 0x02, 0x04] {
            let mut card = free();
            card.done(&[&transparent("1001", &format!("8C 02 {mode:02X} 00"))]);
            let answer = card.send(command);
            assert_eq!(answer == "6982", bit != mode, "{command} under {mode:02X}: {answer}");
        }
    }
}

#[test]
fn rules_are_met_by_what_was_shown_on_the_card() {
    let mut card = keyed();
    card.done(&[&transparent("1001", "AB 0B 80 01 01 A4 06 83 01 01 95 01 08")]);
    card.refused(&[("00B0000001", "6982")]);
    card.done(&["0020000103 123456"]);
    card.check(&[("00B0000001", "00 9000")]);
    // Not that number.
    card.done(&[&transparent("1002", "AB 0B 80 01 01 A4 06 83 01 02 95 01 08")]);
    card.refused(&[("00B0000001", "6982")]);
    // Nobody who has shown the PIN.
    card.done(&[&transparent("1003", "AB 08 80 01 01 A7 03 9E 01 10")]);
    card.refused(&[("00B0000001", "6982")]);
    card.done(&["0020FF01"]);
    card.check(&[("00B0000001", "00 9000")]);
}

#[test]
fn a_rule_may_name_commands() {
    let mut card = free();
    // READ BINARY from the first place alone; UPDATE anywhere.
    card.done(&[&transparent("1001", "AB 0C 87 03 B00000 90 00 84 01 D6 90 00")]);
    card.check(&[("00B0000001", "00 9000"), ("00D6000501 01", "9000")]);
    card.refused(&[("00B0000101", "6982"), ("00A0000001 01 00", "6982")]);
}

#[test]
fn a_security_environment_must_be_current() {
    let mut card = keyed();
    card.done(&[&transparent("1001", "8C 02 01 13"), "0020000103 123456"]);
    card.refused(&[("00B0000001", "6982")]);
    card.done(&["0022F202", "0022F203", "0022F302"]);
    card.refused(&[("00B0000001", "6982")]);
    card.done(&["0022F303"]);
    card.check(&[("00B0000001", "00 9000")]);
    card.done(&["0022F403"]);
    card.refused(&[("00B0000001", "6982"), ("0022F303", "6A88"), ("0022F403", "6A88")]);
}

#[test]
fn what_is_shown_on_a_channel_stays_there() {
    let mut card = keyed();
    card.done(&[&transparent("1001", "8C 02 01 10"), "0020000103 123456"]);
    let applet = card.applet;
    applet.inherit(&mut card.rig.env());
    card.check(&[("00A4020C02 1001", "9000"), ("00B0000001", "6982")]);
}
