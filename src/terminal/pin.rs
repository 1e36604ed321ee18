//! The holder's PIN on its way from the keypad to the card: overwritten when it goes, never shown.

use std::fmt;

use tessera_framework::pin::forget;

/// Digits of a PIN, two a byte, as they are sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Vec<u8>);

/// The text is no PIN. It is not shown.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the PIN: expected 2 to 12 digits, got {characters} characters{}", of_what(*.are_digits))]
pub struct PinError {
    characters: usize,
    are_digits: bool,
}

const fn of_what(are_digits: bool) -> &'static str {
    if are_digits { "" } else { ", not all of them digits" }
}

impl Pin {
    /// From 2 to 12 digits; an odd number of them ends with F.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn parse(digits: &str) -> Result<Self, PinError> {
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits || !(2..=12).contains(&digits.len()) {
            return Err(PinError { characters: digits.chars().count(), are_digits });
        }
        let digit = |byte: Option<&u8>| byte.map_or(0x0F, |byte| byte - b'0');
        let pairs = digits.as_bytes().chunks(2);
        Ok(Self(pairs.map(|pair| digit(pair.first()) << 4 | digit(pair.get(1))).collect()))
    }

    /// The bytes that are sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        forget(&mut self.0);
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_packed_and_anything_else_is_refused_without_being_shown() {
        for (digits, bytes) in [
            ("12", &[0x12][..]),
            ("123456", &[0x12, 0x34, 0x56]),
            ("12345", &[0x12, 0x34, 0x5F]),
            ("098765432109", &[0x09, 0x87, 0x65, 0x43, 0x21, 0x09]),
        ] {
            let pin = Pin::parse(digits).unwrap();
            assert_eq!(pin.bytes(), bytes);
            assert_eq!(format!("{pin:?}"), format!("Pin({} bytes)", bytes.len()));
        }
        for wrong in ["", "1", "1234567890123", "12a4", "１２３４", "-123", "12 34"] {
            let error = Pin::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with("the PIN: expected 2 to 12 digits, got "), "{error}");
            assert!(wrong.len() < 4 || !error.contains(wrong), "{error}");
        }
    }
}
