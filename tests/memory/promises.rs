//! Promises about memory at their edges: secrets between open bytes, failing cells, a wrong Le.

use crate::writer::*;
use tessera::{
    Card, PowerLost, Profile,
    choose::Choices,
    explore::{self, Broken},
    nvm::{
        Geometry,
        fault::{Fault, WornOut},
    },
    profile::Installation,
    random::Random,
};
use tessera_framework::StatusWord;

/// P10: what lies between two open stores on one page goes through the log.
#[test]
fn a_secret_between_two_open_stores_of_a_page_is_not_logged() {
    let mut leaks = Vec::new();
    for part in Geometry::parts() {
        let geometry = Geometry::part(part).unwrap();
        if geometry.page_bytes < 3 * geometry.unit_bytes {
            continue;
        }
        let mut card = card(part);
        let unit = geometry.unit_bytes.max(2) as u16;
        let secret = &b"\xD1\xD2\xD3\xD4"[..unit.min(4).into()];
        let (first, last) = (unit, geometry.page_bytes as u16 - 1);
        assert_eq!(send(&mut card, STORE_SECRET, first, secret), Ok(DONE.to_vec()));
        assert_eq!(copies(&card, secret), 1, "{part}");
        assert_eq!(send(&mut card, SPAN, last, &[0x33]), Ok(DONE.to_vec()));
        power_on(&mut card).unwrap();
        if copies(&card, secret) != 1 {
            leaks.push(part);
        }
    }
    assert_eq!(leaks, Vec::<&str>::new());
}

/// The exploration sees what a later command would take along: a secret in the same unit.
#[test]
fn a_secret_that_a_later_command_takes_into_the_log_is_found_out() {
    let commands = [
        SELECT.to_vec(),
        [&[0x80, STORE_SECRET, 0, 64, 4][..], b"\xD1\xD2\xD3\xD4"].concat(),
        [&[0x80, STORE, 0, 70, 4][..], b"open"].concat(),
    ];
    let failure = explore::every_tear(&card("page32-whole"), &commands).unwrap_err();
    assert!(matches!(failure.broken, Broken::Secret { .. }), "{failure}");
    explore::every_tear(&card("page64"), &commands).unwrap();
}

/// P10 and F3: a refused secret is forgotten by the wipe of a later, smaller one.
#[test]
fn what_a_refused_secret_has_left_in_the_log_is_wiped_too() {
    let mut card = card("page64");
    let big: Vec<u8> = (0..190).map(|n| n ^ 0xA5).collect();
    // Find the lane by trying on a fork.
    let mut fork = card.clone();
    assert_eq!(send(&mut fork, STORE, 0, &big), Ok(DONE.to_vec()));
    let logged = fork.memory().windows(8).position(|w| *w == big[120..128]).unwrap() as u32;
    assert!(logged < home(&card));
    // The page behind it is stuck.
    let last = fork.memory().windows(8).position(|w| *w == big[180..188]).unwrap() as u32;
    assert_ne!(logged / 64, last / 64);
    card.inflict(Fault::StuckPage { at: last });
    assert_eq!(send(&mut card, STORE_SECRET, 0, &big), Ok(MEMORY_FAILURE.to_vec()));
    assert_eq!(send(&mut card, STORE_SECRET, 0, b"SMALL"), Ok(DONE.to_vec()));
    for _ in 0..2 {
        power_on(&mut card).unwrap();
    }
    assert_eq!(copies(&card, &big[120..128]), 0, "a piece of the refused secret is still there");
}

/// P10 and F3: the wipe at power-up goes on behind a page that does not take it.
#[test]
fn one_stuck_page_does_not_keep_the_others_of_the_log_from_being_wiped() {
    let secret = b"KEEP-ME-TO-YOURSELF";
    let log = 64;
    let lies_at = |card: &Card| {
        let mut fork = card.clone();
        assert_eq!(send(&mut fork, STORE, 0, secret), Ok(DONE.to_vec()));
        fork.memory().windows(8).position(|w| *w == secret[..8]).unwrap() as u32 & !63
    };
    let mut card = card("page64");
    // A session that leaves charge on the log's first page, then one whose lane is another.
    while lies_at(&card) != log {
        power_on(&mut card).unwrap();
    }
    assert_eq!(send(&mut card, STORE, 512, &[0xEE; 40]), Ok(DONE.to_vec()));
    while lies_at(&card) == log {
        power_on(&mut card).unwrap();
    }
    card.inflict(Fault::StuckPage { at: log });
    let (mut tears, mut left) = (0, Vec::new());
    for cut in 1.. {
        let mut card = card.clone();
        card.tear_at(cut);
        if send(&mut card, STORE_SECRET, 0, secret).is_ok() {
            break;
        }
        tears += 1;
        power_on(&mut card).unwrap();
        let engine = &card.memory()[..home(&card) as usize];
        if engine.windows(8).any(|window| *window == secret[..8]) {
            left.push(cut);
        }
    }
    assert!(left.is_empty(), "of {tears} tears these leave the secret in the log: {left:?}");
}

/// `commit_bytes_left` inside a transaction is kept.
#[test]
fn what_is_said_to_be_left_inside_a_transaction_fits_wherever_it_goes() {
    let mut lies = Vec::new();
    for part in Geometry::parts() {
        let mut card = card(part);
        for at in 0..160 {
            let answer = send(&mut card, FILL_BEHIND, at, &[]).unwrap();
            if answer != DONE {
                lies.push((part, at, hex::encode(answer)));
                break;
            }
        }
    }
    assert!(lies.is_empty(), "{lies:?}");
}

/// A torn raw write makes every transaction on its page read what wavers.
#[test]
fn a_torn_raw_write_does_not_touch_transactions_in_other_units_of_its_page() {
    for part in Geometry::parts() {
        let geometry = Geometry::part(part).unwrap();
        let mut card = card(part);
        let unit = geometry.unit_bytes as u16;
        if u32::from(4 * unit) > geometry.page_bytes {
            continue;
        }
        assert_eq!(send(&mut card, STORE, unit, &[0x5A]), Ok(DONE.to_vec()));
        card.tear_at(1);
        assert_eq!(
            send(&mut card, STORE_NONATOMIC, unit, &vec![0xA5; unit.into()]),
            Err(PowerLost)
        );
        power_on(&mut card).unwrap();
        assert!(!card.eeprom().torn().is_empty());
        assert_eq!(card.eeprom().foul_reads(), 0);
        assert_eq!(send(&mut card, STORE, 0, &[0x11]), Ok(DONE.to_vec()));
        assert_eq!(card.eeprom().foul_reads(), 0, "{part}: another unit of the page was read");
    }
}

/// Behind a failure after the commit point the card writes no more, says the module.
#[test]
fn behind_a_failed_commit_nothing_is_written_and_nothing_half_is_read() {
    let mut card = card("page64");
    assert_eq!(send(&mut card, TWO_PAGES, 64, b"old!"), Ok(DONE.to_vec()));
    card.inflict(Fault::WornUnit { at: home(&card) + 64 + 256, shows: WornOut::Ignores });
    assert_eq!(send(&mut card, TWO_PAGES, 64, b"new!"), Ok(MEMORY_FAILURE.to_vec()));
    let one = send(&mut card, LOAD, 64, &[]).unwrap();
    let other = send(&mut card, LOAD, 64 + 256, &[]).unwrap();
    println!("{} {}", hex::encode(&one), hex::encode(&other));
    let raw = send(&mut card, STORE_NONATOMIC, 64, b"raw!").unwrap();
    let count = send(&mut card, COUNT, 3, &[]).unwrap();
    println!("raw {} count {}", hex::encode(&raw), hex::encode(&count));
    println!("power up: {:?}", card.power_on());
    println!("{}", String::from_utf8_lossy(&card.memory()[home(&card) as usize + 64..][..4]));
    assert_eq!(raw, MEMORY_FAILURE, "a write past the journal");
    assert_eq!(one[..4], other[..4], "half a transaction is read");
}

/// F1: a marker that reports itself worn before the commit point leaves nothing in doubt.
#[test]
fn a_worn_marker_that_is_still_erased_does_not_kill_the_card() {
    for shows in [WornOut::Ignores, WornOut::Reports] {
        let mut dead = Vec::new();
        for word in 0..10 {
            let mut card = card("page64");
            assert_eq!(send(&mut card, STORE, 64, b"old"), Ok(DONE.to_vec()));
            power_on(&mut card).unwrap();
            card.inflict(Fault::WornUnit { at: word * 4, shows });
            let answer = send(&mut card, STORE, 64, b"new").unwrap();
            for _ in 0..3 {
                if let Err(error) = card.power_on() {
                    dead.push((word, hex::encode(&answer), error));
                }
            }
        }
        assert!(dead.is_empty(), "{shows:?}: {dead:?}");
    }
}

/// P6: a command that has changed memory does not answer 6CXX.
#[test]
fn a_wrong_le_does_not_say_that_nothing_has_changed_when_something_has() {
    let mut card = card("page64");
    let before = card.memory().to_vec();
    let answer = card.transmit(&[0x80, STORE_AND_ANSWER, 0, 64, 3]).unwrap();
    println!("{}", hex::encode(&answer));
    let status = StatusWord(u16::from_be_bytes([answer[0], answer[1]]));
    assert!(!status.promises_unchanged() || card.memory() == before);
}

/// After `Torn` a call has no effect that outlives the loss of power.
#[test]
fn a_challenge_after_power_is_lost_leaves_the_random_source_alone() {
    let mut torn = [STORE, STORE_THEN_CHALLENGE].map(|ins| {
        let mut card = card("page64");
        card.tear_at(3);
        assert_eq!(send(&mut card, ins, 64, b"data"), Err(PowerLost));
        card.power_off();
        card
    });
    for card in &mut torn {
        power_on(card).unwrap();
    }
    assert!(torn[0] == torn[1]);
}

#[test]
fn a_copy_that_ends_outside_the_segment_changes_nothing() {
    let mut card = card("page64");
    let before = card.memory().to_vec();
    assert_eq!(send(&mut card, STORE, 0, &[0x99; 64]), Ok(DONE.to_vec()));
    let pulses = card.pulses();
    let answer = send(&mut card, COPY, 2048 - 40, &[]).unwrap();
    assert_eq!(answer, [0x6F, 0x00]);
    assert_eq!(card.pulses(), pulses);
    drop(before);
}

/// A validity word that wavers is noticed and refused; the solid slot is not given up for it.
#[test]
fn a_counter_whose_newer_slot_wavers_keeps_its_older_one() {
    let mut lost = Vec::new();
    let start = card("page64");
    let mut fork = start.clone();
    assert_eq!(send(&mut fork, COUNT, 4, &[]), Ok(DONE.to_vec()));
    // The validity word that this change has set.
    let valid = [0x3C, 0x96, 0xC3, 0x5A];
    let at = (0..home(&start)).find(|&at| {
        let word = at as usize..at as usize + 4;
        fork.memory()[word.clone()] == valid && start.memory()[word] != valid
    });
    let mut card = start;
    card.inflict(Fault::WornUnit { at: at.unwrap(), shows: WornOut::Wavers });
    assert_eq!(send(&mut card, COUNT, 4, &[]), Ok(MEMORY_FAILURE.to_vec()));
    for reads in 0..16_u64 {
        for cut in 0..8 {
            let mut card = card.clone();
            (0..reads).for_each(|_| drop(card.counters()));
            card.set_choices(Choices::Seeded(Random::new(reads + 100 * u64::from(cut))));
            card.tear_at(cut);
            let answer = send(&mut card, COUNT, 3, &[]);
            for _ in 0..4 {
                if power_on(&mut card).is_ok() {
                    break;
                }
            }
            let got = card.counters()[card.counters().len() - 2];
            if !(3..=5).contains(&got) {
                lost.push((reads, cut, answer, got));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
}

/// Sizes that a program may give are refused, not wrapped round.
#[test]
fn segments_beyond_the_memory_are_refused_whatever_their_sum() {
    for sizes in [vec![u32::MAX], vec![1 << 31, 1 << 31], vec![u32::MAX - 63, 64]] {
        let mut profile = Profile::load("tiny").unwrap();
        profile.memory_bytes = 16 << 10;
        for &bytes in &sizes {
            profile.applets.push(Installation {
                name: "writer".into(),
                applet: &Writer,
                data: Vec::new(),
                segment_bytes: Some(bytes),
                parent: 0,
            });
        }
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Card::from_profile(&profile).map(drop)
        }));
        assert!(matches!(made, Ok(Err(_))), "{sizes:?}: {made:?}");
    }
}
