//! Tests of commands and expected answers.

use super::*;

fn names(of: &[(&str, &[u8])]) -> Names {
    of.iter().map(|(name, value)| ((*name).to_string(), value.to_vec())).collect()
}

fn pattern(text: &str, known: &Names) -> Pattern {
    Pattern::parse(text, &mut known.keys().cloned().collect()).unwrap()
}

#[test]
fn each_piece_fits_what_it_says_and_nothing_else() {
    let known = names(&[("old", &[1, 2]), ("new", &[3, 4])]);
    for (text, fits, fits_not) in [
        ("90 00", "9000", "9001"),
        ("9000", "9000", "90"),
        ("00*3 90 00", "0000009000", "00009000"),
        ("6F .. 9000", "6FAA9000", "6F9000"),
        ("(3) 9000", "AABBCC9000", "AABB9000"),
        ("6F ... 9000", "6F0102039000", "700102039000"),
        ("... 9000", "9000", "00"),
        ("{x:2} {x} 9000", "AABBAABB9000", "AABBAABC9000"),
        ("{x} 9000", "AABBCC9000", "AABBCC9001"),
        ("{old} 9000", "01029000", "03049000"),
        ("{v=old|new} 9000", "03049000", "03029000"),
        ("{v=old|0505} {v}", "05050505", "05050102"),
        ("", "", "00"),
    ] {
        let pattern = pattern(text, &known);
        assert!(pattern.matches(&hex::decode(fits).unwrap(), &known).is_ok(), "{text}");
        assert!(pattern.matches(&hex::decode(fits_not).unwrap(), &known).is_err(), "{text}");
    }
}

#[test]
fn a_mismatch_says_where_and_what() {
    let known = names(&[("card", &[7, 8])]);
    for (text, answer, says) in [
        ("01 02 90 00", "01039000", "byte 2 should be 02"),
        ("90 00", "9000AA", "3 bytes where 2 should be"),
        ("(4) 90 00", "6A82", "2 bytes where 4 should be"),
        ("{card} 9000", "07099000", "byte 2 should be 08, byte 2 of card"),
        ("{v=card|0101} 9000", "55559000", "byte 1 should be the first of card (0708) or 0101"),
    ] {
        let why = pattern(text, &known).matches(&hex::decode(answer).unwrap(), &known);
        assert_eq!(why.unwrap_err().to_string(), says, "{text}");
    }
}

#[test]
fn what_is_bound_is_what_stood_there() {
    let known = names(&[("old", &[1])]);
    let found = pattern("{first:1} {rest} {v=old|02} 9000", &known)
        .matches(&[9, 8, 8, 8, 1, 0x90, 0], &known)
        .unwrap();
    assert_eq!(found, names(&[("first", &[9]), ("old", &[1]), ("rest", &[8; 3]), ("v", &[1])]));
}

#[test]
fn alternatives_of_different_lengths_are_the_vectors_fault() {
    let known = names(&[("old", &[1, 2]), ("new", &[3])]);
    let why = pattern("{v=old|new} 9000", &known).matches(&[1, 2, 0x90, 0], &known);
    assert_eq!(why, Err(Mismatch::Pattern("alternatives differ in length".into())));
}

#[test]
fn text_that_is_no_pattern_says_what_would_be() {
    for (text, says) in [
        ("9", "two hexadecimal digits"),
        ("90 0", "two hexadecimal digits"),
        ("90 xx", "two hexadecimal digits"),
        ("90 é0", "two hexadecimal digits"),
        ("{x", "a } after the {"),
        ("(3", "a ) after the ("),
        ("(0)", "(n), n a number of bytes"),
        ("(99999999999999999999)", "(n), n a number of bytes"),
        ("00*", "how many times"),
        ("00*70000", "how many times"),
        ("00*65544 00", "at most 65544 bytes"),
        ("{}", "a name"),
        ("{ff}", "not to be read as bytes"),
        ("{X}", "a name"),
        ("{x:0}", "{name:4}"),
        ("{x=unknown|9000}", "bound names or bytes"),
        ("{x=}", "bound names or bytes"),
        ("... ...", "one piece without a length"),
        ("{x} {y}", "one piece without a length"),
        ("{x} {x}", "one piece without a length"),
        ("{x} {x:2}", "a length where a name is bound"),
    ] {
        let why = Pattern::parse(text, &mut Bound::new()).unwrap_err();
        assert!(why.expected.contains(says), "{text}: {why:?}");
    }
}

#[test]
fn a_command_takes_bytes_and_bound_names_only() {
    let bound = Bound::from(["id".to_string()]);
    let command = Template::parse("00 A4 0000 02 {id}", &bound).unwrap();
    assert_eq!(command.bytes(&names(&[("id", &[0xDF, 1])])).unwrap(), [0, 0xA4, 0, 0, 2, 0xDF, 1]);
    assert_eq!(command.bytes(&Names::new()), Err("id".to_string()));
    for text in ["..", "(2)", "...", "{other}", "{id:2}", "{id=00|01}"] {
        assert!(Template::parse(text, &bound).is_err(), "{text}");
    }
}
