//! What the memory promises an applet: through faults, through sessions, word for word.

mod faults;
#[path = "../free_files/mod.rs"]
mod free_files;
mod promises;
mod sessions;
#[path = "../writer/mod.rs"]
mod writer;
