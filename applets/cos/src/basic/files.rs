//! READ and UPDATE BINARY, READ, UPDATE and APPEND RECORD.
//!
//! WRITE BINARY D0 and WRITE RECORD D2 are other names of the updates.

use crate::{Flags, Header, find::find_child, intent::Which, layout::Kind, record};
use tessera_framework::{Env, Halt, Outcome, Reply, Sfi, StatusWord};

use super::{
    Turn,
    protect::{admit_reading, incoming, outgoing},
};

/// Most bytes of a short answer.
const DATA_BYTES_MAX: usize = 256;

/// The file a command works on, current from now on if the command succeeds; `sfi` 0 is the current
/// one.
///
/// # Errors
/// 6A86 for 31; 6A82; 6981.
fn open(
    env: &Env<'_>,
    turn: &mut Turn<'_>,
    sfi: u8,
    fits: fn(Kind) -> bool,
) -> Result<Header, Halt> {
    let file = match (sfi, turn.session.ef) {
        (0, None) => None,
        (0, Some(at)) => Some(Header::load(env, at)?),
        _ => {
            let sfi = Sfi::new(sfi).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?;
            find_child(env, turn.session.df, |file| file.sfi() == Some(sfi))?
        }
    };
    let file = file.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    if !fits(file.kind) {
        return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE);
    }
    if turn.session.ef != Some(file.at) {
        turn.session.enter_ef(file.at);
    }
    Ok(file)
}

/// P1 b8 set: a short identifier, and P2 the offset; else P1-P2 is the offset in the current EF.
fn binary(env: &Env<'_>, turn: &mut Turn<'_>) -> Result<(Header, u32), Halt> {
    let (p1, p2) = (turn.command.p1, turn.command.p2);
    let (sfi, offset) = match p1 {
        0x00..=0x7F => (0, u32::from(turn.command.p1p2())),
        0x81..=0x9F => (p1 & 0x1F, p2.into()),
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    Ok((open(env, turn, sfi, |kind| kind == Kind::Transparent)?, offset))
}

/// READ BINARY: Le bytes from the offset, with Le 00 up to the end. 6281 goes with bytes of a file
/// that nothing was written to yet.
///
/// # Errors
/// 6A86; 6A82; 6981; 6982; 6700; 6B00; 6CXX when the file ends before Le (inferred); those of
/// protected reading.
pub(crate) fn read_binary(
    env: &mut Env<'_>,
    turn: &mut Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let (file, offset) = binary(env, turn)?;
    turn.check(env, file.read())?;
    let Some(there) = file.body_bytes().checked_sub(offset).filter(|&there| there > 0) else {
        return Halt::status(StatusWord::WRONG_OFFSET);
    };
    let bytes = match turn.command.ne {
        0 => return Halt::status(StatusWord::WRONG_LENGTH),
        _ if turn.command.ne_is_maximum => there.min(longest_answer(turn, &file)),
        ne if ne > there => return Halt::status(StatusWord::wrong_le(there as usize)),
        ne => ne,
    };
    expect_answer(turn, &file, bytes)?;
    let key = admit_reading(env, turn, &file)?;
    let mut plain = [0; DATA_BYTES_MAX];
    let plain = plain.get_mut(..bytes as usize).ok_or(Halt::Status(StatusWord::WRONG_LENGTH))?;
    env.load(file.body() + offset, plain)?;
    outgoing(env, turn, &file, key, plain, reply)?;
    if !file.flags().contains(Flags::WRITTEN) {
        reply.warn(StatusWord::CORRUPTED);
    }
    Ok(())
}

/// Most plain bytes that fit a short answer, protected or not.
fn longest_answer(turn: &Turn<'_>, file: &Header) -> u32 {
    use tessera_framework::class::SecureMessaging;
    match turn.command.class.secure_messaging() {
        SecureMessaging::None => 256,
        _ if file.flags().contains(Flags::ENCIPHERED) => 247,
        _ => 252,
    }
}

/// # Errors
/// 6700 when so many plain bytes, with what protects them, are more than a short answer holds.
fn expect_answer(turn: &Turn<'_>, file: &Header, bytes: u32) -> Outcome {
    if bytes <= longest_answer(turn, file) {
        Ok(())
    } else {
        Halt::status(StatusWord::WRONG_LENGTH)
    }
}

/// UPDATE BINARY: all of the data, or nothing.
///
/// # Errors
/// 6A86; 6A82; 6981; 6982; 6B00; 6700 when the data runs over the file's end; those of protected
/// writing; `Torn`.
pub(crate) fn update_binary(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    let (file, offset) = binary(env, turn)?;
    turn.check(env, file.update())?;
    let Some(room) = file.body_bytes().checked_sub(offset).filter(|&room| room > 0) else {
        return Halt::status(StatusWord::WRONG_OFFSET);
    };
    let incoming = incoming(env, turn, &file)?;
    let data = incoming.data();
    if data.len() as u32 > room {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    env.atomically(|env| {
        env.store(file.body() + offset, data)?;
        file.store_flags(env, Flags::WRITTEN)
    })
}

/// READ RECORD: by number (mode 100), or by the tag of a record of a variable file (mode 000). Le
/// is the record's length, or 00.
///
/// # Errors
/// 6A86; 6A82; 6981; 6982; 6A83; 6700, also when the protected answer would be too long; 6CXX;
/// those of protected reading.
pub(crate) fn read_record(
    env: &mut Env<'_>,
    turn: &mut Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let (p1, p2) = (turn.command.p1, turn.command.p2);
    let which = match p2 & 7 {
        4 => Which::Number(p1),
        0 => Which::First(p1),
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let file = open(env, turn, p2 >> 3, Kind::has_records)?;
    turn.check(env, file.read())?;
    let count = record::count(env, &file)?;
    let number = record::resolve(env, &file, which, &mut turn.session, count)?;
    let record = record::locate(env, &file, number, count)?;
    match turn.command.ne {
        0 => return Halt::status(StatusWord::WRONG_LENGTH),
        _ if turn.command.ne_is_maximum => {}
        ne if ne != record.bytes => {
            return Halt::status(StatusWord::wrong_le(record.bytes as usize));
        }
        _ => {}
    }
    expect_answer(turn, &file, record.bytes)?;
    let key = admit_reading(env, turn, &file)?;
    let mut plain = [0; DATA_BYTES_MAX];
    let plain = plain.get_mut(..record.bytes as usize);
    let plain = plain.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    env.load(record.at, plain)?;
    outgoing(env, turn, &file, key, plain, reply)
}

/// UPDATE RECORD: one record, of the same length. To a cyclic file it adds, in mode 011 (and 010
/// with P1 01, as a manual's example has it); to a linear one too, when P1 is the number of the
/// next record (seen on a real FM1208).
///
/// # Errors
/// 6A86; 6A82; 6981; 6982; 6A83; 6700; 6A80 when a record of a variable file is no TLV object;
/// 6A84; those of protected writing; `Torn`.
pub(crate) fn update_record(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    let (p1, p2) = (turn.command.p1, turn.command.p2);
    let which = match p2 & 7 {
        0 => Which::First(p1),
        1 => Which::Last(p1),
        2 => Which::Next(p1),
        3 => Which::Previous(p1),
        4 => Which::Number(p1),
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let file = open(env, turn, p2 >> 3, Kind::has_records)?;
    turn.check(env, file.update())?;
    let count = record::count(env, &file)?;
    let adds = match (file.kind, which) {
        (Kind::Cyclic, Which::Previous(_) | Which::Next(1)) => true,
        (Kind::Cyclic, _) => return Halt::status(StatusWord::WRONG_P1P2),
        (_, Which::Number(number)) => number == count.saturating_add(1),
        _ => false,
    };
    if adds {
        let incoming = incoming(env, turn, &file)?;
        return add(env, turn, &file, incoming.data());
    }
    let number = record::resolve(env, &file, which, &mut turn.session, count)?;
    let record = record::locate(env, &file, number, count)?;
    let incoming = incoming(env, turn, &file)?;
    let data = incoming.data();
    check_record(&file, data)?;
    if data.len() as u32 != record.bytes {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    env.store(record.at, data)
}

/// APPEND RECORD: behind the last record, or the newest of a cyclic file. P2 has the short
/// identifier and mode 100, or 000 as published scripts have it.
///
/// # Errors
/// As [`update_record`].
pub(crate) fn append_record(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    let (p1, p2) = (turn.command.p1, turn.command.p2);
    if p1 != 0 || !matches!(p2 & 7, 0 | 4) {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let file = open(env, turn, p2 >> 3, Kind::has_records)?;
    turn.check(env, file.update())?;
    let incoming = incoming(env, turn, &file)?;
    add(env, turn, &file, incoming.data())
}

fn add(env: &mut Env<'_>, turn: &mut Turn<'_>, file: &Header, data: &[u8]) -> Outcome {
    check_record(file, data)?;
    if file.kind == Kind::LinearVariable {
        let mut used = data.len() as u32;
        let count = record::count(env, file)?;
        for number in 1..=count {
            used += record::locate(env, file, number, count)?.bytes;
        }
        if used > file.body_bytes().saturating_sub(2 + 2 * u32::from(file.records_max())) {
            return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
        }
    }
    turn.session.record = Some(record::add(env, file, data.len(), data)?);
    Ok(())
}

/// # Errors
/// 6A80 unless a record of a variable file is one TLV object.
fn check_record(file: &Header, data: &[u8]) -> Outcome {
    match *data {
        _ if !file.marked() => Ok(()),
        [_, length, ref value @ ..] if usize::from(length) == value.len() => Ok(()),
        _ => Halt::status(StatusWord::WRONG_DATA),
    }
}
