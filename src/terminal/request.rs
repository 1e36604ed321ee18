//! What a terminal asks of a card or a PSAM, and the command APDU it becomes.
//!
//! Headers, lengths and order of fields are those of the PBOC purse (JR/T 0025.1), of FMCOS cards
//! and of the PSAMs that terminals use; GREY LOCK with the lengths its fields add up to.

use super::{
    Fen, Moment, Pin,
    answer::{Initialized, Mac4, TerminalId},
    transaction::{Kind, Purse},
};

/// Which record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    /// By number, from 1.
    Number(u8),
    /// The first whose first byte is this.
    Id(u8),
    /// Behind all others of a cyclic file.
    Append,
}

/// A change of a record that a compound purchase makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordUpdate {
    /// Short identifier of the file.
    pub sfi: u8,
    /// Which record.
    pub record: Record,
    /// The whole record.
    pub data: Vec<u8>,
}

/// Something asked.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// SELECT the MF.
    SelectRoot,
    /// SELECT an application by its name.
    SelectName(Vec<u8>),
    /// SELECT a directory by its identifier.
    SelectDirectory(u16),
    /// READ BINARY from the start.
    ReadFile {
        /// Short identifier.
        sfi: u8,
        /// Bytes.
        bytes: u8,
    },
    /// READ RECORD.
    ReadRecord {
        /// Short identifier.
        sfi: u8,
        /// Which record.
        record: Record,
        /// Bytes; 0 for all of it.
        bytes: u8,
    },
    /// VERIFY the PIN.
    Verify(Pin),
    /// GET CHALLENGE of eight bytes.
    GetChallenge,
    /// EXTERNAL AUTHENTICATE.
    Authenticate {
        /// Identifier of the key.
        key: u8,
        /// The encrypted challenge.
        cryptogram: [u8; 8],
    },
    /// INITIALIZE FOR a transaction.
    Initialize {
        /// Which.
        kind: Kind,
        /// Of which purse.
        purse: Purse,
        /// Index of the key.
        key: u8,
        /// Amount; the overdraft limit's command has none.
        amount: Fen,
        /// The terminal.
        terminal: TerminalId,
    },
    /// CREDIT FOR LOAD.
    Credit(Moment, Mac4),
    /// DEBIT FOR PURCHASE, CASH WITHDRAW and CAPP PURCHASE.
    Debit {
        /// The terminal's transaction number.
        terminal_number: [u8; 4],
        /// When.
        when: Moment,
        /// The PSAM's MAC1.
        mac1: Mac4,
    },
    /// DEBIT FOR UNLOAD.
    DebitForUnload(Moment, Mac4),
    /// UPDATE OVERDRAW LIMIT.
    UpdateLimit(Fen, Moment, Mac4),
    /// UPDATE CAPP DATA CACHE.
    UpdateCache(RecordUpdate),
    /// GET TRANSACTION PROVE.
    GetProof {
        /// Type byte of the transaction.
        kind: u8,
        /// Its number, as it is after it.
        number: u16,
    },
    /// GET BALANCE.
    GetBalance(Purse),
    /// INITIALIZE FOR GREY LOCK.
    InitializeGreyLock {
        /// Which purse.
        purse: Purse,
        /// Index of the purchase key.
        key: u8,
        /// The terminal.
        terminal: TerminalId,
    },
    /// GREY LOCK.
    GreyLock {
        /// The terminal's transaction number.
        terminal_number: [u8; 4],
        /// The PSAM's random number.
        random: [u8; 4],
        /// When.
        when: Moment,
        /// The PSAM's MAC1.
        mac1: Mac4,
    },
    /// DEBIT FOR UNLOCK.
    DebitForUnlock {
        /// Which purse.
        purse: Purse,
        /// Amount.
        amount: Fen,
        /// Offline number.
        number: u16,
        /// The terminal.
        terminal: TerminalId,
        /// The terminal's transaction number.
        terminal_number: [u8; 4],
        /// When.
        when: Moment,
        /// The PSAM's GMAC.
        gmac: Mac4,
    },
    /// INITIALIZE FOR GREY UNLOCK.
    InitializeGreyUnlock {
        /// Which purse.
        purse: Purse,
        /// Index of the unlock key.
        key: u8,
        /// The terminal.
        terminal: TerminalId,
    },
    /// GREY UNLOCK.
    GreyUnlock(Fen, Moment, Mac4),
    /// GET LOCK PROOF; true clears that the TAC waits.
    GetLockProof(bool),
    /// INIT SAM FOR PURCHASE.
    SamPurchase {
        /// What the card answered.
        card: Initialized,
        /// Amount.
        amount: Fen,
        /// Type byte.
        kind: u8,
        /// When.
        when: Moment,
        /// Factors, the card's first.
        factors: Vec<[u8; 8]>,
    },
    /// CREDIT SAM FOR PURCHASE.
    SamCredit(Mac4),
    /// INIT FOR DESCRYPT: a key of the PSAM, derived.
    SamKey {
        /// Levels and kind.
        usage: u8,
        /// Version, or identifier.
        version: u8,
        /// Factors, the card's first.
        factors: Vec<[u8; 8]>,
    },
    /// DES CRYPT with the derived key.
    SamCipher {
        /// Mode.
        mode: u8,
        /// Data, whole blocks.
        data: Vec<u8>,
    },
    /// The PSAM's part of GREY LOCK.
    SamGreyLock {
        /// What the card answered.
        card: Initialized,
        /// Type byte.
        kind: u8,
        /// When.
        when: Moment,
        /// The card's factor.
        factor: [u8; 8],
    },
    /// The PSAM checks MAC2 of GREY LOCK.
    SamGreyCheck(Mac4),
    /// The PSAM's part of DEBIT FOR UNLOCK.
    SamGreyDebit {
        /// Type byte.
        kind: u8,
        /// The card's factor.
        factor: [u8; 8],
        /// Offline number as INITIALIZE told it.
        number: u16,
        /// Amount.
        amount: Fen,
    },
}

impl Request {
    /// The command APDU.
    #[must_use]
    pub fn apdu(&self) -> Vec<u8> {
        match self {
            Self::SelectRoot => case4([0x00, 0xA4, 0x00, 0x00], &[&[0x3F, 0x00]], 0),
            Self::SelectName(name) => case4([0x00, 0xA4, 0x04, 0x00], &[name], 0),
            Self::SelectDirectory(fid) => case4([0x00, 0xA4, 0x00, 0x00], &[&fid.to_be_bytes()], 0),
            Self::ReadFile { sfi, bytes } => vec![0x00, 0xB0, 0x80 | sfi, 0x00, *bytes],
            Self::ReadRecord { sfi, record, bytes } => {
                let (p1, mode) = record.reference();
                vec![0x00, 0xB2, p1, sfi << 3 | mode, *bytes]
            }
            Self::Verify(pin) => case3([0x00, 0x20, 0x00, 0x00], &[pin.bytes()]),
            Self::GetChallenge => vec![0x00, 0x84, 0x00, 0x00, 0x08],
            Self::Authenticate { key, cryptogram } => {
                case3([0x00, 0x82, 0x00, *key], &[cryptogram])
            }
            Self::GetBalance(purse) => vec![0x80, 0x5C, 0x00, purse.p2(), 0x04],
            Self::GetProof { kind, number } => {
                case4([0x80, 0x5A, 0x00, *kind], &[&number.to_be_bytes()], 0x08)
            }
            Self::UpdateCache(RecordUpdate { sfi, record, data }) => {
                let (p1, mode) = record.reference();
                case3([0x80, 0xDC, p1, sfi << 3 | mode], &[data])
            }
            Self::SamPurchase { .. }
            | Self::SamCredit(_)
            | Self::SamKey { .. }
            | Self::SamCipher { .. }
            | Self::SamGreyLock { .. }
            | Self::SamGreyCheck(_)
            | Self::SamGreyDebit { .. } => self.of_psam(),
            _ => self.of_purse(),
        }
    }

    /// Commands by which money moves or is locked.
    fn of_purse(&self) -> Vec<u8> {
        match self {
            Self::Initialize { kind, purse, key, amount, terminal } => {
                let header = [0x80, 0x50, kind.p1(), purse.p2()];
                match kind {
                    Kind::Overdraft => case4(header, &[&[*key], terminal], 0x13),
                    _ => {
                        let le = if kind.is_offline() { 0x0F } else { 0x10 };
                        case4(header, &[&[*key], &amount.bytes(), terminal], le)
                    }
                }
            }
            Self::Credit(when, mac2) => {
                case4([0x80, 0x52, 0x00, 0x00], &[&when.bytes(), mac2], 0x04)
            }
            Self::Debit { terminal_number, when, mac1 } => {
                let header = [0x80, 0x54, 0x01, 0x00];
                case4(header, &[terminal_number, &when.bytes(), mac1], 0x08)
            }
            Self::DebitForUnload(when, mac2) => {
                case4([0x80, 0x54, 0x03, 0x00], &[&when.bytes(), mac2], 0x04)
            }
            Self::UpdateLimit(limit, when, mac2) => {
                let [_, limit @ ..] = limit.bytes();
                case4([0x80, 0x58, 0x00, 0x00], &[&limit, &when.bytes(), mac2], 0x04)
            }
            Self::InitializeGreyLock { purse, key, terminal } => {
                case4([0xE0, 0x7A, 0x08, purse.p2()], &[&[*key], terminal], 0x0F)
            }
            Self::GreyLock { terminal_number, random, when, mac1 } => {
                let data: [&[u8]; 4] = [terminal_number, random, &when.bytes(), mac1];
                case4([0xE0, 0x7C, 0x08, 0x00], &data, 0x08)
            }
            Self::DebitForUnlock {
                purse,
                amount,
                number,
                terminal,
                terminal_number,
                when,
                gmac,
            } => {
                let (amount, number, when) = (amount.bytes(), number.to_be_bytes(), when.bytes());
                let data: [&[u8]; 6] = [&amount, &number, terminal, terminal_number, &when, gmac];
                case4([0xE0, 0x7E, 0x08, purse.p2()], &data, 0x04)
            }
            Self::InitializeGreyUnlock { purse, key, terminal } => {
                case4([0xE0, 0x7A, 0x09, purse.p2()], &[&[*key], terminal], 0x12)
            }
            Self::GreyUnlock(amount, when, mac2) => {
                let data: [&[u8]; 3] = [&amount.bytes(), &when.bytes(), mac2];
                case4([0xE0, 0x7E, 0x09, 0x00], &data, 0x04)
            }
            Self::GetLockProof(clears) => vec![0xE0, 0xCA, u8::from(*clears), 0x00, 0x1E],
            _ => Vec::new(),
        }
    }

    fn of_psam(&self) -> Vec<u8> {
        match self {
            Self::SamPurchase { card, amount, kind, when, factors } => {
                let (number, factors) = (card.number.to_be_bytes(), factors.concat());
                let key = [card.version, card.algorithm];
                let (amount, when) = (amount.bytes(), when.bytes());
                let data: [&[u8]; 7] =
                    [&card.random, &number, &amount, &[*kind], &when, &key, &factors];
                case4([0x80, 0x70, 0x00, 0x00], &data, 0x08)
            }
            Self::SamCredit(mac2) => case3([0x80, 0x72, 0x00, 0x00], &[mac2]),
            Self::SamKey { usage, version, factors } => {
                case3([0x80, 0x1A, *usage, *version], &[&factors.concat()])
            }
            Self::SamCipher { mode, data } => case4([0x80, 0xFA, *mode, 0x00], &[data], 0),
            Self::SamGreyLock { card, kind, when, factor } => {
                let (number, balance) = (card.number.to_be_bytes(), card.balance.bytes());
                let key = [card.version, card.algorithm];
                let when = when.bytes();
                let data: [&[u8]; 7] =
                    [&card.random, &number, &balance, &[*kind], &when, &key, factor];
                case4([0xE0, 0x40, 0x00, 0x00], &data, 0x0C)
            }
            Self::SamGreyCheck(mac2) => case3([0xE0, 0x42, 0x00, 0x00], &[mac2]),
            Self::SamGreyDebit { kind, factor, number, amount } => {
                let data: [&[u8]; 4] = [&[*kind], factor, &number.to_be_bytes(), &amount.bytes()];
                case4([0xE0, 0x44, 0x00, 0x00], &data, 0x08)
            }
            _ => Vec::new(),
        }
    }

    /// Whether the card completes a transaction by this: power that fails in it leaves the terminal
    /// in doubt.
    #[must_use]
    pub const fn completes(&self) -> bool {
        matches!(
            self,
            Self::Credit(..)
                | Self::Debit { .. }
                | Self::DebitForUnload(..)
                | Self::UpdateLimit(..)
                | Self::GreyLock { .. }
                | Self::DebitForUnlock { .. }
                | Self::GreyUnlock(..)
        )
    }
}

/// Whether a command APDU is one by which a card completes a transaction.
#[must_use]
pub fn completes(apdu: &[u8]) -> bool {
    matches!(apdu, [0x80, 0x52 | 0x54 | 0x58, ..] | [0xE0, 0x7C | 0x7E, ..])
}

impl Record {
    /// P1, and the low bits of P2.
    const fn reference(self) -> (u8, u8) {
        match self {
            Self::Number(number) => (number, 0b100),
            Self::Id(id) => (id, 0b000),
            Self::Append => (0x00, 0b011),
        }
    }
}

fn case3(header: [u8; 4], data: &[&[u8]]) -> Vec<u8> {
    let data = data.concat();
    let lc = u8::try_from(data.len()).unwrap_or(u8::MAX);
    [&header[..], &[lc], &data].concat()
}

fn case4(header: [u8; 4], data: &[&[u8]], le: u8) -> Vec<u8> {
    let mut apdu = case3(header, data);
    apdu.push(le);
    apdu
}
