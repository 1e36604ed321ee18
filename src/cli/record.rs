//! Recording what happens in a slot as a vector file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tessera::{
    Card,
    trace::Event,
    vectors::{EXTENSION, Recorder, Recording},
};

/// A vector file being written.
pub(crate) struct VectorFile {
    file: File,
    recorder: Recorder,
}

/// Why nothing is recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("{path}: expected a file name that ends in .{EXTENSION}")]
    Name { path: PathBuf },
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
}

impl VectorFile {
    /// A new file with the header for this card; one that is there is not overwritten.
    pub(crate) fn create(path: &Path, card: &Card) -> Result<Self, RecordError> {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_vector = path.extension().is_some_and(|extension| extension == EXTENSION);
        let (Some(name), true) = (stem, is_vector) else {
            return Err(RecordError::Name { path: path.into() });
        };
        let refused = |error| RecordError::File { path: path.into(), error };
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(path).map_err(refused)?;
        let header = Recording {
            name,
            clause: "a recorded session",
            source: "recorded",
            profile: Some(&card.profile().name),
        };
        file.write_all(header.header().as_bytes()).map_err(refused)?;
        Ok(Self { file, recorder: Recorder::default() })
    }

    /// Writes an event's steps; a full disk is told once for each.
    pub(crate) fn write(&mut self, event: &Event<'_>) {
        let steps = self.recorder.steps(event);
        if let Err(error) = self.file.write_all(steps.as_bytes()) {
            eprintln!("tessera: the session is not recorded: {error}");
        }
    }
}
