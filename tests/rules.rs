//! The table of rules S-01 to S-59: each there once, and what it names is there.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::{collections::BTreeSet, fs, path::Path};

const ISSUER_KIT: &str = "issuer kit, later";

struct Row {
    id: String,
    sides: BTreeSet<char>,
    shown: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("vectors/social/RULES.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| S-"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, rule, sides, shown] = cells[..] else { panic!("four cells: {line}") };
        assert!(!rule.is_empty(), "{id} has no words");
        let sides = sides.chars().filter(|side| !side.is_whitespace()).collect();
        Row { id: id.into(), sides, shown: shown.into() }
    })
    .collect()
}

/// What stands between backticks.
fn named(shown: &str) -> impl Iterator<Item = &str> {
    shown.split('`').skip(1).step_by(2)
}

/// The rest: words.
fn words(shown: &str) -> Vec<&str> {
    let rest = shown.split('`').step_by(2);
    rest.map(|part| part.trim_matches([',', ' '])).filter(|part| !part.is_empty()).collect()
}

/// Whether the file has this test, and it is not left out.
fn is_run(text: &str, test: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = [format!("fn {test}()"), format!("fn {test}(")];
    let Some(at) = lines.iter().position(|line| head.iter().any(|head| line.starts_with(head)))
    else {
        return false;
    };
    let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    let attributes: Vec<&str> = attributes.copied().collect();
    attributes.contains(&"#[test]") && !attributes.iter().any(|a| a.starts_with("#[ignore"))
}

#[test]
fn only_a_test_that_is_run_shows_anything() {
    let text = "#[test]\nfn one() {}\n#[test]\n#[ignore]\nfn two() {}\nfn three() {}\n";
    assert!(is_run(text, "one"));
    assert!(!is_run(text, "two") && !is_run(text, "three") && !is_run(text, "four"));
}

#[test]
fn every_rule_is_there_once_and_in_order() {
    let ids: Vec<String> = rows().into_iter().map(|row| row.id).collect();
    let expected: Vec<String> = (1..=59).map(|number| format!("S-{number:02}")).collect();
    assert_eq!(ids, expected);
}

#[test]
fn what_a_rule_names_is_in_the_repository() {
    let mut missing = Vec::new();
    let mut found = 0;
    for row in rows() {
        for name in named(&row.shown) {
            let there = match name.split_once("::") {
                Some((file, test)) => {
                    fs::read_to_string(root().join(file)).is_ok_and(|text| is_run(&text, test))
                }
                None if name.starts_with(".ci/") => root().join(name).is_file(),
                None => root().join("vectors").join(format!("{name}.vec")).is_file(),
            };
            found += usize::from(there);
            if !there {
                missing.push(format!("{}: {name}", row.id));
            }
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
    assert!(found > 59, "{found} are few");
}

#[test]
fn no_rule_of_card_or_terminal_is_empty() {
    for row in rows() {
        let Row { id, sides, shown } = &row;
        assert!(sides.iter().all(|side| "KTA-".contains(*side)) && !sides.is_empty(), "{id}");
        let of_the_authority_alone = sides.iter().eq(['A'].iter());
        let shows = named(shown).next().is_some();
        for word in words(shown) {
            assert!(word == ISSUER_KIT && of_the_authority_alone, "{id}: {word}");
        }
        assert!(shows || !words(shown).is_empty(), "{id} is empty");
        assert!(shows || of_the_authority_alone, "{id}");
    }
}
