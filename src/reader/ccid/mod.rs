//! A CCID reader with a serial line, as libccid's driver for such readers speaks to one.
//!
//! It exchanges at the level of TPDUs: on T=1 the host makes the blocks, and the reader passes
//! them; on T=0 the host makes TPDUs, and the reader deals with procedure bytes. So the protocol of
//! the host meets that of the card, and not one of ours. PPS and parameters are the host's.
//!
//! What the reader says when something goes wrong is what the device class has for it: a card that
//! does not answer in time is mute (FE), a character with a wrong parity is told (FD), a check of a
//! block is the host's to see. Not published, and inferred from the driver: which bytes the line
//! hands back, the notices and signs of patience, and a few commands of the maker's. Of our own:
//! frames that are cut short or damaged are asked for again, and a message that is too long is
//! refused by its length.
//!
//! There is no PIN pad: message 69 is refused as not supported.
//!
//! A driver may do wrong too. libccid, after three damaged blocks in a row, sends S(RESYNCH
//! request) and then what is left of its command: all of it when it has seen no part of the answer,
//! and so the command runs twice; nothing when it has, and so the answer is that to an empty
//! command. With lost blocks it gives up at once, and the card must be reset. The judge
//! `.ci/judges/ccid` holds it to that.
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
