//! The card's own journal and counters as designs, to be torn like any other.

use std::fmt;

use super::{
    Design, Pulsed, Rig,
    textbook::{FIRST, Ranges, TRIES},
};
use crate::nvm::{
    Counters, Geometry, Journal, Layout, Memory, PulseError, counter::Touched, journal::Secrecy,
    layout::LANES, log, settle,
};

/// A log of two ranges: what the transactions here take.
pub(super) const fn layout(geometry: &Geometry) -> Layout {
    Layout::new(geometry, 2 * (geometry.whole_units(2) + log::ENTRY_HEADER_BYTES), 2)
}

/// A counter that no change touches.
const NEIGHBOUR: u32 = 77;

/// What the engine knows while power lasts.
#[derive(Clone, Default)]
pub struct EngineRam {
    journal: Journal,
    touched: Touched,
    has_lane: bool,
}

/// What the engine keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EngineValue {
    /// What transactions write.
    pub ranges: Ranges,
    /// A counter that no change touches, and one that changes.
    pub counters: [u32; 2],
    /// A log that carried a secret is not erased.
    pub secret_left: bool,
}

impl fmt::Debug for EngineValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ranges, counters: [first, second], secret_left } = self;
        write!(f, "{ranges:?}, counters {first} {second}")?;
        f.write_str(if *secret_left { ", a secret left in the log" } else { "" })
    }
}

/// A transaction of two ranges on two pages; every other change counts instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngineJournal {
    geometry: Geometry,
    lanes: u32,
    secrecy: Secrecy,
}

impl EngineJournal {
    /// Every session on the same lane, nothing secret.
    #[must_use]
    pub const fn new(geometry: Geometry) -> Self {
        Self { geometry, lanes: 1, secrecy: Secrecy::Open }
    }

    /// Each session on the lane behind that of the last one.
    #[must_use]
    pub const fn with_lanes(self) -> Self {
        Self { lanes: LANES, ..self }
    }

    /// Each transaction carries a secret.
    #[must_use]
    pub const fn with_secrets(self) -> Self {
        Self { secrecy: Secrecy::Secret, ..self }
    }

    pub(super) fn homes(&self) -> [u32; 2] {
        let first = layout(&self.geometry).segments;
        [first, first + self.geometry.page_bytes]
    }

    fn store<M: Memory>(&self, memory: &mut M, ram: &mut EngineRam, step: u32) -> Pulsed {
        let layout = layout(&self.geometry);
        if !ram.has_lane {
            ram.journal.choose_lane((step % self.lanes).into());
            ram.has_lane = true;
        }
        ram.journal.begin();
        for (at, range) in self.homes().into_iter().zip(Ranges::after(step).0) {
            let range = range.to_be_bytes();
            let stored = ram.journal.store(memory, &layout, at, &range, self.secrecy);
            stored.map_err(|_| PulseError::PowerLost)?;
        }
        ram.journal.commit(memory, &layout).map_err(|_| PulseError::PowerLost)
    }
}

impl Design for EngineJournal {
    type Ram = EngineRam;
    type Value = EngineValue;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn bytes(&self) -> u32 {
        self.homes()[1] + self.geometry.page_bytes
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        let layout = layout(&self.geometry);
        let (counters, mut touched) = (Counters::new(&layout), Touched::default());
        counters.set(memory, &mut touched, 0, NEIGHBOUR)?;
        counters.set(memory, &mut touched, 1, 0)?;
        self.store(memory, &mut EngineRam::default(), LANES)?;
        settle(memory, &layout)
    }

    fn settle<M: Memory>(&self, memory: &mut M, _: &mut EngineRam) -> Pulsed {
        settle(memory, &layout(&self.geometry))
    }

    fn value<M: Memory>(&self, memory: &mut M, _: &EngineRam) -> Self::Value {
        let layout = layout(&self.geometry);
        let counters = Counters::new(&layout);
        let log = memory.stable(layout.log.base, layout.log.bytes as usize);
        let clean = log.is_some_and(|log| log.iter().all(|&byte| byte == self.geometry.erased));
        EngineValue {
            ranges: Ranges(self.homes().map(|at| u16::from_be_bytes(memory.read_array(at)))),
            counters: [0, 1].map(|n| counters.get(memory, n)),
            secret_left: self.secrecy == Secrecy::Secret && !clean,
        }
    }

    fn change<R: Rig>(&self, rig: &mut R, ram: &mut EngineRam, step: u32) -> Pulsed {
        if step.is_multiple_of(2) {
            return self.store(rig, ram, step);
        }
        let layout = layout(&self.geometry);
        let counters = Counters::new(&layout);
        let counted = counters.get(rig, 1) + 1;
        counters.set(rig, &mut ram.touched, 1, counted)
    }

    fn after(&self, value: &EngineValue, step: u32) -> EngineValue {
        let [neighbour, counted] = value.counters;
        match step % 2 {
            0 => EngineValue { ranges: Ranges::after(step), ..*value },
            _ => EngineValue { counters: [neighbour, counted + 1], ..*value },
        }
    }

    /// `2k + 3` for two page ranges, three for the counter, and a log to be wiped. Two more for
    /// each other lane whose intent was torn, read idle then, and is still in doubt.
    fn recovery_pulses_max(&self) -> u32 {
        let pages = layout(&self.geometry).log.bytes / self.geometry.page_bytes;
        2 * 2
            + 3
            + 3
            + 2 * (self.lanes - 1)
            + if self.secrecy == Secrecy::Secret { pages + 1 } else { 0 }
    }

    fn place(&self, at: u32) -> String {
        layout(&self.geometry).region(at).to_string()
    }
}

/// A counter with a neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EngineCounter {
    geometry: Geometry,
    is_pin: bool,
}

impl EngineCounter {
    /// A counter that counts up from [`FIRST`].
    #[must_use]
    pub const fn new(geometry: Geometry) -> Self {
        Self { geometry, is_pin: false }
    }

    /// The tries of a PIN: three wrong presentations, each counted before it is compared, then a
    /// right one that gives the tries back.
    #[must_use]
    pub const fn pin(geometry: Geometry) -> Self {
        Self { geometry, is_pin: true }
    }

    fn is_attempt(&self, step: u32) -> bool {
        self.is_pin && step % 4 != 3
    }
}

impl Design for EngineCounter {
    type Ram = Touched;
    /// The counter and its neighbour.
    type Value = (u32, u32);

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn bytes(&self) -> u32 {
        layout(&self.geometry).segments
    }

    fn format<M: Memory>(&self, memory: &mut M) -> Pulsed {
        let layout = layout(&self.geometry);
        let (counters, mut ram) = (Counters::new(&layout), Touched::default());
        counters.set(memory, &mut ram, 0, NEIGHBOUR)?;
        let first = u32::from(if self.is_pin { TRIES } else { FIRST });
        counters.set(memory, &mut ram, 1, first - 1)?;
        counters.set(memory, &mut ram, 1, first)?;
        settle(memory, &layout)
    }

    fn settle<M: Memory>(&self, memory: &mut M, _: &mut Touched) -> Pulsed {
        settle(memory, &layout(&self.geometry))
    }

    fn value<M: Memory>(&self, memory: &mut M, _: &Touched) -> (u32, u32) {
        let layout = layout(&self.geometry);
        let counters = Counters::new(&layout);
        (counters.get(memory, 1), counters.get(memory, 0))
    }

    fn change<R: Rig>(&self, rig: &mut R, ram: &mut Touched, step: u32) -> Pulsed {
        let layout = layout(&self.geometry);
        let counters = Counters::new(&layout);
        let old = (counters.get(rig, 1), NEIGHBOUR);
        if self.is_attempt(step) && old.0 == 0 {
            return Ok(());
        }
        let (new, _) = self.after(&old, step);
        counters.set(rig, ram, 1, new)?;
        if self.is_attempt(step) {
            rig.use_up();
        }
        Ok(())
    }

    fn after(&self, &(value, neighbour): &(u32, u32), step: u32) -> (u32, u32) {
        let new = match (self.is_pin, self.is_attempt(step)) {
            (false, _) => value.wrapping_add(1),
            (true, true) => value.saturating_sub(1),
            (true, false) => TRIES.into(),
        };
        (new, neighbour)
    }

    fn tries_left(&self, &(value, _): &(u32, u32)) -> Option<u32> {
        self.is_pin.then_some(value)
    }

    fn is_back(&self, was: &(u32, u32), is: &(u32, u32)) -> bool {
        !self.is_pin && is.0 < was.0
    }

    /// Two validity words and the intent.
    fn recovery_pulses_max(&self) -> u32 {
        3
    }

    fn place(&self, at: u32) -> String {
        layout(&self.geometry).region(at).to_string()
    }
}
