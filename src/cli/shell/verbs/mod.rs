//! What each verb does: from its words to commands, and what the shell makes of the answers.

pub(super) mod authenticate;
pub(super) mod block;
pub(super) mod create;
pub(super) mod inform;
pub(super) mod names;
pub(super) mod pin;
pub(super) mod power;
pub(super) mod read;
pub(super) mod select;
pub(super) mod update;
pub(super) mod write_key;

use super::{error::LineError, session::Outcome};

/// What a verb comes to.
pub(super) type Done = Result<Outcome, LineError>;
