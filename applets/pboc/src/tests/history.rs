//! Any history, tears included: the balance is what was loaded less what was paid, as the terminals
//! know it, and no number goes back. And any bytes at all: an answer, never a panic.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Of class 80.
const INSTRUCTIONS: [u8; 7] = [0x50, 0x52, 0x54, 0x58, 0x5A, 0x5C, 0xDC];

/// One thing that happens to a card.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A whole transaction. With a tear, power fails in that store of its second command, or after
    /// its last one before the answer arrives.
    Transaction { kind: Kind, amount: u32, tear: Option<u32> },
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
    let event = prop_oneof![
        6 => (kind(), amount(), proptest::option::weighted(0.3, 1..8_u32))
            .prop_map(|(kind, amount, tear)| Event::Transaction { kind, amount, tear }),
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

struct World {
    card: Dialogue,
    /// By the purse's file.
    known: BTreeMap<u16, Known>,
    last: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let mut card = Dialogue::with(&USUAL);
        card.check(&[(VERIFY, "9000")]);
        let known = BTreeMap::from([(1, Known::default()), (2, Known::default())]);
        Self { card, known, last: unhex("805200000B 20250102030405 00000000") }
    }

    fn power_on(&mut self) {
        self.card.power_on();
        self.card.check(&[(VERIFY, "9000")]);
    }

    fn open(&mut self, kind: Kind, amount: u32) -> Option<Opened> {
        // A limit has three bytes.
        let amount = if kind == Kind::Overdraft { amount & 0xFFFF } else { amount };
        let answer = unhex(&self.card.send(&initialize(kind, amount)));
        answer.ends_with(&[0x90, 0x00]).then(|| Opened::new(kind, amount, &answer))
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Transaction { kind, amount, tear } => self.transact(kind, amount, tear),
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

    fn transact(&mut self, kind: Kind, amount: u32, tear: Option<u32>) {
        let Some(opened) = self.open(kind, amount) else { return };
        self.last = opened.second();
        self.card.rig.tear_at(tear.unwrap_or(u32::MAX));
        let answer = self.card.try_send(&self.last.clone());
        let arrived = answer.as_ref().is_some_and(|answer| answer.ends_with(&[0x90, 0x00]));
        let refused = answer.is_some() && !arrived;
        // Too much is spent for so small a limit, or too much is there for so great a one.
        assert!(arrived || tear.is_some() || kind == Kind::Overdraft, "{answer:?}");
        let completed = match tear {
            _ if refused => false,
            None => true,
            Some(_) => {
                self.power_on();
                let proof = self.card.send(&opened.prove());
                assert!(proof.ends_with("9000") || (proof == "9406" && !arrived), "{proof}");
                proof.ends_with("9000")
            }
        };
        if completed {
            let known = self.known.get_mut(&kind.purse()).unwrap();
            match kind {
                Kind::Overdraft => known.limit = opened.amount,
                kind if kind.is_load() => known.loaded += u64::from(amount),
                _ => known.paid += u64::from(amount),
            }
            *(if kind.is_online() { &mut known.online } else { &mut known.offline }) += 1;
        }
    }

    /// Balances and numbers are what the terminals make of it.
    fn check(&mut self) {
        for (purse, known) in self.known.clone() {
            let balance = self.card.send(&format!("805C00{purse:02X}"));
            let granted = known.loaded + u64::from(known.limit);
            let expected = granted.checked_sub(known.paid).expect("nothing from nothing");
            assert_eq!(balance, format!("{expected:08X}9000"));
            let (load, pay) = match purse {
                1 => (Kind::LoadEd, Kind::PurchaseEd),
                _ => (Kind::LoadEp, Kind::PurchaseEp),
            };
            assert_eq!(self.open(load, 0).unwrap().number, known.online);
            assert_eq!(self.open(pay, 0).unwrap().number, known.offline);
        }
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
                prop_oneof![6 => Just(0x80_u8), 1 => any::<u8>()],
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
                    1 => proptest::collection::vec(any::<u8>(), 0..40),
                ],
            ),
            1..30,
        ),
    ) {
        let mut card = Dialogue::with(&USUAL);
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
