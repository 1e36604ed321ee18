//! A card behind a link: the card and the buffer of its answers, so that nothing is allocated for
//! each.

use super::{Card, Response};
use crate::link::{Application, Delivery, Direction, Mute};

/// A card as a link takes it.
#[derive(Clone, Debug)]
pub struct Chip {
    card: Card,
    response: Response,
}

impl Chip {
    /// The chip of this card.
    #[must_use]
    pub fn new(card: Card) -> Self {
        Self { card, response: Response::new() }
    }

    /// The card.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// The card, to be torn or looked into between commands.
    pub const fn card_mut(&mut self) -> &mut Card {
        &mut self.card
    }

    /// The card, taken out of the link.
    #[must_use]
    pub fn into_card(self) -> Card {
        self.card
    }
}

impl Application for Chip {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.card.power_on().map_err(|_| Mute)
    }

    fn set_delivery(&mut self, delivery: Delivery) {
        self.card.set_delivery(delivery);
    }

    fn power_off(&mut self) {
        self.card.power_off();
    }

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let before_us = self.card.clock_us();
        self.card.exchange(command, &mut self.response).map_err(|_| Mute)?;
        response.extend_from_slice(self.response.as_bytes());
        Ok(self.card.clock_us() - before_us)
    }

    fn direction(&self, header: [u8; 4]) -> Direction {
        self.card.direction(header)
    }
}
