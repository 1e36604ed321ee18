//! The cells: stable and indeterminate bits, pulses, wear, and the time pulses take.
//!
//! Invariants:
//! * `torn` is sorted by address, has no zero masks, and names every indeterminate bit;
//! * an erase that completes leaves its range stable; a program that completes makes the bits it
//!   drives stable and leaves the others as they are.

#[cfg(test)]
pub(crate) mod deaf;
mod explored;

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    Geometry, Memory, Pulse, PulseError, WORD_BYTES, Wear,
    fault::{Fault, Faults, WornOut},
};
use crate::{choose::Choices, random::Random};

/// An EEPROM.
#[derive(Clone, PartialEq, Eq)]
pub struct Eeprom {
    geometry: Geometry,
    cells: Vec<u8>,
    torn: Vec<TornByte>,
    wear: Wear,
    /// None on a part in good health.
    faults: Option<Box<Faults>>,
    pulses: u64,
    busy_us: u64,
    choices: Choices,
    foul_reads: Tally,
    #[cfg(test)]
    pub(crate) deaf: Option<deaf::Deaf>,
}

/// The indeterminate bits of one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TornByte {
    /// Address of the byte.
    pub at: u32,
    /// Its indeterminate bits, never zero.
    pub mask: u8,
}

/// A count that reads through a shared reference can add to.
#[derive(Debug, Default)]
struct Tally(AtomicU64);

impl Clone for Tally {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        self.0.load(Ordering::Relaxed) == other.0.load(Ordering::Relaxed)
    }
}

impl Eq for Tally {}

/// In a line, without the cells.
impl fmt::Debug for Eeprom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Eeprom")
            .field("part", &self.geometry.part)
            .field("bytes", &self.cells.len())
            .field("torn", &self.torn)
            .field("pulses", &self.pulses)
            .finish_non_exhaustive()
    }
}

impl Eeprom {
    /// A new part of `bytes` bytes (rounded up to whole pages), all erased.
    #[must_use]
    pub fn new(geometry: Geometry, bytes: u32) -> Self {
        let bytes = geometry.whole_pages(bytes);
        Self {
            geometry,
            cells: vec![geometry.erased; bytes as usize],
            torn: Vec::new(),
            wear: Wear::new(&geometry, bytes),
            faults: None,
            pulses: 0,
            busy_us: 0,
            choices: Choices::Seeded(Random::new(0)),
            foul_reads: Tally::default(),
            #[cfg(test)]
            deaf: None,
        }
    }

    /// What the cells hold; an indeterminate bit shows the value it had before its pulse.
    #[must_use]
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// The indeterminate bits, by address.
    #[must_use]
    pub fn torn(&self) -> &[TornByte] {
        &self.torn
    }

    /// Erase pulses each unit has had.
    #[must_use]
    pub fn wear(&self) -> &Wear {
        &self.wear
    }

    /// Pulses given so far, torn ones included.
    #[must_use]
    pub fn pulses(&self) -> u64 {
        self.pulses
    }

    /// Microseconds spent in pulses.
    #[must_use]
    pub fn busy_us(&self) -> u64 {
        self.busy_us
    }

    /// Reads of indeterminate bits outside a decision. The engine makes none: each would be a
    /// result that hangs on a wavering cell.
    #[must_use]
    pub fn foul_reads(&self) -> u64 {
        self.foul_reads.0.load(Ordering::Relaxed)
    }

    /// Who decides what indeterminate words read as.
    pub fn set_choices(&mut self, choices: Choices) {
        self.choices = choices;
    }

    /// The choices, with what was taken so far.
    #[must_use]
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Puts back saved contents. `None` when they do not fit this part.
    #[must_use]
    pub fn restored(
        mut self,
        cells: &[u8],
        torn: Vec<TornByte>,
        wear: &[u32],
        pulses: u64,
        busy_us: u64,
    ) -> Option<Self> {
        let fits = cells.len() == self.cells.len()
            && self.wear.restore(wear)
            && torn.is_sorted_by(|a, b| a.at < b.at)
            && torn.iter().all(|byte| byte.mask != 0 && (byte.at as usize) < cells.len());
        self.cells.copy_from_slice(fits.then_some(cells)?);
        self.torn = torn;
        self.pulses = pulses;
        self.busy_us = busy_us;
        Some(self)
    }

    #[inline]
    fn count(&mut self, pulse: &Pulse<'_>) {
        let page = self.geometry.page_number(pulse.at());
        let last = pulse.at() + (pulse.bytes() as u32).max(1) - 1;
        assert!(
            page == self.geometry.page_number(last),
            "invariant: a pulse stays within one page"
        );
        self.pulses = self.pulses.saturating_add(1);
        let pulse_us = match pulse {
            Pulse::Erase { at, bytes } => {
                self.wear.erased(*at, *bytes);
                self.geometry.erase_us
            }
            Pulse::Program { .. } => self.geometry.program_us,
        };
        self.busy_us = self.busy_us.saturating_add(pulse_us.into());
    }

    #[inline(never)]
    fn torn_range(&self, at: u32, bytes: usize) -> core::ops::Range<usize> {
        let end = at + bytes as u32;
        let from = self.torn.partition_point(|byte| byte.at < at);
        from..from + self.torn[from..].partition_point(|byte| byte.at < end)
    }

    /// Whether bits in a range may be indeterminate: a look at the first and the last that are.
    #[inline]
    fn may_be_torn(&self, at: u32, bytes: usize) -> bool {
        match &self.torn[..] {
            [] => false,
            [first, ..] if first.at >= at + bytes as u32 => false,
            [.., last] => last.at >= at,
        }
    }

    fn torn_mask(&self, at: u32) -> u8 {
        match self.torn.binary_search_by_key(&at, |byte| byte.at) {
            Ok(found) => self.torn[found].mask,
            Err(_) => 0,
        }
    }

    fn set_torn_mask(&mut self, at: u32, mask: u8) {
        if self.torn.last().is_none_or(|last| last.at < at) {
            if mask != 0 {
                self.torn.push(TornByte { at, mask });
            }
            return;
        }
        match (self.torn.binary_search_by_key(&at, |byte| byte.at), mask) {
            (Ok(found), 0) => drop(self.torn.remove(found)),
            (Ok(found), mask) => self.torn[found].mask = mask,
            (Err(_), 0) => {}
            (Err(place), mask) => self.torn.insert(place, TornByte { at, mask }),
        }
    }

    /// Something goes wrong with the part.
    pub fn inflict(&mut self, fault: Fault) {
        if let Fault::Decay { at, mask } = fault {
            if let Some(cell) = self.cells.get_mut(at as usize) {
                *cell = *cell & !mask | self.geometry.erased & mask;
                self.set_torn_mask(at, self.torn_mask(at) & !mask);
            }
        } else {
            self.faults.get_or_insert_default().add(&self.geometry, fault);
        }
    }

    /// Gives a pulse byte by byte, each as its unit takes it.
    #[cold]
    fn pulse_faulty(&mut self, pulse: &Pulse<'_>) -> Result<(), PulseError> {
        let faults = self.faults.take();
        let erased = self.geometry.erased;
        let mut outcome = Ok(());
        let mut wavering = None;
        for i in 0..pulse.bytes() {
            let at = pulse.at() + i as u32;
            let cell = self.cells[at as usize];
            let (held, driven) = match *pulse {
                Pulse::Erase { .. } => (erased, 0xFF),
                Pulse::Program { data, .. } => {
                    (((cell ^ erased) | (data[i] ^ erased)) ^ erased, data[i] ^ erased)
                }
            };
            let fault = faults.as_ref().and_then(|f| f.at(&self.geometry, at, self.wear.at(at)));
            match fault {
                Some(WornOut::Ignores) => continue,
                Some(WornOut::Reports) => {
                    outcome = Err(PulseError::MemoryFailure);
                    continue;
                }
                Some(WornOut::Wavers) if held != cell => {
                    wavering =
                        wavering.or(Some((at, (held ^ cell) & (held ^ cell).wrapping_neg())));
                }
                Some(WornOut::Wavers) | None => {}
            }
            self.cells[at as usize] = held;
            self.set_torn_mask(at, self.torn_mask(at) & !driven);
        }
        self.faults = faults;
        if let Some((at, bit)) = wavering {
            self.set_torn_mask(at, self.torn_mask(at) | bit);
        }
        outcome
    }

    #[cold]
    fn read_torn(&self, at: u32, out: &mut [u8]) {
        for byte in &self.torn[self.torn_range(at, out.len())] {
            let n = self.foul_reads.0.fetch_add(1, Ordering::Relaxed);
            let noise = Random::new(n ^ u64::from(byte.at) << 32).number() as u8;
            out[(byte.at - at) as usize] ^= noise & byte.mask;
        }
    }
}

impl Memory for Eeprom {
    fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn bytes(&self) -> u32 {
        self.cells.len() as u32
    }

    fn pulse(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError> {
        self.count(&pulse);
        #[cfg(test)]
        if deaf::ignores(self, &pulse) {
            return Ok(());
        }
        if self.faults.is_some() {
            return self.pulse_faulty(&pulse);
        }
        let at = pulse.at() as usize;
        match pulse {
            Pulse::Erase { bytes, .. } => {
                self.cells[at..at + bytes as usize].fill(self.geometry.erased);
                if self.may_be_torn(at as u32, bytes as usize) {
                    let range = self.torn_range(at as u32, bytes as usize);
                    self.torn.drain(range);
                }
            }
            Pulse::Program { data, .. } => {
                let erased = self.geometry.erased;
                for (cell, &byte) in self.cells[at..].iter_mut().zip(data) {
                    *cell = ((*cell ^ erased) | (byte ^ erased)) ^ erased;
                }
                if self.may_be_torn(at as u32, data.len()) {
                    let range = self.torn_range(at as u32, data.len());
                    for byte in &mut self.torn[range] {
                        byte.mask &= !(data[byte.at as usize - at] ^ erased);
                    }
                    self.torn.retain(|byte| byte.mask != 0);
                }
            }
        }
        Ok(())
    }

    /// Where no bit is in doubt, on a part without a fault, nothing can be seen of the state
    /// between the two pulses.
    fn write(&mut self, at: u32, data: &[u8]) -> Result<(), PulseError> {
        #[cfg(test)]
        if self.deaf.is_some() {
            return super::write_in_two(self, at, data);
        }
        let bytes = self.geometry.whole_units(data.len() as u32);
        if self.may_be_torn(at, bytes as usize) || self.faults.is_some() {
            return super::write_in_two(self, at, data);
        }
        self.count(&Pulse::Erase { at, bytes });
        self.count(&Pulse::Program { at, data });
        let units = &mut self.cells[at as usize..(at + bytes) as usize];
        let (whole, rest) = units.split_at_mut(data.len());
        whole.copy_from_slice(data);
        rest.fill(self.geometry.erased);
        Ok(())
    }

    fn tear(&mut self, pulse: Pulse<'_>) {
        self.count(&pulse);
        #[cfg(test)]
        if deaf::ignores(self, &pulse) {
            return;
        }
        let erased = self.geometry.erased;
        let faults = self.faults.take();
        for i in 0..pulse.bytes() {
            let at = pulse.at() + i as u32;
            let takes = |faults: &Faults| faults.at(&self.geometry, at, self.wear.at(at));
            if matches!(
                faults.as_deref().and_then(takes),
                Some(WornOut::Ignores | WornOut::Reports)
            ) {
                continue;
            }
            let programmed = self.cells[at as usize] ^ erased;
            let changed = match pulse {
                Pulse::Erase { .. } => programmed,
                Pulse::Program { data, .. } => (data[i] ^ erased) & !programmed,
            };
            if changed != 0 {
                self.set_torn_mask(at, self.torn_mask(at) | changed);
            }
        }
        self.faults = faults;
    }

    fn read(&self, at: u32, out: &mut [u8]) {
        out.copy_from_slice(&self.cells[at as usize..at as usize + out.len()]);
        if self.may_be_torn(at, out.len()) {
            self.read_torn(at, out);
        }
    }

    fn stable(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        let stable = !self.may_be_torn(at, bytes) || self.torn_range(at, bytes).is_empty();
        self.cells.get(at as usize..at as usize + bytes).filter(|_| stable)
    }

    #[cfg(test)]
    fn holds(&self, pulse: Pulse<'_>) -> bool {
        // The exploration is to find a wrong engine by itself.
        self.deaf.is_some() || super::held(self, &pulse)
    }

    fn reads_as(&mut self, at: u32, word: [u8; WORD_BYTES]) -> bool {
        let there = &self.cells[at as usize..at as usize + WORD_BYTES];
        if !self.may_be_torn(at, WORD_BYTES) {
            return there == word;
        }
        let torn = &self.torn[self.torn_range(at, WORD_BYTES)];
        let mut masks = [0; WORD_BYTES];
        for byte in torn {
            masks[(byte.at - at) as usize] = byte.mask;
        }
        let differs = |i: usize| (there[i] ^ word[i]) & !masks[i] != 0;
        if (0..WORD_BYTES).any(differs) {
            return false;
        }
        torn.is_empty() || self.choices.choose(2) == 1
    }

    fn choices_made(&self) -> usize {
        self.choices.taken().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> Eeprom {
        Eeprom::new(Geometry::part("page64").unwrap(), 256)
    }

    #[test]
    fn a_torn_erase_leaves_exactly_the_programmed_bits_indeterminate() {
        let mut eeprom = part();
        eeprom.pulse(Pulse::Program { at: 4, data: &[0x0F, 0x00] }).unwrap();
        eeprom.tear(Pulse::Erase { at: 4, bytes: 4 });
        assert_eq!(eeprom.torn(), [TornByte { at: 4, mask: 0x0F }]);
        eeprom.pulse(Pulse::Erase { at: 4, bytes: 4 }).unwrap();
        assert_eq!(eeprom.torn(), []);
    }

    #[test]
    fn programming_settles_the_bits_it_drives_and_no_others() {
        let mut eeprom = part();
        eeprom.tear(Pulse::Program { at: 0, data: &[0xFF] });
        eeprom.pulse(Pulse::Program { at: 0, data: &[0x0F] }).unwrap();
        assert_eq!(eeprom.torn(), [TornByte { at: 0, mask: 0xF0 }]);
    }

    #[test]
    fn an_indeterminate_bit_wavers_from_read_to_read_and_each_read_is_counted() {
        let mut eeprom = part();
        eeprom.tear(Pulse::Program { at: 0, data: &[0xFF] });
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..64 {
            let mut byte = [0];
            eeprom.read(0, &mut byte);
            seen.insert(byte[0]);
        }
        assert!(seen.len() > 8, "{seen:?}");
        assert_eq!(eeprom.foul_reads(), 64);
    }

    #[test]
    fn a_write_is_its_two_pulses() {
        for name in Geometry::parts() {
            let mut at_once = Eeprom::new(Geometry::part(name).unwrap(), 256);
            at_once.pulse(Pulse::Program { at: 32, data: &[0x5A; 8] }).unwrap();
            let mut in_two = at_once.clone();
            at_once.write(32, &[0xC3; 5]).unwrap();
            crate::nvm::write_in_two(&mut in_two, 32, &[0xC3; 5]).unwrap();
            assert!(at_once == in_two, "{name}: {at_once:?} {in_two:?}");
        }
    }

    #[test]
    fn erased_ff_parts_program_towards_zero() {
        let mut eeprom = Eeprom::new(Geometry::part("page128").unwrap(), 128);
        eeprom.pulse(Pulse::Program { at: 0, data: &[0x3F] }).unwrap();
        assert_eq!(eeprom.cells()[0], 0x3F);
        eeprom.tear(Pulse::Erase { at: 0, bytes: 4 });
        assert_eq!(eeprom.torn(), [TornByte { at: 0, mask: 0xC0 }]);
    }
}
