//! `[social-security-psam]`: what the built-in profile puts on the card, what a reader program
//! sends it, and what is said of each mistake.

use super::*;
use tessera_social_security::keys::KEYS;

const DF01: (&str, &str) = ("00 A4 00 00 02 DF01", "610A");
const BLOCK: &str = "0102030405060708";
const CITY: &str = "8601330400000298 3333303430307378";
const PROVINCE: &str = "8601330400000298 3333303430307378 3333303030307368";
const CHALLENGE: &str = "0B2ACE5DEF2ECF12";

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "social-security-psam").unwrap().1
}

fn card(text: &str) -> Card {
    let mut card = Card::from_profile(&Profile::parse("card.toml", text).unwrap()).unwrap();
    card.power_on().unwrap();
    card
}

/// A command by header and data.
fn command(header: &str, data: &str) -> String {
    format!("{header} {:02X} {data}", testing::bytes(data).len())
}

#[test]
fn what_published_reader_programs_send() {
    let mut card = card(text());
    testing::check(
        &mut card,
        &[
            ("00 A4 00 00 02 3F00", "6117"),
            ("00 C0 00 00 17", "6F15 840E 315041592E5359532E4444463031 A503 880101 9000"),
            ("00 B0 95 00 0F", "01 33049901000000000002 01 01 0000 9000"),
            ("00 B0 96 00 06", "330400112233 9000"),
            ("00 B2 01 0C 0A", "6108 4F06 D15600000590 9000"),
            DF01,
            ("00 C0 00 00 0A", "6F08 8406 D15600000590 9000"),
            ("00 B0 9A 00 01", "01 9000"),
            ("00 B0 9C 00 0A", "01 01 20250101 20451231 9000"),
            ("00 A4 00 00 02 0019", "9000"),
            ("00 B0 00 00 04", "00000006 9000"),
            // The read key of DF03, then internal authentication.
            (&command("BF DE 67 2B", &format!("{PROVINCE} {CHALLENGE}")), "9000"),
            ("80 FA 00 00 08 0102030405060708", "6108"),
            ("00 C0 00 00 08", "BC3BDD04DC434A90 9000"),
            (&command("BF DE 67 08", &format!("{PROVINCE} {CHALLENGE}")), "9000"),
            ("80 FA 00 00 08 0102030405060708", "6108"),
            ("00 C0 00 00 08", "CC2E0AA96B950738 9000"),
            // A settlement.
            (
                "80 70 01 00 2C C75DE8C1 0000 00000000 00003CF0 00003390 32 20250320 141500 01 01 \
                 8601330400000298 3333303430307378",
                "6108",
            ),
            ("00 C0 00 00 08", "00000006 48C6F9DF 9000"),
            ("80 72 00 00 04 B90A5170", "63CF"),
            ("80 72 00 00 04 B90A5171", "9000"),
            // By the city's key, with the card's factor alone.
            (
                "80 70 01 00 24 BEE98BF1 0001 000009C4 00000FA0 00002D50 32 20250321 090001 02 01 \
                 8601330400000298",
                "6108",
            ),
            ("00 C0 00 00 08", "00000007 A8DB0413 9000"),
            ("80 72 00 00 04 F121046F", "9000"),
        ],
    );
    let words = card.profile().vocabulary();
    let files: Vec<_> = words.dfs.iter().flat_map(|df| df.efs.iter().map(|ef| ef.fid)).collect();
    assert_eq!(files, [0x0015, 0x0016, 0x0001, 0x0019, 0x001A, 0x001B, 0x001C]);
}

/// A session key of each key that a terminal may use so, and one more by an unknown number.
#[test]
fn every_key_of_the_table_is_there() {
    let mut des = card(text());
    let mut sm4 = card(&text().replace("[keys]", "[keys]\nalgorithm = \"SM4\""));
    let long = "00112233445566778899AABBCCDDEEFF";
    for (card, challenge) in [(&mut des, CHALLENGE), (&mut sm4, long)] {
        testing::check(card, &[DF01]);
        let with_psam = KEYS.iter().filter(|entry| entry.psam_usage != 0);
        let mut asked = 0;
        for entry in with_psam {
            let factors = if entry.levels == 3 { PROVINCE } else { CITY };
            let header = format!("BF DE {:02X} {:02X}", entry.psam_usage, entry.psam_kid);
            let says = if entry.psam_usage == 0x42 { "6985" } else { "9000" };
            testing::check(card, &[(&command(&header, &format!("{factors} {challenge}")), says)]);
            asked += 1;
        }
        assert_eq!(asked, 63);
        let unknown = command("BF DE 47 99", &format!("{CITY} {challenge}"));
        testing::check(card, &[(&unknown, "6A88")]);
    }
}

/// Authenticators of keys that no public table has; computed apart from the card.
#[test]
fn keys_of_ledger_library_and_employer() {
    let mut card = card(text());
    testing::check(&mut card, &[DF01]);
    for (key, answer) in [
        ("47 B4", "3032370D3A2E2F1F"),
        ("47 94", "F1E9F81FE4F620C1"),
        ("47 A2", "DB8409F5D37D04BB"),
        ("47 AB", "3ADD558F4ACBC652"),
    ] {
        let deliver = command(&format!("BF DE {key}"), &format!("{CITY} {CHALLENGE}"));
        testing::check(
            &mut card,
            &[
                (&deliver, "9000"),
                (&command("80 FA 00 00", BLOCK), "6108"),
                ("00 C0 00 00 08", &format!("{answer} 9000")),
            ],
        );
    }
    // The statement key makes MACs.
    let mac = "0000000000000000 D44E00001B000080";
    testing::check(
        &mut card,
        &[
            (&command("BF DE 46 99", &format!("{CITY} {CHALLENGE}")), "9000"),
            (&command("80 FA 05 00", mac), "6104"),
            ("00 C0 00 00 04", "F6261C2D 9000"),
        ],
    );
}

#[test]
fn a_pin_another_version_and_keys_of_ones_own() {
    let text = format!("{}key-version = 2\npin = \"123456\"\nmac2-tries = 1\n", text());
    let own = "[keys.own]\nRKSSSE = \"E6AE3D2843156636B257A425284A6CDD\"\n[social-security-psam]";
    let mut card = card(&text.replace("[social-security-psam]", own));
    let second = command("BF DE 48 12", &format!("{CITY} {CHALLENGE}"));
    // Of a key that was given, version 1 is this and version 2 is not.
    testing::check(
        &mut card,
        &[
            DF01,
            (&second, "6982"),
            ("00 20 00 00 03 123456", "9000"),
            (&second, "9000"),
            (&command("80 FA 00 00", BLOCK), "6108"),
            ("00 C0 00 00 08", "EFB9D88C6BFB1289 9000"),
            ("00 B0 9A 00 02", "01 02 9000"),
        ],
    );
    let settle = "80 70 01 00 2C C75DE8C1 0000 00000000 00003CF0 00003390 32 20250320 141500 01 01 \
                  8601330400000298 3333303430307378";
    testing::check(&mut card, &[(settle, "6108"), ("80 72 00 00 04 00000000", "9303")]);
}

#[test]
fn mistakes_name_their_line() {
    for (from, to, says) in [
        ("terminal = \"330400112233\"", "terminal = \"3304001122\"", "expected 6 bytes"),
        (
            "terminal = \"330400112233\"",
            "terminal = \"33040011223A\"",
            "expected 12 decimal digits, got \"33040011223A\"",
        ),
        ("serial = \"33049901000000000002\"", "serial = \"3304\"", "expected 10 bytes"),
        ("number = 6", "key-version = 4", "expected a version of 1 to 3, got 4"),
        ("number = 6", "key-version = 0", "expected a version of 1 to 3, got 0"),
        ("number = 6", "mac2-tries = 16", "expected 1 to 15 tries, got 16"),
        ("number = 6", "pin = \"12\"", "expected a PIN of 2 to 8 bytes, got 1 bytes"),
        ("number = 6", "valid = [\"20250101\", \"2045\"]", "expected 4 bytes, got 2 bytes"),
        ("number = 6", "size = 1", "unknown field `size`"),
        ("[keys]\nregion = \"330400\"\n", "", "expected a section [keys] beside it, got none"),
        ("[keys]", "[iso7816]\n[keys]", "a section that brings the card's MF, alone"),
        ("[keys]", "[psam]\n[keys]", "a section that brings the card's MF, alone"),
        ("[keys]", "[purse]\n[keys]", ""),
    ] {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from} stands in the profile");
        let error = Profile::parse("card.toml", &changed).unwrap_err().to_string();
        assert!(error.contains(says), "{from} -> {to}\n  got: {error}\n  not: {says}");
        assert!(error.starts_with("card.toml:"), "{error}");
    }
}
