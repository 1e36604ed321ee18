//! `tessera send`: sends hex commands to a card and decodes the answers.

use std::{
    io::{self, BufRead, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};

use tessera::{
    reader::{Slot, SlotError},
    trace::Narrator,
};

use super::{Outcome, cards::CardArguments, record::VectorFile, say};

/// Send commands in hex to a card and decode its answers.
///
/// Commands come from the arguments, or from standard input a line each; spaces inside are allowed
/// and `#` begins a comment. Between them, `reset` powers the card anew, `tear N` lets power
/// fail in pulse N of the next command that gives pulses, and `random HEX` says which random bytes
/// the card draws next.
#[derive(clap::Args)]
pub(crate) struct Send {
    #[command(flatten)]
    card: CardArguments,
    /// Print the answers alone, in hex, a line each (an empty one where there is none)
    #[arg(long, short)]
    quiet: bool,
    /// Write the session as a vector, to a new file that ends in .vec
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Commands; none: from standard input
    #[arg(value_name = "HEX")]
    commands: Vec<String>,
}

/// What stands on a line or in an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Command(Vec<u8>),
    Reset,
    Tear(u32),
    Random(Vec<u8>),
}

/// A line or an argument that is none of these.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: expected {expected}, got {got}")]
struct StepError {
    place: String,
    expected: &'static str,
    got: String,
}

impl Send {
    pub(crate) fn run(self) -> Outcome {
        let mut slot = self.card.keep()?;
        let mut narrator = Narrator::new(slot.card().profile().vocabulary());
        let record = self.record.as_deref();
        let mut record = record.map(|path| VectorFile::create(path, slot.card())).transpose()?;
        let quiet = self.quiet;
        slot.observe(Some(Box::new(move |_, event| {
            if let Some(record) = &mut record {
                record.write(event);
            }
            if !quiet {
                say(&narrator.tell(event).to_string());
            }
        })));
        slot.power_on()?;
        if self.commands.is_empty() {
            if io::stdin().is_terminal() {
                eprintln!("commands in hex, a line each; Ctrl-D ends");
            }
            for (n, line) in io::stdin().lock().lines().enumerate() {
                self.step(&mut slot, &format!("line {}", n + 1), &line?)?;
            }
        }
        for (n, text) in self.commands.iter().enumerate() {
            self.step(&mut slot, &format!("argument {}", n + 1), text)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn step(
        &self,
        slot: &mut Slot,
        place: &str,
        text: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        match parse(place, text)? {
            None => {}
            Some(Step::Reset) => {
                slot.insert()?;
                slot.power_on()?;
            }
            Some(Step::Tear(n)) => slot.tear_at(n),
            Some(Step::Random(bytes)) => slot.give_random(&bytes),
            Some(Step::Command(command)) => {
                let answer = match slot.exchange(&command) {
                    Ok(response) => hex::encode_upper(response),
                    Err(SlotError::Torn) => String::new(),
                    Err(SlotError::Mute) => {
                        return Err(format!(
                            "{place}: the card has no power; `reset` brings it back"
                        )
                        .into());
                    }
                    Err(error) => return Err(error.into()),
                };
                if self.quiet {
                    say(&answer);
                }
            }
        }
        Ok(())
    }
}

/// `None` for a line without anything to do.
fn parse(place: &str, text: &str) -> Result<Option<Step>, StepError> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let wrong = |expected, got: String| StepError { place: place.into(), expected, got };
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [] => return Ok(None),
        ["reset"] => return Ok(Some(Step::Reset)),
        ["tear", n] => {
            let n = n.parse().map_err(|_| wrong("the number of a pulse", format!("{n:?}")))?;
            return Ok(Some(Step::Tear(n)));
        }
        ["random", ..] => {
            let digits = text.trim_start_matches("random");
            return bytes(place, digits).map(Step::Random).map(Some);
        }
        _ => {}
    }
    bytes(place, text).map(Step::Command).map(Some)
}

fn bytes(place: &str, text: &str) -> Result<Vec<u8>, StepError> {
    let wrong = |expected, got: String| StepError { place: place.into(), expected, got };
    let digits: String = text.split_whitespace().collect();
    if let Some((at, character)) =
        text.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && !c.is_whitespace())
    {
        let column = text[..at].chars().count() + 1;
        let got = format!("{character:?} at column {column}");
        return Err(wrong("hexadecimal digits, `reset`, `tear N` or `random HEX`", got));
    }
    hex::decode(&digits).map_err(|_| wrong("an even number of digits", digits.len().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_commands_words_or_nothing() {
        let step = |text| parse("line 1", text).unwrap();
        assert_eq!(step("00 a4 040C # by name"), Some(Step::Command(vec![0, 0xA4, 4, 0x0C])));
        assert_eq!(step("  # only a comment"), None);
        assert_eq!(step(""), None);
        assert_eq!(step("reset"), Some(Step::Reset));
        assert_eq!(step("tear 3"), Some(Step::Tear(3)));
        assert_eq!(step("random 01 0203 # said"), Some(Step::Random(vec![1, 2, 3])));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let says = |text| parse("line 7", text).unwrap_err().to_string();
        assert_eq!(
            says("00 A4 0x"),
            "line 7: expected hexadecimal digits, `reset`, `tear N` or `random HEX`, got 'x' at \
             column 8"
        );
        assert_eq!(says("00 A"), "line 7: expected an even number of digits, got 3");
        assert_eq!(says("random 123"), "line 7: expected an even number of digits, got 3");
        assert_eq!(says("tear x"), "line 7: expected the number of a pulse, got \"x\"");
        assert!(says("00 测").contains("'测' at column 4"));
    }
}
