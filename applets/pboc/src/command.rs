//! What a command means, before anything is touched: lengths, then P1-P2.

use tessera_cos::{
    basic,
    intent::{FileRef, Which},
};
use tessera_framework::{Class, Command, Direction, Halt, Ins, Sfi, StatusWord};

use crate::transaction::{PurseId, Transaction};

/// Instructions of the purse.
pub(crate) mod ins {
    use tessera_framework::Ins;

    // Class 80.
    pub(crate) const INITIALIZE: Ins = Ins(0x50);
    pub(crate) const CREDIT_FOR_LOAD: Ins = Ins(0x52);
    pub(crate) const DEBIT: Ins = Ins(0x54);
    pub(crate) const UPDATE_OVERDRAW_LIMIT: Ins = Ins(0x58);
    pub(crate) const GET_TRANSACTION_PROVE: Ins = Ins(0x5A);
    pub(crate) const GET_BALANCE: Ins = Ins(0x5C);
    /// Also class 84.
    pub(crate) const UPDATE_CAPP_DATA_CACHE: Ins = Ins(0xDC);

    // Class E0.
    pub(crate) const INITIALIZE_GREY: Ins = Ins(0x7A);
    pub(crate) const GREY_LOCK: Ins = Ins(0x7C);
    pub(crate) const GREY_DEBIT: Ins = Ins(0x7E);
    pub(crate) const GET_LOCK_PROOF: Ins = Ins(0xCA);
}

/// The class of most commands.
pub(crate) const PLAIN: Class = Class::Proprietary(0x80);
/// The class of commands with a line MAC.
pub(crate) const LINE: Class = Class::Proprietary(0x84);
/// The class of the grey lock.
pub(crate) const GREY: Class = Class::Proprietary(0xE0);

/// Which way the data of a command goes, purse or basic
/// ([`Applet::direction`](tessera_framework::Applet::direction)).
#[must_use]
pub const fn direction(class: Class, ins: Ins, p1: u8) -> Direction {
    match (class, ins) {
        (
            PLAIN,
            ins::INITIALIZE
            | ins::CREDIT_FOR_LOAD
            | ins::DEBIT
            | ins::UPDATE_OVERDRAW_LIMIT
            | ins::GET_TRANSACTION_PROVE,
        )
        | (GREY, ins::INITIALIZE_GREY | ins::GREY_LOCK | ins::GREY_DEBIT) => Direction::In,
        (PLAIN, ins::GET_BALANCE) => Direction::Out,
        _ => basic::ins::direction(class, ins, p1),
    }
}

/// A terminal's identifier.
pub(crate) type Terminal = [u8; 6];
/// Date (YYYYMMDD) and time (HHMMSS) in BCD, as the terminal says; the card only passes them on.
pub(crate) type DateTime = [u8; 7];
/// A MAC or TAC as it is sent.
pub(crate) type Mac4 = [u8; 4];
/// A terminal's transaction number, or its random number.
pub(crate) type Four = [u8; 4];

/// A purse command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intent {
    /// All INITIALIZE commands.
    Initialize(Opening),
    /// CREDIT FOR LOAD.
    CreditForLoad(Request),
    /// DEBIT FOR PURCHASE, FOR CASH WITHDRAW, FOR CAPP PURCHASE.
    Debit { terminal_number: Four, request: Request },
    /// DEBIT FOR UNLOAD.
    DebitForUnload(Request),
    /// UPDATE OVERDRAW LIMIT.
    UpdateOverdrawLimit { limit: [u8; 3], request: Request },
    /// UPDATE CAPP DATA CACHE; its data field may be protected.
    UpdateCappDataCache(RecordUpdate),
    /// GET TRANSACTION PROVE.
    GetTransactionProve { transaction_type: u8, number: u16 },
    /// GET BALANCE.
    GetBalance(PurseId),
    /// GREY LOCK.
    GreyLock { terminal_number: Four, terminal_random: Four, request: Request },
    /// DEBIT FOR UNLOCK.
    DebitForUnlock(UnlockDebit),
    /// GREY UNLOCK.
    GreyUnlock { amount: u32, request: Request },
    /// GET LOCK PROOF; `fetched`: the terminal has what it needs.
    GetLockProof { fetched: bool },
}

/// What INITIALIZE says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Opening {
    pub(crate) transaction: Transaction,
    pub(crate) key_id: u8,
    /// Zero where INITIALIZE names none.
    pub(crate) amount: u32,
    pub(crate) terminal: Terminal,
}

/// What every second command ends with: when it is, and the MAC that asks for the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) when: DateTime,
    pub(crate) mac: Mac4,
}

/// What UPDATE CAPP DATA CACHE says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RecordUpdate {
    pub(crate) file: FileRef,
    pub(crate) which: Which,
}

/// What DEBIT FOR UNLOCK says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct UnlockDebit {
    pub(crate) purse: PurseId,
    pub(crate) amount: u32,
    pub(crate) number: u16,
    pub(crate) terminal: Terminal,
    pub(crate) terminal_number: Four,
    pub(crate) request: Request,
}

impl TryFrom<&Command<'_>> for Intent {
    type Error = Halt;

    /// # Errors
    /// 6700 on any Lc but the command's own; 6A86; 6E00, 6D00.
    fn try_from(command: &Command<'_>) -> Result<Self, Halt> {
        match (command.class, command.ins) {
            (PLAIN | LINE, ins::UPDATE_CAPP_DATA_CACHE) => {
                record_update(command).map(Self::UpdateCappDataCache)
            }
            (PLAIN, _) => plain(command),
            (GREY, _) => grey(command),
            _ => Halt::status(StatusWord::CLA_NOT_SUPPORTED),
        }
    }
}

/// Class 80.
fn plain(command: &Command<'_>) -> Result<Intent, Halt> {
    let (p1, p2) = (command.p1, command.p2);
    let mut data = Fields(command.data);
    match command.ins {
        ins::INITIALIZE => initialize(command),
        ins::CREDIT_FOR_LOAD => {
            let request = data.request()?;
            data.end((p1, p2) == (0, 0), Intent::CreditForLoad(request))
        }
        ins::DEBIT if p1 == 3 => {
            let request = data.request()?;
            data.end(p2 == 0, Intent::DebitForUnload(request))
        }
        ins::DEBIT => {
            let (terminal_number, request) = (data.take()?, data.request()?);
            data.end((p1, p2) == (1, 0), Intent::Debit { terminal_number, request })
        }
        ins::UPDATE_OVERDRAW_LIMIT => {
            let (limit, request) = (data.take()?, data.request()?);
            data.end((p1, p2) == (0, 0), Intent::UpdateOverdrawLimit { limit, request })
        }
        ins::GET_TRANSACTION_PROVE => {
            let number = u16::from_be_bytes(data.take()?);
            data.end(p1 == 0, Intent::GetTransactionProve { transaction_type: p2, number })
        }
        ins::GET_BALANCE => {
            data.end_with(PurseId::from_p2(p2).filter(|_| p1 == 0), Intent::GetBalance)
        }
        Ins(_) => Halt::status(StatusWord::INS_NOT_SUPPORTED),
    }
}

/// INITIALIZE of class 80. That FOR UPDATE (P1 04) names no amount.
fn initialize(command: &Command<'_>) -> Result<Intent, Halt> {
    let mut data = Fields(command.data);
    let [key_id] = data.take()?;
    let amount = if command.p1 == 4 { 0 } else { data.amount()? };
    let terminal = data.take()?;
    data.end_with(Transaction::initialized_by(command.p1, command.p2), |transaction| {
        Intent::Initialize(Opening { transaction, key_id, amount, terminal })
    })
}

/// P2 has a short identifier and how P1 names the record: 100 by number, 000 by its first byte, 011
/// with P1 00 or 01 the newest one of a cyclic file, which is added.
fn record_update(command: &Command<'_>) -> Result<RecordUpdate, Halt> {
    if command.data.is_empty() {
        return Halt::status(StatusWord::WRONG_LENGTH);
    }
    let which = match (command.p2 & 7, command.p1) {
        (4, number) => Which::Number(number),
        (0, first) => Which::First(first),
        (3, previous @ (0 | 1)) => Which::Previous(previous),
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    let file = match command.p2 >> 3 {
        0 => FileRef::Current,
        sfi => FileRef::Short(Sfi::new(sfi).ok_or(Halt::Status(StatusWord::WRONG_P1P2))?),
    };
    Ok(RecordUpdate { file, which })
}

/// Class E0.
fn grey(command: &Command<'_>) -> Result<Intent, Halt> {
    let (p1, p2) = (command.p1, command.p2);
    let mut data = Fields(command.data);
    match command.ins {
        ins::INITIALIZE_GREY => {
            let ([key_id], terminal) = (data.take()?, data.take()?);
            data.end_with(greyed(p1, p2), |transaction| {
                Intent::Initialize(Opening { transaction, key_id, amount: 0, terminal })
            })
        }
        ins::GREY_LOCK => {
            let (terminal_number, terminal_random) = (data.take()?, data.take()?);
            let request = data.request()?;
            let lock = Intent::GreyLock { terminal_number, terminal_random, request };
            data.end((p1, p2) == (8, 0), lock)
        }
        ins::GREY_DEBIT if p1 == 9 => {
            let (amount, request) = (data.amount()?, data.request()?);
            data.end(p2 == 0, Intent::GreyUnlock { amount, request })
        }
        ins::GREY_DEBIT => {
            let (amount, number) = (data.amount()?, u16::from_be_bytes(data.take()?));
            let (terminal, terminal_number, request) =
                (data.take()?, data.take()?, data.request()?);
            data.end_with(PurseId::from_p2(p2).filter(|_| p1 == 8), |purse| {
                Intent::DebitForUnlock(UnlockDebit {
                    purse,
                    amount,
                    number,
                    terminal,
                    terminal_number,
                    request,
                })
            })
        }
        ins::GET_LOCK_PROOF => {
            data.end(matches!((p1, p2), (0 | 1, 0)), Intent::GetLockProof { fetched: p1 == 1 })
        }
        Ins(_) => Halt::status(StatusWord::INS_NOT_SUPPORTED),
    }
}

/// The transaction that P1 and P2 of INITIALIZE, class E0, begin.
fn greyed(p1: u8, p2: u8) -> Option<Transaction> {
    let purse = PurseId::from_p2(p2)?;
    match p1 {
        8 => Some(purse.pick(Transaction::GreyLockEd, Transaction::GreyLockEp)),
        9 => Some(purse.pick(Transaction::GreyUnlockEd, Transaction::GreyUnlockEp)),
        _ => None,
    }
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

    fn amount(&mut self) -> Result<u32, Halt> {
        self.take().map(u32::from_be_bytes)
    }

    fn request(&mut self) -> Result<Request, Halt> {
        Ok(Request { when: self.take()?, mac: self.take()? })
    }

    /// # Errors
    /// 6700 when anything is left; 6A86 when P1-P2 do not fit.
    fn end(self, fits: bool, intent: Intent) -> Result<Intent, Halt> {
        self.end_with(fits.then_some(()), |()| intent)
    }

    /// # Errors
    /// 6700 when anything is left; 6A86 when P1-P2 say nothing.
    fn end_with<T>(
        self,
        said: Option<T>,
        intent: impl FnOnce(T) -> Intent,
    ) -> Result<Intent, Halt> {
        match said {
            _ if !self.0.is_empty() => Halt::status(StatusWord::WRONG_LENGTH),
            Some(said) => Ok(intent(said)),
            None => Halt::status(StatusWord::WRONG_P1P2),
        }
    }
}
