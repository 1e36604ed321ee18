//! INIT FOR DESCRYPT (80 1A) and DELIVER SESSION KEY (BF DE, 80 DE): a temporary key.
//!
//! P1 is the usage byte of the key, P2 its version; the data are one factor for each level, and of
//! DELIVER SESSION KEY one block more, the challenge of the user card, 8 bytes or 16 for SM4: what
//! it leaves is that block under the derived key, as social-security cards have it; a DES key, or
//! an SM4 key.

use tessera_cos::{
    basic::Turn,
    cipher::session_key,
    keys::{self, KeyRecord},
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    derive::{self, FACTOR_BYTES},
    usage::Usage,
    volatile::Temporary,
};

/// INIT FOR DESCRYPT.
///
/// # Errors
/// 6700 unless there are as many factors as levels; 6A88; 6982; 6985 when keys of this kind become
/// no temporary key.
pub(crate) fn initialize(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    Temporary::end(env)?;
    let usage = Usage(turn.command.p1);
    let factors = turn.command.data;
    if !derive::has_levels(usage, factors) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let record = key(env, turn, usage)?;
    let powers = usage.powers();
    if !powers.itself {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let derived = derive::derived(env, &record, factors)?;
    let key = if powers.folded { derived.xor_halves() } else { derived };
    Temporary { usage, key, chain: None }.keep(env)
}

/// DELIVER SESSION KEY.
///
/// # Errors
/// As [`initialize`]; 6700 too when the challenge is none of the key's cipher.
pub(crate) fn deliver_session_key(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    Temporary::end(env)?;
    let usage = Usage(turn.command.p1);
    let levels_bytes = usize::from(usage.levels()) * FACTOR_BYTES;
    let parts = turn.command.data.split_at_checked(levels_bytes);
    let Some((factors, input)) = parts.filter(|(_, input)| matches!(input.len(), 8 | 16)) else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    let record = key(env, turn, usage)?;
    if input.len() != if derive::is_sm4(&record) { 16 } else { 8 } {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    if !usage.powers().session {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let derived = derive::derived(env, &record, factors)?;
    let session = session_key(&derived, input);
    let key = session.ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))?;
    Temporary { usage, key, chain: None }.keep(env)
}

/// The key that P1 and P2 name, if it may be used.
fn key(env: &Env<'_>, turn: &Turn<'_>, usage: Usage) -> Result<KeyRecord, Halt> {
    let missing = Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    // Bytes that no key has may be types that the card's own keys are kept as.
    if !usage.is_known() {
        return Err(missing);
    }
    let found = keys::find(env, turn.session.df, usage.kept_as(), turn.command.p2)?;
    let record = found.ok_or(missing)?;
    turn.check(env, record.usable())?;
    Ok(record)
}
