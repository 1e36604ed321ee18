//! Profiles: what the built-in ones put on a card, and what is said of each mistake.

mod account;
mod air;
mod employer;
mod library;
mod line;
mod lint;
mod medical;
mod psam;
mod purse;
mod sets;
mod social;
mod social_security_psam;

use super::{
    check::{card_number_check, citizen_number_check},
    *,
};
use crate::{Card, testing};

/// Every record of the synthetic sample holder, by file and number.
const SAMPLE: &[(&str, u8, &str)] = &[
    ("SSSE/EF05", 1, "0110330400D156000005000002985A17C3E4"),
    ("SSSE/EF05", 2, "020133"),
    ("SSSE/EF05", 3, "0304322E3030"),
    ("SSSE/EF05", 4, "040C915600000233040033040001"),
    ("SSSE/EF05", 5, "050420250105"),
    ("SSSE/EF05", 6, "060420350105"),
    ("SSSE/EF05", 7, "07094B3030303030313239"),
    ("SSSE/EF06", 1, "0812333330343939313939303031303130303138"),
    ("SSSE/EF06", 2, "091EB2E2CAD4BCD7000000000000000000000000000000000000000000000000"),
    ("SSSE/EF06", 3, "4E140000000000000000000000000000000000000000"),
    ("SSSE/EF06", 4, "0A0131"),
    ("SSSE/EF06", 5, "0B0101"),
    ("SSSE/EF06", 6, "0C03330400"),
    ("SSSE/EF06", 7, "0D0419900101"),
    ("DF01/EF07", 1, "290131"),
    (
        "DF01/EF09",
        1,
        "2E46CABEC0FDD6C6D4ECD3D0CFDEB9ABCBBE000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ),
    ("DF01/EF09", 2, "3009303030303030303139"),
    ("DF01/EF09", 3, "32023234"),
    ("DF01/EF15", 1, "2A0121"),
    (
        "DF01/EF15",
        2,
        "4034570332303458030806055928CABEC0FDB4F3D1A70000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "DF01/EF15",
        3,
        "403457030000005803FFFFFF592800000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "DF01/EF15",
        4,
        "403457030000005803FFFFFF592800000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "DF02/EF07",
        1,
        "362D31382D30312012070120151231BEC9CABEC0FDB9ABCBBE000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "DF03/EF19",
        1,
        "7927180331313019033304001A04201207011B04202412311C04012345001D033135301E0420250105",
    ),
    ("DF04/EF05", 1, "81083331303130313030"),
    ("DF04/EF05", 2, "8403330400"),
    ("DF04/EF05", 3, "87113333303430303030303030303030303031"),
    ("DF04/EF05", 4, "8C0111"),
    ("DF04/EF05", 5, "800420120701"),
    ("DF04/EF05", 6, "8B1D3333303439393030303030303030303100000000000000000000000000"),
    ("DF04/EF05", 7, "8A0F595A30303030303031000000000000"),
    ("DF04/EF05", 8, "8309000000000000000000"),
    ("DF04/EF05", 9, "8609000000000000000000"),
    ("DF04/EF05", 10, "8909000000000000000000"),
    ("DF04/EF05", 11, "7D09000000000000000000"),
    ("DF04/EF05", 12, "7E09000000000000000000"),
    ("DF04/EF05", 13, "7F09000000000000000000"),
    ("DF04/EF05", 14, "8D09000000000000000000"),
    ("DF04/EF05", 15, "8E09000000000000000000"),
    ("DF04/EF05", 16, "8F0131"),
    ("DF04/EF06", 1, "900131"),
    ("DF04/EF06", 2, "920400000000"),
    ("DF04/EF06", 3, "93023030"),
];

/// Reads a record by selecting its directory and file, showing the PIN below the environment.
fn record(card: &mut Card, file: &str, number: u8) -> Vec<u8> {
    let (df, ef) = file.split_once('/').unwrap();
    testing::check(
        card,
        &[
            ("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF", "9000"),
            ("00 20 00 00 03 123456", "9000"),
        ],
    );
    if df != "SSSE" {
        testing::check(card, &[(&format!("00 A4 01 0C 02 {df}"), "9000")]);
    }
    testing::check(card, &[(&format!("00 A4 02 0C 02 {ef}"), "9000")]);
    card.transmit(&[0x00, 0xB2, number, 0x04, 0x00]).unwrap()
}

#[test]
fn the_default_card_holds_the_sample_holder_byte_for_byte() {
    for name in ["social-security", "social-security-p16", "social-security-p80"] {
        let mut card = testing::made(name);
        card.power_on().unwrap();
        for &(file, number, expected) in SAMPLE {
            let got = hex::encode_upper(record(&mut card, file, number));
            // The temporary off-line file asks for the PIN and a key.
            let expected =
                if file == "DF04/EF06" { "6982".into() } else { format!("{expected}9000") };
            assert_eq!(got, expected, "{name}: {file} record {number}");
        }
    }
}

#[test]
fn a_long_name_goes_on_in_its_extension() {
    let mut card = testing::made("social-security-p32");
    card.power_on().unwrap();
    let first = hex::encode_upper(record(&mut card, "SSSE/EF06", 2));
    assert_eq!(first, "091EB0A2B2B7B6C5C8C8BACFC2FCA1A4C2F2C2F2CCE1CDC2B6FBD1B7A1A4B2E29000");
    let rest = hex::encode_upper(record(&mut card, "SSSE/EF06", 3));
    assert_eq!(rest, "4E14CAD4CABEC0FD00000000000000000000000000009000");
}

#[test]
fn both_interfaces_show_the_same_historical_bytes() {
    let profile = Profile::load(DEFAULT).unwrap();
    let contact = hex::encode_upper(profile.atr(Interface::Contact));
    assert_eq!(contact, "3B6D000000815653438601330400000298");
    let contactless = profile.atr(Interface::ContactlessA);
    assert_eq!(contactless[..4], [0x3B, 0x8D, 0x80, 0x01]);
    assert_eq!(contactless[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
}

#[test]
fn every_built_in_profile_makes_a_card_that_answers() {
    for name in names() {
        let mut card = testing::made(name);
        card.power_on().unwrap();
        testing::check(&mut card, &[("00 A4 00 0C 02 3F00", "9000")]);
        let expected = |there: bool| if there { "9000" } else { "6A82" };
        let environment =
            !matches!(name, "blank" | "fm1208" | "iso7816" | "psam" | "purse" | "library")
                && !name.ends_with("psam");
        let purse = matches!(name, "purse" | "citizen");
        let library = matches!(name, "library" | "citizen");
        let account = matches!(name, "medical" | "medical-sm4" | "citizen");
        testing::check(
            &mut card,
            &[
                ("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF", expected(environment)),
                ("00 A4 04 0C 09 A00000000386980701", expected(purse)),
                ("00 A4 04 0C 08 F05353432E4C4231", expected(library)),
                ("00 A4 04 0C 08 F05353432E4D4C31", expected(account)),
                ("00 A4 04 0C 08 F05353432E454331", expected(name == "employer")),
            ],
        );
    }
}

#[test]
fn check_characters_follow_their_rules() {
    for number in [
        "D2143569X",
        "ET000077X",
        "M26018153",
        "V08301663",
        "C31860916",
        "H90996035",
        "B82462814",
        "V48219939",
        "N18190938",
        "S86579757",
        "L32319481",
        "S57491182",
        "A00000070",
        "Z0000003X",
        "K00000030",
    ] {
        assert_eq!(card_number_check(number), number.chars().last(), "{number}");
    }
    for bad in ["D21435690", "D2143569x", "12143569X", "D214356", "D214356一X", ""] {
        assert_ne!(card_number_check(bad).or(Some('?')), bad.chars().last(), "{bad}");
    }
    assert_eq!(citizen_number_check("330499199001010018"), Some('8'));
    assert_eq!(citizen_number_check("33049919900101001"), None);
}

#[test]
fn a_card_too_small_for_its_files_is_refused_with_the_applets_name() {
    let text = EMBEDDED[0].1.replace("files = \"P8\"", "files = \"P32\"");
    let error = Card::from_profile(&Profile::parse("big.toml", &text).unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("social-security does not fit: "), "{error}");
}

#[test]
fn a_mistake_is_told_with_line_expected_and_got() {
    for (from, to, says) in [
        (
            "\"contactless\"",
            "\"air\"",
            "card.toml:6: expected \"contact\" or \"contactless\", got \"air\"",
        ),
        ("00815653", "0081565", "card.toml:7: expected hexadecimal bytes, got "),
        ("00815653", "00815653AABBCC", "card.toml:7: expected at most 15 historical bytes, got 16"),
        ("= 8192", "= 1000", "card.toml:8: expected 4096 to 81920 bytes"),
        ("= 8192", "= \"big\"", "card.toml:8: "),
        ("seed = 1", "seed = 1\ncolour = 2", "card.toml:10: unknown field `colour`"),
        ("seed = 1", "seed = 1\npart = \"core\"", "card.toml:10: expected a memory part"),
        ("pin = \"123456\"", "pin = \"12345a\"", "card.toml:12: expected a PIN of 4 to 12"),
        ("\"P8\"", "\"P9\"", "card.toml:13: expected P8, P16, P32, P80"),
        ("\"P8\"", "[\"SSSE/EF05\", \"DF09/EF05\"]", "card.toml:13: expected a file such as"),
        ("K00000129", "K00000120", "card.toml:22: expected check character 9, got K00000120"),
        ("K00000129", "k00000129", "card.toml:22: expected a card number"),
        ("01010018", "01010019", "card.toml:23: expected check character 8"),
        ("sex = ", "sexe = ", "expected one of identification-code, "),
        ("测试甲", "😀", "expected text that GBK can write"),
        (
            "测试甲",
            "测试甲测试甲测试甲测试甲测试甲测试甲测试甲测试甲测试甲",
            "card.toml:24: expected a name of at most 50 bytes of GBK, got 54 bytes",
        ),
        (
            "20250105\"\nexpires",
            "202501050\"\nexpires",
            "card.toml:20: expected at most 4 bytes for issue date",
        ),
        ("\"DF01/EF07/29\"", "\"DF01/EF07/2A\"", "expected a tag of DF01/EF07: 29, got 2A"),
        ("\"DF01/EF07/29\"", "\"DF08/EF07/29\"", "expected a file such as SSSE/EF05, got "),
        (
            "\"DF01/EF07/29\"",
            "\"DF07/EF05/F0\"",
            "expected an item of a file in `files`; DF07/EF05 is not",
        ),
        ("\"DF01/EF07/29\"", "\"DF01/EF07\"", "expected DIRECTORY/FILE/TAG"),
        ("57 = \"204\"", "56 = \"204\"", "expected tags 57, 58, 59 in 40, got \"56\""),
        ("[[\"6-18-01\", ", "[[", "expected records of 4 fields: occupation, "),
    ] {
        let text = EMBEDDED[0].1.replacen(from, to, 1);
        assert_ne!(text, EMBEDDED[0].1, "{from} stands in the profile");
        let error = Profile::parse("card.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{from} -> {to}\n  got: {error}\n  not: {says}");
    }
}

#[test]
fn a_regions_own_conditions_replace_the_tables() {
    let mut card = testing::made("clinic");
    card.power_on().unwrap();
    let update = "00 DC 03 34 11 280F 303537333030303030303200000000";
    testing::check(
        &mut card,
        &[
            ("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF", "9000"),
            ("00 A4 00 00 02 DF01", "6F08 8406D15600000500 9000"),
            (update, "6982"),
            ("00 20 00 00 03 123456", "9000"),
            (update, "9000"),
            ("00 B2 28 30 00", "280F 303537333030303030303200000000 9000"),
            ("00 DC 01 3C 05 29 01 31", "6700"),
            ("00 DC 01 3C 03 29 01 31", "6982"),
        ],
    );
    for (from, to, says) in [
        ("update = \"PIN\"", "update = \"pin\"", "expected free, never, PIN, key K"),
        ("update = \"PIN\"", "write = \"PIN\"", "unknown field `write`"),
        ("\"DF01/EF06\" =", "\"DF07/EF05\" =", "expected a file in `files` such as DF01/EF06"),
    ] {
        let text = card.profile().source.replacen(from, to, 1);
        let error = Profile::parse("card.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{from} -> {to}: {error}");
    }
}

#[test]
fn limits_outside_their_ranges_name_the_range() {
    for (limit, says) in [
        ("channels = 21", "expected channels from 1 to 20, got 21"),
        ("channels = 0", "expected channels from 1 to 20, got 0"),
        ("commit-bytes = 10", "expected commit-bytes from 300 to 16384, got 10"),
    ] {
        let text = format!("{}\n[limits]\n{limit}\n", EMBEDDED[0].1);
        let error = Profile::parse("card.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_profile_built_by_a_program_is_held_to_the_same_rules() {
    let refused = |change: fn(&mut Profile)| {
        let mut profile = Profile::load("tiny").unwrap();
        change(&mut profile);
        Card::from_profile(&profile).unwrap_err().to_string()
    };
    for (says, change) in [
        ("channels from 1 to 20, got 0", (|p| p.limits.channels = 0) as fn(&mut Profile)),
        ("4096 to 81920 bytes of memory, got 100", |p| p.memory_bytes = 100),
        ("at most 15 historical bytes, got 16", |p| p.historical = vec![0; 16]),
        ("1 to 255 applets, the MF first, got 0", |p| p.applets.clear()),
        ("the parent of social-security before it, got place 1", |p| p.applets[1].parent = 1),
    ] {
        let told = refused(change);
        assert!(told.ends_with(says), "{told}");
    }
}

#[test]
fn a_profile_that_is_not_there_names_those_that_are() {
    let error = Profile::load("no-such-card").unwrap_err().to_string();
    assert!(error.contains("no-such-card") && error.contains("social-security-p32"), "{error}");
}

#[test]
fn a_command_of_the_length_ef_atr_announces_is_taken_whatever_its_form() {
    let mut card = testing::made("social-security");
    card.power_on().unwrap();
    let information = card.transmit(&testing::bytes("00 B0 9D 00 00")).unwrap();
    let at = information.windows(3).position(|bytes| bytes == [0x7F, 0x66, 0x08]).unwrap();
    assert_eq!(information[at + 3..at + 5], [0x02, 0x02]);
    let length = usize::from(u16::from_be_bytes([information[at + 5], information[at + 6]]));
    for (length, le, refused) in [(length, 0, false), (length, 2, false), (length + 1, 0, true)] {
        let data = length - 7 - le;
        let mut command = testing::bytes("00 D6 00 00 00");
        command.extend_from_slice(&(data as u16).to_be_bytes());
        command.resize(length, 0);
        let status = card.transmit(&command).unwrap();
        assert_eq!(status == [0x67, 0x00], refused, "{length} bytes, Le of {le}: {status:02X?}");
    }
}
