//! Counters outside every transaction: retry counters, transaction numbers.
//!
//! Each has an intent word and two slots of (value, sequence) and a validity word, all in units of
//! their own. The first change of a session sets the intent. A change writes the slot that is not
//! the newest: validity erased, value erased and programmed, validity programmed. The newest valid
//! slot is the counter.
//!
//! Invariants:
//! * between changes at least one slot is valid, and every validity word is solid;
//! * a valid slot's value is solid: it is only touched while its validity is solid erased;
//! * the counters in [`Touched`] are those whose intent is solid.

use super::{
    Geometry, Layout, Memory, Pulse, PulseError, WORD_BYTES, erase_word, settle::pass_over_failure,
};

/// The counter has been changed in a session that power-up has not settled yet.
pub const INTENT: [u8; WORD_BYTES] = [0x96, 0x5A, 0x3C, 0xC3];

/// A slot's value counts.
pub const VALID: [u8; WORD_BYTES] = [0x3C, 0x96, 0xC3, 0x5A];

/// Bytes of a value and its sequence number.
const VALUE_BYTES: u32 = 8;

/// Most counters of a card.
pub const COUNTERS_MAX: u16 = 256;

/// Parts of a counter, each in units of its own: intent, then value and validity of each slot.
pub(crate) const PARTS: u32 = 5;

/// Bytes of EEPROM one counter takes.
#[must_use]
pub const fn bytes_each(geometry: &Geometry) -> u32 {
    PARTS * part_bytes(geometry)
}

/// An intent, a value or a validity word, in units of its own and never over a page's end.
const fn part_bytes(geometry: &Geometry) -> u32 {
    if geometry.unit_bytes > VALUE_BYTES { geometry.unit_bytes } else { VALUE_BYTES }
}

/// The counters that were changed since power-up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched([u64; COUNTERS_MAX as usize / 64]);

impl Touched {
    /// As after power-up.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many.
    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn bit(n: u16) -> (usize, u64) {
        (usize::from(n / 64), 1 << (n % 64))
    }

    pub(crate) fn contains(&self, n: u16) -> bool {
        let (word, bit) = Self::bit(n);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    pub(crate) fn add(&mut self, n: u16) {
        let (word, bit) = Self::bit(n);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }
}

/// The counters of a card, by number.
#[derive(Clone, Copy, Debug)]
pub struct Counters<'l> {
    layout: &'l Layout,
}

/// One slot of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    value_at: u32,
    validity_at: u32,
}

impl<'l> Counters<'l> {
    /// The counters that `layout` has room for.
    #[must_use]
    pub const fn new(layout: &'l Layout) -> Self {
        Self { layout }
    }

    /// The value of counter `n`. A counter without a valid slot, which no tear can bring about,
    /// reads 0: a PIN is blocked then, not open.
    #[must_use]
    pub fn get<M: Memory>(&self, memory: &M, n: u16) -> u32 {
        self.newest(memory, n).map_or(0, |(_, value, _)| value)
    }

    /// Sets counter `n`. Solid on return.
    ///
    /// # Errors
    /// [`PulseError`]: at the next power-up it has its old or its new value.
    pub fn set<M: Memory>(
        &self,
        memory: &mut M,
        touched: &mut Touched,
        n: u16,
        value: u32,
    ) -> Result<(), PulseError> {
        let [first, second] = slots(memory.geometry(), self.layout, n);
        let solid = |slot: Slot| memory.stable(slot.validity_at, WORD_BYTES).is_some();
        if !solid(first) || !solid(second) {
            return Err(PulseError::MemoryFailure);
        }
        if !touched.contains(n) {
            let at = intent_at(memory.geometry(), self.layout, n);
            memory.drive(Pulse::Program { at, data: &INTENT })?;
            touched.add(n);
        }
        let newest = self.newest(memory, n);
        let sequence = newest.map_or(0, |(_, _, sequence)| sequence.wrapping_add(1));
        let slot = if newest.is_some_and(|(slot, ..)| slot == first) { second } else { first };
        erase_word(memory, slot.validity_at)?;
        let [a, b, c, d] = value.to_be_bytes();
        let [e, f] = sequence.to_be_bytes();
        memory.write(slot.value_at, &[a, b, c, d, e, f, 0, 0])?;
        memory.drive(Pulse::Program { at: slot.validity_at, data: &VALID })
    }

    /// Whether the counters hang on the byte at `at`: a validity word, or a value that counts.
    pub(crate) fn hang_on<M: Memory>(&self, memory: &M, at: u32) -> bool {
        let within = |from, bytes: u32| (from..from + bytes).contains(&at);
        (0..self.layout.counter_count).flat_map(|n| slots(memory.geometry(), self.layout, n)).any(
            |slot| {
                within(slot.validity_at, WORD_BYTES as u32)
                    || (within(slot.value_at, VALUE_BYTES)
                        && memory.read_array(slot.validity_at) == VALID)
            },
        )
    }

    fn newest<M: Memory>(&self, memory: &M, n: u16) -> Option<(Slot, u32, u16)> {
        let [first, second] = slots(memory.geometry(), self.layout, n).map(|slot| {
            let valid = memory.read_array(slot.validity_at) == VALID;
            valid.then(|| {
                let [a, b, c, d, e, f] = memory.read_array(slot.value_at);
                (slot, u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]))
            })
        });
        match (first, second) {
            (Some(a), Some(b)) => Some(if (b.2.wrapping_sub(a.2) as i16) > 0 { b } else { a }),
            (one, other) => one.or(other),
        }
    }
}

/// Makes the validity words of every counter solid, as they read, whose intent does not read idle.
///
/// # Errors
/// [`PulseError::PowerLost`]; [`PulseError::MemoryFailure`]: a validity word stays in doubt.
pub fn settle<M: Memory>(memory: &mut M, layout: &Layout) -> Result<(), PulseError> {
    let idle = [memory.geometry().erased; WORD_BYTES];
    for n in 0..layout.counter_count {
        let intent_at = intent_at(memory.geometry(), layout, n);
        if memory.reads_as(intent_at, idle) {
            continue;
        }
        for slot in slots(memory.geometry(), layout, n) {
            settle_slot(memory, slot)?;
        }
        pass_over_failure(erase_word(memory, intent_at))?;
    }
    Ok(())
}

pub(crate) fn settle_slot<M: Memory>(memory: &mut M, slot: Slot) -> Result<(), PulseError> {
    if memory.reads_as(slot.validity_at, VALID) {
        memory.drive(Pulse::Program { at: slot.validity_at, data: &VALID })
    } else {
        erase_word(memory, slot.validity_at)
    }
}

pub(crate) fn intent_at(geometry: &Geometry, layout: &Layout, n: u16) -> u32 {
    layout.counters.base + u32::from(n) * bytes_each(geometry)
}

pub(crate) fn slots(geometry: &Geometry, layout: &Layout, n: u16) -> [Slot; 2] {
    let part = part_bytes(geometry);
    let base = intent_at(geometry, layout, n);
    [1, 3].map(|i| Slot { value_at: base + i * part, validity_at: base + (i + 1) * part })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        choose::Odometer,
        nvm::{self, Eeprom, Tearing},
    };

    fn part(name: &str) -> (Tearing<Eeprom>, Layout) {
        let geometry = Geometry::part(name).unwrap();
        let layout = Layout::new(&geometry, 64, 2);
        let mut memory = Tearing::new(Eeprom::new(geometry, layout.segments));
        memory.power_up();
        let mut touched = Touched::default();
        let counters = Counters::new(&layout);
        counters.set(&mut memory, &mut touched, 0, 77).unwrap();
        counters.set(&mut memory, &mut touched, 1, 12).unwrap();
        nvm::settle(&mut memory, &layout).unwrap();
        (memory, layout)
    }

    /// Every cut of a change, twice over, with every reading of every wavering word.
    #[test]
    fn a_change_torn_twice_leaves_a_value_it_went_through_and_the_neighbour_alone() {
        for name in Geometry::parts() {
            let (start, layout) = part(name);
            let counters = Counters::new(&layout);
            for first_cut in 1..=5 {
                for second_cut in 0..=12 {
                    let mut odometer = Odometer::new();
                    loop {
                        let mut memory = start.clone();
                        memory.memory_mut().set_choices(odometer.choices());
                        memory.tear_at(first_cut);
                        let set = counters.set(&mut memory, &mut Touched::default(), 1, 11);
                        assert_eq!(set, Err(PulseError::PowerLost));
                        memory.power_up();
                        memory.tear_at(second_cut);
                        while nvm::settle(&mut memory, &layout).is_err() {
                            memory.power_up();
                        }
                        let once = counters.get(&memory, 1);
                        assert!(matches!(once, 11 | 12), "{name} {first_cut} {second_cut}: {once}");
                        memory.power_down();
                        memory.power_up();
                        nvm::settle(&mut memory, &layout).unwrap();
                        assert_eq!(counters.get(&memory, 1), once, "{name}: decided twice");
                        assert_eq!(counters.get(&memory, 0), 77);
                        assert_eq!(memory.memory().foul_reads(), 0);
                        if !odometer.advance(memory.memory().choices()) {
                            break;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_sequence_number_wraps_and_the_newest_slot_still_wins() {
        let (mut memory, layout) = part("byte");
        let counters = Counters::new(&layout);
        let mut touched = Touched::default();
        for value in 0..66_000 {
            counters.set(&mut memory, &mut touched, 0, value).unwrap();
            assert_eq!(counters.get(&memory, 0), value);
        }
    }
}
