//! The transaction a terminal has begun and not settled, kept where loss of the terminal's own
//! power does not reach it.
//!
//! Invariants:
//! * what a card is about to complete is in the journal before the command leaves the terminal, and
//!   stays there until it is known whether it was completed and the proof was checked;
//! * the file is one that is [kept](super::kept): it holds one whole transaction or is not there.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Fen, Moment,
    answer::{Mac4, Serial, TerminalId},
    kept::Kept,
    transaction::{Kind, Purse, type_in_words},
};

/// How far an open transaction is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The completing command was about to be sent.
    InDoubt,
    /// The card has completed it: its MAC and TAC. They are not checked yet.
    Done(Mac4, Mac4),
    /// The purse is locked (grey lock), nothing is known to be delivered.
    Locked,
    /// Goods of `amount` are delivered, and this GMAC asks for it.
    Delivered(Mac4),
}

/// A transaction that is not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    /// Type byte.
    pub kind: u8,
    /// Of which purse.
    pub purse: Purse,
    /// The card.
    pub serial: Serial,
    /// Index of the card's key.
    pub key: u8,
    /// The number before the transaction.
    pub number: u16,
    /// Amount; of a limit the new one.
    pub amount: Fen,
    /// Balance before it.
    pub balance: Fen,
    /// Overdraft limit before it.
    pub limit: Fen,
    /// The card's random number.
    pub random: [u8; 4],
    /// The terminal.
    pub terminal: TerminalId,
    /// The terminal's transaction number.
    pub terminal_number: [u8; 4],
    /// When.
    pub when: Moment,
    /// How far it is.
    pub stage: Stage,
}

impl Open {
    /// In words, for whoever has to settle it.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!(
            "{} of {}, number {} of card {}, {}",
            type_in_words(self.kind),
            self.amount,
            self.number.wrapping_add(1),
            hex::encode_upper(self.serial),
            self.when
        )
    }

    /// What the host wants to see when it was done: the TAC, of an unload MAC3.
    #[must_use]
    pub const fn proof_for_host(&self) -> Option<Mac4> {
        match (self.stage, self.kind) {
            (Stage::Done(mac3, _), 0x03) => Some(mac3),
            (Stage::Done(_, tac), _) => Some(tac),
            _ => None,
        }
    }

    /// The kind of transaction, where it is one of INITIALIZE and its second command.
    #[must_use]
    pub const fn transaction(&self) -> Option<Kind> {
        Some(match self.kind {
            0x01 | 0x02 => Kind::Load,
            0x03 => Kind::Unload,
            0x04 => Kind::Cash,
            0x05 | 0x06 => Kind::Purchase,
            0x07 => Kind::Overdraft,
            0x09 => Kind::Compound,
            _ => return None,
        })
    }
}

/// Why the journal cannot be used.
pub use super::kept::KeptError as JournalError;

/// Where the open transaction is kept: in memory alone, or in a file.
#[derive(Debug, Default)]
pub struct Journal {
    file: Option<Kept>,
    open: Option<Open>,
}

impl Journal {
    /// One that ends with the terminal's power.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The journal in a file; a file that is not there holds no transaction.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn in_file(path: &Path) -> Result<Self, JournalError> {
        let file = Kept::claim("journal of a terminal", path)?;
        let open = match file.read()? {
            Some(text) => {
                let written: Written =
                    toml::from_str(&text).map_err(|error| file.damaged(error.to_string()))?;
                let open = written.read();
                Some(open.ok_or_else(|| file.damaged("a value is not of its form"))?)
            }
            None => None,
        };
        Ok(Self { file: Some(file), open })
    }

    /// The open transaction.
    #[must_use]
    pub const fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// Keeps a transaction in place of the one before.
    ///
    /// # Errors
    /// [`JournalError`]: nothing may be asked of the card then.
    pub fn store(&mut self, open: Open) -> Result<(), JournalError> {
        if let Some(file) = &self.file {
            let text = toml::to_string(&Written::of(&open));
            file.write(&text.map_err(|error| file.damaged(error.to_string()))?)?;
        }
        self.open = Some(open);
        Ok(())
    }

    /// The transaction is settled.
    ///
    /// # Errors
    /// [`JournalError`]: the file still tells of it.
    pub fn clear(&mut self) -> Result<(), JournalError> {
        if let (Some(file), Some(_)) = (&self.file, &self.open) {
            file.clear()?;
        }
        self.open = None;
        Ok(())
    }
}

/// The file's form: bytes in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    deposit: bool,
    card: String,
    key: u8,
    number: u16,
    fen: u32,
    balance_fen: u32,
    limit_fen: u32,
    random: String,
    terminal: String,
    terminal_number: String,
    when: String,
    stage: String,
    #[serde(default)]
    macs: String,
}

impl Written {
    fn of(open: &Open) -> Self {
        let (stage, macs) = match open.stage {
            Stage::InDoubt => ("in-doubt", Vec::new()),
            Stage::Done(mac, tac) => ("done", [mac, tac].concat()),
            Stage::Locked => ("locked", Vec::new()),
            Stage::Delivered(gmac) => ("delivered", gmac.to_vec()),
        };
        Self {
            kind: hex::encode_upper([open.kind]),
            deposit: open.purse == Purse::Deposit,
            card: hex::encode_upper(open.serial),
            key: open.key,
            number: open.number,
            fen: open.amount.0,
            balance_fen: open.balance.0,
            limit_fen: open.limit.0,
            random: hex::encode_upper(open.random),
            terminal: hex::encode_upper(open.terminal),
            terminal_number: hex::encode_upper(open.terminal_number),
            when: hex::encode_upper(open.when.bytes()),
            stage: stage.into(),
            macs: hex::encode_upper(macs),
        }
    }

    fn read(&self) -> Option<Open> {
        let stage = match (self.stage.as_str(), self.macs.len()) {
            ("in-doubt", 0) => Stage::InDoubt,
            ("done", 16) => Stage::Done(bytes(self.macs.get(..8)?)?, bytes(self.macs.get(8..)?)?),
            ("locked", 0) => Stage::Locked,
            ("delivered", 8) => Stage::Delivered(bytes(&self.macs)?),
            _ => return None,
        };
        let [kind] = bytes(&self.kind)?;
        Some(Open {
            kind,
            purse: if self.deposit { Purse::Deposit } else { Purse::Purse },
            serial: bytes(&self.card)?,
            key: self.key,
            number: self.number,
            amount: Fen(self.fen),
            balance: Fen(self.balance_fen),
            limit: Fen(self.limit_fen),
            random: bytes(&self.random)?,
            terminal: bytes(&self.terminal)?,
            terminal_number: bytes(&self.terminal_number)?,
            when: Moment::from_bytes(bytes(&self.when)?)?,
            stage,
        })
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::kept::with_check, *};

    fn open(stage: Stage) -> Open {
        Open {
            kind: 0x06,
            purse: Purse::Purse,
            serial: [0x33, 4, 5, 6, 7, 8, 9, 0x10, 0x11, 0x12],
            key: 1,
            number: 7,
            amount: Fen(1250),
            balance: Fen(10_000),
            limit: Fen(500),
            random: [6, 7, 8, 9],
            terminal: [1, 2, 3, 4, 5, 6],
            terminal_number: [0, 0, 0, 9],
            when: Moment::parse("20250630", "120000").unwrap(),
            stage,
        }
    }

    #[test]
    fn what_is_stored_is_there_after_the_terminal_lost_power_and_gone_when_settled() {
        let directory =
            std::env::temp_dir().join(format!("tessera-{}-journal", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("journal");
        for stage in [
            Stage::InDoubt,
            Stage::Done([1, 2, 3, 4], [5, 6, 7, 8]),
            Stage::Locked,
            Stage::Delivered([9, 10, 11, 12]),
        ] {
            let mut journal = Journal::in_file(&path).unwrap();
            journal.store(open(stage)).unwrap();
            let error = Journal::in_file(&path).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("is in use: expected a journal of a terminal of its own"),
                "{error}"
            );
            drop(journal);
            let mut again = Journal::in_file(&path).unwrap();
            assert_eq!(again.open(), Some(&open(stage)));
            again.clear().unwrap();
            drop(again);
            assert_eq!(Journal::in_file(&path).unwrap().open(), None);
        }
        for wrong in ["", "kind = 6", "nonsense"] {
            fs::write(&path, wrong).unwrap();
            let error = Journal::in_file(&path).unwrap_err();
            assert!(error.to_string().contains("is no journal"), "{error}");
        }
        // Any digit that is another.
        let whole = with_check(&toml::to_string(&Written::of(&open(Stage::Locked))).unwrap());
        for at in (0..whole.len()).filter(|at| whole.as_bytes()[*at].is_ascii_digit()) {
            let digit = if whole.as_bytes()[at] == b'7' { "8" } else { "7" };
            let flipped = [&whole[..at], digit, &whole[at + 1..]].concat();
            fs::write(&path, flipped).unwrap();
            let error = Journal::in_file(&path).unwrap_err();
            assert!(error.to_string().contains("no checksum of the others"), "{error}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(Journal::in_file(&path).unwrap().open(), Some(&open(Stage::Locked)));
        // Sixteen bytes that are no sixteen characters.
        let done = toml::to_string(&Written::of(&open(Stage::Done([1, 2, 3, 4], [5, 6, 7, 8]))));
        let done = done.unwrap();
        fs::write(&path, with_check(&done.replace("0102030405060708", "0102030€€€"))).unwrap();
        assert!(Journal::in_file(&path).unwrap_err().to_string().contains("is no journal"));
        let nowhere = Journal::in_file(&directory.join("no/such/place"));
        assert!(matches!(nowhere, Err(JournalError::Refused { .. })));
        fs::remove_file(&path).unwrap();
        let mut journal = Journal::in_file(&path).unwrap();
        fs::create_dir(directory.join("journal.new")).unwrap();
        assert!(matches!(journal.store(open(Stage::Locked)), Err(JournalError::Refused { .. })));
        assert_eq!(journal.open(), None, "what cannot be kept is not begun");
        fs::remove_dir_all(directory).unwrap();
    }
}
