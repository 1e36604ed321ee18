//! `tessera serve`: puts cards into virtual PC/SC readers.

use super::Outcome;

/// Put cards into vsmartcard's virtual PC/SC readers.
#[derive(clap::Args)]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
