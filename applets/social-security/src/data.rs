//! Installation data: objects whose every value has been looked at, and the files they plan.

use tessera_cos::{Access, Flags, Structure, social::CardKeySpec};
use tessera_framework::{
    Halt, StatusWord,
    tlv::{DataObject, DataObjects},
};

use crate::{
    account::amounts::AMOUNTS_BYTES,
    generation::Generation,
    structure::{Content, Df, File},
};

pub(crate) const PIN: u16 = 0xC0;
const KEY: u16 = 0xC1;
const FILES: u16 = 0xC2;
pub(crate) const PROPRIETARY: u16 = 0xC3;
const RECORD: u16 = 0xC4;
const BYTES: u16 = 0xC5;
const ACCESS: u16 = 0xC6;
pub(crate) const CHILDREN: u16 = 0xC7;
pub(crate) const ACCOUNT: u16 = 0xC8;
const WITH_MAC: u16 = 0xC9;
pub(crate) const OWN_DF: u16 = 0xCA;
const OWN_FILE: u16 = 0xCB;
const LONGER_RING: u16 = 0xCC;
const GENERATION: u16 = 0xCD;

/// The directory with an account, if it has keys.
pub(crate) const DF04: u8 = 4;

/// The first directory and the first file that a region may add (extension rules of the data
/// items).
const OWN_DF_FIRST: u8 = 0x0A;
const OWN_FILE_FIRST: u8 = 0x0C;

/// The date of the last registration as unemployed has a place in DF02 EF06 and in DF03 EF05, and
/// is to stand in one of them (notice 37 of 2012).
const LAST_UNEMPLOYMENT: u8 = 0x60;

/// Installation data whose objects have been looked at.
#[derive(Clone, Copy)]
pub(crate) struct Data<'d>(&'d [u8]);

/// A file as it is to be made.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) sfi: u8,
    pub(crate) structure: Structure,
    pub(crate) read: Access,
    pub(crate) update: Access,
    pub(crate) flags: Flags,
    /// The records that [keep their length](crate::generation::Generation::filled_records).
    pub(crate) filled: u8,
    /// Its line of the table; none for a region's own.
    pub(crate) file: Option<&'static File>,
}

impl<'d> Data<'d> {
    /// # Errors
    /// 6A80 on bytes that are no data objects, on objects that mean nothing here, and on data that
    /// no file of the card would hold.
    pub(crate) fn checked(bytes: &'d [u8]) -> Result<Self, Halt> {
        let data = Self(bytes);
        let sound = |object: Result<DataObject<'d>, _>| {
            object.is_ok_and(|DataObject { tag, value }| data.is_known(tag.0, value))
        };
        let registrations = data.all(RECORD).filter(|value| {
            matches!(value, [2, 6, _, LAST_UNEMPLOYMENT, ..] | [3, 5, _, LAST_UNEMPLOYMENT, ..])
        });
        if DataObjects::new(bytes).all(sound) && registrations.count() <= 1 {
            Ok(data)
        } else {
            Halt::status(StatusWord::WRONG_DATA)
        }
    }

    fn is_known(self, tag: u16, value: &[u8]) -> bool {
        match (tag, value) {
            (PIN | PROPRIETARY | CHILDREN, _) => true,
            (ACCOUNT, amounts) => {
                amounts.len() == AMOUNTS_BYTES && self.keys(DF04).next().is_some()
            }
            (GENERATION, [code]) => Generation::of(*code).is_some(),
            (KEY, [df, key @ ..]) => self.has_df(*df) && CardKeySpec::parse(key).is_some(),
            (FILES, pairs) => {
                let there = |df, sfi| self.generation().file(df, sfi).is_some();
                pairs.chunks(2).all(|pair| matches!(pair, [df, sfi] if there(*df, *sfi)))
            }
            (WITH_MAC, pairs) => {
                let there = |df, sfi| self.plan(df, sfi).is_some();
                pairs.chunks(2).all(|pair| matches!(pair, [df, sfi] if there(*df, *sfi)))
            }
            (RECORD, [df, sfi, number, _, ..]) => self.holds_record(*df, *sfi, *number),
            (BYTES, [df, sfi, _, _, _, ..]) => {
                let plan = self.plan(*df, *sfi);
                plan.is_some_and(|plan| matches!(plan.structure, Structure::Transparent { .. }))
            }
            (ACCESS, [df, sfi, _, _, _, _]) => self.plan(*df, *sfi).is_some(),
            (OWN_DF, [number, name @ ..]) => {
                *number >= OWN_DF_FIRST && (5..=16).contains(&name.len())
            }
            (OWN_FILE, [df, sfi, ..]) => {
                let free = *df >= OWN_DF_FIRST || *sfi >= OWN_FILE_FIRST;
                free && self.plan(*df, *sfi).is_some_and(|plan| plan.file.is_none())
            }
            (LONGER_RING, [df, sfi, records]) => self.plan(*df, *sfi).is_some_and(|plan| {
                let least = plan.file.map(|file| file.content);
                matches!(least, Some(Content::Cyclic { records: least, .. }) if *records >= least)
            }),
            _ => false,
        }
    }

    /// A file has a record of this number, and the data name it once, and none beyond a gap; of a
    /// ring, any and often.
    fn holds_record(self, df: u8, sfi: u8, number: u8) -> bool {
        let Some(plan) = self.plan(df, sfi) else { return false };
        let named = |number| self.records(df, sfi).filter(|(given, _)| *given == number).count();
        let in_table = |number| plan.file.is_some_and(|file| file.item_of_record(number).is_some());
        match plan.structure {
            Structure::Cyclic { .. } => number > 0,
            Structure::LinearFixed { .. } => in_table(number) && named(number) == 1,
            Structure::LinearVariable { .. } => {
                // The environment's items are not to be extended.
                let added = df != 0
                    && number > 0
                    && (number == 1 || named(number - 1) == 1 || in_table(number - 1));
                named(number) == 1 && (in_table(number) || added)
            }
            _ => false,
        }
    }

    pub(crate) fn all(self, tag: u16) -> impl Iterator<Item = &'d [u8]> + Clone {
        let objects = DataObjects::new(self.0).flatten();
        objects.filter(move |object| object.tag.0 == tag).map(|object| object.value)
    }

    /// The tables the card is made by.
    pub(crate) fn generation(self) -> Generation {
        let code = self.all(GENERATION).find_map(|value| value.first().copied());
        code.and_then(Generation::of).unwrap_or_default()
    }

    /// The environment, or a directory with a file.
    pub(crate) fn has_df(self, df: u8) -> bool {
        let mut files = self.all(FILES).flat_map(|pairs| pairs.chunks(2)).chain(self.all(OWN_FILE));
        df == 0 || files.any(|file| file.first() == Some(&df))
    }

    /// The keys of a directory.
    pub(crate) fn keys(self, df: u8) -> impl Iterator<Item = CardKeySpec<'d>> + Clone {
        self.all(KEY).filter_map(move |value| match value {
            [of, key @ ..] if *of == df => CardKeySpec::parse(key),
            _ => None,
        })
    }

    /// The short identifiers of a directory's files: the table's in its order, then a region's own.
    pub(crate) fn files(self, df: u8) -> impl Iterator<Item = u8> {
        let in_table = self.generation().df(df).into_iter().flat_map(|df: &Df| df.files);
        let own = self.all(OWN_FILE).filter_map(move |value| match value {
            [of, sfi, ..] if *of == df => Some(*sfi),
            _ => None,
        });
        in_table.map(|file| file.sfi).filter(move |sfi| self.has_file(df, *sfi)).chain(own)
    }

    fn has_file(self, df: u8, sfi: u8) -> bool {
        self.all(FILES).flat_map(|pairs| pairs.chunks(2)).any(|pair| pair == [df, sfi])
    }

    /// A file the card is to have.
    pub(crate) fn plan(self, df: u8, sfi: u8) -> Option<Plan> {
        let in_table = self.generation().file(df, sfi).filter(|_| self.has_file(df, sfi));
        let mut plan = match in_table {
            Some(file) => Plan {
                sfi,
                structure: file.structure(),
                read: file.read,
                update: file.update,
                flags: Flags::default(),
                filled: 0,
                file: in_table,
            },
            None => self.own_file(df, sfi)?,
        };
        self.grow(df, &mut plan)?;
        let pairs = |tag| self.all(tag).flat_map(|pairs: &[u8]| pairs.chunks(2));
        if pairs(WITH_MAC).any(|pair| pair == [df, sfi]) {
            plan.flags = plan.flags.with(Flags::MAC);
        }
        let fid = self.generation().df(df).map_or(0, |df| df.fid);
        plan.filled = in_table.map_or(0, |file| self.generation().filled_records(fid, file));
        if plan.filled != 0 {
            plan.flags = plan.flags.with(Flags::KEEPS_LENGTH);
        }
        for value in self.all(ACCESS) {
            match *value {
                [d, s, r0, r1, u0, u1] if [d, s] == [df, sfi] => {
                    plan.read = Access::decode([r0, r1]);
                    plan.update = Access::decode([u0, u1]);
                }
                _ => {}
            }
        }
        Some(plan)
    }

    /// A region's own file. Records of a variable one are those that the data name.
    fn own_file(self, df: u8, sfi: u8) -> Option<Plan> {
        let value = self.all(OWN_FILE).find(|value| value.starts_with(&[df, sfi]))?;
        let &[_, _, r0, r1, u0, u1, kind, ref size @ ..] = value else { return None };
        let structure = match (kind, size) {
            (0x01, &[high, low]) => {
                Structure::Transparent { bytes: u16::from_be_bytes([high, low]).into() }
            }
            (0x05, []) => {
                Structure::LinearVariable { bytes: 0, record_bytes_max: 0, records: 0, tlv: true }
            }
            (0x06, &[record_bytes, records]) => Structure::Cyclic { record_bytes, records },
            _ => return None,
        };
        let (read, update) = (Access::decode([r0, r1]), Access::decode([u0, u1]));
        Some(Plan { sfi, structure, read, update, flags: Flags::default(), filled: 0, file: None })
    }

    /// Room for what the data bring beyond the table: longer records, more of them, a longer ring.
    fn grow(self, df: u8, plan: &mut Plan) -> Option<()> {
        let (sfi, file) = (plan.sfi, plan.file);
        match &mut plan.structure {
            Structure::LinearVariable { bytes, record_bytes_max, records, .. } => {
                for (number, record) in self.records(df, sfi) {
                    let length = u8::try_from(record.len()).ok()?;
                    let item = file.and_then(|file| file.item_of_record(number));
                    let planned = item.map_or(0, |item| item.record_bytes());
                    *bytes += u32::from(length.saturating_sub(planned));
                    *record_bytes_max = length.max(*record_bytes_max);
                    *records = records.saturating_add(u8::from(item.is_none()));
                }
            }
            Structure::Cyclic { records, .. } => {
                let longer = self.all(LONGER_RING).find(|value| value.starts_with(&[df, sfi]));
                if let Some([_, _, more]) = longer {
                    *records = *more;
                }
            }
            _ => {}
        }
        Some(())
    }

    pub(crate) fn records(self, df: u8, sfi: u8) -> impl Iterator<Item = (u8, &'d [u8])> {
        self.all(RECORD).filter_map(move |value| match value {
            [d, s, number, record @ ..] if [*d, *s] == [df, sfi] => Some((*number, record)),
            _ => None,
        })
    }

    /// What is to stand in a transparent file, and where.
    pub(crate) fn bytes(self, df: u8, sfi: u8) -> impl Iterator<Item = (u16, &'d [u8])> {
        self.all(BYTES).filter_map(move |value| match value {
            [d, s, high, low, bytes @ ..] if [*d, *s] == [df, sfi] => {
                Some((u16::from_be_bytes([*high, *low]), bytes))
            }
            _ => None,
        })
    }
}
