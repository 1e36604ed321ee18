//! Which card a verb works on: a built-in profile, a profile file or an image, all named alike.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use tessera::{
    Card, Profile,
    card::PersonaliseError,
    image::{self, FileError, ImageFile},
    profile::{self, ProfileError},
    reader::Slot,
};

/// The card named on the command line.
#[derive(clap::Args)]
pub(crate) struct CardArguments {
    /// Work on a new card of this profile (a built-in name or a file), or on the card in this image
    #[arg(long, short, value_name = "PROFILE|IMAGE", default_value = profile::DEFAULT)]
    pub(crate) card: String,
    /// Keep the card in this file: opened if it is there, else made from --card
    #[arg(long, short, value_name = "FILE")]
    pub(crate) image: Option<PathBuf>,
}

/// Why there is no card to work on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CardError {
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("profile {profile}: {error}")]
    Personalise { profile: String, error: PersonaliseError },
}

impl CardArguments {
    /// The card in a slot, kept in its image when one is named.
    pub(crate) fn keep(&self) -> Result<Slot, CardError> {
        keep(&self.card, self.image.as_deref(), false)
    }

    /// The card to look at, without power: that of the image when one is named, and then it must be
    /// there.
    pub(crate) fn look(&self) -> Result<Card, CardError> {
        match &self.image {
            Some(path) => Ok(image::open_file(path)?),
            None => named(&self.card),
        }
    }
}

/// A slot with the card kept in `image` if that is there, else with the one `name` stands for. The
/// one way of all verbs: claimed before it is read, for what another keeper saves in between would
/// be lost.
pub(crate) fn keep(name: &str, image: Option<&Path>, synced: bool) -> Result<Slot, CardError> {
    let Some(path) = image else { return Ok(Slot::new(named(name)?)) };
    let file = ImageFile::claim(path)?.synced(synced);
    let card = match file.open()? {
        Some(card) => card,
        None => named(name)?,
    };
    let mut slot = Slot::new(card);
    slot.keep_in(file)?;
    Ok(slot)
}

/// A new card of a profile, or a copy of the one in an image: neither is kept.
pub(crate) fn named(name: &str) -> Result<Card, CardError> {
    if is_image(Path::new(name)) {
        return Ok(image::open_file(Path::new(name))?);
    }
    let profile = Profile::load(name)?;
    Card::from_profile(&profile)
        .map_err(|error| CardError::Personalise { profile: profile.name.clone(), error })
}

fn is_image(path: &Path) -> bool {
    let mut mark = [0; image::MARK.len()];
    // Nothing is taken from a pipe, whose bytes would be missing later.
    path.is_file()
        && File::open(path)
            .is_ok_and(|mut file| file.read_exact(&mut mark).is_ok() && mark == *image::MARK)
}
