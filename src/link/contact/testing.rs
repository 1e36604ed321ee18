//! A stand-in behind the line, and a reader that speaks hexadecimal.

use super::*;
use crate::link::{Delivery, Direction};

/// Answers as the stub does whose exchanges with independent readers are on record: a file to
/// select, a file to read, and the number of bytes of every other command.
#[derive(Clone, Debug, Default)]
pub(super) struct Stub {
    /// Commands that were run, in hexadecimal.
    pub(super) seen: Vec<String>,
    /// What each takes.
    pub(super) took_us: u64,
    pub(super) delivery: Option<Delivery>,
    /// It has no answer any more.
    pub(super) is_mute: bool,
    pub(super) powered: i32,
}

impl Stub {
    fn answer_tpdu(command: &[u8]) -> Vec<u8> {
        match *command {
            [_, 0xA4, .., 0x3F, 0x00] => vec![0x61, 0x06],
            [_, 0xC0, .., 6] => vec![0x6F, 0x04, 0x84, 0x02, 0x3F, 0x00, 0x90, 0x00],
            [_, 0xB0, 0, 0, le @ 1..=16] => (0..le).chain([0x90, 0x00]).collect(),
            [_, 0xB0, 0, 0, ..] => vec![0x6C, 0x10],
            // A file of 256 bytes, and one of three whose end is a warning.
            [_, 0xB0, 1, ..] => (0..=255).chain([0x90, 0x00]).collect(),
            [_, 0xB0, 2, ..] => vec![0xA0, 0xA1, 0xA2, 0x62, 0x82],
            [_, 0x20, ..] => vec![0x90, 0x00],
            _ => vec![0x6D, 0x00],
        }
    }

    fn answer_apdu(command: &[u8]) -> Vec<u8> {
        let length = (command.len() as u16).to_be_bytes();
        match command.get(1) {
            Some(0xB0) => (0..=255).chain([0x90, 0x00]).collect(),
            _ => length.into_iter().chain([0x90, 0x00]).collect(),
        }
    }
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        self.powered += 1;
        if self.is_mute { Err(Mute) } else { Ok(()) }
    }

    fn set_delivery(&mut self, delivery: Delivery) {
        self.delivery = Some(delivery);
    }

    fn power_off(&mut self) {
        self.powered = 0;
    }

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        if self.is_mute {
            return Err(Mute);
        }
        self.seen.push(hex::encode_upper(command));
        response.extend(match self.delivery {
            Some(Delivery::Tpdus) => Self::answer_tpdu(command),
            _ => Self::answer_apdu(command),
        });
        Ok(self.took_us)
    }

    fn direction(&self, [_, ins, ..]: [u8; 4]) -> Direction {
        match ins {
            0xA4 | 0x20 | 0xD6 => Direction::In,
            0xB0 | 0xC0 => Direction::Out,
            _ => Direction::Unknown,
        }
    }
}

/// A card that has been reset, and the clock.
pub(super) struct Line {
    pub(super) card: Contact<Stub>,
    pub(super) now_clk: u64,
}

impl Line {
    pub(super) fn new(parameters: Parameters) -> Self {
        let mut card = Contact::new(parameters, Stub::default());
        card.reset(0, Reset::Cold);
        let atr = card.poll_output().unwrap();
        Self { now_clk: atr.end_clk(), card }
    }

    pub(super) fn t0() -> Self {
        Self::new(Parameters::default())
    }

    pub(super) fn t1() -> Self {
        Self::new(Parameters { offer: Offer::T1, ..Parameters::default() })
    }

    /// Characters of the reader; now is the leading edge of the last one.
    pub(super) fn say(&mut self, bytes: &str) {
        let bytes = hex::decode(bytes).unwrap();
        self.now_clk += self.card.timing().turn_clk;
        let guard_clk = self.card.timing().guard_clk;
        self.now_clk = self.card.on_bytes(self.now_clk, &bytes) - guard_clk;
    }

    /// All that the card says until it waits again; a block cut short is waited for.
    pub(super) fn hear(&mut self) -> String {
        let mut heard = Vec::new();
        loop {
            if let Some(output) = self.card.poll_output() {
                assert!(!output.is_error_signal);
                assert!(output.at_clk >= self.now_clk);
                heard.extend_from_slice(&output.bytes);
                self.now_clk = output.last_clk();
            } else if let Some(deadline_clk) = self.card.poll_deadline() {
                self.card.on_deadline(deadline_clk);
                self.now_clk = deadline_clk;
            } else {
                return hex::encode_upper(heard);
            }
        }
    }

    pub(super) fn send(&mut self, bytes: &str) -> String {
        self.say(bytes);
        self.hear()
    }

    /// The reader says the left, the card the right, in turn.
    pub(super) fn dialogue(&mut self, said: &[(&str, &str)]) {
        for (n, (reader, card)) in said.iter().enumerate() {
            assert_eq!(self.send(reader), *card, "answer {n}, to {reader}");
        }
    }

    /// A block of the reader with its check, given without.
    pub(super) fn block(&mut self, bytes: &str) -> String {
        let lrc = hex::decode(bytes).unwrap().iter().fold(0, |sum, byte| sum ^ byte);
        self.send(&format!("{bytes}{lrc:02X}"))
    }

    /// As [`Self::dialogue`], with blocks without their checks.
    pub(super) fn blocks(&mut self, said: &[(&str, &str)]) {
        for (n, (reader, card)) in said.iter().enumerate() {
            let heard = self.block(reader);
            let (block, lrc) = heard.split_at(heard.len().saturating_sub(2));
            assert_eq!(block, *card, "answer {n}, to {reader}");
            let sum = hex::decode(block).unwrap().iter().fold(0, |sum, byte| sum ^ byte);
            assert_eq!(lrc, format!("{sum:02X}"), "check of answer {n}");
        }
    }

    pub(super) fn runs(&self) -> usize {
        self.card.application().seen.len()
    }
}
