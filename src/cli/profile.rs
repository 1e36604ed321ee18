//! `tessera profile`: the built-in profiles, to look at and to start one's own from.

use std::process::ExitCode;

use tessera::{Profile, profile};

use super::{Outcome, say};

/// List the built-in profiles, or print one to start your own from.
#[derive(clap::Args)]
pub(crate) struct PrintProfile {
    /// The one to print
    name: Option<String>,
}

impl PrintProfile {
    pub(crate) fn run(self) -> Outcome {
        match self.name {
            Some(name) => {
                let profile = Profile::load(&name)?;
                say(profile.source.trim_end());
                // Beside the text, which may go into a file.
                profile
                    .warnings()
                    .iter()
                    .for_each(|warning| eprintln!("tessera: warning: {warning}"));
            }
            None => {
                for name in profile::names() {
                    let source = Profile::load(name)?.source;
                    let first = source.lines().next().unwrap_or_default();
                    say(&format!("{name:<24} {}", first.trim_start_matches("# ")));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
