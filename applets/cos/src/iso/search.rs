//! SEARCH BINARY and SEARCH RECORD (ISO/IEC 7816-4:2020, 11.3.6 and 11.4.7).
//!
//! Both look for the data field. What is found last in a file of any size takes one pass over it.

use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord};

use super::Card;
use crate::{
    intent::{FileRef, Purpose, open},
    layout::Kind,
    record::{count, existing, has_records, locate},
};

/// Longest string to look for, in bytes.
const STRING_BYTES_MAX: usize = 255;

/// Where a simple search of records begins goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To the last record.
    Forward,
    /// To the first one.
    Backward,
}

/// SEARCH BINARY: the offset of the first place at or behind `offset` where the string stands, two
/// bytes; 6282 and nothing when there is none.
///
/// # Errors
/// 6B00 when `offset` is not inside the file; 6A80 for a string longer than any record; 6986, 6A82,
/// 6981, 6985, 6982.
pub(crate) fn binary(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    offset: u32,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let is_transparent = |kind| kind == Kind::Transparent;
    let (file, session) = open(env, card.dialect, file, Purpose::Read, is_transparent)?;
    if offset >= file.body_bytes() {
        return Halt::status(StatusWord::WRONG_OFFSET);
    }
    if command.data.len() > STRING_BYTES_MAX {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let from = file.body() + offset;
    match find(env, from, file.end, command.data)? {
        Some(at) => reply.push(&((at - file.body()) as u16).to_be_bytes())?,
        None => reply.warn(StatusWord::END_OF_FILE),
    }
    session.store(env)
}

/// SEARCH RECORD, simple: the numbers of records with the string in them, from a record on, at most
/// Ne; 6282 and nothing when there is none. The record pointer moves to the first of them.
///
/// # Errors
/// 6A83 when there is no record to begin with; 6A80, 6986, 6A82, 6981, 6985, 6982.
pub(crate) fn record(
    env: &mut Env<'_>,
    card: Card<'_>,
    file: FileRef,
    (from, direction): (u8, Direction),
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let (file, mut session) = open(env, card.dialect, file, Purpose::Read, has_records)?;
    let count = count(env, &file)?;
    let from = existing(from, &session, count)?;
    if command.data.len() > STRING_BYTES_MAX {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let (mut number, last) = match direction {
        Direction::Forward => (from, count),
        Direction::Backward => (from, 1),
    };
    let mut first = None;
    loop {
        let record = locate(env, &file, number, u8::MAX)?;
        if find(env, record.at, record.at + record.bytes, command.data)?.is_some() {
            first = first.or(Some(number));
            if (reply.data().len() as u32) < command.ne {
                reply.push_byte(number)?;
            }
        }
        if number == last {
            break;
        }
        number = if direction == Direction::Forward { number + 1 } else { number - 1 };
    }
    match first {
        Some(_) => session.record = first,
        None => reply.warn(StatusWord::END_OF_FILE),
    }
    session.store(env)
}

/// The first offset in a range at which a string stands, all of it inside.
fn find(env: &Env<'_>, from: u32, end: u32, string: &[u8]) -> Result<Option<u32>, Halt> {
    let Some(last) = end.checked_sub(string.len() as u32) else { return Ok(None) };
    for at in from..=last {
        if env.holds(at, string)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
