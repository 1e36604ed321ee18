//! `[library]`: what it puts on a card, and what is said of each mistake.

use super::*;

/// A change of a built-in profile is refused at the line where the changed text stands.
#[track_caller]
pub(super) fn refused(profile: &str, from: &str, to: &str, says: &str) {
    let text = EMBEDDED.iter().find(|(name, _)| *name == profile).unwrap().1;
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from} stands in the profile");
    let error = Profile::parse("card.toml", &changed).unwrap_err().to_string();
    let line = 1 + text[..text.find(from).unwrap()].matches('\n').count();
    let line = format!("card.toml:{line}: ");
    assert!(error.starts_with(&line) && error.contains(says), "{to}: {error}, not {line}{says}");
}

/// Commands on a card of a profile's text, and what has to come back.
#[track_caller]
pub(super) fn answers(text: &str, dialogue: &[(&str, &str)]) {
    let profile = Profile::parse("card.toml", text).unwrap();
    let mut card = Card::from_profile(&profile).unwrap();
    card.power_on().unwrap();
    let bytes = |digits: &str| hex::decode(digits.replace(' ', "")).unwrap();
    for (command, expected) in dialogue {
        let answer = card.transmit(&bytes(command)).unwrap();
        assert_eq!(hex::encode_upper(answer), expected.replace(' ', ""), "{command}");
    }
}

fn text() -> &'static str {
    EMBEDDED.iter().find(|(name, _)| *name == "library").unwrap().1
}

#[test]
fn the_readers_items_and_loans_are_on_the_card() {
    let (text, _) = text().split_once("\n[[library.loans]]").unwrap();
    let loans = "\n[[library.loans]]\naction = \"R\"\nbook = \"42\"\ndate = \"20260715\"\n\
                 due = \"20260729\"\nbranch = 9\n[[library.loans]]\naction = \"B\"\n\
                 book = \"0000000042\"\ndate = \"20260701\"\ndue = \"20260729\"\nbranch = 300\n";
    answers(
        &format!("{text}{loans}"),
        &[
            ("00A4040008 F05353432E4C4231", "6F0A 8408F05353432E4C4231 9000"),
            ("00B2012C00", "0110 33333034303030303030303030303031 9000"),
            ("00B2022C00", "0204 20260105 9000"),
            ("00B2032C00", "0301 31 9000"),
            ("00B2042C00", "0401 30 9000"),
            ("00B2052C00", "0501 10 9000"),
            ("00B2014400", "52 34320000000000000000 20260715 20260729 0009 9000"),
            ("00B2024400", "42 30303030303030303432 20260701 20260729 012C 9000"),
            ("00B2034400", "6A83"),
        ],
    );
}

#[test]
fn values_that_do_not_fit_are_refused() {
    refused("library", "\"3304000000000001\"", "\"33040000000000012\"", "at most 16 bytes");
    refused("library", "\"20260105\"", "\"5 January\"", "expected decimal digits");
    refused("library", "\"20260105\"", "\"202601051\"", "at most 4 bytes");
    refused("library", "\"10\"", "\"100\"", "at most 1 bytes");
    refused("library", "\"3304000000000001\"", "\"\u{1F4D6}\"", "text that GBK can write");
    refused("library", "region = \"330400\"", "region = \"33040\"", "a region of six digits");
    let loan = "\n[[library.loans]]\naction = \"B\"\nbook = \"1\"\ndate = \"20260701\"\n\
                due = \"20260729\"\nbranch = 1\n";
    let error = Profile::parse("card.toml", &format!("{}{}", text(), loan.repeat(20)));
    assert!(error.unwrap_err().to_string().contains("expected at most 20 loans, got 21"));
}

/// On a citizen's card it lies below the environment, and EF.DIR has its path.
#[test]
fn ef_dir_has_the_path_of_an_application_below_another() {
    let citizen = Profile::load("citizen").unwrap();
    let mut card = Card::from_profile(&citizen).unwrap();
    card.power_on().unwrap();
    card.transmit(&[0x00, 0xA4, 0x02, 0x0C, 0x02, 0x2F, 0x00]).unwrap();
    let directory = card.transmit(&[0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00]).unwrap();
    let directory = hex::encode_upper(directory);
    for path in ["51043F00DDF1", "51043F003F01", "51063F00DDF1DF0C"] {
        assert!(directory.contains(path), "{path} in {directory}");
    }
}
