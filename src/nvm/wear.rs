//! Wear: how often each unit has been erased.

use super::Geometry;

/// Erase cycles of every unit of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wear {
    unit_shift: u32,
    cycles: Vec<u32>,
}

impl Wear {
    /// A new part of `bytes` bytes.
    #[must_use]
    pub fn new(geometry: &Geometry, bytes: u32) -> Self {
        let unit_shift = geometry.unit_bytes.trailing_zeros();
        Self { unit_shift, cycles: vec![0; (bytes >> unit_shift) as usize] }
    }

    /// Counts an erase of whole units.
    #[inline]
    pub(super) fn erased(&mut self, at: u32, bytes: u32) {
        let (first, end) = (at >> self.unit_shift, (at + bytes) >> self.unit_shift);
        for cycles in &mut self.cycles[first as usize..end as usize] {
            *cycles = cycles.saturating_add(1);
        }
    }

    /// Puts back what was saved; false when it is not for as many units.
    #[must_use]
    pub(super) fn restore(&mut self, cycles: &[u32]) -> bool {
        let fits = cycles.len() == self.cycles.len();
        if fits {
            self.cycles.copy_from_slice(cycles);
        }
        fits
    }

    /// Erase cycles of each unit, by address.
    #[must_use]
    pub fn cycles(&self) -> &[u32] {
        &self.cycles
    }

    /// Erase cycles of the unit that `at` lies in.
    #[must_use]
    pub fn at(&self, at: u32) -> u32 {
        self.cycles.get((at >> self.unit_shift) as usize).copied().unwrap_or(0)
    }

    /// The unit that was erased most often, the first of several: its address and its cycles.
    #[must_use]
    pub fn worst(&self) -> (u32, u32) {
        let worst = self.cycles.iter().enumerate().rev().max_by_key(|&(_, cycles)| cycles);
        worst.map_or((0, 0), |(unit, &cycles)| ((unit as u32) << self.unit_shift, cycles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_an_erased_range_is_counted_and_no_other() {
        let geometry = Geometry::part("page64").unwrap();
        let mut wear = Wear::new(&geometry, 128);
        wear.erased(8, 8);
        wear.erased(12, 4);
        assert_eq!(wear.cycles()[..5], [0, 0, 1, 2, 0]);
        assert_eq!((wear.at(8), wear.at(15), wear.at(16), wear.at(4096)), (1, 2, 0, 0));
        assert_eq!(wear.worst(), (12, 2));
    }
}
