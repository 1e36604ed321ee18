//! A key: its algorithm and its bytes, overwritten when it goes.
//!
//! Invariants: the length fits the algorithm; bytes beyond it are 00; nothing prints the bytes.

use core::fmt;

use tessera_framework::pin::forget;

use super::{Cipher, fold::left_xor_right};

/// Most bytes of a key.
pub const KEY_BYTES_MAX: usize = 32;

/// A block cipher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// DES: key 8, block 8.
    Des,
    /// Triple DES, encrypt-decrypt-encrypt: key 16 (first and last part equal) or 24, block 8.
    TripleDes,
    /// SM4, GB/T 32907: key 16, block 16.
    Sm4,
    /// AES: key 16, 24 or 32, block 16.
    Aes,
}

impl Algorithm {
    /// Bytes of a block: 8 or 16.
    #[must_use]
    pub const fn block_bytes(self) -> usize {
        match self {
            Self::Des | Self::TripleDes => 8,
            Self::Sm4 | Self::Aes => 16,
        }
    }

    const fn takes(self, key_bytes: usize) -> bool {
        match self {
            Self::Des => key_bytes == 8,
            Self::TripleDes => matches!(key_bytes, 16 | 24),
            Self::Sm4 => key_bytes == 16,
            Self::Aes => matches!(key_bytes, 16 | 24 | 32),
        }
    }
}

/// A key.
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    bytes: [u8; KEY_BYTES_MAX],
    length: u8,
}

impl Key {
    /// A key of this algorithm; `None` when it takes no key of that length.
    #[must_use]
    pub fn new(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        if !algorithm.takes(bytes.len()) {
            return None;
        }
        let mut key = Self { algorithm, bytes: [0; KEY_BYTES_MAX], length: bytes.len() as u8 };
        key.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(key)
    }

    /// A key whose length says the algorithm, as on FMCOS cards: 8 bytes are DES, 16 are triple
    /// DES; `None` for other lengths.
    #[must_use]
    pub fn des(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            8 => Self::new(Algorithm::Des, bytes),
            16 => Self::new(Algorithm::TripleDes, bytes),
            _ => None,
        }
    }

    /// A DES key.
    #[must_use]
    pub fn single_des(bytes: [u8; 8]) -> Self {
        Self::of(Algorithm::Des, bytes)
    }

    /// A key of an algorithm that is known to take `N` bytes.
    pub(super) fn of<const N: usize>(algorithm: Algorithm, mut value: [u8; N]) -> Self {
        const { assert!(N <= KEY_BYTES_MAX) };
        debug_assert!(algorithm.takes(N));
        let mut bytes = [0; KEY_BYTES_MAX];
        for (to, from) in bytes.iter_mut().zip(&value) {
            *to = *from;
        }
        forget(&mut value);
        Self { algorithm, bytes, length: N as u8 }
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Bytes of a block: 8 or 16.
    #[must_use]
    pub const fn block_bytes(&self) -> usize {
        self.algorithm.block_bytes()
    }

    /// The key's bytes, to store them.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The key made ready for use.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        Cipher::new(self)
    }

    /// The first 16 bytes; 00 beyond a shorter key.
    pub(super) fn halves(&self) -> [u8; 16] {
        core::array::from_fn(|at| self.bytes[at])
    }

    /// The key of a transaction certificate, and what else takes "left XOR right": the first eight
    /// bytes XOR the second eight, as a DES key. A DES key stays as it is (inferred: attested for
    /// 16 bytes only).
    #[must_use]
    pub fn xor_halves(&self) -> Self {
        Self::single_des(left_xor_right(&self.halves()))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        forget(&mut self.bytes);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, {} bytes)", self.algorithm, self.length)
    }
}
