//! What a transaction needs of the current DF, found in one walk over it.

use tessera_cos::{Dialect, Header, Session, find::find_block, keys::KeyRecord};
use tessera_framework::{Env, Halt, Sfi, StatusWord};

use crate::{
    log,
    purse::{Purse, refused_with},
    transaction::{PurseId, key_type},
};

/// Identifier of the TAC key.
pub(crate) const TAC_KEY_ID: u8 = 0;

/// Short identifiers there are, from 1.
const SFIS: usize = 30;

/// What is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// One purse; `None`: both, and no end before the last block.
    pub(crate) purse: Option<PurseId>,
    /// Type and identifier of the transaction's key.
    pub(crate) key: Option<(u8, u8)>,
    /// The TAC key.
    pub(crate) tac: bool,
}

/// Where what was found has its header; 0 for what is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    /// ED and EP.
    purses: [PursePlace; 2],
    key: u32,
    tac: u32,
    /// The first file with each short identifier: which one is the log is known once its purse is.
    by_sfi: [u32; SFIS],
}

#[derive(Clone, Copy, Debug, Default)]
struct PursePlace {
    at: u32,
    /// Short identifier of its log, if it is one.
    log: u8,
}

impl Places {
    /// Walks over the DF, as far as needed.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn find(env: &Env<'_>, df: u32, wanted: &Wanted) -> Result<Self, Halt> {
        let mut places = Self::default();
        find_block(env, df, |block| {
            places.note(block, wanted);
            places.has(wanted)
        })?;
        Ok(places)
    }

    fn note(&mut self, block: &Header, wanted: &Wanted) {
        if let Some(key) = KeyRecord::of(block) {
            if self.key == 0 && wanted.key.is_some_and(|(of, id)| is_key(&key, of, id)) {
                self.key = block.at;
            } else if self.tac == 0 && wanted.tac && is_key(&key, key_type::TAC, TAC_KEY_ID) {
                self.tac = block.at;
            }
        } else if block.kind.is_file() {
            if let Some(place) = block.sfi().and_then(|sfi| self.of_sfi(sfi))
                && *place == 0
            {
                *place = block.at;
            }
            for (id, place) in [PurseId::Ed, PurseId::Ep].into_iter().zip(&mut self.purses) {
                if place.at == 0 && Purse::is(block, id) {
                    *place = PursePlace { at: block.at, log: block.own() };
                }
            }
        }
    }

    const fn has_keys(&self, wanted: &Wanted) -> bool {
        (self.key != 0 || wanted.key.is_none()) && (self.tac != 0 || !wanted.tac)
    }

    fn has(&mut self, wanted: &Wanted) -> bool {
        let Some(purse) = wanted.purse.map(|id| self.place(id)) else { return false };
        if purse.at == 0 || !self.has_keys(wanted) {
            return false;
        }
        let log = Sfi::new(purse.log).and_then(|sfi| self.of_sfi(sfi));
        log.is_none_or(|at| *at != 0)
    }

    fn of_sfi(&mut self, sfi: Sfi) -> Option<&mut u32> {
        self.by_sfi.get_mut(usize::from(sfi.number()).saturating_sub(1))
    }

    const fn place(&self, id: PurseId) -> PursePlace {
        let [ed, ep] = self.purses;
        match id {
            PurseId::Ed => ed,
            PurseId::Ep => ep,
        }
    }

    /// A purse's file, if there is one.
    ///
    /// # Errors
    /// 6F00 when the segment is damaged.
    pub(crate) fn purse(&self, env: &Env<'_>, id: PurseId) -> Result<Option<Header>, Halt> {
        match self.place(id).at {
            0 => Ok(None),
            at => Header::load(env, at).map(Some),
        }
    }

    /// The log that a purse file names by its short identifier; `None` when it names none.
    ///
    /// # Errors
    /// 6A82 when there is no such file, else as [`log::check`].
    pub(crate) fn log(&mut self, env: &Env<'_>, purse: &Header) -> Result<Option<Header>, Halt> {
        let Some(sfi) = Sfi::new(purse.own()) else { return Ok(None) };
        match self.of_sfi(sfi) {
            Some(&mut at @ 1..) => log::check(Header::load(env, at)?).map(Some),
            _ => Halt::status(StatusWord::NOT_FOUND),
        }
    }

    /// The transaction's key and the TAC key, as far as each was looked for.
    ///
    /// # Errors
    /// 9403 when one is missing; then 6985 when the use right of one is not met or its length is
    /// none of DES.
    pub(crate) fn keys(
        &self,
        env: &Env<'_>,
        dialect: &Dialect,
        session: &Session,
        wanted: &Wanted,
    ) -> Result<(Option<KeyRecord>, Option<KeyRecord>), Halt> {
        if !self.has_keys(wanted) {
            return Halt::status(StatusWord::KEY_NOT_FOUND);
        }
        let key = |at| match at {
            0 => Ok(None),
            at => Header::load(env, at).map(|header| KeyRecord::of(&header)),
        };
        let (of_transaction, tac) = (key(self.key)?, key(self.tac)?);
        for key in [&of_transaction, &tac].into_iter().flatten() {
            let usable = key.usable().check(env, dialect, session);
            refused_with(usable, StatusWord::CONDITIONS_NOT_SATISFIED)?;
            if !matches!(key.key_bytes(), 8 | 16) {
                return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
            }
        }
        Ok((of_transaction, tac))
    }
}

/// Whether a key has this type, whatever b8-b7 say of how it is written, and this identifier.
pub(crate) const fn is_key(key: &KeyRecord, key_type: u8, id: u8) -> bool {
    key.usage() & 0x3F == key_type & 0x3F && key.id() == id
}
