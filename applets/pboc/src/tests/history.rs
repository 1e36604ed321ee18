//! Any history, tears included: the balance is what was loaded and granted less what was paid, as
//! the terminals know it, no number goes back, a lock locks, and records are those of the last
//! compound purchase. And any bytes at all: an answer, never a panic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    grey::{BOTH, FREE, Grey, Of, begin_unlock},
    *,
};

/// Of classes 80, 84 and E0.
const INSTRUCTIONS: [u8; 11] = [0x50, 0x52, 0x54, 0x58, 0x5A, 0x5C, 0xDC, 0x7A, 0x7C, 0x7E, 0xCA];

/// One thing that happens to a card. With a tear, power fails in that store of its last command, or
/// after its last one before the answer arrives.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A whole transaction.
    Transaction { kind: Kind, amount: u32, tear: Option<u32> },
    /// A grey lock.
    Lock { of: Of, tear: Option<u32> },
    /// What ends it, by a terminal or by the issuer.
    Unlock { by_issuer: bool, amount: u32, tear: Option<u32> },
    /// INITIALIZE alone.
    Begin(Kind, u32),
    /// A second command with a wrong MAC.
    WrongMac(Kind, u32),
    /// The last second command again.
    Replay,
    /// Power off and on.
    Reset,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let kind = || proptest::sample::select(&KINDS[..]);
    let amount = || prop_oneof![8 => 0..3000_u32, 1 => Just(u32::MAX), 1 => 0x7FFF_0000..u32::MAX];
    let tear = || proptest::option::weighted(0.3, 1..8_u32);
    let event = prop_oneof![
        9 => (kind(), amount(), tear())
            .prop_map(|(kind, amount, tear)| Event::Transaction { kind, amount, tear }),
        1 => (proptest::sample::select(&BOTH[..]), tear())
            .prop_map(|(of, tear)| Event::Lock { of, tear }),
        2 => (any::<bool>(), amount(), tear())
            .prop_map(|(by_issuer, amount, tear)| Event::Unlock { by_issuer, amount, tear }),
        1 => (kind(), amount()).prop_map(|(kind, amount)| Event::Begin(kind, amount)),
        1 => (kind(), amount()).prop_map(|(kind, amount)| Event::WrongMac(kind, amount)),
        1 => Just(Event::Replay),
        1 => Just(Event::Reset),
    ];
    proptest::collection::vec(event, 1..40)
}

/// What the terminals know of a purse.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Known {
    loaded: u64,
    paid: u64,
    limit: u32,
    online: u16,
    offline: u16,
}

impl Known {
    fn balance(&self) -> u32 {
        let granted = self.loaded + u64::from(self.limit);
        granted.checked_sub(self.paid).and_then(|left| left.try_into().ok()).expect("no such money")
    }

    /// What comes of a transaction that is begun rightly: of INITIALIZE, then of its second one.
    fn answers(&self, kind: Kind, amount: u32) -> [&'static str; 2] {
        let balance = self.balance();
        let granted = u64::from(balance) + u64::from(amount);
        match kind {
            kind if kind.pays() && amount > balance => ["9401", ""],
            kind if kind.is_load() && granted > u64::from(u32::MAX) => ["6985", ""],
            Kind::Overdraft if granted < u64::from(self.limit) => ["9000", "9401"],
            Kind::Overdraft if granted - u64::from(self.limit) > u64::from(u32::MAX) => {
                ["9000", "6985"]
            }
            _ => ["9000", "9000"],
        }
    }
}

struct World {
    card: Dialogue,
    /// By the purse's file.
    known: BTreeMap<u16, Known>,
    locked: Option<Grey>,
    /// The record that compound purchases write.
    record: [u8; 16],
    last: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let mut card = capp::card_of(&grey::with_locks(&USUAL));
        for kind in [Kind::LoadEd, Kind::LoadEp] {
            card.set_purse(kind, 0, 0, 0);
        }
        card.check(&[(VERIFY, "9000")]);
        let known = BTreeMap::from([(1, Known::default()), (2, Known::default())]);
        let last = unhex("805200000B 20250102030405 00000000");
        Self { card, known, locked: None, record: [0; 16], last }
    }

    fn power_on(&mut self) {
        self.card.power_on();
        self.card.check(&[(VERIFY, "9000")]);
    }

    /// INITIALIZE; it is refused when it has to be, and only then.
    fn open(&mut self, kind: Kind, amount: u32) -> Option<Opened> {
        // A limit has three bytes.
        let amount = if kind == Kind::Overdraft { amount & 0x00FF_FFFF } else { amount };
        let answer = unhex(&self.card.send(&initialize(kind, amount)));
        let locked = self.locked.is_some_and(|grey| grey.of as u16 == kind.purse());
        let [expected, _] = self.known[&kind.purse()].answers(kind, amount);
        let expected = if locked { "6985" } else { expected };
        assert_eq!(hex(&answer[answer.len() - 2..]), expected, "{kind:?} {amount}");
        (expected == "9000").then(|| Opened::new(kind, amount, &answer))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Transaction { kind, amount, tear } => self.transact(kind, amount, tear),
            Event::Lock { of, tear } => self.lock(of, tear),
            Event::Unlock { by_issuer, amount, tear } => self.unlock(by_issuer, amount, tear),
            Event::Begin(kind, amount) => drop(self.open(kind, amount)),
            Event::WrongMac(kind, amount) => {
                if let Some(opened) = self.open(kind, amount) {
                    let mut second = opened.second();
                    second[8] ^= 0x40;
                    assert_eq!(self.card.send(&hex(&second)), "9302");
                }
            }
            Event::Replay => {
                let last = hex(&self.last.clone());
                let answer = self.card.send(&last);
                assert!(["6901", "9302"].contains(&&*answer), "{answer}");
            }
            Event::Reset => self.power_on(),
        }
        self.check();
    }

    /// The answer's status word; `None` when power failed on the way.
    fn send(&mut self, command: &[u8], tear: Option<u32>) -> Option<String> {
        self.card.rig.tear_at(tear.unwrap_or(u32::MAX));
        let answer = self.card.try_send(command);
        if tear.is_some() {
            self.power_on();
        }
        answer.map(|answer| hex(&answer[answer.len() - 2..]))
    }

    fn transact(&mut self, kind: Kind, amount: u32, tear: Option<u32>) {
        let Some(opened) = self.open(kind, amount) else { return };
        let record: [u8; 16] = core::array::from_fn(|at| opened.second()[at % 4 + 9] ^ at as u8);
        if kind == Kind::Capp {
            self.card.check(&[(&capp::update(0x01, 0x84, &record), "9000")]);
        }
        self.last = opened.second();
        let answer = self.send(&self.last.clone(), tear);
        let [_, expected] = self.known[&kind.purse()].answers(kind, opened.amount);
        assert!(answer.as_ref().is_none_or(|answer| answer == expected), "{answer:?}");
        let proof = self.card.send(&opened.prove());
        let completed = proof.ends_with("9000");
        assert!(completed || proof == "9406", "{proof}");
        assert!(completed || answer.is_none_or(|answer| answer != "9000"));
        if completed {
            assert_eq!((proof, expected), (opened.proof(), "9000"));
            let known = self.known.get_mut(&kind.purse()).unwrap();
            match kind {
                Kind::Overdraft => known.limit = opened.amount,
                kind if kind.is_load() => known.loaded += u64::from(amount),
                _ => known.paid += u64::from(amount),
            }
            *(if kind.is_online() { &mut known.online } else { &mut known.offline }) += 1;
            if kind == Kind::Capp {
                self.record = record;
            }
        }
    }

    fn lock(&mut self, of: Of, tear: Option<u32>) {
        if self.locked.is_some() {
            self.card.check(&[(&of.begin_lock(), "6985")]);
            return;
        }
        let grey = Grey::begin(&mut self.card, of);
        let answer = self.send(&grey.lock(), tear);
        let proof = self.card.send("E0CA0000");
        if proof == grey.locked() {
            self.known.get_mut(&(of as u16)).unwrap().offline += 1;
            self.locked = Some(grey);
        } else {
            assert_eq!((answer, proof + "9000"), (None, FREE.replace(' ', "") + "9000"));
        }
    }

    fn unlock(&mut self, by_issuer: bool, amount: u32, tear: Option<u32>) {
        let Some(grey) = self.locked else { return };
        let known = self.known[&(grey.of as u16)];
        let command = match by_issuer {
            true => begin_unlock(&mut self.card, grey.of, amount).0,
            false => grey.debit(amount),
        };
        let answer = self.send(&command, tear);
        let proof = self.card.send("E0CA0100");
        if amount > known.balance() {
            assert!(answer.is_none_or(|answer| answer == "9401"));
            assert_eq!(proof, grey.locked());
        } else if proof == grey.locked() {
            assert_eq!(answer, None);
        } else {
            let free = FREE.replace(' ', "");
            assert_eq!(proof, if by_issuer { free } else { grey.debited(amount) });
            let known = self.known.get_mut(&(grey.of as u16)).unwrap();
            known.paid += u64::from(amount);
            known.online += u16::from(by_issuer);
            self.locked = None;
        }
    }

    /// Balances, numbers, lock and record are what the terminals make of it.
    fn check(&mut self) {
        for (purse, known) in self.known.clone() {
            let balance = self.card.send(&format!("805C00{purse:02X}"));
            assert_eq!(balance, format!("{:08X}9000", known.balance()));
            let (load, pay) = match purse {
                1 => (Kind::LoadEd, Kind::PurchaseEd),
                _ => (Kind::LoadEp, Kind::PurchaseEp),
            };
            if let Some(opened) = self.open(load, 0) {
                assert_eq!(opened.number, known.online);
                assert_eq!(self.open(pay, 0).unwrap().number, known.offline);
            }
        }
        let proof = self.locked.map_or(FREE.into(), |grey| grey.locked());
        let record = hex(&self.record) + "9000";
        self.card.check(&[("E0CA0000", &proof), ("00B2018400", &record)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_history_makes_money_or_loses_it(events in events()) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
        }
    }

    #[test]
    fn any_bytes_are_answered_and_an_error_changes_nothing(
        commands in proptest::collection::vec(
            (
                prop_oneof![
                    6 => Just(0x80_u8),
                    3 => Just(0xE0_u8),
                    1 => Just(0x84_u8),
                    1 => any::<u8>(),
                ],
                prop_oneof![
                    6 => proptest::sample::select(&INSTRUCTIONS[..]),
                    1 => any::<u8>(),
                ],
                prop_oneof![3 => 0..4_u8, 1 => any::<u8>()],
                prop_oneof![3 => 0..10_u8, 1 => any::<u8>()],
                prop_oneof![
                    2 => proptest::collection::vec(any::<u8>(), 11),
                    1 => proptest::collection::vec(any::<u8>(), 15),
                    1 => proptest::collection::vec(any::<u8>(), 7),
                    1 => proptest::collection::vec(any::<u8>(), 16),
                    1 => proptest::collection::vec(any::<u8>(), 0..40),
                ],
            ),
            1..30,
        ),
    ) {
        let mut card = capp::card_of(&grey::with_locks(&USUAL));
        card.check(&[(VERIFY, "9000")]);
        card.set_purse(Kind::LoadEd, 0x1234_5678, 1, 0xFFFE);
        card.set_purse(Kind::LoadEp, u32::MAX, 0xFFFF, 1);
        for (cla, ins, p1, p2, data) in commands {
            if ins == 0xA4 {
                continue;
            }
            let before = card.memory();
            let mut command = vec![cla, ins, p1, p2];
            if !data.is_empty() {
                command.push(data.len() as u8);
                command.extend(&data);
            }
            let answer = card.try_send(&command).unwrap();
            let (_, status) = answer.split_last_chunk().unwrap();
            let status = StatusWord::from(*status);
            prop_assert!(status == StatusWord::OK || card.memory() == before, "{status}");
        }
    }
}
