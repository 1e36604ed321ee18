//! DES CRYPT (80 FA): whole blocks under the temporary key.
//!
//! | P1 | data | answer |
//! |---|---|---|
//! | 00, 02 | blocks | each enciphered for itself; 02 says that more follow, which changes nothing |
//! | 80 | blocks | each deciphered for itself |
//! | 05 | initial value, message | MAC, 4 bytes |
//! | 07 | initial value, first part of a message | none |
//! | 03 | another part | none |
//! | 01 | last part | MAC, 4 bytes |
//!
//! The terminal pads. The MAC of a key of 16 bytes is ISO/IEC 9797-1 algorithm 3, as the user
//! card's line protection has it (inferred from use). The chaining value between two parts is that
//! of the left half of the key alone, so a part's end is not seen in the MAC. A MAC under way ends
//! with any other mode, and with every refusal of this command.

use tessera_cos::{
    basic::Turn,
    cipher::{Algorithm, Key, Mac},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::volatile::{Chain, Temporary};

const BLOCK_BYTES: usize = 8;

/// What P1 asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Encipher,
    Decipher,
    /// A part of a MAC's message: the first, with the initial value in front; the last.
    Mac {
        first: bool,
        last: bool,
    },
}

/// DES CRYPT.
///
/// # Errors
/// 6A86; 6700 unless the data are whole blocks, of a first part two at least; 6901 without a
/// temporary key, or for a part without the first; 6985 when keys of its kind may not do that.
pub(crate) fn crypt(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    let temporary = Temporary::load(env)?;
    Temporary::end_chain(env)?;
    let mode = match turn.command.p1p2() {
        0x0000 | 0x0200 => Mode::Encipher,
        0x8000 => Mode::Decipher,
        0x0500 => Mode::Mac { first: true, last: true },
        0x0700 => Mode::Mac { first: true, last: false },
        0x0300 => Mode::Mac { first: false, last: false },
        0x0100 => Mode::Mac { first: false, last: true },
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let data = turn.command.data;
    let least = if matches!(mode, Mode::Mac { first: true, .. }) { 2 } else { 1 };
    if data.len() < least * BLOCK_BYTES || !data.len().is_multiple_of(BLOCK_BYTES) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let mut temporary = temporary.ok_or(Halt::Status(StatusWord::INVALID_STATE))?;
    let powers = temporary.usage.powers();
    let allowed = match mode {
        Mode::Encipher => powers.encipher,
        Mode::Decipher => powers.decipher,
        Mode::Mac { .. } => powers.mac,
    };
    if !allowed {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let Mode::Mac { first, last } = mode else {
        let blocks = reply.extend(data.len())?;
        blocks.copy_from_slice(data);
        let cipher = temporary.key.cipher();
        let done = match mode {
            Mode::Encipher => cipher.encrypt_ecb(blocks),
            _ => cipher.decrypt_ecb(blocks),
        };
        return done.map_err(|_| Halt::Status(StatusWord::NO_DIAGNOSIS));
    };
    let (initial, message) = match data.split_first_chunk::<BLOCK_BYTES>() {
        Some((initial, message)) if first => (initial, message),
        _ => match &temporary.chain {
            Some(Chain(value)) => (value, data),
            None => return Halt::status(StatusWord::INVALID_STATE),
        },
    };
    if last {
        return reply.push(&mac(&Mac::line(&temporary.key), initial, message));
    }
    temporary.chain = Some(link(&temporary.key, initial, message));
    temporary.keep(env)
}

/// The MAC of whole blocks.
fn mac(mac: &Mac, initial: &[u8; 8], message: &[u8]) -> [u8; 4] {
    let mut running = mac.start(initial);
    running.update(message);
    running.finish_padded().four()
}

/// The chaining value behind whole blocks: DES with the key, or with its left half.
fn link(key: &Key, initial: &[u8; 8], message: &[u8]) -> Chain {
    let left = match (key.algorithm(), key.as_slice().first_chunk::<8>()) {
        (Algorithm::TripleDes, Some(left)) => Key::single_des(*left),
        _ => key.clone(),
    };
    let chain = Mac::cbc(&left);
    let mut running = chain.start(initial);
    running.update(message);
    Chain(running.finish_padded().eight())
}
