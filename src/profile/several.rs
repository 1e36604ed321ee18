//! A card of several applications: they lie side by side under an MF that is an applet itself.

use tessera_master::Master;
use tessera_social_security::SocialSecurity;
use toml::Spanned;

use super::{
    Installation, Limits, ProfileError, Source, account, employer, items,
    keys::{self, Keys},
    library, master, medical, purse, words,
};
use crate::trace::Vocabulary;

/// What messages call the environment.
const ENVIRONMENT: &str = "social-security";

/// The sections of such a card.
pub(super) struct Several {
    pub(super) keys: Option<Spanned<keys::Section>>,
    pub(super) social_security: Option<items::Section>,
    pub(super) purse: Option<purse::Section>,
    pub(super) medical_account: Option<Spanned<medical::Section>>,
    pub(super) library: Option<library::Section>,
    pub(super) employer: Option<employer::Section>,
}

impl Several {
    pub(super) const fn is_empty(&self) -> bool {
        self.social_security.is_none()
            && self.purse.is_none()
            && self.medical_account.is_none()
            && self.library.is_none()
            && self.employer.is_none()
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
        // Those below the environment, which is the first behind the MF; without it they lie there.
        let environment = u8::from(self.social_security.is_some());
        if let Some(section) = self.social_security {
            applets.push(Installation {
                name: ENVIRONMENT.into(),
                applet: &SocialSecurity,
                data: items::installation_data(source, section, keys.as_ref())?,
                segment_bytes: None,
                parent: 0,
            });
        }
        if let Some(section) = self.purse {
            applets.push(purse::installation(source, &section)?);
        }
        if let Some(section) = self.medical_account {
            let environment = below_environment(source, &section, &applets)?;
            for with in applets.iter().filter(|with| with.name == ENVIRONMENT) {
                account::refuse_off_line(source, section.span(), &with.data)?;
            }
            let account = section.get_ref();
            applets.push(medical::installation(source, account, keys.as_ref(), environment)?);
        }
        if let Some(section) = self.library {
            applets.push(library::installation(source, &section, keys.as_ref(), environment)?);
        }
        if let Some(section) = self.employer {
            applets.push(employer::installation(source, &section, keys.as_ref(), environment)?);
        }
        name_children(&mut applets);
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

/// The place, the MF counted, of the environment that an application's section needs.
fn below_environment<T>(
    source: &Source<'_>,
    section: &Spanned<T>,
    applets: &[Installation],
) -> Result<u8, ProfileError> {
    let place = applets.iter().position(|with| with.name == ENVIRONMENT);
    place.map(|place| place as u8 + 1).ok_or_else(|| {
        source.wrong(section.span(), "[social-security] beside this section", "none")
    })
}

/// The environment answers the applications below it, and no other.
fn name_children(applets: &mut [Installation]) {
    let Some(place) = applets.iter().position(|with| with.name == ENVIRONMENT) else { return };
    let below = applets.iter().filter(|with| usize::from(with.parent) == place + 1);
    let names = below.flat_map(|with| {
        let name = with.applet.descriptor().aid.as_bytes();
        [&[name.len() as u8], name].concat()
    });
    let names: Vec<u8> = names.collect();
    if let (false, Some(environment)) = (names.is_empty(), applets.get_mut(place)) {
        items::push(&mut environment.data, items::CHILDREN, &names);
    }
}

/// What the files of its applications are called.
pub(super) fn vocabulary(applets: &[Installation]) -> Vocabulary {
    let environment = applets.iter().find(|with| with.name == ENVIRONMENT);
    let mut vocabulary = words::vocabulary(environment.map_or(&[], |with| &with.data));
    for with in applets {
        match with.name.as_str() {
            purse::NAME => vocabulary.dfs.push(purse::words()),
            medical::NAME => vocabulary.dfs.push(medical::words()),
            library::NAME => vocabulary.dfs.push(library::words()),
            employer::NAME => vocabulary.dfs.push(employer::words()),
            _ => {}
        }
    }
    vocabulary
}
