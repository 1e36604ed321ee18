//! READ BINARY and UPDATE BINARY (ISO/IEC 7816-4:2020, 11.3).

use tessera_framework::{Command, Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    Dialect,
    header::Header,
    intent::{FileRef, Purpose, open},
    layout::Kind,
};

/// READ BINARY: up to Ne bytes from `offset`. When the file ends before, what there is and 6282;
/// with Le all zeros, what there is.
///
/// # Errors
/// 6B00 when `offset` is not inside the file; 6986, 6A82, 6981, 6985, 6982.
pub fn read(
    env: &mut Env<'_>,
    dialect: &Dialect,
    file: FileRef,
    offset: u32,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let (file, session) = open(env, dialect, file, Purpose::Read, is_transparent)?;
    let size = file.body_bytes();
    if offset >= size {
        return Halt::status(StatusWord::WRONG_OFFSET);
    }
    let there = size - offset;
    let bytes = there.min(command.ne).min(reply.remaining() as u32);
    env.load(file.body() + offset, reply.extend(bytes as usize)?)?;
    if there < command.ne && !command.ne_is_maximum {
        reply.warn(StatusWord::END_OF_FILE);
    }
    session.store(env)
}

/// UPDATE BINARY: all of `data` from `offset`, or nothing.
///
/// # Errors
/// 6B00 when `offset` is not inside the file, 6A84 when the data runs over its end or beyond the
/// commit capacity; 6986, 6A82, 6981, 6985, 6982; `Torn`.
pub fn update(
    env: &mut Env<'_>,
    dialect: &Dialect,
    file: FileRef,
    offset: u32,
    data: &[u8],
) -> Outcome {
    let (file, session) = open(env, dialect, file, Purpose::Update, is_transparent)?;
    put(env, &file, offset, data)?;
    session.store(env)
}

/// Writes into a transparent file without asking for its access condition: for personalisation.
///
/// # Errors
/// 6B00, 6A84 as [`update`]; `Torn`.
pub fn put(env: &mut Env<'_>, file: &Header, offset: u32, data: &[u8]) -> Outcome {
    let size = file.body_bytes();
    if offset >= size {
        return Halt::status(StatusWord::WRONG_OFFSET);
    }
    if data.len() as u64 > u64::from(size - offset) {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    env.store(file.body() + offset, data)
}

fn is_transparent(kind: Kind) -> bool {
    kind == Kind::Transparent
}
