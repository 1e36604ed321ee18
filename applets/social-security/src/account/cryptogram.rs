//! Keys of a transaction, its MACs and its TAC.

use tessera_cos::{
    Header,
    cipher::{Algorithm, Checksum, Key, Mac, session_key},
    social::{
        CardKey, keys,
        usage::{LOAD, PURCHASE, TAC},
    },
};
use tessera_framework::{Env, Halt, StatusWord};

use super::command::Four;

/// Type of a settlement and of a credit, in MACs and in the log.
pub(super) const SETTLEMENT: u8 = 0x32;
pub(super) const CREDIT: u8 = 0x31;

/// Identifier of the TAC key.
const TAC_KEY: u8 = 0x00;

/// What the session input of a credit ends with.
pub(super) const CREDIT_END: [u8; 2] = [0x80, 0x00];

/// The keys of a transaction.
pub(super) struct Keys {
    /// DPK or DLK.
    transaction: CardKey,
    tac: CardKey,
}

impl Keys {
    /// Of a settlement.
    ///
    /// # Errors
    /// 9403.
    pub(super) fn purchase(env: &Env<'_>, df: &Header, index: u8) -> Result<Self, Halt> {
        Self::find(env, df, PURCHASE, index)
    }

    /// Of a credit.
    ///
    /// # Errors
    /// 9403.
    pub(super) fn load(env: &Env<'_>, df: &Header, index: u8) -> Result<Self, Halt> {
        Self::find(env, df, LOAD, index)
    }

    fn find(env: &Env<'_>, df: &Header, usage: u8, index: u8) -> Result<Self, Halt> {
        let missing = Halt::Status(StatusWord::KEY_NOT_FOUND);
        if !(1..=3).contains(&index) {
            return Err(missing);
        }
        let transaction = keys::find(env, df.at, usage, index, None)?.ok_or(missing)?;
        let tac = keys::find(env, df.at, TAC, TAC_KEY, None)?.ok_or(missing)?;
        Ok(Self { transaction, tac })
    }

    /// What the card says of its cipher.
    pub(super) const fn algorithm(&self) -> u8 {
        match self.transaction.algorithm {
            Algorithm::Des | Algorithm::TripleDes => 0x01,
            _ => 0x03,
        }
    }

    /// What MACs of the transaction are made with.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(super) fn session(
        &self,
        env: &Env<'_>,
        random: Four,
        counter: u16,
        end: [u8; 2],
    ) -> Result<Mac, Halt> {
        let key = self.transaction.load(env)?;
        let mut input = [0; 16];
        let (made_of, _) = input.split_at_mut(8);
        made_of[..4].copy_from_slice(&random);
        made_of[4..6].copy_from_slice(&counter.to_be_bytes());
        made_of[6..].copy_from_slice(&end);
        let block = input.get(..key.block_bytes());
        let session = block.and_then(|block| session_key(&key, block));
        session.map(|key| Mac::cbc(&key)).ok_or(Halt::Status(StatusWord::NO_DIAGNOSIS))
    }

    /// The transaction certificate over these pieces.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(super) fn tac(&self, env: &Env<'_>, pieces: &[&[u8]]) -> Result<Checksum, Halt> {
        let key: Key = self.tac.load(env)?;
        let key = match key.algorithm() {
            Algorithm::Des | Algorithm::TripleDes => key.xor_halves(),
            _ => key,
        };
        Ok(Mac::cbc(&key).of(&[], pieces))
    }
}
