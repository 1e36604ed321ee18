//! `tessera field` as a process: its picture, and that every option changes what it should.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

fn field(arguments: &[&str]) -> Output {
    let mut tessera = Command::new(env!("CARGO_BIN_EXE_tessera"));
    tessera.arg("field").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn draws(arguments: &[&str]) -> String {
    let output = field(arguments);
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {says}");
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{arguments:?}: {line}");
        assert_eq!(line, line.trim_end());
    }
    text
}

/// Lines of steps, by the word they begin with.
fn steps(text: &str, word: &str) -> usize {
    text.lines().filter(|line| line.trim_start().starts_with(word)).count()
}

/// Set `BLESS` in the environment to draw it anew.
#[test]
fn five_cards_of_both_types_are_drawn_as_they_are_kept() {
    let text = draws(&["--cards", "5", "--mixed"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/field.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "if that is meant: BLESS=1 cargo test --test verbs field");
}

/// Each card has its own memory and applications, and answers the SELECT of its first one.
#[test]
fn cards_are_told_apart_and_each_runs_its_own_command() {
    let text = draws(&["social-security", "purse", "library", "iso7816", "--type-a"]);
    assert!(text.contains("4 of 4 found"), "{text}");
    assert_eq!(steps(&text, "RATS"), 4);
    let answers: Vec<_> =
        text.lines().filter(|line| line.contains("CID") && line.contains("00A404")).collect();
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(|line| line.contains("  9000")), "{text}");
}

#[test]
fn any_number_of_cards_is_found_and_fits_the_screen() {
    assert!(draws(&["--cards", "0"]).starts_with("0 cards in the field\n"));
    for (cards, found) in [("1", "1 of 1"), ("7", "7 of 7"), ("8", "8 of 8"), ("14", "14 of 14")] {
        let text = draws(&["--cards", cards, "--type-a", "--halt"]);
        assert!(text.contains(found), "{text}");
    }
    let text = draws(&["--cards", "16", "--mixed", "--uid-size", "mixed"]);
    assert_eq!(text.matches("8 of 8 found").count(), 2, "{text}");
    // There are fourteen CIDs.
    assert_eq!((steps(&text, "RATS"), steps(&text, "ATTRIB"), steps(&text, "HLTB")), (8, 6, 2));
}

#[test]
fn options_change_the_picture() {
    let plain = draws(&["--cards", "4", "--type-a"]);
    assert_eq!(plain, draws(&["--cards", "4", "--type-a"]), "two runs give equal pictures");
    assert_ne!(plain, draws(&["--cards", "4", "--type-a", "--seed", "2"]));
    assert!(plain.contains("collides"));
    let halted = draws(&["--cards", "4", "--type-a", "--halt"]);
    assert_eq!((steps(&halted, "HLTA"), steps(&halted, "RATS"), steps(&plain, "HLTA")), (4, 0, 0));
    let masked = draws(&["--cards", "4", "--type-a", "--capture"]);
    assert!(masked.contains("* o o o") && !masked.contains("collides"), "{masked}");
    let slots = draws(&["--cards", "4", "--type-b", "--halt"]);
    assert_eq!((steps(&slots, "REQA"), steps(&slots, "HLTB")), (0, 4));
    assert!(slots.contains("several at once"));
    let short = draws(&["--cards", "3", "--type-a", "--uid-size", "4"]);
    assert_eq!((steps(&short, "CL2"), steps(&plain, "CL2") > 0), (0, true));
    let noisy = draws(&["--cards", "3", "--type-a", "--noise", "30"]);
    assert!(steps(&noisy, "REQA") > 4);
}

#[test]
fn what_cannot_be_is_said() {
    for (arguments, says) in [
        (&["no-such-profile"][..], "no-such-profile"),
        (&["--cards", "65"], "65"),
        (&["--type-a", "--type-b"], "cannot be used with"),
        (&["--uid-size", "5"], "5"),
        (&["purse", "--cards", "2"], "cannot be used with"),
    ] {
        let output = field(arguments);
        assert!(!output.status.success());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}
