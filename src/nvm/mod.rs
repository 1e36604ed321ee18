//! Non-volatile memory whose every change survives power loss at any pulse.
//!
//! # Promise
//!
//! After a tear in any pulse and the power-up that follows, the bytes of a transaction are all old
//! or all new; what lay outside it is untouched; a counter holds its old or its new value; and what
//! the first completed power-up settles stays so. A tear in that power-up changes none of this.
//!
//! # Terms
//!
//! A *pulse* erases or programs a range within one page ([`Pulse`]). A *tear* is power failing
//! inside a pulse: every bit the pulse would have changed becomes *indeterminate* and may read
//! either way, afresh at each read, until a completed pulse drives it. A *unit* is the smallest
//! range that can be erased by itself. A *decision word* is four bytes that recovery acts on. To
//! *settle* is to bring memory back to a state without doubt at power-up, before the first byte of
//! the answer to reset. A *session* lasts from power-up to the loss of power.
//!
//! # Faults
//!
//! | | fault | where |
//! |---|---|---|
//! | C1 | power goes between two pulses | [`Tearing::power_down`] |
//! | C2 | inside a pulse: any subset of its bits done, or wavering | [`Memory::tear`] |
//! | C3, C4 | in the recovery, and in the recovery after that | [`Tearing::tear_at`] counts its pulses too |
//! | C5 | outside pulses: during an answer, between commands | as C1; the terminal may or may not have the answer |
//! | F1 | a unit past its last cycle: a pulse does nothing, says so, or leaves a bit wavering | [`Fault::WornUnit`](fault::Fault), [`Fault::WearsOut`](fault::Fault) |
//! | F2 | bits that lose their charge | [`Fault::Decay`](fault::Fault) |
//! | F3 | a page that nothing changes any more | [`Fault::StuckPage`](fault::Fault) |
//! | F4 | cells that hold anything whatever | [`Eeprom::restored`] |
//!
//! Tears are promised to do no harm. F1 and F3 are noticed where a pulse has had no effect: the
//! change is refused with 6581 and, before the commit point, undone; behind it the segments take no
//! more changes (counters do) and read as the transaction would have them, and a card that power-up
//! cannot settle is *dead*: mute, and power-up tries again each time ([`NoAtr`](crate::NoAtr)). F1
//! as a wavering bit and F2 may go unnoticed, as on a real card. Under F4 nothing is promised but
//! that the card neither panics nor hangs.
//!
//! # Assumptions about the cells
//!
//! Programming moves bits away from the erased value only. Programming a programmed bit again is
//! harmless, also when that pulse is cut. A completed erase leaves its range stable; a completed
//! program makes those bits stable that it drives, and no others (more careful than real cells).
//! Bits outside the range of a pulse never change.
//!
//! # Format
//!
//! | from | what |
//! |---|---|
//! | 0 | the intent word of each of five lanes: [`journal::INTENT`] while a session may have left work to settle, else erased |
//! | next units | the marker word of each lane: [`journal::MARKER`] while its log is to be copied home, else erased |
//! | next unit | wipe word: [`journal::WIPE`] while the log may hold a secret, else erased |
//! | next page | the [`log`], a ring of pages; each lane's begins at another one |
//! | next page | [`counter`]s: an intent word, two slots each of (value, sequence) and a validity word |
//! | next page | the applets' segments, each from a page of its own |
//!
//! Every word and every counter's part has units of its own. A session's transactions all use one
//! lane, chosen by noise at power-up, so that no word and no page of the log is worn by every
//! session.
//!
//! # Argument
//!
//! *Commit*: intent of the lane (first change of the session only); wipe word (secrets only); log;
//! marker set; home; marker erased; log erased, wipe word erased (secrets only).
//! *Settle*: each lane whose intent does not read erased: if its marker reads set, program it again
//! and copy the log home; erase the marker; erase the intent. Then each counter whose intent does
//! not read erased, and its intent. Then, if the wipe word does not read erased: erase the log,
//! erase the word.
//!
//! 1. The intent is solid before any other pulse of a session's transactions and erased after they
//!    are settled. If it is torn while being set, nothing else has happened; torn while being
//!    erased, nothing is left to do: both readings are harmless, also in a later session that uses
//!    another lane, for then this lane's marker is solid erased.
//! 2. The log is solid before the marker's pulse begins, so a marker that reads set stands for a
//!    whole log. It is programmed again before it is acted on: from then on it reads set in every
//!    power-up until the copy is complete, so the decision is made once.
//! 3. If the marker reads clear, nothing has been copied home; it is erased before anything else,
//!    so it can never read set later.
//! 4. Copying home is idempotent: the log is not touched before the marker is erased. No other
//!    lane writes to it before either, for a session begins when every lane is settled.
//! 5. A counter change writes the older slot: validity erased, value, validity set. The newer slot
//!    is not touched. In settling, a validity word that reads set is programmed again, else erased:
//!    the value below it is solid in both cases in which it may read set. The counter's intent is
//!    to its slots what a lane's is to its marker.
//! 6. The wipe word is solid before the first byte of a secret reaches the log, and erased after
//!    the log is. Torn while being set, the log has no secret; torn while being erased, none any
//!    more: both readings are harmless, for whenever it is acted on every marker is solid erased.
//! 7. A pulse that completes is read back before the next one relies on it.
//!
//! [`explore`](crate::explore) checks all of it: every tear of every command, every reading of
//! every indeterminate word, and a tear in every pulse of the recovery.
//!
//! # Limits
//!
//! * Wear: a unit is erased at most once by a transaction, by a counter change and by a power-up.
//!   Where an applet keeps what changes each time is the hot spot that is left, for home pages are
//!   not moved about.
//! * What is stored beside a secret in the same unit takes the secret along into the log; in
//!   another unit it does not.
//! * Weak pulses that the chip survives (brown-out) are not modelled.
//! * A log whose check does not fit its bytes is dropped, not repaired: no tear brings it about.

pub mod counter;
pub mod eeprom;
pub mod fault;
pub mod geometry;
pub mod journal;
pub mod layout;
pub mod log;
mod overlay;
pub mod ram;
pub mod record;
mod settle;
pub mod tear;
pub mod wear;

pub use counter::Counters;
pub use eeprom::Eeprom;
pub use geometry::Geometry;
pub use journal::Journal;
pub use layout::{Layout, Segment};
pub use ram::{Block, Ram};
pub use settle::settle;
pub use tear::Tearing;
pub use wear::Wear;

/// Power failed in the middle: there is no answer, and none will come before the next power-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the card has lost power")]
pub struct PowerLost;

/// Why a pulse, or what is made of pulses, did not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PulseError {
    /// The pulse was cut, or power was gone before it.
    #[error("the card has lost power")]
    PowerLost,
    /// The cells do not hold what they were given: worn out, or stuck.
    #[error("the memory's cells do not hold what they are given")]
    MemoryFailure,
}

/// Bytes of a decision word.
pub const WORD_BYTES: usize = 4;

/// One pulse: the only way cells change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pulse<'a> {
    /// Puts whole units back to the erased value.
    Erase {
        /// First address, on a unit boundary.
        at: u32,
        /// Number of bytes, whole units within one page.
        bytes: u32,
    },
    /// Drives the bits of `data` that differ from the erased value.
    Program {
        /// First address.
        at: u32,
        /// What erased cells are to hold; within one page.
        data: &'a [u8],
    },
}

impl Pulse<'_> {
    /// First address.
    #[must_use]
    pub const fn at(&self) -> u32 {
        match *self {
            Self::Erase { at, .. } | Self::Program { at, .. } => at,
        }
    }

    /// Number of bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        match *self {
            Self::Erase { bytes, .. } => bytes as usize,
            Self::Program { data, .. } => data.len(),
        }
    }
}

/// Memory at the level of pulses.
pub trait Memory {
    /// The part's physical facts.
    fn geometry(&self) -> &Geometry;

    /// Size in bytes, whole pages.
    fn bytes(&self) -> u32;

    /// Gives a pulse to its end.
    ///
    /// # Errors
    /// [`PulseError`]; a part need not notice that its cells have failed.
    fn pulse(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError>;

    /// Cuts a pulse short: the bits it would have changed become indeterminate.
    fn tear(&mut self, pulse: Pulse<'_>);

    /// Reads cells; a read that touches an indeterminate bit is foul.
    fn read(&self, at: u32, out: &mut [u8]);

    /// Cells as they lie, `None` when one of their bits is indeterminate.
    fn stable(&self, at: u32, bytes: usize) -> Option<&[u8]>;

    /// Decides whether a decision word reads as `word` now: the only read that may meet
    /// indeterminate bits.
    fn reads_as(&mut self, at: u32, word: [u8; WORD_BYTES]) -> bool;

    /// Decisions so far that a script has made for want of stable bits.
    fn choices_made(&self) -> usize {
        0
    }

    /// Reads a fixed number of bytes.
    fn read_array<const N: usize>(&self, at: u32) -> [u8; N]
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.read(at, &mut bytes);
        bytes
    }

    /// Whether the cells hold, without doubt, what a completed pulse has to leave in them.
    #[inline]
    fn holds(&self, pulse: Pulse<'_>) -> bool {
        held(self, &pulse)
    }

    /// Gives a pulse, and reads back what it has done. A program pulse must be for cells that are
    /// erased, or hold its data already.
    ///
    /// # Errors
    /// [`PulseError`].
    #[inline]
    fn drive(&mut self, pulse: Pulse<'_>) -> Result<(), PulseError> {
        match self.pulse(pulse) {
            Err(PulseError::PowerLost) => Err(PulseError::PowerLost),
            Ok(()) | Err(PulseError::MemoryFailure) if self.holds(pulse) => Ok(()),
            Ok(()) | Err(PulseError::MemoryFailure) => Err(PulseError::MemoryFailure),
        }
    }

    /// Erases the units from `at` that `data` takes, then programs it: two pulses within one page.
    ///
    /// # Errors
    /// [`PulseError`].
    fn write(&mut self, at: u32, data: &[u8]) -> Result<(), PulseError> {
        write_in_two(self, at, data)
    }
}

/// [`Memory::write`] pulse by pulse.
fn write_in_two<M: Memory + ?Sized>(
    memory: &mut M,
    at: u32,
    data: &[u8],
) -> Result<(), PulseError> {
    let bytes = memory.geometry().whole_units(data.len() as u32);
    memory.drive(Pulse::Erase { at, bytes })?;
    memory.drive(Pulse::Program { at, data })
}

/// [`Memory::holds`] by comparison.
#[inline]
fn held<M: Memory + ?Sized>(memory: &M, pulse: &Pulse<'_>) -> bool {
    let there = memory.stable(pulse.at(), pulse.bytes());
    there.is_some_and(|there| match pulse {
        Pulse::Erase { .. } => {
            // Without an early end, so that it is done many bytes at a time.
            let erased = memory.geometry().erased;
            there.iter().fold(0, |differs, &byte| differs | (byte ^ erased)) == 0
        }
        Pulse::Program { data, .. } => there == *data,
    })
}

/// Erases a decision word.
pub(crate) fn erase_word<M: Memory>(memory: &mut M, at: u32) -> Result<(), PulseError> {
    let bytes = memory.geometry().whole_units(WORD_BYTES as u32);
    memory.drive(Pulse::Erase { at, bytes })
}
