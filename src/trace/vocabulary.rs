//! What directories, files and data items of a card are called, so that a trace can say it.
//!
//! The profile makes it from the applications' own tables; a card without an entry for something is
//! traced all the same, in numbers.

use encoding_rs::GBK;

/// The names of a card's files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Vocabulary {
    /// Directories, the MF first.
    pub dfs: Vec<DfWords>,
}

/// A directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DfWords {
    /// File identifier.
    pub fid: u16,
    /// DF name.
    pub name: Vec<u8>,
    /// What developers call it: `MF`, `SSSE`, `DF01`.
    pub short: String,
    /// Its name in words.
    pub text: String,
    /// The files directly under it.
    pub efs: Vec<EfWords>,
}

/// An elementary file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EfWords {
    /// File identifier.
    pub fid: u16,
    /// Short identifier, 1 to 30.
    pub sfi: u8,
    /// Its name in words.
    pub text: String,
    /// What its bytes mean.
    pub content: ContentWords,
}

/// What the bytes of a file mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContentWords {
    /// Nothing is known of them.
    Bytes,
    /// BER-TLV data objects.
    Objects,
    /// Records of one TLV item each.
    Items(Vec<ItemWords>),
    /// Records of fields without tags.
    Fields(Vec<ItemWords>),
}

/// A data item or a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemWords {
    /// Tag, 0 for a field.
    pub tag: u8,
    /// Bytes of the value.
    pub bytes: usize,
    /// Its name in words.
    pub text: String,
    /// How its value is coded.
    pub coding: Coding,
}

/// How a value is coded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Coding {
    /// Packed digits, filled on the right with F.
    Digits,
    /// Characters, Chinese ones in GBK, filled on the right with 00.
    Characters,
    /// A binary number.
    Number,
    /// Items again.
    Items(Vec<ItemWords>),
}

impl Vocabulary {
    /// The directory with this name or one that begins with it.
    #[must_use]
    pub fn df_by_name(&self, name: &[u8]) -> Option<usize> {
        let whole = self.dfs.iter().position(|df| df.name == name);
        whole.or_else(|| self.dfs.iter().position(|df| df.name.starts_with(name)))
    }

    /// The directory with this file identifier.
    #[must_use]
    pub fn df_by_fid(&self, fid: u16) -> Option<usize> {
        self.dfs.iter().position(|df| df.fid == fid)
    }
}

impl DfWords {
    /// The file under it with this identifier.
    #[must_use]
    pub fn ef(&self, fid: u16) -> Option<&EfWords> {
        self.efs.iter().find(|ef| ef.fid == fid)
    }

    /// The file under it with this short identifier.
    #[must_use]
    pub fn ef_by_sfi(&self, sfi: u8) -> Option<&EfWords> {
        self.efs.iter().find(|ef| ef.sfi == sfi)
    }
}

impl ContentWords {
    /// The lines that say what a record, or several joined, hold.
    #[must_use]
    pub fn of_records(&self, mut bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        match self {
            Self::Bytes | Self::Objects => {}
            Self::Items(items) => items_in_words(items, bytes, "", &mut lines),
            Self::Fields(fields) => {
                let size: usize = fields.iter().map(|field| field.bytes).sum();
                let several = bytes.len() > size;
                let mut number = 0;
                while size > 0 && bytes.len() >= size {
                    number += 1;
                    if several {
                        lines.push(format!("the {number}. of them"));
                    }
                    for field in fields {
                        let (value, rest) = bytes.split_at(field.bytes);
                        lines.push(format!("{}: {}", field.text, field.coding.of_value(value)));
                        bytes = rest;
                    }
                }
            }
        }
        lines
    }
}

/// One line an item; what is not an item of the file is shown as its tag.
fn items_in_words(items: &[ItemWords], mut bytes: &[u8], indent: &str, lines: &mut Vec<String>) {
    while let [tag, length, rest @ ..] = bytes {
        let (value, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        bytes = rest;
        let known = items.iter().find(|item| item.tag == *tag);
        match known.map(|item| (&item.text, &item.coding)) {
            Some((text, Coding::Items(inner))) => {
                lines.push(format!("{indent}{tag:02X} {text}"));
                items_in_words(inner, value, &format!("{indent}   "), lines);
            }
            Some((text, coding)) => {
                lines.push(format!("{indent}{tag:02X} {text}: {}", coding.of_value(value)));
            }
            None => lines.push(format!("{indent}{tag:02X}: {}", hex::encode_upper(value))),
        }
    }
}

impl Coding {
    /// A value in words; one that is not coded as it should be is shown in hexadecimal.
    #[must_use]
    pub fn of_value(&self, value: &[u8]) -> String {
        let digits = hex::encode_upper(value);
        match self {
            Self::Digits => match digits.trim_end_matches('F') {
                "" => "not written".into(),
                digits => digits.into(),
            },
            Self::Characters => {
                let end = value.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                let (text, _, malformed) = GBK.decode(&value[..end]);
                match (text.is_empty(), malformed || text.chars().any(char::is_control)) {
                    (true, _) => "not written".into(),
                    (_, true) => digits,
                    (_, false) => text.into_owned(),
                }
            }
            Self::Number if value.len() <= 8 => {
                value.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte)).to_string()
            }
            Self::Number | Self::Items(_) => digits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(tag: u8, bytes: usize, text: &str, coding: Coding) -> ItemWords {
        ItemWords { tag, bytes, text: text.into(), coding }
    }

    #[test]
    fn values_are_shown_as_they_are_coded() {
        assert_eq!(Coding::Digits.of_value(&[0x20, 0x25, 0x1F]), "20251");
        assert_eq!(Coding::Digits.of_value(&[0xFF; 4]), "not written");
        assert_eq!(Coding::Characters.of_value(b"\xB2\xE2\xCA\xD4\0\0"), "测试");
        assert_eq!(Coding::Characters.of_value(&[0; 9]), "not written");
        assert_eq!(Coding::Characters.of_value(&[0xB2]), "B2", "half a character");
        assert_eq!(Coding::Number.of_value(&[0, 0, 1, 2]), "258");
    }

    #[test]
    fn joined_records_templates_and_cut_ones_are_walked_without_a_panic() {
        let inner = vec![item(0x57, 3, "degree", Coding::Characters)];
        let content = ContentWords::Items(vec![
            item(0x2A, 1, "level", Coding::Digits),
            item(0x40, 5, "degrees", Coding::Items(inner)),
        ]);
        let bytes = [0x2A, 1, 0x21, 0x40, 5, 0x57, 3, b'2', b'0', b'4', 0x99, 2, 1];
        assert_eq!(
            content.of_records(&bytes),
            ["2A level: 21", "40 degrees", "   57 degree: 204", "99: 01"]
        );
        for end in 0..bytes.len() {
            assert!(content.of_records(&bytes[..end]).len() <= 5);
        }
    }

    #[test]
    fn fields_are_cut_at_their_lengths_record_by_record() {
        let content = ContentWords::Fields(vec![
            item(0, 2, "number", Coding::Number),
            item(0, 1, "class", Coding::Characters),
        ]);
        assert_eq!(content.of_records(&[0, 7, b'1', 0, 6, b'2', 9]).len(), 6);
        assert_eq!(content.of_records(&[0, 7, b'1'])[0], "number: 7");
        assert!(ContentWords::Fields(Vec::new()).of_records(&[1, 2, 3]).is_empty());
    }
}
