//! Tests of the reader of vector files.

use proptest::prelude::*;

use super::*;

const HEAD: &str = "name: a/b\nclause: ISO/IEC 7816-4:2020, 5.1\nsource: own\nexpect: os\n";

fn read(text: &str) -> Result<Vector, VectorError> {
    let flags =
        Flags::parse("FLAGS.md", "| flag | clause | effect |\n|---|---|---|\n| `tear` | x | y |\n");
    parse("a/b.vec", Path::new("."), "a/b", text, &flags.unwrap())
}

fn says(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

fn dialogue(text: &str) -> Dialogue {
    match read(text).unwrap().body {
        Body::Dialogue(dialogue) => dialogue,
        Body::Decode(..) | Body::Link(_) => unreachable!(),
    }
}

#[test]
fn steps_keep_their_lines_across_comments_and_continuations() {
    let text = format!(
        "{HEAD}flags: tear\n\n# why\n> 00 A4 # select\n  04 00\n  # name follows\n  00\n\
         < 90 00 # fine\n! tear 3\n> 00D6\n< none\n+ power on\n< 3B ...\n"
    );
    let steps = dialogue(&text).steps;
    let lines: Vec<_> = steps.iter().map(|step| step.line).collect();
    assert_eq!(lines, [8, 13, 14, 16]);
    let Action::Exchange(command, expected) = &steps[0].action else { unreachable!() };
    assert_eq!(command.bytes(&Default::default()).unwrap(), [0, 0xA4, 4, 0, 0]);
    assert_eq!(expected.line, 12);
    assert!(matches!(&steps[3].action, Action::PowerOn(Some(expected)) if expected.line == 17));
}

#[test]
fn a_mistake_in_the_header_is_told_with_its_line() {
    for (text, expected) in [
        (format!("{HEAD}colour: red\n> 00\n< 00"), "a/b.vec:5: expected one of the keys name,"),
        (
            format!("{HEAD}name: a/b\n> 00\n< 00"),
            "a/b.vec:5: expected each key once, got name again, after line 1",
        ),
        (
            format!("{HEAD}flags: tear, speed\n> 00\n< 00"),
            "a/b.vec:5: expected flags that FLAGS.md explains, got \"speed\"",
        ),
        (format!("{HEAD}flags:\n> 00\n< 00"), "a/b.vec:5: expected a value of flags, got nothing"),
        (
            format!("{HEAD}needs: holder, luck\n> 00\n< 00"),
            "a/b.vec:5: expected needs: holder, fresh, bare, got holder, luck",
        ),
        (
            format!("{HEAD}interface: air\n> 00\n< 00"),
            "a/b.vec:5: expected interface: contact or contactless or contactless-b, got air",
        ),
        (format!("{HEAD}decode: atr\n> 00\n= x"), "a/b.vec:4: expected with decode only the keys"),
        (HEAD.replace("a/b", "a/c"), "a/b.vec:1: expected name: a/b, as the path says, got a/c"),
        (
            HEAD.replace("os", "bank") + "> 00\n< 00",
            "a/b.vec:4: expected expect: link or os or applet, got bank",
        ),
        (HEAD.replace("clause", "claus"), "a/b.vec:2: expected one of the keys"),
        (format!("  {HEAD}"), "a/b.vec:1: expected a line for this one to go on with"),
        (
            HEAD.replace("source: own\n", "") + "> 00\n< 00",
            "a/b.vec: the header has no line source:",
        ),
        (
            HEAD.replace("expect: os\n", "") + "> 00\n< 00",
            "a/b.vec: the header has no line expect:",
        ),
        (HEAD.into(), "a/b.vec: no answer in it is compared with anything"),
    ] {
        let said = says(&text);
        assert!(said.starts_with(expected), "{said}\n  not: {expected}");
    }
}

#[test]
fn a_mistake_in_a_step_is_told_with_its_line() {
    for (steps, expected) in [
        ("< 9000", "5: expected a command before the answer, got < 9000"),
        ("> 00\n< 9000\n< 9000", "7: expected a command before the answer"),
        ("> 00", "5: expected a line < ANSWER after the command, got nothing"),
        ("> 00\n> 01\n< 9000", "5: expected a line < ANSWER after the command, got > 01"),
        ("> 0G\n< 9000", "5: expected two hexadecimal digits"),
        ("> {id}\n< 9000", "5: expected a name that an answer before has bound, got {id}"),
        ("> 00\n< {x} {y}", "6: expected one piece without a length"),
        ("> 00\n< none or {x:2}\n> {x}\n< 9000", "7: expected a name that an answer before"),
        ("! tear 0\n> 00\n< 9000", "5: expected ! tear N or ! tear each, got tear 0"),
        ("! pull 3\n> 00\n< 9000", "5: expected ! tear N, ! tear each or ! random BYTES"),
        ("! random\n> 00\n< 9000", "5: expected bytes, got nothing"),
        ("! random 0x\n> 00\n< 9000", "5: expected "),
        ("! random {n}\n> 00\n< 9000", "5: expected "),
        ("! tear 1\n! random 01\n> 00\n< 9000", "6: expected a command or + power on after"),
        ("! tear 3", "5: expected a command or + power on after the tear"),
        ("! tear 3\n+ power off\n> 00\n< 9000", "6: expected a command or + power on"),
        ("! tear 3\n! tear 4\n> 00\n< 9000", "6: expected a command between two tears"),
        ("! tear each\n> 00\n< 9000", "7: expected < none or ANSWER after ! tear each"),
        (
            "! tear each\n> 00\n< none or 9000\n! tear each\n> 00\n< none or 9000",
            "8: expected tear each once",
        ),
        ("+ sleep\n> 00\n< 9000", "5: expected + power on, + power off or + reset"),
        ("= x", "5: expected a step"),
        ("> 00\n< 9000\nflags: tear", "7: expected a step"),
    ] {
        let said = says(&format!("{HEAD}{steps}"));
        assert!(said.starts_with(&format!("a/b.vec:{expected}")), "{said}\n  not: {expected}");
    }
}

#[test]
fn a_decoder_vector_has_bytes_and_lines_only() {
    let head = "name: a/b\nclause: x\nsource: own\n";
    let Body::Decode(decoder, cases) =
        read(&format!("{head}decode: atr\n> 3B 00\n= Fi  372\n= Di 1\n> 3F\n= error ends\n"))
            .unwrap()
            .body
    else {
        unreachable!()
    };
    assert_eq!(decoder, Decoder::Atr);
    assert_eq!(cases[0].lines, [(6, "Fi 372".to_string()), (7, "Di 1".to_string())]);
    assert_eq!((cases[1].line, cases[1].bytes.as_slice()), (8, &[0x3F][..]));
    for (steps, expected) in [
        (
            "decode: tea\n> 00\n= x",
            "4: expected a decoder: atr, control, descriptor, class, apdu, card-number",
        ),
        ("decode: atr\n= x", "5: expected > BYTES"),
        ("decode: atr\n> 00\n> 00\n= x", "6: expected > BYTES"),
        ("decode: atr\n> 00\n< 00", "6: expected > BYTES"),
        ("decode: atr\n> 00", "5: expected at least one = LINE"),
        ("decode: atr", " there is no case in it"),
    ] {
        let said = says(&format!("{head}{steps}"));
        assert!(said.starts_with(&format!("a/b.vec:{expected}")), "{said}\n  not: {expected}");
    }
}

/// A command and an answer, near enough to right ones.
const STEPS: &str = "> ([0-9A-F]{2}){0,8}\n< (none or )?[0-9A-F.{}x:|=()*]{0,12}\n";

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", steps in "[><!+=#{}:|.()*a-f0-9 \n]{0,200}") {
        let _ = read(&text);
        let _ = read(&format!("{HEAD}{steps}"));
        let _ = read(&format!("name: a/b\nclause: x\nsource: own\ndecode: apdu\n{steps}"));
    }

    #[test]
    fn what_is_read_runs_without_panic(
        commands in proptest::collection::vec(STEPS, 1..6)
    ) {
        if let Ok(vector) = read(&format!("{HEAD}{}", commands.concat())) {
            let _ = crate::vectors::run(&vector, &mut crate::vectors::Cards::new());
        }
    }
}
