//! Amounts of money: whole fen, written in yuan.

use std::{fmt, str::FromStr};

/// An amount in fen, the unit of the purse; shown and read in yuan.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Debug,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub u32);

/// The text is no amount.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{got:?} is no amount: expected yuan such as 12 or 12.50, at most 42949672.95")]
pub struct AmountError {
    got: String,
}

impl Fen {
    /// The four bytes that are sent.
    #[must_use]
    pub const fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl FromStr for Fen {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError { got: text.into() };
        let (yuan, rest) = text.split_once('.').map_or((text, "00"), |parts| parts);
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(yuan) || !digits(rest) || rest.len() > 2 {
            return Err(wrong());
        }
        let tenths = if rest.len() == 1 { 10 } else { 1 };
        let fen = rest.parse::<u32>().ok().map(|part| part * tenths);
        yuan.parse::<u32>()
            .ok()
            .and_then(|yuan| yuan.checked_mul(100))
            .and_then(|whole| whole.checked_add(fen?))
            .map(Self)
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_the_fen_and_nothing_else_is_one() {
        for (text, fen) in [
            ("12.50", 1250),
            ("12.5", 1250),
            ("12", 1200),
            ("0.01", 1),
            ("0", 0),
            ("0.07", 7),
            ("42949672.95", u32::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Fen(fen)), "{text}");
        }
        for text in [
            "",
            ".",
            ".5",
            "5.",
            "1.234",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "42949672.96",
            "42949673",
            "99999999999",
            "١",
            " 1",
            "1.+5",
        ] {
            assert!(text.parse::<Fen>().is_err(), "{text}");
        }
        assert_eq!(Fen(1205).to_string(), "12.05");
        assert_eq!(Fen(7).to_string(), "0.07");
    }
}
