//! The authority's keys, by the labels of their roots, and the MACs it makes and checks.
//!
//! A session key is made from a block of eight bytes; of SM4 it is extended with 00 to sixteen.
//! Session inputs and messages are those of the ledger (own design).

use std::{collections::BTreeMap, fmt};

use crate::{
    cryptography::cipher::{Checksum, Key, Mac, session_key},
    keys::{Levels, TEST_PREFIX, root},
    terminal::{
        Fen, Moment, Pin,
        answer::{Mac4, TerminalId},
        medical::{
            answer::{Online, Prepared, PreparedCredit},
            entry::{Amounts, CardId},
        },
    },
};

/// Why there is no key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The card says no region from which its keys could come.
    #[error("card {0} has no region of six digits: expected one, for its keys come from it")]
    NoRegion(String),
    /// A line of the keys file.
    #[error("{place}: expected {expected}, got {got:?}")]
    Line {
        /// File and line.
        place: String,
        /// What should stand there.
        expected: &'static str,
        /// What does; a key's digits are not shown.
        got: String,
    },
}

/// Root keys: those that are told, else the public test roots of their labels.
#[derive(Clone, Default)]
pub struct AuthorityKeys(BTreeMap<String, [u8; 16]>);

impl fmt::Debug for AuthorityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityKeys({} of its own)", self.0.len())
    }
}

impl AuthorityKeys {
    /// The public test roots.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// Lines `LABEL = HEX`, `#` begins a comment; other labels have the public test roots.
    ///
    /// # Errors
    /// [`KeyError::Line`] with `place` and the line.
    pub fn parse(place: &str, text: &str) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for (n, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = |expected, got: &str| KeyError::Line {
                place: format!("{place}:{n}"),
                expected,
                got: got.into(),
            };
            let (label, value) =
                line.split_once('=').ok_or_else(|| wrong("LABEL = HEX", "no `=`"))?;
            let digits: String = value.split_whitespace().collect();
            let key = hex::decode(&digits).ok().and_then(|bytes| bytes.try_into().ok());
            let length = format!("{} characters", digits.len());
            let key = key.ok_or_else(|| wrong("16 bytes in hexadecimal", &length))?;
            keys.insert(label.trim().to_owned(), key);
        }
        Ok(Self(keys))
    }

    /// The key a root becomes on a card.
    ///
    /// # Errors
    /// [`KeyError::NoRegion`].
    pub fn of_card(&self, card: &CardId, label: &str) -> Result<Key, KeyError> {
        let root = self.0.get(label).copied().unwrap_or_else(|| root(TEST_PREFIX, label));
        let owner = card.owner().ok_or_else(|| KeyError::NoRegion(card.number.clone()))?;
        let key = owner.key(card.algorithm(), root, Levels::Two);
        key.ok_or_else(|| KeyError::NoRegion(card.number.clone()))
    }

    /// A session's MAC.
    fn session(&self, card: &CardId, label: &str, input: &[u8]) -> Result<Mac, KeyError> {
        Ok(Mac::cbc(&self.session_key(card, label, input)?))
    }

    fn session_key(&self, card: &CardId, label: &str, input: &[u8]) -> Result<Key, KeyError> {
        let key = self.of_card(card, label)?;
        let mut block = [0; 16];
        for (to, from) in block.iter_mut().zip(input) {
            *to = *from;
        }
        let input = block.get(..key.block_bytes()).unwrap_or_default();
        let session = session_key(&key, input);
        session.ok_or_else(|| KeyError::NoRegion(card.number.clone()))
    }

    /// PIN UNBLOCK, or with a new PIN PIN RELOAD, by the maintenance key of the environment.
    ///
    /// # Errors
    /// [`KeyError::NoRegion`].
    pub fn pin_command(
        &self,
        card: &CardId,
        new: Option<&Pin>,
        challenge: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let session = self.session_key(card, "STK", challenge)?;
        let mut block = Vec::new();
        if let Some(new) = new {
            block.push(u8::try_from(new.bytes().len()).unwrap_or(u8::MAX));
            block.extend_from_slice(new.bytes());
            block.push(0x80);
            block.resize(block.len().next_multiple_of(session.block_bytes()), 0x00);
            // Whole blocks are encrypted whatever they hold.
            let whole = session.cipher().encrypt_ecb(&mut block);
            debug_assert!(whole.is_ok());
        }
        let length = u8::try_from(block.len() + 4).unwrap_or(u8::MAX);
        let header = [0x84, 0x24, 0x00, u8::from(new.is_some()), length];
        let command = [&header[..], &block].concat();
        let mac = Mac::cbc(&session).of(&[], &[&command]).four();
        Ok([&command[..], &mac].concat())
    }

    /// The TAC of a message.
    pub(super) fn tac(&self, card: &CardId, message: &[u8]) -> Result<Checksum, KeyError> {
        let key = self.of_card(card, "ML-DTK")?;
        let key = if card.sm4 { key } else { key.xor_halves() };
        Ok(Mac::cbc(&key).of(&[], &[message]))
    }

    /// A command with its MAC, which is over the header and the data in front of it.
    pub(super) fn seal(
        &self,
        card: &CardId,
        label: &str,
        header: [u8; 4],
        data: &[u8],
        challenge: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let length = u8::try_from(data.len() + 4).unwrap_or(u8::MAX);
        let command = [&header[..], &[length], data].concat();
        let mac = self.session(card, label, challenge)?.of(&[], &[&command]).four();
        Ok([&command[..], &mac].concat())
    }

    /// The session of a credit.
    pub(super) fn credit(
        &self,
        card: &CardId,
        online: &Online,
    ) -> Result<CreditMacs<'_>, KeyError> {
        let [high, low] = online.counter.to_be_bytes();
        let input = [&online.random[..], &[high, low, 0x80, 0x00]].concat();
        let session = self.session(card, "ML-DLK1", &input)?;
        Ok(CreditMacs { keys: self, card: card.clone(), online: *online, session })
    }

    /// MAC1 of a reversal.
    pub(super) fn reversal(
        &self,
        card: &CardId,
        prepared: &Prepared,
        reversal: &Reversal,
    ) -> Result<(Mac, Mac4), KeyError> {
        let ([high, low], [_, _, a, b]) =
            (prepared.counter.to_be_bytes(), reversal.asn.to_be_bytes());
        let input = [&prepared.random[..], &[high, low, a, b]].concat();
        let session = self.session(card, "ML-DRK1", &input)?;
        let mac1 = session.of(&[], &[&reversal.message()]).four();
        Ok((session, mac1))
    }
}

/// A reversal as it is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reversal {
    /// 02 refund, 03 red, 04 black.
    pub kind: u8,
    /// The entry that is taken back.
    pub reference: u32,
    /// Amounts.
    pub amounts: Amounts,
    /// The terminal.
    pub terminal: TerminalId,
    /// Authority number.
    pub asn: u32,
    /// When.
    pub when: Moment,
}

impl Reversal {
    /// What MAC1 is computed over, and the first part of the TAC's message.
    pub(super) fn message(&self) -> Vec<u8> {
        [
            &self.reference.to_be_bytes()[..],
            &self.amounts.bytes(),
            &[0x33, self.kind],
            &self.terminal,
            &self.asn.to_be_bytes(),
            &self.when.bytes(),
        ]
        .concat()
    }
}

/// What a credit is checked and allowed with.
pub(super) struct CreditMacs<'a> {
    keys: &'a AuthorityKeys,
    card: CardId,
    online: Online,
    session: Mac,
}

impl CreditMacs<'_> {
    /// Whether the card's MAC1 is for this credit.
    pub(super) fn is_mac1(
        &self,
        prepared: &PreparedCredit,
        amount: Fen,
        terminal: TerminalId,
        asn: u32,
    ) -> bool {
        let (balance, amount) = (self.online.balance.bytes(), amount.bytes());
        let pieces: [&[u8]; 5] = [&balance, &amount, &[0x31], &terminal, &asn.to_be_bytes()];
        self.session.of(&[], &pieces).is(&prepared.mac1)
    }

    /// What MAC2 is computed over, and the first part of the TAC's message.
    fn message(amount: Fen, terminal: TerminalId, asn: u32, when: Moment) -> Vec<u8> {
        let (amount, asn, when) = (amount.bytes(), asn.to_be_bytes(), when.bytes());
        [&amount[..], &[0x31], &terminal, &asn, &when].concat()
    }

    /// The MAC2 that allows it.
    pub(super) fn mac2(&self, amount: Fen, terminal: TerminalId, asn: u32, when: Moment) -> Mac4 {
        self.session.of(&[], &[&Self::message(amount, terminal, asn, when)]).four()
    }

    /// Whether the card's TAC says that it was booked with this balance after it.
    pub(super) fn is_tac(
        &self,
        (amount, terminal, asn, when): (Fen, TerminalId, u32, Moment),
        balance: Fen,
        tac: Mac4,
    ) -> Result<bool, KeyError> {
        let mut message = Self::message(amount, terminal, asn, when);
        message.extend_from_slice(&self.online.sequence.to_be_bytes());
        message.extend_from_slice(&balance.bytes());
        message.extend_from_slice(&self.online.counter.to_be_bytes());
        Ok(self.keys.tac(&self.card, &message)?.is(&tac))
    }
}
