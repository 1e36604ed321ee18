//! Installation data of the purse application: its files and keys in the notation of FMCOS cards.

use std::collections::BTreeSet;

use serde::Deserialize;
use tessera_purse::{NAME as AID, Purse};
use toml::Spanned;

use super::{Installation, ProfileError, Source};
use crate::{
    cryptography::cipher::{Key, diversify},
    trace::{ContentWords, DfWords, EfWords},
};

/// What messages call it.
pub(super) const NAME: &str = "purse";

/// Bytes of an application serial number; its last eight diversify the keys.
const SERIAL_BYTES: usize = 10;

/// Where it stands in the public application data, and their file.
const SERIAL_AT: usize = 10;
const APPLICATION_FILE: [u8; 2] = [0x00, 0x15];

/// First bytes of files in the notation of CREATE FILE, without the bits that protect lines.
mod kind {
    pub(super) const BINARY: u8 = 0x28;
    pub(super) const FIXED: u8 = 0x2A;
    pub(super) const VARIABLE: u8 = 0x2C;
    pub(super) const CYCLIC: u8 = 0x2E;
    pub(super) const PURSE: u8 = 0x2F;
}

/// Longest content of a file or record that fits the installation data's two length bytes.
const CONTENT_BYTES_MAX: usize = 4096;

/// `[purse]` of a profile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    /// The application's serial number.
    serial: Spanned<String>,
    /// Files, the purses among them.
    files: Vec<File>,
    /// Keys and PINs.
    keys: Vec<KeyEntry>,
}

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    fid: Spanned<String>,
    /// The data field of CREATE FILE.
    create: Spanned<String>,
    /// Bytes of a binary file from its first on.
    #[serde(default)]
    content: Option<Spanned<String>>,
    /// Records, added in this order.
    #[serde(default)]
    records: Vec<Spanned<String>>,
    /// What a purse begins with, in fen.
    #[serde(default)]
    balance: u32,
    #[serde(default)]
    online: u16,
    #[serde(default)]
    offline: u16,
    /// Of a balance that includes it; three bytes.
    #[serde(default)]
    overdraft: Option<Spanned<u32>>,
}

/// A key: all bytes of WRITE KEY's data field in front of the key, then the key itself or the
/// master it is derived from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeyEntry {
    id: Spanned<String>,
    record: Spanned<String>,
    #[serde(default)]
    key: Option<Spanned<String>>,
    #[serde(default)]
    master: Option<Spanned<String>>,
}

/// The application.
pub(super) fn installation(
    source: &Source<'_>,
    section: &Section,
) -> Result<Installation, ProfileError> {
    let serial = source.bytes::<SERIAL_BYTES>(&section.serial)?;
    let (mut data, mut fids, mut names) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for file in &section.files {
        let fid = source.bytes::<2>(&file.fid)?;
        if !fids.insert(fid) {
            let got = format!("{} again", hex::encode_upper(fid));
            return Err(source.wrong(file.fid.span(), "each file once", got));
        }
        check_serial(source, file, fid, &serial)?;
        push_file(source, file, fid, &mut data)?;
    }
    for key in &section.keys {
        let [id] = source.bytes(&key.id)?;
        let record = source.bytes::<5>(&key.record)?;
        // The two high bits say how the key is changed, not which it is.
        let usage = record[0] & 0x3F;
        if !names.insert((usage, id)) {
            let got = format!("{usage:02X}/{id:02X} again");
            return Err(source.wrong(key.id.span(), "each key once", got));
        }
        let bytes = key_bytes(source, key, &serial)?;
        push(&mut data, 0xC3, &[&[id][..], &record, &bytes]);
    }
    Ok(Installation { name: NAME.into(), applet: &Purse, data, segment_bytes: None, parent: 0 })
}

/// The serial number that diversifies the keys must be the one that terminals read.
fn check_serial(
    source: &Source<'_>,
    file: &File,
    fid: [u8; 2],
    serial: &[u8; SERIAL_BYTES],
) -> Result<(), ProfileError> {
    let Some(content) = file.content.as_ref().filter(|_| fid == APPLICATION_FILE) else {
        return Ok(());
    };
    match source.hex(content)?.get(SERIAL_AT..SERIAL_AT + SERIAL_BYTES) {
        Some(got) if got != serial => {
            let serial = hex::encode_upper(serial);
            let expected = format!("bytes 10 to 19 as `serial` has them, {serial}");
            Err(source.wrong(content.span(), &expected, hex::encode_upper(got)))
        }
        _ => Ok(()),
    }
}

fn push_file(
    source: &Source<'_>,
    file: &File,
    fid: [u8; 2],
    data: &mut Vec<u8>,
) -> Result<(), ProfileError> {
    let create = source.bytes::<7>(&file.create)?;
    let [first, high, low, ..] = create;
    // The two high bits protect lines; a purse has none.
    let is_purse = first == kind::PURSE;
    let is_binary = first & 0x3F == kind::BINARY;
    let records = matches!(first & 0x3F, kind::FIXED | kind::VARIABLE | kind::CYCLIC);
    if !is_purse && !is_binary && !records {
        let expected =
            "a first byte of 28, 2A, 2C, 2E or 2F, all but 2F with lines protected or not";
        return Err(source.wrong(file.create.span(), expected, format!("{first:02X}")));
    }
    push(data, 0xC2, &[&fid, &create]);
    let binary_bytes = usize::from(u16::from_be_bytes([high, low]));
    for content in file.content.iter().chain(&file.records) {
        let bytes = source.hex(content)?;
        let most = if is_binary { binary_bytes.min(CONTENT_BYTES_MAX) } else { CONTENT_BYTES_MAX };
        if bytes.len() > most {
            let expected = format!("at most {most} bytes");
            return Err(source.wrong(content.span(), &expected, format!("{} bytes", bytes.len())));
        }
        push(data, 0xC4, &[&fid, &bytes]);
    }
    let overdraft = file.overdraft.as_ref();
    let limit = overdraft.map_or(0, |limit| *limit.get_ref());
    let Some(&[0, limit @ ..]) = Some(&limit.to_be_bytes()) else {
        let span = overdraft.map(Spanned::span).unwrap_or_default();
        return Err(source.wrong(span, "an overdraft limit of three bytes", limit.to_string()));
    };
    if (file.balance, file.online, file.offline) != (0, 0, 0) || limit != [0; 3] {
        if !is_purse {
            let expected = "a purse (first byte 2F) for balance, numbers and overdraft limit";
            return Err(source.wrong(file.create.span(), expected, format!("{first:02X}")));
        }
        let numbers = [file.online.to_be_bytes(), file.offline.to_be_bytes()].concat();
        push(data, 0xC5, &[&fid, &file.balance.to_be_bytes(), &numbers, &limit]);
    }
    Ok(())
}

fn key_bytes(
    source: &Source<'_>,
    entry: &KeyEntry,
    serial: &[u8; SERIAL_BYTES],
) -> Result<Vec<u8>, ProfileError> {
    match (&entry.key, &entry.master) {
        (Some(key), None) => source.hex(key),
        (None, Some(master)) => {
            let bytes = source.bytes::<16>(master)?;
            let [_, _, factor @ ..] = *serial;
            let derived = Key::des(&bytes).map(|master| diversify(&master, &factor));
            Ok(derived.map_or(Vec::new(), |key| key.as_slice().to_vec()))
        }
        _ => {
            let expected = "either `key` or `master`";
            Err(source.wrong(entry.record.span(), expected, "both or none"))
        }
    }
}

/// A data object: tag, two length bytes, value.
fn push(data: &mut Vec<u8>, tag: u8, value: &[&[u8]]) {
    let value = value.concat();
    data.extend([tag, 0x82]);
    data.extend((value.len() as u16).to_be_bytes());
    data.extend(value);
}

/// What its files are called.
pub(super) fn words() -> DfWords {
    let file = |fid: u16, text: &str| EfWords {
        fid,
        sfi: fid as u8,
        text: text.into(),
        content: ContentWords::Bytes,
    };
    DfWords {
        fid: 0x3F01,
        name: AID.to_vec(),
        short: "PBOC".into(),
        text: "电子存折/电子钱包 deposit and purse".into(),
        efs: vec![
            file(0x0015, "公共应用信息 public application data"),
            file(0x0016, "持卡人基本信息 cardholder data"),
            file(0x0017, "复合应用 compound application"),
            file(0x0018, "交易明细 transaction log"),
            file(0x0019, "复合应用 compound application"),
            file(0x001A, "复合应用 trip log"),
        ],
    }
}
