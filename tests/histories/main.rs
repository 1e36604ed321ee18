//! Random histories of whole cards: commands, tears, tears in recovery, resets, power cycles,
//! logical channels and selections, against a model that knows what must be there and, after a
//! tear, the two things that may be until an answer has told.
//!
//! | module | what |
//! |---|---|
//! | [`subject`] | which cards, and what is on them |
//! | [`event`] | what happens, as data that shrinks |
//! | [`model`] | what the terminal must see |
//! | [`life`] | the one done to the other, and checked |
//! | [`tally`] | how far the histories went |
//!
//! A history is a function of the seed and its number. Three environment variables:
//!
//! * `LIVES`: how many histories; a night has a million of them
//!   (`LIVES=1000000 SEED=$(git rev-parse HEAD) cargo test --release --test histories`).
//! * `SEED`: any text, so that each commit can explore elsewhere and stay reproducible.
//! * `LIFE`: the number of the only history to run.
//!
//! What failed once is in `regressions.txt` and runs first each time.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]
#![expect(clippy::expect_used, reason = "a test fails where it stands")]

mod event;
#[path = "../free_files/mod.rs"]
mod free_files;
mod life;
mod model;
mod subject;
mod tally;

use std::{
    env,
    fmt::Write as _,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use event::{Event, History, histories};
use life::Life;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use subject::Subject;
use tally::Tally;
use tessera::{
    random::Random,
    vectors::{self, Cards, Flags, Verdict},
};

/// Histories, unless the environment says so in `LIVES`.
const LIVES: u64 = 4_000;

#[test]
fn whatever_happens_to_a_card_its_terminal_sees_what_the_model_says() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = env::var("SEED").unwrap_or_else(|_| "1".into());
    let lives = match number("LIFE") {
        Some(only) => only..only + 1,
        None => 0..number("LIVES").unwrap_or(LIVES),
    };
    let subjects = subject::all();
    let next = AtomicU64::new(lives.start);
    let together = Mutex::new(vec![Tally::default(); subjects.len()]);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut tallies = vec![Tally::default(); subjects.len()];
                let strategies: Vec<_> = subjects.iter().map(histories).collect();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= lives.end {
                        break;
                    }
                    let which = (number % subjects.len() as u64) as usize;
                    match sample(&subjects[which], &strategies[which], &seed, number) {
                        Ok(lived) => tallies[which].end_history(lived),
                        Err(report) => {
                            failures.lock().unwrap().push((number, report));
                            next.store(lives.end, Ordering::Relaxed);
                        }
                    }
                }
                let mut together = together.lock().unwrap();
                together.iter_mut().zip(tallies).for_each(|(all, own)| all.add(own));
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    if let Some((_, report)) = failures.into_iter().min() {
        panic!("{report}");
    }
    let mut tally = Tally::default();
    for (subject, own) in subjects.iter().zip(together.into_inner().unwrap()) {
        println!("{}: {}", subject.name, own.in_short());
        if lives.end - lives.start >= LIVES {
            own.require_breadth(&subject.name);
        }
        tally.add(own);
    }
    println!("{tally}");
    if lives.end - lives.start >= LIVES {
        tally.require_statuses();
    }
}

/// Lives one history; when it fails, shrinks it and tells all about the shortest.
fn sample(
    subject: &Subject,
    strategy: &impl Strategy<Value = History>,
    seed: &str,
    number: u64,
) -> Result<Tally, String> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, random(seed, number));
    let tree = strategy.new_tree(&mut runner).expect("no value is refused");
    let tally = Mutex::new(Tally::default());
    let lived = runner.run_one(tree, |history| match Life::live(subject, &history, false) {
        Ok((lived, _)) => {
            *tally.lock().unwrap() = lived;
            Ok(())
        }
        Err(failure) => Err(TestCaseError::fail(failure.what)),
    });
    match lived {
        Ok(_) => Ok(tally.into_inner().unwrap()),
        Err(TestError::Abort(why)) => Err(why.to_string()),
        Err(TestError::Fail(why, history)) => {
            let history = shortest(subject, history);
            Err(report(subject, &history, &format!("SEED={seed} LIFE={number}: {why}")))
        }
    }
}

/// A stream of its own for each history.
fn random(seed: &str, number: u64) -> TestRng {
    // FNV-1a, of the seed and the number.
    let bytes = seed.bytes().chain(number.to_be_bytes());
    let mixed = bytes.fold(0xCBF2_9CE4_8422_2325, |mixed: u64, byte| {
        (mixed ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    });
    let mut seed = [0; 32];
    Random::new(mixed).fill(&mut seed);
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}

/// Takes events away, one or two at a time, until each that is left is needed. Proptest tries each
/// of them once; what indeterminate words read as, and which lane of the journal is used, is thrown
/// anew with each event that goes, so here it is tried again.
fn shortest(subject: &Subject, mut history: History) -> History {
    let mut at = 0;
    while at < history.events.len() {
        let pairs = at + 1..history.events.len().min(at + 12);
        let shorter = std::iter::once(None).chain(pairs.map(Some)).find_map(|second| {
            let mut events = history.events.clone();
            second.map(|second| events.remove(second));
            events.remove(at);
            fails(subject, events)
        });
        at = if shorter.is_some() { 0 } else { at + 1 };
        history = shorter.unwrap_or(history);
    }
    fails(subject, history.events.clone()).unwrap_or(history)
}

/// These events with readings by which they fail.
fn fails(subject: &Subject, events: Vec<Event>) -> Option<History> {
    let mut history = History { readings: 0, events };
    for readings in 0..8 {
        history.readings = readings;
        if Life::live(subject, &history, false).is_err() {
            return Some(history);
        }
    }
    None
}

/// What failed, as lines for `regressions.txt` and as a vector of what the card did.
fn report(subject: &Subject, history: &History, what: &str) -> String {
    let mut text = format!("{what}\n\n{}", written(subject, history));
    if let Err(failure) = Life::live(subject, history, true) {
        let _ = write!(text, "\n{}\n# {}\n", vector(subject, &failure.transcript), failure.what);
    }
    text
}

/// A history as `regressions.txt` has it.
fn written(subject: &Subject, history: &History) -> String {
    let mut text = format!("card {}\nreadings {}\n", subject.name, history.readings);
    for event in &history.events {
        let _ = writeln!(text, "{event}");
    }
    text
}

/// What a terminal did to the card and what came back, as a vector. It holds for a card whose
/// indeterminate bits read as in the history: where `readings` is 0, for any new one.
fn vector(subject: &Subject, transcript: &[String]) -> String {
    let profile = subject.profile.map_or(String::new(), |name| format!("profile: {name}\n"));
    let header =
        "name: history\nclause: ISO/IEC 7816-4:2020\nsource: a random history\nexpect: os\n";
    format!("{header}{profile}needs: fresh, holder\n\n{}\n", transcript.join("\n"))
}

#[test]
fn what_failed_once_holds_now() {
    let subjects = subject::all();
    let text = include_str!("regressions.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut failed: Vec<(&Subject, History)> = Vec::new();
    for line in lines {
        if let Some(name) = line.strip_prefix("card ") {
            let subject = subjects.iter().find(|subject| subject.name == name);
            let subject = subject.unwrap_or_else(|| panic!("no card {name}"));
            failed.push((subject, History { readings: 0, events: Vec::new() }));
        } else {
            let (_, history) = failed.last_mut().expect("a card comes first");
            match line.strip_prefix("readings ") {
                Some(readings) => history.readings = readings.parse().unwrap(),
                None => history.events.push(line.parse().unwrap()),
            }
        }
    }
    assert!(failed.len() >= 19, "{}", failed.len());
    for (subject, history) in failed {
        if let Err(failure) = Life::live(subject, &history, false) {
            panic!("{}", report(subject, &history, &failure.what));
        }
    }
}

#[test]
fn what_an_event_is_written_as_reads_as_the_same_event() {
    for subject in &subject::all() {
        let mut runner = TestRunner::new_with_rng(Config::default(), random("lines", 0));
        for _ in 0..20 {
            let tree = histories(subject).new_tree(&mut runner).unwrap();
            for event in proptest::strategy::ValueTree::current(&tree).events {
                assert_eq!(event.to_string().parse::<Event>(), Ok(event));
            }
        }
    }
}

/// The transcript of a history is a vector that holds.
#[test]
fn a_history_replays_as_a_vector() {
    let subjects = subject::all();
    let subject = subjects.iter().find(|subject| subject.profile.is_some()).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut runner = TestRunner::new_with_rng(Config::default(), random("vector", 0));
    for _ in 0..20 {
        let tree = histories(subject).new_tree(&mut runner).unwrap();
        let history = proptest::strategy::ValueTree::current(&tree);
        let history = History { readings: 0, ..history };
        let Ok((_, transcript)) = Life::live(subject, &history, true) else {
            panic!("a history fails: {history:?}")
        };
        let text = vector(subject, &transcript);
        let parsed = vectors::parse("history.vec", &root, "history", &text, &Flags::default());
        let verdict = vectors::run(&parsed.unwrap(), &mut Cards::only(subject.card.clone()));
        assert!(matches!(verdict, Verdict::Passed), "{verdict:?}\n{text}");
    }
}
