//! The authority's book of one account: what the card must be and answer, kept from what was sent
//! and answered. Its rules are written down here a second time, in the words of the design.

use crate::desk::{Settle, Wanted, numbers};

pub(crate) const NEW: u8 = 0x01;
pub(crate) const ACTIVE: u8 = 0x05;
pub(crate) const FROZEN: u8 = 0x85;
pub(crate) const TERMINATED: u8 = 0x0F;

/// Greatest balance.
pub(crate) const BALANCE_MAX: u32 = 0x7FFF_FFFF;

/// An entry as the card must hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) sequence: u32,
    pub(crate) kind: u8,
    pub(crate) class: u8,
    pub(crate) flags: u8,
    pub(crate) terminal: [u8; 6],
    pub(crate) time: [u8; 7],
    pub(crate) amounts: [u32; 4],
    pub(crate) reference: u32,
    pub(crate) balance_after: u32,
    pub(crate) tac: [u8; 4],
}

impl Row {
    /// The 48 bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [
            &self.sequence.to_be_bytes()[..],
            &[self.kind, self.class, self.flags],
            &self.terminal,
            &self.time,
            &numbers(&self.amounts),
            &numbers(&[self.reference, self.balance_after]),
            &self.tac,
        ]
        .concat()
    }
}

/// The book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Book {
    pub(crate) standing: u8,
    pub(crate) balance: u32,
    pub(crate) sequence: u32,
    pub(crate) base: u32,
    pub(crate) statement: u16,
    pub(crate) limit: u8,
    pub(crate) online: u16,
    pub(crate) settled: u16,
    pub(crate) number: u32,
    pub(crate) off_line: (u32, u8),
    pub(crate) limits: (u32, u8, u8, u32),
    pub(crate) year: u16,
    pub(crate) start: [u8; 2],
    pub(crate) sums: [u32; 8],
    pub(crate) visits: [u16; 4],
    /// The sums that the present card was opened with, and in which year.
    pub(crate) opened: (u16, [u32; 8]),
    /// Entries of the present card, the newest last.
    pub(crate) rows: Vec<Row>,
    /// MAC2 and TAC of the last one.
    pub(crate) proof: [u8; 8],
}

impl Book {
    /// Of a card that is new.
    pub(crate) const EMPTY: Self = Self {
        standing: NEW,
        balance: 0,
        sequence: 0,
        base: 0,
        statement: 0,
        limit: 60,
        online: 0,
        settled: 0,
        number: 0,
        off_line: (0, 0),
        limits: (0, 0, 0, 0),
        year: 0,
        start: [0; 2],
        sums: [0; 8],
        visits: [0; 4],
        opened: (0, [0; 8]),
        rows: Vec::new(),
        proof: [0; 8],
    };

    pub(crate) fn unstated(&self) -> u32 {
        self.sequence - self.base
    }

    /// STATUS in its short form.
    pub(crate) fn status(&self) -> Vec<u8> {
        let head = [self.standing, self.unstated() as u8, self.limit];
        let (statement, year) = (self.statement.to_be_bytes(), self.year.to_be_bytes());
        [&head[..], &statement, &self.sequence.to_be_bytes(), &year, &[0]].concat()
    }

    /// STATUS in its long form.
    pub(crate) fn status_long(&self) -> Vec<u8> {
        let ((amount, count), (most, times, allowed, single)) = (self.off_line, self.limits);
        let visits: Vec<u8> = self.visits.iter().flat_map(|n| n.to_be_bytes()).collect();
        [
            &numbers(&[self.balance, amount])[..],
            &[count],
            &most.to_be_bytes(),
            &[times, allowed],
            &single.to_be_bytes(),
            &self.online.to_be_bytes(),
            &self.settled.to_be_bytes(),
            &self.number.to_be_bytes(),
            &numbers(&self.sums),
            &visits,
            &self.year.to_be_bytes(),
            &self.start,
        ]
        .concat()
    }

    /// GET STATEMENT.
    pub(crate) fn statement_bytes(&self) -> Vec<u8> {
        let opening = self.rows.iter().rev().find(|row| row.sequence == self.base);
        let opening = opening.map_or(0, |row| row.balance_after);
        let mut sums = [0_u32; 5];
        for row in self.rows.iter().filter(|row| row.sequence > self.base) {
            let place = match (row.kind, row.class) {
                (0x31, _) => 0,
                (0x32, _) | (0x33, 4) => 1,
                (0x33, _) => 2,
                (0x35, b'-') | (0x38, _) => 4,
                _ => 3,
            };
            sums[place] = sums[place].wrapping_add(row.amounts[0]);
        }
        let [credits, settlements, refunds, plus, minus] = sums;
        let given = opening.wrapping_add(credits).wrapping_add(refunds).wrapping_add(plus);
        let taken = settlements.wrapping_add(minus);
        assert_eq!(given, self.balance.wrapping_add(taken), "the statement adds up");
        let range = numbers(&[self.base + 1, self.sequence]);
        let all = numbers(&[opening, credits, settlements, refunds, plus, minus, self.balance]);
        let number = (self.statement + 1).to_be_bytes();
        [&number[..], &range, &[self.unstated() as u8], &all].concat()
    }

    /// What INITIALIZE is answered, with the PIN shown.
    pub(crate) fn word(&self, wanted: &Wanted) -> &'static str {
        match self.standing {
            TERMINATED => return "9303",
            FROZEN => return "9486",
            NEW => return "6985",
            _ => {}
        }
        match wanted {
            Wanted::Settlement(settle) => self.word_of_settlement(settle),
            Wanted::Credit { amount, number, .. } => {
                let full = amount.checked_add(self.balance).is_none_or(|sum| sum > BALANCE_MAX);
                let sum = self.sums[6].checked_add(*amount).is_none();
                match () {
                    () if self.unstated() >= 64 => "9481",
                    () if *number <= self.number => "9487",
                    () if full || sum => "9402",
                    () => "9000",
                }
            }
            Wanted::Reversal { kind, reference, amounts, number } => {
                if self.unstated() >= 64 {
                    return "9481";
                }
                if *number <= self.number {
                    return "9487";
                }
                self.word_of_reversal(*kind, *reference, amounts)
            }
        }
    }

    fn word_of_settlement(&self, settle: &Settle) -> &'static str {
        let [a, s, p, d] = settle.amounts;
        let away = settle.terminal[..2] != [0x33, 0x04];
        let abroad = settle.flags & 1 != 0;
        let ((amount, count), (most, times, allowed, single)) = (self.off_line, self.limits);
        let off_line_over = allowed != 1
            || p != 0
            || u64::from(amount) + u64::from(a) >= u64::from(most)
            || u32::from(count) + 1 >= u32::from(times);
        match () {
            () if self.unstated() >= u32::from(self.limit) => "9481",
            () if u64::from(d) > u64::from(a) + u64::from(s) => "6A80",
            () if away && (!abroad || settle.off_line) => "9485",
            () if !away && abroad => "6A80",
            // The card's item 81 is 31010100: character 5 is 0, 6 is 1.
            () if settle.flags & 4 != 0 => "948C",
            () if single != 0 && a > single => "9483",
            () if a > self.balance => "9401",
            () if settle.off_line && off_line_over => "9483",
            () if self.summed(settle).is_none() => "9402",
            () => "9000",
        }
    }

    fn word_of_reversal(&self, kind: u8, reference: u32, amounts: &[u32; 4]) -> &'static str {
        let Some(row) = self.reversible(reference) else { return "9488" };
        let greater = amounts.iter().zip(row.amounts).any(|(one, other)| *one > other);
        let forbidden = [0x70, 0x60, 0x50][usize::from(kind) - 2];
        let over = kind != 4 && u64::from(self.balance) + u64::from(amounts[0]) > 0x7FFF_FFFF;
        let parts = parts(row.class, row.flags, amounts);
        let sums = self.sums.iter().zip(parts);
        let full = kind == 4
            && year_of(&row.time) == self.year
            && sums.clone().any(|(sum, part)| sum.checked_add(part).is_none());
        match () {
            () if row.flags & forbidden != 0 => "9489",
            () if kind == 2 && *amounts != row.amounts => "6A80",
            () if kind == 3 && greater => "6A80",
            () if kind == 4 && amounts[0] > self.balance => "9401",
            () if over || full => "9402",
            () => "9000",
        }
    }

    /// The settlement of a sequence that is on the card.
    fn reversible(&self, reference: u32) -> Option<&Row> {
        let on_card = self.rows.iter().rev().take(64);
        on_card.into_iter().find(|row| row.sequence == reference && row.kind == 0x32)
    }

    /// The sums with a settlement; `None` when one would not fit its place.
    fn summed(&self, settle: &Settle) -> Option<[u32; 8]> {
        let mut sums = self.sums;
        for (sum, part) in sums.iter_mut().zip(parts(settle.class, settle.flags, &settle.amounts)) {
            *sum = sum.checked_add(part)?;
        }
        Some(sums)
    }

    /// Enters a transaction that the card has completed.
    pub(crate) fn enter(&mut self, wanted: &Wanted, time: [u8; 7], tac: [u8; 4], mac2: [u8; 4]) {
        let (terminal, amounts) = wanted.entered();
        self.balance = self.balance_after(wanted);
        self.sequence += 1;
        let mut row = Row {
            sequence: self.sequence,
            kind: 0x31,
            class: 0,
            flags: 0,
            terminal,
            time,
            amounts,
            reference: 0,
            balance_after: self.balance,
            tac,
        };
        match wanted {
            Wanted::Settlement(settle) => {
                self.sums = self.summed(settle).unwrap();
                if let Some(visit) = visit(settle.class) {
                    self.visits[visit] += 1;
                }
                self.settled += 1;
                let mark = if settle.off_line { 0x80 } else { 0 };
                (row.kind, row.class, row.flags) = (0x32, settle.class, settle.flags | mark);
                if settle.off_line {
                    self.off_line = (self.off_line.0 + amounts[0], self.off_line.1 + 1);
                }
            }
            Wanted::Credit { amount, number, .. } => {
                self.sums[6] += amount;
                self.online += 1;
                self.number = *number;
            }
            Wanted::Reversal { kind, reference, number, .. } => {
                (row.kind, row.class, row.reference) = (0x33, *kind, *reference);
                self.online += 1;
                self.number = *number;
                self.reverse(*kind, *reference, &amounts);
            }
        }
        self.rows.push(row);
        self.proof = [mac2, tac].concat().try_into().unwrap();
    }

    fn reverse(&mut self, kind: u8, reference: u32, amounts: &[u32; 4]) {
        let place = self.rows.iter().rposition(|row| row.sequence == reference).unwrap();
        let row = &mut self.rows[place];
        let parts = parts(row.class, row.flags, amounts);
        row.flags |= [0x40, 0x20, 0x10][usize::from(kind) - 2];
        if year_of(&row.time) != self.year {
            return;
        }
        for (sum, part) in self.sums.iter_mut().zip(parts) {
            *sum = if kind == 4 { *sum + part } else { *sum - part };
        }
        if let (2, Some(visit)) = (kind, visit(row.class)) {
            self.visits[visit] -= 1;
        }
    }

    /// The balance when a transaction is done.
    pub(crate) fn balance_after(&self, wanted: &Wanted) -> u32 {
        match wanted {
            Wanted::Settlement(settle) => self.balance - settle.amounts[0],
            Wanted::Credit { amount, .. } => self.balance + amount,
            Wanted::Reversal { kind: 4, amounts, .. } => self.balance - amounts[0],
            Wanted::Reversal { amounts, .. } => self.balance + amounts[0],
        }
    }

    /// Accumulators 0 to 3 are what the card was opened with, if in this year, and this year's
    /// entries (invariant 8 of the design).
    pub(crate) fn check_sums(&self) {
        let mut sums = [0_i64; 4];
        if self.opened.0 == self.year {
            sums = core::array::from_fn(|at| i64::from(self.opened.1[at]));
        }
        for row in &self.rows {
            let sign = match (row.kind, row.class) {
                (0x32, _) => 1,
                (0x33, 4) => 1,
                (0x33, _) => -1,
                _ => continue,
            };
            let of = match row.kind {
                0x32 => row,
                _ => self.rows.iter().find(|old| old.sequence == row.reference).unwrap(),
            };
            if year_of(&of.time) == self.year {
                for (sum, amount) in sums.iter_mut().zip(row.amounts) {
                    *sum += sign * i64::from(amount);
                }
            }
        }
        let there: Vec<i64> = self.sums[..4].iter().map(|sum| i64::from(*sum)).collect();
        // A reversal after the year's end of an entry before it changes neither.
        assert_eq!(there, sums, "the sums of the year");
    }
}

/// The year a time says, as two bytes of digits.
pub(crate) fn year_of(time: &[u8; 7]) -> u16 {
    u16::from_be_bytes([time[0], time[1]])
}

fn visit(class: u8) -> Option<usize> {
    [b'0', b'4', b'5', b'6'].iter().position(|of| *of == class)
}

fn parts(class: u8, flags: u8, [a, s, p, d]: &[u32; 4]) -> [u32; 8] {
    let pooled = |holds: bool| if holds { *p } else { 0 };
    let chronic = flags & 2 != 0 || class == b'5';
    [*a, *s, *p, *d, pooled(chronic), pooled(class == b'4'), 0, pooled(flags & 1 != 0)]
}
