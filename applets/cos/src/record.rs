//! READ, UPDATE and APPEND RECORD (ISO/IEC 7816-4:2020, 11.4).
//!
//! Linear files number their records in the order of creation; in a cyclic file record 1 is the
//! newest. A record's identifier is its first byte, in files whose records are TLV objects.

use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Dialect, Session,
    header::{Flags, Header},
    intent::{FileRef, Purpose, Which, open},
    layout::Kind,
};

/// Where a record lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Offset of its first byte.
    pub at: u32,
    /// Its bytes.
    pub bytes: u32,
    /// Most bytes it may have; of a variable record, what it was made with.
    pub capacity: u32,
}

/// READ RECORD: one record, or all from one to the last or back, joined.
///
/// By number the record pointer stays; by identifier it moves to what was found (11.4.2).
///
/// # Errors
/// 6A83 when there is no such record; 6981 also for identifiers in a file whose records have none;
/// 6986, 6A82, 6985, 6982.
pub fn read(
    env: &mut Env<'_>,
    dialect: &Dialect,
    file: FileRef,
    which: Which,
    reply: &mut Reply<'_>,
) -> Outcome {
    let (file, mut session) = open(env, dialect, file, Purpose::Read, has_records)?;
    let count = count(env, &file)?;
    match which {
        Which::FromNumber(number) => {
            for number in existing(number, &session, count)?..=count {
                push(env, &file, number, reply)?;
            }
        }
        Which::DownToNumber(number) => {
            for number in (existing(number, &session, count)?..=count).rev() {
                push(env, &file, number, reply)?;
            }
        }
        _ => {
            let number = resolve(env, &file, which, &mut session, count)?;
            push(env, &file, number, reply)?;
        }
    }
    session.store(env)
}

/// UPDATE RECORD: replaces one record. On a cyclic file it adds one, in mode *previous*, which
/// moves the record pointer to it, or where the dialect says so for record 1.
///
/// # Errors
/// 6A83; 6700 when a fixed record is given another length; 6A84 when a variable one would outgrow
/// its place; 6A80 when a TLV record's tag or length is not that of the record in place; 6981,
/// 6986, 6A82, 6985, 6982; `Torn`.
pub fn update(
    env: &mut Env<'_>,
    dialect: &Dialect,
    file: FileRef,
    which: Which,
    data: &[u8],
) -> Outcome {
    let (file, mut session) = open(env, dialect, file, Purpose::Update, has_records)?;
    if file.kind == Kind::Cyclic {
        match which {
            Which::Previous(0) => {
                add_cyclic(env, &file, data)?;
                session.record = Some(1);
            }
            Which::Number(1) if dialect.cyclic_update_adds => add_cyclic(env, &file, data)?,
            Which::Number(_) if dialect.cyclic_update_adds => {
                return Halt::status(StatusWord::WRONG_P1P2);
            }
            _ => replace(env, &file, which, &mut session, data)?,
        }
    } else {
        replace(env, &file, which, &mut session, data)?;
    }
    session.store(env)
}

/// APPEND RECORD: behind the last record of a linear file, or the new record 1 of a cyclic one. The
/// record pointer moves to it.
///
/// # Errors
/// 6A84 when a linear file is full; 6700, 6A80 as [`update`]; 6981, 6986, 6A82, 6985, 6982; `Torn`.
pub fn append(env: &mut Env<'_>, dialect: &Dialect, file: FileRef, data: &[u8]) -> Outcome {
    let (file, mut session) = open(env, dialect, file, Purpose::Write, has_records)?;
    if file.marked() && !is_one_tlv(data) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    session.record = Some(add(env, &file, data.len(), data)?);
    session.store(env)
}

/// Adds a record without asking for the file's access condition, and returns its number. `capacity`
/// is what a variable record may grow to; fixed and cyclic ones have the file's record size.
///
/// # Errors
/// 6A84 when there is no room, 6700 when the length is wrong for the file; `Torn`.
pub fn add(env: &mut Env<'_>, file: &Header, capacity: usize, data: &[u8]) -> Result<u8, Halt> {
    if file.kind == Kind::Cyclic {
        add_cyclic(env, file, data)?;
        return Ok(1);
    }
    let count = count(env, file)?;
    let (Ok(capacity), true) = (u8::try_from(capacity), data.len() <= capacity) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    if capacity == 0 || u16::from(capacity) > file.record_bytes() {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let fixed = file.kind == Kind::LinearFixed;
    if fixed && data.len() != usize::from(file.record_bytes()) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    if count >= file.records_max() {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    let at = match count {
        0 => file.body() + 2,
        _ => {
            let last = locate(env, file, count, count)?;
            last.at + last.capacity
        }
    };
    let header = if fixed { 0 } else { 2 };
    if at + header + u32::from(capacity) > file.end {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    env.atomically(|env| {
        if !fixed {
            env.store(at, &[capacity, data.len() as u8])?;
        }
        env.store(at + header, data)?;
        env.store(file.body(), &[0, count + 1])
    })?;
    Ok(count + 1)
}

fn add_cyclic(env: &mut Env<'_>, file: &Header, data: &[u8]) -> Outcome {
    if data.len() != usize::from(file.record_bytes()) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let [newest, count] = env.load_array(file.body())?;
    let slots = file.records_max();
    let next = newest.saturating_add(1);
    let slot = if count == 0 || next >= slots { 0 } else { next };
    env.atomically(|env| {
        env.store(slot_at(file, slot), data)?;
        env.store(file.body(), &[slot, count.saturating_add(1).min(slots)])
    })
}

fn replace(
    env: &mut Env<'_>,
    file: &Header,
    which: Which,
    session: &mut Session,
    data: &[u8],
) -> Outcome {
    let count = count(env, file)?;
    let number = resolve(env, file, which, session, count)?;
    let record = locate(env, file, number, count)?;
    if file.marked() {
        let [tag] = env.load_array(record.at)?;
        if !is_one_tlv(data) || data.first() != Some(&tag) {
            return Halt::status(StatusWord::WRONG_DATA);
        }
    }
    if keeps_length(file, number) {
        return replace_filled(env, &record, data);
    }
    if file.kind != Kind::LinearVariable {
        if data.len() as u32 != record.capacity {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        return env.store(record.at, data);
    }
    if data.len() as u32 > record.capacity {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    env.atomically(|env| {
        env.store(record.at - 1, &[data.len() as u8])?;
        env.store(record.at, data)
    })
}

/// The record is one of those that stay as long as they are.
fn keeps_length(file: &Header, number: u8) -> bool {
    let marks = u32::from(file.own());
    let place = u32::from(number).saturating_sub(1);
    file.marked()
        && file.flags().contains(Flags::KEEPS_LENGTH)
        && marks.checked_shr(place).is_some_and(|marks| marks & 1 != 0)
}

/// Replaces a TLV record by one that is as long, bytes EE behind what is given.
fn replace_filled(env: &mut Env<'_>, record: &Record, data: &[u8]) -> Outcome {
    let mut filled = [0xEE; u8::MAX as usize];
    let (Some(filled), [tag, _, value @ ..]) = (filled.get_mut(..record.bytes as usize), data)
    else {
        return Halt::status(StatusWord::WRONG_DATA);
    };
    let [to_tag, to_length, to_value @ ..] = filled else {
        return Halt::status(StatusWord::WRONG_DATA);
    };
    let Some((to_value, _)) = to_value.split_at_mut_checked(value.len()) else {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    };
    to_value.copy_from_slice(value);
    (*to_tag, *to_length) = (*tag, record.bytes.saturating_sub(2) as u8);
    env.store(record.at, filled)
}

/// One tag byte, one length byte, and exactly as many bytes.
pub(crate) fn is_one_tlv(data: &[u8]) -> bool {
    matches!(data, [_, length, value @ ..] if usize::from(*length) == value.len())
}

pub(crate) fn has_records(kind: Kind) -> bool {
    matches!(kind, Kind::LinearFixed | Kind::LinearVariable | Kind::Cyclic)
}

/// How many records there are.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn count(env: &Env<'_>, file: &Header) -> Result<u8, Halt> {
    let [_, count] = env.load_array(file.body())?;
    Ok(count.min(file.records_max()))
}

fn push(env: &Env<'_>, file: &Header, number: u8, reply: &mut Reply<'_>) -> Outcome {
    let record = locate(env, file, number, u8::MAX)?;
    env.load(record.at, reply.extend(record.bytes as usize)?)
}

/// The number a mode and P1 stand for; by identifier the record pointer moves there.
///
/// # Errors
/// 6A83; 6981 for an identifier in a file whose records have none.
pub fn resolve(
    env: &Env<'_>,
    file: &Header,
    which: Which,
    session: &mut Session,
    count: u8,
) -> Result<u8, Halt> {
    let pointer = session.record.filter(|&number| number <= count);
    let (id, found) = match which {
        Which::Number(number) | Which::FromNumber(number) | Which::DownToNumber(number) => {
            return existing(number, session, count);
        }
        Which::First(id) => (id, search(env, file, id, 1..=count)?),
        Which::Last(id) => (id, search(env, file, id, (1..=count).rev())?),
        Which::Next(id) => {
            let behind = (pointer.unwrap_or(0)..count).map(|number| number + 1);
            (id, search(env, file, id, behind)?)
        }
        Which::Previous(id) => {
            let before = pointer.map_or(count, |number| number - 1);
            (id, search(env, file, id, (1..=before).rev())?)
        }
    };
    if id != 0 && !file.marked() {
        return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE);
    }
    session.record = Some(found.ok_or(Halt::Status(StatusWord::RECORD_NOT_FOUND))?);
    found.ok_or(Halt::Status(StatusWord::RECORD_NOT_FOUND))
}

/// Identifier 0 fits every record.
fn search(
    env: &Env<'_>,
    file: &Header,
    id: u8,
    numbers: impl Iterator<Item = u8>,
) -> Result<Option<u8>, Halt> {
    for number in numbers {
        let record = locate(env, file, number, u8::MAX)?;
        if id == 0 || (record.bytes > 0 && env.load_array(record.at)? == [id]) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// A number that exists; 0 is the current record.
pub(crate) fn existing(number: u8, session: &Session, count: u8) -> Result<u8, Halt> {
    let number = if number == 0 { session.record } else { Some(number) };
    match number {
        Some(number) if number <= count => Ok(number),
        _ => Halt::status(StatusWord::RECORD_NOT_FOUND),
    }
}

/// Where record `number` (from 1, at most `count`) lies.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn locate(env: &Env<'_>, file: &Header, number: u8, count: u8) -> Result<Record, Halt> {
    let size = u32::from(file.record_bytes());
    match file.kind {
        Kind::LinearVariable => {
            let mut at = file.body() + 2;
            for _ in 1..number.min(count) {
                let [capacity] = env.load_array(at)?;
                at += 2 + u32::from(capacity);
            }
            let [capacity, bytes] = env.load_array(at)?;
            Ok(Record {
                at: at + 2,
                bytes: u32::from(bytes.min(capacity)),
                capacity: u32::from(capacity),
            })
        }
        Kind::Cyclic => {
            let [newest] = env.load_array(file.body())?;
            let slots = u16::from(file.records_max());
            let slot = (u16::from(newest) + slots - u16::from(number - 1) % slots) % slots;
            Ok(Record { at: slot_at(file, slot as u8), bytes: size, capacity: size })
        }
        _ => {
            let at = file.body() + 2 + u32::from(number - 1) * size;
            Ok(Record { at, bytes: size, capacity: size })
        }
    }
}

fn slot_at(file: &Header, slot: u8) -> u32 {
    file.body() + 2 + u32::from(slot) * u32::from(file.record_bytes())
}
