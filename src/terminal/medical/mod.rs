//! What terminals do with a social-security card (社会保障卡), its medical account (医疗个人账户)
//! and their PSAM: clinic, pharmacy, enquiry terminal and agency; and a small authority.

pub mod answer;
pub mod authority;
pub mod entry;
pub mod identity;
pub mod lists;
mod question;
pub mod tariff;
mod words;
mod written;
