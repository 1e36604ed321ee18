//! All or nothing: a new-value log with one commit point.
//!
//! Inside a transaction stores go to an overlay in RAM; reads look there first. An abort forgets
//! the overlay and costs no pulse. The commit sequence and why it holds are in the
//! [module's argument](super).
//!
//! Invariants:
//! * the overlay is empty unless a transaction is open or half home, and secrets in it are
//!   overwritten when it ends;
//! * the intent of the session's lane is solid in memory before any other pulse of a transaction
//!   (`intent_solid`);
//! * between transactions every marker is solid erased, unless `failed`; where home may be half
//!   done then (`half_home`) the overlay stays, so that the transaction is read whole, as power-up
//!   will make it.

use tessera_framework::pin::forget;

use super::{
    Geometry, Layout, Memory, Pulse, PulseError, WORD_BYTES, erase_word,
    geometry::PAGE_BYTES_MAX,
    layout::{LANES, Lane},
    log,
    overlay::Overlay,
};

/// A session may have left work for the next power-up. Sixteen bits of thirty-two are set, as in
/// every decision word, so no half-done pulse turns one into another.
pub const INTENT: [u8; WORD_BYTES] = [0x5A, 0xC3, 0x96, 0x3C];
/// The log is whole and is to be copied home.
pub const MARKER: [u8; WORD_BYTES] = [0xA5, 0x3C, 0x69, 0xC3];

/// The log may hold a secret.
pub const WIPE: [u8; WORD_BYTES] = [0xC3, 0x69, 0x5A, 0x96];

/// Why the engine did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Power is gone.
    PowerLost,
    /// The transaction is larger than the log.
    CapacityExceeded,
    /// A part of the transaction has failed.
    PartFailed,
    /// The cells do not hold what they are given.
    MemoryFailure,
}

impl From<PulseError> for Refusal {
    fn from(error: PulseError) -> Self {
        match error {
            PulseError::PowerLost => Self::PowerLost,
            PulseError::MemoryFailure => Self::MemoryFailure,
        }
    }
}

/// Whether bytes may be left where they passed through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrecy {
    /// They may lie in the log until it is used again.
    Open,
    /// PINs and keys: nothing of them is left in the log.
    Secret,
}

/// The RAM side of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Journal {
    open: bool,
    /// Why the open transaction can only be aborted.
    doomed: Option<Refusal>,
    /// The open transaction carries a secret.
    secret: bool,
    /// Number of the lane of this session.
    lane: u32,
    intent_solid: bool,
    /// Cells have failed where a marker may be set: nothing more is written before a power-up.
    failed: bool,
    /// They have failed behind the commit point: home is old in one place and new in another.
    half_home: bool,
    overlay: Overlay,
    log: Vec<u8>,
}

impl Journal {
    /// As after power-up: nothing open, nothing known of the intent.
    pub fn forget_all(&mut self) {
        self.failed = false;
        self.half_home = false;
        self.abort();
        self.lane = 0;
        self.intent_solid = false;
    }

    /// Chooses the lane of the session that begins, by a number from the card's noise.
    pub fn choose_lane(&mut self, noise: u64) {
        self.lane = (noise % u64::from(LANES)) as u32;
    }

    /// Number of the session's lane.
    #[must_use]
    pub fn lane(&self) -> u32 {
        self.lane
    }

    /// Cells have failed behind a commit point: nothing that a marker may be set for is written to
    /// before the next power-up.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// True while a transaction is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Opens a transaction.
    pub fn begin(&mut self) {
        self.open = true;
    }

    /// The open transaction can only be aborted from now on.
    pub fn doom(&mut self) {
        self.doomed = self.doomed.or(Some(Refusal::PartFailed));
    }

    /// Forgets the open transaction.
    pub fn abort(&mut self) {
        self.open = false;
        self.doomed = None;
        if self.half_home {
            return;
        }
        if self.secret {
            forget(&mut self.log);
        }
        self.overlay.clear(self.secret);
        self.secret = false;
        self.log.clear();
    }

    /// Bytes where they lie, when no open transaction has stored anything and they are stable.
    #[inline]
    pub fn in_place<'m, M: Memory>(
        &self,
        memory: &'m M,
        at: u32,
        bytes: usize,
    ) -> Option<&'m [u8]> {
        if self.overlay.is_empty() { memory.stable(at, bytes) } else { None }
    }

    /// Reads, seeing what the open transaction has stored.
    #[inline]
    pub fn read<M: Memory>(&self, memory: &M, at: u32, out: &mut [u8]) {
        memory.read(at, out);
        if !self.overlay.is_empty() {
            self.overlay.read(memory.geometry(), at, out);
        }
    }

    /// Stores into the open transaction, or as a transaction of its own. A secret leaves no copy
    /// in the log.
    ///
    /// # Errors
    /// [`Refusal::CapacityExceeded`]: the transaction can only be aborted then; nothing of it will
    /// reach memory. [`Refusal::PowerLost`]; [`Refusal::MemoryFailure`].
    pub fn store<M: Memory>(
        &mut self,
        memory: &mut M,
        layout: &Layout,
        at: u32,
        data: &[u8],
        secrecy: Secrecy,
    ) -> Result<(), Refusal> {
        if self.failed {
            return Err(Refusal::MemoryFailure);
        }
        let alone = !self.open;
        self.begin();
        self.secret |= secrecy == Secrecy::Secret;
        let stored = self.store_in_overlay(memory, layout, at, data);
        match (alone, stored) {
            (true, Ok(())) => self.commit(memory, layout),
            (true, Err(refusal)) => {
                self.abort();
                Err(refusal)
            }
            (false, stored) => {
                self.doomed = self.doomed.or(stored.err());
                stored
            }
        }
    }

    fn store_in_overlay<M: Memory>(
        &mut self,
        memory: &M,
        layout: &Layout,
        at: u32,
        data: &[u8],
    ) -> Result<(), Refusal> {
        if data.len() as u64 > u64::from(layout.log.bytes) {
            return Err(Refusal::CapacityExceeded);
        }
        self.overlay.store(memory, at, data);
        if self.log_bytes(memory.geometry()) > layout.log.bytes {
            return Err(Refusal::CapacityExceeded);
        }
        Ok(())
    }

    /// Bytes of the log that the open transaction takes so far.
    fn log_bytes(&self, geometry: &Geometry) -> u32 {
        let entry = |(_, range): (u32, &[u8])| range.len() as u32 + log::ENTRY_HEADER_BYTES;
        log::HEADER_BYTES + self.overlay.ranges(geometry).map(entry).sum::<u32>()
    }

    /// Bytes that the open transaction, or the next one, can take at least: whole units in pages
    /// of their own are reckoned with.
    #[must_use]
    pub fn bytes_left<M: Memory>(&self, memory: &M, layout: &Layout) -> u32 {
        let geometry = memory.geometry();
        let free = layout.log.bytes.saturating_sub(self.log_bytes(geometry));
        // A run of bytes begins and ends within a unit, and so within a page; where it meets what
        // is stored already it only takes less.
        let each_page = geometry.page_bytes + log::ENTRY_HEADER_BYTES;
        let pages = free / each_page;
        let rest = (free % each_page).saturating_sub(log::ENTRY_HEADER_BYTES);
        let run = pages * geometry.page_bytes + geometry.unit_start(rest);
        run.saturating_sub(2 * (geometry.unit_bytes - 1) + log::ENTRY_HEADER_BYTES)
    }

    /// Makes the open transaction solid.
    ///
    /// # Errors
    /// [`Refusal::CapacityExceeded`] when a store was refused and [`Refusal::PartFailed`] after
    /// [`doom`](Self::doom): nothing is written then. [`Refusal::PowerLost`].
    /// [`Refusal::MemoryFailure`]: the next power-up has it whole or not at all, and until then no
    /// more is written where that is in doubt.
    pub fn commit<M: Memory>(&mut self, memory: &mut M, layout: &Layout) -> Result<(), Refusal> {
        let outcome = if let Some(refusal) = self.doomed {
            Err(refusal)
        } else if self.overlay.is_empty() {
            Ok(())
        } else if self.failed {
            Err(Refusal::MemoryFailure)
        } else {
            self.write_through(memory, layout).map_err(Refusal::from)
        };
        self.abort();
        outcome
    }

    fn write_through<M: Memory>(
        &mut self,
        memory: &mut M,
        layout: &Layout,
    ) -> Result<(), PulseError> {
        self.make_intent_solid(memory, layout)?;
        let lane = layout.lane(self.lane);
        // Set or in doubt before: the log may hold a secret that is not of this transaction.
        let idle = [memory.geometry().erased; WORD_BYTES];
        let wipe_all = memory.stable(layout.wipe, WORD_BYTES) != Some(&idle[..]);
        if self.secret {
            memory.drive(Pulse::Program { at: layout.wipe, data: &WIPE })?;
        }
        log::build(&mut self.log, self.overlay.ranges(memory.geometry()));
        log::write(memory, layout, lane, &self.log)?;
        let marked = memory.drive(Pulse::Program { at: lane.marker, data: &MARKER });
        self.failed = marked == Err(PulseError::MemoryFailure);
        marked?;
        let carried = self.carry_home(memory, lane);
        self.half_home = carried == Err(PulseError::MemoryFailure);
        self.failed = self.half_home;
        carried?;
        let to_wipe = if wipe_all { layout.log.bytes } else { self.log.len() as u32 };
        if self.secret { log::wipe(memory, layout, lane, to_wipe) } else { Ok(()) }
    }

    /// Behind the commit point.
    fn carry_home<M: Memory>(&self, memory: &mut M, lane: Lane) -> Result<(), PulseError> {
        let geometry = *memory.geometry();
        for (at, range) in self.overlay.ranges(&geometry) {
            memory.write(at, range)?;
        }
        erase_word(memory, lane.marker)
    }

    /// Sets the intent, once per session and always with a pulse: that it reads set proves nothing.
    /// A lane whose intent has failed is passed over.
    fn make_intent_solid<M: Memory>(
        &mut self,
        memory: &mut M,
        layout: &Layout,
    ) -> Result<(), PulseError> {
        let mut outcome = Ok(());
        for _ in 0..LANES {
            if self.intent_solid {
                return Ok(());
            }
            let at = layout.lane(self.lane).intent;
            outcome = memory.drive(Pulse::Program { at, data: &INTENT });
            match outcome {
                Ok(()) => self.intent_solid = true,
                Err(PulseError::PowerLost) => return outcome,
                Err(PulseError::MemoryFailure) => self.lane = (self.lane + 1) % LANES,
            }
        }
        outcome
    }
}

/// Writes past the journal: a tear leaves the units that `data` lies in indeterminate, their other
/// bytes included.
///
/// # Errors
/// [`PulseError`].
pub fn write_nonatomic<M: Memory>(
    memory: &mut M,
    mut at: u32,
    mut data: &[u8],
) -> Result<(), PulseError> {
    let geometry = *memory.geometry();
    while !data.is_empty() {
        let page_end = geometry.page_start(at) + geometry.page_bytes;
        let (piece, later) = data.split_at(data.len().min((page_end - at) as usize));
        let first = geometry.unit_start(at);
        let end = geometry.whole_units(at + piece.len() as u32);
        let mut units = [0; PAGE_BYTES_MAX];
        let units = &mut units[..(end - first) as usize];
        // Whole units are not read: they may be in doubt.
        let (before, rest) = units.split_at_mut((at - first) as usize);
        let (here, behind) = rest.split_at_mut(piece.len());
        memory.read(first, before);
        here.copy_from_slice(piece);
        memory.read(at + piece.len() as u32, behind);
        memory.write(first, units)?;
        at += piece.len() as u32;
        data = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
