//! INIT SAM FOR PURCHASE and CREDIT SAM FOR PURCHASE: values computed apart from the card, and
//! every refusal.

use tessera_cos::session::SESSION_BYTES;
use tessera_framework::Clear;

use super::*;

const CREDIT: &str = "8072000004 E5B62546";
const WRONG: &str = "8072000004 E5B62547";

#[test]
fn a_purchase_of_one_level() {
    let mut card = Dialogue::usual();
    card.check(&[
        ("00B0990004", "000000019000"),
        (&init_usual(), &format!("00000001{MAC1}9000")),
        ("00B0990004", "000000029000"),
        (CREDIT, "9000"),
        // Once.
        (CREDIT, "6901"),
    ]);
}

/// A terminal identifier and a number of a published layout; values of its derived vector.
#[test]
fn a_purchase_of_two_levels_applies_the_last_factor_first() {
    let root = key("4200", MASTER);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 112233445566"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC1, "0019 F0 EF 00 00000009"),
        (0xC3, &root),
    ]));
    card.run(&[ADF]);
    card.check(&[
        (
            "8070000024A1B2C3D4020700000064062025010203040500001122334455667788B1B1BEA9B1B1BEA908",
            "000000096BDEEF109000",
        ),
        ("80720000043B4B7DC6", "9000"),
    ]);
}

#[test]
fn the_type_is_whatever_the_user_card_was_told() {
    // MAC1 of each, computed apart from the card; MAC2 does not cover the type.
    for (type_byte, mac1) in [("05", "9B72C41E"), ("09", "9A1BC2B8"), ("92", "BF459441")] {
        let mut card = Dialogue::usual();
        let init = init_usual().replacen("0000006406", &format!("00000064{type_byte}"), 1);
        card.check(&[(&init, &format!("00000001{mac1}9000")), (CREDIT, "9000")]);
    }
}

#[test]
fn a_key_of_eight_bytes_and_algorithm_01_in_the_command() {
    let mut card = Dialogue::usual();
    card.check(&[(&init("02", "01", CARD), "00000001 1269AD46 9000")]);
}

/// Keys of version 03: one with one level, one with two.
#[test]
fn keys_of_one_version_are_told_apart_by_their_levels() {
    let mut card = Dialogue::usual();
    card.check(&[(&init("03", "00", CARD), &format!("00000001{MAC1}9000"))]);
    card.check(&[(&init("03", "00", &format!("{CARD}B1B1BEA9B1B1BEA9")), "00000002C1E824749000")]);
}

#[test]
fn the_settlement_of_social_security_cards() {
    let root = key("4201", PURCHASE);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 02 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 323304001122"),
        (0xC0, "1001 02 D15600000590"),
        (0xC1, "0019 F0 EF 00 00000006"),
        (0xC3, &root),
    ]));
    card.run(&[ADF]);
    // The same data as of a published layout; the values computed apart from the card.
    let init = "807001002CC75DE8C100000000000000003CF000003390322025032014150001018601330400000298\
                333330343030737808";
    card.check(&[
        (init, "00000006 1D0ED184 9000"),
        ("8072000004 00000000", "63CF"),
        ("8072000004 788BF075", "9000"),
    ]);
    // Tries in a row: they are all back.
    card.run(&[init]);
    card.check(&[("8072000004 00000000", "63CF"), ("8072000004 00000000", "9303")]);
}

#[test]
fn init_is_refused_and_spends_no_number() {
    let mut card = Dialogue::usual();
    let factors = format!("{CARD}{CARD}");
    for (command, status) in [
        ("8070000100", "6A86"),
        ("8070020000", "6A86"),
        ("80700000", "6700"),
        (&command("80700000", OPENING), "6700"),
        (&command("80700000", &format!("{OPENING}0100{CARD}00")), "6700"),
        (&command("80700000", &format!("{OPENING}01009900000001")), "6700"),
        (&init("01", "00", ""), "6700"),
        (&init("01", "00", &factors), "6700"),
        (&init("03", "00", &format!("{factors}{CARD}")), "6700"),
        (&init("01", "02", CARD), "6A80"),
        (&init("01", "FF", CARD), "6A80"),
        (&init("00", "00", CARD), "9403"),
        // 2801 is no purchase key, and versions of other kinds do not count.
        (&init("05", "00", CARD), "9403"),
        (&init("04", "00", CARD), "6982"),
        ("8470000000", "6E00"),
    ] {
        card.refused(command, status);
    }
    assert_eq!(card.number(), 1);
}

#[test]
fn without_its_files_there_is_no_purchase() {
    let root = key("2201", PURCHASE);
    let mf = (0xC0, "3F00 03 315041592E5359532E4444463031");
    let adf = (0xC0, "1001 03 F054455353455241");
    let terminal = (0xC1, "0016 F0 F0 00 330499000001");
    let number = (0xC1, "0019 F0 EF 00 00000001");
    for (objects, status) in [
        (&[mf, adf, number, (0xC3, &root)][..], "6A82"),
        (&[mf, terminal, adf, (0xC3, &root)], "6A82"),
        (&[mf, (0xC1, "0016 F0 F0 00 3304990000"), adf, number, (0xC3, &root)], "6981"),
        (&[mf, terminal, adf, (0xC1, "0019 F0 EF 00 000001"), (0xC3, &root)], "6981"),
        (&[mf, terminal, adf, (0xC2, "0019 F0 EF 00 0400000001"), (0xC3, &root)], "6981"),
    ] {
        let mut card = Dialogue::new(&installation(objects));
        card.run(&[ADF]);
        card.refused(&init_usual(), status);
    }
    // The MF has neither keys nor a number.
    let mut card = Dialogue::usual();
    card.run(&["00A40000023F00"]);
    card.refused(&init_usual(), "9403");
    // And 1003 has a key and no number.
    card.run(&["00A40000021003"]);
    card.refused(&init_usual(), "6A82");
}

#[test]
fn the_last_number_is_not_given_out() {
    let root = key("2201", PURCHASE);
    let mut card = Dialogue::new(&installation(&[
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0016 F0 F0 00 330499000001"),
        (0xC0, "1001 03 F054455353455241"),
        (0xC1, "0019 F0 EF 00 FFFFFFFE"),
        (0xC3, &root),
    ]));
    card.run(&[ADF]);
    assert!(card.send(&init_usual()).starts_with("FFFFFFFE"));
    card.check(&[("00B0990004", "FFFFFFFF9000")]);
    card.refused(&init_usual(), "9402");
    // Also from MAC to nothing: what waited is over.
    card.check(&[(CREDIT, "6901")]);
}

#[test]
fn each_application_has_its_number_and_its_keys() {
    let mut card = Dialogue::usual();
    card.run(&[&init_usual(), "00A40000021002"]);
    assert!(card.send(&init_usual()).starts_with("000000FE"));
    assert_eq!(card.number(), 0xFF);
    card.run(&[ADF]);
    assert_eq!(card.number(), 2);
}

#[test]
fn credit_is_refused() {
    let mut card = Dialogue::usual();
    card.refused(CREDIT, "6901");
    card.run(&[&init_usual()]);
    for (command, status) in [
        ("8072000104 E5B62546", "6A86"),
        ("8072010004 E5B62546", "6A86"),
        ("80720000", "6700"),
        ("8072000003 E5B625", "6700"),
        ("8072000005 E5B6254600", "6700"),
        ("8472000004 E5B62546", "6E00"),
        ("0072000004 E5B62546", "6E00"),
    ] {
        card.refused(command, status);
    }
    card.check(&[(WRONG, "9302"), (CREDIT, "9000")]);
}

/// The terminal may have MAC2 from the card's proof, some commands later.
#[test]
fn the_transaction_waits_until_mac2_was_right_or_something_ends_it() {
    let mut waiting = Dialogue::usual();
    waiting.run(&[&init_usual()]);
    for commands in [
        &["00B0990004"][..],
        &["0084000004", "0084000008"],
        &["801A0800", "80FA000008 0000000000000000", "801A2801081122334455667788"],
        &["00A4000002AAAA"],
        &["00A4040003AAAAAA"],
        &["00A40000020019", "00A4000C020017"],
        &["8072000004 00000000"],
    ] {
        let mut card = waiting.clone();
        for command in commands {
            card.send(command);
        }
        card.check(&[(CREDIT, "9000")]);
    }
    for ends in ["8070000000", "E0400000", ADF, "00A40000021002", "00A40000023F00"] {
        let mut card = waiting.clone();
        card.send(ends);
        card.run(&[ADF]);
        card.check(&[(CREDIT, "6901")]);
        if ends.starts_with("00A4") {
            continue;
        }
        let mut card = waiting.clone();
        card.send(ends);
        card.check(&[(CREDIT, "6901")]);
    }
    let mut card = waiting.clone();
    card.reset();
    card.run(&[ADF]);
    card.check(&[(CREDIT, "6901")]);
}

/// RAM behind the session, where session keys and temporary keys are.
fn kept(card: &mut Dialogue) -> Vec<u8> {
    card.0.env().ram(Clear::OnDeselect)[SESSION_BYTES.into()..].to_vec()
}

#[test]
fn nothing_is_left_of_what_is_over() {
    let lock = "E04000001C A1B2C3D4 0206 00001000 92 20250102030405 01 00 9900000001290011";
    for (begin, end) in [
        (&*init_usual(), CREDIT),
        (&init_usual(), ADF),
        ("801A0800", "801A0000"),
        ("BFDE0800080000000000000000", "80700000"),
        (lock, ADF),
    ] {
        let mut card = Dialogue::usual();
        card.run(&[begin]);
        assert!(kept(&mut card).iter().any(|&byte| byte != 0), "{begin}");
        card.send(end);
        assert!(kept(&mut card).iter().all(|&byte| byte == 0), "{begin}, then {end}");
    }
    // Locked by the last try.
    let mut card = Dialogue::usual();
    card.run(&["801A0800", &init_usual()]);
    card.check(&[(WRONG, "9302"), (WRONG, "9302"), (WRONG, "9303")]);
    assert!(kept(&mut card).iter().all(|&byte| byte == 0));
    // A key of eight bytes behind one of sixteen.
    let mut card = Dialogue::usual();
    card.run(&["801A0802"]);
    let short = kept(&mut card);
    let mut card = Dialogue::usual();
    card.run(&["801A0800", "801A0802"]);
    assert_eq!(kept(&mut card), short);
}

#[test]
fn a_new_purchase_takes_the_place_of_the_one_that_waits() {
    let mut card = Dialogue::usual();
    card.run(&[&init_usual(), &init_usual()]);
    card.check(&[(CREDIT, "9302")]);
    assert_eq!(card.number(), 3);
}
