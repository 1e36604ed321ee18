//! Whatever anybody sends or makes: commands, images, personalisation; nothing panics or hangs.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "../answers/mod.rs"]
mod answers;
mod commands;
mod images;
mod iso;
mod personalised;
#[path = "../scripts/mod.rs"]
mod scripts;
