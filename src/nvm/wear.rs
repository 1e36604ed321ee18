//! Wear: how often each unit has been erased.
//!
//! Forks share what was counted long ago and copy the latest erases only.

use std::{fmt, sync::Arc};

use super::Geometry;

/// Erases that are kept one by one before they are counted.
const LATEST: usize = 32;

/// Erase cycles of every unit of a part.
#[derive(Clone)]
pub struct Wear {
    unit_shift: u32,
    counted: Arc<[u32]>,
    /// First unit and the one behind the last, of each erase that is not counted yet.
    latest: [(u32, u32); LATEST],
    latest_count: usize,
}

impl Wear {
    /// A new part of `bytes` bytes.
    #[must_use]
    pub fn new(geometry: &Geometry, bytes: u32) -> Self {
        let unit_shift = geometry.unit_bytes.trailing_zeros();
        let counted = vec![0; (bytes >> unit_shift) as usize].into();
        Self { unit_shift, counted, latest: [(0, 0); LATEST], latest_count: 0 }
    }

    /// Notes an erase of whole units.
    #[inline]
    pub(super) fn erased(&mut self, at: u32, bytes: u32) {
        if self.latest_count == LATEST {
            self.count_latest();
        }
        self.latest[self.latest_count] = (at >> self.unit_shift, (at + bytes) >> self.unit_shift);
        self.latest_count += 1;
    }

    #[cold]
    fn count_latest(&mut self) {
        let latest = &self.latest[..self.latest_count];
        let counted = Arc::make_mut(&mut self.counted);
        for &(first, end) in latest {
            for cycles in &mut counted[first as usize..end as usize] {
                *cycles = cycles.saturating_add(1);
            }
        }
        self.latest_count = 0;
    }

    /// Puts back what was saved; false when it is not for as many units.
    #[must_use]
    pub(super) fn restore(&mut self, cycles: &[u32]) -> bool {
        let fits = cycles.len() == self.counted.len();
        if fits {
            self.counted = cycles.into();
            self.latest_count = 0;
        }
        fits
    }

    /// Erase cycles of each unit, by address.
    #[must_use]
    pub fn cycles(&self) -> Vec<u32> {
        let mut all = self.clone();
        all.count_latest();
        all.counted.to_vec()
    }

    /// Erase cycles of the unit that `at` lies in.
    #[must_use]
    pub fn at(&self, at: u32) -> u32 {
        let unit = at >> self.unit_shift;
        let latest = &self.latest[..self.latest_count];
        let latest = latest.iter().filter(|(first, end)| (*first..*end).contains(&unit)).count();
        let counted = self.counted.get(unit as usize).copied().unwrap_or(0);
        counted.saturating_add(latest as u32)
    }

    /// The unit that was erased most often, the first of several: its address and its cycles.
    #[must_use]
    pub fn worst(&self) -> (u32, u32) {
        let cycles = self.cycles();
        let worst = cycles.iter().enumerate().rev().max_by_key(|&(_, cycles)| cycles);
        worst.map_or((0, 0), |(unit, &cycles)| ((unit as u32) << self.unit_shift, cycles))
    }
}

/// By what was counted, early or late.
impl PartialEq for Wear {
    fn eq(&self, other: &Self) -> bool {
        let latest = |wear: &Self| wear.latest[..wear.latest_count].to_vec();
        (Arc::ptr_eq(&self.counted, &other.counted) && latest(self) == latest(other))
            || (self.unit_shift == other.unit_shift && self.cycles() == other.cycles())
    }
}

impl Eq for Wear {}

impl fmt::Debug for Wear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, cycles) = self.worst();
        write!(f, "Wear {{ worst: {cycles} at {at} }}")
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

    #[test]
    fn a_fork_counts_for_itself_and_equal_counts_are_equal_however_they_came() {
        let geometry = Geometry::part("page64").unwrap();
        let mut wear = Wear::new(&geometry, 128);
        for n in 0..100 {
            assert_eq!(wear.at(4), n);
            wear.erased(4, 4);
        }
        let mut fork = wear.clone();
        assert_eq!(fork, wear);
        fork.erased(4, 4);
        assert_ne!(fork, wear);
        assert_eq!((wear.at(4), fork.at(4)), (100, 101));
        let mut restored = Wear::new(&geometry, 128);
        assert!(restored.restore(&wear.cycles()));
        assert_eq!(restored, wear);
        assert!(!restored.restore(&[0]));
    }
}
