//! The engine by itself and the engines that are wrong on purpose (N2, N6).

use tessera::{
    explore::design::{
        Design, Exploration, Tears,
        engine::{EngineCounter, EngineJournal},
    },
    nvm::Geometry,
};

use super::Failure;

/// What the test of the wrong engines records of each: `DEPTH: VIOLATIONS of SCHEDULES`, and the
/// smallest schedule.
const MUTANTS: &str = include_str!("../../../tests/snapshots/mutants.txt");

/// Tears one behind the other.
const CUTS: u32 = 4;

/// The engine's own journal, counter and PIN under four tears on the tiny part, in words.
pub(super) fn engine() -> Result<String, Failure> {
    let tiny = Geometry::part("tiny").ok_or("the tiny part is missing")?;
    let journal = EngineJournal::new(tiny);
    let schedules = [
        ("journal", run(&journal.with_lanes(), 3)?),
        ("journal with secrets", run(&journal.with_secrets(), 2)?),
        ("counter", run(&EngineCounter::new(tiny), 3)?),
        ("PIN", run(&EngineCounter::pin(tiny), 4)?),
    ];
    let told = schedules.map(|(name, schedules)| format!("{name} {}", super::thousands(schedules)));
    Ok(format!("the engine by itself, {CUTS} tears deep, schedules: {}", told.join(", ")))
}

fn run<D: Design>(design: &D, changes: u32) -> Result<u64, Failure> {
    let findings = Exploration { cuts: CUTS, changes, tears: Tears::Wavering }.run(design);
    match findings.smallest() {
        None => Ok(findings.schedules),
        Some(finding) => Err(format!("the engine by itself: {finding}").into()),
    }
}

/// How many wrong engines there are, and how many tears show what is wrong with them.
pub(super) fn mutants() -> String {
    let depths = MUTANTS.lines().filter_map(|line| {
        let (depth, rest) = line.trim_start().split_once(": ")?;
        rest.ends_with(" schedules").then_some(depth.parse::<u32>().ok()?)
    });
    let depths: Vec<u32> = depths.collect();
    let deep = depths.iter().filter(|depth| **depth > 1).count();
    format!(
        "{} wrong journals, counters and PINs, all found out, {deep} of them by two tears and not by one",
        depths.len()
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_record_of_the_wrong_engines_is_read() {
        let told = super::mutants();
        let number: u32 = told.split(' ').next().unwrap().parse().unwrap();
        assert!(number >= 60, "{told}");
    }
}
