//! `tessera ctl`: speaks to a running serve.

use super::Outcome;

/// Speak to a running serve: tear, remove, insert, reset, dump, trace.
#[derive(clap::Args)]
pub(crate) struct Ctl {}

impl Ctl {
    pub(crate) fn run(self) -> Outcome {
        Err("under construction".into())
    }
}
