//! The words the [table](crate::table) is written in: directories, files, data items.

use tessera_cos::{Access, Structure};

/// A directory and its files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Df {
    /// File identifier.
    pub fid: u16,
    /// DF name.
    pub name: &'static [u8],
    /// Chinese name.
    pub chinese: &'static str,
    /// English name.
    pub english: &'static str,
    /// Its elementary files.
    pub files: &'static [File],
}

/// An elementary file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct File {
    /// Short identifier; the file identifier is EF00 plus this.
    pub sfi: u8,
    /// Chinese name.
    pub chinese: &'static str,
    /// English name.
    pub english: &'static str,
    /// Who may read.
    pub read: Access,
    /// Who may update.
    pub update: Access,
    /// Whether it is in use.
    pub class: Class,
    /// What it holds.
    pub content: Content,
}

/// Whether a file is in use (ministry notice 37 of 2012).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// 启用: in use.
    InUse,
    /// 预设: defined, not used yet.
    Preset,
    /// 预留: place and size only.
    Reserved,
    /// Of an informative annex.
    Informative,
}

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// So many bytes.
    Transparent {
        /// Size of the file.
        bytes: u16,
    },
    /// One record per data item, each TAG LENGTH VALUE.
    Items {
        /// The items in the order of records.
        items: &'static [Item],
        /// All records have one size.
        fixed: bool,
    },
    /// Records of fields without tags, the newest first.
    Cyclic {
        /// Records in the ring.
        records: u8,
        /// The fields of a record.
        fields: &'static [Item],
    },
}

/// A data item, or a field of a cyclic record (then the tag is 0).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Item {
    /// Tag.
    pub tag: u8,
    /// Bytes of the value.
    pub bytes: u8,
    /// How the value is coded.
    pub format: Format,
    /// Records that hold such an item, one behind the other.
    pub count: u8,
    /// Chinese name.
    pub chinese: &'static str,
    /// English name.
    pub english: &'static str,
}

/// How a value is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// cn: packed decimal, filled on the right with nibbles F.
    Digits,
    /// an: characters (Chinese ones in GBK), filled on the right with bytes 00.
    Characters,
    /// b: binary number, most significant byte first.
    Binary,
    /// B-TLV: data items again.
    Template(&'static [Item]),
}

impl Df {
    /// The number installation data name it by: 0 the environment, else the last digits of its file
    /// identifier.
    #[must_use]
    pub const fn number(&self) -> u8 {
        if self.fid == 0xDDF1 { 0 } else { self.fid as u8 }
    }
}

impl File {
    /// The file identifier.
    #[must_use]
    pub const fn fid(&self) -> u16 {
        0xEF00 | self.sfi as u16
    }

    /// The structure to create it with.
    #[must_use]
    pub fn structure(&self) -> Structure {
        match self.content {
            Content::Transparent { bytes } => Structure::Transparent { bytes: bytes.into() },
            Content::Cyclic { records, fields } => {
                Structure::Cyclic { record_bytes: fields.iter().map(|f| f.bytes).sum(), records }
            }
            Content::Items { items, fixed } => {
                let records = items.iter().map(|item| item.count).sum();
                let longest = items.iter().map(Item::record_bytes).max().unwrap_or(0);
                if fixed {
                    Structure::LinearFixed { record_bytes: longest, records, tlv: true }
                } else {
                    let bytes = items
                        .iter()
                        .map(|item| u32::from(item.record_bytes()) * u32::from(item.count))
                        .sum();
                    Structure::LinearVariable {
                        bytes,
                        record_bytes_max: longest,
                        records,
                        tlv: true,
                    }
                }
            }
        }
    }

    /// The item that record `number` (from 1) of a file of items holds.
    #[must_use]
    pub fn item_of_record(&self, number: u8) -> Option<&'static Item> {
        let Content::Items { items, .. } = self.content else { return None };
        let mut last = 0;
        items.iter().find(|item| {
            last += item.count;
            (1..=last).contains(&number)
        })
    }
}

impl Item {
    /// Bytes of the record it stands in: tag, length, value.
    #[must_use]
    pub const fn record_bytes(&self) -> u8 {
        2 + self.bytes
    }

    /// Writes the record of an item that has not been written: cn all F, the others all 0.
    pub fn write_unwritten(&self, out: &mut [u8]) {
        let Some((header, value)) = out.split_first_chunk_mut::<2>() else { return };
        *header = [self.tag, self.bytes];
        match self.format {
            Format::Digits => value.fill(0xFF),
            Format::Characters | Format::Binary => value.fill(0),
            Format::Template(items) => {
                let mut rest = value;
                for item in items {
                    let bytes = usize::from(item.record_bytes()).min(rest.len());
                    let (own, after) = rest.split_at_mut(bytes);
                    item.write_unwritten(own);
                    rest = after;
                }
            }
        }
    }
}

/// Readable by everybody.
pub const FREE: Access = Access::Always;
/// Not from outside.
pub const NEVER: Access = Access::Never;
/// With the PIN.
pub const PIN: Access = Access::Pin;

/// With a key.
#[must_use]
pub const fn key(kid: u8) -> Access {
    Access::Key(kid)
}

/// With the PIN or a key.
#[must_use]
pub const fn pin_or(kid: u8) -> Access {
    Access::PinOrKey(kid)
}

/// With the PIN and a key.
#[must_use]
pub const fn pin_and(kid: u8) -> Access {
    Access::PinAndKey(kid)
}

/// A file with one record per item.
#[must_use]
pub const fn records(
    sfi: u8,
    chinese: &'static str,
    english: &'static str,
    read: Access,
    update: Access,
    class: Class,
    items: &'static [Item],
) -> File {
    let content = Content::Items { items, fixed: false };
    File { sfi, chinese, english, read, update, class, content }
}

/// A file with one record per item, all of one size.
#[must_use]
pub const fn fixed(
    sfi: u8,
    chinese: &'static str,
    english: &'static str,
    read: Access,
    update: Access,
    class: Class,
    items: &'static [Item],
) -> File {
    let content = Content::Items { items, fixed: true };
    File { sfi, chinese, english, read, update, class, content }
}

/// A ring of records of fields.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "a line of the table, read from left to right")]
pub const fn cyclic(
    sfi: u8,
    chinese: &'static str,
    english: &'static str,
    read: Access,
    update: Access,
    class: Class,
    records: u8,
    fields: &'static [Item],
) -> File {
    let content = Content::Cyclic { records, fields };
    File { sfi, chinese, english, read, update, class, content }
}

/// A file of bytes.
#[must_use]
pub const fn transparent(
    sfi: u8,
    chinese: &'static str,
    english: &'static str,
    read: Access,
    update: Access,
    class: Class,
    bytes: u16,
) -> File {
    let content = Content::Transparent { bytes };
    File { sfi, chinese, english, read, update, class, content }
}

/// An item of decimal digits.
#[must_use]
pub const fn cn(tag: u8, bytes: u8, chinese: &'static str, english: &'static str) -> Item {
    Item { tag, bytes, format: Format::Digits, count: 1, chinese, english }
}

/// An item of characters.
#[must_use]
pub const fn an(tag: u8, bytes: u8, chinese: &'static str, english: &'static str) -> Item {
    Item { tag, bytes, format: Format::Characters, count: 1, chinese, english }
}

/// A binary number.
#[must_use]
pub const fn b(tag: u8, bytes: u8, chinese: &'static str, english: &'static str) -> Item {
    Item { tag, bytes, format: Format::Binary, count: 1, chinese, english }
}

/// An item of items, `count` records of it.
#[must_use]
pub const fn template(
    tag: u8,
    count: u8,
    chinese: &'static str,
    english: &'static str,
    items: &'static [Item],
) -> Item {
    let mut bytes = 0;
    let mut i = 0;
    while i < items.len() {
        bytes += items[i].record_bytes();
        i += 1;
    }
    Item { tag, bytes, format: Format::Template(items), count, chinese, english }
}
