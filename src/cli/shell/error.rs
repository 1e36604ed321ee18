//! Why a line could not be done, or its answer is not as it should be.

use std::path::PathBuf;

use super::card::NoAnswer;

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// The line is not one the shell reads.
    #[error("expected {expected}, got {got}")]
    Line {
        /// What should stand there.
        expected: String,
        /// What does.
        got: String,
    },
    /// The words behind a verb are not as it needs them.
    #[error("{verb}: expected {expected}, got {got}\n  usage: {usage}")]
    Verb {
        /// The verb.
        verb: &'static str,
        /// What should stand there.
        expected: String,
        /// What does.
        got: String,
        /// How the verb is used.
        usage: &'static str,
    },
    /// A key is needed that nobody has told.
    #[error("no key {key} of {df} is known; `key {key} = HEX` tells it, or --keys FILE")]
    NoKey {
        /// The key's name.
        key: String,
        /// The directory it belongs to.
        df: String,
    },
    /// The card gave no challenge, so nothing could be computed.
    #[error("the card gave no challenge: {0}")]
    NoChallenge(String),
    /// The answer is not as expected.
    #[error("expected {expected}, got {got}")]
    Unexpected {
        /// What should have come.
        expected: String,
        /// What came.
        got: String,
    },
    /// There is no answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// A line of a script failed.
    #[error("{file}:{line}: {text}\n  {error}")]
    Script {
        /// The script.
        file: String,
        /// Line number from 1.
        line: usize,
        /// The line.
        text: String,
        /// What is wrong with it.
        error: Box<LineError>,
    },
    /// A script that goes on in spite of failures has had some.
    #[error("{file}: {failures} lines failed")]
    Failures {
        /// The script.
        file: String,
        /// How many.
        failures: usize,
    },
    /// A file cannot be read.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// A file of keys has a line that is none.
    #[error("{path}:{line}: {error}")]
    Keys {
        /// The file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
        /// What is wrong with it.
        error: Box<LineError>,
    },
}

impl LineError {
    /// Something else should stand there.
    pub(super) fn wrong(expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Line { expected: expected.into(), got: got.into() }
    }
}
