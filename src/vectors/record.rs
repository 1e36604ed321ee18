//! From a session that was held to a vector that can be held again.
//!
//! Invariant: what was written so far is a whole vector, so a session may end at any moment.

use std::fmt::Write;

use super::run::spaced;
use crate::trace::Event;

/// Bytes in one line of a recorded step.
const LINE_BYTES: usize = 32;

/// What a recorded vector's header says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording<'r> {
    /// The file's path below the vectors' directory, without its end.
    pub name: &'r str,
    /// Which rule it shows.
    pub clause: &'r str,
    /// Where the dialogue was held.
    pub source: &'r str,
    /// Name of the card's profile, if it is to be the same again.
    pub profile: Option<&'r str>,
}

impl Recording<'_> {
    /// The header, with an empty line behind it.
    ///
    /// It needs the same card again (`needs: holder, fresh`), and says that an applet answers; its
    /// author may say it better, and put holes where an answer differs from time to time.
    #[must_use]
    pub fn header(&self) -> String {
        let mut text = String::new();
        let one_line = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines = [
            ("name", Some(self.name)),
            ("clause", Some(self.clause)),
            ("profile", self.profile),
            ("expect", Some("applet")),
            ("needs", Some("holder, fresh")),
            ("source", Some(self.source)),
        ];
        for (key, value) in lines {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{key}: {}", one_line(value));
            }
        }
        text.push('\n');
        text
    }
}

/// Writes the steps of a session, event by event.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recorder {
    has_begun: bool,
}

impl Recorder {
    /// The steps for one event, maybe none. A vector begins with a card under power, so the first
    /// power-up is not written.
    pub fn steps(&mut self, event: &Event<'_>) -> String {
        let mut text = String::new();
        let first = !std::mem::replace(&mut self.has_begun, true);
        match *event {
            Event::Inserted | Event::Removed => self.has_begun = !first,
            Event::PowerOn { .. } if first => {}
            Event::PowerOn { .. } => text.push_str("+ power on\n"),
            Event::Reset { .. } => text.push_str("+ reset\n"),
            Event::PowerOff => text.push_str("+ power off\n"),
            Event::GivenRandom { bytes } => {
                self.has_begun = !first;
                let _ = writeln!(text, "! random {}", spaced(bytes));
            }
            Event::TornInRecovery { pulses } => {
                let _ = writeln!(text, "! tear {pulses}\n+ power on");
            }
            // A card that plays the session again has no fault. Its author may say it better.
            Event::Dead { .. } => text.push_str("# the card is dead\n"),
            Event::Torn { command, pulses } => {
                let _ = writeln!(text, "! tear {pulses}");
                step(&mut text, '>', command);
                text.push_str("< none\n");
            }
            // A card that plays the session again is not kept: it will answer.
            Event::Exchange { command, response, .. } | Event::NotKept { command, response } => {
                step(&mut text, '>', command);
                step(&mut text, '<', response);
            }
        }
        text
    }
}

fn step(text: &mut String, mark: char, bytes: &[u8]) {
    text.push(mark);
    for (number, piece) in bytes.chunks(LINE_BYTES).enumerate() {
        text.push_str(if number == 0 { " " } else { "\n  " });
        text.push_str(&spaced(piece));
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::{Arc, Mutex},
    };

    use super::super::{Cards, Flags, Vector, Verdict, parse, run};
    use super::*;
    use crate::{
        reader::Slot,
        testing::{bytes, made},
    };

    const SELECT: &str = "00A40400 0F 7378312E73682EC9E7BBE1B1A3D5CF";

    fn read(text: &str) -> Vector {
        let name = "recorded/session";
        parse("session.vec", Path::new("."), name, text, &Flags::default()).unwrap()
    }

    #[test]
    fn a_recorded_session_with_tears_and_resets_is_a_vector_that_passes() {
        let header = Recording {
            name: "recorded/session",
            clause: "a session\nof today",
            source: "own card",
            profile: Some("social-security"),
        };
        let text = Arc::new(Mutex::new(header.header()));
        let mut slot = Slot::new(made("social-security"));
        let (written, mut recorder) = (text.clone(), Recorder::default());
        slot.observe(Some(Box::new(move |_, event| {
            written.lock().unwrap().push_str(&recorder.steps(event));
        })));
        slot.power_on().unwrap();
        for command in ["", "00A40000 02 3F00", SELECT, "00A40000 02 EF05", "00B20105 00", "00"] {
            slot.exchange(&bytes(command)).unwrap();
        }
        slot.power_on().unwrap();
        slot.exchange(&bytes(SELECT)).unwrap();
        slot.tear_at(4);
        slot.exchange(&bytes("00200000 03 999999")).unwrap_err();
        slot.insert().unwrap();
        slot.tear_recovery_at(1);
        slot.power_on().unwrap_err();
        slot.insert().unwrap();
        slot.power_on().unwrap();
        slot.exchange(&bytes(SELECT)).unwrap();
        slot.power_off();

        let text = text.lock().unwrap().clone();
        for shown in ["+ reset\n", "! tear 4\n> 00 20", "! tear 1\n+ power on\n", "+ power off\n"] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        assert_eq!(run(&read(&text), &mut Cards::new()), Verdict::Passed, "{text}");
        let wrong = text.replace("< 6F 16", "< 6F 17");
        assert!(matches!(run(&read(&wrong), &mut Cards::new()), Verdict::Failed(_)));
    }
}
