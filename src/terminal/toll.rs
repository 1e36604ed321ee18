//! A passage of a toll road: entry and exit are compound purchases that change the toll record, for
//! which the terminal authenticates itself by a key of its PSAM.
//!
//! The toll record is record AA of file 19, 43 bytes: type AA, length 29, lock flag, and behind it
//! a layout of our own: 3 state (00 outside, 01 on the road), 4 network 2, 6 station 2, 8 date and
//! time 7, 15 vehicle class 1, 16 terminal 6, 22 paid at the last exit 4, then 00.

use super::{
    Fen, Kind, Moment, Purse, Request, Sale, Terminal,
    answer::CardFacts,
    error::TerminalError,
    request::{Record, RecordUpdate},
    ride::Passed,
    tariff::{Fare, Journey, Tariff},
};

const TOLL_SFI: u8 = 0x19;
const TOLL_ID: u8 = 0xAA;
const TOLL_BYTES: usize = 43;
/// Key by which the terminal authenticates itself.
const TOLL_KEY: u8 = 0x01;

/// A gate of the road.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gate {
    /// Network of roads.
    pub network: u16,
    /// Station.
    pub station: u16,
}

/// The toll record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TollRecord {
    /// The vehicle is on the road.
    pub inside: bool,
    /// Where it came in.
    pub gate: Gate,
    /// When.
    pub entered: Option<Moment>,
    /// Class of the vehicle.
    pub class: u8,
    /// Paid at the last exit.
    pub paid: Fen,
}

impl TollRecord {
    /// From the bytes of the record.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(data: &[u8]) -> Result<Self, &'static str> {
        let &[TOLL_ID, 0x29, lock, state, n, m, s, t, ref rest @ ..] = data else {
            return Err("43 bytes that begin with AA29");
        };
        let (Some((entered, rest)), TOLL_BYTES) = (rest.split_first_chunk::<7>(), data.len())
        else {
            return Err("43 bytes");
        };
        let &[class, _, _, _, _, _, _, a, b, c, d, ..] = rest else { return Err("43 bytes") };
        if lock != 0 {
            return Err("lock flag 00: the toll application of the card is locked");
        }
        Ok(Self {
            inside: match state {
                0 => false,
                1 => true,
                _ => return Err("state 00 or 01"),
            },
            gate: Gate { network: u16::from_be_bytes([n, m]), station: u16::from_be_bytes([s, t]) },
            entered: Moment::from_bytes(*entered),
            class,
            paid: Fen(u32::from_be_bytes([a, b, c, d])),
        })
    }

    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match (self.inside, self.entered) {
            (true, Some(entered)) => {
                format!("on the road since station {}, {entered}", self.gate.station)
            }
            _ => format!("not on the road; {} paid the last time", self.paid),
        }
    }

    /// The bytes of the record, changed by this terminal.
    #[must_use]
    pub fn bytes(&self, terminal: [u8; 6]) -> Vec<u8> {
        let mut bytes = vec![TOLL_ID, 0x29, 0x00, u8::from(self.inside)];
        bytes.extend_from_slice(&self.gate.network.to_be_bytes());
        bytes.extend_from_slice(&self.gate.station.to_be_bytes());
        bytes.extend_from_slice(&self.entered.map_or([0; 7], |moment| moment.bytes()));
        bytes.push(self.class);
        bytes.extend_from_slice(&terminal);
        bytes.extend_from_slice(&self.paid.bytes());
        bytes.resize(TOLL_BYTES, 0x00);
        bytes
    }
}

impl Terminal<'_> {
    /// A vehicle comes onto the road.
    ///
    /// # Errors
    /// [`TerminalError`]: the gate stays closed.
    pub fn drive_in(
        &mut self,
        card: &CardFacts,
        gate: Gate,
        class: u8,
    ) -> Result<Passed, TerminalError> {
        let record = self.toll_record()?;
        if record.inside {
            return Err(TerminalError::Order {
                what: "an entry",
                expected: "a card that is not on the road".into(),
                got: format!("an entry at station {} without an exit", record.gate.station),
            });
        }
        let entered = Some(self.settings.when);
        let new = TollRecord { inside: true, gate, entered, class, paid: record.paid };
        let fare = Fare { full: Fen(0), amount: Fen(0), reasons: Vec::new() };
        self.drive(card, fare, &new)
    }

    /// A vehicle leaves the road and pays for the kilometres from where it came in.
    ///
    /// # Errors
    /// [`TerminalError`]: the gate stays closed.
    pub fn drive_out(
        &mut self,
        card: &CardFacts,
        tariff: &Tariff,
        kilometres: u16,
    ) -> Result<Passed, TerminalError> {
        let record = self.toll_record()?;
        if !record.inside {
            return Err(TerminalError::Order {
                what: "an exit",
                expected: "a card that came in by a gate".into(),
                got: "one that is not on the road".into(),
            });
        }
        let fare = tariff.fare(&Journey {
            distance: kilometres,
            card_type: record.class,
            minutes_since_last: None,
            paid_this_month: Fen(0),
        });
        let new = TollRecord { inside: false, paid: fare.amount, ..record };
        self.drive(card, fare, &new)
    }

    /// The toll record of the card that is open.
    ///
    /// # Errors
    /// [`TerminalError`].
    pub fn toll_record(&mut self) -> Result<TollRecord, TerminalError> {
        let record = Record::Id(TOLL_ID);
        let request = Request::ReadRecord { sfi: TOLL_SFI, record, bytes: 0 };
        let data = self.card.get(&request, &mut self.progress)?;
        TollRecord::of(&data).map_err(|expected| self.card.malformed(&request, expected, &data))
    }

    fn drive(
        &mut self,
        card: &CardFacts,
        fare: Fare,
        record: &TollRecord,
    ) -> Result<Passed, TerminalError> {
        let psam = self.open_psam()?;
        let data = record.bytes(psam.terminal);
        let update = RecordUpdate { sfi: TOLL_SFI, record: Record::Id(TOLL_ID), data };
        let sale = Sale {
            kind: Kind::Compound,
            purse: Purse::Purse,
            amount: fare.amount,
            updates: vec![update],
            authentication: Some(TOLL_KEY),
        };
        let receipt = self.purchase_with(card, &psam, &sale)?;
        Ok(Passed { receipt, fare })
    }
}
