//! What an entry changes, all or nothing: the state, the new record, the flag of an old one, the
//! record of a year that is over, in one transaction.
//!
//! Answers are written before anything is stored: what is solid has been computed, and a terminal
//! that did not get it asks for it with PROOF.

use tessera_cos::{record, social::failures::Counted};
use tessera_framework::{Env, Halt, Outcome};

use crate::{
    entry::{Entry, FLAGS_AT},
    event::Event,
    files::{self, Placed},
    state::{State, UNSTATED_MAX},
    words::{RANGE_END, STATEMENT_DUE, require},
    year::YEAR_BYTES,
};

/// What moves together with an entry.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside<'a> {
    /// The MAC that asked for it, which was right.
    pub(crate) counted: Option<Counted>,
    /// An old entry and the flags it has from now on.
    pub(crate) flagged: Option<(&'a Placed, u8)>,
    /// The record of a year that is over.
    pub(crate) year: Option<&'a [u8; YEAR_BYTES]>,
}

/// Makes an entry and the state that comes of it solid.
///
/// # Errors
/// 6A84 beyond the commit capacity; 6581; `Torn`: everything is as before or as after.
pub(crate) fn entry(
    env: &mut Env<'_>,
    state: &State,
    entry: &Entry,
    beside: Beside<'_>,
) -> Outcome {
    let entries = files::entries(env)?;
    env.atomically(|env| {
        if let Some(counted) = beside.counted {
            counted.right(env)?;
        }
        // The flag first: when the old entry is the oldest, the new one takes its place.
        if let Some((placed, flags)) = beside.flagged {
            env.store(placed.at + FLAGS_AT, &[flags])?;
        }
        let bytes = entry.encode();
        record::add(env, &entries, bytes.len(), &bytes)?;
        if let Some(year) = beside.year {
            let years = files::years(env)?;
            record::add(env, &years, year.len(), year)?;
        }
        state.store(env)
    })
}

/// Makes an event and the state that comes of it solid.
///
/// # Errors
/// As [`entry`].
pub(crate) fn event(env: &mut Env<'_>, state: &State, event: &Event) -> Outcome {
    let events = files::events(env)?;
    env.atomically(|env| {
        let bytes = event.encode();
        record::add(env, &events, bytes.len(), &bytes)?;
        state.store(env)
    })
}

/// There is room for an entry that need not wait for a statement.
///
/// # Errors
/// 9481 when as many as the log holds are in no statement.
pub(crate) fn require_room(state: &State) -> Outcome {
    require(state.unstated() < UNSTATED_MAX, STATEMENT_DUE)
}

/// The counter after what comes from the authority.
///
/// # Errors
/// 9402 when it is at its end; the sequence of entries likewise.
pub(crate) fn count(counter: u16, state: &State) -> Result<(u16, u32), Halt> {
    let end = Halt::Status(RANGE_END);
    Ok((counter.checked_add(1).ok_or(end)?, state.sequence.checked_add(1).ok_or(end)?))
}
