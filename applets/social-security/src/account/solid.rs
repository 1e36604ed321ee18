//! What the second commands have in common: a MAC is counted before it is compared; amounts,
//! counter, log record and the count of MACs become solid together or not at all.
//!
//! The log, EF08, has a record of 28 bytes for each transaction, the newest first: number 2, type
//! 1, terminal 6, time 7, account 4, self-pay 4, fund 4. The number is the counter before the
//! transaction.

use tessera_cos::{
    Header,
    cipher::Checksum,
    find::find_child,
    layout::Kind,
    record,
    social::failures::{self, Counted},
};
use tessera_framework::{Env, FileId, Halt, Outcome, StatusWord};

use super::{
    amounts::{Account, Amounts},
    command::{Four, Opening, Time},
};

/// Identifier of the log.
const LOG: FileId = FileId(0xEF08);

/// Bytes of a log record.
const RECORD_BYTES: usize = 28;

/// Compares a MAC of the other side, counted as wrong before.
///
/// # Errors
/// 9303 when too many were wrong before; 9302, which is counted; `Torn`.
pub(super) fn check_mac(
    env: &mut Env<'_>,
    df: &Header,
    expected: &Checksum,
    received: Four,
) -> Result<Counted, Halt> {
    let counted = failures::count(env, df.at)?;
    if expected.is(&received) {
        return Ok(counted);
    }
    Halt::status(StatusWord::MAC_WRONG)
}

/// A log record.
pub(super) fn record(
    number: u16,
    type_byte: u8,
    opening: &Opening,
    Time(time): &Time,
) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[0..2].copy_from_slice(&number.to_be_bytes());
    record[2] = type_byte;
    record[3..9].copy_from_slice(&opening.terminal);
    record[9..16].copy_from_slice(time);
    record[16..28].copy_from_slice(&opening.sum.bytes());
    record
}

/// Makes a transaction solid. A card without a log has none of it.
///
/// # Errors
/// 6A84 beyond the commit capacity, and the MAC counts as the right one it was; `Torn`: all is as
/// before or as after.
pub(super) fn store(
    env: &mut Env<'_>,
    df: &Header,
    account: &Account,
    after: &Amounts,
    entry: &[u8; RECORD_BYTES],
    counted: Counted,
) -> Outcome {
    let is_log = |file: &Header| {
        file.fid() == LOG
            && file.kind == Kind::Cyclic
            && usize::from(file.record_bytes()) == RECORD_BYTES
    };
    let log = find_child(env, df.at, is_log)?;
    let stored = env.atomically(|env| {
        env.store(account.file.body(), &after.encode())?;
        if let Some(log) = &log {
            record::add(env, log, RECORD_BYTES, entry)?;
        }
        counted.right(env)
    });
    if let Err(Halt::Status(_)) = stored {
        counted.right(env)?;
    }
    stored
}
