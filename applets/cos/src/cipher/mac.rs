//! Checksums of messages: CBC-MAC, ISO/IEC 9797-1 algorithm 3, and CMAC, over several pieces.
//!
//! CBC-MAC and algorithm 3 pad always with one 80 and as many 00 as fill the block. CMAC
//! (NIST SP 800-38B) pads so only what is no whole block, and says which by a subkey.
//!
//! Invariant of [`Running`]: after the first byte, 1 to a block's bytes are held back in the state,
//! not yet encrypted: only the end of the message says how the last block is treated.

use tessera_framework::pin::{equal_in_constant_time, forget};

use super::{
    Algorithm, BLOCK_BYTES_MAX, Cipher, Key,
    block::Part,
    fold::{left_xor_right, xor_of_words},
};

/// A key made ready to compute checksums.
pub struct Mac {
    chain: Cipher,
    last: Last,
    folds: bool,
}

/// What the last block gets beyond the chain's encryption.
#[expect(clippy::large_enum_variant, reason = "no heap; it lives on the stack for one command")]
enum Last {
    Nothing,
    /// D(middle), then E(last); `None`: the chain's key.
    Retail {
        middle: Part,
        last: Option<Part>,
    },
    /// Subkeys are derived when needed: one more encryption.
    Cmac,
}

impl Mac {
    /// The rule of line protection, by algorithm: DES gives CBC-MAC, triple DES with 16 bytes
    /// algorithm 3, SM4 CBC-MAC whose results are [folded](super::fold), AES CMAC.
    ///
    /// Triple DES with 24 bytes ends with D(second), E(third): own design after algorithm 3.
    #[must_use]
    pub fn line(key: &Key) -> Self {
        match key.algorithm() {
            Algorithm::Des | Algorithm::Sm4 => Self::cbc(key),
            Algorithm::TripleDes => Self::retail(key),
            Algorithm::Aes => Self { chain: key.cipher(), last: Last::Cmac, folds: false },
        }
    }

    /// CBC-MAC with the key's own cipher for every block (ISO/IEC 9797-1 algorithm 1).
    #[must_use]
    pub fn cbc(key: &Key) -> Self {
        let folds = key.algorithm() == Algorithm::Sm4;
        Self { chain: key.cipher(), last: Last::Nothing, folds }
    }

    fn retail(key: &Key) -> Self {
        let (parts, _) = key.as_slice().as_chunks::<8>();
        match parts {
            [first, middle, last @ ..] => {
                let (middle, last) = (Part::new(middle), last.first().map(Part::new));
                let last = Last::Retail { middle, last };
                Self { chain: Cipher::des(first), last, folds: false }
            }
            _ => Self::cbc(key),
        }
    }

    /// Bytes of a block: 8 or 16.
    #[must_use]
    pub const fn block_bytes(&self) -> usize {
        self.chain.block_bytes()
    }

    /// Begins a message; `initial` is extended with 00 to a block. CMAC has none: `&[]` gives the
    /// checksum of the standard, anything else is XORed to the first block (own design, for line
    /// protection with AES keys).
    #[must_use]
    pub fn start(&self, initial: &[u8]) -> Running<'_> {
        let mut state = [0; BLOCK_BYTES_MAX];
        for (to, from) in state.iter_mut().zip(initial) {
            *to = *from;
        }
        Running { mac: self, state, held: 0 }
    }

    /// The checksum of the pieces, one after the other.
    #[must_use]
    pub fn of(&self, initial: &[u8], pieces: &[&[u8]]) -> Checksum {
        let mut running = self.start(initial);
        for piece in pieces {
            running.update(piece);
        }
        running.finish()
    }
}

/// A message of which some has been given.
pub struct Running<'m> {
    mac: &'m Mac,
    state: [u8; BLOCK_BYTES_MAX],
    held: usize,
}

impl Running<'_> {
    /// Takes the next bytes of the message.
    pub fn update(&mut self, mut bytes: &[u8]) {
        let block_bytes = self.mac.block_bytes();
        while !bytes.is_empty() {
            if self.held == block_bytes {
                self.mac.chain.encrypt_state(&mut self.state);
                self.held = 0;
            }
            let (now, later) = bytes.split_at(bytes.len().min(block_bytes - self.held));
            for (to, from) in self.state.iter_mut().skip(self.held).zip(now) {
                *to ^= *from;
            }
            self.held += now.len();
            bytes = later;
        }
    }

    /// Pads the part of the message that ends here, for messages whose parts are padded one by one:
    /// one 80, and 00 up to the end of the block; a whole block when the part is whole blocks.
    pub fn pad(&mut self) {
        const PADDING: [u8; BLOCK_BYTES_MAX] = {
            let mut block = [0; BLOCK_BYTES_MAX];
            block[0] = 0x80;
            block
        };
        let block_bytes = self.mac.block_bytes();
        let bytes = block_bytes - self.held % block_bytes;
        self.update(PADDING.get(..bytes).unwrap_or_default());
    }

    /// The checksum.
    #[must_use]
    pub fn finish(mut self) -> Checksum {
        match &self.mac.last {
            Last::Cmac => self.finish_cmac(),
            _ => {
                self.pad();
                self.last()
            }
        }
    }

    /// The checksum of a message that [`pad`](Self::pad) has ended: nothing is added. With CMAC the
    /// same as [`finish`](Self::finish).
    #[must_use]
    pub fn finish_padded(mut self) -> Checksum {
        match &self.mac.last {
            Last::Cmac => self.finish_cmac(),
            _ => self.last(),
        }
    }

    fn last(&mut self) -> Checksum {
        self.mac.chain.encrypt_state(&mut self.state);
        if let Last::Retail { middle, last } = &self.mac.last {
            middle.decrypt_state(&mut self.state);
            match last {
                Some(last) => last.encrypt_state(&mut self.state),
                None => self.mac.chain.encrypt_state(&mut self.state),
            }
        }
        Checksum { block: self.state, bytes: self.mac.block_bytes(), folds: self.mac.folds }
    }

    fn finish_cmac(&mut self) -> Checksum {
        let block_bytes = self.mac.block_bytes();
        let mut subkey = [0; BLOCK_BYTES_MAX];
        self.mac.chain.encrypt_state(&mut subkey);
        double(&mut subkey);
        if self.held < block_bytes {
            double(&mut subkey);
            if let Some(end) = self.state.get_mut(self.held) {
                *end ^= 0x80;
            }
        }
        for (to, from) in self.state.iter_mut().zip(&subkey) {
            *to ^= *from;
        }
        forget(&mut subkey);
        self.last()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        forget(&mut self.state);
    }
}

/// Multiplication by x among polynomials modulo x^128 + x^7 + x^2 + x + 1 (SP 800-38B, 6.1).
fn double(block: &mut [u8; 16]) {
    let number = u128::from_be_bytes(*block);
    *block = ((number << 1) ^ ((number >> 127) * 0x87)).to_be_bytes();
}

/// A checksum, as long as a block; what is sent of it is shorter.
///
/// Deliberately without `==`: a received value is compared by [`is`](Self::is).
pub struct Checksum {
    block: [u8; BLOCK_BYTES_MAX],
    bytes: usize,
    folds: bool,
}

impl Checksum {
    /// All of it: 8 or 16 bytes.
    #[must_use]
    pub fn block(&self) -> &[u8] {
        self.block.get(..self.bytes).unwrap_or_default()
    }

    /// The four bytes that are sent: the first ones, or of SM4 the XOR of the words.
    #[must_use]
    pub fn four(&self) -> [u8; 4] {
        if self.folds {
            return xor_of_words(&self.block);
        }
        core::array::from_fn(|at| self.block[at])
    }

    /// The eight bytes that are sent: the first ones, or of SM4 left half XOR right half.
    #[must_use]
    pub fn eight(&self) -> [u8; 8] {
        if self.folds {
            return left_xor_right(&self.block);
        }
        core::array::from_fn(|at| self.block[at])
    }

    /// Whether `received`, of four or eight bytes, is this checksum; the time tells nothing of it.
    #[must_use]
    pub fn is(&self, received: &[u8]) -> bool {
        match received.len() {
            4 => equal_in_constant_time(received, &self.four()),
            8 => equal_in_constant_time(received, &self.eight()),
            _ => false,
        }
    }
}

impl Drop for Checksum {
    fn drop(&mut self) {
        forget(&mut self.block);
    }
}
