//! Every state of Type A with every kind of frame, and the rules about RATS and PPS.

use crate::link::{
    Application, Direction, Frame, Mute, PiccType, Rate,
    crc::crc_a,
    picc::{Parameters, Part4, Picc, Rates, State, TypeA, Uid},
};

/// Answers 6A82 to everything, and can be told to go mute.
#[derive(Debug, Default)]
struct Stub {
    mute: bool,
    powered: usize,
    ran: usize,
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.powered += 1;
        if self.mute { Err(Mute) } else { Ok(()) }
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, _: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.ran += 1;
        response.extend_from_slice(&[0x6A, 0x82]);
        if self.mute { Err(Mute) } else { Ok(0) }
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

const UID: [u8; 7] = [0x04, 0x6F, 0x16, 0x9A, 0xFC, 0x2E, 0x80];
const LEVEL_1: [u8; 5] = [0x88, 0x04, 0x6F, 0x16, 0xF5];
const LEVEL_2: [u8; 5] = [0x9A, 0xFC, 0x2E, 0x80, 0xC8];

fn card() -> Picc<Stub> {
    let a = TypeA { sak_incomplete: 0x20, ..TypeA::new(Uid::fixed(&UID).unwrap()) };
    let mut card = Picc::new(Parameters::A(a), Stub::default(), 0);
    card.field_on();
    card
}

fn crc(bytes: &[u8]) -> Frame {
    Frame::with_crc(PiccType::A, bytes)
}

fn select(sel: u8, own: [u8; 5]) -> Frame {
    let mut bytes = vec![sel, 0x70];
    bytes.extend(own);
    crc(&bytes)
}

/// What a card answers, and how much later.
fn answer(card: &mut Picc<Stub>, frame: &Frame) -> Option<(u64, Frame)> {
    card.on_frame(0, frame).map(|answer| (answer.delay_fc, answer.frame))
}

/// Brings a card to a state the way the standard has it.
fn in_state(state: State, level: u8) -> Picc<Stub> {
    let mut card = card();
    let mut send = |frames: &[Frame]| {
        for frame in frames {
            card.on_frame(0, frame);
        }
    };
    let star = matches!(state, State::Halt | State::ReadyStar | State::ActiveStar);
    let selected = [Frame::short(0x52), select(0x93, LEVEL_1), select(0x95, LEVEL_2)];
    if star {
        send(&selected);
        send(&[crc(&[0x50, 0x00])]);
    }
    match state {
        State::Ready | State::ReadyStar => send(&selected[..usize::from(level)]),
        State::Active | State::ActiveStar => send(&selected),
        State::Protocol => {
            send(&selected);
            send(&[crc(&[0xE0, 0x80])]);
        }
        State::PowerOff => card.field_off(),
        _ => {}
    }
    assert_eq!(card.state(), state);
    card
}

fn damaged(frame: Frame) -> Frame {
    Frame { intact: false, ..frame }
}

fn bad_crc(mut frame: Frame) -> Frame {
    if let Some(last) = frame.bytes.last_mut() {
        *last ^= 1;
    }
    frame
}

/// Frames that mean nothing in any state before PROTOCOL, and some that mean something only there.
fn nonsense() -> Vec<Frame> {
    let with_crc = |bytes: &[u8]| [bytes, &crc_a(bytes)].concat();
    vec![
        // The method of time slots, proprietary and RFU short frames.
        Frame::short(0x35),
        Frame::short(0x40),
        Frame::short(0x7F),
        Frame::short(0x00),
        Frame::standard(&[0x26]),
        Frame::standard(&[0x52]),
        Frame::standard(&[]),
        Frame { first_bit: 1, ..Frame::short(0x26) },
        damaged(Frame::short(0x26)),
        damaged(Frame::short(0x52)),
        // ANTICOLLISION of a level the card is not at, or is never at.
        Frame::standard(&[0x97, 0x20]),
        Frame::standard(&[0x94, 0x20]),
        Frame::standard(&[0x91, 0x20]),
        // NVB that does not exist, or not with so many bits.
        Frame::standard(&[0x93, 0x10]),
        Frame::standard(&[0x93, 0x18]),
        Frame::standard(&[0x93, 0x28]),
        Frame::standard(&[0x93, 0x71]),
        Frame::standard(&[0x93, 0x80]),
        Frame::standard(&[0x93, 0x30]),
        Frame::standard(&[0x93, 0x20, 0x88]),
        Frame::standard(&[0x93]),
        Frame::first_part(&[0x93, 0x22, 0x00], 17),
        Frame::first_part(&[0x93, 0x22, 0x00], 15),
        Frame { last_bits: 7, ..Frame::standard(&[0x93, 0x20]) },
        Frame { first_bit: 1, ..Frame::standard(&[0x93, 0x20]) },
        damaged(Frame::standard(&[0x93, 0x20])),
        // ANTICOLLISION with a CRC, SELECT without, damaged, too short, too long, BCC wrong.
        Frame::standard(&with_crc(&[0x93, 0x20])),
        Frame::standard(&[0x93, 0x70, 0x88, 0x04, 0x6F, 0x16, 0xF5]),
        bad_crc(select(0x93, LEVEL_1)),
        damaged(select(0x93, LEVEL_1)),
        crc(&[0x93, 0x70, 0x88, 0x04, 0x6F, 0x16]),
        crc(&[0x93, 0x70, 0x88, 0x04, 0x6F, 0x16, 0xF5, 0x00]),
        select(0x93, [0x88, 0x04, 0x6F, 0x16, 0xF4]),
        select(0x97, LEVEL_2),
        // Bits that are not the card's, on either level.
        Frame::standard(&[0x93, 0x30, 0x89]),
        Frame::standard(&[0x95, 0x30, 0x9B]),
        Frame::first_part(&[0x93, 0x21, 0x01], 17),
        Frame::first_part(&[0x95, 0x21, 0x01], 17),
        // RATS and HLTA that are none.
        crc(&[0xE0]),
        crc(&[0xE0, 0x80, 0x00]),
        crc(&[0xE0, 0x8F]),
        bad_crc(crc(&[0xE0, 0x80])),
        Frame::standard(&[0xE0, 0x80]),
        crc(&[0x50]),
        crc(&[0x50, 0x01]),
        crc(&[0x50, 0x00, 0x00]),
        bad_crc(crc(&[0x50, 0x00])),
        Frame::standard(&[0x50, 0x00]),
        // A block without an activation, a PPS.
        crc(&[0x02, 0x00, 0xA4, 0x04, 0x00]),
        crc(&[0xC2]),
        crc(&[0xD0, 0x11, 0x00]),
        // What belongs to Type B.
        Frame::with_crc(PiccType::A, &[0x05, 0x00, 0x00]),
    ]
}

const LEFT_TO: [(State, u8, State); 9] = [
    (State::PowerOff, 1, State::PowerOff),
    (State::Idle, 1, State::Idle),
    (State::Halt, 1, State::Halt),
    (State::Ready, 1, State::Idle),
    (State::Ready, 2, State::Idle),
    (State::Active, 1, State::Idle),
    (State::ReadyStar, 1, State::Halt),
    (State::ReadyStar, 2, State::Halt),
    (State::ActiveStar, 1, State::Halt),
];

/// ISO/IEC 14443-3:2018, 6.4, the figure of states: what is not known is not answered, and sends a
/// card that takes part back to where it came from.
#[test]
fn what_a_state_does_not_know_is_an_error_to_it() {
    for (state, level, next) in LEFT_TO {
        for frame in nonsense() {
            let mut card = in_state(state, level);
            assert_eq!(answer(&mut card, &frame), None, "{state} {frame:02X?}");
            assert_eq!(card.state(), next, "{state} {level} {frame:02X?}");
        }
    }
}

/// The frames that some state knows, in each state.
#[test]
fn each_command_is_known_in_its_states_only() {
    let (reqa, wupa) = (Frame::short(0x26), Frame::short(0x52));
    let (hlta, rats) = (crc(&[0x50, 0x00]), crc(&[0xE0, 0x80]));
    let anticollision = |sel| Frame::standard(&[sel, 0x20]);
    let atqa = Frame::standard(&[0x44, 0x00]);
    let rest = Frame::standard;
    let (sak_1, sak_2) = (crc(&[0x24]), crc(&[0x20]));
    let ats = crc(&[0x05, 0x78, 0x77, 0x80, 0x02]);
    use State::{Active, ActiveStar, Halt, Idle, Protocol, Ready, ReadyStar};
    // State and level, frame, answer, state and level after it.
    #[rustfmt::skip]
    let rows = [
        (Idle, 1, &reqa, &atqa, Ready),
        (Idle, 1, &wupa, &atqa, Ready),
        (Halt, 1, &wupa, &atqa, ReadyStar),
        (Ready, 1, &anticollision(0x93), &rest(&LEVEL_1), Ready),
        (Ready, 1, &select(0x93, LEVEL_1), &sak_1, Ready),
        (Ready, 2, &anticollision(0x95), &rest(&LEVEL_2), Ready),
        (Ready, 2, &select(0x95, LEVEL_2), &sak_2, Active),
        (ReadyStar, 1, &anticollision(0x93), &rest(&LEVEL_1), ReadyStar),
        (ReadyStar, 1, &select(0x93, LEVEL_1), &sak_1, ReadyStar),
        (ReadyStar, 2, &anticollision(0x95), &rest(&LEVEL_2), ReadyStar),
        (ReadyStar, 2, &select(0x95, LEVEL_2), &sak_2, ActiveStar),
        (Active, 1, &rats, &ats, Protocol),
        (ActiveStar, 1, &rats, &ats, Protocol),
    ];
    for &(state, level, frame, says, next) in &rows {
        let mut card = in_state(state, level);
        let said = answer(&mut card, frame).map(|(_, frame)| frame);
        assert_eq!((said.as_ref(), card.state()), (Some(says), next), "{state} {frame:02X?}");
    }
    let frames = [
        reqa.clone(),
        wupa.clone(),
        hlta.clone(),
        rats.clone(),
        anticollision(0x93),
        anticollision(0x95),
        select(0x93, LEVEL_1),
        select(0x95, LEVEL_2),
    ];
    for (state, level, left) in LEFT_TO {
        for frame in &frames {
            if rows.iter().any(|row| (row.0, row.1, row.2) == (state, level, frame)) {
                continue;
            }
            let halts = *frame == hlta && matches!(state, Active | ActiveStar);
            let mut card = in_state(state, level);
            assert_eq!(answer(&mut card, frame), None, "{state} {level} {frame:02X?}");
            let next = if halts { Halt } else { left };
            assert_eq!(card.state(), next, "{state} {level} {frame:02X?}");
        }
    }
}

/// Every NVB from 20 to 67 with the card's own bits is answered with the rest; one bit turned
/// round, and the card leaves.
#[test]
fn the_reader_may_cut_the_uid_anywhere() {
    for (sel, level, own) in [(0x93, 1, LEVEL_1), (0x95, 2, LEVEL_2)] {
        for known in 0..40 {
            let bits = 16 + known;
            let nvb = ((bits / 8) << 4 | (bits % 8)) as u8;
            let whole = [&[sel, nvb], &own[..]].concat();
            let frame = Frame::first_part(&whole, bits);
            let mut card = in_state(State::Ready, level);
            let (delay_fc, rest) = answer(&mut card, &frame).unwrap();
            assert_eq!(rest, Frame::second_part(&own[known / 8..], (known % 8) as u8));
            assert_eq!(rest.bits(), 40 - known);
            assert!([1172, 1236].contains(&delay_fc));
            assert_eq!(card.state(), State::Ready);
            for bit in 0..known {
                let mut other = whole.clone();
                other[2 + bit / 8] ^= 1 << (bit % 8);
                let mut card = in_state(State::ReadyStar, level);
                assert_eq!(answer(&mut card, &Frame::first_part(&other, bits)), None);
                assert_eq!(card.state(), State::Halt);
            }
        }
    }
}

#[test]
fn anticollision_is_answered_in_step() {
    let mut card = card();
    let steps: [(Frame, u64); 5] = [
        (Frame::short(0x26), 1172),
        (Frame::standard(&[0x93, 0x20]), 1172),
        (Frame::first_part(&[0x93, 0x24, 0x08], 20), 1236),
        (select(0x93, LEVEL_1), 1172), // the CRC ends in 55: four bits set, so parity 1
        (select(0x95, LEVEL_2), 1172),
    ];
    for (frame, delay_fc) in steps {
        let odd = frame.bytes.last().unwrap().count_ones() % 2 == 1;
        let expected = match frame.last_bits {
            8 if odd => 1172,
            8 => 1236,
            _ => delay_fc,
        };
        assert_eq!(answer(&mut card, &frame).map(|(fc, _)| fc), Some(expected), "{frame:02X?}");
    }
}

#[test]
fn a_card_hears_only_its_type_and_its_rate() {
    let mut card = card();
    let request = Frame::short(0x26);
    assert_eq!(answer(&mut card, &request.clone().at(Rate::Fc64)), None);
    assert_eq!(answer(&mut card, &Frame { of: PiccType::B, ..request.clone() }), None);
    assert!(answer(&mut card, &request).is_some());
    // In READY it does not even leave.
    assert_eq!(answer(&mut card, &request.clone().at(Rate::Fc64)), None);
    assert_eq!(answer(&mut card, &Frame { of: PiccType::B, ..request }), None);
    assert_eq!(card.state(), State::Ready);
}

/// ISO/IEC 14443-4:2018, 5.6.2: what may come after the ATS, and whether a PPS is still answered
/// behind it.
#[test]
fn a_pps_is_answered_once_and_before_anything_else() {
    let pps = crc(&[0xD1, 0x11, 0x05]);
    let activated = || {
        let mut card = in_state(State::Active, 1);
        assert!(answer(&mut card, &crc(&[0xE0, 0x81])).is_some());
        card
    };
    let silent: [(&str, Frame, bool); 15] = [
        ("another card's PPS", crc(&[0xD2, 0x11, 0x00]), true),
        ("another card's block", crc(&[0x0A, 0x02, 0x00]), true),
        ("a PPS1 with RFU bits", crc(&[0xD1, 0x11, 0x15]), false),
        ("a PPS0 with RFU bits", crc(&[0xD1, 0x21]), false),
        ("a PPS0 without PPS1", crc(&[0xD1, 0x11]), false),
        ("a PPS1 not announced", crc(&[0xD1, 0x01, 0x00]), false),
        ("a PPS without PPS0", crc(&[0xD1]), false),
        ("a second RATS", crc(&[0xE0, 0x81]), false),
        ("RATS of another CID", crc(&[0xE0, 0x82]), false),
        ("REQA", Frame::short(0x26), false),
        ("WUPA", Frame::short(0x52), false),
        ("HLTA", crc(&[0x50, 0x00]), false),
        ("a wrong CRC", Frame::standard(&[0xD1, 0x11, 0x05, 0x00, 0x00]), false),
        ("a wrong parity", Frame { intact: false, ..pps.clone() }, false),
        ("S(PARAMETERS)", crc(&[0xF8, 0x01, 0xA0, 0x02, 0xA1, 0x00]), false),
    ];
    for (what, frame, still) in silent {
        let mut card = activated();
        assert_eq!(answer(&mut card, &frame), None, "{what}");
        assert_eq!(card.state(), State::Protocol);
        assert_eq!(answer(&mut card, &pps).is_some(), still, "{what}");
    }
    let mut card = activated();
    assert_eq!(answer(&mut card, &pps).map(|(_, frame)| frame), Some(crc(&[0xD1])));
    assert_eq!(answer(&mut card, &pps.clone().at(Rate::Fc64)), None);
    assert_eq!(answer(&mut card, &pps), None);
    let block = crc(&[0x0A, 0x01, 0x00, 0xA4, 0x04, 0x00]);
    assert_eq!(answer(&mut card, &block), None);
    let said = answer(&mut card, &block.at(Rate::Fc64)).map(|(_, frame)| frame);
    assert_eq!(said, Some(crc(&[0x0A, 0x01, 0x6A, 0x82]).at(Rate::Fc64)));
    let mut card = activated();
    assert!(answer(&mut card, &crc(&[0x0A, 0x01, 0x00])).is_some());
    assert_eq!(answer(&mut card, &pps), None);
}

/// DSI is the way to the reader, DRI to the card; the answer still comes at fc/128.
#[test]
fn rates_are_agreed_on_only_as_the_ats_offers_them() {
    // Offered, PPS1, whether it is answered.
    let rows = [
        (0x00, 0x00, true),
        (0x00, 0x01, false),
        (0x77, 0x0F, true),
        (0x77, 0x04, true),
        (0xF7, 0x0F, true),
        (0xF7, 0x04, false),
        (0x10, 0x04, true),
        (0x10, 0x01, false),
        (0x10, 0x08, false),
        (0x02, 0x02, true),
        (0x02, 0x01, false),
        (0x44, 0x0F, true),
        (0x44, 0x0A, false),
    ];
    for (offered, pps1, answered) in rows {
        let part4 = Part4 { rates: Rates::of_byte(offered), ..Part4::default() };
        let a = TypeA { part4, ..TypeA::new(Uid::random_first([1, 2, 3])) };
        let mut card = Picc::new(Parameters::A(a), Stub::default(), 0);
        card.field_on();
        let own = [8, 1, 2, 3, 8];
        for frame in [Frame::short(0x26), select(0x93, own), crc(&[0xE0, 0x80])] {
            assert!(answer(&mut card, &frame).is_some());
        }
        let said = answer(&mut card, &crc(&[0xD0, 0x11, pps1])).map(|(_, frame)| frame);
        assert_eq!(said, answered.then(|| crc(&[0xD0])), "{offered:02X} {pps1:02X}");
        let (to_card, to_reader) = if answered { (pps1 & 3, pps1 >> 2) } else { (0, 0) };
        let block = crc(&[0x02, 0x00]).at(Rate::of_integer(to_card));
        let said = answer(&mut card, &block).map(|(_, frame)| frame.rate);
        assert_eq!(said, Some(Rate::of_integer(to_reader)), "{offered:02X} {pps1:02X}");
    }
}

#[test]
fn only_wupa_wakes_a_card_that_was_deselected_and_its_application_begins_anew() {
    let mut card = in_state(State::Protocol, 1);
    assert_eq!(card.application().powered, 1);
    assert!(answer(&mut card, &crc(&[0x02, 0x00])).is_some());
    assert_eq!(answer(&mut card, &crc(&[0xC2])).map(|(_, frame)| frame), Some(crc(&[0xC2])));
    for frame in [crc(&[0xC2]), Frame::short(0x26), crc(&[0x03, 0x00])] {
        assert_eq!((answer(&mut card, &frame), card.state()), (None, State::Halt));
    }
    let again = [Frame::short(0x52), select(0x93, LEVEL_1), select(0x95, LEVEL_2)];
    for frame in &again {
        assert!(answer(&mut card, frame).is_some());
    }
    assert_eq!((card.state(), card.application().powered), (State::ActiveStar, 1));
    assert!(answer(&mut card, &crc(&[0xE0, 0x80])).is_some());
    assert_eq!((card.state(), card.application().powered), (State::Protocol, 2));
    assert!(answer(&mut card, &crc(&[0x02, 0x00])).is_some());
}

#[test]
fn a_mute_application_makes_a_silent_card_until_the_field_goes() {
    let mut card = in_state(State::Protocol, 1);
    card.application_mut().mute = true;
    assert_eq!(answer(&mut card, &crc(&[0x02, 0x00])), None);
    assert_eq!(card.state(), State::Mute);
    for frame in [Frame::short(0x52), Frame::short(0x26), crc(&[0xB2])] {
        assert_eq!((answer(&mut card, &frame), card.state()), (None, State::Mute));
    }
    card.field_off();
    card.field_on();
    assert_eq!(card.state(), State::Mute);
    card.application_mut().mute = false;
    card.field_off();
    card.field_on();
    assert_eq!(card.state(), State::Idle);
    // It also goes silent when a second session finds it so.
    let mut card = in_state(State::Protocol, 1);
    assert!(answer(&mut card, &crc(&[0xC2])).is_some());
    card.application_mut().mute = true;
    for frame in [Frame::short(0x52), select(0x93, LEVEL_1), select(0x95, LEVEL_2)] {
        assert!(answer(&mut card, &frame).is_some());
    }
    assert_eq!(answer(&mut card, &crc(&[0xE0, 0x80])), None);
    assert_eq!(card.state(), State::Mute);
}

#[test]
fn a_card_without_part_4_says_so_and_knows_no_rats() {
    let a = TypeA { has_part4: false, sak_complete: 0x28, ..TypeA::new(Uid::random()) };
    let mut card = Picc::new(Parameters::A(a), Stub::default(), 7);
    card.field_on();
    let own = card.identifier().to_vec();
    let own = [own[0], own[1], own[2], own[3], own.iter().fold(0, |bcc, byte| bcc ^ byte)];
    assert!(answer(&mut card, &Frame::short(0x26)).is_some());
    let said = answer(&mut card, &select(0x93, own)).map(|(_, frame)| frame);
    assert_eq!(said, Some(crc(&[0x08])));
    assert_eq!(answer(&mut card, &crc(&[0xE0, 0x80])), None);
    assert_eq!(card.state(), State::Idle);
}

#[test]
fn a_random_uid_is_drawn_when_the_field_comes_and_at_no_other_time() {
    let draw = |seed| {
        let mut card = Picc::new(Parameters::A(TypeA::new(Uid::random())), Stub::default(), seed);
        let mut seen = Vec::new();
        for _ in 0..3 {
            card.field_on();
            let uid = card.identifier().to_vec();
            assert_eq!((uid.len(), uid[0]), (4, 0x08));
            let own = [uid[0], uid[1], uid[2], uid[3], uid.iter().fold(0, |bcc, byte| bcc ^ byte)];
            let frames = [Frame::short(0x26), select(0x93, own), crc(&[0x50, 0x00])];
            frames.iter().for_each(|frame| drop(card.on_frame(0, frame)));
            assert_eq!((card.state(), card.identifier()), (State::Halt, &uid[..]));
            seen.push(uid);
            card.field_off();
        }
        seen
    };
    let seen = draw(5);
    assert_eq!(seen, draw(5));
    assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen != draw(6));
}

/// A frame that begins before SFGT is over is not heard; one that begins then is.
#[test]
fn the_card_keeps_its_guard_time_after_the_ats() {
    let part4 = Part4 { sfgi: 2, ..Part4::default() };
    let a = TypeA { part4, ..TypeA::new(Uid::random_first([1, 2, 3])) };
    for (later_fc, heard) in [(0, false), (-1, false), (1, true)] {
        let mut card = Picc::new(Parameters::A(a.clone()), Stub::default(), 0);
        card.field_on();
        for frame in [Frame::short(0x26), select(0x93, [8, 1, 2, 3, 8])] {
            card.on_frame(1000, &frame);
        }
        let ats = card.on_frame(1000, &crc(&[0xE0, 0x80])).unwrap();
        let block = crc(&[0x02, 0x00]);
        let frame_fc = crate::link::picc::timing::frame_fc;
        let free_fc = 1000 + ats.delay_fc + frame_fc(&ats.frame) + (4096 << 2);
        let end_fc = match later_fc {
            0 => 1000 + ats.delay_fc + frame_fc(&ats.frame) + frame_fc(&block),
            late => (free_fc + frame_fc(&block)).saturating_add_signed(late),
        };
        assert_eq!(card.on_frame(end_fc, &block).is_some(), heard, "{later_fc}");
    }
}
