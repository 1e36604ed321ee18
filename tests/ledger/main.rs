//! The account on the card and the authority's book of it never differ: whatever is asked of the
//! ledger, in whatever order, with power failing in any pulse, every answer is the one the book
//! says, every certificate is the authority's, and the sums of the entries are the balance.
//!
//! The book is kept from what was sent and answered alone, and after a lost answer from what STATUS
//! and PROOF tell. `LIVES` says how many, `SEED` which.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod book;
mod desk;
mod life;
mod orders;

use std::cell::Cell;

use life::Life;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tessera::keys::KeyAlgorithm;

/// Power fails in this pulse of a command, then in these of the recoveries.
type Tears = Option<(u32, Vec<u32>)>;

/// Something that happens to the account.
#[derive(Clone, Debug)]
enum Event {
    /// A settlement.
    Settle { off_line: bool, amounts: [u32; 4], class: u8, flags: u8, away: bool, tears: Tears },
    /// A credit.
    Credit { amount: u32, tears: Tears },
    /// A reversal of the entry so many back, of so much of it in percent.
    Reverse { kind: u8, back: u32, percent: u32, tears: Tears },
    /// FREEZE with this P1.
    Freeze { p1: u8, tears: Tears },
    /// YEAR SETTLEMENT.
    Year { interest: u32, tears: Tears },
    /// ACK STATEMENT.
    Acknowledge { tears: Tears },
    /// RECONCILE with these limits.
    Reconcile { amount: u32, count: u8, single: u32, limit: u8, tears: Tears },
    /// ADJUST.
    Adjust { minus: bool, amount: u32, tears: Tears },
    /// CLOSE.
    Close { tears: Tears },
    /// OPEN, on another card when this one is over.
    Open { tears: Tears },
    /// A COMMIT or an order is damaged in its MAC.
    Damage { order: bool, bit: u8 },
    /// Another command comes between the two of a transaction.
    Disturb { with: usize },
    /// The last COMMIT once more, after another INITIALIZE or without.
    Replay { begun: bool },
    /// An order with a number that is old, or with figures that are not the card's.
    Stale { figures: bool },
    /// The card is taken out and put back.
    Reset,
}

fn amount() -> impl Strategy<Value = u32> {
    prop_oneof![12 => 0..3000_u32, 1 => Just(life::ALL), 1 => 0x7FFF_0000..=u32::MAX]
}

fn settlements(tears: BoxedStrategy<Tears>) -> impl Strategy<Value = Event> {
    let classes = proptest::sample::select(&b"012345669"[..]);
    let amounts = (amount(), 0..2000_u32, prop_oneof![3 => Just(0), 2 => 0..9000_u32], 0..2500_u32)
        .prop_map(|(a, s, p, d)| [a, s, p, d]);
    let flags = prop_oneof![9 => Just(0), 3 => Just(2), 1 => 0..16_u8];
    let seldom = || proptest::bool::weighted(0.2);
    (seldom(), amounts, classes, flags, seldom(), tears).prop_map(
        |(off_line, amounts, class, flags, away, tears)| {
            // Away from home with the flag that says so, mostly.
            let flags = if away { flags | 1 } else { flags & !1 };
            Event::Settle { off_line, amounts, class, flags, away, tears }
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let tears = (1..40_u32, proptest::collection::vec(1..30_u32, 0..3));
    let tears = proptest::option::weighted(0.5, tears).boxed();
    prop_oneof![
        20 => settlements(tears.clone()),
        7 => (amount(), tears.clone()).prop_map(|(amount, tears)| Event::Credit { amount, tears }),
        8 => (2..=4_u8, 0..9_u32, prop_oneof![3 => Just(100), 1 => 0..130_u32], tears.clone())
            .prop_map(|(kind, back, percent, tears)| {
                Event::Reverse { kind, back, percent, tears }
            }),
        1 => (0..2_u8, tears.clone()).prop_map(|(p1, tears)| Event::Freeze { p1, tears }),
        3 => tears.clone().prop_map(|tears| Event::Freeze { p1: 0, tears }),
        1 => (0..500_u32, tears.clone())
            .prop_map(|(interest, tears)| Event::Year { interest, tears }),
        3 => tears.clone().prop_map(|tears| Event::Acknowledge { tears }),
        2 => (amount(), any::<u8>(), 0..5000_u32, 1..=60_u8, tears.clone()).prop_map(
            |(amount, count, single, limit, tears)| {
                let single = if single > 2500 { 0 } else { single };
                Event::Reconcile { amount, count, single, limit, tears }
            },
        ),
        3 => (any::<bool>(), amount(), tears.clone())
            .prop_map(|(minus, amount, tears)| Event::Adjust { minus, amount, tears }),
        1 => tears.clone().prop_map(|tears| Event::Close { tears }),
        3 => tears.prop_map(|tears| Event::Open { tears }),
        1 => (any::<bool>(), 0..32_u8).prop_map(|(order, bit)| Event::Damage { order, bit }),
        1 => (0..life::OTHERS.len()).prop_map(|with| Event::Disturb { with }),
        1 => any::<bool>().prop_map(|begun| Event::Replay { begun }),
        1 => any::<bool>().prop_map(|figures| Event::Stale { figures }),
        1 => Just(Event::Reset),
    ]
}

#[test]
fn the_card_and_the_book_never_differ() {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let (lives, seed) = (number("LIVES"), number("SEED"));
    let cases = lives.map_or(1000, |lives| lives.min(u32::MAX.into()) as u32);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut drawn_from = [0x5A; 32];
    drawn_from[..8].copy_from_slice(&seed.unwrap_or(1).to_be_bytes());
    let tally = Cell::new([0_u32; 4]);
    let life = (any::<bool>(), proptest::collection::vec(events(), 1..60));
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &drawn_from))
        .run(&life, |(sm4, events)| {
            let algorithm = if sm4 { KeyAlgorithm::Sm4 } else { KeyAlgorithm::TripleDes };
            let mut life = Life::new(algorithm);
            for event in &events {
                life.live(event)?;
            }
            let mut sum = tally.get();
            for (sum, count) in sum.iter_mut().zip(life.counts()) {
                *sum += count;
            }
            tally.set(sum);
            Ok(())
        })
        .unwrap();
    // So that nothing here goes by without having been tried.
    let [transactions, orders, tears, cards] = tally.get().map(u64::from);
    let all = [transactions / 4, orders / 4, tears / 2, cards * 10];
    assert!(all.iter().all(|&happened| happened > u64::from(cases)), "{:?}", tally.get());
}

/// A life that uses up the log: everything up to 64 entries, then a statement, thrice around.
#[test]
fn a_long_life_goes_around_the_log() {
    for algorithm in [KeyAlgorithm::TripleDes, KeyAlgorithm::Sm4] {
        let mut life = Life::new(algorithm);
        for turn in 0..200_u32 {
            let amounts = [turn % 7, 1, 2, 0];
            let event = match turn % 5 {
                0 => Event::Credit { amount: turn, tears: None },
                1 => Event::Reverse { kind: 3, back: turn % 9, percent: 50, tears: None },
                _ => Event::Settle {
                    off_line: false,
                    amounts,
                    class: b'0',
                    flags: 0,
                    away: false,
                    tears: None,
                },
            };
            life.live(&event).unwrap();
            if life.is_full() {
                life.live(&Event::Acknowledge { tears: None }).unwrap();
            }
        }
    }
}
