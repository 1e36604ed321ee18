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

use crate::files::{DF, FILES, File, KEYS};

const RECORD: u16 = 0xC2;
const KEY: u16 = 0xC3;

const WRONG: Halt = Halt::Status(StatusWord::WRONG_DATA);

/// Fills an empty segment.
///
/// # Errors
/// 6A80 on data that is not understood; 6700 on a record of another length in a ring; 6A84; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    check(data)?;
    layout::format(env)?;
    tree::create_root(env, &DF)?;
    keys::create(env, DfId::ROOT, all(data, KEY).filter_map(key))?;
    for file in &FILES {
        let made = tree::create_ef(env, DfId::ROOT, &file.spec)?;
        for record in file.records {
            record::add(env, &made, record.len(), record)?;
        }
        for value in all(data, RECORD) {
            let (sfi, number, record) = numbered(value)?;
            if sfi == file.sfi() {
                write(env, file, &made, number, record)?;
            }
        }
    }
    Ok(())
}

/// Everything is an object that is known here: a key or a record that there is.
fn check(data: &[u8]) -> Outcome {
    for object in DataObjects::new(data) {
        let DataObject { tag, value } = object.map_err(|_| WRONG)?;
        let is_known = match tag.0 {
            KEY => key(value).is_some(),
            RECORD => FILES.iter().any(|file| value.first() == Some(&file.sfi())),
            _ => false,
        };
        if !is_known {
            return Err(WRONG);
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

fn numbered(value: &[u8]) -> Result<(u8, u8, &[u8]), Halt> {
    match *value {
        [sfi, number, ref record @ ..] => Ok((sfi, number, record)),
        _ => Err(WRONG),
    }
}

/// A record of a ring is added; one of items is written over the unwritten one, which has its tag
/// and its length.
fn write(env: &mut Env<'_>, file: &File, made: &Header, number: u8, record: &[u8]) -> Outcome {
    if file.records.is_empty() {
        return record::add(env, made, record.len(), record).map(drop);
    }
    let place = usize::from(number).checked_sub(1).and_then(|at| file.records.get(at));
    match place {
        Some(place) if place.len() == record.len() && place.get(..2) == record.get(..2) => {
            let to = record::locate(env, made, number, made.records_max())?;
            env.store(to.at, record)
        }
        _ => Err(WRONG),
    }
}
