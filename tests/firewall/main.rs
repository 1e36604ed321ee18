//! The wall between applications, from the crates to the segments.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "../free_files/mod.rs"]
mod free_files;
mod hostile;
#[path = "../prober/mod.rs"]
mod prober;
#[path = "../scripts/mod.rs"]
mod scripts;
mod segments;
mod vectors;
#[path = "../whole/mod.rs"]
mod whole;
