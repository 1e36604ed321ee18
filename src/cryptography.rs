//! The host's side of the cards' cryptography: ciphers and MACs, and protected messages as a
//! terminal makes them.
//!
//! Pure functions on bytes, the same ones the applets call; known answers from outside hold them in
//! their own crate. Nothing else of an applet's library is for the host.

pub use tessera_cos::{cipher, messaging};
