//! A card that meets its authority: it is stopped if it has to be, its log fills the gaps of the
//! books, and it carries out what was ordered.

use crate::terminal::{
    Answer, Party, TerminalError,
    answer::{Mac4, TerminalId, two_macs},
};

use super::{
    answer::{Prepared, PreparedCredit, State, Status},
    authority::{
        Authority,
        books::{RowState, Source},
        contact::CardNow,
        keys::Reversal,
        order::{Order, Ordered},
    },
    desk::Station,
    entry::CardId,
    error::MedicalError,
    question::{self, Ask},
    settle::LOG_RECORDS,
};

/// Orders of one contact: more than this are for the next one.
const ORDERS_MAX: usize = 32;

/// The card says that it will never carry this order out: not for its state of the moment, but for
/// what is ordered.
fn refused_for_good(error: &MedicalError) -> Option<u16> {
    let MedicalError::Terminal(TerminalError::Refused { status, .. }) = error else { return None };
    let for_good = [0x9401, 0x9402, 0x9403, 0x9488, 0x9489, 0x6A80];
    for_good.contains(&status.0).then_some(status.0)
}

/// What a contact came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Met {
    /// How the card stands now.
    pub now: CardNow,
    /// How many orders it has carried out.
    pub orders: usize,
    /// Number and status word of the last order it has refused for good; it is taken out.
    pub refused: Option<(u32, u16)>,
}

impl Station<'_> {
    /// Sends the authority what it has not confirmed. How many it has now.
    ///
    /// # Errors
    /// [`MedicalError::NotPosted`] for the first that it rejects; it is not kept any more, for the
    /// authority has it.
    pub fn upload(&mut self, authority: &mut Authority) -> Result<usize, MedicalError> {
        let rows: Vec<_> = self.journal.booked().map(|(row, tac)| (row.clone(), tac)).collect();
        let mut refused = None;
        for (settlement, tac) in &rows {
            let (state, why) = authority.settled(settlement, *tac, Source::Batch)?;
            self.journal.remove(settlement)?;
            let came = match state {
                RowState::Posted => "posted".to_owned(),
                RowState::Duplicate => "it has it already".to_owned(),
                RowState::Suspense => format!("in suspense: {why}"),
                RowState::Rejected => format!("rejected: {why}"),
            };
            self.tell(Party::Host, &format!("take entry {}", settlement.sequence), came);
            if state == RowState::Rejected && refused.is_none() {
                refused = Some(MedicalError::NotPosted { sequence: settlement.sequence, why });
            }
        }
        refused.map_or(Ok(rows.len()), Err)
    }

    /// Has a card meet its authority. The card was identified; the ledger stays selected, with the
    /// right to read it.
    ///
    /// # Errors
    /// [`MedicalError`]; a card that is not served is frozen first.
    pub fn meet(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        terminal: TerminalId,
    ) -> Result<Met, MedicalError> {
        self.stop(authority, card)?;
        authority.serves(card)?;
        let mut status = self.open_ledger_to_read(card)?;
        self.fill_the_gaps(authority, card, &status)?;
        let (mut orders, mut refused) = (0, None);
        for _ in 0..=ORDERS_MAX {
            let (figures, when) = (self.figures()?, self.settings.when);
            let now = CardNow { status, figures, terminal, when };
            let next = authority.next_order(card, &now)?.filter(|_| orders < ORDERS_MAX);
            let Some(ordered) = next else { return Ok(Met { now, orders, refused }) };
            match self.carry_out(authority, card, &ordered, &now) {
                Ok(()) => orders += 1,
                Err(error) => {
                    let Some(word) = refused_for_good(&error) else { return Err(error) };
                    authority.cancel(card, ordered.asn)?;
                    refused = Some((ordered.asn, word));
                    let came = format!("taken out, the card refuses it: {error}");
                    self.tell(Party::Host, &format!("order {}", ordered.asn), came);
                }
            }
            let ask = question::status();
            status = self.card.read(&ask, "12 bytes", &mut self.progress, Status::of)?;
        }
        let (figures, when) = (self.figures()?, self.settings.when);
        Ok(Met { now: CardNow { status, figures, terminal, when }, orders, refused })
    }

    /// A card that is not to be served is frozen, one that is dead is ended.
    fn stop(&mut self, authority: &mut Authority, card: &CardId) -> Result<(), MedicalError> {
        let (_, status) = self.open_ledger()?;
        let Some(ordered) = authority.stops(card, &status)? else { return Ok(()) };
        self.order_without_entry(authority, card, &ordered)
    }

    /// FREEZE and its like need no figures of the card.
    fn order_without_entry(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        ordered: &Ordered,
    ) -> Result<(), MedicalError> {
        let challenge = self.card.get(&question::get_challenge(0x08), &mut self.progress)?;
        let apdu = authority.stopping(card, ordered, self.settings.when, &challenge)?;
        if self.order(apdu, ordered)?.is_some() {
            authority.done(card, ordered.asn)?;
        }
        Ok(())
    }

    /// The entries the books do not have are read from the card's log, the oldest first.
    fn fill_the_gaps(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        status: &Status,
    ) -> Result<(), MedicalError> {
        let missing = authority.missing(card, status)?;
        if missing.is_empty() {
            return Ok(());
        }
        let online = self.figures()?.online;
        for sequence in
            missing.rev().take(usize::from(LOG_RECORDS)).collect::<Vec<_>>().iter().rev()
        {
            let number = status.sequence.wrapping_sub(*sequence).saturating_add(1);
            let entry = self.log_entry(u8::try_from(number).unwrap_or(u8::MAX))?;
            let Some(entry) = entry else { continue };
            let (state, why) = authority.logged(card, &entry, online)?;
            let came = match state {
                RowState::Posted => "posted".into(),
                RowState::Duplicate => "it has it already".into(),
                RowState::Suspense | RowState::Rejected => format!("in suspense: {why}"),
            };
            let asked = format!("take entry {sequence} of the card's log");
            self.tell(Party::Host, &asked, came);
        }
        Ok(())
    }

    /// Carries out one order.
    fn carry_out(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        ordered: &Ordered,
        now: &CardNow,
    ) -> Result<(), MedicalError> {
        let asked = format!("order {}", ordered.asn);
        self.tell(Party::Host, &asked, ordered.order.in_words());
        match ordered.order {
            Order::Credit { fen } => self.credit(authority, card, ordered, now, fen),
            Order::Refund { sequence } => self.refund(authority, card, ordered, now, sequence),
            _ => {
                let challenge =
                    self.card.get(&question::get_challenge(0x08), &mut self.progress)?;
                let apdu = authority.command(card, ordered, now, &challenge)?;
                if let Some(data) = self.order(apdu, ordered)? {
                    authority.carried_out(card, ordered, now, &data)?;
                }
                Ok(())
            }
        }
    }

    /// Sends a command with the authority's MAC; `None` when the card says that it is done already.
    fn order(&mut self, apdu: Vec<u8>, ordered: &Ordered) -> Result<Option<Vec<u8>>, MedicalError> {
        let ask = Ask::whole(apdu, ordered.order.in_words());
        self.asked_once(&ask)
    }

    fn asked_once(&mut self, ask: &Ask) -> Result<Option<Vec<u8>>, MedicalError> {
        let Answer { data, status } = self.card.ask(ask, &mut self.progress)?;
        match status.0 {
            0x9000 => Ok(Some(data)),
            // The authority number is an old one: what it ordered is done, its answer was lost.
            0x9487 => Ok(None),
            _ => Err(self.card.refused(ask, status).into()),
        }
    }

    fn credit(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        ordered: &Ordered,
        now: &CardNow,
        fen: u32,
    ) -> Result<(), MedicalError> {
        let (terminal, when) = (now.terminal, now.when);
        let ask = question::prepare_credit(1, crate::terminal::Fen(fen), terminal, ordered.asn);
        let Some(data) = self.asked_once(&ask)? else { return Ok(()) };
        let malformed = |line: &crate::terminal::line::Line<'_>, expected, data: &[u8]| {
            MedicalError::from(line.malformed(&ask, expected, data))
        };
        let prepared =
            PreparedCredit::of(&data).ok_or_else(|| malformed(&self.card, "20 bytes", &data))?;
        let mac2 = authority.allow_credit(card, ordered, &prepared, (terminal, when))?;
        let commit = question::commit_credit(when, mac2);
        let exact = |data: &[u8]| Mac4::try_from(data).ok();
        let tac = self.card.read(&commit, "4 bytes, the TAC", &mut self.progress, exact)?;
        authority.credited(card, ordered, &prepared.online, (terminal, when), tac)?;
        Ok(())
    }

    fn refund(
        &mut self,
        authority: &mut Authority,
        card: &CardId,
        ordered: &Ordered,
        now: &CardNow,
        entry: u32,
    ) -> Result<(), MedicalError> {
        let amounts = authority.refunded_amounts(card, entry)?;
        let reversal = Reversal {
            kind: 0x02,
            reference: entry,
            amounts,
            terminal: now.terminal,
            asn: ordered.asn,
            when: now.when,
        };
        let Reversal { kind, terminal, asn, .. } = reversal;
        let ask = question::prepare_reversal(kind, 1, entry, &amounts, terminal, asn);
        let Some(data) = self.asked_once(&ask)? else { return Ok(()) };
        let prepared =
            Prepared::of(&data).ok_or_else(|| self.card.malformed(&ask, "18 bytes", &data))?;
        let mac1 = authority.allow_refund(card, &prepared, &reversal)?;
        let commit = question::commit_reversal(now.when, mac1);
        let macs =
            self.card.read(&commit, "8 bytes, TAC and MAC2", &mut self.progress, two_macs)?;
        authority.refunded(card, &prepared, &reversal, macs)?;
        Ok(())
    }

    /// The ledger has to be one that settles.
    pub(super) fn is_in_use(&self, now: &CardNow) -> Result<(), MedicalError> {
        match now.status.state {
            State::Active => Ok(()),
            state => Err(MedicalError::State {
                state: super::words::state(state),
                expected: "one that is in use",
            }),
        }
    }
}
