//! The books of the issuer: what each purse must hold, from the certificates that were seen.

use crate::desk::{Kind, Opened, TERMINAL, WHEN};

/// One purse, as the books have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Purse {
    pub(crate) balance: u32,
    pub(crate) limit: u32,
    pub(crate) online: u16,
    pub(crate) offline: u16,
    /// Certified sums.
    came_in: u64,
    went_out: u64,
}

/// Everything a transaction moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Book {
    pub(crate) purses: [Purse; 2],
    /// The newest log record, if there is one.
    pub(crate) newest: Option<Vec<u8>>,
    /// The compound purchase's record, and its newest trip.
    pub(crate) record: Vec<u8>,
    pub(crate) trip: Option<Vec<u8>>,
}

/// What a compound purchase leaves in its record and its trip log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Cached {
    pub(crate) record: Vec<u8>,
    pub(crate) trip: Option<Vec<u8>>,
}

impl Book {
    /// Of a purse that is new.
    pub(crate) fn new() -> Self {
        let record = [&[0x09, 0x2E][..], &[0; 46]].concat();
        Self { purses: [Purse::default(); 2], newest: None, record, trip: None }
    }

    /// The balance after a transaction, or the word it is refused with.
    pub(crate) fn new_balance(&self, kind: Kind, amount: u32) -> Result<u32, &'static str> {
        let purse = &self.purses[kind.purse()];
        match kind {
            Kind::LoadEd | Kind::LoadEp => purse.balance.checked_add(amount).ok_or("6985"),
            Kind::Overdraft => {
                let own = i64::from(purse.balance) - i64::from(purse.limit);
                let new = own + i64::from(amount);
                u32::try_from(new).map_err(|_| if new < 0 { "9401" } else { "6985" })
            }
            _ => purse.balance.checked_sub(amount).ok_or("9401"),
        }
    }

    /// The number that INITIALIZE must tell.
    pub(crate) fn number(&self, kind: Kind) -> u16 {
        let purse = &self.purses[kind.purse()];
        if kind.is_online() { purse.online } else { purse.offline }
    }

    /// A transaction that the card has certified.
    pub(crate) fn enter(&mut self, opened: &Opened, new_balance: u32, cached: Option<&Cached>) {
        let purse = &mut self.purses[opened.kind.purse()];
        let change = i64::from(new_balance) - i64::from(purse.balance);
        match u64::try_from(change) {
            Ok(more) => purse.came_in += more,
            Err(_) => purse.went_out += change.unsigned_abs(),
        }
        purse.balance = new_balance;
        if opened.kind == Kind::Overdraft {
            purse.limit = opened.amount;
        }
        let number = if opened.kind.is_online() { &mut purse.online } else { &mut purse.offline };
        *number += 1;
        let number = number.to_be_bytes();
        let limit = &purse.limit.to_be_bytes()[1..];
        // What stands in the amount of a new limit is nobody's to say.
        let amount = opened.amount.to_be_bytes();
        self.newest =
            Some([&number, limit, &amount, &[opened.kind as u8], &TERMINAL, &WHEN].concat());
        if let Some(cached) = cached {
            self.record.clone_from(&cached.record);
            if cached.trip.is_some() {
                self.trip.clone_from(&cached.trip);
            }
        }
    }

    /// What a pump was paid.
    pub(crate) fn pay(&mut self, purse: usize, amount: u32, balance: u32, kind: u8, number: u16) {
        let purse = &mut self.purses[purse];
        purse.balance = balance;
        purse.went_out += u64::from(amount);
        let (number, limit) = (number.to_be_bytes(), &purse.limit.to_be_bytes()[1..]);
        let record = [&number[..], limit, &amount.to_be_bytes(), &[kind], &TERMINAL, &WHEN];
        self.newest = Some(record.concat());
    }

    /// Money is neither made nor lost.
    pub(crate) fn adds_up(&self) -> bool {
        self.purses.iter().all(|purse| u64::from(purse.balance) + purse.went_out == purse.came_in)
    }
}
