//! What happens to a card, one event a step.

/// One step, as whoever holds the card saw it. With the card's seed, the events of a run replay it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// The card was put into its reader.
    Inserted,
    /// The card was taken out, or its reader hung up.
    Removed,
    /// Power came, and the card answered to reset.
    PowerOn {
        /// The answer to reset.
        atr: &'a [u8],
    },
    /// The reader reset a card that had power.
    Reset {
        /// The answer to reset.
        atr: &'a [u8],
    },
    /// Power went between commands.
    PowerOff,
    /// The card was given the random bytes that it draws next.
    GivenRandom {
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A command and its answer.
    Exchange {
        /// Command APDU.
        command: &'a [u8],
        /// Response APDU.
        response: &'a [u8],
        /// How long the card took, in microseconds of its own clock.
        took_us: u64,
        /// EEPROM pulses the command gave.
        pulses: u64,
    },
    /// The card ran a command, but the image it is kept in could not be saved: nobody got the
    /// answer.
    NotKept {
        /// Command APDU.
        command: &'a [u8],
        /// Response APDU, which was held back.
        response: &'a [u8],
    },
    /// Power failed inside a command: there is no answer.
    Torn {
        /// Command APDU.
        command: &'a [u8],
        /// Pulses the command gave, the last of them torn.
        pulses: u64,
    },
    /// Power failed again while the card settled its memory at power-up.
    TornInRecovery {
        /// Pulses the recovery gave, the last of them torn.
        pulses: u64,
    },
    /// Power came, but cells did not take what the recovery gave them: the card is dead, and mute.
    Dead {
        /// Pulses the recovery gave.
        pulses: u64,
    },
}
