//! An entry of the ledger as the terminal knows it before the card has booked it: all that the
//! card's TAC is computed over.

use serde::{Deserialize, Serialize};

use crate::{
    cryptography::cipher::{Key, Mac},
    keys::{Factor, KeyAlgorithm, Levels, Owner, Region},
    terminal::{
        Fen, Moment,
        answer::{Mac4, TerminalId},
    },
};

use super::written;

/// What a settlement is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Amounts {
    /// A: from the account.
    pub account: Fen,
    /// S: paid by the holder in cash.
    #[serde(rename = "self-paid")]
    pub self_paid: Fen,
    /// P: paid by the pooled fund.
    pub pool: Fen,
    /// D: what of A and S counts to the year's deductible.
    pub deductible: Fen,
}

impl Amounts {
    /// A, S, P and D as they are sent.
    #[must_use]
    pub fn bytes(&self) -> [u8; 16] {
        let parts = [self.account, self.self_paid, self.pool, self.deductible];
        let mut bytes = [0; 16];
        for (to, from) in bytes.chunks_exact_mut(4).zip(parts) {
            to.copy_from_slice(&from.bytes());
        }
        bytes
    }

    /// What the visit costs.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.account, self.self_paid, self.pool].iter().map(|fen| u64::from(fen.0)).sum()
    }
}

/// A card, as keys and books tell it from others.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardId {
    /// Card number, item 07.
    pub number: String,
    /// Region that has issued it, six digits.
    pub region: String,
    /// Factor of its keys.
    #[serde(with = "written::bytes")]
    pub factor: Factor,
    /// The keys are SM4 keys.
    pub sm4: bool,
}

impl CardId {
    /// Whose keys; `None` when the region is none.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        Some(Owner { region: Region::new(&self.region)?, card: self.factor })
    }

    /// The cipher of its keys.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        if self.sm4 { KeyAlgorithm::Sm4 } else { KeyAlgorithm::TripleDes }
    }

    /// Factors for a PSAM: the card's first, then city and, of three levels, province.
    #[must_use]
    pub fn factors(&self, levels: Levels) -> Vec<Factor> {
        let mut factors = self.owner().map_or_else(Vec::new, |owner| owner.factors(levels));
        factors.reverse();
        factors
    }
}

/// A settlement: what was asked of the card, and what its entry says of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settlement {
    /// Sequence of the entry.
    pub sequence: u32,
    /// Class of the visit, a character.
    pub class: char,
    /// Flags of the visit as they were sent.
    pub flags: u8,
    /// 1 on line, 2 off line.
    pub mode: u8,
    /// The terminal.
    #[serde(with = "written::bytes")]
    pub terminal: TerminalId,
    /// The terminal's counter.
    #[serde(with = "written::bytes")]
    pub terminal_counter: [u8; 4],
    /// When.
    #[serde(with = "written::moment")]
    pub when: Moment,
    /// Balance after it.
    pub balance_after: Fen,
    /// The card's counter of settlements before it.
    pub card_counter: u16,
    /// The card.
    pub card: CardId,
    /// What is booked.
    pub amounts: Amounts,
}

impl Settlement {
    /// What the card's TAC is computed over.
    #[must_use]
    pub fn tac_message(&self) -> Vec<u8> {
        [
            &self.amounts.bytes()[..],
            &[self.class as u8, self.flags, 0x32, self.mode],
            &self.terminal,
            &self.terminal_counter,
            &self.when.bytes(),
            &self.sequence.to_be_bytes(),
            &self.balance_after.bytes(),
            &self.card_counter.to_be_bytes(),
        ]
        .concat()
    }

    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!(
            "entry {} of card {}, {} from the account, {}",
            self.sequence, self.card.number, self.amounts.account, self.when
        )
    }
}

/// The TAC of a message by the card's key DTK: of triple DES its halves combined, of SM4 whole.
#[must_use]
pub fn tac(key: &Key, algorithm: KeyAlgorithm, message: &[u8]) -> Mac4 {
    let halves;
    let key = match algorithm {
        KeyAlgorithm::Sm4 => key,
        KeyAlgorithm::TripleDes => {
            halves = key.xor_halves();
            &halves
        }
    };
    Mac::cbc(key).of(&[], &[message]).four()
}
