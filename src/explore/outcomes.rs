//! How many outcomes a run stands for.

use std::{collections::BTreeMap, fmt};

/// Outcomes of runs: each bit of each torn pulse was changed, or not, or wavers, so a run with `n`
/// such bits stands for 3 to the power `n`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcomes {
    /// Runs by the number of their torn bits.
    runs: BTreeMap<u32, u64>,
}

impl Outcomes {
    /// Counts a run with so many torn bits.
    pub fn add(&mut self, bits: u32) {
        *self.runs.entry(bits).or_default() += 1;
    }

    /// Counts others too.
    pub fn add_all(&mut self, others: &Self) {
        for (&bits, runs) in &others.runs {
            *self.runs.entry(bits).or_default() += runs;
        }
    }

    /// The logarithm to the base 10 of their number; 0 when there are none.
    #[must_use]
    pub fn log10(&self) -> f64 {
        let Some((&most, _)) = self.runs.last_key_value() else { return 0.0 };
        // All in units of the largest power: what lies far below it does not show.
        let units: f64 = self
            .runs
            .iter()
            .map(|(&bits, &runs)| runs as f64 * 3f64.powi(bits as i32 - most as i32))
            .sum();
        units.log10() + f64::from(most) * 3f64.log10()
    }
}

/// As a power of ten, rounded down.
impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = format!("10^{:.0}", self.log10().floor());
        f.pad(&power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_to_the_power_of_the_bits_summed() {
        let mut outcomes = Outcomes::default();
        assert_eq!(outcomes.to_string(), "10^0");
        outcomes.add(1);
        outcomes.add(2);
        assert!((outcomes.log10() - 12f64.log10()).abs() < 1e-9);
        let mut many = Outcomes::default();
        many.add(4000);
        many.add_all(&outcomes);
        assert_eq!(format!("{many:>8}"), " 10^1908", "3^4000 is 1.4 times 10^1908");
    }
}
