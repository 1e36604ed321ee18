//! A key made ready for use: its round keys, and blocks encrypted and decrypted in place.
//!
//! Invariants: making a [`Cipher`] is the only place where round keys are computed; they are
//! overwritten when it goes (the ciphers' `zeroize` feature).

use aes::{Aes128, Aes192, Aes256};
use cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit,
    consts::{U8, U16},
};
use des::{Des, TdesEde2, TdesEde3};
use sm4::Sm4;

use super::{Algorithm, BLOCK_BYTES_MAX, Key};

/// The data are not a whole number of blocks; they are as they were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartialBlock;

/// A key made ready for use.
pub struct Cipher(Rounds);

enum Rounds {
    Des(Des),
    TwoKey(TdesEde2),
    ThreeKey(TdesEde3),
    Sm4(Sm4),
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// Runs an expression with the cipher and the data cut into its blocks.
macro_rules! with_blocks {
    ($cipher:expr, $data:expr, |$rounds:ident, $blocks:ident| $do:expr) => {
        match &$cipher.0 {
            Rounds::Des($rounds) => {
                let $blocks = eights($data)?;
                $do
            }
            Rounds::TwoKey($rounds) => {
                let $blocks = eights($data)?;
                $do
            }
            Rounds::ThreeKey($rounds) => {
                let $blocks = eights($data)?;
                $do
            }
            Rounds::Sm4($rounds) => {
                let $blocks = sixteens($data)?;
                $do
            }
            Rounds::Aes128($rounds) => {
                let $blocks = sixteens($data)?;
                $do
            }
            Rounds::Aes192($rounds) => {
                let $blocks = sixteens($data)?;
                $do
            }
            Rounds::Aes256($rounds) => {
                let $blocks = sixteens($data)?;
                $do
            }
        }
    };
}

impl Cipher {
    /// Computes the round keys.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        let bytes = key.as_slice();
        Self(match (key.algorithm(), bytes.len()) {
            (Algorithm::Des, _) => Rounds::Des(rounds(bytes)),
            (Algorithm::TripleDes, 16) => Rounds::TwoKey(rounds(bytes)),
            (Algorithm::TripleDes, _) => Rounds::ThreeKey(rounds(bytes)),
            (Algorithm::Sm4, _) => Rounds::Sm4(rounds(bytes)),
            (Algorithm::Aes, 16) => Rounds::Aes128(rounds(bytes)),
            (Algorithm::Aes, 24) => Rounds::Aes192(rounds(bytes)),
            (Algorithm::Aes, _) => Rounds::Aes256(rounds(bytes)),
        })
    }

    /// DES with one part of a longer key.
    pub(super) fn des(part: &[u8; 8]) -> Self {
        Self(Rounds::Des(Des::new(part.into())))
    }

    /// Bytes of a block: 8 or 16.
    #[must_use]
    pub const fn block_bytes(&self) -> usize {
        match self.0 {
            Rounds::Des(_) | Rounds::TwoKey(_) | Rounds::ThreeKey(_) => 8,
            _ => 16,
        }
    }

    /// Encrypts one block.
    ///
    /// # Errors
    /// `PartialBlock` unless it has the length of a block.
    pub fn encrypt_block(&self, block: &mut [u8]) -> Result<(), PartialBlock> {
        if block.len() != self.block_bytes() {
            return Err(PartialBlock);
        }
        self.encrypt_ecb(block)
    }

    /// Decrypts one block.
    ///
    /// # Errors
    /// `PartialBlock` unless it has the length of a block.
    pub fn decrypt_block(&self, block: &mut [u8]) -> Result<(), PartialBlock> {
        if block.len() != self.block_bytes() {
            return Err(PartialBlock);
        }
        self.decrypt_ecb(block)
    }

    /// Encrypts each block for itself, in place.
    ///
    /// # Errors
    /// `PartialBlock` unless `data` are whole blocks.
    pub fn encrypt_ecb(&self, data: &mut [u8]) -> Result<(), PartialBlock> {
        with_blocks!(self, data, |rounds, blocks| {
            rounds.encrypt_blocks(blocks);
            Ok(())
        })
    }

    /// Decrypts each block for itself, in place.
    ///
    /// # Errors
    /// `PartialBlock` unless `data` are whole blocks.
    pub fn decrypt_ecb(&self, data: &mut [u8]) -> Result<(), PartialBlock> {
        with_blocks!(self, data, |rounds, blocks| {
            rounds.decrypt_blocks(blocks);
            Ok(())
        })
    }

    /// Encrypts with cipher block chaining, in place; `initial` is extended with 00 to a block.
    ///
    /// # Errors
    /// `PartialBlock` unless `data` are whole blocks.
    pub fn encrypt_cbc(&self, initial: &[u8], data: &mut [u8]) -> Result<(), PartialBlock> {
        with_blocks!(self, data, |rounds, blocks| {
            encrypt_chain(rounds, initial, blocks);
            Ok(())
        })
    }

    /// Decrypts with cipher block chaining, in place; `initial` is extended with 00 to a block.
    ///
    /// # Errors
    /// `PartialBlock` unless `data` are whole blocks.
    pub fn decrypt_cbc(&self, initial: &[u8], data: &mut [u8]) -> Result<(), PartialBlock> {
        with_blocks!(self, data, |rounds, blocks| {
            decrypt_chain(rounds, initial, blocks);
            Ok(())
        })
    }

    /// Encrypts the first block of a state that is as long as the longest block.
    pub(super) fn encrypt_state(&self, state: &mut [u8; BLOCK_BYTES_MAX]) {
        let (eight, _) = state.split_at_mut(8);
        match &self.0 {
            Rounds::Des(_) | Rounds::TwoKey(_) | Rounds::ThreeKey(_) => self.whole(eight),
            _ => self.whole(state),
        }
    }

    fn whole(&self, block: &mut [u8]) {
        let done = self.encrypt_ecb(block);
        debug_assert!(done.is_ok());
    }
}

/// DES with one part of a longer key, on the first block of such a state.
pub(super) struct Part(Des);

impl Part {
    pub(super) fn new(part: &[u8; 8]) -> Self {
        Self(Des::new(part.into()))
    }

    pub(super) fn encrypt_state(&self, state: &mut [u8; BLOCK_BYTES_MAX]) {
        if let Some(block) = state.first_chunk_mut::<8>() {
            self.0.encrypt_block(block.into());
        }
    }

    pub(super) fn decrypt_state(&self, state: &mut [u8; BLOCK_BYTES_MAX]) {
        if let Some(block) = state.first_chunk_mut::<8>() {
            self.0.decrypt_block(block.into());
        }
    }
}

/// Round keys of a key whose length [`Key`] has checked.
fn rounds<C: KeyInit>(bytes: &[u8]) -> C {
    let mut key = cipher::Key::<C>::default();
    for (to, from) in key.iter_mut().zip(bytes) {
        *to = *from;
    }
    let rounds = C::new(&key);
    tessera_framework::pin::forget(&mut key);
    rounds
}

fn eights(data: &mut [u8]) -> Result<&mut [Array<u8, U8>], PartialBlock> {
    match data.as_chunks_mut::<8>() {
        (blocks, []) => Ok(Array::cast_slice_from_core_mut(blocks)),
        _ => Err(PartialBlock),
    }
}

fn sixteens(data: &mut [u8]) -> Result<&mut [Array<u8, U16>], PartialBlock> {
    match data.as_chunks_mut::<16>() {
        (blocks, []) => Ok(Array::cast_slice_from_core_mut(blocks)),
        _ => Err(PartialBlock),
    }
}

type Block<C> = Array<u8, <C as BlockSizeUser>::BlockSize>;

fn extended<C: BlockSizeUser>(initial: &[u8]) -> Block<C> {
    let mut block = Block::<C>::default();
    xor::<C>(&mut block, initial);
    block
}

fn xor<C: BlockSizeUser>(block: &mut Block<C>, with: &[u8]) {
    for (to, from) in block.iter_mut().zip(with) {
        *to ^= *from;
    }
}

fn encrypt_chain<C: BlockCipherEncrypt>(rounds: &C, initial: &[u8], blocks: &mut [Block<C>]) {
    let mut chain = extended::<C>(initial);
    for block in blocks {
        xor::<C>(block, &chain);
        rounds.encrypt_block(block);
        chain.copy_from_slice(block);
    }
}

fn decrypt_chain<C: BlockCipherDecrypt>(rounds: &C, initial: &[u8], blocks: &mut [Block<C>]) {
    let mut chain = extended::<C>(initial);
    for block in blocks {
        let next = block.clone();
        rounds.decrypt_block(block);
        xor::<C>(block, &chain);
        chain = next;
    }
}
