//! What a command of the account says.

use tessera_framework::{Command, Halt, Ins, StatusWord};

const INITIALIZE: Ins = Ins(0x28);
const CREDIT: Ins = Ins(0x2A);
const DEBIT: Ins = Ins(0x2C);

/// Four bytes: an amount, a random number, a MAC.
pub(super) type Four = [u8; 4];

/// A terminal's number, twelve digits.
pub(super) type Terminal = [u8; 6];

/// Date and time, YYYYMMDDhhmmss in packed digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) [u8; 7]);

impl Time {
    /// # Errors
    /// 6A80 unless these are decimal digits.
    pub(super) fn checked(self) -> Result<Self, Halt> {
        let is_digits = |byte: &u8| byte >> 4 <= 9 && byte & 0x0F <= 9;
        if self.0.iter().all(is_digits) { Ok(self) } else { Halt::status(StatusWord::WRONG_DATA) }
    }
}

/// The amounts of a settlement, in fen; of a credit the first alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sum {
    /// From the personal account, or to it.
    pub(super) account: u32,
    /// What the holder pays within the pooled scope.
    pub(super) self_pay: u32,
    /// What the pooled fund pays.
    pub(super) fund: u32,
}

impl Sum {
    /// Of twelve bytes.
    pub(super) const fn of(bytes: &[u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
        Self {
            account: u32::from_be_bytes([a, b, c, d]),
            self_pay: u32::from_be_bytes([e, f, g, h]),
            fund: u32::from_be_bytes([i, j, k, l]),
        }
    }

    /// As they are sent and logged.
    pub(super) const fn bytes(&self) -> [u8; 12] {
        let [a, b, c, d] = self.account.to_be_bytes();
        let [e, f, g, h] = self.self_pay.to_be_bytes();
        let [i, j, k, l] = self.fund.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }
}

/// The data field of a first command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    /// Which of the keys, 1 to 3.
    pub(super) index: u8,
    pub(super) sum: Sum,
    pub(super) terminal: Terminal,
}

/// The data field of a second command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    /// The terminal's counter; of a credit zero.
    pub(super) counter: Four,
    /// Not looked at yet.
    pub(super) time: Time,
    pub(super) mac: Four,
}

/// A command of the account.
#[derive(Clone, Copy, Debug)]
pub(super) enum Intent {
    InitializeForPurchase(Opening),
    DebitForPurchase(Closing),
    InitializeForLoad(Opening),
    CreditForLoad(Closing),
}

impl Intent {
    /// Whether the account has such an instruction.
    pub(super) const fn is_known(ins: Ins) -> bool {
        matches!(ins, INITIALIZE | CREDIT | DEBIT)
    }

    /// # Errors
    /// 6A86; 6700.
    pub(super) fn read(command: &Command<'_>) -> Result<Self, Halt> {
        let data = command.data;
        let read = match (command.ins, command.p1p2()) {
            (INITIALIZE, 0x0101) => purchase(data).map(Self::InitializeForPurchase),
            (INITIALIZE, 0x0001) => load(data).map(Self::InitializeForLoad),
            (DEBIT, 0x0100) => debit(data).map(Self::DebitForPurchase),
            (CREDIT, 0x0000) => closing([0; 4], data).map(Self::CreditForLoad),
            _ => return Halt::status(StatusWord::WRONG_P1P2),
        };
        read.ok_or(Halt::Status(StatusWord::WRONG_LENGTH))
    }
}

fn purchase(data: &[u8]) -> Option<Opening> {
    let (&[index], rest) = data.split_first_chunk()?;
    let (sum, terminal) = rest.split_first_chunk()?;
    Some(Opening { index, sum: Sum::of(sum), terminal: terminal.try_into().ok()? })
}

fn load(data: &[u8]) -> Option<Opening> {
    let (&[index], rest) = data.split_first_chunk()?;
    let (amount, terminal) = rest.split_first_chunk()?;
    let sum = Sum { account: u32::from_be_bytes(*amount), ..Sum::default() };
    Some(Opening { index, sum, terminal: terminal.try_into().ok()? })
}

fn debit(data: &[u8]) -> Option<Closing> {
    let (counter, rest) = data.split_first_chunk()?;
    closing(*counter, rest)
}

fn closing(counter: Four, data: &[u8]) -> Option<Closing> {
    let (time, mac) = data.split_first_chunk()?;
    Some(Closing { counter, time: Time(*time), mac: mac.try_into().ok()? })
}
