//! Both ends of T=0: every case of APDUs, and parity errors between.

use super::super::*;
use crate::link::{Delivery, Direction, Mute, contact::Procedure};

/// An operating system on T=0: it echoes data, holds answers for GET RESPONSE, says 6CXX to a wrong
/// length, and joins ENVELOPEs.
#[derive(Clone, Debug, Default)]
struct Echo {
    held: Vec<u8>,
    parts: Vec<u8>,
    runs: usize,
}

impl Echo {
    /// The answer of a command with this data that expects `ne` bytes.
    fn answer(data: &[u8], ne: usize) -> Vec<u8> {
        (0..ne).map(|n| n as u8 ^ data.len() as u8 ^ data.first().unwrap_or(&0)).collect()
    }

    fn announce(&self) -> [u8; 2] {
        match self.held.len() {
            0 => [0x90, 0x00],
            length => [0x61, u8::try_from(length).unwrap_or(0)],
        }
    }

    fn fetch(&mut self, le: u8, response: &mut Vec<u8>) {
        let ne = if le == 0 { 256 } else { usize::from(le) };
        if self.held.is_empty() {
            response.extend([0x69, 0x85]);
        } else if self.held.len() < ne {
            response.extend([0x6C, self.held.len() as u8]);
        } else {
            response.extend(self.held.drain(..ne));
            response.extend(self.announce());
        }
    }
}

impl Application for Echo {
    fn power_on(&mut self) -> Result<(), Mute> {
        *self = Self { runs: self.runs, ..Self::default() };
        Ok(())
    }

    fn set_delivery(&mut self, delivery: Delivery) {
        assert_eq!(delivery, Delivery::Tpdus);
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, tpdu: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        match *tpdu {
            [_, 0xC0, _, _, le] => {
                self.fetch(le, response);
                return Ok(0);
            }
            [_, 0xC2, _, _, _, ref part @ ..] => {
                self.parts.extend(part);
                let lc = usize::from(u16::from_be_bytes([self.parts[5], self.parts[6]]));
                if self.parts.len() >= 7 + lc {
                    self.runs += 1;
                    let ne = u16::from_be_bytes([self.parts[2], self.parts[3]]);
                    self.held = Self::answer(&self.parts[7..7 + lc], ne.into());
                    self.parts.clear();
                }
                response.extend(self.announce());
            }
            // P1 and P2 say how long the answer is.
            [_, 0xB0, p1, p2, le] => {
                self.runs += 1;
                self.held = Self::answer(&[], u16::from_be_bytes([p1, p2]).into());
                if self.held.len() > 256 {
                    response.extend(self.announce());
                } else {
                    self.fetch(le, response);
                }
            }
            [_, _, p1, p2, ref rest @ ..] => {
                self.runs += 1;
                let data = rest.get(1..).unwrap_or_default();
                self.held = Self::answer(data, u16::from_be_bytes([p1, p2]).into());
                response.extend(self.announce());
            }
            _ => response.extend([0x67, 0x00]),
        }
        Ok(1_500_000)
    }

    fn direction(&self, [_, ins, ..]: [u8; 4]) -> Direction {
        if matches!(ins, 0xB0 | 0xC0) { Direction::Out } else { Direction::In }
    }
}

fn ifd(noise: Noise, procedure: Procedure) -> Ifd<Wired<Echo>> {
    let parameters = Parameters { procedure, ..Parameters::default() };
    let mut ifd = Ifd::on(Wired::new(Contact::new(parameters, Echo::default()), noise));
    ifd.power_on().unwrap();
    ifd
}

/// An APDU in the shortest form, or the extended one, and its right answer.
fn case(nc: usize, ne: usize) -> (Vec<u8>, Vec<u8>) {
    let data: Vec<u8> = (0..nc).map(|n| n as u8 ^ 0x5A).collect();
    let ins = if nc == 0 && ne > 0 { 0xB0 } else { 0xD6 };
    let [p1, p2] = (ne as u16).to_be_bytes();
    let mut apdu = vec![0x00, ins, p1, p2];
    let extended = nc > 255 || ne > 256;
    match (nc, extended) {
        (0, true) => apdu.push(0),
        (0, false) => {}
        (_, true) => apdu.extend([0, (nc >> 8) as u8, nc as u8]),
        (_, false) => apdu.push(nc as u8),
    }
    apdu.extend(&data);
    match (ne, extended) {
        (0, _) => {}
        (_, true) => apdu.extend((ne as u16).to_be_bytes()),
        (_, false) => apdu.push(ne as u8),
    }
    let mut answer = Echo::answer(&data, ne);
    answer.extend([0x90, 0x00]);
    (apdu, answer)
}

const CASES: [(usize, usize); 12] = [
    (0, 0),
    (0, 1),
    (0, 256),
    (0, 257),
    (0, 1000),
    (1, 0),
    (255, 0),
    (256, 0),
    (1000, 0),
    (1, 1),
    (255, 256),
    (300, 700),
];

#[test]
fn every_case_of_apdus_has_its_answer() {
    for procedure in [Procedure::AllAtOnce, Procedure::OneByOne] {
        let mut ifd = ifd(Noise::none(), procedure);
        for (nc, ne) in CASES {
            let (apdu, answer) = case(nc, ne);
            assert_eq!(ifd.exchange(&apdu), Ok(answer), "{nc} {ne}");
        }
        assert_eq!(ifd.contact().application().runs, CASES.len());
    }
}

#[test]
fn an_le_that_is_too_large_is_corrected_by_the_card() {
    let mut ifd = ifd(Noise::none(), Procedure::AllAtOnce);
    let (_, answer) = case(0, 5);
    assert_eq!(ifd.exchange(&[0x00, 0xB0, 0x00, 0x05, 0x00]), Ok(answer));
}

/// A parity error costs a character's repetition and nothing else. Where four in a row strike, the
/// reader gives up and resets the card.
#[test]
fn characters_with_wrong_parity_come_again() {
    let (mut right, mut given_up) = (0, 0);
    for seed in 0..300 {
        let mut ifd = ifd(Noise::seeded(seed, 20 + seed % 100), Procedure::AllAtOnce);
        for (nc, ne) in CASES {
            let (apdu, answer) = case(nc, ne);
            let before = ifd.contact().application().runs;
            match ifd.exchange(&apdu) {
                Ok(response) => {
                    assert_eq!(response, answer, "seed {seed}");
                    right += 1;
                }
                Err(error) => {
                    let parity = mapping::MappingError::Tpdu(t0::T0Error::Parity);
                    assert_eq!(error, IfdError::T0(parity), "seed {seed}");
                    given_up += 1;
                    ifd.power_on().unwrap();
                }
            }
            assert!(ifd.contact().application().runs <= before + 1);
        }
    }
    assert!(right > 3000 && given_up > 0, "{right} {given_up}");
}
