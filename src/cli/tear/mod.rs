//! `tessera tear`: power failing at every place: a failure shown again, commands torn, the report.

mod commands;
mod designs;
mod endurance;
mod replay;
mod report;
mod rollback;
mod words;

use std::{num::NonZero, path::PathBuf, thread};

use tessera::{explore::Explorer, profile, vectors::Collection};

use super::{Failure, Outcome};

/// Cut the power in every pulse of a command and of its recovery.
///
/// tessera tear 'LINE' runs again what a failed exploration has printed, and tells it pulse by
/// pulse. tessera tear [CARD] -- HEX... tears these commands, each as those before it leave the
/// card, and prints a table. tessera tear --report does it to every command of every vector. The
/// exit code is 1 when a promise is not kept.
#[derive(clap::Args)]
pub(crate) struct Tear {
    /// A line to run again, in quotes; or, before -- and commands, the card for them
    #[arg(value_name = "LINE|PROFILE|IMAGE", required_unless_present_any = ["report", "commands", "demo_rollback"])]
    what: Option<String>,
    /// Commands to tear
    #[arg(last = true, value_name = "HEX")]
    commands: Vec<String>,
    /// The card of a line that names none
    #[arg(long, short, value_name = "PROFILE|IMAGE", default_value = profile::DEFAULT)]
    card: String,
    /// Tears one behind the other
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=5))]
    cuts: u32,
    /// Tear every command of every vector and print what came of it, in Markdown
    #[arg(long, conflicts_with_all = ["what", "commands"])]
    report: bool,
    /// Show a textbook's counter rolled back by one tear, and the card's own under the same tears
    #[arg(long, conflicts_with_all = ["what", "commands", "report"])]
    demo_rollback: bool,
    /// With --report: so many tears with bits at drawn values too, shared out among the commands
    #[arg(long, value_name = "N", default_value_t = 0)]
    concrete: u64,
    /// With --report: what the drawn values hang on
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where the vectors are
    #[arg(long, value_name = "DIR", default_value = "vectors")]
    vectors: PathBuf,
    /// Work on so many threads; as many as there are processors unless said
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Tear {
    pub(crate) fn run(self) -> Outcome {
        if self.demo_rollback {
            return rollback::demonstrate();
        }
        if self.report {
            return self.report();
        }
        match (&self.what, self.commands.as_slice()) {
            (what, commands @ [_, ..]) => {
                commands::tear(what.as_ref().unwrap_or(&self.card), commands, &self.explorer())
            }
            (Some(line), []) => replay::replay(line, &self),
            (None, []) => Err("there is nothing to tear: give a line, commands or --report".into()),
        }
    }

    fn explorer(&self) -> Explorer {
        Explorer { cuts: self.cuts, ..Explorer::default() }
    }

    fn collection(&self) -> Result<Collection, Failure> {
        Ok(Collection::load(std::slice::from_ref(&self.vectors))?)
    }

    fn threads(&self) -> usize {
        let here = || thread::available_parallelism().map_or(1, NonZero::get);
        self.threads.unwrap_or_else(here)
    }
}

/// With a comma between groups of three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let grouped = [0, 999, 1000, 1_234_567].map(thousands);
        assert_eq!(grouped, ["0", "999", "1,000", "1,234,567"]);
    }
}
