//! What comes before a protocol and around it: reset, selection, the clock.

use super::{
    parameters::{ClockStop, Globals, SpecificMode},
    testing::{Line, Stub},
    *,
};

fn both() -> Parameters {
    Parameters { offer: Offer::Both, ta1: FiDi::new(0x95), ..Parameters::default() }
}

fn powered(card: &Contact<Stub>) -> bool {
    card.application().powered > 0
}

#[test]
fn the_answer_to_reset_comes_in_its_time_after_either_reset() {
    for atr_delay_clk in [400, 40_000] {
        let parameters = Parameters { atr_delay_clk, ..both() };
        let mut card = Contact::new(parameters, Stub::default());
        for (now_clk, reset) in [(7, Reset::Cold), (1_000_000, Reset::Warm)] {
            card.reset(now_clk, reset);
            let atr = card.poll_output().unwrap();
            assert_eq!(atr.at_clk, now_clk + u64::from(atr_delay_clk));
            assert_eq!(atr.spacing_clk, 12 * 372);
            assert_eq!(atr.bytes, card.parameters().atr());
            assert_eq!(card.poll_output(), None);
        }
        assert_eq!(card.application().powered, 2);
    }
}

#[test]
fn without_power_there_is_no_answer_to_anything() {
    let mut card = Contact::new(both(), Stub::default());
    card.reset(0, Reset::Warm);
    assert_eq!(card.on_bytes(0, &[0xFF, 0x00, 0xFF]), 3 * 12 * 372);
    card.on_error_signal(0, 0);
    assert_eq!((card.poll_output(), card.poll_deadline()), (None, None));
    card.reset(0, Reset::Cold);
    card.power_off();
    assert_eq!(card.poll_output(), None);
    assert!(!card.is_on() && !powered(&card));
}

#[test]
fn a_card_that_does_not_come_up_is_silent() {
    let mut card = Contact::new(both(), Stub { is_mute: true, ..Stub::default() });
    card.reset(0, Reset::Cold);
    card.on_bytes(0, &[0x00, 0x20, 0x00, 0x00, 0x00]);
    assert_eq!(card.poll_output(), None);
    card.application_mut().is_mute = false;
    card.reset(0, Reset::Warm);
    assert!(card.poll_output().is_some());
}

#[test]
fn a_reset_ends_what_was_going_on() {
    let mut line = Line::t0();
    line.say("00A40000023F");
    line.card.reset(line.now_clk, Reset::Warm);
    assert_eq!(line.hear(), "3B00");
    line.dialogue(&[("0020000000", "9000")]);
    let mut line = Line::t1();
    line.dialogue(&[("0000040020000024", "0000040004900090")]);
    line.card.reset(line.now_clk, Reset::Cold);
    assert_eq!(line.hear(), "3B800181");
    line.dialogue(&[("0000040020000024", "0000040004900090")]);
}

/// A widespread reader asks for T=1 at TA1 so, and is answered with the same bytes.
#[test]
fn what_is_offered_is_agreed_on_and_in_force_after_the_answer() {
    let mut line = Line::new(both());
    line.say("FF11957B");
    let answer = line.card.poll_output().unwrap();
    assert_eq!(answer.bytes, [0xFF, 0x11, 0x95, 0x7B]);
    assert_eq!(answer.spacing_clk, 12 * 372);
    assert_eq!(line.card.timing().fi_di.byte(), 0x95);
    assert_eq!(line.card.protocol(), Some(Protocol::T1));
    line.now_clk = answer.end_clk();
    line.say("00C101FE3E");
    let answer = line.card.poll_output().unwrap();
    assert_eq!(answer.spacing_clk, 12 * 32);
    assert_eq!(answer.at_clk - line.now_clk, 22 * 32);
}

/// With PCK behind it, where there is anything.
fn checked(bytes: &str) -> String {
    let sum = hex::decode(bytes).unwrap().iter().fold(0, |sum, byte| sum ^ byte);
    if bytes.is_empty() { String::new() } else { format!("{bytes}{sum:02X}") }
}

#[test]
fn requests_are_answered_with_what_is_agreed_or_not_at_all() {
    let spu = Globals { spu: Some(0x80), ..Globals::default() };
    for (globals, request, answer) in [
        (None, "FF00", "FF00"),
        (None, "FF01", "FF01"),
        (None, "FF1095", "FF1095"),
        (None, "FF1194", "FF1194"),
        (None, "FF1111", "FF1111"),
        (None, "FF1196", ""),     // faster than offered
        (None, "FF11A5", ""),     // another F
        (None, "FF1110", ""),     // a reserved D
        (None, "FF02", ""),       // T=2
        (None, "FF80", ""),       // b8 of PPS0
        (None, "FF2180", "FF01"), // C6, of whose use nothing was said
        (Some(spu), "FF2180", "FF2180"),
        (Some(spu), "FF2140", "FF01"),
        (None, "FF41AA", "FF01"), // PPS3, which is reserved
        (None, "FF71958003", "FF1195"),
    ] {
        let mut line = Line::new(Parameters { globals, ..both() });
        assert_eq!(line.send(&checked(request)), checked(answer), "{request}");
    }
}

#[test]
fn a_wrong_request_has_no_answer_and_the_card_goes_on_as_before() {
    let mut line = Line::new(both());
    line.dialogue(&[("FF11957A", ""), ("FF11", ""), ("FF", ""), ("FF11957B", "FF11957B")]);
    let mut line = Line::new(both());
    line.now_clk += 100 * 372;
    line.card.on_bytes(line.now_clk, &[0xFF, 0x11, 0x95]);
    line.card.on_character(line.now_clk + 40 * 372, Character::damaged(0x7B));
    assert_eq!(line.hear(), "");
    line.now_clk += 100 * 372;
    line.dialogue(&[("0020000000", "9000")]);
    assert_eq!(line.card.timing().fi_di, FiDi::DEFAULT);
}

#[test]
fn a_request_that_stops_is_given_up_after_9600_etu() {
    let mut line = Line::new(both());
    line.say("FF11");
    assert_eq!(line.card.poll_deadline(), Some(line.now_clk + 9600 * 372));
    line.card.on_deadline(line.now_clk + 9600 * 372 - 1);
    assert!(line.card.poll_deadline().is_some());
    line.card.on_deadline(line.now_clk + 9600 * 372);
    assert_eq!(line.card.poll_deadline(), None);
    line.now_clk += 9700 * 372;
    line.dialogue(&[("0020000000", "9000")]);
}

#[test]
fn there_is_no_selection_after_the_first_command_or_a_selection() {
    let mut line = Line::new(both());
    line.dialogue(&[("0020000000", "9000"), ("FF11957B00", "6E00")]);
    let mut line = Line::new(both());
    line.dialogue(&[("FF00FF", "FF00FF"), ("FF11957B00", "6E00")]);
}

/// On T=1 a request is the beginning of a block whose rest does not come.
#[test]
fn on_t_1_there_is_no_selection_after_the_first_block_or_a_selection() {
    let fast = || Parameters { offer: Offer::T1, ta1: FiDi::new(0x95), ..Parameters::default() };
    for (first, answer) in [("00C101FE3E", "00E101FE1E"), ("FF01FE", "FF01FE")] {
        let mut line = Line::new(fast());
        line.dialogue(&[(first, answer), ("FF11957B", "00820082")]);
        assert_eq!(line.card.timing().fi_di, FiDi::DEFAULT);
        line.dialogue(&[("0000040020000024", "0000040004900090")]);
    }
    Line::new(fast()).dialogue(&[("FF11957B", "FF11957B")]);
}

#[test]
fn a_first_character_with_a_wrong_parity_does_not_begin_a_command() {
    let mut line = Line::new(both());
    line.card.on_character(line.now_clk, Character::damaged(0xFF));
    assert!(line.card.poll_output().is_some_and(|output| output.is_error_signal));
    line.dialogue(&[("FF11957B", "FF11957B")]);
}

/// No address has more than five ones, so a character with seven and a wrong parity was PPSS.
#[test]
fn where_t_1_comes_first_a_request_whose_first_character_is_damaged_has_no_answer() {
    for damaged in [0xFF, 0xFE, 0x7F, 0xEF] {
        let parameters = Parameters { offer: Offer::T1, ta1: FiDi::new(0x95), ..both() };
        let mut line = Line::new(parameters);
        line.now_clk += 100 * 372;
        line.card.on_character(line.now_clk, Character::damaged(damaged));
        line.card.on_bytes(line.now_clk + 12 * 372, &[0x11, 0x95, 0x7B]);
        assert_eq!(line.hear(), "", "{damaged:02X}");
        line.now_clk += 100 * 372;
        line.dialogue(&[("FF11957B", "FF11957B")]);
    }
    // Any other is the beginning of a block.
    for damaged in [0x00, 0x01, 0x77] {
        let mut line = Line::t1();
        line.now_clk += 100 * 372;
        line.card.on_character(line.now_clk, Character::damaged(damaged));
        line.card.on_bytes(line.now_clk + 12 * 372, &[0xC1, 0x01, 0xFE, 0x3E]);
        assert_eq!(line.hear(), "00810081", "{damaged:02X}");
    }
    // In specific mode nothing is selected.
    let mode = SpecificMode { protocol: Protocol::T1, can_change: false, implicit: true };
    let mut line = Line::new(Parameters { specific: Some(mode), offer: Offer::T1, ..both() });
    line.now_clk += 100 * 372;
    line.card.on_character(line.now_clk, Character::damaged(0xFF));
    line.card.on_bytes(line.now_clk + 12 * 372, &[0x11, 0x01, 0x7B, 0x00]);
    assert_eq!(line.hear(), "00810081");
}

#[test]
fn in_specific_mode_the_parameters_hold_at_once_and_nothing_is_selected() {
    let mode = SpecificMode { protocol: Protocol::T1, can_change: false, implicit: false };
    let mut line = Line::new(Parameters { specific: Some(mode), ..both() });
    line.say("00C101FE3E");
    let answer = line.card.poll_output().unwrap();
    assert_eq!(answer.spacing_clk, 12 * 32);
    line.now_clk = answer.last_clk();
    let mode = SpecificMode { protocol: Protocol::T0, can_change: true, implicit: true };
    let mut line = Line::new(Parameters { specific: Some(mode), ..both() });
    line.dialogue(&[("FF11957B00", "6E00")]);
    assert_eq!(line.card.timing().fi_di, FiDi::DEFAULT);
}

#[test]
fn where_the_clock_may_stop_nothing_is_lost() {
    for (clock_stop, level, allowed) in [
        (ClockStop::Low, Level::Low, true),
        (ClockStop::Low, Level::High, false),
        (ClockStop::High, Level::High, true),
        (ClockStop::High, Level::Low, false),
        (ClockStop::Either, Level::Low, true),
        (ClockStop::Either, Level::High, true),
        (ClockStop::No, Level::Low, false),
    ] {
        let globals = Some(Globals { clock_stop, ..Globals::default() });
        let mut line = Line::new(Parameters { globals, ..both() });
        line.say("00A400");
        line.card.stop_clock(level);
        line.card.on_bytes(line.now_clk, &[0x55]);
        line.card.start_clock();
        let said = if allowed { "A4" } else { "" };
        assert_eq!(line.send("0002"), said, "{clock_stop:?} {level:?}");
        assert_eq!(powered(&line.card), allowed);
        // Only a cold reset brings it back.
        line.card.reset(line.now_clk, Reset::Warm);
        assert_eq!(line.card.is_on(), allowed);
        line.card.reset(line.now_clk, Reset::Cold);
        assert!(line.card.is_on());
    }
}

#[test]
fn a_card_that_says_nothing_of_the_clock_does_not_bear_its_stopping() {
    let mut line = Line::t0();
    line.card.stop_clock(Level::Low);
    assert!(!line.card.is_on());
}

#[test]
fn what_was_to_be_sent_is_sent_when_the_clock_goes_on() {
    let globals = Globals { clock_stop: ClockStop::Either, ..Globals::default() };
    let mut line = Line::new(Parameters { globals: Some(globals), ..both() });
    line.say("0020000000");
    line.card.stop_clock(Level::High);
    assert_eq!((line.card.poll_output(), line.card.poll_deadline()), (None, None));
    line.card.reset(line.now_clk, Reset::Warm);
    line.card.start_clock();
    assert_eq!(line.hear(), "9000");
}

mod drawn {
    use super::*;
    use proptest::prelude::*;

    fn parameters() -> impl Strategy<Value = Parameters> {
        let offer = prop_oneof![Just(Offer::T0), Just(Offer::T1), Just(Offer::Both)];
        let waiting = proptest::option::of((0..=9u8, 0..=15u8));
        let fi_di = proptest::option::of(any::<u8>()).prop_map(|byte| byte.and_then(FiDi::new));
        let ifs = || proptest::option::of(1..=254u8);
        let flags = any::<[bool; 3]>();
        (offer, fi_di, waiting, ifs(), ifs(), flags).prop_map(
            |(offer, ta1, bwi_cwi, ifsc_bytes, ifs_request_bytes, [crc, one, globals])| {
                Parameters {
                    offer,
                    ta1,
                    bwi_cwi,
                    ifsc_bytes,
                    ifs_request_bytes,
                    edc: crc.then_some(block::Edc::Crc { complemented: one, low_first: globals }),
                    procedure: if one { Procedure::OneByOne } else { Procedure::AllAtOnce },
                    globals: globals.then(Globals::default),
                    ..Parameters::default()
                }
            },
        )
    }

    proptest! {
        /// Whatever comes, in whatever pieces: no panic, one turn is bounded, time does not go
        /// back.
        #[test]
        fn nothing_a_reader_sends_breaks_the_card(
            parameters in parameters(),
            pieces in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..40), 0..2_000_000u64, any::<bool>()),
                0..30,
            ),
            took_us in 0..2_000_000u64,
        ) {
            let mut card = Contact::new(parameters, Stub { took_us, ..Stub::default() });
            card.reset(0, Reset::Cold);
            let mut now_clk = card.poll_output().map_or(0, |atr| atr.end_clk());
            for (bytes, pause_clk, intact) in pieces {
                now_clk += pause_clk;
                if card.poll_deadline().is_some_and(|deadline_clk| deadline_clk <= now_clk) {
                    card.on_deadline(now_clk);
                }
                if !intact {
                    card.on_character(now_clk, Character::damaged(0x00));
                }
                now_clk = card.on_bytes(now_clk, &bytes);
                let mut turns = 0;
                while let Some(output) = card.poll_output() {
                    prop_assert!(output.bytes.len() <= 2 * 256 + 2);
                    now_clk = now_clk.max(output.end_clk());
                    turns += 1;
                    prop_assert!(turns < 1000);
                }
            }
        }
    }
}
