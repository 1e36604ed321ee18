//! File control parameters as CREATE FILE brings them (ISO/IEC 7816-4:2020, 7.4.3; 7816-9).
//!
//! | tag | of | what is taken |
//! |---|---|---|
//! | 80 | EF | number of data bytes, 1 to 4 bytes; not 0 |
//! | 81 | any | bytes with structure, 2 bytes; at least those of 80, and in place of it for transparent EFs |
//! | 82 | any | descriptor; data coding; record size (1 or 2 bytes); number of records (1 or 2 bytes) |
//! | 83 | any | identifier, must be there |
//! | 84 | DF | name of 1 to 16 bytes |
//! | 88 | EF | short identifier in b8-b4, empty: none; absent: the low 5 bits of the identifier |
//! | 8A | any | life cycle status; absent or 00: creation |
//! | 8C, AB | any | access rules, kept as they stand, see [`rules`] |
//! | A0 | DF | access rules of its data objects |
//! | A5 | DF | proprietary information, at most 32 bytes |
//!
//! Any other object is refused (6A80), and so is one that comes twice, access rules apart: what
//! this card would not keep or could not enforce is not to look as if it did. So are 8B (rules by
//! reference), 86 and A1 (proprietary rules) and 8E (rules of channels).
//!
//! Choices of this card: one byte is the data unit; TLV-structured EFs (39, 3A), cyclic EFs of TLV
//! records, internal and proprietary EFs are not known. Records there is room for, when 82 does not
//! say: as many as fit, of variable records half as many as there are bytes, at most 254.

use tessera_framework::{
    FileId, Halt, Sfi, StatusWord, Tag,
    tlv::{DataObject, DataObjects, Malformed},
};

use crate::{Access, DfSpec, EfSpec, Flags, Structure, header::Writing, layout::LifeCycle, rules};

/// Most bytes of access rules a file may have.
pub const ATTRIBUTES_BYTES_MAX: usize = 128;

/// Data coding byte where none is given: one byte is the unit, and is written once
/// (ISO/IEC 7816-4:2020, table 13).
pub const DATA_CODING_DEFAULT: u8 = 0x01;

/// A file to be made. Its specification is without the access rules, which the caller adds.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// What it is.
    pub file: NewFile<'a>,
    /// Its access rules.
    pub attributes: Attributes,
}

/// A DF or an EF.
#[derive(Clone, Copy, Debug)]
pub enum NewFile<'a> {
    /// A DF.
    Df(DfSpec<'a>),
    /// An EF.
    Ef(EfSpec<'static>),
}

/// Access rules: the attribute objects in the order they came in.
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    bytes: [u8; ATTRIBUTES_BYTES_MAX],
    length: usize,
}

impl Attributes {
    const NONE: Self = Self { bytes: [0; ATTRIBUTES_BYTES_MAX], length: 0 };

    /// The objects, one behind the other.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Adds an object; false when there is no room.
    fn add(&mut self, object: &DataObject<'_>) -> bool {
        let length = object.value.len();
        let header = [object.tag.0 as u8, 0x81, length as u8];
        let header = if length < 0x80 { [header[0], header[2], 0] } else { header };
        let header = header.get(..if length < 0x80 { 2 } else { 3 }).unwrap_or_default();
        let end = self.length + header.len() + length;
        let Some(place) = self.bytes.get_mut(self.length..end) else { return false };
        let (first, rest) = place.split_at_mut(header.len());
        first.copy_from_slice(header);
        rest.copy_from_slice(object.value);
        self.length = end;
        true
    }
}

/// What P1-P2 of CREATE FILE say: the descriptor byte, and the short identifier in b8-b4 of P2;
/// 0 where the data field says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Announced {
    /// P1.
    pub descriptor: u8,
    /// P2.
    pub sfi: u8,
}

/// Reads the data field of CREATE FILE: one 62 object, or one 6F with the parameters in it,
/// directly or in a 62, and beside that a 64.
///
/// # Errors
/// 6A80 when it cannot be such a file.
pub fn parse(announced: Announced, data: &[u8]) -> Result<Parameters<'_>, Halt> {
    let mut found = Found::default();
    found
        .template(data)
        .and_then(|()| found.file(announced))
        .or(Halt::status(StatusWord::WRONG_DATA))
}

/// The objects of a template, each at most once.
#[derive(Default)]
struct Found<'a> {
    data_bytes: Option<u32>,
    total_bytes: Option<u32>,
    descriptor: Option<&'a [u8]>,
    fid: Option<FileId>,
    name: Option<&'a [u8]>,
    sfi: Option<Option<Sfi>>,
    life_cycle: Option<u8>,
    proprietary: Option<&'a [u8]>,
    attributes: Option<Attributes>,
}

/// Puts a value where there is none yet.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Malformed),
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))
}

impl<'a> Found<'a> {
    /// The one object of the data field.
    fn template(&mut self, data: &'a [u8]) -> Result<(), Malformed> {
        let mut objects = DataObjects::new(data);
        let outer = objects.next().ok_or(Malformed)??;
        if objects.next().is_some() {
            return Err(Malformed);
        }
        match outer.tag {
            Tag::FCP => self.objects(outer.value),
            Tag::FCI => {
                let nested = DataObjects::new(outer.value).find(Tag::FCP).is_some();
                if !nested {
                    return self.objects(outer.value);
                }
                for inner in DataObjects::new(outer.value) {
                    match inner? {
                        DataObject { tag: Tag::FCP | Tag::FMD, value } => self.objects(value)?,
                        _ => return Err(Malformed),
                    }
                }
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    fn objects(&mut self, bytes: &'a [u8]) -> Result<(), Malformed> {
        DataObjects::new(bytes).try_for_each(|object| self.object(object?))
    }

    fn object(&mut self, object: DataObject<'a>) -> Result<(), Malformed> {
        let value = object.value;
        match (object.tag, value) {
            (Tag::DATA_BYTES, [_] | [_, _] | [_, _, _] | [_, _, _, _]) => {
                once(&mut self.data_bytes, number(value))
            }
            (Tag::TOTAL_BYTES, [_, _]) => once(&mut self.total_bytes, number(value)),
            (Tag::FILE_DESCRIPTOR, [_, ..]) => once(&mut self.descriptor, value),
            (Tag::FILE_ID, &[high, low]) => {
                once(&mut self.fid, FileId(u16::from_be_bytes([high, low])))
            }
            (Tag::DF_NAME, [_, ..]) if value.len() <= 16 => once(&mut self.name, value),
            (Tag::SHORT_EF_ID, []) => once(&mut self.sfi, None),
            (Tag::SHORT_EF_ID, &[byte]) if byte & 7 == 0 => {
                once(&mut self.sfi, Some(Sfi::new(byte >> 3).ok_or(Malformed)?))
            }
            (Tag::LIFE_CYCLE, &[byte]) => once(&mut self.life_cycle, byte),
            (Tag::PROPRIETARY, _) if value.len() <= 32 => once(&mut self.proprietary, value),
            (Tag(rules::tag::COMPACT | rules::tag::EXPANDED | rules::tag::DATA_OBJECTS), _) => {
                let attributes = self.attributes.get_or_insert(Attributes::NONE);
                if attributes.add(&object) { Ok(()) } else { Err(Malformed) }
            }
            _ => Err(Malformed),
        }
    }

    /// The file these objects make.
    fn file(&self, announced: Announced) -> Result<Parameters<'a>, Malformed> {
        let given: &[u8] = if announced.descriptor == 0 { &[] } else { &[announced.descriptor] };
        let descriptor = self.descriptor.unwrap_or(given);
        let (&fdb, details) = descriptor.split_first().ok_or(Malformed)?;
        if announced.descriptor != 0 && announced.descriptor != fdb {
            return Err(Malformed);
        }
        let fid = self.fid.filter(|fid| fid.is_usable() && *fid != FileId::MF).ok_or(Malformed)?;
        let life_cycle = match self.life_cycle {
            None | Some(0x00) => LifeCycle::CREATION,
            Some(byte @ (0x01 | 0x03..=0x07)) => LifeCycle(byte),
            Some(_) => return Err(Malformed),
        };
        let attributes = self.attributes.unwrap_or(Attributes::NONE);
        if !rules::well_formed(attributes.as_bytes()) {
            return Err(Malformed);
        }
        // b7: shareable, which every file of this card is.
        let fdb = fdb & !0x40;
        let file = if fdb == 0x38 {
            self.df(announced, details, fid, life_cycle)?
        } else {
            self.ef(announced, fdb, details, fid, life_cycle)?
        };
        Ok(Parameters { file, attributes })
    }

    fn df(
        &self,
        announced: Announced,
        details: &[u8],
        fid: FileId,
        life_cycle: LifeCycle,
    ) -> Result<NewFile<'a>, Malformed> {
        let of_ef = self.data_bytes.is_some() || self.sfi.is_some() || announced.sfi != 0;
        if of_ef || details.len() > 1 {
            return Err(Malformed);
        }
        Ok(NewFile::Df(DfSpec {
            fid,
            name: self.name.unwrap_or_default(),
            proprietary: self.proprietary.unwrap_or_default(),
            full_control: true,
            life_cycle,
            create: Access::Rules,
            erase: Access::Rules,
            ..DfSpec::PLAIN
        }))
    }

    fn ef(
        &self,
        announced: Announced,
        fdb: u8,
        details: &[u8],
        fid: FileId,
        life_cycle: LifeCycle,
    ) -> Result<NewFile<'a>, Malformed> {
        let has_rules_of_objects = self.attributes.as_ref().is_some_and(|attributes| {
            DataObjects::new(attributes.as_bytes()).find(Tag(rules::tag::DATA_OBJECTS)).is_some()
        });
        if self.name.is_some() || self.proprietary.is_some() || has_rules_of_objects {
            return Err(Malformed);
        }
        let (&data_coding, sizes) = details.split_first().unwrap_or((&DATA_CODING_DEFAULT, &[]));
        let writing = Writing::of_data_coding(data_coding).ok_or(Malformed)?;
        Ok(NewFile::Ef(EfSpec {
            fid,
            sfi: self.short_identifier(announced, fid)?,
            structure: self.structure(fdb, sizes)?,
            read: Access::Rules,
            update: Access::Rules,
            life_cycle,
            flags: Flags::default().writing(writing),
            fill: writing.erased(),
            ..EfSpec::PLAIN
        }))
    }

    /// From 88 or P2, which must not differ, else from the identifier.
    fn short_identifier(
        &self,
        announced: Announced,
        fid: FileId,
    ) -> Result<Option<Sfi>, Malformed> {
        let in_header = match announced.sfi {
            0 => None,
            sfi if sfi & 7 == 0 => Some(Sfi::new(sfi >> 3).ok_or(Malformed)?),
            _ => return Err(Malformed),
        };
        match (self.sfi, in_header) {
            (None, None) => Ok(Sfi::new(fid.0 as u8 & 0x1F)),
            (None, Some(sfi)) => Ok(Some(sfi)),
            (Some(given), None) => Ok(given),
            (Some(given), Some(sfi)) if given == Some(sfi) => Ok(given),
            (Some(_), Some(_)) => Err(Malformed),
        }
    }

    fn structure(&self, fdb: u8, sizes: &[u8]) -> Result<Structure, Malformed> {
        let (record_bytes, records) = match *sizes {
            [] => (0, None),
            [size] => (u32::from(size), None),
            [high, low] => (number(&[high, low]), None),
            [high, low, records] => (number(&[high, low]), Some(u32::from(records))),
            [a, b, c, d] => (number(&[a, b]), Some(number(&[c, d]))),
            _ => return Err(Malformed),
        };
        if self.total_bytes.is_some_and(|total| total < self.data_bytes.unwrap_or(0)) {
            return Err(Malformed);
        }
        let byte = |number: u32| u8::try_from(number).map_err(|_| Malformed);
        let structure = match fdb {
            1 if sizes.is_empty() => {
                let bytes = self.data_bytes.or(self.total_bytes).ok_or(Malformed)?;
                Structure::Transparent { bytes }
            }
            2 | 3 | 6 => {
                let fit = self.data_bytes.and_then(|bytes| bytes.checked_div(record_bytes));
                let records = records.or(fit).ok_or(Malformed)?;
                let product = record_bytes.checked_mul(records).ok_or(Malformed)?;
                if self.data_bytes.is_some_and(|bytes| bytes != product) {
                    return Err(Malformed);
                }
                let (record_bytes, records) = (byte(record_bytes)?, byte(records)?);
                match fdb {
                    6 => Structure::Cyclic { record_bytes, records },
                    _ => Structure::LinearFixed { record_bytes, records, tlv: fdb == 3 },
                }
            }
            4 | 5 => {
                let bytes = self.data_bytes.filter(|bytes| *bytes > 0).ok_or(Malformed)?;
                let most = if record_bytes == 0 { bytes.min(255) } else { record_bytes };
                let records = byte(records.unwrap_or((bytes / 2).clamp(1, 254)))?;
                let record_bytes_max = byte(most)?;
                Structure::LinearVariable { bytes, record_bytes_max, records, tlv: fdb == 5 }
            }
            _ => return Err(Malformed),
        };
        if structure.is_sound() { Ok(structure) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests;
