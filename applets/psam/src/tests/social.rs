//! The module for social-security cards: values computed apart from the card with public test
//! keys, and every refusal that is its own.

mod load;
mod tear;

use super::*;

/// The first 16 bytes of SHA-256 over VSC-TEST: and the key's label.
const IRK: &str = "74738433AB1B5917AF2C4A777E649C2A";
const UKSSSE: &str = "E6AE3D2843156636B257A425284A6CDD";
const RK1DF03: &str = "5351F93BBADC08A09DC65284E88E1941";
const STK: &str = "2859C8D165A745DEBEF7448CB401CF7A";
const DPK1: &str = "B0F5985549CB94B65B79B292A69CCA36";
const DPK2: &str = "CA34930932978B81FC5BEEE1F24283D0";
const DPK3: &str = "D2FC0062375554AB5EB2A19D0CD9C338";
/// DPK1 by the city's factor.
const DPK1_CITY: &str = "0F0F3FC8EC394CC3E10F400BF2EB3D0B";
const ML_DPK1: &str = "E56A2B83859538CAED60FB3CE6CD2552";
const ML_DPK2: &str = "49F552EA35A1A4558C1598D76E6F5F98";
const ML_DPK3: &str = "07D1D9E3A1C987C729E0C6C0B2EED5A3";

const USER: &str = "8601330400000298";
const CITY: &str = "3333303430307378";
const PROVINCE: &str = "3333303030307368";

const CHALLENGE: &str = "0B2ACE5DEF2ECF12";
const LONG_CHALLENGE: &str = "E8BC163C82EEE18733288C7D4AC636DB";
const FACTOR: &str = "0102030405060708";

/// Selects the application.
const DF01: &str = "00A4000002DF01";
/// A settlement, with the key version 01 and the algorithm behind it.
const SETTLEMENT: &str = "C75DE8C1 0000 000000000000 3CF000003390 32 20250320 141500";
/// A settlement with the ledger.
const LEDGER: &str = "01020304 0007 000009C4 00000FA0 00002D50 00000064 30 01 01 20250321 090001";

/// The card with keys of one cipher, its application selected.
fn card(algorithm: &str) -> Dialogue {
    let mut card = with(algorithm, &[]);
    card.run(&[DF01]);
    card
}

/// The same, with objects more at its end.
fn with(algorithm: &str, more: &[(u8, &str)]) -> Dialogue {
    let keys = [
        ("6708", IRK),
        ("4812", UKSSSE),
        ("672B", RK1DF03),
        ("4609", STK),
        ("4201", DPK1),
        ("4202", DPK2),
        ("4203", DPK3),
        ("2201", if algorithm == "00" { DPK1_CITY } else { DPK1 }),
        ("4291", ML_DPK1),
        ("4292", ML_DPK2),
        ("4293", ML_DPK3),
    ]
    .map(|(name, key)| format!("{name} {algorithm} F0 00 03 {key}"));
    let master = key("0000", MASTER);
    let maintenance = key("0100", MAINTENANCE);
    let mut objects = vec![
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0015 F0 F0 80 01 33049901000000000002 01 01 0000"),
        (0xC1, "0016 F0 F0 80 330400112233"),
        (0xC2, "0001 F0 F0 80 0A 61084F06D15600000590"),
        (0xC0, "DF01 0F D15600000590"),
        (0xC1, "0019 F0 EF 00 00000006"),
        (0xC1, "001A F0 F0 80 01 01 20250101 20451231"),
        (0xC1, "001B F0 F0 80 02 01 20250101 20451231"),
        (0xC1, "001C F0 F0 80 03 01 20250101 20451231"),
        (0xC3, &*master),
        (0xC3, &*maintenance),
    ];
    objects.extend(keys.iter().map(|key| (0xC3, &**key)));
    objects.extend(more);
    Dialogue::of(Psam::SOCIAL_SECURITY, &installation(&objects))
}

fn settlement(version: &str, algorithm: &str, factors: &str) -> String {
    command("80700100", &format!("{SETTLEMENT}{version}{algorithm}{factors}"))
}

fn ledger(version: &str, algorithm: &str) -> String {
    command("80700200", &format!("{LEDGER}{version}{algorithm}{USER}{CITY}"))
}

#[test]
fn files_are_where_terminals_read_them() {
    let mut card = with("00", &[]);
    card.check(&[
        ("00B095000F", "01 33049901000000000002 01 01 0000 9000"),
        ("00B0960006", "330400112233 9000"),
        ("00B2010C0A", "61084F06D15600000590 9000"),
        (DF01, "6F08 8406 D15600000590 9000"),
        ("00A40000023F00", "6F15 840E 315041592E5359532E4444463031 A503 880101 9000"),
        ("00A4040006D15600000590", "6F08 8406 D15600000590 9000"),
        ("00B0990004", "00000006 9000"),
        ("00B09A0001", "01 9000"),
        ("00B09B0001", "02 9000"),
        ("00B09C0001", "03 9000"),
        ("00A40000020019", "9000"),
        ("00B0000004", "00000006 9000"),
        // Nobody writes the number.
        ("00D6990004 00000001", "6982"),
    ]);
}

/// What the user card compares: the factor under the session key.
#[test]
fn authenticators_of_two_and_three_levels() {
    let mut card = card("00");
    for (class, key, factors, answer) in [
        ("BF", "4812", format!("{USER}{CITY}"), "BFBB5F69FD33404F"),
        ("80", "4812", format!("{USER}{CITY}"), "BFBB5F69FD33404F"),
        ("BF", "672B", format!("{USER}{CITY}{PROVINCE}"), "BC3BDD04DC434A90"),
        ("80", "6708", format!("{USER}{CITY}{PROVINCE}"), "CC2E0AA96B950738"),
    ] {
        let deliver = command(&format!("{class}DE{key}"), &format!("{factors}{CHALLENGE}"));
        card.check(&[
            (&deliver, "9000"),
            (&command("80FA0000", FACTOR), &format!("{answer} 9000")),
        ]);
    }
}

#[test]
fn an_authenticator_under_sm4_is_a_whole_block_and_the_terminal_folds_it() {
    let mut card = card("04");
    let data = format!("{USER}{CITY}{PROVINCE}{LONG_CHALLENGE}");
    card.check(&[
        (&command("BFDE672B", &data), "9000"),
        ("80FA000010 0102030405060708 0000000000000000", "7161493E78ED0FF6AC05ECB65439B3EC 9000"),
        ("80FA000008 0102030405060708", "6700"),
    ]);
}

/// An UPDATE of a record, its MAC by STK.
#[test]
fn macs_of_maintenance_in_one_piece_and_in_several() {
    let mut des = card("00");
    des.run(&[&command("BFDE4609", &format!("{USER}{CITY}{CHALLENGE}"))]);
    let [first, second, last] = ["04DC010414000102", "030405060708090A", "0B0C0D0E0F800000"];
    let zero = "0000000000000000";
    des.check(&[
        (&command("80FA0500", &format!("{zero}{first}{second}{last}")), "6B6587B5 9000"),
        (&command("80FA0700", &format!("{zero}{first}")), "9000"),
        (&command("80FA0300", second), "9000"),
        (&command("80FA0100", last), "6B6587B5 9000"),
        // A MAC key enciphers nothing.
        (&command("80FA0000", zero), "6985"),
    ]);
    let mut sm4 = card("04");
    sm4.run(&[&command("BFDE4609", &format!("{USER}{CITY}{LONG_CHALLENGE}"))]);
    let [first, second, last] = [
        "04DC010424000102030405060708090A",
        "0B0C0D0E0F101112131415161718191A",
        "1B1C1D1E1F8000000000000000000000",
    ];
    sm4.check(&[
        (&command("80FA0500", &format!("{zero}{zero}{first}{second}{last}")), "3B714680 9000"),
        (&command("80FA0700", &format!("{zero}{zero}{first}")), "9000"),
        (&command("80FA0300", second), "9000"),
        (&command("80FA0100", last), "3B714680 9000"),
        (&command("80FA0500", &format!("{zero}{zero}")), "6700"),
        (&command("80FA0500", &format!("{zero}{zero}{zero}")), "6700"),
    ]);
}

#[test]
fn session_keys_are_refused() {
    let mut des = card("00");
    let mut sm4 = card("04");
    let two = format!("{USER}{CITY}");
    for (header, data, status) in [
        ("BFDE4812", String::new(), "6700"),
        ("BFDE4812", two.clone(), "6700"),
        ("BFDE4812", format!("{USER}{CHALLENGE}"), "6700"),
        ("BFDE4812", format!("{two}{CITY}{CHALLENGE}00"), "6700"),
        // Sixteen bytes are a challenge of SM4, and this key is none.
        ("BFDE4812", format!("{two}{LONG_CHALLENGE}"), "6700"),
        ("BFDE4899", format!("{two}{CHALLENGE}"), "6A88"),
        ("BFDE4712", format!("{two}{CHALLENGE}"), "6A88"),
        ("BFDE2812", format!("{USER}{CHALLENGE}"), "6A88"),
        // Purchase keys authorise settlements and nothing else; the card's own keys stay at home.
        ("BFDE4201", format!("{two}{CHALLENGE}"), "6985"),
        ("BFDE4291", format!("{two}{CHALLENGE}"), "6985"),
        ("BFDE0000", CHALLENGE.into(), "6985"),
        ("BFDE0100", CHALLENGE.into(), "6985"),
        ("90DE4812", format!("{two}{CHALLENGE}"), "6E00"),
    ] {
        des.refused(&command(header, &data), status);
    }
    sm4.refused(&command("BFDE4812", &format!("{two}{CHALLENGE}")), "6700");
    sm4.refused(&command("BFDE4201", &format!("{two}{LONG_CHALLENGE}")), "6985");
}

#[test]
fn commands_of_the_other_card_are_not_known() {
    let mut card = card("00");
    for (command, status) in [
        (&*format!("801A481210{USER}{CITY}"), "6D00"),
        ("E0400000", "6D00"),
        ("E0420000", "6D00"),
        ("E0440000", "6D00"),
        (&init_usual(), "6A86"),
        ("80FA020008 0000000000000000", "6A86"),
        ("80FA800008 0000000000000000", "6A86"),
        ("80700300", "6A86"),
        ("8072010004 00000000", "6A86"),
        ("8072030004 00000000", "6A86"),
    ] {
        card.refused(command, status);
    }
    // And the other card knows nothing of a ledger.
    let mut purse = Dialogue::usual();
    purse.refused(&ledger("01", "00"), "6A86");
    purse.refused("807202000C 0000000000000000 00000000", "6A86");
}

/// MAC1 and MAC2 of the rules' known answers.
#[test]
fn a_settlement_of_two_factors_or_of_one() {
    for (version, factors) in [("01", format!("{USER}{CITY}")), ("01", USER.into())] {
        for algorithm in ["00", "01"] {
            let mut card = card("00");
            card.check(&[
                (&settlement(version, algorithm, &factors), "00000006 48C6F9DF 9000"),
                ("00B0990004", "00000007 9000"),
                ("8072000004 B90A5172", "63CF"),
                ("8072000004 B90A5171", "9000"),
                ("8072000004 B90A5171", "6901"),
            ]);
        }
    }
}

#[test]
fn a_settlement_under_sm4() {
    let mut card = card("04");
    let two = format!("{USER}{CITY}");
    card.check(&[
        (&settlement("01", "03", &two), "00000006 EDA65809 9000"),
        ("8072000004 BF162240", "63CF"),
        ("8072000004 BF162241", "9000"),
    ]);
    for algorithm in ["00", "01", "02", "04", "FF"] {
        card.refused(&settlement("01", algorithm, &two), "6A80");
    }
    // SM4 of a key that is none.
    let mut des = self::card("00");
    for algorithm in ["02", "03", "04", "FF"] {
        des.refused(&settlement("01", algorithm, &two), "6A80");
    }
}

/// Each of the three keys, and what the card says of its entry.
#[test]
fn settlements_with_the_ledger() {
    let entry = "00000009 00017AD4";
    for (keys, algorithm, values) in [
        (
            "00",
            "01",
            [("18499C9B", "F6E5C91A"), ("D4FE3B8A", "FBB763F8"), ("3E037800", "D1E04CD8")],
        ),
        (
            "04",
            "03",
            [("FB7E3722", "D1311F4F"), ("81B72A3D", "9C6A1452"), ("EECAA28B", "0EE2107F")],
        ),
    ] {
        for (version, (mac1, mac2)) in ["01", "02", "03"].into_iter().zip(values) {
            let mut card = card(keys);
            let right = format!("807202000C{entry}{mac2}");
            card.check(&[
                (&ledger(version, algorithm), &format!("00000006 {mac1} 9000")),
                // The form of the card's own account does not answer for it.
                (&format!("8072000004{mac2}"), "6901"),
                (&format!("807202000C 0000000A 00017AD4 {mac2}"), "63CF"),
                (&format!("807202000C 00000009 00017AD5 {mac2}"), "63CF"),
                (&right, "9000"),
                (&right, "6901"),
                ("00B0990004", "00000007 9000"),
            ]);
        }
    }
}

#[test]
fn a_settlement_is_refused_and_spends_no_number() {
    let mut card = card("00");
    let two = format!("{USER}{CITY}");
    for (command, status) in [
        ("80700100", "6700"),
        (&*settlement("01", "01", ""), "6700"),
        (&settlement("01", "01", &format!("{two}{PROVINCE}")), "6700"),
        (&settlement("02", "01", USER), "6700"),
        (&settlement("01", "01", &format!("{two}00")), "6700"),
        (&settlement("00", "01", &two), "9403"),
        (&settlement("04", "01", &two), "9403"),
        (&settlement("91", "01", &two), "9403"), // a key of the ledger
        ("80700200", "6700"),
        (&command("80700200", &format!("{LEDGER}0101{USER}")), "6700"),
        (&command("80700200", &format!("{LEDGER}0101{USER}{CITY}{PROVINCE}")), "6700"),
        (&ledger("00", "01"), "9403"),
        (&ledger("04", "01"), "9403"),
        // The same key by its version in the card.
        (&ledger("91", "01"), "9403"),
        (&ledger("FF", "01"), "9403"),
        (&ledger("01", "02"), "6A80"),
        (&ledger("01", "03"), "6A80"),
        ("8072020004 00000000", "6700"),
        ("807202000C 000000000000000000000000", "6901"),
    ] {
        card.refused(command, status);
    }
    card.check(&[("00B0990004", "00000006 9000")]);
    // What waits for MAC2 of one form waits for no other.
    card.run(&[&settlement("01", "01", &two)]);
    card.refused("807202000C 00000009 00017AD4 B90A5171", "6901");
    card.check(&[("8072000004 B90A5171", "9000")]);
}

/// Three indexes, whatever purchase keys lie beside them.
#[test]
fn a_ledger_has_three_purchase_keys() {
    let keys = ["4290", "4294"].map(|name| key(name, DPK1));
    let mut card = with("00", &[(0xC3, &*keys[0]), (0xC3, &*keys[1])]);
    card.run(&[DF01]);
    for version in ["00", "04"] {
        card.refused(&ledger(version, "01"), "9403");
    }
}

/// As many wrong ones in a row as the card was made with.
#[test]
fn wrong_mac2_lock_the_application_until_it_is_released() {
    let mut card = card("00");
    card.run(&[&settlement("01", "01", &format!("{USER}{CITY}"))]);
    for _ in 1..15 {
        card.check(&[("8072000004 00000000", "63CF")]);
    }
    card.check(&[("8072000004 00000000", "9303"), (&ledger("01", "01"), "9303")]);
    let release = card.wrap(MAINTENANCE, Protection::Checksum, "84180000", "");
    assert_eq!(card.bytes(&release), "9000");
    card.run(&[&ledger("01", "01")]);
}

#[test]
fn a_pin_stands_before_the_keys_it_was_made_to_guard() {
    let pin = key("0D00", "123456");
    let mut card = with("00", &[(0xC3, &pin), (0xC3, &format!("4813 00 F1 00 03 {UKSSSE}"))]);
    card.run(&[DF01]);
    let deliver = command("BFDE4813", &format!("{USER}{CITY}{CHALLENGE}"));
    card.refused(&deliver, "6982");
    card.check(&[
        ("0020000003 123457", "63C2"),
        ("0020000003 123456", "9000"),
        (&deliver, "9000"),
        ("80FA000008 0102030405060708", "BFBB5F69FD33404F 9000"),
        // Shown in the application, until it is left.
        ("00A40000023F00", "6F15 840E 315041592E5359532E4444463031 A503 880101 9000"),
    ]);
    card.run(&[DF01]);
    card.refused(&deliver, "6982");
}

/// The card's own keys stay DES: what uses them has no other cipher.
#[test]
fn keys_that_cannot_be_are_not_installed() {
    let bad = |key: &str| {
        let objects = [(0xC0, "3F00 03 315041592E5359532E4444463031"), (0xC3, key)];
        Rig::<SEGMENT_BYTES>::with(&Psam::SOCIAL_SECURITY, &installation(&objects)).err()
    };
    let wrong = Some(Halt::Status(StatusWord::WRONG_DATA));
    assert_eq!(bad("4201 04 F0 00 03 0011223344556677"), wrong);
    assert_eq!(bad(&format!("0000 04 F0 00 03 {MASTER}")), wrong);
    assert_eq!(bad(&format!("0100 04 F0 00 03 {MASTER}")), wrong);
    assert_eq!(bad(&format!("0E00 04 F0 00 03 {MASTER}")), wrong);
    assert_eq!(bad(&format!("2E00 04 F0 00 03 {MASTER}")), None);
    assert_eq!(bad(&format!("4201 00 F0 00 03 {MASTER}")), None);
}
