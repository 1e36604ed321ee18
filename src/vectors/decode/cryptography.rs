//! Values that cryptography of social-security cards must come out with: keys of a card,
//! authenticators, protected commands. The bytes are fields one behind the other.

use crate::cryptography::{
    cipher::{Algorithm, Key, diversify, fold},
    messaging::{self, social_security::Session},
};
use tessera_framework::Apdu;

/// Bytes of a key.
const KEY_BYTES: usize = 16;

/// A key, then the factors of each level down to the card.
pub(super) fn diversification(bytes: &[u8]) -> Result<Vec<String>, String> {
    let (root, factors) = key(bytes, Algorithm::TripleDes)?;
    let (factors, []) = factors.as_chunks::<8>() else {
        return Err("factors have eight bytes each".into());
    };
    let mut keys = vec![root];
    let mut lines = Vec::new();
    for (level, factor) in factors.iter().enumerate() {
        let child = diversify(&keys[level], factor);
        lines.push(format!("level {}: {}", level + 1, hex::encode_upper(child.as_slice())));
        keys.push(child);
    }
    Ok(lines)
}

/// A factor of 8 bytes, a key of 16, and a challenge: of 8 bytes triple DES is used, of 16 SM4.
pub(super) fn authenticator(bytes: &[u8]) -> Result<Vec<String>, String> {
    let (factor, rest) = bytes.split_first_chunk::<8>().ok_or("a factor has eight bytes")?;
    let algorithm = match rest.len().checked_sub(KEY_BYTES) {
        Some(8) => Algorithm::TripleDes,
        Some(16) => Algorithm::Sm4,
        _ => return Err("a key has 16 bytes, a challenge 8 or 16".into()),
    };
    let (key, challenge) = key(rest, algorithm)?;
    let session = Session::new(&key, challenge).ok_or("the challenge is not one block")?;
    Ok(vec![
        format!("session key {}", hex::encode_upper(session.key().as_slice())),
        format!("authenticator {}", hex::encode_upper(session.authenticator(factor))),
    ])
}

/// A block of 16 bytes as a SAM enciphers it.
pub(super) fn folded_block(bytes: &[u8]) -> Result<Vec<String>, String> {
    let block = bytes.try_into().map_err(|_| "a block has 16 bytes")?;
    Ok(vec![format!("authenticator {}", hex::encode_upper(fold::left_xor_right(block)))])
}

/// A key of 16 bytes, a challenge of 8 (triple DES) or 16 (SM4), and a protected command. Which of
/// the two it is, the first byte says: its length.
pub(super) fn protected_command(bytes: &[u8]) -> Result<Vec<String>, String> {
    let (&length, rest) = bytes.split_first().ok_or("the first byte is the challenge's length")?;
    let algorithm = match length {
        8 => Algorithm::TripleDes,
        16 => Algorithm::Sm4,
        _ => return Err("a challenge has 8 or 16 bytes".into()),
    };
    let (key, rest) = key(rest, algorithm)?;
    let (challenge, command) =
        rest.split_at_checked(length.into()).ok_or("the challenge is cut short")?;
    let session = Session::new(&key, challenge).ok_or("the challenge is not one block")?;
    let apdu = Apdu::parse(command).map_err(|status| status.to_string())?;
    let header = [apdu.cla, apdu.ins.0, apdu.p1, apdu.p2];
    let line = session.line();
    let data = line
        .check(&[], header, apdu.data)
        .map_err(|refusal: messaging::Refusal| format!("the checksum: {refusal:?}"))?;
    let mut lines = vec!["checksum right".to_owned()];
    if let Ok(plain) = line.decrypt(data)
        && !data.is_empty()
    {
        lines.push(format!("enciphered {}", hex::encode_upper(plain.as_slice())));
    }
    Ok(lines)
}

/// The 16-byte key that comes first, and what follows it.
fn key(bytes: &[u8], algorithm: Algorithm) -> Result<(Key, &[u8]), String> {
    let (key, rest) = bytes.split_at_checked(KEY_BYTES).ok_or("a key has 16 bytes")?;
    Ok((Key::new(algorithm, key).ok_or("no key has this length")?, rest))
}
