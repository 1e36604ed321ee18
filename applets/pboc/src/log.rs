//! The log: one record of a cyclic file for each completed transaction, newest first.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 2 | transaction number, after it was counted |
//! | 2 | 3 | overdraft limit afterwards |
//! | 5 | 4 | amount, zero when the overdraft limit changed |
//! | 9 | 1 | type byte |
//! | 10 | 6 | terminal identifier |
//! | 16 | 4 | date |
//! | 20 | 3 | time |

use tessera_cos::{Header, layout::Kind, record};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    command::{DateTime, Terminal},
    transaction::Transaction,
};

/// Bytes of a log record.
pub const RECORD_BYTES: u8 = 23;

/// Holds the file that a purse names as its log against what a log is.
///
/// # Errors
/// 6981 when its records are not the log's, 6985 when it is out of use.
pub(crate) fn check(log: Header) -> Result<Header, Halt> {
    if log.kind != Kind::Cyclic || log.record_bytes() != u16::from(RECORD_BYTES) {
        return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE);
    }
    if log.life_cycle().warning().is_some() {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    Ok(log)
}

/// Adds a record to the log, if there is one.
///
/// # Errors
/// 6581; `Torn`.
pub(crate) fn add(
    env: &mut Env<'_>,
    log: Option<&Header>,
    record: &[u8; RECORD_BYTES as usize],
) -> Outcome {
    match log {
        Some(log) => record::add(env, log, record.len(), record).map(drop),
        None => Ok(()),
    }
}

/// The record of a completed transaction.
pub(crate) fn entry(
    (transaction, number): (Transaction, u16),
    overdraft: [u8; 3],
    amount: u32,
    terminal: &Terminal,
    when: &DateTime,
) -> [u8; RECORD_BYTES as usize] {
    let mut record = [0; RECORD_BYTES as usize];
    record[0..2].copy_from_slice(&number.to_be_bytes());
    record[2..5].copy_from_slice(&overdraft);
    record[5..9].copy_from_slice(&amount.to_be_bytes());
    record[9] = transaction.type_byte();
    record[10..16].copy_from_slice(terminal);
    record[16..23].copy_from_slice(when);
    record
}
