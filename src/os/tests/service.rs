//! Questions between applets: who may ask, how deep, and what neither sees of the other.

use super::*;

const NAME_A: &str = "F050524F42452E41";
const NAME_B: &str = "F050524F42452E42";
const NAME_C: &str = "F050524F42452E4143";

/// The command by which a probe asks `provider`.
fn ask(provider: &str, request: &str) -> String {
    let (name, data) = (provider.len() / 2, bytes(&format!("{provider}{request}")).len());
    format!("001A{name:02X}00{data:02X}{provider}{request}00")
}

#[test]
fn the_provider_is_told_who_asks_and_refuses_whom_it_does_not_name() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    check(&mut card, &[(&ask(NAME_B, "01"), &format!("{NAME_A}9000"))]);
    check(&mut card, &[(SELECT_C, "9000")]);
    check(&mut card, &[(&ask(NAME_A, "01"), &format!("{NAME_C}9000"))]);
    check(&mut card, &[(SELECT_B, "9000"), (&ask(NAME_A, "01"), "6985")]);
}

#[test]
fn a_provider_that_is_not_there_or_offers_nothing_is_told() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    check(&mut card, &[(&ask("F0404040", "01"), "6A82"), (&ask("F050524F42452E", "01"), "6A82")]);
    check(&mut card, &[(&ask("7378312E73682EC9E7BBE1B1A3D5CF", "01"), "6985")]);
}

#[test]
fn a_question_leads_to_one_more_and_no_further() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    check(&mut card, &[(&ask(NAME_C, "02"), "0101 6985 9000")]);
}

#[test]
fn the_provider_has_its_own_reset_ram_and_none_of_the_askers_channel() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_C, "001C000002 5A5B", SELECT_A]);
    check(
        &mut card,
        &[
            ("001C000003 A1A2A3", "9000"),
            (&ask(NAME_C, "03"), "0001 9000"), // no bytes of channel RAM; C has run once
            ("001E000003", "A1A2A3 9000"),
            (&ask(NAME_A, "03"), "2004 9000"), // an applet that asks itself has its own
        ],
    );
}

#[test]
fn a_refusal_inside_a_transaction_takes_what_both_stored_with_it() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    let before = card.memory().to_vec();
    check(&mut card, &[(&ask(NAME_C, "04"), "6985")]);
    assert_eq!(card.memory(), before);
    check(&mut card, &[(&ask(NAME_C, "05"), "9000"), ("0032001005", "61736B6564 9000")]);
    check(&mut card, &[(SELECT_C, "9000"), ("0032000804", "646F6E65 9000")]);
    check(&mut card, &[("0032001005", "0000000000 9000")]); // A's went to A's segment
}

#[test]
fn an_offset_beyond_the_segment_is_6f00_and_changes_nothing() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    let before = card.memory().to_vec();
    check(
        &mut card,
        &[
            ("0030003F02 AABB", "6F00"),
            ("0030004001 AA", "6F00"),
            ("0030FFFF01 AA", "6F00"),
            ("0032004001", "6F00"),
            ("0032003F02", "6F00"),
        ],
    );
    assert_eq!(card.memory(), before);
    check(&mut card, &[("0030003F01 AA", "9000"), ("0032003F01", "AA 9000")]);
}

#[test]
fn a_refusal_that_the_asker_passes_over_fails_its_transaction_all_the_same() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    let before = card.memory().to_vec();
    let passing_over = ask(NAME_C, "04").replacen("001A0900", "001A0901", 1);
    assert_ne!(passing_over, ask(NAME_C, "04"));
    check(&mut card, &[(&passing_over, "6F00")]);
    assert_eq!(card.memory(), before);
    let nobody = ask("F0404040", "04").replacen("001A0400", "001A0401", 1);
    check(&mut card, &[(&nobody, "9000"), ("0032001005", "61736B6564 9000")]);
}
