//! Reading BER-TLV data objects without copying (ISO/IEC 7816-4:2020, 6.2 and 6.3).
//!
//! The reader never looks beyond the slice it was given and never panics: what is not well formed
//! ends the walk with [`Malformed`]. Writing is the business of [`Reply::tlv`](crate::Reply::tlv).

use core::fmt;

/// A tag of one or two bytes, as it stands in the encoding: `0x84`, `0x5F50`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u16);

macro_rules! tags {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        impl Tag {
            $(
                #[doc = concat!("`", stringify!($value), "`: ", $text, ".")]
                pub const $name: Self = Self($value);
            )*

            /// The interindustry meaning of this tag in control information and on the card level.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

tags! {
    FCP = 0x62, "file control parameters";
    FMD = 0x64, "file management data";
    FCI = 0x6F, "file control information";
    DATA_BYTES = 0x80, "number of data bytes";
    TOTAL_BYTES = 0x81, "number of bytes including structure";
    FILE_DESCRIPTOR = 0x82, "file descriptor";
    FILE_ID = 0x83, "file identifier";
    DF_NAME = 0x84, "DF name";
    SHORT_EF_ID = 0x88, "short EF identifier";
    LIFE_CYCLE = 0x8A, "life cycle status";
    PROPRIETARY = 0xA5, "proprietary information";
    APPLICATION_ID = 0x4F, "application identifier";
    APPLICATION_LABEL = 0x50, "application label";
    PATH = 0x51, "path";
    APPLICATION_TEMPLATE = 0x61, "application template";
    CARD_SERVICE_DATA = 0x43, "card service data";
    PRE_ISSUING_DATA = 0x46, "pre-issuing data";
    CARD_CAPABILITIES = 0x47, "card capabilities";
    HISTORICAL_BYTES = 0x5F52, "historical bytes";
    CARD_DATA = 0x66, "card data";
    EXTENDED_LENGTH = 0x7F66, "extended length information";
}

impl Tag {
    /// Bytes of the tag in its encoding, 1 or 2.
    #[must_use]
    pub const fn encoded_bytes(self) -> usize {
        if self.0 > 0xFF { 2 } else { 1 }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.0)
    }
}

/// One data object: a tag and its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataObject<'a> {
    /// The tag.
    pub tag: Tag,
    /// The value field.
    pub value: &'a [u8],
}

/// The bytes are not a sequence of data objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// Walks a sequence of BER-TLV data objects.
///
/// ```
/// use tessera_framework::tlv::{DataObjects, Tag};
/// let fci = [0x84, 2, 0x3F, 0x00, 0xA5, 0];
/// let tags: Vec<Tag> = DataObjects::new(&fci).map(|o| o.unwrap().tag).collect();
/// assert_eq!(tags, [Tag::DF_NAME, Tag::PROPRIETARY]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DataObjects<'a> {
    rest: &'a [u8],
}

impl<'a> DataObjects<'a> {
    /// A walk over `bytes`. Bytes 00 and FF between objects are padding (6.2).
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The first object with this tag, `None` when there is none or the bytes are malformed first.
    #[must_use]
    pub fn find(self, tag: Tag) -> Option<&'a [u8]> {
        self.map_while(Result::ok).find(|object| object.tag == tag).map(|object| object.value)
    }

    fn object(&mut self) -> Result<DataObject<'a>, Malformed> {
        let (&first, mut rest) = self.rest.split_first().ok_or(Malformed)?;
        let mut tag = u16::from(first);
        if first & 0x1F == 0x1F {
            let (&second, after) = rest.split_first().ok_or(Malformed)?;
            if second & 0x80 != 0 {
                return Err(Malformed);
            }
            tag = tag << 8 | u16::from(second);
            rest = after;
        }
        let (&length, mut rest) = rest.split_first().ok_or(Malformed)?;
        let mut bytes = usize::from(length);
        if length & 0x80 != 0 {
            let field = usize::from(length & 0x7F);
            if !(1..=3).contains(&field) || rest.len() < field {
                return Err(Malformed);
            }
            let (field, after) = rest.split_at(field);
            bytes = field.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
            rest = after;
        }
        if rest.len() < bytes {
            return Err(Malformed);
        }
        let (value, after) = rest.split_at(bytes);
        self.rest = after;
        Ok(DataObject { tag: Tag(tag), value })
    }
}

impl<'a> Iterator for DataObjects<'a> {
    type Item = Result<DataObject<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while let [0x00 | 0xFF, rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return None;
        }
        let object = self.object();
        if object.is_err() {
            self.rest = &[];
        }
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lengths_and_two_byte_tags_are_read() {
        let mut bytes = [0x5A; 0x85];
        bytes[..5].copy_from_slice(&[0x5F, 0x52, 0x81, 0x81, 0x00]);
        assert_eq!(DataObjects::new(&bytes).find(Tag::HISTORICAL_BYTES).unwrap().len(), 0x81);
    }

    #[test]
    fn malformed_bytes_end_the_walk_and_are_reported_once() {
        for bad in [
            &[0x84][..],
            &[0x84, 2, 1],
            &[0x5F],
            &[0x5F, 0x80, 0],
            &[0x84, 0x80],
            &[0x84, 0x84, 0, 0, 0, 1, 9],
        ] {
            let mut walk = DataObjects::new(bad);
            assert_eq!(walk.next(), Some(Err(Malformed)), "{bad:02X?}");
            assert_eq!(walk.next(), None);
        }
    }
}
