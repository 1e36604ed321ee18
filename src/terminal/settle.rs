//! What became of a completing command whose answer is missing: the card's proof, its number and
//! its log tell.
//!
//! Invariant: "not done" is said only when the number of the transaction is still free, or belongs
//! to another transaction.

use super::{
    Fen, Request, Terminal,
    answer::{Initialized, LOG_RECORD_BYTES, LogRecord, Mac4},
    error::{Party, TerminalError},
    journal::Open,
    request::Record,
    transaction::{Kind, Purse},
};

/// What became of a debit whose answer is missing.
pub(super) enum Settled {
    /// It was done: MAC and TAC.
    Done(Mac4, Mac4),
    /// It was not.
    NotDone,
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
    /// Finds out what became of a completing command whose answer is missing.
    ///
    /// # Errors
    /// What leaves it open: another card, a card that does not come back, one that has gone on.
    pub(super) fn settle(&mut self, open: &Open) -> Result<Settled, TerminalError> {
        let number = open.number.wrapping_add(1);
        self.tell(Party::Terminal, &format!("what became of number {number}?"), String::new());
        for _ in 0..self.settings.tries {
            let settled = match self.look_what_became_of(open) {
                Err(error) if error.is_silence_of(Party::Card) => continue,
                settled => settled?,
            };
            let came = match settled {
                Settled::Done(..) => "it was done".into(),
                Settled::NotDone => "it was not done".into(),
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

    fn look_what_became_of(&mut self, open: &Open) -> Result<Settled, TerminalError> {
        let Some(kind) = open.transaction() else {
            return Err(TerminalError::Open(open.in_words()));
        };
        self.open_same_card(open.serial)?;
        if kind.needs_pin(open.purse) {
            self.show_pin()?;
        }
        if let Some((mac, tac)) = self.proof(open.kind, open.number.wrapping_add(1))? {
            // The proof tells type and number, and of whom it is the log.
            return Ok(match self.logged(kind, open)? {
                Logged::Anothers => Settled::NotDone,
                Logged::Ours | Logged::Unknown => Settled::Done(mac, tac),
            });
        }
        // No proof: not done, or done and followed by another. The number tells, for it never goes
        // back.
        let now = self.number_now(kind, open)?;
        if now == open.number {
            return Ok(Settled::NotDone);
        }
        match self.logged(kind, open)? {
            Logged::Anothers => Ok(Settled::NotDone),
            Logged::Ours => Err(overtaken(open, now, ", but its log says that it was done")),
            Logged::Unknown => Err(overtaken(open, now, ", and its log does not tell")),
        }
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
    fn number_now(&mut self, kind: Kind, open: &Open) -> Result<u16, TerminalError> {
        let request = Request::Initialize {
            kind,
            purse: open.purse,
            key: open.key,
            // Of an amount that the card has in any case.
            amount: Fen(0),
            terminal: open.terminal,
        };
        let read = |data: &[u8]| Initialized::of(kind, data);
        let expected = "the data of INITIALIZE";
        let read = self.card.read(&request, expected, &mut self.progress, read)?;
        Ok(read.number)
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

const fn overtaken(open: &Open, now: u16, log: &'static str) -> TerminalError {
    TerminalError::Overtaken { number: open.number.wrapping_add(1), now, log }
}
