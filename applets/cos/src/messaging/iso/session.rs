//! A session: KSenc, KSmac and the send sequence counter, and what is computed with them.
//!
//! Invariants: both keys have the same algorithm; the counter has the length of its block and is
//! counted up before every command and every response, refused or not.

use tessera_framework::pin::forget;

use crate::{
    cipher::{Algorithm, Checksum, Cipher, Key, Mac, padding},
    messaging::Refusal,
};

/// Bytes of a cryptographic checksum.
pub const CHECKSUM_BYTES: usize = 8;

/// Bytes of the longest send sequence counter.
pub const COUNTER_BYTES_MAX: usize = 16;

/// A session's keys made ready for use.
///
/// The card keeps the bytes of the keys and of the counter between commands; nothing here lasts.
pub struct Session {
    cipher: Cipher,
    mac: Mac,
    counter: [u8; COUNTER_BYTES_MAX],
}

impl Session {
    /// A session. Triple DES has counters of 8 bytes, initial value zero and algorithm 3 of ISO/IEC
    /// 9797-1; AES has counters of 16 bytes, initial value E(KSenc, counter) and CMAC cut to 8.
    ///
    /// `None` for other algorithms, different ones, or another length of the counter.
    #[must_use]
    pub fn new(encryption: &Key, authentication: &Key, counter: &[u8]) -> Option<Self> {
        let algorithm = encryption.algorithm();
        let known = matches!(algorithm, Algorithm::TripleDes | Algorithm::Aes);
        if !known || authentication.algorithm() != algorithm {
            return None;
        }
        if counter.len() != algorithm.block_bytes() {
            return None;
        }
        let mut session = Self {
            cipher: encryption.cipher(),
            mac: Mac::line(authentication),
            counter: [0; COUNTER_BYTES_MAX],
        };
        session.counter.get_mut(..counter.len())?.copy_from_slice(counter);
        Some(session)
    }

    /// The send sequence counter, 8 or 16 bytes, as the last message left it.
    #[must_use]
    pub fn counter(&self) -> &[u8] {
        self.counter.get(..self.block_bytes()).unwrap_or_default()
    }

    pub(super) const fn block_bytes(&self) -> usize {
        self.cipher.block_bytes()
    }

    /// Counts the next message; from its last value the counter goes on at zero.
    pub(super) fn count(&mut self) {
        let bytes = self.block_bytes();
        for byte in self.counter.iter_mut().take(bytes).rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    /// The checksum of counter, header and objects; `None` and nothing are no part of it.
    pub(super) fn checksum(&self, header: Option<[u8; 4]>, objects: &[u8]) -> Checksum {
        let mut running = self.mac.start(&[]);
        running.update(self.counter());
        if let Some(header) = header {
            running.update(&header);
            running.pad();
        }
        if !objects.is_empty() {
            running.update(objects);
            running.pad();
        }
        running.finish_padded()
    }

    /// Encrypts what `buffer` holds, padded already.
    pub(super) fn encrypt(&self, buffer: &mut [u8]) -> Option<()> {
        self.cipher.encrypt_cbc(&self.initial(), buffer).ok()
    }

    /// Decrypts in place; the bytes of the data in front of the padding, when there is one.
    pub(super) fn decrypt(&self, buffer: &mut [u8], padded: bool) -> Result<usize, Refusal> {
        if buffer.is_empty() {
            return Err(Refusal::Content);
        }
        self.cipher.decrypt_cbc(&self.initial(), buffer).map_err(|_| Refusal::Content)?;
        match padded {
            true => padding::unpadded_bytes(buffer, self.block_bytes()).ok_or(Refusal::Content),
            false => Ok(buffer.len()),
        }
    }

    fn initial(&self) -> [u8; COUNTER_BYTES_MAX] {
        let mut initial = [0; COUNTER_BYTES_MAX];
        if self.block_bytes() == COUNTER_BYTES_MAX {
            initial = self.counter;
            let whole = self.cipher.encrypt_block(&mut initial);
            debug_assert!(whole.is_ok());
        }
        initial
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        forget(&mut self.counter);
    }
}
