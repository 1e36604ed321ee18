//! The card's random source: seeded, so that two runs with equal inputs give equal traces.
//!
//! This is a test card with known keys: its challenges must be reproducible, not unpredictable.
//! The generator is SplitMix64, eight lines of arithmetic whose whole state is one number.

/// A deterministic stream of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Random(u64);

impl Random {
    /// A stream that depends on `seed` alone.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The state, to be saved with the card.
    #[must_use]
    pub const fn state(self) -> u64 {
        self.0
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Fills `out`.
    pub fn fill(&mut self, out: &mut [u8]) {
        for piece in out.chunks_mut(8) {
            piece.copy_from_slice(&self.number().to_be_bytes()[..piece.len()]);
        }
    }
}
