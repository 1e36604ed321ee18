//! Designs that are wrong on purpose, and the exploration that has to find each one out.

mod counters;
mod engines;
mod journals;
mod pins;

use std::{fmt::Write as _, fs, path::Path};

use super::{
    Broken, Design, Exploration, Finding, Findings, Line, Tears,
    engine::{EngineCounter, EngineJournal},
    textbook::{
        TextbookCounter, TextbookJournal,
        counter::{self, Counts},
        journal,
    },
};
use crate::{explore::design::replay, nvm::Geometry};

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
    let mut found = (1..=CUTS_MAX).map(|cuts| (cuts, explored(design, cuts)));
    let found = found.find(|(_, findings)| !findings.is_sound()).unwrap_or_default();
    found.1.findings.iter().for_each(|finding| runs_again(design, finding));
    found
}

/// The line comes to the same on the card's own memory.
fn runs_again<D: Design>(design: &D, Finding { broken, line, seen, .. }: &Finding) {
    let line: Line = line.to_string().parse().unwrap();
    let run = replay(design, &line);
    if *broken == Broken::FoulRead {
        assert!(run.foul_reads > 0, "{line}");
        return;
    }
    assert!(run.legs.iter().all(|leg| leg.fits), "{line}: {run:?}");
    assert_eq!(run.foul_reads, 0, "{line}");
    let value = run.legs.last().and_then(|leg| leg.value.as_ref());
    assert!(seen.contains(&format!("{:?}", value.unwrap())), "{line}: {seen}, {value:?}");
}

fn mutants() -> Vec<(&'static str, u32, Findings)> {
    let journal = |&(name, acts)| (name, killed(&TextbookJournal::of(tiny(), acts)));
    let counter =
        |&(name, counts, acts)| (name, killed(&TextbookCounter::of(tiny(), counts, acts)));
    let journals = journals::MUTANTS.iter().map(journal);
    let all = journals.chain(counters::MUTANTS.iter().map(counter));
    let all = all.chain(engines::MUTANTS.iter().map(|&(name, acts)| (name, killed(&acts))));
    let all = all.chain(pins::MUTANTS.iter().map(|&(name, pin)| (name, killed(&pin))));
    all.map(|(name, (cuts, findings))| (name, cuts, findings)).collect()
}

#[test]
fn every_mutant_is_found_out_with_the_tears_that_are_recorded() {
    let mutants = mutants();
    let alive = mutants.iter().filter(|(.., findings)| findings.is_sound());
    assert_eq!(alive.map(|(name, ..)| *name).collect::<Vec<_>>(), [""; 0], "they live");
    let mut table = String::from(
        "Designs that are wrong on purpose, on the tiny part: the fewest tears that show it, how\n\
         many schedules with so many tears do, and the smallest of them.\n",
    );
    for (name, cuts, findings) in &mutants {
        let smallest = findings.smallest().unwrap();
        let (violations, schedules) = (findings.violations(), findings.schedules);
        write!(table, "\n{name}\n  {cuts}: {violations} of {schedules} schedules\n").unwrap();
        writeln!(table, "  {smallest}").unwrap();
    }
    let deep = mutants.iter().filter(|(_, cuts, _)| *cuts >= 2).count();
    assert!(mutants.len() >= 60, "{}", mutants.len());
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

/// The model of most tests of storage: a torn bit reads the same each time. It lets what textbooks
/// teach pass.
#[test]
fn what_is_taught_lives_where_torn_bits_are_stable_and_dies_where_they_waver() {
    let stable = Exploration { cuts: 5, changes: 2, tears: Tears::Stable };
    let wavering = Exploration { cuts: 2, tears: Tears::Wavering, ..stable };
    let (journal, counter) = (TextbookJournal::taught(tiny()), TextbookCounter::taught(tiny()));
    sound("journal, stable tears", &journal, stable, 70_000);
    sound("counter, stable tears", &counter, Exploration { changes: 4, ..stable }, 300);
    for findings in [wavering.run(&journal), wavering.run(&counter)] {
        println!("wavering: {findings}");
        assert_eq!(findings.smallest().map(|finding| finding.cuts), Some(1));
    }
    assert!(wavering.run(&counter).of(Broken::WentBack).is_some());
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

/// What the wrong engines are put together from is the engine, when it is put together right.
#[test]
fn the_engine_put_together_from_its_parts_lives() {
    let three = Exploration { cuts: 3, changes: 3, tears: Tears::Wavering };
    sound("parts", &engines::SOUND, three, 20_000);
    sound("parts, with secrets", &engines::SOUND_SECRET, three, 20_000);
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
