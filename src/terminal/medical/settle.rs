//! A settlement in the ledger, and what became of one that was interrupted.
//!
//! Invariants:
//! * the command that books is sent only when the journal holds the settlement;
//! * it is sent again only when the card's sequence has shown that nothing was booked;
//! * a receipt exists only for a settlement that the PSAM or the authority has checked.

use crate::{
    keys::Levels,
    terminal::{
        Answer, Fen, Party, TerminalError,
        answer::{Mac4, two_macs},
    },
};

use super::{
    answer::{LogEntry, Prepared},
    desk::{Station, StationPsam, no_pin},
    entry::{CardId, Settlement},
    error::MedicalError,
    question::{self, Prepare},
    tariff::Price,
};

/// Records of the ledger's log.
pub(super) const LOG_RECORDS: u8 = 64;

/// A booked settlement: the card's TAC, and MAC2 where the card still tells it.
pub(super) struct Booked {
    pub(super) tac: Mac4,
    pub(super) mac2: Option<Mac4>,
    pub(super) recovered: bool,
}

/// What became of a settlement.
pub(super) enum Outcome {
    Booked(Booked),
    NotBooked,
}

/// What is asked of the card, beside the price.
pub(super) struct Settling<'s> {
    pub(super) card: &'s CardId,
    pub(super) psam: StationPsam,
    pub(super) price: Price,
    pub(super) class: char,
    /// 1 on line, 2 off line.
    pub(super) mode: u8,
}

impl Station<'_> {
    /// Books a settlement on the card whose ledger is selected. `None`: nothing was booked, and it
    /// may be tried again from the start.
    pub(super) fn book(
        &mut self,
        settling: &Settling<'_>,
    ) -> Result<Option<(Settlement, Prepared, Booked)>, MedicalError> {
        let Settling { card, psam, price, class, mode } = settling;
        let prepare = Prepare {
            mode: *mode,
            key: psam.key_index,
            amounts: &price.amounts,
            class: *class as u8,
            flags: price.flags,
            terminal: psam.terminal,
        };
        let ask = question::prepare_settlement(&prepare);
        let prepared = self.card.read(&ask, "18 bytes", &mut self.progress, Prepared::of);
        let prepared = prepared.map_err(MedicalError::from).map_err(|error| {
            match error.is_status(0x6982) && self.settings.pin.is_none() {
                true => no_pin().into(),
                false => error,
            }
        })?;
        let (when, factors) = (self.settings.when, card.factors(Levels::Two));
        let ask = question::sam_settlement(&prepare, &prepared, when, &factors);
        let data = self.ask_psam(&ask)?;
        let (terminal_counter, mac1) = two_macs(&data).ok_or_else(|| TerminalError::Malformed {
            whom: Party::Psam,
            asked: "ask the card for a settlement".into(),
            expected: "8 bytes, terminal number and MAC1",
            got: hex::encode_upper(&data),
        })?;
        let balance_after = Fen(prepared.balance.0.saturating_sub(price.amounts.account.0));
        let settlement = Settlement {
            sequence: prepared.sequence,
            class: *class,
            flags: price.flags,
            mode: *mode,
            terminal: psam.terminal,
            terminal_counter,
            when,
            balance_after,
            card_counter: prepared.counter,
            card: (*card).clone(),
            amounts: price.amounts,
        };
        self.journal.begin(settlement.clone())?;
        let outcome = match self.commit(&settlement, mac1)? {
            Some((tac, mac2)) => {
                Outcome::Booked(Booked { tac, mac2: Some(mac2), recovered: false })
            }
            None => self.find_out(&settlement, false)?,
        };
        match outcome {
            Outcome::NotBooked => {
                self.journal.remove(&settlement)?;
                Ok(None)
            }
            Outcome::Booked(booked) => Ok(Some((settlement, prepared, booked))),
        }
    }

    /// Sends the command that books. `None` when it is in doubt whether the card did it.
    fn commit(
        &mut self,
        settlement: &Settlement,
        mac1: Mac4,
    ) -> Result<Option<(Mac4, Mac4)>, MedicalError> {
        let ask = question::commit_settlement(settlement.terminal_counter, settlement.when, mac1);
        match self.card.ask(&ask, &mut self.progress) {
            Ok(answer) if answer.is_ok() => Ok(two_macs(&answer.data)),
            Ok(Answer { status, .. }) if is_sure_refusal(status.0) => {
                self.journal.remove(settlement)?;
                Err(self.card.refused(&ask, status).into())
            }
            Ok(_) => Ok(None),
            Err(error) if error.is_silence_of(Party::Card) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds out whether the card has booked a settlement. `later`: the terminal has lost power in
    /// between, and the PSAM with it.
    pub(super) fn find_out(
        &mut self,
        settlement: &Settlement,
        later: bool,
    ) -> Result<Outcome, MedicalError> {
        let asked = format!("what became of entry {}?", settlement.sequence);
        for _ in 0..self.settings.tries {
            self.tell(Party::Terminal, &asked, "");
            match self.look(settlement, later) {
                Err(error) if error.is_silence() => {}
                found => return found,
            }
        }
        let why = format!("the card did not answer again in {} tries", self.settings.tries);
        Err(in_doubt(settlement, why))
    }

    fn look(&mut self, settlement: &Settlement, later: bool) -> Result<Outcome, MedicalError> {
        let identity = self.identify()?;
        if identity.card != settlement.card {
            let (expected, got) = (settlement.card.number.clone(), identity.card.number);
            return Err(MedicalError::OtherCard { expected, got });
        }
        if later {
            // Only the issuer's card is believed what it says of itself: the PSAM has no MAC2 here.
            self.authenticate_card(&identity.card)?;
        }
        let (_, status) = self.open_ledger()?;
        let before = settlement.sequence.wrapping_sub(1);
        if status.sequence == before {
            return Ok(Outcome::NotBooked);
        }
        if status.sequence < before {
            let why = "the card's entries went back: a copy of it, or a restored image";
            return Err(in_doubt(settlement, why));
        }
        if !later && status.sequence > settlement.sequence {
            self.open_environment()?;
            self.authenticate_card(&identity.card)?;
        }
        if later || status.sequence > settlement.sequence {
            return self.look_in_the_log(settlement, status.sequence);
        }
        let ask = question::prove(settlement.sequence);
        let answer = self.card.ask(&ask, &mut self.progress)?;
        match two_macs(&answer.data).filter(|_| answer.is_ok()) {
            Some((mac2, tac)) => {
                Ok(Outcome::Booked(Booked { tac, mac2: Some(mac2), recovered: true }))
            }
            None => Err(in_doubt(settlement, "the card does not prove its last entry")),
        }
    }

    /// The log tells whose an entry is: the terminal, the moment and the amounts are in it.
    fn look_in_the_log(
        &mut self,
        settlement: &Settlement,
        last: u32,
    ) -> Result<Outcome, MedicalError> {
        self.open_ledger_to_read(&settlement.card)?;
        let number = last.wrapping_sub(settlement.sequence).saturating_add(1);
        let number = u8::try_from(number).ok().filter(|number| *number <= LOG_RECORDS);
        let entry = match number {
            Some(number) => self.log_entry(number)?,
            None => None,
        };
        match entry {
            Some(entry) if is_of(&entry, settlement) => {
                Ok(Outcome::Booked(Booked { tac: entry.tac, mac2: None, recovered: true }))
            }
            Some(entry) if entry.sequence == settlement.sequence => Ok(Outcome::NotBooked),
            _ => Err(in_doubt(settlement, "the card's log does not reach back to it")),
        }
    }

    /// An entry of the log, 1 the newest; `None` when there is none.
    pub(super) fn log_entry(&mut self, number: u8) -> Result<Option<LogEntry>, MedicalError> {
        let ask = question::read_entry(number);
        let answer = self.card.ask(&ask, &mut self.progress)?;
        match answer.status.0 {
            0x9000 => Ok(LogEntry::of(&answer.data)),
            0x6A83 => Ok(None),
            _ => Err(self.card.refused(&ask, answer.status).into()),
        }
    }

    /// Has the PSAM check that the card has booked; false when it cannot any more.
    pub(super) fn is_checked(
        &mut self,
        settlement: &Settlement,
        booked: &Booked,
    ) -> Result<bool, MedicalError> {
        let Some(mac2) = booked.mac2 else { return Ok(false) };
        let ask = question::sam_check(settlement.sequence, settlement.balance_after, mac2);
        match self.ask_psam(&ask) {
            Ok(_) => Ok(true),
            Err(error) if error.is_silence() => Ok(false),
            // It has lost power in between and knows of no settlement.
            Err(error) if error.is_status(0x6985) || error.is_status(0x6901) => Ok(false),
            Err(MedicalError::Terminal(TerminalError::Refused { status, .. }))
                if status.0 >> 8 == 0x63 =>
            {
                Err(MedicalError::WrongMac2)
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) fn in_doubt(settlement: &Settlement, why: impl Into<String>) -> MedicalError {
    let (sequence, amount) = (settlement.sequence, settlement.amounts.account);
    MedicalError::InDoubt { sequence, amount, why: why.into() }
}

/// The card has booked, and something after that failed: what is booked is told with it.
pub(super) fn booked_but(settlement: &Settlement, tac: Mac4, why: MedicalError) -> MedicalError {
    MedicalError::Booked {
        card: settlement.card.number.clone(),
        sequence: settlement.sequence,
        amount: settlement.amounts.account,
        tac: hex::encode_upper(tac),
        why: Box::new(why),
    }
}

/// Whether an entry of the log is this settlement.
fn is_of(entry: &LogEntry, settlement: &Settlement) -> bool {
    entry.sequence == settlement.sequence
        && entry.kind == 0x32
        && entry.terminal == settlement.terminal
        && entry.when == settlement.when.bytes()
        && entry.amounts == settlement.amounts
}

/// Whether this status word says for sure that nothing was booked.
const fn is_sure_refusal(status: u16) -> bool {
    matches!(status, 0x9302 | 0x9303 | 0x6700 | 0x9401..=0x9403)
        || matches!(status >> 8, 0x69 | 0x6A | 0x6D | 0x6E)
        || matches!(status, 0x9481..=0x948F)
}
