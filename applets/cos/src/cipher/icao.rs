//! Keys from a seed that two sides share (ICAO Doc 9303-11, 9.7.1): a hash of the seed and a
//! counter.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tessera_framework::pin::forget;

use super::{Algorithm, Key};

/// Counter of the key that encrypts.
pub const ENCRYPTION: u32 = 1;
/// Counter of the key that authenticates.
pub const AUTHENTICATION: u32 = 2;

/// The key of `key_bytes` bytes for a seed and a counter. 16 bytes come from SHA-1, 24 and 32 bytes
/// from SHA-256; the parity of triple-DES keys is made odd. `None` for DES and SM4, for which the
/// document has no rule, and for lengths other than 16 for triple DES and 16, 24, 32 for AES.
#[must_use]
pub fn derive(seed: &[u8], counter: u32, algorithm: Algorithm, key_bytes: usize) -> Option<Key> {
    let mut bytes = [0; 32];
    match (algorithm, key_bytes) {
        (Algorithm::TripleDes | Algorithm::Aes, 16) => {
            let mut hash: [u8; 20] = Sha1::new()
                .chain_update(seed)
                .chain_update(counter.to_be_bytes())
                .finalize()
                .into();
            for (to, from) in bytes.iter_mut().zip(&hash) {
                *to = *from;
            }
            forget(&mut hash);
        }
        (Algorithm::Aes, 24 | 32) => {
            bytes = Sha256::new()
                .chain_update(seed)
                .chain_update(counter.to_be_bytes())
                .finalize()
                .into();
        }
        _ => return None,
    }
    if algorithm == Algorithm::TripleDes {
        adjust_parity(&mut bytes);
    }
    let key = bytes.get(..key_bytes).and_then(|bytes| Key::new(algorithm, bytes));
    forget(&mut bytes);
    key
}

/// Makes the number of ones in each byte odd, in the lowest bit, which DES does not use.
pub fn adjust_parity(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = *byte & 0xFE | u8::from((*byte & 0xFE).count_ones() % 2 == 0);
    }
}
