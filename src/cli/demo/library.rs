//! The fourth stop: a library without a deposit, in two of its branches.

use tessera::terminal::library::{Branch, LibraryError, day_in_words, out};

use super::Day;
use crate::cli::{Failure, say};

/// The book the reader wants.
const BOOK: &str = "0000001271";
const SHOWN: &[&str] = &["see that", "write the loan down"];

pub(super) fn visit(day: &mut Day) -> Result<(), Failure> {
    day.teller
        .title("The library: borrowed in one branch, returned in another, no deposit, no PIN");
    let (mut desk, _) = day.station("15:00:00", None, SHOWN)?;
    let card = desk.identify()?.card;
    desk.open_psam()?;
    let (reader, loans) = desk.reader()?;
    say(&format!("  reader {}, at most {} books", reader.number, reader.limit));
    for loan in out(&loans) {
        say(&format!(
            "  out: {} since {}, due {}, from branch {}",
            loan.book,
            day_in_words(loan.date),
            day_in_words(loan.due),
            loan.branch.0
        ));
    }
    let late = match desk.lend(&card, BOOK, Branch(2)) {
        Err(LibraryError::Overdue { book, due }) => {
            say(&format!("  branch 2: {BOOK}? Not before {book} is back, due {due}"));
            Some(book)
        }
        lent => lent.map(|_| None)?,
    };
    if let Some(book) = late {
        desk.take_back(&card, &book, Branch(2))?;
        say(&format!("  branch 2: {book} is back"));
        desk.lend(&card, BOOK, Branch(2))?;
    }
    say(&format!("  branch 2: {BOOK} is lent"));
    let (_, loans) = desk.reader()?;
    let due = out(&loans).first().map(|loan| day_in_words(loan.due)).unwrap_or_default();
    say(&format!("  out now: {BOOK}, due {due}"));
    let later = desk.settings.when.later(3 * 60).ok_or("a day past the end of time")?;
    desk.settings.when = later;
    desk.take_back(&card, BOOK, Branch(1))?;
    let (_, loans) = desk.reader()?;
    say(&format!("  branch 1, three hours later: {BOOK} is back, {} out", out(&loans).len()));
    Ok(())
}
