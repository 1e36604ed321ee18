//! `tessera new`: makes a card image from a profile.

use std::{path::PathBuf, process::ExitCode};

use tessera::image;

use super::{Outcome, cards, say};

/// Make a card image from a profile.
#[derive(clap::Args)]
pub(crate) struct New {
    /// Profile: a built-in name or a file
    profile: String,
    /// The image to make
    image: PathBuf,
    /// Replace a file that is there
    #[arg(long, short)]
    force: bool,
}

impl New {
    pub(crate) fn run(self) -> Outcome {
        if self.image.exists() && !self.force {
            let message = format!("{} is there already; --force replaces it", self.image.display());
            return Err(message.into());
        }
        let card = cards::open(&self.profile, None)?;
        // Nobody's card is replaced under his feet.
        let _lock = image::lock(&self.image)?;
        image::save_file(&self.image, &card)?;
        say(&format!(
            "{}: {} of {} bytes, personalised with {} pulses",
            self.image.display(),
            card.profile().name,
            card.memory().len(),
            card.pulses()
        ));
        Ok(ExitCode::SUCCESS)
    }
}
