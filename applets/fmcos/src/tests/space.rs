//! The card's arithmetic of space, to the byte.

use super::*;

/// CREATE FILE of a DF 3F10 with a space, its name of six bytes ending as told.
fn df(fid: &str, space: u32, name_end: &str) -> String {
    format!("80E0{fid}0E 38{space:04X}F0F095FFFF 01020304 {name_end}")
}

fn binary(fid: &str, bytes: u32) -> String {
    format!("80E0{fid}07 28{bytes:04X}F0F0FFFF")
}

/// What a file costs: in a DF with just that room it is made, with one byte less it is not.
#[track_caller]
fn costs(file: &str, bytes: u32) {
    for (short, expected) in [(1, "6A84"), (0, "9000")] {
        let mut card = Dialogue::blank();
        card.run(&[&df("3F10", 17 + bytes - short, "0506"), "00A40000023F10"]);
        card.check(&[(file, expected)]);
    }
}

#[test]
fn each_object_costs_what_the_table_says() {
    costs("80E0000507 280001F0F0FFFF", 11 + 1);
    costs("80E0000507 280123F0F0FFFF", 11 + 0x123);
    costs("80E0000507 2A0216F0F0FFFF", 11 + 2 * 0x17);
    costs("80E0000507 2C0064F0F0FFFF", 11 + 100);
    costs("80E0000507 2E0A17F0F0FFFF", 11 + 10 * 24);
    costs("80E0000107 2F0208F000FF18", 11 + 22);
    costs("80E0000007 3F005095F0FFFF", 11 + 80);
    costs(&df("3F20", 0x40, "0507"), 0x40);
}

/// The same room is left after a file as before it, less what it costs.
#[test]
fn what_is_left_is_counted_after_each_kind_of_file() {
    let files = [
        ("80E0000007 3F005095F0FFFF", 91),
        ("80E0000507 280021F0F0FFFF", 44),
        ("80E0000607 2A0216F0F0FFFF", 57),
        ("80E0000707 2C0010F0F0FFFF", 27),
        ("80E0000807 2E0304F0F0FFFF", 26),
        ("80E0000107 2F0208F000FF18", 33),
    ];
    let all: u32 = files.iter().map(|(_, bytes)| bytes).sum();
    let mut card = Dialogue::blank();
    card.run(&[&df("3F10", 17 + all + 0x20 + 12, "0506"), "00A40000023F10"]);
    card.run(&files.map(|(file, _)| file));
    card.run(&[&df("3F20", 0x20, "0507")]);
    card.refused(&binary("0009", 2), "6A84");
    card.check(&[(&binary("0009", 1), "9000")]);
}

#[test]
fn the_mf_has_the_whole_eeprom_but_its_header() {
    for eeprom in [1024, 8192] {
        let mut card = Dialogue::new(eeprom, &[MF]);
        let room = u32::from(eeprom) - 11 - 11;
        card.refused(&binary("0005", room + 1), "6A84");
        card.check(&[(&binary("0005", room), "9000")]);
        card.refused(&binary("0006", 1), "6A84");
    }
}

#[test]
fn an_mf_with_a_space_of_its_own_has_no_more() {
    let mut card = Dialogue::new(8192, &["80E03F000D 380100F0F001FFFFFFFFFFFFFF"]);
    card.refused(&binary("0005", 256 - 11 - 10), "6A84");
    card.check(&[(&binary("0005", 256 - 11 - 11), "9000")]);
}

#[test]
fn a_df_must_hold_its_header_and_name() {
    let mut card = Dialogue::blank();
    card.refused(&df("3F10", 16, "0506"), "6A84");
    card.check(&[(&df("3F10", 17, "0506"), "9000")]);
    card.run(&["00A40000023F10"]);
    card.refused(&binary("0005", 1), "6A84");
}

#[test]
fn a_df_below_the_mf_cannot_take_the_whole_card() {
    for eeprom in [8192, 65_535] {
        Dialogue::new(eeprom, &[MF]).refused(&df("3F10", 0xFFFF, "0506"), "6A84");
    }
}

#[test]
fn a_key_costs_its_length_and_eight() {
    for (record, bytes) in [
        (key("30", "01", "F0F0 00 00", &MASTER), 24),
        (key("30", "01", "F0F0 00 00", &LINE_1), 16),
        (key("3A", "01", "F0EF 01 33", &[0x12, 0x34]), 10),
        (key("3A", "01", "F0EF 01 33", &[0x12; 8]), 16),
    ] {
        for (short, expected) in [(1, "6A84"), (0, "9000")] {
            let mut card = Dialogue::blank();
            let space = 16 + bytes - short;
            card.run(&[&format!("80E0000007 3F{space:04X}01F0FFFF")]);
            card.run(&[&key("39", "00", "F0F0 00 33", &LINE_1)]);
            card.check(&[(&*record, expected)]);
        }
    }
}

#[test]
fn a_replaced_key_costs_nothing_more() {
    let mut card = Dialogue::blank();
    card.run(&["80E0000007 3F001001F0FFFF", &key("30", "00", "F0F0 00 00", &LINE_1)]);
    for _ in 0..3 {
        card.check(&[("80D430000D 30F0F00101 0102030405060708", "9000")]);
    }
    card.refused("80D4010107 3AF0EF0133 1234", "6A84");
}

#[test]
fn erase_df_gives_all_the_space_back_and_keeps_the_dfs_own() {
    let mut card = Dialogue::blank();
    card.run(&[&df("3F10", 0x200, "0506"), "00A40000023F10"]);
    let room = 0x200 - 17 - 11;
    for _ in 0..40 {
        card.run(&["80E0000007 3F004095F0FFFF", &key("36", "00", "F0F0 FF 33", &LINE)]);
        card.run(&[&df("3F20", 0x80, "0507"), "00A40000023F20", &binary("0005", 0x20)]);
        card.run(&["00A40000023F00", "00A40000023F10"]);
        card.check(&[(&binary("0005", room), "6A84")]);
        card.run(&["800E000000", &binary("0005", room), "800E000000"]);
    }
    card.check(&[(&binary("0005", room + 1), "6A84"), (&binary("0005", room), "9000")]);
    card.run(&["00A40000023F00"]);
    card.refused(&binary("0005", 8192 - 11 - 0x200 - 10), "6A84");
    card.check(&[(&binary("0005", 8192 - 11 - 0x200 - 11), "9000")]);
}

/// As many counted keys as there are counters for, then 6A84; replacing goes on.
#[test]
fn counters_run_out_with_no_room() {
    let mut card = Dialogue::blank();
    card.run(&["80E0000007 3F080001F0FFFF"]);
    for n in 0..crate::KEYS_COUNTED_MAX {
        card.run(&[&format!("80D401{n:02X}07 3AF0F00133 1234")]);
    }
    card.refused("80D4014007 3AF0F00133 1234", "6A84");
    card.check(&[("80D43A0707 3AF0F00133 4321", "9000"), ("0020000702 4321", "9000")]);
    card.check(&[("800E000000", "9000"), ("80E0000007 3F080001F0FFFF", "9000")]);
    card.check(&[("80D4014007 3AF0F00133 1234", "9000")]);
}
