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

use std::ops::Range;

use serde::Deserialize;
use tessera_framework::tlv::DataObjects;
use tessera_social_security::account::amounts::{AMOUNTS_BYTES, Amounts};
use toml::Spanned;

use super::{ProfileError, Source};

/// Tag of a record in installation data.
const RECORD: u16 = 0xC4;

/// The item of EF05 that says how the account is settled, and what it says when that is off-line.
const CARD_USE_MODE: u8 = 0x8F;
const OFF_LINE: u8 = b'2';

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

/// Refuses an account that is settled off-line, the card keeping the balance: item 8F
/// (医疗保险用卡方式) is 2. `beside` is where a ledger is, which keeps the balance then.
pub(super) fn refuse_off_line(
    source: &Source<'_>,
    beside: Range<usize>,
    installed: &[u8],
) -> Result<(), ProfileError> {
    let mode = [CARD_USE_MODE, 1, OFF_LINE];
    let mut objects = DataObjects::new(installed).flatten();
    let is_off_line = objects.any(|object| {
        object.tag.0 == RECORD && matches!(object.value, [4, 5, _, item @ ..] if *item == mode)
    });
    if is_off_line {
        let expected = "item 8F of DF04 not \"2\" beside a ledger: one balance on a card";
        return Err(source.wrong(beside, expected, "\"2\""));
    }
    Ok(())
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
