//! A write-ahead journal of the textbook, for two ranges on two pages.
//!
//! One page of log, one marker word, perhaps an intent word. A journal is written down as what it
//! does in which order, so that a wrong order is a journal as well.

use std::fmt;

use crate::{
    explore::design::{Design, Pulsed, Rig},
    nvm::{
        Geometry, Memory, Pulse, WORD_BYTES,
        journal::{INTENT, MARKER},
    },
};

/// A small journal: what it does in a change, and at power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextbookJournal {
    geometry: Geometry,
    acts: Acts,
}

/// What a journal keeps in two ranges on two pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ranges(pub [u16; 2]);

impl Ranges {
    /// What the change `step` writes.
    pub(crate) const fn after(step: u32) -> Self {
        let step = step as u16;
        let noise = step % 2 * 0x0F0F;
        Self([(0x3434 + step * 0x1010) ^ noise, (0x5656 + step * 0x1111) ^ noise])
    }
}

impl fmt::Debug for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second]) = self;
        write!(f, "{first:04X} {second:04X}")
    }
}

/// What a journal does, in order; its acts are those of [`SOUND`] or of your own mind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acts {
    /// A change.
    pub change: &'static [Act],
    /// A power-up whose intent does not read idle; without one, every power-up.
    pub has_intent: bool,
    /// When the marker reads set.
    pub set: &'static [Act],
    /// When it does not.
    pub clear: &'static [Act],
}

/// One thing a journal does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Sets the intent, once per session.
    Intent,
    /// Sets the intent, unless it reads set.
    IntentUnlessSet,
    /// Erases the intent.
    Rest,
    /// Writes the log: erase and program.
    Log,
    /// Programs the log over the old one.
    LogOver,
    /// Sets the marker.
    Mark,
    /// Erases the marker.
    Unmark,
    /// Writes both ranges home.
    Home,
    /// Writes the first range home.
    HomeFirst,
    /// Writes the second range home.
    HomeSecond,
}

/// What the textbook says: the log is copied home if the marker reads set.
pub const TAUGHT: Acts = Acts {
    change: &[Act::Log, Act::Mark, Act::Home, Act::Unmark],
    has_intent: false,
    set: &[Act::Home, Act::Unmark],
    clear: &[],
};

/// What holds: every word made solid before it is trusted, and idle power-ups free of pulses.
pub const SOUND: Acts = Acts {
    change: &[Act::Intent, Act::Log, Act::Mark, Act::Home, Act::Unmark],
    has_intent: true,
    set: &[Act::Mark, Act::Home, Act::Unmark, Act::Rest],
    clear: &[Act::Unmark, Act::Rest],
};

impl TextbookJournal {
    /// As taught.
    #[must_use]
    pub const fn taught(geometry: Geometry) -> Self {
        Self::of(geometry, TAUGHT)
    }

    /// This order.
    #[must_use]
    pub const fn of(geometry: Geometry, acts: Acts) -> Self {
        Self { geometry, acts }
    }

    const fn word_bytes(&self) -> u32 {
        self.geometry.whole_units(WORD_BYTES as u32)
    }

    const fn log(&self) -> u32 {
        self.geometry.whole_pages(2 * self.word_bytes())
    }

    /// Addresses of the two ranges.
    const fn homes(&self) -> [u32; 2] {
        let page = self.geometry.page_bytes;
        [self.log() + page, self.log() + 2 * page]
    }

    fn erase<M: Memory>(&self, memory: &mut M, at: u32, bytes: u32) -> Pulsed {
        memory.pulse(Pulse::Erase { at, bytes: self.geometry.whole_units(bytes) })
    }

    fn home<M: Memory>(&self, memory: &mut M, n: usize, range: u16) -> Pulsed {
        let at = self.homes()[n];
        self.erase(memory, at, 2)?;
        memory.pulse(Pulse::Program { at, data: &range.to_be_bytes() })
    }

    fn act<M: Memory>(
        &self,
        act: Act,
        memory: &mut M,
        intent_solid: &mut bool,
        Ranges([first, second]): Ranges,
    ) -> Pulsed {
        let (intent, marker) = (0, self.word_bytes());
        let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
        let log = [a, b, c, d];
        match act {
            Act::Intent if *intent_solid => Ok(()),
            Act::Intent => {
                *intent_solid = true;
                memory.pulse(Pulse::Program { at: intent, data: &INTENT })
            }
            Act::IntentUnlessSet if memory.reads_as(intent, INTENT) => Ok(()),
            Act::IntentUnlessSet => memory.pulse(Pulse::Program { at: intent, data: &INTENT }),
            Act::Rest => self.erase(memory, intent, WORD_BYTES as u32),
            Act::Log => {
                self.erase(memory, self.log(), 4)?;
                memory.pulse(Pulse::Program { at: self.log(), data: &log })
            }
            Act::LogOver => memory.pulse(Pulse::Program { at: self.log(), data: &log }),
            Act::Mark => memory.pulse(Pulse::Program { at: marker, data: &MARKER }),
            Act::Unmark => self.erase(memory, marker, WORD_BYTES as u32),
            Act::Home => {
                self.home(memory, 0, first)?;
                self.home(memory, 1, second)
            }
            Act::HomeFirst => self.home(memory, 0, first),
            Act::HomeSecond => self.home(memory, 1, second),
        }
    }
}

impl Design for TextbookJournal {
    /// Whether the intent was set in this session.
    type Ram = bool;
    type Value = Ranges;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn bytes(&self) -> u32 {
        self.homes()[1] + self.geometry.page_bytes
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        self.home(memory, 0, 0x1111)?;
        self.home(memory, 1, 0x2222)
    }

    fn settle<M: Memory>(&self, memory: &mut M, intent_solid: &mut bool) -> Pulsed {
        let idle = [self.geometry.erased; WORD_BYTES];
        if self.acts.has_intent && memory.reads_as(0, idle) {
            return Ok(());
        }
        if memory.reads_as(self.word_bytes(), MARKER) {
            let [a, b, c, d] = memory.read_array(self.log());
            let value = Ranges([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
            self.acts.set.iter().try_for_each(|&act| self.act(act, memory, intent_solid, value))
        } else {
            self.acts
                .clear
                .iter()
                .try_for_each(|&act| self.act(act, memory, intent_solid, Ranges([0, 0])))
        }
    }

    fn value<M: Memory>(&self, memory: &mut M, _: &bool) -> Ranges {
        Ranges(self.homes().map(|at| u16::from_be_bytes(memory.read_array(at))))
    }

    fn change<R: Rig>(&self, rig: &mut R, intent_solid: &mut bool, step: u32) -> Pulsed {
        let value = Ranges::after(step);
        self.acts.change.iter().try_for_each(|&act| self.act(act, rig, intent_solid, value))
    }

    fn after(&self, _: &Ranges, step: u32) -> Ranges {
        Ranges::after(step)
    }

    fn place(&self, at: u32) -> String {
        let page = self.geometry.page_bytes;
        let [first, second] = self.homes();
        let what = match at {
            _ if at < self.word_bytes() => "intent",
            _ if at < self.log() => "marker",
            _ if at < first => "log",
            _ if at < second => "first range",
            _ if at < second + page => "second range",
            _ => "nothing",
        };
        what.into()
    }
}
