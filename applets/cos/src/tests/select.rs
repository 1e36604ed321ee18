//! SELECT inside an application, control information to the byte, GET DATA.

use super::*;

/// SELECT of every kind of file with the answer's bytes.
#[test]
fn control_information_of_every_kind_of_file() {
    check(&[
        // DFs: name and proprietary object, or the full form.
        ("00A4040004 524F4F54", "6F0B 8404524F4F54 A50388011E 9000"),
        ("00A4040404 524F4F54", "6215 820138 83027F00 8404524F4F54 A50388011E 8A0105 9000"),
        ("00A4040804 524F4F54", "640B 8404524F4F54 A50388011E 9000"),
        ("00A4040C04 524F4F54", "9000"),
        ("00A4040004 42455441", "6F13 820138 83020200 840442455441 A50199 8A0105 9000"),
        ("00A4040404 42455441", "6213 820138 83020200 840442455441 A50199 8A0105 9000"),
        ("00A4040804 42455441", "6409 840442455441 A50199 9000"),
        ("00A4040C04 524F4F54", "9000"),
        // EFs of each structure.
        ("00A4020002 0001", "6F12 80020014 82020121 83020001 880108 8A0105 9000"),
        ("00A4020402 0001", "6212 80020014 82020121 83020001 880108 8A0105 9000"),
        ("00A4020802 0001", "6400 9000"),
        ("00A4020002 0002", "6F15 8002000C 82050221000403 83020002 880110 8A0105 9000"),
        ("00A4020002 0003", "6F15 8002001E 82050521000A06 83020003 880118 8A0105 9000"),
        ("00A4020002 0004", "6F15 80020009 82050621000303 83020004 880120 8A0105 9000"),
        ("00A4020002 0008", "6F15 80020014 82050321000405 83020008 880140 8A0105 9000"),
        ("00A4020002 000C", "6F15 8002000C 82050421000803 8302000C 880160 8A0105 9000"),
        // Without a short identifier 88 is there and empty.
        ("00A4020002 0009", "6F11 8002012C 82020121 83020009 8800 8A0105 9000"),
        // Out of use: selected with a warning.
        ("00A4020002 0005", "6F12 80020004 82020121 83020005 880128 8A0104 6283"),
        ("00A4020C02 0005", "6283"),
        ("00A4020002 0006", "6F12 80020004 82020121 83020006 880130 8A010C 6285"),
        ("00A4010402 0300", "6210 820138 83020300 840453485554 8A0104 6283"),
    ]);
}

/// The sibling health card's traces have it so: `6F08 84 06` and the name.
#[test]
fn a_df_without_proprietary_information_answers_its_name_alone() {
    check(&[
        ("00A4040005 414C504841", "6F07 8405414C504841 9000"),
        ("00A4040805 414C504841", "6407 8405414C504841 9000"),
    ]);
}

#[test]
fn in_the_social_security_dialect_an_ef_answers_no_fci_but_what_is_asked_for_by_name() {
    Dialogue::with(&SOCIAL).check(&[
        ("00A4020002 0001", "9000"),
        ("00A4000002 0001", "9000"),
        ("00A4020002 0005", "6283"),
        ("00A4020402 0001", "6212 80020014 82020121 83020001 880108 8A0105 9000"),
        ("00A4010002 0100", "6F07 8405414C504841 9000"),
    ]);
}

#[test]
fn by_identifier_the_children_come_first_then_the_df_its_parent_and_the_parents_dfs() {
    check(&[
        ("00A4000C02 0100", "9000"), // a child DF
        ("00A4000C02 0101", "9000"), // a child EF
        ("00A4000C02 0110", "9000"),
        ("00A4000C02 0110", "9000"), // the current DF itself
        ("00A4000C02 0100", "9000"), // its parent
        ("00A4000C02 0200", "9000"), // a DF beside it
        ("00A4000C02 7F00", "9000"), // the parent again, the root
        ("00A4000C02 7F00", "9000"),
        ("00A4000C02 0100", "9000"),
        ("00A4000C02 0001", "6A82"), // an EF of the parent is not in sight
        ("00A4000C02 0111", "6A82"), // nor a grandchild
        ("00A4000C02 0000", "6A82"),
        ("00A4000C02 FFFF", "6A82"),
    ]);
}

#[test]
fn child_dfs_efs_and_the_parent_are_told_apart() {
    check(&[
        ("00A4010C02 0001", "6A82"), // an EF is no child DF
        ("00A4020C02 0100", "6A82"), // a DF is no EF
        ("00A4010C02 0100", "9000"),
        ("00A4010C02 0100", "6A82"), // not its own child
        ("00A4010C02 0200", "6A82"), // nor a DF beside it
        ("00A4020C02 0001", "6A82"), // nor an EF of the parent
        ("00A4010C02 0110", "9000"),
        ("00A4020C02 0111", "9000"),
        ("00A4030400", "6211 820138 83020100 8405414C504841 8A0105 9000"),
        ("00A4030C00", "9000"),
        ("00A4030C00", "6FAB"), // above the root is not this application's
        ("00A4020C02 0001", "9000"), // which is still at its root
    ]);
}

#[test]
fn paths_go_down_from_the_root_or_from_the_current_df() {
    check(&[
        ("00A4080C06 0100 0110 0111", "9000"),
        ("00A4080C02 0111", "6A82"),
        ("00A4090C02 0111", "9000"),
        ("00A4090C02 0110", "6A82"),
        ("00A4080C04 0001 0001", "6A82"), // nothing lies under an EF
        ("00A4080C03 0100 01", "6A82"),
        ("00A4080C00", "9000"), // the root itself
        ("00A4090C04 0100 0101", "9000"),
        ("00A4090C00", "9000"), // the current DF itself
        ("00B0000001", "6986"),
    ]);
}

#[test]
fn after_a_df_no_ef_is_current_and_after_an_ef_its_df_is() {
    check(&[
        ("00B0000002", "6986"),
        ("00A4020C02 0001", "9000"),
        ("00B0000002", "0001 9000"),
        ("00A4000C02 0100", "9000"),
        ("00B0000002", "6986"),
        ("00A4080C02 0001", "9000"),
        ("00A4020C02 0002", "9000"), // found under the root
        ("00A4000C02 7F00", "9000"),
        ("00B2010400", "6986"),
    ]);
}

#[test]
fn a_selection_that_fails_keeps_the_df_the_ef_the_record_pointer_and_the_pin() {
    let mut dialogue = Dialogue::with(&STANDARD);
    dialogue.check(&[
        ("0020000003 123456", "9000"),
        ("00A4020C02 0003", "9000"),
        ("00B2A10000", "A1020102 9000"),
    ]);
    for refused in [
        "00A4000C02 4444",
        "00A4010C02 0001",
        "00A4020C02 0100",
        "00A4030C00",
        "00A4040C01 5A",
        "00A4080C04 0100 4444",
        "00A4090C02 4444",
    ] {
        let mut fork = dialogue.clone();
        assert!(["6A82", "6FAB"].contains(&&*fork.send(refused)), "{refused}");
        fork.check(&[
            ("00B2A10200", "A10104 9000"), // next of the pointer in the current EF
            ("00B0870001", "00 9000"),     // the PIN counts, the root is current
        ]);
    }
}

#[test]
fn get_data_answers_control_parameters_the_name_and_the_applications_objects() {
    check(&[
        ("00CA006200", "820138 83027F00 8404524F4F54 A50388011E 8A0105 9000"),
        ("00CA008400", "524F4F54 9000"),
        ("00CA009900", "626C7565 9000"),
        ("00A4020C02 0001", "9000"),
        ("00CA006200", "80020014 82020121 83020001 880108 8A0105 9000"),
        ("00CA008400", "524F4F54 9000"),
        // Refused in this order: P1-P2, lengths, the object.
        ("00CA000000", "6A86"),
        ("00CA003F00", "6A86"),
        ("00CA030000", "6A86"),
        ("00CA3FFF00", "6A86"),
        ("00CAFFFF00", "6A86"),
        ("00CA003F", "6A86"),
        ("00CA0077", "6700"),
        ("00CA0077010000", "6700"),
        ("00CA007700", "6A88"),
        ("00CA00FF00", "6A88"),
        ("00CA02FF00", "6A88"),
        ("00CA5F5000", "6A88"),
    ]);
    Dialogue::with(&SOCIAL).check(&[("00CA009900", "6A88")]);
}

#[test]
fn instructions_and_classes_that_are_not_there() {
    for ins in 0..=255_u8 {
        let known = [0x20, 0xA4, 0xB0, 0xB2, 0xCA, 0xD6, 0xDC, 0xE2].contains(&ins);
        let answer = Dialogue::with(&STANDARD).send(&format!("00{ins:02X}FFFF"));
        assert_eq!(answer == "6D00", !known, "{ins:02X}: {answer}");
    }
    check(&[("80B0000000", "6E00"), ("90B0000000", "6E00"), ("80FF0000", "6E00")]);
}
