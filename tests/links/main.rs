//! The same card on every interface: its answers, and which way data goes where a header tells.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod directions;
mod everywhere;
