//! Which applets are on the card, where their memory lies, and whose child each is.
//!
//! The registry is ROM: made at personalisation from the profile, shared by all forks of a card.

use std::fmt;

use tessera_framework::{Applet, Descriptor, FileId};

use crate::nvm::Segment;

/// One application.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) applet: &'static dyn Applet,
    pub(crate) descriptor: &'static Descriptor,
    /// The application whose DF this one lies under; the MF has none.
    pub(crate) parent: Option<u8>,
    pub(crate) segment: Segment,
    /// Number of the applet's first counter.
    pub(crate) first_counter: u16,
    /// The applet's part of the `clear_on_reset` RAM.
    pub(crate) on_reset: (usize, usize),
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.descriptor.aid == other.descriptor.aid
            && (self.parent, self.segment, self.first_counter, self.on_reset)
                == (other.parent, other.segment, other.first_counter, other.on_reset)
    }
}

impl Eq for Entry {}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("aid", &self.descriptor.aid)
            .field("segment", &self.segment)
            .finish_non_exhaustive()
    }
}

/// The applications, the MF first.
///
/// Invariants: at least one entry and at most 255; a parent stands before its children; segments do
/// not overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registry {
    pub(crate) entries: Vec<Entry>,
}

impl Registry {
    /// The MF's place.
    pub(crate) const MF: u8 = 0;

    pub(crate) fn entry(&self, applet: u8) -> &Entry {
        &self.entries[usize::from(applet)]
    }

    pub(crate) fn len(&self) -> u8 {
        self.entries.len() as u8
    }

    /// The application directly above one, unless that is the MF.
    pub(crate) fn above(&self, applet: u8) -> Option<u8> {
        self.entry(applet).parent.filter(|above| *above != Self::MF)
    }

    /// The child of `parent` with this file identifier.
    pub(crate) fn child(&self, parent: u8, fid: FileId) -> Option<u8> {
        let child =
            |entry: &Entry| entry.parent == Some(parent) && entry.descriptor.fid == Some(fid);
        self.entries.iter().position(child).map(|place| place as u8)
    }
}
