//! Designs of the textbook, a write-ahead journal and a counter in two slots, as taught and as they
//! hold; and any other order in which they may do what they do.

pub mod counter;
pub mod journal;

pub use counter::{FIRST, TRIES, TextbookCounter};
pub use journal::{Ranges, TextbookJournal};
