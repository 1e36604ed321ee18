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
        let wear = eeprom.wear().cycles().to_vec();
        let eeprom = eeprom.restored(&cells, Vec::new(), &wear, 0, 0).unwrap();
        let mut memory = Tearing::new(eeprom);
        memory.power_up();
        settle(&mut memory, &layout).unwrap();
        let settled = memory.memory().cells().to_vec();
        settle(&mut memory, &layout).unwrap();
        assert_eq!(memory.memory().cells(), settled);
    }
}
