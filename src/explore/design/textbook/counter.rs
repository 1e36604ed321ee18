//! A counter in two slots of the textbook, in the manner of the counters of the MIFARE Ultralight
//! EV1 (CVE-2021-33881); and tries of a PIN in the same two slots.
//!
//! Each slot has a value and a validity word. A change writes the slot that does not count. Like
//! the textbook's journal it is written down as what it does in which order.

use crate::{
    explore::design::{Design, Pulsed, Rig},
    nvm::{
        Geometry, Memory, Pulse, WORD_BYTES,
        counter::VALID,
        journal::{INTENT, MARKER},
    },
};

/// A counter in two slots: what it does in a change, and at power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextbookCounter {
    geometry: Geometry,
    counts: Counts,
    acts: Acts,
}

/// Which way it counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counts {
    /// A counter that must never go back, from [`FIRST`].
    Up,
    /// Tries of a PIN: three wrong presentations, then a right one that gives the tries back.
    Tries,
    /// Tries of a PIN and wrong presentations alone, held to the number of comparisons.
    WrongTriesOnly,
}

/// What a counter does, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acts {
    /// A change, in the slot that does not count.
    pub change: &'static [Act],
    /// Which power-ups do anything.
    pub intent: IntentWord,
    /// At power-up, for each slot whose validity word reads set.
    pub valid: &'static [Act],
    /// For each slot whose validity word does not.
    pub invalid: &'static [Act],
    /// After the slots.
    pub last: &'static [Act],
}

/// What the intent word is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntentWord {
    /// There is none: every power-up settles.
    None,
    /// A power-up whose intent reads idle does nothing.
    Guards,
    /// It names the slot, and no other is settled.
    NamesSlot,
}

/// One thing a counter does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Sets the intent, with a pulse even where it reads set.
    Intent,
    /// Sets the intent, unless it reads set.
    IntentUnlessSet,
    /// Erases the intent.
    Rest,
    /// Erases the slot's validity word.
    Invalidate,
    /// Erases the slot's value.
    EraseValue,
    /// Programs the slot's value.
    ProgramValue,
    /// Programs the slot's validity word.
    Validate,
    /// Compares the PIN: what the tries are there to limit.
    Use,
}

/// What the textbook says: the newest slot that reads valid is the counter.
pub const TAUGHT: Acts = Acts {
    change: &[Act::Invalidate, Act::EraseValue, Act::ProgramValue, Act::Validate],
    intent: IntentWord::None,
    valid: &[],
    invalid: &[],
    last: &[],
};

/// What holds: every word made solid before it is trusted, and idle power-ups free of pulses.
pub const SOUND: Acts = Acts {
    change: &[Act::Intent, Act::Invalidate, Act::EraseValue, Act::ProgramValue, Act::Validate],
    intent: IntentWord::Guards,
    valid: &[Act::ProgramValue, Act::Validate],
    invalid: &[Act::Invalidate],
    last: &[Act::Rest],
};

/// What a counter up begins with.
pub const FIRST: u16 = 11;
/// What tries begin with.
pub const TRIES: u16 = 3;

/// A slot's value and its place in the order of changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Number {
    value: u16,
    sequence: u16,
}

impl TextbookCounter {
    /// Counts up, as taught.
    #[must_use]
    pub const fn taught(geometry: Geometry) -> Self {
        Self::of(geometry, Counts::Up, TAUGHT)
    }

    /// This order.
    #[must_use]
    pub const fn of(geometry: Geometry, counts: Counts, acts: Acts) -> Self {
        Self { geometry, counts, acts }
    }

    const fn part_bytes(&self) -> u32 {
        self.geometry.whole_units(WORD_BYTES as u32)
    }

    /// Addresses of a slot's value and of its validity word.
    const fn slot(&self, n: usize) -> (u32, u32) {
        let page = self.geometry.whole_pages(2 * self.part_bytes());
        let at = page * (1 + n as u32);
        (at, at + self.part_bytes())
    }

    fn first(&self) -> u16 {
        if self.counts == Counts::Up { FIRST } else { TRIES }
    }

    /// Whether the change `step` is one that the tries limit.
    fn is_attempt(&self, step: u32) -> bool {
        self.counts == Counts::WrongTriesOnly || step % 4 != 3
    }

    fn number<M: Memory>(&self, memory: &M, slot: usize) -> Number {
        let [a, b, c, d] = memory.read_array(self.slot(slot).0);
        Number { value: u16::from_be_bytes([a, b]), sequence: u16::from_be_bytes([c, d]) }
    }

    /// The slot that counts, as memory reads now.
    fn newest<M: Memory>(&self, memory: &mut M) -> Option<(usize, Number)> {
        let [first, second] = [0, 1].map(|slot| {
            let valid = memory.reads_as(self.slot(slot).1, VALID);
            valid.then(|| (slot, self.number(memory, slot)))
        });
        match (first, second) {
            (Some(a), Some(b)) => Some(if b.1.sequence > a.1.sequence { b } else { a }),
            (one, other) => one.or(other),
        }
    }

    fn erase<M: Memory>(&self, memory: &mut M, at: u32) -> Pulsed {
        memory.pulse(Pulse::Erase { at, bytes: self.part_bytes() })
    }

    fn act<M: Memory>(&self, act: Act, memory: &mut M, slot: usize, number: Number) -> Pulsed {
        let (value_at, validity_at) = self.slot(slot);
        let intent = self.intent(slot);
        match act {
            Act::IntentUnlessSet if memory.reads_as(0, intent) => Ok(()),
            Act::Intent | Act::IntentUnlessSet => {
                memory.pulse(Pulse::Program { at: 0, data: &intent })
            }
            Act::Rest => self.erase(memory, 0),
            Act::Invalidate => self.erase(memory, validity_at),
            Act::EraseValue => self.erase(memory, value_at),
            Act::ProgramValue => {
                let ([a, b], [c, d]) = (number.value.to_be_bytes(), number.sequence.to_be_bytes());
                memory.pulse(Pulse::Program { at: value_at, data: &[a, b, c, d] })
            }
            Act::Validate => memory.pulse(Pulse::Program { at: validity_at, data: &VALID }),
            Act::Use => Ok(()),
        }
    }

    fn intent(&self, slot: usize) -> [u8; WORD_BYTES] {
        if self.acts.intent == IntentWord::NamesSlot && slot == 1 { MARKER } else { INTENT }
    }

    /// Which slots a power-up settles.
    fn doubtful_slots<M: Memory>(&self, memory: &mut M) -> [bool; 2] {
        match self.acts.intent {
            IntentWord::None if self.acts.valid.is_empty() && self.acts.invalid.is_empty() => {
                [false; 2]
            }
            IntentWord::None => [true; 2],
            IntentWord::Guards => [!memory.reads_as(0, [self.geometry.erased; WORD_BYTES]); 2],
            IntentWord::NamesSlot => {
                let first = memory.reads_as(0, self.intent(0));
                [first, !first && memory.reads_as(0, self.intent(1))]
            }
        }
    }
}

impl Design for TextbookCounter {
    type Ram = ();
    type Value = u16;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn bytes(&self) -> u32 {
        self.geometry.whole_pages(self.slot(1).1 + self.part_bytes())
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        for (slot, sequence) in [(0, 1), (1, 2)] {
            let down = if self.counts == Counts::Up { 2 - sequence } else { 0 };
            let number = Number { value: self.first() - down, sequence };
            self.act(Act::ProgramValue, memory, slot, number)?;
            self.act(Act::Validate, memory, slot, number)?;
        }
        Ok(())
    }

    fn settle<M: Memory>(&self, memory: &mut M, (): &mut ()) -> Pulsed {
        let doubtful = self.doubtful_slots(memory);
        for slot in (0..2).filter(|&slot| doubtful[slot]) {
            let valid = memory.reads_as(self.slot(slot).1, VALID);
            let acts = if valid { self.acts.valid } else { self.acts.invalid };
            let wanted = acts.contains(&Act::ProgramValue);
            let nothing = Number { value: 0, sequence: 0 };
            let number = if wanted { self.number(memory, slot) } else { nothing };
            acts.iter().try_for_each(|&act| self.act(act, memory, slot, number))?;
        }
        if doubtful != [false; 2] || self.acts.intent == IntentWord::NamesSlot {
            let nothing = Number { value: 0, sequence: 0 };
            self.acts.last.iter().try_for_each(|&act| self.act(act, memory, 0, nothing))?;
        }
        Ok(())
    }

    fn value<M: Memory>(&self, memory: &mut M, (): &()) -> u16 {
        self.newest(memory).map_or(0, |(_, number)| number.value)
    }

    fn change<R: Rig>(&self, rig: &mut R, (): &mut (), step: u32) -> Pulsed {
        let newest = self.newest(rig);
        let old = newest.map_or(0, |(_, number)| number.value);
        let is_attempt = self.is_attempt(step);
        if self.counts != Counts::Up && is_attempt && old == 0 {
            return Ok(());
        }
        let slot = newest.map_or(0, |(slot, _)| 1 - slot);
        let sequence = newest.map_or(0, |(_, number)| number.sequence).wrapping_add(1);
        let number = Number { value: self.after(&old, step), sequence };
        for &act in self.acts.change {
            if act == Act::Use && is_attempt {
                rig.use_up();
            }
            self.act(act, rig, slot, number)?;
        }
        Ok(())
    }

    fn after(&self, value: &u16, step: u32) -> u16 {
        match self.counts {
            Counts::Up => value.wrapping_add(1),
            _ if self.is_attempt(step) => value.saturating_sub(1),
            _ => TRIES,
        }
    }

    fn tries_left(&self, value: &u16) -> Option<u32> {
        (self.counts != Counts::Up).then_some(u32::from(*value))
    }

    fn is_back(&self, was: &u16, is: &u16) -> bool {
        self.counts == Counts::Up && is < was
    }

    fn is_decided_once(&self) -> bool {
        self.counts != Counts::WrongTriesOnly
    }

    fn place(&self, at: u32) -> String {
        let [(first, first_validity), (second, second_validity)] = [0, 1].map(|n| self.slot(n));
        let what = match at {
            _ if at < first => "intent",
            _ if at < first_validity => "slot A value",
            _ if at < second => "slot A validity",
            _ if at < second_validity => "slot B value",
            _ => "slot B validity",
        };
        what.into()
    }
}
