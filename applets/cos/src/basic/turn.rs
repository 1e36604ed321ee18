//! One command under way: what it says, what is current, what it may answer to.

use crate::{
    Access, Header, Session,
    cipher::Key,
    find::find_child,
    keys::{self, KeyRecord},
    layout::Kind,
    messaging::{self, Line, Message, Protection, Refusal, line::CHECKSUM_BYTES},
    session::Challenge,
};
use tessera_framework::{Command, Env, Halt, Outcome, StatusWord};

use super::Build;

/// A command under way. The session is stored when it succeeds; the challenge is gone already.
pub struct Turn<'c> {
    /// What the card fixes.
    pub build: &'static Build,
    /// What was sent.
    pub command: &'c Command<'c>,
    /// What is current and what has been shown.
    pub session: Session,
    /// The challenge the command before drew, if it was GET CHALLENGE.
    pub challenge: Challenge,
}

impl Turn<'_> {
    /// Holds the security registers, or their freedom, against a right byte.
    ///
    /// # Errors
    /// 6982.
    pub fn check(&self, env: &Env<'_>, access: Access) -> Outcome {
        access.check(env, &self.build.dialect, &self.session)
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

    /// The header of the current DF.
    pub fn df(&self, env: &Env<'_>) -> Result<Header, Halt> {
        Header::load(env, self.session.df)
    }

    /// The key file of the current DF.
    ///
    /// # Errors
    /// 6A82 when there is none.
    pub fn key_file(&self, env: &Env<'_>) -> Result<Header, Halt> {
        let found = find_child(env, self.session.df, |file| file.kind == Kind::KeyFile)?;
        found.ok_or(Halt::Status(StatusWord::NOT_FOUND))
    }

    /// A key of the current DF.
    ///
    /// # Errors
    /// 6A82 without a key file; `missing` without such a key.
    pub fn key(
        &self,
        env: &Env<'_>,
        usage: u8,
        id: u8,
        missing: StatusWord,
    ) -> Result<KeyRecord, Halt> {
        self.key_file(env)?;
        keys::find(env, self.session.df, usage, id)?.ok_or(Halt::Status(missing))
    }

    /// The key of a type that is meant to be there once: identifier 0, else the first.
    ///
    /// # Errors
    /// As [`key`](Self::key).
    pub fn only_key(
        &self,
        env: &Env<'_>,
        usage: u8,
        missing: StatusWord,
    ) -> Result<KeyRecord, Halt> {
        self.key_file(env)?;
        let df = self.session.df;
        let found = match keys::find(env, df, usage, 0)? {
            None => keys::find_by(env, df, |key| key.usage() == usage)?,
            found => found,
        };
        found.ok_or(Halt::Status(missing))
    }

    /// The challenge; one of four bytes is extended with zeros where a block is needed.
    ///
    /// # Errors
    /// What the [`Build`] says, without one: 6985 is inferred, lists of status words have 6984 too.
    pub fn challenge(&self) -> Result<&[u8], Halt> {
        match self.challenge.bytes() {
            [] => Halt::status(self.build.no_challenge),
            challenge => Ok(challenge),
        }
    }

    /// What a key makes of the command's protected data field, with a try of it taken first.
    ///
    /// # Errors
    /// As [`challenge`](Self::challenge); 6700 when there is no MAC; 6983; `wrong` when the MAC or
    /// what it protects is not right; `Torn`.
    pub fn open(
        &self,
        env: &mut Env<'_>,
        key: &KeyRecord,
        protection: Protection,
        wrong: StatusWord,
    ) -> Result<Message, Halt> {
        let challenge = self.challenge()?;
        let header = messaging::header_bytes(self.command);
        if self.command.data.len() < CHECKSUM_BYTES {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        let mut opened = Err(Refusal::Checksum);
        let checked = key.attempt(env, |bytes| {
            let Some(key) = Key::des(bytes.as_slice()) else { return false };
            opened = Line::new(&key).open(protection, challenge, header, self.command.data);
            // Who knows the key has shown that, also when the rest is not well made.
            !matches!(opened, Err(Refusal::Checksum))
        });
        match checked {
            Err(Halt::Status(status)) if status.sw1() == 0x63 => Halt::status(wrong),
            Err(halt) => Err(halt),
            Ok(()) => opened.map_err(|refusal| Halt::Status(refusal.status(wrong))),
        }
    }
}
