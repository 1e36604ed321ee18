//! What an exploration does with a card: records it, moves memories between cards, names owners.

use std::sync::Arc;

use super::Card;
use crate::{
    nvm::{Counters, Eeprom, Tearing, record::Event},
    os::steps::{Change, Step},
    random::Source,
};

impl Card {
    /// From now on, keeps what happens to its memory.
    pub(crate) fn start_record(&mut self) {
        self.core.memory.start_record();
    }

    /// What was kept; nothing is kept from now on.
    pub(crate) fn take_record(&mut self) -> Vec<Event> {
        self.core.memory.take_record()
    }

    /// Decides of each indeterminate bit; see [`Eeprom::settle_bits`].
    pub(crate) fn settle_bits(&mut self, changed: impl FnMut() -> Option<bool>) {
        self.core.memory.memory_mut().settle_bits(changed);
    }

    /// This card with another memory of the same part, after a loss of power.
    pub(crate) fn with_memory(&self, eeprom: Eeprom) -> Self {
        let core = self.core.with_memory(Tearing::new(eeprom));
        let mut card = Self {
            profile: Arc::clone(&self.profile),
            registry: Arc::clone(&self.registry),
            core,
            atr: self.atr.clone(),
        };
        card.power_off();
        card
    }

    /// Takes another memory of the same part, and random source and clock of `other`; power is
    /// lost. As [`with_memory`](Self::with_memory) of `other`, in the same place.
    pub(crate) fn restart(&mut self, eeprom: &Eeprom, other: &Self) {
        self.core.memory.memory_mut().copy_from(eeprom);
        self.core.random.clone_from(&other.core.random);
        self.core.processing_us = other.core.processing_us;
        self.power_off();
    }

    /// A card of the same profile and interface that has never run: its memory is erased. `None`
    /// when there is no such card, which the profile of one that exists rules out.
    pub(crate) fn blank(&self) -> Option<Self> {
        let mut blank = Self::empty(&self.profile).ok()?;
        blank.set_interface(self.interface());
        blank.profile = Arc::clone(&self.profile);
        blank.registry = Arc::clone(&self.registry);
        Some(blank)
    }

    /// This card with all that another one of its profile keeps without power: memory, random
    /// source and clock.
    pub(crate) fn with_lasting_of(&self, other: &Self) -> Self {
        let mut card = self.with_memory(other.eeprom().clone());
        card.core.random.clone_from(&other.core.random);
        card.core.processing_us = other.core.processing_us;
        card
    }

    /// What it draws from.
    pub(crate) fn random_source(&self) -> &Source {
        &self.core.random
    }

    /// Lets it draw from another source.
    pub(crate) fn set_random_source(&mut self, source: &Source) {
        self.core.random.clone_from(source);
    }

    /// This card at rest, without power, with other contents of segments and counters. `None` when
    /// they are not of its size, or its counters do not take them.
    pub(crate) fn holding(&self, segments: &[u8], counters: &[u32]) -> Option<Self> {
        let eeprom = self.eeprom();
        let engine = eeprom.cells().get(..self.layout().segments as usize)?;
        let cells = [engine, segments].concat();
        let wear = eeprom.wear().cycles();
        let (pulses, busy_us) = (eeprom.pulses(), eeprom.busy_us());
        let eeprom = eeprom.clone().restored(&cells, Vec::new(), &wear, pulses, busy_us)?;
        let mut card = self.with_memory(eeprom);
        card.power_on().ok()?;
        let core = &mut card.core;
        for (n, &value) in (0..).zip(counters) {
            let numbers = Counters::new(&core.layout);
            if numbers.get(&core.memory, n) != value {
                numbers.set(&mut core.memory, &mut core.touched, n, value).ok()?;
            }
        }
        card.power_off();
        Some(card)
    }

    /// The lane of the session.
    pub(crate) fn lane(&self) -> u32 {
        self.core.journal.lane()
    }

    /// Chooses the lane of a session that has changed nothing yet.
    pub(crate) fn choose_lane(&mut self, lane: u32) {
        self.core.journal.choose_lane(lane.into());
    }

    /// From now on, notes every change that applets make.
    pub(crate) fn note_steps(&mut self) {
        self.core.steps.note(true);
    }

    /// Makes its memory ignore a kind of pulse.
    #[cfg(test)]
    pub(crate) fn set_deaf(&mut self, deaf: crate::nvm::eeprom::deaf::Deaf) {
        self.core.memory.memory_mut().deaf = Some(deaf);
    }

    /// What was noted; nothing is noted from now on.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        self.core.steps.note(false)
    }

    /// How many counters were changed since power-up.
    pub(crate) fn touched_counters(&self) -> u32 {
        self.core.touched.count()
    }

    /// Where secrets were stored since power-up: address and length.
    pub(crate) fn secret_places(&self) -> &[(u32, u32)] {
        self.core.steps.secret_places()
    }

    /// The application a change belongs to.
    pub(crate) fn owner(&self, change: &Change) -> Option<&str> {
        let place = self.registry.entries.iter().position(|entry| match change {
            Change::Store { at, .. } | Change::Raw { at, .. } => entry.segment.contains(*at),
            Change::Count { number, .. } => {
                let counters = entry.descriptor.counters.len() as u16;
                (entry.first_counter..entry.first_counter + counters).contains(number)
            }
        })?;
        Some(&self.profile.applets[place].name)
    }
}
