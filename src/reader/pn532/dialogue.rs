//! The dialogue between host and chip: a command, its ACK, its response; what is given up and what
//! is said again.
//!
//! Invariants:
//! * at most one command waits for its response, and a new one or an ACK ends the waiting;
//! * a command is run when it comes and again only while it waits: NACK repeats what was said, and
//!   runs nothing.

use super::{
    command::{Command, SyntaxError},
    frame::{self, Deframer, Incoming},
};

/// A pause after which a frame that has only begun is none, in microseconds. At 9,600 baud a byte
/// takes 1,042.
const PAUSE_US: u64 = 100_000;

/// What runs commands.
pub trait Chip {
    /// Runs a command; the data of its response, or nothing yet. `again`: it has waited, and time
    /// has gone on.
    fn run(&mut self, command: &Command<'_>, again: bool) -> Option<Vec<u8>>;

    /// Time passes on the host's side while nothing is said.
    fn rest(&mut self, passed_us: u64);

    /// Frames to the host have neither preamble nor postamble.
    fn frames_are_bare(&self) -> bool;
}

/// The host's line.
#[derive(Clone, Default, Debug)]
pub struct Dialogue {
    deframer: Deframer,
    /// A command without a response yet: code and parameters.
    waiting: Option<Vec<u8>>,
    last_response: Vec<u8>,
    quiet_us: u64,
}

impl Dialogue {
    /// Bytes come from the host; what is to be sent to it.
    pub fn on_bytes(&mut self, bytes: &[u8], chip: &mut impl Chip) -> Vec<u8> {
        let mut out = Vec::new();
        for byte in bytes {
            self.quiet_us = 0;
            if let Some(incoming) = self.deframer.on_byte(*byte) {
                self.on_frame(incoming, chip, &mut out);
            }
        }
        out
    }

    /// Time passes on the host's side; what is to be sent to it.
    pub fn on_time(&mut self, passed_us: u64, chip: &mut impl Chip) -> Vec<u8> {
        self.quiet_us = self.quiet_us.saturating_add(passed_us);
        if self.quiet_us >= PAUSE_US {
            self.deframer.forget();
        }
        chip.rest(passed_us);
        let mut out = Vec::new();
        if let Some(command) = self.waiting.take() {
            self.run(command, true, chip, &mut out);
        }
        out
    }

    /// A command waits for something to happen, so time should be told often.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    fn on_frame(&mut self, incoming: Incoming, chip: &mut impl Chip, out: &mut Vec<u8>) {
        match incoming {
            Incoming::Ack => self.waiting = None,
            Incoming::Nack => out.extend_from_slice(&self.last_response),
            Incoming::Foreign => {
                self.waiting = None;
                out.extend_from_slice(&frame::ACK);
                self.respond(frame::ERROR.to_vec(), out);
            }
            Incoming::Command(command) => {
                self.waiting = None;
                out.extend_from_slice(&frame::ACK);
                self.run(command, false, chip, out);
            }
        }
    }

    fn run(&mut self, bytes: Vec<u8>, again: bool, chip: &mut impl Chip, out: &mut Vec<u8>) {
        let code = bytes.first().copied().unwrap_or_default();
        match Command::read(&bytes) {
            Err(SyntaxError) => self.respond(frame::ERROR.to_vec(), out),
            Ok(command) => {
                // The response to SetParameters is still in the form it was asked in.
                let bare = chip.frames_are_bare();
                match chip.run(&command, again) {
                    Some(data) => self.respond(frame::response(code, &data, bare), out),
                    None => self.waiting = Some(bytes),
                }
            }
        }
    }

    fn respond(&mut self, response: Vec<u8>, out: &mut Vec<u8>) {
        out.extend_from_slice(&response);
        self.last_response = response;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers GetFirmwareVersion at once and a search at the third time.
    #[derive(Default)]
    struct Fake {
        runs: Vec<bool>,
        rested_us: u64,
    }

    impl Chip for Fake {
        fn run(&mut self, command: &Command<'_>, again: bool) -> Option<Vec<u8>> {
            self.runs.push(again);
            match command {
                Command::GetFirmwareVersion => Some(vec![0x32, 0x01, 0x06, 0x07]),
                _ if self.runs.len() >= 3 => Some(vec![0x00]),
                _ => None,
            }
        }

        fn rest(&mut self, passed_us: u64) {
            self.rested_us += passed_us;
        }

        fn frames_are_bare(&self) -> bool {
            false
        }
    }

    const VERSION: &str = "00 00 FF 02 FE D4 02 2A 00";
    const VERSION_IS: &str = "00 00 FF 06 FA D5 03 32 01 06 07 E8 00";
    const SEARCH: &str = "00 00 FF 04 FC D4 4A 01 00 E1 00";
    const NOBODY: &str = "00 00 FF 03 FD D5 4B 00 E0 00";
    const ACK: &str = "00 00 FF 00 FF 00";
    const NACK: &str = "00 00 FF FF 00 00";
    const ERROR: &str = "00 00 FF 01 FF 7F 81 00";

    fn of(text: &str) -> Vec<u8> {
        hex::decode(text.replace(' ', "")).unwrap()
    }

    /// The host says each, and hears each.
    fn talk(dialogue: &mut Dialogue, chip: &mut Fake, lines: &[(&str, &str)]) {
        for (says, hears) in lines {
            let heard = dialogue.on_bytes(&of(says), chip);
            assert_eq!(hex::encode_upper(heard), hears.replace(' ', ""), "after {says}");
        }
    }

    #[test]
    fn a_command_has_its_ack_and_its_response() {
        let (mut dialogue, mut chip) = <(Dialogue, Fake)>::default();
        let answer = format!("{ACK} {VERSION_IS}");
        talk(
            &mut dialogue,
            &mut chip,
            &[
                (VERSION, &answer),
                (NACK, VERSION_IS),
                (ACK, ""),
                (NACK, VERSION_IS),
                ("00 00 FF 02 FE D4 8C A0 00", &format!("{ACK} {ERROR}")),
                (NACK, ERROR),
                (ERROR, &format!("{ACK} {ERROR}")),
                (&format!("{VERSION} {VERSION}"), &format!("{answer} {answer}")),
            ],
        );
        assert_eq!(chip.runs.len(), 3, "NACK runs nothing");
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        let (mut dialogue, mut chip) = <(Dialogue, Fake)>::default();
        let mut heard = Vec::new();
        for byte in of(&format!("55 55 00 00 00 {VERSION}")) {
            heard.extend(dialogue.on_bytes(&[byte], &mut chip));
        }
        assert_eq!(heard, of(&format!("{ACK} {VERSION_IS}")));
    }

    #[test]
    fn a_command_waits_until_something_happens_or_it_is_given_up() {
        let (mut dialogue, mut chip) = <(Dialogue, Fake)>::default();
        talk(&mut dialogue, &mut chip, &[(SEARCH, ACK)]);
        assert!(dialogue.waits());
        assert_eq!(dialogue.on_time(10, &mut chip), []);
        assert_eq!(dialogue.on_time(10, &mut chip), of(NOBODY));
        assert!(!dialogue.waits());
        assert_eq!((&chip.runs[..], chip.rested_us), (&[false, true, true][..], 20));

        chip.runs.clear();
        talk(&mut dialogue, &mut chip, &[(SEARCH, ACK), (ACK, "")]);
        assert!(!dialogue.waits());
        assert_eq!(dialogue.on_time(10, &mut chip), []);
        talk(&mut dialogue, &mut chip, &[(SEARCH, ACK), (VERSION, &format!("{ACK} {VERSION_IS}"))]);
        assert!(!dialogue.waits());
    }

    #[test]
    fn a_frame_that_stops_is_no_frame_after_a_pause() {
        let (mut dialogue, mut chip) = <(Dialogue, Fake)>::default();
        let answer = format!("{ACK} {VERSION_IS}");
        talk(&mut dialogue, &mut chip, &[("00 00 FF 10 F0 D4", "")]);
        dialogue.on_time(PAUSE_US - 1, &mut chip);
        talk(&mut dialogue, &mut chip, &[("42", ""), (VERSION, "")]);
        // Hearing nothing is no noise.
        for _ in 0..2 {
            dialogue.on_time(PAUSE_US / 2, &mut chip);
            dialogue.on_bytes(&[], &mut chip);
        }
        talk(&mut dialogue, &mut chip, &[(VERSION, &answer)]);
    }
}
