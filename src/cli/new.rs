//! `tessera new`: makes a card image from a profile.

use std::{path::PathBuf, process::ExitCode};

use tessera::image::ImageFile;

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
        let card = cards::named(&self.profile)?;
        // Nobody's card is replaced under his feet.
        let mut file = ImageFile::claim(&self.image)?;
        if file.exists() && !self.force {
            let message = format!("{} is there already; --force replaces it", self.image.display());
            return Err(message.into());
        }
        file.save(&card)?;
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
