//! Dialogues that pass, and what is said of those that do not.

use std::path::Path;

use super::super::{Cards, Flags, parse};
use super::*;
use crate::testing::probe;

fn vector(header: &str, steps: &str) -> Vector {
    let text = format!("name: t\nclause: x\nsource: own\nexpect: os\n{header}{steps}");
    parse("t.vec", Path::new("."), "t", &text, &Flags::default()).unwrap()
}

fn held(steps: &str) -> Verdict {
    run(&vector("", steps), &mut Cards::new())
}

fn fails(steps: &str) -> Failure {
    match held(steps) {
        Verdict::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_right_answer_passes_and_a_wrong_one_fails_with_the_dialogue() {
    assert_eq!(held("> 00A4 0000 02 3F00\n< 6F ... 9000"), Verdict::Passed);
    let failure = fails("> 00A4 000C 02 3F00\n< 9000\n> 00B0 9E00 00\n< {x:1} ... 9001");
    assert_eq!(failure.line, 8);
    let text = failure.to_string();
    assert!(text.starts_with("t.vec:8: byte "), "{text}");
    assert!(text.contains("should be 01"), "{text}");
    assert!(text.contains("expected {x:1} ... 9001"), "{text}");
    assert!(text.contains("|    5 > 00 A4 00 0C 02 3F 00\n"), "{text}");
    assert!(text.contains("|    6 < 90 00\n"), "{text}");
}

#[test]
fn names_go_from_answers_into_commands() {
    assert_eq!(
        held("> 0070 0000 01\n< {channel:1} 9000\n> 0070 80 {channel}\n< 9000"),
        Verdict::Passed
    );
}

const UPDATE: &str = "> 0020 0000 03 000000\n";

#[test]
fn a_tear_leaves_no_answer_and_an_unpowered_card() {
    let steps = format!(
        "! tear 1\n{UPDATE}< none\n> 00A4 000C 02 3F00\n< none\n+ power on\n\
                         > 00A4 000C 02 3F00\n< 9000"
    );
    assert_eq!(with_environment(&steps), Verdict::Passed);
    let Verdict::Failed(failure) = with_environment(&format!("! tear 1\n{UPDATE}< 63C5")) else {
        panic!()
    };
    assert!(failure.to_string().contains("nothing came back"), "{failure}");
    let Verdict::Failed(failure) = with_environment(&format!("! tear 5000\n{UPDATE}< none")) else {
        panic!()
    };
    assert!(failure.to_string().contains("an answer came back"), "{failure}");
    assert_eq!(with_environment(&format!("! tear 5000\n{UPDATE}< 63C5")), Verdict::Passed);
}

#[test]
fn tear_each_goes_through_all_pulses_and_wants_one_at_least() {
    let steps = format!(
        "! tear each\n{UPDATE}< none or 63C5\n+ power on\n{ENVIRONMENT}\
                         > 0020 0000\n< {{tries=63C6|63C5}}"
    );
    assert_eq!(with_environment(&steps), Verdict::Passed);
    let failure = fails("! tear each\n> 00A4 000C 02 3F00\n< none or 9000");
    assert!(failure.to_string().contains("nothing was torn"), "{failure}");
}

#[test]
fn a_tear_in_recovery_leaves_the_card_off() {
    let steps = format!(
        "! tear 3\n{UPDATE}< none\n! tear 1\n+ power on\n> 00A40000\n< none\n\
                         + power on\n> 00A4 000C 02 3F00\n< 9000"
    );
    assert_eq!(with_environment(&steps), Verdict::Passed);
}

#[test]
fn a_tear_is_forgotten_when_its_command_ends_before() {
    let steps = format!("! tear 1\n> 00A4 000C 02 3F00\n< 9000\n{ENVIRONMENT}{UPDATE}< 63C5");
    assert_eq!(held(&steps), Verdict::Passed);
}

const ENVIRONMENT: &str = "> 00A4 040C 06 7378312E7368\n< 9000\n";

fn with_environment(steps: &str) -> Verdict {
    held(&format!("{ENVIRONMENT}{steps}"))
}

/// A card that answers 6A82 to everything and writes all the same.
struct Liar {
    cells: [u8; 4],
}

impl Target for Liar {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(Some(vec![0x3B, 0]))
    }
    fn power_off(&mut self) -> Result<(), String> {
        Ok(())
    }
    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        self.cells[1] = command[1];
        Ok(Some(vec![0x6A, 0x82]))
    }
    fn tear_at(&mut self, _: u32) {}
    fn give_random(&mut self, _: &[u8]) {}
    fn random_left(&self) -> usize {
        0
    }
    fn memory(&self) -> Option<&[u8]> {
        Some(&self.cells)
    }
}

struct Liars;

impl Targets for Liars {
    fn target(&mut self, _: &Vector, _: &Dialogue) -> Result<Box<dyn Target>, Unavailable> {
        Ok(Box::new(Liar { cells: [0; 4] }))
    }
    fn is_home(&self) -> bool {
        true
    }
}

#[test]
fn memory_that_changes_in_a_refusal_fails_the_vector() {
    let Verdict::Failed(failure) = run(&vector("", "> 00D6\n< 6A82"), &mut Liars) else { panic!() };
    let text = failure.to_string();
    assert!(text.contains("t.vec:6: memory has changed, and 6A82"), "{text}");
    assert!(text.contains("1 other bytes, the first at 0001"), "{text}");
}

#[test]
fn an_exception_for_memory_is_taken_and_must_be_needed() {
    let header = "memory-may-change: a reason\n";
    assert_eq!(run(&vector(header, "> 00D6\n< 6A82"), &mut Liars), Verdict::Passed);
    let Verdict::Failed(failure) = run(&vector(header, "> 0000\n< 6A82"), &mut Liars) else {
        panic!()
    };
    assert!(failure.to_string().contains("memory-may-change is not needed"), "{failure}");
}

#[test]
fn random_bytes_are_what_the_vector_says_and_none_is_left() {
    const DRAW: &str = "> 00 36 00 00 04\n";
    let held = |given: &str| {
        let steps = format!(
            "> 00 A4 04 0C 08 F050524F42452E41\n< 9000\n{given}{DRAW}< 01 02 03 03 9000\n+ reset\n\
             > 00 A4 04 0C 08 F050524F42452E41\n< 9000\n{DRAW}< 04 05 06 07 9000\n"
        );
        run(&vector("", &steps), &mut Cards::only(probe::card()))
    };
    assert_eq!(held("! random 0102 03*2\n! random 04050607\n"), Verdict::Passed);
    let Verdict::Failed(failure) = held("! random 010203 03 0405 060708\n") else { panic!() };
    assert!(failure.to_string().contains("1 random bytes were never drawn"), "{failure}");
    assert!(matches!(held("! random 010203 03 0405\n"), Verdict::Failed(_)), "the stream's own");
}

#[test]
fn a_vector_may_go_on_where_another_one_ends_but_not_after_itself() {
    let root = std::env::temp_dir().join(format!("tessera-{}-after", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let write = |name: &str, header: &str, steps: &str| {
        let text = format!("name: {name}\nclause: x\nsource: own\nexpect: os\n{header}\n{steps}");
        std::fs::write(root.join(format!("{name}.vec")), &text).unwrap();
        parse(name, &root, name, &text, &Flags::default()).unwrap()
    };
    write("one", "profile: social-security", &format!("{ENVIRONMENT}{UPDATE}< 63C5"));
    write("two", "after: one", &format!("{ENVIRONMENT}{UPDATE}< 63C4"));
    let three = write("three", "after: two", &format!("{ENVIRONMENT}> 0020 0000\n< 63C4"));
    let round = write("round", "after: round", "> 00A40000\n< 9000");
    let nowhere = write("nowhere", "after: else", "> 00A40000\n< 9000");
    let mut cards = Cards::new();
    let verdicts = [&three, &round, &nowhere, &three].map(|vector| run(vector, &mut cards));
    std::fs::remove_dir_all(&root).unwrap();
    let [first, round, nowhere, again] = verdicts;
    assert_eq!((first, again), (Verdict::Passed, Verdict::Passed));
    assert!(matches!(round, Verdict::Failed(failure) if failure.what.contains("after itself")));
    assert!(matches!(nowhere, Verdict::Failed(failure) if failure.what.contains("else.vec")));
}
