//! What a terminal reaches a card through: a slot in this process, or whatever else gives power and
//! moves commands.

use crate::{
    reader::{Slot, SlotError},
    vectors::Target,
};

/// What came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Bytes: an answer to reset, or a response APDU.
    Bytes(Vec<u8>),
    /// Nothing: the card was torn, or is not there. Whether it did what it was told is not known.
    Silence,
}

/// The device a card is put into.
pub trait Acceptor {
    /// Gives the card power, or resets it, and returns its answer to reset.
    ///
    /// # Errors
    /// What is wrong with the device, in words; a card that does not answer is no error.
    fn power_on(&mut self) -> Result<Heard, String>;

    /// Sends a command APDU.
    ///
    /// # Errors
    /// As [`power_on`](Self::power_on).
    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String>;
}

/// A card in this process. A card that was torn is out of its reader; it is put back when power is
/// asked for.
impl Acceptor for Slot {
    fn power_on(&mut self) -> Result<Heard, String> {
        self.insert().map_err(|error| error.to_string())?;
        match Slot::power_on(self) {
            Ok(()) => Ok(Heard::Bytes(self.atr().to_vec())),
            Err(error) => silence(&error),
        }
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        match Slot::exchange(self, command) {
            Ok(response) => Ok(Heard::Bytes(response.to_vec())),
            Err(error) => silence(&error),
        }
    }
}

fn silence(error: &SlotError) -> Result<Heard, String> {
    match error {
        SlotError::Torn | SlotError::Mute => Ok(Heard::Silence),
        SlotError::Dead(_) | SlotError::Keep(_) => Err(error.to_string()),
    }
}

/// A card that vectors can be run against; so are those in PC/SC readers reached.
impl Acceptor for Box<dyn Target> {
    fn power_on(&mut self) -> Result<Heard, String> {
        Target::power_on(self.as_mut()).map(heard)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        Target::exchange(self.as_mut(), command).map(heard)
    }
}

fn heard(bytes: Option<Vec<u8>>) -> Heard {
    bytes.map_or(Heard::Silence, Heard::Bytes)
}
