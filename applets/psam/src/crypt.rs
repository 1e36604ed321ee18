//! DES CRYPT (80 FA): whole blocks under the temporary key.
//!
//! | P1 | data, blocks of the key's cipher | answer |
//! |---|---|---|
//! | 00, 02 | blocks | each enciphered for itself; 02 says that more follow, which changes nothing |
//! | 80 | blocks | each deciphered for itself |
//! | 05 | initial value, message | MAC, 4 bytes |
//! | 07 | initial value, first part of a message | none |
//! | 03 | another part | none |
//! | 01 | last part | MAC, 4 bytes |
//!
//! The card for social-security cards knows 00, 05, 07, 03 and 01. The terminal pads, and folds
//! what SM4 enciphers; the MAC of a key of SM4 is CBC, its four words XORed. The MAC of a DES key
//! of 16 bytes is ISO/IEC 9797-1 algorithm 3, as the user card's line protection has it (inferred
//! from use). The chaining value between two parts is that of the left half of the key alone, so a
//! part's end is not seen in the MAC. A MAC under way ends with any other mode, and with every
//! refusal of this command.

use tessera_cos::{
    basic::Turn,
    cipher::{Algorithm, Key, Mac},
};
use tessera_framework::{Env, Halt, Outcome, Reply, StatusWord};

use crate::{
    personality::Personality,
    volatile::{Chain, Temporary},
};

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

impl Mode {
    /// What P1-P2 say; `None` when the card has no such mode.
    fn read(card: &Personality, turn: &Turn<'_>) -> Option<Self> {
        let (p1, p2) = (turn.command.p1, turn.command.p2);
        if p2 != 0 || !card.modes.contains(&p1) {
            return None;
        }
        Some(match p1 {
            0x80 => Self::Decipher,
            0x01 | 0x03 | 0x05 | 0x07 => Self::Mac { first: p1 & 4 != 0, last: p1 & 2 == 0 },
            _ => Self::Encipher,
        })
    }
}

/// DES CRYPT.
///
/// # Errors
/// 6A86; 6700 unless the data are whole blocks, of a first part two at least; 6901 without a
/// temporary key, or for a part without the first; 6985 when keys of its kind may not do that.
pub(crate) fn crypt(
    env: &mut Env<'_>,
    card: &Personality,
    turn: &Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let temporary = Temporary::load(env)?;
    Temporary::end_chain(env)?;
    let mode = Mode::read(card, turn).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?;
    let block_bytes = temporary.as_ref().map_or(8, |temporary| temporary.key.block_bytes());
    let data = turn.command.data;
    let least = if matches!(mode, Mode::Mac { first: true, .. }) { 2 } else { 1 };
    if data.len() < least * block_bytes || !data.len().is_multiple_of(block_bytes) {
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
    let (initial, message) = match data.split_at_checked(block_bytes) {
        Some((initial, message)) if first => (initial, message),
        _ => match &temporary.chain {
            Some(Chain(value)) => (value.get(..block_bytes).unwrap_or_default(), data),
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
fn mac(mac: &Mac, initial: &[u8], message: &[u8]) -> [u8; 4] {
    let mut running = mac.start(initial);
    running.update(message);
    running.finish_padded().four()
}

/// The chaining value behind whole blocks: under the key, or of triple DES its left half.
fn link(key: &Key, initial: &[u8], message: &[u8]) -> Chain {
    let left = match (key.algorithm(), key.as_slice().first_chunk::<8>()) {
        (Algorithm::TripleDes, Some(left)) => Key::single_des(*left),
        _ => key.clone(),
    };
    let chain = Mac::cbc(&left);
    let mut running = chain.start(initial);
    running.update(message);
    let last = running.finish_padded();
    let mut value = [0; 16];
    for (to, from) in value.iter_mut().zip(last.block()) {
        *to = *from;
    }
    Chain(value)
}
