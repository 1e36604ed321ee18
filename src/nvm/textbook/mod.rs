//! Designs of the textbook: a write-ahead journal and a counter, as taught and as repaired.

mod counter;
mod journal;

#[cfg(test)]
pub(crate) use counter::{Act as CounterAct, Acts as CounterActs, Counts, IntentWord};
pub use counter::{FIRST, TRIES, TextbookCounter};
#[cfg(test)]
pub(crate) use journal::{Act as JournalAct, Acts as JournalActs};
pub use journal::{Ranges, TextbookJournal};
