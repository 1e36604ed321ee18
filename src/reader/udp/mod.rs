//! nfcpy's driver `udp`: a reader that sends frames of ISO/IEC 14443 as text in datagrams, and
//! leaves blocks and their faults to the host.
//!
//! | module | what lives there |
//! |---|---|
//! | [`datagram`] | the text, both ways |
//! | [`machine`] | the field the reader makes |

pub mod datagram;
pub mod machine;

pub use machine::Machine;

/// The port nfcpy's driver sends to when it is told none.
pub const PORT: u16 = 54_321;
