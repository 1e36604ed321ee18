//! Money is neither made nor lost: whatever is asked of a purse, in whatever order, with power
//! failing in any pulse, the certified sums are the balance, and no number goes back.
//!
//! The books are kept from what a terminal sees alone: answers, and after a lost answer what GET
//! TRANSACTION PROVE tells. `LIVES` says how many, `SEED` which.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod book;
mod desk;
mod grey;

use std::sync::OnceLock;

use book::{Book, Cached};
use desk::{KINDS, Kind, Opened};
use grey::{Lock, Tears};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use tessera::{Card, Profile, Response};

const SELECT: &[u8] = b"\x00\xA4\x04\x0C\x09\xA0\x00\x00\x00\x03\x86\x98\x07\x01";
const VERIFY: &[u8] = b"\x00\x20\x00\x00\x03\x12\x34\x56";

/// Something that happens to the card.
#[derive(Clone, Debug)]
enum Event {
    /// A transaction; power fails in this pulse of its second command, if there is one, then in
    /// these pulses of the recoveries.
    Transact { kind: Kind, amount: u32, tears: Tears, trip: bool },
    /// A transaction whose second command is damaged in one bit.
    Damage { kind: Kind, bit: usize },
    /// Another command comes between the two.
    Disturb { kind: Kind, with: usize },
    /// The second command of the last completed transaction once more, after a new first one or
    /// without.
    Replay { opened: bool },
    /// A purse is locked before fuelling.
    Lock { purse: usize, tears: Tears },
    /// It is debited by what was delivered, at the pump or by the issuer.
    Unlock { amount: u32, tears: Tears, online: bool },
    /// The card is taken out and put back.
    Reset,
}

/// Commands that have no place between the two of a transaction.
const OTHERS: [&[u8]; 5] = [
    &[0x80, 0x5C, 0x00, 0x02, 0x04],
    &[0x00, 0x84, 0x00, 0x00, 0x04],
    &[0x00, 0xB2, 0x01, 0xC4, 0x17],
    &[0x80, 0x5A, 0x00, 0x06, 0x02, 0x00, 0x01],
    &[0x80, 0xFF, 0x00, 0x00],
];

struct Life {
    card: Card,
    book: Book,
    response: Response,
    terminal_number: u32,
    last: Option<Opened>,
    lock: Option<Lock>,
    completed: u32,
    unlocked: u32,
    tears: u32,
}

impl Life {
    fn new() -> Self {
        static NEW: OnceLock<Card> = OnceLock::new();
        let new = || Card::from_profile(&Profile::load("purse").unwrap()).unwrap();
        let card = NEW.get_or_init(new).clone();
        let (book, response) = (Book::new(), Response::new());
        let mut life = Self {
            card,
            book,
            response,
            terminal_number: 0,
            last: None,
            lock: None,
            completed: 0,
            unlocked: 0,
            tears: 0,
        };
        life.power_up(&[]);
        life
    }

    /// Power comes, and fails in these pulses before it stays; then the purse is selected.
    fn power_up(&mut self, tears: &[u32]) {
        for &pulse in tears {
            self.card.tear_at(pulse);
            if self.card.power_on().is_ok() {
                self.card.tear_at(0);
                break;
            }
        }
        self.card.tear_at(0);
        self.card.power_on().unwrap();
        for command in [SELECT, VERIFY] {
            assert_eq!(self.send(command), "9000");
        }
    }

    /// Sends a command that power may fail in; whether it was answered. After a tear the purse is
    /// selected again.
    fn torn(&mut self, command: &[u8], tears: &Tears) -> bool {
        self.card.tear_at(tears.as_ref().map_or(0, |(pulse, _)| *pulse));
        let answered = self.card.exchange(command, &mut self.response).is_ok();
        self.card.tear_at(0);
        if !answered {
            self.tears += 1;
            self.power_up(tears.as_ref().map_or(&[], |(_, recoveries)| recoveries));
        }
        answered
    }

    /// The answer in hexadecimal.
    fn send(&mut self, command: &[u8]) -> String {
        self.card.exchange(command, &mut self.response).unwrap();
        hex::encode_upper(self.response.as_bytes())
    }

    /// INITIALIZE, held against the books; `None` when it is rightly refused.
    fn open(&mut self, kind: Kind, amount: u32) -> Result<Option<Opened>, TestCaseError> {
        let answer = self.send(&kind.initialize(amount));
        let refusal = match kind {
            _ if self.lock.as_ref().is_some_and(|lock| lock.purse == kind.purse()) => Some("6985"),
            Kind::Overdraft => None,
            _ => self.book.new_balance(kind, amount).err(),
        };
        if let Some(refusal) = refusal {
            prop_assert_eq!(answer, refusal, "{:?} {}", kind, amount);
            return Ok(None);
        }
        prop_assert!(answer.ends_with("9000"), "{kind:?} {amount}: {answer}");
        self.terminal_number += 1;
        let answer = hex::decode(&answer[..answer.len() - 4]).unwrap();
        let opened = Opened::new(kind, amount, &answer, self.terminal_number);
        let purse = self.book.purses[kind.purse()];
        prop_assert_eq!(opened.balance, purse.balance);
        prop_assert_eq!(opened.number, self.book.number(kind), "{:?}", kind);
        prop_assert_eq!(opened.limit.unwrap_or(purse.limit), purse.limit);
        Ok(Some(opened))
    }

    /// The records of a compound purchase go into the card's cache.
    fn cache(&mut self, trip: bool) -> Cached {
        let fill = self.terminal_number as u8;
        let record = [&[0x09, 0x2E][..], &[fill; 46]].concat();
        let update = [&[0x80, 0xDC, 0x09, 0xB8, 0x30][..], &record].concat();
        assert_eq!(self.send(&update), "9000");
        let trip = trip.then(|| vec![fill ^ 0xFF; 16]);
        if let Some(trip) = &trip {
            let append = [&[0x80, 0xDC, 0x00, 0xD3, 0x10][..], trip].concat();
            assert_eq!(self.send(&append), "9000");
        }
        Cached { record, trip }
    }

    fn live(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Transact { kind, amount, tears, trip } => {
                self.transact(*kind, *amount, tears, *trip)?;
            }
            Event::Damage { kind, bit } => {
                if let Some(opened) = self.open(*kind, 1)? {
                    let mut second = opened.second();
                    // The first two bytes of a terminal's number are in the TAC alone.
                    let from = if kind.is_online() { 5 } else { 7 };
                    let bit = from * 8 + bit % ((second.len() - from) * 8);
                    second[bit / 8] ^= 1 << (bit % 8);
                    prop_assert_eq!(self.send(&second), "9302");
                    prop_assert_eq!(self.send(&opened.second()), "6901");
                }
            }
            Event::Disturb { kind, with } => {
                let other = OTHERS[with % OTHERS.len()];
                // The records of a compound purchase may need a challenge each.
                if *kind == Kind::Compound && other[1] == 0x84 {
                    return Ok(());
                }
                if let Some(opened) = self.open(*kind, 0)? {
                    self.send(other);
                    prop_assert_eq!(self.send(&opened.second()), "6901");
                }
            }
            Event::Replay { opened } => {
                let Some(last) = self.last.clone() else { return Ok(()) };
                let again = *opened && self.open(last.kind, last.amount)?.is_some();
                let expected = if again { "9302" } else { "6901" };
                prop_assert_eq!(self.send(&last.second()), expected);
            }
            Event::Lock { purse, tears } => self.lock(*purse, tears)?,
            Event::Unlock { amount, tears, online: false } => {
                self.debit_for_unlock(*amount, tears)?;
            }
            Event::Unlock { amount, tears, online: true } => self.grey_unlock(*amount, tears)?,
            Event::Reset => self.power_up(&[]),
        }
        self.audit()
    }

    fn transact(
        &mut self,
        kind: Kind,
        amount: u32,
        tears: &Tears,
        trip: bool,
    ) -> Result<(), TestCaseError> {
        let Some(opened) = self.open(kind, amount)? else { return Ok(()) };
        let cached = (kind == Kind::Compound).then(|| self.cache(trip));
        let answered = self.torn(&opened.second(), tears);
        let new_balance = match self.book.new_balance(kind, amount) {
            Ok(balance) => balance,
            Err(refusal) => {
                prop_assert!(answered);
                prop_assert_eq!(hex::encode_upper(self.response.as_bytes()), refusal);
                return Ok(());
            }
        };
        if answered {
            let expected = [&opened.answer(new_balance)[..], &[0x90, 0x00]].concat();
            prop_assert_eq!(self.response.as_bytes(), &expected[..], "{:?}", opened);
            self.book.enter(&opened, new_balance, cached.as_ref());
            self.completed += 1;
            self.last = Some(opened);
            return Ok(());
        }
        prop_assert_eq!(self.send(&opened.second()), "6901");
        let proof = self.send(&opened.prove());
        if proof == "9406" {
            return Ok(());
        }
        let (mac, tac) = opened.certificates(new_balance);
        let expected = hex::encode_upper([&mac[..], &tac, &[0x90, 0x00]].concat());
        prop_assert_eq!(proof, expected, "{:?}", opened);
        self.book.enter(&opened, new_balance, cached.as_ref());
        self.last = Some(opened);
        Ok(())
    }

    /// The card says what the books say, and the books add up.
    fn audit(&mut self) -> Result<(), TestCaseError> {
        prop_assert!(self.book.adds_up());
        for (p2, purse) in [1, 2].into_iter().zip(self.book.purses) {
            let balance = self.send(&[0x80, 0x5C, 0x00, p2, 0x04]);
            prop_assert_eq!(balance, format!("{:08X}9000", purse.balance));
        }
        for kind in [Kind::LoadEd, Kind::LoadEp, Kind::PurchaseEd, Kind::PurchaseEp] {
            self.open(kind, 0)?;
        }
        let newest = self.send(&[0x00, 0xB2, 0x01, 0xC4, 0x00]);
        let expected = self.book.newest.clone();
        let overdraft = expected.as_ref().is_some_and(|record| record[9] == Kind::Overdraft as u8);
        match expected {
            None => prop_assert_eq!(newest, "6A83"),
            Some(_) if overdraft => prop_assert_eq!(&newest[18..20], "07"),
            Some(record) => prop_assert_eq!(newest, hex::encode_upper(record) + "9000"),
        }
        let record = self.send(&[0x00, 0xB2, 0x09, 0xB8, 0x00]);
        prop_assert_eq!(record, hex::encode_upper(&self.book.record) + "9000");
        let trip = self.send(&[0x00, 0xB2, 0x01, 0xD4, 0x00]);
        let expected = self.book.trip.as_ref().map(|trip| hex::encode_upper(trip) + "9000");
        prop_assert_eq!(trip, expected.unwrap_or_else(|| "6A83".into()));
        prop_assert_eq!(self.card.eeprom().foul_reads(), 0);
        Ok(())
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    proptest::sample::select(&KINDS[..])
}

fn amounts() -> impl Strategy<Value = u32> {
    prop_oneof![
        6 => 0..2000_u32,
        1 => Just(u32::MAX),
        1 => any::<u32>(),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let tears = (1..24_u32, proptest::collection::vec(1..20_u32, 0..3));
    let tears = proptest::option::weighted(0.6, tears).boxed();
    prop_oneof![
        12 => (kinds(), amounts(), tears.clone(), any::<bool>())
            .prop_map(|(kind, amount, tears, trip)| {
                // A limit has three bytes.
                let amount = if kind == Kind::Overdraft { amount & 0xFF_FFFF } else { amount };
                Event::Transact { kind, amount, tears, trip }
            }),
        1 => (kinds(), 0..200_usize).prop_map(|(kind, bit)| Event::Damage { kind, bit }),
        1 => (kinds(), 0..5_usize).prop_map(|(kind, with)| Event::Disturb { kind, with }),
        1 => any::<bool>().prop_map(|opened| Event::Replay { opened }),
        3 => (0..2_usize, tears.clone()).prop_map(|(purse, tears)| Event::Lock { purse, tears }),
        6 => (amounts(), tears, any::<bool>())
            .prop_map(|(amount, tears, online)| Event::Unlock { amount, tears, online }),
        1 => Just(Event::Reset),
    ]
}

#[test]
fn money_is_neither_made_nor_lost_and_no_number_goes_back() {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let (lives, seed) = (number("LIVES"), number("SEED"));
    let cases = lives.map_or(900, |lives| lives.min(u32::MAX.into()) as u32);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut drawn_from = [0x5A; 32];
    drawn_from[..8].copy_from_slice(&seed.unwrap_or(1).to_be_bytes());
    let tally = std::cell::Cell::new((0, 0, 0));
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &drawn_from))
        .run(&proptest::collection::vec(events(), 1..30), |events| {
            let mut life = Life::new();
            for event in &events {
                life.live(event)?;
            }
            let (completed, unlocked, tears) = tally.get();
            tally.set((completed + life.completed, unlocked + life.unlocked, tears + life.tears));
            Ok(())
        })
        .unwrap();
    // So that nothing here goes by without having been tried.
    let (completed, unlocked, tears) = tally.get();
    let least = u64::from(cases) * 10 / 9;
    let all = [completed, 10 * unlocked, tears].map(u64::from);
    assert!(all.iter().all(|&happened| happened > least), "{:?}", tally.get());
}
