//! A card whose memory fails, and what an applet may ask of memory: 6581, a dead card, secrets,
//! writes past the journal, the commit capacity.

use crate::writer::*;
use tessera::{
    Card, NoAtr, PowerLost,
    explore::{self, Broken, Explorer},
    nvm::{
        Geometry,
        fault::{Fault, WornOut},
    },
};

fn held(card: &Card, at: u32, bytes: u32) -> &[u8] {
    &card.memory()[(home(card) + at) as usize..][..bytes as usize]
}

#[test]
fn a_change_that_cells_do_not_take_is_answered_6581_and_such_a_card_dies_at_the_next_power_up() {
    for part in Geometry::parts() {
        for shows in [WornOut::Ignores, WornOut::Reports] {
            let mut card = card(part);
            assert_eq!(send(&mut card, STORE, 64, b"old"), Ok(DONE.to_vec()));
            card.inflict(Fault::WornUnit { at: home(&card) + 64, shows });
            assert_eq!(send(&mut card, STORE, 64, b"new"), Ok(MEMORY_FAILURE.to_vec()), "{part}");
            assert_eq!(send(&mut card, STORE, 512, b"new"), Ok(MEMORY_FAILURE.to_vec()));
            card.power_off();
            for _ in 0..2 {
                assert_eq!(card.power_on(), Err(NoAtr::MemoryFailure), "{part}: dead");
                assert!(!card.is_powered());
                assert_eq!(send(&mut card, STORE, 512, b"new"), Err(PowerLost), "mute");
            }
        }
    }
}

#[test]
fn a_stuck_log_undoes_the_change_and_the_card_lives_on() {
    let mut card = card("page64");
    assert_eq!(send(&mut card, STORE, 64, b"old"), Ok(DONE.to_vec()));
    for at in (0..home(&card)).step_by(64).skip(1) {
        card.inflict(Fault::StuckPage { at });
    }
    assert_eq!(send(&mut card, STORE, 64, b"new"), Ok(MEMORY_FAILURE.to_vec()));
    power_on(&mut card).unwrap();
    assert_eq!(held(&card, 64, 3), b"old");
    assert_eq!(
        send(&mut card, COUNT, 4, &[]),
        Ok(MEMORY_FAILURE.to_vec()),
        "counters are stuck too"
    );
    assert!(card.counters().ends_with(&[5, 6]));
}

#[test]
fn the_commit_capacity_is_said_and_kept_and_what_is_beyond_it_is_refused_whole() {
    for part in Geometry::parts() {
        let mut card = card(part);
        let answer = send(&mut card, BYTES_LEFT, 0, &[]).unwrap();
        let least = u32::from_be_bytes(answer[..4].try_into().unwrap());
        assert!(least >= 128, "{part}: {least}");
        for offset in 0..8 {
            assert_eq!(send(&mut card, FILL, offset, &[]), Ok(DONE.to_vec()), "{part}: {least}");
            assert_eq!(held(&card, offset.into(), least), vec![0x77; least as usize]);
        }
        let before = card.memory().to_vec();
        let pulses = card.pulses();
        let refused =
            card.transmit(&[&[0x80, STORE, 0, 0, 0, 0x07, 0x00][..], &[0x11; 0x700]].concat());
        assert_eq!(refused, Ok(vec![0x6A, 0x84]), "{part}");
        assert!(card.memory() == before && card.pulses() == pulses, "{part}");
    }
}

#[test]
fn a_write_past_the_journal_costs_its_pulses_only_and_is_refused_inside_a_transaction() {
    let mut card = card("page64");
    let pulses = card.pulses();
    assert_eq!(send(&mut card, STORE_NONATOMIC, 64, b"at once!"), Ok(DONE.to_vec()));
    assert_eq!(card.pulses() - pulses, 2);
    assert_eq!(held(&card, 64, 8), b"at once!");
    assert_eq!(send(&mut card, NONATOMIC_INSIDE, 64, b"refused."), Ok(DONE.to_vec()));
    assert_eq!((held(&card, 64, 8), held(&card, 0, 6)), (&b"at once!"[..], &b"inside"[..]));
    card.tear_at(1);
    assert_eq!(send(&mut card, STORE_NONATOMIC, 64, b"torn...."), Err(PowerLost));
    power_on(&mut card).unwrap();
    let doubtful = card.eeprom().torn();
    assert!(!doubtful.is_empty(), "and nobody settles it");
    let range = home(&card) + 64..home(&card) + 72;
    assert!(doubtful.iter().all(|byte| range.contains(&byte.at)));
    assert_eq!(send(&mut card, STORE_NONATOMIC, 2045, b"over the end"), Ok(vec![0x6F, 0x00]));
}

/// Every tear of every way to write: the exploration leaves out what nothing is promised about,
/// and that alone.
#[test]
fn every_way_to_write_keeps_its_own_promise_under_every_tear() {
    let command = |ins: u8, at: u16, data: &[u8]| {
        let [p1, p2] = at.to_be_bytes();
        [&[0x80, ins, p1, p2, data.len() as u8], data].concat()
    };
    let commands = [
        SELECT.to_vec(),
        command(STORE_SECRET, 128, b"SECRET-1"),
        command(STORE_NONATOMIC, 32, &[0x3C; 64]),
        command(STORE_SECRET, 128, b"SECRET-2"),
        command(STORE_NONATOMIC, 32, &[0xC3; 64]),
        command(STORE, 96, b"beside it"),
    ];
    for part in Geometry::parts() {
        let report = explore::every_tear(&card(part), &commands).unwrap();
        assert!(report.schedules() > 500, "{part}: {}", report.schedules());
        Explorer::default().random_tears(&card(part), &commands, 200, 9).unwrap();
    }
}

/// To write a part of a unit past the journal is to read the rest of it, torn or not.
#[test]
fn a_write_past_the_journal_that_takes_parts_of_units_is_found_to_read_what_wavers() {
    let commands = [SELECT.to_vec(), b"\x80\x14\x00\x41\x02\xAA\xAA".to_vec()];
    let mut card = card("page64");
    assert_eq!(send(&mut card, STORE, 64, &[0x55; 4]), Ok(DONE.to_vec()));
    let failure = explore::every_tear(&card, &commands).unwrap_err();
    assert!(matches!(failure.broken, Broken::FoulReads(_)), "{failure}");
}

/// A secret that shares a unit with what is stored openly is found in the log.
#[test]
fn a_secret_beside_open_bytes_is_found_out() {
    let commands = [SELECT.to_vec(), [&[0x80, SECRET_THEN_BESIDE, 0, 64, 4][..], b"PIN1"].concat()];
    let failure = explore::every_tear(&card("page32-whole"), &commands).unwrap_err();
    assert!(matches!(failure.broken, Broken::Secret { .. }), "{failure}");
}

#[test]
fn a_secret_is_in_its_place_and_nowhere_else() {
    for part in Geometry::parts() {
        let mut card = card(part);
        for secret in [b"SECRET-1", b"SECRET-2"] {
            assert_eq!(send(&mut card, STORE_SECRET, 128, secret), Ok(DONE.to_vec()));
            let found =
                |what: &[u8]| card.memory().windows(what.len()).filter(|w| *w == what).count();
            assert_eq!(found(secret), 1, "{part}");
            assert_eq!(found(b"SECRET-"), 1, "{part}: the old one is gone");
        }
        assert_eq!(send(&mut card, STORE, 256, b"OPENLY"), Ok(DONE.to_vec()));
        let copies = card.memory().windows(6).filter(|w| *w == b"OPENLY").count();
        assert_eq!(copies, 2, "{part}: what is no secret lies in the log too, so the test can see");
    }
}
