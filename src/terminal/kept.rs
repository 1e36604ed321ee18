//! A file that a terminal or a host keeps: whole or not there, its own alone, no digit of it
//! flipped.
//!
//! Invariants:
//! * the file holds one whole state or is not there: it is written beside itself (`.new`) and
//!   renamed, the disk waited for;
//! * one program at a time has the file, for as long as it has this value: the claim is a lock on
//!   a file beside it (`.lock`), which stays, and ends with the process;
//! * its last line is a checksum of the lines before it.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The operating system refused.
    #[error("cannot {doing} the {what} {path}: {error}")]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// What the file is.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Another terminal has it.
    #[error("{path} is in use: expected a {what} of its own for each program, got one for two")]
    InUse {
        /// What the file is.
        what: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// The file is none of its kind.
    #[error("{path} is no {what}: {wrong}")]
    Damaged {
        /// What it should be.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What is wrong in it.
        wrong: String,
    },
}

/// A file that is claimed.
#[derive(Debug)]
pub(super) struct Kept {
    what: &'static str,
    path: PathBuf,
    /// The claim on the file, held and never read.
    _claim: fs::File,
}

impl Kept {
    /// Claims the file; it need not be there.
    pub(super) fn claim(what: &'static str, path: &Path) -> Result<Self, KeptError> {
        let beside = beside(path, ".lock");
        let refused = |error| refused(what, "claim", &beside, error);
        let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&beside);
        let file = file.map_err(refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { what, path: path.into(), _claim: file }),
            Err(fs::TryLockError::WouldBlock) => Err(KeptError::InUse { what, path: path.into() }),
            Err(fs::TryLockError::Error(error)) => Err(refused(error)),
        }
    }

    /// What it holds; `None` when it is not there.
    pub(super) fn read(&self) -> Result<Option<String>, KeptError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => match checked(&text) {
                Some(lines) => Ok(Some(lines.into())),
                None => Err(self.damaged("its last line is no checksum of the others")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(self.what, "read", &self.path, error)),
        }
    }

    /// Writes it whole, in place of what it held.
    pub(super) fn write(&self, text: &str) -> Result<(), KeptError> {
        let text = with_check(text);
        let beside = beside(&self.path, ".new");
        fs::File::create(&beside)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .map_err(|error| refused(self.what, "write", &beside, error))?;
        fs::rename(&beside, &self.path)
            .map_err(|error| refused(self.what, "write", &self.path, error))?;
        self.sync_directory();
        Ok(())
    }

    /// Removes it; the claim stays.
    pub(super) fn clear(&self) -> Result<(), KeptError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(refused(self.what, "clear", &self.path, error));
            }
            _ => self.sync_directory(),
        }
        Ok(())
    }

    /// The file is none of its kind.
    pub(super) fn damaged(&self, wrong: impl Into<String>) -> KeptError {
        KeptError::Damaged { what: self.what, path: self.path.clone(), wrong: wrong.into() }
    }

    /// Lets the disk have the name too. What cannot is as a machine that crashes a moment earlier.
    fn sync_directory(&self) {
        let directory = self.path.parent().filter(|directory| !directory.as_os_str().is_empty());
        if let Ok(directory) = fs::File::open(directory.unwrap_or(Path::new("."))) {
            let _ = directory.sync_all();
        }
    }
}

/// The last line is the CRC-32 of the lines before it: a digit that is another makes the file none.
pub(super) fn with_check(text: &str) -> String {
    format!("{text}check = \"{:08X}\"\n", crc32fast::hash(text.as_bytes()))
}

/// The lines before the checksum, when it is theirs.
fn checked(text: &str) -> Option<&str> {
    let (lines, _) = text.rsplit_once("check = ")?;
    (with_check(lines) == text).then_some(lines)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.to_owned().into_os_string();
    beside.push(ending);
    PathBuf::from(beside)
}

fn refused(what: &'static str, doing: &'static str, path: &Path, error: io::Error) -> KeptError {
    KeptError::Refused { doing, what, path: path.into(), error }
}
