//! The other side of the ledger: what terminals, statement terminals and the authority's host
//! compute. It knows the card's keys and what is sent, and nothing of the card's code.

use tessera::{
    cryptography::cipher::{Key, Mac, session_key},
    keys::{self, KeyAlgorithm, Levels, Owner, Region},
};

/// The authority's own terminal.
pub(crate) const OFFICE: [u8; 6] = [0x33, 0x04, 0x00, 0x00, 0x00, 0x01];
/// Number of the terminal's own that settlements carry.
const TERMINAL_COUNTER: [u8; 4] = [0x00, 0x00, 0x20, 0x02];

/// What knows the keys of all cards of one algorithm.
#[derive(Clone, Copy)]
pub(crate) struct Desk(pub(crate) KeyAlgorithm);

impl Desk {
    fn key(self, label: &str) -> Key {
        let region = Region::new("330400").unwrap();
        let card = [0x86, 0x01, 0x33, 0x04, 0x00, 0x00, 0x02, 0x98];
        let root = keys::root(keys::TEST_PREFIX, label);
        Owner { region, card }.key(self.0, root, Levels::Two).unwrap()
    }

    fn session(self, label: &str, input: &[u8]) -> Mac {
        let key = self.key(label);
        let block = [input, &[0; 8]].concat();
        Mac::cbc(&session_key(&key, &block[..key.block_bytes()]).unwrap())
    }

    /// The certificate of a message.
    pub(crate) fn tac(self, message: &[u8]) -> [u8; 4] {
        let key = self.key("ML-DTK");
        let mac = match self.0 {
            KeyAlgorithm::TripleDes => Mac::cbc(&key.xor_halves()),
            KeyAlgorithm::Sm4 => Mac::cbc(&key),
        };
        mac.of(&[], &[message]).four()
    }

    /// A command with a MAC, for a challenge.
    pub(crate) fn protect(
        self,
        label: &str,
        challenge: &[u8],
        [ins, p1, p2]: [u8; 3],
        data: &[u8],
    ) -> Vec<u8> {
        let mut command = vec![0xD4, ins, p1, p2, data.len() as u8 + 4];
        command.extend(data);
        let mac = self.session(label, challenge).of(&[], &[&command]).four();
        command.extend(mac);
        command
    }
}

/// Numbers of four bytes, one after the other.
pub(crate) fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// A transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    Settlement(Settle),
    Credit { index: u8, amount: u32, number: u32 },
    Reversal { kind: u8, reference: u32, amounts: [u32; 4], number: u32 },
}

/// A settlement: A S P D and what it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Settle {
    pub(crate) off_line: bool,
    pub(crate) index: u8,
    pub(crate) amounts: [u32; 4],
    pub(crate) class: u8,
    pub(crate) flags: u8,
    pub(crate) terminal: [u8; 6],
}

impl Settle {
    fn mode(&self) -> u8 {
        1 + u8::from(self.off_line)
    }

    /// AM class flags 32 mode terminal.
    fn core(&self) -> Vec<u8> {
        let kind = [self.class, self.flags, 0x32, self.mode()];
        [&numbers(&self.amounts)[..], &kind, &self.terminal].concat()
    }
}

impl Wanted {
    pub(crate) fn initialize(&self) -> Vec<u8> {
        let (head, data) = match self {
            Self::Settlement(settle) => {
                let kind = [settle.class, settle.flags];
                let data = [&[settle.index][..], &numbers(&settle.amounts), &kind];
                ([0xD0, 0x28, settle.mode(), 1], [&data.concat()[..], &settle.terminal].concat())
            }
            Self::Credit { index, amount, number } => {
                let data = [&[*index][..], &amount.to_be_bytes(), &OFFICE, &number.to_be_bytes()];
                ([0xD0, 0x40, 0, 1], data.concat())
            }
            Self::Reversal { kind, reference, amounts, number } => {
                let head = [&[1][..], &reference.to_be_bytes(), &numbers(amounts)].concat();
                let data = [&head[..], &OFFICE, &number.to_be_bytes()].concat();
                ([0xD0, 0x44, *kind, 1], data)
            }
        };
        [&head[..], &[data.len() as u8], &data, &[0]].concat()
    }

    /// The terminal and the amounts that its entry has.
    pub(crate) fn entered(&self) -> ([u8; 6], [u32; 4]) {
        match self {
            Self::Settlement(settle) => (settle.terminal, settle.amounts),
            Self::Credit { amount, .. } => (OFFICE, [*amount, 0, 0, 0]),
            Self::Reversal { amounts, .. } => (OFFICE, *amounts),
        }
    }
}

/// A transaction that the card has begun, as its answer tells.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    desk: Desk,
    pub(crate) wanted: Wanted,
    pub(crate) balance: u32,
    pub(crate) sequence: u32,
    pub(crate) counter: u16,
    random: [u8; 4],
    pub(crate) time: [u8; 7],
}

impl Begun {
    pub(crate) fn new(desk: Desk, wanted: Wanted, answer: &[u8], time: [u8; 7]) -> Self {
        let word = |at: usize| u32::from_be_bytes(answer[at..at + 4].try_into().unwrap());
        Self {
            desk,
            wanted,
            balance: word(0),
            sequence: word(4),
            counter: u16::from_be_bytes(answer[8..10].try_into().unwrap()),
            random: answer[12..16].try_into().unwrap(),
            time,
        }
    }

    fn session(&self) -> Mac {
        let (label, end) = match self.wanted {
            Wanted::Settlement(settle) => (format!("ML-DPK{}", settle.index), [0x20, 0x02]),
            Wanted::Credit { index, .. } => (format!("ML-DLK{index}"), [0x80, 0x00]),
            Wanted::Reversal { number, .. } => ("ML-DRK1".into(), (number as u16).to_be_bytes()),
        };
        let input = [&self.random[..], &self.counter.to_be_bytes(), &end].concat();
        self.desk.session(&label, &input)
    }

    fn request(&self) -> Vec<u8> {
        match self.wanted {
            Wanted::Settlement(settle) => [&settle.core()[..], &self.time].concat(),
            Wanted::Credit { amount, number, .. } => {
                let head = [&amount.to_be_bytes()[..], &[0x31], &OFFICE].concat();
                [&head[..], &number.to_be_bytes(), &self.time].concat()
            }
            Wanted::Reversal { kind, reference, amounts, number } => {
                let head = [&reference.to_be_bytes()[..], &numbers(&amounts), &[0x33, kind]];
                [&head.concat()[..], &OFFICE, &number.to_be_bytes(), &self.time].concat()
            }
        }
    }

    pub(crate) fn commit(&self) -> Vec<u8> {
        let mac = self.session().of(&[], &[&self.request()]).four();
        let (head, front): (_, &[u8]) = match self.wanted {
            Wanted::Settlement(_) => ([0xD0, 0x2C, 1, 0], &TERMINAL_COUNTER),
            Wanted::Credit { .. } => ([0xD0, 0x42, 0, 0], &[]),
            Wanted::Reversal { .. } => ([0xD0, 0x46, 1, 0], &[]),
        };
        let data = [front, &self.time, &mac].concat();
        [&head[..], &[data.len() as u8], &data].concat()
    }

    /// MAC2 (zero for a credit) and TAC when the balance is this one afterwards.
    pub(crate) fn certificates(&self, balance_after: u32) -> ([u8; 4], [u8; 4]) {
        let end = numbers(&[self.sequence, balance_after]);
        let body = match self.wanted {
            Wanted::Settlement(settle) => {
                [&settle.core()[..], &TERMINAL_COUNTER, &self.time].concat()
            }
            _ => self.request(),
        };
        let counter = self.counter.to_be_bytes();
        let tac = self.desk.tac(&[&body[..], &end, &counter].concat());
        let (_, amounts) = self.wanted.entered();
        let mac2 = match self.wanted {
            Wanted::Credit { .. } => [0; 4],
            _ => self.session().of(&[], &[&numbers(&amounts), &end]).four(),
        };
        (mac2, tac)
    }
}
