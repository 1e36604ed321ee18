//! What terminals do with a social-security card (社会保障卡), its medical account (医疗个人账户)
//! and their PSAM: clinic, pharmacy, enquiry terminal and agency; and a small authority.

pub mod agency;
pub mod answer;
pub mod authority;
pub mod contact;
pub mod desk;
pub mod entry;
pub mod error;
pub mod identity;
pub mod journal;
pub mod kiosk;
pub mod lists;
pub(in crate::terminal) mod question;
mod settle;
pub mod signing;
pub mod tariff;
pub mod visit;
mod words;
mod written;

pub use authority::Authority;
pub use desk::{Station, StationSettings};
pub use error::MedicalError;
pub use journal::StationJournal;
pub use visit::Receipt;

/// Whether a command APDU is one by which the card books: power that fails in it leaves the station
/// in doubt.
#[must_use]
pub fn completes(apdu: &[u8]) -> bool {
    matches!(apdu, [0xD0, 0x2C | 0x42 | 0x46, ..])
}
