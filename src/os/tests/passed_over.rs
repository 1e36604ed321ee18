//! Commands that an applet does not get to see: it is told of each, once, and of no other.

use super::*;

/// How often the probe on a channel was told.
fn told(card: &mut Card, channel: u8) -> u8 {
    card.transmit(&[channel, 0x38, 0, 0, 2]).unwrap()[0]
}

#[test]
fn each_command_that_stops_before_the_applet_is_told_to_it() {
    for command in [
        "00A4000002 6666",   // a SELECT that fails
        "00A4040003 F0F0F0", // of another applet
        "0070000001",        // MANAGE CHANNEL
        "00708005",          // refused
        "FFCA000000",        // no class
        "60CA000000",        // reserved
        "50CA000000",        // a channel that is not open: the basic one's applet is told
        "0060000000",        // no instruction
        "0470000001",        // secure messaging of the system's own
        "00CA0000",          // unknown to the applet, which sees it
        "00C0000000",        // GET RESPONSE with nothing held
        "001200000102",      // the applet sees it
        "00",                // no command at all
    ] {
        let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
        let before = told(&mut card, 0);
        let answer = card.transmit(&bytes(command)).unwrap();
        let seen = answer.ends_with(&[0x6D, 0x00]) && command.starts_with("00CA")
            || command == "001200000102";
        assert_eq!(told(&mut card, 0) - before, u8::from(!seen), "{command}: {answer:02X?}");
    }
}

#[test]
fn what_the_applet_sees_or_has_seen_in_part_is_not_told() {
    let mut card = card_after(Interface::Contact, &[SELECT_A]);
    let before = told(&mut card, 0);
    // Data fetched with GET RESPONSE, and a command repeated with the Le that 6CXX told.
    check(&mut card, &[("001200000401020304", "6104"), ("00C0000004", "01020304 9000")]);
    check(&mut card, &[("0010000800", "6C08"), ("0010000808", "0001020304050607 9000")]);
    check(&mut card, &[("101200000101", "9000"), ("001200000102", "6102")]);
    check(&mut card, &[("00166A80", "6A80"), (SELECT_A, "9000")]);
    assert_eq!(told(&mut card, 0), before);
    // A chain that is broken was a command.
    check(&mut card, &[("101200000101", "9000"), ("001400000101", "6883")]);
    assert_eq!(told(&mut card, 0), before + 1);
}

#[test]
fn the_applet_of_the_commands_channel_is_told() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "00700001"]);
    check(&mut card, &[("01A4040C08 F050524F42452E42", "9000")]);
    let (a, b) = (told(&mut card, 0), told(&mut card, 1));
    check(&mut card, &[("01A4000002 6666", "6A82"), ("0170000001", "02 9000")]);
    assert_eq!((told(&mut card, 0), told(&mut card, 1)), (a, b + 2));
}

#[test]
fn an_environment_is_told_that_one_below_it_is_current_and_nothing_else_is() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "001C000002 5A5B"]);
    check(&mut card, &[("00A4040009 F0F0F0F0F0F0F0F0F0", "6A82"), ("001E000002", "5A5B 9000")]);
    check(&mut card, &[(SELECT_C, "9000"), (SELECT_C, "9000"), (SELECT_A, "9000")]);
    // What it dropped of its RAM, kept otherwise.
    check(&mut card, &[("001E000002", "5ACC 9000"), ("0038000002", "0101 9000")]);
    check(&mut card, &[(SELECT_B, "9000"), (SELECT_C, "9000"), (SELECT_A, "9000")]);
    check(&mut card, &[("0038000002", "0101 9000")]);
}
