//! A visit: who may settle where, what it costs, and the receipt.

use crate::terminal::{Fen, Party, TerminalError, answer::Mac4};

use super::{
    answer::{Figures, Status},
    authority::{
        Authority,
        books::{RowState, Source},
        contact::CardNow,
    },
    desk::{Station, StationPsam},
    entry::{Amounts, Settlement},
    error::MedicalError,
    identity::{Entitlement, Identity, year_of},
    lists::{Institution, InstitutionKind},
    settle::{Booked, Outcome, Settling, booked_but, in_doubt},
    tariff::{Bill, Situation, off_line_price},
};

/// Entries before the limit from which on a receipt warns: of 60 from 55 on.
const WARNING_ENTRIES: u8 = 5;

/// What became of a settlement at the authority.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// It counts.
    Posted,
    /// A person has to look at it, or something before it is missing.
    Suspense(String),
    /// Nobody was told yet: it is in the journal.
    Later,
}

/// A settlement that is booked and checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Where.
    pub institution: String,
    /// Whose card.
    pub name: String,
    /// What is booked.
    pub settlement: Settlement,
    /// The card's TAC.
    pub tac: [u8; 4],
    /// Entries since the last statement.
    pub unstated: u8,
    /// From so many on nothing is settled.
    pub limit: u8,
    /// Its answer was lost, and the card has proved it.
    pub recovered: bool,
    /// What the authority says.
    pub told: Told,
}

impl Receipt {
    /// The holder has to be told that a statement is due soon.
    #[must_use]
    pub const fn warns(&self) -> bool {
        self.unstated >= self.limit.saturating_sub(WARNING_ENTRIES)
    }
}

impl Station<'_> {
    /// Settles a visit: on line with an authority, without one off line where that is allowed.
    /// Interrupted, it finds out by itself what became of it.
    ///
    /// # Errors
    /// [`MedicalError`]; what is open is in the journal then.
    pub fn visit(
        &mut self,
        mut authority: Option<&mut Authority>,
        bill: &Bill,
    ) -> Result<Receipt, MedicalError> {
        let institution = self.may_settle(bill)?;
        let mut last = None;
        for _ in 0..self.settings.tries {
            match self.attempt(authority.as_deref_mut(), bill, &institution) {
                Ok(Some(receipt)) => return Ok(receipt),
                Ok(None) => {
                    let asked = "book the settlement".to_owned();
                    let whom = Party::Card;
                    last = Some(MedicalError::from(TerminalError::Silence { whom, asked }));
                }
                Err(error) if error.is_silence() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        let tries = self.settings.tries;
        let asked = "begin".to_owned();
        let last =
            last.unwrap_or_else(|| TerminalError::Silence { whom: Party::Card, asked }.into());
        Err(MedicalError::GivenUp { tries, last: Box::new(last) })
    }

    /// The institution has to be designated, and to settle such visits.
    fn may_settle(&self, bill: &Bill) -> Result<Institution, MedicalError> {
        let institution = self.settings.institution.clone();
        let institution =
            institution.ok_or(MedicalError::NotDesignated { code: "this station".into() })?;
        if !institution.kind.settles(bill.class) {
            let expected = match institution.kind {
                InstitutionKind::Hospital => "0 to 5 or 9, a visit for care,",
                InstitutionKind::Pharmacy => "6, a pharmacy's,",
            };
            let name = institution.name;
            return Err(MedicalError::Class { class: bill.class, expected, name });
        }
        if bill.total == Fen(0) {
            // It would be an entry like another, and bring the next statement nearer.
            let (what, expected) = ("what a visit costs", "more than 0.00".to_owned());
            return Err(TerminalError::Order { what, expected, got: bill.total.to_string() }.into());
        }
        Ok(institution)
    }

    /// `None`: nothing was booked, for the card did not answer.
    fn attempt(
        &mut self,
        mut authority: Option<&mut Authority>,
        bill: &Bill,
        institution: &Institution,
    ) -> Result<Option<Receipt>, MedicalError> {
        let identity = self.identify()?;
        if let Some(open) = self.journal.in_doubt(&identity.card.number) {
            return Err(MedicalError::Open(open.in_words()));
        }
        let psam = self.open_psam()?;
        self.authenticate_card(&identity.card)?;
        let entitlement = self.entitlement(&identity.card)?;
        let is_away = !entitlement.is_region_of(&psam.terminal);
        is_entitled(bill, &entitlement, is_away)?;
        let price;
        let now = match authority.as_deref_mut() {
            Some(authority) => {
                match self.upload(authority) {
                    // An old entry, of whatever card: the authority has it, and this visit goes on.
                    Err(error @ MedicalError::NotPosted { .. }) => {
                        self.tell(Party::Host, "take what was kept", error.to_string());
                    }
                    told => drop(told?),
                }
                let met = self.meet(authority, &identity.card, psam.terminal)?;
                price = authority.price(&identity.card, &entitlement, &psam.terminal, bill)?;
                met.now
            }
            None => {
                self.may_be_off_line(&identity, institution, is_away)?;
                pays_no_fund(bill)?;
                let now = self.card_alone(&identity, &psam)?;
                let situation = Situation {
                    balance: now.figures.balance,
                    deductible: Fen(0),
                    out_of_area: is_away,
                    single_limit: now.figures.single_limit,
                };
                price = off_line_price(bill, &situation);
                is_within_limits(&now.figures, &price.amounts)?;
                now
            }
        };
        self.settles_now(&now)?;
        let mode = if authority.is_some() { 1 } else { 2 };
        let settling = Settling { card: &identity.card, psam, price, class: bill.class, mode };
        let Some((settlement, prepared, booked)) = self.book(&settling)? else { return Ok(None) };
        let told = self.confirm(authority, &settlement, &booked)?;
        Ok(Some(Receipt {
            institution: institution.name.clone(),
            name: identity.name,
            settlement,
            tac: booked.tac,
            unstated: prepared.unstated.saturating_add(1),
            limit: now.status.limit,
            recovered: booked.recovered,
            told,
        }))
    }

    /// How the card stands, from itself alone.
    fn card_alone(
        &mut self,
        identity: &Identity,
        psam: &StationPsam,
    ) -> Result<CardNow, MedicalError> {
        let status = self.open_ledger_to_read(&identity.card)?;
        let figures = self.figures()?;
        Ok(CardNow { status, figures, terminal: psam.terminal, when: self.settings.when })
    }

    /// Off line only with a licence, a fresh list, and a card of the own region that is not on it.
    fn may_be_off_line(
        &self,
        identity: &Identity,
        institution: &Institution,
        is_away: bool,
    ) -> Result<(), MedicalError> {
        let no = |why: String| Err(MedicalError::NotOffLine(why));
        let when = &self.settings.when;
        if !institution.off_line {
            return no(format!("{} has no licence for it", institution.name));
        }
        match &self.deny {
            None => return no("there is no deny list".into()),
            Some(deny) if !deny.is_fresh(when) => {
                return no(format!("the deny list of {} is no good at {when}", deny.when()));
            }
            Some(deny) => {
                if let Some(reason) = deny.reason(&identity.card.number) {
                    let (card, reason) = (identity.card.number.clone(), reason.to_owned());
                    return Err(MedicalError::Listed { card, reason });
                }
            }
        }
        match is_away {
            true => no("the card is of another region".into()),
            false => Ok(()),
        }
    }

    /// State, year and statement.
    fn settles_now(&self, now: &CardNow) -> Result<(), MedicalError> {
        self.is_in_use(now)?;
        let Status { unstated, limit, year, .. } = now.status;
        let today = year_of(&self.settings.when);
        if year != today {
            let [ledger, today] = [year, today].map(hex::encode);
            return Err(MedicalError::OtherYear { ledger, today });
        }
        match unstated >= limit {
            true => Err(MedicalError::StatementDue { unstated }),
            false => Ok(()),
        }
    }

    /// Has the booking checked, keeps the TAC, and tells the authority.
    fn confirm(
        &mut self,
        authority: Option<&mut Authority>,
        settlement: &Settlement,
        booked: &Booked,
    ) -> Result<Told, MedicalError> {
        let is_checked = self.is_checked(settlement, booked)?;
        let told = self.keep_and_tell(authority, settlement, booked.tac, is_checked);
        told.map_err(|why| booked_but(settlement, booked.tac, why))
    }

    fn keep_and_tell(
        &mut self,
        authority: Option<&mut Authority>,
        settlement: &Settlement,
        tac: Mac4,
        is_checked: bool,
    ) -> Result<Told, MedicalError> {
        self.journal.book(settlement, tac, is_checked)?;
        let Some(authority) = authority else {
            return match is_checked {
                true => Ok(Told::Later),
                false => Err(in_doubt(settlement, UNCHECKED)),
            };
        };
        let (state, why) = authority.settled(settlement, tac, Source::Online)?;
        self.journal.remove(settlement)?;
        let sequence = settlement.sequence;
        let told = match state {
            RowState::Posted | RowState::Duplicate => Told::Posted,
            RowState::Suspense => Told::Suspense(why),
            RowState::Rejected => return Err(MedicalError::NotPosted { sequence, why }),
        };
        let came = match &told {
            Told::Suspense(why) => format!("in suspense: {why}"),
            _ => "posted, its TAC fits".into(),
        };
        self.tell(Party::Host, &format!("take entry {sequence}"), came);
        Ok(told)
    }

    /// Settles what the journal holds in doubt, with the card in the reader: of several cards what
    /// is open with this one. `None`: nothing is in doubt.
    ///
    /// # Errors
    /// [`MedicalError`]: it stays open.
    /// [`MedicalError::Booked`]: the card says that it is booked, and without an authority nobody
    /// could check that.
    pub fn recover(
        &mut self,
        authority: Option<&mut Authority>,
    ) -> Result<Option<Recovered>, MedicalError> {
        let Some(settlement) = self.doubtful_one()? else {
            let mut rows = self.journal.rows().iter().filter(|row| row.unchecked);
            return match (authority, rows.next()) {
                (None, Some(row)) => {
                    let why = in_doubt(&row.settlement, UNCHECKED);
                    Err(booked_but(&row.settlement, row.tac.unwrap_or_default(), why))
                }
                _ => Ok(None),
            };
        };
        self.open_psam()?;
        match self.find_out(&settlement, true)? {
            Outcome::NotBooked => {
                self.journal.remove(&settlement)?;
                Ok(Some(Recovered::NotBooked(settlement)))
            }
            Outcome::Booked(booked) => {
                let told = self.confirm(authority, &settlement, &booked)?;
                Ok(Some(Recovered::Booked(settlement, booked.tac, told)))
            }
        }
    }

    /// The settlement in doubt; of several that of the card in the reader, if there is one.
    fn doubtful_one(&mut self) -> Result<Option<Settlement>, MedicalError> {
        let first = self.journal.any_in_doubt().cloned();
        if self.journal.doubtful().nth(1).is_none() {
            return Ok(first);
        }
        let number = self.identify()?.card.number;
        Ok(self.journal.in_doubt(&number).cloned().or(first))
    }
}

/// Why what a card alone says is not enough.
const UNCHECKED: &str = "the card says so, unchecked: the PSAM cannot check it any more and there \
                         is no authority that could";

/// What became of a settlement that was open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recovered {
    /// Nothing was booked.
    NotBooked(Settlement),
    /// It was booked, with this TAC.
    Booked(Settlement, [u8; 4], Told),
}

/// What item 81 has to say for a bill.
fn is_entitled(bill: &Bill, entitlement: &Entitlement, is_away: bool) -> Result<(), MedicalError> {
    for (asked, has, what) in [
        (is_away, entitlement.out_of_area(), "care out of the insured area (item 81)"),
        (bill.pool, entitlement.pool(), "the out-patient pool (item 81)"),
        (
            bill.chronic || bill.class == '5',
            entitlement.chronic(),
            "visits for a chronic disease (item 81)",
        ),
    ] {
        if asked && !has {
            return Err(MedicalError::NotEntitled(what));
        }
    }
    Ok(())
}

/// Off line: nobody is there who could say what the fund pays, so nothing is settled of which it
/// pays a part (own choice: the pool, and classes 1 to 5).
fn pays_no_fund(bill: &Bill) -> Result<(), MedicalError> {
    let what = match (bill.pool, bill.class) {
        (true, _) => "the out-patient pool pays a part".to_owned(),
        (_, '1'..='5') => format!("the fund pays of class {}", bill.class),
        _ => return Ok(()),
    };
    Err(MedicalError::NotOffLine(format!("{what}, and the authority alone knows how much")))
}

/// Off line: what was settled so stays below both limits.
fn is_within_limits(figures: &Figures, amounts: &Amounts) -> Result<(), MedicalError> {
    let no = |why: String| Err(MedicalError::NotOffLine(why));
    if !figures.offline_allowed {
        return no("the card does not allow it".into());
    }
    let amount = u64::from(figures.offline.0) + u64::from(amounts.account.0);
    if amount >= u64::from(figures.offline_limit.0) {
        return no(format!(
            "{} is settled so already, and with {} it would not stay below {}",
            figures.offline, amounts.account, figures.offline_limit
        ));
    }
    if u16::from(figures.offline_count) + 1 >= u16::from(figures.offline_count_limit) {
        return no(format!(
            "{} were settled so already, and one more would not stay below {}",
            figures.offline_count, figures.offline_count_limit
        ));
    }
    Ok(())
}
