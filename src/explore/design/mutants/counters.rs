//! Counters and PINs in two slots that do the right things in a wrong order, or leave one out.

use crate::explore::design::textbook::counter::{
    Act::{
        self, EraseValue, Intent, IntentUnlessSet, Invalidate, ProgramValue, Rest, Use, Validate,
    },
    Acts,
    Counts::{self, Tries, Up, WrongTriesOnly},
    IntentWord::NamesSlot,
    SOUND, TAUGHT as AS_READ,
};

/// The order that holds for a PIN: counted, then compared.
pub(super) const SOUND_PIN: Acts =
    Acts { change: &[Intent, Invalidate, EraseValue, ProgramValue, Validate, Use], ..SOUND };

const REWRITE: &[Act] = &[Invalidate, EraseValue, ProgramValue, Validate];

/// Name, what it counts, and order of each.
#[rustfmt::skip]
pub(super) const MUTANTS: &[(&str, Counts, Acts)] = &[
    ("counter: newest valid slot, as read",
        Up, AS_READ),
    ("counter: both slots rewritten at power-up",
        Up, Acts { valid: REWRITE, invalid: &[Invalidate], ..AS_READ }),
    ("counter: rewritten when an intent says so",
        Up, Acts { valid: REWRITE, ..SOUND }),
    ("counter: intent names the slot, slot rewritten",
        Up, Acts { intent: NamesSlot, valid: REWRITE, ..SOUND }),
    ("counter: intent names the slot",
        Up, Acts { intent: NamesSlot, ..SOUND }),
    ("counter: open intent read instead of rewritten",
        Up, Acts { change: &[IntentUnlessSet, Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: set validity trusted as read",
        Up, Acts { valid: &[], ..SOUND }),
    ("counter: clear validity trusted as read",
        Up, Acts { invalid: &[], ..SOUND }),
    ("counter: validity set before the value",
        Up, Acts { change: &[Intent, Invalidate, Validate, EraseValue, ProgramValue], ..SOUND }),
    ("counter: validity not erased before the value",
        Up, Acts { change: &[Intent, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: value erased before its validity",
        Up, Acts { change: &[Intent, EraseValue, Invalidate, ProgramValue, Validate], ..SOUND }),
    ("counter: value programmed over the old one",
        Up, Acts { change: &[Intent, Invalidate, ProgramValue, Validate], ..SOUND }),
    ("counter: never told valid",
        Up, Acts { change: &[Intent, Invalidate, EraseValue, ProgramValue], ..SOUND }),
    ("counter: changed without its intent",
        Up, Acts { change: &[Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: intent after the change",
        Up, Acts { change: &[Invalidate, EraseValue, ProgramValue, Validate, Intent], ..SOUND }),
    ("counter: intent erased before the slots are settled",
        Up, Acts { valid: &[Rest, ProgramValue, Validate], invalid: &[Rest, Invalidate], last: &[], ..SOUND }),
    ("counter: validity refreshed by erasing it first",
        Up, Acts { valid: &[Invalidate, Validate], ..SOUND }),
    ("PIN: compared, then counted",
        WrongTriesOnly, Acts { change: &[Intent, Use, Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("PIN: compared before the count is valid",
        WrongTriesOnly, Acts { change: &[Intent, Invalidate, EraseValue, ProgramValue, Use, Validate], ..SOUND }),
    ("PIN: two slots, as read",
        WrongTriesOnly, Acts { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use], ..AS_READ }),
    ("PIN: two slots, as read, and tries given back",
        Tries, Acts { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use], ..AS_READ }),
    ("PIN: both slots rewritten at power-up",
        WrongTriesOnly, Acts { change: SOUND_PIN.change, valid: REWRITE, ..SOUND }),
    ("PIN: slots settled without an intent set first",
        WrongTriesOnly, Acts { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use, Intent], ..SOUND }),
];
