//! The card's random source: seeded, so that two runs with equal inputs give equal traces.
//!
//! This is a test card with known keys: its challenges must be reproducible, not unpredictable.
//! The generator is SplitMix64, eight lines of arithmetic whose whole state is one number. Whoever
//! needs certain challenges, as a published script does, gives the bytes that come before it.

use std::collections::VecDeque;

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

/// What a card draws its random bytes from: those it was given, then a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    given: VecDeque<u8>,
    stream: Random,
}

impl Source {
    /// A stream, and nothing given.
    #[must_use]
    pub const fn new(stream: Random) -> Self {
        Self { given: VecDeque::new(), stream }
    }

    /// The stream, with which it goes on when everything given is drawn.
    #[must_use]
    pub const fn stream(&self) -> Random {
        self.stream
    }

    /// Puts bytes behind those that are still to be drawn before the stream goes on.
    pub fn give(&mut self, bytes: &[u8]) {
        self.given.extend(bytes);
    }

    /// Bytes given and not drawn yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.given.len()
    }

    /// Fills `out`; where what was given is too short, the stream gives the rest.
    pub fn fill(&mut self, out: &mut [u8]) {
        let given = out.len().min(self.given.len());
        for (to, byte) in out.iter_mut().zip(self.given.drain(..given)) {
            *to = byte;
        }
        if let Some(rest) = out.get_mut(given..) {
            self.stream.fill(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_bytes_come_first_and_the_stream_goes_on_as_if_nothing_had_been() {
        let mut source = Source::new(Random::new(1));
        source.give(&[1, 2, 3]);
        source.give(&[4, 5]);
        let mut drawn = [0; 4];
        source.fill(&mut drawn);
        assert_eq!((drawn, source.left()), ([1, 2, 3, 4], 1));
        let (mut stream, mut rest) = (Random::new(1), [0; 3]);
        stream.fill(&mut rest);
        source.fill(&mut drawn);
        assert_eq!((drawn, source.left()), ([5, rest[0], rest[1], rest[2]], 0));
        assert_eq!(source, Source::new(stream));
    }
}
