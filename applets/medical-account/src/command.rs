//! What a command means, before anything is touched: class and instruction, then P1-P2, then the
//! length of the data field.
//!
//! The class is part of the instruction: D0 in the clear, D4 with a MAC at the end of the data.

use tessera_cos::social;
use tessera_framework::{Class, Command, Direction, Halt, Ins, StatusWord};

use crate::{
    amounts::Amounts,
    entry::{MINUS, PLUS},
    state::Limits,
    tally::{TALLY_BYTES, Tally},
    words::require,
};

/// The class of commands in the clear.
pub(crate) const PLAIN: Class = Class::Proprietary(0xD0);
/// The class of commands with a MAC.
pub(crate) const PROTECTED: Class = Class::Proprietary(0xD4);

/// Bytes of a MAC or TAC.
pub(crate) const MAC_BYTES: usize = 4;

/// Four bytes as they are sent.
pub(crate) type Four = [u8; 4];
/// A terminal's number, twelve digits.
pub(crate) type Terminal = [u8; 6];
/// Date and time, YYYYMMDDhhmmss in BCD.
pub(crate) type Time = [u8; 7];

/// A command of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Instruction {
    Status,
    InitializeSettlement,
    CommitSettlement,
    InitializeCredit,
    CommitCredit,
    InitializeReversal,
    CommitReversal,
    Statement,
    Proof,
    Freeze,
    YearSettlement,
    AcknowledgeStatement,
    Close,
    Open,
    Reconcile,
    Adjust,
}

impl Instruction {
    /// The instruction of a class D0 or D4.
    pub(crate) const fn of(class: Class, Ins(ins): Ins) -> Option<Self> {
        match (class, ins) {
            (PLAIN, 0xCA) => Some(Self::Status),
            (PLAIN, 0x28) => Some(Self::InitializeSettlement),
            (PLAIN, 0x2C) => Some(Self::CommitSettlement),
            (PLAIN, 0x40) => Some(Self::InitializeCredit),
            (PLAIN, 0x42) => Some(Self::CommitCredit),
            (PLAIN, 0x44) => Some(Self::InitializeReversal),
            (PLAIN, 0x46) => Some(Self::CommitReversal),
            (PLAIN, 0x4C) => Some(Self::Statement),
            (PLAIN, 0x5A) => Some(Self::Proof),
            (PROTECTED, 0x48) => Some(Self::Freeze),
            (PROTECTED, 0x4A) => Some(Self::YearSettlement),
            (PROTECTED, 0x4E) => Some(Self::AcknowledgeStatement),
            (PROTECTED, 0x50) => Some(Self::Close),
            (PROTECTED, 0x52) => Some(Self::Open),
            (PROTECTED, 0x56) => Some(Self::Reconcile),
            (PROTECTED, 0x58) => Some(Self::Adjust),
            _ => None,
        }
    }

    /// The card draws a random number for it.
    pub(crate) const fn draws(self) -> bool {
        matches!(
            self,
            Self::InitializeSettlement | Self::InitializeCredit | Self::InitializeReversal
        )
    }
}

/// Which way the data of a command goes.
pub(crate) const fn direction(class: Class, ins: Ins, p1: u8) -> Direction {
    match Instruction::of(class, ins) {
        Some(Instruction::Status | Instruction::Statement) => Direction::Out,
        Some(_) => Direction::In,
        None => social::ins::direction(class, ins, p1),
    }
}

/// What a command says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intent {
    /// STATUS in its short or long form.
    Status { long: bool },
    /// INITIALIZE of one of the three transactions.
    Initialize(Opening),
    /// COMMIT SETTLEMENT.
    CommitSettlement { terminal_counter: Four, request: Request },
    /// COMMIT CREDIT.
    CommitCredit(Request),
    /// COMMIT REVERSAL.
    CommitReversal(Request),
    /// GET STATEMENT.
    Statement,
    /// PROOF of an entry.
    Proof { sequence: u32 },
    /// FREEZE, unfreeze, terminate.
    Freeze { action: Action, reason: u8, authority_number: u32, time: Time },
    /// YEAR SETTLEMENT.
    YearSettlement(YearOrder),
    /// ACK STATEMENT.
    AcknowledgeStatement { number: u16, to: u32, balance: u32, time: Time },
    /// CLOSE.
    Close(Order),
    /// OPEN.
    Open(OpenOrder),
    /// RECONCILE.
    Reconcile(Reconciliation),
    /// ADJUST.
    Adjust { sign: u8, amount: u32, reference: u32, order: Order },
}

/// What INITIALIZE begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opening {
    Settlement(Settlement),
    Credit(Credit),
    Reversal(Reversing),
}

/// What INITIALIZE SETTLEMENT says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Settlement {
    /// P1: 01 on-line, 02 off-line.
    pub(crate) mode: u8,
    pub(crate) index: u8,
    pub(crate) amounts: Amounts,
    pub(crate) class: u8,
    pub(crate) flags: u8,
    pub(crate) terminal: Terminal,
}

/// P1 of INITIALIZE SETTLEMENT: on-line.
const ON_LINE: u8 = 0x01;
/// P1 of INITIALIZE SETTLEMENT: off-line.
pub(crate) const OFF_LINE: u8 = 0x02;

/// What INITIALIZE CREDIT says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Credit {
    pub(crate) index: u8,
    pub(crate) amount: u32,
    pub(crate) terminal: Terminal,
    pub(crate) authority_number: u32,
}

/// What INITIALIZE REVERSAL says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reversing {
    /// P1, looked at late.
    pub(crate) kind: u8,
    pub(crate) index: u8,
    pub(crate) reference: u32,
    pub(crate) amounts: Amounts,
    pub(crate) terminal: Terminal,
    pub(crate) authority_number: u32,
}

/// What every COMMIT ends with: when it is, and the MAC that asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) time: Time,
    pub(crate) mac: Four,
}

/// P1 of FREEZE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// 01.
    Freeze,
    /// 00.
    Unfreeze,
    /// 02.
    Terminate,
}

/// What an order of the authority that makes an entry says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    pub(crate) authority_number: u32,
    pub(crate) terminal: Terminal,
    pub(crate) time: Time,
}

/// What YEAR SETTLEMENT says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct YearOrder {
    pub(crate) year: [u8; 2],
    pub(crate) start: [u8; 2],
    pub(crate) interest: u32,
    pub(crate) balance: u32,
    pub(crate) authority_number: u32,
    pub(crate) time: Time,
}

/// What OPEN says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OpenOrder {
    pub(crate) balance: u32,
    pub(crate) sequence: u32,
    pub(crate) year: [u8; 2],
    pub(crate) start: [u8; 2],
    pub(crate) tally: Tally,
    pub(crate) statement: u16,
    pub(crate) limit: u8,
    pub(crate) limits: Limits,
    pub(crate) order: Order,
}

/// What RECONCILE says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reconciliation {
    pub(crate) up_to: u32,
    pub(crate) balance: u32,
    pub(crate) limits: Limits,
    pub(crate) limit: u8,
    pub(crate) authority_number: u32,
    pub(crate) time: Time,
}

impl Intent {
    /// Reads P1-P2, then the data field.
    ///
    /// # Errors
    /// 6A86; 6700 on any Lc but the command's own.
    pub(crate) fn read(instruction: Instruction, command: &Command<'_>) -> Result<Self, Halt> {
        let action = check_p1p2(instruction, command)?;
        let mut data = Fields(command.data);
        let intent = match instruction {
            Instruction::Status => Self::Status { long: command.p1 == 2 },
            Instruction::Statement => Self::Statement,
            Instruction::InitializeSettlement => {
                Self::Initialize(Opening::Settlement(data.settlement(command.p1)?))
            }
            Instruction::InitializeCredit => Self::Initialize(Opening::Credit(data.credit()?)),
            Instruction::InitializeReversal => {
                Self::Initialize(Opening::Reversal(data.reversing(command.p1)?))
            }
            Instruction::CommitSettlement => {
                Self::CommitSettlement { terminal_counter: data.take()?, request: data.request()? }
            }
            Instruction::CommitCredit => Self::CommitCredit(data.request()?),
            Instruction::CommitReversal => Self::CommitReversal(data.request()?),
            Instruction::Proof => Self::Proof { sequence: data.number()? },
            Instruction::Freeze => Self::Freeze {
                action,
                reason: command.p2,
                authority_number: data.number()?,
                time: data.take()?,
            },
            Instruction::YearSettlement => Self::YearSettlement(data.year()?),
            Instruction::AcknowledgeStatement => {
                let number = u16::from_be_bytes(data.take()?);
                let (to, balance) = (data.number()?, data.number()?);
                let _terminal: Terminal = data.take()?;
                Self::AcknowledgeStatement { number, to, balance, time: data.take()? }
            }
            Instruction::Close => Self::Close(data.order()?),
            Instruction::Open => Self::Open(data.open()?),
            Instruction::Reconcile => Self::Reconcile(data.reconciliation()?),
            Instruction::Adjust => data.adjustment()?,
        };
        let mac_bytes = if command.class == PROTECTED { MAC_BYTES } else { 0 };
        require(data.0.len() == mac_bytes, StatusWord::WRONG_LENGTH)?;
        Ok(intent)
    }
}

impl OpenOrder {
    /// Reads the data field of OPEN without its MAC.
    ///
    /// # Errors
    /// 6700.
    pub(crate) fn read(data: &[u8]) -> Result<Self, Halt> {
        let mut data = Fields(data);
        let open = data.open()?;
        require(data.0.is_empty(), StatusWord::WRONG_LENGTH)?;
        Ok(open)
    }
}

/// # Errors
/// 6A86. What P1 of INITIALIZE REVERSAL says is looked at only when the entry is known.
fn check_p1p2(instruction: Instruction, command: &Command<'_>) -> Result<Action, Halt> {
    let (p1, p2) = (command.p1, command.p2);
    let action = match p1 {
        0x00 => Some(Action::Unfreeze),
        0x01 => Some(Action::Freeze),
        0x02 => Some(Action::Terminate),
        _ => None,
    };
    // Reasons of freezing, 01 to 06: telephone report, written report, authority, suspicion,
    // death, card replaced. Unfreezing may have none.
    let is_reason = matches!(p2, 0x01..=0x06);
    let fits = match instruction {
        Instruction::Status => matches!((p1, p2), (0x01 | 0x02, 0x00)),
        Instruction::InitializeSettlement => matches!((p1, p2), (ON_LINE | OFF_LINE, 0x01)),
        Instruction::InitializeReversal => p2 == 0x01,
        Instruction::InitializeCredit => (p1, p2) == (0x00, 0x01),
        Instruction::CommitSettlement | Instruction::CommitReversal => (p1, p2) == (0x01, 0x00),
        Instruction::Freeze => action.is_some() && (is_reason || (p1, p2) == (0x00, 0x00)),
        Instruction::Close => p1 == 0x00 && is_reason,
        Instruction::CommitCredit
        | Instruction::Statement
        | Instruction::Proof
        | Instruction::YearSettlement
        | Instruction::AcknowledgeStatement
        | Instruction::Open
        | Instruction::Reconcile
        | Instruction::Adjust => (p1, p2) == (0x00, 0x00),
    };
    require(fits, StatusWord::WRONG_P1P2)?;
    Ok(action.unwrap_or(Action::Unfreeze))
}

/// The fields of a data field, from its start.
struct Fields<'c>(&'c [u8]);

impl Fields<'_> {
    /// # Errors
    /// 6700 when there are not so many bytes left.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        let Some((field, rest)) = self.0.split_first_chunk() else {
            return Halt::status(StatusWord::WRONG_LENGTH);
        };
        self.0 = rest;
        Ok(*field)
    }

    fn byte(&mut self) -> Result<u8, Halt> {
        self.take().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u32, Halt> {
        self.take().map(u32::from_be_bytes)
    }

    fn amounts(&mut self) -> Result<Amounts, Halt> {
        self.take().map(|bytes| Amounts::decode(&bytes))
    }

    fn request(&mut self) -> Result<Request, Halt> {
        Ok(Request { time: self.take()?, mac: self.take()? })
    }

    fn settlement(&mut self, mode: u8) -> Result<Settlement, Halt> {
        Ok(Settlement {
            mode,
            index: self.byte()?,
            amounts: self.amounts()?,
            class: self.byte()?,
            flags: self.byte()?,
            terminal: self.take()?,
        })
    }

    fn credit(&mut self) -> Result<Credit, Halt> {
        Ok(Credit {
            index: self.byte()?,
            amount: self.number()?,
            terminal: self.take()?,
            authority_number: self.number()?,
        })
    }

    fn reversing(&mut self, kind: u8) -> Result<Reversing, Halt> {
        Ok(Reversing {
            kind,
            index: self.byte()?,
            reference: self.number()?,
            amounts: self.amounts()?,
            terminal: self.take()?,
            authority_number: self.number()?,
        })
    }

    fn year(&mut self) -> Result<YearOrder, Halt> {
        Ok(YearOrder {
            year: self.take()?,
            start: self.take()?,
            interest: self.number()?,
            balance: self.number()?,
            authority_number: self.number()?,
            time: self.take()?,
        })
    }

    fn order(&mut self) -> Result<Order, Halt> {
        Ok(Order { authority_number: self.number()?, terminal: self.take()?, time: self.take()? })
    }

    fn limits(&mut self) -> Result<Limits, Halt> {
        Ok(Limits {
            off_line_amount: self.number()?,
            off_line_count: self.byte()?,
            off_line_allowed: self.byte()?,
            single: self.number()?,
        })
    }

    fn open(&mut self) -> Result<OpenOrder, Halt> {
        let (balance, sequence, authority_number) =
            (self.number()?, self.number()?, self.number()?);
        let (year, start) = (self.take()?, self.take()?);
        let tally = Tally::decode(&self.take::<TALLY_BYTES>()?);
        let (statement, limit) = (u16::from_be_bytes(self.take()?), self.byte()?);
        let limits = self.limits()?;
        let order = Order { authority_number, terminal: self.take()?, time: self.take()? };
        Ok(OpenOrder { balance, sequence, year, start, tally, statement, limit, limits, order })
    }

    fn reconciliation(&mut self) -> Result<Reconciliation, Halt> {
        Ok(Reconciliation {
            up_to: self.number()?,
            balance: self.number()?,
            limits: self.limits()?,
            limit: self.byte()?,
            authority_number: self.number()?,
            time: self.take()?,
        })
    }

    fn adjustment(&mut self) -> Result<Intent, Halt> {
        let (sign, amount, reference) = (self.byte()?, self.number()?, self.number()?);
        let _reason = self.byte()?;
        Ok(Intent::Adjust { sign, amount, reference, order: self.order()? })
    }
}

/// Every half of every byte is a decimal digit.
///
/// # Errors
/// 6A80.
pub(crate) fn require_digits(bytes: &[u8]) -> Result<(), Halt> {
    let digits = bytes.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9);
    require(digits, StatusWord::WRONG_DATA)
}

/// The sign of an adjustment.
///
/// # Errors
/// 6A80.
pub(crate) fn require_sign(sign: u8) -> Result<(), Halt> {
    require(matches!(sign, PLUS | MINUS), StatusWord::WRONG_DATA)
}
