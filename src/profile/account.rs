//! What the account of DF04 begins with: the section `[social-security.account]`.
//!
//! ```toml
//! [social-security.account]       # amounts in fen; what is left out is 0
//! balance = 100000
//! self-pay = 15600                # of the year
//! fund = 13200                    # of the year
//! online-counter = 0              # credits so far
//! offline-counter = 1             # settlements so far
//! year = "2025"                   # payment year; "0000" before the first settlement
//! start = "0101"                  # its first day, month and day
//! ```

use serde::Deserialize;
use tessera_social_security::account::amounts::{AMOUNTS_BYTES, Amounts};
use toml::Spanned;

use super::{ProfileError, Source};

/// `[social-security.account]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Section {
    #[serde(default)]
    balance: u32,
    #[serde(default)]
    self_pay: u32,
    #[serde(default)]
    fund: u32,
    #[serde(default)]
    online_counter: u16,
    #[serde(default)]
    offline_counter: u16,
    #[serde(default)]
    year: Option<Spanned<String>>,
    #[serde(default)]
    start: Option<Spanned<String>>,
}

impl Section {
    /// The internal file of amounts.
    pub(super) fn amounts(&self, source: &Source<'_>) -> Result<[u8; AMOUNTS_BYTES], ProfileError> {
        let year = match &self.year {
            None => Amounts::NEW.year,
            Some(year) => digits(source, year, "a payment year of four digits")?,
        };
        let start = match &self.start {
            None => Amounts::NEW.start,
            Some(start) => digits(source, start, "month and day, four digits")?,
        };
        let (online, offline) = (self.online_counter, self.offline_counter);
        let Self { balance, self_pay, fund, .. } = *self;
        Ok(Amounts { online, offline, balance, self_pay, fund, year, start }.encode())
    }
}

/// Four digits, packed.
fn digits(
    source: &Source<'_>,
    text: &Spanned<String>,
    expected: &str,
) -> Result<u16, ProfileError> {
    let digits = text.get_ref();
    let is_digits = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    match u16::from_str_radix(digits, 16) {
        Ok(packed) if is_digits => Ok(packed),
        _ => Err(source.wrong(text.span(), expected, format!("{digits:?}"))),
    }
}
