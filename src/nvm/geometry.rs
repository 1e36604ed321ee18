//! What kind of EEPROM it is: pages, smallest erasable unit, erased value, pulse times.

/// The physical facts of a memory part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Name of the part, as a profile writes it.
    pub part: &'static str,
    /// Bytes of a page: no pulse reaches over a page's end. A power of two from 4 to
    /// [`PAGE_BYTES_MAX`].
    pub page_bytes: u32,
    /// Smallest number of bytes that can be erased by themselves: a power of two, at most a page.
    pub unit_bytes: u32,
    /// What an erased byte reads as: 00 or FF.
    pub erased: u8,
    /// Length of an erase pulse in microseconds.
    pub erase_us: u32,
    /// Length of a program pulse in microseconds.
    pub program_us: u32,
    /// Erase cycles a unit is good for.
    pub endurance_cycles: u32,
}

/// Widest page of any part.
pub const PAGE_BYTES_MAX: usize = 128;

/// Widest unit of any part.
pub const UNIT_BYTES_MAX: u32 = 32;

/// Shapes of parts in use in cards and serial memories.
///
/// | part | after |
/// |---|---|
/// | `page64`, `page128` | controller chips: 2 ms pulses and 500,000 cycles are the figures commonly quoted, no public data sheet was found; 128-byte pages and 100,000 cycles are those of the AT24C512SC |
/// | `page32-whole` | serial memories that rewrite a whole page: 32 bytes, 5 ms, 1,000,000 cycles (AT24C256SC) |
/// | `word` | the smallest smart-card memories, which erase 16 bits (AT88SC102: 100,000 cycles) |
/// | `byte` | memories that erase a byte; 3 ms and 10,000 to 100,000 cycles (SLE 4428) |
/// | `tiny` | none: for exhaustive work |
///
/// That a write of 3 to 5 ms is two pulses of equal length is inferred.
const PARTS: [Geometry; 6] = [
    Geometry {
        part: "page64",
        page_bytes: 64,
        unit_bytes: 4,
        erased: 0x00,
        erase_us: 2_000,
        program_us: 2_000,
        endurance_cycles: 500_000,
    },
    Geometry {
        part: "page128",
        page_bytes: 128,
        unit_bytes: 4,
        erased: 0xFF,
        erase_us: 2_000,
        program_us: 2_000,
        endurance_cycles: 100_000,
    },
    Geometry {
        part: "page32-whole",
        page_bytes: 32,
        unit_bytes: 32,
        erased: 0xFF,
        erase_us: 2_500,
        program_us: 2_500,
        endurance_cycles: 1_000_000,
    },
    Geometry {
        part: "word",
        page_bytes: 32,
        unit_bytes: 2,
        erased: 0xFF,
        erase_us: 2_500,
        program_us: 2_500,
        endurance_cycles: 100_000,
    },
    Geometry {
        part: "byte",
        page_bytes: 16,
        unit_bytes: 1,
        erased: 0xFF,
        erase_us: 1_500,
        program_us: 1_500,
        endurance_cycles: 100_000,
    },
    Geometry {
        part: "tiny",
        page_bytes: 8,
        unit_bytes: 2,
        erased: 0x00,
        erase_us: 1_000,
        program_us: 1_000,
        endurance_cycles: 10_000,
    },
];

impl Geometry {
    /// The part with this name.
    #[must_use]
    pub fn part(name: &str) -> Option<Self> {
        PARTS.into_iter().find(|geometry| geometry.part == name)
    }

    /// Names of all parts.
    pub fn parts() -> impl Iterator<Item = &'static str> {
        PARTS.iter().map(|geometry| geometry.part)
    }

    /// `bytes` rounded up to whole units.
    #[must_use]
    pub const fn whole_units(&self, bytes: u32) -> u32 {
        self.unit_start(bytes + self.unit_bytes - 1)
    }

    /// `bytes` rounded up to whole pages.
    #[must_use]
    pub const fn whole_pages(&self, bytes: u32) -> u32 {
        self.page_start(bytes + self.page_bytes - 1)
    }

    /// First address of the unit that `at` lies in.
    #[must_use]
    pub const fn unit_start(&self, at: u32) -> u32 {
        at & !(self.unit_bytes - 1)
    }

    /// First address of the page that `at` lies in.
    #[must_use]
    pub const fn page_start(&self, at: u32) -> u32 {
        at & !(self.page_bytes - 1)
    }

    /// Number of the page that `at` lies in, from 0.
    #[must_use]
    pub const fn page_number(&self, at: u32) -> usize {
        (at >> self.page_bytes.trailing_zeros()) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_keeps_the_rules_the_engine_relies_on() {
        for geometry in PARTS {
            assert!(geometry.page_bytes as usize <= PAGE_BYTES_MAX, "{geometry:?}");
            assert!(geometry.page_bytes.is_power_of_two(), "{geometry:?}");
            assert!(geometry.unit_bytes.is_power_of_two(), "{geometry:?}");
            assert!(geometry.unit_bytes <= UNIT_BYTES_MAX, "{geometry:?}");
            assert!(geometry.page_bytes >= geometry.unit_bytes.max(4), "{geometry:?}");
            assert!(matches!(geometry.erased, 0x00 | 0xFF), "{geometry:?}");
            assert_eq!(Geometry::part(geometry.part), Some(geometry));
            // What the framework promises about a PIN, which knows of no geometry.
            assert_eq!(tessera_framework::pin::Pin::BYTES % geometry.unit_bytes, 0);
        }
    }
}
