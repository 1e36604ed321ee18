//! The roll-back of a textbook counter, found and shown pulse by pulse; then the card's own counter
//! under the same tears.

use std::time::Instant;

use tessera::{
    explore::design::{
        Broken, Design, Event, Exploration, Line, Replay, Tears,
        engine::EngineCounter,
        replay,
        textbook::{FIRST, TextbookCounter},
    },
    nvm::Geometry,
};

use super::{
    super::{Failure, Outcome, say},
    thousands,
};

/// Tears one behind the other that the card's own counter is given, and on the tiny part.
const CUTS: u32 = 4;
const CUTS_TINY: u32 = 5;

/// Finds the roll-back and prints it.
pub(super) fn demonstrate() -> Outcome {
    let tiny = Geometry::part("tiny").ok_or("the tiny part is missing")?;
    let taught = TextbookCounter::taught(tiny);
    say(&format!(
        "\nA counter that must never go back, as a textbook has it\n  Two slots, each a value and a validity word; a change writes the slot that does not count, the\n  newest valid slot is the counter: in the manner of the MIFARE Ultralight EV1 (CVE-2021-33881).\n  Slot A holds {}, slot B {FIRST}: the counter is {FIRST}, and is to become {}.\n",
        FIRST - 1,
        FIRST + 1,
    ));
    let began = Instant::now();
    let findings = Exploration { cuts: 1, changes: 1, ..Exploration::default() }.run(&taught);
    let took_us = began.elapsed().as_micros();
    let found = findings.of(Broken::WentBack).ok_or("the roll-back was not found")?;
    say(&format!(
        "One tear in every pulse, every reading of every torn word: {} schedules, {took_us} us\n  found: {}\n",
        findings.schedules, found.line
    ));
    tell(&taught, &replay(&taught, &found.line))?;
    let stable = Exploration { cuts: CUTS_TINY, changes: 4, tears: Tears::Stable }.run(&taught);
    say(&format!(
        "\n  A test whose torn bits read the same each time finds {} in {} schedules of up to\n  {CUTS_TINY} tears.",
        if stable.is_sound() {
            "nothing".into()
        } else {
            format!("{} violations", stable.violations())
        },
        thousands(stable.schedules),
    ));
    say("\nThe card's own counter: what is set is programmed again before it is trusted");
    let repaired = EngineCounter::new(tiny);
    let line: Line = "change cut 5 | on read 1 | on".parse()?;
    tell(&repaired, &replay(&repaired, &line))?;
    say("\nEvery pulse torn, every recovery torn, one tear behind the other, then torn again");
    for part in Geometry::parts() {
        let cuts = if part == "tiny" { CUTS_TINY } else { CUTS };
        let design = EngineCounter::new(Geometry::part(part).ok_or("a part is missing")?);
        let findings = Exploration { cuts, changes: 2, tears: Tears::Wavering }.run(&design);
        if let Some(finding) = findings.smallest() {
            return Err(format!("{part}: {finding}").into());
        }
        let schedules = thousands(findings.schedules);
        say(&format!("  {part:<14} {cuts} tears {schedules:>9} schedules   never back"));
    }
    Ok(std::process::ExitCode::SUCCESS)
}

/// A schedule in words: each pulse, each reading, each value.
fn tell<D: Design<Value: CounterValue>>(design: &D, run: &Replay<D::Value>) -> Result<(), Failure> {
    if let Some(odd) = run.legs.iter().find(|leg| !leg.fits) {
        return Err(format!("the schedule does not fit the design: {}", odd.leg).into());
    }
    let mut highest = 0;
    for leg in &run.legs {
        for (n, event) in leg.events.iter().filter(|event| is_told(event)).enumerate() {
            let front = match (leg.value.is_some(), n) {
                (true, 0) => "power on".into(),
                (true, _) => String::new(),
                (false, _) => format!("pulse {}", n + 1),
            };
            say(&format!("  {front:<9} {}", told(design, event)));
        }
        if let Some(value) = &leg.value {
            let value = value.counter();
            let back = if value < highest { "   rolled back" } else { "" };
            let front = if leg.events.iter().any(is_told) { "" } else { "power on" };
            say(&format!("  {front:<9} the counter is {value}{back}"));
            highest = highest.max(value);
        }
    }
    Ok(())
}

/// What a counter's value says first.
trait CounterValue {
    fn counter(&self) -> u32;
}

impl CounterValue for u16 {
    fn counter(&self) -> u32 {
        (*self).into()
    }
}

impl CounterValue for (u32, u32) {
    fn counter(&self) -> u32 {
        self.0
    }
}

/// Readings that could not have come out otherwise are passed over.
fn is_told(event: &Event) -> bool {
    matches!(event, Event::Pulse { .. } | Event::Reading { in_doubt: true, .. })
}

fn told<D: Design>(design: &D, event: &Event) -> String {
    let (act, at, outcome) = match event {
        Event::Pulse { at, data, bits, doubtful_bits, is_torn } => {
            let act = if data.is_some() { "program" } else { "erase" };
            let outcome = match (is_torn, bits, doubtful_bits) {
                (true, ..) => format!("power fails: {bits} bits waver"),
                (false, 0, 0) if data.is_some() => "as it reads, again".into(),
                (false, 0, 0) => "nothing there".into(),
                (false, 0, wavering) => format!("{wavering} wavering bits are solid now"),
                (false, bits, _) => format!("{bits} bits"),
            };
            (act, at, outcome)
        }
        Event::Reading { at, is_so: true, .. } => ("read", at, "set, this time".into()),
        Event::Reading { at, is_so: false, .. } => ("read", at, "clear, this time".into()),
    };
    format!("{act:<8} {:<30} {outcome}", design.place(*at))
}
