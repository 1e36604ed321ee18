//! Which card a verb works on: a built-in profile, a profile file or an image, all named alike.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use tessera::{
    Card, Profile,
    card::PersonaliseError,
    image::{self, ImageError},
    profile::{self, ProfileError},
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
    #[error("{path}: {error}")]
    Image { path: PathBuf, error: ImageError },
    #[error("profile {profile}: {error}")]
    Personalise { profile: String, error: PersonaliseError },
}

impl CardArguments {
    /// The card, without power.
    pub(crate) fn open(&self) -> Result<Card, CardError> {
        open(&self.card, self.image.as_deref())
    }
}

/// The card kept in `image` if that is there, else the one `name` stands for.
pub(crate) fn open(name: &str, image: Option<&Path>) -> Result<Card, CardError> {
    match image {
        Some(path) if path.exists() => open_image(path),
        _ => open_named(name),
    }
}

fn open_named(name: &str) -> Result<Card, CardError> {
    if is_image(Path::new(name)) {
        return open_image(Path::new(name));
    }
    let profile = Profile::load(name)?;
    Card::from_profile(&profile)
        .map_err(|error| CardError::Personalise { profile: profile.name.clone(), error })
}

fn open_image(path: &Path) -> Result<Card, CardError> {
    image::open_file(path).map_err(|error| named(path, error))
}

fn named(path: &Path, error: ImageError) -> CardError {
    CardError::Image { path: path.into(), error }
}

fn is_image(path: &Path) -> bool {
    let mut mark = [0; image::MARK.len()];
    File::open(path)
        .is_ok_and(|mut file| file.read_exact(&mut mark).is_ok() && mark == *image::MARK)
}
