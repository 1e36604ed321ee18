//! What the card does on the line, byte by byte.

use super::*;
use crate::link::Direction;

/// Answers as the stub does whose exchanges with independent readers are on record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stub {
    pub(crate) runs: usize,
    pub(crate) took_us: u64,
    by_bytes: bool,
    selected: bool,
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.runs += 1;
        let sequence = 0..=255u8;
        if !self.by_bytes {
            match command.get(1) {
                Some(0xB0) => response.extend(sequence.chain([0x90, 0x00])),
                _ => {
                    response.extend((command.len() as u16).to_be_bytes());
                    response.extend([0x90, 0x00]);
                }
            }
            return Ok(self.took_us);
        }
        match *command {
            [_, 0xA4, .., 0x3F, 0x00] => {
                self.selected = true;
                response.extend([0x61, 0x06]);
            }
            [_, 0xC0, _, _, 6] if self.selected => {
                response.extend([0x6F, 0x04, 0x84, 0x02, 0x3F, 0x00, 0x90, 0x00]);
            }
            [_, 0xB0, _, _, le @ 1..=16] => response.extend((0..le).chain([0x90, 0x00])),
            [_, 0xB0, ..] => response.extend([0x6C, 0x10]),
            _ => response.extend([0x6D, 0x00]),
        }
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

/// A card and the clock, spoken to in hexadecimal.
struct Line {
    card: Contact<Stub>,
    now_clk: u64,
}

impl Line {
    fn new(parameters: Parameters, stub: Stub) -> Self {
        let mut card = Contact::new(parameters, stub);
        card.reset(0, Reset::Cold);
        let atr = card.poll_output().unwrap();
        Self { now_clk: atr.end_clk() + 5000, card }
    }

    fn t0(stub: Stub) -> Self {
        Self::new(Parameters::default(), Stub { by_bytes: true, ..stub })
    }

    fn t1() -> Self {
        Self::new(Parameters { offer: Offer::T1, ..Parameters::default() }, Stub::default())
    }

    /// The reader sends this; what the card sends until it waits again.
    fn send(&mut self, bytes: &str) -> String {
        self.now_clk = self.card.on_bytes(self.now_clk, &hex::decode(bytes).unwrap());
        let mut heard = Vec::new();
        while let Some(output) = self.card.poll_output() {
            heard.extend_from_slice(&output.bytes);
            self.now_clk = output.last_clk() + self.card.timing().turn_clk;
        }
        hex::encode_upper(heard)
    }

    fn dialogue(&mut self, said: &[(&str, &str)]) {
        for (n, (reader, card)) in said.iter().enumerate() {
            assert_eq!(self.send(reader), *card, "answer {n}, to {reader}");
        }
    }
}

#[test]
fn on_t_0_data_goes_after_the_procedure_byte() {
    Line::t0(Stub::default()).dialogue(&[
        ("00A4000002", "A4"),
        ("3F00", "6106"),
        ("00C0000006", "C06F0484023F009000"),
        ("00B0000005", "B000010203049000"),
        ("00B0000000", "6C10"),
        ("0020000000", "6D00"),
    ]);
}

#[test]
fn on_t_1_one_block_answers_another() {
    Line::t1().dialogue(&[
        ("00C101FE3E", "00E101FE1E"),
        ("00000A00A404000548454C4C4FED", "000004000A90009E"),
        ("00400A00A404000548454C4C4FAD", "004004000A9000DE"),
    ]);
}
