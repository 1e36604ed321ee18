//! What is to befall the frames between a reader and its cards, from the command line.

use std::str::FromStr;

use tessera::link::{Noise, noisy::Fault};

/// Options of readers that have a line or an air.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Disturbance {
    /// Disturb frames between reader and card: drawn from SEED, so many of a thousand (10 without
    /// a number), each lost, damaged, late or doubled
    #[arg(long, value_name = "SEED[:PER_MILLE]", conflicts_with = "fault")]
    noise: Option<Drawn>,
    /// Disturb the frame of this number, from 0, both directions counted together; may be said
    /// again
    ///
    /// KIND: lost, damaged, late or doubled.
    #[arg(long, value_name = "FRAME:KIND")]
    fault: Vec<Written>,
}

impl Disturbance {
    /// There is none.
    pub(crate) fn is_none(&self) -> bool {
        self.noise.is_none() && self.fault.is_empty()
    }

    /// What befalls the frames of the reader's `slot`: each slot has draws of its own.
    pub(crate) fn noise(&self, slot: usize) -> Noise {
        match &self.noise {
            Some(drawn) => Noise::seeded(drawn.seed.wrapping_add(slot as u64), drawn.per_mille),
            None if self.fault.is_empty() => Noise::none(),
            None => Noise::written(self.fault.iter().map(|one| (one.frame, one.fault)).collect()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Drawn {
    seed: u64,
    per_mille: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Written {
    frame: u64,
    fault: Fault,
}

/// A disturbance that is not understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}")]
struct Misunderstood {
    expected: &'static str,
}

impl FromStr for Drawn {
    type Err = Misunderstood;

    fn from_str(text: &str) -> Result<Self, Misunderstood> {
        let wrong = Misunderstood { expected: "SEED or SEED:PER_MILLE, the latter at most 1000" };
        let (seed, per_mille) = text.split_once(':').unwrap_or((text, "10"));
        match (seed.parse(), per_mille.parse()) {
            (Ok(seed), Ok(per_mille @ 0..=1000)) => Ok(Self { seed, per_mille }),
            _ => Err(wrong),
        }
    }
}

impl FromStr for Written {
    type Err = Misunderstood;

    fn from_str(text: &str) -> Result<Self, Misunderstood> {
        let wrong = Misunderstood { expected: "FRAME:lost, damaged, late or doubled" };
        let (frame, kind) = text.split_once(':').unwrap_or((text, ""));
        match (frame.parse(), kind.parse()) {
            (Ok(frame), Ok(fault)) => Ok(Self { frame, fault }),
            _ => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use tessera::link::Fate;

    use super::*;

    #[test]
    fn what_is_said_is_what_befalls() {
        let quiet = Disturbance { noise: None, fault: Vec::new() };
        assert!(quiet.is_none());
        let faults = ["2:lost", "0:doubled"].map(|text| text.parse().unwrap());
        let mut noise = Disturbance { noise: None, fault: faults.to_vec() }.noise(3);
        let fates: Vec<_> = (0..3).map(|_| noise.fate(8)).collect();
        assert_eq!(fates, [Fate::IsDoubled, Fate::Passes, Fate::IsLost]);
        let drawn = Disturbance { noise: Some("7:1000".parse().unwrap()), fault: Vec::new() };
        assert!(!drawn.is_none());
        let fates = |slot| {
            let mut noise = drawn.noise(slot);
            (0..20).map(|_| noise.fate(80)).collect::<Vec<_>>()
        };
        assert!(!fates(0).contains(&Fate::Passes));
        assert_eq!(fates(0), fates(0));
        assert_ne!(fates(0), fates(1));
    }

    #[test]
    fn nonsense_is_told_as_such() {
        assert_eq!("5".parse(), Ok(Drawn { seed: 5, per_mille: 10 }));
        for bad in ["", "x", "5:", "5:1001", "5:-1", ":7"] {
            assert!(bad.parse::<Drawn>().is_err(), "{bad}");
        }
        for bad in ["", "5", "5:", "5:eaten", ":lost", "-1:lost"] {
            assert!(bad.parse::<Written>().is_err(), "{bad}");
        }
    }
}
