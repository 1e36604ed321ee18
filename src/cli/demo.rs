//! `tessera demo`: a clinic visit on a fresh card, with the power pulled.

use super::Outcome;

/// Show the card at work: a clinic visit, a torn update, the card coming back whole.
#[derive(clap::Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
