//! Every state of Type B with every kind of frame, slots, and the parameters of ATTRIB.

use crate::link::{
    Application, Direction, Frame, Mute, PiccType, Rate,
    picc::{Parameters, Part4, Picc, Rates, State, TypeB},
};

/// Answers a command with its bytes turned round and 9000; takes as long as it is told.
#[derive(Debug, Default)]
struct Stub {
    took_us: u64,
    powered: usize,
    commands: Vec<Vec<u8>>,
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.powered += 1;
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.commands.push(command.to_vec());
        response.extend(command.iter().rev());
        response.extend_from_slice(&[0x90, 0x00]);
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

const PUPI: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
const ATQB: [u8; 12] = [0x50, 0x11, 0x22, 0x33, 0x44, 1, 2, 3, 4, 0x77, 0x81, 0x81];
const HLTB: [u8; 5] = [0x50, 0x11, 0x22, 0x33, 0x44];
const ATTRIB: [u8; 9] = [0x1D, 0x11, 0x22, 0x33, 0x44, 0x00, 0x08, 0x01, 0x00];

fn crc(bytes: &[u8]) -> Frame {
    Frame::with_crc(PiccType::B, bytes)
}

fn type_b() -> TypeB {
    TypeB { afi: 0x21, application_data: [1, 2, 3, 4], ..TypeB::new(Some(PUPI)) }
}

fn card(b: TypeB) -> Picc<Stub> {
    let mut card = Picc::new(Parameters::B(b), Stub::default(), 3);
    card.field_on();
    card
}

/// A card that has sent its ATQB.
fn declared(b: TypeB) -> Picc<Stub> {
    let mut card = card(b);
    assert!(says(&mut card, &[0x05, 0x00, 0x00]).is_some());
    card
}

fn says(card: &mut Picc<Stub>, bytes: &[u8]) -> Option<Vec<u8>> {
    let answer = card.on_frame(0, &crc(bytes))?;
    Some(answer.frame.checked().unwrap().to_vec())
}

/// A card in a state; in READY-REQUESTED it waits for slot 3 of 4.
fn in_state(state: State) -> Picc<Stub> {
    let mut card = card(type_b());
    match state {
        State::Idle => {}
        State::PowerOff => card.field_off(),
        State::ReadyRequested => {
            card.give_draws(&[3]);
            assert_eq!(says(&mut card, &[0x05, 0x00, 0x02]), None);
        }
        _ => {
            assert_eq!(says(&mut card, &[0x05, 0x00, 0x00]).as_deref(), Some(&ATQB[..]));
            if state == State::Halt {
                assert_eq!(says(&mut card, &HLTB), Some(vec![0x00]));
            }
            if state == State::Protocol {
                assert_eq!(says(&mut card, &ATTRIB), Some(vec![0x00]));
            }
        }
    }
    assert_eq!(card.state(), state);
    card
}

/// ISO/IEC 14443-3:2018, 7.4, the figure of states.
#[test]
fn each_state_knows_its_commands() {
    use State::{Halt, Idle, PowerOff, Protocol, ReadyDeclared, ReadyRequested};
    let (atqb, nul): (Option<&[u8]>, Option<&[u8]>) = (Some(&ATQB), Some(&[0x00]));
    // What is sent; what is said and where it leads in each of the states that know it.
    type Step<'a> = (State, Option<&'a [u8]>, State);
    #[rustfmt::skip]
    let rows: [(&[u8], &[Step<'_>]); 8] = [
        (&[0x05, 0x00, 0x00], &[(Idle, atqb, ReadyDeclared), (ReadyRequested, atqb, ReadyDeclared),
            (ReadyDeclared, atqb, ReadyDeclared)]),
        (&[0x05, 0x00, 0x08], &[(Idle, atqb, ReadyDeclared), (ReadyRequested, atqb, ReadyDeclared),
            (ReadyDeclared, atqb, ReadyDeclared), (Halt, atqb, ReadyDeclared)]),
        // Another family.
        (&[0x05, 0x30, 0x00], &[(ReadyRequested, None, Idle), (ReadyDeclared, None, Idle)]),
        (&[0x05, 0x30, 0x08], &[(ReadyRequested, None, Idle), (ReadyDeclared, None, Idle)]),
        (&[0x25], &[(ReadyRequested, atqb, ReadyDeclared)]),
        (&HLTB, &[(ReadyDeclared, nul, Halt)]),
        (&ATTRIB, &[(ReadyDeclared, nul, Protocol)]),
        (&[0xC2], &[(Protocol, Some(&[0xC2]), Halt)]),
    ];
    for (frame, known) in rows {
        for state in [PowerOff, Idle, ReadyRequested, ReadyDeclared, Halt, Protocol] {
            let mut card = in_state(state);
            let row = known.iter().find(|row| row.0 == state);
            let (said, next) = row.map_or((None, state), |&(_, said, next)| (said, next));
            assert_eq!(says(&mut card, frame).as_deref(), said, "{state} {frame:02X?}");
            assert_eq!(card.state(), next, "{state} {frame:02X?}");
        }
    }
}

#[test]
fn what_is_no_command_changes_nothing() {
    let long = [&ATTRIB[..], &[0; 246]].concat();
    let frames: [&[u8]; 19] = [
        &[],
        &[0x05],
        &[0x05, 0x00],
        &[0x05, 0x00, 0x00, 0x00],
        &[0x05, 0x00, 0x05], // numbers of slots that are RFU
        &[0x05, 0x00, 0x06],
        &[0x05, 0x00, 0x0F],
        &[0x15],
        &[0x35],
        &[0x26],
        &[0x25, 0x00],
        &[0x50, 0x11, 0x22, 0x33, 0x45],
        &[0x50, 0x11, 0x22, 0x33],
        &[0x50, 0x11, 0x22, 0x33, 0x44, 0x00],
        &[0x1D, 0x11, 0x22, 0x33, 0x45, 0x00, 0x08, 0x01, 0x00],
        &[0x1D, 0x11, 0x22, 0x33, 0x44, 0x00, 0x08, 0x01],
        &[0x1D, 0x11, 0x22, 0x33, 0x44, 0x00, 0x08, 0x01, 0x0F], // CID 15 is RFU
        &[0x02, 0x00, 0xA4],
        &long,
    ];
    let states =
        [State::PowerOff, State::Idle, State::ReadyRequested, State::ReadyDeclared, State::Halt];
    for state in states {
        let mut card = in_state(state);
        for frame in frames {
            assert_eq!(says(&mut card, frame), None, "{state} {frame:02X?}");
            assert_eq!(card.state(), state, "{frame:02X?}");
        }
        // A wrong CRC, a broken character, Type A, another rate.
        let wupb = crc(&[0x05, 0x00, 0x08]);
        let mut wrong = wupb.clone();
        wrong.bytes[3] ^= 1;
        for frame in [
            wrong,
            Frame { intact: false, ..wupb.clone() },
            Frame { of: PiccType::A, ..wupb.clone() },
            wupb.at(Rate::Fc64),
            Frame::short(0x52),
        ] {
            assert_eq!(card.on_frame(0, &frame), None);
            assert_eq!(card.state(), state);
        }
    }
}

/// ISO/IEC 14443-3:2018, 7.7.3: a zero nibble asks for all.
#[test]
fn the_family_decides_first() {
    // Asked, the card's, whether it answers.
    let rows = [
        (0x00, 0x00, true),
        (0x00, 0x21, true),
        (0x20, 0x21, true),
        (0x20, 0x20, true),
        (0x21, 0x21, true),
        (0x01, 0x21, true),
        (0x01, 0x01, true),
        (0x22, 0x21, false),
        (0x02, 0x21, false),
        (0x30, 0x21, false),
        (0x31, 0x21, false),
        (0x21, 0x20, false),
        (0x20, 0x00, false),
    ];
    for (asked, own, answers) in rows {
        let mut card = card(TypeB { afi: own, ..type_b() });
        let said = says(&mut card, &[0x05, asked, 0x00]);
        assert_eq!(said.is_some(), answers, "{asked:02X} {own:02X}");
    }
}

#[test]
fn a_card_answers_in_the_slot_it_draws() {
    for (code, slots) in [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16)] {
        for draw in 1..=16 {
            let mut card = card(type_b());
            card.give_draws(&[draw]);
            let slot = if slots == 1 { 1 } else { (draw - 1) % slots + 1 };
            let at_once = says(&mut card, &[0x05, 0x00, code]);
            assert_eq!(at_once.is_some(), slot == 1);
            for marked in 2..=16 {
                let said = says(&mut card, &[(marked - 1) << 4 | 5]);
                assert_eq!(said.is_some(), marked == slot, "{marked} of {slots}");
            }
            // With one slot nothing was drawn.
            if slots == 1 {
                assert_eq!(says(&mut card, &[0x05, 0x00, 4]).is_some(), draw == 1);
            }
        }
    }
}

#[test]
fn draws_are_from_all_slots_and_again_by_the_seed() {
    let draws = |seed| {
        let mut card = Picc::new(Parameters::B(type_b()), Stub::default(), seed);
        card.field_on();
        let mut draws = Vec::new();
        for _ in 0..200 {
            let at_once = says(&mut card, &[0x05, 0x00, 0x04]).is_some();
            let marked = (2..=16).find(|slot| says(&mut card, &[(slot - 1) << 4 | 5]).is_some());
            draws.push(if at_once { 1 } else { marked.unwrap() });
        }
        draws
    };
    let drawn = draws(1);
    assert_eq!(drawn, draws(1));
    assert_ne!(drawn, draws(2));
    assert!((1..=16).all(|slot| drawn.contains(&slot)));
    // Without Slot-MARKER a card answers when it draws 1.
    let mut card = card(TypeB { slot_marker: false, ..type_b() });
    card.give_draws(&[2, 1]);
    assert_eq!(says(&mut card, &[0x05, 0x00, 0x01]), None);
    assert_eq!(says(&mut card, &[0x15]), None);
    assert!(says(&mut card, &[0x05, 0x00, 0x01]).is_some());
}

#[test]
fn an_extended_atqb_is_sent_to_a_reader_that_asks_for_one() {
    let part4 = Part4 { sfgi: 3, ..Part4::default() };
    let rows = [(true, 0x00, 12), (true, 0x10, 13), (false, 0x10, 12), (true, 0xF0, 13)];
    for (extended_atqb, parameter, bytes) in rows {
        let mut card = card(TypeB { extended_atqb, part4, ..type_b() });
        let atqb = says(&mut card, &[0x05, 0x00, parameter]).unwrap();
        assert_eq!(atqb.len(), bytes);
        assert_eq!(atqb.get(12).copied(), (bytes == 13).then_some(0x30));
    }
}

/// ISO/IEC 14443-3:2018, 7.10: P1 to P4, and what the card says to them.
#[test]
fn attrib_is_taken_with_what_the_card_can() {
    let part4 = Part4 { rates: Rates::of_byte(0x21), ..Part4::default() };
    let none = (Rate::Fc128, Rate::Fc128);
    // P1 to P4; the answer; rates to the reader and to the card.
    type Row = ([u8; 4], Option<u8>, (Rate, Rate));
    #[rustfmt::skip]
    let rows: [Row; 14] = [
        ([0x00, 0x08, 0x01, 0x00], Some(0x30), none),
        ([0x00, 0x08, 0x01, 0x0E], Some(0x3E), none),
        ([0x00, 0x88, 0x01, 0x00], Some(0x30), (Rate::Fc32, Rate::Fc128)),
        ([0x00, 0x18, 0x01, 0x00], Some(0x30), (Rate::Fc128, Rate::Fc64)),
        ([0x00, 0x98, 0x01, 0x00], Some(0x30), (Rate::Fc32, Rate::Fc64)),
        ([0x00, 0x48, 0x01, 0x00], None, none), // to the reader fc/64
        ([0x00, 0x28, 0x01, 0x00], None, none), // to the card fc/32
        ([0x00, 0x08, 0x00, 0x00], None, none), // not ISO/IEC 14443-4
        ([0x00, 0x08, 0x09, 0x00], None, none),
        ([0x00, 0x08, 0x01, 0x0F], None, none),
        ([0xFF, 0x08, 0x01, 0x00], Some(0x30), none),
        ([0x03, 0x08, 0x01, 0xF1], Some(0x31), none),
        ([0x0C, 0x0F, 0x07, 0x05], Some(0x35), none),
        ([0x00, 0x08, 0xF1, 0x00], Some(0x30), none),
    ];
    for ([p1, p2, p3, p4], first, (to_reader, to_card)) in rows {
        let mut card = declared(TypeB { part4, mbli: 3, ..type_b() });
        let [a, b, c, d] = PUPI;
        let at = format!("{p1:02X} {p2:02X} {p3:02X} {p4:02X}");
        let said = says(&mut card, &[0x1D, a, b, c, d, p1, p2, p3, p4]);
        assert_eq!(said, first.map(|first| vec![first]), "{at}");
        if first.is_none() {
            assert_eq!(card.state(), State::ReadyDeclared);
            continue;
        }
        assert_eq!(card.state(), State::Protocol);
        let block = crc(&[0x0A, p4 & 0x0F, 0x55]);
        for rate in [Rate::Fc128, Rate::Fc64, Rate::Fc32, Rate::Fc16] {
            let said = card.on_frame(0, &block.clone().at(rate)).map(|answer| answer.frame);
            let expected = crc(&[0x0A, p4 & 0x0F, 0x55, 0x90, 0x00]).at(to_reader);
            assert_eq!(said, (rate == to_card).then_some(expected), "{at} {rate:?}");
        }
    }
}

/// TR0 and TR1 are at least what ATTRIB allows; FSD is what it says; a card that takes no CID
/// answers with 0.
#[test]
fn attrib_lowers_the_times_and_gives_the_frame_size() {
    let times = [
        (0x00, 1024, 1280),
        (0x40, 768, 1280),
        (0x80, 256, 1280),
        (0xC0, 1024, 1280),
        (0x10, 1024, 1024),
        (0x20, 1024, 256),
        (0x30, 1024, 1280),
        (0xA0, 256, 256),
    ];
    for (p1, tr0_fc, tr1_fc) in times {
        let mut card = in_state(State::ReadyDeclared);
        let attrib = crc(&[0x1D, 0x11, 0x22, 0x33, 0x44, p1, 0x00, 0x01, 0x00]);
        let first = card.on_frame(0, &attrib).unwrap();
        assert_eq!(first.delay_fc, tr0_fc + tr1_fc, "{p1:02X}");
        let said = card.on_frame(0, &crc(&[0x02, 0x00])).unwrap();
        assert_eq!(said.delay_fc, tr0_fc + tr1_fc);
        // Frames of 16 bytes now.
        let said = card.on_frame(0, &crc(&[0x03; 20])).unwrap();
        assert_eq!((said.frame.bytes.len(), said.frame.bytes[0]), (16, 0x13));
        // The application's own time counts instead of TR0, not instead of TR1.
        card.application_mut().took_us = 1000;
        let said = card.on_frame(0, &crc(&[0x02, 0x01])).unwrap();
        assert_eq!(said.delay_fc, 13_560 + tr1_fc);
    }
    let part4 = Part4 { cid: false, ..Part4::default() };
    let mut card = declared(TypeB { part4, ..type_b() });
    let said = says(&mut card, &[0x1D, 0x11, 0x22, 0x33, 0x44, 0x00, 0x08, 0x01, 0x05]);
    assert_eq!(said, Some(vec![0x00]));
    assert_eq!(says(&mut card, &[0x0A, 0x05, 0x00]), None);
    assert!(says(&mut card, &[0x02, 0x00]).is_some());
}

#[test]
fn what_attrib_brings_for_the_higher_layer_may_be_run() {
    let with_inf = [&ATTRIB[..], &[0xAA, 0xBB]].concat();
    let mut silent = in_state(State::ReadyDeclared);
    assert_eq!(says(&mut silent, &with_inf), Some(vec![0x00]));
    assert!(silent.application().commands.is_empty());
    let mut card = declared(TypeB { attrib_runs: true, ..type_b() });
    card.application_mut().took_us = 1000;
    let answer = card.on_frame(0, &crc(&with_inf)).unwrap();
    assert_eq!(answer.frame.checked(), Some(&[0x00, 0xBB, 0xAA, 0x90, 0x00][..]));
    assert_eq!(answer.delay_fc, 13_560 + 1280);
    assert_eq!(card.application().commands, [[0xAA, 0xBB]]);
    // Again it is not ATTRIB any more, and runs nothing.
    assert_eq!(says(&mut card, &with_inf), None);
    assert_eq!(card.application().commands.len(), 1);
    // An answer that does not fit the reader's frame is not given.
    let mut card = declared(TypeB { attrib_runs: true, ..type_b() });
    let small = [&ATTRIB[..6], &[0x00, 0x01, 0x00], &[0; 12]].concat();
    assert_eq!(says(&mut card, &small), Some(vec![0x00]));
}

/// With FWI 0 that is 4096 from the reader's frame to the first bit, TR1 counted: 206 us.
#[test]
fn an_answer_within_the_one_to_attrib_is_in_time_or_not_given() {
    let with_inf = [&ATTRIB[..], &[0xAA, 0xBB]].concat();
    let part4 = Part4 { fwi: 0, ..Part4::default() };
    for (took_us, bytes) in [(0, 5), (206, 5), (208, 1), (1_000_000, 1), (u64::MAX, 1)] {
        let mut card = declared(TypeB { attrib_runs: true, part4, ..type_b() });
        card.application_mut().took_us = took_us;
        let answer = card.on_frame(0, &crc(&with_inf)).unwrap();
        assert_eq!(answer.frame.checked().map(<[u8]>::len), Some(bytes), "{took_us}");
        assert!(answer.delay_fc <= 4096, "{took_us}: {}", answer.delay_fc);
        assert_eq!(card.state(), State::Protocol);
        assert!(says(&mut card, &[0x02, 0x00]).is_some());
    }
}

/// The family is looked at before the number of slots.
#[test]
fn a_card_of_another_family_is_idle_also_when_the_number_of_slots_is_none() {
    for (afi, state) in [(0x20, State::Idle), (0x10, State::ReadyDeclared)] {
        for parameter in 5..=7 {
            let mut card = declared(TypeB { afi: 0x10, ..type_b() });
            assert_eq!(says(&mut card, &[0x05, afi, parameter]), None);
            assert_eq!(card.state(), state, "{parameter}");
        }
    }
}

#[test]
fn a_chained_command_is_at_most_what_mbli_says() {
    let part4 = Part4 { fsci: 0, ..Part4::default() };
    let mut card = declared(TypeB { part4, mbli: 2, ..type_b() });
    assert_eq!(says(&mut card, &ATTRIB), Some(vec![0x20]));
    // Two frames of 16 bytes: 32 bytes of a command.
    assert_eq!(says(&mut card, &[&[0x12][..], &[0; 13]].concat()), Some(vec![0xA2]));
    assert_eq!(says(&mut card, &[&[0x13][..], &[1; 13]].concat()), Some(vec![0xA3]));
    assert_eq!(says(&mut card, &[&[0x02][..], &[2; 7]].concat()), None);
    assert!(says(&mut card, &[&[0x02][..], &[2; 6]].concat()).is_some());
    assert_eq!(card.application().commands[0].len(), 32);
}

#[test]
fn a_card_that_was_deselected_is_woken_by_wupb_only_and_begins_anew() {
    let mut card = in_state(State::Protocol);
    assert!(says(&mut card, &[0x02, 0x00]).is_some());
    assert_eq!(says(&mut card, &[0xC2]), Some(vec![0xC2]));
    for frame in [&[0xC2][..], &[0x05, 0x00, 0x00], &[0x03, 0x00], &[0x05, 0x30, 0x08]] {
        assert_eq!((says(&mut card, frame), card.state()), (None, State::Halt));
    }
    assert!(says(&mut card, &[0x05, 0x00, 0x08]).is_some());
    assert_eq!(card.application().powered, 1);
    assert!(says(&mut card, &ATTRIB).is_some());
    assert_eq!(card.application().powered, 2);
    assert!(says(&mut card, &[0x02, 0x00]).is_some());
}

#[test]
fn a_random_pupi_is_drawn_when_the_field_comes() {
    let mut card = Picc::new(Parameters::B(TypeB::new(None)), Stub::default(), 9);
    card.field_on();
    let first = card.identifier().to_vec();
    let atqb = says(&mut card, &[0x05, 0x00, 0x00]).unwrap();
    assert_eq!(atqb[1..5], first);
    assert_eq!(says(&mut card, &[&[0x50][..], &first].concat()), Some(vec![0x00]));
    assert_eq!(card.identifier(), first);
    card.field_off();
    card.field_on();
    assert_ne!(card.identifier(), first);
}

#[test]
fn a_card_without_part_4_says_so_and_knows_no_attrib() {
    let mut card = card(TypeB { has_part4: false, ..type_b() });
    assert_eq!(says(&mut card, &[0x05, 0x00, 0x00]).unwrap()[10], 0x80);
    assert_eq!(says(&mut card, &ATTRIB), None);
    assert_eq!(card.state(), State::ReadyDeclared);
}

/// A frame that begins before SFGT is over is not heard, if the reader was told of it.
#[test]
fn the_card_keeps_its_guard_time_only_if_it_told_it() {
    let part4 = Part4 { sfgi: 5, ..Part4::default() };
    for (parameter, hears) in [(0x00, true), (0x10, false)] {
        let mut card = card(TypeB { part4, ..type_b() });
        assert!(says(&mut card, &[0x05, 0x00, parameter]).is_some());
        assert!(says(&mut card, &ATTRIB).is_some());
        let block = crc(&[0x02, 0x00]);
        assert_eq!(card.on_frame(20_000, &block).is_some(), hears);
        assert_eq!(card.on_frame(200_000, &block).is_some(), !hears);
    }
}
