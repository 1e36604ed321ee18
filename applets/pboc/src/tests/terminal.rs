//! The other side of a transaction: the terminal, and the issuer's host behind it. It computes its
//! MACs from the keys and from what the card has told.

use super::*;

/// A kind of transaction as a terminal asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    LoadEd = 1,
    LoadEp = 2,
    Unload = 3,
    Cash = 4,
    PurchaseEd = 5,
    PurchaseEp = 6,
    Overdraft = 7,
    Capp = 9,
}

pub(super) const KINDS: [Kind; 8] = [
    Kind::LoadEd,
    Kind::LoadEp,
    Kind::Unload,
    Kind::Cash,
    Kind::PurchaseEd,
    Kind::PurchaseEp,
    Kind::Overdraft,
    Kind::Capp,
];

impl Kind {
    pub(super) fn is_load(self) -> bool {
        matches!(self, Self::LoadEd | Self::LoadEp)
    }

    /// Takes money out of the purse.
    pub(super) fn pays(self) -> bool {
        !self.is_load() && self != Self::Overdraft
    }

    /// With the issuer's host.
    pub(super) fn is_online(self) -> bool {
        self.is_load() || matches!(self, Self::Unload | Self::Overdraft)
    }

    /// What a missing PIN or use right is answered with.
    pub(super) fn denied(self) -> &'static str {
        if self.is_load() || self == Self::Unload { "6985" } else { "6982" }
    }

    /// 0001 or 0002.
    pub(super) fn purse(self) -> u16 {
        if matches!(self, Self::LoadEp | Self::PurchaseEp | Self::Capp) { 2 } else { 1 }
    }

    /// P1 of INITIALIZE.
    pub(super) fn p1(self) -> u8 {
        match self {
            Self::LoadEd | Self::LoadEp => 0,
            Self::PurchaseEd | Self::PurchaseEp => 1,
            Self::Cash => 2,
            Self::Capp => 3,
            Self::Overdraft => 4,
            Self::Unload => 5,
        }
    }

    /// Which of a card's keys it uses beside the TAC key.
    pub(super) fn key(self) -> usize {
        match self {
            Self::LoadEd | Self::LoadEp => 0,
            Self::Unload => 3,
            Self::Overdraft => 4,
            _ => 1,
        }
    }

    /// It ends with a TAC.
    pub(super) fn has_tac(self) -> bool {
        self != Self::Unload
    }

    /// CLA INS P1 P2 Lc of its second command.
    pub(super) fn second(self) -> &'static str {
        match self {
            Self::LoadEd | Self::LoadEp => "805200000B",
            Self::Unload => "805403000B",
            Self::Overdraft => "805800000E",
            _ => "805401000F",
        }
    }
}

/// The INITIALIZE command of a transaction with key 01.
pub(super) fn initialize(kind: Kind, amount: u32) -> String {
    let (p1, p2, terminal) = (kind.p1(), kind.purse(), hex(&TERMINAL));
    match kind {
        Kind::Overdraft => format!("80500401 07 01{terminal}").replace(' ', ""),
        _ => format!("8050{p1:02X}{p2:02X}0B01{amount:08X}{terminal}"),
    }
}

/// The same with another key.
pub(super) fn initialize_with(key_id: u8, kind: Kind, amount: u32) -> String {
    let mut command = initialize(kind, amount);
    command.replace_range(10..12, &format!("{key_id:02X}"));
    command
}

/// What the other side of a transaction knows once it has begun.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) kind: Kind,
    /// Of an overdraft limit, the new one.
    pub(super) amount: u32,
    pub(super) balance: u32,
    pub(super) number: u16,
    pub(super) old_limit: u32,
    pub(super) session: [u8; 8],
}

impl Opened {
    pub(super) fn new(kind: Kind, amount: u32, answer: &[u8]) -> Self {
        let number = &answer[4..6];
        let has_limit = !kind.is_load() && kind != Kind::Unload;
        let random = if has_limit { &answer[11..15] } else { &answer[8..12] };
        let old_limit = if has_limit { &answer[6..9] } else { &[0; 3] };
        let [high, low] = [TERMINAL_NUMBER[2], TERMINAL_NUMBER[3]];
        let (key, end) = match kind {
            Kind::LoadEd | Kind::LoadEp => (LOAD_KEY, [0x80, 0x00]),
            Kind::Unload => (UNLOAD_KEY, [0x80, 0x00]),
            Kind::Overdraft => (OVERDRAFT_KEY, [0x80, 0x00]),
            _ => (PURCHASE_KEY, [high, low]),
        };
        let block = [random, number, &end].concat();
        let session = session_key(&Key::des(&key).unwrap(), &block).unwrap();
        let opened = Self {
            kind,
            amount,
            balance: u32::from_be_bytes(answer[..4].try_into().unwrap()),
            number: u16::from_be_bytes(number.try_into().unwrap()),
            old_limit: u32::from_be_bytes([0, old_limit[0], old_limit[1], old_limit[2]]),
            session: session.as_slice().try_into().unwrap(),
        };
        if kind.is_online() {
            let what = match kind {
                Kind::Overdraft => old_limit.to_vec(),
                _ => amount.to_be_bytes().to_vec(),
            };
            let input = [&answer[..4], &what, &[kind as u8], &TERMINAL].concat();
            let mac1 = &answer[answer.len() - 6..answer.len() - 2];
            assert_eq!(mac1, mac(&opened.session, &input), "MAC1 of {kind:?}");
        }
        opened
    }

    /// The amount, or the new limit, as it is sent.
    pub(super) fn what(&self) -> Vec<u8> {
        let from = usize::from(self.kind == Kind::Overdraft);
        self.amount.to_be_bytes()[from..].to_vec()
    }

    /// What a MAC or TAC of this transaction is computed of, in the order of the standard.
    pub(super) fn what_type_terminal(&self) -> Vec<u8> {
        [&self.what()[..], &[self.kind as u8], &TERMINAL].concat()
    }

    /// The command that completes it.
    pub(super) fn second(&self) -> Vec<u8> {
        let mac = mac(&self.session, &[&self.what_type_terminal()[..], &WHEN].concat());
        let said = match self.kind {
            Kind::LoadEd | Kind::LoadEp | Kind::Unload => Vec::new(),
            Kind::Overdraft => self.what(),
            _ => TERMINAL_NUMBER.to_vec(),
        };
        [&unhex(self.kind.second())[..], &said, &WHEN, &mac].concat()
    }

    pub(super) fn new_balance(&self) -> u32 {
        match self.kind {
            Kind::LoadEd | Kind::LoadEp => self.balance + self.amount,
            // The card has checked that it fits in the end.
            Kind::Overdraft => self.balance.wrapping_add(self.amount).wrapping_sub(self.old_limit),
            _ => self.balance - self.amount,
        }
    }

    /// What the log says it was about.
    pub(super) fn logged_amount(&self) -> u32 {
        if self.kind == Kind::Overdraft { 0 } else { self.amount }
    }

    /// The certificate with the new balance, under the TAC key or the session key.
    fn online_certificate(&self, key: &[u8; 8]) -> [u8; 4] {
        let (balance, number) = (self.new_balance().to_be_bytes(), self.number.to_be_bytes());
        mac(key, &[&balance[..], &number, &self.what_type_terminal(), &WHEN].concat())
    }

    pub(super) fn tac(&self) -> [u8; 4] {
        let key = tac_key();
        match self.kind {
            Kind::Unload => [0; 4],
            kind if kind.is_online() => self.online_certificate(&key),
            _ => mac(&key, &[&self.what_type_terminal()[..], &TERMINAL_NUMBER, &WHEN].concat()),
        }
    }

    /// The card's MAC that GET TRANSACTION PROVE tells.
    pub(super) fn proof_mac(&self) -> [u8; 4] {
        match self.kind {
            Kind::LoadEd | Kind::LoadEp | Kind::Overdraft => [0; 4],
            Kind::Unload => self.online_certificate(&self.session),
            _ => mac(&self.session, &self.amount.to_be_bytes()),
        }
    }

    /// What the second command is answered with.
    pub(super) fn certificates(&self) -> Vec<u8> {
        match self.kind {
            Kind::LoadEd | Kind::LoadEp | Kind::Overdraft => self.tac().to_vec(),
            Kind::Unload => self.proof_mac().to_vec(),
            _ => [self.tac(), self.proof_mac()].concat(),
        }
    }

    /// GET TRANSACTION PROVE for this transaction.
    pub(super) fn prove(&self) -> String {
        format!("805A00{:02X}02{:04X}", self.kind as u8, self.number + 1)
    }

    /// What that is answered with.
    pub(super) fn proof(&self) -> String {
        hex(&[self.proof_mac(), self.tac()].concat()) + "9000"
    }

    /// The log's record of it.
    pub(super) fn record(&self) -> String {
        let limit = if self.kind == Kind::Overdraft { self.amount } else { self.old_limit };
        let record = [
            &(self.number + 1).to_be_bytes()[..],
            &limit.to_be_bytes()[1..],
            &self.logged_amount().to_be_bytes(),
            &[self.kind as u8],
            &TERMINAL,
            &WHEN,
        ];
        hex(&record.concat()) + "9000"
    }
}

/// The halves of the TAC key XORed.
pub(super) fn tac_key() -> [u8; 8] {
    core::array::from_fn(|at| TAC_KEY[at] ^ TAC_KEY[at + 8])
}
