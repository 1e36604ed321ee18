//! Installation: the keys, the files, and what is in them.

use tessera_cos::{
    Header,
    cipher::Algorithm,
    layout, record,
    social::{CardKeySpec, keys},
    tree,
};
use tessera_framework::{
    DfId, Env, Halt, Outcome, StatusWord,
    tlv::{DataObject, DataObjects},
};

use crate::files::{DF, ITEMS, KEYS, LOANS, READER};

const ITEM: u16 = 0xC2;
const KEY: u16 = 0xC3;
const LOAN: u16 = 0xC4;

/// Most bytes of an item's record.
const RECORD_BYTES_MAX: usize = 0x12;

const WRONG: Halt = Halt::Status(StatusWord::WRONG_DATA);

/// Fills an empty segment.
///
/// # Errors
/// 6A80 on data that is not understood; 6700 on a loan of another length; 6A84; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    check(data)?;
    layout::format(env)?;
    tree::create_root(env, &DF)?;
    keys::create(env, DfId::ROOT, all(data, KEY).filter_map(key))?;
    let reader = tree::create_ef(env, DfId::ROOT, &READER)?;
    for (tag, bytes, filling) in ITEMS {
        let mut record = [filling; RECORD_BYTES_MAX];
        (record[0], record[1]) = (tag, bytes);
        let record = record.get(..2 + usize::from(bytes)).ok_or(WRONG)?;
        record::add(env, &reader, record.len(), record)?;
    }
    for item in all(data, ITEM) {
        write(env, &reader, item)?;
    }
    let loans = tree::create_ef(env, DfId::ROOT, &LOANS)?;
    for loan in all(data, LOAN) {
        record::add(env, &loans, loan.len(), loan)?;
    }
    Ok(())
}

/// Everything is an object that is known here, and a key one that there is.
fn check(data: &[u8]) -> Outcome {
    for object in DataObjects::new(data) {
        match object {
            Ok(DataObject { tag, value }) => match tag.0 {
                KEY if key(value).is_none() => return Err(WRONG),
                ITEM | KEY | LOAN => {}
                _ => return Err(WRONG),
            },
            Err(_) => return Err(WRONG),
        }
    }
    Ok(())
}

fn all(data: &[u8], tag: u16) -> impl Iterator<Item = &[u8]> + Clone {
    let objects = DataObjects::new(data).flatten();
    objects.filter(move |object| object.tag.0 == tag).map(|object| object.value)
}

/// A key of the table: identifier, version, algorithm, then its bytes.
fn key(value: &[u8]) -> Option<CardKeySpec<'_>> {
    let &[id, version, algorithm, ref bytes @ ..] = value else { return None };
    let algorithm = match algorithm {
        0 => Algorithm::TripleDes,
        4 => Algorithm::Sm4,
        _ => return None,
    };
    let entry = KEYS.iter().find(|key| key.id == id)?;
    Some(CardKeySpec { usage: entry.usage, id, version, role: entry.role, algorithm, bytes })
}

/// Writes the value behind a tag over the filling of its record.
fn write(env: &mut Env<'_>, reader: &Header, item: &[u8]) -> Outcome {
    let Some((&tag, value)) = item.split_first() else { return Err(WRONG) };
    let mut items = (1..).zip(ITEMS);
    let (number, (_, bytes, _)) = items.find(|(_, (own, ..))| *own == tag).ok_or(WRONG)?;
    if value.len() > usize::from(bytes) {
        return Err(WRONG);
    }
    let record = record::locate(env, reader, number, ITEMS.len() as u8)?;
    env.store(record.at + 2, value)
}
