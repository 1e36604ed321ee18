//! The log in memory: what a transaction is about to write, whole before its marker is set.
//!
//! | bytes | what |
//! |---|---|
//! | 2 | length of all of it |
//! | 4 | CRC-32 of the entries |
//! | each entry: 4 | address of a home range |
//! | 1 | its length: whole units within one page |
//! | n | what it is to hold |
//!
//! Numbers are big-endian. The log is a ring: a lane's begins at a page of its own and may go on
//! at the first page. The check guards against cells that lose their charge and against an image
//! edited by hand, not against tears: those are the marker's business.

use super::{
    Layout, Memory, Pulse, PulseError, erase_word, geometry::PAGE_BYTES_MAX, layout::Lane,
};

/// Length and check in front of the entries.
pub const HEADER_BYTES: u32 = 6;
/// Address and length in front of each entry's bytes.
pub const ENTRY_HEADER_BYTES: u32 = 5;

/// Builds the log of these home ranges.
pub(crate) fn build<'r>(log: &mut Vec<u8>, ranges: impl Iterator<Item = (u32, &'r [u8])>) {
    log.clear();
    log.extend([0; HEADER_BYTES as usize]);
    for (at, bytes) in ranges {
        log.extend_from_slice(&at.to_be_bytes());
        log.push(bytes.len() as u8);
        log.extend_from_slice(bytes);
    }
    let [l0, l1] = (log.len() as u16).to_be_bytes();
    if let Some((header, entries)) = log.split_first_chunk_mut() {
        let [c0, c1, c2, c3] = crc32fast::hash(entries).to_be_bytes();
        *header = [l0, l1, c0, c1, c2, c3];
    }
}

/// Erases so many bytes of a lane's log, then the wipe word.
pub(crate) fn wipe<M: Memory>(
    memory: &mut M,
    layout: &Layout,
    lane: Lane,
    bytes: u32,
) -> Result<(), PulseError> {
    let geometry = *memory.geometry();
    let mut wiped = Ok(());
    for offset in (0..bytes).step_by(geometry.page_bytes as usize) {
        let at = layout.log_address(lane, offset);
        let bytes = geometry.whole_units((bytes - offset).min(geometry.page_bytes));
        match memory.drive(Pulse::Erase { at, bytes }) {
            Err(PulseError::MemoryFailure) => wiped = Err(PulseError::MemoryFailure),
            outcome => outcome?,
        }
    }
    wiped?;
    erase_word(memory, layout.wipe)
}

pub(crate) fn write<M: Memory>(
    memory: &mut M,
    layout: &Layout,
    lane: Lane,
    log: &[u8],
) -> Result<(), PulseError> {
    let geometry = *memory.geometry();
    for (n, piece) in log.chunks(geometry.page_bytes as usize).enumerate() {
        let at = layout.log_address(lane, n as u32 * geometry.page_bytes);
        memory.write(at, piece)?;
    }
    Ok(())
}

/// Reads from a lane's log.
fn read<M: Memory>(memory: &M, layout: &Layout, lane: Lane, offset: u32, out: &mut [u8]) {
    let page_bytes = memory.geometry().page_bytes;
    let mut offset = offset;
    let mut out = out;
    while !out.is_empty() {
        let here = (page_bytes - offset % page_bytes).min(out.len() as u32);
        let (piece, rest) = out.split_at_mut(here as usize);
        memory.read(layout.log_address(lane, offset), piece);
        offset += here;
        out = rest;
    }
}

/// Copies the log's entries home. What it is to find there was solid before the marker was set; a
/// log that is not whole was put there by other means than this engine, and nothing of it is
/// copied.
pub(crate) fn copy_home<M: Memory>(
    memory: &mut M,
    layout: &Layout,
    lane: Lane,
) -> Result<(), PulseError> {
    let Some(end) = whole(memory, layout, lane) else { return Ok(()) };
    let geometry = *memory.geometry();
    let mut offset = HEADER_BYTES;
    while offset + ENTRY_HEADER_BYTES <= end {
        let mut header = [0; ENTRY_HEADER_BYTES as usize];
        read(memory, layout, lane, offset, &mut header);
        let [a, b, c, d, bytes] = header;
        let (at, bytes) = (u32::from_be_bytes([a, b, c, d]), u32::from(bytes));
        let mut data = [0; PAGE_BYTES_MAX];
        let data = data.get_mut(..bytes as usize);
        let Some(data) = data.filter(|_| offset + ENTRY_HEADER_BYTES + bytes <= end) else { break };
        read(memory, layout, lane, offset + ENTRY_HEADER_BYTES, data);
        let home_end = u64::from(at) + u64::from(bytes);
        let whole = at == geometry.unit_start(at) && bytes == geometry.whole_units(bytes);
        let within = at - geometry.page_start(at) + bytes <= geometry.page_bytes;
        let homes = at >= layout.segments && home_end <= u64::from(memory.bytes());
        if homes && whole && within && bytes > 0 {
            memory.write(at, data)?;
        }
        offset += ENTRY_HEADER_BYTES + bytes;
    }
    Ok(())
}

/// Where the entries of a log end, `None` when its length or check does not fit.
fn whole<M: Memory>(memory: &M, layout: &Layout, lane: Lane) -> Option<u32> {
    let mut header = [0; HEADER_BYTES as usize];
    read(memory, layout, lane, 0, &mut header);
    let [l0, l1, c0, c1, c2, c3] = header;
    let end = u32::from(u16::from_be_bytes([l0, l1]));
    if !(HEADER_BYTES..=layout.log.bytes).contains(&end) {
        return None;
    }
    let mut check = crc32fast::Hasher::new();
    let mut offset = HEADER_BYTES;
    while offset < end {
        let mut piece = [0; PAGE_BYTES_MAX];
        let piece = &mut piece[..(end - offset).min(PAGE_BYTES_MAX as u32) as usize];
        read(memory, layout, lane, offset, piece);
        check.update(piece);
        offset += piece.len() as u32;
    }
    (check.finalize() == u32::from_be_bytes([c0, c1, c2, c3])).then_some(end)
}
