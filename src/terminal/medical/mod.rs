//! What terminals do with a social-security card (社会保障卡), its medical account (医疗个人账户)
//! and their PSAM: clinic, pharmacy, enquiry terminal and agency; and a small authority.

pub mod answer;
pub mod authority;
mod contact;
pub mod desk;
pub mod entry;
pub mod error;
pub mod identity;
pub mod journal;
pub mod kiosk;
pub mod lists;
mod question;
mod settle;
pub mod tariff;
pub mod visit;
mod words;
mod written;

pub use authority::Authority;
pub use desk::{Station, StationSettings};
pub use error::MedicalError;
pub use journal::StationJournal;
pub use visit::Receipt;
