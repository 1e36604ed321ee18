//! From a key in the card to a user card's: which key, and factor by factor.

use tessera_cos::{
    basic::Turn,
    cipher::{Algorithm, Key, diversify},
    keys::{self, KeyRecord},
};
use tessera_framework::{Env, Halt, StatusWord};

use crate::{
    purchase::Ciphers,
    usage::{Usage, kind},
    write_key::OF_SM4,
};

/// Bytes of a factor.
pub(crate) const FACTOR_BYTES: usize = 8;

/// The purchase key of a version, for so many factors and of the ciphers that an algorithm byte
/// stands for. Purchase keys are told apart by their version; of several of one version the one
/// with as many levels as there are factors.
///
/// # Errors
/// 9403 when the current DF has none of this version; 6700 when none of them has as many levels as
/// there are factors; 6982; 6A80 when it is of another cipher.
pub(crate) fn purchase_key(
    env: &Env<'_>,
    turn: &Turn<'_>,
    version: u8,
    ciphers: Ciphers,
    factors: &[u8],
) -> Result<Key, Halt> {
    let mut any = false;
    let found = keys::find_by(env, turn.session.df, |key| {
        let fits = Usage::of(key).kind() == kind::PURCHASE && key.id() == version;
        any |= fits;
        fits && has_levels(Usage::of(key), factors)
    })?;
    let Some(record) = found else {
        return Halt::status(if any {
            StatusWord::WRONG_LENGTH
        } else {
            StatusWord::KEY_NOT_FOUND
        });
    };
    turn.check(env, record.usable())?;
    if is_sm4(&record) != (ciphers == Ciphers::Sm4) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    derived(env, &record, factors)
}

/// Whether there is one factor for each level.
pub(crate) fn has_levels(usage: Usage, factors: &[u8]) -> bool {
    factors.len() == usize::from(usage.levels()) * FACTOR_BYTES
}

/// Whether a key is one of SM4.
pub(crate) fn is_sm4(record: &KeyRecord) -> bool {
    record.flags().contains(OF_SM4)
}

/// What becomes of a key by factors: the last one listed is applied first.
///
/// # Errors
/// 6985 when its length is none of its cipher's.
pub(crate) fn derived(env: &Env<'_>, record: &KeyRecord, factors: &[u8]) -> Result<Key, Halt> {
    let bytes = record.load(env)?;
    let root = match is_sm4(record) {
        true => Key::new(Algorithm::Sm4, bytes.as_slice()),
        false => Key::des(bytes.as_slice()),
    };
    let root = root.ok_or(Halt::Status(StatusWord::CONDITIONS_NOT_SATISFIED))?;
    let (factors, _) = factors.as_chunks::<FACTOR_BYTES>();
    Ok(factors.iter().rev().fold(root, |key, factor| diversify(&key, factor)))
}
