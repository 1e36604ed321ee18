//! One account's life: what happens to the card, and the book beside it.

use std::sync::OnceLock;

use proptest::{prelude::*, test_runner::TestCaseError};
use tessera::{Card, Profile, Response, keys::KeyAlgorithm};

use crate::{
    Event, Tears,
    book::{Book, NEW, TERMINATED},
    desk::{Begun, Desk, OFFICE, Settle, Wanted, numbers},
};

/// The name of the environment, and the holder's PIN shown in it.
const ENVIRONMENT: &[u8] = b"\x00\xA4\x04\x0C\x0Fsx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF";
const VERIFY: &[u8] = b"\x00\x20\x00\x00\x03\x12\x34\x56";
const SELECT: &[u8] = b"\x00\xA4\x04\x0C\x08\xF0SSC.ML1";

/// In place of an amount: all of the balance.
pub(crate) const ALL: u32 = u32::MAX - 1;

/// Commands that have no place between INITIALIZE and COMMIT.
pub(crate) const OTHERS: [&[u8]; 7] = [
    b"\xD0\xCA\x01\x00\x0C",
    b"\x00\x84\x00\x00\x08",
    b"\x00\xB2\x01\x44\x30",
    b"\xD0\x5A\x00\x00\x04\x00\x00\x00\x01",
    b"\xD0\xFF\x00\x00",
    b"\x00\xA4\x00\x00\x02\x5A\x5A",
    b"\x00\x70\x40\x00",
];

/// Wrong MACs, and right ones whose answer was lost, that may follow each other here: one more or
/// two lock the application.
const WRONG_MAX: u32 = 13;

/// What became of a command.
enum Came {
    Answer(String),
    Lost,
}

pub(crate) struct Life {
    pub(crate) card: Card,
    pub(crate) algorithm: KeyAlgorithm,
    pub(crate) book: Book,
    response: Response,
    pub(crate) last: Option<Begun>,
    /// What the account holds while its card is over.
    pub(crate) owed: u32,
    pub(crate) wrong: u32,
    transactions: u32,
    pub(crate) orders: u32,
    tears: u32,
    pub(crate) cards: u32,
}

/// A card whose account is new.
pub(crate) fn new_card(algorithm: KeyAlgorithm) -> Card {
    static NEW: [OnceLock<Card>; 2] = [const { OnceLock::new() }; 2];
    let (place, name) = match algorithm {
        KeyAlgorithm::TripleDes => (0, "medical"),
        KeyAlgorithm::Sm4 => (1, "medical-sm4"),
    };
    let new = || Card::from_profile(&Profile::load(name).unwrap()).unwrap();
    NEW[place].get_or_init(new).clone()
}

impl Life {
    /// An account that has just been opened with 300.00.
    pub(crate) fn new(algorithm: KeyAlgorithm) -> Self {
        let mut life = Self {
            card: new_card(algorithm),
            algorithm,
            book: Book::EMPTY,
            response: Response::new(),
            last: None,
            owed: 30_000,
            wrong: 0,
            transactions: 0,
            orders: 0,
            tears: 0,
            cards: 0,
        };
        life.power_up(&[]);
        life.open(&None).unwrap();
        life
    }

    pub(crate) const fn counts(&self) -> [u32; 4] {
        [self.transactions, self.orders, self.tears, self.cards]
    }

    /// No entry fits before a statement.
    pub(crate) fn is_full(&self) -> bool {
        self.book.unstated() >= 60
    }

    pub(crate) const fn desk(&self) -> Desk {
        Desk(self.algorithm)
    }

    /// Power comes, and fails in these pulses before it stays; then the account is selected, the
    /// PIN shown in the environment.
    pub(crate) fn power_up(&mut self, tears: &[u32]) {
        for &pulse in tears {
            self.card.tear_at(pulse);
            if self.card.power_on().is_ok() {
                self.card.tear_at(0);
                break;
            }
        }
        self.card.tear_at(0);
        self.card.power_on().unwrap();
        for command in [ENVIRONMENT, VERIFY, SELECT] {
            assert_eq!(self.send(command), "9000");
        }
    }

    /// The answer in hexadecimal.
    pub(crate) fn send(&mut self, command: &[u8]) -> String {
        self.card.exchange(command, &mut self.response).unwrap();
        hex::encode_upper(self.response.as_bytes())
    }

    /// Sends a command that power may fail in; after a tear the account is selected again.
    fn torn(&mut self, command: &[u8], tears: &Tears) -> Came {
        let tears = tears.as_ref().filter(|_| self.wrong < WRONG_MAX);
        self.card.tear_at(tears.map_or(0, |(pulse, _)| *pulse));
        let answered = self.card.exchange(command, &mut self.response).is_ok();
        self.card.tear_at(0);
        if answered {
            let answer = hex::encode_upper(self.response.as_bytes());
            if answer.ends_with("9000") {
                self.wrong = 0;
            }
            return Came::Answer(answer);
        }
        self.tears += 1;
        self.wrong += 1;
        self.power_up(tears.map_or(&[], |(_, recoveries)| recoveries));
        Came::Lost
    }

    /// A command that is answered `answer` and makes the book `after`; after a lost answer the
    /// card says whether it was done.
    pub(crate) fn done(
        &mut self,
        command: &[u8],
        tears: &Tears,
        (answer, after): (&str, Book),
    ) -> Result<bool, TestCaseError> {
        let done = match self.torn(command, tears) {
            Came::Answer(came) => {
                prop_assert_eq!(came, answer);
                true
            }
            Came::Lost => {
                let status = self.send(b"\xD0\xCA\x02\x00\x47");
                let short = self.send(b"\xD0\xCA\x01\x00\x0C");
                let is = |book: &Book| {
                    status == hex::encode_upper(book.status_long()) + "9000"
                        && short == hex::encode_upper(book.status()) + "9000"
                };
                let (new, old) = (is(&after), is(&self.book));
                prop_assert!(new || old, "neither before nor after: {status}");
                new
            }
        };
        if done {
            self.book = after;
        }
        Ok(done)
    }

    fn amount(&self, amount: u32) -> u32 {
        if amount == ALL { self.book.balance } else { amount }
    }

    /// When things happen: in the ledger's year.
    pub(crate) fn time(&self) -> [u8; 7] {
        let [high, low] = self.book.year.to_be_bytes();
        [high, low, 0x03, 0x04, 0x10, 0x11, 0x12]
    }

    /// INITIALIZE, held against the book; `None` when it is rightly refused.
    fn begin(&mut self, wanted: Wanted) -> Result<Option<Begun>, TestCaseError> {
        let answer = self.send(&wanted.initialize());
        let word = self.book.word(&wanted);
        if word != "9000" {
            prop_assert_eq!(answer, word, "{:?}", wanted);
            return Ok(None);
        }
        prop_assert!(answer.ends_with("9000"), "{wanted:?}: {answer}");
        let begun = Begun::new(self.desk(), wanted, &hex::decode(&answer).unwrap(), self.time());
        prop_assert_eq!(begun.balance, self.book.balance);
        prop_assert_eq!(begun.sequence, self.book.sequence + 1);
        let counter = match wanted {
            Wanted::Settlement(_) => self.book.settled,
            _ => self.book.online,
        };
        prop_assert_eq!(begun.counter, counter);
        Ok(Some(begun))
    }

    fn transact(&mut self, wanted: Wanted, tears: &Tears) -> Result<(), TestCaseError> {
        let Some(begun) = self.begin(wanted)? else { return Ok(()) };
        let (mac2, tac) = begun.certificates(self.book.balance_after(&wanted));
        let mut after = self.book.clone();
        after.enter(&wanted, begun.time, tac, mac2);
        let mut answer = hex::encode_upper(tac);
        if !matches!(wanted, Wanted::Credit { .. }) {
            answer.push_str(&hex::encode_upper(mac2));
        }
        let done = self.done(&begun.commit(), tears, (&(answer + "9000"), after))?;
        if done {
            self.transactions += 1;
            self.last = Some(begun);
        }
        Ok(())
    }

    /// A small settlement, for what is to go wrong.
    fn small(&self) -> Wanted {
        Wanted::Settlement(Settle {
            off_line: false,
            index: 2,
            amounts: [0, 1, 0, 0],
            class: b'0',
            flags: 0,
            terminal: OFFICE,
        })
    }

    fn damage(&mut self, order: bool, bit: u8) -> Result<(), TestCaseError> {
        if self.wrong >= WRONG_MAX || self.book.standing == TERMINATED {
            return Ok(());
        }
        let damaged = |mut command: Vec<u8>| {
            let at = command.len() - 4 + usize::from(bit / 8);
            command[at] ^= 1 << (bit % 8);
            command
        };
        if order {
            let data = [&numbers(&[self.book.number + 1])[..], &self.time()].concat();
            let challenge = hex::decode(&self.send(b"\x00\x84\x00\x00\x08")[..16]).unwrap();
            let order = self.desk().protect("ML-AK", &challenge, [0x48, 1, 1], &data);
            prop_assert_eq!(self.send(&damaged(order.clone())), "6988");
            prop_assert_eq!(self.send(&order), "6984");
        } else {
            let Some(begun) = self.begin(self.small())? else { return Ok(()) };
            prop_assert_eq!(self.send(&damaged(begun.commit())), "9302");
            prop_assert_eq!(self.send(&begun.commit()), "6985");
        }
        self.wrong += 1;
        Ok(())
    }

    fn replay(&mut self, begun: bool) -> Result<(), TestCaseError> {
        let Some(last) = self.last.filter(|_| self.wrong < WRONG_MAX) else { return Ok(()) };
        if self.book.standing == TERMINATED {
            return Ok(());
        }
        let again = begun && matches!(last.wanted, Wanted::Settlement(_));
        let again = again && self.begin(last.wanted)?.is_some();
        let expected = if again { "9302" } else { "6985" };
        prop_assert_eq!(self.send(&last.commit()), expected);
        self.wrong += u32::from(again);
        Ok(())
    }

    fn stale(&mut self, figures: bool) -> Result<(), TestCaseError> {
        let book = &self.book;
        let (number, balance) =
            if figures { (book.number + 1, book.balance ^ 1) } else { (book.number, book.balance) };
        let limits = [&[1, 1][..], &numbers(&[0]), &[60]].concat();
        let figures_sent = numbers(&[book.sequence, balance, 1]);
        let data = [&figures_sent[..], &limits, &numbers(&[number]), &self.time()].concat();
        let word = match book.standing {
            NEW => "6985",
            _ if figures => "948B",
            _ => "9487",
        };
        self.order(("ML-AK", [0x56, 0, 0]), &data, &None, Err(word))
    }

    fn reversal(&self, kind: u8, back: u32, percent: u32) -> Wanted {
        let reference = self.book.sequence.saturating_sub(back);
        let row = self.book.rows.iter().find(|row| row.sequence == reference);
        let amounts = row.map_or([0; 4], |row| row.amounts);
        let part = |amount: u32| (u64::from(amount) * u64::from(percent) / 100) as u32;
        let number = self.book.number + 1;
        Wanted::Reversal { kind, reference, amounts: amounts.map(part), number }
    }

    pub(crate) fn live(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Settle { off_line, amounts, class, flags, away, tears } => {
                let [account, rest @ ..] = *amounts;
                let [own, pooled, deductible] = rest;
                let amounts = [self.amount(account), own, pooled, deductible];
                let terminal = if *away { [0x35, 2, 0, 0, 0, 1] } else { [0x33, 4, 9, 1, 1, 1] };
                let (index, off_line) = (1 + class % 3, *off_line);
                let (class, flags) = (*class, *flags);
                let settle = Settle { off_line, index, amounts, class, flags, terminal };
                self.transact(Wanted::Settlement(settle), tears)?;
            }
            Event::Credit { amount, tears } => {
                let (amount, number) = (self.amount(*amount), self.book.number + 1);
                self.transact(Wanted::Credit { index: 3, amount, number }, tears)?;
            }
            Event::Reverse { kind, back, percent, tears } => {
                self.transact(self.reversal(*kind, *back, *percent), tears)?;
            }
            Event::Freeze { p1, tears } => self.freeze(*p1, tears)?,
            Event::Year { interest, tears } => self.settle_year(*interest, tears)?,
            Event::Acknowledge { tears } => self.acknowledge(tears)?,
            Event::Reconcile { amount, count, single, limit, tears } => {
                self.reconcile((*amount, *count, 1, *single), *limit, tears)?;
            }
            Event::Adjust { minus, amount, tears } => {
                self.adjust(*minus, self.amount(*amount), tears)?;
            }
            Event::Close { tears } => self.close(tears)?,
            Event::Open { tears } => self.open(tears)?,
            Event::Damage { order, bit } => self.damage(*order, *bit)?,
            Event::Disturb { with } => {
                if let Some(begun) = self.begin(self.small())? {
                    self.send(OTHERS[with % OTHERS.len()]);
                    prop_assert_eq!(self.send(&begun.commit()), "6985");
                }
            }
            Event::Replay { begun } => self.replay(*begun)?,
            Event::Stale { figures } => self.stale(*figures)?,
            Event::Reset => self.power_up(&[]),
        }
        self.check()
    }

    /// The card is what the book says: status, entries, statement, proof, sums.
    fn check(&mut self) -> Result<(), TestCaseError> {
        let book = self.book.clone();
        let answered = |bytes: &[u8]| hex::encode_upper(bytes) + "9000";
        prop_assert_eq!(self.send(b"\xD0\xCA\x01\x00\x0C"), answered(&book.status()));
        prop_assert_eq!(self.send(b"\xD0\xCA\x02\x00\x47"), answered(&book.status_long()));
        let newest = book.rows.len().min(64);
        for number in [1, 2, newest.max(1)] {
            let record = self.send(&[0x00, 0xB2, number as u8, 0x44, 0x30]);
            match book.rows.len().checked_sub(number).and_then(|at| book.rows.get(at)) {
                Some(row) => prop_assert_eq!(record, answered(&row.bytes()), "record {}", number),
                None => prop_assert_eq!(record, "6A83"),
            }
        }
        // Sequences have no gaps (invariant 2), and no more are unstated than the log holds (4).
        for (one, next) in book.rows.iter().zip(&book.rows[1..]) {
            prop_assert_eq!(one.sequence + 1, next.sequence);
        }
        prop_assert!(book.unstated() <= 64);
        book.check_sums();
        let over = book.standing == TERMINATED;
        let statement = if over { "9303".into() } else { answered(&book.statement_bytes()) };
        prop_assert_eq!(self.send(b"\xD0\x4C\x00\x00\x27"), statement);
        let ask = [b"\xD0\x5A\x00\x00\x04", &book.sequence.to_be_bytes()[..]].concat();
        let proof = if over { "9303".into() } else { answered(&book.proof) };
        prop_assert_eq!(self.send(&ask), proof);
        prop_assert_eq!(self.card.eeprom().foul_reads(), 0);
        Ok(())
    }
}
