//! The list of the application's own status words: each row, and a command that answers it. What
//! else answers it is in the order of checks.

use super::*;
use crate::state::Standing;

type Make = fn(&mut Dialogue) -> Vec<u8>;

fn initialize(settle: Settle) -> Vec<u8> {
    Wanted::Settlement(settle).initialize()
}

fn reversal(kind: u8, reference: u32) -> Vec<u8> {
    let amounts = Settle::CLINIC.amounts;
    Wanted::Reversal { kind, reference, amounts, number: 9 }.initialize()
}

fn year(card: &mut Dialogue, balance: u32) -> Vec<u8> {
    let figures = numbers(&[0, balance, 9]);
    let data = [&[0x20, 0x26, 0x01, 0x01][..], &figures, &TIME].concat();
    card.protected(AUTHORITY, [0x4A, 0, 0], &data)
}

/// On a card with a settlement, entry 1, and its refund, entry 2.
const ROWS: [(&str, Make); 18] = [
    // Balance too low.
    ("9401", |_| initialize(Settle::of(50_001))),
    // Range end.
    ("9402", |card| {
        card.change(|state| state.settled = 0xFFFF);
        initialize(Settle::of(1))
    }),
    // Key index.
    ("9403", |_| initialize(Settle { index: 9, ..Settle::CLINIC })),
    // No proof.
    ("9406", |_| unhex("D05A00000400000001")),
    // Statement due.
    ("9481", |card| {
        card.change(|state| state.limit = 2);
        initialize(Settle::of(1))
    }),
    // Limit.
    ("9483", |card| {
        card.change(|state| state.limits.single = 1);
        initialize(Settle::of(2))
    }),
    ("9483", |card| {
        card.change(|state| state.limits.off_line_count = 1);
        initialize(Settle::PHARMACY)
    }),
    // Closed year.
    ("9484", |card| {
        let begun = card.begin(Wanted::Settlement(Settle::of(1)));
        begun.commit([0x20, 0x24, 0x12, 0x31, 0x23, 0x59, 0x59])
    }),
    // Place.
    ("9485", |_| initialize(Settle { terminal: [0x35, 2, 0, 0, 0, 1], ..Settle::CLINIC })),
    // Frozen.
    ("9486", |card| {
        card.change(|state| state.standing = Standing::Frozen);
        initialize(Settle::of(1))
    }),
    // Authority number old.
    ("9487", |_| Wanted::Credit { index: 1, amount: 1, number: 2 }.initialize()),
    // Entry not on card.
    ("9488", |_| reversal(2, 2)),
    // Already reversed.
    ("9489", |_| reversal(2, 1)),
    // Reconcile first.
    ("948A", |card| {
        card.settle(Settle::PHARMACY);
        year(card, 48_000)
    }),
    // Figures differ.
    ("948B", |card| year(card, 49_999)),
    // Not entitled.
    ("948C", |_| initialize(Settle { flags: 4, ..Settle::CLINIC })),
    // MAC wrong.
    ("9302", |card| {
        let begun = card.begin(Wanted::Settlement(Settle::of(1)));
        let mut commit = begun.commit(TIME);
        *commit.last_mut().unwrap() ^= 1;
        commit
    }),
    // For ever.
    ("9303", |card| {
        card.change(|state| state.standing = Standing::Terminated);
        unhex(STATEMENT_OF)
    }),
];

#[test]
fn each_row_is_answered_and_changes_nothing() {
    let mut base = Dialogue::open();
    let reference = base.settle(Settle::CLINIC);
    let amounts = Settle::CLINIC.amounts;
    base.transact(Wanted::Reversal { kind: 2, reference, amounts, number: 2 });
    for (status, make) in ROWS {
        let mut card = base.clone();
        let command = make(&mut card);
        card.refuse(&command, status);
    }
}
