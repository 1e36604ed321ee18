//! The purse file: what its bytes mean, finding it, and whether it may be used.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | balance; of the ED it includes the overdraft that was granted |
//! | 4 | 2 | online transaction number |
//! | 6 | 2 | offline transaction number |
//! | 8 | 3 | overdraft limit, zero until one is granted |
//! | 11 | 1 | proof: type of the last completed transaction, 00 before the first |
//! | 12 | 2 | its number, after the transaction |
//! | 14 | 4 | its MAC, zero where there is none |
//! | 18 | 4 | its TAC |
//!
//! These are as many bytes as a purse takes in the memory of an FMCOS card; the order is our own. A
//! purse that can be locked has more of them, see [`lock`](crate::lock).
//!
//! Invariant: the bytes change in one store, in the transaction that also adds the log record, if
//! the purse has a log and money moves.

use tessera_cos::{Dialect, Header, Session, Structure, layout::Kind};
use tessera_framework::{Env, FileId, Halt, Outcome, StatusWord};

use crate::{
    Rules,
    command::Mac4,
    lock::PURSE_WITH_LOCK_BYTES,
    transaction::{Numbering, PurseId, Transaction},
};

/// Bytes of a purse file.
pub const PURSE_BYTES: u32 = 22;

/// What an applet gives to `tessera_cos::tree::create_ef` to make a purse: all zero, it is empty
/// and new. Of the specification, `read` is the purse's use right and `own` the short identifier of
/// its log, 0 for none.
pub const STRUCTURE: Structure = Structure::Purse { bytes: PURSE_BYTES };

/// The same for a purse that can be [locked](Rules::grey_lock).
pub const STRUCTURE_WITH_LOCK: Structure = Structure::Purse { bytes: PURSE_WITH_LOCK_BYTES };

/// Makes a purse begin otherwise than empty and new: balance (4), online number (2), offline number
/// (2), overdraft limit (3), as they lie in the file. For installation.
///
/// # Errors
/// 6A84 when the file is no purse of this crate's; 6581; `Torn`.
pub fn begin_with(env: &mut Env<'_>, file: &Header, state: &[u8; 11]) -> Outcome {
    if file.body_bytes() < PURSE_BYTES {
        return Halt::status(StatusWord::NOT_ENOUGH_MEMORY);
    }
    env.store(file.body(), state)
}

/// A purse file and what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purse {
    pub(crate) file: Header,
    pub(crate) state: State,
}

/// What a purse file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) balance: u32,
    online: u16,
    offline: u16,
    pub(crate) overdraft: [u8; 3],
    pub(crate) proof: Proof,
}

/// What GET TRANSACTION PROVE tells of the last completed transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Proof {
    pub(crate) transaction_type: u8,
    pub(crate) number: u16,
    pub(crate) mac: Mac4,
    pub(crate) tac: Mac4,
}

impl Purse {
    /// Whether a file is this purse.
    pub(crate) fn is(file: &Header, id: PurseId) -> bool {
        file.kind == Kind::Purse
            && file.fid() == FileId(id.fid())
            && file.body_bytes() >= PURSE_BYTES
    }

    /// A purse file of the current DF, checked for its life cycle and its use right.
    ///
    /// # Errors
    /// 6985 when it or its DF is out of use, `refusal` when the use right is not met.
    pub(crate) fn open(
        env: &Env<'_>,
        dialect: &Dialect,
        session: &Session,
        file: Header,
        refusal: StatusWord,
    ) -> Result<Self, Halt> {
        if file.life_cycle().warning().is_some() || session.is_out_of_use() {
            return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
        }
        refused_with(file.read().check(env, dialect, session), refusal)?;
        Ok(Self { file, state: State::decode(&env.load_array(file.body())?) })
    }
}

impl State {
    fn decode(bytes: &[u8; PURSE_BYTES as usize]) -> Self {
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        Self {
            balance: u32::from_be_bytes(word(0)),
            online: number(4),
            offline: number(6),
            overdraft: [bytes[8], bytes[9], bytes[10]],
            proof: Proof {
                transaction_type: bytes[11],
                number: number(12),
                mac: word(14),
                tac: word(18),
            },
        }
    }

    /// The bytes in memory.
    pub(crate) fn encode(&self) -> [u8; PURSE_BYTES as usize] {
        let mut bytes = [0; PURSE_BYTES as usize];
        bytes[0..4].copy_from_slice(&self.balance.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.online.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.offline.to_be_bytes());
        bytes[8..11].copy_from_slice(&self.overdraft);
        bytes[11] = self.proof.transaction_type;
        bytes[12..14].copy_from_slice(&self.proof.number.to_be_bytes());
        bytes[14..18].copy_from_slice(&self.proof.mac);
        bytes[18..22].copy_from_slice(&self.proof.tac);
        bytes
    }

    /// The number of the next transaction. A purse with one number for both has it where the
    /// online one is.
    pub(crate) const fn number(&self, rules: &Rules, numbering: Numbering) -> u16 {
        match numbering {
            Numbering::Offline if !rules.one_number => self.offline,
            _ => self.online,
        }
    }

    /// The number of a transaction's own kind, then that of the other kind.
    pub(crate) const fn numbers(&self, rules: &Rules, numbering: Numbering) -> [u16; 2] {
        [self.number(rules, numbering), self.number(rules, numbering.other())]
    }

    /// What a transaction leaves: the balance, the number of its kind, the proof.
    pub(crate) const fn after(
        mut self,
        rules: &Rules,
        transaction: Transaction,
        balance: u32,
        (number, mac, tac): (u16, Mac4, Mac4),
    ) -> Self {
        self.balance = balance;
        self.set_number(rules, transaction.numbering(), number);
        self.proof = Proof { transaction_type: transaction.type_byte(), number, mac, tac };
        self
    }

    /// Sets the number that was last used.
    pub(crate) const fn set_number(&mut self, rules: &Rules, numbering: Numbering, number: u16) {
        match numbering {
            Numbering::Offline if !rules.one_number => self.offline = number,
            _ => self.online = number,
        }
    }
}

/// The number after this one.
///
/// # Errors
/// 9402 when it is the last.
pub(crate) fn next_number(number: u16) -> Result<u16, Halt> {
    number.checked_add(1).ok_or(Halt::Status(StatusWord::NUMBER_AT_MAXIMUM))
}

/// A refused condition, answered with another status word.
pub(crate) fn refused_with(checked: Outcome, refusal: StatusWord) -> Outcome {
    match checked {
        Err(Halt::Status(StatusWord::SECURITY_STATUS_NOT_SATISFIED)) => Halt::status(refusal),
        other => other,
    }
}
