//! Tests of the runner: what is right passes, and everything that can be wrong is found, with its
//! line and who is to blame.

use std::path::Path;

use super::*;
use crate::vectors::{Body, Flags, parse};

fn outcome_of(text: &str) -> Result<(), Box<Failure>> {
    let text = format!("name: a\nclause: x\nsource: own\nexpect: link\n{text}");
    let vector = parse("a.vec", Path::new("."), "a", &text, &Flags::default()).unwrap();
    let Body::Link(dialogue) = &vector.body else { unreachable!() };
    let stub = Stub::default();
    let behind = Behind { application: Box::new(stub.clone()), like: None };
    run(&vector.file, dialogue, behind, Some(&stub))
}

fn says(text: &str, line: usize, words: &str) {
    let failure = outcome_of(text).unwrap_err();
    assert_eq!(failure.line, line, "{failure}");
    assert!(failure.to_string().contains(words), "{failure}");
}

const LINE: &str =
    "link: contact\ncard: protocols T=0, wi 10\n! command 00 B0 00 00 02 -> 01 02 90 00\n";

#[test]
fn a_card_on_the_line_is_held_to_what_the_file_says() {
    let right = "> 00 B0 00 00 02\n< B0 01 02 90 00\n= commands 1\n+ reset\n< 3B 80 40 0A";
    outcome_of(&format!("{LINE}{right}")).unwrap();
    says(&format!("{LINE}> 00 B0 00 00 02\n< B0 01 03 90 00"), 9, "line, T=0: byte 3 should be 03");
    says(&format!("{LINE}> 00 B0 00 00 02\n< none"), 9, "an answer came");
    says(&format!("{LINE}> 00 B0\n< B0"), 9, "no such answer came");
    says(&format!("{LINE}> 00 B0 00 00 02\n< ...\n= commands 2"), 10, "another number of commands");
    says(&format!("{LINE}> 00 B0 00 00 02\n< signal"), 9, "something else came");
    says(&format!("{LINE}> 00 B0 00 00 ~\n< 00"), 9, "no such answer came");
    says(&format!("{LINE}> 00 B0 00 00 02\n< ... @<=1"), 9, "it begins at another time");
    says(&format!("{LINE}+ reset\n< 3B 01"), 9, "line: ");
    let other = "! command 00 D6 00 00 01 01 -> 90 00\n> 00 D6 00 00 01\n< D6\n> 02\n< 90 00";
    says(
        &format!("{LINE}{other}"),
        11,
        "application: a command came that the vector has no answer",
    );
}

const PICC: &str = "link: picc-a\ncard: uid 01 02 03 04\n> 26/7\n< 04 00 @1172\n";

#[test]
fn a_card_in_a_field_is_held_to_what_the_file_says() {
    outcome_of(PICC).unwrap();
    says(&PICC.replace("04 00", "44 00"), 8, "frame, card in IDLE: byte 1 should be 44");
    says(&PICC.replace("1172", "1236"), 8, "it begins at another time");
    says(&PICC.replace("04 00", "bits 0010000001"), 8, "bit 9 is another");
    says(&PICC.replace("04 00", "04 +crc"), 8, "the check behind it is wrong");
    says(&PICC.replace("26/7", "26/7 ~"), 8, "no such answer came");
    says(&format!("{PICC}> 93 20\n< none"), 10, "frame, card in READY: an answer came");
    says("link: picc-a\ncard: fsc 17\n> 26/7\n< 04 00", 0, "there is no FSC 17");
    says("link: block\ncard: part-4 no\n> 02\n< 02", 0, "and is not active");
    says("link: block\n> 02 00 A4\n< 02 6D 00", 6, "application: a command came");
    says("link: block\n> B2 ~\n< A3", 7, "block, card in PROTOCOL: no such answer");
}

const FIELD: &str = "link: field\n+ enter a uid 01 02 03 04\n+ enter b uid 01 02 03 05\n";

#[test]
fn cards_in_a_field_and_a_search_among_them_are_held_to_what_the_file_says() {
    let collided = "bits 100000000 010000000 110000001 C0100000C C0100000C";
    let both = format!("{FIELD}> 26/7\n< 04 00\n> 93 20\n< {collided}");
    outcome_of(&both).unwrap();
    says(&both.replace("C0100000C C", "00100000C C"), 11, "places that answer: 0 1: bit 27 is");
    says(&format!("{FIELD}> 26/7\n< noise"), 9, "something else came");
    says(&format!("{FIELD}+ leave c\n> 26/7\n< none"), 8, "there is no card c");
    says(
        &format!("{FIELD}+ enter a uid 01020306\n> 26/7\n< 04 00"),
        8,
        "a is in the field already",
    );
    says(&format!("{FIELD}+ search a\n> 52/7\n< 04 00"), 10, "the reader's search has sent 26/7");
    says(&format!("{FIELD}+ search a\n> 26/7\n< 04 00"), 0, "the reader's search goes on");
}

const PCD: &str = "link: pcd\ncard: fwi 4\n+ run 00 A4 04 00\n";

#[test]
fn a_reader_is_held_to_what_the_file_says() {
    let right = format!("{PCD}> 02 00 A4 04 00 @114688\n< ~\n> B2\n< 02 90 00\n= 90 00\n");
    outcome_of(&right).unwrap();
    says(&right.replace("> B2", "> B3"), 10, "reader: it sends another block");
    says(&right.replace("114688", "65536"), 8, "reader: it listens for another time");
    says(&right.replace("= 90 00", "= 90 01"), 12, "reader: byte 2 should be 01");
    says(&right.replace("= 90 00", "= error nothing"), 12, "the order comes to something else");
    says(
        &right
            .replace("> B2\n", "> B2\n< A3\n> 02 00 A4 04 00\n")
            .replace("< 02 90 00\n", "< 02 90 00\n> B2\n< A3\n"),
        14,
        "it sends nothing more",
    );
    says(&format!("{PCD}> 02 00 A4 04 00\n< none\n= error ..."), 0, "it goes on where the file");
}

#[test]
fn a_reader_at_the_line_is_held_to_what_the_file_says() {
    let right = "link: ifd\n+ reset\n< 3B 00\n+ run 00 B0 00 00 01\n> 00 B0 00 00 01\n\
                 < B0 AA 90 00\n= AA 90 00\n";
    outcome_of(right).unwrap();
    says(&right.replace("> 00 B0 00 00 01", "> 00 B0 00 00 02"), 9, "it sends something else");
    says(&right.replace("= AA", "= AB"), 11, "reader: byte 1 should be AB");
    says(&right.replace("< 3B 00", "< 3A 00"), 6, "no answer to reset");
    says(&right.replace("< B0 AA 90 00", "< B0 AA 90 00\n> 00\n< 00"), 11, "sends nothing more");
}

/// Pieces of dialogues, right and wrong, for links they are for and others.
const PIECES: [&str; 30] = [
    "> 26/7\n< 04 00",
    "> 52/7\n< none",
    "> 93 20\n< (5)",
    "> 93 70 01 02 03 04 04 +crc\n< (3)",
    "> E0 80 +crc\n< ...",
    "> 02 00 B0 00 00 02\n< ...",
    "> B2 ~\n< none",
    "> 00 B0 00 00 02\n< ...",
    "> FF 10 95\n< none",
    "> 05 00 00 +crc type-b\n< ...",
    "> \n< none",
    "+ field off",
    "+ field on",
    "+ wait 60000000 us",
    "+ reset",
    "+ warm reset",
    "+ power off",
    "+ signal 3",
    "+ enter a uid 01020304",
    "+ enter b type b, sfgi 14",
    "+ leave a",
    "+ search a",
    "+ search b 16",
    "! command 00 B0 00 00 02 -> 01 02 90 00 after 60000000 us",
    "! command 00 B0 00 00 02 -> mute",
    "= commands 1",
    "+ run 00 B0 00 00 02\n> 02 00 B0 00 00 02\n< 02\n= ...",
    "+ run 00 B0 00 00 02\n> 00 B0 00 00 02\n< 60 90 ~\n= error ...",
    "+ activate\n> E0 80\n< 01\n= done",
    "+ check\n> B2\n< ~\n= error ...",
];

proptest::proptest! {
    /// No file makes the runner panic, wait or try without end, whatever comes back.
    #[test]
    fn any_dialogue_ends(
        link in 0..Link::NAMES.len(),
        pieces in proptest::collection::vec(0..PIECES.len(), 1..40),
    ) {
        let read = |text: &str| parse("a.vec", Path::new("."), "a", text, &Flags::default());
        let head = "name: a\nclause: x\nsource: own\nexpect: link";
        let mut text = format!("{head}\nlink: {}", Link::NAMES[link].0);
        for piece in pieces {
            let longer = format!("{text}\n{}", PIECES[piece]);
            match read(&longer) {
                Err(error) if !error.to_string().contains("no answer in it") => {}
                _ => text = longer,
            }
        }
        if let Ok(Body::Link(dialogue)) = read(&text).map(|vector| vector.body) {
            let stub = Stub::default();
            let behind = || Behind { application: Box::new(stub.clone()), like: None };
            let _ = run("a.vec", &dialogue, behind(), Some(&stub));
            let mut held = Held::default();
            let mut peer = peer(&dialogue, behind(), Some(&stub)).unwrap();
            for step in &dialogue.steps {
                let _ = held.step(peer.as_mut(), Some(&stub), step);
            }
            proptest::prop_assert!(held.transcript.len() <= 3 * dialogue.steps.len());
        }
    }
}
