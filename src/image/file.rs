//! The file a card is kept in: claimed by one keeper, written whole, never half.
//!
//! Whoever keeps a card in a file, be it a server, `send` or `new`, does so through [`ImageFile`];
//! whoever only looks ([`open_file`]) needs no claim, for the file is whole at every moment.
//!
//! Invariants:
//! * the file holds the last image that was saved or the one before it, whole: an image is written
//!   beside it (`.new`) and renamed over it;
//! * one keeper at a time, by whatever name: the claim is a lock on a file beside the file that the
//!   name leads to (`.lock`), a link stays a link, and a file with two names is refused;
//! * what is opened is read under the claim, so it is the last that the keeper before has saved;
//! * a file that another program has changed since is not written over.
//!
//! **A killed process** loses nothing that was saved: the operating system has it. Its claim ends
//! with it. What it leaves beside the file (`.new`, `.lock`) the next keeper clears away; one that
//! ends in order leaves nothing.
//!
//! **A crashed machine** is another matter: what the operating system has, the disk may not have
//! yet. Without [`synced`](ImageFile::synced) the last saves may be missing after a crash, and a
//! file system that reorders may leave an empty file, which is refused as no image, never misread.
//! With it each save waits for the disk, the file's bytes before the rename and the directory
//! behind it: what was saved is there after a crash too, as far as the disk itself is honest.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use super::{ImageError, open, save};
use crate::Card;

/// Ends of the names beside an image.
const NEW: &str = ".new";
const LOCK: &str = ".lock";
/// No image of an 80 KiB card comes near this.
const IMAGE_BYTES_MAX: u64 = 4 << 20;
/// Bytes written at once.
const PART_BYTES: usize = 4096;
/// How often a claim is tried while keepers come and go at the same moment.
const CLAIMS_MAX: u32 = 64;

/// Why a card is not kept in a file, or not opened from it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {doing} {path}: {error}{}", hint(error.kind()))]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The file is not a card.
    #[error("{path}: {error}")]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: ImageError,
    },
    /// Another keeper has the file.
    #[error(
        "{path} is in use: another program keeps a card in it, or another slot of this one; \
         expected a file of its own for each card"
    )]
    Kept {
        /// The file.
        path: PathBuf,
    },
    /// Another program wrote the file although it was claimed.
    #[error(
        "{path} was changed by another program, expected it as it was last saved here; it is left \
         as it is: start again to go on with the card that is in it"
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file's permissions let nobody write it.
    #[error(
        "{path} is read-only, expected a file that may be written; `chmod u+w` lets a card be kept \
         in it"
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file has other names, which a save would leave with an old card.
    #[error("{path} has {names} names (hard links), expected one")]
    Names {
        /// The file.
        path: PathBuf,
        /// How many.
        names: u64,
    },
    /// The path leads to something else.
    #[error("{path} is {got}, expected a file")]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        got: &'static str,
    },
    /// The path does not end in a name that a card can be kept under.
    #[error("{path}: expected the name of a file, one that does not end in {NEW} or {LOCK}")]
    Name {
        /// The path.
        path: PathBuf,
    },
}

/// What the operator can do.
fn hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; an image is written beside the old one, so its directory must be writable too"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; an image needs room for a second one beside it"
        }
        _ => "",
    }
}

fn refused(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> FileError {
    let path = path.to_owned();
    move |error| FileError::Refused { doing, path: path.clone(), error }
}

/// Opens a saved card to look at it, without power and without a claim.
///
/// # Errors
/// [`FileError::Refused`], [`FileError::NoFile`], [`FileError::Image`].
pub fn open_file(path: &Path) -> Result<Card, FileError> {
    let metadata = fs::metadata(path).map_err(refused("open", path))?;
    plain(path, &metadata)?;
    let mut image = Vec::new();
    File::open(path)
        .and_then(|file| file.take(IMAGE_BYTES_MAX + 1).read_to_end(&mut image))
        .map_err(refused("read", path))?;
    let wrong = |error| FileError::Image { path: path.into(), error };
    if image.len() as u64 > IMAGE_BYTES_MAX {
        return Err(wrong(ImageError::Damaged { what: "it is larger than any card" }));
    }
    open(&image).map_err(wrong)
}

fn plain(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
    let got = match metadata.file_type() {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a directory",
        kind if kind.is_symlink() => "a link",
        _ => "a device or a pipe",
    };
    Err(FileError::NoFile { path: path.into(), got })
}

/// A file claimed by one keeper. The claim ends when the value is dropped or the process ends,
/// however it ends.
#[derive(Debug)]
pub struct ImageFile {
    /// Where the name that was given leads to.
    path: PathBuf,
    lock: File,
    /// The file that was there when it was claimed, or that was last written here: open, so that no
    /// other can be taken for it.
    own: Option<File>,
    synced: bool,
}

/// Between which steps a save can be stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Clear,
    Create,
    Permit,
    Write,
    Sync,
    Rename,
    SyncDirectory,
    Done,
}

impl ImageFile {
    /// Claims a file, which need not be there yet. What an interrupted save left is cleared away.
    ///
    /// # Errors
    /// [`FileError`]: another keeper has it, or no card can be kept there.
    pub fn claim(path: &Path) -> Result<Self, FileError> {
        let path = resolved(path)?;
        let name = path.as_os_str().as_encoded_bytes();
        if name.ends_with(NEW.as_bytes()) || name.ends_with(LOCK.as_bytes()) {
            return Err(FileError::Name { path });
        }
        let lock = lock(&path)?;
        let mut file = Self { path, lock, own: None, synced: false };
        file.own = file.replaceable()?;
        file.clear(&file.beside(NEW))?;
        Ok(file)
    }

    /// Each save waits for the disk, or does not.
    #[must_use]
    pub fn synced(mut self, synced: bool) -> Self {
        self.synced = synced;
        self
    }

    /// Where the name that was claimed leads to.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// There is a file, whatever is in it.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.own.is_some()
    }

    /// The card in the file, without power; `None` when there is no file yet.
    ///
    /// # Errors
    /// [`FileError::Refused`], [`FileError::Image`].
    pub fn open(&self) -> Result<Option<Card>, FileError> {
        self.exists().then(|| open_file(&self.path)).transpose()
    }

    /// Saves a card. After an error the file holds the image before or this one, whole.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn save(&mut self, card: &Card) -> Result<(), FileError> {
        self.write(&save(card))
    }

    /// Writes an image. After an error the file holds the image before or this one, whole.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&mut self, image: &[u8]) -> Result<(), FileError> {
        self.write_by(image, &mut |_| Ok(()))
    }

    /// Writes an image; a step may fail.
    fn write_by(
        &mut self,
        image: &[u8],
        before: &mut dyn FnMut(Step) -> io::Result<()>,
    ) -> Result<(), FileError> {
        // Whoever removed the directory, or the lock by hand, took the claim away.
        if !is_at(&self.lock, &self.beside(LOCK)) {
            self.lock = lock(&self.path)?;
        }
        self.step_by_step(image, before).inspect_err(|_| {
            // Half an image takes room that the next try needs. The error before it is to be told.
            let _ = fs::remove_file(self.beside(NEW));
        })
    }

    /// The steps of a save. It may be left behind any of them, as by a process that is killed.
    fn step_by_step(
        &mut self,
        image: &[u8],
        before: &mut dyn FnMut(Step) -> io::Result<()>,
    ) -> Result<(), FileError> {
        let new = self.beside(NEW);
        let old = self.replaceable()?;
        let own = || self.own.as_ref().is_some_and(|own| is_at(own, &self.path));
        if old.is_some() && !own() {
            return Err(FileError::Changed { path: self.path.clone() });
        }
        before(Step::Clear).map_err(refused("remove", &new))?;
        self.clear(&new)?;
        let mut file = before(Step::Create)
            .and_then(|()| create(&new, old.is_some()))
            .map_err(refused("create", &new))?;
        if let Some(old) = &old {
            before(Step::Permit)
                .and_then(|()| file.set_permissions(old.metadata()?.permissions()))
                .map_err(refused("set the permissions of", &new))?;
        }
        for part in image.chunks(PART_BYTES) {
            before(Step::Write)
                .and_then(|()| file.write_all(part))
                .map_err(refused("write", &new))?;
        }
        if self.synced {
            before(Step::Sync).and_then(|()| file.sync_all()).map_err(refused("sync", &new))?;
        }
        before(Step::Rename)
            .and_then(|()| fs::rename(&new, &self.path))
            .map_err(refused("replace", &self.path))?;
        self.own = Some(file);
        if self.synced && cfg!(unix) {
            let directory = self.path.parent().unwrap_or(Path::new("."));
            before(Step::SyncDirectory)
                .and_then(|()| File::open(directory)?.sync_all())
                .map_err(refused("sync", directory))?;
        }
        before(Step::Done).map_err(refused("leave", &self.path))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        beside(&self.path, ending)
    }

    /// Removes a file or link if it is there.
    fn clear(&self, path: &Path) -> Result<(), FileError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(refused("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The file that a save replaces, `None` when there is none.
    fn replaceable(&self) -> Result<Option<File>, FileError> {
        let path = &self.path;
        let metadata = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            metadata => metadata.map_err(refused("look at", path))?,
        };
        plain(path, &metadata)?;
        // Asked for by its permissions too, for root may write it all the same.
        if metadata.permissions().readonly() {
            return Err(FileError::ReadOnly { path: path.clone() });
        }
        let file = OpenOptions::new().write(true).open(path).map_err(refused("write", path))?;
        match names(&metadata) {
            1 => Ok(Some(file)),
            names => Err(FileError::Names { path: path.clone(), names }),
        }
    }
}

impl Drop for ImageFile {
    fn drop(&mut self) {
        let path = self.beside(LOCK);
        // Safe while it is locked: who has opened it before finds that it is gone, and tries again.
        if cfg!(unix) && is_at(&self.lock, &path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The file that a name leads to, through links and from the root, also when it is not there yet.
fn resolved(path: &Path) -> Result<PathBuf, FileError> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        path_there => return path_there.map_err(refused("open", path)),
    }
    if fs::symlink_metadata(path).is_ok() {
        let got = "a link to a file that is not there";
        return Err(FileError::NoFile { path: path.into(), got });
    }
    let name = path.file_name().ok_or_else(|| FileError::Name { path: path.into() })?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    Ok(fs::canonicalize(directory).map_err(refused("open the directory", directory))?.join(name))
}

/// Locks the file beside an image.
fn lock(path: &Path) -> Result<File, FileError> {
    let beside = beside(path, LOCK);
    for _ in 0..CLAIMS_MAX {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&beside);
        let file = file.map_err(refused("create", &beside))?;
        match file.try_lock() {
            // A keeper that left in between has taken the file with it.
            Ok(()) if !is_at(&file, &beside) => {}
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(error)) => return Err(refused("lock", &beside)(error)),
        }
    }
    Err(FileError::Kept { path: path.into() })
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A new file. One that replaces another is its owner's alone until it has the permissions of that:
/// an image holds what a PIN guards.
fn create(path: &Path, replaces: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if replaces {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = replaces;
    options.open(path)
}

/// Whether the path still names the file that is open.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: Metadata, b: Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().and_then(|held| Ok(same(held, fs::metadata(path)?))).unwrap_or(false)
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

#[cfg(test)]
mod tests;
