//! Security registers: each row of the table of right bytes, each event.

use super::*;

/// A DF 3F01 with one file, and a PIN `n n` that makes the register of each of 0 to 15 in it and in
/// the MF.
fn card(right: &str) -> Dialogue {
    let mut card = Dialogue::blank();
    card.run(&["80E0000007 3F020001F0FFFF"]);
    pins(&mut card);
    card.run(&["80E03F010E 380400F0F095FFFF 0102030405 06", DF, "80E0000007 3F020095F0FFFF"]);
    pins(&mut card);
    card.run(&[&format!("80E0000507 280004{right}F0FFFF"), "00D6850002 CAFE", "00A40000023F00"]);
    card
}

fn pins(card: &mut Dialogue) {
    for n in 0..16 {
        card.run(&[&format!("80D401{n:02X}07 3AF0EF{n:02X}33 12{n:02X}")]);
    }
}

/// Brings both registers to these values and says whether the file of the DF may be read.
fn reads(card: &Dialogue, mf: u8, df: u8) -> bool {
    let mut card = card.clone();
    let verify = |n: u8| format!("002000{n:02X}02 12{n:02X}");
    card.run(&["00A40000023F00", &verify(mf), DF, &verify(df)]);
    assert_eq!(card.registers(), (mf, df));
    match &*card.send("00B0850002") {
        "CAFE9000" => true,
        "6982" => false,
        other => panic!("{other}"),
    }
}

#[track_caller]
fn holds(right: &str, met: impl Fn(u8, u8) -> bool) {
    let card = card(right);
    for mf in [0, 1, 3, 5, 9, 15] {
        for df in 0..16 {
            assert_eq!(reads(&card, mf, df), met(mf, df), "{right} with {mf}, {df}");
        }
    }
}

#[test]
fn a_right_0y_asks_the_register_of_the_mf_for_at_least_y() {
    holds("05", |mf, _| mf >= 5);
}

#[test]
fn a_right_00_is_free() {
    holds("00", |_, _| true);
}

#[test]
fn a_right_xy_bounds_the_register_of_the_current_df_on_both_sides() {
    holds("63", |_, df| (3..=6).contains(&df));
}

#[test]
fn a_right_xx_wants_exactly_x() {
    holds("44", |_, df| df == 4);
}

#[test]
fn a_right_with_x_below_y_never_holds() {
    holds("35", |_, _| false);
}

#[test]
fn a_right_f0_is_free() {
    holds("F0", |_, _| true);
}

#[test]
fn a_right_ef_never_holds() {
    holds("EF", |_, _| false);
}

#[test]
fn a_right_f1_wants_the_register_of_the_current_df_not_zero() {
    holds("F1", |_, df| df >= 1);
}

#[test]
fn a_reset_clears_both_registers_and_selects_the_mf() {
    let mut card = card("F0");
    card.run(&["0020000702 1207", DF, "0020000302 1203"]);
    assert_eq!(card.registers(), (7, 3));
    card.reset();
    assert_eq!(card.registers(), (0, 0));
    card.check(&[("00B0850002", "6A82"), (DF, "6F088406010203040506 9000")]);
}

#[test]
fn selecting_a_df_clears_its_register_and_keeps_that_of_the_mf() {
    for again in [DF, "00A4040006 010203040506"] {
        let mut card = card("F0");
        card.run(&["0020000702 1207", DF, "0020000302 1203", again]);
        assert_eq!(card.registers(), (7, 0));
    }
}

#[test]
fn selecting_the_mf_brings_its_register_back() {
    for up in ["00A40000023F00", "00A40000", "00A404000E 315041592E5359532E4444463031"] {
        let mut card = card("F0");
        card.run(&["0020000702 1207", DF, "0020000302 1203", up]);
        assert_eq!(card.registers(), (7, 7), "{up}");
    }
}

#[test]
fn selecting_an_ef_keeps_both_registers() {
    let mut card = card("F0");
    card.run(&["0020000702 1207", DF, "0020000302 1203", "00A40000020005"]);
    assert_eq!(card.registers(), (7, 3));
}

#[test]
fn a_selection_that_fails_keeps_both_registers() {
    let mut card = card("F0");
    card.run(&["0020000702 1207", DF, "0020000302 1203"]);
    card.check(&[("00A40000024444", "6A82"), ("00A4040005 4444444444", "6A82")]);
    assert_eq!(card.registers(), (7, 3));
}

#[test]
fn verify_in_the_mf_sets_both_registers_elsewhere_the_current_one() {
    let mut card = card("F0");
    card.run(&["0020000702 1207"]);
    assert_eq!(card.registers(), (7, 7));
    card.run(&["0020000202 1202"]);
    assert_eq!(card.registers(), (2, 2));
    card.run(&[DF, "0020000502 1205"]);
    assert_eq!(card.registers(), (2, 5));
}

#[test]
fn external_authenticate_in_the_mf_sets_both_registers_elsewhere_the_current_one() {
    let mut card = card("F0");
    card.run(&[&key("39", "00", "F0F0 A7 33", &MASTER)]);
    card.authenticate(0, &MASTER);
    assert_eq!(card.registers(), (7, 7));
    card.run(&[DF, &key("39", "00", "F0F0 A4 33", &LINE)]);
    card.authenticate(0, &LINE);
    assert_eq!(card.registers(), (7, 4));
}

#[test]
fn a_failure_keeps_both_registers_and_costs_a_try() {
    let mut card = card("F0");
    card.run(&[&key("39", "00", "F0F0 A7 33", &MASTER), DF]);
    card.run(&[&key("39", "00", "F0F0 A4 33", &LINE), "00A40000023F00", "0020000702 1207"]);
    let proof = spoilt(card.proof(0, &MASTER));
    assert_eq!(card.bytes(&proof), "63C2");
    card.check(&[("0020000802 1207", "63C2")]);
    assert_eq!(card.registers(), (7, 7));
    card.run(&[DF, "0020000302 1203"]);
    let proof = spoilt(card.proof(0, &LINE));
    assert_eq!(card.bytes(&proof), "63C2");
    card.check(&[("0020000802 1207", "63C2")]);
    assert_eq!(card.registers(), (7, 3));
}

#[test]
fn internal_authenticate_never_changes_a_register() {
    let mut card = card("F0");
    card.run(&["0020000702 1207", DF, "0020000302 1203"]);
    card.run(&[&key("30", "01", "F0F0 0F FF", &LINE), "0088000108 0102030405060708 00"]);
    assert_eq!(card.registers(), (7, 3));
}

/// The manual's example: read right F1, write right F2; a PIN makes 1, an external key that may be
/// used in state 1 exactly makes 2.
#[test]
fn the_example_of_the_manual() {
    let mut card = Dialogue::blank();
    card.run(&["80E03F010E 380400F0F095FFFF 0102030405 06", DF, "80E0000007 3F020095F0FFFF"]);
    card.run(&["80D4010007 3AF0EF0133 1234", &key("39", "01", "11F0 02 33", &MASTER)]);
    card.run(&["80E0000507 280004F1F2FFFF", "00D6850002 CAFE", DF]);
    let proof = card.proof(1, &MASTER);
    assert_eq!(card.bytes(&proof), "6982");
    card.check(&[("00B0850002", "6982"), ("00D6850001 00", "6982"), ("0020000002 1234", "9000")]);
    card.check(&[("00B0850002", "CAFE 9000"), ("00D6850001 00", "6982")]);
    card.authenticate(1, &MASTER);
    card.check(&[("00B0850002", "CAFE 9000"), ("00D6850001 00", "9000")]);
    let proof = card.proof(1, &MASTER);
    assert_eq!(card.bytes(&proof), "6982", "in state 2 no more");
}
