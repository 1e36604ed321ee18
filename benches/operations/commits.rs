//! Commits by themselves: what the journal adds to copying the bytes that it writes.

use std::hint::black_box;

use tessera::nvm::{
    Eeprom, Geometry, Journal, Layout, Memory, Tearing,
    journal::Secrecy,
    log::{ENTRY_HEADER_BYTES, HEADER_BYTES},
};

use super::Operation;

/// Sizes that are timed, and where they begin in their first page: within a page, whole pages, and
/// as much as the largest command can bring.
const SIZES: [(&str, &str, usize); 3] = [
    ("commit of 16 bytes", "copy of 16 bytes, to log and home", 16),
    ("commit of 64 bytes", "copy of 64 bytes, to log and home", 64),
    ("commit of 256 bytes", "copy of 256 bytes, to log and home", 256),
];

/// Each commit and, beside it, the copies that it cannot do without.
pub(crate) fn commits() -> Vec<(Operation, Operation)> {
    SIZES.map(|(name, copy, bytes)| (commit(name, bytes), copies(copy, bytes))).into()
}

fn part() -> (Geometry, Layout) {
    let geometry = Geometry::part("page64").unwrap();
    (geometry, Layout::new(&geometry, 512, 0))
}

fn commit(name: &'static str, bytes: usize) -> Operation {
    let (geometry, layout) = part();
    let mut memory = Tearing::new(Eeprom::new(geometry, 8192));
    memory.power_up();
    let (mut journal, mut data) = (Journal::default(), vec![0xA5; bytes]);
    let run = move |times| {
        for _ in 0..times {
            data[0] ^= 0xFF;
            let data = black_box(&data[..]);
            journal.store(&mut memory, &layout, layout.segments, data, Secrecy::Open).unwrap();
        }
        black_box(memory.bytes());
    };
    Operation { name, run: Box::new(run) }
}

fn copies(name: &'static str, bytes: usize) -> Operation {
    let (geometry, layout) = part();
    let page = geometry.page_bytes as usize;
    let log = HEADER_BYTES as usize + bytes.div_ceil(page) * ENTRY_HEADER_BYTES as usize + bytes;
    let mut cells = vec![0; 8192];
    let (log, home) = (vec![0xA5; log], vec![0xA5; bytes]);
    let (log_at, home_at) = (layout.log.base as usize, layout.segments as usize);
    let run = move |times| {
        for _ in 0..times {
            let cells = black_box(&mut cells[..]);
            for (from, at) in [(black_box(&log[..]), log_at), (black_box(&home[..]), home_at)] {
                for (to, from) in cells[at..].chunks_mut(page).zip(from.chunks(page)) {
                    to[..from.len()].copy_from_slice(from);
                }
            }
        }
    };
    Operation { name, run: Box::new(run) }
}
