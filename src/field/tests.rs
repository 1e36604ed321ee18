//! The field: who hears a frame, what of the answers reaches the reader, cards that come and go in
//! the middle of things, faults on the way, and several cards active at once.

use super::{
    fixture::*,
    search::{a, b},
    *,
};
use crate::link::{
    PiccType,
    noisy::Fault,
    pcd::{self, Options, Session},
    picc::{Parameters, Picc, State, TypeA, Uid},
};
use proptest::prelude::*;

mod session;

const WAIT_FC: u64 = 2000;
const ATQA: [u8; 2] = [0x04, 0x00];

fn field_of(uids: &[[u8; 4]]) -> Field<Echo> {
    let mut field = Field::new();
    for uid in uids {
        field.enter(type_a(uid));
    }
    field.switch_on();
    field
}

fn reqa(field: &mut Field<Echo>) -> Heard {
    field.transceive(&Frame::short(0x26), WAIT_FC)
}

fn wupa(field: &mut Field<Echo>) -> Heard {
    field.transceive(&Frame::short(0x52), WAIT_FC)
}

fn reqb(field: &mut Field<Echo>) -> Heard {
    field.transceive(&Frame::with_crc(PiccType::B, &[0x05, 0x00, 0x00]), 8000)
}

fn state(field: &Field<Echo>, place: Place) -> State {
    field.picc(place).unwrap().state()
}

fn atqa() -> Heard {
    Heard::Frame(Frame::standard(&ATQA))
}

#[test]
fn cards_hear_their_own_type_and_stay_where_they_are_at_the_other() {
    let mut field = field_of(&[[1, 2, 3, 4]]);
    let b = field.enter(type_b([9; 4], 1));
    assert_eq!(reqa(&mut field), atqa());
    assert_eq!(field.answered(), [Place(0)]);
    assert_eq!((state(&field, Place(0)), state(&field, b)), (State::Ready, State::Idle));
    assert!(matches!(reqb(&mut field), Heard::Frame(frame) if frame.of == PiccType::B));
    assert_eq!((state(&field, Place(0)), state(&field, b)), (State::Ready, State::ReadyDeclared));
    assert_eq!(field.on_air_text(), "");
    // Deaf for a while: it has not heard the request it could have.
    field.set_surroundings(Surroundings { deaf_fc: GUARD_FC, ..Surroundings::default() });
    reqa(&mut field);
    assert_eq!(reqb(&mut field), Heard::Nothing);
    field.pause(GUARD_FC);
    assert_ne!(reqb(&mut field), Heard::Nothing);
}

#[test]
fn without_a_field_nobody_hears_and_after_it_all_is_new() {
    let mut field = Field::new();
    let place = field.enter(type_a(&[0x08, 1, 2, 3]));
    assert_eq!((reqa(&mut field), state(&field, place)), (Heard::Nothing, State::PowerOff));
    assert!(field.now_fc() > WAIT_FC);
    field.switch_on();
    assert!(field.is_on());
    assert_eq!(reqa(&mut field), atqa());
    assert_eq!(field.picc(place).unwrap().identifier(), [8, 1, 2, 3]);
    field.switch_off();
    assert_eq!(state(&field, place), State::PowerOff);
    field.switch_on();
    assert_ne!(field.picc(place).unwrap().identifier(), [8, 1, 2, 3]);
    assert_eq!(field.picc(place).unwrap().application().powered, 2);
    // Once more is no more.
    field.switch_on();
    assert_eq!(field.picc(place).unwrap().application().powered, 2);
}

/// ISO/IEC 14443-3:2018, 5.3: after 5 ms at the latest; a shorter dip a card may not notice.
#[test]
fn a_dip_a_card_can_bear_changes_nothing() {
    let hold = Surroundings { hold_fc: GUARD_FC, ..Surroundings::default() };
    for (off_fc, keeps) in [(0, true), (GUARD_FC - 1, true), (GUARD_FC, false), (u64::MAX, false)] {
        let mut field = field_of(&[[1, 2, 3, 4]]);
        field.set_surroundings(hold);
        reqa(&mut field);
        field.switch_off();
        field.switch_off();
        assert_eq!(state(&field, Place(0)), State::Ready);
        // In the dip it hears nothing: a request would have taken it to IDLE.
        let asked_fc = field.now_fc();
        if off_fc > 10_000 {
            assert_eq!((reqa(&mut field), field.noise().frames()), (Heard::Nothing, 2));
        }
        field.pause((asked_fc.saturating_add(off_fc)).saturating_sub(field.now_fc()));
        assert_eq!(state(&field, Place(0)) == State::Ready, keeps);
        field.switch_on();
        assert_eq!(state(&field, Place(0)), if keeps { State::Ready } else { State::Idle });
    }
}

/// A card that keeps its power cannot go on with its answer either; nor does noise repeat one.
#[test]
fn without_a_field_no_answer_is_on_the_air() {
    let hold = Surroundings { hold_fc: GUARD_FC, ..Surroundings::default() };
    for doubles in [false, true] {
        let mut field = field_of(&[[1, 2, 3, 4]]);
        field.set_surroundings(hold);
        field.set_noise(if doubles { Noise::at(1, Fault::Duplication) } else { Noise::none() });
        field.transceive(&Frame::short(0x26), if doubles { WAIT_FC } else { 0 });
        field.switch_off();
        field.switch_on();
        assert_eq!(state(&field, Place(0)), State::Ready);
        // A card of the other type is asked: nothing else is heard.
        assert_eq!(reqb(&mut field), Heard::Nothing, "{doubles}");
        let uid = Heard::Frame(Frame::standard(&[1, 2, 3, 4, 4]));
        assert_eq!(field.transceive(&Frame::standard(&[0x93, 0x20]), WAIT_FC), uid);
    }
}

/// ISO/IEC 14443-3:2018, 5.1.
#[test]
fn a_card_may_take_5_ms_until_it_hears() {
    let mut field = Field::new();
    let slow = Surroundings { start_fc: GUARD_FC, ..Surroundings::default() };
    field.set_surroundings(slow);
    field.enter(type_a(&[1, 2, 3, 4]));
    field.switch_on();
    field.pause(GUARD_FC - 1);
    assert_eq!(reqa(&mut field), Heard::Nothing);
    assert_eq!(reqa(&mut field), atqa());
    // One that enters is as slow, the others are not.
    let second = field.enter_at(type_a(&[1, 2, 3, 5]), 0);
    assert_eq!((reqa(&mut field), field.answered()), (Heard::Nothing, &[][..]));
    assert_eq!((reqa(&mut field), field.answered()), (atqa(), &[Place(0)][..]));
    field.pause(GUARD_FC);
    reqa(&mut field);
    assert_eq!((reqa(&mut field), field.answered()), (atqa(), &[Place(0)][..]));
    assert_eq!(state(&field, second), State::Idle);
}

/// A card must be there, and hear, from the first pause of a frame to its end.
#[test]
fn who_comes_or_goes_within_a_frame_has_not_heard_it() {
    let frame_fc = symbol::reader_takes_fc(&Frame::short(0x26));
    for (at_fc, hears) in [(0, true), (1, false), (frame_fc - 1, false), (frame_fc, false)] {
        let mut field = field_of(&[]);
        let place = field.enter_at(type_a(&[1, 2, 3, 4]), at_fc);
        assert_eq!((reqa(&mut field) == atqa(), field.is_in(place)), (hears, true), "{at_fc}");
        assert_eq!(state(&field, place) == State::Ready, hears);
    }
    // What is written down for one time happens in the order it was written down.
    let mut field = field_of(&[]);
    let place = field.enter_at(type_a(&[1, 2, 3, 4]), 50);
    field.leave_at(place, 50);
    field.return_at(place, 60);
    field.leave_at(place, 60);
    field.return_at(place, 60);
    field.pause(55);
    assert!(!field.is_in(place));
    field.pause(5);
    assert!(field.is_in(place));
    for (at_fc, hears) in [(0, false), (1, false), (frame_fc, false), (frame_fc + 1, true)] {
        let mut field = field_of(&[[1, 2, 3, 4]]);
        field.leave_at(Place(0), at_fc);
        assert_eq!((reqa(&mut field), field.is_in(Place(0))), (Heard::Nothing, false));
        assert_eq!(field.answered().len() == 1, hears, "{at_fc}");
        assert_eq!(state(&field, Place(0)), State::PowerOff);
        // It comes back where it was.
        field.return_at(Place(0), field.now_fc());
        assert_eq!(reqa(&mut field), atqa());
        assert!(field.leave(Place(0)).is_some() && field.leave(Place(0)).is_none());
    }
}

/// A card that goes while it answers: at every bit of it, what the reader hears.
#[test]
fn an_answer_is_cut_where_its_card_leaves() {
    let ask = Frame::standard(&[0x93, 0x20]);
    let answer = |cut: Option<u64>, uids: &[[u8; 4]]| {
        let mut field = field_of(uids);
        reqa(&mut field);
        field.pause(WAIT_FC);
        let begins_fc = field.now_fc() + symbol::reader_takes_fc(&ask) + 1172;
        if let Some(bit) = cut {
            field.leave_at(Place(0), begins_fc + 128 * bit);
        }
        let heard = field.transceive(&ask, WAIT_FC);
        (heard, field.on_air_text())
    };
    let (whole, bits) = answer(None, &[[0x12, 0x34, 0x56, 0x78]]);
    assert_eq!(whole, Heard::Frame(Frame::standard(&[0x12, 0x34, 0x56, 0x78, 0x08])));
    for bit in 1..=45 {
        let (heard, cut_bits) = answer(Some(bit), &[[0x12, 0x34, 0x56, 0x78]]);
        assert_eq!(cut_bits, bits[..bit as usize - 1]);
        match (heard, (bit - 1) % 9) {
            // Behind a parity bit it looks like a shorter frame, and only its length is wrong.
            (Heard::Frame(frame), 0) => assert_eq!(frame.bits() as u64, (bit - 1) / 9 * 8),
            (Heard::Frame(frame), 1..8) => assert!(bit < 9 && !frame.is_whole()),
            (heard, _) => assert_eq!(heard, Heard::Noise),
        }
    }
    // Nothing of it: as if it had not been there.
    assert_eq!(answer(Some(0), &[[0x12, 0x34, 0x56, 0x78]]).0, Heard::Nothing);
    // Of two, the other one goes on: what they differ in later is no collision any more.
    let both = [[0x12, 0x34, 0x56, 0x78], [0x12, 0x34, 0x56, 0x79]];
    let at = |heard| if let Heard::Collision { at, .. } = heard { Some(at) } else { None };
    assert_eq!(at(answer(None, &both).0), Some(24));
    assert_eq!(at(answer(Some(29), &both).0), Some(24));
    let (heard, _) = answer(Some(28), &both);
    assert_eq!(heard, Heard::Frame(Frame::standard(&[0x12, 0x34, 0x56, 0x79, 0x09])));
}

#[test]
fn what_leaves_now_breaks_off_now_and_its_place_is_free() {
    let mut field = field_of(&[[1, 2, 3, 4]]);
    field.transceive(&Frame::short(0x26), 0);
    let gone = field.leave(Place(0)).unwrap();
    assert_eq!(gone.state(), State::PowerOff);
    // Its answer would have come in this wait.
    assert_eq!(wupa(&mut field), Heard::Nothing);
    assert_eq!((field.places().count(), field.picc(Place(0)).is_none()), (0, true));
    let first = field.enter(gone);
    let second = field.enter(type_a(&[5, 2, 3, 4]));
    assert_eq!((first, second), (Place(0), Place(1)));
    field.leave(first);
    assert_eq!(field.enter(type_a(&[6, 2, 3, 4])), Place(0));
    assert_eq!(field.places().collect::<Vec<_>>(), [Place(0), Place(1)]);
    assert!(field.picc_mut(Place(7)).is_none() && field.leave(Place(7)).is_none());
}

/// A reader that does not wait sends over the answer: it hears the rest of it, and the card does
/// not hear the reader.
#[test]
fn a_reader_that_is_too_early_is_not_heard() {
    let mut field = field_of(&[[1, 2, 3, 4]]);
    assert_eq!(field.transceive(&Frame::short(0x26), 200), Heard::Nothing);
    assert_eq!(field.answered(), [Place(0)]);
    assert_eq!((reqa(&mut field), field.answered()), (Heard::Noise, &[][..]));
    assert_eq!(state(&field, Place(0)), State::Ready);
    // One that waits without listening finds the card where it was, and the air silent.
    field.pause(10_000);
    let heard = field.transceive(&Frame::standard(&[0x93, 0x20]), 0);
    assert_eq!((heard, field.answered()), (Heard::Nothing, &[Place(0)][..]));
    field.pause(10_000);
    let uid = Heard::Frame(Frame::standard(&[1, 2, 3, 4, 4]));
    assert_eq!(field.transceive(&Frame::standard(&[0x93, 0x20]), WAIT_FC), uid);
    field.transceive(&Frame::standard(&[0x93, 0x20]), WAIT_FC);
    assert_eq!(field.answered(), [Place(0)]);
}

/// An answer of Type A into one of Type B.
#[test]
fn answers_of_both_types_at_once_are_noise() {
    let mut field = Field::new();
    let historical = vec![0x55; 200];
    let a = TypeA { historical, ..TypeA::new(Uid::fixed(&[1, 2, 3, 4]).unwrap()) };
    field.enter(Picc::new(Parameters::A(a), Echo::default(), 1));
    field.enter(type_b([9; 4], 1));
    field.switch_on();
    reqa(&mut field);
    field.pause(1172);
    pcd::activation::select_a(&mut field, &[1, 2, 3, 4]).unwrap();
    field.pause(1172);
    field.transceive(&Frame::with_crc(PiccType::A, &[0xE0, 0x80]), 0);
    assert_eq!((reqb(&mut field), field.answered()), (Heard::Noise, &[Place(1)][..]));
}

#[test]
fn the_nearest_of_those_that_speak_at_once_is_heard_where_it_masks_them() {
    let mut field = field_of(&[[1, 2, 3, 4], [9 << 4, 2, 3, 4]]);
    field.set_surroundings(Surroundings { captures: true, ..field.surroundings() });
    reqa(&mut field);
    let heard = field.transceive(&Frame::standard(&[0x93, 0x20]), WAIT_FC);
    assert_eq!(heard, Heard::Frame(Frame::standard(&[1, 2, 3, 4, 4])));
    assert_eq!(field.answered(), [Place(0), Place(1)]);
}

/// Each fault at each of the two frames of a request and its answer.
#[test]
fn faults_do_what_they_are_called() {
    let after = |frame, fault| {
        let mut field = field_of(&[[1, 2, 3, 4]]);
        field.set_noise(Noise::at(frame, fault));
        let heard = wupa(&mut field);
        (heard, state(&field, Place(0)), field)
    };
    let (heard, at, _) = after(0, Fault::Loss);
    assert_eq!((heard, at), (Heard::Nothing, State::Idle));
    let (heard, at, _) = after(0, Fault::Damage);
    assert_eq!((heard, at), (Heard::Nothing, State::Idle));
    // The second copy is an error in READY.
    let (heard, at, _) = after(0, Fault::Duplication);
    assert_eq!((heard, at), (Heard::Nothing, State::Idle));
    let (heard, at, mut field) = after(0, Fault::Delay);
    assert_eq!((heard, at), (Heard::Nothing, State::Ready));
    // What comes late is taken for the answer to the next frame, which its card has not heard.
    assert_eq!((wupa(&mut field), field.answered()), (atqa(), &[][..]));
    assert_eq!(state(&field, Place(0)), State::Ready);
    let (heard, at, _) = after(1, Fault::Loss);
    assert_eq!((heard, at), (Heard::Nothing, State::Ready));
    let (heard, at, _) = after(1, Fault::Damage);
    assert!(matches!(heard, Heard::Frame(Frame { intact: false, .. })));
    assert_eq!(at, State::Ready);
    // Heard again where the answer to the next frame is waited for: nobody answers that one.
    let (heard, _, mut field) = after(1, Fault::Duplication);
    assert_eq!((heard, wupa(&mut field)), (atqa(), atqa()));
    assert_eq!((field.answered().len(), state(&field, Place(0))), (0, State::Idle));
    let (heard, _, mut field) = after(1, Fault::Delay);
    assert_eq!((heard, wupa(&mut field)), (Heard::Nothing, Heard::Noise));
    // Both frames of an exchange are asked for, and one alone when nothing is heard.
    assert_eq!(field.noise().frames(), 4);
    field.pause(100_000);
    field.transceive(&Frame::short(0x35), WAIT_FC);
    assert_eq!(field.noise().frames(), 5);
}

/// Finds every card, gives each a CID of its own, and leaves all of them active.
fn activate_all(field: &mut Field<Echo>) -> Vec<(Vec<u8>, Session)> {
    let mut sessions = Vec::new();
    let next =
        |sessions: &Vec<_>| Options { cid: Some(sessions.len() as u8 + 1), ..Options::default() };
    let mut search = a::Search::new(field, a::Options::default(), |_, _| {});
    while let Some(card) = search.next_card().unwrap() {
        let (_, session) = pcd::activation::rats(search.air(), &next(&sessions)).unwrap();
        sessions.push((card.uid, session));
    }
    let sure = b::Options { until_silent: true, ..b::Options::default() };
    let mut search = b::Search::new(field, sure, |_, _| {});
    while let Some(card) = search.next_card().unwrap() {
        let (_, session) = pcd::activation::attrib(search.air(), &card, &next(&sessions)).unwrap();
        sessions.push((card.pupi.to_vec(), session));
    }
    sessions
}

/// ISO/IEC 14443-4:2018, 5.6 and 7.1: cards that are active do not answer requests, and a block
/// goes to the one card that has its CID.
#[test]
fn several_cards_are_active_at_once_and_none_takes_the_commands_of_another() {
    for per_mille in [0, 30] {
        let mut field = field_of(&[[1, 2, 3, 4], [1, 2, 3, 5], [0x91, 2, 3, 4]]);
        for k in 0..3 {
            field.enter(type_b([k; 4], u64::from(k)));
        }
        let mut sessions = activate_all(&mut field);
        assert_eq!(sessions.len(), 6);
        assert!(field.places().all(|place| state(&field, place) == State::Protocol));
        field.set_noise(Noise::seeded(7, per_mille));
        let mut sent = [0_u32; 6];
        for round in 0..20_u8 {
            for (k, (_, session)) in sessions.iter_mut().enumerate() {
                let command = [0x00, 0xB0, k as u8, round, 0x00];
                let answer = session.exchange(&mut field, &command);
                sent[k] += 1;
                assert_eq!(answer.unwrap()[..5], command, "round {round}, card {k}");
            }
        }
        // Each card has run just the commands that were meant for it.
        for (identifier, _) in &sessions {
            let of = |place: &Place| field.picc(*place).unwrap().identifier() == &identifier[..];
            let place = field.places().find(of).unwrap();
            assert_eq!(field.picc(place).unwrap().application().commands, 20);
        }
        field.set_noise(Noise::none());
        for (_, session) in &mut sessions {
            session.deselect(&mut field).unwrap();
        }
        assert!(field.places().all(|place| state(&field, place) == State::Halt));
    }
}

/// What can be done to a field.
#[derive(Clone, Debug)]
enum Deed {
    Enter(bool, u8),
    EnterAt(u64, u8),
    Leave(usize),
    LeaveAt(usize, u64),
    ReturnAt(usize, u64),
    Switch(bool),
    Pause(u64),
    Send(Frame, u64),
    Surround(Surroundings),
}

fn frames() -> impl Strategy<Value = Frame> {
    let of = prop_oneof![Just(PiccType::A), Just(PiccType::B)];
    let whole = (of, proptest::collection::vec(any::<u8>(), 0..20));
    prop_oneof![
        3 => any::<bool>().prop_map(|wakes| Frame::short(if wakes { 0x52 } else { 0x26 })),
        2 => (16..=56_usize, any::<[u8; 5]>(), 0..3_u8).prop_map(|(nvb, [a, b, c, d, e], level)| {
            let nvb_byte = (nvb / 8 * 16 + nvb % 8) as u8;
            Frame::first_part(&[0x93 + 2 * level, nvb_byte, a, b, c, d, e], nvb)
        }),
        2 => (0..20_u8).prop_map(|param| Frame::with_crc(PiccType::B, &[0x05, 0x00, param])),
        1 => (1..16_u8).prop_map(|slot| Frame::with_crc(PiccType::B, &[slot << 4 | 5])),
        1 => whole.clone().prop_map(|(of, bytes)| Frame::with_crc(of, &bytes)),
        1 => (whole.clone(), any::<bool>()).prop_map(|((of, bytes), intact)| {
            Frame { of, intact, ..Frame::standard(&bytes) }
        }),
        1 => (whole, any::<[u8; 2]>()).prop_map(|((of, bytes), [first_bit, last_bits])| {
            let (first_bit, last_bits) = (first_bit % 10, last_bits % 10);
            Frame { of, first_bit, last_bits, ..Frame::standard(&bytes) }
        }),
    ]
}

fn deeds() -> impl Strategy<Value = Deed> {
    let soon = 0..200_000_u64;
    prop_oneof![
        3 => (any::<bool>(), any::<u8>()).prop_map(|(a, n)| Deed::Enter(a, n)),
        1 => (soon.clone(), any::<u8>()).prop_map(|(at_fc, n)| Deed::EnterAt(at_fc, n)),
        1 => (0..8_usize).prop_map(Deed::Leave),
        2 => (0..8_usize, soon.clone()).prop_map(|(n, at_fc)| Deed::LeaveAt(n, at_fc)),
        1 => (0..8_usize, soon.clone()).prop_map(|(n, at_fc)| Deed::ReturnAt(n, at_fc)),
        2 => prop_oneof![3 => Just(true), 1 => Just(false)].prop_map(Deed::Switch),
        2 => prop_oneof![9 => soon, 1 => any::<u64>()].prop_map(Deed::Pause),
        20 => (frames(), prop_oneof![9 => 0..20_000_u64, 1 => any::<u64>()])
            .prop_map(|(frame, wait_fc)| Deed::Send(frame, wait_fc)),
        1 => (any::<[bool; 3]>(), any::<bool>()).prop_map(|(takes, captures)| {
            let [start_fc, hold_fc, deaf_fc] = takes.map(|it| if it { GUARD_FC } else { 0 });
            Deed::Surround(Surroundings { start_fc, hold_fc, deaf_fc, captures })
        }),
    ]
}

proptest! {
    /// Whatever is done: no panic, time goes on, and a card without power is in POWER-OFF.
    #[test]
    fn a_field_keeps_its_order(
        deeds in proptest::collection::vec(deeds(), 1..60),
        seed: u64,
        per_mille in 0..400_u64,
    ) {
        let mut field = Field::new();
        field.set_noise(Noise::seeded(seed, per_mille));
        field.switch_on();
        for deed in deeds {
            let before_fc = field.now_fc();
            match deed {
                Deed::Enter(true, n) => { field.enter(type_a(&[1, 2, 3, n])); }
                Deed::Enter(false, n) => { field.enter(type_b([1, 2, 3, n], seed)); }
                Deed::EnterAt(at_fc, n) => { field.enter_at(type_a(&[1, 2, 3, n]), at_fc); }
                Deed::Leave(n) => { field.leave(Place(n)); }
                Deed::LeaveAt(n, at_fc) => field.leave_at(Place(n), at_fc),
                Deed::ReturnAt(n, at_fc) => field.return_at(Place(n), at_fc),
                Deed::Switch(true) => field.switch_on(),
                Deed::Switch(false) => field.switch_off(),
                Deed::Pause(fc) => field.pause(fc),
                Deed::Surround(surroundings) => field.set_surroundings(surroundings),
                Deed::Send(frame, wait_fc) => {
                    let heard = field.transceive(&frame, wait_fc);
                    if let Heard::Collision { frame, at } = heard {
                        prop_assert!(at < frame.bits() && !frame.intact);
                    }
                    prop_assert!(field.now_fc() > before_fc || before_fc == u64::MAX);
                }
            }
            prop_assert!(field.now_fc() >= before_fc);
            for place in field.places().collect::<Vec<_>>() {
                let without = state(&field, place) == State::PowerOff;
                let hold_fc = field.surroundings().hold_fc;
                prop_assert!(without || field.is_in(place));
                prop_assert!(without || field.is_on() || hold_fc > 0);
            }
        }
    }
}
