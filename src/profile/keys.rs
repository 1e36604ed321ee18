//! Keys of a card's social-security family: the section `[keys]`, and what it makes of a label.
//!
//! ```toml
//! [keys]
//! region = "330400"       # the issuing region, of the city factor and the province factor
//! algorithm = "3DES"      # or "SM4"
//! roots = "VSC-TEST"      # prefix of the label whose digest is the root key
//! versions = 1            # of each key that can have three, 1 to 3
//! maintenance-bytes = 16  # of STK and its like; the key index table has 8
//! [keys.own]              # root keys in place of those
//! UKSSSE = "00112233445566778899AABBCCDDEEFF"
//! ```
//!
//! The root key of version n, from 2 on, has the label `LABEL/n` (own choice). Without the section
//! a card has no keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use tessera_cos::cipher::Key;
use toml::Spanned;

use super::{ProfileError, Source};
use crate::keys::{self, KeyAlgorithm, Levels, Owner, Region, TEST_PREFIX};

/// `[keys]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    region: Spanned<String>,
    #[serde(default)]
    algorithm: Option<Spanned<String>>,
    #[serde(default)]
    roots: Option<String>,
    #[serde(default)]
    versions: Option<Spanned<u8>>,
    #[serde(default)]
    maintenance_bytes: Option<Spanned<u8>>,
    #[serde(default)]
    own: BTreeMap<String, Spanned<String>>,
}

/// The keys of one card, by label.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    owner: Owner,
    algorithm: KeyAlgorithm,
    roots: String,
    versions: u8,
    maintenance_bytes: u8,
    own: BTreeMap<String, [u8; 16]>,
}

impl Keys {
    /// Reads the section of a card with these historical bytes.
    pub(super) fn read(
        source: &Source<'_>,
        section: &Section,
        historical: &[u8],
    ) -> Result<Self, ProfileError> {
        let region = Region::new(section.region.get_ref()).ok_or_else(|| {
            let got = format!("{:?}", section.region.get_ref());
            source.wrong(section.region.span(), "a region of six digits", got)
        })?;
        let card = keys::card_factor(historical).ok_or_else(|| {
            let expected = "at least 8 historical bytes, by which keys are diversified";
            source.wrong(section.region.span(), expected, historical.len().to_string())
        })?;
        let algorithm = match &section.algorithm {
            None => KeyAlgorithm::TripleDes,
            Some(name) => match name.get_ref().as_str() {
                "3DES" => KeyAlgorithm::TripleDes,
                "SM4" => KeyAlgorithm::Sm4,
                other => {
                    let expected = "\"3DES\" or \"SM4\"";
                    return Err(source.wrong(name.span(), expected, format!("{other:?}")));
                }
            },
        };
        let versions = match &section.versions {
            None => 1,
            Some(versions) if (1..=3).contains(versions.get_ref()) => *versions.get_ref(),
            Some(versions) => {
                let got = versions.get_ref().to_string();
                return Err(source.wrong(versions.span(), "1 to 3 versions", got));
            }
        };
        let maintenance_bytes = match &section.maintenance_bytes {
            None => 16,
            Some(bytes) => match (bytes.get_ref(), algorithm) {
                (16, _) | (8, KeyAlgorithm::TripleDes) => *bytes.get_ref(),
                (other, _) => {
                    let expected = "16 bytes, or 8 with 3DES";
                    return Err(source.wrong(bytes.span(), expected, other.to_string()));
                }
            },
        };
        let mut own = BTreeMap::new();
        for (label, root) in &section.own {
            own.insert(label.clone(), source.bytes::<16>(root)?);
        }
        let roots = section.roots.clone().unwrap_or_else(|| TEST_PREFIX.into());
        Ok(Self {
            owner: Owner { region, card },
            algorithm,
            roots,
            versions,
            maintenance_bytes,
            own,
        })
    }

    /// The root key of a label.
    pub(super) fn root(&self, label: &str) -> [u8; 16] {
        self.own.get(label).copied().unwrap_or_else(|| keys::root(&self.roots, label))
    }

    /// What the root key of a label becomes on this card.
    pub(super) fn card_key(&self, label: &str, levels: Levels) -> Key {
        match self.owner.key(self.algorithm, self.root(label), levels) {
            Some(key) => key,
            None => unreachable!("sixteen bytes are a key of either cipher"),
        }
    }

    /// The label of a version of a key.
    pub(super) fn label(label: &str, version: u8) -> String {
        if version == 1 { label.into() } else { format!("{label}/{version}") }
    }

    /// Bytes of maintenance keys: 16, or 8, the first half of what diversification gives.
    pub(super) const fn maintenance_bytes(&self) -> usize {
        self.maintenance_bytes as usize
    }

    /// How many versions there are of each key that can have three.
    pub(super) const fn versions(&self) -> u8 {
        self.versions
    }

    /// The issuing region.
    pub(super) const fn region(&self) -> Region {
        self.owner.region
    }

    /// The cipher of all keys.
    pub(super) const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }
}
