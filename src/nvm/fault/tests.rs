//! Worn units, stuck pages and decay, everywhere: what is noticed, what is undone, what is dead.

use super::*;
use crate::nvm::{
    Counters, Eeprom, Journal, Layout, Memory, PulseError, Tearing,
    counter::Touched,
    journal::{Refusal, Secrecy},
    layout::Region,
    settle,
};

const OLD: [u8; 6] = [0x5A; 6];
const NEW: [u8; 6] = [0xA5; 6];

/// A part with a value over a page's end and a counter at 3, settled.
fn part(name: &str) -> (Tearing<Eeprom>, Layout) {
    let geometry = Geometry::part(name).unwrap();
    let layout = Layout::new(&geometry, 128, 1);
    let mut memory = Tearing::new(Eeprom::new(geometry, layout.segments + 4 * geometry.page_bytes));
    memory.power_up();
    store(&mut memory, &layout, &mut Journal::default(), &OLD).unwrap();
    Counters::new(&layout).set(&mut memory, &mut Touched::default(), 0, 3).unwrap();
    settle(&mut memory, &layout).unwrap();
    (memory, layout)
}

fn value_at(memory: &Tearing<Eeprom>, layout: &Layout) -> u32 {
    layout.segments + memory.geometry().page_bytes - 3
}

fn store(
    memory: &mut Tearing<Eeprom>,
    layout: &Layout,
    journal: &mut Journal,
    value: &[u8],
) -> Result<(), Refusal> {
    let at = value_at(memory, layout);
    journal.store(memory, layout, at, value, Secrecy::Secret)
}

fn value(memory: &Tearing<Eeprom>, layout: &Layout) -> [u8; 6] {
    memory.read_array(value_at(memory, layout))
}

fn everywhere(name: &str, fault: impl Fn(u32) -> Fault) -> Vec<(u32, Tearing<Eeprom>, Layout)> {
    let (start, layout) = part(name);
    let units = (0..start.bytes()).step_by(start.geometry().unit_bytes as usize);
    let faulty = |at| {
        let mut memory = start.clone();
        memory.memory_mut().inflict(fault(at));
        (at, memory, layout)
    };
    units.map(faulty).collect()
}

#[test]
fn a_unit_without_effect_is_noticed_and_its_change_undone_unless_the_card_is_dead() {
    for name in Geometry::parts() {
        for shows in [WornOut::Ignores, WornOut::Reports] {
            let (mut noticed, mut dead) = (0, 0);
            for (at, mut memory, layout) in everywhere(name, |at| Fault::WornUnit { at, shows }) {
                let region = layout.region(at);
                let context = format!("{name}, {shows:?}, {at}: {region}");
                let mut journal = Journal::default();
                let stored = store(&mut memory, &layout, &mut journal, &NEW);
                if stored.is_ok() {
                    assert_eq!(value(&memory, &layout), NEW, "{context}");
                    continue;
                }
                noticed += 1;
                assert_eq!(stored, Err(Refusal::MemoryFailure), "{context}");
                let behind_commit = matches!(region, Region::Segments);
                if !behind_commit && !matches!(region, Region::Marker { .. } | Region::Wipe) {
                    assert_eq!(value(&memory, &layout), OLD, "{context}");
                }
                match settle(&mut memory, &layout) {
                    Ok(()) => {
                        let found = value(&memory, &layout);
                        let kept = found == OLD || found == NEW && region == Region::Wipe;
                        assert!(kept, "{context}: {found:02X?}");
                        settle(&mut memory, &layout).unwrap();
                    }
                    Err(error) => {
                        assert_eq!(error, PulseError::MemoryFailure, "{context}");
                        let again = settle(&mut memory, &layout);
                        assert_eq!(again, Err(PulseError::MemoryFailure), "{context}");
                        dead += 1;
                    }
                }
            }
            assert!(noticed > 3 && dead > 0 && dead < noticed, "{name}: {noticed} {dead}");
        }
    }
}

#[test]
fn behind_a_failure_at_the_commit_point_nothing_more_is_written() {
    let (start, layout) = part("page64");
    let mut memory = start.clone();
    let at = value_at(&memory, &layout);
    memory.memory_mut().inflict(Fault::StuckPage { at });
    let mut journal = Journal::default();
    let stored = store(&mut memory, &layout, &mut journal, &NEW);
    assert_eq!(stored, Err(Refusal::MemoryFailure));
    let before = memory.clone();
    let elsewhere = layout.segments + 2 * memory.geometry().page_bytes;
    let stored = journal.store(&mut memory, &layout, elsewhere, &[1], Secrecy::Open);
    assert_eq!(stored, Err(Refusal::MemoryFailure));
    assert!(memory == before, "not a pulse");
}

#[test]
fn an_intent_without_effect_costs_a_lane_and_no_more() {
    let (mut memory, layout) = part("page64");
    for lane in layout.lanes().take(4) {
        let shows = WornOut::Ignores;
        memory.memory_mut().inflict(Fault::WornUnit { at: lane.intent, shows });
    }
    let mut journal = Journal::default();
    store(&mut memory, &layout, &mut journal, &NEW).unwrap();
    assert_eq!(journal.lane(), 4);
    settle(&mut memory, &layout).unwrap();
    assert_eq!(value(&memory, &layout), NEW);
}

#[test]
fn a_counter_on_worn_cells_refuses_and_never_gives_more_than_it_had() {
    for name in Geometry::parts() {
        for shows in [WornOut::Ignores, WornOut::Reports] {
            let mut noticed = 0;
            for (at, mut memory, layout) in everywhere(name, |at| Fault::WornUnit { at, shows }) {
                let counters = Counters::new(&layout);
                let mut touched = Touched::default();
                let context = format!("{name}, {shows:?}, {at}: {}", layout.region(at));
                for tries in [2, 1, 0] {
                    match counters.set(&mut memory, &mut touched, 0, tries) {
                        Ok(()) => assert_eq!(counters.get(&memory, 0), tries, "{context}"),
                        Err(error) => {
                            assert_eq!(error, PulseError::MemoryFailure, "{context}");
                            noticed += 1;
                        }
                    }
                    let settled = settle(&mut memory, &layout);
                    touched.clear();
                    assert!(counters.get(&memory, 0) <= 3, "{context}");
                    if settled.is_err() {
                        break;
                    }
                }
            }
            assert!(noticed > 2, "{name}: {noticed}");
        }
    }
}

#[test]
fn a_part_wears_out_at_its_endurance() {
    let geometry = Geometry::part("tiny").unwrap();
    let mut eeprom = Eeprom::new(geometry, 64);
    eeprom.inflict(Fault::WearsOut { shows: WornOut::Reports });
    let cycle = |eeprom: &mut Eeprom| eeprom.write(8, &[0x55; 2]);
    for _ in 0..geometry.endurance_cycles {
        cycle(&mut eeprom).unwrap();
    }
    assert_eq!(cycle(&mut eeprom), Err(PulseError::MemoryFailure));
    assert_eq!(eeprom.write(10, &[0x55; 2]), Ok(()), "its neighbour is as new");
}

#[test]
fn a_wavering_unit_leaves_one_bit_in_doubt() {
    let geometry = Geometry::part("page64").unwrap();
    let mut eeprom = Eeprom::new(geometry, 64);
    eeprom.inflict(Fault::WornUnit { at: 4, shows: WornOut::Wavers });
    eeprom.pulse(crate::nvm::Pulse::Program { at: 0, data: &[0xFF; 12] }).unwrap();
    assert_eq!(eeprom.torn().len(), 1);
    assert_eq!((eeprom.torn()[0].at, eeprom.torn()[0].mask.count_ones()), (4, 1));
}

#[test]
fn decayed_bits_read_as_erased() {
    for name in ["page64", "byte"] {
        let geometry = Geometry::part(name).unwrap();
        let mut eeprom = Eeprom::new(geometry, 64);
        eeprom.pulse(crate::nvm::Pulse::Program { at: 3, data: &[!geometry.erased] }).unwrap();
        eeprom.inflict(Fault::Decay { at: 3, mask: 0x81 });
        assert_eq!(eeprom.cells()[3], !geometry.erased ^ 0x81);
        eeprom.inflict(Fault::Decay { at: u32::MAX, mask: 0x81 });
    }
}

/// A single bit that decays in the engine's own words after a quiet session changes nothing.
#[test]
fn a_bit_that_decays_in_an_idle_word_does_no_harm() {
    for name in Geometry::parts() {
        let (start, layout) = part(name);
        for at in 0..layout.log.base {
            let mut memory = start.clone();
            memory.memory_mut().inflict(Fault::Decay { at, mask: 0xFF });
            settle(&mut memory, &layout).unwrap();
            assert_eq!(value(&memory, &layout), OLD, "{name} {at}");
        }
    }
}
