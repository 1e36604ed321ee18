//! The card's own arithmetic of space: what each object costs in the EEPROM of the chip.
//!
//! | object | bytes |
//! |---|---|
//! | EF | [`HEADER_BYTES`] and its body |
//! | body of a binary, a file of variable records or a key file | its size |
//! | body of a file of fixed or cyclic records | count × (record length + 1) |
//! | body of a purse | 22 |
//! | key record, in its key file | key length + 8 |
//! | DF, in the DF above | its space |
//! | DF, of its own space | [`HEADER_BYTES`] and its name |
//! | MF, of the whole EEPROM | [`HEADER_BYTES`] |
//!
//! A manual gives 8 bytes more for a body of records in one place and not in another; here they are
//! not counted. That a DF takes its whole space when it is made, and its header and name out of it,
//! is inferred. The bytes that lie in the card's real memory are others and of no concern here.

use tessera_cos::{
    Header, Structure,
    find::{DfBody, find_block},
    keys::KeyRecord,
    layout::{Kind, ROOT_AT},
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

/// Bytes of a file's header.
pub const HEADER_BYTES: u32 = 11;
/// Bytes of a purse's body.
pub const PURSE_BYTES: u32 = 22;

/// What a new EF costs.
#[must_use]
pub const fn ef_bytes(structure: &Structure) -> u32 {
    HEADER_BYTES
        + match *structure {
            Structure::Transparent { bytes } | Structure::LinearVariable { bytes, .. } => bytes,
            Structure::LinearFixed { record_bytes, records, .. }
            | Structure::Cyclic { record_bytes, records } => {
                records as u32 * (record_bytes as u32 + 1)
            }
            Structure::KeyFile { space } => space as u32,
            Structure::Purse { .. } => PURSE_BYTES,
        }
}

/// What a block costs of its DF's space; keys are a part of their key file.
fn block_bytes(block: &Header) -> u32 {
    let body = match block.kind {
        Kind::Df => return u32::from(block.record_bytes()),
        Kind::Key | Kind::Keys | Kind::Object | Kind::Freed => return 0,
        Kind::Transparent => block.body_bytes(),
        Kind::LinearVariable => {
            block.body_bytes().saturating_sub(2 + 2 * u32::from(block.records_max()))
        }
        Kind::LinearFixed | Kind::Cyclic => {
            u32::from(block.records_max()) * (u32::from(block.record_bytes()) + 1)
        }
        Kind::KeyFile => u32::from(block.record_bytes()),
        Kind::Purse => PURSE_BYTES,
    };
    HEADER_BYTES + body
}

/// Space left in a DF; `eeprom_bytes` is the whole card's.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn left_in_df(env: &Env<'_>, df: &Header, eeprom_bytes: u32) -> Result<u32, Halt> {
    let own = if df.at == ROOT_AT {
        HEADER_BYTES
    } else {
        HEADER_BYTES + DfBody::load(env, df)?.name().len() as u32
    };
    let space = match df.record_bytes() {
        u16::MAX => eeprom_bytes,
        space => eeprom_bytes.min(space.into()),
    };
    let mut used = own;
    find_block(env, df.at, |block| {
        used = used.saturating_add(block_bytes(block));
        false
    })?;
    Ok(space.saturating_sub(used))
}

/// Refuses what does not fit a DF.
///
/// # Errors
/// 6A84.
pub fn check_df(env: &Env<'_>, df: &Header, eeprom_bytes: u32, bytes: u32) -> Outcome {
    if bytes <= left_in_df(env, df, eeprom_bytes)? {
        Ok(())
    } else {
        Halt::status(StatusWord::NOT_ENOUGH_MEMORY)
    }
}

/// Refuses a key that does not fit the key file of its DF.
///
/// # Errors
/// 6A84.
pub fn check_key_file(env: &Env<'_>, key_file: &Header, key_bytes: usize) -> Outcome {
    let mut used = 0;
    tessera_cos::keys::find_by(env, key_file.parent(), |key| {
        used += record_bytes(key);
        false
    })?;
    if used + key_bytes as u32 + 8 <= u32::from(key_file.record_bytes()) {
        Ok(())
    } else {
        Halt::status(StatusWord::NOT_ENOUGH_MEMORY)
    }
}

fn record_bytes(key: &KeyRecord) -> u32 {
    u32::from(key.key_bytes()) + 8
}
