//! One run of the exploration as one line of text, to be printed with a failure and run again.

use std::{fmt, str::FromStr};

/// What was done to a card, from a power-up on.
///
/// ```
/// use tessera::explore::Schedule;
/// let line = "00A4000C02EF01 00D6000001AA cut 7 | read 10 cut 2 | read 1";
/// assert_eq!(line.parse::<Schedule>().unwrap().to_string(), line);
/// ```
///
/// That is: of the second command's pulses the seventh was torn; at the next power-up the first
/// decision word that was in doubt read set, the second one not, and the second pulse was torn; at
/// the power-up after that one word was in doubt and read set. A cut behind a command's last pulse
/// takes the power away when the answer has been given. Commands may follow again. `seed 5` stands
/// for what [`random_tears`](super::Explorer::random_tears) makes of that number, to the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    /// One behind the other.
    pub legs: Vec<Leg>,
}

/// A part of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leg {
    /// Commands.
    Commands {
        /// Each command APDU.
        commands: Vec<Vec<u8>>,
        /// The pulse of the last command that is torn, from 1; 0 for none.
        cut: u32,
    },
    /// A power-up, and the power-downs and power-ups that look whether it holds.
    PowerUp {
        /// What words in doubt read as: 1 for the word asked for, 0 for anything else.
        reads: Vec<u32>,
        /// The pulse that is torn, from 1; 0 for none.
        cut: u32,
    },
    /// Bits and tears drawn from a seed.
    Seed(u64),
}

impl fmt::Display for Schedule {
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
        let mut words = Vec::new();
        let cut = match self {
            Self::Commands { commands, cut } => {
                words.extend(commands.iter().map(hex::encode_upper));
                *cut
            }
            Self::PowerUp { reads, cut } => {
                if !reads.is_empty() {
                    let digits: String = reads.iter().map(u32::to_string).collect();
                    words.push(format!("read {digits}"));
                }
                *cut
            }
            Self::Seed(seed) => {
                words.push(format!("seed {seed}"));
                0
            }
        };
        if cut > 0 {
            words.push(format!("cut {cut}"));
        }
        f.write_str(if words.is_empty() { "on" } else { "" })?;
        f.write_str(&words.join(" "))
    }
}

/// Why a line is not a schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct ScheduleError {
    expected: &'static str,
    got: String,
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(line: &str) -> Result<Self, ScheduleError> {
        Ok(Self { legs: line.split('|').map(str::parse).collect::<Result<_, _>>()? })
    }
}

impl FromStr for Leg {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let (mut commands, mut reads, mut cut) = (Vec::new(), Vec::new(), 0);
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "on" => {}
                "cut" => cut = parsed(words.next())?,
                "seed" => return Ok(Self::Seed(parsed(words.next())?)),
                "read" => {
                    let digits = words.next().unwrap_or_default();
                    let digit = |c: char| c.to_digit(2).ok_or(wrong("digits 0 and 1", digits));
                    reads = digits.chars().map(digit).collect::<Result<_, _>>()?;
                }
                _ => commands.push(hex::decode(word).map_err(|_| wrong(WORDS, word))?),
            }
        }
        match (commands.is_empty(), reads.is_empty()) {
            _ if text.trim().is_empty() => Err(wrong(WORDS, "")),
            (false, true) => Ok(Self::Commands { commands, cut }),
            (true, _) => Ok(Self::PowerUp { reads, cut }),
            (false, false) => Err(wrong("commands or a power-up", text)),
        }
    }
}

const WORDS: &str = "a command in hex, cut, read, seed or on";

fn wrong(expected: &'static str, got: &str) -> ScheduleError {
    ScheduleError { expected, got: got.trim().into() }
}

fn parsed<N: FromStr>(word: Option<&str>) -> Result<N, ScheduleError> {
    let word = word.unwrap_or_default();
    word.parse().map_err(|_| wrong("a number", word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_the_same_when_it_is_read_back() {
        for line in [
            "00D6000001AA",
            "00D6000001AA | seed 18446744073709551615",
            "00D6000001AA cut 3 | on",
            "00A4000C02EF01 00D600 cut 12 | cut 1 | read 0 cut 7 | read 0110 | 00D6000001AA cut 1",
        ] {
            assert_eq!(line.parse::<Schedule>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn a_line_that_is_none_says_what_was_expected() {
        for (line, says) in [
            ("", "expected a command in hex, cut, read, seed or on, got \"\""),
            ("00XY cut 1", "expected a command in hex, cut, read, seed or on, got \"00XY\""),
            ("00 cut", "expected a number, got \"\""),
            ("00 cut 1 | read 2", "expected digits 0 and 1, got \"2\""),
            ("00 read 1", "expected commands or a power-up, got \"00 read 1\""),
        ] {
            assert_eq!(line.parse::<Schedule>().unwrap_err().to_string(), says);
        }
    }
}
