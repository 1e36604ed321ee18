//! `[social-security.account]`: what the account of DF04 begins with, and mistakes in it.

use super::*;

const KEYS: &str = "[keys]\nregion = \"330400\"\n";

fn text(account: &str) -> String {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "social-security-p16").unwrap().1;
    format!("{text}\n{KEYS}{account}")
}

/// The whole text of a profile, but for its keys.
fn without_keys(text: &str) -> String {
    let whole = Profile::parse("card.toml", text).unwrap().source;
    let (before, keys) = whole.split_once("[keys]").unwrap();
    let behind = keys.split_once("\n[").map_or(String::new(), |(_, rest)| format!("\n[{rest}"));
    format!("{before}{behind}")
}

/// What a new settlement and a new credit are answered.
fn amounts(text: &str) -> [String; 2] {
    let mut card = Card::from_profile(&Profile::parse("card.toml", text).unwrap()).unwrap();
    card.power_on().unwrap();
    let commands = [
        "00 A4 00 0C 02 DDF1",
        "00 A4 00 0C 02 DF04",
        "00 20 00 00 03 123456",
        "B0 28 01 01 13 01 00000000 00000000 00000000 330400112233 16",
        "B0 28 00 01 0B 01 00000000 330400112233 10",
    ];
    let answers = commands.map(|text| card.transmit(&testing::bytes(text)).unwrap());
    // Without the key's words and the random numbers.
    [hex::encode_upper(&answers[3][..16]), hex::encode_upper(&answers[4][..6])]
}

#[test]
fn an_account_begins_as_its_section_says_or_new() {
    assert_eq!(
        amounts(&text("")),
        ["00000000000000000000000000000000", "000000000000"].map(String::from)
    );
    let section = "[social-security.account]\nbalance = 100000\nself-pay = 15600\nfund = 13200\n\
                   online-counter = 2\noffline-counter = 1\nyear = \"2025\"\nstart = \"0701\"\n";
    assert_eq!(
        amounts(&text(section)),
        ["000186A000003CF00000339020250001", "000186A00002"].map(String::from)
    );
}

#[test]
fn mistakes_name_their_line() {
    for (account, says) in [
        ("year = \"25\"", "expected a payment year of four digits, got \"25\""),
        ("year = \"20A5\"", "expected a payment year of four digits, got \"20A5\""),
        ("year = \"+025\"", "expected a payment year of four digits, got \"+025\""),
        ("start = \"1\"", "expected month and day, four digits, got \"1\""),
        ("balance = 4294967296", "invalid value"),
        ("offline-counter = 65536", "invalid value"),
        ("fen = 1", "unknown field `fen`"),
    ] {
        let text = text(&format!("[social-security.account]\n{account}\n"));
        let error = Profile::parse("card.toml", &text).unwrap_err().to_string();
        assert!(error.contains(says), "{account}\n  got: {error}\n  not: {says}");
        assert!(error.starts_with("card.toml:"), "{error}");
    }
}

/// An account without keys, or on a card without DF04, could do nothing.
#[test]
fn an_account_wants_keys_and_its_directory() {
    let section = "[social-security.account]\nbalance = 1\n";
    let whole = text(section);
    for changed in
        [without_keys(&whole), whole.replace("files = \"P16\"", "files = [\"SSSE/EF05\"]")]
    {
        let error = Profile::parse("card.toml", &changed).unwrap_err().to_string();
        assert!(error.contains("files of DF04 and a section [keys] beside an account"), "{error}");
    }
}

/// One balance on a card: the ledger's.
#[test]
fn an_account_that_keeps_a_balance_has_no_ledger_beside_it() {
    let medical = EMBEDDED.iter().find(|(name, _)| *name == "medical").unwrap().1;
    let source = Profile::parse("medical.toml", medical).unwrap().source;
    assert!(source.contains("\"DF04/EF05/8F\" = \"1\""));
    for two in ["\"2\"", "{ hex = \"32\" }"] {
        let off_line =
            source.replacen("\"DF04/EF05/8F\" = \"1\"", &format!("\"DF04/EF05/8F\" = {two}"), 1);
        let error = Profile::parse("card.toml", &off_line).unwrap_err().to_string();
        let says = "expected item 8F of DF04 not \"2\" beside a ledger: one balance on a card";
        assert!(error.starts_with("card.toml:") && error.contains(says), "{error}");
    }
    let text = text("").replace("\"DF04/EF05/8F\" = \"1\"", "\"DF04/EF05/8F\" = \"2\"");
    assert!(Profile::parse("card.toml", &text).is_ok());
}
