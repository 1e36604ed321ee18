//! What an exploration of a design came to.

use std::fmt;

use super::Line;

/// A promise that a design did not keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Broken {
    /// A counter that only counts up reads less than it did once before.
    #[error("rolled back")]
    WentBack,
    /// A later power-up, or a later reading, came to another value than one before.
    #[error("a later power-up changed its mind")]
    DecidedAgain,
    /// The value is none that the torn change may leave.
    #[error("neither old nor new")]
    Neither,
    /// The uses that were made and the tries that are left are more than there were.
    #[error("a try too many")]
    TryTooMany,
    /// More tries are gone than there were attempts.
    #[error("a try lost")]
    TryLost,
    /// A bit in doubt was read outside a decision: the result hangs on it.
    #[error("foul read")]
    FoulRead,
    /// The value is read from a word that is still in doubt after a completed power-up.
    #[error("still in doubt")]
    InDoubt,
    /// A power-up took more pulses than it may, or had no end.
    #[error("recovery too long")]
    Recovery,
}

/// All violations of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The promise.
    pub broken: Broken,
    /// Schedules that broke it.
    pub violations: u64,
    /// Tears in the smallest of them.
    pub cuts: u32,
    /// The smallest: fewest tears, then the first.
    pub line: Line,
    /// What was seen there.
    pub seen: String,
}

/// What an exploration came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Runs, each with other places of the tears or other readings of words in doubt.
    pub schedules: u64,
    /// Bits that the widest tear left indeterminate: 3 to this power are its outcomes.
    pub torn_bits_max: u32,
    /// Pulses of the longest recovery.
    pub recovery_pulses_max: u32,
    /// What went wrong, by kind.
    pub findings: Vec<Finding>,
}

impl Findings {
    /// True when every promise was kept.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Violations of every kind together.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.findings.iter().map(|finding| finding.violations).sum()
    }

    /// The violations of one kind.
    #[must_use]
    pub fn of(&self, broken: Broken) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.broken == broken)
    }

    /// The smallest violation: fewest tears, then the gravest kind.
    #[must_use]
    pub fn smallest(&self) -> Option<&Finding> {
        self.findings.iter().min_by_key(|finding| (finding.cuts, finding.broken))
    }

    pub(super) fn note(
        &mut self,
        broken: Broken,
        cuts: u32,
        line: impl FnOnce() -> (Line, String),
    ) {
        self.schedules += 1;
        let place = match self.findings.binary_search_by_key(&broken, |finding| finding.broken) {
            Ok(known) => {
                self.findings[known].violations += 1;
                if self.findings[known].cuts <= cuts {
                    return;
                }
                known
            }
            Err(place) => {
                let (line, seen) = (Line::default(), String::new());
                self.findings.insert(place, Finding { broken, violations: 1, cuts, line, seen });
                place
            }
        };
        let finding = &mut self.findings[place];
        finding.cuts = cuts;
        (finding.line, finding.seen) = line();
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} violations in {} schedules", self.violations(), self.schedules)?;
        for Finding { broken, violations, cuts, line, seen } in &self.findings {
            let tears = if *cuts == 1 { "tear" } else { "tears" };
            write!(f, "\n  {broken}: {violations}, first by {cuts} {tears}: {seen}\n    {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  {}", self.broken, self.seen, self.line)
    }
}
