//! What the card's answers say. Every reader is total: data of another form are `None`.

use crate::terminal::{
    Fen, Moment,
    answer::{Fields, Mac4, TerminalId},
};

use super::entry::Amounts;

/// How the ledger stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Not opened yet.
    New,
    /// In use.
    Active,
    /// No money moves.
    Frozen,
    /// For ever.
    Terminated,
}

impl State {
    const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0x01 => Self::New,
            0x05 => Self::Active,
            0x85 => Self::Frozen,
            0x0F => Self::Terminated,
            _ => return None,
        })
    }
}

/// A year in packed digits.
pub type Year = [u8; 2];

/// What the ledger's control information says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Its keys are SM4 keys.
    pub sm4: bool,
    /// How it stands.
    pub state: State,
    /// Entries that no statement has shown.
    pub unstated: u8,
    /// From so many on a settlement is refused.
    pub limit: u8,
    /// Its year.
    pub year: Year,
    /// Region of the insurance.
    pub region: [u8; 3],
}

impl Ledger {
    /// From the answer to SELECT.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let at = data.windows(3).position(|window| window == [0x9F, 0x0C, 0x0A])?;
        let mut fields = Fields(data.get(at + 3..at + 13)?);
        let _version = fields.byte()?;
        Some(Self {
            sm4: fields.byte()? == 0x03,
            state: State::of(fields.byte()?)?,
            unstated: fields.byte()?,
            limit: fields.byte()?,
            year: fields.take()?,
            region: fields.take()?,
        })
    }
}

/// STATUS, short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// How it stands.
    pub state: State,
    /// Entries that no statement has shown.
    pub unstated: u8,
    /// From so many on a settlement is refused.
    pub limit: u8,
    /// Number of the next statement.
    pub statement: u16,
    /// Sequence of the last entry.
    pub sequence: u32,
    /// Year of the ledger.
    pub year: Year,
}

impl Status {
    /// From its 12 bytes.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let status = Self {
            state: State::of(fields.byte()?)?,
            unstated: fields.byte()?,
            limit: fields.byte()?,
            statement: fields.number()?,
            sequence: fields.take().map(u32::from_be_bytes)?,
            year: fields.take()?,
        };
        fields.byte()?;
        fields.end().map(|()| status)
    }
}

/// STATUS, long: balance, limits, counters and the year's figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Balance.
    pub balance: Fen,
    /// Settled off line since the last reconciliation.
    pub offline: Fen,
    /// How often.
    pub offline_count: u8,
    /// Limit of the amount; it is not reached.
    pub offline_limit: Fen,
    /// Limit of the count; it is not reached.
    pub offline_count_limit: u8,
    /// Off-line settlement is allowed.
    pub offline_allowed: bool,
    /// Most of a single settlement; 0 for none.
    pub single_limit: Fen,
    /// Counter of what the authority has booked.
    pub online: u16,
    /// Counter of settlements.
    pub settlements: u16,
    /// The last authority number.
    pub asn: u32,
    /// Accumulators: A, S, P, D, chronic, in-patient, credits, out of area.
    pub sums: [Fen; 8],
    /// Visits: out-patient, in-patient, chronic, pharmacy.
    pub visits: [u16; 4],
    /// Year.
    pub year: Year,
    /// Its first day, month and day.
    pub start: [u8; 2],
}

impl Figures {
    /// From its 71 bytes.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let (balance, offline, offline_count) = (fields.fen()?, fields.fen()?, fields.byte()?);
        let (offline_limit, offline_count_limit) = (fields.fen()?, fields.byte()?);
        let (allowed, single_limit) = (fields.byte()?, fields.fen()?);
        let (online, settlements) = (fields.number()?, fields.number()?);
        let asn = fields.take().map(u32::from_be_bytes)?;
        let (mut sums, mut visits) = ([Fen(0); 8], [0; 4]);
        for sum in &mut sums {
            *sum = fields.fen()?;
        }
        for count in &mut visits {
            *count = fields.number()?;
        }
        let (year, start) = (fields.take()?, fields.take()?);
        fields.end()?;
        Some(Self {
            balance,
            offline,
            offline_count,
            offline_limit,
            offline_count_limit,
            offline_allowed: allowed == 1,
            single_limit,
            online,
            settlements,
            asn,
            sums,
            visits,
            year,
            start,
        })
    }
}

/// Answer to INITIALIZE SETTLEMENT and INITIALIZE REVERSAL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// Balance.
    pub balance: Fen,
    /// Sequence of the entry that is to be.
    pub sequence: u32,
    /// Counter of settlements, of a reversal that of the authority's bookings.
    pub counter: u16,
    /// Version of the key.
    pub version: u8,
    /// Its algorithm.
    pub algorithm: u8,
    /// The card's random number.
    pub random: [u8; 4],
    /// Entries that no statement has shown.
    pub unstated: u8,
}

impl Prepared {
    /// From its 18 bytes.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let prepared = Self {
            balance: fields.fen()?,
            sequence: fields.take().map(u32::from_be_bytes)?,
            counter: fields.number()?,
            version: fields.byte()?,
            algorithm: fields.byte()?,
            random: fields.take()?,
            unstated: fields.byte()?,
        };
        State::of(fields.byte()?)?;
        fields.end().map(|()| prepared)
    }
}

/// What the card begins an on-line booking with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Online {
    /// Balance.
    pub balance: Fen,
    /// Sequence of the entry that is to be.
    pub sequence: u32,
    /// Counter of the authority's bookings.
    pub counter: u16,
    /// The card's random number.
    pub random: [u8; 4],
}

/// Answer to INITIALIZE CREDIT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PreparedCredit {
    /// What it begins with.
    pub online: Online,
    /// The card's MAC1.
    pub mac1: Mac4,
}

impl PreparedCredit {
    /// From its 20 bytes.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let (balance, sequence) = (fields.fen()?, fields.take().map(u32::from_be_bytes)?);
        let (counter, _key) = (fields.number()?, fields.take::<2>()?);
        let random = fields.take()?;
        let mac1 = fields.take()?;
        fields.end()?;
        Some(Self { online: Online { balance, sequence, counter, random }, mac1 })
    }
}

/// A record of the ledger's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogEntry {
    /// Sequence.
    pub sequence: u32,
    /// Type: 31 credit, 32 settlement, 33 reversal, 35 adjustment, 36 year, 37 opening, 38 closing.
    pub kind: u8,
    /// Class of a settlement, kind of a reversal, sign of an adjustment.
    pub class: u8,
    /// Flags, those of the card among them.
    pub flags: u8,
    /// The terminal.
    pub terminal: TerminalId,
    /// When, as the card has it.
    pub when: [u8; 7],
    /// Amounts; of all but settlements and reversals only A.
    pub amounts: Amounts,
    /// The entry it refers to, or 0.
    pub reference: u32,
    /// Balance after it.
    pub balance: Fen,
    /// The card's TAC.
    pub tac: Mac4,
}

impl LogEntry {
    /// From its 48 bytes; a record of 00 is none.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let sequence = fields.take().map(u32::from_be_bytes)?;
        let (kind, class, flags) = (fields.byte()?, fields.byte()?, fields.byte()?);
        let (terminal, when) = (fields.take()?, fields.take()?);
        let amounts = Amounts {
            account: fields.fen()?,
            self_paid: fields.fen()?,
            pool: fields.fen()?,
            deductible: fields.fen()?,
        };
        let reference = fields.take().map(u32::from_be_bytes)?;
        let (balance, tac) = (fields.fen()?, fields.take()?);
        fields.end()?;
        let entry =
            Self { sequence, kind, class, flags, terminal, when, amounts, reference, balance, tac };
        (kind != 0).then_some(entry)
    }

    /// When, where that is a moment of the calendar.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        Moment::from_bytes(self.when)
    }
}

/// GET STATEMENT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Its number.
    pub number: u16,
    /// First entry.
    pub from: u32,
    /// Last entry.
    pub to: u32,
    /// How many.
    pub count: u8,
    /// Balance before.
    pub opening: Fen,
    /// Credited.
    pub credits: Fen,
    /// Settled.
    pub settlements: Fen,
    /// Given back.
    pub refunds: Fen,
    /// Added otherwise.
    pub plus: Fen,
    /// Taken otherwise.
    pub minus: Fen,
    /// Balance now.
    pub closing: Fen,
}

impl Statement {
    /// From its 39 bytes.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let number = fields.number()?;
        let (from, to) = (fields.take()?, fields.take()?);
        let statement = Self {
            number,
            from: u32::from_be_bytes(from),
            to: u32::from_be_bytes(to),
            count: fields.byte()?,
            opening: fields.fen()?,
            credits: fields.fen()?,
            settlements: fields.fen()?,
            refunds: fields.fen()?,
            plus: fields.fen()?,
            minus: fields.fen()?,
            closing: fields.fen()?,
        };
        fields.end().map(|()| statement)
    }

    /// Whether the sums are those of the balances.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let sum = |parts: [Fen; 4]| parts.iter().map(|fen| u64::from(fen.0)).sum::<u64>();
        sum([self.opening, self.credits, self.refunds, self.plus])
            == sum([self.closing, self.settlements, self.minus, Fen(0)])
    }
}
