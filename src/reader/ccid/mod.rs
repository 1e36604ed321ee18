//! A CCID reader with a serial line, as libccid's driver for such readers speaks to one.
//!
//! | module | what lives there |
//! |---|---|
//! | [`frame`] | frames on the line: 03 06, a message, a check |
//! | [`message`] | CCID messages |
//! | [`protocol`] | the parameters of T=0 and T=1 in them |
//! | [`model`] | which reader is shown |
//! | [`machine`] | the reader: bytes of the host in, bytes to the host out |

pub mod frame;
pub mod machine;
pub mod message;
pub mod model;
pub mod protocol;
mod seat;

pub use machine::Machine;
pub use model::Model;
