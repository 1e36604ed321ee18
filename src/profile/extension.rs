//! What a region adds to the social-security card, by the extension rules of the data items V2.0:
//! directories from DF0A on, files from EF0C on, items with tags that the text does not use, more
//! records in a ring. The environment gets no items.
//!
//! ```toml
//! [social-security.extensions."DF0D"]                # a directory of the region's own
//! name = "D1560000050D"
//! keys = { "82" = "STKDF0D", "83" = "UK1DF0D" }      # 82: maintenance
//! [social-security.extensions."DF0D/EF05"]           # a file of its own
//! read = "free"
//! update = "key 83"
//! items = [{ tag = "E8", format = "an", bytes = 18, value = "91330400000000000X" }]
//! [social-security.extensions."DF01/EF0C"]           # in a directory of the text
//! bytes = 64                                         # transparent
//! [social-security.extensions."DF0D/EF06"]
//! records = 10                                       # a ring
//! record-bytes = 12
//! [social-security.extensions."DF01/EF05"]           # further items of a file of the text
//! items = [{ tag = "E9", format = "cn", bytes = 3 }]
//! [social-security.extensions."DF02/EF07"]           # more records of a ring of the text
//! records = 8
//! ```

use std::collections::BTreeMap;

use encoding_rs::GBK;
use serde::Deserialize;
use tessera_cos::{
    Access,
    social::{keys::algorithm_byte, usage},
};
use tessera_social_security::{
    structure::{Content, Df, File, Format, Item},
    table,
};
use toml::Spanned;

use super::{ProfileError, Source, access, items::push, keys::Keys};
use crate::keys::Levels;

/// By path: `DF0D`, `DF0D/EF05`.
pub(super) type Extensions = BTreeMap<String, Spanned<Extension>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Extension {
    name: Option<Spanned<String>>,
    #[serde(default)]
    keys: BTreeMap<String, String>,
    read: Option<String>,
    update: Option<String>,
    bytes: Option<u16>,
    records: Option<u8>,
    record_bytes: Option<u8>,
    #[serde(default)]
    items: Vec<Spanned<NewItem>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewItem {
    tag: String,
    format: String,
    bytes: u8,
    value: Option<String>,
}

/// The first numbers of a region's own.
const DF_FIRST: u8 = 0x0A;
const FILE_FIRST: u8 = 0x0C;
/// The last short identifier.
const SFI_LAST: u8 = 30;

/// Directories of applications in segments of their own: the ledger, the employer's, the library's.
const APPLICATIONS: [u8; 3] = [0x0A, 0x0B, 0x0C];

/// Adds what the extensions say to the installation data.
pub(super) fn install(
    source: &Source<'_>,
    data: &mut Vec<u8>,
    extensions: &Extensions,
    files: &[(&'static Df, &'static File)],
    keys: Option<&Keys>,
) -> Result<(), ProfileError> {
    let mut tags = used_tags();
    for (path, extension) in extensions {
        let at = Adding { source, extension, path, files };
        match path.split_once('/') {
            None => at.directory(data, keys)?,
            Some((df, file)) => {
                let df = number(df, "DF").or_else(|| (df == "SSSE").then_some(0));
                let (Some(df), Some(sfi)) = (df, number(file, "EF")) else {
                    return Err(at.wrong("a path such as DF0D or DF0D/EF05", path));
                };
                at.file(data, df, sfi, &mut tags)?;
            }
        }
    }
    Ok(())
}

/// The number behind `DF` or `EF`.
fn number(name: &str, prefix: &str) -> Option<u8> {
    let digits = name.strip_prefix(prefix).filter(|digits| digits.len() == 2)?;
    u8::from_str_radix(digits, 16).ok()
}

/// Tags of the text, those of rings apart, which have none.
fn used_tags() -> Vec<u8> {
    fn of(item: &Item) -> Vec<u8> {
        match item.format {
            Format::Template(items) => items.iter().flat_map(of).chain([item.tag]).collect(),
            _ => vec![item.tag],
        }
    }
    let files = table::DFS.iter().flat_map(|df| df.files);
    let items = files.flat_map(|file| match file.content {
        Content::Items { items, .. } => items,
        _ => &[],
    });
    items.flat_map(of).collect()
}

/// One extension, and where it stands.
struct Adding<'a> {
    source: &'a Source<'a>,
    extension: &'a Spanned<Extension>,
    path: &'a str,
    files: &'a [(&'static Df, &'static File)],
}

impl Adding<'_> {
    fn wrong(&self, expected: &str, got: impl Into<String>) -> ProfileError {
        self.source.wrong(self.extension.span(), expected, got)
    }

    fn directory(&self, data: &mut Vec<u8>, keys: Option<&Keys>) -> Result<(), ProfileError> {
        let own = self.extension.get_ref();
        let taken = |df: &u8| *df < DF_FIRST || APPLICATIONS.contains(df);
        let Some(df) = number(self.path, "DF").filter(|df| !taken(df)) else {
            let expected = "a directory from DF0D on; those before are taken";
            return Err(self.wrong(expected, self.path));
        };
        let Some(name) = &own.name else {
            return Err(self.wrong("a name", "none"));
        };
        let bytes = self.source.hex(name)?;
        let clashes = table::DFS.iter().any(|df| df.name == bytes);
        if clashes || !(5..=16).contains(&bytes.len()) {
            let expected = "a name of 5 to 16 bytes that no directory has";
            return Err(self.source.wrong(name.span(), expected, name.get_ref()));
        }
        push(data, 0xCA, &[&[df], &bytes[..]].concat());
        for (kid, label) in &own.keys {
            let Some(kid) = u8::from_str_radix(kid, 16).ok().filter(|kid| kid & 0x80 != 0) else {
                return Err(self.wrong("a key identifier from 80 on", kid));
            };
            let Some(keys) = keys else {
                return Err(self.wrong("[keys] beside keys of a directory", "none"));
            };
            let usage = if kid == 0x82 { usage::MAINTENANCE } else { usage::EXTERNAL };
            let key = keys.card_key(label, Levels::Two);
            let header = [df, usage, kid, 1, algorithm_byte(key.algorithm())];
            push(data, 0xC1, &[&header, key.as_slice()].concat());
        }
        Ok(())
    }

    fn file(
        &self,
        data: &mut Vec<u8>,
        df: u8,
        sfi: u8,
        tags: &mut Vec<u8>,
    ) -> Result<(), ProfileError> {
        let own = self.extension.get_ref();
        let of_text = self.files.iter().find(|(d, file)| (d.number(), file.sfi) == (df, sfi));
        if df == 0 {
            return Err(self.wrong("a directory; the environment is not extended", self.path));
        }
        match of_text.map(|(_, file)| file) {
            Some(file) => self.of_text(data, df, file, tags),
            None => {
                let named = table::DFS
                    .iter()
                    .any(|d| d.number() == df && d.files.iter().any(|file| file.sfi == sfi));
                let free = sfi <= SFI_LAST && (df >= DF_FIRST || sfi >= FILE_FIRST) && !named;
                if !free || (df < DF_FIRST && !self.files.iter().any(|(d, _)| d.number() == df)) {
                    let expected = "a file from EF0C to EF1E that the text does not use, \
                                    in a directory there is";
                    return Err(self.wrong(expected, self.path));
                }
                let [read, update] = [&own.read, &own.update].map(|words| match words {
                    None => Some(Access::Never),
                    Some(words) => access::parse(words),
                });
                let (Some(read), Some(update)) = (read, update) else {
                    return Err(self.wrong("conditions as in [social-security.access]", "others"));
                };
                let kind = match (own.bytes, own.records, own.record_bytes) {
                    (Some(bytes @ 1..), None, None) if own.items.is_empty() => {
                        [&[0x01][..], &bytes.to_be_bytes()].concat()
                    }
                    (None, Some(records @ 1..=254), Some(bytes @ 1..)) if own.items.is_empty() => {
                        vec![0x06, bytes, records]
                    }
                    (None, None, None) if !own.items.is_empty() => vec![0x05],
                    _ => {
                        let expected = "one of bytes, items, or records with record-bytes";
                        return Err(self.wrong(expected, "none or several"));
                    }
                };
                let conditions = [read.encode(), update.encode()].concat();
                push(data, 0xCB, &[&[df, sfi], &conditions[..], &kind].concat());
                self.items(data, df, sfi, 0, tags)
            }
        }
    }

    /// More of a file of the text: items, or records of a ring.
    fn of_text(
        &self,
        data: &mut Vec<u8>,
        df: u8,
        file: &File,
        tags: &mut Vec<u8>,
    ) -> Result<(), ProfileError> {
        let own = self.extension.get_ref();
        let only = own.bytes.is_none() && own.record_bytes.is_none() && own.read.is_none();
        match (file.content, own.records) {
            (Content::Items { fixed: false, items }, None) if only && !own.items.is_empty() => {
                let count = items.iter().map(|item| item.count).sum();
                self.items(data, df, file.sfi, count, tags)
            }
            (Content::Cyclic { records, .. }, Some(more))
                if only && own.items.is_empty() && (records..=254).contains(&more) =>
            {
                push(data, 0xCC, &[df, file.sfi, more]);
                Ok(())
            }
            _ => {
                let expected = "items for a file of variable records, or more records for a ring";
                Err(self.wrong(expected, self.path))
            }
        }
    }

    /// The records of new items, behind so many.
    fn items(
        &self,
        data: &mut Vec<u8>,
        df: u8,
        sfi: u8,
        behind: u8,
        tags: &mut Vec<u8>,
    ) -> Result<(), ProfileError> {
        let items = &self.extension.get_ref().items;
        if items.len() + usize::from(behind) > 254 {
            return Err(self.wrong("at most 254 records in a file", items.len().to_string()));
        }
        for (number, item) in (behind + 1..=254).zip(items) {
            let (place, item) = (item.span(), item.get_ref());
            let tag = u8::from_str_radix(&item.tag, 16).ok().filter(|_| item.tag.len() == 2);
            let Some(tag) = tag.filter(|tag| !tags.contains(tag)) else {
                let expected = "a tag that neither the text nor another extension uses";
                return Err(self.source.wrong(place, expected, &item.tag));
            };
            tags.push(tag);
            let filling = if item.format == "cn" { 0xFF } else { 0x00 };
            let value = match (item.format.as_str(), item.value.as_deref()) {
                ("an" | "cn" | "b", None) => Some(Vec::new()),
                ("an", Some(text)) => {
                    let (bytes, _, unmappable) = GBK.encode(text);
                    (!unmappable).then(|| bytes.into_owned())
                }
                ("cn", Some(text)) if text.len().is_multiple_of(2) => hex::decode(text).ok(),
                ("cn", Some(text)) => hex::decode(format!("{text}F")).ok(),
                ("b", Some(text)) => hex::decode(text).ok(),
                _ => None,
            };
            let fits = value.filter(|value| value.len() <= item.bytes.into() && item.bytes <= 253);
            let Some(mut value) = fits else {
                let expected = "format an, cn or b, and a value that is not longer than its bytes";
                return Err(self.source.wrong(place, expected, "something else"));
            };
            value.resize(item.bytes.into(), filling);
            push(data, 0xC4, &[&[df, sfi, number, tag, item.bytes], &value[..]].concat());
        }
        Ok(())
    }
}
