//! A card described in a TOML file: line, memory, limits, applets and their data.
//!
//! This is the one place of the root crate that names applets. A third-party applet needs no change
//! here: a program that brings one pushes an [`Installation`] to [`Profile::applets`].
//!
//! ```toml
//! name = "my-card"
//! like = ["social-security-p16"]              # whose tables to take, see `like.rs`
//!
//! [card]
//! interface = "contactless"                   # or "contact"
//! historical = "00815653438601330400000298"   # historical bytes of ATR and ATS, up to 15
//! ats = "78 80 70 02"                         # interface bytes of the ATS: T0, TA, TB, TC
//! memory-bytes = 8192                         # 4 to 80 KiB
//! part = "page64"                             # memory part, see `nvm::Geometry`
//! seed = 1                                    # of the card's random source
//!
//! [card.line]                                 # contacts, as said in `line.rs`
//! protocols = ["T=0", "T=1"]
//!
//! [card.air]                                  # without contacts, as said in `air.rs`
//! uid = "04112233445566"
//!
//! [limits]
//! channels = 20                               # logical channels, 1 to 20
//! command-bytes = 2048                        # longest command data field, chains joined
//! response-bytes = 65536                      # longest response data field
//! commit-bytes = 512                          # commit capacity: the log of one transaction
//!
//! [social-security]
//! pin = "123456"                              # decimal digits, two a byte; leave out for none
//! version = "V2.0"            # the tables: V1.0, V2.0, or V3.0, which has those of V2.0
//! check-identification = true # the last four bytes of the identification code are to be right
//! files = "P8"                # P8, P16, P32, P80, or a list: ["SSSE/EF05", "DF01/EF07"]
//!
//! [social-security.holder]                    # the environment's items by name
//! name = "测试甲"
//!
//! [social-security.items]                     # any item: directory/file/tag
//! "DF01/EF07/29" = "1"
//! "DF01/EF15/40" = [{ 57 = "204", 58 = "080605", 59 = "示例大学" }]
//! "DF02/EF07" = [["6-18-01", "20120701", "20151231", "示例公司"]]   # a cyclic file, newest first
//! "SSSE/EF05/03" = { hex = "312E3030" }       # any bytes
//!
//! [social-security.account]                   # what the account of DF04 begins with,
//! balance = 100000                            # as said in `account.rs`
//!
//! [social-security.access]                    # a region's own conditions in place of the table's:
//! "DF01/EF06" = { update = "PIN" }    # free, never, PIN, key 86, PIN or key 86, PIN and key 86
//! "DF01/EF08" = { mac = true }        # updates carry a MAC of the directory's maintenance key
//! ```
//!
//! Instead of `[social-security]`, a blank card whose MF belongs to the applet itself:
//!
//! ```toml
//! [fmcos]
//! eeprom-bytes = 8192                         # of the chip, as its arithmetic of space goes
//! script = ["80E03F000D38FFFFF0F001FFFFFFFFFFFFFF"]   # commands, run when the card is made
//! ```
//!
//! ```toml
//! [iso7816]
//! pin = "123456"                              # global reference data 1; leave out for none
//! transport-key = { algorithm = "AES", key = "40414243..." }   # 3DES, AES, SM4; or none
//! ```
//!
//! Keys of the social-security family are one section for the whole card, `[keys]`, as said in
//! `keys.rs`; the medical account below the social-security card is `[medical-account]`, as said in
//! `medical.rs`. A terminal's security module has `[psam]`, as said in `psam.rs`, or
//! `[social-security-psam]`, as said in `social_security_psam.rs`.

mod access;
mod account;
mod air;
mod check;
mod employer;
mod extension;
mod files;
mod fmcos;
mod identification;
mod interfaces;
mod iso7816;
mod items;
mod keys;
mod library;
mod like;
mod line;
mod lint;
mod master;
mod medical;
mod psam;
mod purse;
mod several;
mod social_security_psam;
mod source;
mod values;
mod whole;
mod words;

use std::{fmt, fs, io::Read};

use serde::Deserialize;
use tessera_framework::{Applet, Interface};
use toml::Spanned;

use crate::link::{PiccType, contact};
use several::Several;
use source::Source;
use whole::Whole;

pub use air::Air;
pub(crate) use check::card_number_check;

/// Smallest and largest memory a card may have, in bytes.
pub const MEMORY_BYTES: std::ops::RangeInclusive<u32> = 4096..=81_920;

/// A card's description.
#[derive(Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The text it was read from; an image keeps it.
    pub source: String,
    /// How the card is read.
    pub interface: Interface,
    /// Historical bytes of ATR and ATS, at most 15.
    pub historical: Vec<u8>,
    /// How it speaks on contacts.
    pub line: contact::Parameters,
    /// What it is without contacts.
    pub air: Air,
    /// Size of the EEPROM in bytes.
    pub memory_bytes: u32,
    /// Name of the memory part.
    pub part: String,
    /// Seed of the card's random source.
    pub seed: u64,
    /// How much the card takes.
    pub limits: Limits,
    /// What is installed, the MF first.
    pub applets: Vec<Installation>,
}

/// An applet to be installed, and with what.
#[derive(Clone)]
pub struct Installation {
    /// What messages call it.
    pub name: String,
    /// Its code.
    pub applet: &'static dyn Applet,
    /// Installation data in the applet's own format.
    pub data: Vec<u8>,
    /// Size of its segment; none: an even share of what the others leave.
    pub segment_bytes: Option<u32>,
    /// Place in [`Profile::applets`] of the application it lies under, before its own.
    pub parent: u8,
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How much a card takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Logical channels, 1 to 20.
    pub channels: u8,
    /// Longest command data field, chains joined, in bytes.
    pub command_bytes: u32,
    /// Longest response data field in bytes.
    pub response_bytes: u32,
    /// Bytes of the log: the commit capacity.
    pub commit_bytes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { channels: 20, command_bytes: 2048, response_bytes: 65_536, commit_bytes: 512 }
    }
}

impl Limits {
    /// The first limit outside its range: its name, its value, and the range.
    #[must_use]
    pub fn outside(&self) -> Option<(&'static str, u32, std::ops::RangeInclusive<u32>)> {
        let limits = [
            ("channels", u32::from(self.channels), 1..=20),
            ("command-bytes", self.command_bytes, 255..=65_535),
            ("response-bytes", self.response_bytes, 256..=65_536),
            ("commit-bytes", self.commit_bytes, 300..=16_384),
        ];
        limits.into_iter().find(|(_, got, range)| !range.contains(got))
    }
}

impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.applets.len() == other.applets.len()
    }
}

impl Eq for Profile {}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a profile cannot be used. It is the profile's author who can mend each of these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is neither a built-in profile nor a file of this name.
    #[error("no profile {name:?}: {why}; built in are {}", names().collect::<Vec<_>>().join(", "))]
    NotFound {
        /// The name or path.
        name: String,
        /// What the operating system said.
        why: String,
    },
    /// A line of the file is wrong.
    #[error("{file}:{line}: {expected}, got {got}")]
    Line {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// What should stand there.
        expected: String,
        /// What does.
        got: String,
    },
    /// The file is not TOML, or not of a profile's shape.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Line number from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
}

/// Profiles built into the library.
const EMBEDDED: &[(&str, &str)] = &[
    ("social-security", include_str!("../profiles/social-security.toml")),
    ("clinic", include_str!("../profiles/clinic.toml")),
    ("social-security-contact", include_str!("../profiles/social-security-contact.toml")),
    ("social-security-p16", include_str!("../profiles/social-security-p16.toml")),
    ("social-security-p32", include_str!("../profiles/social-security-p32.toml")),
    ("social-security-p80", include_str!("../profiles/social-security-p80.toml")),
    ("social-security-v1", include_str!("../profiles/social-security-v1.toml")),
    ("social-security-v3", include_str!("../profiles/social-security-v3.toml")),
    ("blank", include_str!("../profiles/blank.toml")),
    ("fm1208", include_str!("../profiles/fm1208.toml")),
    ("tiny", include_str!("../profiles/tiny.toml")),
    ("iso7816", include_str!("../profiles/iso7816.toml")),
    ("psam", include_str!("../profiles/psam.toml")),
    ("social-security-psam", include_str!("../profiles/social-security-psam.toml")),
    ("purse", include_str!("../profiles/purse.toml")),
    ("medical", include_str!("../profiles/medical.toml")),
    ("medical-sm4", include_str!("../profiles/medical-sm4.toml")),
    ("citizen", include_str!("../profiles/citizen.toml")),
    ("library", include_str!("../profiles/library.toml")),
    ("employer", include_str!("../profiles/employer.toml")),
];

/// Interface bytes of the ATS of a profile that says nothing of it: frames of 256 bytes, 106 kbit/s
/// in both directions, 39 ms frame waiting time, CID supported (own choice).
const ATS_INTERFACE: [u8; 4] = [0x78, 0x80, 0x70, 0x02];

/// Longest text of a profile: more than 80 KiB of memory in hexadecimal, and little enough to be
/// parsed with what a made image may put there.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// Name of the profile that is used when none is named.
pub const DEFAULT: &str = "social-security";

/// Names of the built-in profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    card: CardSection,
    #[serde(default)]
    limits: Option<Spanned<Limits>>,
    keys: Option<Spanned<keys::Section>>,
    social_security: Option<items::Section>,
    purse: Option<purse::Section>,
    medical_account: Option<Spanned<medical::Section>>,
    library: Option<library::Section>,
    employer: Option<employer::Section>,
    fmcos: Option<Spanned<fmcos::Section>>,
    iso7816: Option<Spanned<iso7816::Section>>,
    psam: Option<Spanned<psam::Section>>,
    social_security_psam: Option<Spanned<social_security_psam::Section>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CardSection {
    interface: Spanned<String>,
    historical: Spanned<String>,
    line: Option<Spanned<line::Section>>,
    air: Option<Spanned<air::Section>>,
    #[serde(default)]
    ats: Option<Spanned<String>>,
    memory_bytes: Spanned<u32>,
    #[serde(default)]
    part: Option<Spanned<String>>,
    #[serde(default)]
    seed: u64,
}

impl Profile {
    /// A built-in profile by its name, else one from a file.
    ///
    /// # Errors
    /// [`ProfileError`], naming file and line.
    pub fn load(name_or_path: &str) -> Result<Self, ProfileError> {
        if let Some((name, text)) = EMBEDDED.iter().find(|(name, _)| *name == name_or_path) {
            return Self::parse(&format!("{name}.toml"), text);
        }
        let mut text = String::new();
        fs::File::open(name_or_path)
            .and_then(|file| file.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text))
            .map_err(|error| ProfileError::NotFound {
                name: name_or_path.into(),
                why: error.to_string(),
            })?;
        Self::parse(name_or_path, &text)
    }

    /// Reads a profile; `file` is what errors call it.
    ///
    /// # Errors
    /// [`ProfileError`], naming the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        if text.len() > TEXT_BYTES_MAX {
            let message = format!("expected at most {TEXT_BYTES_MAX} bytes of text, got more");
            return Err(ProfileError::Syntax { file: file.into(), line: 1, message });
        }
        let text = &like::whole_text(file, text)?;
        let source = Source { file, text };
        let parsed: File = toml::from_str(text).map_err(|error| ProfileError::Syntax {
            file: file.into(),
            line: source.line(error.span().unwrap_or_default()),
            message: error.message().into(),
        })?;
        let card = parsed.card;
        let interface = source.interface(&card.interface)?;
        let historical = source.hex(&card.historical)?;
        source.check_card(&card, historical.len())?;
        let line = line::parameters(&source, card.line, &historical)?;
        let ats_interface = source.ats_interface(card.ats.as_ref())?;
        let air = air::air(&source, card.air, &ats_interface, &historical)?;
        let interface = match (interface, air.picc_type) {
            (Interface::ContactlessA, PiccType::B) => Interface::ContactlessB,
            _ => interface,
        };
        let limits = source.limits(parsed.limits)?;
        let part = source.part(card.part)?;
        let several = Several {
            keys: parsed.keys,
            social_security: parsed.social_security,
            purse: parsed.purse,
            medical_account: parsed.medical_account,
            library: parsed.library,
            employer: parsed.employer,
        };
        let whole = Whole {
            fmcos: parsed.fmcos,
            iso7816: parsed.iso7816,
            psam: parsed.psam,
            social_security_psam: parsed.social_security_psam,
        };
        let is_alone = several.is_empty();
        let keys = several.keys.as_ref();
        let applets = match whole.installation(&source, keys, &historical, is_alone)? {
            Some(installation) => vec![installation],
            None => several.installations(&source, &historical, &limits)?,
        };
        Ok(Self {
            name: parsed.name,
            source: text.clone(),
            interface,
            historical,
            line,
            air,
            memory_bytes: card.memory_bytes.into_inner(),
            part,
            seed: card.seed,
            limits,
            applets,
        })
    }

    /// What the files of its applications are called, for traces.
    #[must_use]
    pub fn vocabulary(&self) -> crate::trace::Vocabulary {
        match self.applets.first() {
            Some(with) if with.name == fmcos::NAME => fmcos::vocabulary(),
            Some(with) if [psam::NAME, social_security_psam::NAME].contains(&&*with.name) => {
                psam::vocabulary(&with.data)
            }
            _ => several::vocabulary(&self.applets),
        }
    }

    /// What it may have but had better not, each in a sentence; most profiles have nothing of it.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        lint::warnings(&self.applets)
    }
}

#[cfg(test)]
mod tests;
