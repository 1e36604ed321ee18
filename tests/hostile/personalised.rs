//! Every card with keys under scripts that go wrong: the dialogues of their vectors with commands
//! left out, doubled, mixed, changed in a byte, torn, and whatever else a terminal may send. A
//! status word of the published lists, no panic, memory as it was wherever the status word says so,
//! the same from every fork.

use std::sync::{Mutex, OnceLock};

use crate::answers::exchange;
use crate::scripts::{Cards, Script, Step};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
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
const DIRECTORIES: [&str; 7] =
    ["fmcos", "purse", "psam", "social", "medical", "library", "employer"];

fn scripts() -> &'static Vec<Script> {
    static SCRIPTS: OnceLock<Vec<Script>> = OnceLock::new();
    SCRIPTS.get_or_init(|| DIRECTORIES.into_iter().flat_map(crate::scripts::of).collect())
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

/// Commands of the social-security family, its accounts and security module, and of the purse:
/// class and instruction, P1-P2 and lengths of data fields that mean something. The first row is
/// common.
const KNOWN: [(&[u16], &[u16], &[usize]); 9] = [
    (
        &[0x00B2, 0x00DC, 0x04DC, 0x00E2, 0x00B0, 0x00D6, 0x04D6, 0x0084, 0x0082, 0x0088, 0x0020],
        &[0x0000, 0x012C, 0x0134, 0x013C, 0x0144, 0x014C, 0x0154, 0x8500, 0x0083, 0x0084, 0x0004],
        &[0, 3, 8, 16, 17, 21, 25],
    ),
    (&[0x805E, 0x8424, 0x841E, 0x8418, 0x8416], &[0x0100, 0x0000, 0x0001], &[4, 7, 12, 20]),
    (&[0xB028, 0xB02C, 0xB02A], &[0x0101, 0x0001, 0x0100, 0x0000], &[0x0B, 0x0F, 0x13]),
    (&[0xD028, 0xD040, 0xD044], &[0x0101, 0x0201, 0x0001, 0x0301], &[0x0F, 0x19, 0x1F]),
    (&[0xD02C, 0xD042, 0xD046], &[0x0100, 0x0000], &[0x0B, 0x0F]),
    (&[0xD0CA, 0xD04C, 0xD05A], &[0x0100, 0x0200, 0x0000], &[0, 4]),
    (
        &[0xD448, 0xD44A, 0xD44E, 0xD450, 0xD452, 0xD456, 0xD458, 0xD09A],
        &[0x0000, 0x0102, 0x0002, 0x0201],
        &[0x0F, 0x15, 0x1B, 0x1F, 0x22, 0x30, 0x56],
    ),
    (&[0x8050, 0x8052, 0x8054, 0x805A, 0x805C, 0xE0CA], &[0x0102, 0x0002, 0x0100], &[0, 2, 11, 15]),
    (
        &[0xBFDE, 0x80DE, 0x80FA, 0x8070, 0x8072],
        &[0x4701, 0x6708, 0x4201, 0x0500, 0x0100, 0x0200, 0x0000],
        &[4, 8, 0x18, 0x20, 0x2C, 0x32],
    ),
];

/// Selections of all there is, by name and by identifier.
const SELECTIONS: [&str; 12] = [
    "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
    "00A4000002DF01",
    "00A4000002DF03",
    "00A4000002DF04",
    "00A4000002DF0A",
    "00A4000002DF0B",
    "00A4000002DF0C",
    "00A4000002DDF1",
    "00A4000002EF05",
    "00A4000002EF08",
    "00A40400 06D15600000590",
    "00A4040009A00000000386980701",
];

/// A command that some application knows, with any data or the PIN.
fn known() -> impl Strategy<Value = Vec<u8>> {
    let bytes = |digits: &str| hex::decode(digits.replace(' ', "")).unwrap();
    let selection = select(SELECTIONS.to_vec()).prop_map(bytes);
    let any = (any::<Index>(), any::<[Index; 3]>(), vec(any::<u8>(), 0x60), any::<bool>());
    let command = any.prop_map(|(row, [header, p1p2, length], data, le)| {
        let (headers, places, lengths) = KNOWN[row.index(KNOWN.len())];
        let mut command = headers[header.index(headers.len())].to_be_bytes().to_vec();
        command.extend(places[p1p2.index(places.len())].to_be_bytes());
        let length = lengths[length.index(lengths.len())];
        if length > 0 {
            command.push(length as u8);
            command.extend(&data[..length]);
        }
        if le || length == 0 {
            command.push(if data[0] < 0x80 { 0x00 } else { 0x08 });
        }
        command
    });
    let pin = Just(bytes("0020000003123456"));
    prop_oneof![3 => selection, 2 => pin, 12 => command]
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
    fn known_commands_in_any_order_are_answered_by_every_card(
        name in any::<Index>(),
        commands in vec((known(), prop::option::weighted(0.05, 1..20_u32)), 60),
    ) {
        let names: Vec<&str> = profile::names().collect();
        let mut card = card(names[name.index(names.len())]);
        card.power_on().unwrap();
        for (command, tear) in commands {
            run(&mut card, &Step::Command(command), tear.unwrap_or(0))?;
        }
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
