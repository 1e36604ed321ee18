//! The other side: authority, terminals, statement terminals, with all their keys.

use tessera_cos::{
    cipher::{Algorithm, Key, Mac, diversify, session_key},
    social::keys::algorithm_byte,
};

use super::*;
pub(super) use crate::files::Suite;

/// Usage, identifier, label and root of each key: the first 16 bytes of SHA-256 of "VSC-TEST:" and
/// the label.
const ROOTS: [(u8, u8, &str, &str); 14] = [
    (4, 0x01, "ML-DPK1", "E56A2B83859538CAED60FB3CE6CD2552"),
    (4, 0x02, "ML-DPK2", "49F552EA35A1A4558C1598D76E6F5F98"),
    (4, 0x03, "ML-DPK3", "07D1D9E3A1C987C729E0C6C0B2EED5A3"),
    (5, 0x01, "ML-DLK1", "80CA75E650BD908057A010D02B2FCD8D"),
    (5, 0x02, "ML-DLK2", "238DD4C6757B88B5EB8E663A89606455"),
    (5, 0x03, "ML-DLK3", "5F31E3B6254D538F771105CFF64CCF5E"),
    (6, 0x01, "ML-DRK1", "8C303568C7691A9F6DB265E7429D7C9B"),
    (7, 0x00, "ML-DTK", "5F4B642AB784972538CAE2A5F4A0A00D"),
    (8, 0x88, "ML-AK", "8647880EADE9D55A89E2CE79051C5EEF"),
    (9, 0x89, "ML-SK", "282B2C81EA75CE1FC1B753AD498ADEAC"),
    (1, 0x83, "ML-LK", "B66B65026AC1A44C6029911B27CF2786"),
    (1, 0x84, "ML-RK1", "B7D719B8E148FF45B86D66D77144B122"),
    (1, 0x85, "ML-UK1", "12B80E568CF417C62C0313A5B9D8F4B4"),
    (3, 0x82, "ML-STK", "E698E2E2DA7F9A693DE26A4EE4AD85E0"),
];

pub(super) const AUTHORITY: (u8, u8) = (8, 0x88);
pub(super) const STATEMENT: (u8, u8) = (9, 0x89);

const CITY: [u8; 8] = *b"330400sx";
pub(super) const CARD: [u8; 8] = [0x86, 0x01, 0x33, 0x04, 0x00, 0x00, 0x02, 0x98];

/// What knows the keys of a card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Office {
    pub(super) suite: Suite,
}

impl Office {
    pub(super) const fn new(suite: Suite) -> Self {
        Self { suite }
    }

    /// The card's key with this usage and identifier.
    pub(super) fn key(&self, (usage, id): (u8, u8)) -> Key {
        let (.., root) = ROOTS.iter().find(|key| (key.0, key.1) == (usage, id)).unwrap();
        let algorithm = match self.suite {
            Suite::TripleDes => Algorithm::TripleDes,
            Suite::Sm4 => Algorithm::Sm4,
        };
        let root = Key::new(algorithm, &unhex(root)).unwrap();
        diversify(&diversify(&root, &CITY), &CARD)
    }

    /// The application's installation data.
    pub(super) fn installation_data(&self, marks: &str, region: &str) -> Vec<u8> {
        let mut data = vec![0xC2, 1, self.suite as u8];
        for (usage, id, ..) in ROOTS {
            let key = self.key((usage, id));
            let role = if id == 0x83 { 0x10 } else { 0 };
            let algorithm = algorithm_byte(key.algorithm());
            data.extend([0xC1, 20, role | usage, id, 1, algorithm]);
            data.extend(key.as_slice());
        }
        data.extend([0xC4, 9, 1]);
        data.extend(marks.as_bytes());
        data.extend([0xC4, 4, 2]);
        data.extend(unhex(region));
        data
    }

    /// The session of a key for eight bytes.
    pub(super) fn session(&self, key: (u8, u8), input: [u8; 8]) -> Mac {
        let block = [&input[..], &[0; 8]].concat();
        let key = self.key(key);
        Mac::cbc(&session_key(&key, &block[..key.block_bytes()]).unwrap())
    }

    /// The TAC of a message.
    pub(super) fn tac(&self, message: &[u8]) -> [u8; 4] {
        let key = self.key((7, 0));
        let mac = match self.suite {
            Suite::TripleDes => Mac::cbc(&key.xor_halves()),
            Suite::Sm4 => Mac::cbc(&key),
        };
        mac.of(&[], &[message]).four()
    }

    /// A protected command for a challenge.
    pub(super) fn protect(
        &self,
        key: (u8, u8),
        challenge: [u8; 8],
        head: [u8; 4],
        data: &[u8],
    ) -> Vec<u8> {
        let mut command = head.to_vec();
        command.push(data.len() as u8 + 4);
        command.extend(data);
        let mac = self.session(key, challenge).of(&[], &[&command]).four();
        command.extend(mac);
        command
    }
}

/// A transaction that is to be begun, in the clear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    Settlement(Settle),
    Credit { index: u8, amount: u32, number: u32 },
    Reversal { kind: u8, reference: u32, amounts: [u32; 4], number: u32 },
}

/// A settlement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Settle {
    pub(super) mode: u8,
    pub(super) index: u8,
    /// A S P D.
    pub(super) amounts: [u32; 4],
    pub(super) class: u8,
    pub(super) flags: u8,
    pub(super) terminal: [u8; 6],
}

impl Settle {
    /// On-line at a clinic: 12.80 from the account.
    pub(super) const CLINIC: Self = Self {
        mode: 1,
        index: 1,
        amounts: [1280, 320, 4400, 0],
        class: b'0',
        flags: 0,
        terminal: [0x33, 0x04, 0x00, 0x11, 0x22, 0x33],
    };
    /// Off-line at a pharmacy: 20.00 from the account.
    pub(super) const PHARMACY: Self = Self {
        mode: 2,
        amounts: [2000, 0, 0, 0],
        class: b'6',
        terminal: [0x33, 0x04, 0x00, 0x44, 0x55, 0x66],
        ..Self::CLINIC
    };

    pub(super) const fn of(account: u32) -> Self {
        Self { amounts: [account, 0, 0, 0], ..Self::CLINIC }
    }

    /// AM class flags 32 mode terminal.
    fn core(&self) -> Vec<u8> {
        let kind = [self.class, self.flags, 0x32, self.mode];
        [&numbers(&self.amounts)[..], &kind, &self.terminal].concat()
    }
}

/// The authority's own terminal.
pub(super) const OFFICE: [u8; 6] = [0x33, 0x04, 0x00, 0x00, 0x00, 0x01];

impl Wanted {
    /// INITIALIZE.
    pub(super) fn initialize(&self) -> Vec<u8> {
        let (head, data) = match self {
            Self::Settlement(settle) => {
                let kind = [settle.class, settle.flags];
                let data = [&[settle.index][..], &numbers(&settle.amounts), &kind];
                ([0xD0, 0x28, settle.mode, 1], [&data.concat()[..], &settle.terminal].concat())
            }
            Self::Credit { index, amount, number } => {
                let data = [&[*index][..], &amount.to_be_bytes(), &OFFICE, &number.to_be_bytes()];
                ([0xD0, 0x40, 0, 1], data.concat())
            }
            Self::Reversal { kind, reference, amounts, number } => {
                let amounts = numbers(amounts);
                let head = [&[1][..], &reference.to_be_bytes(), &amounts].concat();
                let data = [&head[..], &OFFICE, &number.to_be_bytes()].concat();
                ([0xD0, 0x44, *kind, 1], data)
            }
        };
        [&head[..], &[data.len() as u8], &data, &[0]].concat()
    }

    /// The other side's part once the card has answered.
    pub(super) fn begun(self, office: Office, answer: &[u8]) -> Begun {
        let word = |at: usize| u32::from_be_bytes(answer[at..at + 4].try_into().unwrap());
        Begun {
            wanted: self,
            office,
            balance: word(0),
            sequence: word(4),
            counter: answer[8..10].try_into().unwrap(),
            random: answer[12..16].try_into().unwrap(),
        }
    }
}

/// A transaction that is begun, as the other side knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) wanted: Wanted,
    office: Office,
    pub(super) balance: u32,
    pub(super) sequence: u32,
    pub(super) counter: [u8; 2],
    random: [u8; 4],
}

/// Number of the terminal's own that settlements carry.
pub(super) const TERMINAL_COUNTER: [u8; 4] = [0x00, 0x00, 0x10, 0x01];

impl Begun {
    fn session(&self) -> Mac {
        let (key, end) = match self.wanted {
            Wanted::Settlement(settle) => ((4, settle.index), [0x10, 0x01]),
            Wanted::Credit { index, .. } => ((5, index), [0x80, 0x00]),
            Wanted::Reversal { number, .. } => ((6, 1), (number as u16).to_be_bytes()),
        };
        let input = [&self.random[..], &self.counter, &end].concat();
        self.office.session(key, input.try_into().unwrap())
    }

    /// The message of the MAC that asks for it.
    fn request(&self, time: [u8; 7]) -> Vec<u8> {
        match self.wanted {
            Wanted::Settlement(settle) => [&settle.core()[..], &time].concat(),
            Wanted::Credit { amount, number, .. } => {
                let head = [&amount.to_be_bytes()[..], &[0x31], &OFFICE].concat();
                [&head[..], &number.to_be_bytes(), &time].concat()
            }
            Wanted::Reversal { kind, reference, amounts, number } => {
                let head = [&reference.to_be_bytes()[..], &numbers(&amounts), &[0x33, kind]];
                [&head.concat()[..], &OFFICE, &number.to_be_bytes(), &time].concat()
            }
        }
    }

    /// COMMIT.
    pub(super) fn commit(&self, time: [u8; 7]) -> Vec<u8> {
        let mac = self.session().of(&[], &[&self.request(time)]).four();
        let (head, front): (_, &[u8]) = match self.wanted {
            Wanted::Settlement(_) => ([0xD0, 0x2C, 1, 0], &TERMINAL_COUNTER),
            Wanted::Credit { .. } => ([0xD0, 0x42, 0, 0], &[]),
            Wanted::Reversal { .. } => ([0xD0, 0x46, 1, 0], &[]),
        };
        let data = [front, &time, &mac].concat();
        [&head[..], &[data.len() as u8], &data].concat()
    }

    /// The balance when it is done.
    pub(super) fn balance_after(&self) -> u32 {
        match self.wanted {
            Wanted::Settlement(settle) => self.balance - settle.amounts[0],
            Wanted::Credit { amount, .. } => self.balance + amount,
            Wanted::Reversal { kind: 4, amounts, .. } => self.balance - amounts[0],
            Wanted::Reversal { amounts, .. } => self.balance + amounts[0],
        }
    }

    /// What the card answers when it is done: the TAC, and MAC2 but for a credit.
    pub(super) fn answer(&self, time: [u8; 7]) -> Vec<u8> {
        let end = numbers(&[self.sequence, self.balance_after()]);
        let body = match self.wanted {
            Wanted::Settlement(settle) => [&settle.core()[..], &TERMINAL_COUNTER, &time].concat(),
            _ => self.request(time),
        };
        let tac = self.office.tac(&[&body[..], &end, &self.counter].concat());
        let amounts = match self.wanted {
            Wanted::Settlement(settle) => settle.amounts,
            Wanted::Reversal { amounts, .. } => amounts,
            Wanted::Credit { .. } => return tac.to_vec(),
        };
        let mac2 = self.session().of(&[], &[&numbers(&amounts), &end]).four();
        [tac, mac2].concat()
    }

    /// MAC1 of a credit, which INITIALIZE answers.
    pub(super) fn credit_mac1(&self) -> Option<[u8; 4]> {
        let Wanted::Credit { amount, number, .. } = self.wanted else { return None };
        let head = [&numbers(&[self.balance, amount])[..], &[0x31], &OFFICE].concat();
        Some(self.session().of(&[], &[&head, &number.to_be_bytes()]).four())
    }
}

/// Numbers of four bytes, one after the other.
pub(super) fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// What OPEN says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Account {
    pub(super) balance: u32,
    pub(super) sequence: u32,
    pub(super) number: u32,
    pub(super) sums: [u32; 8],
    pub(super) limit: u8,
    pub(super) off_line: (u32, u8, u8),
    pub(super) single: u32,
}

impl Account {
    /// 500.00; off-line below 200.00 and 4 settlements.
    pub(super) const USUAL: Self = Self {
        balance: 50_000,
        sequence: 0,
        number: 1,
        sums: [0; 8],
        limit: 60,
        off_line: (20_000, 4, 1),
        single: 0,
    };

    /// The data field without its MAC.
    pub(super) fn data(&self) -> Vec<u8> {
        let (amount, count, allowed) = self.off_line;
        [
            &numbers(&[self.balance, self.sequence, self.number])[..],
            &[0x20, 0x25, 0x01, 0x01],
            &numbers(&self.sums),
            &[0; 8],
            &[0, 0, self.limit],
            &amount.to_be_bytes(),
            &[count, allowed],
            &self.single.to_be_bytes(),
            &OFFICE,
            &TIME,
        ]
        .concat()
    }
}
