//! An application above the selected one: what it keeps, who may see it, and when it is lost.
//!
//! C lies under A, A and B under the MF.

use super::*;

const NAME_A: &str = "F050524F42452E41";

/// C asks A how many bytes of RAM it has on a channel: 16, counted twice, or none.
fn check_a_has_ram(card: &mut Card, channel: u8, expected: bool) {
    let answer = card.transmit(&bytes(&format!("{channel:02X}1A080009{NAME_A}0300"))).unwrap();
    assert_eq!(answer.first(), Some(&if expected { 32 } else { 0 }));
}

/// A with 5A in its RAM, then C.
fn c_under_a() -> Card {
    card_after(Interface::ContactlessA, &[SELECT_A, "001C000001 5A", SELECT_C])
}

#[test]
fn what_an_environment_keeps_is_there_while_an_application_below_it_is_current() {
    let mut card = c_under_a();
    check(&mut card, &[("001E000001", "00 9000")]);
    check_a_has_ram(&mut card, 0, true);
    check(&mut card, &[("001C000001 C1", "9000"), (SELECT_C, "9000")]);
    check(&mut card, &[("001E000001", "C1 9000"), (SELECT_A, "9000")]);
    check(&mut card, &[("001E000001", "5A 9000"), ("0032000002", "0000 9000")]);
    // What C kept is gone, and C was told so.
    check(&mut card, &[(SELECT_C, "9000"), ("001E000001", "00 9000"), ("0032000002", "01C1 9000")]);
}

#[test]
fn leaving_both_tells_both_and_loses_both() {
    let mut card = c_under_a();
    check(&mut card, &[("001C000001 C1", "9000"), (SELECT_B, "9000")]);
    check(&mut card, &[(SELECT_C, "9000"), ("0032000002", "01C1 9000")]);
    // C was selected from outside: A has nothing on this channel.
    check_a_has_ram(&mut card, 0, false);
    check(&mut card, &[(SELECT_A, "9000"), ("001E000001", "00 9000"), ("0032000002", "015A 9000")]);
}

#[test]
fn a_selection_that_fails_costs_neither_anything() {
    let mut card = c_under_a();
    check(&mut card, &[("001C000001 C1", "9000")]);
    for failing in ["00A4000002 6666", "00A4040003 F0F0F0", "00A4000002 7777"] {
        check(&mut card, &[(failing, "6A82"), ("001E000001", "C1 9000")]);
        check_a_has_ram(&mut card, 0, true);
    }
    check(&mut card, &[(SELECT_A, "9000"), ("001E000001", "5A 9000"), ("0032000002", "0000 9000")]);
}

#[test]
fn a_reset_loses_it_without_a_word() {
    let mut card = c_under_a();
    card.power_off();
    card.power_on().unwrap();
    check(&mut card, &[(SELECT_C, "9000")]);
    check_a_has_ram(&mut card, 0, false);
    check(&mut card, &[(SELECT_A, "9000"), ("001E000001", "00 9000"), ("0032000002", "0000 9000")]);
}

#[test]
fn each_channel_has_its_own() {
    let mut card = c_under_a();
    check(&mut card, &[("00700001", "9000")]);
    check(&mut card, &[("01A4040C08 F050524F42452E41", "9000"), ("011C000001 77", "9000")]);
    check(&mut card, &[("01A4040C09 F050524F42452E4143", "9000")]);
    check_a_has_ram(&mut card, 1, true);
    // A channel opened from there begins in C, with nothing above it.
    check(&mut card, &[("01700002", "9000")]);
    check_a_has_ram(&mut card, 2, false);
    check(&mut card, &[("02A4040C08 F050524F42452E41", "9000"), ("021E000001", "00 9000")]);
    // Closing tells the selected one and the one above it.
    check(&mut card, &[("00708001", "9000"), (SELECT_A, "9000")]);
    check(&mut card, &[("001E000001", "5A 9000"), ("0032000002", "0177 9000")]);
    check(&mut card, &[("00700001", "9000"), ("01A4040C09 F050524F42452E4143", "9000")]);
    check_a_has_ram(&mut card, 1, false);
}

#[test]
fn power_that_fails_while_both_are_told_loses_no_more_than_ram() {
    let card = c_under_a();
    for pulse in 1..20 {
        let mut torn = card.clone();
        torn.tear_at(pulse);
        if torn.transmit(&bytes(SELECT_B)).is_ok() {
            assert!(pulse > 1);
            return;
        }
        torn.power_on().unwrap();
        check(&mut torn, &[(SELECT_A, "9000"), ("001E000001", "00 9000")]);
    }
    panic!("a selection of more than twenty pulses");
}

#[test]
fn a_df_of_the_environment_is_found_from_below_and_from_nowhere_else() {
    let mut card = c_under_a();
    check(&mut card, &[("00A4000C02 6001", "9000"), ("001E000001", "5A 9000")]);
    let mut card = card_after(Interface::ContactlessA, &[SELECT_B]);
    check(&mut card, &[("00A4000C02 6001", "6A82")]);
    let mut card = c_under_a();
    check(&mut card, &[("00A4020C02 6001", "6A82"), ("00A4010C02 6001", "6A82")]);
}
