//! What the data of answers say. Every reader is total: data of another length are `None`.

use tessera_framework::{StatusWord, Tag, tlv::DataObjects};

use super::{Fen, Kind, Moment};

/// Serial number of a card's application, EF 0015.
pub type Serial = [u8; 10];

/// Identifier of a terminal, EF 0016 of its PSAM.
pub type TerminalId = [u8; 6];

/// Four bytes of a MAC or TAC.
pub type Mac4 = [u8; 4];

/// An answer: data and status word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Data.
    pub data: Vec<u8>,
    /// Status word.
    pub status: StatusWord,
}

impl Answer {
    /// Whether the status word is 9000.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == StatusWord::OK
    }
}

/// Reads fields one after the other.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn fen(&mut self) -> Option<Fen> {
        self.take().map(u32::from_be_bytes).map(Fen)
    }

    fn limit(&mut self) -> Option<Fen> {
        let [a, b, c] = self.take()?;
        Some(Fen(u32::from_be_bytes([0, a, b, c])))
    }

    pub(super) fn number(&mut self) -> Option<u16> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// EF 0015 of the card: what the application is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardFacts {
    /// Issuer.
    pub issuer: [u8; 8],
    /// Type of the application.
    pub kind: u8,
    /// Version of the application.
    pub version: u8,
    /// Serial number.
    pub serial: Serial,
    /// First day of validity, BCD.
    pub start: [u8; 4],
    /// Last day of validity, BCD.
    pub expiry: [u8; 4],
}

impl CardFacts {
    /// From the 30 bytes of EF 0015; longer ones are as newer cards have them.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes.get(..28)?);
        Some(Self {
            issuer: fields.take()?,
            kind: fields.byte()?,
            version: fields.byte()?,
            serial: fields.take()?,
            start: fields.take()?,
            expiry: fields.take()?,
        })
    }

    /// From the control information of the application: the value of 9F0C.
    #[must_use]
    pub fn of_control_information(bytes: &[u8]) -> Option<Self> {
        let template = DataObjects::new(bytes).find(Tag::FCI)?;
        let proprietary = DataObjects::new(template).find(Tag::PROPRIETARY)?;
        Self::of(DataObjects::new(proprietary).find(Tag(0x9F0C))?)
    }

    /// The factor by which the card's keys are derived: the last eight bytes of its serial number.
    #[must_use]
    pub fn factor(&self) -> [u8; 8] {
        factor_of(self.serial)
    }
}

/// The factor by which keys are derived for a card.
#[must_use]
pub const fn factor_of(serial: Serial) -> [u8; 8] {
    let [_, _, a, b, c, d, e, f, g, h] = serial;
    [a, b, c, d, e, f, g, h]
}

/// The answer to INITIALIZE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Initialized {
    /// Balance before the transaction.
    pub balance: Fen,
    /// Number the transaction will have been counted from.
    pub number: u16,
    /// Overdraft limit, where it is told.
    pub limit: Fen,
    /// Version of the key.
    pub version: u8,
    /// Algorithm byte of the key.
    pub algorithm: u8,
    /// The card's random number.
    pub random: [u8; 4],
    /// MAC1, where the card makes one.
    pub mac1: Mac4,
}

impl Initialized {
    /// Of purchases, and of INITIALIZE FOR GREY LOCK.
    #[must_use]
    pub fn of_purchase(data: &[u8]) -> Option<Self> {
        Self::with(data, true, false)
    }

    /// Of a kind of transaction.
    #[must_use]
    pub fn of(kind: Kind, data: &[u8]) -> Option<Self> {
        match kind {
            Kind::Load | Kind::Unload => Self::with(data, false, true),
            Kind::Overdraft => Self::with(data, true, true),
            Kind::Purchase | Kind::Cash | Kind::Compound => Self::of_purchase(data),
        }
    }

    fn with(data: &[u8], limit: bool, mac: bool) -> Option<Self> {
        let mut fields = Fields(data);
        let read = Self {
            balance: fields.fen()?,
            number: fields.number()?,
            limit: if limit { fields.limit()? } else { Fen(0) },
            version: fields.byte()?,
            algorithm: fields.byte()?,
            random: fields.take()?,
            mac1: if mac { fields.take()? } else { [0; 4] },
        };
        fields.end().map(|()| read)
    }
}

/// The answer to INITIALIZE FOR GREY UNLOCK.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GreyInitialized {
    /// Balance.
    pub balance: Fen,
    /// Offline number.
    pub offline: u16,
    /// Online number, of the session key.
    pub online: u16,
    /// Version of the key.
    pub version: u8,
    /// Algorithm byte of the key.
    pub algorithm: u8,
    /// The card's random number.
    pub random: [u8; 4],
    /// MAC1.
    pub mac1: Mac4,
}

impl GreyInitialized {
    /// From the 18 bytes of the answer.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let read = Self {
            balance: fields.fen()?,
            offline: fields.number()?,
            online: fields.number()?,
            version: fields.byte()?,
            algorithm: fields.byte()?,
            random: fields.take()?,
            mac1: fields.take()?,
        };
        fields.end().map(|()| read)
    }
}

/// Where a purse stands in the grey-lock family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockState {
    /// Not locked.
    Free,
    /// Locked, to be paid and unlocked.
    Locked,
    /// Paid and unlocked, and its TAC was not fetched yet (TACUF).
    TacWaits,
}

/// The answer to GET LOCK PROOF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockProof {
    /// Where the purse stands.
    pub state: LockState,
    /// Type byte of the last transaction of the family.
    pub kind: u8,
    /// Which purse: 01 deposit, 02 purse.
    pub purse: u8,
    /// Balance.
    pub balance: Fen,
    /// Offline number.
    pub offline: u16,
    /// The terminal that locked it.
    pub terminal: TerminalId,
    /// When it was locked, date and time.
    pub when: [u8; 7],
    /// MAC2 of the lock.
    pub mac2: Mac4,
    /// GTAC while it is locked, TAC when it has been paid.
    pub tac: Mac4,
}

impl LockProof {
    /// From the 30 bytes of the answer.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let read = Self {
            state: match fields.byte()? {
                0x00 => LockState::Free,
                0x01 => LockState::Locked,
                0x10 => LockState::TacWaits,
                _ => return None,
            },
            kind: fields.byte()?,
            purse: fields.byte()?,
            balance: fields.fen()?,
            offline: fields.number()?,
            terminal: fields.take()?,
            when: fields.take()?,
            mac2: fields.take()?,
            tac: fields.take()?,
        };
        fields.end().map(|()| read)
    }
}

/// Two MACs one after the other.
#[must_use]
pub fn two_macs(data: &[u8]) -> Option<(Mac4, Mac4)> {
    let mut fields = Fields(data);
    let macs = (fields.take()?, fields.take()?);
    fields.end().map(|()| macs)
}

/// A record of the log, EF 0018.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogRecord {
    /// Number after the transaction, online or offline.
    pub number: u16,
    /// Overdraft limit.
    pub limit: Fen,
    /// Amount.
    pub amount: Fen,
    /// Type byte.
    pub kind: u8,
    /// The terminal.
    pub terminal: TerminalId,
    /// Date and time; bytes as they are, for a card checks none.
    pub when: [u8; 7],
}

/// Bytes of a log record.
pub const LOG_RECORD_BYTES: u8 = 0x17;

impl LogRecord {
    /// From the 23 bytes of the record; `None` for one that was never written, too (FF or 00).
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let is_blank = |byte: u8| data.iter().all(|found| *found == byte);
        if is_blank(0xFF) || is_blank(0x00) {
            return None;
        }
        let mut fields = Fields(data);
        let read = Self {
            number: fields.number()?,
            limit: fields.limit()?,
            amount: fields.fen()?,
            kind: fields.byte()?,
            terminal: fields.take()?,
            when: fields.take()?,
        };
        fields.end().map(|()| read)
    }

    /// When, in words; in digits when it is no moment of the calendar.
    #[must_use]
    pub fn when_in_words(&self) -> String {
        Moment::from_bytes(self.when)
            .map_or_else(|| hex::encode_upper(self.when), |when| when.to_string())
    }
}

/// What a PSAM says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PsamFacts {
    /// Serial number, EF 0015.
    pub serial: [u8; 10],
    /// Terminal identifier, EF 0016.
    pub terminal: TerminalId,
    /// Index of the purchase key on cards, EF 0017.
    pub key_index: u8,
    /// Issuer, EF 0017.
    pub issuer: [u8; 8],
    /// First day of validity, BCD.
    pub start: [u8; 4],
    /// Last day of validity, BCD.
    pub expiry: [u8; 4],
}

impl PsamFacts {
    /// From the contents of 0015, 0016 and 0017.
    #[must_use]
    pub fn of(public: &[u8], terminal: &[u8], application: &[u8]) -> Option<Self> {
        let mut fields = Fields(application);
        Some(Self {
            serial: Fields(public).take()?,
            terminal: Fields(terminal).take()?,
            key_index: fields.byte()?,
            issuer: fields.take()?,
            start: {
                fields.take::<8>()?;
                fields.take()?
            },
            expiry: fields.take()?,
        })
    }
}

/// The answer of a PSAM to the opening of a grey lock: its number, its random number, MAC1.
#[must_use]
pub fn sam_grey(data: &[u8]) -> Option<([u8; 4], [u8; 4], Mac4)> {
    let mut fields = Fields(data);
    let read = (fields.take()?, fields.take()?, fields.take()?);
    fields.end().map(|()| read)
}
