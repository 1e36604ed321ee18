//! What applets were told is solid: the model that [`explore`](crate::explore) holds memory
//! against.
//!
//! Noted above the journal, from the calls of the applets and their results alone, so that nothing
//! the journal does wrong can be in it. Off, and then it costs a look at one flag for each call;
//! where secrets lie is always kept in mind, for a later command may take them along.

use crate::nvm::journal::Secrecy;

/// A transaction or a counter change that was complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    /// Pulses the memory had been given by then.
    pub(crate) pulses: u64,
    pub(crate) changes: Vec<Change>,
}

/// What an applet asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Bytes at an address.
    Store { at: u32, bytes: Vec<u8>, secrecy: Secrecy },
    /// Bytes at an address, written past the journal.
    Raw { at: u32, bytes: Vec<u8> },
    /// The value of a counter.
    Count { number: u16, value: u32 },
}

/// The notes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Steps {
    noting: bool,
    open: Vec<Change>,
    complete: Vec<Step>,
    /// Where secrets were stored since power-up: address and length.
    secret_places: Vec<(u32, u32)>,
}

/// Most places of secrets that are kept in mind.
const SECRET_PLACES_MAX: usize = 64;

impl Steps {
    /// Begins to note, or ends; returns what was noted so far.
    pub(crate) fn note(&mut self, noting: bool) -> Vec<Step> {
        self.noting = noting;
        self.open.clear();
        std::mem::take(&mut self.complete)
    }

    /// A store was accepted.
    #[inline]
    pub(crate) fn stored(&mut self, at: u32, bytes: &[u8], secrecy: Secrecy) {
        if secrecy == Secrecy::Secret {
            let place = (at, bytes.len() as u32);
            let places = &mut self.secret_places;
            if places.len() < SECRET_PLACES_MAX && !places.contains(&place) {
                places.push(place);
            }
        }
        if self.noting {
            self.open.push(Change::Store { at, bytes: bytes.to_vec(), secrecy });
        }
    }

    /// Where secrets were stored since power-up, whether noted or not.
    pub(crate) fn secret_places(&self) -> &[(u32, u32)] {
        &self.secret_places
    }

    /// Power is lost.
    pub(crate) fn forget_secret_places(&mut self) {
        self.secret_places.clear();
    }

    /// A write past the journal begins.
    pub(crate) fn began_raw(&mut self, at: u32, bytes: &[u8]) {
        if self.noting {
            self.open.push(Change::Raw { at, bytes: bytes.to_vec() });
        }
    }

    /// The transaction was committed.
    #[inline]
    pub(crate) fn complete(&mut self, pulses: u64) {
        if self.noting && !self.open.is_empty() {
            self.complete.push(Step { pulses, changes: std::mem::take(&mut self.open) });
        }
    }

    /// The transaction was aborted.
    #[inline]
    pub(crate) fn forget_open(&mut self) {
        if self.noting {
            self.open.clear();
        }
    }

    /// A counter was set.
    #[inline]
    pub(crate) fn counted(&mut self, number: u16, value: u32, pulses: u64) {
        if self.noting {
            let changes = vec![Change::Count { number, value }];
            self.complete.push(Step { pulses, changes });
        }
    }
}
