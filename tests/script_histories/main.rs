//! Random personalisation and use of a blank card, with tears, tears in recovery and resets,
//! against a model that knows what must be there and, after a tear, the states that may be until an
//! answer has told.
//!
//! What holds in every state: a refused command has changed nothing; a try that was taken stays
//! taken; a file is there whole or not at all, and what lies under a directory all or none; no
//! directory holds more than its space.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod event;
mod model;

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
};

use event::{CHALLENGE, Event, KEYS, Tear, bytes, histories};
use model::{Answer, Df, Session};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use tessera::{Card, Profile, Response, StatusWord};

/// Most pulses of a recovery here: two for each page range of a transaction, three for each of two
/// counters, and the log.
const RECOVERY_PULSES_MAX: u64 = 60;

/// A card, and what it may be.
struct Life {
    card: Card,
    possible: Vec<(Df, Session)>,
    response: Response,
    statuses: BTreeMap<u16, u64>,
    tears: u64,
}

/// What a possible card answers, how it ends, and what it may be if power fails.
type Ending = (Answer, Df, Session);

impl Life {
    fn new() -> Self {
        static BLANK: OnceLock<Card> = OnceLock::new();
        let blank = || Card::from_profile(&Profile::load("blank").unwrap()).unwrap();
        let mut card = BLANK.get_or_init(blank).clone();
        card.power_on().unwrap();
        let tree = Df::mf(8192);
        let session = Session::new(&tree);
        let (response, statuses) = (Response::new(), BTreeMap::new());
        Self { card, possible: vec![(tree, session)], response, statuses, tears: 0 }
    }

    fn live(&mut self, (event, tear): &(Event, Tear)) -> Result<(), TestCaseError> {
        match event {
            Event::Command(command) => {
                let exchange = |session: &mut Session, tree: &Df| session.exchange(tree, command);
                self.command(command, tear, exchange)
            }
            Event::Authenticate { id, key } => {
                let (key, cryptogram) = KEYS[*key];
                self.card.give_random(&bytes(CHALLENGE));
                self.card.exchange(&[0x00, 0x84, 0x00, 0x00, 0x08], &mut self.response).unwrap();
                prop_assert_eq!(self.response.data(), &bytes(CHALLENGE)[..]);
                let command = [&[0x00, 0x82, 0x00, *id, 0x08][..], &bytes(cryptogram)].concat();
                let key = bytes(key);
                let exchange =
                    |session: &mut Session, tree: &Df| session.authenticate(tree, *id, &key);
                self.command(&command, tear, exchange)
            }
            Event::Reset => self.power_up(tear.as_ref().map_or(&[], |(_, tears)| tears)),
        }
    }

    fn command(
        &mut self,
        command: &[u8],
        tear: &Tear,
        exchange: impl Fn(&mut Session, &Df) -> Answer,
    ) -> Result<(), TestCaseError> {
        let endings: Vec<Ending> = self
            .possible
            .iter()
            .map(|(tree, session)| {
                let mut session = session.clone();
                let answer = exchange(&mut session, tree);
                (answer, tree.clone(), session)
            })
            .collect();
        let before = self.card.memory().to_vec();
        self.card.tear_at(tear.as_ref().map_or(0, |(pulse, _)| *pulse));
        let answered = self.card.exchange(command, &mut self.response).is_ok();
        self.card.tear_at(0);
        prop_assert_eq!(self.card.eeprom().foul_reads(), 0);
        if !answered {
            self.tears += 1;
            self.possible.clear();
            for ((_, changes), tree, session) in endings {
                for tree in [vec![tree], changes].concat() {
                    self.add(tree, session.clone());
                }
            }
            return self.power_up(tear.as_ref().map_or(&[], |(_, tears)| tears));
        }
        let answer = self.response.as_bytes().to_vec();
        let expected: Vec<_> =
            endings.iter().map(|((expected, _), ..)| hex::encode_upper(expected)).collect();
        self.possible.clear();
        for ((expected, changes), tree, session) in endings {
            if expected == answer {
                self.add(changes.last().cloned().unwrap_or(tree), session);
            }
        }
        let got = self.response.clone();
        prop_assert!(!self.possible.is_empty(), "{command:02X?}: {expected:?}, got {got:?}");
        let status = self.response.status();
        *self.statuses.entry(status.0).or_default() += 1;
        let unchanged = !status.promises_unchanged() || self.card.memory() == before;
        prop_assert!(unchanged, "{command:02X?}: {status}, and memory has changed");
        Ok(())
    }

    fn add(&mut self, tree: Df, session: Session) {
        tree.require_space();
        if !self.possible.contains(&(tree.clone(), session.clone())) {
            self.possible.push((tree, session));
        }
    }

    fn power_up(&mut self, tears: &[u32]) -> Result<(), TestCaseError> {
        self.card.power_off();
        for &pulse in tears {
            self.card.tear_at(pulse);
            if self.card.power_on().is_ok() {
                self.card.power_off();
            }
        }
        let pulses = self.card.pulses();
        self.card.power_on().unwrap();
        prop_assert!(self.card.pulses() - pulses <= RECOVERY_PULSES_MAX);
        for (tree, session) in std::mem::take(&mut self.possible) {
            let _ = session;
            let session = Session::new(&tree);
            self.add(tree, session);
        }
        Ok(())
    }

    /// Everything a terminal finds in every directory that may be there.
    fn look(&mut self) -> Result<(), TestCaseError> {
        self.power_up(&[])?;
        for first in [0x3F10_u16, 0x3F11, 0x3F20] {
            for second in [0x3F10_u16, 0x3F11, 0x3F20] {
                let select =
                    |fid: u16| [&[0x00, 0xA4, 0x00, 0x00, 2][..], &fid.to_be_bytes()].concat();
                let mut commands = [0x3F00, first, second].map(select).to_vec();
                commands.extend((5..8).map(|sfi| vec![0x00, 0xB0, 0x80 | sfi, 0x00, 0x00]));
                commands.extend((0..3).map(|id| vec![0x00, 0x20, 0x00, id, 0x02, 0, 0]));
                for command in commands {
                    let exchange =
                        |session: &mut Session, tree: &Df| session.exchange(tree, &command);
                    self.command(&command, &None, exchange)?;
                }
            }
        }
        Ok(())
    }
}

/// Histories.
const LIVES: u32 = 1_000;

#[test]
fn whatever_happens_to_a_blank_card_its_terminal_sees_what_the_model_says() {
    let config = Config { cases: LIVES, failure_persistence: None, ..Config::default() };
    let together: Mutex<(BTreeMap<u16, u64>, u64)> = Mutex::default();
    let lived = TestRunner::new(config).run(&histories(), |history| {
        let mut life = Life::new();
        for event in &history {
            life.live(event)?;
        }
        life.look()?;
        let mut all = together.lock().unwrap();
        all.1 += life.tears;
        for (status, count) in life.statuses {
            *all.0.entry(status).or_default() += count;
        }
        Ok(())
    });
    if let Err(failure) = lived {
        panic!("{failure}");
    }
    let (statuses, tears) = together.into_inner().unwrap();
    println!("{tears} tears, {statuses:04X?}");
    assert!(tears > u64::from(LIVES), "{tears}");
    for status in [
        0x9000, 0x6281, 0x63C0, 0x63C1, 0x63C2, 0x6700, 0x6982, 0x6983, 0x6A80, 0x6A82, 0x6A84,
        0x6A86, 0x6A88, 0x6B00, 0x9403,
    ] {
        let word = StatusWord(status);
        assert!(statuses.contains_key(&status), "{word} was never answered");
    }
}
