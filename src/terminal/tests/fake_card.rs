//! A card of the tests: the purse's rules in the shortest form, silent where it is told to be.

mod grey;

use std::collections::BTreeMap;

use tessera_framework::Apdu;

use crate::{
    cryptography::cipher::{Key, Mac, diversify, session_key},
    terminal::{Acceptor, Heard, answer::factor_of},
};

/// What happens to an exchange that is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// Power goes before the card does anything.
    Before,
    /// The card does it, and the answer is lost.
    After,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Proof {
    pub(super) kind: u8,
    pub(super) number: u16,
    pub(super) mac: [u8; 4],
    pub(super) tac: [u8; 4],
}

/// Between INITIALIZE and its second command.
#[derive(Clone)]
struct Pending {
    ins: u8,
    kind: u8,
    purse: usize,
    amount: u32,
    terminal: Vec<u8>,
    random: [u8; 4],
    updates: Vec<(u8, u8, u8, Vec<u8>)>,
}

/// A grey lock.
#[derive(Clone)]
pub(super) struct Lock {
    pub(super) purse: usize,
    pub(super) number: u16,
    terminal: Vec<u8>,
    when: Vec<u8>,
    session: [u8; 8],
    mac2: [u8; 4],
    tac: [u8; 4],
    pub(super) paid: bool,
}

#[derive(Clone)]
pub(super) struct FakeCard {
    pub(super) serial: [u8; 10],
    /// Of ED and EP.
    pub(super) balances: [u32; 2],
    pub(super) online: [u16; 2],
    pub(super) offline: [u16; 2],
    pub(super) limit: u32,
    pub(super) proofs: [Option<Proof>; 2],
    pub(super) log: Vec<[u8; 23]>,
    pub(super) records: BTreeMap<(u8, u8), Vec<u8>>,
    pub(super) trips: Vec<Vec<u8>>,
    pub(super) lock: Option<Lock>,
    pub(super) card_type: u8,
    /// Answers instead of the card's own, by the instruction.
    pub(super) instead: BTreeMap<u8, Vec<u8>>,
    /// Exchanges by number, power-up included, from 0.
    pub(super) cuts: BTreeMap<usize, Cut>,
    /// From this exchange on the reader does not work.
    pub(super) broken_from: Option<usize>,
    /// How many there were; the commands.
    pub(super) seen: Vec<Vec<u8>>,
    /// Debits and credits done.
    pub(super) completed: u32,
    powered: bool,
    selected: bool,
    pin: bool,
    authenticated: bool,
    pending: Option<Pending>,
    draws: u8,
}

const OK: [u8; 2] = [0x90, 0x00];
const FCI: &str = "6F2E8409A00000000386980701A5219F0C1E";

/// A key of the profile `purse` before it is derived.
pub(super) fn master(kind: u8, id: u8) -> Key {
    let name = [[kind, id]; 4].concat();
    Key::des(&[&name[..], &hex::decode("0011223344556677").unwrap()].concat()).unwrap()
}

pub(super) fn mac(key: &Key, pieces: &[&[u8]]) -> [u8; 4] {
    Mac::cbc(key).of(&[], pieces).four()
}

type Done = Result<Vec<u8>, u16>;

impl FakeCard {
    pub(super) fn new() -> Self {
        let records = BTreeMap::from([
            ((0x17, 0x09), [&[0x09, 0x2E][..], &[0; 46]].concat()),
            ((0x19, 0xAA), [&[0xAA, 0x29][..], &[0; 41]].concat()),
        ]);
        Self {
            serial: [0x33, 0x04, 0x99, 0, 0, 0, 0x01, 0x29, 0, 0x11],
            balances: [0; 2],
            online: [0; 2],
            offline: [0; 2],
            limit: 0,
            proofs: [None; 2],
            log: Vec::new(),
            records,
            trips: Vec::new(),
            lock: None,
            card_type: 0,
            instead: BTreeMap::new(),
            cuts: BTreeMap::new(),
            broken_from: None,
            seen: Vec::new(),
            completed: 0,
            powered: false,
            selected: false,
            pin: false,
            authenticated: false,
            pending: None,
            draws: 0,
        }
    }

    pub(super) fn key(&self, kind: u8, id: u8) -> Key {
        diversify(&master(kind, id), &factor_of(self.serial))
    }

    fn file_15(&self) -> Vec<u8> {
        let issuer = [0x33, 0x04, 0x99, 0, 0, 0, 0, 0x01, 0x03, 0x01];
        let dates = hex::decode("20250105203501050000").unwrap();
        [&issuer[..], &self.serial, &dates].concat()
    }

    fn tac(&self, pieces: &[&[u8]]) -> [u8; 4] {
        mac(&self.key(0x34, 0).xor_halves(), pieces)
    }

    fn power_off(&mut self) {
        (self.powered, self.selected, self.pin, self.authenticated) = (false, false, false, false);
        self.pending = None;
    }

    fn run(&mut self, apdu: &Apdu<'_>) -> Done {
        let pending = self.pending.take();
        let (p1, p2, data) = (apdu.p1, apdu.p2, apdu.data);
        match (apdu.cla, apdu.ins.0) {
            (0x00, 0xA4) => {
                self.selected = p1 == 4;
                self.pin = false;
                let fci = [hex::decode(FCI).unwrap(), self.file_15()].concat();
                Ok(if p1 == 4 { fci } else { Vec::new() })
            }
            _ if !self.selected => Err(0x6A82),
            (0x00, 0xB0) if p1 == 0x95 => Ok(self.file_15()),
            (0x00, 0xB0) => Ok([&[self.card_type][..], &[0; 38]].concat()),
            (0x00, 0xB2) => self.read_record(p1, p2),
            (0x00, 0x20) => {
                self.pin = data == [0x12, 0x34, 0x56];
                if self.pin { Ok(Vec::new()) } else { Err(0x63C2) }
            }
            (0x00, 0x84) => Ok(vec![0xC0, 1, 2, 3, 4, 5, 6, 7]),
            (0x00, 0x82) => {
                let mut challenge = [0xC0, 1, 2, 3, 4, 5, 6, 7];
                self.key(0x39, p2).cipher().encrypt_block(&mut challenge).unwrap();
                self.authenticated = data == challenge;
                if self.authenticated { Ok(Vec::new()) } else { Err(0x6300) }
            }
            (0x80, 0x50) => self.initialize(apdu),
            (0x80, 0x52 | 0x54 | 0x58) => self.complete(apdu, pending.ok_or(0x6901_u16)?),
            (0x80, 0xDC) => self.cache(apdu, pending.ok_or(0x6901_u16)?),
            (0x80, 0x5A) => {
                let number = u16::from_be_bytes(data.try_into().unwrap());
                let found = self.proofs.iter().flatten();
                let mut found = found.filter(|proof| (proof.kind, proof.number) == (p2, number));
                found.next().map(|proof| [proof.mac, proof.tac].concat()).ok_or(0x9406)
            }
            (0x80, 0x5C) if p2 == 1 && !self.pin => Err(0x6982),
            (0x80, 0x5C) => Ok(self.balances[usize::from(p2) - 1].to_be_bytes().to_vec()),
            (0xE0, 0x7A) => self.initialize_grey(apdu),
            (0xE0, 0x7C) => self.grey_lock(apdu, pending.ok_or(0x6901_u16)?),
            (0xE0, 0x7E) if p1 == 8 => self.debit_for_unlock(apdu),
            (0xE0, 0x7E) => self.grey_unlock(apdu, pending.ok_or(0x6901_u16)?),
            (0xE0, 0xCA) => Ok(self.lock_proof(p1 == 1)),
            _ => Err(0x6D00),
        }
    }

    fn read_record(&self, p1: u8, p2: u8) -> Done {
        let sfi = p2 >> 3;
        match sfi {
            0x18 => {
                let at = usize::from(p1) - 1;
                self.log.get(at).map(|record| record.to_vec()).ok_or(0x6A83)
            }
            _ => self.records.get(&(sfi, p1)).cloned().ok_or(0x6A83),
        }
    }

    fn initialize(&mut self, apdu: &Apdu<'_>) -> Done {
        let (p1, purse) = (apdu.p1, usize::from(apdu.p2) - 1);
        let kind = match (p1, purse) {
            (0, _) => 1 + purse as u8,
            (1, _) => 5 + purse as u8,
            (2, 0) => 4,
            (3, 1) => 9,
            (4, 0) => 7,
            (5, 0) => 3,
            _ => return Err(0x6A86),
        };
        let (key, rest) = apdu.data.split_first().unwrap();
        let (amount, terminal) = match kind {
            7 => (0, rest.to_vec()),
            _ => (u32::from_be_bytes(rest[..4].try_into().unwrap()), rest[4..].to_vec()),
        };
        let is_offline = matches!(kind, 4 | 5 | 6 | 9);
        if self.lock.as_ref().is_some_and(|lock| !lock.paid && lock.purse == purse) {
            return Err(0x6985);
        }
        if !self.pin && !matches!(kind, 6 | 9) {
            return Err(if is_offline { 0x6982 } else { 0x6985 });
        }
        if *key != 1 {
            return Err(0x9403);
        }
        if !matches!(kind, 1 | 2 | 7) && amount > self.balances[purse] {
            return Err(0x9401);
        }
        self.draws += 1;
        let random = [0xA0, 0xB1, 0xC2, self.draws];
        let (balance, limit) = (self.balances[purse].to_be_bytes(), self.limit.to_be_bytes());
        let limit = if purse == 0 { &limit[1..] } else { &[0; 3] };
        let number = if is_offline { self.offline } else { self.online }[purse];
        let mut answer = [&balance[..], &number.to_be_bytes()].concat();
        if is_offline || kind == 7 {
            answer.extend_from_slice(limit);
        }
        answer.extend_from_slice(&[0x01, 0x00]);
        answer.extend_from_slice(&random);
        if !is_offline {
            let session = self.session(kind, random, number, [0x80, 0x00]);
            let what = if kind == 7 { limit.to_vec() } else { amount.to_be_bytes().to_vec() };
            answer.extend_from_slice(&mac(&session, &[&balance, &what, &[kind], &terminal]));
        }
        let ins = match kind {
            1 | 2 => 0x52,
            7 => 0x58,
            _ => 0x54,
        };
        let updates = Vec::new();
        self.pending = Some(Pending { ins, kind, purse, amount, terminal, random, updates });
        Ok(answer)
    }

    fn session(&self, kind: u8, random: [u8; 4], number: u16, end: [u8; 2]) -> Key {
        let key = match kind {
            1 | 2 => 0x3F,
            3 | 0x95 | 0x96 => 0x3D,
            7 => 0x3C,
            _ => 0x3E,
        };
        let block = [&random[..], &number.to_be_bytes(), &end].concat();
        session_key(&self.key(key, 1), &block).unwrap()
    }

    fn cache(&mut self, apdu: &Apdu<'_>, mut pending: Pending) -> Done {
        let sfi = apdu.p2 >> 3;
        if pending.kind != 9 {
            return Err(0x6901);
        }
        if sfi == 0x19 && !self.authenticated {
            return Err(0x6982);
        }
        pending.updates.push((sfi, apdu.p1, apdu.p2 & 7, apdu.data.to_vec()));
        self.pending = Some(pending);
        Ok(Vec::new())
    }

    fn complete(&mut self, apdu: &Apdu<'_>, pending: Pending) -> Done {
        let Pending { ins, kind, purse, amount, ref terminal, random, .. } = pending;
        let is_offline = matches!(kind, 4 | 5 | 6 | 9);
        if ins != apdu.ins.0 || (ins == 0x54 && (apdu.p1 == 1) != is_offline) {
            return Err(0x6901);
        }
        let (data, asked) = apdu.data.split_last_chunk::<4>().unwrap();
        let number = if is_offline { self.offline } else { self.online }[purse];
        let (front, when) = data.split_at(data.len() - 7);
        let end = if is_offline { [front[2], front[3]] } else { [0x80, 0x00] };
        let session = self.session(kind, random, number, end);
        let (fen, kind_byte) = (amount.to_be_bytes(), [kind]);
        let what = if kind == 7 { front.to_vec() } else { fen.to_vec() };
        if mac(&session, &[&what, &kind_byte, terminal, when]) != *asked {
            return Err(0x9302);
        }
        let balance = &mut self.balances[purse];
        match kind {
            1 | 2 => *balance += amount,
            7 => {
                let limit = u32::from_be_bytes([0, front[0], front[1], front[2]]);
                *balance = *balance + limit - self.limit;
                self.limit = limit;
            }
            _ => *balance -= amount,
        }
        let new = balance.to_be_bytes();
        let online = [&new[..], &number.to_be_bytes(), &what, &kind_byte, terminal, when].concat();
        let (proof, answer) = match kind {
            3 => {
                let mac3 = mac(&session, &[&online]);
                ((mac3, [0; 4]), mac3.to_vec())
            }
            _ if is_offline => {
                let tac = self.tac(&[&fen, &kind_byte, terminal, front, when]);
                let mac2 = mac(&session, &[&fen]);
                ((mac2, tac), [tac, mac2].concat())
            }
            _ => {
                let tac = self.tac(&[&online]);
                (([0; 4], tac), tac.to_vec())
            }
        };
        for (sfi, p1, mode, record) in pending.updates {
            match mode {
                3 => self.trips.insert(0, record),
                _ => drop(self.records.insert((sfi, p1), record)),
            }
        }
        self.done(kind, purse, is_offline, amount, &[&pending.terminal[..], when].concat(), proof);
        Ok(answer)
    }

    fn done(
        &mut self,
        kind: u8,
        purse: usize,
        is_offline: bool,
        amount: u32,
        behind: &[u8],
        (mac, tac): ([u8; 4], [u8; 4]),
    ) {
        let numbers = if is_offline { &mut self.offline } else { &mut self.online };
        numbers[purse] += 1;
        let number = numbers[purse];
        let limit = if purse == 0 { self.limit } else { 0 };
        let head = [&number.to_be_bytes()[..], &limit.to_be_bytes()[1..]].concat();
        let record = [&head[..], &amount.to_be_bytes(), &[kind], behind].concat();
        self.log.insert(0, record.try_into().unwrap());
        self.log.truncate(10);
        self.proofs[purse] = Some(Proof { kind, number, mac, tac });
        self.completed += 1;
    }
}

impl Acceptor for FakeCard {
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
        if self.broken_from.is_some_and(|from| from <= self.seen.len()) {
            return Err("the reader does not work".into());
        }
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
            Ok(data) => [&data[..], &OK].concat(),
            Err(status) => status.to_be_bytes().to_vec(),
        };
        if cut == Some(Cut::After) {
            self.power_off();
            return Ok(Heard::Silence);
        }
        Ok(Heard::Bytes(answer))
    }
}
