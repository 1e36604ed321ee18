//! The grey lock: values computed apart from the card, every refusal.

use super::*;

/// INIT for the user card of the derived vector of the published formulas.
const INIT: &str = "E04000001C A1B2C3D4 0206 00001000 92 20250102030405 01 00 9900000001290011";
const CHECK: &str = "E042000004 76BD60C2";
const DEBIT: &str = "E04400000F 94 9900000001290011 0206 00000123";
const MAC1: &str = "18AD713A";
const GMAC: &str = "C9E03C30";

/// After E0 40, with 5A6B7C8D as the terminal's random number.
fn begun() -> Dialogue {
    let mut card = Dialogue::usual();
    card.0.queue_random(&unhex("5A6B7C8D"));
    card.check(&[(INIT, &format!("00000001 5A6B7C8D {MAC1} 9000"))]);
    card
}

#[test]
fn a_lock_and_its_gmac() {
    let mut card = begun();
    assert_eq!(card.number(), 2);
    card.check(&[
        (DEBIT, "6901"),
        (CHECK, "9000"),
        // Other commands in between, and a repeated check, change nothing.
        ("00B0990004", "000000029000"),
        (CHECK, "9000"),
        (DEBIT, &format!("{GMAC}9000")),
        (CHECK, "6901"),
    ]);
}

/// The answer may be lost on its way: asked the same, the card says the same.
#[test]
fn gmac_is_given_again_for_the_same_amount_alone() {
    let mut card = begun();
    card.check(&[(CHECK, "9000"), (DEBIT, &format!("{GMAC}9000"))]);
    for other in [
        "E04400000F 94 9900000001290011 0206 00000124",
        "E04400000F 94 9900000001290011 0206 00000000",
        "E04400000F 93 9900000001290011 0206 00000123",
        "E04400000F 94 9900000001290012 0206 00000123",
        "E04400000F 94 9900000001290011 0207 00000123",
    ] {
        card.refused(other, "6985");
    }
    // Neither MAC2 of the lock nor of a purchase is asked for any more.
    for mac2 in [CHECK, "E042000004 00000000", "8072000004 00000000"] {
        card.refused(mac2, "6901");
    }
    card.check(&[
        ("00A4000002 0017", &card.clone().send("00A4000002 0017")),
        (DEBIT, &format!("{GMAC}9000")),
        (DEBIT, &format!("{GMAC}9000")),
    ]);
    for ends in [&*init_usual(), INIT, "8070000000", "E0400000", ADF, "00A40000021002"] {
        let mut card = card.clone();
        card.run(&[DEBIT]);
        card.send(ends);
        card.refused(DEBIT, "6901");
    }
    card.reset();
    card.run(&[ADF]);
    card.refused(DEBIT, "6901");
}

#[test]
fn a_file_selected_in_between_changes_nothing() {
    let mut card = begun();
    card.run(&["00A4000002 0019", CHECK, "00A4000002 0017"]);
    card.check(&[(DEBIT, &format!("{GMAC}9000"))]);
}

#[test]
fn the_deposit_has_types_91_and_93() {
    let mut card = Dialogue::usual();
    card.0.queue_random(&unhex("5A6B7C8D"));
    card.run(&[&INIT.replacen(" 92 ", " 91 ", 1), CHECK]);
    card.refused(DEBIT, "6985");
    card.run(&[&DEBIT.replacen(" 94 ", " 93 ", 1)]);
}

#[test]
fn what_is_locked_is_what_is_debited() {
    let mut card = begun();
    card.run(&[CHECK]);
    for other in [
        "E04400000F 93 9900000001290011 0206 00000123",
        "E04400000F 94 9900000001290012 0206 00000123",
        "E04400000F 94 9900000001290011 0207 00000123",
    ] {
        card.refused(other, "6985");
    }
    card.check(&[(DEBIT, &format!("{GMAC}9000"))]);
}

#[test]
fn it_is_refused() {
    let mut card = Dialogue::usual();
    for (command, status) in [
        ("E0400100", "6A86"),
        ("E0400000", "6700"),
        (&INIT.replacen("1C ", "1B ", 1).replacen("90011", "900", 1), "6700"),
        (&INIT.replacen(" 92 ", " 93 ", 1), "6A80"),
        (&INIT.replacen(" 92 ", " 06 ", 1), "6A80"),
        (&INIT.replacen(" 01 00 ", " 01 02 ", 1), "6A80"),
        (&INIT.replacen(" 01 00 ", " 00 00 ", 1), "9403"),
        (&INIT.replacen(" 01 00 ", " 04 00 ", 1), "6982"),
        ("8040000000", "6E00"),
        (CHECK, "6901"),
        ("E042000104 00000000", "6A86"),
        ("E042000003 000000", "6700"),
        ("8042000004 00000000", "6E00"),
        (DEBIT, "6901"),
        ("E04400010F 949900000001290011020600000123", "6A86"),
        ("E04400000E 9499000000012900110206000001", "6700"),
        ("8044000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    // A purchase key of two levels alone.
    let root = key("4203", MASTER);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 330499000001"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC3, &root),
    ]));
    card.run(&[ADF]);
    card.refused(&INIT.replacen(" 01 00 ", " 03 00 ", 1), "6700");
}

#[test]
fn a_purchase_and_a_lock_take_each_others_place() {
    let mut card = begun();
    card.refused("8072000004 76BD60C2", "6901");
    card.run(&[&init_usual()]);
    card.refused(CHECK, "6901");
    card.run(&[INIT]);
    card.refused("8072000004 E5B62546", "6901");
}

#[test]
fn a_wrong_mac2_is_counted_with_those_of_purchases() {
    let mut card = begun();
    card.check(&[("E042000004 00000000", "9302")]);
    card.run(&[&init_usual()]);
    card.check(&[("8072000004 00000000", "9302")]);
    card.run(&[INIT]);
    card.check(&[("E042000004 00000000", "9303"), (CHECK, "9303"), (INIT, "9303")]);
}

#[test]
fn the_last_number_is_not_given_out() {
    let root = key("2201", PURCHASE);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 330499000001"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC1, "0019 F0 EF 00 FFFFFFFF"),
        (0xC3, &root),
    ]));
    card.run(&[ADF]);
    card.refused(INIT, "9402");
}
