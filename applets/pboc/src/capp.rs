//! UPDATE CAPP DATA CACHE: records that belong to a compound purchase, checked at once and written
//! by its DEBIT.

use tessera_cos::{
    Header, Operation,
    basic::protect::incoming,
    find::find_child,
    intent::{FileRef, Which},
    layout::Kind,
    record, rights,
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    Asked,
    cache::{self, Cached, Target},
    command::RecordUpdate,
    complete::Resumed,
    pending::Pending,
    transaction::{self, Transaction},
};

/// Caches a record for the compound purchase that is pending, which stays so.
///
/// # Errors
/// 6901 when none is pending; 6A82; 6981; 6985 out of use; 6982; 6A83; those of protected writing
/// (6987, 6700, 6A88, 6982, 6983, 6985, 6988, 9303); 6A80 when a record of a TLV file is no TLV
/// object; 6700 when it is not as long as the one in its place; 6A84 when the cache is full. Each
/// ends the transaction.
pub(crate) fn update_capp_data_cache(
    env: &mut Env<'_>,
    asked: &Asked<'_, '_>,
    pending: Option<Pending>,
    update: RecordUpdate,
) -> Outcome {
    let is_capp = |pending: &Pending| pending.opening.transaction == Transaction::Capp;
    let pending = pending.filter(is_capp);
    let mut resumed = Resumed::of(asked, pending, transaction::Kind::Purchase)?;
    let file = open(env, asked, &resumed, update.file)?;
    let number = number(env, &file, update.which)?;
    let incoming = incoming(env, asked.turn, &file)?;
    let record = incoming.data();
    check_record(&file, record)?;
    if record.len() as u32 != record_bytes(env, &file, number)? {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let identifier = match update.which {
        Which::First(first) => Some(first),
        _ => None,
    };
    let target = Target { file: file.at, number, identifier };
    resumed.pending.cached = cache::add(env, resumed.pending.cached, target, record)?;
    resumed.pending.keep(env)
}

/// The file of records that the command names, if it may be updated.
///
/// # Errors
/// 6A82, 6981, 6985, 6982.
fn open(
    env: &Env<'_>,
    asked: &Asked<'_, '_>,
    resumed: &Resumed<'_>,
    file: FileRef,
) -> Result<Header, Halt> {
    let session = resumed.session;
    let file = match file {
        FileRef::Current => session.ef.map(|at| Header::load(env, at)).transpose()?,
        FileRef::Short(sfi) => find_child(env, session.df, |file| file.sfi() == Some(sfi))?,
    };
    let file = file.ok_or(Halt::Status(StatusWord::NOT_FOUND))?;
    if !file.kind.has_records() {
        return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE);
    }
    if file.life_cycle().warning().is_some() || session.is_out_of_use() {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    rights::check(env, asked.dialect(), session, &file, Operation::Update)?;
    Ok(file)
}

/// The record that P1 names: its number, 0 for a new one of a cyclic file.
///
/// # Errors
/// 6981 when the file has no such records; 6A83.
fn number(env: &Env<'_>, file: &Header, which: Which) -> Result<u8, Halt> {
    let count = record::count(env, file)?;
    let found = match (file.kind, which) {
        (Kind::Cyclic, Which::Previous(_)) => return Ok(0),
        (Kind::LinearFixed | Kind::LinearVariable, Which::Number(number)) => {
            (1..=count).contains(&number).then_some(number)
        }
        (Kind::LinearFixed | Kind::LinearVariable, Which::First(first)) => {
            with_first_byte(env, file, first, count)?
        }
        _ => return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE),
    };
    found.ok_or(Halt::Status(StatusWord::RECORD_NOT_FOUND))
}

fn with_first_byte(env: &Env<'_>, file: &Header, first: u8, count: u8) -> Result<Option<u8>, Halt> {
    for number in 1..=count {
        let record = record::locate(env, file, number, count)?;
        if record.bytes > 0 && env.load_array(record.at)? == [first] {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// # Errors
/// 6A80 unless a record of a TLV file is one TLV object: type, length of the rest, rest.
fn check_record(file: &Header, data: &[u8]) -> Outcome {
    match *data {
        _ if !file.marked() => Ok(()),
        [_, length, ref rest @ ..] if usize::from(length) == rest.len() => Ok(()),
        _ => Halt::status(StatusWord::WRONG_DATA),
    }
}

/// Bytes of the record that a number stands for.
///
/// # Errors
/// 6F00 when the segment is damaged.
fn record_bytes(env: &Env<'_>, file: &Header, number: u8) -> Result<u32, Halt> {
    match number {
        0 => Ok(file.record_bytes().into()),
        _ => Ok(record::locate(env, file, number, u8::MAX)?.bytes),
    }
}

/// Whether what was cached can still be written where it belongs: another logical channel may have
/// changed the records. Asked before anything is written, a record's new identifier included.
///
/// # Errors
/// 6A83, 6700 when the file is not as it was after all.
pub(crate) fn check(env: &Env<'_>, resumed: &Resumed<'_>) -> Outcome {
    if resumed.pending.cached == 0 {
        return Ok(());
    }
    let cached = Cached::load(env, resumed.pending.cached)?;
    for (Target { file, number, identifier }, data) in cached.records() {
        let file = Header::load(env, file)?;
        let adds = number == 0;
        if file.parent() != resumed.session.df
            || !file.kind.has_records()
            || adds != (file.kind == Kind::Cyclic)
            || !adds && !(1..=record::count(env, &file)?).contains(&number)
        {
            return Halt::status(StatusWord::RECORD_NOT_FOUND);
        }
        if data.len() as u32 != record_bytes(env, &file, number)? {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        if let Some(identifier) = identifier
            && env.load_array(record::locate(env, &file, number, u8::MAX)?.at)? != [identifier]
        {
            return Halt::status(StatusWord::RECORD_NOT_FOUND);
        }
    }
    Ok(())
}

/// Writes what was cached and has been [checked](check), as a part of the transaction that pays.
///
/// # Errors
/// 6A84 beyond the commit capacity; 6581; `Torn`.
pub(crate) fn write(env: &mut Env<'_>, resumed: &Resumed<'_>) -> Outcome {
    if resumed.pending.cached == 0 {
        return Ok(());
    }
    let cached = Cached::load(env, resumed.pending.cached)?;
    for (Target { file, number, .. }, data) in cached.records() {
        let file = Header::load(env, file)?;
        if number == 0 {
            record::add(env, &file, data.len(), data)?;
        } else {
            env.store(record::locate(env, &file, number, u8::MAX)?.at, data)?;
        }
    }
    Ok(())
}
