//! Values of data items at their full length: characters, digits, numbers; and the objects of
//! installation data around them.

use encoding_rs::GBK;
use tessera_cos::social::keys::algorithm_byte;
use toml::Spanned;

use super::{ProfileError, Source, keys::Keys};
use crate::keys::Levels;

impl Source<'_> {
    /// an: characters, Chinese ones in GBK, filled on the right with 00.
    pub(super) fn characters(
        &self,
        text: &Spanned<String>,
        bytes: usize,
    ) -> Result<Vec<u8>, ProfileError> {
        let (value, _, unmappable) = GBK.encode(text.get_ref());
        if unmappable {
            let got = format!("{:?}", text.get_ref());
            return Err(self.wrong(text.span(), "text that GBK can write", got));
        }
        self.filled(text, value.into_owned(), bytes, 0x00)
    }

    /// cn: packed digits, filled on the right with F.
    pub(super) fn digits(
        &self,
        text: &Spanned<String>,
        bytes: usize,
    ) -> Result<Vec<u8>, ProfileError> {
        let mut digits = text.get_ref().clone();
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(self.wrong(text.span(), "decimal digits", format!("{digits:?}")));
        }
        if !digits.len().is_multiple_of(2) {
            digits.push('F');
        }
        self.filled(text, hex::decode(digits).unwrap_or_default(), bytes, 0xFF)
    }

    fn filled(
        &self,
        text: &Spanned<String>,
        mut value: Vec<u8>,
        bytes: usize,
        filling: u8,
    ) -> Result<Vec<u8>, ProfileError> {
        if value.len() > bytes {
            let expected = format!("at most {bytes} bytes");
            return Err(self.wrong(text.span(), &expected, format!("{} bytes", value.len())));
        }
        value.resize(bytes, filling);
        Ok(value)
    }
}

/// Appends a BER-TLV object of installation data.
pub(super) fn push(data: &mut Vec<u8>, tag: u8, value: &[&[u8]]) {
    let value = value.concat();
    data.push(tag);
    match value.len() {
        bytes @ 0..=0x7F => data.push(bytes as u8),
        bytes @ 0x80..=0xFF => data.extend([0x81, bytes as u8]),
        bytes => data.extend([0x82, (bytes >> 8) as u8, bytes as u8]),
    }
    data.extend(value);
}

/// Appends the keys of an application: identifier, version, algorithm, bytes in an object C3. Of
/// each is said its label, its identifier, and how many versions there may be.
pub(super) fn push_keys<'k>(
    data: &mut Vec<u8>,
    keys: Option<&Keys>,
    entries: impl Iterator<Item = (&'k str, u8, u8)>,
) {
    let Some(keys) = keys else { return };
    for (label, id, versions) in entries {
        for version in 1..=versions.min(keys.versions()) {
            let key = keys.card_key(&Keys::label(label, version), Levels::Two);
            let header = [id, version, algorithm_byte(key.algorithm())];
            push(data, 0xC3, &[&header, key.as_slice()]);
        }
    }
}
