//! From a dialogue that was held to a vector that can be held again.

use std::fmt::Write;

use super::run::spaced;

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

/// Writes a dialogue as a vector: each command with what came back, `None` when nothing did. The card
/// is powered before the first one, and again after each that was not answered.
///
/// It needs the same card again (`needs: holder`), and says that an applet answers; its author may
/// say it better, and put holes where an answer differs from time to time.
#[must_use]
pub fn record<'d>(
    header: &Recording<'_>,
    dialogue: impl IntoIterator<Item = (&'d [u8], Option<&'d [u8]>)>,
) -> String {
    let mut text = String::new();
    let one_line = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    let header = [
        ("name", Some(header.name)),
        ("clause", Some(header.clause)),
        ("profile", header.profile),
        ("expect", Some("applet")),
        ("needs", Some("holder")),
        ("source", Some(header.source)),
    ];
    for (key, value) in header {
        if let Some(value) = value {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{key}: {}", one_line(value));
        }
    }
    text.push('\n');
    let mut unpowered = false;
    for (command, answer) in dialogue {
        if unpowered {
            text.push_str("+ power on\n");
        }
        step(&mut text, '>', command);
        unpowered = answer.is_none();
        match answer {
            Some(answer) => step(&mut text, '<', answer),
            None => text.push_str("< none\n"),
        }
    }
    text
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
    use std::path::Path;

    use super::super::{Cards, Flags, Verdict, parse, run};
    use super::*;
    use crate::testing::{bytes, card};

    #[test]
    fn a_recorded_dialogue_is_a_vector_that_passes() {
        let mut card = card();
        let commands = [
            "",
            "00A40000 02 3F00",
            "00A40400 0F 7378312E73682EC9E7BBE1B1A3D5CF",
            "00A40000 02 EF05",
            "00B20105 00",
            "00",
        ];
        let mut dialogue: Vec<(Vec<u8>, Option<Vec<u8>>)> = commands
            .iter()
            .map(|command| (bytes(command), Some(card.transmit(&bytes(command)).unwrap())))
            .collect();
        let header = Recording {
            name: "recorded/session",
            clause: "a session\nof today",
            source: "own card",
            profile: Some("social-security"),
        };
        let write = |dialogue: &[(Vec<u8>, Option<Vec<u8>>)]| {
            record(&header, dialogue.iter().map(|(c, a)| (c.as_slice(), a.as_deref())))
        };
        let read = |text: &str| {
            let name = "recorded/session";
            parse("session.vec", Path::new("."), name, text, &Flags::default()).unwrap()
        };
        let text = write(&dialogue);
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        assert_eq!(run(&read(&text), &mut Cards::new()), Verdict::Passed, "{text}");
        dialogue[1].1 = None;
        let text = write(&dialogue);
        assert!(text.contains("< none\n+ power on\n"), "{text}");
        assert!(matches!(run(&read(&text), &mut Cards::new()), Verdict::Failed(_)));
    }
}
