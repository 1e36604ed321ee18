//! A PN532 as a whole: bytes from the host in, bytes to the host out.

use super::{chip::Chip, dialogue::Dialogue};
use crate::{field::Field, link::Application};

/// A PN532 on a serial line, and the cards in its field.
#[derive(Debug)]
pub struct Machine<A> {
    chip: Chip<A>,
    dialogue: Dialogue,
}

impl<A: Application> Machine<A> {
    /// A chip that has just got power, over these cards.
    #[must_use]
    pub fn new(field: Field<A>) -> Self {
        Self { chip: Chip::new(field), dialogue: Dialogue::default() }
    }

    /// Bytes come from the host, in any pieces; what is to be sent to it.
    pub fn on_bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.dialogue.on_bytes(bytes, &mut self.chip)
    }

    /// Time has passed on the host's side, in microseconds; what is to be sent to it.
    pub fn on_time(&mut self, passed_us: u64) -> Vec<u8> {
        self.dialogue.on_time(passed_us, &mut self.chip)
    }

    /// A command waits for a card to come, so time should be told often.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.dialogue.waits()
    }

    /// The field and what is in it.
    pub const fn field(&self) -> &Field<A> {
        self.chip.field()
    }

    /// The same, to be changed: cards come and go.
    pub const fn field_mut(&mut self) -> &mut Field<A> {
        self.chip.field_mut()
    }
}
