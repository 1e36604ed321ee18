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
///   tessera tear CARD -- HEX...  tear these commands, each as those before it leave the card
///   tessera tear 'LINE'          run again what a failed exploration has printed, pulse by pulse
///   tessera tear --report        tear every command of every vector
///
/// A line is `profile clinic: HEX HEX cut 5 | read 1 cut 2 | read 0`: pulse 5 of the last command
/// is torn; at power-up the word in doubt reads set, and pulse 2 is torn; at the next power-up the
/// word in doubt reads unset. The exit code is 1 when a promise is not kept.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
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
    /// Show a textbook counter rolled back by one tear, and the card's own under the same tears
    #[arg(long, conflicts_with_all = ["what", "commands", "report"])]
    demo_rollback: bool,
    /// With --report: so many tears with bits at drawn values too
    #[arg(long, value_name = "N", default_value_t = 0)]
    concrete: u64,
    /// With --report: seed of the drawn values
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where the vectors are
    #[arg(long, value_name = "DIR", default_value = "vectors")]
    vectors: PathBuf,
    /// Threads to work on [default: one for each processor]
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
