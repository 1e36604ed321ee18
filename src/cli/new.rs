//! `tessera new`: makes a card image from a profile.

use super::Outcome;

/// Make a card image from a profile.
#[derive(clap::Args)]
pub(crate) struct New {}

impl New {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
