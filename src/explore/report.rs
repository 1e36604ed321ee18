//! What an exploration did, as a table.

use std::fmt;

use super::Outcomes;
use crate::StatusWord;

/// The commands that were torn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// In the order in which they were run.
    pub commands: Vec<CommandReport>,
}

/// One command that was torn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandReport {
    /// The command.
    pub command: Vec<u8>,
    /// The application whose memory it changes; empty when it changes none.
    pub applet: String,
    /// What it answers.
    pub status: StatusWord,
    /// Transactions and counter changes in it.
    pub changes: usize,
    /// Pulses it gives, a session's first change included.
    pub pulses: u64,
    /// Virtual time it takes.
    pub busy_us: u64,
    /// Bits that the widest tear leaves indeterminate; 3 to this power are its outcomes.
    pub torn_bits_max: u32,
    /// Runs, each with another place of the tears or another reading of a word in doubt.
    pub schedules: u64,
    /// Outcomes these runs stand for.
    pub outcomes: Outcomes,
    /// Tears with bits at chosen values.
    pub concrete_tears: u64,
    /// Words in doubt that were read, over all runs.
    pub decisions: u64,
    /// Tears in the deepest run.
    pub cuts_max: u32,
    /// Pulses of the longest recovery.
    pub recovery_pulses_max: u64,
    /// The most that recovery may have taken.
    pub recovery_bound: u64,
}

impl Default for CommandReport {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            applet: String::new(),
            status: StatusWord(0),
            changes: 0,
            pulses: 0,
            busy_us: 0,
            torn_bits_max: 0,
            schedules: 0,
            outcomes: Outcomes::default(),
            concrete_tears: 0,
            decisions: 0,
            cuts_max: 1,
            recovery_pulses_max: 0,
            recovery_bound: 0,
        }
    }
}

impl CommandReport {
    /// Counts what was run when the command was sent again.
    pub(super) fn add(&mut self, again: &Self) {
        self.torn_bits_max = self.torn_bits_max.max(again.torn_bits_max);
        self.schedules += again.schedules;
        self.outcomes.add_all(&again.outcomes);
        self.concrete_tears += again.concrete_tears;
        self.decisions += again.decisions;
        self.cuts_max = self.cuts_max.max(again.cuts_max);
        self.recovered(again.recovery_pulses_max, again.recovery_bound);
    }

    /// A recovery took `pulses` and might have taken `bound`: the longest is kept, and of equal
    /// ones that with the closest bound.
    pub(super) fn recovered(&mut self, pulses: u64, bound: u64) {
        let longer = pulses > self.recovery_pulses_max;
        let closer = pulses == self.recovery_pulses_max && bound < self.recovery_bound;
        if longer || closer || self.recovery_bound == 0 {
            (self.recovery_pulses_max, self.recovery_bound) = (pulses, bound);
        }
    }
}

impl Report {
    /// Runs of all commands together.
    #[must_use]
    pub fn schedules(&self) -> u64 {
        self.commands.iter().map(|command| command.schedules).sum()
    }

    /// Tears in the deepest run.
    #[must_use]
    pub fn cuts_max(&self) -> u32 {
        self.commands.iter().map(|command| command.cuts_max).max().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34} {:>6} {:>7} {:>6} {:>8} {:>9} {:>9} {:>9} {:>9} {:>8}",
            "command",
            "answer",
            "changes",
            "pulses",
            "time",
            "torn bits",
            "schedules",
            "outcomes",
            "decisions",
            "recovery"
        )?;
        self.commands.iter().try_for_each(|command| writeln!(f, "{command}"))
    }
}

impl fmt::Display for CommandReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut command = hex::encode_upper(&self.command);
        if command.len() > 34 {
            command.truncate(32);
            command.push_str("..");
        }
        write!(
            f,
            "{command:<34} {:>6} {:>7} {:>6} {:>5}.{} ms {:>9} {:>9} {:>9} {:>9} {:>8}",
            hex::encode_upper(self.status.to_bytes()),
            self.changes,
            self.pulses,
            self.busy_us / 1000,
            self.busy_us % 1000 / 100,
            self.torn_bits_max,
            self.schedules,
            self.outcomes,
            self.decisions,
            self.recovery_pulses_max,
        )
    }
}
