//! `tessera info`: what is on a card or in an image.

use super::Outcome;

/// Tell what is on a card or in an image.
#[derive(clap::Args)]
pub(crate) struct Info {}

impl Info {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
