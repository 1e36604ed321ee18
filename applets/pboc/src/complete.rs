//! What the second commands have in common: what is pending is found again, the MAC is held against
//! what the other side says, and balance, number, log record and proof become solid together or not
//! at all.
//!
//! An answer is written before anything is stored, so that what is solid has been computed: a
//! terminal that did not get it fetches it with GET TRANSACTION PROVE.

use tessera_cos::{
    Header, Session,
    cipher::{Checksum, Key, Mac},
    keys::KeyRecord,
};
use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{
    Asked,
    command::Mac4,
    cryptogram::{card_key, tac},
    log,
    pending::Pending,
    places::{TAC_KEY_ID, is_key},
    purse::{Purse, State, next_number},
    rules::check_lock,
    transaction::{Kind, key_type},
};

/// A pending transaction whose second command has come.
pub(crate) struct Resumed<'a> {
    pub(crate) session: &'a Session,
    pub(crate) pending: Pending,
}

impl<'a> Resumed<'a> {
    /// What is pending, if this is its second command.
    ///
    /// # Errors
    /// 6901 when nothing is, or something else, or another DF is current after all.
    pub(crate) fn of(
        asked: &'a Asked<'_, '_>,
        pending: Option<Pending>,
        kind: Kind,
    ) -> Result<Self, Halt> {
        let invalid = Halt::Status(StatusWord::INVALID_STATE);
        let of_kind = |pending: &Pending| pending.opening.transaction.kind() == kind;
        let pending = pending.filter(of_kind).ok_or(invalid)?;
        let session = &asked.turn.session;
        if session.df == pending.found.df { Ok(Self { session, pending }) } else { Err(invalid) }
    }

    /// The transaction's key on the card.
    ///
    /// # Errors
    /// 9403 when it is another one by now; 6985 when its length is none of DES.
    pub(crate) fn key(&self, env: &Env<'_>) -> Result<Key, Halt> {
        let opening = &self.pending.opening;
        let key_type = opening.transaction.kind().key_type();
        card_key(env, &key_at(env, self.pending.found.key, key_type, opening.key_id)?)
    }

    /// What MACs are made with in a transaction with the issuer.
    ///
    /// # Errors
    /// 6901 in a transaction with a terminal.
    pub(crate) fn session_mac(&self) -> Result<Mac, Halt> {
        let key = self.pending.session_key.as_ref();
        key.map(Mac::cbc).ok_or(Halt::Status(StatusWord::INVALID_STATE))
    }

    /// What TACs are made with.
    ///
    /// # Errors
    /// As [`key`](Self::key).
    pub(crate) fn tac(&self, env: &Env<'_>) -> Result<Mac, Halt> {
        tac(env, &key_at(env, self.pending.found.tac, key_type::TAC, TAC_KEY_ID)?)
    }

    /// The purse, if it is as it was when the transaction began. A command in between on this
    /// logical channel would have dropped the transaction, one on another channel knows nothing of
    /// it: every transaction counts one of the purse's numbers or ends a lock.
    ///
    /// # Errors
    /// 6901 when it is another one after all; 6985 out of use; 6982; 6985 the grey lock, of which
    /// there is one in a DF; 6901 when one of its numbers is another.
    pub(crate) fn purse(&self, env: &Env<'_>, asked: &Asked<'_, '_>) -> Result<Purse, Halt> {
        let transaction = self.pending.opening.transaction;
        let file = Header::load(env, self.pending.found.purse)?;
        if !Purse::is(&file, transaction.purse()) || file.parent() != self.session.df {
            return Halt::status(StatusWord::INVALID_STATE);
        }
        let refusal = StatusWord::SECURITY_STATUS_NOT_SATISFIED;
        let purse = Purse::open(env, asked.dialect(), self.session, file, refusal)?;
        check_lock(env, self.session.df, &file, transaction.kind())?;
        let numbers = [self.pending.number, self.pending.other_number];
        if purse.state.numbers(asked.rules, transaction.numbering()) != numbers {
            return Halt::status(StatusWord::INVALID_STATE);
        }
        Ok(purse)
    }

    /// The number after the transaction.
    ///
    /// # Errors
    /// 9402.
    pub(crate) fn next_number(&self) -> Result<u16, Halt> {
        next_number(self.pending.number)
    }

    /// The log, if the purse has one.
    ///
    /// # Errors
    /// 6901 when it is no file of the DF after all; 6981, 6985.
    pub(crate) fn log(&self, env: &Env<'_>) -> Result<Option<Header>, Halt> {
        match self.pending.found.log {
            0 => Ok(None),
            at => {
                let log = Header::load(env, at)?;
                if log.parent() != self.session.df {
                    return Halt::status(StatusWord::INVALID_STATE);
                }
                log::check(log).map(Some)
            }
        }
    }

    /// Makes the transaction solid, and `more` with it.
    ///
    /// # Errors
    /// 9402; 6981, 6985 the log; 6A84 beyond the commit capacity; 6581; what `more` answers;
    /// `Torn`: everything is as before or as after.
    pub(crate) fn complete(
        &self,
        env: &mut Env<'_>,
        asked: &Asked<'_, '_>,
        purse: &Purse,
        completed: &Completed<'_>,
        more: impl FnOnce(&mut Env<'_>) -> Outcome,
    ) -> Outcome {
        let Completed { balance, overdraft, amount, when, mac, tac } = *completed;
        let transaction = self.pending.opening.transaction;
        let number = self.next_number()?;
        let mut state = purse.state.after(asked.rules, transaction, balance, (number, mac, tac));
        state.overdraft = overdraft;
        let terminal = &self.pending.opening.terminal;
        let record = log::entry((transaction, number), overdraft, amount, terminal, when);
        let log = self.log(env)?;
        store(env, &purse.file, &state, (log.as_ref(), &record), more)
    }
}

/// What a completed transaction leaves behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Completed<'c> {
    pub(crate) balance: u32,
    pub(crate) overdraft: [u8; 3],
    /// What the log says it was about.
    pub(crate) amount: u32,
    pub(crate) when: &'c [u8; 7],
    /// The card's MAC after the transaction, zero where there is none.
    pub(crate) mac: Mac4,
    /// Its TAC, zero where there is none.
    pub(crate) tac: Mac4,
}

/// Purse, log record and `more`, all or nothing.
///
/// # Errors
/// 6A84 beyond the commit capacity; 6581; what `more` answers; `Torn`.
pub(crate) fn store(
    env: &mut Env<'_>,
    purse: &Header,
    state: &State,
    (log, record): (Option<&Header>, &[u8; log::RECORD_BYTES as usize]),
    more: impl FnOnce(&mut Env<'_>) -> Outcome,
) -> Outcome {
    env.atomically(|env| {
        env.store(purse.body(), &state.encode())?;
        log::add(env, log, record)?;
        more(env)
    })
}

/// Holds a MAC of the other side against what it ought to be.
///
/// # Errors
/// 9302.
pub(crate) fn check_mac(right: &Checksum, received: Mac4) -> Outcome {
    if right.is(&received) { Ok(()) } else { Halt::status(StatusWord::MAC_WRONG) }
}

fn key_at(env: &Env<'_>, at: u32, key_type: u8, id: u8) -> Result<KeyRecord, Halt> {
    let key = KeyRecord::of(&Header::load(env, at)?);
    key.filter(|key| is_key(key, key_type, id)).ok_or(Halt::Status(StatusWord::KEY_NOT_FOUND))
}
