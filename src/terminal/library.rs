//! The desk of a library: lending and taking back by the library application (图书馆) of a citizen
//! card. What the reader may do is decided here, from what the card has; it asks for no PIN.

use crate::keys::Levels;

use super::{
    Moment,
    answer::Fields,
    medical::{
        MedicalError, Station,
        desk::StationKey,
        entry::CardId,
        identity::{Items, text},
        question,
    },
};

/// Name of the application (own design).
const NAME: &[u8] = b"\xF0SSC.LB1";
/// The key that writes loans.
const LOANS_KEY: StationKey = StationKey { card: 0x84, psam: (0x47, 0xA2), levels: Levels::Two };
/// Records of the list of loans.
const LOANS_MAX: u8 = 20;
/// How long a book may be kept.
const DAYS: u64 = 30;
/// Bytes of a book's number.
const BOOK_BYTES: usize = 10;

/// A branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Branch(pub u16);

/// What was done with a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Borrowed.
    Borrowed,
    /// Returned.
    Returned,
    /// Renewed.
    Renewed,
}

/// The reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    /// Number of the reader.
    pub number: String,
    /// Open; else suspended or closed.
    pub is_open: bool,
    /// Deposit, a character; 0 for none.
    pub deposit: char,
    /// Most books at a time.
    pub limit: u8,
}

impl Reader {
    /// From the items of EF05.
    #[must_use]
    pub fn of(items: &Items) -> Option<Self> {
        let &[limit] = items.get(0x05)? else { return None };
        let deposit = *items.get(0x04)?.first()?;
        Some(Self {
            number: text(items.get(0x01)?),
            is_open: items.get(0x03)? == b"1",
            deposit: char::from(deposit),
            limit: (limit >> 4).min(9) * 10 + (limit & 15).min(9),
        })
    }
}

/// A record of the list of loans.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loan {
    /// What was done.
    pub action: Action,
    /// Number of the book.
    pub book: String,
    /// When, packed digits.
    pub date: [u8; 4],
    /// Until when, packed digits.
    pub due: [u8; 4],
    /// Where.
    pub branch: Branch,
}

impl Loan {
    /// From the 21 bytes of a record; one that was not written is none.
    #[must_use]
    pub fn of(data: &[u8]) -> Option<Self> {
        let mut fields = Fields(data);
        let action = match fields.byte()? {
            b'B' => Action::Borrowed,
            b'R' => Action::Returned,
            b'N' => Action::Renewed,
            _ => return None,
        };
        let book = text(&fields.take::<BOOK_BYTES>()?);
        let loan = Self {
            action,
            book,
            date: fields.take()?,
            due: fields.take()?,
            branch: Branch(fields.number()?),
        };
        fields.end().map(|()| loan)
    }

    /// The bytes of the record; `None` for a book's number that is no ten characters.
    fn bytes(&self) -> Option<Vec<u8>> {
        let mut book = [0; BOOK_BYTES];
        book.get_mut(..self.book.len())?.copy_from_slice(self.book.as_bytes());
        let action = match self.action {
            Action::Borrowed => b'B',
            Action::Returned => b'R',
            Action::Renewed => b'N',
        };
        let branch = self.branch.0.to_be_bytes();
        let parts: [&[u8]; 5] = [&[action], &book, &self.date, &self.due, &branch];
        Some(parts.concat())
    }
}

/// Why a library lends nothing, or takes nothing back.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// Card or PSAM.
    #[error(transparent)]
    Station(#[from] MedicalError),
    /// The reader's number is not in use.
    #[error("reader {0} is suspended: nothing is lent")]
    Suspended(String),
    /// So many books are out.
    #[error("{out} books are out: expected fewer than {limit}")]
    Limit {
        /// How many.
        out: usize,
        /// How many may be.
        limit: u8,
    },
    /// A book should have come back.
    #[error("{book} was due on {due}: it has to come back first")]
    Overdue {
        /// Which.
        book: String,
        /// When.
        due: String,
    },
    /// The book is out already, or it is not out.
    #[error("{book}: expected a book that is {expected}")]
    Book {
        /// Which.
        book: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// The books that are out, from the list of loans, the newest first.
#[must_use]
pub fn out(loans: &[Loan]) -> Vec<&Loan> {
    let mut seen: Vec<&str> = Vec::new();
    let mut out = Vec::new();
    for loan in loans {
        if !seen.contains(&loan.book.as_str()) {
            seen.push(&loan.book);
            if loan.action != Action::Returned {
                out.push(loan);
            }
        }
    }
    out
}

/// A day in packed digits, as it is written.
#[must_use]
pub fn day_in_words([a, b, month, day]: [u8; 4]) -> String {
    format!("{a:02X}{b:02X}-{month:02X}-{day:02X}")
}

impl Station<'_> {
    /// The reader, and the list of loans, the newest first. The card was identified.
    ///
    /// # Errors
    /// [`LibraryError`].
    pub fn reader(&mut self) -> Result<(Reader, Vec<Loan>), LibraryError> {
        let select = question::select_name(NAME, "open the library");
        let progress = &mut self.progress;
        self.card.get(&select, progress).map_err(MedicalError::from)?;
        let ask = question::read_record(0x05, 1, true, "tell the reader");
        let read = |data: &[u8]| Reader::of(&Items::of(data)?);
        let reader = self.card.read(&ask, "items 01 to 05", progress, read);
        let reader = reader.map_err(MedicalError::from)?;
        let mut loans = Vec::new();
        for number in 1..=LOANS_MAX {
            let asked = format!("tell loan {number}");
            let ask = question::read_record(0x08, number, false, &asked);
            let answer = self.card.ask(&ask, &mut self.progress).map_err(MedicalError::from)?;
            let Some(loan) = Loan::of(&answer.data).filter(|_| answer.is_ok()) else { break };
            loans.push(loan);
        }
        Ok((reader, loans))
    }

    /// Lends a book.
    ///
    /// # Errors
    /// [`LibraryError`]: the book stays here.
    pub fn lend(
        &mut self,
        card: &CardId,
        book: &str,
        branch: Branch,
    ) -> Result<Loan, LibraryError> {
        let (reader, loans) = self.reader()?;
        let when = self.settings.when;
        may_borrow(&reader, &loans, book, &when)?;
        let due = when.later(DAYS * 24 * 60).map_or(when.date(), |due| due.date());
        let (action, book) = (Action::Borrowed, book.to_owned());
        self.write_loan(card, Loan { action, book, date: when.date(), due, branch })
    }

    /// Takes a book back, in whatever branch.
    ///
    /// # Errors
    /// [`LibraryError`].
    pub fn take_back(
        &mut self,
        card: &CardId,
        book: &str,
        branch: Branch,
    ) -> Result<Loan, LibraryError> {
        let (_, loans) = self.reader()?;
        let due = out(&loans).iter().find(|loan| loan.book == book).map(|loan| loan.due);
        let due = due.ok_or(LibraryError::Book { book: book.into(), expected: "out" })?;
        let (action, book) = (Action::Returned, book.to_owned());
        let date = self.settings.when.date();
        self.write_loan(card, Loan { action, book, date, due, branch })
    }

    fn write_loan(&mut self, card: &CardId, loan: Loan) -> Result<Loan, LibraryError> {
        let book = || LibraryError::Book { book: loan.book.clone(), expected: "ten characters" };
        let data = loan.bytes().ok_or_else(book)?;
        self.show_key(card, LOANS_KEY)?;
        let ask = question::update_record(0x08, 1, &data, "write the loan down");
        self.card.get(&ask, &mut self.progress).map_err(MedicalError::from)?;
        Ok(loan)
    }
}

/// Whether a reader may borrow one more book.
fn may_borrow(
    reader: &Reader,
    loans: &[Loan],
    book: &str,
    when: &Moment,
) -> Result<(), LibraryError> {
    if !reader.is_open {
        return Err(LibraryError::Suspended(reader.number.clone()));
    }
    let out = out(loans);
    if out.iter().any(|loan| loan.book == book) {
        return Err(LibraryError::Book { book: book.into(), expected: "not out already" });
    }
    if let Some(late) = out.iter().find(|loan| loan.due < when.date()) {
        let (book, due) = (late.book.clone(), day_in_words(late.due));
        return Err(LibraryError::Overdue { book, due });
    }
    match out.len() >= usize::from(reader.limit) {
        true => Err(LibraryError::Limit { out: out.len(), limit: reader.limit }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loan(action: Action, book: &str, due: [u8; 4]) -> Loan {
        Loan { action, book: book.into(), date: [0x20, 0x25, 6, 1], due, branch: Branch(1) }
    }

    #[test]
    fn a_loan_is_21_bytes_there_and_back() {
        let one = loan(Action::Borrowed, "TP312R-042", [0x20, 0x25, 7, 1]);
        let bytes = one.bytes().unwrap();
        assert_eq!(bytes.len(), 0x15);
        assert_eq!(Loan::of(&bytes), Some(one));
        assert_eq!(Loan::of(&[0; 21]), None);
        assert_eq!(Loan::of(&bytes[..20]), None);
        assert_eq!(loan(Action::Borrowed, "longer than", [0; 4]).bytes(), None);
    }

    #[test]
    fn suspended_overdue_too_many_and_the_same_book_twice_are_not_lent() {
        let items = "0110333330343030303030303030303030 31 020420260105 030131 040130 050102";
        let items = Items::of(&hex::decode(items.replace(' ', "")).unwrap()).unwrap();
        let reader = Reader::of(&items).unwrap();
        assert_eq!((reader.number.as_str(), reader.limit), ("3304000000000001", 2));
        let when = Moment::parse("2025-06-30", "12:00:00").unwrap();
        let (fine, late) = ([0x20, 0x25, 6, 0x30], [0x20, 0x25, 6, 0x29]);
        let borrowed = |book: &str, due| loan(Action::Borrowed, book, due);
        let may = |reader: &Reader, loans: &[Loan]| may_borrow(reader, loans, "C", &when);
        assert!(may(&reader, &[]).is_ok());
        assert!(may(&reader, &[borrowed("A", fine)]).is_ok(), "due today");
        let error = may(&reader, &[borrowed("A", late)]).unwrap_err();
        assert!(matches!(error, LibraryError::Overdue { .. }));
        let error = may(&reader, &[borrowed("A", fine), borrowed("B", fine)]).unwrap_err();
        assert!(matches!(error, LibraryError::Limit { out: 2, limit: 2 }));
        let back = loan(Action::Returned, "A", fine);
        assert!(may(&reader, &[back, borrowed("B", fine), borrowed("A", late)]).is_ok());
        let error = may(&reader, &[borrowed("C", fine)]).unwrap_err();
        assert!(matches!(error, LibraryError::Book { .. }));
        let suspended = Reader { is_open: false, ..reader };
        assert!(matches!(may(&suspended, &[]).unwrap_err(), LibraryError::Suspended(_)));
    }
}
