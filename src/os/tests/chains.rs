//! Command chaining: joined parts, and each way a chain ends without its last one.

use super::*;

#[test]
fn the_parts_of_a_chain_reach_the_applet_joined_and_once() {
    for interface in [Interface::Contact, Interface::ContactlessA] {
        let mut card = card_after(
            interface,
            &[SELECT_A, "1012000002 AABB", "10120000", "1012000001 CC", "1012000000 0002 DDEE"],
        );
        check(&mut card, &[("0012000000 0001FF 0000", "AABBCCDDEEFF 9000")]);
        check(&mut card, &[("0018000001", "01 9000")]);
    }
}

#[test]
fn the_last_part_may_carry_no_data_and_its_le_counts() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1012000002 AABB"]);
    check(&mut card, &[("0012000001", "AA 6101"), ("00C0000000", "BB 9000")]);
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1034010201 AA"]);
    check(&mut card, &[("0034010200", "01020100000100 9000")]);
}

#[test]
fn the_operating_systems_own_commands_may_be_chained() {
    let mut card = card_after(Interface::ContactlessA, &["10A4040C04 F050524F"]);
    check(&mut card, &[("00A4040C04 42452E42", "9000"), ("0012000001 AA 00", "AA 9000")]);
}

#[test]
fn a_chain_ends_with_a_command_on_another_channel() {
    for other in ["0112000001 BB 00", "1112000001 BB", "01A4000C02 3F00"] {
        let mut card = card_after(Interface::ContactlessA, &["00700001", SELECT_A]);
        check(&mut card, &[("01A4040C08 F050524F42452E41", "9000"), ("1012000001 AA", "9000")]);
        check(&mut card, &[(other, "6883"), ("0012000001 CC 00", "CC 9000")]);
    }
}

#[test]
fn a_chain_ends_with_another_class_instruction_or_parameter_and_with_a_reset() {
    for other in ["8012000001 BB", "1010000001 BB", "1012010001 BB", "1012000101 BB", "00A40000"] {
        let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1012000001 AA"]);
        check(&mut card, &[(other, "6883"), ("0012000001 CC 00", "CC 9000")]);
        check(&mut card, &[("0018000001", "01 9000")]); // neither ran
    }
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "1012000001 AA"]);
    card.power_on().unwrap();
    check(&mut card, &[(SELECT_A, "9000"), ("0012000001 CC 00", "CC 9000")]);
}

#[test]
fn a_chain_on_a_further_channel_has_its_own_class() {
    let mut card =
        card_after(Interface::ContactlessA, &["00700013", "4FA4040C08 F050524F42452E41"]);
    check(&mut card, &[("5F12000001 AA", "9000"), ("4F12000001 BB 00", "AABB 9000")]);
}
