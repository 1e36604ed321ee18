//! `[medical-account]`: what it puts on a card, and what is said of each mistake.

use super::{
    library::{answers, refused},
    *,
};

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "medical").unwrap().1
}

const SELECT: (&str, &str) = (
    "00A4040008 F05353432E4D4C31",
    "6F19 8408F05353432E4D4C31 A50D 9F0C0A 01 01 01 00 3C 0000 330400 9000",
);

/// The holder's PIN, shown in the account, is the environment's.
#[test]
fn items_are_on_the_card_and_read_with_the_pin() {
    let more = "9A = [{ 9B = \"M0390\", 9C = \"20250101\", 9D = \"20261231\" }, { 9B = \"M1\" }]\n\
                9E = [{ 9F = \"3501\" }]\n";
    answers(
        &format!("{}{more}", text()),
        &[
            SELECT,
            ("00B2012C00", "6982"),
            ("0020000003 123456", "9000"),
            ("00B2012C00", "8108 3331303130313030 9000"),
            ("00B2022C00", "8403 330400 9000"),
            ("00B2032C00", "8C01 11 9000"),
            ("00B2042C00", "8004 20250105 9000"),
            ("00B2062C00", "9A13 9B05 4D30333930 9C04 20250101 9D04 20261231 9000"),
            ("00B2072C00", "9A13 9B05 4D31000000 9C04 FFFFFFFF 9D04 FFFFFFFF 9000"),
            ("00B2082C00", "9A13 9B05 0000000000 9C04 FFFFFFFF 9D04 FFFFFFFF 9000"),
            ("00B2092C00", "9E0B 9F03 3501FF BD04 FFFFFFFF 9000"),
            ("00B20B2C00", "6A83"),
        ],
    );
}

const OPENED: &str = "\n[medical-account.opened]\nbalance = 50000\nyear = \"2025\"\n\
                      terminal = \"330400000001\"\ntime = \"20250105090000\"\n";

#[test]
fn an_account_can_be_open_from_the_start() {
    let more = "sequence = 7\nstatement = 3\nlimit = 6\nsingle = 9\noff-line-allowed = true\n\
                off-line-amount = 20000\noff-line-count = 4\nauthority-number = 5\n\
                visits = [1, 2, 3, 4]\nstart = \"0701\"\naccumulators = [1, 2, 3, 4, 5, 6, 7, 8]\n";
    answers(
        &format!("{}{OPENED}{more}", text()),
        &[
            ("00A40400 08 F05353432E4D4C31", &SELECT.1.replace("01 00 3C 0000", "05 00 06 2025")),
            ("D0CA01000C", "05 00 06 0003 00000007 2025 00 9000"),
            ("0020000003 123456", "9000"),
            (
                "D0CA020047",
                "0000C350 00000000 00 00004E20 04 01 00000009 0001 0000 00000005 00000001 00000002 \
                 00000003 00000004 00000005 00000006 00000007 00000008 0001000200030004 2025 0701 \
                 9000",
            ),
        ],
    );
}

#[test]
fn values_that_do_not_fit_are_refused() {
    refused("medical", "81 = \"31010100\"", "81 = \"310101001\"", "at most 8 bytes");
    refused("medical", "84 = \"330400\"", "84 = \"33O400\"", "expected digits");
    refused("medical", "84 = \"330400\"", "85 = \"330400\"", "one of 81, 84, 8C, 80, 8B, 9A, 9E");
    refused("medical", "8B = \"3304990000000001\"", "8B = \"账户\"", "ASCII characters");
    refused("medical", "8C = \"11\"", "9A = \"11\"", "tables");
    let four = "9E = [{}, {}, {}]";
    refused("medical", "8C = \"11\"", four, "at most 2 records of 9E");
    refused("medical", "8C = \"11\"", "9E = [{ 9B = \"1\" }]", "tags 9F, BD");
}

#[track_caller]
fn says(text: &str, says: &str) {
    let error = Profile::parse("card.toml", text).unwrap_err().to_string();
    assert!(error.contains(says), "{error}, not {says}");
}

#[test]
fn an_opening_that_cannot_be_is_refused() {
    let opened = |from: &str, to: &str| format!("{}{}", text(), OPENED.replace(from, to));
    says(&opened("\nyear", "\nlimit = 61\nyear"), "a limit of 1 to 60 entries");
    says(&opened("\"2025\"", "\"25\""), "2 bytes");
    says(&opened("330400000001", "3304000001"), "6 bytes");
    says(&opened("balance = 50000\n", ""), "missing field `balance`");
}

/// The PIN and the place are the environment's; two balances of one account there cannot be.
#[test]
fn it_lies_below_the_environment() {
    let alone = "name = \"a\"\n[card]\ninterface = \"contact\"\nhistorical = \"\"\n\
                 memory-bytes = 16384\n[medical-account]\n";
    says(alone, "card.toml:6: expected [social-security] beside this section");
    let profile = Profile::load("medical").unwrap();
    let place = profile.applets.iter().position(|with| with.name == "social-security").unwrap();
    let account = profile.applets.iter().find(|with| with.name == "medical-account").unwrap();
    assert_eq!(usize::from(account.parent), place);
}
