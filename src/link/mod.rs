//! What lies between a reader and a card: the serial line of ISO/IEC 7816-3 and the air of
//! ISO/IEC 14443, both ends of each.
//!
//! Nothing here does input or output, sleeps or reads a clock. A link is told what came and when,
//! and says what goes out and when. On the line time is counted in clock cycles of the card's
//! contact CLK, on the air in periods of the carrier (1/fc = 73.75 ns); a name ends in its unit.
//! The card behind a link takes its own time, which it tells in microseconds.
//!
//! | module | what lives there |
//! |---|---|
//! | [`application`] | what stands behind a link: a card, or a test's stand-in |
//! | [`crc`] | the checks: CRC_A, CRC_B, LRC and the CRC of T=1 |
//! | [`contact`] | the card's side of the line: answer to reset, T=0, T=1 |
//! | [`frame`] | a frame on the air, to the bit |
//! | [`ifd`] | the reader's side of the line |
//! | [`noisy`] | what can befall a frame, drawn or scripted |
//! | [`pcd`] | the reader's side of the air |
//! | [`picc`] | the card's side of the air |

pub mod application;
pub mod contact;
pub mod crc;
pub mod frame;
pub mod ifd;
pub mod noisy;
pub mod pcd;
pub mod picc;

pub use application::{Application, Delivery, Direction, Mute};
pub use contact::Contact;
pub use frame::{Frame, PiccType, Rate};
pub use noisy::{Fate, Noise};
