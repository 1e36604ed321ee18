//! Installation data of a PSAM: its files and keys, the MF's and each application's.
//!
//! ```toml
//! [psam.files]                                # of the MF; updates carry a MAC, but 0019 has none
//! "0016" = "330499000001"                     # the terminal's identifier
//! "0001" = { records = ["6100"], read = "F0", update = "F2", mac = false }
//!
//! [[psam.applications]]
//! fid = "1001"
//! name = "F0 54455353455241"
//! mac2-tries = 3                              # wrong MAC2 in a row that lock it, 1 to 15
//! files = { "0019" = "00000001" }             # the next transaction number
//!
//! [psam.applications.keys]                    # usage byte and version
//! "22/01" = "00112233445566778899AABBCCDDEEFF"
//! "28/00" = { key = "0011223344556677", algorithm = 1, right = "F2" }
//! "0E/00" = { key = "0011223344556677", register = 2, tries = 15 }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use tessera_framework::{Tag, tlv::DataObjects};
use tessera_psam::{
    DFS_MAX, MF_NAME, Psam,
    install::{BINARY, DF, KEY, RECORDS, UPDATES_WITH_MAC},
    number,
    usage::{Usage, kind},
};
use toml::Spanned;

use super::{Installation, ProfileError, Source};
use crate::trace::{ContentWords, DfWords, EfWords, Vocabulary};

/// What messages call it.
pub(super) const NAME: &str = "psam";

/// Tries for MAC2, and with a key, where the profile says nothing.
const TRIES: u8 = 3;

/// Right bytes: free, never.
const FREE: u8 = 0xF0;
const NEVER: u8 = 0xEF;

/// `[psam]` of a profile: the MF, and the applications under it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    #[serde(default)]
    name: Option<Spanned<String>>,
    #[serde(default)]
    files: BTreeMap<Spanned<String>, Spanned<FileEntry>>,
    #[serde(default)]
    keys: BTreeMap<Spanned<String>, Spanned<KeyEntry>>,
    #[serde(default)]
    applications: Vec<Spanned<Application>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Application {
    fid: Spanned<String>,
    name: Spanned<String>,
    #[serde(default)]
    mac2_tries: Option<Spanned<u8>>,
    #[serde(default)]
    files: BTreeMap<Spanned<String>, Spanned<FileEntry>>,
    #[serde(default)]
    keys: BTreeMap<Spanned<String>, Spanned<KeyEntry>>,
}

/// The bytes of a file, its records, or either with rights.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all = "kebab-case")]
enum FileEntry {
    Bytes(String),
    Records(Vec<String>),
    WithRights {
        #[serde(default)]
        bytes: Option<String>,
        #[serde(default)]
        records: Vec<String>,
        #[serde(default)]
        read: Option<String>,
        #[serde(default)]
        update: Option<String>,
        /// Updates carry a MAC.
        #[serde(default)]
        mac: Option<bool>,
    },
}

/// The bytes of a key, or more.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all = "kebab-case")]
enum KeyEntry {
    Bytes(String),
    WithMore {
        key: String,
        #[serde(default)]
        algorithm: u8,
        #[serde(default)]
        right: Option<String>,
        #[serde(default)]
        register: Option<u8>,
        #[serde(default)]
        tries: Option<u8>,
    },
}

/// The applet that is the whole card.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
) -> Result<Installation, ProfileError> {
    let mut data = Vec::new();
    let name = match &section.name {
        Some(name) => name_bytes(source, name)?,
        None => MF_NAME.to_vec(),
    };
    object(&mut data, DF, &[&[0x3F, 0x00, TRIES], &*name].concat());
    contents(source, &mut data, &section.files, &section.keys)?;
    for (nth, application) in section.applications.iter().enumerate() {
        if nth + 1 >= DFS_MAX.into() {
            let expected = format!("at most {} applications", DFS_MAX - 1);
            return Err(source.wrong(application.span(), &expected, "one more"));
        }
        let application = application.get_ref();
        let fid = identifier(source, &application.fid)?;
        let tries = match &application.mac2_tries {
            None => TRIES,
            Some(tries) if (1..=15).contains(tries.get_ref()) => *tries.get_ref(),
            Some(tries) => {
                return Err(source.wrong(
                    tries.span(),
                    "1 to 15 tries",
                    tries.get_ref().to_string(),
                ));
            }
        };
        let name = name_bytes(source, &application.name)?;
        object(&mut data, DF, &[&fid[..], &[tries], &name].concat());
        contents(source, &mut data, &application.files, &application.keys)?;
    }
    Ok(Installation {
        name: NAME.into(),
        applet: &Psam::PURSE,
        data,
        segment_bytes: None,
        parent: 0,
    })
}

/// The files and keys of one DF.
fn contents(
    source: &Source<'_>,
    data: &mut Vec<u8>,
    files: &BTreeMap<Spanned<String>, Spanned<FileEntry>>,
    keys: &BTreeMap<Spanned<String>, Spanned<KeyEntry>>,
) -> Result<(), ProfileError> {
    for (fid, entry) in files {
        file(source, data, fid, entry)?;
    }
    keys.iter().try_for_each(|(name, entry)| key(source, data, name, entry))
}

fn file(
    source: &Source<'_>,
    data: &mut Vec<u8>,
    fid: &Spanned<String>,
    entry: &Spanned<FileEntry>,
) -> Result<(), ProfileError> {
    let fid_bytes = identifier(source, fid)?;
    // The terminal's numbers only go up, and the card alone counts them.
    let counts = u16::from_be_bytes(fid_bytes) == number::NUMBER.0;
    let (mut read, mut update, mut mac) = (FREE, if counts { NEVER } else { FREE }, !counts);
    let (bytes, records) = match entry.get_ref() {
        FileEntry::Bytes(bytes) => (Some(bytes), &[][..]),
        FileEntry::Records(records) => (None, &records[..]),
        FileEntry::WithRights { bytes, records, read: r, update: u, mac: m } => {
            if let (true, Some(update)) = (counts, u) {
                let expected = "no `update` of 0019: the card alone counts";
                return Err(source.wrong(entry.span(), expected, format!("{update:?}")));
            }
            read = right(source, entry.span(), r.as_deref())?.unwrap_or(read);
            update = right(source, entry.span(), u.as_deref())?.unwrap_or(update);
            mac = m.unwrap_or(mac);
            (bytes.as_ref(), &records[..])
        }
    };
    let flags = if mac { UPDATES_WITH_MAC } else { 0 };
    let [f0, f1] = fid_bytes;
    let mut value = vec![f0, f1, read, update, flags];
    let tag = match bytes {
        Some(bytes) if records.is_empty() => {
            value.extend(hex_in(source, entry.span(), bytes)?);
            BINARY
        }
        None if !records.is_empty() => {
            for record in records {
                let record = hex_in(source, entry.span(), record)?;
                let Ok(length @ 1..) = u8::try_from(record.len()) else {
                    let got = format!("{} bytes", record.len());
                    return Err(source.wrong(entry.span(), "a record of 1 to 255 bytes", got));
                };
                value.push(length);
                value.extend(record);
            }
            RECORDS
        }
        _ => return Err(source.wrong(entry.span(), "either bytes or records", "both or none")),
    };
    let bytes = value.len() - 5;
    let expected = match (tag, u16::from_be_bytes(fid_bytes)) {
        (BINARY, fid) if fid == number::NUMBER.0 && bytes != 4 => "4 bytes: the transaction number",
        (BINARY, fid) if fid == number::TERMINAL.0 && bytes != 6 => "6 bytes: the terminal",
        (_, _) if bytes == 0 || bytes > 4096 => "1 to 4096 bytes",
        _ => {
            object(data, tag, &value);
            return Ok(());
        }
    };
    Err(source.wrong(entry.span(), expected, format!("{bytes} bytes")))
}

/// A key by its usage byte and version, as `22/01`.
fn key(
    source: &Source<'_>,
    data: &mut Vec<u8>,
    name: &Spanned<String>,
    entry: &Spanned<KeyEntry>,
) -> Result<(), ProfileError> {
    let expected = "usage byte and version of a key, as \"22/01\"";
    let wrong = || source.wrong(name.span(), expected, format!("{:?}", name.get_ref()));
    let (usage, version) = name.get_ref().split_once('/').ok_or_else(wrong)?;
    let byte = |digits: &str| u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 2);
    let (usage, version) = byte(usage).zip(byte(version)).ok_or_else(wrong)?;
    let usage = Usage(usage);
    if !usage.is_known() {
        let expected = "a usage byte that keys have: levels and kind fit";
        return Err(source.wrong(name.span(), expected, format!("{:02X}", usage.0)));
    }
    let mut value = vec![usage.0, version, 0, FREE, usage.register(), TRIES];
    let text = match entry.get_ref() {
        KeyEntry::Bytes(text) => text,
        KeyEntry::WithMore { key, algorithm, right: use_right, register, tries } => {
            value[2] = *algorithm;
            value[3] = right(source, entry.span(), use_right.as_deref())?.unwrap_or(FREE);
            value[4] = register.unwrap_or(usage.register());
            value[5] = tries.unwrap_or(TRIES);
            key
        }
    };
    if value[4] > 15 || !(1..=15).contains(&value[5]) {
        let got = format!("{} and {}", value[4], value[5]);
        return Err(source.wrong(entry.span(), "a register of 0 to 15 and 1 to 15 tries", got));
    }
    let bytes = hex_in(source, entry.span(), text)?;
    let (expected, fits) = match usage.kind() {
        kind::PIN => ("a PIN of 2 to 8 bytes", (2..=8).contains(&bytes.len())),
        _ => ("a key of 8 or 16 bytes", matches!(bytes.len(), 8 | 16)),
    };
    if !fits {
        return Err(source.wrong(entry.span(), expected, format!("{} bytes", bytes.len())));
    }
    value.extend(bytes);
    object(data, KEY, &value);
    Ok(())
}

fn name_bytes(source: &Source<'_>, name: &Spanned<String>) -> Result<Vec<u8>, ProfileError> {
    let bytes = source.hex(name)?;
    if (5..=16).contains(&bytes.len()) {
        return Ok(bytes);
    }
    Err(source.wrong(name.span(), "a name of 5 to 16 bytes", format!("{} bytes", bytes.len())))
}

fn identifier(source: &Source<'_>, fid: &Spanned<String>) -> Result<[u8; 2], ProfileError> {
    let bytes = source.hex(fid)?;
    bytes.try_into().map_err(|bytes: Vec<u8>| {
        source.wrong(fid.span(), "a file identifier of 2 bytes", format!("{} bytes", bytes.len()))
    })
}

/// A right byte.
fn right(
    source: &Source<'_>,
    span: std::ops::Range<usize>,
    text: Option<&str>,
) -> Result<Option<u8>, ProfileError> {
    let Some(text) = text else { return Ok(None) };
    match *hex_in(source, span.clone(), text)? {
        [right] => Ok(Some(right)),
        _ => Err(source.wrong(span, "a right byte", format!("{text:?}"))),
    }
}

fn hex_in(
    source: &Source<'_>,
    span: std::ops::Range<usize>,
    text: &str,
) -> Result<Vec<u8>, ProfileError> {
    source.hex(&Spanned::new(span, text.to_owned()))
}

/// A data object with a length of two bytes.
pub(super) fn object(data: &mut Vec<u8>, tag: Tag, value: &[u8]) {
    data.extend([tag.0 as u8, 0x82]);
    data.extend((value.len() as u16).to_be_bytes());
    data.extend(value);
}

/// What its files are called.
pub(super) fn vocabulary(installed: &[u8]) -> Vocabulary {
    let mut dfs: Vec<DfWords> = Vec::new();
    for object in DataObjects::new(installed).flatten() {
        let &[f0, f1, _, ref rest @ ..] = object.value else { continue };
        let fid = u16::from_be_bytes([f0, f1]);
        match (object.tag, dfs.last_mut()) {
            (DF, _) => {
                let (short, text) = match fid {
                    0x3F00 => ("MF".into(), "主文件 master file".into()),
                    _ => (format!("ADF {fid:04X}"), "应用 application of the PSAM".into()),
                };
                dfs.push(DfWords { fid, name: rest.to_vec(), short, text, efs: Vec::new() });
            }
            (BINARY | RECORDS, Some(df)) => {
                let content = ContentWords::Bytes;
                df.efs.push(EfWords {
                    fid,
                    sfi: fid as u8 & 0x1F,
                    text: said_of(fid).into(),
                    content,
                });
            }
            _ => {}
        }
    }
    Vocabulary { dfs }
}

const fn said_of(fid: u16) -> &'static str {
    match fid {
        0x0001 => "目录 directory of applications",
        0x0015 => "卡片公共信息 public data of the card",
        0x0016 => "终端信息 identifier of the terminal",
        0x0017 => "应用公共信息 public data of the application",
        0x0019 => "终端交易序号 transaction number of the terminal",
        0x001A => "全国应用信息 national application data",
        0x001B => "省级应用信息 provincial application data",
        0x001C => "城市应用信息 application data of the city",
        _ => "file",
    }
}
