//! The whole card as a value: power on, exchange, power off, fork.

use tessera_framework::StatusWord;

/// Power failed in the middle: there is no answer, and none will come before the next power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the card has lost power")]
pub struct PowerLost;

/// A response APDU: data field, SW1, SW2. Made once and filled again and again, so that an exchange
/// allocates nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Response {
    bytes: Vec<u8>,
}

impl Response {
    /// An empty response; 65,538 bytes is the longest it will hold.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Data field and status word, as they go over the line.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The data field.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.bytes[..self.bytes.len().saturating_sub(2)]
    }

    /// SW1-SW2.
    #[must_use]
    pub fn status(&self) -> StatusWord {
        self.bytes.last_chunk::<2>().map_or(StatusWord(0), |&sw| StatusWord::from(sw))
    }
}

/// A card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    atr: Vec<u8>,
}

impl Card {
    /// Powers the card: recovery first, then RAM cleared and the MF selected.
    ///
    /// # Errors
    /// [`PowerLost`] when a tear hits the recovery.
    pub fn power_on(&mut self) -> Result<(), PowerLost> {
        Ok(())
    }

    /// Takes the power away: RAM is lost. No pulse is under way between commands.
    pub fn power_off(&mut self) {}

    /// True between a successful power-up and the loss of power.
    #[must_use]
    pub fn is_powered(&self) -> bool {
        true
    }

    /// The answer to reset, as a PC/SC reader reports it.
    #[must_use]
    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Runs one command.
    ///
    /// # Errors
    /// [`PowerLost`] when a tear hits it, or the card is not powered: there is no answer then.
    pub fn exchange(&mut self, command: &[u8], response: &mut Response) -> Result<(), PowerLost> {
        let _ = command;
        response.bytes.clear();
        response.bytes.extend([0x6D, 0x00]);
        Ok(())
    }

    /// Power will fail in the `n`-th pulse from now, 1 the next one.
    pub fn tear_at(&mut self, n: u32) {
        let _ = n;
    }

    /// Microseconds on the card's clock since it was made.
    #[must_use]
    pub fn clock_us(&self) -> u64 {
        0
    }

    /// Pulses its memory has been given since it was made.
    #[must_use]
    pub fn pulses(&self) -> u64 {
        0
    }
}
