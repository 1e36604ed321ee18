//! Where tests get their choices from: all of them in turn, seeded, or replayed.
//!
//! Code that has to choose (what does a half-erased word read as?) asks a [`Choices`] and need not
//! know who drives it. The [`Odometer`] drives it through every combination.

use crate::random::Random;

/// A source of choices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choices {
    /// From a seeded stream: ordinary runs.
    Seeded(Random),
    /// A fixed script, zero once it is used up; what was chosen, out of how many, is kept.
    Scripted {
        /// Choices to make, in order.
        script: Vec<u32>,
        /// Choices made: which, and out of how many.
        taken: Vec<(u32, u32)>,
    },
}

impl Choices {
    /// These choices, then always the first.
    #[must_use]
    pub fn scripted(script: Vec<u32>) -> Self {
        Self::Scripted { script, taken: Vec::new() }
    }

    /// Choices made by a script: which, and out of how many.
    #[must_use]
    pub fn taken(&self) -> &[(u32, u32)] {
        match self {
            Self::Seeded(_) => &[],
            Self::Scripted { taken, .. } => taken,
        }
    }

    /// Turns a script to the next sequence, as an [`Odometer`] does, in place; false when every
    /// sequence has been run.
    pub fn advance(&mut self) -> bool {
        let Self::Scripted { script, taken } = self else { return false };
        while let Some((choice, options)) = taken.pop() {
            if choice + 1 < options {
                script.clear();
                script.extend(taken.drain(..).map(|(choice, _)| choice));
                script.push(choice + 1);
                return true;
            }
        }
        script.clear();
        false
    }

    /// Choices of the script that is run: those before the last were made in the last run too.
    #[must_use]
    pub fn script_choices(&self) -> usize {
        match self {
            Self::Seeded(_) => 0,
            Self::Scripted { script, .. } => script.len(),
        }
    }

    /// One of `options` possibilities, 0 to `options - 1`.
    pub fn choose(&mut self, options: u32) -> u32 {
        match self {
            Self::Seeded(random) => (random.number() % u64::from(options.max(1))) as u32,
            Self::Scripted { script, taken } => {
                let choice = script.get(taken.len()).copied().unwrap_or(0).min(options - 1);
                taken.push((choice, options));
                choice
            }
        }
    }
}

/// Enumerates every sequence of choices: run, [`advance`](Self::advance), run again, until it is
/// through.
///
/// ```
/// use tessera::choose::Odometer;
/// let mut seen = Vec::new();
/// let mut odometer = Odometer::new();
/// loop {
///     let mut choices = odometer.choices();
///     seen.push((choices.choose(2), choices.choose(3)));
///     if !odometer.advance(&choices) {
///         break;
///     }
/// }
/// assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Odometer {
    script: Vec<u32>,
}

impl Odometer {
    /// Starts with the first choice everywhere.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The choices of the coming run.
    #[must_use]
    pub fn choices(&self) -> Choices {
        Choices::Scripted { script: self.script.clone(), taken: Vec::new() }
    }

    /// Moves on from what a run has taken; false when every sequence has been run.
    pub fn advance(&mut self, run: &Choices) -> bool {
        let Choices::Scripted { taken, .. } = run else { return false };
        let last = taken.iter().rposition(|&(choice, options)| choice + 1 < options);
        let Some(last) = last else { return false };
        self.script = taken[..=last].iter().map(|&(choice, _)| choice).collect();
        self.script[last] += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_advanced_in_place_goes_the_way_of_the_odometer() {
        let run = |choices: &mut Choices| {
            let first = choices.choose(3);
            (first, choices.choose(if first == 1 { 1 } else { 2 }))
        };
        let (mut odometer, mut script) = (Odometer::new(), Choices::scripted(Vec::new()));
        for n in 1.. {
            let mut choices = odometer.choices();
            assert_eq!(run(&mut choices), run(&mut script));
            let more = odometer.advance(&choices);
            assert_eq!(script.advance(), more);
            if !more {
                assert_eq!(n, 5);
                break;
            }
        }
    }
}
