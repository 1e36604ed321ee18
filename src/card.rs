//! The whole card as a value: power on, exchange, power off, fork.

mod chip;
mod explored;
mod personalise;

use std::{fmt, sync::Arc};

use tessera_framework::{Class, Direction, Halt, Ins, Interface, StatusWord};

pub use chip::Chip;
pub use personalise::PersonaliseError;

use crate::{
    choose::Choices,
    link::Delivery,
    nvm::{
        Counters, Eeprom, Layout, Memory, PowerLost, PulseError, Segment, Tearing, fault::Fault,
        settle,
    },
    os::{
        registry::Registry,
        select,
        state::{Channel, Core, RESPONSE_BYTES_MAX},
    },
    profile::{Installation, Profile},
    random::{Random, Source},
};

/// Why a card that was powered gives no answer to reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoAtr {
    /// A tear has hit the recovery. Power the card again.
    #[error("the card has lost power")]
    PowerLost,
    /// The card is dead: its cells do not take what the recovery gives them, so its data stays in
    /// doubt and it stays mute. Every later power-up tries again.
    #[error("the card is dead: its memory cannot be settled")]
    MemoryFailure,
}

impl From<PulseError> for NoAtr {
    fn from(error: PulseError) -> Self {
        match error {
            PulseError::PowerLost => Self::PowerLost,
            PulseError::MemoryFailure => Self::MemoryFailure,
        }
    }
}

/// A response APDU: data field, SW1, SW2. Made once and filled again and again, so that an exchange
/// allocates nothing.
#[derive(Clone)]
pub struct Response {
    buffer: Box<[u8]>,
    bytes: usize,
}

impl Default for Response {
    fn default() -> Self {
        Self { buffer: vec![0; RESPONSE_BYTES_MAX].into_boxed_slice(), bytes: 0 }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.as_bytes()))
    }
}

impl Response {
    /// An empty response; 65,538 bytes is the longest it will hold.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Data field and status word, as they go over the line; empty before the first exchange.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.buffer[..self.bytes]
    }

    /// The data field.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.buffer[..self.bytes.saturating_sub(2)]
    }

    /// SW1-SW2.
    #[must_use]
    pub fn status(&self) -> StatusWord {
        self.as_bytes().last_chunk::<2>().map_or(StatusWord(0), |&sw| StatusWord::from(sw))
    }
}

/// A card. Cloning forks it; two cards are equal when nothing a terminal could do tells them apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    profile: Arc<Profile>,
    registry: Arc<Registry>,
    core: Core,
    atr: Vec<u8>,
}

/// In a line: a failed assertion shows which card, not all its cells.
impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Card")
            .field("profile", &self.profile.name)
            .field("powered", &self.is_powered())
            .field("pulses", &self.pulses())
            .field("clock_us", &self.clock_us())
            .finish_non_exhaustive()
    }
}

impl Card {
    /// Powers the card: memory is settled first, then RAM is clear and the MF selected on the basic
    /// channel. A card that has power is reset.
    ///
    /// # Errors
    /// [`NoAtr`]: a tear has hit the recovery, or the card is dead.
    pub fn power_on(&mut self) -> Result<(), NoAtr> {
        let armed = self.core.memory.tear_in();
        self.lose_ram();
        self.core.memory.power_up();
        self.core.memory.tear_at(armed.unwrap_or(0));
        // A real card's noise would do; here it comes from what makes runs reproducible.
        let noise = Random::new(self.profile.seed ^ self.core.clock_us()).number();
        self.core.journal.choose_lane(noise);
        settle(&mut self.core.memory, &self.core.layout)
            .inspect_err(|_| self.core.memory.power_down())?;
        self.core.powered_at_us = self.core.clock_us();
        self.core.delivery = self.profile.first_delivery(self.core.interface);
        self.core.channels[0].open = true;
        match select::implicitly(&mut self.core, &self.registry, 0) {
            Err(Halt::Torn(_)) => Err(NoAtr::PowerLost),
            // A damaged MF answers for itself when it is asked for; the card still speaks.
            Ok(()) | Err(Halt::Status(_)) => Ok(()),
        }
    }

    /// Takes the power away between commands: RAM is lost, an armed tear is forgotten.
    pub fn power_off(&mut self) {
        self.core.memory.power_down();
        self.lose_ram();
    }

    fn lose_ram(&mut self) {
        self.core.journal.forget_all();
        self.core.touched.clear();
        self.core.steps.forget_secret_places();
        self.core.ram.clear();
        self.core.channels.fill(Channel::default());
        self.core.chain.drop_parts();
        self.core.held.clear();
        self.core.envelope.clear();
        self.core.powered_at_us = 0;
    }

    /// True between a successful power-up and the loss of power.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        self.core.memory.is_powered()
    }

    /// Runs one command.
    ///
    /// # Errors
    /// [`PowerLost`] when a tear hits it, or the card is not powered: there is no answer then.
    pub fn exchange(&mut self, command: &[u8], response: &mut Response) -> Result<(), PowerLost> {
        response.bytes = 0;
        response.bytes = self
            .core
            .exchange(&self.registry, command, &mut response.buffer)
            .inspect_err(|_| {
                self.core.memory.power_down();
            })?;
        Ok(())
    }

    /// Runs one command and returns the response APDU; [`exchange`](Self::exchange) does it without
    /// allocating.
    ///
    /// # Errors
    /// [`PowerLost`], as there.
    pub fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, PowerLost> {
        let mut response = Response::new();
        self.exchange(command, &mut response)?;
        Ok(response.as_bytes().to_vec())
    }

    /// Which way the data of a command goes whose CLA, INS, P1 and P2 these are.
    #[must_use]
    pub fn direction(&self, [cla, ins, p1, _]: [u8; 4]) -> Direction {
        let (class, ins) = (Class::decode(cla), Ins(ins));
        let channel = self.core.channels.get(usize::from(class.channel()));
        match channel.filter(|channel| channel.open) {
            Some(channel) => self.registry.entry(channel.applet).applet.direction(class, ins, p1),
            None => Direction::Unknown,
        }
    }

    /// The answer to reset, as a PC/SC reader reports it for the card's interface.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// How the card is read.
    #[must_use]
    pub fn interface(&self) -> Interface {
        self.core.interface
    }

    /// Puts the card into another kind of reader: it loses power on the way.
    pub fn set_interface(&mut self, interface: Interface) {
        self.power_off();
        self.core.interface = interface;
        self.core.delivery = self.profile.first_delivery(interface);
        self.atr = self.profile.atr(interface);
    }

    /// How commands come from now on. Every power-up goes back to what the answer to reset offers
    /// first.
    pub fn set_delivery(&mut self, delivery: Delivery) {
        self.core.delivery = delivery;
    }

    /// The profile it was made from.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Power will fail in the `n`-th pulse from now, 1 the next one; 0 disarms. Pulses of a
    /// recovery count too.
    pub fn tear_at(&mut self, n: u32) {
        self.core.memory.tear_at(n);
    }

    /// Something goes wrong with its memory for good; see [`nvm`](crate::nvm). An image does not
    /// keep it.
    pub fn inflict(&mut self, fault: Fault) {
        self.core.memory.memory_mut().inflict(fault);
    }

    /// The next random bytes the card draws are these, behind those given before; then it goes on
    /// with its own. They outlast a loss of power, and a fork has them too; an image does not keep
    /// them.
    pub fn give_random(&mut self, bytes: &[u8]) {
        self.core.random.give(bytes);
    }

    /// Random bytes that were given and are not drawn yet.
    #[must_use]
    pub fn random_left(&self) -> usize {
        self.core.random.left()
    }

    /// Who decides what indeterminate words read as; seeded unless a test says otherwise.
    pub fn set_choices(&mut self, choices: Choices) {
        self.core.memory.memory_mut().set_choices(choices);
    }

    /// Microseconds on the card's clock since it was made: processing and pulses.
    #[must_use]
    pub fn clock_us(&self) -> u64 {
        self.core.clock_us()
    }

    /// Pulses its memory has been given since it was made.
    #[must_use]
    pub fn pulses(&self) -> u64 {
        self.eeprom().pulses()
    }

    /// What the EEPROM's cells hold.
    #[must_use]
    pub fn memory(&self) -> &[u8] {
        self.eeprom().cells()
    }

    /// The EEPROM, with its wear and indeterminate bits.
    #[must_use]
    pub fn eeprom(&self) -> &Eeprom {
        self.core.memory.memory()
    }

    /// The card's counters, in the order of the registry.
    #[must_use]
    pub fn counters(&self) -> Vec<u32> {
        let counters = Counters::new(&self.core.layout);
        (0..self.core.layout.counter_count).map(|n| counters.get(&self.core.memory, n)).collect()
    }

    /// The applications with their segments, the MF first.
    pub fn applications(&self) -> impl Iterator<Item = (&Installation, Segment)> {
        self.profile.applets.iter().zip(self.registry.entries.iter().map(|entry| entry.segment))
    }

    /// What one application's segment holds now.
    #[must_use]
    pub fn segment(&self, segment: Segment) -> Vec<u8> {
        let mut bytes = vec![0; segment.bytes as usize];
        self.core.memory.read(segment.base, &mut bytes);
        bytes
    }

    /// Where the engine keeps its words, counters and the applets' segments.
    pub(crate) fn layout(&self) -> &Layout {
        &self.core.layout
    }

    /// The random source's state, to be saved.
    pub(crate) fn saved_state(&self) -> (u64, u64) {
        (self.core.random.stream().state(), self.core.processing_us)
    }

    /// Puts back what was saved.
    pub(crate) fn restore(&mut self, eeprom: Eeprom, random: u64, processing_us: u64) {
        self.core.memory = Tearing::new(eeprom);
        self.core.random = Source::new(Random::new(random));
        self.core.processing_us = processing_us;
    }
}
