//! WRITE KEY (84 D4): a key enciphered and with a MAC by the DF's master key.
//!
//! Data: E(master, length ‖ usage ‖ version ‖ algorithm ‖ key ‖ 80 00..) ‖ MAC, as a published
//! session with a real card has it. A key of the same usage byte and version is replaced, with its
//! rights as they were; else one is added. Either ends temporary key and waiting transaction. The
//! master key itself is replaced under its old value. Nothing reads a key.

use tessera_cos::{
    Access, Flags,
    basic::Turn,
    keys::{self, KeySpec, Tries},
    messaging::Protection,
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    install::SM4,
    personality::Personality,
    usage::{Usage, kind},
    volatile,
};

/// Failures in a row after which a key of the card's own is blocked (own choice; samples of
/// personalisation have 03 where a counter might stand).
const TRIES: Tries = Tries { max: 3, left: 3 };

/// Flag of a key of SM4; other keys are DES or triple DES, by their length.
pub(crate) const OF_SM4: Flags = Flags(0x01);

/// What a key is that comes without rights of its own: free to use.
///
/// # Errors
/// 6A80 when its length is none of its cipher's, or a key of the card's own is one of SM4: the
/// basic commands that use those have DES.
pub(crate) fn spec(
    card: &Personality,
    usage: Usage,
    version: u8,
    algorithm: u8,
    key: &[u8],
) -> Result<KeySpec, Halt> {
    let is_sm4 = card.has_sm4 && algorithm == SM4;
    if is_sm4 && (key.len() != 16 || usage.is_own()) {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    Ok(KeySpec {
        usage: usage.kept_as(),
        id: version,
        usable: Access::Register(0xF0),
        change: Access::Register(0xF0),
        version_or_follow_up: usage.register(),
        algorithm,
        tries: if usage.is_counted() { Some(TRIES) } else { None },
        flags: if is_sm4 { OF_SM4 } else { Flags(0) },
    })
}

/// WRITE KEY.
///
/// # Errors
/// 6A86; 6700 on a length that no key has; 6A88 without a master key; 6982; 6984 without a
/// challenge; 6983; 9302 when the MAC is wrong, counted by the master key, or what it protects is
/// not well made; 6A80 on a usage byte that no key has; 6A84; `Torn`: it is the old key or the new
/// one.
pub(crate) fn write_key(env: &mut Env<'_>, card: &Personality, turn: &Turn<'_>) -> Outcome {
    turn.expect_p1p2(0)?;
    if !matches!(turn.command.data.len(), 0x14 | 0x1C) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let df = turn.session.df;
    let master = keys::find(env, df, kind::MASTER, 0)?;
    let master = master.ok_or(Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND))?;
    turn.check(env, master.usable())?;
    let protection = Protection::CryptogramAndChecksum;
    let opened = turn.open(env, &master, protection, StatusWord::MAC_WRONG)?;
    let Some((&[usage, version, algorithm], key)) = opened.as_slice().split_first_chunk() else {
        return Halt::status(StatusWord::MAC_WRONG);
    };
    if !matches!(key.len(), 8 | 16) {
        return Halt::status(StatusWord::MAC_WRONG);
    }
    let usage = Usage(usage);
    if !usage.is_known() || usage.kind() == kind::PIN && key.len() != 8 {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    let spec = spec(card, usage, version, algorithm, key)?;
    let counters = turn.build.counters.clone();
    match keys::find(env, df, spec.usage, version)? {
        None => keys::add(env, counters, turn.df(env)?.df_id(), &spec, key),
        Some(old) => {
            let tries = spec.tries.map(|_| Tries { max: old.tries_max(), left: old.tries_max() });
            let spec = KeySpec { algorithm, tries, flags: spec.flags, ..old.spec() };
            keys::replace(env, counters, &old, &spec, key)
        }
    }
    .map(drop)?;
    // What was made with the old key, or beside the new one, is over.
    volatile::end_all(env)
}
