//! What the authority orders with a MAC, and the acknowledged statement: each with what the book
//! says of it.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::{
    Tears,
    book::{ACTIVE, BALANCE_MAX, Book, FROZEN, NEW, Row, TERMINATED},
    desk::{OFFICE, numbers},
    life::{Life, new_card},
};

impl Life {
    /// An order that is refused with a word, or answered as given.
    pub(crate) fn order(
        &mut self,
        (label, head): (&str, [u8; 3]),
        data: &[u8],
        tears: &Tears,
        expected: Result<(String, Book), &str>,
    ) -> Result<(), TestCaseError> {
        let challenge = self.send(b"\x00\x84\x00\x00\x08");
        if self.book.standing == TERMINATED {
            prop_assert_eq!(challenge, "9303");
            return Ok(());
        }
        let challenge = hex::decode(&challenge[..16]).unwrap();
        let command = self.desk().protect(label, &challenge, head, data);
        match expected {
            Ok((answer, after)) => {
                if self.done(&command, tears, (&(answer + "9000"), after))? {
                    self.orders += 1;
                }
            }
            Err(word) => {
                prop_assert_eq!(self.send(&command), word, "{:02X?}", head);
                self.wrong = 0;
            }
        }
        Ok(())
    }

    /// The word with which an entry of money is refused in this state, if it is.
    fn closed(&self) -> Option<&'static str> {
        match self.book.standing {
            NEW => Some("6985"),
            FROZEN => Some("9486"),
            _ => None,
        }
    }

    /// The book with an entry that an order makes, and its certificate.
    fn entered(
        &self,
        mut after: Book,
        (kind, class, amount): (u8, u8, u32),
        terminal: [u8; 6],
        number: u32,
    ) -> (Book, [u8; 4]) {
        let (counter, time) = (after.online, self.time());
        if kind != 0x37 {
            after.sequence += 1;
        }
        let head = [&[kind][..], &numbers(&[amount, 0, number]), &terminal, &time].concat();
        let end = numbers(&[after.sequence, after.balance]);
        let tac = self.desk().tac(&[&head[..], &end, &counter.to_be_bytes()].concat());
        after.online += 1;
        after.number = number;
        after.proof = [[0; 4], tac].concat().try_into().unwrap();
        after.rows.push(Row {
            sequence: after.sequence,
            kind,
            class,
            flags: 0,
            terminal,
            time,
            amounts: [amount, 0, 0, 0],
            reference: 0,
            balance_after: after.balance,
            tac,
        });
        (after, tac)
    }

    pub(crate) fn freeze(&mut self, p1: u8, tears: &Tears) -> Result<(), TestCaseError> {
        let number = self.book.number + 1;
        let data = [&numbers(&[number])[..], &self.time()].concat();
        let expected = match (self.book.standing, p1) {
            (NEW, _) => Err("6985"),
            (FROZEN, 1) => Err("9486"),
            (_, p1) => {
                let standing = if p1 == 1 { FROZEN } else { ACTIVE };
                Ok((String::new(), Book { standing, number, ..self.book.clone() }))
            }
        };
        self.order(("ML-AK", [0x48, p1, 3]), &data, tears, expected)
    }

    pub(crate) fn settle_year(
        &mut self,
        interest: u32,
        tears: &Tears,
    ) -> Result<(), TestCaseError> {
        let number = self.book.number + 1;
        let old = self.book.clone();
        let [high, low] = old.year.to_be_bytes();
        let year = u16::from_be_bytes([high, if low & 0x0F == 9 { low + 7 } else { low + 1 }]);
        let time = self.time();
        let head = [&year.to_be_bytes()[..], &[0x01, 0x01]].concat();
        let figures = numbers(&[interest, old.balance, number]);
        let data = [&head[..], &figures, &time].concat();
        let expected = match () {
            () if self.closed().is_some() => Err(self.closed().unwrap()),
            () if old.off_line.1 != 0 => Err("948A"),
            () if old.unstated() >= 64 => Err("9481"),
            () if old.balance + interest > BALANCE_MAX => Err("9402"),
            () => {
                let balance = old.balance + interest;
                let (sums, visits) = ([0; 8], [0; 4]);
                let after = Book { balance, sums, visits, ..old };
                let what = (0x36, 0, interest);
                let (mut after, tac) = self.entered(after, what, [0; 6], number);
                (after.year, after.start) = (year, [0x01, 0x01]);
                let answer = [&after.sequence.to_be_bytes()[..], &tac].concat();
                Ok((hex::encode_upper(answer), after))
            }
        };
        self.order(("ML-AK", [0x4A, 0, 0]), &data, tears, expected)
    }

    pub(crate) fn acknowledge(&mut self, tears: &Tears) -> Result<(), TestCaseError> {
        let book = self.book.clone();
        let statement = book.statement + 1;
        let figures = numbers(&[book.sequence, book.balance]);
        let data = [&statement.to_be_bytes()[..], &figures, &OFFICE, &self.time()].concat();
        let expected = match book.standing {
            NEW => Err("6985"),
            _ => Ok((String::new(), Book { statement, base: book.sequence, ..book })),
        };
        self.order(("ML-SK", [0x4E, 0, 0]), &data, tears, expected)
    }

    pub(crate) fn reconcile(
        &mut self,
        limits: (u32, u8, u8, u32),
        limit: u8,
        tears: &Tears,
    ) -> Result<(), TestCaseError> {
        let book = self.book.clone();
        let number = book.number + 1;
        let (amount, count, allowed, single) = limits;
        let figures = numbers(&[book.sequence, book.balance, amount]);
        let rest = [&[count, allowed][..], &numbers(&[single]), &[limit]].concat();
        let data = [&figures[..], &rest, &numbers(&[number]), &self.time()].concat();
        let expected = match book.standing {
            NEW => Err("6985"),
            _ => Ok((String::new(), Book { number, limit, limits, off_line: (0, 0), ..book })),
        };
        self.order(("ML-AK", [0x56, 0, 0]), &data, tears, expected)
    }

    pub(crate) fn adjust(
        &mut self,
        minus: bool,
        amount: u32,
        tears: &Tears,
    ) -> Result<(), TestCaseError> {
        let book = self.book.clone();
        let (number, sign) = (book.number + 1, if minus { b'-' } else { b'+' });
        let head = [&[sign][..], &numbers(&[amount, 0]), &[9], &numbers(&[number])].concat();
        let data = [&head[..], &OFFICE, &self.time()].concat();
        let less = book.balance.checked_sub(amount);
        let more = book.balance.checked_add(amount).filter(|sum| *sum <= BALANCE_MAX);
        let expected = match if minus { less } else { more } {
            _ if self.closed().is_some() => Err(self.closed().unwrap()),
            None if minus => Err("9401"),
            _ if book.unstated() >= 64 => Err("9481"),
            None => Err("9402"),
            Some(balance) => {
                let after = Book { balance, ..book };
                let (after, tac) = self.entered(after, (0x35, sign, amount), OFFICE, number);
                let answer = [&after.sequence.to_be_bytes()[..], &tac].concat();
                Ok((hex::encode_upper(answer), after))
            }
        };
        self.order(("ML-AK", [0x58, 0, 0]), &data, tears, expected)
    }

    pub(crate) fn close(&mut self, tears: &Tears) -> Result<(), TestCaseError> {
        let book = self.book.clone();
        let (number, balance) = (book.number + 1, book.balance);
        let data = [&numbers(&[number])[..], &OFFICE, &self.time()].concat();
        let expected = match book.standing {
            NEW => Err("6985"),
            _ if book.unstated() >= 64 => Err("9481"),
            _ => {
                let after = Book { balance: 0, standing: TERMINATED, ..book };
                let (after, tac) = self.entered(after, (0x38, 0, balance), OFFICE, number);
                let answer = [&numbers(&[balance, after.sequence])[..], &tac].concat();
                Ok((hex::encode_upper(answer), after))
            }
        };
        let was_over = self.book.standing == TERMINATED;
        self.order(("ML-AK", [0x50, 0, 6]), &data, tears, expected)?;
        if self.book.standing == TERMINATED && !was_over {
            self.owed = balance;
        }
        Ok(())
    }

    /// OPEN with all the book has, on another card when this one is over.
    pub(crate) fn open(&mut self, tears: &Tears) -> Result<(), TestCaseError> {
        let old = self.book.clone();
        if old.standing == TERMINATED {
            self.card = new_card(self.algorithm);
            self.wrong = 0;
            // Fresh from the same mould, it would draw what the old one drew.
            self.last = None;
            // What the new card does not have from the old one.
            let (sequence, number) = (old.sequence, old.number);
            self.book = Book::EMPTY;
            self.power_up(&[]);
            return self.open_with(&Book { sequence, number, ..old }, tears);
        }
        self.open_with(&old, tears)
    }

    fn open_with(&mut self, old: &Book, tears: &Tears) -> Result<(), TestCaseError> {
        let year = if old.year == 0 { 0x2025 } else { old.year };
        let (number, sequence, limit) = (old.number + 1, old.sequence + 1, 60);
        let limits = (20_000_u32, 9_u8, 1_u8, 0_u32);
        let visits: Vec<u8> = old.visits.iter().flat_map(|n| n.to_be_bytes()).collect();
        let mut after = Book {
            standing: ACTIVE,
            balance: self.owed,
            sequence,
            base: sequence,
            statement: old.statement,
            limit,
            limits,
            year,
            start: [0x01, 0x01],
            sums: old.sums,
            visits: old.visits,
            opened: (year, old.sums),
            ..Book::EMPTY
        };
        let was = core::mem::replace(&mut self.book.year, year);
        let time = self.time();
        let tac;
        (after, tac) = self.entered(after, (0x37, 0, self.owed), OFFICE, number);
        self.book.year = was;
        let data = [
            &numbers(&[self.owed, sequence, number])[..],
            &year.to_be_bytes(),
            &[0x01, 0x01],
            &numbers(&old.sums),
            &visits,
            &old.statement.to_be_bytes(),
            &[limit],
            &numbers(&[limits.0]),
            &[limits.1, limits.2],
            &numbers(&[limits.3]),
            &OFFICE,
            &time,
        ];
        let expected = match self.book.standing {
            NEW => {
                let answer = [&sequence.to_be_bytes()[..], &tac].concat();
                Ok((hex::encode_upper(answer), after))
            }
            _ => Err("6985"),
        };
        self.order(("ML-AK", [0x52, 0, 0]), &data.concat(), tears, expected)?;
        match self.book.standing {
            // Power failed before it was done: the authority asks again.
            NEW => self.open_with(old, &None),
            _ => {
                self.cards += u32::from(old.standing == TERMINATED);
                Ok(())
            }
        }
    }
}
