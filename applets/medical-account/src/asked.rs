//! A command of the ledger under way: what it says, what the account has come to, what was shown.

use tessera_cos::{Session, cipher::Mac, session::Challenge};
use tessera_framework::{Command, Env, Halt, Outcome, StatusWord};

use crate::{
    command::Four,
    cryptogram,
    files::{self, AccountKey, READ_KEY, Suite},
    key_usage,
    state::State,
    words::require,
};

/// A command under way.
pub(crate) struct Asked<'c> {
    pub(crate) command: &'c Command<'c>,
    /// What the command before drew, if it was GET CHALLENGE.
    pub(crate) challenge: Challenge,
    pub(crate) state: State,
    pub(crate) suite: Suite,
}

impl Asked<'_> {
    /// # Errors
    /// 6982 unless the PIN has been shown.
    pub(crate) fn require_pin(&self, env: &Env<'_>) -> Outcome {
        let session = Session::load(env)?;
        require(session.pin_shown(), StatusWord::SECURITY_STATUS_NOT_SATISFIED)
    }

    /// # Errors
    /// 6982 unless the PIN or the read key has been shown.
    pub(crate) fn require_pin_or_read_key(&self, env: &Env<'_>) -> Outcome {
        let session = Session::load(env)?;
        let shown = session.pin_shown() || session.key_shown(READ_KEY);
        require(shown, StatusWord::SECURITY_STATUS_NOT_SATISFIED)
    }

    /// A key of the application, by usage and identifier.
    ///
    /// # Errors
    /// `missing` when there is none.
    pub(crate) fn key(
        &self,
        env: &Env<'_>,
        key: (u8, u8),
        missing: StatusWord,
    ) -> Result<AccountKey, Halt> {
        files::key(env, self.suite, key, missing)
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
        let key = self.key(env, key, StatusWord::KEY_NOT_FOUND)?.key;
        cryptogram::transaction_session(&key, random, counter, end)
    }

    /// What TACs are made with.
    ///
    /// # Errors
    /// 9403 when the key is not there.
    pub(crate) fn tac(&self, env: &Env<'_>) -> Result<Mac, Halt> {
        let key = (key_usage::TAC, key_usage::TAC_ID);
        self.key(env, key, StatusWord::KEY_NOT_FOUND).map(|of| cryptogram::tac(&of.key))
    }
}
