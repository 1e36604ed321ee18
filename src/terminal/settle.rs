//! What became of a completing command whose answer is missing: the card's proof, its number and
//! its log tell.
//!
//! Invariant: "not done" is said only when the number of the transaction is still free, or, of what
//! the host has no part in, belongs to another transaction. Of what went online the host decides,
//! by the card's MAC1: the log and status words are nobody's word.

use super::{
    Fen, Request, Terminal,
    answer::{Initialized, LOG_RECORD_BYTES, LogRecord, Mac4, TerminalId},
    error::{Party, TerminalError},
    journal::Open,
    request::Record,
    transaction::{Kind, Purse},
};

/// What became of a debit whose answer is missing.
pub(super) enum Settled {
    /// It was done: MAC and TAC.
    Done(Mac4, Mac4),
    /// It was not, as this answer to INITIALIZE shows; without it the log says so.
    NotDone(Option<Initialized>),
}

/// Whose the number of a transaction is, as the log tells.
enum Logged {
    Ours,
    Anothers,
    /// The log does not tell: it has gone on, or cannot be read.
    Unknown,
}

/// Records of the log that are looked at.
const RECORDS_MAX: u8 = 10;

impl Terminal<'_> {
    /// Finds out what became of a completing command whose answer is missing. An INITIALIZE that
    /// shows the number names `terminal`.
    ///
    /// # Errors
    /// What leaves it open: another card, a card that does not come back, one that has gone on.
    pub(super) fn settle(
        &mut self,
        open: &Open,
        terminal: TerminalId,
    ) -> Result<Settled, TerminalError> {
        let number = open.number.wrapping_add(1);
        self.tell(Party::Terminal, &format!("what became of number {number}?"), String::new());
        for _ in 0..self.settings.tries {
            let settled = match self.look_what_became_of(open, terminal) {
                Err(error) if error.is_silence_of(Party::Card) => continue,
                settled => settled?,
            };
            let came = match settled {
                Settled::Done(..) => "it was done".into(),
                Settled::NotDone(_) => "it was not done".into(),
            };
            self.tell(Party::Terminal, &format!("number {number} is settled"), came);
            return Ok(settled);
        }
        Err(TerminalError::InDoubt {
            number: open.number.wrapping_add(1),
            amount: open.amount,
            tries: self.settings.tries,
        })
    }

    fn look_what_became_of(
        &mut self,
        open: &Open,
        terminal: TerminalId,
    ) -> Result<Settled, TerminalError> {
        let Some(kind) = open.transaction() else {
            return Err(TerminalError::Open(open.in_words()));
        };
        self.open_same_card(open.serial)?;
        if kind.needs_pin(open.purse) {
            self.show_pin()?;
        }
        if let Some((mac, tac)) = self.proof(open.kind, open.number.wrapping_add(1))? {
            if !kind.is_offline() {
                return Ok(Settled::Done(mac, tac));
            }
            // The proof tells type and number, and of whom it is the log.
            return Ok(match self.logged(kind, open)? {
                Logged::Anothers => Settled::NotDone(None),
                Logged::Ours | Logged::Unknown => Settled::Done(mac, tac),
            });
        }
        // No proof: not done, or done and followed by another. The number tells, for it never goes
        // back.
        let now = match self.number_now(kind, open, terminal) {
            Ok(shown) if shown.number == open.number => return Ok(Settled::NotDone(Some(shown))),
            Ok(shown) if shown.number < open.number => {
                let (expected, now) = (open.number, shown.number);
                return Err(TerminalError::WentBack { expected, now });
            }
            Ok(shown) => Ok(shown.number),
            // A locked purse prepares nothing, nor one whose numbers are at their end.
            Err(TerminalError::Refused { status, .. }) => Err(status),
            Err(error) => return Err(error),
        };
        let log = match self.logged(kind, open)? {
            Logged::Anothers if kind.is_offline() => return Ok(Settled::NotDone(None)),
            Logged::Anothers => ", and its log says that it was another's",
            Logged::Ours => ", but its log says that it was done",
            Logged::Unknown => ", and its log does not tell",
        };
        let number = open.number.wrapping_add(1);
        Err(match now {
            Ok(now) => TerminalError::Overtaken { number, now, log },
            Err(status) => TerminalError::PreparesNothing { number, status, log },
        })
    }

    /// Looks for the transaction's number in the log, the newest record first.
    fn logged(&mut self, kind: Kind, open: &Open) -> Result<Logged, TerminalError> {
        for number in 1..=RECORDS_MAX {
            let record = Record::Number(number);
            let read = Request::ReadRecord { sfi: 0x18, record, bytes: LOG_RECORD_BYTES };
            let answer = self.card.ask(&read, &mut self.progress)?;
            let record = LogRecord::of(&answer.data).filter(|_| answer.is_ok());
            let Some(record) = record else { break };
            let has_number = record.number == open.number.wrapping_add(1);
            if has_number && is_counted_with(record.kind, kind, open.purse) {
                return Ok(if is_of(&record, kind, open) {
                    Logged::Ours
                } else {
                    Logged::Anothers
                });
            }
        }
        Ok(Logged::Unknown)
    }

    /// The card's number for transactions of this kind, from a new INITIALIZE that nothing follows.
    fn number_now(
        &mut self,
        kind: Kind,
        open: &Open,
        terminal: TerminalId,
    ) -> Result<Initialized, TerminalError> {
        // Of an amount that the card has in any case.
        let (purse, key, amount) = (open.purse, open.key, Fen(0));
        let request = Request::Initialize { kind, purse, key, amount, terminal };
        let read = |data: &[u8]| Initialized::of(kind, data);
        self.card.read(&request, "the data of INITIALIZE", &mut self.progress, read)
    }
}

/// Whether a log record is of the open transaction. Of a new limit the log has no amount.
fn is_of(record: &LogRecord, kind: Kind, open: &Open) -> bool {
    record.kind == open.kind
        && record.terminal == open.terminal
        && record.when == open.when.bytes()
        && (kind == Kind::Overdraft || record.amount == open.amount)
}

/// Whether a log record of type `byte` has its number from the same counter as this kind.
const fn is_counted_with(byte: u8, kind: Kind, purse: Purse) -> bool {
    match (purse, kind.is_offline()) {
        (Purse::Deposit, true) => matches!(byte, 0x04 | 0x05 | 0x91 | 0x93),
        (Purse::Deposit, false) => matches!(byte, 0x01 | 0x03 | 0x07 | 0x95),
        (Purse::Purse, true) => matches!(byte, 0x06 | 0x09 | 0x92 | 0x94),
        (Purse::Purse, false) => matches!(byte, 0x02 | 0x96),
    }
}
