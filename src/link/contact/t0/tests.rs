//! T=0 byte by byte; the exchanges with no remark are on record from an independent reader.

use super::super::{testing::Line, *};
use crate::link::Delivery;

#[test]
fn data_goes_all_at_once_after_ins() {
    let mut line = Line::t0();
    line.dialogue(&[
        ("00A4000002", "A4"),
        ("3F00", "6106"),
        ("00C0000006", "C06F0484023F009000"),
        ("00B0000005", "B000010203049000"),
        ("00B0000000", "6C10"),
        ("0020000000", "9000"),
    ]);
    let seen = ["00A40000023F00", "00C0000006", "00B0000005", "00B0000000", "00200000"];
    assert_eq!(line.card.application().seen, seen);
    assert_eq!(line.card.application().delivery, Some(Delivery::Tpdus));
}

#[test]
fn data_goes_one_by_one_after_ins_complemented() {
    let parameters = Parameters { procedure: Procedure::OneByOne, ..Parameters::default() };
    let mut line = Line::new(parameters);
    line.dialogue(&[
        ("00A4000002", "5B"),
        ("3F", "5B"),
        ("00", "6106"),
        ("00C0000006", "C06F0484023F009000"),
        ("00B0000005", "4F004F014F024F034F049000"),
        ("00B0000000", "6C10"),
    ]);
    assert_eq!(line.card.application().seen[0], "00A40000023F00");
}

#[test]
fn p3_00_asks_for_256_bytes_and_gives_none() {
    let mut line = Line::t0();
    let heard = line.send("00B0010000");
    assert_eq!(heard.len(), 2 * (1 + 256 + 2));
    assert!(heard.starts_with("B0000102") && heard.ends_with("FEFF9000"));
    line.dialogue(&[("00A4000000", "6D00")]);
    assert_eq!(line.card.application().seen, ["00B0010000", "00A40000"]);
}

/// After INS all bytes must come; so what is shorter comes byte by byte, of which each may be the
/// last (10.3.3).
#[test]
fn data_that_ends_early_is_sent_so_that_it_can_end() {
    Line::t0().dialogue(&[("00B0020008", "4FA04FA14FA26282"), ("00B0020003", "B0A0A1A26282")]);
}

#[test]
fn an_unknown_command_is_run_without_data_and_refused() {
    let mut line = Line::t0();
    line.dialogue(&[("80F2000005", "6D00"), ("00B0000001", "B0009000")]);
    assert_eq!(line.card.application().seen, ["80F20000", "00B0000001"]);
}

#[test]
fn what_is_no_command_on_t_0_is_refused_and_not_run() {
    let mut line = Line::t0();
    line.dialogue(&[("0020000000", "9000")]);
    for (header, status) in [
        ("FF20000000", "6E00"),
        ("0060000000", "6D00"),
        ("006F000000", "6D00"),
        ("0090000001", "6D00"),
    ] {
        line.dialogue(&[(header, status)]);
    }
    assert_eq!(line.runs(), 1);
    line.dialogue(&[("0020000000", "9000")]);
}

#[test]
fn a_card_waits_for_a_header_and_its_data_as_long_as_it_takes() {
    let mut line = Line::t0();
    line.dialogue(&[("00A4", "")]);
    assert_eq!(line.card.poll_deadline(), None);
    line.now_clk += 1_000_000_000_000;
    line.dialogue(&[("000002", "A4"), ("3F", "")]);
    line.now_clk += 1_000_000_000_000;
    line.dialogue(&[("00", "6106")]);
}

#[test]
fn null_comes_in_time_for_as_long_as_the_card_takes() {
    let mut line = Line::new(Parameters { wi: Some(1), ..Parameters::default() });
    // WWT is 960 etu, exactly 0.1 s at this clock.
    line.card.application_mut().took_us = 350_000;
    line.say("0020000000");
    let (began_clk, mut last_clk) = (line.now_clk, line.now_clk);
    let mut heard = Vec::new();
    while let Some(output) = line.card.poll_output() {
        let wwt_clk = line.card.timing().wwt_clk;
        assert!(output.at_clk - last_clk < wwt_clk, "the reader has given up");
        assert!(output.at_clk - last_clk >= 12 * 372);
        last_clk = output.last_clk();
        heard.push((hex::encode(&output.bytes), output.at_clk));
    }
    let ready_clk = began_clk + 35 * 960 * 372 / 10;
    let bytes: Vec<_> = heard.iter().map(|(bytes, _)| bytes.as_str()).collect();
    assert_eq!(bytes, ["60", "60", "60", "9000"]);
    assert_eq!(heard.last().map(|&(_, at_clk)| at_clk), Some(ready_clk));
}

#[test]
fn a_card_that_is_quick_enough_sends_no_null() {
    let mut line = Line::t0();
    line.card.application_mut().took_us = 900_000;
    line.dialogue(&[("0020000000", "9000")]);
}

#[test]
fn a_character_with_a_wrong_parity_is_signalled_and_comes_again() {
    let mut line = Line::t0();
    line.say("00200000");
    line.now_clk += 12 * 372;
    line.card.on_character(line.now_clk, Character::damaged(0x01));
    let signal = line.card.poll_output().unwrap();
    assert!(signal.is_error_signal && signal.bytes.is_empty());
    assert_eq!(signal.at_clk - line.now_clk, 21 * 372 / 2);
    assert_eq!(line.card.poll_output(), None);
    line.dialogue(&[("00", "9000")]);
    assert_eq!(line.card.application().seen, ["00200000"]);
}

#[test]
fn a_reader_that_signals_an_error_has_the_characters_again_from_there() {
    let mut line = Line::t0();
    line.dialogue(&[("00B0000005", "B000010203049000")]);
    let now_clk = line.now_clk;
    line.card.on_error_signal(now_clk, 4);
    let again = line.card.poll_output().unwrap();
    assert_eq!(again.bytes, [0x03, 0x04, 0x90, 0x00]);
    assert_eq!(again.at_clk, now_clk + 2 * 372);
    line.card.on_error_signal(again.at_clk, 3);
    assert_eq!(line.card.poll_output().unwrap().bytes, [0x00]);
    // Of what was never sent there is nothing to send again.
    line.card.on_error_signal(again.at_clk, 9);
    assert_eq!(line.card.poll_output(), None);
    assert_eq!(line.runs(), 1);
}

#[test]
fn a_card_that_falls_silent_stays_so_until_the_next_reset() {
    let mut line = Line::t0();
    line.card.application_mut().is_mute = true;
    line.dialogue(&[("0020000000", ""), ("0020000000", "")]);
    line.card.application_mut().is_mute = false;
    line.dialogue(&[("0020000000", "")]);
    line.card.reset(line.now_clk, Reset::Warm);
    assert_eq!(line.hear(), "3B00");
    line.dialogue(&[("0020000000", "9000")]);
}

#[test]
fn the_card_hears_nothing_while_it_speaks() {
    let mut line = Line::t0();
    line.say("002000000000A40000020000");
    assert_eq!(line.card.poll_output().map(|output| output.bytes), Some(vec![0x90, 0x00]));
    line.dialogue(&[("0020000000", "9000")]);
    assert_eq!(line.runs(), 2);
}

#[test]
fn the_card_hears_nothing_until_all_it_says_is_said() {
    let mut line = Line::t0();
    line.say("00B0000005");
    let answer = line.card.poll_output().unwrap();
    let over_clk = answer.last_clk() + 12 * 372;
    for at_clk in [line.now_clk + 1, answer.at_clk + 16 * 372, over_clk - 1] {
        line.card.on_character(at_clk, Character::intact(0x55));
        line.card.on_character(at_clk, Character::damaged(0x55));
        assert_eq!(line.card.poll_output(), None, "{at_clk}");
    }
    line.card.on_bytes(over_clk, &[0x00, 0x20, 0x00, 0x00, 0x00]);
    assert_eq!(line.hear(), "9000");
    assert_eq!(line.card.application().seen, ["00B0000005", "00200000"]);
}

#[test]
fn what_is_said_again_makes_the_card_deaf_again() {
    let mut line = Line::t0();
    line.say("00B0000005");
    let answer = line.card.poll_output().unwrap();
    line.card.on_error_signal(answer.last_clk() + 11 * 372, 5);
    let again = line.card.poll_output().unwrap();
    line.card.on_character(again.end_clk() - 1, Character::intact(0x55));
    line.card.on_bytes(again.end_clk(), &[0x00, 0x20, 0x00, 0x00, 0x00]);
    line.now_clk = again.end_clk();
    assert_eq!(line.card.poll_output().map(|output| output.bytes), Some(vec![0x90, 0x00]));
}

#[test]
fn a_reset_ends_deafness_with_what_was_being_said() {
    let mut line = Line::t0();
    line.say("00B0000005");
    let answer = line.card.poll_output().unwrap();
    line.card.reset(answer.at_clk, Reset::Warm);
    let atr = line.card.poll_output().unwrap();
    assert!(atr.end_clk() < answer.end_clk());
    line.card.on_bytes(atr.end_clk(), &[0x00, 0x20, 0x00, 0x00, 0x00]);
    assert_eq!(line.card.poll_output().map(|output| output.bytes), Some(vec![0x90, 0x00]));
}

/// WI 1, and a command that takes three waiting times and a half.
fn waiting() -> Line {
    let mut line = Line::new(Parameters { wi: Some(1), ..Parameters::default() });
    line.card.application_mut().took_us = 350_000;
    line.say("0020000000");
    line
}

#[test]
fn a_null_that_is_not_understood_comes_again() {
    let mut line = waiting();
    let null = line.card.poll_output().unwrap();
    assert_eq!(null.bytes, [0x60]);
    // Of a NULL there is one character.
    line.card.on_error_signal(null.at_clk + 11 * 372, 1);
    line.card.on_error_signal(null.at_clk + 11 * 372, 0);
    let again = line.card.poll_output().unwrap();
    assert_eq!((again.bytes.as_slice(), again.at_clk), (&[0x60][..], null.at_clk + 13 * 372));
    line.card.on_error_signal(again.at_clk + 11 * 372, 0);
    let again = line.card.poll_output().unwrap();
    assert_eq!((again.bytes.as_slice(), again.at_clk), (&[0x60][..], null.at_clk + 26 * 372));
    // The next one is due as long after it as ever.
    let next = line.card.poll_output().unwrap();
    assert_eq!((next.bytes.as_slice(), next.at_clk), (&[0x60][..], again.at_clk + 900 * 372));
    line.hear();
    assert_eq!(line.runs(), 1);
}

#[test]
fn an_answer_that_is_ready_just_after_null_waits_until_null_is_over() {
    let mut line = waiting();
    // A clock cycle after the first NULL begins.
    line.card.reset(line.now_clk, Reset::Warm);
    line.hear();
    line.card.application_mut().took_us = 93_751;
    line.say("0020000000");
    let null = line.card.poll_output().unwrap();
    assert_eq!(null.bytes, [0x60]);
    let answer = line.card.poll_output().unwrap();
    assert_eq!((answer.bytes.as_slice(), answer.at_clk), (&[0x90, 0x00][..], null.end_clk()));
    // An answer that waits while NULL is repeated.
    line.now_clk = answer.last_clk();
    line.say("0020000000");
    let null = line.card.poll_output().unwrap();
    line.card.on_error_signal(null.at_clk + 11 * 372, 0);
    let again = line.card.poll_output().unwrap();
    assert_eq!((again.bytes.as_slice(), again.at_clk), (&[0x60][..], null.at_clk + 13 * 372));
    let answer = line.card.poll_output().unwrap();
    assert_eq!((answer.bytes.as_slice(), answer.at_clk), (&[0x90, 0x00][..], again.end_clk()));
}

/// What is sent again is no answer that the card is late with.
#[test]
fn no_null_comes_between_what_is_said_again() {
    let mut line = Line::new(Parameters { wi: Some(1), ..Parameters::default() });
    line.say("00B0010000");
    let answer = line.card.poll_output().unwrap();
    line.card.on_error_signal(answer.last_clk(), 257);
    assert_eq!(line.card.poll_output().map(|output| output.bytes), Some(vec![0x90, 0x00]));
}
