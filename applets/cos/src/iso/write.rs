//! WRITE BINARY, WRITE RECORD, ERASE BINARY, ERASE RECORD (ISO/IEC 7816-4:2020, 11.3.4, 11.3.7,
//! 11.4.4, 11.4.8).
//!
//! How bytes are written says the file's data coding byte ([`Writing`]); erased bytes are those
//! from which every value can be written. A command is one transaction: what is more than the
//! commit capacity takes is refused (6A84), and nothing of it is stored.
//!
//! Choices of this card: written once is what is not erased (6985); records keep their lengths, and
//! those that are TLV objects tag and length, so that erasing takes the value alone.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use super::Card;
use crate::{
    header::{Header, Writing},
    intent::{FileRef, Purpose, Which, open},
    layout::Kind,
    record::{count, existing, has_records, is_one_tlv, locate, resolve},
};

/// WRITE BINARY.
///
/// # Errors
/// 6B00 when `offset` is not inside the file; 6A84 when the data runs over its end or beyond the
/// commit capacity; 6985 on bytes written once; 6986, 6A82, 6981, 6985, 6982; `Torn`.
pub(crate) fn binary(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    offset: u32,
    data: &[u8],
) -> Outcome {
    let (file, session) = open(env, card.dialect, file, Purpose::Write, is_transparent)?;
    let size = file.body_bytes();
    if offset >= size {
        return Halt::status(StatusWord::WRONG_OFFSET);
    }
    if data.len() as u64 > u64::from(size - offset) {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    combine(env, &file, file.body() + offset, data)?;
    session.store(env)
}

/// WRITE RECORD: into a record that is there.
///
/// # Errors
/// 6A83; 6700 when the data is not as long as the record; 6A80 when a TLV record would get another
/// tag or length; 6985 on bytes written once; 6981, 6986, 6A82, 6985, 6982; `Torn`.
pub(crate) fn record(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    which: Which,
    data: &[u8],
) -> Outcome {
    let (file, mut session) = open(env, card.dialect, file, Purpose::Write, has_records)?;
    let count = count(env, &file)?;
    let number = resolve(env, &file, which, &mut session, count)?;
    let record = locate(env, &file, number, count)?;
    if data.len() as u32 != record.bytes {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let header = if file.marked() { 2 } else { 0 };
    let (fixed, value) = data.split_at_checked(header).unwrap_or((data, &[]));
    if file.marked() && !(is_one_tlv(data) && env.holds(record.at, fixed)?) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    combine(env, &file, record.at + header as u32, value)?;
    session.store(env)
}

/// ERASE BINARY: from `offset` to the end, or to the offset in the data field, which is not erased.
///
/// # Errors
/// 6B00 when `offset` is not inside the file; 6A80 when the end is not behind it, or outside; 6A84
/// beyond the commit capacity; 6986, 6A82, 6981, 6985, 6982; `Torn`.
pub(crate) fn erase_binary(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    offset: u32,
    data: &[u8],
) -> Outcome {
    let (file, session) = open(env, card.dialect, file, Purpose::Update, is_transparent)?;
    let size = file.body_bytes();
    if offset >= size {
        return Halt::status(StatusWord::WRONG_OFFSET);
    }
    let end = match *data {
        [] => size,
        _ => data.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)),
    };
    if end <= offset || end > size {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let erased = file.flags().written().erased();
    env.atomically(|env| erase(env, erased, file.body() + offset, file.body() + end))?;
    session.store(env)
}

/// ERASE RECORD: one record, or all from one to the last. They stay there, of the same length.
///
/// # Errors
/// 6A83; 6A84 beyond the commit capacity; 6981, 6986, 6A82, 6985, 6982; `Torn`.
pub(crate) fn erase_record(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    from: u8,
    to_last: bool,
) -> Outcome {
    let (file, session) = open(env, card.dialect, file, Purpose::Update, has_records)?;
    let count = count(env, &file)?;
    let from = existing(from, &session, count)?;
    let last = if to_last { count } else { from };
    let erased = file.flags().written().erased();
    let header = if file.marked() { 2 } else { 0 };
    env.atomically(|env| {
        for number in from..=last {
            let record = locate(env, &file, number, count)?;
            erase(env, erased, record.at + header, record.at + record.bytes)?;
        }
        Ok(())
    })?;
    session.store(env)
}

fn is_transparent(kind: Kind) -> bool {
    kind == Kind::Transparent
}

/// Writes as the file's data coding byte says, all of it or nothing.
fn combine(env: &mut Env<'_>, file: &Header, at: u32, data: &[u8]) -> Outcome {
    let writing = file.flags().written();
    env.atomically(|env| {
        let mut at = at;
        for piece in data.chunks(32) {
            let mut bytes = [0; 32];
            let Some(bytes) = bytes.get_mut(..piece.len()) else { break };
            env.load(at, bytes)?;
            for (there, new) in bytes.iter_mut().zip(piece) {
                *there = match writing {
                    Writing::Once if *there != writing.erased() => {
                        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
                    }
                    Writing::Once | Writing::Proprietary => *new,
                    Writing::Or => *there | *new,
                    Writing::And => *there & *new,
                };
            }
            env.store(at, bytes)?;
            at += piece.len() as u32;
        }
        Ok(())
    })
}

fn erase(env: &mut Env<'_>, erased: u8, mut at: u32, end: u32) -> Outcome {
    let piece = [erased; 32];
    while at < end {
        let bytes = (end - at).min(32);
        env.store(at, piece.get(..bytes as usize).unwrap_or_default())?;
        at += bytes;
    }
    Ok(())
}
