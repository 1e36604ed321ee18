//! Personalisation: from installation data to files.

use tessera_cos::{
    Access, DfSpec, EfSpec, Header, Structure, binary,
    layout::{self, Kind, LifeCycle},
    record,
    social::{self, CardKeySpec},
    tree,
};
use tessera_framework::{
    DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord,
    tlv::{DataObject, DataObjects},
};

use crate::{
    FAMILY,
    account::{self, amounts::AMOUNTS_BYTES},
    structure::{Content, Df, File},
    table::DFS,
};

const PIN: u16 = 0xC0;
const KEY: u16 = 0xC1;
const FILES: u16 = 0xC2;
const PROPRIETARY: u16 = 0xC3;
const RECORD: u16 = 0xC4;
const BYTES: u16 = 0xC5;
const ACCESS: u16 = 0xC6;
const CHILDREN: u16 = 0xC7;
const ACCOUNT: u16 = 0xC8;

/// The directory with an account, if it has keys.
const DF04: u8 = 4;

/// The date of the last registration as unemployed has a place in DF02 EF06 and in DF03 EF05, and
/// is to stand in one of them (notice 37 of 2012).
const LAST_UNEMPLOYMENT: u8 = 0x60;

/// Installation data whose objects have been looked at.
#[derive(Clone, Copy)]
struct Data<'d>(&'d [u8]);

impl<'d> Data<'d> {
    /// # Errors
    /// 6A80 on bytes that are no data objects, on objects that mean nothing here, and on data that
    /// no file of the card would hold.
    fn checked(bytes: &'d [u8]) -> Result<Self, Halt> {
        let data = Self(bytes);
        for object in DataObjects::new(bytes) {
            let known = object.is_ok_and(|DataObject { tag, value }| match (tag.0, value) {
                (PIN | PROPRIETARY | CHILDREN, _) => true,
                (KEY, [df, key @ ..]) => data.has_df(*df) && CardKeySpec::parse(key).is_some(),
                (ACCOUNT, amounts) => {
                    amounts.len() == AMOUNTS_BYTES && data.keys(DF04).next().is_some()
                }
                (FILES, pairs) => pairs
                    .chunks(2)
                    .all(|pair| matches!(pair, [df, sfi] if file(*df, *sfi).is_some())),
                (RECORD, [df, sfi, number, _, ..]) => data.holds_record(*df, *sfi, *number),
                (BYTES, [df, sfi, _, _, _, ..]) => {
                    matches!(data.content(*df, *sfi), Some(Content::Transparent { .. }))
                }
                (ACCESS, [df, sfi, _, _, _, _]) => data.content(*df, *sfi).is_some(),
                _ => false,
            });
            if !known {
                return Halt::status(StatusWord::WRONG_DATA);
            }
        }
        let registrations = data.all(RECORD).filter(|value| {
            matches!(value, [2, 6, _, LAST_UNEMPLOYMENT, ..] | [3, 5, _, LAST_UNEMPLOYMENT, ..])
        });
        if registrations.count() > 1 {
            return Halt::status(StatusWord::WRONG_DATA);
        }
        Ok(data)
    }

    /// Content of a file the card is to have.
    fn content(self, df: u8, sfi: u8) -> Option<Content> {
        file(df, sfi).filter(|_| self.has_file(df, sfi)).map(|file| file.content)
    }

    /// A file has a record of this number, and the data name it once; of a ring, any and often.
    fn holds_record(self, df: u8, sfi: u8, number: u8) -> bool {
        let named = || self.records(df, sfi).filter(|(given, _)| *given == number).count();
        match self.content(df, sfi) {
            Some(Content::Cyclic { .. }) => number > 0,
            Some(Content::Items { .. }) => {
                file(df, sfi).is_some_and(|file| file.item_of_record(number).is_some())
                    && named() == 1
            }
            _ => false,
        }
    }

    fn all(self, tag: u16) -> impl Iterator<Item = &'d [u8]> + Clone {
        let objects = DataObjects::new(self.0).flatten();
        objects.filter(move |object| object.tag.0 == tag).map(|object| object.value)
    }

    /// The environment, or a directory with a file.
    fn has_df(self, df: u8) -> bool {
        let mut files = self.all(FILES).flat_map(|pairs| pairs.chunks(2));
        df == 0 || files.any(|pair| pair.first() == Some(&df))
    }

    /// The keys of a directory.
    fn keys(self, df: u8) -> impl Iterator<Item = CardKeySpec<'d>> + Clone {
        self.all(KEY).filter_map(move |value| match value {
            [of, key @ ..] if *of == df => CardKeySpec::parse(key),
            _ => None,
        })
    }

    fn has_file(self, df: u8, sfi: u8) -> bool {
        self.all(FILES).flat_map(|pairs| pairs.chunks(2)).any(|pair| pair == [df, sfi])
    }

    /// The conditions for reading and updating a file: the table's, or a region's own.
    fn access(self, df: u8, file: &File) -> (Access, Access) {
        let own = self.all(ACCESS).find_map(|value| match *value {
            [d, s, r0, r1, u0, u1] if (d, s) == (df, file.sfi) => {
                Some((Access::decode([r0, r1]), Access::decode([u0, u1])))
            }
            _ => None,
        });
        own.unwrap_or((file.read, file.update))
    }

    fn records(self, df: u8, sfi: u8) -> impl Iterator<Item = (u8, &'d [u8])> {
        self.all(RECORD).filter_map(move |value| match value {
            [d, s, number, record @ ..] if [*d, *s] == [df, sfi] => Some((*number, record)),
            _ => None,
        })
    }
}

/// The number installation data names a directory by: 0 the environment, else the last digit of its
/// file identifier.
pub(crate) const fn number(df: &Df) -> u8 {
    if df.fid == 0xDDF1 { 0 } else { df.fid as u8 }
}

fn file(df: u8, sfi: u8) -> Option<&'static File> {
    let df = DFS.iter().find(|d| number(d) == df)?;
    df.files.iter().find(|file| file.sfi == sfi)
}

/// Fills an empty segment.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    let data = Data::checked(data)?;
    layout::format(env)?;
    if let (Some(reference), Some((pin, _))) = (data.all(PIN).next(), FAMILY.dialect.pin) {
        pin.set_reference(env, reference)?;
    }
    for df in DFS {
        let parent = if number(df) == 0 {
            let proprietary = data.all(PROPRIETARY).next().unwrap_or_default();
            tree::create_root(env, &spec(df, proprietary))?;
            DfId::ROOT
        } else if data.has_df(number(df)) {
            tree::create_df(env, DfId::ROOT, &spec(df, &[]))?
        } else {
            continue;
        };
        if data.keys(number(df)).next().is_some() {
            social::keys::create(env, parent, data.keys(number(df)))?;
            if number(df) == DF04 {
                account::amounts::create(env, parent, data.all(ACCOUNT).next())?;
            }
        }
        if let (0, Some(names)) = (number(df), data.all(CHILDREN).next()) {
            social::service::name_children(env, names)?;
        }
        for file in df.files {
            if data.has_file(number(df), file.sfi) {
                create(env, parent, df, file, data)?;
            }
        }
    }
    Ok(())
}

fn spec<'a>(df: &Df, proprietary: &'a [u8]) -> DfSpec<'a>
where
    'static: 'a,
{
    DfSpec {
        fid: FileId(df.fid),
        name: df.name,
        proprietary,
        full_control: false,
        life_cycle: LifeCycle::ACTIVATED,
        ..DfSpec::PLAIN
    }
}

fn create(env: &mut Env<'_>, parent: DfId, df: &Df, file: &File, data: Data<'_>) -> Outcome {
    let mut structure = file.structure();
    if let Structure::LinearVariable { bytes, record_bytes_max, .. } = &mut structure {
        // Records longer than the table says: the file has room for them too.
        for (number, record) in data.records(self::number(df), file.sfi) {
            let planned = file.item_of_record(number).map_or(0, |item| item.record_bytes());
            let Ok(length) = u8::try_from(record.len()) else {
                return Halt::status(StatusWord::WRONG_DATA);
            };
            *bytes += u32::from(length.saturating_sub(planned));
            *record_bytes_max = length.max(*record_bytes_max);
        }
    }
    let (read, update) = data.access(number(df), file);
    let ef = tree::create_ef(
        env,
        parent,
        &EfSpec {
            fid: FileId(file.fid()),
            sfi: Sfi::new(file.sfi),
            structure,
            read,
            update,
            life_cycle: LifeCycle::ACTIVATED,
            ..EfSpec::PLAIN
        },
    )?;
    match file.content {
        Content::Transparent { .. } => fill_bytes(env, &ef, df, file, data),
        Content::Cyclic { .. } => {
            for (_, record) in data.records(number(df), file.sfi) {
                record::add(env, &ef, record.len(), record)?;
            }
            Ok(())
        }
        Content::Items { .. } => fill_records(env, &ef, df, file, data),
    }
}

fn fill_bytes(env: &mut Env<'_>, ef: &Header, df: &Df, file: &File, data: Data<'_>) -> Outcome {
    for value in data.all(BYTES) {
        let [d, s, high, low, bytes @ ..] = value else { continue };
        if [*d, *s] == [number(df), file.sfi] {
            let mut at = u32::from(u16::from_be_bytes([*high, *low]));
            for piece in bytes.chunks(64) {
                binary::put(env, ef, at, piece)?;
                at += piece.len() as u32;
            }
        }
    }
    Ok(())
}

fn fill_records(env: &mut Env<'_>, ef: &Header, df: &Df, file: &File, data: Data<'_>) -> Outcome {
    let mut unwritten = [0; 255];
    for number in 1..=ef.records_max() {
        let Some(item) = file.item_of_record(number) else { break };
        let planned = usize::from(item.record_bytes());
        let given = data.records(self::number(df), file.sfi).find(|(given, _)| *given == number);
        match given {
            Some((_, record)) => {
                let capacity = match ef.kind {
                    Kind::LinearFixed => usize::from(ef.record_bytes()),
                    _ => planned.max(record.len()),
                };
                record::add(env, ef, capacity, record)?;
            }
            None => {
                let record = unwritten.get_mut(..planned).unwrap_or_default();
                item.write_unwritten(record);
                record::add(env, ef, planned, record)?;
            }
        }
    }
    Ok(())
}
