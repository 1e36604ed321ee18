//! Installation: the card as the profile describes it. The data are in the crate's documentation.

use tessera_cos::{
    Access, DfSpec, EfSpec, Flags, Header, Structure,
    keys::{self, KeySpec, Tries},
    layout, record, tree,
};
use tessera_framework::{
    CounterId, DfId, Env, FileId, Halt, Outcome, Sfi, StatusWord, Tag, tlv::DataObjects,
};

use crate::{
    COUNTERS_OF_KEYS, DFS_MAX,
    block::Mac2Tries,
    number::NUMBER,
    personality::Personality,
    usage::{Usage, kind},
    write_key,
};

/// A DF: identifier 2, tries for MAC2 1, name.
pub const DF: Tag = Tag(0xC0);
/// A transparent file of the DF before it: identifier 2, rights to read and to update 1 each, flags
/// 1, content.
pub const BINARY: Tag = Tag(0xC1);
/// A file of records of the DF before it: identifier 2, rights to read and to update 1 each, flags
/// 1, then each record with its length in front.
pub const RECORDS: Tag = Tag(0xC2);
/// A key of the DF before it: usage 1, version 1, algorithm 1, right to use 1, what the security
/// register becomes when it is shown 1, tries 1, key.
pub const KEY: Tag = Tag(0xC3);

/// Algorithm byte of an SM4 key, on the card that has such keys.
pub const SM4: u8 = 0x04;

/// Flag of a file whose updates carry a MAC.
pub const UPDATES_WITH_MAC: u8 = Flags::MAC.0;

/// What control information says beside the name: of the MF the short identifier of its DIR file,
/// of an application the whole of EF 0017.
const DIRECTORY: u8 = 0x01;
const ISSUER_DATA: u8 = 0x97;

/// Files are read in the clear; where a MAC protects updates, the maintenance key 00 makes it.
const KEY_BYTE: u8 = 0xFF;

/// # Errors
/// 6A80 on data that is not understood; 6A84, 6A89, 6A8A when it cannot be made; `Torn`.
pub(crate) fn install(env: &mut Env<'_>, card: &Personality, data: &[u8]) -> Outcome {
    layout::format(env)?;
    let (mut df, mut dfs) = (None, 0);
    for object in DataObjects::new(data) {
        let Ok(object) = object else { return Halt::status(StatusWord::WRONG_DATA) };
        match (object.tag, df) {
            (DF, _) => {
                df = Some(create_df(env, dfs, object.value)?);
                dfs += 1;
            }
            (BINARY, Some(df)) => create_binary(env, df, object.value)?,
            (RECORDS, Some(df)) => create_records(env, df, object.value)?,
            (KEY, Some(df)) => create_key(env, card, df, object.value)?,
            _ => return Halt::status(StatusWord::WRONG_DATA),
        }
    }
    if dfs == 0 { Halt::status(StatusWord::WRONG_DATA) } else { Ok(()) }
}

/// The first is the MF.
fn create_df(env: &mut Env<'_>, nth: u8, value: &[u8]) -> Result<DfId, Halt> {
    let (&[f0, f1, tries], name) = split(value)?;
    if nth >= DFS_MAX || !(1..=15).contains(&tries) || !(5..=16).contains(&name.len()) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    env.set_counter(CounterId(nth), tries.into())?;
    let fid = FileId(u16::from_be_bytes([f0, f1]));
    let space = Mac2Tries::space(nth, tries);
    let own = if nth == 0 { DIRECTORY } else { ISSUER_DATA };
    let spec = DfSpec { fid, name, space, own, ..DfSpec::PLAIN };
    let df = match nth {
        0 if fid == FileId::MF => tree::create_root(env, &spec).map(|()| DfId::ROOT),
        0 => Halt::status(StatusWord::WRONG_DATA),
        _ => tree::create_df(env, DfId::ROOT, &spec),
    }?;
    // It stands for the keys; what there may be of them is up to the segment.
    let structure = Structure::KeyFile { space: u16::MAX };
    tree::create_ef(env, df, &EfSpec { structure, ..EfSpec::PLAIN })?;
    Ok(df)
}

fn create_ef(
    env: &mut Env<'_>,
    df: DfId,
    [f0, f1, read, update, flags]: [u8; 5],
    structure: Structure,
) -> Result<Header, Halt> {
    let fid = FileId(u16::from_be_bytes([f0, f1]));
    // The card alone counts its numbers: no right lets a command do it.
    let update = if fid == NUMBER { Access::Never } else { Access::Register(update) };
    let spec = EfSpec {
        fid,
        sfi: u8::try_from(fid.0).ok().and_then(Sfi::new),
        structure,
        read: Access::Register(read),
        update,
        flags: Flags(flags & UPDATES_WITH_MAC).with(Flags::WRITTEN),
        own: KEY_BYTE,
        ..EfSpec::PLAIN
    };
    tree::create_ef(env, df, &spec)
}

fn create_binary(env: &mut Env<'_>, df: DfId, value: &[u8]) -> Outcome {
    let (head, content) = split(value)?;
    let file = create_ef(env, df, *head, Structure::Transparent { bytes: content.len() as u32 })?;
    let mut at = file.body();
    for piece in content.chunks(64) {
        env.store(at, piece)?;
        at += piece.len() as u32;
    }
    Ok(())
}

fn create_records(env: &mut Env<'_>, df: DfId, value: &[u8]) -> Outcome {
    let (head, content) = split(value)?;
    let (mut count, mut longest) = (0_u8, 0);
    for record in Records(content) {
        count = count.saturating_add(1);
        longest = longest.max(record?.len());
    }
    let structure = Structure::LinearVariable {
        bytes: (content.len() - usize::from(count)) as u32,
        record_bytes_max: longest as u8,
        records: count,
        tlv: false,
    };
    let file = create_ef(env, df, *head, structure)?;
    for record in Records(content) {
        let record = record?;
        record::add(env, &file, record.len(), record)?;
    }
    Ok(())
}

/// Records with their lengths in front.
struct Records<'d>(&'d [u8]);

impl<'d> Iterator for Records<'d> {
    type Item = Result<&'d [u8], Halt>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&length, rest) = self.0.split_first()?;
        let Some((record, rest)) = rest.split_at_checked(length.into()) else {
            self.0 = &[];
            return Some(Halt::status(StatusWord::WRONG_DATA));
        };
        self.0 = rest;
        Some(Ok(record))
    }
}

fn create_key(env: &mut Env<'_>, card: &Personality, df: DfId, value: &[u8]) -> Outcome {
    let (&[usage, version, algorithm, usable, follow_up, tries], key) = split(value)?;
    let usage = Usage(usage);
    let fits = match usage.kind() {
        kind::PIN => (2..=8).contains(&key.len()),
        _ => matches!(key.len(), 8 | 16),
    };
    if !fits || !usage.is_known() || tries > 15 {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let spec = write_key::spec(card, usage, version, algorithm, key)?;
    let spec = KeySpec {
        usable: Access::Register(usable),
        version_or_follow_up: follow_up,
        tries: usage.is_counted().then_some(Tries { max: tries, left: tries }),
        ..spec
    };
    if keys::find(env, layout::df_at(df), spec.usage, version)?.is_some() {
        return Halt::status(StatusWord::FILE_EXISTS);
    }
    keys::add(env, COUNTERS_OF_KEYS, df, &spec, key).map(drop)
}

fn split<const N: usize>(value: &[u8]) -> Result<(&[u8; N], &[u8]), Halt> {
    value.split_first_chunk().ok_or(Halt::Status(StatusWord::WRONG_DATA))
}
