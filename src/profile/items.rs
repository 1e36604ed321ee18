//! Data items of the social-security card: from a profile's text to installation data.

use std::collections::BTreeMap;

use encoding_rs::GBK;
use serde::Deserialize;
use tessera_cos::social::{keys::algorithm_byte, usage};
use tessera_social_security::{
    keys::KEYS,
    structure::{Content, Df, File, Format, Item},
};
use toml::Spanned;

use super::{
    ProfileError, Source, access, account, check, extension,
    files::{Files, Tables, file_name},
    identification,
    keys::Keys,
};
use crate::keys::Levels;

/// `[social-security]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    #[serde(default)]
    pin: Option<Spanned<String>>,
    files: Spanned<Files>,
    #[serde(default = "directory_file")]
    fci: Spanned<String>,
    #[serde(default)]
    check: Option<bool>,
    /// The tables: V1.0, V2.0 or V3.0.
    #[serde(default)]
    version: Option<Spanned<String>>,
    /// The last four bytes of the identification code are to be those of the issuer's key.
    #[serde(default)]
    check_identification: bool,
    #[serde(default)]
    extensions: extension::Extensions,
    #[serde(default)]
    holder: BTreeMap<String, Spanned<Text>>,
    #[serde(default)]
    items: BTreeMap<String, Spanned<Text>>,
    #[serde(default)]
    access: BTreeMap<String, Spanned<access::Conditions>>,
    #[serde(default)]
    account: Option<Spanned<account::Section>>,
}

/// SFI of a directory file, as the card of 2012 answers.
fn directory_file() -> Spanned<String> {
    Spanned::new(0..0, "88011E".into())
}

/// What a profile writes for an item.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
pub(super) enum Text {
    /// A value, in characters or digits.
    One(String),
    /// Several records, or the fields of one.
    Many(Vec<Text>),
    /// The items of a template by tag; `hex` alone: the value's bytes.
    Items(BTreeMap<String, Text>),
}

/// The environment's items by name.
const HOLDER: [(&str, &str, u8); 13] = [
    ("identification-code", "SSSE/EF05", 0x01),
    ("category", "SSSE/EF05", 0x02),
    ("version", "SSSE/EF05", 0x03),
    ("organisation", "SSSE/EF05", 0x04),
    ("issued", "SSSE/EF05", 0x05),
    ("expires", "SSSE/EF05", 0x06),
    ("card-number", "SSSE/EF05", 0x07),
    ("number", "SSSE/EF06", 0x08),
    ("name", "SSSE/EF06", 0x09),
    ("sex", "SSSE/EF06", 0x0A),
    ("ethnic-group", "SSSE/EF06", 0x0B),
    ("birthplace", "SSSE/EF06", 0x0C),
    ("birth-date", "SSSE/EF06", 0x0D),
];

/// Tag of the second part of a long name.
const NAME_EXTENSION: u8 = 0x4E;

/// Builds the applet's installation data.
pub(super) fn installation_data(
    source: &Source<'_>,
    section: Section,
    keys: Option<&Keys>,
) -> Result<Vec<u8>, ProfileError> {
    let mut data = Vec::new();
    if let Some(pin) = &section.pin {
        push(&mut data, 0xC0, &digits_of_pin(source, pin)?);
    }
    let tables = Tables::read(source, section.version.as_ref())?;
    push(&mut data, 0xCD, &[tables.0.code()]);
    let files = tables.choose(source, &section.files)?;
    let pairs = files.iter().flat_map(|&(df, file)| [df.number(), file.sfi]).collect::<Vec<_>>();
    push(&mut data, 0xC2, &pairs);
    push(&mut data, 0xC3, &source.hex(&section.fci)?);
    if let Some(keys) = keys {
        let has_df = |n: u8| n == 0 || files.iter().any(|(df, _)| df.number() == n);
        card_keys(&mut data, keys, has_df);
    }
    if let Some(section) = &section.account {
        let has_keys = keys.is_some() && files.iter().any(|(df, _)| df.number() == 4);
        if !has_keys {
            let expected = "files of DF04 and a section [keys] beside an account";
            return Err(source.wrong(section.span(), expected, "none"));
        }
        push(&mut data, 0xC8, &section.get_ref().amounts(source)?);
    }
    for (key, text) in &section.holder {
        let mut text = text.clone();
        if let Text::One(number) = text.get_ref() {
            if section.check != Some(false) {
                check::check_numbers(source, key, number, text.span())?;
            }
            if key == "identification-code" {
                let checks = section.check_identification;
                let whole = identification::code(source, number, text.span(), keys, checks)?;
                text = Spanned::new(text.span(), Text::One(whole));
            }
        }
        holder_item(source, &mut data, tables, key, &text)?;
    }
    for (path, conditions) in &section.access {
        let (df, file) = path.split_once('/').unwrap_or((path, ""));
        let place = tables.find(df, file).filter(|place| files.contains(place));
        let Some((df, file)) = place else {
            let expected = "a file in `files` such as DF01/EF06";
            return Err(source.wrong(conditions.span(), expected, format!("{path:?}")));
        };
        let [read, update] = access::own(source, file, conditions)?;
        push(&mut data, 0xC6, &[&[df.number(), file.sfi], &read[..], &update[..]].concat());
        if conditions.get_ref().mac {
            push(&mut data, 0xC9, &[df.number(), file.sfi]);
        }
    }
    for (path, text) in &section.items {
        let mut parts = path.splitn(3, '/');
        let (df, file) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some((df, file)) = tables.find(df, file) else {
            return Err(source.wrong(text.span(), "a file such as SSSE/EF05", format!("{path:?}")));
        };
        if !files.contains(&(df, file)) {
            let expected = format!("an item of a file in `files`; {} is not", file_name(df, file));
            return Err(source.wrong(text.span(), &expected, format!("{path:?}")));
        }
        let to = Place { source, text, df, file };
        match (parts.next(), file.content) {
            (None, Content::Cyclic { fields, .. }) => to.cyclic(&mut data, fields)?,
            (None, Content::Transparent { bytes }) => to.bytes(&mut data, bytes)?,
            (Some(tag), Content::Items { .. }) => {
                let tag = u8::from_str_radix(tag, 16)
                    .map_err(|_| source.wrong(text.span(), "a tag of two digits", tag))?;
                to.item(&mut data, tag)?;
            }
            _ => {
                let expected =
                    "DIRECTORY/FILE/TAG, or DIRECTORY/FILE for a cyclic or transparent file";
                return Err(source.wrong(text.span(), expected, format!("{path:?}")));
            }
        }
    }
    extension::install(source, &mut data, &section.extensions, &files, keys)?;
    Ok(data)
}

/// The keys of the directories there are, each in its versions.
fn card_keys(data: &mut Vec<u8>, keys: &Keys, has_df: impl Fn(u8) -> bool) {
    for entry in KEYS.iter().filter(|entry| has_df(entry.df)) {
        for version in 1..=entry.groups.min(keys.versions()) {
            let levels = if entry.levels == 3 { Levels::Three } else { Levels::Two };
            let key = keys.card_key(&Keys::label(entry.label, version), levels);
            let role_and_usage = entry.role.code() << 4 | entry.usage;
            let algorithm = algorithm_byte(key.algorithm());
            let header = [entry.df, role_and_usage, entry.kid, version, algorithm];
            let bytes = match entry.usage {
                usage::MAINTENANCE => keys.maintenance_bytes(),
                _ => key.as_slice().len(),
            };
            push(data, 0xC1, &[&header, &key.as_slice()[..bytes]].concat());
        }
    }
}

pub(super) fn digits_of_pin(
    source: &Source<'_>,
    pin: &Spanned<String>,
) -> Result<Vec<u8>, ProfileError> {
    let digits = pin.get_ref();
    let fits = (4..=12).contains(&digits.len())
        && digits.len().is_multiple_of(2)
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !fits {
        let got = format!("{} characters", digits.chars().count());
        return Err(source.wrong(
            pin.span(),
            "a PIN of 4 to 12 decimal digits, an even number",
            got,
        ));
    }
    source.hex(pin)
}

fn holder_item(
    source: &Source<'_>,
    data: &mut Vec<u8>,
    tables: Tables,
    key: &str,
    text: &Spanned<Text>,
) -> Result<(), ProfileError> {
    let known = HOLDER.iter().find(|(name, ..)| *name == key);
    let place = known.and_then(|(_, path, tag)| {
        let (df, file) = path.split_once('/')?;
        tables.find(df, file).map(|(df, file)| (df, file, *tag))
    });
    let Some((df, file, tag)) = place else {
        let expected = format!("one of {}", HOLDER.map(|(name, ..)| name).join(", "));
        return Err(source.wrong(text.span(), &expected, format!("{key:?}")));
    };
    let to = Place { source, text, df, file };
    match (key, text.get_ref()) {
        ("name", Text::One(name)) => {
            let name = to.characters(name)?;
            let (first, rest) = name.split_at(name.len().min(30));
            if rest.len() > 20 {
                let got = format!("{} bytes", name.len());
                return Err(source.wrong(text.span(), "a name of at most 50 bytes of GBK", got));
            }
            to.record(data, 2, &padded(0x09, first, 30));
            if file.item_of_record(3).is_some_and(|item| item.tag == NAME_EXTENSION) {
                to.record(data, 3, &padded(NAME_EXTENSION, rest, 20));
            } else if !rest.is_empty() {
                let expected = "a name of at most 30 bytes of GBK on a card V1.0";
                return Err(source.wrong(text.span(), expected, format!("{} more", rest.len())));
            }
            Ok(())
        }
        _ => to.item(data, tag),
    }
}

/// Where a text goes, and where it stands.
struct Place<'p> {
    source: &'p Source<'p>,
    text: &'p Spanned<Text>,
    df: &'static Df,
    file: &'static File,
}

impl Place<'_> {
    fn wrong(&self, expected: &str, got: impl Into<String>) -> ProfileError {
        self.source.wrong(self.text.span(), expected, got)
    }

    fn record(&self, data: &mut Vec<u8>, record: u8, bytes: &[u8]) {
        push(data, 0xC4, &[&[self.df.number(), self.file.sfi, record], bytes].concat());
    }

    /// The records of one item of a file of items.
    fn item(&self, data: &mut Vec<u8>, tag: u8) -> Result<(), ProfileError> {
        let Content::Items { items, .. } = self.file.content else { return Ok(()) };
        let mut record = 1;
        let Some(item) = items.iter().find(|item| {
            let here = item.tag == tag;
            record += if here { 0 } else { item.count };
            here
        }) else {
            let tags: Vec<_> = items.iter().map(|item| format!("{:02X}", item.tag)).collect();
            let expected =
                format!("a tag of {}: {}", file_name(self.df, self.file), tags.join(", "));
            return Err(self.wrong(&expected, format!("{tag:02X}")));
        };
        let texts = match self.text.get_ref() {
            Text::Many(texts) => texts.as_slice(),
            one => std::slice::from_ref(one),
        };
        if texts.len() > usize::from(item.count) {
            let expected = format!("at most {} records of tag {tag:02X}", item.count);
            return Err(self.wrong(&expected, format!("{}", texts.len())));
        }
        for text in texts {
            let value = match text {
                Text::Items(only) if is_hex(only) => self.any_bytes(only)?,
                text => self.value(item, text)?,
            };
            self.record(data, record, &[&[tag, value.len() as u8], &value[..]].concat());
            record += 1;
        }
        Ok(())
    }

    /// The records of a cyclic file, the newest first in the text and last in the data.
    fn cyclic(&self, data: &mut Vec<u8>, fields: &[Item]) -> Result<(), ProfileError> {
        let Text::Many(records) = self.text.get_ref() else {
            return Err(self.wrong("a list of records", "something else"));
        };
        for record in records.iter().rev() {
            let texts = match record {
                Text::Many(texts) if texts.len() == fields.len() => texts,
                _ => {
                    let names: Vec<_> = fields.iter().map(|field| field.english).collect();
                    let expected =
                        format!("records of {} fields: {}", fields.len(), names.join(", "));
                    return Err(self.wrong(&expected, "something else"));
                }
            };
            let mut bytes = Vec::new();
            for (field, text) in fields.iter().zip(texts) {
                bytes.extend(self.value(field, text)?);
            }
            self.record(data, 1, &bytes);
        }
        Ok(())
    }

    fn bytes(&self, data: &mut Vec<u8>, size: u16) -> Result<(), ProfileError> {
        let value = match self.text.get_ref() {
            Text::Items(only) if is_hex(only) => self.any_bytes(only)?,
            Text::One(text) => self.characters(text)?,
            _ => return Err(self.wrong("text or { hex = \"...\" }", "something else")),
        };
        if value.is_empty() || value.len() > usize::from(size) {
            return Err(self.wrong(&format!("1 to {size} bytes"), format!("{}", value.len())));
        }
        let place = [self.df.number(), self.file.sfi, 0, 0];
        push(data, 0xC5, &[&place[..], &value].concat());
        Ok(())
    }

    /// The value field of an item, at its full length.
    fn value(&self, item: &Item, text: &Text) -> Result<Vec<u8>, ProfileError> {
        let (mut value, filling) = match (item.format, text) {
            (Format::Template(items), Text::Items(texts)) => {
                return self.template(item, items, texts);
            }
            (_, Text::Items(only)) if is_hex(only) => (self.any_bytes(only)?, 0),
            (Format::Characters, Text::One(text)) => (self.characters(text)?, 0x00),
            (Format::Digits, Text::One(text)) => (self.digits(text)?, 0xFF),
            (Format::Binary, Text::One(text)) => {
                let number: u64 = text
                    .parse()
                    .map_err(|_| self.wrong("a decimal number", format!("{text:?}")))?;
                let bytes = number.to_be_bytes();
                let (high, low) = bytes.split_at(8 - usize::from(item.bytes).min(8));
                if high.iter().any(|&byte| byte != 0) {
                    let expected = format!("a number of {} bytes", item.bytes);
                    return Err(self.wrong(&expected, text.clone()));
                }
                (low.to_vec(), 0)
            }
            _ => {
                let expected = format!("text for {} (tag {:02X})", item.english, item.tag);
                return Err(self.wrong(&expected, "something else"));
            }
        };
        if value.len() > usize::from(item.bytes) {
            let expected =
                format!("at most {} bytes for {} (tag {:02X})", item.bytes, item.english, item.tag);
            return Err(self.wrong(&expected, format!("{}", value.len())));
        }
        value.resize(item.bytes.into(), filling);
        Ok(value)
    }

    fn template(
        &self,
        template: &Item,
        items: &[Item],
        texts: &BTreeMap<String, Text>,
    ) -> Result<Vec<u8>, ProfileError> {
        for tag in texts.keys() {
            if !items.iter().any(|item| format!("{:02X}", item.tag) == *tag) {
                let tags: Vec<_> = items.iter().map(|item| format!("{:02X}", item.tag)).collect();
                let expected = format!("tags {} in {:02X}", tags.join(", "), template.tag);
                return Err(self.wrong(&expected, format!("{tag:?}")));
            }
        }
        let mut value = Vec::new();
        for item in items {
            match texts.get(&format!("{:02X}", item.tag)) {
                Some(text) => {
                    value.extend([item.tag, item.bytes]);
                    value.extend(self.value(item, text)?);
                }
                None => {
                    let mut record = vec![0; item.record_bytes().into()];
                    item.write_unwritten(&mut record);
                    value.extend(record);
                }
            }
        }
        Ok(value)
    }

    fn characters(&self, text: &str) -> Result<Vec<u8>, ProfileError> {
        let (bytes, _, unmappable) = GBK.encode(text);
        if unmappable {
            return Err(self.wrong("text that GBK can write", format!("{text:?}")));
        }
        Ok(bytes.into_owned())
    }

    /// Packed digits; A to F too, which identification codes have in their numbers.
    fn digits(&self, text: &str) -> Result<Vec<u8>, ProfileError> {
        let mut digits = text.to_string();
        if !digits.len().is_multiple_of(2) {
            digits.push('F');
        }
        hex::decode(&digits).map_err(|_| self.wrong("digits", format!("{text:?}")))
    }

    fn any_bytes(&self, only: &BTreeMap<String, Text>) -> Result<Vec<u8>, ProfileError> {
        match only.get("hex") {
            Some(Text::One(digits)) => {
                let digits: String = digits.split_whitespace().collect();
                let bytes = hex::decode(&digits)
                    .map_err(|error| self.wrong("hexadecimal bytes", error.to_string()))?;
                if self.file.item_of_record(1).is_some() && bytes.len() > 253 {
                    return Err(
                        self.wrong("at most 253 bytes in a record", bytes.len().to_string())
                    );
                }
                Ok(bytes)
            }
            _ => Err(self.wrong("hex = \"...\"", "something else")),
        }
    }
}

fn is_hex(only: &BTreeMap<String, Text>) -> bool {
    only.len() == 1 && only.contains_key("hex")
}

/// A record: tag, length, value filled with 00.
fn padded(tag: u8, value: &[u8], bytes: u8) -> Vec<u8> {
    let mut record = vec![tag, bytes];
    record.extend(value);
    record.resize(2 + usize::from(bytes), 0);
    record
}

/// Tag of the names of the applications that the environment answers.
pub(super) const CHILDREN: u8 = 0xC7;

/// Appends a BER-TLV object.
pub(super) fn push(data: &mut Vec<u8>, tag: u8, value: &[u8]) {
    data.push(tag);
    match value.len() {
        bytes @ 0..=0x7F => data.push(bytes as u8),
        bytes @ 0x80..=0xFF => data.extend([0x81, bytes as u8]),
        bytes => data.extend([0x82, (bytes >> 8) as u8, bytes as u8]),
    }
    data.extend(value);
}
