//! One command under way: what it says, what is current, what it may answer to.

use tessera_cos::{
    Access, Header, Session,
    cipher::Key,
    find::find_child,
    keys::{self, KeyRecord},
    layout::Kind,
    messaging::{self, Line, Message, Protection, Refusal, line::CHECKSUM_BYTES},
    session::Challenge,
};
use tessera_framework::{Command, Env, Halt, Outcome, StatusWord};

use crate::DIALECT;

/// Types of keys, without the two high bits that protect their updates.
pub mod usage {
    /// Enciphers for INTERNAL AUTHENTICATE.
    pub const ENCIPHER: u8 = 0x30;
    /// Deciphers for INTERNAL AUTHENTICATE.
    pub const DECIPHER: u8 = 0x31;
    /// Makes a MAC for INTERNAL AUTHENTICATE.
    pub const MAC: u8 = 0x32;
    /// Makes transaction codes (TAC).
    pub const TAC: u8 = 0x34;
    /// Protects the lines to files, and blocks and unblocks applications.
    pub const LINE: u8 = 0x36;
    /// Unblocks a PIN.
    pub const PIN_UNBLOCK: u8 = 0x37;
    /// Sets a PIN anew.
    pub const PIN_RELOAD: u8 = 0x38;
    /// Proves who is outside; with identifier 0 the master key of its DF.
    pub const EXTERNAL: u8 = 0x39;
    /// A PIN.
    pub const PIN: u8 = 0x3A;
    /// Changes the overdraft limit.
    pub const OVERDRAFT: u8 = 0x3C;
    /// Unloads a deposit.
    pub const UNLOAD: u8 = 0x3D;
    /// Authorises purchases.
    pub const PURCHASE: u8 = 0x3E;
    /// Authorises loads.
    pub const LOAD: u8 = 0x3F;
}

/// A command under way. The session is stored when it succeeds; the challenge is gone already.
pub(crate) struct Turn<'c> {
    pub(crate) command: &'c Command<'c>,
    pub(crate) session: Session,
    pub(crate) challenge: Challenge,
}

impl Turn<'_> {
    /// Holds the security registers, or their freedom, against a right byte.
    ///
    /// # Errors
    /// 6982.
    pub(crate) fn check(&self, env: &Env<'_>, access: Access) -> Outcome {
        access.check(env, &DIALECT, &self.session)
    }

    /// P1-P2 must be these.
    ///
    /// # Errors
    /// 6A86.
    pub(crate) fn expect_p1p2(&self, p1p2: u16) -> Outcome {
        if self.command.p1p2() == p1p2 { Ok(()) } else { Halt::status(StatusWord::WRONG_P1P2) }
    }

    /// The data field must have one of these lengths.
    ///
    /// # Errors
    /// 6700.
    pub(crate) fn expect_lc(&self, lengths: core::ops::RangeInclusive<usize>) -> Outcome {
        if lengths.contains(&self.command.data.len()) {
            Ok(())
        } else {
            Halt::status(StatusWord::WRONG_LENGTH)
        }
    }

    /// The header of the current DF.
    pub(crate) fn df(&self, env: &Env<'_>) -> Result<Header, Halt> {
        Header::load(env, self.session.df)
    }

    /// The key file of the current DF.
    ///
    /// # Errors
    /// 6A82 when there is none.
    pub(crate) fn key_file(&self, env: &Env<'_>) -> Result<Header, Halt> {
        let found = find_child(env, self.session.df, |file| file.kind == Kind::KeyFile)?;
        found.ok_or(Halt::Status(StatusWord::NOT_FOUND))
    }

    /// A key of the current DF.
    ///
    /// # Errors
    /// 6A82 without a key file; `missing` without such a key.
    pub(crate) fn key(
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
    pub(crate) fn only_key(
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
    /// 6985 without one (inferred; the lists of status words have 6984 too).
    pub(crate) fn challenge(&self) -> Result<&[u8], Halt> {
        match self.challenge.bytes() {
            [] => Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED),
            challenge => Ok(challenge),
        }
    }

    /// What a key makes of the command's protected data field, with a try of it taken first.
    ///
    /// # Errors
    /// 6985 without a challenge; 6700 when there is no MAC; 6983; `wrong` when the MAC or what it
    /// protects is not right; `Torn`.
    pub(crate) fn open(
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
