//! A schedule of tears as one line, to be printed and to be run again.

use std::{fmt, str::FromStr};

/// What is done to a design after it was formatted: `change cut 4 | on read 1 | on read 0`.
///
/// `change` is a change, `on` a power-up (power goes at the end of every leg but a change that is
/// followed by another). `read 01` says what the words in doubt read as, in the order in which they
/// are read: 1 for the word that is asked for, 0 for anything else; where tears are
/// [stable](super::Tears::Stable), 0 as before the torn pulse, 1 as after it, 2 in between. `cut 4`
/// tears the fourth pulse.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// One behind the other.
    pub legs: Vec<Leg>,
}

/// A part of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leg {
    /// A change or a power-up.
    pub act: Act,
    /// What the words in doubt read as.
    pub reads: Vec<u32>,
    /// The pulse that is torn, from 1; 0 for none.
    pub cut: u32,
}

/// What a leg does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// The next change.
    Change,
    /// Power-up, and the value is read.
    On,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, leg) in self.legs.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { " | " })?;
            leg.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.act {
            Act::Change => "change",
            Act::On => "on",
        })?;
        if !self.reads.is_empty() {
            f.write_str(" read ")?;
            self.reads.iter().try_for_each(|read| write!(f, "{read}"))?;
        }
        if self.cut > 0 {
            write!(f, " cut {}", self.cut)?;
        }
        Ok(())
    }
}

/// Why a text is not a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct LineError {
    expected: &'static str,
    got: String,
}

impl FromStr for Line {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        Ok(Self { legs: text.split('|').map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl FromStr for Leg {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        let wrong = |expected, got: &str| LineError { expected, got: got.into() };
        let mut words = text.split_whitespace();
        let act = match words.next().unwrap_or_default() {
            "change" => Act::Change,
            "on" => Act::On,
            other => return Err(wrong("change or on", other)),
        };
        let mut leg = Self { act, reads: Vec::new(), cut: 0 };
        while let Some(word) = words.next() {
            let value = words.next().unwrap_or_default();
            match word {
                "read" => {
                    let digit = |c: char| c.to_digit(3).ok_or(wrong("digits 0 to 2", value));
                    leg.reads = value.chars().map(digit).collect::<Result<_, _>>()?;
                }
                "cut" => leg.cut = value.parse().map_err(|_| wrong("a number", value))?,
                _ => return Err(wrong("read or cut", word)),
            }
        }
        Ok(leg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_the_same_when_it_is_read_back() {
        for line in
            ["change", "change cut 4 | on read 1 | on read 02 cut 7 | change | change cut 1"]
        {
            assert_eq!(line.parse::<Line>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn a_text_that_is_no_line_says_what_was_expected() {
        for (text, says) in [
            ("", "expected change or on, got \"\""),
            ("change cut", "expected a number, got \"\""),
            ("on read 3", "expected digits 0 to 2, got \"3\""),
            ("on off", "expected read or cut, got \"off\""),
        ] {
            assert_eq!(text.parse::<Line>().unwrap_err().to_string(), says);
        }
    }
}
