//! The overlay: what the open transaction has stored, unit by unit, in RAM.
//!
//! Invariants: a unit that is marked as stored holds, in its page's image, the bytes it is to have;
//! units that are not marked are neither read nor written, so that nothing beside what was stored
//! gets into the log.

use tessera_framework::pin::forget;

use super::{Geometry, Memory, geometry::PAGE_BYTES_MAX};

/// Pages with stored units.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Overlay {
    pages: Vec<PageImage>,
}

/// A page with stored units.
#[derive(Clone, PartialEq, Eq, Debug)]
struct PageImage {
    at: u32,
    /// A bit for each unit, the first one the lowest.
    stored: u128,
    bytes: [u8; PAGE_BYTES_MAX],
}

impl PageImage {
    /// Offsets at which each run of stored units begins and ends.
    fn runs(&self, geometry: &Geometry) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (mut left, unit_bytes) = (self.stored, geometry.unit_bytes);
        core::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let first = left.trailing_zeros();
            let units = (left >> first).trailing_ones();
            left &= !run(first, units);
            Some((first * unit_bytes, (first + units) * unit_bytes))
        })
    }
}

/// The bits of so many units from `first`.
const fn run(first: u32, units: u32) -> u128 {
    (u128::MAX >> (u128::BITS - units)) << first
}

impl Overlay {
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Forgets what was stored; secrets are overwritten.
    pub(super) fn clear(&mut self, secret: bool) {
        if secret {
            self.pages.iter_mut().for_each(|page| forget(&mut page.bytes));
        }
        self.pages.clear();
    }

    /// Stores `data`. What else there is in its first and last unit is read from memory.
    pub(super) fn store<M: Memory>(&mut self, memory: &M, mut at: u32, mut data: &[u8]) {
        let geometry = *memory.geometry();
        while !data.is_empty() {
            let page_at = geometry.page_start(at);
            let offset = at - page_at;
            let (piece, rest) =
                data.split_at(data.len().min((geometry.page_bytes - offset) as usize));
            let end = offset + piece.len() as u32;
            let (first, end_unit) = (geometry.unit_start(offset), geometry.whole_units(end));
            let page = self.page(page_at);
            let mut read_unit = |unit: u32| {
                if page.stored & run(unit / geometry.unit_bytes, 1) == 0 {
                    let there = unit as usize..(unit + geometry.unit_bytes) as usize;
                    memory.read(page_at + unit, &mut page.bytes[there]);
                }
            };
            if first < offset || end < first + geometry.unit_bytes {
                read_unit(first);
            }
            let last = end_unit - geometry.unit_bytes;
            if end < end_unit && last != first {
                read_unit(last);
            }
            page.bytes[offset as usize..end as usize].copy_from_slice(piece);
            let units = (end_unit - first) / geometry.unit_bytes;
            page.stored |= run(first / geometry.unit_bytes, units);
            at += piece.len() as u32;
            data = rest;
        }
    }

    fn page(&mut self, at: u32) -> &mut PageImage {
        let known = self.pages.iter().position(|page| page.at == at);
        let place = known.unwrap_or_else(|| {
            self.pages.push(PageImage { at, stored: 0, bytes: [0; PAGE_BYTES_MAX] });
            self.pages.len() - 1
        });
        &mut self.pages[place]
    }

    /// Puts what was stored over what was read from memory.
    #[inline(never)]
    pub(super) fn read(&self, geometry: &Geometry, at: u32, out: &mut [u8]) {
        let end = at + out.len() as u32;
        for page in &self.pages {
            if page.at >= end || page.at + geometry.page_bytes <= at {
                continue;
            }
            for (first, last) in page.runs(geometry) {
                let (from, to) = (at.max(page.at + first), end.min(page.at + last));
                if from < to {
                    out[(from - at) as usize..(to - at) as usize].copy_from_slice(
                        &page.bytes[(from - page.at) as usize..(to - page.at) as usize],
                    );
                }
            }
        }
    }

    /// The ranges to be written home, each whole units within one page.
    #[inline]
    pub(super) fn ranges(&self, geometry: &Geometry) -> impl Iterator<Item = (u32, &[u8])> {
        self.pages.iter().flat_map(|page| {
            page.runs(geometry)
                .map(|(first, end)| (page.at + first, &page.bytes[first as usize..end as usize]))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nvm::{Eeprom, Pulse},
        random::Random,
    };

    /// Random stores against a plain copy of memory.
    #[test]
    fn what_was_stored_is_read_and_its_ranges_are_whole_units_that_cover_it_and_no_more() {
        for name in Geometry::parts() {
            let geometry = Geometry::part(name).unwrap();
            let mut random = Random::new(5);
            let mut below = |bound: u64| (random.number() % bound) as u32;
            for _ in 0..200 {
                let mut memory = Eeprom::new(geometry, 512);
                for at in 0..512 {
                    memory.pulse(Pulse::Program { at, data: &[at as u8] }).unwrap();
                }
                let (mut overlay, mut copy) = (Overlay::default(), memory.cells().to_vec());
                let mut touched = vec![false; 512];
                for value in 0..below(6) as u8 {
                    let at = below(400);
                    let data = vec![value; 1 + below(100) as usize];
                    overlay.store(&memory, at, &data);
                    copy[at as usize..][..data.len()].copy_from_slice(&data);
                    let end = geometry.whole_units(at + data.len() as u32);
                    touched[geometry.unit_start(at) as usize..end as usize].fill(true);
                }
                let mut read = memory.cells().to_vec();
                overlay.read(&geometry, 0, &mut read);
                assert_eq!(read, copy, "{name}");
                let (at, mut some) = (below(500) as usize, [0; 12]);
                some.copy_from_slice(&memory.cells()[at..at + 12]);
                overlay.read(&geometry, at as u32, &mut some);
                assert_eq!(some, copy[at..at + 12], "{name}");
                let mut covered = vec![false; 512];
                for (at, range) in overlay.ranges(&geometry) {
                    let here = at as usize..at as usize + range.len();
                    assert_eq!(range, &copy[here.clone()], "{name}");
                    assert_eq!(geometry.page_start(at), geometry.page_start(here.end as u32 - 1));
                    covered[here].fill(true);
                }
                assert_eq!(covered, touched, "{name}");
            }
        }
    }
}
