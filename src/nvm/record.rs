//! What a memory went through, kept in order: its pulses, and the words that were decided.
//!
//! Power failing in pulse *i* leaves what the start held, pulses 1 to *i* - 1, and pulse *i* torn;
//! so one recorded run gives the memories that all its tears leave ([`crash_images`]).

use super::{Eeprom, Memory, Pulse, WORD_BYTES};

/// Something that happened to a memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A pulse to its end.
    Pulsed(Given),
    /// A pulse cut short.
    Torn(Given),
    /// A decision word was looked at.
    Decided {
        /// Its address.
        at: u32,
        /// What was asked for.
        word: [u8; WORD_BYTES],
        /// It read so.
        reads: bool,
        /// Its stable bits left it open.
        in_doubt: bool,
    },
}

/// A [`Pulse`] with bytes of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Given {
    /// Whole units erased.
    Erase {
        /// First address.
        at: u32,
        /// Number of bytes.
        bytes: u32,
    },
    /// Bits driven.
    Program {
        /// First address.
        at: u32,
        /// What erased cells are to hold.
        data: Vec<u8>,
    },
}

impl Given {
    /// The pulse, to be given again.
    #[must_use]
    pub fn pulse(&self) -> Pulse<'_> {
        match *self {
            Self::Erase { at, bytes } => Pulse::Erase { at, bytes },
            Self::Program { at, ref data } => Pulse::Program { at, data },
        }
    }
}

impl From<Pulse<'_>> for Given {
    fn from(pulse: Pulse<'_>) -> Self {
        match pulse {
            Pulse::Erase { at, bytes } => Self::Erase { at, bytes },
            Pulse::Program { at, data } => Self::Program { at, data: data.to_vec() },
        }
    }
}

/// A memory whose power failed in a pulse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrashImage {
    /// What is left.
    pub eeprom: Eeprom,
    /// Bits that the torn pulse would have changed.
    pub bits: u32,
    /// Words in doubt that were read before it.
    pub decisions: usize,
}

/// What is left when power fails in the first, second, third ... pulse of `events`, which `start`
/// went through.
pub fn crash_images<'e>(
    start: &Eeprom,
    events: &'e [Event],
) -> impl Iterator<Item = CrashImage> + use<'e> {
    let mut image = start.clone();
    let mut decisions = 0;
    events.iter().filter_map(move |event| match event {
        Event::Decided { in_doubt, .. } => {
            decisions += usize::from(*in_doubt);
            None
        }
        Event::Torn(given) | Event::Pulsed(given) => {
            let mut eeprom = image.clone();
            eeprom.tear(given.pulse());
            let bits = bits_changed(&image, &given.pulse());
            // A pulse that fails in this memory failed in the run as well.
            let _ = image.pulse(given.pulse());
            Some(CrashImage { eeprom, bits, decisions })
        }
    })
}

/// Bits that a pulse would change.
#[must_use]
pub fn bits_changed(eeprom: &Eeprom, pulse: &Pulse<'_>) -> u32 {
    let erased = eeprom.geometry().erased;
    let cells = &eeprom.cells()[pulse.at() as usize..][..pulse.bytes()];
    match *pulse {
        Pulse::Erase { .. } => cells.iter().map(|cell| (cell ^ erased).count_ones()).sum(),
        Pulse::Program { data, .. } => {
            let driven = |(cell, byte): (&u8, &u8)| (byte ^ erased) & !(cell ^ erased);
            cells.iter().zip(data).map(|pair| driven(pair).count_ones()).sum()
        }
    }
}
