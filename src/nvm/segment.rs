//! Who owns which addresses: the engine's own areas, then one segment per applet.

use super::{Geometry, WORD_BYTES, counter, journal};

/// A range of addresses that belongs to one owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Segment {
    /// First address.
    pub base: u32,
    /// Size in bytes.
    pub bytes: u32,
}

impl Segment {
    /// The address of `bytes` bytes at `offset`, `None` when they reach beyond the segment.
    #[must_use]
    #[inline]
    pub fn address(&self, offset: u32, bytes: usize) -> Option<u32> {
        let end = u64::from(offset) + bytes as u64;
        (end <= u64::from(self.bytes)).then(|| self.base + offset)
    }

    /// First address behind the segment.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.base + self.bytes
    }
}

/// Where the engine keeps its words, log and counters. A function of the profile alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Address of the intent word.
    pub intent: u32,
    /// Address of the marker word.
    pub marker: u32,
    /// The log.
    pub log: Segment,
    /// The counters' slots.
    pub counters: Segment,
    /// Number of counters.
    pub counter_count: u16,
    /// First address of the applets' segments, on a page boundary.
    pub segments: u32,
}

impl Layout {
    /// The layout for a part with a log of at least `log_bytes` bytes and `counter_count` counters.
    #[must_use]
    pub const fn new(geometry: &Geometry, log_bytes: u32, counter_count: u16) -> Self {
        let word = geometry.whole_units(WORD_BYTES as u32);
        let log = Segment {
            base: geometry.whole_pages(2 * word),
            bytes: geometry.whole_pages(log_bytes + journal::LOG_HEADER_BYTES),
        };
        let counters = Segment {
            base: log.end(),
            bytes: geometry.whole_pages(counter::bytes_each(geometry) * counter_count as u32),
        };
        Self { intent: 0, marker: word, log, counters, counter_count, segments: counters.end() }
    }
}
