//! ACTIVATE, DEACTIVATE, TERMINATE.

use super::*;

/// Files in the root: EF 1001; DF 7000 with EF 1002 under it. The root is current.
fn tree() -> Dialogue {
    let mut card = free();
    card.done(&[
        &transparent("1001", ""),
        &directory("7000", ""),
        &transparent("1002", ""),
        "00A4000C02 3F00",
    ]);
    card
}

#[test]
fn a_deactivated_file_is_closed_until_it_is_activated() {
    let mut card = tree();
    card.done(&["0004020002 1001"]);
    card.check(&[
        ("00A4020C02 1001", "6283"),
        ("00B0000001", "6985"),
        ("00D6000001 00", "6985"),
        ("000E0000", "6985"),
        ("00040000", "9000"), // it is already
        ("00440000", "9000"),
        ("00B0000001", "00 9000"),
        ("00440000", "9000"),
    ]);
}

#[test]
fn what_lies_in_a_deactivated_directory_is_closed() {
    let mut card = tree();
    card.done(&["00A4000C02 7000", "00040000"]);
    card.check(&[
        ("00A4020C02 1002", "9000"),
        ("00B0000001", "6985"),
        (&transparent("1003", ""), "6985"),
        ("00E4020002 1002", "6985"),
        ("0004020002 1002", "6985"),
        ("00DA004501 00", "6985"),
        ("00CA004500", "6985"),
        ("00A4000C02 7000", "6283"),
        ("00440000", "9000"),
        ("00A4020C02 1002", "9000"),
        ("00B0000001", "00 9000"),
    ]);
}

#[test]
fn what_is_terminated_stays_so_and_may_be_deleted() {
    let mut card = tree();
    card.done(&["00E8020002 1001", "00E6010002 7000"]);
    card.check(&[
        ("00A4020C02 1001", "6285"),
        ("00B0000001", "6985"),
        ("00440000", "6985"),
        ("00040000", "6985"),
        ("00E80000", "6985"),
        ("00A4000C02 7000", "6285"),
        ("00440000", "6985"),
        ("00E60000", "6985"),
        (&transparent("1003", ""), "6985"),
        ("00E40000", "9000"),
        ("00E4020002 1001", "9000"),
        ("00A4020C02 1001", "6A82"),
    ]);
}

#[test]
fn in_creation_a_file_is_only_activated_or_terminated() {
    let mut card = free();
    for (state, deactivates) in [("01", false), ("03", false), ("05", true), ("07", true)] {
        card.done(&[&create(&format!("820101 83021001 80020010 8A01{state}"))]);
        let expected = if deactivates { "9000" } else { "6985" };
        assert_eq!(card.send("00040000"), expected, "{state}");
        card.done(&["00440000"]);
        card.check(&[("00B0000001", "00 9000"), ("00E80000", "9000"), ("00E40000", "9000")]);
    }
}

#[test]
fn a_terminated_card_answers_nothing_but_its_selection() {
    let mut card = keyed();
    card.done(&[&transparent("1001", ""), "00DA004501 99"]);
    card.refused(&[("00FE000001 00", "6700"), ("00FE0001", "6A86"), ("00E6000002 3F00", "6985")]);
    card.done(&["00FE0000"]);
    card.check(&[("00A4000002 3F00", "6F 11 820138 83023F00 8405424C414E4B 8A010C 6285")]);
    card.check(&[("00A4020C02 1001", "9000")]);
    card.refused(&[
        ("00B0000001", "6985"),
        ("00CA004500", "6985"),
        ("00DA004501 00", "6985"),
        (&transparent("1002", ""), "6985"),
        ("00E4020002 1001", "6985"),
        ("0044000002 3F00", "6985"),
        ("00FE0000", "6985"),
        ("0020000103 123456", "6985"),
        ("0084000008", "6985"),
        ("0088000210 00000000000000000000000000000000 00", "6985"),
        ("0022C1A403 830101", "6985"),
    ]);
}

#[test]
fn each_command_is_for_its_kind_of_file() {
    let mut card = tree();
    card.refused(&[
        ("00E6020002 1001", "6981"),
        ("00E8010002 7000", "6981"),
        ("00E80000", "6981"), // the root
        ("00E60000", "6985"),
        ("0004000002 1005", "6A82"),
        ("0044080002 1005", "6A82"),
        ("0004030000", "6A86"),
        ("0044001000", "6A86"),
    ]);
}

#[test]
fn the_root_may_be_deactivated_and_activated() {
    let mut card = tree();
    card.done(&["00040000"]);
    card.check(&[("00A4020C02 1001", "9000"), ("00B0000001", "6985")]);
    card.done(&["0044000002 3F00"]);
    card.check(&[("00B0000001", "00 9000")]);
}

#[test]
fn a_deactivated_directory_is_activated_with_its_own_keys() {
    let mut card = ruled("8C 03 18 10 10");
    card.done(&["0020000103 123456", "00040000", "0020FF01"]);
    card.refused(&[("00440000", "6982")]);
    assert_eq!(card.send("0084000008").len(), 20, "a challenge");
    card.done(&["0020000103 123456", "00440000"]);
    let key = "00DA0100 0E 830181 950108 900103 8F03123456";
    let mut card = free();
    card.done(&[&directory("7000", "8C 03 18 10 10 A0 04 8C 02 02 00"), key]);
    card.done(&["0020008103 123456", "00040000", "0020FF81"]);
    card.refused(&[("00440000", "6982"), (key, "6985")]);
    card.done(&["0020008103 123456", "00440000"]);
    // What is terminated does not come back, so its keys serve no more.
    card.done(&["00A4000C02 3F00", &directory("7001", ""), key, "00E60000"]);
    card.refused(&[("0020008103 123456", "6985")]);
}

#[test]
fn every_change_wants_its_right() {
    // One bit each: terminate, activate, deactivate with the PIN.
    let mut card = keyed();
    card.done(&[&transparent("1001", "8C 04 38 10 10 10")]);
    card.refused(&[("00040000", "6982"), ("00440000", "6982"), ("00E80000", "6982")]);
    card.done(&["0020000103 123456", "00040000", "00440000", "00E80000"]);
    let mut card = ruled("8C 02 20 10");
    card.refused(&[("00FE0000", "6982"), ("00040000", "6982")]);
    card.done(&["0020000103 123456", "00FE0000"]);
}
