//! Keys from keys: diversification, session keys, halves combined.

use tessera_framework::pin::forget;

use super::{Algorithm, Key};

/// The key of the next lower level for a factor F of 8 bytes.
///
/// DES and triple DES give E(K, F) || E(K, not F), a triple-DES key; SM4 gives E(K, F || not F).
/// AES in the same way as SM4 is own design, and gives a key of 16 bytes.
#[must_use]
pub fn diversify(key: &Key, factor: &[u8; 8]) -> Key {
    let mut block = [0; 16];
    let (left, right) = block.split_at_mut(8);
    left.copy_from_slice(factor);
    for (to, from) in right.iter_mut().zip(factor) {
        *to = !from;
    }
    let whole = key.cipher().encrypt_ecb(&mut block);
    debug_assert!(whole.is_ok());
    let child = match key.algorithm() {
        Algorithm::Des => Algorithm::TripleDes,
        algorithm => algorithm,
    };
    let key = Key::of(child, block);
    forget(&mut block);
    key
}

/// The key of a session, or a single-length key of the next lower level: E(K, `input`), where
/// `input` is one block. DES and triple DES give a DES key, SM4 and AES a key of 16 bytes; `None`
/// when it is not one block.
#[must_use]
pub fn session_key(key: &Key, input: &[u8]) -> Option<Key> {
    let mut block = [0; 16];
    let used = block.get_mut(..input.len())?;
    used.copy_from_slice(input);
    key.cipher().encrypt_block(used).ok()?;
    let algorithm = match key.algorithm() {
        Algorithm::Des | Algorithm::TripleDes => Algorithm::Des,
        algorithm => algorithm,
    };
    let key = Key::new(algorithm, used);
    forget(&mut block);
    key
}

/// [`Key::xor_halves`].
#[must_use]
pub fn xor_halves(key: &Key) -> Key {
    key.xor_halves()
}
