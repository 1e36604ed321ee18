//! Installation data of the security module of terminals for social-security cards: its files, and
//! every key that such a module can have.
//!
//! ```toml
//! [keys]                                  # as on a user card; here the roots themselves
//! region = "330400"
//!
//! [social-security-psam]
//! terminal = "330400112233"               # twelve digits: region, number from the issuer
//! serial = "33049901000000000002"         # twenty digits
//! number = 1                              # of the next transaction
//! key-version = 1                         # which of up to three versions of the keys it has
//! valid = ["20250101", "20451231"]        # first and last day
//! mac2-tries = 15                         # wrong MAC2 in a row that lock the application, 1 to 15
//! pin = "123456"                          # must be shown before a key is used; leave out for none
//! ```
//!
//! Files and key numbers are public (PSAM application guide and key index table of 2013), but for
//! those of ledger, library and employer cards and for the city's purchase keys (own design).

use serde::Deserialize;
use tessera_cos::cipher::{Key, diversify};
use tessera_psam::{
    MF_NAME, Psam,
    install::{BINARY, DF, KEY, RECORDS, SM4, UPDATES_WITH_MAC},
    usage::Usage,
};
use tessera_social_security::keys::KEYS;
use toml::Spanned;

use super::{Installation, ProfileError, Source, keys::Keys, psam::object};
use crate::keys::{KeyAlgorithm, city_factor};

/// What messages call it.
pub(super) const NAME: &str = "social-security-psam";

/// Name of the application.
const DF01_NAME: [u8; 6] = [0xD1, 0x56, 0x00, 0x00, 0x05, 0x90];

/// Right bytes: free, never, with the PIN.
const FREE: u8 = 0xF0;
const NEVER: u8 = 0xEF;
const WITH_PIN: u8 = 0xF1;

/// Tries of a PIN and of the card's own keys, and of MAC2 where the profile says nothing.
const TRIES: u8 = 3;
const MAC2_TRIES: u8 = 15;

/// Usage byte of purchase keys by so many levels.
const PURCHASE_BY_ONE: u8 = 0x22;
const PURCHASE_BY_TWO: u8 = 0x42;

/// Keys that no table has (own design): label, usage byte, identifier.
const OWN: [(&str, u8, u8); 11] = [
    ("ML-DPK1", PURCHASE_BY_TWO, 0x91),
    ("ML-DPK2", PURCHASE_BY_TWO, 0x92),
    ("ML-DPK3", PURCHASE_BY_TWO, 0x93),
    ("ML-RK1", 0x47, 0x94),
    ("ML-SK", 0x46, 0x99),
    ("LB-UK1", 0x47, 0xA1),
    ("LB-UK2", 0x47, 0xA2),
    ("EC-RK1", 0x47, 0xA8),
    ("EC-UK1", 0x47, 0xA9),
    ("EC-UK2", 0x47, 0xAA),
    ("EC-UK3", 0x47, 0xAB),
];

/// Labels of the module's own keys, triple DES always: the one that loads others, and that of
/// updates.
const MASTER: &str = "PSAM-MK";
const MAINTENANCE: &str = "PSAM-STK";

/// `[social-security-psam]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    terminal: Spanned<String>,
    #[serde(default)]
    serial: Option<Spanned<String>>,
    #[serde(default)]
    number: Option<u32>,
    #[serde(default)]
    key_version: Option<Spanned<u8>>,
    #[serde(default)]
    valid: Option<[Spanned<String>; 2]>,
    #[serde(default)]
    mac2_tries: Option<Spanned<u8>>,
    #[serde(default)]
    pin: Option<Spanned<String>>,
}

/// The applet that is the whole card, and its keys.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
    keys: &Keys,
) -> Result<Installation, ProfileError> {
    let [version, tries] = [
        small(source, section.key_version.as_ref(), 1, 3, "a version of 1 to 3")?,
        small(source, section.mac2_tries.as_ref(), MAC2_TRIES, 15, "1 to 15 tries")?,
    ];
    let terminal = digits::<6>(source, &section.terminal)?;
    let serial = match &section.serial {
        Some(serial) => digits::<10>(source, serial)?,
        None => [0x33, 0x04, 0x99, 0x01, 0, 0, 0, 0, 0, 0x02],
    };
    let [from, to] = match &section.valid {
        Some([from, to]) => [digits::<4>(source, from)?, digits::<4>(source, to)?],
        None => [[0x20, 0x25, 0x01, 0x01], [0x20, 0x45, 0x12, 0x31]],
    };
    let mut data = Vec::new();
    object(&mut data, DF, &[&[0x3F, 0x00, TRIES], MF_NAME].concat());
    // Organisation, serial number, version, type of key card, reserved.
    binary(&mut data, 0x0015, FREE, &[&[1][..], &serial, &[1, 1, 0, 0]].concat());
    binary(&mut data, 0x0016, FREE, &terminal);
    let entry = [&[0x61, 0x08, 0x4F, 0x06][..], &DF01_NAME].concat();
    let head = [0x00, 0x01, FREE, FREE, UPDATES_WITH_MAC, entry.len() as u8];
    object(&mut data, RECORDS, &[&head, &*entry].concat());
    own_key(&mut data, 0x01, &keys.root(MAINTENANCE));
    object(&mut data, DF, &[&[0xDF, 0x01, tries], &DF01_NAME[..]].concat());
    binary(&mut data, 0x0019, NEVER, &section.number.unwrap_or(1).to_be_bytes());
    // National, provincial and city data: index of the purchase key, version of the others, dates.
    for fid in 0x001A..=0x001C {
        binary(&mut data, fid, FREE, &[&[1, version][..], &from, &to].concat());
    }
    own_key(&mut data, 0x00, &keys.root(MASTER));
    own_key(&mut data, 0x01, &keys.root(MAINTENANCE));
    let right = match &section.pin {
        None => FREE,
        Some(pin) => {
            let usage = Usage(0x0D);
            let head = [usage.0, 0x00, 0x00, FREE, usage.register(), TRIES];
            object(&mut data, KEY, &[&head, &*pin_bytes(source, pin)?].concat());
            WITH_PIN
        }
    };
    terminal_keys(&mut data, keys, version, right);
    Ok(Installation {
        name: NAME.into(),
        applet: &Psam::SOCIAL_SECURITY,
        data,
        segment_bytes: None,
        parent: 0,
    })
}

/// Root keys of all that a terminal may do, and the purchase keys of the city.
fn terminal_keys(data: &mut Vec<u8>, keys: &Keys, version: u8, right: u8) {
    let (cipher, algorithm) = match keys.algorithm() {
        KeyAlgorithm::TripleDes => (KeyAlgorithm::TripleDes.cipher(), 0x00),
        KeyAlgorithm::Sm4 => (KeyAlgorithm::Sm4.cipher(), SM4),
    };
    let mut push = |usage: u8, kid: u8, key: &[u8]| {
        object(data, KEY, &[&[usage, kid, algorithm, right, 0, 0], key].concat());
    };
    for entry in KEYS.iter().filter(|entry| entry.psam_usage != 0) {
        let root = match entry.psam_usage {
            // Their three groups are the three identifiers.
            PURCHASE_BY_TWO => keys.root(entry.label),
            _ => keys.root(&Keys::label(entry.label, version.min(entry.groups))),
        };
        push(entry.psam_usage, entry.psam_kid, &root);
        if entry.psam_usage == PURCHASE_BY_TWO
            && let Some(root) = Key::new(cipher, &root)
        {
            let city = diversify(&root, &city_factor(keys.region()));
            push(PURCHASE_BY_ONE, entry.psam_kid, city.as_slice());
        }
    }
    for (label, usage, kid) in OWN {
        push(usage, kid, &keys.root(label));
    }
}

/// A key of the module's own, version 00.
fn own_key(data: &mut Vec<u8>, usage: u8, key: &[u8; 16]) {
    let register = Usage(usage).register();
    object(data, KEY, &[&[usage, 0x00, 0x00, FREE, register, TRIES], &key[..]].concat());
}

fn binary(data: &mut Vec<u8>, fid: u16, update: u8, content: &[u8]) {
    let [f0, f1] = fid.to_be_bytes();
    object(data, BINARY, &[&[f0, f1, FREE, update, UPDATES_WITH_MAC], content].concat());
}

/// A number of 1 up to the highest there is.
fn small(
    source: &Source<'_>,
    value: Option<&Spanned<u8>>,
    usual: u8,
    max: u8,
    expected: &str,
) -> Result<u8, ProfileError> {
    match value {
        None => Ok(usual),
        Some(value) if (1..=max).contains(value.get_ref()) => Ok(*value.get_ref()),
        Some(value) => Err(source.wrong(value.span(), expected, value.get_ref().to_string())),
    }
}

/// Packed decimal digits.
fn digits<const N: usize>(
    source: &Source<'_>,
    text: &Spanned<String>,
) -> Result<[u8; N], ProfileError> {
    let bytes = source.bytes::<N>(text)?;
    if hex::encode(bytes).bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(bytes);
    }
    let expected = format!("{} decimal digits", 2 * N);
    Err(source.wrong(text.span(), &expected, format!("{:?}", text.get_ref())))
}

fn pin_bytes(source: &Source<'_>, pin: &Spanned<String>) -> Result<Vec<u8>, ProfileError> {
    let bytes = source.hex(pin)?;
    if (2..=8).contains(&bytes.len()) {
        return Ok(bytes);
    }
    Err(source.wrong(pin.span(), "a PIN of 2 to 8 bytes", format!("{} bytes", bytes.len())))
}
