//! A small authority: accounts, prices, orders to cards and their MACs, and the journal in which
//! every entry of every card stands once. Own design.
//!
//! | module | what it answers |
//! |---|---|
//! | [`books`] | accounts and rows: what is posted, what waits, what is refused |
//! | [`order`] | what a card is ordered to do |
//! | [`contact`] | how an order is carried out, and what is made of the card's answer |
//! | [`keys`](mod@keys) | the authority's keys and the MACs it makes and checks |
//!
//! Invariants:
//! * an authority number is in the books before it leaves the house, and is given once;
//! * a MAC is made for an account that may do what it allows, and for its own card alone;
//! * what is told of a card is checked by its TAC wherever all that goes into it is known.

pub mod books;
pub mod contact;
mod error;
pub mod keys;
pub mod order;
#[cfg(test)]
mod tests;

pub use self::error::AuthorityError;

use std::path::Path;

use crate::terminal::{
    Fen, Moment,
    answer::Mac4,
    kept::{Kept, KeptError},
};

use super::{
    answer::LogEntry,
    entry::{CardId, Settlement},
    identity::{Entitlement, Identity, year_of},
    tariff::{Bill, MedicalTariff, Price, Situation},
};

use self::{
    books::{Account, AccountState, Books, Limits, Row, RowState, Source},
    error::not_now,
    keys::AuthorityKeys,
    order::{Order, Ordered, Reason},
};

/// Entries of a card's log.
const LOG_ENTRIES: u16 = 64;

/// The authority.
#[derive(Debug)]
pub struct Authority {
    keys: AuthorityKeys,
    tariff: MedicalTariff,
    books: Books,
    file: Option<Kept>,
}

impl Authority {
    /// One with empty books in memory.
    #[must_use]
    pub fn new(keys: AuthorityKeys, tariff: MedicalTariff) -> Self {
        Self { keys, tariff, books: Books::default(), file: None }
    }

    /// Keeps its books in a file; what is in it is read first.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn with_books(mut self, path: &Path) -> Result<Self, KeptError> {
        let file = Kept::claim("book of an authority", path)?;
        if let Some(text) = file.read()? {
            self.books = toml::from_str(&text).map_err(|error| file.damaged(error.to_string()))?;
        }
        self.file = Some(file);
        Ok(self)
    }

    /// One with the same books, which nobody keeps: for what might be.
    #[must_use]
    pub fn fork(&self) -> Self {
        let Self { keys, tariff, books, .. } = self;
        let (keys, tariff, books) = (keys.clone(), tariff.clone(), books.clone());
        Self { keys, tariff, books, file: None }
    }

    /// Its books.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// Its keys.
    #[must_use]
    pub const fn keys(&self) -> &AuthorityKeys {
        &self.keys
    }

    /// The account of a card.
    ///
    /// # Errors
    /// [`AuthorityError::NoAccount`].
    pub fn account(&self, card: &CardId) -> Result<&Account, AuthorityError> {
        let account = self.books.account.get(&card.number).filter(|account| account.is_of(card));
        account.ok_or_else(|| AuthorityError::NoAccount(card.number.clone()))
    }

    fn account_mut(&mut self, card: &CardId) -> Result<&mut Account, AuthorityError> {
        let account = self.books.account.get_mut(&card.number);
        account
            .filter(|account| account.is_of(card))
            .ok_or_else(|| AuthorityError::NoAccount(card.number.clone()))
    }

    fn save(&self) -> Result<(), AuthorityError> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = toml::to_string(&self.books).map_err(|error| file.damaged(error.to_string()))?;
        Ok(file.write(&text)?)
    }

    /// Registers an account for a card that is not opened yet, and orders the opening.
    ///
    /// # Errors
    /// [`AuthorityError::SecondAccount`]: nobody has two cards in use.
    pub fn open(
        &mut self,
        identity: &Identity,
        balance: Fen,
        when: &Moment,
    ) -> Result<Ordered, AuthorityError> {
        self.register(identity, Fen(0), 0, when)?;
        self.order(&identity.card, Order::Open { fen: balance.0 })
    }

    /// Takes over an account as its card was made: with this balance and sequence.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn register(
        &mut self,
        identity: &Identity,
        balance: Fen,
        sequence: u32,
        when: &Moment,
    ) -> Result<(), AuthorityError> {
        let other = self.books.account.values().find(|account| {
            account.holder == identity.number && account.state != AccountState::Closed
        });
        if let Some(other) = other {
            return Err(AuthorityError::SecondAccount {
                holder: identity.number.clone(),
                card: other.card.number.clone(),
            });
        }
        // A card whose account is closed is listed for ever.
        if self.books.account.contains_key(&identity.card.number) {
            return Err(AuthorityError::NotNow {
                card: identity.card.number.clone(),
                state: "closed",
                event: "opened",
            });
        }
        let account = Account {
            holder: identity.number.clone(),
            state: AccountState::Open,
            stopped: None,
            balance,
            sequence,
            year: year_of(when),
            deductible: Fen(0),
            asn: 0,
            card: identity.card.clone(),
            limits: Limits::usual(),
            order: Vec::new(),
            cancelled: Vec::new(),
        };
        self.books.account.insert(identity.card.number.clone(), account);
        self.save()
    }

    /// Takes over the authority number a card that was made elsewhere has.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn asn_is(&mut self, card: &CardId, asn: u32) -> Result<(), AuthorityError> {
        let account = self.account_mut(card)?;
        account.asn = account.asn.max(asn);
        self.save()
    }

    /// Sets a card's limits; it gets them with the next reconciliation.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn set_limits(&mut self, card: &CardId, limits: Limits) -> Result<(), AuthorityError> {
        self.account_mut(card)?.limits = limits;
        self.save()
    }

    /// Orders a card to do something at its next contact. Of an account that is not served money
    /// does not move.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn order(&mut self, card: &CardId, order: Order) -> Result<Ordered, AuthorityError> {
        if order.makes_an_entry() && order != Order::Close {
            self.serves(card)?;
        }
        self.judge_order(card, &order)?;
        let account = self.account_mut(card)?;
        account.asn += 1;
        let ordered = Ordered { asn: account.asn, order };
        account.order.push(ordered);
        self.save()?;
        Ok(ordered)
    }

    /// What the card surely refuses is not ordered.
    fn judge_order(&self, card: &CardId, order: &Order) -> Result<(), AuthorityError> {
        let account = self.account(card)?;
        match order {
            Order::Refund { sequence } => {
                self.refunded_amounts(card, *sequence)?;
                let is_back = self.books.row.iter().any(|row| {
                    let what = (row.kind, row.class, row.reference);
                    row.card == card.number
                        && what == (0x33, 0x02, *sequence)
                        && row.state == RowState::Posted
                });
                let is_ordered = account.order.iter().any(|ordered| ordered.order == *order);
                match is_back || is_ordered {
                    true => Err(AuthorityError::TakenBack(*sequence)),
                    false => Ok(()),
                }
            }
            Order::Adjust { plus: false, fen } if *fen > account.balance.0 => {
                Err(AuthorityError::TooMuch { balance: account.balance, amount: Fen(*fen) })
            }
            _ => Ok(()),
        }
    }

    /// Takes an order out that moves money. If the card has carried it out all the same, its log
    /// tells it.
    ///
    /// # Errors
    /// [`AuthorityError::NoOrder`].
    pub fn cancel(&mut self, card: &CardId, asn: u32) -> Result<Ordered, AuthorityError> {
        let account = self.account_mut(card)?;
        let at = account
            .order
            .iter()
            .position(|ordered| ordered.asn == asn && ordered.order.makes_an_entry());
        let Some(at) = at else {
            return Err(AuthorityError::NoOrder { card: card.number.clone(), asn });
        };
        let ordered = account.order.remove(at);
        account.cancelled.push(ordered);
        self.save()?;
        Ok(ordered)
    }

    /// An order is carried out, or is not to be any more.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn done(&mut self, card: &CardId, asn: u32) -> Result<(), AuthorityError> {
        self.account_mut(card)?.order.retain(|order| order.asn != asn);
        self.save()
    }

    /// Loss is reported: by telephone the account is held, in writing it is frozen.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn lost(&mut self, card: &CardId, when: Moment, why: Reason) -> Result<(), AuthorityError> {
        let account = self.account_mut(card)?;
        let next = match (account.state, why) {
            (AccountState::Closed, _) => return Err(not_now(account, "lost")),
            // What is frozen stays frozen, and is ordered once.
            (AccountState::Frozen, _) => return Ok(()),
            (_, Reason::Telephone) => AccountState::Held,
            _ => AccountState::Frozen,
        };
        account.state = next;
        account.stopped = account.stopped.or(Some(when));
        match next {
            AccountState::Frozen => self.order(card, Order::Freeze(why)).map(drop),
            _ => self.save(),
        }
    }

    /// The card is found: it is served again, and unfrozen at its next contact.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn found(&mut self, card: &CardId) -> Result<(), AuthorityError> {
        let account = self.account_mut(card)?;
        if !matches!(account.state, AccountState::Held | AccountState::Frozen) {
            return Err(not_now(account, "found"));
        }
        let was_frozen = account.state == AccountState::Frozen;
        account.state = AccountState::Open;
        account.stopped = None;
        match was_frozen {
            true => self.order(card, Order::Unfreeze(Reason::Written)).map(drop),
            false => self.save(),
        }
    }

    /// The lines of a deny list: every card that is not to be served.
    #[must_use]
    pub fn deny_list(&self, number: u32, when: &Moment) -> String {
        let mut list = format!("full {number} {when}\n");
        for (card, account) in &self.books.account {
            let reason = match account.state {
                AccountState::Open => continue,
                AccountState::Held => Reason::Telephone.in_words(),
                AccountState::Frozen => Reason::Written.in_words(),
                AccountState::Closed => "closed",
            };
            list.push_str(&format!("+ {card} {reason}\n"));
        }
        list
    }

    /// Whether the holder is to be served.
    ///
    /// # Errors
    /// [`AuthorityError::Stopped`] and [`AuthorityError::NoAccount`].
    pub fn serves(&self, card: &CardId) -> Result<(), AuthorityError> {
        let stopped = |why| Err(AuthorityError::Stopped { card: card.number.clone(), why });
        match self.account(card)?.state {
            AccountState::Open => Ok(()),
            AccountState::Held => stopped("its loss was reported by telephone"),
            AccountState::Frozen => stopped("its loss was reported in writing"),
            AccountState::Closed => stopped("its account is closed"),
        }
    }

    /// The price of a visit.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn price(
        &self,
        card: &CardId,
        entitlement: &Entitlement,
        terminal: &[u8; 6],
        bill: &Bill,
    ) -> Result<Price, AuthorityError> {
        self.serves(card)?;
        let account = self.account(card)?;
        let situation = Situation {
            balance: account.balance,
            deductible: account.deductible,
            out_of_area: !entitlement.is_region_of(terminal),
            single_limit: account.limits.single,
        };
        self.tariff.price(bill, &situation).ok_or(AuthorityError::NoClass(bill.class))
    }

    /// Posts a settlement a terminal tells of.
    ///
    /// # Errors
    /// [`AuthorityError`]: it could not be judged or kept, and has to be told again.
    pub fn settled(
        &mut self,
        settlement: &Settlement,
        tac: Mac4,
        source: Source,
    ) -> Result<(RowState, String), AuthorityError> {
        let row = Row::of_settlement(settlement, tac, source);
        let fits = self.keys.tac(&settlement.card, &settlement.tac_message())?.is(&tac);
        let posted = if fits { self.books.post(row) } else { self.books.reject(row) };
        self.save()?;
        Ok(posted)
    }

    /// Posts what the log of a card tells and the books do not have; `online` is the card's
    /// counter of bookings on line now. An entry made of an order is posted if its TAC fits an
    /// order that was given, which is done by that; a settlement's TAC cannot be checked without
    /// the terminal's counter, and it is marked so.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn logged(
        &mut self,
        card: &CardId,
        entry: &LogEntry,
        online: u16,
    ) -> Result<(RowState, String), AuthorityError> {
        let made_of = self.order_of(card, entry, online)?;
        let row = Row { unchecked: made_of.is_none(), ..Row::of_log(&card.number, entry) };
        let posted = self.books.post(row);
        if let Some(asn) = made_of.filter(|_| posted.0 == RowState::Posted) {
            self.done(card, asn)?;
        }
        self.save()?;
        Ok(posted)
    }

    /// The order an entry was made of: the one its TAC fits.
    fn order_of(
        &self,
        card: &CardId,
        entry: &LogEntry,
        online: u16,
    ) -> Result<Option<u32>, AuthorityError> {
        let account = self.account(card)?;
        for ordered in account.order.iter().chain(&account.cancelled) {
            if ordered.order.kind() != Some(entry.kind) {
                continue;
            }
            // The counter at that time is one of the log's length back.
            for counter in online.saturating_sub(LOG_ENTRIES)..=online {
                let message = contact::order_tac_message(entry, ordered.asn, counter);
                if self.keys.tac(card, &message)?.is(&entry.tac) {
                    return Ok(Some(ordered.asn));
                }
            }
        }
        Ok(None)
    }

    /// Posts an entry that the card has made of an order; its TAC was checked.
    pub(super) fn book(
        &mut self,
        card: &CardId,
        entry: &LogEntry,
    ) -> Result<(RowState, String), AuthorityError> {
        let row = Row::of_log(&card.number, entry);
        let posted = self.books.post(Row { source: Source::Online, unchecked: false, ..row });
        self.save()?;
        Ok(posted)
    }
}
