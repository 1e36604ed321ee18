//! Journals that do the right things in a wrong order, or leave one out.

use crate::explore::design::textbook::journal::{
    Act::{Home, HomeFirst, HomeSecond, Intent, IntentUnlessSet, Log, LogOver, Mark, Rest, Unmark},
    Acts, SOUND,
};

const WITHOUT_INTENT: Acts = Acts {
    change: &[Log, Mark, Home, Unmark],
    has_intent: false,
    set: &[Mark, Home, Unmark],
    clear: &[Unmark],
};

/// Name and order of each, as its difference from the one that holds.
#[rustfmt::skip]
pub(super) const MUTANTS: &[(&str, Acts)] = &[
    ("journal: marker trusted as read",
        Acts { set: &[Home, Unmark], clear: &[], ..WITHOUT_INTENT }),
    ("journal: marker re-programmed only when it reads set",
        Acts { clear: &[], ..WITHOUT_INTENT }),
    ("journal: marker erased only when it reads clear",
        Acts { set: &[Home, Unmark], ..WITHOUT_INTENT }),
    ("journal: open intent read instead of rewritten",
        Acts { change: &[IntentUnlessSet, Log, Mark, Home, Unmark], ..SOUND }),
    ("journal: no log",
        Acts { change: &[Home], ..SOUND }),
    ("journal: home before the marker",
        Acts { change: &[Intent, Log, Home, Mark, Unmark], ..SOUND }),
    ("journal: one range home before the marker",
        Acts { change: &[Intent, Log, HomeFirst, Mark, HomeSecond, Unmark], ..SOUND }),
    ("journal: marker before the log",
        Acts { change: &[Intent, Mark, Log, Home, Unmark], ..SOUND }),
    ("journal: intent after the log and the marker",
        Acts { change: &[Log, Mark, Intent, Home, Unmark], ..SOUND }),
    ("journal: intent after the first range",
        Acts { change: &[Log, Mark, HomeFirst, Intent, HomeSecond, Unmark], ..SOUND }),
    ("journal: log programmed over the old one",
        Acts { change: &[Intent, LogOver, Mark, Home, Unmark], ..SOUND }),
    ("journal: marker erased before home",
        Acts { change: &[Intent, Log, Mark, Unmark, Home], ..SOUND }),
    ("journal: marker never erased in a change",
        Acts { change: &[Intent, Log, Mark, Home], ..SOUND }),
    ("journal: marker erased before home in recovery",
        Acts { set: &[Mark, Unmark, Home, Rest], ..SOUND }),
    ("journal: intent erased before home in recovery",
        Acts { set: &[Mark, Rest, Home, Unmark], ..SOUND }),
    ("journal: intent erased before the marker in recovery",
        Acts { set: &[Mark, Home, Rest, Unmark], ..SOUND }),
    ("journal: intent erased before a clear marker",
        Acts { clear: &[Rest, Unmark], ..SOUND }),
    ("journal: intent erased by each change, set by the first",
        Acts { change: &[Intent, Log, Mark, Home, Unmark, Rest], ..SOUND }),
    ("journal: marker refreshed by erasing it first",
        Acts { set: &[Unmark, Mark, Home, Unmark, Rest], ..SOUND }),
    ("journal: marker re-programmed after home",
        Acts { set: &[Home, Mark, Unmark, Rest], ..SOUND }),
    ("journal: marker re-programmed after the first range",
        Acts { set: &[HomeFirst, Mark, HomeSecond, Unmark, Rest], ..SOUND }),
    ("journal: half the log copied home",
        Acts { set: &[Mark, HomeFirst, Unmark, Rest], ..SOUND }),
    ("journal: a clear marker left alone",
        Acts { clear: &[Rest], ..SOUND }),
];
