//! `tessera serve` as a process: readers that misbehave, orders beside them, cards kept in files.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod air;
#[path = "../fake_reader/mod.rs"]
mod fake_reader;
mod kept;
mod vpcd;
