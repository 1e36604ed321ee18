//! GET CHALLENGE, EXTERNAL AUTHENTICATE, INTERNAL AUTHENTICATE.

use crate::{
    cipher::{Cipher, Key, Mac, padding},
    keys::{self, KeyBytes},
    session::Challenge,
};
use tessera_framework::{
    Env, Halt, Outcome, Reply, StatusWord,
    pin::{equal_in_constant_time, forget},
};

use super::{Turn, usage};

/// Most bytes INTERNAL AUTHENTICATE takes, padding included.
const INTERNAL_BYTES_MAX: usize = 248;

/// GET CHALLENGE: 4 or 8 bytes, good for the next command.
///
/// # Errors
/// 6A86; 6700 for another length.
pub(crate) fn get_challenge(
    env: &mut Env<'_>,
    turn: &mut Turn<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    turn.expect_p1p2(0)?;
    turn.expect_lc(0..=0)?;
    let length @ (4 | 8) = turn.command.ne else {
        return Halt::status(StatusWord::WRONG_LENGTH);
    };
    turn.session.challenge = Challenge::draw(env, length as usize);
    reply.push(turn.session.challenge.bytes())
}

/// EXTERNAL AUTHENTICATE: the challenge enciphered by a key of type 39, P2 its identifier. A
/// published host program pads the challenge to two blocks and a real card took it, so the second
/// block may follow (inferred).
///
/// # Errors
/// 6A86; 6700; 6A82; 6A88; 6982; 6983; 6985 without a challenge; 63CX, X tries left; `Torn`.
pub(crate) fn external(env: &mut Env<'_>, turn: &mut Turn<'_>) -> Outcome {
    if turn.command.p1 != 0 {
        return Halt::status(StatusWord::WRONG_P1P2);
    }
    let (cryptogram, padding) = match *turn.command.data {
        [ref block @ .., _, _, _, _, _, _, _, _] if block.len() == 8 => (block, true),
        ref block if block.len() == 8 => (block, false),
        _ => return Halt::status(StatusWord::WRONG_LENGTH),
    };
    let missing = StatusWord::REFERENCED_DATA_NOT_FOUND;
    let key = turn.key(env, usage::EXTERNAL, turn.command.p2, missing)?;
    turn.check(env, key.usable())?;
    turn.challenge()?;
    let challenge = turn.challenge.block().unwrap_or_default();
    key.attempt(env, |bytes| {
        let Some(cipher) = cipher_of(bytes) else { return false };
        let mut expected = [challenge, *b"\x80\0\0\0\0\0\0\0"].concat_blocks();
        let both = cipher.encrypt_ecb(&mut expected).is_ok();
        let right = if padding {
            equal_in_constant_time(turn.command.data, &expected)
        } else {
            equal_in_constant_time(cryptogram, &expected[..8])
        };
        forget(&mut expected);
        both && right
    })?;
    turn.session.set_register(key.version_or_follow_up());
    Ok(())
}

/// Two blocks as one run of bytes.
trait ConcatBlocks {
    fn concat_blocks(self) -> [u8; 16];
}

impl ConcatBlocks for [[u8; 8]; 2] {
    fn concat_blocks(self) -> [u8; 16] {
        core::array::from_fn(|n| self[n / 8][n % 8])
    }
}

/// INTERNAL AUTHENTICATE: P1 00 enciphers, 01 deciphers, 02 makes a MAC of four bytes, each with a
/// key of its type. Data that is no whole number of blocks is padded, except for deciphering.
///
/// # Errors
/// 6A86; 6700; 6A82; 6A88; 6981 when the key with this identifier is for something else; 6982.
pub(crate) fn internal(env: &mut Env<'_>, turn: &Turn<'_>, reply: &mut Reply<'_>) -> Outcome {
    let command = turn.command;
    let usage = match command.p1 {
        0 => usage::ENCIPHER,
        1 => usage::DECIPHER,
        2 => usage::MAC,
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    turn.expect_lc(1..=INTERNAL_BYTES_MAX - 8)?;
    if usage == usage::DECIPHER && !command.data.len().is_multiple_of(8) {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let other = keys::find_by(env, turn.session.df, |key| {
        matches!(key.usage(), usage::ENCIPHER..=usage::MAC) && key.id() == command.p2
    })?;
    let missing = match other {
        Some(_) => StatusWord::INCOMPATIBLE_FILE_STRUCTURE,
        None => StatusWord::REFERENCED_DATA_NOT_FOUND,
    };
    let record = turn.key(env, usage, command.p2, missing)?;
    turn.check(env, record.usable())?;
    let bytes = record.load(env)?;
    let damaged = Halt::Status(StatusWord::NO_DIAGNOSIS);
    let key = Key::des(bytes.as_slice()).ok_or(damaged)?;
    if usage == usage::MAC {
        return reply.push(&Mac::line(&key).of(&[], &[command.data]).four());
    }
    let nc = command.data.len();
    let whole = if nc.is_multiple_of(8) { nc } else { padding::padded_bytes(nc, 8) };
    let answer = reply.extend(whole)?;
    answer.fill(0);
    if let Some((data, padding)) = answer.split_at_mut_checked(nc) {
        data.copy_from_slice(command.data);
        if let [first, ..] = padding {
            *first = 0x80;
        }
    }
    let cipher = key.cipher();
    let done = match usage {
        usage::ENCIPHER => cipher.encrypt_ecb(answer),
        _ => cipher.decrypt_ecb(answer),
    };
    done.map_err(|_| damaged)
}

fn cipher_of(bytes: &KeyBytes) -> Option<Cipher> {
    Key::des(bytes.as_slice()).map(|key| key.cipher())
}
