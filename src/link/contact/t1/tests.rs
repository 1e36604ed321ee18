//! T=1 block by block.

use super::super::{testing::Line, *};
use super::*;
use crate::link::Delivery;

const PART: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const PART0: &str = "00D60000C8000000000000000000000000000000000000000000000000000000";
/// The beginning and end of the stub's long answer at 254 bytes a block.
const LONG0: &str = "0020FE000102";
const LONG1: &str = "004004FEFF9000D5";

fn with(parameters: Parameters) -> Line {
    Line::new(Parameters { offer: Offer::T1, ..parameters })
}

/// Its answer to the reader's first block is on the line.
fn in_our_chain() -> Line {
    let mut line = Line::t1();
    line.dialogue(&[("00C101FE3E", "00E101FE1E")]);
    assert!(line.send("00000500B0000000B5").starts_with(LONG0));
    line
}

/// The exchanges of a widespread reader.
#[test]
fn one_block_answers_another() {
    let mut line = Line::t1();
    line.dialogue(&[
        ("00C101FE3E", "00E101FE1E"),
        ("00000A00A404000548454C4C4FED", "000004000A90009E"),
        ("00400A00A404000548454C4C4FAD", "004004000A9000DE"),
    ]);
    assert_eq!(line.card.application().delivery, Some(Delivery::Apdus));
    assert_eq!(line.card.application().seen, ["00A404000548454C4C4F"; 2]);
}

#[test]
fn a_long_answer_goes_in_parts_of_ifsd() {
    let mut line = in_our_chain();
    line.dialogue(&[("00900090", LONG1)]);
    assert!(line.send("00400500B0000000F5").starts_with(LONG0));
    line.dialogue(&[("00900090", LONG1)]);
    let mut short = Line::t1();
    let heard = short.send("00000500B0000000B5");
    assert!(heard.starts_with("00202000010203") && heard.len() == 2 * (3 + 32 + 1));
    assert_eq!(line.runs(), 2);
}

/// Also t1-dropack: our acknowledgement was damaged, and the reader asks for it.
#[test]
fn a_long_command_comes_in_parts_of_ifsc() {
    let mut line = Line::t1();
    line.blocks(&[
        (&format!("002020{PART0}"), "009000"),
        (&format!("006020{PART}"), "008000"),
        ("008100", "008000"),
        (&format!("002020{PART}"), "009000"),
        (&format!("006020{PART}"), "008000"),
        (&format!("002020{PART}"), "009000"),
        (&format!("006020{PART}"), "008000"),
        ("00000D00000000000000000000000000", "00000400CD9000"),
    ]);
    assert_eq!(line.runs(), 1);
}

#[test]
fn a_wrong_check_is_told_and_the_block_taken_when_it_comes_again() {
    let mut line = Line::t1();
    line.dialogue(&[
        ("00000A00A404000548454C4C4FEE", "00810081"),
        ("00000A00A404000548454C4C4FED", "000004000A90009E"),
        ("00400A00A404000548454C4C4FAC", "00910091"),
    ]);
}

#[test]
fn a_wrong_parity_is_told_like_a_wrong_check() {
    let mut line = Line::t1();
    line.now_clk += 100 * 372;
    for (n, byte) in [0x00, 0x00, 0x01, 0x55, 0x54].into_iter().enumerate() {
        let character = Character { byte, parity_ok: n != 3 };
        line.card.on_character(line.now_clk, character);
        line.now_clk += 12 * 372;
    }
    assert_eq!(line.hear(), "00810081");
    assert_eq!(line.runs(), 0);
}

#[test]
fn what_no_block_may_be_is_refused() {
    let mut line = Line::t1();
    line.blocks(&[
        (&format!("000021{PART}00"), "008200"), // longer than IFSC
        (&format!("0000FF{}", "00".repeat(255)), "008200"),
        ("000100", "008200"),
        ("001000", "008200"),
        ("00A000", "008200"),
        ("008300", "008200"),
        ("00800155", "008200"),
        ("00C400", "008200"), // VPP, which is gone
        ("00E400", "008200"),
        ("00C50100", "008200"),
        ("00C00100", "008200"),
        ("00C10100", "008200"), // IFSD 0 and 255
        ("00C101FF", "008200"),
        ("00C100", "008200"),
        ("00C30101", "008200"), // only a card asks for time
        ("00E30101", "008200"), // nobody had asked
        ("00E10120", "008200"),
        ("00E000", "008200"),
        ("00E200", "008200"),
    ]);
    assert_eq!(line.runs(), 0);
    line.blocks(&[("00000400200000", "00000400049000")]);
}

/// t1e3 and t1e4: only a request brings the answer again, and the command never runs again.
#[test]
fn a_command_that_comes_twice_runs_once() {
    let mut line = Line::t1();
    line.blocks(&[
        ("00000400200000", "00000400049000"),
        ("00000400200000", "009200"),
        ("008000", "00000400049000"),
        ("008200", "00000400049000"),
        ("00000400200000", "009200"),
        ("00400400200000", "00400400049000"),
    ]);
    assert_eq!(line.runs(), 2);
}

/// t1e5 and t1e6: the number decides, the error bits do not.
#[test]
fn in_our_chain_r_blocks_fetch_the_same_or_the_next_part() {
    let mut line = in_our_chain();
    for r in ["00800080", "00810081", "00820082"] {
        assert!(line.send(r).starts_with(LONG0), "{r}");
    }
    line.dialogue(&[("00920092", LONG1), ("00900090", LONG1), ("00910091", LONG1)]);
    assert_eq!(line.runs(), 1);
}

#[test]
fn nothing_follows_the_last_part() {
    let mut line = in_our_chain();
    line.blocks(&[("009000", "004004FEFF9000"), ("008000", "009200"), ("008000", "009200")]);
    line.blocks(&[("00400400200000", "00000400049000")]);
}

#[test]
fn in_our_chain_only_we_send_i_blocks() {
    let mut line = in_our_chain();
    line.blocks(&[("00400400200000", "009200"), ("009000", "004004FEFF9000")]);
    line.blocks(&[("00400400200000", "00000400049000")]);
    assert_eq!(line.runs(), 2);
}

/// t1e8.
#[test]
fn resynchronising_drops_a_chain_of_either_side() {
    let mut line = in_our_chain();
    line.blocks(&[("00C000", "00E000"), ("009000", "008200")]);
    line.blocks(&[("00000400200000", "00000400049000")]);
    let mut line = Line::t1();
    line.blocks(&[
        (&format!("002020{PART0}"), "009000"),
        ("00C000", "00E000"),
        ("00000400200000", "00000400049000"),
    ]);
    assert_eq!(line.card.application().seen, ["00200000"]);
}

/// Some readers think IFSD is 32 again, some that it is not.
#[test]
fn after_resynchronising_blocks_are_short_until_told_otherwise() {
    let mut line = in_our_chain();
    line.blocks(&[("00C000", "00E000")]);
    assert!(line.send("00000500B0000000B5").starts_with("002020"));
}

/// t1e10.
#[test]
fn an_abortion_drops_a_chain_of_either_side() {
    let mut line = in_our_chain();
    line.blocks(&[("00C200", "00E200"), ("00400400200000", "00400400049000")]);
    let mut line = in_our_chain();
    line.blocks(&[("00C200", "00E200"), ("008000", "009200"), ("009000", "009200")]);
    let mut line = Line::t1();
    line.blocks(&[
        (&format!("002020{PART0}"), "009000"),
        ("00C200", "00E200"),
        ("00C200", "00E200"), // our answer was lost
        ("00400400200000", "00000400049000"),
    ]);
    assert_eq!(line.card.application().seen, ["00200000"]);
}

/// t1e12.
#[test]
fn the_card_never_resynchronises() {
    let mut line = Line::t1();
    line.dialogue(&[("00800081", "00810081"); 20]);
    line.blocks(&[("00000400200000", "00000400049000")]);
}

#[test]
fn the_length_of_blocks_changes_at_once_and_in_a_chain_only_by_the_receiver() {
    let mut line = Line::t1();
    line.blocks(&[("00C10101", "00E10101"), ("00000400200000", "00200100")]);
    line.blocks(&[("009000", "00600104"), ("00C10102", "00E10102"), ("008000", "0000029000")]);
    let mut line = Line::t1();
    line.blocks(&[(&format!("002020{PART0}"), "009000"), ("00C101FE", "009200")]);
}

#[test]
fn the_card_may_ask_for_shorter_blocks_before_its_first_answer() {
    let mut line = with(Parameters { ifs_request_bytes: Some(16), ..Parameters::default() });
    line.blocks(&[
        ("00C101FE", "00E101FE"),
        ("00000A00A404000548454C4C4F", "00C10110"),
        ("00E10111", "009200"), // another length
        ("008100", "00C10110"), // our request was damaged
        ("00E10110", "000004000A9000"),
        ("00400400200000", "00400400049000"),
        ("00001100D600000B0000000000000000000000AA", "008200"),
    ]);
    assert_eq!(line.runs(), 2);
}

#[test]
fn a_card_that_takes_long_asks_for_time_before_the_reader_gives_up() {
    let mut line = Line::t1();
    let bwt_clk = line.card.parameters().begins_with().1.bwt_clk;
    // 2.5 block waiting times.
    line.card.application_mut().took_us = bwt_clk * 5 / 2 * 1000 / 3571;
    line.say("0000040020000024");
    let began_clk = line.now_clk;
    let request = line.card.poll_output().unwrap();
    assert_eq!(hex::encode_upper(&request.bytes), "00C30103C1");
    assert!(request.at_clk - began_clk < bwt_clk);
    line.now_clk = request.last_clk();
    line.blocks(&[
        ("00E30102", "009200"), // t1e9: another multiplier
        ("008100", "00C30103"),
    ]);
    line.dialogue(&[("00E30103E2", "00C30103C1")]); // t1e11: damaged
    line.say("00E30103E1");
    let answer = line.card.poll_output().unwrap();
    assert_eq!(hex::encode_upper(&answer.bytes), "0000040004900090");
    assert!(answer.at_clk >= began_clk + 5 * bwt_clk / 2);
    line.now_clk = answer.last_clk();
    line.blocks(&[("00E30103", "009200")]); // unasked
    assert_eq!(line.runs(), 1);
}

#[test]
fn a_card_asks_for_at_most_255_times_and_then_again() {
    let mut line = Line::t1();
    let bwt_clk = line.card.parameters().begins_with().1.bwt_clk;
    line.card.application_mut().took_us = bwt_clk * 400 * 1000 / 3571;
    line.dialogue(&[("0000040020000024", "00C301FF3D")]);
    assert_eq!(line.send("00E301FF1D"), "00C3019250");
    assert!(line.send("00E3019270").starts_with("000004"));
}

#[test]
fn waiting_for_an_answer_to_a_request_the_card_takes_nothing_else_but_a_resynchronisation() {
    let mut line = Line::t1();
    line.card.application_mut().took_us = 3_000_000;
    line.blocks(&[
        ("00000400200000", "00C30102"),
        ("00400400200000", "00C30102"),
        ("00C101FE", "00C30102"),
        ("00C200", "00C30102"),
        ("00C000", "00E000"),
        ("00E30102", "008200"),
    ]);
    assert_eq!(line.runs(), 1);
}

/// VPP is gone, and equal addresses are reserved.
#[test]
fn addresses_that_are_reserved_are_refused_and_fix_nothing() {
    for nad in ["08", "80", "11", "77"] {
        let mut line = Line::t1();
        line.blocks(&[(&format!("{nad}0000"), "008200"), ("21C101FE", "12E101FE")]);
        assert_eq!(line.runs(), 0, "{nad}");
    }
}

#[test]
fn the_first_right_block_fixes_the_addresses() {
    let mut line = Line::t1();
    line.blocks(&[
        ("21C101FE", "12E101FE"),
        ("21000400200000", "12000400049000"),
        ("00400400200000", "129200"),
        ("12400400200000", "129200"),
        ("21400400200000", "12400400049000"),
    ]);
}

#[test]
fn a_block_that_breaks_off_is_refused_and_the_next_one_taken() {
    let mut line = Line::t1();
    line.dialogue(&[
        ("00000A00A4", "00820082"),
        ("0000FF00", "00820082"),
        ("0000040020000024", "0000040004900090"),
    ]);
    // A reader that is early: the rest of the old block is no part of the new one.
    let mut line = Line::t1();
    line.say("00000A00A4");
    line.now_clk += line.card.timing().cwt_clk + 1;
    line.dialogue(&[("0000040020000024", "0000040004900090")]);
}

#[test]
fn the_turn_comes_after_the_block_guard_time_and_characters_at_theirs() {
    let mut line = Line::t1();
    line.say("00C101FE3E");
    let output = line.card.poll_output().unwrap();
    assert_eq!(output.at_clk - line.now_clk, 22 * 372);
    assert_eq!(output.spacing_clk, 12 * 372);
    assert_eq!(output.last_clk() - output.at_clk, 4 * 12 * 372);
}

#[test]
fn a_command_longer_than_any_apdu_is_heard_to_its_end_and_refused() {
    let mut line = with(Parameters { ifsc_bytes: Some(254), ..Parameters::default() });
    let part = "00".repeat(254);
    for n in 0..600 {
        let (pcb, r) = if n % 2 == 0 { ("20", "009000") } else { ("60", "008000") };
        line.blocks(&[(&format!("00{pcb}FE{part}"), r)]);
    }
    line.blocks(&[("00000100", "0000026700")]);
    assert_eq!(line.runs(), 0);
    line.blocks(&[("00400400200000", "00400400049000")]);
}

#[test]
fn the_check_may_be_a_crc() {
    let edc = Edc::Crc { complemented: false, low_first: false };
    let mut line = with(Parameters { edc: Some(edc), ..Parameters::default() });
    let mut block = Vec::new();
    Repr::Request(Supervision::Ifs(254)).emit(0, edc, &mut block);
    let mut answer = Vec::new();
    Repr::Response(Supervision::Ifs(254)).emit(0, edc, &mut answer);
    line.dialogue(&[(&hex::encode(&block), &hex::encode_upper(&answer))]);
    block[4] ^= 1;
    Repr::R { number: 0, refusal: Some(Refusal::Check) }.emit(0, edc, &mut answer);
    line.dialogue(&[(&hex::encode(&block), &hex::encode_upper(&answer))]);
}

/// The part has not arrived, so it may go in smaller ones.
#[test]
fn a_part_that_is_sent_again_is_no_longer_than_the_reader_takes_now() {
    let mut line = in_our_chain();
    line.blocks(&[
        ("00C10104", "00E10104"),
        ("008200", "00200400010203"),
        ("008000", "00200400010203"),
        ("009000", "00600404050607"),
        ("00C101FE", "00E101FE"),
        // A part does not grow.
        ("009000", "00600404050607"),
    ]);
    assert!(line.send("00800080").starts_with("0000FA08090A"));
    line.blocks(&[("00C101F0", "00E101F0")]);
    assert!(line.send("00800080").starts_with("0020F008090A"));
    // The last part may no longer be the last.
    let mut line = Line::t1();
    line.blocks(&[
        ("00000400200000", "00000400049000"),
        ("00C10103", "00E10103"),
        ("008000", "002003000490"),
        ("009000", "00400100"),
        ("00400400200000", "002003000490"),
    ]);
    assert_eq!(line.runs(), 2);
}

/// With BWI 0 and CWI 13 the reader gives up long before the card would: it speaks, and the card
/// must hear it.
#[test]
fn a_block_cut_short_is_dropped_when_the_reader_waits_no_longer() {
    for bwi_cwi in [(0, 13), (3, 13), (9, 15)] {
        let mut line = with(Parameters { bwi_cwi: Some(bwi_cwi), ..Parameters::default() });
        line.send("00C101FE3E");
        line.say("00000A00A4");
        let timing = *line.card.timing();
        let is_short = bwi_cwi.0 < 9;
        assert_eq!(is_short, timing.bwt_clk < timing.cwt_clk);
        let deadline_clk = line.card.poll_deadline().unwrap();
        assert_eq!(deadline_clk, line.now_clk + timing.bwt_clk.min(timing.cwt_clk));
        line.card.on_deadline(deadline_clk);
        // It does not speak where the reader may already do so.
        let answer = line.card.poll_output().map(|output| output.bytes);
        assert_eq!(answer, (!is_short).then(|| vec![0x00, 0x82, 0x00, 0x82]), "{bwi_cwi:?}");
        line.now_clk += timing.bwt_clk;
        line.dialogue(&[("0000040020000024", "0000040004900090")]);
    }
}

/// No deadline is told; the next block is whole all the same.
#[test]
fn a_reader_that_has_waited_in_vain_is_heard() {
    let mut line = with(Parameters { bwi_cwi: Some((0, 13)), ..Parameters::default() });
    line.say("00000A00A4");
    line.now_clk += line.card.timing().bwt_clk;
    line.dialogue(&[("0000040020000024", "0000040004900090")]);
}
