//! What the authority sends a card and what it makes of the answers: one order after the other.

use tessera_framework::pin::equal_in_constant_time;

use crate::terminal::{
    Fen, Moment,
    answer::{Mac4, TerminalId},
    medical::{
        answer::{Figures, LogEntry, Online, Prepared, PreparedCredit, State, Status},
        entry::{Amounts, CardId},
        identity::year_of,
    },
};

use super::{
    Authority, AuthorityError,
    books::{Account, AccountState, RowState},
    keys::Reversal,
    order::{Order, Ordered, Reason},
};

/// First day of a ledger's year.
const FIRST_OF_JANUARY: [u8; 2] = [0x01, 0x01];

/// How the card stands, and where and when it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardNow {
    /// Its short status.
    pub status: Status,
    /// Its figures.
    pub figures: Figures,
    /// The terminal.
    pub terminal: TerminalId,
    /// The moment.
    pub when: Moment,
}

impl Authority {
    /// What has to be done with a card before anything else, told by its short status alone: a card
    /// that is not served is frozen, one that is dead is ended for ever. What the card is already
    /// is ordered no more.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn stops(
        &mut self,
        card: &CardId,
        status: &Status,
    ) -> Result<Option<Ordered>, AuthorityError> {
        let Ok(account) = self.account_mut(card) else { return Ok(None) };
        if account.state == AccountState::Open || status.state == State::New {
            return Ok(None);
        }
        let is_so = |order: &Order| match order {
            Order::Freeze(_) => status.state != State::Active,
            Order::Terminate(_) => status.state == State::Terminated,
            _ => false,
        };
        account.order.retain(|ordered| !is_so(&ordered.order));
        let stops = |order: &Order| matches!(order, Order::Freeze(_) | Order::Terminate(_));
        let next = account.order.iter().copied().find(|ordered| stops(&ordered.order));
        self.save().map(|()| next)
    }

    /// Compares the card with the books. The sequences the books do not have are read from the
    /// card's log next.
    ///
    /// # Errors
    /// [`AuthorityError::WentBack`].
    pub fn missing(
        &self,
        card: &CardId,
        status: &Status,
    ) -> Result<std::ops::Range<u32>, AuthorityError> {
        let account = self.account(card)?;
        let (books, card) = (account.sequence, status.sequence);
        if card < books && status.state != State::New {
            return Err(AuthorityError::WentBack { card, books });
        }
        Ok(books.saturating_add(1)..card.saturating_add(1))
    }

    /// The next order for the card, with what the calendar and the figures ask for; `None` when
    /// nothing is left to do.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn next_order(
        &mut self,
        card: &CardId,
        now: &CardNow,
    ) -> Result<Option<Ordered>, AuthorityError> {
        let account = self.account_mut(card)?;
        // A freeze or the like whose number the card has is done. An order that makes an entry is
        // done when its row is posted; one that a greater number has overtaken gets a new one, but
        // only if the books have all of the card's entries: it might be among those they lack.
        let has = |ordered: &Ordered| ordered.asn <= now.figures.asn;
        let before = account.order.clone();
        account.order.retain(|ordered| !has(ordered) || ordered.order.makes_an_entry());
        if agrees(account, now) {
            let (overtaken, kept): (Vec<_>, Vec<_>) = account.order.iter().copied().partition(has);
            account.order = kept;
            for Ordered { order, .. } in overtaken {
                account.asn = account.asn.max(now.figures.asn) + 1;
                account.order.push(Ordered { asn: account.asn, order });
            }
        }
        let next = account.order.iter().copied().find(|ordered| !has(ordered));
        if account.order != before {
            self.save()?;
        }
        if next.is_some() {
            return Ok(next);
        }
        let account = self.account(card)?;
        if now.status.state != State::Active {
            return Ok(None);
        }
        let agrees = agrees(account, now);
        let differs = now.figures.offline_count != 0 || !has_limits(account, now);
        let year = year_of(&now.when);
        if agrees && differs {
            return self.order(card, Order::Reconcile).map(Some);
        }
        if agrees && now.status.year < year {
            return self.order(card, Order::Year { year, fen: 0 }).map(Some);
        }
        Ok(None)
    }

    /// The command that carries an order out; that of a credit or a refund has two halves of its
    /// own.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn command(
        &self,
        card: &CardId,
        ordered: &Ordered,
        now: &CardNow,
        challenge: &[u8],
    ) -> Result<Vec<u8>, AuthorityError> {
        let account = self.account(card)?;
        let asn = ordered.asn.to_be_bytes();
        let (when, terminal) = (now.when.bytes(), now.terminal);
        let balance = account.balance.bytes();
        let (header, data): ([u8; 4], Vec<u8>) = match ordered.order {
            Order::Freeze(_) | Order::Unfreeze(_) | Order::Terminate(_) => {
                return self.stopping(card, ordered, now.when, challenge);
            }
            Order::Year { year, fen } => {
                let interest = fen.to_be_bytes();
                let data = [&year[..], &FIRST_OF_JANUARY, &interest, &balance, &asn, &when];
                ([0xD4, 0x4A, 0x00, 0x00], data.concat())
            }
            Order::Close => {
                let data = [&asn[..], &terminal, &when].concat();
                ([0xD4, 0x50, 0x00, Reason::Authority.byte()], data)
            }
            Order::Open { fen } => {
                ([0xD4, 0x52, 0x00, 0x00], opening(account, fen, &asn, &terminal, &when))
            }
            Order::Reconcile => {
                let (upto, limits) = (account.sequence.to_be_bytes(), limits(account));
                let unstated = [account.limits.unstated];
                let data = [&upto[..], &balance, &limits, &unstated, &asn, &when].concat();
                ([0xD4, 0x56, 0x00, 0x00], data)
            }
            Order::Adjust { plus, fen } => {
                let sign = if plus { b'+' } else { b'-' };
                let (amount, reference) = (fen.to_be_bytes(), [0; 4]);
                let reason = [0x01];
                let data = [&[sign][..], &amount, &reference, &reason, &asn, &terminal, &when];
                ([0xD4, 0x58, 0x00, 0x00], data.concat())
            }
            Order::Credit { .. } | Order::Refund { .. } => {
                return Err(AuthorityError::Mac {
                    mac: "order",
                    then: "a credit or a refund is begun by the card",
                });
            }
        };
        Ok(self.keys.seal(card, "ML-AK", header, &data, challenge)?)
    }

    /// The command that freezes, unfreezes or ends a card: nothing of the card goes into it.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn stopping(
        &self,
        card: &CardId,
        ordered: &Ordered,
        when: Moment,
        challenge: &[u8],
    ) -> Result<Vec<u8>, AuthorityError> {
        let (what, reason) = match ordered.order {
            Order::Unfreeze(reason) => (0x00, reason),
            Order::Terminate(reason) => (0x02, reason),
            Order::Freeze(reason) => (0x01, reason),
            _ => {
                let then = "this order needs the card's figures";
                return Err(AuthorityError::Mac { mac: "order", then });
            }
        };
        let data = [&ordered.asn.to_be_bytes()[..], &when.bytes()].concat();
        let header = [0xD4, 0x48, what, reason.byte()];
        Ok(self.keys.seal(card, "ML-AK", header, &data, challenge)?)
    }

    /// The card has carried an order out: what it answered is checked and booked.
    ///
    /// # Errors
    /// [`AuthorityError::Mac`]: nothing is booked, the order stays open.
    pub fn carried_out(
        &mut self,
        card: &CardId,
        ordered: &Ordered,
        now: &CardNow,
        answer: &[u8],
    ) -> Result<(), AuthorityError> {
        if !ordered.order.makes_an_entry() {
            return self.done(card, ordered.asn);
        }
        let wrong = AuthorityError::Mac { mac: "TAC", then: "nothing is booked" };
        let before = self.account(card)?.balance;
        let (amount, kind, class, balance) = match ordered.order {
            Order::Open { fen } => (fen, 0x37, 0, Some(fen)),
            Order::Year { fen, .. } => (fen, 0x36, 0, before.0.checked_add(fen)),
            Order::Adjust { plus: true, fen } => (fen, 0x35, b'+', before.0.checked_add(fen)),
            Order::Adjust { plus: false, fen } => (fen, 0x35, b'-', before.0.checked_sub(fen)),
            _ => (before.0, 0x38, 0, Some(0)),
        };
        let answer = if ordered.order == Order::Close { answer.get(4..) } else { Some(answer) };
        let (Some(parts), Some(balance)) = (answer.and_then(sequence_and_tac), balance) else {
            return Err(wrong);
        };
        let (sequence, tac) = parts;
        let is_year = matches!(ordered.order, Order::Year { .. });
        let entry = LogEntry {
            sequence,
            kind,
            class,
            flags: 0,
            terminal: if is_year { [0; 6] } else { now.terminal },
            when: now.when.bytes(),
            amounts: Amounts { account: Fen(amount), ..Amounts::default() },
            reference: 0,
            balance: Fen(balance),
            tac,
        };
        let message = order_tac_message(&entry, ordered.asn, now.figures.online);
        if !self.keys.tac(card, &message)?.is(&tac) {
            return Err(wrong);
        }
        self.booked(card, &entry, ordered.asn)
    }

    fn booked(&mut self, card: &CardId, entry: &LogEntry, asn: u32) -> Result<(), AuthorityError> {
        let (state, _) = self.book(card, entry)?;
        match state {
            RowState::Posted | RowState::Duplicate => self.done(card, asn),
            _ => Err(AuthorityError::Mac { mac: "entry", then: "it is in suspense" }),
        }
    }

    /// Checks the card's MAC1 and allows a credit.
    ///
    /// # Errors
    /// [`AuthorityError`]: nothing is allowed.
    pub fn allow_credit(
        &self,
        card: &CardId,
        ordered: &Ordered,
        prepared: &PreparedCredit,
        (terminal, when): (TerminalId, Moment),
    ) -> Result<Mac4, AuthorityError> {
        let Order::Credit { fen } = ordered.order else {
            return Err(AuthorityError::Mac { mac: "MAC1", then: "nothing is ordered" });
        };
        let macs = self.keys.credit(card, &prepared.online)?;
        if !macs.is_mac1(prepared, Fen(fen), terminal, ordered.asn) {
            return Err(AuthorityError::Mac { mac: "MAC1", then: "nothing is credited" });
        }
        Ok(macs.mac2(Fen(fen), terminal, ordered.asn, when))
    }

    /// A credit is booked on the card.
    ///
    /// # Errors
    /// [`AuthorityError`]: nothing is posted, the order stays open.
    pub fn credited(
        &mut self,
        card: &CardId,
        ordered: &Ordered,
        online: &Online,
        (terminal, when): (TerminalId, Moment),
        tac: Mac4,
    ) -> Result<(), AuthorityError> {
        let wrong = AuthorityError::Mac { mac: "TAC", then: "nothing is posted" };
        let Order::Credit { fen } = ordered.order else { return Err(wrong) };
        let balance = online.balance.0.checked_add(fen).map(Fen);
        let Some(balance) = balance else { return Err(wrong) };
        let what = (Fen(fen), terminal, ordered.asn, when);
        if !self.keys.credit(card, online)?.is_tac(what, balance, tac)? {
            return Err(wrong);
        }
        let entry = LogEntry {
            sequence: online.sequence,
            kind: 0x31,
            class: 0,
            flags: 0,
            terminal,
            when: when.bytes(),
            amounts: Amounts { account: Fen(fen), ..Amounts::default() },
            reference: 0,
            balance,
            tac,
        };
        self.booked(card, &entry, ordered.asn)
    }

    /// What is given back by a refund: the amounts of the entry.
    ///
    /// # Errors
    /// [`AuthorityError::NoSettlement`].
    pub fn refunded_amounts(&self, card: &CardId, entry: u32) -> Result<Amounts, AuthorityError> {
        let found = self.books.row.iter().find(|row| {
            row.card == card.number
                && row.sequence == entry
                && row.kind == 0x32
                && row.state == RowState::Posted
        });
        found.map(|row| row.amounts).ok_or(AuthorityError::NoSettlement(entry))
    }

    /// MAC1 of a refund the card has begun.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn allow_refund(
        &self,
        card: &CardId,
        prepared: &Prepared,
        reversal: &Reversal,
    ) -> Result<Mac4, AuthorityError> {
        Ok(self.keys.reversal(card, prepared, reversal)?.1)
    }

    /// A refund is booked on the card.
    ///
    /// # Errors
    /// [`AuthorityError`]: nothing is posted, the order stays open.
    pub fn refunded(
        &mut self,
        card: &CardId,
        prepared: &Prepared,
        reversal: &Reversal,
        (tac, mac2): (Mac4, Mac4),
    ) -> Result<(), AuthorityError> {
        let amount = reversal.amounts.account.0;
        let balance = Fen(prepared.balance.0.saturating_add(amount));
        let behind = [&prepared.sequence.to_be_bytes()[..], &balance.bytes()].concat();
        let session = self.keys.reversal(card, prepared, reversal)?.0;
        let expected = session.of(&[], &[&reversal.amounts.bytes(), &behind]).four();
        let message = [&reversal.message()[..], &behind, &prepared.counter.to_be_bytes()].concat();
        let is_tac = self.keys.tac(card, &message)?.is(&tac);
        if !equal_in_constant_time(&expected, &mac2) || !is_tac {
            return Err(AuthorityError::Mac { mac: "MAC2 or TAC", then: "nothing is posted" });
        }
        let entry = LogEntry {
            sequence: prepared.sequence,
            kind: 0x33,
            class: reversal.kind,
            flags: 0,
            terminal: reversal.terminal,
            when: reversal.when.bytes(),
            amounts: reversal.amounts,
            reference: reversal.reference,
            balance,
            tac,
        };
        self.booked(card, &entry, reversal.asn)
    }
}

/// The card's last entry and its balance are those of the books.
fn agrees(account: &Account, now: &CardNow) -> bool {
    account.sequence == now.status.sequence && account.balance == now.figures.balance
}

fn has_limits(account: &Account, now: &CardNow) -> bool {
    let (limits, figures) = (&account.limits, &now.figures);
    limits.offline == figures.offline_limit
        && limits.offline_count == figures.offline_count_limit
        && limits.offline_allowed == figures.offline_allowed
        && limits.single == figures.single_limit
        && limits.unstated == now.status.limit
}

/// Off-line limits as OPEN and RECONCILE have them.
fn limits(account: &Account) -> Vec<u8> {
    let limits = &account.limits;
    let counts = [limits.offline_count, u8::from(limits.offline_allowed)];
    [&limits.offline.bytes()[..], &counts, &limits.single.bytes()].concat()
}

/// The data of OPEN, without the MAC.
fn opening(
    account: &Account,
    fen: u32,
    asn: &[u8; 4],
    terminal: &TerminalId,
    when: &[u8; 7],
) -> Vec<u8> {
    let (accumulators, visits) = ([0; 32], [0; 8]);
    [
        &fen.to_be_bytes()[..],
        &account.sequence.to_be_bytes(),
        asn,
        &account.year,
        &FIRST_OF_JANUARY,
        &accumulators,
        &visits,
        &[0, 0],
        &[account.limits.unstated],
        &limits(account),
        terminal,
        when,
    ]
    .concat()
}

fn sequence_and_tac(data: &[u8]) -> Option<(u32, Mac4)> {
    let (sequence, tac) = data.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*sequence), tac.try_into().ok()?))
}

/// What the TAC of an entry made of an order is computed over.
pub(super) fn order_tac_message(entry: &LogEntry, asn: u32, online: u16) -> Vec<u8> {
    let (account, asn) = (entry.amounts.account.bytes(), asn.to_be_bytes());
    let (kind, reference, terminal) = ([entry.kind], entry.reference.to_be_bytes(), entry.terminal);
    let begin = match entry.kind {
        0x31 => [&account[..], &kind, &terminal, &asn].concat(),
        0x33 => {
            let amounts = entry.amounts.bytes();
            [&reference[..], &amounts, &[0x33, entry.class], &terminal, &asn].concat()
        }
        _ => [&kind[..], &account, &reference, &asn, &terminal].concat(),
    };
    [
        &begin[..],
        &entry.when,
        &entry.sequence.to_be_bytes(),
        &entry.balance.bytes(),
        &online.to_be_bytes(),
    ]
    .concat()
}
