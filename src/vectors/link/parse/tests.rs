//! Tests of the reader of dialogues below commands.

use std::path::Path;

use crate::vectors::{Body, Flags, VectorError, link, parse};

use super::*;

const HEAD: &str = "name: a/b\nclause: x\nsource: own\nexpect: link\n";

fn read(text: &str) -> Result<link::Dialogue, VectorError> {
    let text = format!("{HEAD}{text}");
    match parse("a/b.vec", Path::new("."), "a/b", &text, &Flags::default())?.body {
        Body::Link(dialogue) => Ok(dialogue),
        _ => unreachable!(),
    }
}

#[test]
fn frames_have_bits_checks_and_times() {
    let text = "link: picc-a\ncard: uid 01020304, fsc 24\n\
                > 26/7 # REQA\n< 04 00 @1172\n> 93 21 01/1 ~\n< bits 0011.C @128n+84\n\
                > 50 00 +crc @>=5\n< none\n! command 00 B0 00 00 02 -> 90 00 after 7 us\n\
                = commands 0";
    let dialogue = read(text).unwrap();
    assert_eq!(dialogue.card.number("fsc"), Some(24));
    let [request, search, halt, known, count] = &dialogue.steps[..] else { unreachable!() };
    let Action::Exchange(sent, answer) = &request.action else { unreachable!() };
    assert_eq!((sent.last_bits, sent.check, sent.damaged, answer.line), (7, false, false, 8));
    assert_eq!(answer.at, Some(When::At(1172)));
    let Action::Exchange(sent, answer) = &search.action else { unreachable!() };
    assert_eq!((sent.last_bits, sent.damaged), (1, true));
    assert_eq!((&answer.form, answer.at), (&Form::Bits("0011.C".into()), Some(When::Grid(84))));
    let Action::Exchange(sent, answer) = &halt.action else { unreachable!() };
    assert_eq!((sent.check, sent.at), (true, Some(When::From(5))));
    assert_eq!(answer.form, Form::None);
    let Action::Command(known) = &known.action else { unreachable!() };
    assert_eq!((known.took_us, known.answer.as_deref()), (7, Some(&[0x90, 0x00][..])));
    assert_eq!(count.action, Action::Commands(0));
}

#[test]
fn orders_to_a_reader_end_with_what_they_come_to() {
    let text = "link: pcd\nreader: cid 3\n\
                + run 00B0\n> 02 00B0\n< ~\n> B2\n< 02 9000\n= 9000\n+ check\n> B3\n< none\n\
                = error absent\n+ deselect\n> C2\n< C2\n= done";
    let steps = read(text).unwrap().steps;
    let outcomes: Vec<_> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::Outcome(outcome) => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes[1..], [&Outcome::Error("absent".into()), &Outcome::Done]);
    let Action::Exchange(_, answer) = &steps[2].action else { unreachable!() };
    assert_eq!(answer.form, Form::Played(vec![0x02, 0x90, 0x00], false));
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (text, says) in [
        ("link: wire\n> 00\n< 00", "b.vec:5: expected link: contact or"),
        ("link: picc-a", "no answer in it"),
        ("card: uid 01020304\n> 00\n< 00", "b.vec:5: expected a key link:"),
        ("link: picc-a\nneeds: fresh\n> 00\n< 00", "b.vec:6: expected with link only the keys"),
        ("link: picc-a\ncard: ifsc 32\n> 00\n< 00", "b.vec:6: expected settings: type"),
        ("link: picc-a\nreader: cid 1\n> 00\n< 00", "b.vec:6: expected no reader:"),
        ("link: field\ncard: uid 01020304\n> 00\n< 00", "b.vec:6: expected + enter NAME"),
        ("link: picc-a\n> 00", "b.vec:6: expected a line < ANSWER"),
        ("link: picc-a\n< 00", "b.vec:6: expected something sent"),
        ("link: picc-a\n> 26/8\n< 00", "b.vec:6: expected BYTE/n"),
        ("link: contact\n> 26/7\n< 00", "b.vec:6: expected BYTE/n"),
        ("link: contact\n> 26 +crc\n< 00", "b.vec:6: expected +crc only behind frames"),
        ("link: picc-a\n> 26 @soon\n< 00", "b.vec:6: expected @N"),
        ("link: picc-a\n> 26 @128n+128\n< 00", "b.vec:6: expected @N"),
        ("link: picc-a\n> 26\n< ~", "b.vec:7: expected ~ only where"),
        ("link: picc-a\n> 26\n< 00 ~", "b.vec:7: expected ~ alone"),
        ("link: picc-b\n> 26\n< bits 01", "b.vec:7: expected bits only on"),
        ("link: picc-a\n> 26\n< bits 012", "b.vec:7: expected bits of 0 1 C"),
        ("link: contact\n> 26\n< noise", "b.vec:7: expected two hexadecimal digits"),
        ("link: picc-a\n+ reset\n> 26\n< 00", "b.vec:6: expected + field on"),
        ("link: contact\n+ signal 0\n> 26\n< 00", "b.vec:6: expected + signal N"),
        ("link: block\n+ wait 1 s\n> 26\n< 00", "b.vec:6: expected N us"),
        ("link: block\n! command 00B0 -> 9000", "b.vec:6: expected ! command COMMAND"),
        ("link: block\n! tear 1", "b.vec:6: expected ! command COMMAND"),
        ("link: block\nprofile: x\n! command 00B00000 -> 9000", "b.vec:7: expected no ! command"),
        ("link: block\n= 9000", "b.vec:6: expected = commands N, or an order"),
        ("link: pcd\n> 02\n< 02", "b.vec:6: expected an order to the reader"),
        ("link: pcd\n+ run 00B0", "b.vec:6: expected a line = for"),
        ("link: pcd\n+ check\n+ check\n= done", "b.vec:6: expected a line = for"),
        ("link: pcd\n+ check\n= commands 1", "b.vec:7: expected = commands N, of the stand-in"),
    ] {
        let said = read(text).unwrap_err().to_string();
        assert!(said.contains(says), "{text}\n{said}");
    }
}
