//! The social-security family in profiles: keys, tables, extensions, the identification code.

use super::*;

/// The default profile with something in place of, or added to, its text.
fn with(from: &str, to: &str) -> Result<Profile, ProfileError> {
    let text = EMBEDDED[0].1;
    assert!(text.contains(from), "{from}");
    Profile::parse("card.toml", &text.replacen(from, to, 1))
}

fn added(more: &str) -> Result<Profile, ProfileError> {
    Profile::parse("card.toml", &format!("{}\n{more}", EMBEDDED[0].1))
}

#[track_caller]
fn refused(profile: Result<Profile, ProfileError>, says: &str) {
    let error = profile.expect_err("it is refused").to_string();
    assert!(error.contains(says), "{error}\n  not: {says}");
}

fn card(profile: Result<Profile, ProfileError>) -> Card {
    let mut card = Card::from_profile(&profile.unwrap()).unwrap();
    card.power_on().unwrap();
    card
}

const KEYS: &str = "region = \"330400\"";

#[test]
fn a_mistake_in_keys_is_told() {
    for (to, says) in [
        ("region = \"33040\"", "expected a region of six digits, got \"33040\""),
        ("region = \"33O400\"", "expected a region of six digits"),
        ("region = \"330400\"\nalgorithm = \"AES\"", "expected \"3DES\" or \"SM4\", got \"AES\""),
        ("region = \"330400\"\nversions = 0", "expected 1 to 3 versions, got 0"),
        ("region = \"330400\"\nversions = 4", "expected 1 to 3 versions, got 4"),
        ("region = \"330400\"\n[keys.own]\nUKSSSE = \"00\"", "expected 16 bytes, got 1 bytes"),
        ("region = \"330400\"\nmaintenance-bytes = 9", "expected 16 bytes, or 8 with 3DES, got 9"),
        (
            "region = \"330400\"\nalgorithm = \"SM4\"\nmaintenance-bytes = 8",
            "expected 16 bytes, or 8 with 3DES, got 8",
        ),
        ("region = \"330400\"\ncolour = 1", "unknown field `colour`"),
    ] {
        refused(with(KEYS, to), says);
    }
    refused(with("00815653438601330400000298", "008156"), "at least 8 historical bytes");
}

#[test]
fn own_roots_prefixes_and_versions_make_other_keys() {
    let data = |to: &str| with(KEYS, to).unwrap().applets[1].data.clone();
    let usual = data(KEYS);
    // UKSSSE and UK1DF01 of the default card; the first is a published answer.
    let ukssse = hex::decode("AA5DEA529AE898E7FCFF9122BD86A7D5").unwrap();
    let has = |data: &[u8]| data.windows(16).any(|bytes| bytes == ukssse);
    assert!(has(&usual));
    assert!(!has(&data("region = \"330401\"")));
    assert!(!has(&data("region = \"330400\"\nroots = \"OTHER\"")));
    assert!(!has(&data("region = \"330400\"\nalgorithm = \"SM4\"")));
    let own = "region = \"330400\"\n[keys.own]\nUKSSSE = \"00112233445566778899AABBCCDDEEFF\"";
    assert!(!has(&data(own)));
    let root = "region = \"330400\"\nroots = \"OTHER\"\n[keys.own]\n\
                UKSSSE = \"E6AE3D2843156636B257A425284A6CDD\"";
    assert!(has(&data(root)));
    // The maintenance keys of the environment and of four directories, eight bytes shorter each.
    let short = data("region = \"330400\"\nmaintenance-bytes = 8");
    assert_eq!(usual.len() - short.len(), 5 * 8);
    let three = data("region = \"330400\"\nversions = 3");
    assert!(has(&three) && three.len() > usual.len() + 40 * 2 * 21);
}

#[test]
fn the_identification_code_is_made_or_checked_only_when_asked() {
    let (whole, body) = ("330400D156000005000002985A17C3E4", "330400D15600000500000298");
    let read = |profile| {
        let mut card = card(profile);
        let select = "00A4040C0F7378312E73682EC9E7BBE1B1A3D5CF";
        card.transmit(&testing::bytes(select)).unwrap();
        hex::encode_upper(card.transmit(&testing::bytes("00B2012C00")).unwrap())
    };
    assert_eq!(read(with(whole, whole)), format!("0110{whole}9000"));
    assert_eq!(read(with(whole, body)), format!("0110{body}78A271219000"));
    let asked = "files = \"P8\"\ncheck-identification = true";
    refused(with("files = \"P8\"", asked), "expected authentication code 78A27121, got 5A17C3E4");
    let right = EMBEDDED[0].1.replace(whole, &format!("{body}78A27121"));
    let right = right.replace("files = \"P8\"", asked);
    assert!(Profile::parse("card.toml", &right).is_ok());
    let without = EMBEDDED[0].1.replace(whole, body).replace("[keys]", "").replace(KEYS, "");
    refused(Profile::parse("card.toml", &without), "expected 16 bytes, or [keys] to make");
}

#[test]
fn tables_are_those_of_a_version() {
    refused(with("files = \"P8\"", "files = \"P8\"\nversion = \"V4.0\""), "\"V1.0\", \"V2.0\"");
    let v1 = Profile::load("social-security-v1").unwrap();
    let text = v1.source.replace("测试甲", "阿卜杜热合曼·买买提吐尔逊");
    assert!(Profile::parse("card.toml", &text).is_ok());
    let text = v1.source.replace("测试甲", "阿卜杜热合曼·买买提吐尔逊·测试");
    refused(Profile::parse("card.toml", &text), "at most 30 bytes of GBK on a card V1.0");
    let text = v1.source.replace("\"DF01/EF06/27\"", "\"DF01/EF06/23\"");
    refused(Profile::parse("card.toml", &text), "expected a tag of DF01/EF06: 25, 26, 27, 28");
    let words = v1.vocabulary();
    let df01 = words.dfs.iter().find(|df| df.fid == 0xDF01).unwrap();
    assert_eq!(df01.efs.len(), 6);
    let mut v3 = card(Profile::load("social-security-v3"));
    testing::check(
        &mut v3,
        &[
            (
                "00A404000F 7378312E73682EC9E7BBE1B1A3D5CF",
                "6F1B 840F7378312E73682EC9E7BBE1B1A3D5CF A508 88011E 9F0C028603 9000",
            ),
            ("00B2032C00", "0304332E3030 9000"),
        ],
    );
}

const OWN: &str = r#"
[social-security.extensions."DF0D"]
name = "D1560000050D"
keys = { "82" = "STKDF0D", "83" = "UK1DF0D" }
[social-security.extensions."DF0D/EF05"]
read = "free"
update = "key 83"
items = [
  { tag = "E8", format = "an", bytes = 4, value = "示" },
  { tag = "E9", format = "cn", bytes = 2, value = "123" },
]
[social-security.extensions."DF0D/EF06"]
read = "PIN"
update = "never"
records = 3
record-bytes = 4
[social-security.extensions."DF01/EF0C"]
read = "free"
bytes = 8
[social-security.extensions."DF01/EF07"]
items = [{ tag = "EA", format = "b", bytes = 1, value = "7F" }]
[social-security.extensions."DF02/EF07"]
records = 5
"#;

#[test]
fn a_region_adds_what_the_rules_let_it() {
    let mut card = card(added(OWN));
    testing::check(
        &mut card,
        &[
            ("00A4040006 D1560000050D", "6F08 8406D1560000050D 9000"),
            ("00B2012D00", "E804CABE0000 E902123F 9000"),
            ("00B2013400", "6982"),
            ("00820083 10 00000000000000000000000000000000", "6984"),
            ("00A4000C02 DF01", "9000"),
            ("00B08C0008", "0000000000000000 9000"),
            ("0020000003 123456", "9000"),
            ("00B2023C00", "EA017F 9000"),
        ],
    );
}

#[test]
fn what_a_region_may_not_add_is_told() {
    for (from, to, says) in [
        ("\"DF0D\"]", "\"DF09\"]", "expected a directory from DF0D on"),
        ("\"DF0D\"]", "\"DF0A\"]", "expected a directory from DF0D on"),
        ("name = \"D1560000050D\"\n", "", "expected a name, got none"),
        ("D1560000050D", "D15600000500", "a name of 5 to 16 bytes that no directory has"),
        ("\"83\" =", "\"03\" =", "expected a key identifier from 80 on"),
        ("\"E8\"", "\"29\"", "a tag that neither the text nor another extension uses"),
        ("\"E9\"", "\"E8\"", "a tag that neither the text nor another extension uses"),
        ("\"E8\"", "\"57\"", "a tag that neither"), // inside a template
        ("DF01/EF0C", "DF01/EF0B", "expected a file from EF0C to EF1E"),
        ("DF01/EF0C", "DF01/EF16", "expected a file from EF0C to EF1E"), // one not on this card
        ("DF01/EF0C", "DF07/EF0C", "in a directory there is"),
        ("DF01/EF0C", "SSSE/EF0C", "the environment is not extended"),
        ("DF01/EF07", "SSSE/EF06", "the environment is not extended"),
        ("DF01/EF07", "DF03/EF19", "expected items for a file of variable records"),
        ("records = 5", "records = 3", "expected items for a file of variable records"),
        ("bytes = 8", "bytes = 8\nrecords = 2", "expected one of bytes, items, or records"),
        ("read = \"PIN\"", "read = \"pin\"", "expected conditions as in"),
        ("bytes = 4, value = \"示\"", "bytes = 1, value = \"示\"", "not longer than its bytes"),
        ("\"DF01/EF0C\"", "\"DF1/EFC\"", "expected a path such as DF0D"),
    ] {
        assert!(OWN.contains(from), "{from}");
        refused(added(&OWN.replacen(from, to, 1)), says);
    }
    let text = format!("{}\n{OWN}", EMBEDDED[0].1).replace("[keys]", "").replace(KEYS, "");
    refused(Profile::parse("card.toml", &text), "expected [keys] beside keys of a directory");
}

#[test]
fn a_file_may_want_a_mac() {
    let mut card =
        card(added("[social-security.access]\n\"DF01/EF07\" = { update = \"PIN\", mac = true }"));
    testing::check(
        &mut card,
        &[
            ("00A4040C06 D15600000500", "9000"),
            ("00DC013C03 290131", "6982"),
            ("0020000003 123456", "9000"),
            ("00DC013C03 290131", "6987"),
        ],
    );
}
