//! One command under way: what it says, what is current, what it may answer to.

use tessera_framework::{Command, Env, Halt, Outcome, StatusWord};

use crate::{
    Access, Session,
    layout::ROOT_AT,
    messaging::{
        self, Message, Protection, Refusal, line::CHECKSUM_BYTES, social_security::Session as Keyed,
    },
    session::Challenge,
};

use super::{
    Family, failures,
    keys::{self, CardKey},
    lock, usage,
};

/// A command under way. The challenge is taken from the session already; what a command changes of
/// the session it stores itself.
pub struct Turn<'c> {
    /// What the application fixes.
    pub family: &'static Family,
    /// What was sent.
    pub command: &'c Command<'c>,
    /// What is current and what has been shown.
    pub session: Session,
    /// The challenge the command before drew, if it was GET CHALLENGE.
    pub challenge: Challenge,
}

impl<'c> Turn<'c> {
    /// Begins a command: takes the challenge, which is good for this one alone.
    ///
    /// # Errors
    /// 6A81 on a blocked card.
    pub fn begin(
        env: &mut Env<'_>,
        family: &'static Family,
        command: &'c Command<'c>,
    ) -> Result<Self, Halt> {
        let mut session = Session::load(env)?;
        let challenge = core::mem::take(&mut session.challenge);
        if !challenge.bytes().is_empty() {
            session.store(env)?;
        }
        lock::refuse_blocked_card(env, family)?;
        Ok(Self { family, command, session, challenge })
    }

    /// Holds what was shown against a condition.
    ///
    /// # Errors
    /// 6982.
    pub fn check(&self, env: &Env<'_>, access: Access) -> Outcome {
        access.check(env, &self.family.dialect, &self.session)
    }

    /// The current application is locked.
    ///
    /// # Errors
    /// 6A81; 9303 for ever.
    pub fn refuse_locked(&self, env: &Env<'_>) -> Outcome {
        lock::refuse(env, self.session.df)
    }

    /// P1-P2 must be these.
    ///
    /// # Errors
    /// 6A86.
    pub fn expect_p1p2(&self, p1p2: u16) -> Outcome {
        if self.command.p1p2() == p1p2 { Ok(()) } else { Halt::status(StatusWord::WRONG_P1P2) }
    }

    /// The data field must have one of these lengths.
    ///
    /// # Errors
    /// 6700.
    pub fn expect_lc(&self, lengths: core::ops::RangeInclusive<usize>) -> Outcome {
        if lengths.contains(&self.command.data.len()) {
            Ok(())
        } else {
            Halt::status(StatusWord::WRONG_LENGTH)
        }
    }

    /// A key of the current DF; without a version its first.
    ///
    /// # Errors
    /// 6A88.
    pub fn key(
        &self,
        env: &Env<'_>,
        usage: u8,
        id: u8,
        version: Option<u8>,
    ) -> Result<CardKey, Halt> {
        let found = keys::find(env, self.session.df, usage, id, version)?;
        found.ok_or(Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND))
    }

    /// The key an identifier names where EXTERNAL and INTERNAL AUTHENTICATE have it: with b8 set
    /// one of the current DF, else of the root.
    ///
    /// # Errors
    /// 6A88.
    pub(super) fn key_by_place(
        &self,
        env: &Env<'_>,
        usage: u8,
        id: u8,
        version: Option<u8>,
    ) -> Result<CardKey, Halt> {
        let df = if id & 0x80 == 0 { ROOT_AT } else { self.session.df };
        let found = keys::find(env, df, usage, id, version)?;
        found.ok_or(Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND))
    }

    /// The maintenance key of a DF, its header at `df`.
    ///
    /// # Errors
    /// 6A88.
    pub(super) fn maintenance_key(&self, env: &Env<'_>, df: u32) -> Result<CardKey, Halt> {
        let found = keys::find_by(env, df, |usage, _| usage == usage::MAINTENANCE)?;
        found.ok_or(Halt::Status(StatusWord::REFERENCED_DATA_NOT_FOUND))
    }

    /// The challenge for a cipher of so many bytes a block.
    ///
    /// # Errors
    /// 6984 without one of that length.
    pub fn challenge(&self, block_bytes: usize) -> Result<&[u8], Halt> {
        let challenge = self.challenge.last(block_bytes);
        challenge.ok_or(Halt::Status(StatusWord::REFERENCE_DATA_NOT_USABLE))
    }

    /// What is inside the command's data field, of which the last four bytes are a MAC with the
    /// session key that `key` and the challenge make. The MAC is counted as wrong, solid, before it
    /// is compared. Not to be called in a transaction.
    ///
    /// # Errors
    /// 6700 when there is no MAC; 6984 without a challenge; `wrong` (6988, or 9302) when the MAC is
    /// not right; 6A80 when what it protects is no cryptogram of the form; 9303 when too many
    /// were wrong before; `Torn`.
    pub fn open(
        &self,
        env: &mut Env<'_>,
        key: &CardKey,
        protection: Protection,
        wrong: StatusWord,
    ) -> Result<Message, Halt> {
        if self.command.data.len() < CHECKSUM_BYTES {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let challenge = self.challenge(key.algorithm.block_bytes())?;
        let counted = failures::count(env, key.df)?;
        let opened = match Keyed::new(&key.load(env)?, challenge) {
            Some(session) => session.line().open(
                protection,
                &[],
                messaging::header_bytes(self.command),
                self.command.data,
            ),
            None => Err(Refusal::Checksum),
        };
        match opened {
            Ok(message) => counted.right(env).map(|()| message),
            // Who made the MAC has shown the key, also when the rest is not well made.
            Err(refusal @ (Refusal::Content | Refusal::TooLong)) => {
                counted.right(env)?;
                Halt::status(refusal.status(StatusWord::WRONG_DATA))
            }
            Err(refusal) => Halt::status(refusal.status(wrong)),
        }
    }
}
