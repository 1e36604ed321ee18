//! The loop of Type A: published runs bit for bit, sets of UIDs made to be hard, cards that go and
//! come, and what it costs.

use super::*;
use crate::field::{Field, Place, Surroundings, fixture::*};
use crate::link::{Noise, noisy::Fault};

fn field_of(uids: &[Vec<u8>]) -> Field<Echo> {
    let mut field = Field::new();
    for uid in uids {
        field.enter(type_a(uid));
    }
    field.switch_on();
    field
}

fn find(field: &mut Field<Echo>, options: Options) -> (Vec<Vec<u8>>, Result<Cost, GaveUp>) {
    let mut found = Vec::new();
    let cost = find_all(field, options, 256, &mut found, |_, _| {});
    assert!(found.iter().all(|card| card.agrees));
    (found.into_iter().map(|card| card.uid).collect(), cost)
}

/// All found, each once.
fn finds_all(uids: &[Vec<u8>], options: Options) -> Cost {
    let (mut found, cost) = find(&mut field_of(uids), options);
    let mut there = uids.to_vec();
    found.sort();
    there.sort();
    assert_eq!(found, there);
    cost.unwrap()
}

/// A frame as the runs write it.
fn written(frame: &Frame) -> String {
    if frame.last_bits.is_multiple_of(8) || frame.bytes.len() == 1 {
        return hex::encode(&frame.bytes);
    }
    let whole = &frame.bytes[..frame.bytes.len() - 1];
    let bits = frame.data_bits().skip(8 * whole.len());
    let bits: String = bits.map(|bit| if bit { '1' } else { '0' }).collect();
    format!("{}.{bits}", hex::encode(whole))
}

/// ISO/IEC 14443-3:2018, 6.5.3: every frame, everybody who answers and every bit on the air.
#[test]
fn published_runs_come_out_bit_for_bit() {
    let runs: Vec<&str> = include_str!("runs.txt").split("\n\n").skip(1).collect();
    assert_eq!(runs.len(), 8);
    for run in runs {
        let mut lines = run.lines();
        let mut names = lines.next().unwrap().split(' ').skip(1);
        let name = names.next().unwrap();
        let uids: Vec<_> = names.map(|uid| hex::decode(uid).unwrap()).collect();
        let order = lines.next().unwrap().strip_prefix("found ").unwrap();
        let mut steps = Vec::new();
        let mut found = Vec::new();
        let record = |field: &Field<Echo>, step: Step<'_, Concludes>| {
            let who: Vec<_> = field.answered().iter().map(|place| place.0.to_string()).collect();
            let who = if who.is_empty() { "-".to_owned() } else { who.join(",") };
            let line = format!("{} {who} {}", written(step.sent), field.on_air_text());
            steps.push(line.trim_end().to_owned());
        };
        let mut field = field_of(&uids);
        find_all(&mut field, Options::default(), 256, &mut found, record).unwrap();
        assert_eq!(steps, lines.collect::<Vec<_>>(), "{name}");
        let found: Vec<_> = found.iter().map(|card| hex::encode(&card.uid)).collect();
        assert_eq!(found.join(" "), order, "{name}");
    }
}

/// Sets in which the loop has as much to do as it can, and those a careless one stumbles over.
fn hard_sets(cards: usize) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let n = |n: usize| n as u8;
    let all = 0..cards;
    // A comb: the k-th differs from all behind it in bit k, so each collision leaves all but one.
    let comb = |bits: usize, n: usize| -> Vec<u8> {
        let ones = (1_u128 << n.min(bits)) - 1;
        ones.to_le_bytes()[..bits.div_ceil(8)].to_vec()
    };
    vec![
        ("last byte", all.clone().map(|k| vec![0x12, 0x34, 0x56, n(k)]).collect()),
        (
            "last bits only",
            all.clone().map(|k| vec![0x12, 0x34, n(k) << 2 & 0xC0, n(k) << 4]).collect::<Vec<_>>(),
        )
            .into_distinct(),
        ("first bits", all.clone().map(|k| vec![n(k) << 3 & 0xF0 | n(k) & 7, 0, 0, 1]).collect())
            .into_distinct(),
        ("comb", all.clone().take(29).map(|k| [&[0x01][..], &comb(24, k)].concat()).collect())
            .into_distinct(),
        (
            "first level",
            all.clone().map(|k| vec![0x04, n(k), 0x22, 0x33, 0x44, 0x55, 0x66]).collect(),
        ),
        (
            "second level",
            all.clone().map(|k| vec![0x04, 0x11, 0x22, 0x33, 0x44, 0x55, n(k)]).collect(),
        ),
        (
            "third level",
            all.clone().map(|k| vec![0, 0x11, 0x22, 0x33, 0x44, 0x55, 6, 7, 8, n(k)]).collect(),
        ),
        (
            "every level",
            all.clone()
                .map(|k| vec![4, n(k) & 3, 0x22, 0x33, n(k) >> 2 & 3, 0x55, 6, 7, 8, n(k) >> 4])
                .collect(),
        ),
        (
            "three sizes",
            all.clone()
                .map(|k| match k % 3 {
                    0 => vec![0x87, 0x04, 0x11, n(k)],
                    1 => vec![0x04, 0x11, n(k), 0x33, 0x44, 0x55, 0x66],
                    _ => vec![0x04, 0x11, n(k), 0x88, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99],
                })
                .collect(),
        ),
        ("checks that agree", all.clone().map(|k| vec![0x01, n(k), n(k), 0x10]).collect()),
        (
            "random",
            all.map(|k| {
                let [a, b, c, ..] = crate::random::Random::new(k as u64).number().to_be_bytes();
                vec![0x08, a, b, c]
            })
            .collect(),
        ),
    ]
}

trait Distinct {
    fn into_distinct(self) -> Self;
}

impl Distinct for (&'static str, Vec<Vec<u8>>) {
    fn into_distinct(mut self) -> Self {
        self.1.sort();
        self.1.dedup();
        self
    }
}

#[test]
fn every_card_is_found_exactly_once_up_to_64_of_them() {
    for cards in (1..=12).chain([31, 32, 33, 63, 64]) {
        for (name, uids) in hard_sets(cards) {
            let cost = finds_all(&uids, Options::default());
            // A request, three levels of at most 33 questions and a SELECT, HLTA: whatever lies in
            // the field, a card costs no more; nor more collisions than there are other cards.
            let cards = uids.len() as u64;
            let a_card = 2 + 3 * 2 + 32.min(cards - 1) * 3;
            assert!(cost.frames <= cards * a_card + 1, "{name}: {cost:?} for {cards}");
            assert!(cost.bits <= cards * a_card * 72 + 7, "{name}: {cost:?} for {cards}");
        }
    }
}

/// The table of the module above: the cost of a card does not grow with the field but by the
/// questions that tell twice as many cards apart, about half a one for each.
#[test]
fn what_a_card_costs_grows_by_half_a_question_when_the_cards_double() {
    let mean = |cards: u64| {
        let frames = (0..10).map(|seed| {
            let drawn = |k| crate::random::Random::new(1000 * seed + k).number().to_be_bytes();
            let uid = |k| [&[0x04], &drawn(k)[..2], &[0x04], &drawn(k)[2..5]].concat();
            finds_all(&(0..cards).map(uid).collect::<Vec<_>>(), Options::default()).frames
        });
        frames.sum::<u64>() as f64 / (10 * cards) as f64
    };
    assert_eq!(mean(1), 7.0);
    for (cards, frames) in [(2, 7.0), (4, 7.2), (8, 7.7), (16, 8.2), (32, 8.7), (64, 9.2)] {
        assert!((mean(cards) - frames).abs() < 0.1, "{cards}: {}", mean(cards));
    }
}

/// WUPA wakes what was halted; a field without cards costs one request.
#[test]
fn nobody_is_found_where_nobody_answers() {
    let mut field = field_of(&[]);
    let (found, cost) = find(&mut field, Options::default());
    assert_eq!((found.len(), cost), (0, Ok(Cost { frames: 1, bits: 7 })));

    let mut field = field_of(&[vec![1, 2, 3, 4]]);
    assert_eq!(find(&mut field, Options::default()).0.len(), 1);
    assert_eq!(find(&mut field, Options::default()).0.len(), 0);
    // Woken again and again: the loop does not go on for ever.
    let (found, cost) = find(&mut field, Options { wakes: true, ..Options::default() });
    assert_eq!((found.len(), cost), (1, Err(GaveUp)));
}

/// ISO/IEC 14443-3:2018, 6.2.1.2, 6.2.2 and 6.4.4: a reader is not too fast for a card.
#[test]
fn the_reader_keeps_the_times_it_has_to() {
    let uids = [vec![1, 2, 3, 4], vec![1, 2, 3, 5], vec![4, 1, 2, 3, 4, 5, 6]];
    let mut air = Recorder { air: field_of(&uids), written: Vec::new() };
    let mut found = Vec::new();
    find_all(&mut air, Options::default(), 9, &mut found, |_, _| {}).unwrap();
    assert_eq!(found.len(), 3);
    assert!(air.written[0].0 >= 69_156);
    let requests = air.written.iter().filter(|step| step.1.short_command().is_some());
    let requests: Vec<_> = requests.map(|step| step.0).collect();
    assert!(requests.len() == 4 && requests.is_sorted_by(|one, next| one + 7000 <= *next));
    for pair in air.written.windows(2) {
        let [(begin_fc, sent, end_fc, heard), (next_fc, ..)] = pair else { panic!() };
        let is_halt = sent.checked() == Some(&[0x50, 0x00]);
        let least_fc = if *heard { end_fc + 1172 } else { *end_fc };
        assert!(*next_fc >= least_fc);
        assert!(!is_halt || *next_fc >= begin_fc + 36 * 128 + 13_560);
    }
}

/// The reader waits before it asks: cards may be slow to start, and those of Type B deaf.
#[test]
fn cards_that_take_all_the_time_they_may_are_found() {
    let slow = Surroundings {
        start_fc: crate::field::GUARD_FC,
        hold_fc: crate::field::GUARD_FC,
        deaf_fc: crate::field::GUARD_FC,
        ..Surroundings::default()
    };
    let mut field = Field::new();
    field.set_surroundings(slow);
    field.enter(type_a(&[1, 2, 3, 4]));
    field.switch_on();
    let eager = Options { guard_fc: 60_000, ..Options::default() };
    assert_eq!(find(&mut field, eager).0.len(), 0);
    assert_eq!(find(&mut field, Options::default()).0.len(), 1);
}

/// In the middle of the loop, at every time: it comes to an end, finds each card once, and all
/// that were there from beginning to end.
#[test]
fn a_card_that_enters_or_leaves_at_any_time_costs_nothing_but_itself() {
    let uids: Vec<Vec<u8>> = vec![vec![0x12, 0x34, 0x56, 0x78], vec![0x12, 0x34, 0x56, 0x79]];
    let third = [0x92, 0x34, 0x56, 0x78];
    let takes_fc = {
        let mut field = field_of(&uids);
        field.enter(type_a(&third));
        find(&mut field, Options::default()).1.unwrap();
        field.now_fc()
    };
    for leaves in [false, true] {
        for at_fc in (0..takes_fc).step_by(997) {
            let mut field = field_of(&uids);
            match leaves {
                true => {
                    let place = field.enter(type_a(&third));
                    field.leave_at(place, at_fc);
                }
                false => {
                    field.enter_at(type_a(&third), at_fc);
                }
            }
            let (mut found, cost) = find(&mut field, Options::default());
            found.sort();
            found.retain(|uid| *uid != third);
            assert_eq!((&found, cost.is_ok()), (&uids, true), "leaves: {leaves}, at {at_fc}");
        }
    }
}

/// It leaves between its ATQA and the next question: nobody answers three times, and the loop ends.
#[test]
fn a_card_that_leaves_after_its_atqa_is_missed_in_peace() {
    let mut field = field_of(&[vec![1, 2, 3, 4]]);
    let from_fc = POLL_GUARD_FC;
    field.leave_at(Place(0), from_fc + 6000);
    let mut told = Vec::new();
    let mut found = Vec::new();
    let cost = find_all(&mut field, Options::default(), 9, &mut found, |_, step| {
        told.push(step.concludes);
    });
    let (asked, nobody) = (Concludes::Somebody([4, 0]), Concludes::Nobody);
    assert_eq!(told, [asked, nobody, nobody, nobody, nobody]);
    assert_eq!((found.len(), cost.unwrap().frames), (0, 5));
}

/// The one with the 1 has gone when it is asked for: the other bit is tried.
#[test]
fn behind_a_choice_nobody_answers_to_the_other_bit_is_tried() {
    for uids in [
        vec![vec![0x12, 0x34, 0x56, 0x78], vec![0x12, 0x34, 0x56, 0x79]],
        vec![vec![4, 1, 2, 3, 4, 5, 0x78], vec![4, 1, 2, 3, 4, 5, 0x79]],
    ] {
        let mut goes = None;
        let mut told = Vec::new();
        let mut found = Vec::new();
        // First to learn when the collision is told, then again to leave just then.
        for round in 0..2 {
            let mut field = field_of(&uids);
            if let Some(at_fc) = goes {
                field.leave_at(Place(1), at_fc);
            }
            (told, found) = (Vec::new(), Vec::new());
            find_all(&mut field, Options::default(), 9, &mut found, |field, step| {
                if matches!(step.concludes, Concludes::Collision { .. }) && round == 0 {
                    goes = Some(field.now_fc() + 1);
                }
                told.push(step.concludes);
            })
            .unwrap();
        }
        let at = told.iter().position(|step| matches!(step, Concludes::Collision { .. })).unwrap();
        assert_eq!(told[at + 1], Concludes::Nobody);
        assert!(matches!(told[at + 2], Concludes::Somebody(_)));
        assert_eq!(found.iter().map(|card| &card.uid).collect::<Vec<_>>(), [&uids[0]]);
        // The other bit, and no way from the beginning.
        let requests = told.iter().filter(|step| matches!(step, Concludes::Somebody(_))).count();
        assert_eq!(requests, 2);
    }
}

/// The nearest card masks the others: no collision is seen, and one after the other is found.
#[test]
fn masked_cards_are_found_when_the_nearest_is_halted() {
    for (name, uids) in hard_sets(7) {
        let mut field = field_of(&uids);
        field.set_surroundings(Surroundings { captures: true, ..Surroundings::default() });
        let (found, _) = find(&mut field, Options::default());
        assert_eq!(found, uids, "{name}");
    }
}

/// Two with one UID and one SAK are one to the loop; a third one is found all the same.
#[test]
fn cards_with_one_uid_are_found_as_one() {
    let uids = [vec![1, 2, 3, 4], vec![1, 2, 3, 4], vec![1, 2, 3, 5]];
    let (found, cost) = find(&mut field_of(&uids), Options::default());
    assert_eq!(found, [[1, 2, 3, 5], [1, 2, 3, 4]]);
    assert!(cost.is_ok());

    // Other SAKs: the reader sees that there are two, and can halt them together only.
    use crate::link::picc::{Parameters, Picc, TypeA, Uid};
    let mut field = Field::new();
    for sak_complete in [0x00, 0x08] {
        let uid = Uid::fixed(&[1, 2, 3, 4]).unwrap();
        let parameters = TypeA { sak_complete, ..TypeA::new(uid) };
        field.enter(Picc::new(Parameters::A(parameters), Echo::default(), 1));
    }
    field.switch_on();
    let mut found = Vec::new();
    find_all(&mut field, Options::default(), 9, &mut found, |_, _| {}).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].are_twins && found[0].uid == [1, 2, 3, 4]);
}

/// One fault, at each frame there is and of each kind: all are found by a reader that asks three
/// times. Two are too few: where an ATQA was lost the cards are in READY, and the second request
/// sends them to IDLE without an answer.
#[test]
fn one_fault_anywhere_loses_no_card() {
    let uids: Vec<Vec<u8>> = vec![
        vec![1, 2, 3, 4],
        vec![1, 2, 3, 5],
        vec![4, 1, 2, 3, 4, 5, 6],
        vec![4, 1, 2, 3, 4, 5, 7],
    ];
    let options = Options { silent_requests: 3, ..Options::default() };
    let frames = {
        let mut field = field_of(&uids);
        find(&mut field, options).1.unwrap();
        field.noise().frames()
    };
    assert!(frames > 40, "{frames}");
    let mut field = field_of(&uids);
    field.set_noise(Noise::at(1, Fault::Loss));
    assert_eq!(find(&mut field, Options { silent_requests: 2, ..options }).0.len(), 0);
    for fault in Fault::ALL {
        for frame in 0..frames {
            let mut field = field_of(&uids);
            field.set_noise(Noise::at(frame, fault));
            let (mut found, cost) = find(&mut field, options);
            found.sort();
            assert_eq!((found, cost.is_ok()), (uids.clone(), true), "{fault:?} at {frame}");
        }
    }
}

/// What is damaged after the request was answered is not nobody, also to a reader that asks once.
#[test]
fn a_card_that_was_lost_on_the_way_is_asked_for_again() {
    let uids = vec![vec![4, 1, 2, 3, 4, 5, 6]];
    for fault in [Fault::Loss, Fault::Damage] {
        for frame in 2..10 {
            let mut field = field_of(&uids);
            field.set_noise(Noise::at(frame, fault));
            let (found, cost) = find(&mut field, Options::default());
            assert_eq!((found, cost.is_ok()), (uids.clone(), true), "{fault:?} at {frame}");
        }
    }
}

/// However loud: it ends, and finds nobody twice and nobody who is not there.
#[test]
fn in_any_noise_the_loop_ends() {
    let (_, uids) = hard_sets(6).swap_remove(8);
    for per_mille in [20, 200, 500, 1000] {
        for seed in 0..60 {
            let mut field = field_of(&uids);
            field.set_noise(Noise::seeded(seed, per_mille));
            let (mut found, _) =
                find(&mut field, Options { silent_requests: 3, ..Options::default() });
            let all = found.len();
            found.sort();
            found.dedup();
            assert_eq!(found.len(), all);
            assert!(found.iter().all(|uid| uids.contains(uid)), "{found:02X?}");
        }
    }
}

fn checked(bytes: &[u8]) -> Heard {
    Heard::Frame(Frame::with_crc(PiccType::A, bytes))
}

fn whole(bytes: &[u8]) -> Heard {
    Heard::Frame(Frame::standard(bytes))
}

/// What a loop finds on an air on which this is heard, and what it concludes on the way.
fn hears(heard: Vec<Heard>) -> (Result<Option<Found>, GaveUp>, Vec<Concludes>) {
    let mut air = Scripted { heard: heard.into(), now_fc: 0 };
    let mut told = Vec::new();
    let options = Options { tries: 1, ..Options::default() };
    let found = Search::new(&mut air, options, |_, step| told.push(step.concludes)).next_card();
    (found, told)
}

/// One kind of reader goes by the cascade tag, another by the SAK; a card must make both agree.
#[test]
fn a_tag_and_a_sak_that_disagree_are_seen_and_the_sak_is_believed() {
    let atqa = || whole(&[0x04, 0x00]);
    let tagged = || whole(&[0x88, 0x11, 0x22, 0x33, 0x88]);
    let plain = || whole(&[0x01, 0x02, 0x03, 0x04, 0x04]);
    let cases = [
        (vec![plain(), checked(&[0x20])], "01020304", true),
        (vec![tagged(), checked(&[0x20])], "88112233", false),
        (vec![tagged(), checked(&[0x24]), plain(), checked(&[0x20])], "11223301020304", true),
        (vec![plain(), checked(&[0x24]), plain(), checked(&[0x00])], "0102030401020304", false),
    ];
    for (heard, uid, agrees) in cases {
        let last = heard.last().cloned();
        let (found, _) = hears([vec![atqa()], heard].concat());
        let found = found.unwrap().unwrap();
        assert_eq!((hex::encode(&found.uid), found.agrees), (uid.to_owned(), agrees));
        assert_eq!(found.speaks_part_4(), last == Some(checked(&[0x20])));
    }
    // A fourth level there is not.
    let more = [tagged(), checked(&[0x04])];
    let (found, told) = hears([vec![atqa()], [&more[..], &more, &more, &more].concat()].concat());
    assert_eq!((found, told.len()), (Err(GaveUp), 7));
}

/// Each makes the way to the card a lost one.
#[test]
fn an_answer_that_cannot_be_is_not_taken() {
    let level = |frame| vec![whole(&[0x04, 0x00]), Heard::Frame(frame)];
    let uid = Frame::standard(&[1, 2, 3, 4, 4]);
    let collision = |bytes: &[u8], at| {
        vec![whole(&[0x04, 0x00]), Heard::Collision { frame: Frame::standard(bytes), at }]
    };
    let rest = Frame::second_part(&[0x01, 2, 3, 4, 4], 1);
    for heard in [
        level(Frame::standard(&[1, 2, 3, 4, 5])),
        level(Frame { intact: false, ..uid.clone() }),
        level(Frame::standard(&[1, 2, 3, 4])),
        level(Frame::standard(&[1, 2, 3, 4, 4, 0])),
        level(rest),
        // In the BCC, and behind what was heard.
        collision(&[1, 2, 3, 4, 4], 32),
        collision(&[1, 2, 3], 24),
        vec![whole(&[0x04, 0x00]), Heard::Noise],
    ] {
        let (found, told) = hears(heard);
        assert_eq!((found, told.last()), (Err(GaveUp), Some(&Concludes::Damaged)));
    }
    let select = |sak| vec![whole(&[0x04, 0x00]), Heard::Frame(uid.clone()), sak];
    for sak in [
        whole(&[0x20]),
        whole(&[0x20, 0xFC, 0x71]),
        checked(&[0x20, 0x00]),
        Heard::Noise,
        Heard::Collision { frame: Frame::standard(&[0x20, 0xFC]), at: 3 },
    ] {
        assert_eq!(hears(select(sak)).1.last(), Some(&Concludes::Damaged));
    }
    assert_eq!(hears(select(Heard::Nothing)).1.last(), Some(&Concludes::Nobody));
    // Whatever answers a request, somebody is there.
    for heard in [whole(&[1]), whole(&[1, 2, 3]), Heard::Noise] {
        assert_eq!(hears(vec![heard]).1, [Concludes::Damaged, Concludes::Nobody]);
    }
}

#[test]
fn on_an_air_that_says_anything_the_loop_ends() {
    for seed in 0..3000 {
        let mut air = Babel { random: crate::random::Random::new(seed), frames: 0 };
        let mut found = Vec::new();
        let options = Options { wakes: seed % 2 == 0, ..Options::default() };
        let cost = find_all(&mut air, options, 20, &mut found, |_, _| {});
        assert!(found.len() <= 20);
        assert!(cost.is_err() || cost.unwrap().frames == air.frames);
        assert!(found.iter().all(|card| (4..=12).contains(&card.uid.len())));
    }
}
