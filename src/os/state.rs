//! Everything of a card that changes: memory, RAM, channels, what is held and half received.
//!
//! Invariants between commands: no transaction is open; `ram` has a block for each of
//! `channels`; channel 0 is open, and a channel's RAM belongs to the applet it names; without power
//! nothing in it is used but the memory.

use tessera_framework::Interface;

use super::{
    chaining::{Chain, Held},
    envelope::Envelope,
    steps::Steps,
};
use crate::{
    link::Delivery,
    nvm::{Block, Eeprom, Journal, Layout, Ram, Tearing, counter::Touched},
    random::Source,
};

/// Longest response APDU: 65,536 bytes and the status word.
pub(crate) const RESPONSE_BYTES_MAX: usize = 65_538;

/// Everything of a card that changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Core {
    pub(crate) memory: Tearing<Eeprom>,
    pub(crate) journal: Journal,
    pub(crate) touched: Touched,
    pub(crate) layout: Layout,
    pub(crate) ram: Ram,
    pub(crate) channels: Vec<Channel>,
    pub(crate) chain: Chain,
    pub(crate) held: Held,
    pub(crate) envelope: Envelope,
    pub(crate) random: Source,
    pub(crate) interface: Interface,
    pub(crate) delivery: Delivery,
    pub(crate) command_bytes_max: usize,
    pub(crate) response_bytes_max: usize,
    pub(crate) processing_us: u64,
    pub(crate) powered_at_us: u64,
    pub(crate) steps: Steps,
}

impl Core {
    /// All of this but the memory.
    pub(crate) fn with_memory(&self, memory: Tearing<Eeprom>) -> Self {
        Self {
            memory,
            journal: self.journal.clone(),
            touched: self.touched.clone(),
            layout: self.layout,
            ram: self.ram.clone(),
            channels: self.channels.clone(),
            chain: self.chain.clone(),
            held: self.held.clone(),
            envelope: self.envelope.clone(),
            random: self.random.clone(),
            interface: self.interface,
            delivery: self.delivery,
            command_bytes_max: self.command_bytes_max,
            response_bytes_max: self.response_bytes_max,
            processing_us: self.processing_us,
            powered_at_us: self.powered_at_us,
            steps: self.steps.clone(),
        }
    }

    /// Forgets what applets keep on a channel.
    pub(crate) fn forget_ram(&mut self, channel: usize) {
        self.ram.forget(channel, Block::Selected);
        self.ram.forget(channel, Block::Environment);
    }

    /// The card's clock: processing and pulses since it was made.
    pub(crate) fn clock_us(&self) -> u64 {
        self.processing_us.saturating_add(self.memory.memory().busy_us())
    }
}

/// What a channel remembers besides its applet's RAM.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Channel {
    pub(crate) open: bool,
    /// Place of the selected applet in the registry.
    pub(crate) applet: u8,
    /// The application directly above the selected one that was selected before it, and whose RAM
    /// is kept.
    pub(crate) environment: Option<u8>,
    /// Where the last selection by name ended, for the next and previous occurrence.
    pub(crate) found: Option<Occurrence>,
}

/// A DF that a name selected. The order is the one occurrences are walked in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(crate) struct Occurrence {
    pub(crate) applet: u8,
    pub(crate) df: u32,
}
