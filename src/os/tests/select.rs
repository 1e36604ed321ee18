//! SELECT across applications: every P1, what an applet is told, what a failure leaves.

use super::*;

/// Names in FCI.
const FCI_A: &str = "8408 F050524F42452E41 9000";
const FCI_B: &str = "8408 F050524F42452E42 9000";
const FCI_C: &str = "8409 F050524F42452E4143 9000";

#[test]
fn by_name_the_occurrences_are_walked_forward_and_back() {
    let mut card = probe::card();
    check(
        &mut card,
        &[
            ("00A4040006 F050524F4245", FCI_A), // first, and only a beginning
            ("00A4040206 F050524F4245", FCI_B), // next
            ("00A4040206 F050524F4245", FCI_C),
            ("00A4040206 F050524F4245", "6A82"), // none behind
            ("00A4040306 F050524F4245", FCI_B),  // previous, from where the last success was
            ("00A4040306 F050524F4245", FCI_A),
            ("00A4040306 F050524F4245", "6A82"),
            ("00A4040106 F050524F4245", FCI_C), // last
            ("00A4040006 F050524F4245", FCI_A),
            ("00A4040108 F050524F42452E41", FCI_C), // A and AC begin so
            ("00A4040008 F050524F42452E41", FCI_A),
            ("00A4040209 F050524F42452E4143", FCI_C),
            ("00A4040209 F050524F42452E4143", "6A82"),
        ],
    );
    // Without a selection by name before: next is the first, previous the last.
    for (command, answer) in
        [("00A4040206 F050524F4245", FCI_A), ("00A4040306 F050524F4245", FCI_C)]
    {
        check(&mut probe::card(), &[(command, answer)]);
        let mut card = card_after(Interface::ContactlessA, &[SELECT_B, "00A4000C02 3F00"]);
        check(&mut card, &[(command, answer)]);
    }
}

#[test]
fn the_dfs_of_one_application_are_occurrences_too() {
    let mut card = probe::card();
    for name in ["00", "01", "02", "03"] {
        let expected = format!("6F08 8406 D156000005{name} 9000");
        let p2 = if name == "00" { "00" } else { "02" };
        check(&mut card, &[(&format!("00A404{p2}05 D156000005"), &expected)]);
    }
    check(&mut card, &[("00A4040205 D156000005", "6A82")]);
    check(&mut card, &[("00A4040305 D156000005", "6F08 8406 D15600000502 9000")]);
}

#[test]
fn by_identifier_the_way_leads_to_children_parents_and_the_mfs_own() {
    let mut card = probe::card();
    check(
        &mut card,
        &[
            ("00A4000002 7001", FCI_A),
            ("00A4000002 7003", FCI_C),  // under A
            ("00A4000002 7003", FCI_C),  // itself
            ("00A4000002 7001", FCI_A),  // above
            ("00A4000002 7002", FCI_B),  // beside, under the MF
            ("00A4000002 7003", "6A82"), // under another one
            ("00A4000C02 3F00", "9000"),
            ("00A4000002 7003", "6A82"),
            ("00A4000C02 DDF1", "9000"),
            ("00A4000C02 DF01", "9000"),
            ("00A4000002 7001", FCI_A),
            ("00A40000", &mf()), // no data: the MF
            ("00A4000C02 2F00", "9000"),
            ("00A4000002 3F00", &mf()),
        ],
    );
}

fn mf() -> String {
    let name = hex::encode("\u{f0}TESSERA.MF".chars().map(|c| c as u8).collect::<Vec<_>>());
    format!("6F17 820138 83023F00 840B{name} 8A0105 9000")
}

#[test]
fn a_child_df_is_a_child_and_nothing_else() {
    let mut card = probe::card();
    check(
        &mut card,
        &[
            ("00A4010002 7003", "6A82"), // a grandchild
            ("00A4010002 7001", FCI_A),
            ("00A4010002 7001", "6A82"), // itself
            ("00A4010002 7002", "6A82"), // beside
            ("00A4010002 DDF1", "6A82"),
            ("00A4010002 3F00", "6A82"), // above
            ("00A4010002 7003", FCI_C),
            ("00A4010002 7001", "6A82"),
            (SELECT_SSSE, "9000"),
            ("00A4010C02 DDF1", "6A82"),
            ("00A4010C02 DF01", "9000"),
            ("00A4010C02 DF02", "6A82"),
            ("00A4010C02 DDF1", "6A82"),
        ],
    );
}

#[test]
fn parents_are_climbed_up_to_the_mf_which_has_none() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_C]);
    check(&mut card, &[("00A40300", FCI_A), ("00A40300", &mf()), ("00A40300", "6A82")]);
    let mut card = card_after(Interface::ContactlessA, &[SELECT_SSSE, "00A4000C02 DF01"]);
    check(&mut card, &[("00A4000C02 EF05", "9000")]);
    check(
        &mut card,
        &[
            ("00A40300", "6F16 840F7378312E73682EC9E7BBE1B1A3D5CF A50388011E 9000"),
            ("00A40300", &mf()),
        ],
    );
}

#[test]
fn an_ef_lies_under_the_current_df() {
    let mut card = probe::card();
    check(
        &mut card,
        &[
            ("00A4020C02 2F00", "9000"),
            ("00A4020C02 DDF1", "6A82"),
            (SELECT_SSSE, "9000"),
            ("00A4020C02 2F00", "6A82"),
            ("00A4020002 EF05", "9000"),
            (SELECT_A, "9000"),
            ("00A4020002 7777", "6A82"), // an applet that says its EF is above it
            ("00A4020002 7003", "6A82"),
            ("0012000001 AA 00", "AA 9000"),
        ],
    );
}

#[test]
fn paths_lead_through_applications_from_the_mf_and_from_the_current_df() {
    let mut card = probe::card();
    check(
        &mut card,
        &[
            ("00A4080004 7001 7003", FCI_C),
            ("00A4080002 7002", FCI_B),
            ("00A4080002 7003", "6A82"),
            ("00A4080004 3F00 7001", FCI_A), // with the MF's own identifier, as terminals do
            ("00A4080002 3F00", &mf()),
            ("00A4090004 7001 7003", FCI_C),
            ("00A4090002 7001", "6A82"),
            (SELECT_A, "9000"),
            ("00A4090002 7003", FCI_C),
            ("00A4080006 DDF1 DF01 EF05", "9000"),
            ("00A4090002 EF06", "9000"),
            ("00A4090002 EF44", "6A82"),
            ("00A4080006 DDF1 DF01 EF44", "6A82"),
            ("00A4080C02 2F01", "9000"),
        ],
    );
}

/// 3FFF stands for the current DF at the beginning of a path (ISO/IEC 7816-4:2020, 7.3.1).
#[test]
fn a_path_may_begin_with_3fff_for_the_current_df() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    check(
        &mut card,
        &[
            ("00A4080004 3FFF 7003", FCI_C),
            ("00A4080C02 3FFF", "9000"), // where it is already
            ("0012000001 AA 00", "AA 9000"),
            ("00A4080004 3FFF 7001", "6A82"),
            (SELECT_SSSE, "9000"),
            ("00A4090004 3FFF DF01", "6F08 8406 D15600000500 9000"),
            ("00A4090004 3FFF EF05", "9000"),
            ("00A4090002 3FFF", "6F08 8406 D15600000500 9000"),
            ("00B2010400", "6986"), // the DF itself: no EF is current
            ("00A4080004 3FFF EF06", "9000"),
            ("00A4080006 DDF1 3FFF DF01", "6A82"), // only at the beginning
        ],
    );
}

#[test]
fn an_applet_is_told_when_another_one_is_selected_and_sees_its_ram_once_more() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "001C000001 5A"]);
    check(&mut card, &[("0032000002", "0000 9000")]);
    // Not by selecting it again, nor by a selection that fails.
    check(&mut card, &[(SELECT_A, "9000"), ("00A4000002 4444", "6A82")]);
    check(&mut card, &[("0032000002", "0000 9000"), ("001E000001", "5A 9000")]);
    check(&mut card, &[(SELECT_B, "9000"), (SELECT_A, "9000")]);
    check(&mut card, &[("0032000002", "015A 9000"), ("001E000001", "00 9000")]);
    // By power-off nobody is told.
    card.power_on().unwrap();
    check(&mut card, &[(SELECT_A, "9000"), ("0032000002", "015A 9000")]);
}

#[test]
fn a_tear_while_the_applet_is_told_leaves_no_answer() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A]);
    card.tear_at(1);
    assert!(card.transmit(&bytes(SELECT_B)).is_err());
    card.power_on().unwrap();
    check(&mut card, &[(SELECT_A, "9000"), ("0032000001", "00 9000")]);
}

#[test]
fn a_selection_that_fails_changes_nothing_in_the_whole_card() {
    for at in [SELECT_A, SELECT_C, SELECT_SSSE, "00A4020C02 2F00"] {
        let mut card = card_after(Interface::ContactlessA, &[at]);
        size(&mut card, "001C000001 5A");
        for fails in [
            "00A4000002 4444",
            "00A4000002 6666",
            "00A4010002 4444",
            "00A4020002 4444",
            "00A4020002 7777",
            "00A4040002 4444",
            "00A4040206 444444444444",
            "00A4080002 4444",
            "00A4080004 7001 4444",
            "00A4080004 DDF1 4444",
            "00A4090002 4444",
            "00A4001000",
            "00A4000001 3F",
        ] {
            let mut after = card.clone();
            let (bytes, status) = size(&mut after, fails);
            assert!(bytes == 0 && status >> 8 == 0x6A, "{fails}: {status:04X}");
            // The clock has gone on; all else is as it was.
            let mut before = card.clone();
            size(&mut before, fails);
            assert_eq!(before, after, "the same again");
            for probe in
                ["0012000001 AA 00", "001E000004", "00B0000001", "00A40300", "00A4040206 F050"]
            {
                let (mut one, mut other) = (card.clone(), after.clone());
                assert_eq!(size(&mut one, probe), size(&mut other, probe), "{at} {fails} {probe}");
            }
        }
    }
}

/// An applet that writes an answer and then says "not found" has said nothing.
#[test]
fn what_a_failed_attempt_wrote_is_not_in_the_answer_of_the_one_that_succeeds() {
    let mut card = card_after(Interface::ContactlessA, &[SELECT_A, "001C000001 5A"]);
    check(&mut card, &[("00A4000002 6666", "6A82"), ("001E000001", "5A 9000")]);
    check(&mut card, &[("00A4010002 7003", FCI_C)]);
}
