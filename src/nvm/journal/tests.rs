//! The journal by itself: every tear, every reading, capacity, bounds, arbitrary bytes.

use super::*;
use crate::{
    choose::Odometer,
    nvm::{Eeprom, Geometry, Tearing, settle},
};

/// A part with two pages of live data, `[1; n]` stored and settled.
fn part(name: &str) -> (Tearing<Eeprom>, Layout) {
    let geometry = Geometry::part(name).unwrap();
    let layout = Layout::new(&geometry, 256, 1);
    let mut memory = Tearing::new(Eeprom::new(geometry, layout.segments + 4 * geometry.page_bytes));
    memory.power_up();
    store(&mut memory, &layout, 1).unwrap();
    memory.power_down();
    memory.power_up();
    settle(&mut memory, &layout).unwrap();
    (memory, layout)
}

/// One transaction over two pages, neither on a unit's boundary.
fn store(memory: &mut Tearing<Eeprom>, layout: &Layout, byte: u8) -> Result<(), Refusal> {
    let mut journal = Journal::default();
    let page = memory.geometry().page_bytes;
    journal.begin();
    journal.store(memory, layout, layout.segments + 3, &[byte; 2], Secrecy::Open)?;
    journal.store(memory, layout, layout.segments + page + 1, &[byte; 3], Secrecy::Open)?;
    journal.commit(memory, layout)
}

fn contents(memory: &Tearing<Eeprom>, layout: &Layout) -> Vec<u8> {
    let mut bytes = vec![0; (memory.bytes() - layout.segments) as usize];
    memory.read(layout.segments, &mut bytes);
    bytes
}

#[test]
fn a_tear_at_every_pulse_and_in_every_pulse_of_recovery_leaves_old_or_new() {
    for name in Geometry::parts() {
        let (start, layout) = part(name);
        let old = contents(&start, &layout);
        let mut done = start.clone();
        store(&mut done, &layout, 2).unwrap();
        let new = contents(&done, &layout);
        assert_ne!(old, new);

        let mut schedules = 0;
        for cut in 1.. {
            let mut torn = start.clone();
            torn.tear_at(cut);
            if store(&mut torn, &layout, 2).is_ok() {
                break;
            }
            for cut_in_recovery in 0..24 {
                let mut odometer = Odometer::new();
                loop {
                    let mut memory = torn.clone();
                    memory.memory_mut().set_choices(odometer.choices());
                    memory.power_up();
                    memory.tear_at(cut_in_recovery);
                    while settle(&mut memory, &layout).is_err() {
                        memory.power_up();
                    }
                    let once = contents(&memory, &layout);
                    assert!(once == old || once == new, "{name}: cut {cut}: a mix");
                    memory.power_down();
                    memory.power_up();
                    settle(&mut memory, &layout).unwrap();
                    assert_eq!(contents(&memory, &layout), once, "{name}: decided twice");
                    assert_eq!(memory.memory().foul_reads(), 0, "{name}: cut {cut}");
                    schedules += 1;
                    if !odometer.advance(memory.memory().choices()) {
                        break;
                    }
                }
            }
        }
        assert!(schedules > 200, "{name}: {schedules}");
    }
}

#[test]
fn an_abort_and_a_quiet_session_cost_no_pulse() {
    let (mut memory, layout) = part("page64");
    let before = memory.memory().pulses();
    let mut journal = Journal::default();
    journal.begin();
    journal.store(&mut memory, &layout, layout.segments, &[9; 40], Secrecy::Open).unwrap();
    let mut seen = [0; 2];
    journal.read(&memory, layout.segments + 39, &mut seen);
    assert_eq!(seen, [9, 0], "a read inside sees what was stored");
    journal.abort();
    settle(&mut memory, &layout).unwrap();
    assert_eq!(memory.memory().pulses(), before);
}

#[test]
fn bytes_are_read_in_place_only_when_that_is_all_there_is_to_it() {
    let (mut memory, layout) = part("page64");
    let mut journal = Journal::default();
    let at = layout.segments;
    journal.store(&mut memory, &layout, at, &[7; 4], Secrecy::Open).unwrap();
    assert_eq!(journal.in_place(&memory, at, 4), Some(&[7; 4][..]));
    assert_eq!(journal.in_place(&memory, memory.bytes() - 3, 4), None, "beyond the cells");
    journal.begin();
    journal.store(&mut memory, &layout, at, &[9], Secrecy::Open).unwrap();
    assert_eq!(journal.in_place(&memory, at, 4), None, "a store is open");
    journal.abort();
    memory.tear(Pulse::Erase { at: at + 8, bytes: 4 });
    memory.tear(Pulse::Erase { at, bytes: 4 });
    assert_eq!(journal.in_place(&memory, at, 4), None, "indeterminate bits");
    assert_eq!(journal.in_place(&memory, at + 3, 1), None, "indeterminate bits");
    assert_eq!(journal.in_place(&memory, at + 8, 4), Some(&[0; 4][..]), "it was erased");
}

#[test]
fn a_transaction_beyond_the_log_is_refused_whole() {
    let (mut memory, layout) = part("page64");
    let before = memory.clone();
    let mut journal = Journal::default();
    journal.begin();
    journal.store(&mut memory, &layout, layout.segments, &[9; 10], Secrecy::Open).unwrap();
    let refused = journal.store(&mut memory, &layout, layout.segments, &[9; 400], Secrecy::Open);
    assert_eq!(refused, Err(Refusal::CapacityExceeded));
    assert_eq!(journal.commit(&mut memory, &layout), Err(Refusal::CapacityExceeded));
    assert_eq!(memory, before);
    let alone = journal.store(&mut memory, &layout, layout.segments, &[9; 400], Secrecy::Open);
    assert_eq!(alone, Err(Refusal::CapacityExceeded));
    assert_eq!(memory, before);
}

#[test]
fn the_recovery_of_k_ranges_takes_at_most_2k_plus_3_pulses() {
    let (start, layout) = part("page64");
    for cut in 1..16 {
        let mut memory = start.clone();
        memory.tear_at(cut);
        let _ = store(&mut memory, &layout, 2);
        memory.power_down();
        memory.power_up();
        let before = memory.memory().pulses();
        settle(&mut memory, &layout).unwrap();
        assert!(memory.memory().pulses() - before <= 2 * 2 + 3, "cut {cut}");
    }
}

#[test]
fn settling_arbitrary_bytes_ends_and_never_panics() {
    let geometry = Geometry::part("page64").unwrap();
    let layout = Layout::new(&geometry, 256, 2);
    let mut random = crate::random::Random::new(7);
    for round in 0..2_000 {
        let eeprom = Eeprom::new(geometry, layout.segments + 256);
        let mut cells = vec![0; eeprom.bytes() as usize];
        random.fill(&mut cells);
        if round % 2 == 0 {
            // A whole log of random entries in one of the lanes, and its marker set.
            let lane = layout.lane(round / 2 % LANES);
            cells[lane.marker as usize..][..4].copy_from_slice(&MARKER);
            let length = log::HEADER_BYTES + round % 200;
            let at = |offset| layout.log_address(lane, offset) as usize;
            let entries: Vec<u8> =
                (log::HEADER_BYTES..length).map(|offset| cells[at(offset)]).collect();
            let check = crc32fast::hash(&entries).to_be_bytes();
            let header = (length as u16).to_be_bytes().into_iter().chain(check);
            for (offset, byte) in (0..).zip(header) {
                cells[at(offset)] = byte;
            }
        }
        let wear = eeprom.wear().cycles();
        let eeprom = eeprom.restored(&cells, Vec::new(), &wear, 0, 0).unwrap();
        let mut memory = Tearing::new(eeprom);
        memory.power_up();
        settle(&mut memory, &layout).unwrap();
        let settled = memory.memory().cells().to_vec();
        settle(&mut memory, &layout).unwrap();
        assert_eq!(memory.memory().cells(), settled);
    }
}

/// Every cut of a transaction with a secret, and every cut of the recovery: afterwards neither the
/// old secret nor the new one is anywhere but in its place.
#[test]
fn a_secret_leaves_no_copy_in_the_log_wherever_power_is_cut() {
    const OLD: [u8; 8] = *b"OLDPIN42";
    const NEW: [u8; 8] = *b"NEWPIN17";
    for name in Geometry::parts() {
        let geometry = Geometry::part(name).unwrap();
        let layout = Layout::new(&geometry, 64, 1);
        let mut start = Tearing::new(Eeprom::new(geometry, layout.segments + 64));
        let at = layout.segments;
        let change = |memory: &mut Tearing<Eeprom>, lane: u32, secret: &[u8; 8]| {
            let mut journal = Journal::default();
            journal.choose_lane(lane.into());
            journal.store(memory, &layout, at, secret, Secrecy::Secret)
        };
        start.power_up();
        change(&mut start, 0, &OLD).unwrap();
        for (lane, cut) in (0..LANES).flat_map(|lane| (0..).map(move |cut| (lane, cut)).take(40)) {
            let mut torn = start.clone();
            torn.tear_at(cut);
            let _ = change(&mut torn, lane, &NEW);
            for cut_in_recovery in 0..20 {
                let mut odometer = Odometer::new();
                loop {
                    let mut memory = torn.clone();
                    memory.memory_mut().set_choices(odometer.choices());
                    memory.power_up();
                    memory.tear_at(cut_in_recovery);
                    while settle(&mut memory, &layout).is_err() {
                        memory.power_up();
                    }
                    let (cells, home) = (memory.memory().cells(), at as usize..at as usize + 8);
                    let found = |secret: &[u8; 8]| {
                        cells.windows(4).enumerate().any(|(i, window)| {
                            !home.contains(&i) && secret.windows(4).any(|piece| piece == window)
                        })
                    };
                    assert!(!found(&OLD) && !found(&NEW), "{name}: cut {cut} {cut_in_recovery}");
                    assert!([OLD, NEW].contains(&memory.read_array(at)), "{name}: cut {cut}");
                    let log = layout.log.base..layout.log.end();
                    let doubtful = memory.memory().torn().iter().any(|byte| log.contains(&byte.at));
                    assert!(!doubtful, "{name}: cut {cut} {cut_in_recovery}: bits of the log");
                    if !odometer.advance(memory.memory().choices()) {
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn what_fits_at_least_fits_at_every_offset_and_is_most_of_the_log() {
    for name in Geometry::parts() {
        let (start, layout) = part(name);
        let mut journal = Journal::default();
        let mut memory = start.clone();
        let least = journal.bytes_left(&memory, &layout) as usize;
        assert!(least * 2 > layout.log.bytes as usize, "{name}: {least} of {}", layout.log.bytes);
        let room = (memory.bytes() - layout.segments) as usize;
        let least = least.min(room - 32);
        for offset in 0..32 {
            let data = vec![7; least];
            journal.begin();
            let at = layout.segments + offset;
            journal.store(&mut memory, &layout, at, &data, Secrecy::Open).unwrap();
            journal.abort();
        }
    }
}

#[test]
fn a_write_past_the_journal_puts_its_own_units_at_risk_and_no_others() {
    for name in Geometry::parts() {
        let (start, layout) = part(name);
        let geometry = *start.geometry();
        let at = layout.segments + geometry.page_bytes - 1;
        let mut cut = 0;
        loop {
            cut += 1;
            let mut memory = start.clone();
            memory.tear_at(cut);
            if write_nonatomic(&mut memory, at, &[0x5A, 0xA5]).is_ok() {
                assert_eq!(memory.read_array(at), [0x5A, 0xA5], "{name}");
                break;
            }
            let units = geometry.unit_start(at)..geometry.whole_units(at + 2);
            assert!(memory.memory().torn().iter().all(|byte| units.contains(&byte.at)), "{name}");
        }
        assert!(cut > 4, "{name}: two pages, two pulses each");
    }
}
