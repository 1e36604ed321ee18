//! The authority's journal and accounts: what is posted, what waits, what is refused.
//!
//! Invariants:
//! * a row has the key (card number, sequence), and its balance counts once, in the order of the
//!   sequence, and only when the balance after it is the reckoned one;
//! * what does not fit is in suspense or rejected, told why, and moves nothing;
//! * nothing is overwritten: what a later row says of the same entry is compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::terminal::{
    Fen, Moment,
    answer::{Mac4, TerminalId},
    medical::{
        answer::{LogEntry, Year},
        entry::{Amounts, CardId, Settlement},
        written,
    },
};

use super::order::Ordered;

/// How the authority has an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountState {
    /// In use.
    Open,
    /// Loss was reported by telephone.
    Held,
    /// Loss was reported in writing.
    Frozen,
    /// Closed.
    Closed,
}

/// Limits the authority sets for a card.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Off line, together less than this.
    pub offline: Fen,
    /// Off line, less often than this.
    pub offline_count: u8,
    /// Off line at all.
    pub offline_allowed: bool,
    /// Most of a single settlement; 0 for none.
    pub single: Fen,
    /// Entries until a statement is due.
    pub unstated: u8,
}

impl Limits {
    /// 200.00 and three times off line, a statement every 60 entries.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            offline: Fen(20_000),
            offline_count: 4,
            offline_allowed: true,
            single: Fen(0),
            unstated: 60,
        }
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Account {
    /// Social security number of the holder.
    pub holder: String,
    /// How it stands.
    pub state: AccountState,
    /// Since when nothing is to be settled.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "written::optional_moment")]
    pub stopped: Option<Moment>,
    /// Balance as posted.
    pub balance: Fen,
    /// Sequence of the last posted entry.
    pub sequence: u32,
    /// Year of the ledger.
    #[serde(with = "written::bytes")]
    pub year: Year,
    /// Counted to the deductible in that year.
    pub deductible: Fen,
    /// The last authority number that was given.
    pub asn: u32,
    /// The card.
    pub card: CardId,
    /// Its limits.
    pub limits: Limits,
    /// Orders that the card has not carried out.
    #[serde(default)]
    pub order: Vec<Ordered>,
    /// Orders that are taken out: a card may still tell that it carried one out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<Ordered>,
}

impl Account {
    /// Whether this is the card of the account.
    #[must_use]
    pub fn is_of(&self, card: &CardId) -> bool {
        self.card == *card
    }
}

/// Where a row comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A terminal with the network.
    Online,
    /// A terminal that was without it, later.
    Batch,
    /// The card's own log.
    CardLog,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowState {
    /// It counts.
    Posted,
    /// It waits, or a person has to look at it.
    Suspense,
    /// Its TAC is wrong.
    Rejected,
    /// It was there before.
    Duplicate,
}

/// An entry of a card as the authority has heard of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// Card number.
    pub card: String,
    /// Sequence of the entry.
    pub sequence: u32,
    /// Type: 31 to 38.
    pub kind: u8,
    /// Class, kind or sign.
    pub class: u8,
    /// Flags as they were sent.
    pub flags: u8,
    /// 1 on line, 2 off line.
    pub mode: u8,
    /// The terminal.
    #[serde(with = "written::bytes")]
    pub terminal: TerminalId,
    /// The terminal's counter; of the card's own log it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal_counter: Option<u32>,
    /// When, as the card has it.
    #[serde(with = "written::bytes")]
    pub when: [u8; 7],
    /// The entry it refers to.
    pub reference: u32,
    /// Balance after it.
    pub balance: Fen,
    /// The card's TAC.
    #[serde(with = "written::bytes")]
    pub tac: Mac4,
    /// Where it comes from.
    pub source: Source,
    /// What became of it.
    pub state: RowState,
    /// Why, where it is not posted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Nobody has checked its TAC: something that goes into it is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
    /// Amounts.
    pub amounts: Amounts,
}

/// Flags a terminal sends.
const SENT_FLAGS: u8 = 0x0F;

impl Row {
    /// A settlement a terminal tells of.
    #[must_use]
    pub fn of_settlement(settlement: &Settlement, tac: Mac4, source: Source) -> Self {
        Self {
            card: settlement.card.number.clone(),
            sequence: settlement.sequence,
            kind: 0x32,
            class: settlement.class as u8,
            flags: settlement.flags & SENT_FLAGS,
            mode: settlement.mode,
            terminal: settlement.terminal,
            terminal_counter: Some(u32::from_be_bytes(settlement.terminal_counter)),
            when: settlement.when.bytes(),
            reference: 0,
            balance: settlement.balance_after,
            tac,
            source,
            state: RowState::Suspense,
            why: String::new(),
            unchecked: false,
            amounts: settlement.amounts,
        }
    }

    /// An entry of a card's log.
    #[must_use]
    pub fn of_log(card: &str, entry: &LogEntry) -> Self {
        Self {
            card: card.into(),
            sequence: entry.sequence,
            kind: entry.kind,
            class: entry.class,
            flags: entry.flags & SENT_FLAGS,
            mode: if entry.flags & 0x80 == 0 { 1 } else { 2 },
            terminal: entry.terminal,
            terminal_counter: None,
            when: entry.when,
            reference: entry.reference,
            balance: entry.balance,
            tac: entry.tac,
            source: Source::CardLog,
            state: RowState::Suspense,
            why: String::new(),
            unchecked: true,
            amounts: entry.amounts,
        }
    }

    /// Whether another row tells the same of the same entry.
    fn says_the_same(&self, other: &Self) -> bool {
        let told = |row: &Self| {
            let what = (row.kind, row.class, row.flags, row.mode, row.terminal, row.when);
            (what, row.reference, row.balance, row.tac, row.amounts)
        };
        let counters = self.terminal_counter.zip(other.terminal_counter);
        told(self) == told(other) && counters.is_none_or(|(one, another)| one == another)
    }

    /// The balance after this entry, from the one before.
    fn reckoned(&self, before: Fen) -> Option<Fen> {
        let amount = self.amounts.account.0;
        let plus = match (self.kind, self.class) {
            (0x31 | 0x36 | 0x37, _) | (0x33, 0x02 | 0x03) | (0x35, b'+') => true,
            (0x32 | 0x38, _) | (0x33, 0x04) | (0x35, b'-') => false,
            _ => return None,
        };
        let after = if plus { before.0.checked_add(amount) } else { before.0.checked_sub(amount) };
        after.map(Fen)
    }
}

/// Accounts by card number, and all rows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    /// Accounts by the number of their card.
    #[serde(default)]
    pub account: BTreeMap<String, Account>,
    /// Rows in the order they came.
    #[serde(default)]
    pub row: Vec<Row>,
}

impl Books {
    /// Posts a row whose TAC is right, or of which only the card's log tells.
    pub fn post(&mut self, mut row: Row) -> (RowState, String) {
        if self.known(&row).is_none()
            && let Some(at) = self.waiting(&row)
        {
            return self.judge_anew(at, &row);
        }
        let (state, why) = self.judge(&row);
        (row.state, row.why) = (state, why.clone());
        if state == RowState::Duplicate {
            // The terminal's counter is what the card's own log did not tell.
            if let Some(known) = self.known(&row) {
                known.terminal_counter = known.terminal_counter.or(row.terminal_counter);
                known.unchecked &= row.unchecked;
            }
        } else {
            self.row.push(row.clone());
        }
        if state == RowState::Posted {
            self.count(&row);
            self.post_what_waited(&row.card);
        }
        (state, why)
    }

    /// Keeps a row whose TAC is wrong.
    pub fn reject(&mut self, row: Row) -> (RowState, String) {
        let why = "its TAC is wrong".to_owned();
        self.row.push(Row { state: RowState::Rejected, why: why.clone(), ..row });
        (RowState::Rejected, why)
    }

    fn known(&mut self, row: &Row) -> Option<&mut Row> {
        self.row.iter_mut().find(|known| {
            known.card == row.card
                && known.sequence == row.sequence
                && known.state == RowState::Posted
        })
    }

    /// The same row in suspense.
    fn waiting(&self, row: &Row) -> Option<usize> {
        self.row.iter().position(|known| {
            known.state == RowState::Suspense
                && known.sequence == row.sequence
                && known.card == row.card
                && known.says_the_same(row)
        })
    }

    /// A row in suspense is told again: it is posted if it fits now, and never kept twice.
    fn judge_anew(&mut self, at: usize, told: &Row) -> (RowState, String) {
        let account = self.account.get(&told.card);
        let Some(row) = self.row.get_mut(at) else { return (RowState::Duplicate, String::new()) };
        row.terminal_counter = row.terminal_counter.or(told.terminal_counter);
        row.unchecked &= told.unchecked;
        let Some(account) = account else { return (RowState::Duplicate, String::new()) };
        let (state, why) = fits(account, row);
        (row.state, row.why) = (state, why.clone());
        if state == RowState::Posted {
            let row = row.clone();
            self.count(&row);
            self.post_what_waited(&row.card);
            return (state, why);
        }
        match told.source {
            Source::CardLog => (state, why),
            _ => (RowState::Duplicate, String::new()),
        }
    }

    fn judge(&mut self, row: &Row) -> (RowState, String) {
        let suspense = |why: String| (RowState::Suspense, why);
        if let Some(known) = self.known(row) {
            return match known.says_the_same(row) {
                true => (RowState::Duplicate, String::new()),
                false => suspense("another entry of this sequence is posted: alarm".into()),
            };
        }
        let Some(account) = self.account.get(&row.card) else {
            return suspense("no account has this card".into());
        };
        fits(account, row)
    }

    /// The balance and the figures of a posted row.
    fn count(&mut self, row: &Row) {
        let referred = self.row.iter().find(|known| {
            known.card == row.card
                && known.sequence == row.reference
                && known.state == RowState::Posted
        });
        let year_of_referred = referred.map(|known| [known.when[0], known.when[1]]);
        let Some(account) = self.account.get_mut(&row.card) else { return };
        account.balance = row.balance;
        account.sequence = row.sequence;
        let part = row.amounts.deductible.0;
        match (row.kind, row.class) {
            (0x32, _) | (0x33, 0x04) => {
                account.deductible = Fen(account.deductible.0.saturating_add(part))
            }
            // What belongs to a year that is settled is not of this one's deductible (as on the
            // card).
            (0x33, _) if year_of_referred.is_none_or(|year| year == account.year) => {
                account.deductible.0 = account.deductible.0.saturating_sub(part);
            }
            (0x36 | 0x37, _) => {
                account.deductible = Fen(0);
                account.year = [row.when[0], row.when[1]];
            }
            (0x38, _) => account.state = AccountState::Closed,
            _ => {}
        }
    }

    /// A gap is filled: what waited behind it is looked at again.
    fn post_what_waited(&mut self, card: &str) {
        loop {
            let Some(account) = self.account.get(card) else { return };
            let next = account.sequence.wrapping_add(1);
            let found = self.row.iter().position(|row| {
                row.card == card
                    && row.sequence == next
                    && row.state == RowState::Suspense
                    && fits(account, row).0 == RowState::Posted
            });
            let Some(row) = found.and_then(|at| self.row.get_mut(at)) else { return };
            row.state = RowState::Posted;
            row.why.clear();
            let row = row.clone();
            self.count(&row);
        }
    }

    /// Sum of all balances, and the rows that somebody has to look at.
    #[must_use]
    pub fn day_end(&self) -> (u64, Vec<&Row>) {
        let sum = self.account.values().map(|account| u64::from(account.balance.0)).sum();
        (sum, self.row.iter().filter(|row| row.state == RowState::Suspense).collect())
    }
}

/// Whether a row can be posted now.
fn fits(account: &Account, row: &Row) -> (RowState, String) {
    let suspense = |why: String| (RowState::Suspense, why);
    if row.kind == 0x32 && is_after_the_stop(account, row) {
        return suspense("settled after the stop: the institution pays".into());
    }
    // A settlement lowers the balance, and nobody gains by a false one; all else needs its TAC.
    if row.unchecked && row.kind != 0x32 {
        return suspense("its TAC fits no order of the authority's: not posted from a log".into());
    }
    let next = account.sequence.wrapping_add(1);
    if row.kind != 0x37 && row.sequence != next {
        return suspense(match row.sequence > next {
            true => format!("entry {next} is missing before it"),
            false => format!("entry {} is posted already: alarm", account.sequence),
        });
    }
    match row.reckoned(if row.kind == 0x37 { Fen(0) } else { account.balance }) {
        Some(balance) if balance == row.balance => (RowState::Posted, String::new()),
        _ => suspense(format!(
            "the balance after it is not the one of the books, {}",
            account.balance
        )),
    }
}

/// On line the stop is at once; off line it is there with the next list, a day later at most.
fn is_after_the_stop(account: &Account, row: &Row) -> bool {
    let minutes = if row.mode == 2 { 24 * 60 } else { 0 };
    let stop = account.stopped.and_then(|stopped| stopped.later(minutes));
    stop.is_some_and(|stop| row.when > stop.bytes())
}
