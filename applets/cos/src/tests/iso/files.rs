//! CREATE FILE and DELETE FILE.

use super::*;

#[test]
fn a_created_file_is_current_and_answers_what_it_was_made_of() {
    let mut card = free();
    card.done(&[&transparent("1001", "88 01 28 8C 03 03 10 00")]);
    card.check(&[
        ("00A4020402 1001", "62 17 80020010 82020101 83021001 880128 8A0105 8C03031000 9000"),
        ("00B0000001", "00 9000"),
    ]);
    card.done(&[&directory("7000", "84 04 4E414D45 A5 03 9F0801")]);
    card.check(&[
        ("00CA008400", "4E414D45 9000"),
        ("00A4000002 7000", "6F 15 820138 83027000 84044E414D45 A5039F0801 8A0105 9000"),
        ("00B0000001", "6986"),
    ]);
    card.done(&[&transparent("1001", "")]);
    assert_eq!(card.send("00A4080C04 70001001"), "9000");
    card.check(&[("00A4040C04 4E414D45", "9000"), ("00A4030C", "9000")]);
}

#[test]
fn record_files_of_every_structure_are_made_and_used() {
    let mut card = free();
    for (fid, descriptor, size) in [
        ("2002", "82 05 02 21 0004 03", ""),
        ("2003", "82 05 03 21 0004 03", ""),
        ("2004", "82 05 04 21 0004 03", "80 02 000C"),
        ("2005", "82 06 05 21 0004 0003", "80 02 000C"),
        ("2006", "82 05 06 21 0004 03", "80 02 000C"),
    ] {
        card.done(&[&create(&format!("{descriptor} 8302{fid} {size} 8A0105"))]);
        card.check(&[("00E2000004 A1020102", "9000"), ("00B2010404", "A1020102 9000")]);
    }
}

#[test]
fn where_nothing_says_so_a_file_begins_in_creation() {
    let mut card = free();
    card.done(&[&create("820101 83021001 80020010 8C 03 03 FF FF")]);
    card.check(&[
        ("00A4020402 1001", "62 17 80020010 82020101 83021001 880108 8A0101 8C0303FFFF 9000"),
        ("00D6000002 AABB", "9000"), // its rules are not in force
        ("00B0000002", "AABB 9000"),
        ("00440000", "9000"),
        ("00B0000002", "6982"),
        ("00D6000002 CCDD", "6982"),
    ]);
}

#[test]
fn files_with_and_erasing_begin_with_ones() {
    let mut card = free();
    card.done(&[&create("82020161 83021001 80020004 8A0105")]);
    card.check(&[("00B0000004", "FFFFFFFF 9000")]);
}

#[test]
fn a_creation_that_cannot_be_is_refused() {
    let mut card = free();
    card.done(&[&directory("7000", "8401AA"), "00A4000C02 3F00", &transparent("1001", "880128")]);
    card.refused(&[
        ("00E00000", "6700"),
        ("00E0000002 6200", "6A80"),
        (&create("820101 8302100280"), "6A80"),
        (&transparent("1001", ""), "6A89"),
        (&transparent("7000", ""), "6A89"),
        (&directory("1001", ""), "6A89"),
        (&transparent("1002", "880128"), "6A89"), // the short identifier is taken
        (&directory("7001", "8401AA"), "6A8A"),
        (&transparent("1002", "8C 02 01 0F"), "6A80"),
        (&transparent("1002", "8B 01 01"), "6A80"),
        (&create("820101 83021002 80022000 8A0105"), "6A84"),
    ]);
    // P1 and P2 say what the data field does not, and must not say otherwise.
    card.refused(&[("00E0020009 6207 83021002800110", "6A80")]);
    card.done(&["00E00130 0D 620B 83021002 80020010 8A0105"]);
    card.check(&[("00B0860001", "00 9000")]);
}

#[test]
fn a_deleted_file_is_gone_and_its_space_free() {
    let mut card = free();
    let file = transparent("1001", "");
    for _ in 0..100 {
        card.done(&[&file, "00E40000"]);
        card.check(&[("00A4020C02 1001", "6A82"), ("00B0000001", "6986")]);
    }
    card.done(&[&file, "00E4020002 1001"]);
    card.done(&[&file, "00E4090002 1001"]);
    card.done(&[&file, "00E4080002 1001"]);
    card.done(&[&file, "00E4080004 3F001001"]);
}

#[test]
fn a_deleted_directory_takes_everything_under_it_and_leaves_its_parent_current() {
    let mut card = free();
    card.done(&[
        &directory("7000", "8402AABB"),
        &transparent("1001", ""),
        &directory("7001", "8402AACC"),
        &transparent("1002", ""),
    ]);
    card.done(&["00E4040002 AABB"]);
    card.check(&[
        ("00CA008400", "424C414E4B 9000"),
        ("00A4040C02 AACC", "6A82"),
        ("00A4000C02 7000", "6A82"),
    ]);
    card.done(&[&directory("7000", "8402AABB")]);
    card.check(&[("00A4020C02 1001", "6A82"), ("00A4010C02 7001", "6A82")]);
    // The current one.
    card.done(&["00E40000"]);
    card.check(&[("00CA008400", "424C414E4B 9000")]);
}

#[test]
fn a_file_elsewhere_is_deleted_and_what_is_current_stays() {
    let mut card = free();
    card.done(&[&directory("7000", ""), "00A4000C02 3F00", &transparent("1001", "")]);
    card.done(&["00D6000001 77", "00E4010002 7000"]);
    card.check(&[("00B0000001", "77 9000")]);
}

#[test]
fn a_deletion_that_cannot_be_is_refused() {
    let mut card = free();
    card.refused(&[
        ("00E40000", "6985"), // the root, current
        ("00E4000002 3F00", "6985"),
        ("00E4040005 424C414E4B", "6985"),
        ("00E4000002 1001", "6A82"),
        ("00E4040001 99", "6A82"),
        ("00E4080002 1001", "6A82"),
        ("00E4000001 10", "6A87"),
        ("00E4090001 10", "6A87"),
        ("00E40800", "6A87"),
        ("00E40300", "6A86"),
        ("00E40004", "6A86"),
        ("00E40A0002 1001", "6A86"),
    ]);
}

#[test]
fn a_deletion_wants_the_right_of_the_file_and_of_its_directory() {
    // DELETE of a child with the PIN.
    let mut card = ruled("8C 04 07 00 00 10");
    card.done(&[&transparent("1001", "")]);
    card.refused(&[("00E40000", "6982")]);
    card.done(&["0020000103 123456", "00E40000"]);
    card.done(&[&transparent("1001", "8C 02 40 FF")]);
    card.refused(&[("00E40000", "6982")]);
    card.done(&[&transparent("1002", "8C 02 01 00")]); // says nothing of deleting
    card.refused(&[("00E40000", "6982")]);
    card.done(&[&transparent("1003", "8C 02 40 10"), "00E40000"]);
}

#[test]
fn creation_wants_the_right_of_the_directory() {
    let mut card = ruled("8C 03 06 FF 10");
    card.refused(&[
        (&transparent("1001", ""), "6982"),
        (&directory("7000", ""), "6982"),
        ("00E0000002 6200", "6982"),
    ]);
    card.done(&["0020000103 123456", &transparent("1001", "")]);
    card.refused(&[(&directory("7000", ""), "6982"), ("00E0000002 6200", "6A80")]);
}

#[test]
fn a_deletion_ends_what_other_channels_hold() {
    let mut card = keyed();
    card.done(&[&directory("7000", ""), "00DA0100 0E 830181 950108 900103 8F03123456"]);
    card.done(&[&transparent("1001", ""), "0020008103 123456"]);
    let other = channel(&mut card);
    card.done(&["00A4000C02 3F00", "00E4010002 7000"]);
    go_on(&mut card, &other);
    card.check(&[("00B0000001", "6986"), ("00CA008400", "424C414E4B 9000")]);
    card.check(&[("00200001", "63C3"), ("00200081", "6A88")]);
}

/// What a channel remembers.
fn channel(card: &mut Dialogue) -> Vec<u8> {
    card.rig.env().ram(Clear::OnDeselect).to_vec()
}

/// Goes on with what another channel remembers.
fn go_on(card: &mut Dialogue, other: &[u8]) {
    card.rig.env().ram_mut(Clear::OnDeselect).copy_from_slice(other);
}

#[test]
fn a_replaced_key_ends_what_other_channels_have_shown_with_it() {
    let mut card = keyed();
    card.done(&["0020000103 123456"]);
    let other = channel(&mut card);
    card.check(&[("00200001", "9000")]);
    card.done(&["00DA0100 0E 830101 950108 900103 8F03654321"]);
    go_on(&mut card, &other);
    card.check(&[("00200001", "63C3")]);
}
