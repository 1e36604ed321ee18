//! All or nothing: a new-value log with one commit point.
//!
//! Inside a transaction stores go to images of the pages they touch, in RAM; reads look there
//! first. An abort forgets the images and costs no pulse. The commit sequence and why it holds are
//! in the [module's argument](super).
//!
//! Invariants:
//! * page images exist only while a transaction is open;
//! * the intent is solid in memory before any other pulse of a session (`intent_solid`);
//! * between transactions the marker is solid erased.

use super::{Layout, Memory, PowerLost, Pulse, WORD_BYTES, counter, geometry::PAGE_BYTES_MAX};

/// A session may have left work for the next power-up. Sixteen bits of thirty-two are set, as in
/// every decision word, so no half-done pulse turns one into another.
pub const INTENT: [u8; WORD_BYTES] = [0x5A, 0xC3, 0x96, 0x3C];
/// The log is whole and is to be copied home.
pub const MARKER: [u8; WORD_BYTES] = [0xA5, 0x3C, 0x69, 0xC3];

/// Length and check in front of the log's entries.
pub const LOG_HEADER_BYTES: u32 = 4;
/// Address and length in front of each entry's bytes.
const ENTRY_HEADER_BYTES: u32 = 5;

/// Why the engine did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Power is gone.
    PowerLost,
    /// The transaction is larger than the log.
    CapacityExceeded,
    /// A part of the transaction has failed.
    PartFailed,
}

impl From<PowerLost> for Refusal {
    fn from(_: PowerLost) -> Self {
        Self::PowerLost
    }
}

/// The RAM side of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Journal {
    open: bool,
    /// Why the open transaction can only be aborted.
    doomed: Option<Refusal>,
    intent_solid: bool,
    pages: Vec<PageImage>,
    log: Vec<u8>,
}

/// A page as it will be, and which of its bytes differ: whole units from `first` to `end`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct PageImage {
    at: u32,
    first: u32,
    end: u32,
    bytes: [u8; PAGE_BYTES_MAX],
}

impl PageImage {
    fn range(&self) -> &[u8] {
        &self.bytes[self.first as usize..self.end as usize]
    }
}

impl Journal {
    /// As after power-up: nothing open, nothing known of the intent.
    pub fn forget_all(&mut self) {
        self.abort();
        self.intent_solid = false;
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
        self.pages.clear();
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
        if self.pages.is_empty() { memory.stable(at, bytes) } else { None }
    }

    /// Reads, seeing what the open transaction has stored.
    #[inline]
    pub fn read<M: Memory>(&self, memory: &M, at: u32, out: &mut [u8]) {
        memory.read(at, out);
        if !self.pages.is_empty() {
            self.read_images(memory.geometry().page_bytes, at, out);
        }
    }

    #[inline(never)]
    fn read_images(&self, page_bytes: u32, at: u32, out: &mut [u8]) {
        let end = at + out.len() as u32;
        for page in &self.pages {
            let (from, to) = (at.max(page.at), end.min(page.at + page_bytes));
            if from < to {
                out[(from - at) as usize..(to - at) as usize].copy_from_slice(
                    &page.bytes[(from - page.at) as usize..(to - page.at) as usize],
                );
            }
        }
    }

    /// Stores into the open transaction, or as a transaction of its own.
    ///
    /// # Errors
    /// [`Refusal::CapacityExceeded`]: the transaction can only be aborted then; nothing of it will
    /// reach memory. [`Refusal::PowerLost`].
    pub fn store<M: Memory>(
        &mut self,
        memory: &mut M,
        layout: &Layout,
        at: u32,
        data: &[u8],
    ) -> Result<(), Refusal> {
        let alone = !self.open;
        self.begin();
        let stored = self.store_images(memory, layout, at, data);
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

    fn store_images<M: Memory>(
        &mut self,
        memory: &M,
        layout: &Layout,
        mut at: u32,
        mut data: &[u8],
    ) -> Result<(), Refusal> {
        let geometry = *memory.geometry();
        if data.len() as u64 > u64::from(layout.log.bytes) {
            return Err(Refusal::CapacityExceeded);
        }
        while !data.is_empty() {
            let page_at = geometry.page_start(at);
            let offset = at - page_at;
            let here = data.len().min((geometry.page_bytes - offset) as usize);
            let (piece, rest) = data.split_at(here);
            let end = offset + here as u32;
            let first = geometry.unit_start(offset);
            let end_unit = geometry.whole_units(end);
            let page = match self.pages.iter().position(|page| page.at == page_at) {
                Some(known) => &mut self.pages[known],
                None => {
                    let bytes = [0; PAGE_BYTES_MAX];
                    self.pages.push(PageImage { at: page_at, first, end: end_unit, bytes });
                    let new = self.pages.len() - 1;
                    memory
                        .read(page_at, &mut self.pages[new].bytes[..geometry.page_bytes as usize]);
                    &mut self.pages[new]
                }
            };
            page.first = page.first.min(first);
            page.end = page.end.max(end_unit);
            page.bytes[offset as usize..end as usize].copy_from_slice(piece);
            at += here as u32;
            data = rest;
        }
        let log_bytes: u32 =
            self.pages.iter().map(|page| page.end - page.first + ENTRY_HEADER_BYTES).sum();
        if LOG_HEADER_BYTES + log_bytes > layout.log.bytes {
            return Err(Refusal::CapacityExceeded);
        }
        Ok(())
    }

    /// Makes the open transaction solid.
    ///
    /// # Errors
    /// [`Refusal::CapacityExceeded`] when a store was refused and [`Refusal::PartFailed`] after
    /// [`doom`](Self::doom): nothing is written then. [`Refusal::PowerLost`].
    pub fn commit<M: Memory>(&mut self, memory: &mut M, layout: &Layout) -> Result<(), Refusal> {
        let outcome = if let Some(refusal) = self.doomed {
            Err(refusal)
        } else if self.pages.is_empty() {
            Ok(())
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
    ) -> Result<(), PowerLost> {
        self.make_intent_solid(memory, layout)?;
        self.build_log();
        write_log(memory, layout, &self.log)?;
        memory.pulse(Pulse::Program { at: layout.marker, data: &MARKER })?;
        for page in &self.pages {
            memory.write(page.at + page.first, page.range())?;
        }
        erase_word(memory, layout.marker)
    }

    fn build_log(&mut self) {
        self.log.clear();
        self.log.extend([0; LOG_HEADER_BYTES as usize]);
        for page in &self.pages {
            let bytes = page.range();
            self.log.extend_from_slice(&(page.at + page.first).to_be_bytes());
            self.log.push(bytes.len() as u8);
            self.log.extend_from_slice(bytes);
        }
        let length = (self.log.len() as u16).to_be_bytes();
        let check = check(&self.log[LOG_HEADER_BYTES as usize..]).to_be_bytes();
        self.log[..2].copy_from_slice(&length);
        self.log[2..4].copy_from_slice(&check);
    }

    /// Sets the intent, once per session and always with a pulse: that it reads set proves nothing.
    ///
    /// # Errors
    /// [`PowerLost`].
    pub fn make_intent_solid<M: Memory>(
        &mut self,
        memory: &mut M,
        layout: &Layout,
    ) -> Result<(), PowerLost> {
        if !self.intent_solid {
            memory.pulse(Pulse::Program { at: layout.intent, data: &INTENT })?;
            self.intent_solid = true;
        }
        Ok(())
    }
}

/// Brings memory to a state without doubt; see the [module's argument](super).
///
/// Takes no pulse after a session that changed nothing. After others at most `2k + 3` for a log of
/// `k` page ranges, and two per counter.
///
/// # Errors
/// [`PowerLost`]: settle again at the next power-up.
pub fn settle<M: Memory>(memory: &mut M, layout: &Layout) -> Result<(), PowerLost> {
    let idle = [memory.geometry().erased; WORD_BYTES];
    if memory.reads_as(layout.intent, idle) {
        return Ok(());
    }
    if memory.reads_as(layout.marker, MARKER) {
        memory.pulse(Pulse::Program { at: layout.marker, data: &MARKER })?;
        copy_log_home(memory, layout)?;
    }
    erase_word(memory, layout.marker)?;
    counter::settle(memory, layout)?;
    erase_word(memory, layout.intent)
}

fn write_log<M: Memory>(memory: &mut M, layout: &Layout, mut log: &[u8]) -> Result<(), PowerLost> {
    let geometry = *memory.geometry();
    let mut at = layout.log.base;
    while !log.is_empty() {
        let (piece, rest) = log.split_at(log.len().min(geometry.page_bytes as usize));
        let units = geometry.whole_units(piece.len() as u32);
        memory.pulse(Pulse::Erase { at, bytes: units })?;
        memory.pulse(Pulse::Program { at, data: piece })?;
        at += geometry.page_bytes;
        log = rest;
    }
    Ok(())
}

fn copy_log_home<M: Memory>(memory: &mut M, layout: &Layout) -> Result<(), PowerLost> {
    let geometry = *memory.geometry();
    let [l0, l1, c0, c1] = memory.read_array(layout.log.base);
    let length = u32::from(u16::from_be_bytes([l0, l1]));
    if !(LOG_HEADER_BYTES..=layout.log.bytes).contains(&length) {
        return Ok(());
    }
    let mut log = vec![0; (length - LOG_HEADER_BYTES) as usize];
    memory.read(layout.log.base + LOG_HEADER_BYTES, &mut log);
    if check(&log) != u16::from_be_bytes([c0, c1]) {
        return Ok(());
    }
    let mut entries = &log[..];
    while let Some((&[a, b, c, d, bytes], rest)) = entries.split_first_chunk() {
        let (at, bytes) = (u32::from_be_bytes([a, b, c, d]), usize::from(bytes));
        let Some((data, rest)) = rest.split_at_checked(bytes) else { break };
        let end = u64::from(at) + bytes as u64;
        let whole =
            at == geometry.unit_start(at) && bytes as u32 == geometry.whole_units(bytes as u32);
        let within = at - geometry.page_start(at) + bytes as u32 <= geometry.page_bytes;
        if at >= layout.segments && end <= u64::from(memory.bytes()) && whole && within && bytes > 0
        {
            memory.write(at, data)?;
        }
        entries = rest;
    }
    Ok(())
}

fn erase_word<M: Memory>(memory: &mut M, at: u32) -> Result<(), PowerLost> {
    let bytes = memory.geometry().whole_units(WORD_BYTES as u32);
    memory.pulse(Pulse::Erase { at, bytes })
}

/// CRC-16 with polynomial 1021 from FFFF. It guards against a log edited by hand, not against
/// tears: those are the marker's business.
fn check(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, &byte| {
        let mut x = (crc >> 8) as u8 ^ byte;
        x ^= x >> 4;
        crc << 8 ^ u16::from(x) << 12 ^ u16::from(x) << 5 ^ u16::from(x)
    })
}

#[cfg(test)]
mod tests;
