//! The issuer's side of what goes online: master keys, MACs, and what it has credited and debited.
//!
//! Invariants:
//! * an amount is in the books when the card has proved that it completed the transaction, once
//!   however often it is proved, and not before;
//! * what was allowed and not proved is still open, by card, type, number and terminal; it can be
//!   proved or cancelled, not both;
//! * it is cancelled only on the card's own word: the MAC1 of a later INITIALIZE that nobody could
//!   have recorded before, with the number unchanged. That INITIALIZE has also ended what MAC2
//!   could have completed.

use std::collections::BTreeMap;

use tessera_framework::pin::equal_in_constant_time;

use crate::cryptography::cipher::{Checksum, Key, Mac, diversify, session_key};

use super::{
    Fen, Moment,
    answer::{GreyInitialized, Initialized, Mac4, Serial, TerminalId, factor_of},
    journal::Open,
    transaction::{Kind, Purse},
};

/// A key's name on cards: type and identifier.
type KeyName = (u8, u8);

/// Why the host does not agree.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It has no such key.
    #[error("the host has no master key {0:02X}/{1:02X}; name it in the keys file")]
    NoKey(u8, u8),
    /// The card's MAC does not fit.
    #[error(
        "the host refuses: the card's {mac} does not fit (expected {expected}, got {got}); {then}"
    )]
    Mac {
        /// Which.
        mac: &'static str,
        /// What was computed.
        expected: String,
        /// What came.
        got: String,
        /// What this means.
        then: &'static str,
    },
    /// There is nothing open that could be proved or cancelled.
    #[error("the host has no open {0} for this card")]
    NothingOpen(&'static str),
    /// The number is in the books, for another transaction.
    #[error(
        "the host has booked number {0} of this card already, and this is another transaction of \
         the same number: a copy of the card, or a restored image"
    )]
    BookedBefore(u16),
    /// The card has not stayed where it was.
    #[error(
        "the host cancels nothing: expected the card still at number {expected}, got {got}; the \
         transaction stays open"
    )]
    NumberMoved {
        /// Number before the open transaction.
        expected: u16,
        /// The card's number now.
        got: u16,
    },
    /// A line of the keys file.
    #[error("{place}: expected {expected}, got {got:?}")]
    Keys {
        /// File and line.
        place: String,
        /// What should stand there.
        expected: &'static str,
        /// What does; a key's digits are not shown.
        got: String,
    },
}

/// Master keys, by the type and identifier of the card's keys that are derived from them.
#[derive(Clone, Default)]
pub struct HostKeys(BTreeMap<KeyName, Key>);

/// Types and identifiers whose master keys are public: those of the profile `purse`.
const PUBLIC: [KeyName; 4] = [(0x3F, 1), (0x3D, 1), (0x3C, 1), (0x34, 0)];

impl HostKeys {
    /// The public test keys of the profile `purse`: type and identifier four times, then
    /// `0011223344556677`.
    #[must_use]
    pub fn public() -> Self {
        let mut keys = BTreeMap::new();
        for (kind, id) in PUBLIC {
            let mut bytes = [0; 16];
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = match (at, at % 2) {
                    (8.., _) => (at as u8 - 8) * 0x11,
                    (_, 0) => kind,
                    _ => id,
                };
            }
            keys.extend(Key::des(&bytes).map(|key| ((kind, id), key)));
        }
        Self(keys)
    }

    /// Lines `TYPE/ID = HEX`, `#` begins a comment.
    ///
    /// # Errors
    /// [`HostError::Keys`] with `place` and the line.
    pub fn parse(place: &str, text: &str) -> Result<Self, HostError> {
        let mut keys = BTreeMap::new();
        for (n, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = |expected, got: &str| HostError::Keys {
                place: format!("{place}:{n}"),
                expected,
                got: got.into(),
            };
            let (name, value) =
                line.split_once('=').ok_or_else(|| wrong("TYPE/ID = HEX", "no `=`"))?;
            let byte = |text: &str| u8::from_str_radix(text.trim(), 16).ok();
            let name = name.trim();
            let parts = name.split_once('/').and_then(|(kind, id)| Some((byte(kind)?, byte(id)?)));
            let named = parts.ok_or_else(|| wrong("a key such as 3F/01", name))?;
            let digits: String = value.split_whitespace().collect();
            let key = hex::decode(&digits).ok().and_then(|bytes| Key::des(&bytes));
            let length = format!("{} characters", digits.len());
            let key = key.ok_or_else(|| wrong("8 or 16 bytes in hexadecimal", &length))?;
            keys.insert(named, key);
        }
        Ok(Self(keys))
    }

    fn of_card(&self, name: KeyName, serial: Serial) -> Result<Key, HostError> {
        let master = self.0.get(&name).ok_or(HostError::NoKey(name.0, name.1))?;
        Ok(diversify(master, &factor_of(serial)))
    }
}

/// An online transaction as the card began it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Online {
    /// Load, unload or overdraft limit.
    pub kind: Kind,
    /// Of which purse.
    pub purse: Purse,
    /// Index of the card's key.
    pub key: u8,
    /// The card.
    pub serial: Serial,
    /// Amount; the new limit.
    pub amount: Fen,
    /// The terminal.
    pub terminal: TerminalId,
    /// When.
    pub when: Moment,
    /// What the card answered to INITIALIZE.
    pub card: Initialized,
}

/// What the host has of a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// Loaded onto the card, proved by TAC.
    pub loaded: u64,
    /// Taken back from it, proved by MAC3; grey unlocks included.
    pub unloaded: u64,
}

/// A transaction of a card: serial number, type byte, number before it.
type Transaction = (Serial, u8, u16);

/// The issuer's host.
pub struct Host {
    keys: HostKeys,
    /// Of one number several terminals may have asked; of each the last time it asked.
    open: BTreeMap<(Transaction, TerminalId), Online>,
    /// What is in the accounts, by what it was proved.
    booked: BTreeMap<Transaction, Mac4>,
    accounts: BTreeMap<Serial, Account>,
}

impl Host {
    /// A host with these keys.
    #[must_use]
    pub const fn new(keys: HostKeys) -> Self {
        Self { keys, open: BTreeMap::new(), booked: BTreeMap::new(), accounts: BTreeMap::new() }
    }

    /// Whether something was allowed for this card that is neither proved nor cancelled.
    #[must_use]
    pub fn has_open(&self, serial: Serial) -> bool {
        self.open.keys().any(|((open, ..), _)| *open == serial)
    }

    /// What it has of a card.
    #[must_use]
    pub fn account(&self, serial: Serial) -> Account {
        self.accounts.get(&serial).copied().unwrap_or_default()
    }

    /// Checks the card's MAC1 and allows the transaction by MAC2.
    ///
    /// # Errors
    /// [`HostError`]: what was open stays open.
    pub fn allow(&mut self, online: Online) -> Result<Mac4, HostError> {
        let mac = Mac::cbc(&self.session(&online)?);
        let Online { kind, purse, terminal, when, card, .. } = online;
        let (what, kind_byte) = (amount_of(&online), [kind.type_byte(purse)]);
        fits(&mac1(&mac, &online), card.mac1, "MAC1", "nothing is allowed")?;
        let transaction = transaction(&online);
        if self.booked.contains_key(&transaction) {
            return Err(HostError::BookedBefore(card.number.wrapping_add(1)));
        }
        self.open.insert((transaction, terminal), online);
        Ok(mac.of(&[], &[&what, &kind_byte, &terminal, &when.bytes()]).four())
    }

    /// Checks by TAC, or by MAC3 of an unload, that the card has completed what was allowed, and
    /// books it. Proved again, it is in the books as before.
    ///
    /// # Errors
    /// [`HostError`]: nothing is booked.
    pub fn completed(&mut self, open: &Open, proof: Mac4) -> Result<(), HostError> {
        let (transaction, _) = name_of(open);
        if let Some(booked) = self.booked.get(&transaction) {
            return match equal_in_constant_time(booked, &proof) {
                true => Ok(()),
                false => Err(HostError::BookedBefore(open.number.wrapping_add(1))),
            };
        }
        let online = self.opened(open)?;
        let then = "nothing is booked";
        let balance = new_balance(&online)
            .ok_or(HostError::NothingOpen("transaction with a balance that can be"))?;
        let Online { kind, purse, serial, terminal, when, card, .. } = online;
        let (number, kind_byte) = (card.number.to_be_bytes(), [kind.type_byte(purse)]);
        let (balance, what, when) = (balance.bytes(), amount_of(&online), when.bytes());
        let pieces: [&[u8]; 6] = [&balance, &number, &what, &kind_byte, &terminal, &when];
        match kind {
            Kind::Unload => {
                let mac = Mac::cbc(&self.session(&online)?);
                fits(&mac.of(&[], &pieces), proof, "MAC3", then)?;
            }
            _ => {
                let key = self.keys.of_card((0x34, 0), serial)?.xor_halves();
                fits(&Mac::cbc(&key).of(&[], &pieces), proof, "TAC", then)?;
            }
        }
        // The number is used: nobody else's of the same number can be done any more.
        self.open.retain(|(other, _), _| *other != transaction);
        self.booked.insert(transaction, proof);
        let account = self.accounts.entry(serial).or_default();
        match kind {
            Kind::Load => account.loaded += u64::from(online.amount.0),
            Kind::Unload => account.unloaded += u64::from(online.amount.0),
            _ => {}
        }
        Ok(())
    }

    /// Takes up again what was allowed before the terminal, or the host, lost power.
    pub fn remember(&mut self, open: &Open) {
        let Some(online) = online_of(open) else { return };
        if !self.booked.contains_key(&transaction(&online)) {
            self.open.entry(name_of(open)).or_insert(online);
        }
    }

    /// What the INITIALIZE that is to show that an open transaction was not done has in place of
    /// the terminal's identifier. Nobody could have had the card answer to it before MAC2 was out,
    /// for nobody without the host's key can tell it.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn challenge(&self, open: &Open) -> Result<TerminalId, HostError> {
        let online = online_of(open).ok_or(HostError::NothingOpen("transaction"))?;
        let mac = Mac::cbc(&self.session(&online)?);
        let [high, low, ..] = open.terminal;
        let [a, b, c, d] = mac.of(&[], &[b"NOT DONE", &open.terminal]).four();
        Ok([high, low, a, b, c, d])
    }

    /// What was allowed was not done, as the card shows by the answer to an INITIALIZE of nothing,
    /// with the [`challenge`](Self::challenge) for a terminal: nothing is booked.
    ///
    /// # Errors
    /// [`HostError`]: it stays open.
    pub fn cancelled(&mut self, open: &Open, shown: &Initialized) -> Result<(), HostError> {
        let online = self.opened(open)?;
        let terminal = self.challenge(open)?;
        let shown = Online { amount: Fen(0), terminal, card: *shown, ..online };
        let mac = Mac::cbc(&self.session(&shown)?);
        let then = "nothing is cancelled, the transaction stays open";
        fits(&mac1(&mac, &shown), shown.card.mac1, "MAC1", then)?;
        if shown.card.number != online.card.number {
            let (expected, got) = (online.card.number, shown.card.number);
            return Err(HostError::NumberMoved { expected, got });
        }
        self.open.remove(&name_of(open));
        Ok(())
    }

    fn opened(&self, open: &Open) -> Result<Online, HostError> {
        let opened = self.open.get(&name_of(open)).filter(|it| it.card.random == open.random);
        opened.copied().ok_or(HostError::NothingOpen("transaction"))
    }

    /// Checks MAC1 of INITIALIZE FOR GREY UNLOCK and asks the card for the amount by MAC2.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn grey_unlock(&self, grey: &GreyUnlocking) -> Result<Mac4, HostError> {
        let mac = Mac::cbc(&self.grey_session(grey)?);
        let GreyUnlocking { purse, amount, terminal, when, card, .. } = grey;
        let kind = [grey_kind(*purse)];
        let (balance, offline) = (card.balance.bytes(), card.offline.to_be_bytes());
        let expected = mac.of(&[], &[&balance, &offline, &kind, terminal]);
        fits(&expected, card.mac1, "MAC1", "the purse stays locked")?;
        Ok(mac.of(&[], &[&amount.bytes(), &kind, terminal, &when.bytes()]).four())
    }

    /// Checks by MAC3, made as that of an unload (inferred), that the card has paid and is
    /// unlocked, and books it, once.
    ///
    /// # Errors
    /// [`HostError`]: nothing is booked.
    pub fn grey_completed(&mut self, grey: &GreyUnlocking, mac3: Mac4) -> Result<(), HostError> {
        let mac = Mac::cbc(&self.grey_session(grey)?);
        let GreyUnlocking { purse, serial, amount, terminal, when, card, .. } = grey;
        let new = Fen(card.balance.0.saturating_sub(amount.0)).bytes();
        let (number, amount_bytes) = (card.online.to_be_bytes(), amount.bytes());
        let kind = [grey_kind(*purse)];
        let expected = mac.of(&[], &[&new, &number, &amount_bytes, &kind, terminal, &when.bytes()]);
        fits(&expected, mac3, "MAC3", "nothing is booked")?;
        let transaction = (*serial, grey_kind(*purse), card.online);
        match self.booked.insert(transaction, mac3) {
            Some(before) if equal_in_constant_time(&before, &mac3) => return Ok(()),
            Some(before) => {
                self.booked.insert(transaction, before);
                return Err(HostError::BookedBefore(card.online.wrapping_add(1)));
            }
            None => {}
        }
        self.accounts.entry(*serial).or_default().unloaded += u64::from(amount.0);
        Ok(())
    }

    fn session(&self, online: &Online) -> Result<Key, HostError> {
        let kind = match online.kind {
            Kind::Unload => 0x3D,
            Kind::Overdraft => 0x3C,
            _ => 0x3F,
        };
        let key = self.keys.of_card((kind, online.key), online.serial)?;
        session(&key, online.card.random, online.card.number)
            .ok_or(HostError::NoKey(kind, online.key))
    }

    fn grey_session(&self, grey: &GreyUnlocking) -> Result<Key, HostError> {
        let key = self.keys.of_card((0x3D, grey.key), grey.serial)?;
        session(&key, grey.card.random, grey.card.online).ok_or(HostError::NoKey(0x3D, grey.key))
    }
}

/// An online unlock of a grey-locked purse as the card began it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GreyUnlocking {
    /// Of which purse.
    pub purse: Purse,
    /// Index of the card's key.
    pub key: u8,
    /// The card.
    pub serial: Serial,
    /// Amount that was delivered.
    pub amount: Fen,
    /// The terminal.
    pub terminal: TerminalId,
    /// When.
    pub when: Moment,
    /// What the card answered.
    pub card: GreyInitialized,
}

/// Type byte of a grey unlock.
pub(super) const fn grey_kind(purse: Purse) -> u8 {
    match purse {
        Purse::Deposit => 0x95,
        Purse::Purse => 0x96,
    }
}

/// Session key of what goes online: random number, online number, 8000.
fn session(key: &Key, random: [u8; 4], number: u16) -> Option<Key> {
    let [a, b, c, d] = random;
    let [high, low] = number.to_be_bytes();
    session_key(key, &[a, b, c, d, high, low, 0x80, 0x00])
}

const fn transaction(online: &Online) -> Transaction {
    (online.serial, online.kind.type_byte(online.purse), online.card.number)
}

const fn name_of(open: &Open) -> (Transaction, TerminalId) {
    ((open.serial, open.kind, open.number), open.terminal)
}

/// What a journal tells of what was allowed; `None` when that is not the host's.
fn online_of(open: &Open) -> Option<Online> {
    let kind = open.transaction().filter(|kind| !kind.is_offline())?;
    let card = Initialized {
        balance: open.balance,
        number: open.number,
        limit: open.limit,
        version: 0,
        algorithm: 0,
        random: open.random,
        mac1: [0; 4],
    };
    let &Open { purse, key, serial, amount, terminal, when, .. } = open;
    Some(Online { kind, purse, key, serial, amount, terminal, when, card })
}

/// MAC1 of INITIALIZE.
fn mac1(mac: &Mac, online: &Online) -> Checksum {
    let Online { kind, purse, amount, terminal, card, .. } = online;
    let (balance, kind_byte) = (card.balance.bytes(), [kind.type_byte(*purse)]);
    match kind {
        Kind::Overdraft => mac.of(&[], &[&balance, &limit(card.limit), &kind_byte, terminal]),
        _ => mac.of(&[], &[&balance, &amount.bytes(), &kind_byte, terminal]),
    }
}

/// The amount as the MACs have it; a limit has three bytes.
fn amount_of(online: &Online) -> Vec<u8> {
    match online.kind {
        Kind::Overdraft => limit(online.amount).to_vec(),
        _ => online.amount.bytes().to_vec(),
    }
}

const fn limit(amount: Fen) -> [u8; 3] {
    let [_, a, b, c] = amount.bytes();
    [a, b, c]
}

/// The balance after the transaction; `None` when there is no such balance.
fn new_balance(online: &Online) -> Option<Fen> {
    let Online { kind, amount, card, .. } = online;
    let new = match kind {
        Kind::Load => card.balance.0.checked_add(amount.0),
        Kind::Overdraft => {
            card.balance.0.checked_add(amount.0).and_then(|sum| sum.checked_sub(card.limit.0))
        }
        _ => card.balance.0.checked_sub(amount.0),
    };
    new.map(Fen)
}

fn fits(
    expected: &Checksum,
    got: Mac4,
    mac: &'static str,
    then: &'static str,
) -> Result<(), HostError> {
    if expected.is(&got) {
        return Ok(());
    }
    let (expected, got) = (hex::encode_upper(expected.four()), hex::encode_upper(got));
    Err(HostError::Mac { mac, expected, got, then })
}
