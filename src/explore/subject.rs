//! What can be explored: a card, or an applet by itself.

use std::borrow::Cow;

use tessera_framework::Applet;

use super::Origin;
use crate::{
    Card, Profile,
    card::PersonaliseError,
    profile::{self, DEFAULT, Installation},
};

/// Memory of the card around an applet, in bytes.
const MEMORY_BYTES: u32 = 16_384;

/// Something whose commands can be torn.
///
/// A `&Card` is torn as it stands. A `&'static` applet, or a pair of it and its installation data,
/// gets a card of its own: the MF, this applet under it with half of 16 KiB, pages of 64 bytes, and
/// the built-in limits.
pub trait Subject {
    /// The card that is explored.
    ///
    /// # Errors
    /// The applet does not take its installation data, or has no room.
    fn card(&self) -> Result<Cow<'_, Card>, PersonaliseError>;
}

impl Subject for &Card {
    fn card(&self) -> Result<Cow<'_, Card>, PersonaliseError> {
        Ok(Cow::Borrowed(self))
    }
}

impl<A: Applet> Subject for &'static A {
    fn card(&self) -> Result<Cow<'_, Card>, PersonaliseError> {
        around(*self, &[]).map(Cow::Owned)
    }
}

impl<A: Applet> Subject for (&'static A, &[u8]) {
    fn card(&self) -> Result<Cow<'_, Card>, PersonaliseError> {
        around(self.0, self.1).map(Cow::Owned)
    }
}

impl Subject for (&'static dyn Applet, &[u8]) {
    fn card(&self) -> Result<Cow<'_, Card>, PersonaliseError> {
        around(self.0, self.1).map(Cow::Owned)
    }
}

fn around(applet: &'static dyn Applet, data: &[u8]) -> Result<Card, PersonaliseError> {
    let unsound = |error: crate::profile::ProfileError| PersonaliseError::Unsound {
        expected: "the built-in profile".into(),
        got: error.to_string(),
    };
    let mut profile = Profile::load(DEFAULT).map_err(unsound)?;
    profile.memory_bytes = MEMORY_BYTES;
    profile.applets.truncate(1);
    profile.applets.push(Installation {
        name: "applet".into(),
        applet,
        data: data.to_vec(),
        segment_bytes: Some(MEMORY_BYTES / 2),
        parent: 0,
    });
    Card::from_profile(&profile)
}

impl Origin {
    /// How to name `card` so that somebody else has the same one: by its profile when it is a new
    /// card of a built-in one, else not at all.
    pub(super) fn of(card: &Card) -> Self {
        let mut card = card.clone();
        card.power_off();
        let name = &card.profile().name;
        let built_in = profile::names().any(|built_in| built_in == name);
        let new = Profile::load(name).ok().and_then(|profile| Card::from_profile(&profile).ok());
        if built_in && new.as_ref() == Some(&card) {
            Self::Profile(name.clone())
        } else {
            Self::Given
        }
    }
}
