//! The loop of Type B: worked rounds, many cards, cards that go and come, and what it costs.

use super::*;
use crate::field::{Field, Place, Surroundings, fixture::*};
use crate::link::{
    Noise,
    noisy::Fault,
    picc::{Parameters, Picc, State, TypeB},
};

fn field_of(cards: usize, seed: u64) -> Field<Echo> {
    let mut field = Field::new();
    for k in 0..cards as u64 {
        let [a, b, ..] = k.to_le_bytes();
        field.enter(type_b([0xC0, 0xFF, b, a], seed << 8 ^ k));
    }
    field.switch_on();
    field
}

fn find(field: &mut Field<Echo>, options: Options) -> (Vec<[u8; 4]>, Result<Cost, GaveUp>) {
    let mut found = Vec::new();
    let cost = find_all(field, options, 256, &mut found, |_, _| {});
    (found.into_iter().map(|card| card.pupi).collect(), cost)
}

fn sorted(mut pupis: Vec<[u8; 4]>) -> Vec<[u8; 4]> {
    pupis.sort_unstable();
    pupis
}

const SURE: Options = Options {
    afi: 0,
    slots_code: 0,
    wakes: false,
    extended: false,
    until_silent: true,
    rounds_max: 512,
    tries: 3,
    guard_fc: POLL_GUARD_FC,
};

/// Worked out by hand from ISO/IEC 14443-3:2018, 7.7: the frames without CRC, who answers, and what
/// comes of it.
#[test]
fn worked_rounds_come_out() {
    type Row = (&'static str, &'static [usize], &'static str);
    let two: &[Row] = &[
        ("050002", &[0], "slot 1: 11223344"),
        ("5011223344", &[0], "halted"),
        ("15", &[], "slot 2: nobody"),
        ("25", &[1], "slot 3: 55667788"),
        ("5055667788", &[1], "halted"),
        ("35", &[], "slot 4: nobody"),
    ];
    let three: &[Row] = &[
        ("050002", &[], "slot 1: nobody"),
        ("15", &[0, 1], "slot 2: several at once"),
        ("25", &[], "slot 3: nobody"),
        ("35", &[2], "slot 4: 99AABBCC"),
        ("5099aabbcc", &[2], "halted"),
        ("050002", &[0], "slot 1: 11223344"),
        ("5011223344", &[0], "halted"),
        ("15", &[], "slot 2: nobody"),
        ("25", &[], "slot 3: nobody"),
        ("35", &[1], "slot 4: 55667788"),
        ("5055667788", &[1], "halted"),
    ];
    let runs: [(&[&[u8]], &[Row]); 2] =
        [(&[&[1, 2], &[3, 1]], two), (&[&[2, 1], &[2, 4], &[4, 1]], three)];
    let pupis = [[0x11, 0x22, 0x33, 0x44], [0x55, 0x66, 0x77, 0x88], [0x99, 0xAA, 0xBB, 0xCC]];
    for (draws, rows) in runs {
        let mut field = Field::new();
        for (draws, pupi) in draws.iter().zip(pupis) {
            let mut picc = type_b(pupi, 1);
            picc.give_draws(draws);
            field.enter(picc);
        }
        field.switch_on();
        let (mut told, mut found) = (Vec::new(), Vec::new());
        let options = Options { slots_code: 2, ..Options::default() };
        find_all(&mut field, options, 9, &mut found, |field, step| {
            let sent = hex::encode(step.sent.checked().unwrap());
            let who: Vec<_> = field.answered().iter().map(|place| place.0).collect();
            told.push((sent, who, step.concludes.to_string()));
        })
        .unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|(sent, who, says)| (sent.to_string(), who.to_vec(), says.to_string()))
            .collect();
        assert_eq!(told, rows);
        assert_eq!(found.len(), draws.len());
    }
}

/// What a round finds is chance: every seed ends, and the mean is bounded by a number of frames a
/// card, with 16 slots for up to 64 cards.
#[test]
fn every_card_is_found_exactly_once_up_to_64_of_them() {
    for cards in [0, 1, 2, 3, 5, 8, 16, 33, 64] {
        let mut frames = 0;
        let seeds = 20;
        for seed in 0..seeds {
            let mut field = field_of(cards, seed);
            let (found, cost) = find(&mut field, Options::default());
            let there: Vec<_> = (0..cards).map(|k| [0xC0, 0xFF, 0, k as u8]).collect();
            assert_eq!(sorted(found), there, "{seed}");
            frames += cost.unwrap().frames;
        }
        // A card alone in its slot costs two frames; the rest are slots without one.
        let a_card = match cards {
            0..=33 => 6,
            _ => 9,
        };
        assert!(frames <= seeds * (a_card * cards as u64 + 1), "{frames} for {cards}");
    }
}

#[test]
fn only_the_families_asked_for_answer() {
    let mut field = Field::new();
    for (k, afi) in [0x00, 0x10, 0x11, 0x20].into_iter().enumerate() {
        let parameters = TypeB { afi, ..TypeB::new(Some([k as u8; 4])) };
        field.enter(Picc::new(Parameters::B(parameters), Echo::default(), k as u64));
    }
    field.switch_on();
    let (found, _) = find(&mut field, Options { afi: 0x10, ..SURE });
    assert_eq!(sorted(found), [[1; 4], [2; 4]]);
    let (found, _) = find(&mut field, SURE);
    assert_eq!(sorted(found), [[0; 4], [3; 4]]);
    // WUPB wakes those that were halted.
    let woken = Options { wakes: true, afi: 0x20, ..Options::default() };
    assert_eq!(find(&mut field, woken).0, [[3; 4]]);
}

/// A round without a collision does not show a card that is masked, or that knows no Slot-MARKER; a
/// round with one slot that is silent does.
#[test]
fn a_silent_round_with_one_slot_is_sure() {
    let captured = Surroundings { captures: true, ..Surroundings::default() };
    let mut field = field_of(9, 3);
    field.set_surroundings(captured);
    assert_eq!(find(&mut field, Options::default()).0.len(), 1);
    assert_eq!(find(&mut field, SURE).0.len(), 8);

    let mut missed = 0;
    for seed in 0..20 {
        let mut field = field_of(2, seed);
        let parameters = TypeB { slot_marker: false, ..TypeB::new(Some([1, 2, 3, 4])) };
        field.enter(Picc::new(Parameters::B(parameters), Echo::default(), seed));
        field.switch_on();
        let mut again = Vec::new();
        let options = Options { slots_code: 3, ..Options::default() };
        find_all(&mut field, options, 9, &mut again, |_, _| {}).unwrap();
        missed += 3 - again.len();
        find_all(&mut field, SURE, 9, &mut again, |_, _| {}).unwrap();
        assert_eq!(again.len(), 3);
    }
    assert!(missed > 0);
}

/// ISO/IEC 14443-3:2018, 7.9.4.4: a card may need more time before it hears again.
#[test]
fn the_reader_keeps_the_times_it_has_to() {
    for (tr2, least_fc) in [(0, 1792), (1, 3328), (2, 5376), (3, 9472)] {
        let mut field = Field::new();
        for k in 0..3 {
            let parameters = TypeB { tr2, ..TypeB::new(Some([k; 4])) };
            field.enter(Picc::new(Parameters::B(parameters), Echo::default(), u64::from(k)));
        }
        field.switch_on();
        let mut air = Recorder { air: field, written: Vec::new() };
        let mut found = Vec::new();
        find_all(&mut air, Options::default(), 9, &mut found, |_, _| {}).unwrap();
        assert_eq!(found.len(), 3);
        assert!(air.written[0].0 >= 69_156);
        for pair in air.written.windows(2) {
            let [(_, _, end_fc, heard), (next_fc, next, ..)] = pair else { panic!() };
            let asked = next.bytes.len() == 7;
            let least_fc = if asked { least_fc } else { 1792 };
            assert!(!heard || *next_fc >= end_fc + least_fc);
        }
    }
}

/// Two with one PUPI: always noise together, one card when they are in different slots.
#[test]
fn cards_with_one_pupi_do_not_hold_the_loop_up() {
    let twins = || {
        let mut field = field_of(3, 1);
        field.enter(type_b([0xC0, 0xFF, 0, 0], 99));
        field
    };
    for options in [Options::default(), SURE] {
        let mut field = twins();
        let (found, cost) = find(&mut field, options);
        assert_eq!(sorted(found).len(), 3);
        assert!(cost.is_ok());
        let halted = |place| field.picc(Place(place)).map(Picc::state) == Some(State::Halt);
        assert!((0..4).all(halted));
    }
    // Draws that are always the same keep two cards in one slot: the loop gives up.
    let mut field = Field::new();
    for k in 0..2 {
        let mut picc = type_b([k; 4], 1);
        picc.give_draws(&[1; 1000]);
        field.enter(picc);
    }
    field.switch_on();
    let few = Options { rounds_max: 40, ..Options::default() };
    assert_eq!(find(&mut field, few), (vec![], Err(GaveUp)));
}

#[test]
fn a_card_that_enters_or_leaves_at_any_time_costs_nothing_but_itself() {
    let takes_fc = {
        let mut field = field_of(3, 5);
        find(&mut field, SURE).1.unwrap();
        field.now_fc()
    };
    for leaves in [false, true] {
        for at_fc in (0..takes_fc).step_by(2999) {
            let mut field = field_of(2, 5);
            match leaves {
                true => {
                    let place = field.enter(type_b([9; 4], 7));
                    field.leave_at(place, at_fc);
                }
                false => {
                    field.enter_at(type_b([9; 4], 7), at_fc);
                }
            }
            let (mut found, cost) = find(&mut field, SURE);
            found.retain(|pupi| *pupi != [9; 4]);
            assert!(cost.is_ok());
            assert_eq!(sorted(found), [[0xC0, 0xFF, 0, 0], [0xC0, 0xFF, 0, 1]], "{leaves} {at_fc}");
        }
    }
}

/// A lost request, a damaged ATQB: the loop that ends with a silent round misses nobody unless it
/// is just that round which is lost.
#[test]
fn one_fault_anywhere_ends_the_loop_early_at_worst() {
    let frames = {
        let mut field = field_of(4, 2);
        find(&mut field, SURE).1.unwrap();
        field.noise().frames()
    };
    let mut missed = 0;
    for fault in Fault::ALL {
        for frame in 0..frames {
            let mut field = field_of(4, 2);
            field.set_noise(Noise::at(frame, fault));
            let (mut found, cost) = find(&mut field, SURE);
            assert!(cost.is_ok());
            if found.len() < 4 {
                missed += 1;
                let (rest, cost) = find(&mut field, SURE);
                assert!(cost.is_ok());
                found.extend(rest);
            }
            assert_eq!(sorted(found).len(), 4, "{fault:?} at {frame}");
        }
    }
    assert!(missed > 0);
    for seed in 0..40 {
        let mut field = field_of(5, seed);
        field.set_noise(Noise::seeded(seed, 100 * (1 + seed % 10)));
        let _ = find(&mut field, SURE);
    }
}

#[test]
fn on_an_air_that_says_anything_the_loop_ends() {
    for seed in 0..200 {
        let mut air = Babel { random: crate::random::Random::new(seed), frames: 0 };
        let mut found = Vec::new();
        let options = Options { rounds_max: 30, until_silent: seed % 2 == 0, ..SURE };
        let cost = find_all(&mut air, options, 300, &mut found, |_, _| {});
        assert!(cost.is_err() || cost.unwrap().frames == air.frames);
        assert!(air.frames <= 30 * 16 * 4);
    }
}

/// AFI, whether it wakes, whether the ATQB may be extended, how many slots.
#[test]
fn a_request_says_what_is_asked_for() {
    for (wakes, extended, slots_code, param) in [
        (false, false, 0, 0x00),
        (true, false, 2, 0x0A),
        (false, true, 4, 0x14),
        (true, true, 9, 0x1C),
    ] {
        let options = Options { wakes, extended, slots_code, afi: 0x20, ..Options::default() };
        let mut sent = Vec::new();
        let mut air = Scripted::default();
        let found =
            Search::new(&mut air, options, |_, step| sent.push(step.sent.clone())).next_card();
        assert_eq!(found, Ok(None));
        assert_eq!(sent[0].checked(), Some(&[0x05, 0x20, param][..]));
        assert_eq!(sent.len(), 1 << slots_code.min(4));
        assert_eq!(sent.get(15).map(|frame| frame.bytes[0]), (sent.len() == 16).then_some(0xF5));
    }
}
