//! Installation data of the purse application: its files and keys in the notation of FMCOS cards.

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
    let mut data = Vec::new();
    for file in &section.files {
        push_file(source, file, &mut data)?;
    }
    for key in &section.keys {
        let [id] = source.bytes(&key.id)?;
        let record = source.bytes::<5>(&key.record)?;
        let bytes = key_bytes(source, key, &serial)?;
        push(&mut data, 0xC3, &[&[id][..], &record, &bytes]);
    }
    Ok(Installation { name: NAME.into(), applet: &Purse, data, segment_bytes: None, parent: 0 })
}

fn push_file(source: &Source<'_>, file: &File, data: &mut Vec<u8>) -> Result<(), ProfileError> {
    let fid = source.bytes::<2>(&file.fid)?;
    push(data, 0xC2, &[&fid, &source.bytes::<7>(&file.create)?]);
    for content in file.content.iter().chain(&file.records) {
        let bytes = source.hex(content)?;
        if bytes.len() > CONTENT_BYTES_MAX {
            let expected = format!("at most {CONTENT_BYTES_MAX} bytes");
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
