//! Installation data of the blank card: its size, and the commands that make of it what is
//! delivered.

use serde::Deserialize;
use tessera_fmcos::{Fmcos, mf};
use toml::Spanned;

use super::{Installation, ProfileError, Source};
use crate::trace::{DfWords, Vocabulary};

/// What messages call it.
pub(super) const NAME: &str = "fmcos";

/// Sizes of a chip's EEPROM: files are counted against it in two bytes.
const EEPROM_BYTES: std::ops::RangeInclusive<u32> = 1024..=65_535;

/// `[fmcos]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    /// Bytes of EEPROM that the card's arithmetic of space starts from.
    #[serde(default)]
    eeprom_bytes: Option<Spanned<u32>>,
    /// Commands, run one after the other without a reset between them.
    #[serde(default)]
    script: Vec<Spanned<String>>,
}

/// The applet that is the whole card.
pub(super) fn installation(
    source: &Source<'_>,
    section: Section,
) -> Result<Installation, ProfileError> {
    let mut data = Vec::new();
    if let Some(bytes) = section.eeprom_bytes {
        if !EEPROM_BYTES.contains(bytes.get_ref()) {
            let expected =
                format!("{} to {} bytes of EEPROM", EEPROM_BYTES.start(), EEPROM_BYTES.end());
            return Err(source.wrong(bytes.span(), &expected, bytes.get_ref().to_string()));
        }
        data.extend([0xC0, 2]);
        data.extend((*bytes.get_ref() as u16).to_be_bytes());
    }
    for command in &section.script {
        let bytes = source.hex(command)?;
        // A command of this card has 261 bytes at most, so that two length bytes are enough.
        let Ok(length @ 4..=261) = u16::try_from(bytes.len()) else {
            let got = format!("{} bytes", bytes.len());
            return Err(source.wrong(command.span(), "a command of 4 to 261 bytes", got));
        };
        data.extend([0xC1, 0x82]);
        data.extend(length.to_be_bytes());
        data.extend(bytes);
    }
    Ok(Installation { name: NAME.into(), applet: &Fmcos, data, segment_bytes: None, parent: 0 })
}

/// Nothing is on it but the MF; scripts give their own meaning to the rest.
pub(super) fn vocabulary() -> Vocabulary {
    let mf = DfWords {
        fid: 0x3F00,
        name: mf::DEFAULT_NAME.to_vec(),
        short: "MF".into(),
        text: "主文件 master file".into(),
        efs: Vec::new(),
    };
    Vocabulary { dfs: vec![mf] }
}
