//! A card in a slot as a link sees it: what the slot keeps, tears and tells happens to commands
//! that come over a line or the air just the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Slot;
use crate::link::{Application, Delivery, Direction, Mute};

/// A slot behind a link. Clones mean the same slot.
#[derive(Clone)]
pub struct Linked(Arc<Mutex<Slot>>);

impl Linked {
    /// The card in `slot`.
    #[must_use]
    pub const fn new(slot: Arc<Mutex<Slot>>) -> Self {
        Self(slot)
    }

    /// The card is in the reader.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.slot().is_present()
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // A thread that died holding the lock has left the card in a state a tear leaves too.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Application for Linked {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.slot().power_on().map_err(|_| Mute)
    }

    fn set_delivery(&mut self, delivery: Delivery) {
        self.slot().set_delivery(delivery);
    }

    fn power_off(&mut self) {
        self.slot().power_off();
    }

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let mut slot = self.slot();
        let before_us = slot.card().clock_us();
        let answer = slot.exchange(command).map_err(|_| Mute)?;
        response.extend_from_slice(answer);
        Ok(slot.card().clock_us() - before_us)
    }

    fn direction(&self, header: [u8; 4]) -> Direction {
        self.slot().card().direction(header)
    }
}
