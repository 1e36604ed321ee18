//! A card whose MF belongs to the one applet that is all of it.

use std::ops::Range;

use toml::Spanned;

use super::{
    Installation, ProfileError, Source, fmcos, iso7816,
    keys::{self, Keys},
    psam, social_security_psam,
};

/// The sections of such a card; one of them, if any.
pub(super) struct Whole {
    pub(super) fmcos: Option<Spanned<fmcos::Section>>,
    pub(super) iso7816: Option<Spanned<iso7816::Section>>,
    pub(super) psam: Option<Spanned<psam::Section>>,
    pub(super) social_security_psam: Option<Spanned<social_security_psam::Section>>,
}

impl Whole {
    /// Where the sections stand.
    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        let places = [
            self.social_security_psam.as_ref().map(Spanned::span),
            self.psam.as_ref().map(Spanned::span),
            self.iso7816.as_ref().map(Spanned::span),
            self.fmcos.as_ref().map(Spanned::span),
        ];
        places.into_iter().flatten()
    }

    /// The applet; `None` when the card has none of the sections. `is_alone` says that it has no
    /// sections of another kind either.
    pub(super) fn installation(
        self,
        source: &Source<'_>,
        keys: Option<&Spanned<keys::Section>>,
        historical: &[u8],
        is_alone: bool,
    ) -> Result<Option<Installation>, ProfileError> {
        let Some(place) = self.places().next() else { return Ok(None) };
        if !is_alone || self.places().count() > 1 {
            let expected = "a section that brings the card's MF, alone";
            return Err(source.wrong(place, expected, "another section beside it"));
        }
        if let Some(section) = &self.social_security_psam {
            let Some(keys) = keys else {
                return Err(source.wrong(place, "a section [keys] beside it", "none"));
            };
            let keys = Keys::read(source, keys.get_ref(), historical)?;
            let section = section.get_ref();
            return social_security_psam::installation(source, section, &keys).map(Some);
        }
        match (self.fmcos, &self.iso7816, &self.psam) {
            (Some(section), ..) => fmcos::installation(source, section.into_inner()).map(Some),
            (_, Some(section), _) => iso7816::installation(source, section.get_ref()).map(Some),
            (.., Some(section)) => psam::installation(source, section.get_ref()).map(Some),
            _ => Ok(None),
        }
    }
}
