//! A bus ride: the entry and the exit are compound purchases that change the bus record and the
//! list of trips in the same step as the money.
//!
//! The bus record is record 09 of file 17, 48 bytes: type 09, length 2E, lock flag, and behind it a
//! layout of our own, for the transit systems' are not public:
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 3 | 1 | 00 outside, 01 in the bus |
//! | 4 | 6 | terminal of the last change |
//! | 10 | 2 | line |
//! | 12 | 2 | stop of the entry |
//! | 14 | 7 | date and time of the entry |
//! | 21 | 7 | date and time of the last exit; 00 when there was none |
//! | 28 | 3 | month of what follows, YYYYMM |
//! | 31 | 4 | paid in that month, fen |
//! | 35 | 2 | rides in that month |
//! | 37 | 11 | 00 |
//!
//! A record of the list of trips, file 1A, 16 bytes: 01 entry or 02 exit, line 2, stop 2, amount 4,
//! date and time 7. A ride whose exit nobody saw costs the most at the next entry.

use super::{
    Fen, Kind, Moment, Purse, Receipt, Request, Sale, Terminal,
    answer::CardFacts,
    error::TerminalError,
    request::{Record, RecordUpdate},
    tariff::{Fare, Journey, Tariff},
};

/// File of the bus record, and its identifier.
const BUS_SFI: u8 = 0x17;
const BUS_ID: u8 = 0x09;
const BUS_BYTES: usize = 48;
/// File of the list of trips.
const TRIPS_SFI: u8 = 0x1A;
/// A card that is shown again at the same stop within so many minutes has got on once.
const SAME_ENTRY_MINUTES: u64 = 5;
/// Bytes of the holder's file, whose first one is the type of card.
const HOLDER_BYTES: u8 = 0x27;

/// Where a bus is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// The line.
    pub line: u16,
    /// The stop, counted along the line.
    pub stop: u16,
}

/// The bus record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusRecord {
    /// The passenger is in the bus.
    pub inside: bool,
    /// Where the entry was.
    pub entry: Stop,
    /// When it was; `None` before the first.
    pub entered: Option<Moment>,
    /// When the last exit was.
    pub left: Option<Moment>,
    /// Month of the two that follow.
    pub month: [u8; 3],
    /// Paid in it.
    pub paid: Fen,
    /// Rides in it.
    pub rides: u16,
}

impl BusRecord {
    /// From the bytes of the record.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(data: &[u8]) -> Result<Self, &'static str> {
        let &[BUS_ID, 0x2E, lock, state, _, _, _, _, _, _, ref rest @ ..] = data else {
            return Err("48 bytes that begin with 092E");
        };
        let &[l, m, s, t, ref rest @ ..] = rest else { return Err("48 bytes") };
        let entered = rest.first_chunk::<7>();
        let left = rest.get(7..).and_then(|rest| rest.first_chunk::<7>());
        let sums = rest.get(14..).and_then(|rest| rest.first_chunk::<9>());
        let (Some(entered), Some(left), Some(sums), BUS_BYTES) = (entered, left, sums, data.len())
        else {
            return Err("48 bytes");
        };
        let [y, z, month, a, b, c, d, high, low] = *sums;
        if lock != 0 {
            return Err("lock flag 00: the bus application of the card is locked");
        }
        Ok(Self {
            inside: match state {
                0 => false,
                1 => true,
                _ => return Err("state 00 or 01"),
            },
            entry: Stop { line: u16::from_be_bytes([l, m]), stop: u16::from_be_bytes([s, t]) },
            entered: Moment::from_bytes(*entered),
            left: Moment::from_bytes(*left),
            month: [y, z, month],
            paid: Fen(u32::from_be_bytes([a, b, c, d])),
            rides: u16::from_be_bytes([high, low]),
        })
    }

    /// The bytes of the record, changed by this terminal.
    #[must_use]
    pub fn bytes(&self, terminal: [u8; 6]) -> Vec<u8> {
        let when = |moment: Option<Moment>| moment.map_or([0; 7], |moment| moment.bytes());
        let mut bytes = vec![BUS_ID, 0x2E, 0x00, u8::from(self.inside)];
        bytes.extend_from_slice(&terminal);
        bytes.extend_from_slice(&self.entry.line.to_be_bytes());
        bytes.extend_from_slice(&self.entry.stop.to_be_bytes());
        bytes.extend_from_slice(&when(self.entered));
        bytes.extend_from_slice(&when(self.left));
        bytes.extend_from_slice(&self.month);
        bytes.extend_from_slice(&self.paid.bytes());
        bytes.extend_from_slice(&self.rides.to_be_bytes());
        bytes.resize(BUS_BYTES, 0x00);
        bytes
    }

    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Stop { line, stop } = self.entry;
        let paid = format!("{} rides of {} in the month", self.rides, self.paid);
        match (self.inside, self.entered) {
            (true, Some(entered)) => {
                format!("in the bus since stop {stop} of line {line}, {entered}; {paid}")
            }
            _ => format!("not in a bus; {paid}"),
        }
    }

    /// What was paid in the month of this moment.
    const fn paid_in(&self, when: &Moment) -> (Fen, u16) {
        let ([a, b, c], [d, e, f]) = (self.month, when.month());
        if a == d && b == e && c == f { (self.paid, self.rides) } else { (Fen(0), 0) }
    }
}

/// What came of an entry or an exit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Passed {
    /// The purchase.
    pub receipt: Receipt,
    /// How the fare came about.
    pub fare: Fare,
}

impl Terminal<'_> {
    /// The passenger gets on. A ride whose exit nobody saw is paid now, as the longest one.
    ///
    /// # Errors
    /// [`TerminalError::Order`] when the card has just got on here, be it that it was shown twice,
    /// and others: the bus does not take the passenger.
    pub fn get_on(
        &mut self,
        card: &CardFacts,
        tariff: &Tariff,
        at: Stop,
    ) -> Result<Passed, TerminalError> {
        let record = self.bus_record()?;
        let when = self.settings.when;
        let just_now = |entered: Moment| {
            when.minutes_since(&entered).is_some_and(|minutes| minutes < SAME_ENTRY_MINUTES)
        };
        if let Some(entered) = record.entered.filter(|entered| just_now(*entered))
            && record.inside
            && record.entry == at
        {
            return Err(TerminalError::Order {
                what: "an entry",
                expected: "a card that has not just got on here".into(),
                got: format!("an entry at {entered}"),
            });
        }
        let (paid, rides) = record.paid_in(&when);
        let mut fare = Fare { full: Fen(0), amount: Fen(0), reasons: Vec::new() };
        if record.inside {
            fare = tariff.fare(&Journey {
                distance: u16::MAX,
                card_type: self.card_type()?,
                minutes_since_last: None,
                paid_this_month: paid,
            });
            fare.reasons.push("the exit of the ride before is missing".into());
        }
        let new = BusRecord {
            inside: true,
            entry: at,
            entered: Some(when),
            month: when.month(),
            paid: Fen(paid.0.saturating_add(fare.amount.0)),
            rides: rides.saturating_add(u16::from(record.inside)),
            ..record
        };
        self.pass(card, fare, &new, 0x01, at)
    }

    /// The passenger gets off and pays.
    ///
    /// # Errors
    /// [`TerminalError::Order`] when the card has not got on, and others.
    pub fn get_off(
        &mut self,
        card: &CardFacts,
        tariff: &Tariff,
        at: Stop,
    ) -> Result<Passed, TerminalError> {
        let record = self.bus_record()?;
        let card_type = self.card_type()?;
        let when = self.settings.when;
        let entered = record.entered.filter(|entered| record.inside && *entered <= when);
        let entered = entered.ok_or_else(|| TerminalError::Order {
            what: "an exit",
            expected: "a card that has got on, and not later than now".into(),
            got: match (record.inside, record.entered) {
                (true, Some(entered)) => format!("an entry at {entered}"),
                _ => "a card that is not in the bus".into(),
            },
        })?;
        let (paid, rides) = record.paid_in(&when);
        let journey = Journey {
            distance: match at.line == record.entry.line {
                true => at.stop.abs_diff(record.entry.stop),
                // Another line than that of the entry: nobody saw the exit there.
                false => u16::MAX,
            },
            card_type,
            minutes_since_last: record.left.and_then(|left| entered.minutes_since(&left)),
            paid_this_month: paid,
        };
        let fare = tariff.fare(&journey);
        let new = BusRecord {
            inside: false,
            left: Some(when),
            month: when.month(),
            paid: Fen(paid.0.saturating_add(fare.amount.0)),
            rides: rides.saturating_add(1),
            ..record
        };
        self.pass(card, fare, &new, 0x02, at)
    }

    /// The bus record of the card that is open.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn bus_record(&mut self) -> Result<BusRecord, TerminalError> {
        let record = Record::Id(BUS_ID);
        let request = Request::ReadRecord { sfi: BUS_SFI, record, bytes: 0 };
        let data = self.card.get(&request, &mut self.progress)?;
        BusRecord::of(&data).map_err(|expected| self.card.malformed(&request, expected, &data))
    }

    fn card_type(&mut self) -> Result<u8, TerminalError> {
        let request = Request::ReadFile { sfi: 0x16, bytes: HOLDER_BYTES };
        let first = |data: &[u8]| data.first().copied();
        self.card.read(&request, "39 bytes of file 0016", &mut self.progress, first)
    }

    fn pass(
        &mut self,
        card: &CardFacts,
        fare: Fare,
        record: &BusRecord,
        what: u8,
        at: Stop,
    ) -> Result<Passed, TerminalError> {
        let (line, stop) = (at.line.to_be_bytes(), at.stop.to_be_bytes());
        let (amount, when) = (fare.amount.bytes(), self.settings.when.bytes());
        let trip = [&[what][..], &line, &stop, &amount, &when].concat();
        let psam = self.open_psam()?;
        let (sfi, id) = (BUS_SFI, Record::Id(BUS_ID));
        let sale = Sale {
            kind: Kind::Compound,
            purse: Purse::Purse,
            amount: fare.amount,
            updates: vec![
                RecordUpdate { sfi, record: id, data: record.bytes(psam.terminal) },
                RecordUpdate { sfi: TRIPS_SFI, record: Record::Append, data: trip },
            ],
            authentication: None,
        };
        let receipt = self.purchase_with(card, &psam, &sale)?;
        Ok(Passed { receipt, fare })
    }
}
