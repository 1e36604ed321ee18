//! Every card with keys under scripts that go wrong: the dialogues of their vectors with commands
//! left out, doubled, mixed, changed in a byte, torn, and whatever else a
//! terminal may send. A status word of the published lists, no panic, memory as it was wherever the
//! status word says so, the same from every fork.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod answers;
mod scripts;

use std::sync::{Mutex, OnceLock};

use answers::exchange;
use scripts::{Cards, Script, Step};

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestCaseError},
};
use tessera::{Card, profile};
use tessera_framework::Interface;

/// Pulses of a recovery: no commit of this card takes more page ranges.
const RECOVERY_PULSES_MAX: u64 = 200;

/// What is done to a step of a script.
#[derive(Clone, Debug)]
enum Twist {
    None,
    Left,
    Twice,
    /// This byte of the command is another.
    Changed(Index, u8),
    /// Another script's step instead.
    Other(Index, Index),
    /// Any bytes instead.
    Any(Vec<u8>),
    /// Power fails in this pulse.
    Torn(u32),
}

/// Directories of vectors whose cards have keys.
const DIRECTORIES: [&str; 4] = ["fmcos", "purse", "psam", "social"];

fn scripts() -> &'static Vec<Script> {
    static SCRIPTS: OnceLock<Vec<Script>> = OnceLock::new();
    SCRIPTS.get_or_init(|| DIRECTORIES.into_iter().flat_map(scripts::of).collect())
}

fn twists() -> impl Strategy<Value = Twist> {
    let any_command = vec(any::<u8>(), 0..40);
    prop_oneof![
        80 => Just(Twist::None),
        4 => Just(Twist::Left),
        3 => Just(Twist::Twice),
        5 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Twist::Changed(at, byte)),
        4 => (any::<Index>(), any::<Index>()).prop_map(|(one, at)| Twist::Other(one, at)),
        1 => any_command.prop_map(Twist::Any),
        3 => (1..40_u32).prop_map(Twist::Torn),
    ]
}

fn card(profile: &str) -> Card {
    static MADE: OnceLock<Mutex<Cards>> = OnceLock::new();
    MADE.get_or_init(Mutex::default).lock().unwrap().of(profile)
}

fn run(card: &mut Card, step: &Step, tear: u32) -> Result<Option<Vec<u8>>, TestCaseError> {
    match step {
        Step::Random(bytes) => card.give_random(bytes),
        Step::Reset => card.power_on().unwrap(),
        Step::Command(command) => {
            card.tear_at(tear);
            let answer = exchange(card, command)?;
            card.tear_at(0);
            if answer.is_none() {
                let pulses = card.pulses();
                card.power_on().unwrap();
                prop_assert!(card.pulses() - pulses <= RECOVERY_PULSES_MAX);
            }
            return Ok(answer);
        }
    }
    Ok(None)
}

fn twisted(step: &Step, twist: &Twist) -> (Vec<Step>, u32) {
    let all = scripts();
    match (twist, step) {
        (Twist::None, _) => (vec![step.clone()], 0),
        (Twist::Left, _) => (Vec::new(), 0),
        (Twist::Twice, _) => (vec![step.clone(), step.clone()], 0),
        (Twist::Changed(at, byte), Step::Command(command)) if !command.is_empty() => {
            let mut command = command.clone();
            let at = at.index(command.len());
            command[at] = *byte;
            (vec![Step::Command(command)], 0)
        }
        (Twist::Other(one, at), _) => {
            let steps = &all[one.index(all.len())].steps;
            (vec![steps[at.index(steps.len())].clone()], 0)
        }
        (Twist::Any(bytes), _) => (vec![Step::Command(bytes.clone())], 0),
        (Twist::Torn(pulse), _) => (vec![step.clone()], *pulse),
        (Twist::Changed(..), _) => (vec![step.clone()], 0),
    }
}

proptest! {
    #![proptest_config(Config { cases: 600, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_script_that_goes_wrong_is_answered_and_two_forks_stay_equal(
        which in any::<Index>(),
        twists in vec(twists(), 120),
        contact in prop::bool::weighted(0.2),
    ) {
        let script = &scripts()[which.index(scripts().len())];
        let mut card = card(&script.profile);
        if contact {
            card.set_interface(Interface::Contact);
        }
        card.power_on().unwrap();
        let mut fork = card.clone();
        for (step, twist) in script.steps.iter().zip(twists.iter().cycle()) {
            let (steps, tear) = twisted(step, twist);
            for step in &steps {
                let answers = (run(&mut card, step, tear)?, run(&mut fork, step, tear)?);
                prop_assert_eq!(answers.0, answers.1, "{:?}", step);
            }
        }
        prop_assert!(card == fork, "two forks");
        // It still answers, unless it was blocked.
        card.power_on().unwrap();
        let answer = exchange(&mut card, &[0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00])?.unwrap();
        let is_held = answer.len() == 2 && answer[0] == 0x61;
        let answered = answer.ends_with(&[0x90, 0x00]) || answer[..] == [0x6A, 0x81] || is_held;
        prop_assert!(answered, "{answer:02X?}");
    }

    #[test]
    fn any_bytes_are_answered(
        name in any::<Index>(),
        commands in vec(vec(any::<u8>(), 0..40), 1..20),
    ) {
        let names: Vec<&str> = profile::names().collect();
        let mut card = card(names[name.index(names.len())]);
        card.power_on().unwrap();
        for command in commands {
            exchange(&mut card, &command)?.unwrap();
        }
    }
}

/// Without a twist the scripts do what their vectors say, so most commands reach far.
#[test]
fn the_scripts_are_those_of_the_vectors() {
    let (mut answered, mut done) = (0, 0);
    for script in scripts() {
        let mut card = card(&script.profile);
        card.power_on().unwrap();
        for step in &script.steps {
            if let Some(answer) = run(&mut card, step, 0).unwrap() {
                answered += 1;
                done += u32::from(answer.ends_with(&[0x90, 0x00]));
            }
        }
    }
    assert!(answered > 2_000 && done * 10 > answered * 7, "{done} of {answered}");
}
