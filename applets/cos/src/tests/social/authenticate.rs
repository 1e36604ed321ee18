//! GET CHALLENGE, EXTERNAL and INTERNAL AUTHENTICATE, and how long what they opened is open.

use super::*;

/// Reading 0005 of the first directory, by key or PIN; updating it; its 0008, by both.
const READ: &str = "00B2012C00";
const RECORD: &str = "A10401020304 9000";
const UPDATE: &str = "00DC012C06 A10401020304";
const BOTH: &str = "00B0880002";

#[test]
fn published_numbers_open_and_answer() {
    // Own computation of public rules, with public test keys (crypto_kat of the format's papers).
    let key = Key::new(Algorithm::TripleDes, &unhex("AA5DEA529AE898E7FCFF9122BD86A7D5")).unwrap();
    let session = Keyed::new(&key, &unhex("0B2ACE5DEF2ECF12")).unwrap();
    assert_eq!(hex(&session.authenticator(&FACTOR)), "BFBB5F69FD33404F");
    let key = Key::new(Algorithm::Sm4, &unhex("7986B94259AFDA2FB79A56314915AD27")).unwrap();
    let session = Keyed::new(&key, &unhex("E8BC163C82EEE18733288C7D4AC636DB")).unwrap();
    assert_eq!(hex(&session.authenticator(&FACTOR)), "F692BC5A462A1621");
}

#[test]
fn a_key_shown_opens_what_names_it_and_adds_to_what_is_open() {
    for made in [Made::Des, Made::Sm4] {
        let mut terminal = Terminal::with(made);
        terminal.check(&[AREA1, (READ, "6982"), (UPDATE, "6982"), (BOTH, "6982")]);
        terminal.show(1, 0x84);
        terminal.check(&[(READ, RECORD), (UPDATE, "6982"), (BOTH, "6982")]);
        terminal.show(1, 0x85);
        terminal.check(&[(READ, RECORD), (UPDATE, "9000"), (BOTH, "6982")]);
        terminal.check(&[("0020000003 123456", "9000"), (BOTH, "0000 9000")]);
        terminal.check(&[(READ, RECORD), (UPDATE, "9000")]);
    }
}

#[test]
fn what_was_shown_in_a_directory_is_lost_in_another_and_what_was_in_the_root_kept() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    terminal.show(1, 0x84);
    terminal.show(0, 0x04); // a key of the root, shown from below
    terminal.check(&[AREA1, (READ, RECORD)]); // the same again keeps
    terminal.check(&[("00A4000002 0005", "9000"), (READ, RECORD)]);
    terminal.check(&[("00A4000002 0099", "6A82"), (READ, RECORD)]); // a failure changes nothing
    terminal.check(&[AREA2, AREA1, (READ, "6982")]);
    terminal.check(&[ROOT, ("00D6810001 55", "9000")]); // but the root's key still counts
    terminal.check(&[AREA1, ROOT, ("00D6810001 55", "9000")]);
    terminal.card.rig.power_on();
    terminal.check(&[("00D6810001 55", "6982")]);
}

#[test]
fn an_identifier_with_b8_is_one_of_the_current_directory() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA2]);
    terminal.show(2, 0x83);
    assert_eq!(terminal.show_as(1, 0x84, true), "6A88"); // the other one's
    terminal.check(&[ROOT]);
    assert_eq!(terminal.show_as(1, 0x83, true), "6A88");
    // The same number stands for another key elsewhere: what it opened does not.
    terminal.check(&[AREA1]);
    assert_eq!(terminal.show_as(2, 0x83, true), "63CE");
    terminal.show(1, 0x83);
}

#[test]
fn refusals_come_in_order_and_change_nothing() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    let before = terminal.memory();
    let data = format!("{0}{0}", hex(&FACTOR));
    terminal.check(&[
        (&format!("00820184 0F {}", &data[..30]), "6A86"),
        (&format!("00820099 0F {}", &data[..30]), "6700"),
        (&format!("00820084 0F {}", &data[..30]), "6700"),
        (&format!("00820084 12 {data}0000"), "6700"),
        ("00820084", "6700"),
        (&format!("00820099 10 {data}"), "6A88"),
        (&format!("00820082 10 {data}"), "6A88"), // a key of another usage
        (&format!("00820001 10 {data}"), "6A88"),
        (&format!("00820084 11 {data}02"), "6A88"), // no such version
        (&format!("00820084 10 {data}"), "6984"),
        (&format!("00820084 11 {data}01"), "6984"),
        (&format!("80820084 10 {data}"), "6E00"),
        (&format!("04820084 10 {data}"), "6882"),
        ("0084000004", "6700"),
        ("0084000000", "6700"),
        ("008400000155", "6700"),
        ("0084000108", "6A86"),
        ("0084010008", "6A86"),
        ("8084000008", "6E00"),
        (&format!("00880100 0F {}", &data[..30]), "6A86"),
        (&format!("00880099 0F {}", &data[..30]), "6700"),
        (&format!("00880099 10 {data}"), "6A88"),
        (&format!("00880080 10 {data}"), "6A88"),
        (&format!("00880000 18 {data}{}", hex(&FACTOR)), "6700"), // a random of SM4's length
        (&format!("00880000 11 {data}02"), "6A88"),
    ]);
    assert_eq!(terminal.memory(), before);
}

#[test]
fn wrong_proofs_count_down_to_blocked_and_a_right_one_restores() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    assert_eq!(terminal.show_as(1, 0x84, false), "63CE");
    assert_eq!(terminal.show_as(1, 0x84, false), "63CD");
    assert_eq!(terminal.show_as(1, 0x85, false), "63CE"); // each key for itself
    terminal.show(1, 0x84);
    for left in (0..15).rev() {
        assert_eq!(terminal.show_as(1, 0x84, false), format!("63C{left:X}"));
    }
    assert_eq!(terminal.show_as(1, 0x84, true), "6983");
    let data = format!("{0}{0}", hex(&FACTOR));
    terminal.check(&[(&format!("00820084 10 {data}"), "6983")]); // before the challenge is missed
    terminal.card.rig.power_on();
    terminal.check(&[AREA1]);
    assert_eq!(terminal.show_as(1, 0x84, true), "6983");
    terminal.show(1, 0x85);
}

#[test]
fn a_wrong_proof_takes_away_what_that_key_had_opened_and_no_more() {
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    terminal.show(1, 0x84);
    terminal.show(1, 0x85);
    assert_eq!(terminal.show_as(1, 0x84, false), "63CE");
    terminal.check(&[(READ, "6982"), (UPDATE, "9000")]);
}

#[test]
fn a_tear_never_gives_a_try_back() {
    for right in [false, true] {
        let mut terminal = Terminal::with(Made::Des);
        terminal.check(&[AREA1]);
        let session = terminal.session((1, usage::EXTERNAL, 0x84, 1));
        let mut proof = session.authenticator(&FACTOR);
        proof[0] ^= u8::from(!right);
        let command = unhex(&format!("0082008410{}{}", hex(&proof), hex(&FACTOR)));
        let mut cuts = 0;
        loop {
            let mut torn = terminal.clone();
            torn.card.rig.tear_at(cuts + 1);
            let answered = torn.card.try_send(&command).is_some();
            torn.card.rig.power_on();
            torn.check(&[AREA1, (READ, "6982")]);
            let next = torn.show_as(1, 0x84, false);
            let counted = match (answered, right) {
                (true, true) => vec!["63CE"],
                (true, false) => vec!["63CD"],
                // Power failed: the try is counted or not, and never more than one.
                (false, _) => vec!["63CE", "63CD"],
            };
            assert!(counted.contains(&&*next), "cut {cuts}: {next}");
            if answered {
                break;
            }
            // The first store is the count: whatever came after it, it has been counted.
            assert!(cuts == 0 || next == "63CD" || right, "cut {cuts}: {next}");
            cuts += 1;
        }
        assert_eq!(cuts, if right { 2 } else { 1 });
    }
}

#[test]
fn a_challenge_is_good_for_the_next_command_only() {
    let between = [
        "00A4040C05 4152454131",
        "00A4000002 0005",
        "00A4000002 0099", // refused
        READ,
        "0020000003 999999",
        "00200000",
        "0084000000", // refused
        "00FF000000", // unknown
        "8084000008",
        "00820084",
    ];
    for command in between {
        let mut terminal = Terminal::with(Made::Des);
        terminal.check(&[AREA1]);
        let session = terminal.session((1, usage::EXTERNAL, 0x84, 1));
        let proof = format!("0082008410{}{}", hex(&session.authenticator(&FACTOR)), hex(&FACTOR));
        terminal.card.send(command);
        terminal.check(&[(&proof, "6984")]);
    }
    // Also a proof that failed has used it up, and so has one that succeeded.
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    let session = terminal.session((1, usage::EXTERNAL, 0x84, 1));
    let proof = format!("0082008410{}{}", hex(&session.authenticator(&FACTOR)), hex(&FACTOR));
    terminal.check(&[(&proof.replace("00820084", "00820085"), "63CE"), (&proof, "6984")]);
    let session = terminal.session((1, usage::EXTERNAL, 0x84, 1));
    let proof = format!("0082008410{}{}", hex(&session.authenticator(&FACTOR)), hex(&FACTOR));
    terminal.check(&[(&proof, "9000"), (&proof, "6984")]);
}

#[test]
fn a_version_is_one_key_of_several() {
    let mut terminal = Terminal::with(Made::Des);
    let mut show = |version: u8, named: Option<u8>| {
        let session = terminal.session((0, usage::EXTERNAL, 0x04, version));
        let proof = format!("{}{}", hex(&session.authenticator(&FACTOR)), hex(&FACTOR));
        terminal.card.send(&match named {
            None => format!("0082000410{proof}"),
            Some(named) => format!("0082000411{proof}{named:02X}"),
        })
    };
    assert_eq!(show(1, None), "9000");
    assert_eq!(show(1, Some(1)), "9000");
    assert_eq!(show(2, Some(2)), "9000");
    assert_eq!(show(2, None), "63CE");
    assert_eq!(show(1, Some(2)), "63CE");
    assert_eq!(show(1, Some(2)), "63CD"); // versions have tries of their own
    assert_eq!(show(2, Some(1)), "63CD");
    assert_eq!(show(1, Some(3)), "6A88");
    assert_eq!(show(1, Some(0)), "6A88");
}

#[test]
fn sm4_wants_sixteen_bytes_at_once_or_in_two_halves() {
    let key = Key::new(Algorithm::Sm4, &key_bytes(1, usage::EXTERNAL, 0x84, 1)).unwrap();
    let proof = |challenge: &[u8]| {
        let session = Keyed::new(&key, challenge).unwrap();
        format!("0082008410{}{}", hex(&session.authenticator(&FACTOR)), hex(&FACTOR))
    };
    let mut terminal = Terminal::with(Made::Sm4);
    let draw = |terminal: &mut Terminal| {
        unhex(terminal.card.send("0084000008").strip_suffix("9000").unwrap())
    };
    terminal.check(&[AREA1]);
    let halves = [draw(&mut terminal), draw(&mut terminal)].concat();
    terminal.check(&[(&proof(&halves), "9000"), (READ, RECORD)]);
    // One half is none; with something between, the first half is gone.
    let half = draw(&mut terminal);
    terminal.check(&[(&proof(&[half, vec![0; 8]].concat()), "6984")]);
    let first = draw(&mut terminal);
    terminal.check(&[(READ, RECORD)]);
    let second = draw(&mut terminal);
    terminal.check(&[(&proof(&[first, second].concat()), "6984")]);
    // Of three halves the last two count; of triple DES the last one.
    draw(&mut terminal);
    let halves = [draw(&mut terminal), draw(&mut terminal)].concat();
    terminal.check(&[(&proof(&halves), "9000")]);
    let mut terminal = Terminal::with(Made::Des);
    terminal.check(&[AREA1]);
    draw(&mut terminal);
    terminal.show(1, 0x84);
}

#[test]
fn internal_authentication_shows_the_cards_key_to_anybody() {
    for (made, random, version) in [
        (Made::Des, "0B2ACE5DEF2ECF12", ""),
        (Made::Des, "0B2ACE5DEF2ECF12", "01"),
        (Made::Sm4, "0B2ACE5DEF2ECF120B2ACE5DEF2ECF12", ""),
        (Made::Sm4, "0B2ACE5DEF2ECF120B2ACE5DEF2ECF12", "01"),
    ] {
        let mut terminal = Terminal::with(made);
        let key = Key::new(made.algorithm(), &key_bytes(0, usage::INTERNAL, 0, 1)).unwrap();
        let session = Keyed::new(&key, &unhex(random)).unwrap();
        let expected = format!("{}9000", hex(&session.authenticator(&FACTOR)));
        let data = format!("{random}{}{version}", hex(&FACTOR));
        let command = format!("00880000{:02X}{data}", data.len() / 2);
        terminal.check(&[(&command, &expected), AREA1, (&command, &expected)]);
    }
}
