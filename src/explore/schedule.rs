//! One run of the exploration as one line of text, to be printed with a failure and run again.

use std::{fmt, str::FromStr};

/// What was done to a card, from a power-up on.
///
/// ```
/// use tessera::explore::Schedule;
/// for line in [
///     "profile clinic: 00A4000C02EF01 00D6000001AA cut 7 | read 10 cut 2 | read 1",
///     "vector memory/torn_right_pin:14 tear 3: cut 2 | read 0 | again cut 1",
/// ] {
///     assert_eq!(line.parse::<Schedule>().unwrap().to_string(), line);
/// }
/// ```
///
/// The first line: on a new card of the profile `clinic` the seventh of the second command's pulses
/// was torn; at the next power-up the first decision word that was in doubt read set, the second
/// one not, and the second pulse was torn; at the power-up after that one word was in doubt and
/// read set. A cut behind a command's last pulse takes the power away when the answer has been
/// given.
///
/// The second: the command in line 14 of that vector, when the vector's `tear each` is at pulse 3,
/// was torn in pulse 2. The word in doubt read unset; all commands since that session's power-up
/// were sent once more, and the last of them was torn in its first pulse. `sent` stands for a
/// vector's command that is not torn. `seed 5` stands for what
/// [`random_tears`](super::Explorer::random_tears) makes of that number, to the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    /// Which card it was.
    pub origin: Origin,
    /// One behind the other.
    pub legs: Vec<Leg>,
}

/// The card a schedule begins with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// The one that a program has made.
    #[default]
    Given,
    /// A new one, as a profile (a name or a file) or an image describes it.
    Profile(String),
    /// That of a vector, in the state in which the vector sends one of its commands.
    Vector {
        /// The vector's name.
        name: String,
        /// The command's line.
        line: usize,
        /// The pulse that the vector's `tear each` stands for; 1 where it has none.
        pulse: u32,
    },
}

/// A part of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Leg {
    /// Commands.
    Commands {
        /// Each command APDU; none, in the first part: the vector's.
        commands: Vec<Vec<u8>>,
        /// The pulse of the last command that is torn, from 1; 0 for none.
        cut: u32,
    },
    /// The commands since the power-up before the first tear, once more.
    Again {
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
        self.origin.fmt(f)?;
        for (i, leg) in self.legs.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { " | " })?;
            leg.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => Ok(()),
            Self::Profile(name) => write!(f, "profile {name}: "),
            Self::Vector { name, line, pulse: 1 } => write!(f, "vector {name}:{line}: "),
            Self::Vector { name, line, pulse } => write!(f, "vector {name}:{line} tear {pulse}: "),
        }
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        let (cut, alone) = match self {
            Self::Commands { commands, cut } => {
                words.extend(commands.iter().map(hex::encode_upper));
                (*cut, "sent")
            }
            Self::Again { cut } => {
                words.push("again".into());
                (*cut, "")
            }
            Self::PowerUp { reads, cut } => {
                if !reads.is_empty() {
                    let digits: String = reads.iter().map(u32::to_string).collect();
                    words.push(format!("read {digits}"));
                }
                (*cut, "on")
            }
            Self::Seed(seed) => {
                words.push(format!("seed {seed}"));
                (0, "")
            }
        };
        if cut > 0 {
            words.push(format!("cut {cut}"));
        }
        f.write_str(if words.is_empty() { alone } else { "" })?;
        f.write_str(&words.join(" "))
    }
}

/// Why a line is not a schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: expected {expected}, got {got:?}", named(*part))]
pub struct ScheduleError {
    /// Which part, from 1; 0 is the card in front of them.
    part: usize,
    expected: &'static str,
    got: String,
}

fn named(part: usize) -> String {
    if part == 0 { "the card of the line".into() } else { format!("part {part} of the line") }
}

const ORIGINS: [&str; 2] = ["profile ", "vector "];
const CARD: &str = "`profile NAME: ` or `vector NAME:LINE: `, maybe with ` tear N` before its end";
const WORDS: &str = "a command in hex, cut, read, again, seed or on";
const VECTORS: &str = "sent or cut: the command is the vector's";

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(line: &str) -> Result<Self, ScheduleError> {
        let line = line.trim();
        let (origin, legs) = if ORIGINS.iter().any(|word| line.starts_with(word)) {
            let (origin, legs) = line.split_once(": ").ok_or_else(|| wrong(CARD, line))?;
            (origin.parse()?, legs)
        } else {
            (Origin::Given, line)
        };
        let from_vector = matches!(origin, Origin::Vector { .. });
        let leg = |(i, text): (usize, &str)| {
            let leg = if from_vector && i == 0 { vectors_own(text) } else { text.parse() };
            leg.map_err(|error| ScheduleError { part: i + 1, ..error })
        };
        Ok(Self { origin, legs: legs.split('|').enumerate().map(leg).collect::<Result<_, _>>()? })
    }
}

impl FromStr for Origin {
    type Err = ScheduleError;

    /// Without the colon at its end.
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        if let Some(name) = text.strip_prefix("profile ") {
            return Ok(Self::Profile(name.trim().into()));
        }
        let place = text.strip_prefix("vector ").ok_or_else(|| wrong(CARD, text))?;
        let (place, pulse) = match place.split_once(" tear ") {
            Some((place, pulse)) => (place, parsed(Some(pulse.trim()))?),
            None => (place, 1),
        };
        let (name, line) = place.trim().rsplit_once(':').ok_or_else(|| wrong(CARD, text))?;
        Ok(Self::Vector { name: name.into(), line: parsed(Some(line))?, pulse })
    }
}

/// The first part of a schedule of a vector.
fn vectors_own(text: &str) -> Result<Leg, ScheduleError> {
    let mut words = text.split_whitespace();
    let cut = match (words.next(), words.next(), words.next()) {
        (Some("sent"), None, None) => 0,
        (Some("cut"), number, None) => parsed(number)?,
        _ => return Err(wrong(VECTORS, text)),
    };
    Ok(Leg::Commands { commands: Vec::new(), cut })
}

impl FromStr for Leg {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let (mut commands, mut reads, mut cut, mut again) = (Vec::new(), Vec::new(), 0, false);
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "on" => {}
                "again" => again = true,
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
        match (commands.is_empty(), again, reads.is_empty()) {
            _ if text.trim().is_empty() => Err(wrong(WORDS, "")),
            (false, false, true) => Ok(Self::Commands { commands, cut }),
            (true, true, true) => Ok(Self::Again { cut }),
            (true, false, _) => Ok(Self::PowerUp { reads, cut }),
            _ => Err(wrong("commands, again or a power-up, one of them", text)),
        }
    }
}

fn wrong(expected: &'static str, got: &str) -> ScheduleError {
    ScheduleError { part: 0, expected, got: got.trim().into() }
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
            "00A4000C02EF01 00D600 cut 12 | cut 1 | read 0 cut 7 | read 0110 | again cut 1 | on",
            "profile my cards/one.toml: 00D6000001AA cut 3 | on | 00D6000001AA cut 1",
            "vector memory/torn_right_pin:14: cut 2 | read 0 | again | on",
            "vector a/b:1 tear 12: sent | seed 7",
        ] {
            assert_eq!(line.parse::<Schedule>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn a_line_that_is_none_says_which_part_and_what_was_expected() {
        for (line, says) in [
            (
                "",
                "part 1 of the line: expected a command in hex, cut, read, again, seed or on, got \"\"",
            ),
            (
                "00XY cut 1",
                "part 1 of the line: expected a command in hex, cut, read, again, seed or on, got \"00XY\"",
            ),
            ("00 cut", "part 1 of the line: expected a number, got \"\""),
            ("00 cut 1 | read 2", "part 2 of the line: expected digits 0 and 1, got \"2\""),
            (
                "00 | 00 read 1",
                "part 2 of the line: expected commands, again or a power-up, one of them, got \"00 read 1\"",
            ),
            ("vector a:x: cut 1", "the card of the line: expected a number, got \"x\""),
            (
                "vector a:4: 00A4",
                "part 1 of the line: expected sent or cut: the command is the vector's, got \"00A4\"",
            ),
        ] {
            assert_eq!(line.parse::<Schedule>().unwrap_err().to_string(), says);
        }
    }
}
