//! CREATE FILE and ERASE DF: what is refused, and who may do so when.

use super::*;

const BINARY: &str = "80E0000507 280010F0F0FFFF";

#[test]
fn what_cannot_be_is_refused() {
    let mut card = Dialogue::blank();
    for (command, status) in [
        ("80E0000500", "6700"),
        ("80E0000506 280010F0F0FF", "6700"),
        ("80E0000508 280010F0F0FFFF00", "6700"),
        ("80E03F100C 380100F0F095FFFF01020304", "6700"),
        ("80E03F1019 380100F0F095FFFF0102030405060708090A0B0C0D0E0F1011", "6700"),
        ("80E03F1007 380100F0F095FF", "6700"),
        ("80E0000507 290010F0F0FFFF", "6A80"),
        ("80E0000507 280000F0F0FFFF", "6A80"),
        ("80E0000507 2A0110F0F0FFFF", "6A80"),
        ("80E0000507 2E0010F0F0FFFF", "6A80"),
        ("80E0000507 2A0200F0F0FFFF", "6A80"),
        ("80E0000507 2A02F9F0F0FFFF", "6A80"),
        ("80E0000507 2E02F9F0F0FFFF", "6A80"),
        ("80E0000507 EE0201FFFF00FF", "9000"),
        ("80E0000607 2C0001F0F0FFFF", "6A80"),
        ("80E0000307 2F0208F000FF18", "6A80"),
        ("80E0000107 AF0208F000FF18", "6A80"),
        ("80E0000007 BF010001F0FFFF", "6A80"),
        ("80E0000007 280010F0F0FFFF", "6A80"),
        ("80E0FFFF07 280010F0F0FFFF", "6A80"),
        ("80E03F0007 280010F0F0FFFF", "6A80"),
        ("80E00000 0E 380100F0F095FFFF010203040506", "6A80"),
        (MF, "6A86"),
        ("00E0000507 280010F0F0FFFF", "6E00"),
        ("84E0000507 280010F0F0FFFF", "6E00"),
    ] {
        match status {
            "9000" => card.check(&[(command, status)]),
            _ => card.refused(command, status),
        }
    }
}

#[test]
fn records_of_248_bytes_can_be() {
    let mut card = Dialogue::blank();
    card.check(&[("80E0000507 2A02F8F0F0FFFF", "9000"), ("80E0000607 2E02F8F0F0FFFF", "9000")]);
}

#[test]
fn identifiers_and_names_in_use_are_refused() {
    let mut card = Dialogue::blank();
    card.run(&[BINARY, "80E03F100E 380100F0F095FFFF010203040506"]);
    card.refused(BINARY, "6A86");
    card.refused("80E0000507 2A0204F0F0FFFF", "6A86");
    card.refused("80E000050E 380100F0F095FFFF010203040507", "6A86");
    card.refused("80E03F1007 280010F0F0FFFF", "6A86");
    card.refused("80E03F110E 380100F0F095FFFF010203040506", "6A86");
    card.run(&["00A40000023F10", BINARY]);
    card.refused(BINARY, "6A86");
}

#[test]
fn a_key_file_comes_first_and_alone() {
    let mut card = Dialogue::blank();
    card.run(&["80E0000007 3F010001F0FFFF"]);
    card.refused("80E0000307 3F010001F0FFFF", "6A80");
    let mut card = Dialogue::blank();
    card.run(&["80E03F100E 380100F0F095FFFF010203040506"]);
    card.refused("80E0000007 3F010001F0FFFF", "6A80");
}

/// A published host program makes a DF 3FFF, and key files 0000 or 0001.
#[test]
fn identifiers_that_a_host_program_uses() {
    for file in ["0000", "0001"] {
        let mut card = Dialogue::blank();
        card.run(&["80E03FFF0E 380400F0F095FFFF010203040506", "00A40000023FFF"]);
        card.run(&[&format!("80E0{file}07 3F010095F0FFFF"), BINARY]);
        card.run(&["80E0000207 2F0208F000FF18", "00D6850001 11", "00A40000023FFF"]);
        card.check(&[("00B0850001", "11 9000"), (&format!("00A4000002{file}"), "9000")]);
        card.check(&[("00B0000001", "6981"), ("00B2010400", "6981"), ("00D6000001 00", "6981")]);
    }
}

#[test]
fn three_levels_and_no_more() {
    let mut card = Dialogue::blank();
    card.run(&["80E03F100E 380400F0F095FFFF010203040506", "00A40000023F10"]);
    card.run(&["80E03F200E 380200F0F095FFFF010203040507", "00A40000023F20"]);
    card.refused("80E03F300E 380100F0F095FFFF010203040508", "6A80");
    card.run(&[BINARY]);
}

#[test]
fn nothing_is_selected_by_creation() {
    let mut card = Dialogue::blank();
    card.run(&[BINARY, "80E03F100E 380400F0F095FFFF010203040506"]);
    card.check(&[("00B0000001", "6A82"), ("00B0850001", "FF 6281")]);
}

/// A DF that nobody may create in: free while it is found empty, and until it is left.
#[test]
fn a_df_found_empty_is_free_until_it_is_left() {
    const CLOSED: &str = "80E03F100E 380400EFEF95FFFF010203040506";
    const ENTER: &str = "00A40000023F10";
    let fill = ["80E0000007 3F010095EFFFFF", "80D4010007 3AEFEF0133 1234"];
    let file = "80E0000507 280010EFEFFFFF";
    for leave in [ENTER, "00A40000023F00", "00A4040006 010203040506"] {
        let mut card = Dialogue::blank();
        card.run(&[CLOSED, ENTER]);
        card.run(&fill);
        card.run(&[file, "00A40000020005", "00D6000001 11", "0020000002 1234"]);
        card.check(&[("00B0850001", "11 9000"), ("0020000002 1234", "9000")]);
        card.check(&[("00A40000024444", "6A82"), ("80E0000607 280010EFEFFFFF", "9000")]);
        card.run(&[leave, ENTER]);
        for command in ["80E0000707 280010F0F0FFFF", "80D4010107 3AF0EF0133 1234", "800E000000"] {
            card.refused(command, "6982");
        }
        card.refused("00B0850001", "6982");
        card.refused("00D6850001 22", "6982");
        card.refused("0020000002 1234", "6982");
    }
}

#[test]
fn a_df_left_empty_is_free_again_and_reset_leaves_it() {
    let mut card = Dialogue::new(8192, &["80E03F000D 38FFFFEFEF01FFFFFFFFFFFFFF"]);
    card.run(&["00A40000023F00", BINARY]);
    card.reset();
    card.refused("80E0000607 280010F0F0FFFF", "6982");
}

#[test]
fn a_df_below_takes_nothing_of_the_freedom_above() {
    let mut card = Dialogue::blank();
    card.run(&["80E03F100E 380400EFEF95FFFF010203040506", "00A40000023F10", BINARY]);
    card.run(&["80E03F200E 380100EFEF95FFFF010203040507", "00A40000023F20", BINARY]);
    card.run(&["00A40000023F00", "00A40000023F10"]);
    card.refused("80E0000607 280010F0F0FFFF", "6982");
}

#[test]
fn erase_df_needs_its_right_and_makes_free() {
    let mut card = Dialogue::blank();
    card.run(&["80E0000507 280010F0EFFFFF"]);
    card.run(&["80E03F100E 380400EFF195FFFF010203040506", "00A40000023F10"]);
    card.run(&["80E0000007 3F010095EFFFFF", "80D4010007 3AF0EF0133 1234", BINARY]);
    card.run(&["00A40000023F10"]);
    card.refused("800E000000", "6982");
    card.refused("800E000100", "6A86");
    card.refused("800E00000101", "6700");
    card.run(&["0020000002 1234", "00A40000020005", "800E000000"]);
    card.check(&[("00B0000001", "6A82"), ("00B0850001", "6A82"), ("0020000002 1234", "6A82")]);
    card.run(&["80E0000007 3F010095EFFFFF", "80D4010007 3AF0EF0133 4321", "00A40000023F10"]);
    card.refused("80E0000507 280010F0F0FFFF", "6982");
    card.check(&[("0020000002 4321", "9000"), ("00A40000023F00", MF_ANSWER)]);
    card.refused("00D6850001 11", "6982");
}

const MF_ANSWER: &str = "6F15840E315041592E5359532E4444463031A503880101 9000";

/// A channel that rests in a DF that another channel erases starts anew at the MF.
#[test]
fn no_session_stays_in_what_was_erased() {
    let mut card = Dialogue::small();
    card.run(&["0020000002 1234"]);
    let resting = card.0.env().ram(tessera_framework::Clear::OnDeselect).to_vec();
    card.run(&["00A40000023F00", "800E000000"]);
    card.0.env().ram_mut(tessera_framework::Clear::OnDeselect).copy_from_slice(&resting);
    assert_eq!(card.registers(), (0, 0));
    card.check(&[("00B0850001", "6A82"), (BINARY, "9000")]);
}

#[test]
fn a_card_without_mf_takes_its_creation_alone() {
    let mut card = Dialogue::new(8192, &[]);
    for command in [
        BINARY,
        "0084000004",
        "00A40000023F00",
        "805C000204",
        "80500002 0B 01000000010000000000 00 10",
        "800E000000",
        "80E03F100E 380100F0F095FFFF010203040506",
        "8416000004 00000000",
    ] {
        card.refused(command, "6A81");
    }
    card.refused("80E03F0007 280010F0F0FFFF", "6A84");
    card.refused("80E03F000C 38FFFFF0F001FFFFFFFFFFFF", "6700");
    card.refused("84E03F000D 38FFFFF0F001FFFFFFFFFFFFFF", "6E00");
    card.check(&[(MF, "9000"), (MF, "6A86"), (BINARY, "9000")]);
}
