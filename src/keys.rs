//! Keys of the social-security family: root keys by label, and what they become on a card.
//!
//! A root key never lies on a card. A card has what becomes of it by diversification: a key of
//! three levels passes province, city and card, one of two city and card (key index table of 2013).
//! The test roots are public: the first 16 bytes of SHA-256 over a prefix and the label.

use crate::cryptography::cipher::{Algorithm, Key, diversify};
use sha2::{Digest as _, Sha256};

/// Prefix of the labels whose digests are the test roots.
pub const TEST_PREFIX: &str = "VSC-TEST";

/// Bytes of a factor.
pub const FACTOR_BYTES: usize = 8;

/// A factor: what a key is diversified by.
pub type Factor = [u8; FACTOR_BYTES];

/// The public root key of a label: the first 16 bytes of SHA-256 over `PREFIX:LABEL`.
///
/// ```
/// use tessera::keys;
/// let root = keys::root(keys::TEST_PREFIX, "UKSSSE");
/// assert_eq!(hex::encode_upper(root), "E6AE3D2843156636B257A425284A6CDD");
/// ```
#[must_use]
pub fn root(prefix: &str, label: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(format!("{prefix}:{label}")).into();
    core::array::from_fn(|at| digest[at])
}

/// The factor of a province: two digits of the region, 0000, and `sh` (published reader code).
#[must_use]
pub const fn province_factor(region: Region) -> Factor {
    let [first, second, ..] = region.0;
    [first, second, b'0', b'0', b'0', b'0', b's', b'h']
}

/// The factor of a city: six digits of the region, and `sx` (published reader code).
#[must_use]
pub const fn city_factor(region: Region) -> Factor {
    let [a, b, c, d, e, f] = region.0;
    [a, b, c, d, e, f, b's', b'x']
}

/// The factor of a card: the last eight historical bytes of its ATR; `None` when there are fewer.
#[must_use]
pub fn card_factor(historical: &[u8]) -> Option<Factor> {
    historical.last_chunk().copied()
}

/// A region of GB/T 2260: six digits, as characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region([u8; 6]);

impl Region {
    /// A region; `None` unless these are six digits.
    #[must_use]
    pub fn new(digits: &str) -> Option<Self> {
        let region: [u8; 6] = digits.as_bytes().try_into().ok()?;
        region.iter().all(u8::is_ascii_digit).then_some(Self(region))
    }

    /// The region a card writes as three bytes of packed digits; `None` when they are none.
    #[must_use]
    pub fn packed(bytes: [u8; 3]) -> Option<Self> {
        Self::new(&hex::encode(bytes))
    }

    /// Its six digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// By how many factors a root becomes a card's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Levels {
    /// City and card: a second-level national key or a provincial one.
    Two,
    /// Province, city and card: a first-level national key.
    Three,
}

/// Whose keys: the region that issues the card, and the card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The issuing region.
    pub region: Region,
    /// The card's factor.
    pub card: Factor,
}

impl Owner {
    /// The factors of so many levels, in the order they are applied.
    #[must_use]
    pub fn factors(&self, levels: Levels) -> Vec<Factor> {
        let city_and_card = [city_factor(self.region), self.card];
        match levels {
            Levels::Two => city_and_card.to_vec(),
            Levels::Three => {
                [province_factor(self.region)].into_iter().chain(city_and_card).collect()
            }
        }
    }

    /// The key a root becomes on this card: triple DES, or SM4.
    #[must_use]
    pub fn key(&self, algorithm: KeyAlgorithm, root: [u8; 16], levels: Levels) -> Option<Key> {
        let root = Key::new(algorithm.cipher(), &root)?;
        Some(self.factors(levels).iter().fold(root, |key, factor| diversify(&key, factor)))
    }
}

/// The cipher of a card's keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KeyAlgorithm {
    /// Triple DES: V1.0 and V2.0.
    #[default]
    TripleDes,
    /// SM4: V3.00.
    Sm4,
}

impl KeyAlgorithm {
    /// The block cipher.
    #[must_use]
    pub const fn cipher(self) -> Algorithm {
        match self {
            Self::TripleDes => Algorithm::TripleDes,
            Self::Sm4 => Algorithm::Sm4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(label: &str, region: &str, card: &str, levels: Levels) -> String {
        let owner = Owner {
            region: Region::new(region).unwrap(),
            card: hex::decode(card).unwrap().try_into().unwrap(),
        };
        let key = owner.key(KeyAlgorithm::TripleDes, root(TEST_PREFIX, label), levels).unwrap();
        hex::encode_upper(key.as_slice())
    }

    #[test]
    fn known_answers_of_two_and_three_levels() {
        for (label, region, card, levels, expected) in [
            (
                "UKSSSE",
                "330400",
                "8601330400000298",
                Levels::Two,
                "AA5DEA529AE898E7FCFF9122BD86A7D5",
            ),
            (
                "RK1DF04",
                "330400",
                "8601330400000298",
                Levels::Three,
                "5B95485649E4AF894C6576D7D1E49F8D",
            ),
            (
                "IRK",
                "420100",
                "8684420100000135",
                Levels::Three,
                "BDF31EFF409D704DBD0D9DD7EFC3AD36",
            ),
        ] {
            assert_eq!(key(label, region, card, levels), expected, "{label}");
        }
    }

    #[test]
    fn a_region_is_six_digits_and_nothing_else() {
        for wrong in ["", "33040", "3304000", "33040A", "３３０４００"] {
            assert_eq!(Region::new(wrong), None, "{wrong}");
        }
        assert_eq!(Region::packed([0x33, 0x04, 0x0A]), None);
        assert_eq!(Region::packed([0x33, 0x04, 0x00]), Region::new("330400"));
    }

    #[test]
    fn a_card_without_eight_historical_bytes_has_no_factor() {
        assert_eq!(card_factor(&[0; 7]), None);
        assert_eq!(card_factor(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), Some([2, 3, 4, 5, 6, 7, 8, 9]));
    }
}
