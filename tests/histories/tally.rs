//! What the histories came to: a generator that reaches little proves little.

use std::{collections::BTreeMap, fmt};

/// What a history has to have in it to count as a whole one.
const COMMANDS_MIN: u64 = 20;
const TEARS_MIN: u64 = 5;

/// Counts over one history or many.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) histories: u64,
    /// Those with twenty commands or more and five tears or more.
    pub(crate) whole: u64,
    pub(crate) commands: u64,
    /// Commands that changed memory and were answered.
    pub(crate) changes: u64,
    pub(crate) tears: u64,
    pub(crate) tears_in_recovery: u64,
    pub(crate) resets: u64,
    pub(crate) power_cycles: u64,
    pub(crate) looks: u64,
    /// Cards compared with one made from their image, or from a fork without power.
    pub(crate) twins: u64,
    /// Torn presentations compared with those of the other PIN.
    pub(crate) guesses: u64,
    /// Tears after which the old state was seen, or the new one.
    pub(crate) old_seen: u64,
    pub(crate) new_seen: u64,
    /// Most states that were possible at once.
    pub(crate) possible_max: u64,
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Tally {
    /// Adds what a whole history came to.
    pub(crate) fn end_history(&mut self, history: Self) {
        let tears = history.tears + history.tears_in_recovery;
        self.histories += 1;
        self.whole += u64::from(history.commands >= COMMANDS_MIN && tears >= TEARS_MIN);
        self.add(history);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.histories += other.histories;
        self.whole += other.whole;
        self.commands += other.commands;
        self.changes += other.changes;
        self.tears += other.tears;
        self.tears_in_recovery += other.tears_in_recovery;
        self.resets += other.resets;
        self.power_cycles += other.power_cycles;
        self.looks += other.looks;
        self.twins += other.twins;
        self.guesses += other.guesses;
        self.old_seen += other.old_seen;
        self.new_seen += other.new_seen;
        self.possible_max = self.possible_max.max(other.possible_max);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
    }

    /// Panics unless the histories of one kind of card went everywhere they should.
    pub(crate) fn require_breadth(&self, name: &str) {
        let each = |count: u64, at_least: u64, what: &str| {
            assert!(count >= at_least * self.histories, "{name}: {what}: {count}\n{self}");
        };
        each(self.commands, COMMANDS_MIN, "commands");
        each(self.tears, TEARS_MIN, "tears of commands");
        each(self.tears_in_recovery, 2, "tears in recovery");
        each(self.changes, 8, "answered changes");
        each(2 * self.old_seen, 1, "tears that left the old state");
        each(2 * self.new_seen, 1, "tears that left the new state");
        each(self.resets, 1, "resets");
        each(self.power_cycles, 1, "power cycles");
        each(self.looks, 2, "looks");
        each(5 * self.guesses, 1, "torn presentations");
        each(5 * self.twins, 1, "twins");
        assert!(5 * self.whole >= 4 * self.histories, "{name}: four of five are whole\n{self}");
    }

    /// Panics unless every status word the model knows was answered.
    pub(crate) fn require_statuses(&self) {
        for status in STATUSES {
            assert!(self.statuses.contains_key(&status), "{status:04X} was never answered\n{self}");
        }
    }

    /// One line.
    pub(crate) fn in_short(&self) -> String {
        let Self { histories, whole, commands, changes, tears, tears_in_recovery, .. } = self;
        format!(
            "{histories} histories, {whole} of them whole; {commands} commands, {changes} answered \
             changes, {tears} tears and {tears_in_recovery} in recovery; old state seen {} times, \
             new state {}",
            self.old_seen, self.new_seen
        )
    }
}

/// Every status word the model knows; 6100 stands for any 61XX.
#[rustfmt::skip]
const STATUSES: [u16; 26] = [
    0x9000, 0x6100, 0x6282, 0x63C0, 0x63C1, 0x63C2, 0x63C3, 0x63C4, 0x63C5, 0x63C6, 0x6700, 0x6881,
    0x6981, 0x6982, 0x6983, 0x6985, 0x6986, 0x6A80, 0x6A81, 0x6A82, 0x6A83, 0x6A84, 0x6A86, 0x6A88,
    0x6B00, 0x6D00,
];

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} histories, {} of them whole", self.histories, self.whole)?;
        let per_history = |count: u64| count as f64 / self.histories.max(1) as f64;
        for (count, what) in [
            (self.commands, "commands"),
            (self.changes, "answered changes"),
            (self.tears, "tears of a command"),
            (self.tears_in_recovery, "tears in recovery"),
            (self.resets, "resets"),
            (self.power_cycles, "power cycles"),
            (self.looks, "looks at everything"),
            (self.twins, "comparisons with a twin"),
            (self.guesses, "torn presentations compared"),
            (self.old_seen, "old states seen after a tear"),
            (self.new_seen, "new states seen after a tear"),
        ] {
            writeln!(f, "{:8.2} {what} in each", per_history(count))?;
        }
        writeln!(f, "{:8} states possible at once, at most", self.possible_max)?;
        for (status, count) in &self.statuses {
            writeln!(f, "    {status:04X} {count}")?;
        }
        Ok(())
    }
}
