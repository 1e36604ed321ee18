//! One schedule run again on the card's own memory, pulse by pulse.

use super::{Act, Design, Leg, Line, Rig};
use crate::{
    choose::Choices,
    nvm::{Eeprom, Geometry, Memory, Pulse, PulseError, Tearing, WORD_BYTES},
};

/// What a schedule did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replay<V> {
    /// Leg by leg.
    pub legs: Vec<ReplayedLeg<V>>,
    /// Uses that were made, over all legs.
    pub uses: u32,
    /// Reads of bits in doubt outside a decision, over all legs.
    pub foul_reads: u64,
}

/// What one leg did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayedLeg<V> {
    /// The leg.
    pub leg: Leg,
    /// Pulses and readings, in order.
    pub events: Vec<Event>,
    /// The value that was read at the end of a power-up that completed.
    pub value: Option<V>,
    /// Whether the leg went as it says: torn where it names a pulse and not where it names none,
    /// and as many words in doubt as it has readings for.
    pub fits: bool,
}

/// What happened to memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A pulse.
    Pulse {
        /// First address.
        at: u32,
        /// What was programmed; `None` for an erase.
        data: Option<Vec<u8>>,
        /// Bits that it changed, or left in doubt when it was torn.
        bits: u32,
        /// Bits among those it drives that were in doubt before.
        doubtful_bits: u32,
        /// Power failed in it.
        is_torn: bool,
    },
    /// A decision: whether the word at `at` reads as `word`.
    Reading {
        /// First address.
        at: u32,
        /// The word.
        word: [u8; WORD_BYTES],
        /// What it came to.
        is_so: bool,
        /// It could have come to the other.
        in_doubt: bool,
    },
}

/// Runs `line` on a fresh memory that `design` has formatted; for tears that waver.
///
/// ```
/// use tessera::explore::design::replay;
/// use tessera::explore::design::textbook::TextbookCounter;
/// use tessera::nvm::Geometry;
/// let counter = TextbookCounter::taught(Geometry::part("tiny").unwrap());
/// let line = "change cut 4 | on read 1 | on read 0".parse()?;
/// let values: Vec<_> = replay(&counter, &line).legs.iter().map(|leg| leg.value).collect();
/// assert_eq!(values, [None, Some(12), Some(11)]);
/// # Ok::<(), tessera::explore::design::LineError>(())
/// ```
#[must_use]
pub fn replay<D: Design>(design: &D, line: &Line) -> Replay<D::Value> {
    let memory = Tearing::new(Eeprom::new(design.geometry(), design.bytes()));
    let mut stage = Stage { memory, uses: 0, events: Vec::new() };
    let mut ram = D::Ram::default();
    stage.memory.power_up();
    let formatted = design.format(&mut stage).and_then(|()| design.settle(&mut stage, &mut ram));
    let mut legs = Vec::new();
    let mut step = 0;
    for leg in &line.legs {
        stage.events.clear();
        stage.memory.memory_mut().set_choices(Choices::scripted(leg.reads.clone()));
        if leg.act == Act::On {
            stage.memory.power_down();
            stage.memory.power_up();
            ram = D::Ram::default();
        }
        stage.memory.tear_at(leg.cut);
        let done = match leg.act {
            Act::On => design.settle(&mut stage, &mut ram),
            Act::Change => design.change(&mut stage, &mut ram, step),
        };
        step += u32::from(leg.act == Act::Change);
        let settled = done.is_ok() && leg.act == Act::On;
        let value = settled.then(|| design.value(&mut stage, &ram));
        let readings = stage.memory.memory().choices().taken().len();
        let fits =
            formatted.is_ok() && done.is_err() == (leg.cut > 0) && readings == leg.reads.len();
        let events = std::mem::take(&mut stage.events);
        legs.push(ReplayedLeg { leg: leg.clone(), events, value, fits });
    }
    Replay { legs, uses: stage.uses, foul_reads: stage.memory.memory().foul_reads() }
}

/// The card's memory, and what happens to it.
struct Stage {
    memory: Tearing<Eeprom>,
    uses: u32,
    events: Vec<Event>,
}

impl Stage {
    /// Bits that a pulse would change, and bits it drives that are in doubt.
    fn bits(&self, pulse: &Pulse<'_>) -> (u32, u32) {
        let (eeprom, erased) = (self.memory.memory(), self.memory.geometry().erased);
        let (mut changed, mut doubtful) = (0, 0);
        for i in 0..pulse.bytes() {
            let at = pulse.at() + i as u32;
            let cell = eeprom.cells()[at as usize] ^ erased;
            let torn = eeprom.torn().iter().find(|byte| byte.at == at);
            let mask = torn.map_or(0, |byte| byte.mask);
            let (driven, differs) = match pulse {
                Pulse::Erase { .. } => (0xFF, cell),
                Pulse::Program { data, .. } => (data[i] ^ erased, (data[i] ^ erased) & !cell),
            };
            changed += (differs & !mask).count_ones();
            doubtful += (driven & mask).count_ones();
        }
        (changed, doubtful)
    }
}

impl Memory for Stage {
    fn geometry(&self) -> &Geometry {
        self.memory.geometry()
    }

    fn bytes(&self) -> u32 {
        self.memory.bytes()
    }

    fn pulse(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError> {
        let data = match pulse {
            Pulse::Erase { .. } => None,
            Pulse::Program { data, .. } => Some(data.to_vec()),
        };
        let (bits, doubtful_bits) = self.bits(&pulse);
        let outcome = self.memory.pulse(pulse);
        let is_torn = outcome == Err(PulseError::PowerLost);
        self.events.push(Event::Pulse { at: pulse.at(), data, bits, doubtful_bits, is_torn });
        outcome
    }

    fn tear(&mut self, pulse: Pulse<'_>) {
        self.memory.tear(pulse);
    }

    fn read(&self, at: u32, out: &mut [u8]) {
        self.memory.read(at, out);
    }

    fn stable(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        self.memory.stable(at, bytes)
    }

    fn reads_as(&mut self, at: u32, word: [u8; WORD_BYTES]) -> bool {
        let readings = |stage: &Self| stage.memory.memory().choices().taken().len();
        let before = readings(self);
        let is_so = self.memory.reads_as(at, word);
        let in_doubt = readings(self) > before;
        self.events.push(Event::Reading { at, word, is_so, in_doubt });
        is_so
    }
}

impl Rig for Stage {
    fn use_up(&mut self) {
        self.uses += 1;
    }
}
