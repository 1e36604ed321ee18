//! How a reader's dealings with a card can end badly.

/// What went wrong, and at what.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PcdError {
    /// Nothing was heard, also when asked again.
    #[error("nothing was heard after {after}")]
    Silence {
        /// What was sent.
        after: &'static str,
    },
    /// What was heard was damaged, also when asked again.
    #[error("nothing whole was heard after {after}; the last was {got}")]
    Damage {
        /// What was sent.
        after: &'static str,
        /// What was heard last.
        got: String,
    },
    /// What was heard breaks the protocol.
    #[error("expected {expected} after {after}, got {got}")]
    Protocol {
        /// What was sent.
        after: &'static str,
        /// What should have come.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The card does not do what is asked of it.
    #[error("the card has no {0}")]
    Unsupported(&'static str),
    /// The command is longer than the card can take.
    #[error("a command of {bytes} bytes, where the card takes {most}")]
    TooLong {
        /// Bytes of the command.
        bytes: usize,
        /// Bytes the card said it can take.
        most: usize,
    },
    /// The session has ended, by S(DESELECT) or by an error; the card must be activated again.
    /// After an error it may still need S(DESELECT) first.
    #[error("the session with the card has ended")]
    Ended,
}
