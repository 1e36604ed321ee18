//! Who owns which addresses: the engine's own areas, then one segment per applet.

use std::fmt;

use super::{Geometry, WORD_BYTES, counter, log};

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

    /// Whether an address lies in it.
    #[must_use]
    pub const fn contains(&self, at: u32) -> bool {
        at >= self.base && at < self.end()
    }
}

/// Lanes of a journal: sessions spread its wear over so many intents, markers and log pages. With
/// five, three transactions a session wear no marker and no page of the log as much as the places
/// they write to.
pub const LANES: u32 = 5;

/// What one session's transactions are written through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lane {
    /// Address of its intent word.
    pub intent: u32,
    /// Address of its marker word.
    pub marker: u32,
    /// Where in the log it begins, on a page boundary. The log is a ring, and shared: one lane is
    /// used at a time.
    pub log_start: u32,
}

/// Where the engine keeps its words, log and counters. A function of the profile alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    word_bytes: u32,
    /// Address of the wipe word.
    pub wipe: u32,
    /// The log of all lanes, at least a page for each to begin at.
    pub log: Segment,
    /// The counters' words and slots.
    pub counters: Segment,
    /// Number of counters.
    pub counter_count: u16,
    /// First address of the applets' segments, on a page boundary.
    pub segments: u32,
    lane_log_bytes: u32,
    counter_bytes: u32,
}

impl Layout {
    /// The layout for a part, for transactions whose log takes at most `log_bytes` bytes, and
    /// `counter_count` counters.
    #[must_use]
    pub const fn new(geometry: &Geometry, log_bytes: u32, counter_count: u16) -> Self {
        let word_bytes = geometry.whole_units(WORD_BYTES as u32);
        let wipe = 2 * LANES * word_bytes;
        let pages = geometry.whole_pages(log_bytes + log::HEADER_BYTES);
        let least = LANES * geometry.page_bytes;
        let log = Segment {
            base: geometry.whole_pages(wipe + word_bytes),
            bytes: if pages < least { least } else { pages },
        };
        let counter_bytes = counter::bytes_each(geometry);
        let counters = Segment {
            base: log.end(),
            bytes: geometry.whole_pages(counter_bytes * counter_count as u32),
        };
        Self {
            word_bytes,
            wipe,
            log,
            counters,
            counter_count,
            segments: counters.end(),
            lane_log_bytes: geometry.page_start(log.bytes / LANES),
            counter_bytes,
        }
    }

    /// The lane of a number below [`LANES`].
    #[must_use]
    pub const fn lane(&self, number: u32) -> Lane {
        Lane {
            intent: number * self.word_bytes,
            marker: (LANES + number) * self.word_bytes,
            log_start: number * self.lane_log_bytes,
        }
    }

    /// All lanes.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        let layout = *self;
        (0..LANES).map(move |number| layout.lane(number))
    }

    /// The address of a lane's log byte: the log is a ring.
    #[must_use]
    pub const fn log_address(&self, lane: Lane, offset: u32) -> u32 {
        let at = lane.log_start + offset;
        self.log.base + if at < self.log.bytes { at } else { at - self.log.bytes }
    }

    /// What an address is for.
    #[must_use]
    pub const fn region(&self, at: u32) -> Region {
        if at >= self.segments {
            return Region::Segments;
        }
        if at >= self.counters.base {
            let (offset, parts) = (at - self.counters.base, counter::PARTS);
            let counter = offset / self.counter_bytes;
            let part = offset % self.counter_bytes / (self.counter_bytes / parts);
            if counter >= self.counter_count as u32 {
                return Region::Unused;
            }
            let counter = counter as u16;
            return match part {
                0 => Region::CounterIntent { counter },
                1 | 3 => Region::CounterValue { counter, slot: part as u8 / 2 },
                _ => Region::CounterValidity { counter, slot: part as u8 / 2 - 1 },
            };
        }
        if at >= self.log.base {
            return Region::Log;
        }
        let word = at / self.word_bytes;
        if word < LANES {
            Region::Intent { lane: word as u8 }
        } else if word < 2 * LANES {
            Region::Marker { lane: (word - LANES) as u8 }
        } else if at < self.wipe + self.word_bytes {
            Region::Wipe
        } else {
            Region::Unused
        }
    }
}

/// What an address is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Region {
    /// The intent word of a lane.
    Intent {
        /// Its number.
        lane: u8,
    },
    /// The marker word of a lane.
    Marker {
        /// Its number.
        lane: u8,
    },
    /// The wipe word.
    Wipe,
    /// The log.
    Log,
    /// The intent word of a counter.
    CounterIntent {
        /// Its number.
        counter: u16,
    },
    /// Value and sequence number in one of a counter's slots.
    CounterValue {
        /// Its number.
        counter: u16,
        /// 0 or 1.
        slot: u8,
    },
    /// The validity word of one of a counter's slots.
    CounterValidity {
        /// Its number.
        counter: u16,
        /// 0 or 1.
        slot: u8,
    },
    /// The applets' segments.
    Segments,
    /// Nothing: the rest of a page.
    Unused,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intent { lane } => write!(f, "intent of lane {lane}"),
            Self::Marker { lane } => write!(f, "marker of lane {lane}"),
            Self::Wipe => f.write_str("wipe word"),
            Self::Log => f.write_str("log"),
            Self::CounterIntent { counter } => write!(f, "intent of counter {counter}"),
            Self::CounterValue { counter, slot } => {
                write!(f, "value of counter {counter}, slot {slot}")
            }
            Self::CounterValidity { counter, slot } => {
                write!(f, "validity of counter {counter}, slot {slot}")
            }
            Self::Segments => f.write_str("segments"),
            Self::Unused => f.write_str("unused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_shares_a_unit_and_no_counter_part_reaches_over_a_page() {
        for name in Geometry::parts() {
            let geometry = Geometry::part(name).unwrap();
            let layout = Layout::new(&geometry, 256, 3);
            let mut regions: Vec<Region> = Vec::new();
            for unit in (0..layout.segments).step_by(geometry.unit_bytes as usize) {
                let region = layout.region(unit);
                let last = layout.region(unit + geometry.unit_bytes - 1);
                assert_eq!(region, last, "{name}: {unit}");
                if regions.last() != Some(&region) {
                    assert!(!regions.contains(&region) || region == Region::Unused, "{region}");
                    regions.push(region);
                }
            }
            assert!(layout.log.bytes >= 256 + log::HEADER_BYTES, "{name}");
            assert_eq!(layout.region(layout.segments), Region::Segments);
            for lane in layout.lanes() {
                assert_eq!(lane.log_start, geometry.page_start(lane.log_start), "{name}");
                let end = layout.log_address(lane, layout.log.bytes - 1) + 1;
                assert_eq!(
                    end,
                    layout.log.base
                        + if lane.log_start == 0 { layout.log.bytes } else { lane.log_start }
                );
            }
        }
    }
}
