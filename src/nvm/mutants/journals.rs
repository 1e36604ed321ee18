//! Journals that do the right things in a wrong order, or leave one out.

use crate::nvm::textbook::{
    JournalAct::{
        Home, HomeFirst, HomeSecond, Intent, IntentUnlessSet, Log, LogOver, Mark, Rest, Unmark,
    },
    JournalActs,
};

/// The order that holds; each mutant is written as its difference from it.
pub(super) const SOUND: JournalActs = JournalActs {
    change: &[Intent, Log, Mark, Home, Unmark],
    has_intent: true,
    set: &[Mark, Home, Unmark, Rest],
    clear: &[Unmark, Rest],
};

const WITHOUT_INTENT: JournalActs = JournalActs {
    change: &[Log, Mark, Home, Unmark],
    has_intent: false,
    set: &[Mark, Home, Unmark],
    clear: &[Unmark],
};

/// Name and order of each.
#[rustfmt::skip]
pub(super) const MUTANTS: &[(&str, JournalActs)] = &[
    ("journal: marker trusted as read",
        JournalActs { set: &[Home, Unmark], clear: &[], ..WITHOUT_INTENT }),
    ("journal: marker re-programmed only when it reads set",
        JournalActs { clear: &[], ..WITHOUT_INTENT }),
    ("journal: marker erased only when it reads clear",
        JournalActs { set: &[Home, Unmark], ..WITHOUT_INTENT }),
    ("journal: open intent read instead of rewritten",
        JournalActs { change: &[IntentUnlessSet, Log, Mark, Home, Unmark], ..SOUND }),
    ("journal: no log",
        JournalActs { change: &[Home], ..SOUND }),
    ("journal: home before the marker",
        JournalActs { change: &[Intent, Log, Home, Mark, Unmark], ..SOUND }),
    ("journal: one range home before the marker",
        JournalActs { change: &[Intent, Log, HomeFirst, Mark, HomeSecond, Unmark], ..SOUND }),
    ("journal: marker before the log",
        JournalActs { change: &[Intent, Mark, Log, Home, Unmark], ..SOUND }),
    ("journal: intent after the log and the marker",
        JournalActs { change: &[Log, Mark, Intent, Home, Unmark], ..SOUND }),
    ("journal: intent after the first range",
        JournalActs { change: &[Log, Mark, HomeFirst, Intent, HomeSecond, Unmark], ..SOUND }),
    ("journal: log programmed over the old one",
        JournalActs { change: &[Intent, LogOver, Mark, Home, Unmark], ..SOUND }),
    ("journal: marker erased before home",
        JournalActs { change: &[Intent, Log, Mark, Unmark, Home], ..SOUND }),
    ("journal: marker never erased in a change",
        JournalActs { change: &[Intent, Log, Mark, Home], ..SOUND }),
    ("journal: marker erased before home in recovery",
        JournalActs { set: &[Mark, Unmark, Home, Rest], ..SOUND }),
    ("journal: intent erased before home in recovery",
        JournalActs { set: &[Mark, Rest, Home, Unmark], ..SOUND }),
    ("journal: intent erased before the marker in recovery",
        JournalActs { set: &[Mark, Home, Rest, Unmark], ..SOUND }),
    ("journal: intent erased before a clear marker",
        JournalActs { clear: &[Rest, Unmark], ..SOUND }),
    ("journal: intent erased by each change, set by the first",
        JournalActs { change: &[Intent, Log, Mark, Home, Unmark, Rest], ..SOUND }),
    ("journal: marker refreshed by erasing it first",
        JournalActs { set: &[Unmark, Mark, Home, Unmark, Rest], ..SOUND }),
    ("journal: marker re-programmed after home",
        JournalActs { set: &[Home, Mark, Unmark, Rest], ..SOUND }),
    ("journal: marker re-programmed after the first range",
        JournalActs { set: &[HomeFirst, Mark, HomeSecond, Unmark, Rest], ..SOUND }),
    ("journal: half the log copied home",
        JournalActs { set: &[Mark, HomeFirst, Unmark, Rest], ..SOUND }),
    ("journal: a clear marker left alone",
        JournalActs { clear: &[Rest], ..SOUND }),
];
