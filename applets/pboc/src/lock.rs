//! The grey lock 灰锁 in a purse file: whether the purse is locked, what was then, and the key that
//! unlocks it, through every loss of power.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 22 | 1 | state: 00 free, 01 locked, 10 debited and the TAC not fetched yet (TACUF) |
//! | 23 | 1 | type byte of what brought it there |
//! | 24 | 4 | balance afterwards |
//! | 28 | 2 | offline number afterwards |
//! | 30 | 6 | terminal identifier |
//! | 36 | 7 | date and time |
//! | 43 | 4 | MAC2 of the lock; zero once it is debited |
//! | 47 | 4 | GTAC of the lock, or TAC of the debit |
//! | 51 | | unused up to a multiple of 32 in the segment |
//! | | 32 | the grey session key in its first eight bytes, zero unless locked |
//!
//! Invariants: the key lies in units of its own, so that nothing stored beside it takes it along;
//! it is there only while the purse is locked, and what makes it useless wipes it in the same
//! transaction.

use tessera_cos::{Header, cipher::Key};
use tessera_framework::{Env, Halt, Outcome, pin::forget};

use crate::{
    command::{DateTime, Mac4, Terminal},
    purse::PURSE_BYTES,
};

/// Bytes of the state of a lock, behind those of the purse.
pub(crate) const LOCK_BYTES: usize = 29;

/// Bytes of whole units of every memory part.
const KEY_BYTES: u32 = 32;

/// Bytes of a purse file with room for a lock.
pub const PURSE_WITH_LOCK_BYTES: u32 = PURSE_BYTES + LOCK_BYTES as u32 + 2 * KEY_BYTES - 1;

/// State of a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LockState {
    /// Neither of the others.
    Free,
    /// Locked: nothing but an unlock changes the purse.
    Locked,
    /// Debited, and no terminal has said yet that it has the TAC.
    TacUnfetched,
}

impl LockState {
    /// By its code; what is no code locks, as the careful side.
    pub(crate) const fn decode(code: u8) -> Self {
        match code {
            0x00 => Self::Free,
            0x10 => Self::TacUnfetched,
            _ => Self::Locked,
        }
    }

    /// Its code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Free => 0x00,
            Self::Locked => 0x01,
            Self::TacUnfetched => 0x10,
        }
    }
}

/// What a purse file says of its lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lock {
    pub(crate) state: LockState,
    pub(crate) transaction_type: u8,
    pub(crate) balance: u32,
    pub(crate) number: u16,
    pub(crate) terminal: Terminal,
    pub(crate) when: DateTime,
    pub(crate) mac: Mac4,
    pub(crate) tac: Mac4,
}

impl Lock {
    /// Neither locked nor debited.
    pub(crate) const FREE: Self = Self {
        state: LockState::Free,
        transaction_type: 0,
        balance: 0,
        number: 0,
        terminal: [0; 6],
        when: [0; 7],
        mac: [0; 4],
        tac: [0; 4],
    };

    /// Whether the purse file has room for a lock.
    pub(crate) const fn fits(file: &Header) -> bool {
        file.body_bytes() >= PURSE_WITH_LOCK_BYTES
    }

    /// Reads it; free where there is no room for one.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn load(env: &Env<'_>, file: &Header) -> Result<Self, Halt> {
        if !Self::fits(file) {
            return Ok(Self::FREE);
        }
        let bytes = env.load_array::<LOCK_BYTES>(file.body() + PURSE_BYTES)?;
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        Ok(Self {
            state: LockState::decode(bytes[0]),
            transaction_type: bytes[1],
            balance: u32::from_be_bytes(word(2)),
            number: u16::from_be_bytes([bytes[6], bytes[7]]),
            terminal: core::array::from_fn(|at| bytes[8 + at]),
            when: core::array::from_fn(|at| bytes[14 + at]),
            mac: word(21),
            tac: word(25),
        })
    }

    /// The bytes in memory.
    fn encode(&self) -> [u8; LOCK_BYTES] {
        let mut bytes = [0; LOCK_BYTES];
        bytes[0] = self.state.code();
        bytes[1] = self.transaction_type;
        bytes[2..6].copy_from_slice(&self.balance.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..14].copy_from_slice(&self.terminal);
        bytes[14..21].copy_from_slice(&self.when);
        bytes[21..25].copy_from_slice(&self.mac);
        bytes[25..29].copy_from_slice(&self.tac);
        bytes
    }

    /// Writes it, and the grey session key: `None` wipes it.
    ///
    /// # Errors
    /// 6581; `Torn`.
    pub(crate) fn store(&self, env: &mut Env<'_>, file: &Header, key: Option<&Key>) -> Outcome {
        env.store(file.body() + PURSE_BYTES, &self.encode())?;
        let mut bytes = [0; KEY_BYTES as usize];
        for (to, from) in bytes.iter_mut().zip(key.map_or(&[][..], Key::as_slice)) {
            *to = *from;
        }
        let stored = env.store_secret(key_at(file), &bytes);
        forget(&mut bytes);
        stored
    }

    /// Forgets that a TAC waits to be fetched.
    ///
    /// # Errors
    /// 6581; `Torn`.
    pub(crate) fn clear(env: &mut Env<'_>, file: &Header) -> Outcome {
        env.store(file.body() + PURSE_BYTES, &Self::FREE.encode())
    }
}

/// The grey session key of a locked purse.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub(crate) fn grey_key(env: &Env<'_>, file: &Header) -> Result<Key, Halt> {
    let mut bytes = env.load_array(key_at(file))?;
    let key = Key::single_des(bytes);
    forget(&mut bytes);
    Ok(key)
}

/// Where the key lies: in the last units of the file that share nothing with what is behind it.
pub(crate) const fn key_at(file: &Header) -> u32 {
    (file.end & !(KEY_BYTES - 1)).saturating_sub(KEY_BYTES)
}
