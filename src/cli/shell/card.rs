//! The card on the desk: one in this process, kept in an image or not, or one in a PC/SC reader.

use tessera::{
    image::FileError,
    reader::{Slot, SlotError},
};

/// What came back, and how long it took.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Exchanged {
    /// Response APDU.
    pub(crate) response: Vec<u8>,
    /// On the card's own clock, or on ours for a card in a reader.
    pub(crate) took_us: u64,
    /// EEPROM pulses, where they can be seen.
    pub(crate) pulses: u64,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// The card has no power.
    #[error("the card has no power; `reset` brings it back")]
    Mute,
    /// Power failed in the command.
    #[error("power failed in the command; `reset` brings the card back")]
    Torn {
        /// Pulses the command gave.
        pulses: u64,
    },
    /// The command ran, but the image could not be written.
    #[error("the card cannot be kept, so it does not answer: {0}")]
    NotKept(FileError),
    /// The reader or the card is not as it should be.
    #[error("{0}")]
    Broken(String),
}

/// A card, however it is reached.
pub(crate) trait OnDesk {
    /// Gives it power, or resets it; returns its answer to reset.
    fn power_on(&mut self) -> Result<Vec<u8>, NoAnswer>;

    /// Takes its power away.
    fn power_off(&mut self) -> Result<(), NoAnswer>;

    /// Sends a command.
    fn exchange(&mut self, command: &[u8]) -> Result<Exchanged, NoAnswer>;

    /// Lets power fail in this pulse, from 1, of the next command that gives pulses; 0 disarms.
    fn tear_at(&mut self, pulse: u32) -> Result<(), NoAnswer>;
}

impl OnDesk for Slot {
    fn power_on(&mut self) -> Result<Vec<u8>, NoAnswer> {
        self.insert().map_err(NoAnswer::NotKept)?;
        Slot::power_on(self).map_err(|error| no_answer(error, 0))?;
        Ok(self.atr().to_vec())
    }

    fn power_off(&mut self) -> Result<(), NoAnswer> {
        Slot::power_off(self);
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Exchanged, NoAnswer> {
        let (clock_us, before) = (self.card().clock_us(), self.card().pulses());
        let answered = Slot::exchange(self, command).map(<[u8]>::to_vec);
        let pulses = self.card().pulses() - before;
        let took_us = self.card().clock_us() - clock_us;
        match answered {
            Ok(response) => Ok(Exchanged { response, took_us, pulses }),
            Err(error) => Err(no_answer(error, pulses)),
        }
    }

    fn tear_at(&mut self, pulse: u32) -> Result<(), NoAnswer> {
        Slot::tear_at(self, pulse);
        Ok(())
    }
}

fn no_answer(error: SlotError, pulses: u64) -> NoAnswer {
    match error {
        SlotError::Torn => NoAnswer::Torn { pulses },
        SlotError::Mute => NoAnswer::Mute,
        SlotError::Keep(error) => NoAnswer::NotKept(error),
        SlotError::Dead(error) => NoAnswer::Broken(error.to_string()),
    }
}

/// A card in a PC/SC reader.
#[cfg(feature = "pcsc")]
pub(super) struct InReader(pub(super) Box<dyn tessera::vectors::Target>);

#[cfg(feature = "pcsc")]
impl OnDesk for InReader {
    fn power_on(&mut self) -> Result<Vec<u8>, NoAnswer> {
        self.0.power_on().map_err(NoAnswer::Broken)?.ok_or(NoAnswer::Mute)
    }

    fn power_off(&mut self) -> Result<(), NoAnswer> {
        self.0.power_off().map_err(NoAnswer::Broken)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Exchanged, NoAnswer> {
        let began = std::time::Instant::now();
        let response = self.0.exchange(command).map_err(NoAnswer::Broken)?;
        let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(Exchanged { response: response.ok_or(NoAnswer::Mute)?, took_us, pulses: 0 })
    }

    fn tear_at(&mut self, _: u32) -> Result<(), NoAnswer> {
        Err(NoAnswer::Broken("a reader cannot tear; a card in this process can".into()))
    }
}
