//! What happened to the account without an entry: one record of EF0A.
//!
//! Event (1), reason (1), number of the authority (4), sequence of the last entry (4), time (7),
//! 000000.

/// Bytes of an event.
pub(crate) const EVENT_BYTES: usize = 20;

/// The event byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happened {
    /// `41`: frozen.
    Frozen = 0x41,
    /// `42`: unfrozen.
    Unfrozen = 0x42,
    /// `43`: a statement was acknowledged.
    Stated = 0x43,
    /// `44`: terminated.
    Terminated = 0x44,
    /// `45`: reconciled.
    Reconciled = 0x45,
}

/// An event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) happened: Happened,
    /// 00 where none is given.
    pub(crate) reason: u8,
    /// 0 of a statement, which is no order of the authority.
    pub(crate) authority_number: u32,
    pub(crate) sequence: u32,
    pub(crate) time: [u8; 7],
}

impl Event {
    pub(crate) fn encode(&self) -> [u8; EVENT_BYTES] {
        let mut bytes = [0; EVENT_BYTES];
        bytes[0..2].copy_from_slice(&[self.happened as u8, self.reason]);
        bytes[2..6].copy_from_slice(&self.authority_number.to_be_bytes());
        bytes[6..10].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[10..17].copy_from_slice(&self.time);
        bytes
    }
}
