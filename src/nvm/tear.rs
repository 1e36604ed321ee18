//! Power that fails: a memory whose n-th pulse from now is cut short.
//!
//! Invariant: once power is lost no pulse reaches the cells before [`Tearing::power_up`].

use super::{Geometry, Memory, Pulse, PulseError, WORD_BYTES, record::Event};

/// A memory with a power switch and, when armed, a tear ahead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tearing<M> {
    memory: M,
    powered: bool,
    cut_in: Option<u32>,
    record: Option<Vec<Event>>,
}

impl<M: Memory> Tearing<M> {
    /// `memory`, without power.
    pub fn new(memory: M) -> Self {
        Self { memory, powered: false, cut_in: None, record: None }
    }

    /// The memory itself.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// The memory itself, to arrange a test.
    pub fn memory_mut(&mut self) -> &mut M {
        &mut self.memory
    }

    /// Switches power on; an armed tear stays armed.
    pub fn power_up(&mut self) {
        self.powered = true;
    }

    /// Switches power off between pulses; an armed tear is forgotten.
    pub fn power_down(&mut self) {
        self.powered = false;
        self.cut_in = None;
    }

    /// False once power has failed or been switched off.
    pub fn is_powered(&self) -> bool {
        self.powered
    }

    /// Power will fail in the `n`-th pulse from now, 1 the next one; 0 disarms.
    pub fn tear_at(&mut self, n: u32) {
        self.cut_in = (n > 0).then_some(n);
    }

    /// From now on, keeps what happens.
    pub(crate) fn start_record(&mut self) {
        self.record = Some(Vec::new());
    }

    /// What was kept; nothing is kept from now on.
    pub(crate) fn take_record(&mut self) -> Vec<Event> {
        self.record.take().unwrap_or_default()
    }

    /// Pulses until the armed tear.
    pub fn tear_in(&self) -> Option<u32> {
        self.cut_in
    }
}

impl<M: Memory> Memory for Tearing<M> {
    fn geometry(&self) -> &Geometry {
        self.memory.geometry()
    }

    fn bytes(&self) -> u32 {
        self.memory.bytes()
    }

    fn pulse(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError> {
        if !self.powered {
            return Err(PulseError::PowerLost);
        }
        match &mut self.cut_in {
            None => {}
            Some(1) => {
                self.tear(pulse);
                return Err(PulseError::PowerLost);
            }
            Some(n) => *n -= 1,
        }
        if let Some(record) = &mut self.record {
            record.push(Event::Pulsed(pulse.into()));
        }
        self.memory.pulse(pulse)
    }

    fn write(&mut self, at: u32, data: &[u8]) -> Result<(), PulseError> {
        if self.powered && self.cut_in.is_none() && self.record.is_none() {
            self.memory.write(at, data)
        } else {
            super::write_in_two(self, at, data)
        }
    }

    fn tear(&mut self, pulse: Pulse<'_>) {
        if let Some(record) = &mut self.record {
            record.push(Event::Torn(pulse.into()));
        }
        self.memory.tear(pulse);
        self.power_down();
    }

    fn read(&self, at: u32, out: &mut [u8]) {
        self.memory.read(at, out);
    }

    fn stable(&self, at: u32, bytes: usize) -> Option<&[u8]> {
        self.memory.stable(at, bytes)
    }

    fn holds(&self, pulse: Pulse<'_>) -> bool {
        self.memory.holds(pulse)
    }

    fn reads_as(&mut self, at: u32, word: [u8; WORD_BYTES]) -> bool {
        let choices = self.memory.choices_made();
        let reads = self.memory.reads_as(at, word);
        if let Some(record) = &mut self.record {
            let in_doubt = self.memory.choices_made() > choices;
            record.push(Event::Decided { at, word, reads, in_doubt });
        }
        reads
    }

    fn choices_made(&self) -> usize {
        self.memory.choices_made()
    }
}
