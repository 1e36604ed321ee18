//! Counters and PINs in two slots that do the right things in a wrong order, or leave one out.

use crate::nvm::textbook::{
    CounterAct::{
        EraseValue, Intent, IntentUnlessSet, Invalidate, ProgramValue, Rest, Use, Validate,
    },
    CounterActs,
    Counts::{self, Tries, Up, WrongTriesOnly},
    IntentWord::{Guards, NamesSlot, None as Never},
};

/// The order that holds.
pub(super) const SOUND: CounterActs = CounterActs {
    change: &[Intent, Invalidate, EraseValue, ProgramValue, Validate],
    intent: Guards,
    valid: &[ProgramValue, Validate],
    invalid: &[Invalidate],
    last: &[Rest],
};

/// The same for a PIN: counted, then compared.
pub(super) const SOUND_PIN: CounterActs =
    CounterActs { change: &[Intent, Invalidate, EraseValue, ProgramValue, Validate, Use], ..SOUND };

const AS_READ: CounterActs = CounterActs {
    change: &[Invalidate, EraseValue, ProgramValue, Validate],
    intent: Never,
    valid: &[],
    invalid: &[],
    last: &[],
};

const REWRITE: &[crate::nvm::textbook::CounterAct] =
    &[Invalidate, EraseValue, ProgramValue, Validate];

/// Name, what it counts, and order of each.
#[rustfmt::skip]
pub(super) const MUTANTS: &[(&str, Counts, CounterActs)] = &[
    ("counter: newest valid slot, as read",
        Up, AS_READ),
    ("counter: both slots rewritten at power-up",
        Up, CounterActs { valid: REWRITE, invalid: &[Invalidate], ..AS_READ }),
    ("counter: rewritten when an intent says so",
        Up, CounterActs { valid: REWRITE, ..SOUND }),
    ("counter: intent names the slot, slot rewritten",
        Up, CounterActs { intent: NamesSlot, valid: REWRITE, ..SOUND }),
    ("counter: intent names the slot",
        Up, CounterActs { intent: NamesSlot, ..SOUND }),
    ("counter: open intent read instead of rewritten",
        Up, CounterActs { change: &[IntentUnlessSet, Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: set validity trusted as read",
        Up, CounterActs { valid: &[], ..SOUND }),
    ("counter: clear validity trusted as read",
        Up, CounterActs { invalid: &[], ..SOUND }),
    ("counter: validity set before the value",
        Up, CounterActs { change: &[Intent, Invalidate, Validate, EraseValue, ProgramValue], ..SOUND }),
    ("counter: validity not erased before the value",
        Up, CounterActs { change: &[Intent, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: value erased before its validity",
        Up, CounterActs { change: &[Intent, EraseValue, Invalidate, ProgramValue, Validate], ..SOUND }),
    ("counter: value programmed over the old one",
        Up, CounterActs { change: &[Intent, Invalidate, ProgramValue, Validate], ..SOUND }),
    ("counter: never told valid",
        Up, CounterActs { change: &[Intent, Invalidate, EraseValue, ProgramValue], ..SOUND }),
    ("counter: changed without its intent",
        Up, CounterActs { change: &[Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("counter: intent after the change",
        Up, CounterActs { change: &[Invalidate, EraseValue, ProgramValue, Validate, Intent], ..SOUND }),
    ("counter: intent erased before the slots are settled",
        Up, CounterActs { valid: &[Rest, ProgramValue, Validate], invalid: &[Rest, Invalidate], last: &[], ..SOUND }),
    ("counter: validity refreshed by erasing it first",
        Up, CounterActs { valid: &[Invalidate, Validate], ..SOUND }),
    ("PIN: compared, then counted",
        WrongTriesOnly, CounterActs { change: &[Intent, Use, Invalidate, EraseValue, ProgramValue, Validate], ..SOUND }),
    ("PIN: compared before the count is valid",
        WrongTriesOnly, CounterActs { change: &[Intent, Invalidate, EraseValue, ProgramValue, Use, Validate], ..SOUND }),
    ("PIN: two slots, as read",
        WrongTriesOnly, CounterActs { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use], ..AS_READ }),
    ("PIN: two slots, as read, and tries given back",
        Tries, CounterActs { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use], ..AS_READ }),
    ("PIN: both slots rewritten at power-up",
        WrongTriesOnly, CounterActs { change: SOUND_PIN.change, valid: REWRITE, ..SOUND }),
    ("PIN: slots settled without an intent set first",
        WrongTriesOnly, CounterActs { change: &[Invalidate, EraseValue, ProgramValue, Validate, Use, Intent], ..SOUND }),
];
