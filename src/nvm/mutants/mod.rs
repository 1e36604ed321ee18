//! Designs that are wrong on purpose, and the exploration that has to find each one out.

mod counters;
mod journals;

use std::{fmt::Write as _, fs, path::Path};

use super::{
    Design, Geometry,
    engine::{EngineCounter, EngineJournal},
    textbook::{
        TextbookCounter, TextbookJournal,
        counter::{self, Counts},
        journal,
    },
};
use crate::explore::design::{Exploration, Findings, Tears};

/// Tears after which a mutant is let live.
const CUTS_MAX: u32 = 3;

fn tiny() -> Geometry {
    Geometry::part("tiny").unwrap()
}

fn explored<D: Design>(design: &D, cuts: u32) -> Findings {
    Exploration { cuts, changes: 3, tears: Tears::Wavering }.run(design)
}

/// Fewest cuts that show it, and what they show.
fn killed<D: Design>(design: &D) -> (u32, Findings) {
    let found = (1..=CUTS_MAX).map(|cuts| (cuts, explored(design, cuts)));
    found.into_iter().find(|(_, findings)| !findings.is_sound()).unwrap_or_default()
}

fn mutants() -> Vec<(&'static str, u32, Findings)> {
    let journal = |&(name, acts)| (name, killed(&TextbookJournal::of(tiny(), acts)));
    let counter =
        |&(name, counts, acts)| (name, killed(&TextbookCounter::of(tiny(), counts, acts)));
    let journals = journals::MUTANTS.iter().map(journal);
    let all = journals.chain(counters::MUTANTS.iter().map(counter));
    all.map(|(name, (cuts, findings))| (name, cuts, findings)).collect()
}

#[test]
fn every_mutant_is_found_out_with_the_tears_that_are_recorded() {
    let mutants = mutants();
    let mut table = String::from(
        "Designs that are wrong on purpose, on the tiny part: the fewest tears that show it, how\n\
         many schedules with so many tears do, and the smallest of them.\n",
    );
    for (name, cuts, findings) in &mutants {
        let smallest = findings.smallest().unwrap_or_else(|| panic!("{name} lives"));
        let (violations, schedules) = (findings.violations(), findings.schedules);
        write!(table, "\n{name}\n  {cuts}: {violations} of {schedules} schedules\n").unwrap();
        writeln!(table, "  {smallest}").unwrap();
    }
    let deep = mutants.iter().filter(|(_, cuts, _)| *cuts >= 2).count();
    assert!(mutants.len() >= 40, "{}", mutants.len());
    assert!(deep >= 10, "{deep} die at two tears and not at one");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/mutants.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(table, expected, "if that is meant: BLESS=1 cargo test --lib mutants");
}

/// At least so many schedules, so that an exploration that stops short is noticed.
fn sound<D: Design>(name: &str, design: &D, explored: Exploration, at_least: u64) {
    let findings = explored.run(design);
    println!("{name}: {findings}");
    assert!(findings.is_sound(), "{name}: {findings}");
    assert!(findings.schedules >= at_least, "{name}: {}", findings.schedules);
}

#[test]
fn the_right_orders_live() {
    let four = Exploration { cuts: 4, changes: 2, tears: Tears::Wavering };
    sound("journal", &TextbookJournal::of(tiny(), journal::SOUND), four, 50_000);
    for (counts, acts) in [
        (Counts::Up, counter::SOUND),
        (Counts::Tries, counters::SOUND_PIN),
        (Counts::WrongTriesOnly, counters::SOUND_PIN),
    ] {
        sound("counter", &TextbookCounter::of(tiny(), counts, acts), four, 40_000);
    }
}

#[test]
fn the_engine_lives_through_four_tears_on_the_tiny_part() {
    let four = Exploration { cuts: 4, changes: 2, tears: Tears::Wavering };
    sound("journal", &EngineJournal::new(tiny()), four, 50_000);
    let lanes = EngineJournal::new(tiny()).with_lanes();
    sound("lanes", &lanes, Exploration { changes: 3, ..four }, 500_000);
    sound("secrets", &EngineJournal::new(tiny()).with_secrets(), four, 50_000);
    sound("counter", &EngineCounter::new(tiny()), four, 20_000);
    let whole_life = Exploration { changes: 5, cuts: 3, ..four };
    sound("PIN", &EngineCounter::pin(tiny()), whole_life, 50_000);
}

#[test]
fn the_engine_lives_through_two_tears_on_every_part() {
    let two = Exploration { cuts: 2, changes: 3, tears: Tears::Wavering };
    for part in Geometry::parts() {
        let geometry = Geometry::part(part).unwrap();
        let journal = EngineJournal::new(geometry);
        sound(part, &journal, two, 1_000);
        sound(part, &journal.with_lanes().with_secrets(), two, 1_000);
        sound(part, &EngineCounter::new(geometry), Exploration { cuts: 3, ..two }, 1_000);
        sound(part, &EngineCounter::pin(geometry), two, 1_000);
    }
}
