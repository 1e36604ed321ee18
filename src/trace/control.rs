//! Control information, decoded (ISO/IEC 7816-4:2020, 7.4.3): FCP, FMD and FCI templates, and the
//! file descriptor byte.
//!
//! Templates are read with the crate `iso7816-tlv`, not with the card's own reader, so that one
//! judges the other. That crate wants the lengths inside a template in their shortest form.

use std::fmt;

use iso7816_tlv::ber::{Tlv, Value};

/// No card sends control information longer than one short response.
const TEMPLATE_BYTES_MAX: usize = 512;

/// A template of control information.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    /// Which.
    pub kind: Kind,
    /// Its objects in order, those of an FCP or FMD inside an FCI among them.
    pub objects: Vec<Object>,
}

/// Which template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// 62: file control parameters.
    Fcp,
    /// 64: file management data.
    Fmd,
    /// 6F: file control information.
    Fci,
}

/// A data object of control information.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its tag, as it stands in the encoding.
    pub tag: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// The value of a file descriptor object (82).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// The file may be open on several channels.
    pub shareable: bool,
    /// What kind of file, and how it is built.
    pub file: FileKind,
    /// Data coding byte.
    pub data_coding: Option<u8>,
    /// Longest record in bytes.
    pub record_bytes_max: Option<u16>,
    /// Number of records.
    pub records: Option<u16>,
}

/// What a file descriptor byte says (table 12).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A dedicated file.
    Df,
    /// An EF whose content is BER-TLV objects.
    BerTlv,
    /// An EF whose content is SIMPLE-TLV objects.
    SimpleTlv,
    /// An EF of the card's users.
    Working(Structure),
    /// An EF of the card itself.
    Internal(Structure),
    /// An EF of a proprietary category.
    Proprietary(Structure),
    /// Reserved for future use.
    Reserved,
}

/// How an EF is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Structure {
    /// Not told.
    Unknown,
    /// Bytes.
    Transparent,
    /// Records of one size.
    LinearFixed,
    /// Records of one size that are TLV objects.
    LinearFixedTlv,
    /// Records of different sizes.
    LinearVariable,
    /// Records of different sizes that are TLV objects.
    LinearVariableTlv,
    /// A ring of records.
    Cyclic,
    /// A ring of records that are TLV objects.
    CyclicTlv,
}

/// Why bytes are no control information.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ControlError {
    /// It does not begin with 62, 64 or 6F.
    #[error("it begins with {0}, expected a template 62, 64 or 6F")]
    NoTemplate(String),
    /// It is not well formed.
    #[error("the objects are not well formed: {0}")]
    Malformed(String),
    /// Too long for what it claims to be.
    #[error("{0} bytes, control information has at most 512")]
    TooLong(usize),
    /// An object of a wrong length.
    #[error("object {tag} has {got} bytes, expected {expected}")]
    Length {
        /// Which.
        tag: &'static str,
        /// What it has.
        got: usize,
        /// What it should have.
        expected: &'static str,
    },
    /// A file descriptor byte with b8 set.
    #[error("file descriptor byte {0:02X} has b8 set, which is reserved")]
    Reserved(u8),
}

impl Template {
    /// Decodes a template.
    ///
    /// # Errors
    /// [`ControlError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ControlError> {
        let kind = match bytes.first() {
            Some(0x62) => Kind::Fcp,
            Some(0x64) => Kind::Fmd,
            Some(0x6F) => Kind::Fci,
            Some(other) => return Err(ControlError::NoTemplate(format!("{other:02X}"))),
            None => return Err(ControlError::NoTemplate("nothing".into())),
        };
        // The parser goes as deep as its input says; this bounds it.
        if bytes.len() > TEMPLATE_BYTES_MAX {
            return Err(ControlError::TooLong(bytes.len()));
        }
        let template = Tlv::from_bytes(bytes)
            .map_err(|error| ControlError::Malformed(format!("{error:?}")))?;
        let mut objects = Vec::new();
        flatten(&template, &mut objects);
        for object in &objects {
            object.check()?;
        }
        Ok(Self { kind, objects })
    }

    /// The value of the first object with this tag.
    #[must_use]
    pub fn find(&self, tag: u8) -> Option<&[u8]> {
        self.objects.iter().find(|object| object.tag == [tag]).map(|object| &object.value[..])
    }

    /// All of it in words, `key value` a line: each object as it stands, then what it means.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let kind = match self.kind {
            Kind::Fcp => "62 FCP",
            Kind::Fmd => "64 FMD",
            Kind::Fci => "6F FCI",
        };
        let mut lines = vec![format!("template {kind}")];
        for object in &self.objects {
            let value = match object.value.as_slice() {
                [] => "empty".into(),
                value => hex::encode_upper(value),
            };
            lines.push(format!("{} {value}", hex::encode_upper(&object.tag)));
            lines.extend(object.meaning());
        }
        lines
    }
}

/// The objects of a template; those inside templates of their own (FCP and FMD in an FCI) as well.
fn flatten(template: &Tlv, objects: &mut Vec<Object>) {
    let Value::Constructed(inner) = template.value() else { return };
    for tlv in inner {
        let tag = tlv.tag().to_bytes().to_vec();
        if matches!(tag.as_slice(), [0x62 | 0x64]) {
            flatten(tlv, objects);
            continue;
        }
        let value = match tlv.value() {
            Value::Primitive(value) => value.clone(),
            Value::Constructed(inner) => inner.iter().flat_map(Tlv::to_vec).collect(),
        };
        objects.push(Object { tag, value });
    }
}

impl Object {
    fn check(&self) -> Result<(), ControlError> {
        let got = self.value.len();
        let wrong = |tag, expected| Err(ControlError::Length { tag, got, expected });
        match self.tag.as_slice() {
            [0x80] if !(1..=8).contains(&got) => wrong("80", "1 to 8"),
            [0x81] if !(1..=8).contains(&got) => wrong("81", "1 to 8"),
            [0x82] => Descriptor::decode(&self.value).map(drop),
            [0x83] if got != 2 => wrong("83", "2"),
            [0x84] if !(1..=16).contains(&got) => wrong("84", "1 to 16"),
            [0x87] if got != 2 => wrong("87", "2"),
            [0x88] if got > 1 => wrong("88", "0 or 1"),
            [0x8A] if got != 1 => wrong("8A", "1"),
            _ => Ok(()),
        }
    }

    fn meaning(&self) -> Vec<String> {
        let number = || {
            let bytes = self.value.iter().take(8);
            bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        match (self.tag.as_slice(), self.value.as_slice()) {
            ([0x80], _) => vec![format!("data-bytes {}", number())],
            ([0x81], _) => vec![format!("total-bytes {}", number())],
            ([0x82], value) => Descriptor::decode(value).map_or(Vec::new(), |d| d.lines()),
            ([0x83], value) => vec![format!("identifier {}", hex::encode_upper(value))],
            ([0x84], value) => {
                let printable = value.iter().all(|byte| (0x20..0x7F).contains(byte));
                let text = String::from_utf8_lossy(value);
                if printable { vec![format!("name \"{text}\"")] } else { vec![] }
            }
            ([0x88], []) => vec!["sfi none".into()],
            ([0x88], &[value]) if value & 7 != 0 => {
                vec![format!("sfi {} and reserved bits {:X}", value >> 3, value & 7)]
            }
            ([0x88], &[value]) => vec![format!("sfi {}", value >> 3)],
            ([0x8A], &[value]) => vec![format!("life-cycle {}", life_cycle(value))],
            ([0x8B], &[record]) => vec![format!("rule record {record} of the implicit EF.ARR")],
            ([0x8B], &[high, low, record]) => {
                vec![format!("rule record {record} of EF.ARR {high:02X}{low:02X}")]
            }
            ([tag], _) => {
                name(*tag).map_or(Vec::new(), |name| vec![format!("{tag:02X}-is {name}")])
            }
            _ => Vec::new(),
        }
    }
}

fn name(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0x85 => "proprietary, not TLV",
        0x86 => "proprietary security attribute",
        0x87 => "EF with more control information",
        0x8B => "security attribute by reference",
        0x8C => "security attribute, compact",
        0x8D => "EF of security environments",
        0x8E => "channel security attribute",
        0xA0 => "security attributes of data objects",
        0xA1 => "proprietary security attribute template",
        0xA2 => "short identifiers and paths",
        0xA5 => "proprietary, TLV",
        0xAB => "security attribute, expanded",
        0xAC => "cryptographic mechanisms",
        _ => return None,
    })
}

/// Life cycle status byte (table 14).
pub(super) fn life_cycle(status: u8) -> &'static str {
    match status {
        0x00 => "no information",
        0x01 => "creation",
        0x03 => "initialisation",
        0x05 | 0x07 => "operational, activated",
        0x04 | 0x06 => "operational, deactivated",
        0x0C..=0x0F => "terminated",
        0x10..=0xFF => "proprietary",
        _ => "reserved",
    }
}

impl Descriptor {
    /// Decodes the value of an object 82: descriptor byte, data coding byte, record size and
    /// number.
    ///
    /// # Errors
    /// [`ControlError`] on a length that is none of 1 to 6, or b8 set.
    pub fn decode(value: &[u8]) -> Result<Self, ControlError> {
        let (fdb, rest) = match value {
            [fdb, rest @ ..] if rest.len() <= 5 => (*fdb, rest),
            _ => {
                let got = value.len();
                return Err(ControlError::Length { tag: "82", got, expected: "1 to 6" });
            }
        };
        if fdb & 0x80 != 0 {
            return Err(ControlError::Reserved(fdb));
        }
        let (record_bytes_max, records) = match *rest.get(1..).unwrap_or_default() {
            [] => (None, None),
            [size] => (Some(u16::from(size)), None),
            [high, low] => (Some(u16::from_be_bytes([high, low])), None),
            [high, low, number] => (Some(u16::from_be_bytes([high, low])), Some(u16::from(number))),
            [high, low, n0, n1, ..] => {
                (Some(u16::from_be_bytes([high, low])), Some(u16::from_be_bytes([n0, n1])))
            }
        };
        Ok(Self {
            shareable: fdb & 0x40 != 0,
            file: file_kind(fdb),
            data_coding: rest.first().copied(),
            record_bytes_max,
            records,
        })
    }

    /// All of it in words, `key value` a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("descriptor {self}")];
        if let Some(coding) = self.data_coding {
            lines.push(format!("data-coding {}", data_coding(coding)));
        }
        if let Some(bytes) = self.record_bytes_max {
            lines.push(format!("record-bytes-max {bytes}"));
        }
        if let Some(records) = self.records {
            lines.push(format!("records {records}"));
        }
        lines
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.shareable { "shareable " } else { "not shareable " })?;
        match self.file {
            FileKind::Df => f.write_str("DF"),
            FileKind::BerTlv => f.write_str("EF, BER-TLV"),
            FileKind::SimpleTlv => f.write_str("EF, SIMPLE-TLV"),
            FileKind::Working(structure) => write!(f, "working EF, {}", structure.words()),
            FileKind::Internal(structure) => write!(f, "internal EF, {}", structure.words()),
            FileKind::Proprietary(structure) => write!(f, "proprietary EF, {}", structure.words()),
            FileKind::Reserved => f.write_str("reserved"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

const fn file_kind(fdb: u8) -> FileKind {
    let structure = match fdb & 0x07 {
        0 => Structure::Unknown,
        1 => Structure::Transparent,
        2 => Structure::LinearFixed,
        3 => Structure::LinearFixedTlv,
        4 => Structure::LinearVariable,
        5 => Structure::LinearVariableTlv,
        6 => Structure::Cyclic,
        _ => Structure::CyclicTlv,
    };
    match (fdb >> 3) & 0x07 {
        0 => FileKind::Working(structure),
        1 => FileKind::Internal(structure),
        7 => match fdb & 0x07 {
            0 => FileKind::Df,
            1 => FileKind::BerTlv,
            2 => FileKind::SimpleTlv,
            _ => FileKind::Reserved,
        },
        _ => FileKind::Proprietary(structure),
    }
}

impl Structure {
    const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "structure not told",
            Self::Transparent => "transparent",
            Self::LinearFixed => "linear fixed",
            Self::LinearFixedTlv => "linear fixed TLV",
            Self::LinearVariable => "linear variable",
            Self::LinearVariableTlv => "linear variable TLV",
            Self::Cyclic => "cyclic",
            Self::CyclicTlv => "cyclic TLV",
        }
    }
}

/// Data coding byte (table 13): how WRITE behaves, and the data unit in quartets.
fn data_coding(coding: u8) -> String {
    let write = match (coding >> 5) & 3 {
        0 => "one-time",
        1 => "proprietary",
        2 => "OR",
        _ => "AND",
    };
    format!("write {write}, unit {} quartets", 1_u32 << (coding & 0x0F))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{bytes, card};

    #[test]
    fn a_short_identifier_is_in_the_upper_five_bits() {
        let template = Template::decode(&bytes("6207 8801F0 8A0104")).unwrap_err();
        assert!(matches!(template, ControlError::Malformed(_)));
        let template = Template::decode(&bytes("6206 8801F0 8A0104")).unwrap();
        assert_eq!(
            template.lines(),
            ["template 62 FCP", "88 F0", "sfi 30", "8A 04", "life-cycle operational, deactivated"]
        );
    }

    #[test]
    fn what_the_card_says_of_its_files_reads_back() {
        let mut card = card();
        let mut ask = |command: &str| {
            let answer = card.transmit(&bytes(command)).unwrap();
            Template::decode(&answer[..answer.len() - 2]).unwrap()
        };
        let mf = ask("00A40000023F0000");
        assert_eq!((mf.kind, mf.find(0x83)), (Kind::Fci, Some(&[0x3F, 0][..])));
        assert!(mf.lines().contains(&"descriptor not shareable DF".to_string()), "{mf}");
        let directory = ask("00A40004022F0000");
        assert!(directory.lines().contains(&"sfi 30".to_string()), "{directory}");
        let environment = ask("00A404000F7378312E73682EC9E7BBE1B1A3D5CF00");
        assert_eq!(environment.find(0xA5), Some(&[0x88, 1, 0x1E][..]));
    }

    #[test]
    fn each_kind_of_broken_template_is_told_apart() {
        for (template, says) in [
            ("", "it begins with nothing"),
            ("61 00", "it begins with 61"),
            ("62 05 80", "not well formed"),
            ("62 00 00", "not well formed"),
            ("62 03 83 01 00", "object 83 has 1 bytes, expected 2"),
            ("62 02 82 00", "object 82 has 0 bytes, expected 1 to 6"),
            ("62 03 82 01 81", "has b8 set"),
            ("6F 04 88 02 00 00", "object 88 has 2 bytes"),
        ] {
            let said = Template::decode(&bytes(template)).unwrap_err().to_string();
            assert!(said.contains(says), "{template}: {said}");
        }
        assert_eq!(Template::decode(&[0x62; 513]), Err(ControlError::TooLong(513)));
    }

    #[test]
    fn objects_of_templates_inside_an_fci_are_told_too() {
        let template = Template::decode(&bytes("6F0A 62 04 83022F00 64 02 5300")).unwrap();
        assert_eq!(template.lines()[1..], ["83 2F00", "identifier 2F00", "53 empty"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            rest in proptest::collection::vec(any::<u8>(), 0..600),
            kind in 0..3,
        ) {
            let start = [0x62, 0x64, 0x6F][kind as usize];
            let length = rest.len().min(127);
            let short = [&[start, length as u8][..], &rest[..length]].concat();
            for bytes in [&rest, &short, &[&[start][..], &rest].concat()] {
                if let Ok(template) = Template::decode(bytes) {
                    prop_assert!(!template.to_string().is_empty());
                }
            }
        }

        #[test]
        fn depth_does_no_harm(depth in 0_usize..260) {
            let mut bytes = vec![];
            for _ in 0..depth {
                let n = bytes.len();
                let mut outer = match n {
                    0..128 => vec![0x62, n as u8],
                    _ => vec![0x62, 0x82, (n >> 8) as u8, n as u8],
                };
                outer.extend(bytes);
                bytes = outer;
            }
            let _ = Template::decode(&bytes);
        }
    }
}
