//! The transaction a terminal has begun and not settled, kept where loss of the terminal's own
//! power does not reach it.
//!
//! Invariants:
//! * what a card is about to complete is in the journal before the command leaves the terminal, and
//!   stays there until it is known whether it was completed and the proof was checked;
//! * the file holds one whole transaction or is not there: it is written beside itself (`.new`) and
//!   renamed, the disk waited for;
//! * one terminal at a time has the file, for as long as it has the journal: the claim is a lock on
//!   a file beside it (`.lock`), which stays, and ends with the process.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Fen, Moment,
    answer::{Mac4, Serial, TerminalId},
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
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("cannot {doing} the journal {path}: {error}")]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Another terminal has it.
    #[error(
        "{path} is in use: another terminal has this journal; expected one of its own for each"
    )]
    Kept {
        /// Which file.
        path: PathBuf,
    },
    /// The file is no journal.
    #[error("{path} is no journal of a terminal: {what}")]
    NoJournal {
        /// Which file.
        path: PathBuf,
        /// What is wrong in it.
        what: String,
    },
}

/// Where the open transaction is kept: in memory alone, or in a file.
#[derive(Debug, Default)]
pub struct Journal {
    path: Option<PathBuf>,
    open: Option<Open>,
    /// The claim on the file, held and never read.
    _claim: Option<fs::File>,
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
        let claim = claim(path)?;
        let open = match fs::read_to_string(path) {
            Ok(text) => {
                let what = |what| JournalError::NoJournal { path: path.into(), what };
                let text = checked(&text)
                    .ok_or_else(|| what("its last line is no checksum of the others".into()))?;
                let written: Written =
                    toml::from_str(text).map_err(|error| what(error.to_string()))?;
                Some(written.read().ok_or_else(|| what("a value is not of its form".into()))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(refused("read", path)(error)),
        };
        Ok(Self { path: Some(path.into()), open, _claim: Some(claim) })
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
        if let Some(path) = &self.path {
            let text = toml::to_string(&Written::of(&open)).map_err(|error| {
                JournalError::NoJournal { path: path.clone(), what: error.to_string() }
            })?;
            let text = with_check(&text);
            let mut beside = path.clone().into_os_string();
            beside.push(".new");
            let beside = PathBuf::from(beside);
            fs::File::create(&beside)
                .and_then(|mut file| {
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                })
                .map_err(refused("write", &beside))?;
            fs::rename(&beside, path).map_err(refused("write", path))?;
            sync_directory(path);
        }
        self.open = Some(open);
        Ok(())
    }

    /// The transaction is settled.
    ///
    /// # Errors
    /// [`JournalError`]: the file still tells of it.
    pub fn clear(&mut self) -> Result<(), JournalError> {
        if let (Some(path), Some(_)) = (&self.path, &self.open) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(refused("clear", path)(error));
                }
                _ => sync_directory(path),
            }
        }
        self.open = None;
        Ok(())
    }
}

/// The last line is the CRC-32 of the lines before it: a digit that is another is no transaction.
fn with_check(text: &str) -> String {
    format!("{text}check = \"{:08X}\"\n", crc32fast::hash(text.as_bytes()))
}

/// The lines before the checksum, when it is theirs.
fn checked(text: &str) -> Option<&str> {
    let (lines, _) = text.rsplit_once("check = ")?;
    (with_check(lines) == text).then_some(lines)
}

/// Locks the file beside a journal. It stays when the claim ends: removed, two could lock two.
fn claim(path: &Path) -> Result<fs::File, JournalError> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&beside);
    let file = file.map_err(refused("claim", &beside))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(JournalError::Kept { path: path.into() }),
        Err(fs::TryLockError::Error(error)) => Err(refused("claim", &beside)(error)),
    }
}

/// Lets the disk have the name too. What cannot is as a machine that crashes a moment earlier.
fn sync_directory(path: &Path) {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Ok(directory) = fs::File::open(directory.unwrap_or(Path::new("."))) {
        let _ = directory.sync_all();
    }
}

fn refused<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> JournalError + 'a {
    move |error| JournalError::Refused { doing, path: path.into(), error }
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
    use super::*;

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
            assert!(error.to_string().contains("another terminal has this journal"), "{error}");
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
