//! The program as a user has it: what each verb prints, keeps and refuses.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod command_line;
mod field;
mod shell;
mod terminal;
mod terminal_medical;
