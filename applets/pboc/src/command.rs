//! What a command means, before anything is touched: lengths, then P1-P2.

use tessera_framework::{Command, Halt, Ins, StatusWord};

use crate::transaction::{PurseId, Transaction};

/// Instructions of the purse, class 80.
pub(crate) mod ins {
    use tessera_framework::Ins;

    pub(crate) const INITIALIZE: Ins = Ins(0x50);
    pub(crate) const CREDIT_FOR_LOAD: Ins = Ins(0x52);
    pub(crate) const DEBIT: Ins = Ins(0x54);
    pub(crate) const GET_TRANSACTION_PROVE: Ins = Ins(0x5A);
    pub(crate) const GET_BALANCE: Ins = Ins(0x5C);
}

/// A terminal's identifier.
pub(crate) type Terminal = [u8; 6];
/// Date (YYYYMMDD) and time (HHMMSS) in BCD, as the terminal says; the card only passes them on.
pub(crate) type DateTime = [u8; 7];
/// A MAC or TAC as it is sent.
pub(crate) type Mac4 = [u8; 4];

/// A purse command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intent {
    /// INITIALIZE FOR LOAD, FOR PURCHASE, FOR CASH WITHDRAW.
    Initialize(Opening),
    /// CREDIT FOR LOAD.
    CreditForLoad { when: DateTime, mac2: Mac4 },
    /// DEBIT FOR PURCHASE, FOR CASH WITHDRAW.
    Debit { terminal_number: [u8; 4], when: DateTime, mac1: Mac4 },
    /// GET TRANSACTION PROVE.
    GetTransactionProve { transaction_type: u8, number: u16 },
    /// GET BALANCE.
    GetBalance(PurseId),
}

/// What INITIALIZE says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Opening {
    pub(crate) transaction: Transaction,
    pub(crate) key_id: u8,
    pub(crate) amount: u32,
    pub(crate) terminal: Terminal,
}

impl TryFrom<&Command<'_>> for Intent {
    type Error = Halt;

    /// # Errors
    /// 6700 on any Lc but the command's own; 6A86; 6D00.
    fn try_from(command: &Command<'_>) -> Result<Self, Halt> {
        let (p1, p2) = (command.p1, command.p2);
        let fits = |right: bool| if right { Ok(()) } else { WRONG_P1P2 };
        match command.ins {
            ins::INITIALIZE => {
                let &[key_id, a, b, c, d, ref terminal @ ..] = exact::<11>(command.data)?;
                match Transaction::initialized_by(p1, p2) {
                    Some(transaction) => Ok(Self::Initialize(Opening {
                        transaction,
                        key_id,
                        amount: u32::from_be_bytes([a, b, c, d]),
                        terminal: *terminal,
                    })),
                    None => Err(Halt::Status(StatusWord::WRONG_P1P2)),
                }
            }
            ins::CREDIT_FOR_LOAD => {
                let (when, mac2) = split::<7, 4, 11>(exact(command.data)?);
                fits((p1, p2) == (0, 0)).map(|()| Self::CreditForLoad { when, mac2 })
            }
            ins::DEBIT => {
                let (terminal_number, rest) = split::<4, 11, 15>(exact(command.data)?);
                let (when, mac1) = split::<7, 4, 11>(&rest);
                fits((p1, p2) == (1, 0)).map(|()| Self::Debit { terminal_number, when, mac1 })
            }
            ins::GET_TRANSACTION_PROVE => {
                let number = u16::from_be_bytes(*exact(command.data)?);
                fits(p1 == 0).map(|()| Self::GetTransactionProve { transaction_type: p2, number })
            }
            ins::GET_BALANCE => {
                exact::<0>(command.data)?;
                match PurseId::from_p2(p2) {
                    Some(purse) if p1 == 0 => Ok(Self::GetBalance(purse)),
                    _ => Halt::status(StatusWord::WRONG_P1P2),
                }
            }
            Ins(_) => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

const WRONG_P1P2: Result<(), Halt> = Err(Halt::Status(StatusWord::WRONG_P1P2));

fn exact<const N: usize>(data: &[u8]) -> Result<&[u8; N], Halt> {
    data.try_into().map_err(|_| Halt::Status(StatusWord::WRONG_LENGTH))
}

/// The first `A` and the last `B` of `N` bytes.
fn split<const A: usize, const B: usize, const N: usize>(bytes: &[u8; N]) -> ([u8; A], [u8; B]) {
    const { assert!(A + B == N) };
    (core::array::from_fn(|at| bytes[at]), core::array::from_fn(|at| bytes[A + at]))
}
