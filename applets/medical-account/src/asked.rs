//! A command of the ledger under way: what it says, what the account has come to, what was shown.

use tessera_cos::{
    Access,
    cipher::Mac,
    layout::ROOT_AT,
    social::{CardKey, Turn, keys, usage},
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    command::Four,
    cryptogram,
    files::{READ, Suite, TAC_KEY},
    state::State,
};

/// A command under way.
pub(crate) struct Asked<'c> {
    pub(crate) turn: Turn<'c>,
    pub(crate) state: State,
    pub(crate) suite: Suite,
}

impl Asked<'_> {
    /// # Errors
    /// 6982 unless the PIN has been shown.
    pub(crate) fn require_pin(&self, env: &Env<'_>) -> Outcome {
        self.turn.check(env, Access::Pin)
    }

    /// # Errors
    /// 6982 unless the PIN or the read key has been shown.
    pub(crate) fn require_pin_or_read_key(&self, env: &Env<'_>) -> Outcome {
        self.turn.check(env, READ)
    }

    /// A key of the application, by usage and identifier.
    ///
    /// # Errors
    /// `missing` when there is none.
    pub(crate) fn key(
        &self,
        env: &Env<'_>,
        (usage, id): (u8, u8),
        missing: StatusWord,
    ) -> Result<CardKey, Halt> {
        keys::find(env, ROOT_AT, usage, id, None)?.ok_or(Halt::Status(missing))
    }

    /// The session of a transaction that is being completed: key, random number, the card's
    /// counter and the end of its input.
    ///
    /// # Errors
    /// 9403 when the key is not there.
    pub(crate) fn session(
        &self,
        env: &Env<'_>,
        key: (u8, u8),
        random: Four,
        (counter, end): (u16, [u8; 2]),
    ) -> Result<Mac, Halt> {
        let key = self.key(env, key, StatusWord::KEY_NOT_FOUND)?.load(env)?;
        cryptogram::transaction_session(&key, random, counter, end)
    }

    /// What TACs are made with.
    ///
    /// # Errors
    /// 9403 when the key is not there.
    pub(crate) fn tac(&self, env: &Env<'_>) -> Result<Mac, Halt> {
        let key = self.key(env, (usage::TAC, TAC_KEY), StatusWord::KEY_NOT_FOUND)?;
        key.load(env).map(|key| cryptogram::tac(&key))
    }
}
