//! What can befall a frame between two ends that know nothing of it: drawn from a seed, or written
//! down.
//!
//! The two ends are joined by whoever carries frames; it asks for the [`Fate`] of each and does it.
//! So one source of faults serves every link: blocks of T=1, frames of ISO/IEC 14443.

use std::str::FromStr;

use crate::random::Random;

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It arrives.
    Passes,
    /// It never arrives.
    IsLost,
    /// It arrives with this bit, counted from 0 in the order of the air, turned round.
    IsDamaged {
        /// The bit, below the number the frame has.
        bit: usize,
    },
    /// It arrives, but only after the other side has stopped waiting for it.
    IsLate,
    /// It arrives twice.
    IsDoubled,
}

/// A fate that has no place yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// [`Fate::IsLost`].
    Loss,
    /// [`Fate::IsDamaged`], the bit drawn.
    Damage,
    /// [`Fate::IsLate`].
    Delay,
    /// [`Fate::IsDoubled`].
    Duplication,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Loss, Self::Damage, Self::Delay, Self::Duplication];
}

/// A kind of fault that there is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected lost, damaged, late or doubled")]
pub struct NoSuchFault;

impl FromStr for Fault {
    type Err = NoSuchFault;

    /// A frame is `lost`, `damaged`, `late` or `doubled`.
    fn from_str(word: &str) -> Result<Self, NoSuchFault> {
        match word {
            "lost" => Ok(Self::Loss),
            "damaged" => Ok(Self::Damage),
            "late" => Ok(Self::Delay),
            "doubled" => Ok(Self::Duplication),
            _ => Err(NoSuchFault),
        }
    }
}

/// Where fates come from.
#[derive(Clone, Debug)]
pub struct Noise {
    random: Random,
    plan: Plan,
    frames: u64,
}

#[derive(Clone, Debug)]
enum Plan {
    Quiet,
    At { frame: u64, fault: Fault },
    Written(Vec<(u64, Fault)>),
    Drawn { per_mille: u64 },
}

impl Noise {
    /// Nothing ever happens.
    #[must_use]
    pub const fn none() -> Self {
        Self { random: Random::new(0), plan: Plan::Quiet, frames: 0 }
    }

    /// One fault, at the `frame`-th frame from 0, both directions counted together.
    #[must_use]
    pub const fn at(frame: u64, fault: Fault) -> Self {
        Self { random: Random::new(frame), plan: Plan::At { frame, fault }, frames: 0 }
    }

    /// These faults, each at the frame of its number from 0; of two for one frame the first counts.
    #[must_use]
    pub const fn written(faults: Vec<(u64, Fault)>) -> Self {
        Self { random: Random::new(0), plan: Plan::Written(faults), frames: 0 }
    }

    /// Each frame has a fault with this probability, in thousandths, and each kind as often.
    #[must_use]
    pub const fn seeded(seed: u64, per_mille: u64) -> Self {
        Self { random: Random::new(seed), plan: Plan::Drawn { per_mille }, frames: 0 }
    }

    /// Frames that have been asked for.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// What becomes of the next frame, which has `bits` bits.
    pub fn fate(&mut self, bits: usize) -> Fate {
        let this = self.frames;
        self.frames += 1;
        let fault = match &self.plan {
            Plan::Quiet => return Fate::Passes,
            &Plan::At { frame, fault } if frame == this => fault,
            Plan::At { .. } => return Fate::Passes,
            Plan::Written(faults) => match faults.iter().find(|(frame, _)| *frame == this) {
                Some(&(_, fault)) => fault,
                None => return Fate::Passes,
            },
            &Plan::Drawn { per_mille } if self.random.number() % 1000 < per_mille => {
                Fault::ALL[(self.random.number() % 4) as usize]
            }
            Plan::Drawn { .. } => return Fate::Passes,
        };
        match fault {
            Fault::Loss => Fate::IsLost,
            // A frame without bits has none to turn round.
            Fault::Damage if bits == 0 => Fate::IsLost,
            Fault::Damage => Fate::IsDamaged { bit: (self.random.number() % bits as u64) as usize },
            Fault::Delay => Fate::IsLate,
            Fault::Duplication => Fate::IsDoubled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_fates_again_and_every_kind() {
        let draw = || {
            let mut noise = Noise::seeded(7, 500);
            (0..200).map(|_| noise.fate(16)).collect::<Vec<_>>()
        };
        let fates = draw();
        assert_eq!(fates, draw());
        assert!(fates.contains(&Fate::IsLost) && fates.contains(&Fate::IsDoubled));
        assert!(fates.contains(&Fate::IsLate) && fates.contains(&Fate::Passes));
        assert!(fates.iter().any(|fate| matches!(fate, Fate::IsDamaged { bit: 0..16 })));
    }

    #[test]
    fn a_written_fault_strikes_one_frame() {
        let mut noise = Noise::at(2, Fault::Loss);
        let fates: Vec<_> = (0..4).map(|_| noise.fate(8)).collect();
        assert_eq!(fates, [Fate::Passes, Fate::Passes, Fate::IsLost, Fate::Passes]);
        let mut noise = Noise::written(vec![(3, Fault::Delay), (0, Fault::Loss), (3, Fault::Loss)]);
        let fates: Vec<_> = (0..5).map(|_| noise.fate(8)).collect();
        let expected = [Fate::IsLost, Fate::Passes, Fate::Passes, Fate::IsLate, Fate::Passes];
        assert_eq!(fates, expected);
    }
}
