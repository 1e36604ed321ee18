//! The other side of a purse's transactions: what an issuer's host and a terminal compute.

use tessera::cryptography::cipher::{Key, Mac, diversify, session_key};

/// Identifier of the terminal.
pub(crate) const TERMINAL: [u8; 6] = [0x33, 0x04, 0x99, 0x00, 0x00, 0x01];
/// Date and time of everything.
pub(crate) const WHEN: [u8; 7] = [0x20, 0x26, 0x01, 0x02, 0x03, 0x04, 0x05];
/// Last eight bytes of the purse's serial number.
const SERIAL: [u8; 8] = [0x99, 0x00, 0x00, 0x00, 0x01, 0x29, 0x00, 0x11];

/// A kind of transaction; the value is its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    LoadEd = 0x01,
    LoadEp = 0x02,
    Unload = 0x03,
    Cash = 0x04,
    PurchaseEd = 0x05,
    PurchaseEp = 0x06,
    Overdraft = 0x07,
    Compound = 0x09,
}

/// Every kind.
pub(crate) const KINDS: [Kind; 8] = [
    Kind::LoadEd,
    Kind::LoadEp,
    Kind::Unload,
    Kind::Cash,
    Kind::PurchaseEd,
    Kind::PurchaseEp,
    Kind::Overdraft,
    Kind::Compound,
];

impl Kind {
    /// 0 the ED, 1 the EP.
    pub(crate) fn purse(self) -> usize {
        usize::from(matches!(self, Self::LoadEp | Self::PurchaseEp | Self::Compound))
    }

    /// The issuer's host speaks for it, not a terminal.
    pub(crate) fn is_online(self) -> bool {
        matches!(self, Self::LoadEd | Self::LoadEp | Self::Unload | Self::Overdraft)
    }

    /// INITIALIZE; of an overdraft `amount` is what comes in the second command.
    pub(crate) fn initialize(self, amount: u32) -> Vec<u8> {
        let (p1, key) = match self {
            Self::LoadEd | Self::LoadEp | Self::Unload | Self::Overdraft => {
                (if self == Self::Unload { 5 } else { 0 }, 1)
            }
            Self::PurchaseEd | Self::PurchaseEp => (1, 1),
            Self::Cash => (2, 1),
            Self::Compound => (3, 1),
        };
        let p2 = self.purse() as u8 + 1;
        match self {
            Self::Overdraft => [&[0x80, 0x50, 0x04, p2, 0x07, key][..], &TERMINAL].concat(),
            _ => {
                let amount = amount.to_be_bytes();
                [&[0x80, 0x50, p1, p2, 0x0B, key][..], &amount, &TERMINAL].concat()
            }
        }
    }

    /// Master of its key on the card.
    fn master(self) -> u8 {
        match self {
            Self::LoadEd | Self::LoadEp => 0x3F,
            Self::Unload => 0x3D,
            Self::Overdraft => 0x3C,
            _ => 0x3E,
        }
    }
}

/// A transaction that INITIALIZE has begun, as its answer tells.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) kind: Kind,
    pub(crate) amount: u32,
    pub(crate) balance: u32,
    pub(crate) number: u16,
    pub(crate) limit: Option<u32>,
    terminal_number: [u8; 4],
    session: Key,
}

impl Opened {
    /// `amount` of an overdraft is the new limit.
    pub(crate) fn new(kind: Kind, amount: u32, answer: &[u8], terminal_number: u32) -> Self {
        let terminal_number = terminal_number.to_be_bytes();
        let word = |at: usize| <[u8; 4]>::try_from(&answer[at..at + 4]).unwrap();
        let has_limit = !kind.is_online() || kind == Kind::Overdraft;
        let random = word(if has_limit { 11 } else { 8 });
        let end = if kind.is_online() { &[0x80, 0x00][..] } else { &terminal_number[2..] };
        let block = [&random, &answer[4..6], end].concat();
        let session = session_key(&card_key(kind.master(), 1), &block).unwrap();
        let limit = has_limit.then(|| u32::from_be_bytes(word(6)) >> 8);
        let opened = Self {
            kind,
            amount,
            balance: u32::from_be_bytes(word(0)),
            number: u16::from_be_bytes([answer[4], answer[5]]),
            limit,
            terminal_number,
            session,
        };
        if kind.is_online() {
            let mac1 = &answer[answer.len() - 4..];
            let middle = match kind {
                Kind::Overdraft => opened.limit.unwrap().to_be_bytes()[1..].to_vec(),
                _ => opened.amount_bytes(),
            };
            let input = [&opened.balance.to_be_bytes()[..], &middle, &[kind as u8], &TERMINAL];
            assert_eq!(mac1, opened.mac(&input.concat()), "MAC1 of {kind:?}");
        }
        opened
    }

    fn mac(&self, input: &[u8]) -> [u8; 4] {
        Mac::cbc(&self.session).of(&[], &[input]).four()
    }

    /// Four bytes, or the three of a limit.
    fn amount_bytes(&self) -> Vec<u8> {
        let from = usize::from(self.kind == Kind::Overdraft);
        self.amount.to_be_bytes()[from..].to_vec()
    }

    fn amount_type_terminal(&self) -> Vec<u8> {
        [&self.amount_bytes()[..], &[self.kind as u8], &TERMINAL].concat()
    }

    /// The command that completes it.
    pub(crate) fn second(&self) -> Vec<u8> {
        let mac = self.mac(&[&self.amount_type_terminal()[..], &WHEN].concat());
        let (head, before): (_, &[u8]) = match self.kind {
            Kind::LoadEd | Kind::LoadEp => ([0x80, 0x52, 0x00, 0x00, 0x0B], &[]),
            Kind::Unload => ([0x80, 0x54, 0x03, 0x00, 0x0B], &[]),
            Kind::Overdraft => ([0x80, 0x58, 0x00, 0x00, 0x0E], &self.amount.to_be_bytes()[1..]),
            _ => ([0x80, 0x54, 0x01, 0x00, 0x0F], &self.terminal_number),
        };
        [&head[..], before, &WHEN, &mac].concat()
    }

    /// What the card certifies afterwards: its MAC, and the TAC.
    pub(crate) fn certificates(&self, new_balance: u32) -> ([u8; 4], [u8; 4]) {
        let middle = self.amount_type_terminal();
        let online = [&new_balance.to_be_bytes()[..], &self.number.to_be_bytes(), &middle, &WHEN];
        let tac = |input: &[u8]| Mac::cbc(&card_key(0x34, 0).xor_halves()).of(&[], &[input]).four();
        match self.kind {
            Kind::Unload => (self.mac(&online.concat()), [0; 4]),
            _ if self.kind.is_online() => ([0; 4], tac(&online.concat())),
            _ => {
                let input = [&middle[..], &self.terminal_number, &WHEN].concat();
                (self.mac(&self.amount_bytes()), tac(&input))
            }
        }
    }

    /// The answer to [`second`](Self::second).
    pub(crate) fn answer(&self, new_balance: u32) -> Vec<u8> {
        let (mac, tac) = self.certificates(new_balance);
        match self.kind {
            Kind::Unload => mac.to_vec(),
            _ if self.kind.is_online() => tac.to_vec(),
            _ => [tac, mac].concat(),
        }
    }

    /// GET TRANSACTION PROVE.
    pub(crate) fn prove(&self) -> Vec<u8> {
        let number = (self.number + 1).to_be_bytes();
        [&[0x80, 0x5A, 0x00, self.kind as u8, 0x02][..], &number].concat()
    }
}

/// A key of the card, derived from its published master.
pub(crate) fn card_key(usage: u8, id: u8) -> Key {
    let master = [usage, id].repeat(4);
    let master = [&master[..], &[0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]].concat();
    diversify(&Key::des(&master).unwrap(), &SERIAL)
}
