//! `tessera send`: sends hex commands to a card and decodes the answers.

use super::Outcome;

/// Send commands in hex to a card and decode its answers.
#[derive(clap::Args)]
pub(crate) struct Send {}

impl Send {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
