//! `tessera vectors`: runs vector files against a card.

use super::Outcome;

/// Run vector files against a card.
#[derive(clap::Args)]
pub(crate) struct Vectors {}

impl Vectors {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
