//! A PSAM of the tests: what it computes, in the shortest form, silent where it is told to be.

use std::collections::BTreeMap;

use tessera_framework::Apdu;

use crate::{
    cryptography::cipher::{Key, Mac, diversify, session_key},
    terminal::{Acceptor, Heard},
};

use super::fake_card::{Cut, mac, master};

#[derive(Clone)]
pub(super) struct FakePsam {
    pub(super) number: u32,
    pub(super) terminal: [u8; 6],
    /// It has the key of the TAC.
    pub(super) has_tac_key: bool,
    /// Answers instead of its own, by the instruction.
    pub(super) instead: BTreeMap<u8, Vec<u8>>,
    pub(super) cuts: BTreeMap<usize, Cut>,
    pub(super) seen: Vec<Vec<u8>>,
    /// Amounts that a card has proved to have paid, by MAC2.
    pub(super) credited: Vec<u32>,
    powered: bool,
    session: Option<(Key, u32)>,
    derived: Option<(u8, Key)>,
    grey: Option<[u8; 8]>,
    grey_mac2: Option<[u8; 4]>,
}

type Done = Result<Vec<u8>, u16>;

impl FakePsam {
    pub(super) fn new() -> Self {
        Self {
            number: 1,
            terminal: [0x33, 0x04, 0x99, 0, 0, 0x01],
            has_tac_key: true,
            instead: BTreeMap::new(),
            cuts: BTreeMap::new(),
            seen: Vec::new(),
            credited: Vec::new(),
            powered: false,
            session: None,
            derived: None,
            grey: None,
            grey_mac2: None,
        }
    }

    fn power_off(&mut self) {
        self.powered = false;
        self.session = None;
        self.derived = None;
    }

    fn run(&mut self, apdu: &Apdu<'_>) -> Done {
        let data = apdu.data;
        match (apdu.cla, apdu.ins.0) {
            (0x00, 0xA4) => Ok(Vec::new()),
            (0x00, 0xB0) => Ok(match apdu.p1 {
                0x95 => hex::decode("3304990100000000000101010101").unwrap(),
                0x96 => self.terminal.to_vec(),
                _ => hex::decode("01330499000000000133049900000000022025010520350105").unwrap(),
            }),
            (0x80, 0x70) => {
                self.session = None;
                let key = self.purchase_key(data[18], &data[20..])?;
                let number = self.number.to_be_bytes();
                let block = [&data[..6], &number[2..]].concat();
                let session = session_key(&key, &block).unwrap();
                let (amount, kind, when) = (&data[6..10], &data[10..11], &data[11..18]);
                let mac1 = mac(&session, &[amount, kind, &self.terminal, when]);
                let amount = u32::from_be_bytes(amount.try_into().unwrap());
                self.session = Some((session, amount));
                self.number += 1;
                Ok([number, mac1].concat())
            }
            (0x80, 0x72) => {
                let (session, amount) = self.session.take().ok_or(0x6901_u16)?;
                if mac(&session, &[&amount.to_be_bytes()]) != data {
                    return Err(0x9302);
                }
                self.credited.push(amount);
                Ok(Vec::new())
            }
            (0x80, 0x1A) => {
                let (kind, id) = match apdu.p1 {
                    0x2C if self.has_tac_key => (0x34, apdu.p2),
                    0x2E => (0x39, apdu.p2),
                    _ => return Err(0x9403),
                };
                let key = diversify(&master(kind, id), data.try_into().unwrap());
                self.derived = Some((apdu.p1, key));
                Ok(Vec::new())
            }
            (0x80, 0xFA) => {
                let (usage, key) = self.derived.as_ref().ok_or(0x6985_u16)?;
                let mut data = data.to_vec();
                match (usage, apdu.p1) {
                    (0x2C, 0x05) => {
                        let mac = Mac::cbc(&key.xor_halves());
                        let mut running = mac.start(&data[..8]);
                        running.update(&data[8..]);
                        Ok(running.finish_padded().four().to_vec())
                    }
                    _ => {
                        key.cipher().encrypt_ecb(&mut data).unwrap();
                        Ok(data)
                    }
                }
            }
            (0xE0, 0x40) => self.grey_lock(data),
            (0xE0, 0x42) => match self.grey_mac2.take() {
                Some(mac2) if mac2 == data => Ok(Vec::new()),
                Some(_) => Err(0x9302),
                None => Err(0x6901),
            },
            (0xE0, 0x44) => {
                let session = Key::single_des(self.grey.ok_or(0x6985_u16)?);
                Ok(mac(&session, &[&data[11..]]).to_vec())
            }
            _ => Err(0x6D00),
        }
    }

    fn purchase_key(&self, version: u8, factors: &[u8]) -> Result<Key, u16> {
        let factor = factors.try_into().map_err(|_| 0x6700_u16)?;
        match version {
            0x01 => Ok(diversify(&master(0x3E, 1), factor)),
            _ => Err(0x9403),
        }
    }

    fn grey_lock(&mut self, data: &[u8]) -> Done {
        let key = self.purchase_key(data[18], &data[20..])?;
        let number = self.number.to_be_bytes();
        let temporary = session_key(&key, &[&data[..6], &number[2..]].concat()).unwrap();
        let random = [0x5A, 0x5B, 0x5C, 0x5D];
        let session = session_key(&temporary, &[&random[..], &[0x80, 0, 0, 0]].concat()).unwrap();
        let mac1 = mac(&session, &[&data[10..11], &self.terminal, &data[11..18]]);
        self.grey_mac2 = Some(mac(&session, &[&data[6..10], &data[4..6]]));
        self.grey = Some(session.as_slice().try_into().unwrap());
        self.number += 1;
        Ok([number, random, mac1].concat())
    }
}

impl Acceptor for FakePsam {
    fn power_on(&mut self) -> Result<Heard, String> {
        let cut = self.cuts.remove(&self.seen.len());
        self.seen.push(Vec::new());
        self.power_off();
        if cut.is_some() {
            return Ok(Heard::Silence);
        }
        self.powered = true;
        Ok(Heard::Bytes(vec![0x3B, 0x00]))
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let cut = self.cuts.remove(&self.seen.len());
        self.seen.push(command.to_vec());
        if !self.powered || cut == Some(Cut::Before) {
            self.power_off();
            return Ok(Heard::Silence);
        }
        if let Some(answer) = self.instead.remove(&command[1]) {
            return Ok(Heard::Bytes(answer));
        }
        let answer = match self.run(&Apdu::parse(command).unwrap()) {
            Ok(data) => [&data[..], &[0x90, 0x00]].concat(),
            Err(status) => status.to_be_bytes().to_vec(),
        };
        if cut == Some(Cut::After) {
            self.power_off();
            return Ok(Heard::Silence);
        }
        Ok(Heard::Bytes(answer))
    }
}
