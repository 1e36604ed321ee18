//! Memory for exploring: small, copied as one block, with every pulse it was given kept as the
//! state in which a tear in that pulse leaves it.
//!
//! Invariants:
//! * an image is what [`Eeprom`](crate::nvm::Eeprom) would be after a tear in the same pulse (a
//!   test holds the two against each other);
//! * images are kept in the order of their pulses, one for each.

use std::cell::Cell;

use super::{Rig, Tears};
use crate::{
    choose::Choices,
    nvm::{Geometry, Memory, Pulse, PulseError, WORD_BYTES},
};

/// Pulses in one run after which nobody waits any longer.
pub(super) const PULSES_MAX: u32 = 10_000;

/// Cells, then a mask for each cell that has its indeterminate bits.
pub(super) struct Cells {
    geometry: Geometry,
    tears: Tears,
    /// `state[..bytes]` is what the cells hold, an indeterminate bit as before its pulse.
    state: Vec<u8>,
    bytes: usize,
    pub(super) choices: Choices,
    foul: Cell<bool>,
    pub(super) pulses: u32,
    pub(super) uses: u32,
    keeps_images: bool,
    images: Vec<u8>,
    notes: Vec<Note>,
}

/// What was so far, when a pulse was torn.
#[derive(Clone, Copy)]
pub(super) struct Note {
    /// Words in doubt that were read.
    pub(super) readings: usize,
    pub(super) uses: u32,
}

impl Cells {
    pub(super) fn new(geometry: Geometry, bytes: u32, tears: Tears) -> Self {
        let bytes = geometry.whole_pages(bytes) as usize;
        let mut state = vec![0; 2 * bytes];
        state[..bytes].fill(geometry.erased);
        Self {
            geometry,
            tears,
            state,
            bytes,
            choices: Choices::scripted(Vec::new()),
            foul: Cell::new(false),
            pulses: 0,
            uses: 0,
            keeps_images: false,
            images: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Starts over from a state; choices stay.
    pub(super) fn load(&mut self, state: &[u8], uses: u32, keeps_images: bool) {
        self.state.copy_from_slice(state);
        self.foul.set(false);
        self.pulses = 0;
        self.uses = uses;
        self.keeps_images = keeps_images;
        self.images.clear();
        self.notes.clear();
    }

    pub(super) fn keep_no_more_images(&mut self) {
        self.keeps_images = false;
    }

    pub(super) fn state(&self) -> &[u8] {
        &self.state
    }

    /// The state in which a tear in pulse `n`, from 0, leaves memory.
    pub(super) fn image(&self, n: usize) -> (&[u8], Note) {
        let size = self.state.len();
        (&self.images[n * size..(n + 1) * size], self.notes[n])
    }

    pub(super) fn images(&self) -> usize {
        self.notes.len()
    }

    pub(super) fn is_foul(&self) -> bool {
        self.foul.get()
    }

    /// Bits that are indeterminate.
    pub(super) fn torn_bits(state: &[u8]) -> u32 {
        state[state.len() / 2..].iter().map(|mask| mask.count_ones()).sum()
    }

    /// Four bytes of the state.
    fn word(&self, at: usize) -> u32 {
        self.state[at..].first_chunk().map_or(0, |&bytes| u32::from_ne_bytes(bytes))
    }

    fn keep_image(&mut self, pulse: &Pulse<'_>) {
        let from = self.images.len();
        self.images.extend_from_slice(&self.state);
        self.notes.push(Note { readings: self.choices.taken().len(), uses: self.uses });
        let image = &mut self.images[from..];
        tear(image, self.geometry.erased, pulse);
    }

    /// A tear that stays as it fell: the whole word reads as before the pulse, as after it, or as
    /// something in between; from now on.
    fn fix(&mut self, at: usize) {
        let (cells, masks) = self.state.split_at_mut(self.bytes);
        let word = at..at + WORD_BYTES;
        let bits: u32 = masks[word.clone()].iter().map(|mask| mask.count_ones()).sum();
        let choice = self.choices.choose(if bits > 1 { 3 } else { 2 });
        let mut flips = match choice {
            0 => 0,
            1 => bits,
            _ => 1,
        };
        for (cell, mask) in cells[word.clone()].iter_mut().zip(&mut masks[word]) {
            for bit in (0..8).map(|bit| 1 << bit).filter(|bit| *mask & bit != 0) {
                if flips > 0 {
                    *cell ^= bit;
                    flips -= 1;
                }
            }
            *mask = 0;
        }
    }
}

/// The bits that the pulse would change become indeterminate.
fn tear(state: &mut [u8], erased: u8, pulse: &Pulse<'_>) {
    let (cells, masks) = state.split_at_mut(state.len() / 2);
    let range = pulse.at() as usize..pulse.at() as usize + pulse.bytes();
    let cells = cells[range.clone()].iter().zip(&mut masks[range]);
    match pulse {
        Pulse::Erase { .. } => cells.for_each(|(cell, mask)| *mask |= cell ^ erased),
        Pulse::Program { data, .. } => cells.zip(*data).for_each(|((cell, mask), byte)| {
            *mask |= (byte ^ erased) & !(cell ^ erased);
        }),
    }
}

/// The pulse is given to its end.
fn complete(state: &mut [u8], erased: u8, pulse: &Pulse<'_>) {
    let (cells, masks) = state.split_at_mut(state.len() / 2);
    let range = pulse.at() as usize..pulse.at() as usize + pulse.bytes();
    let (cells, masks) = (&mut cells[range.clone()], &mut masks[range]);
    match pulse {
        Pulse::Erase { .. } => {
            cells.fill(erased);
            masks.fill(0);
        }
        Pulse::Program { data, .. } => {
            for ((cell, mask), byte) in cells.iter_mut().zip(masks).zip(*data) {
                *cell = ((*cell ^ erased) | (byte ^ erased)) ^ erased;
                *mask &= !(byte ^ erased);
            }
        }
    }
}

impl Memory for Cells {
    fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    fn bytes(&self) -> u32 {
        self.bytes as u32
    }

    fn pulse(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError> {
        self.pulses += 1;
        if self.pulses > PULSES_MAX {
            return Err(PulseError::PowerLost);
        }
        if self.keeps_images {
            self.keep_image(&pulse);
        }
        complete(&mut self.state, self.geometry.erased, &pulse);
        Ok(())
    }

    fn tear(&mut self, pulse: Pulse<'_>) {
        tear(&mut self.state, self.geometry.erased, &pulse);
    }

    fn read(&self, at: u32, out: &mut [u8]) {
        let range = at as usize..at as usize + out.len();
        let (cells, masks) = self.state.split_at(self.bytes);
        if masks[range.clone()].iter().any(|&mask| mask != 0) {
            self.foul.set(true);
        }
        out.copy_from_slice(&cells[range]);
    }

    fn stable(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        let range = at as usize..at as usize + bytes;
        let (cells, masks) = self.state.split_at(self.bytes);
        cells.get(range.clone()).filter(|_| masks[range].iter().all(|&mask| mask == 0))
    }

    fn reads_as(&mut self, at: u32, word: [u8; WORD_BYTES]) -> bool {
        let (at, masks) = (at as usize, self.bytes + at as usize);
        if self.tears == Tears::Stable && self.word(masks) != 0 {
            self.fix(at);
        }
        let mask = self.word(masks);
        let differs = (self.word(at) ^ u32::from_ne_bytes(word)) & !mask != 0;
        match (differs, mask != 0) {
            (true, _) => false,
            (false, false) => true,
            (false, true) => self.choices.choose(2) == 1,
        }
    }
}

impl Rig for Cells {
    fn use_up(&mut self) {
        self.uses += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nvm::Eeprom, random::Random};

    /// Thousands of random pulses, some torn, given to both.
    #[test]
    fn cells_are_what_the_eeprom_is() {
        let mut random = Random::new(11);
        for name in Geometry::parts() {
            let geometry = Geometry::part(name).unwrap();
            let mut cells = Cells::new(geometry, 2 * geometry.page_bytes, Tears::Wavering);
            let mut eeprom = Eeprom::new(geometry, 2 * geometry.page_bytes);
            let mut torn = 0;
            for _ in 0..2_000 {
                let mut below = |bound: u32| (random.number() % u64::from(bound)) as u32;
                let page = below(2) * geometry.page_bytes;
                let units = geometry.page_bytes / geometry.unit_bytes;
                let (first, count) = (below(units), 1 + below(units));
                let count = count.min(units - first);
                let (at, bytes) = (page + first * geometry.unit_bytes, count * geometry.unit_bytes);
                let data: Vec<u8> = (0..bytes).map(|_| below(256) as u8).collect();
                let pulse = match below(2) {
                    0 => Pulse::Erase { at, bytes },
                    _ => Pulse::Program { at, data: &data },
                };
                if below(3) == 0 {
                    cells.tear(pulse);
                    eeprom.tear(pulse);
                } else {
                    cells.pulse(pulse).unwrap();
                    eeprom.pulse(pulse).unwrap();
                }
                let mut masks = vec![0; cells.bytes];
                eeprom.torn().iter().for_each(|byte| masks[byte.at as usize] = byte.mask);
                assert_eq!(cells.state()[..cells.bytes], *eeprom.cells(), "{name}");
                assert_eq!(cells.state()[cells.bytes..], masks, "{name}");
                torn += Cells::torn_bits(cells.state());
            }
            assert!(torn > 10_000, "{name}: {torn}");
        }
    }

    #[test]
    fn an_image_is_what_a_tear_in_that_pulse_leaves() {
        let geometry = Geometry::part("byte").unwrap();
        let mut cells = Cells::new(geometry, 16, Tears::Wavering);
        let start = cells.state().to_vec();
        cells.load(&start, 0, true);
        cells.write(3, &[0x12, 0x34]).unwrap();
        cells.pulse(Pulse::Erase { at: 4, bytes: 1 }).unwrap();
        assert_eq!(cells.images(), 3);
        let mut torn = Cells::new(geometry, 16, Tears::Wavering);
        torn.write(3, &[0x12, 0x34]).unwrap();
        torn.tear(Pulse::Erase { at: 4, bytes: 1 });
        assert_eq!(cells.image(2).0, torn.state());
    }
}
