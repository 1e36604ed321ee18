//! Installation: the application's DF, its files and keys, and what is in them.

use tessera_cos::{
    DfSpec, Flags, Header, Structure, binary,
    find::find_child,
    keys,
    layout::{self, Kind, ROOT_AT},
    record, tree,
};
use tessera_framework::{DfId, Env, FileId, Halt, Outcome, StatusWord, tlv::DataObjects};
use tessera_pboc::{
    notation::{self, KeyNote},
    purse,
};

use crate::{COUNTERS, NAME};

const FILE: u16 = 0xC2;
const KEY: u16 = 0xC3;
const CONTENT: u16 = 0xC4;
const STATE: u16 = 0xC5;

/// Says that selection answers the whole of EF 0015, in 9F0C.
const APPLICATION_FILE: u8 = 0x95;

/// The key file, without which the basic commands know of no key; nobody may add to it.
const KEY_FILE: &[u8] = &[0x00, 0x00, 0x3F, 0xFF, 0xFF, APPLICATION_FILE, 0xEF, 0xFF, 0xFF];

const WRONG: Halt = Halt::Status(StatusWord::WRONG_DATA);

/// Makes the application.
///
/// # Errors
/// 6A80 on data that is not understood or does not fit together; 6700 a key's length; 6A84; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, data: &[u8]) -> Outcome {
    layout::format(env)?;
    let root = DfSpec { fid: FileId(0x3F01), name: NAME, own: APPLICATION_FILE, ..DfSpec::PLAIN };
    tree::create_root(env, &root)?;
    create(env, KEY_FILE)?;
    for object in DataObjects::new(data) {
        let object = object.map_err(|_| WRONG)?;
        match object.tag.0 {
            FILE => create(env, object.value)?,
            KEY => add_key(env, object.value)?,
            CONTENT => fill(env, object.value)?,
            STATE => begin(env, object.value)?,
            _ => return Err(WRONG),
        }
    }
    Ok(())
}

fn create(env: &mut Env<'_>, value: &[u8]) -> Outcome {
    let (fid, note) = with_fid(value)?;
    let mut spec = notation::ef(fid, note.try_into().map_err(|_| WRONG)?)?;
    if let Structure::Purse { .. } = spec.structure {
        spec.structure = purse::STRUCTURE_WITH_LOCK;
    }
    match find_child(env, ROOT_AT, |file| file.fid() == fid)? {
        Some(_) => Err(WRONG),
        None => tree::create_ef(env, DfId::ROOT, &spec).map(drop),
    }
}

fn add_key(env: &mut Env<'_>, value: &[u8]) -> Outcome {
    let Some((&id, record)) = value.split_first() else { return Err(WRONG) };
    let key = KeyNote::read(record, id)?;
    if keys::find(env, ROOT_AT, key.spec.usage, id)?.is_some() {
        return Err(WRONG);
    }
    keys::add(env, COUNTERS, DfId::ROOT, &key.spec, key.key).map(drop)
}

fn fill(env: &mut Env<'_>, value: &[u8]) -> Outcome {
    let (fid, content) = with_fid(value)?;
    let file = file(env, fid)?;
    if file.kind.has_records() {
        return record::add(env, &file, content.len(), content).map(drop);
    }
    if file.kind != Kind::Transparent || content.len() as u32 > file.body_bytes() {
        return Err(WRONG);
    }
    binary::put(env, &file, 0, content)?;
    file.store_flags(env, Flags::WRITTEN)
}

fn begin(env: &mut Env<'_>, value: &[u8]) -> Outcome {
    let (fid, state) = with_fid(value)?;
    let file = file(env, fid)?;
    match (file.kind, state.try_into()) {
        (Kind::Purse, Ok(state)) => purse::begin_with(env, &file, state),
        _ => Err(WRONG),
    }
}

fn file(env: &Env<'_>, fid: FileId) -> Result<Header, Halt> {
    find_child(env, ROOT_AT, |file| file.fid() == fid)?.ok_or(WRONG)
}

fn with_fid(value: &[u8]) -> Result<(FileId, &[u8]), Halt> {
    match value {
        &[high, low, ref rest @ ..] => Ok((FileId(u16::from_be_bytes([high, low])), rest)),
        _ => Err(WRONG),
    }
}
