//! A card of several applications: they lie side by side under an MF that is an applet itself.

use tessera_master::Master;
use tessera_social_security::SocialSecurity;
use toml::Spanned;

use super::{
    Installation, Limits, ProfileError, Source, items,
    keys::{self, Keys},
    master, purse, words,
};
use crate::trace::Vocabulary;

/// The sections of such a card.
pub(super) struct Several {
    pub(super) keys: Option<Spanned<keys::Section>>,
    pub(super) social_security: Option<items::Section>,
    pub(super) purse: Option<purse::Section>,
}

impl Several {
    pub(super) const fn is_empty(&self) -> bool {
        self.social_security.is_none() && self.purse.is_none()
    }

    /// The MF, and the applications.
    pub(super) fn installations(
        self,
        source: &Source<'_>,
        historical: &[u8],
        limits: &Limits,
    ) -> Result<Vec<Installation>, ProfileError> {
        let keys = match &self.keys {
            Some(section) => Some(Keys::read(source, section.get_ref(), historical)?),
            None => None,
        };
        let mut applets = Vec::new();
        if let Some(section) = self.social_security {
            applets.push(Installation {
                name: "social-security".into(),
                applet: &SocialSecurity,
                data: items::installation_data(source, section, keys.as_ref())?,
                segment_bytes: None,
                parent: 0,
            });
        }
        if let Some(section) = self.purse {
            applets.push(purse::installation(source, &section)?);
        }
        let mf = Installation {
            name: "master".into(),
            applet: &Master,
            data: master::installation_data(historical, limits, &applets),
            segment_bytes: Some(master::SEGMENT_BYTES),
            parent: 0,
        };
        applets.insert(0, mf);
        Ok(applets)
    }
}

/// What the files of its applications are called.
pub(super) fn vocabulary(applets: &[Installation]) -> Vocabulary {
    let mut vocabulary = words::vocabulary();
    if applets.iter().any(|with| with.name == purse::NAME) {
        vocabulary.dfs.push(purse::words());
    }
    vocabulary
}
