//! Boundaries: the sixty rule, the balance, counters, what may be settled off-line.

use super::*;

/// Settlements stop at the limit; what the authority posts goes on up to 64.
#[test]
fn settlements_stop_at_the_limit_and_everything_at_the_end_of_the_log() {
    for limit in [1, 6, 60] {
        let mut card = Dialogue::with(&Account { limit, ..Account::USUAL });
        for _ in 0..limit {
            card.settle(Settle::of(1));
        }
        let settlement = Wanted::Settlement(Settle::of(1)).initialize();
        card.refuse(&settlement, "9481");
        for entry in u32::from(limit)..64 {
            match entry % 3 {
                0 => drop(card.credit(2)),
                1 => assert!(adjust(&mut card).ends_with("9000")),
                _ => {
                    let number = card.number();
                    let (reference, amounts) = (1 + entry / 2 % u32::from(limit), [0; 4]);
                    let kind = if entry % 2 == 0 { 3 } else { 4 };
                    let wanted = Wanted::Reversal { kind, reference, amounts, number };
                    let answer = card.send_bytes(&wanted.initialize());
                    // Reversed before, maybe; then a credit takes its turn.
                    match &*answer {
                        "9489" => drop(card.credit(1)),
                        _ => drop(card.transact(wanted)),
                    }
                }
            }
            card.refuse(&settlement, "9481");
        }
        assert_eq!(card.state().unstated(), 64);
        full(&mut card);
        assert_eq!(card.send(STATEMENT_OF)[20..22], *"40");
        card.acknowledge();
        card.settle(Settle::of(1));
    }
}

fn adjust(card: &mut Dialogue) -> String {
    let number = card.number();
    let data = [&[b'-'][..], &numbers(&[1, 0]), &[1], &numbers(&[number])].concat();
    card.order([0x58, 0, 0], &[&data[..], &office::OFFICE, &TIME].concat())
}

/// No entry whatsoever.
fn full(card: &mut Dialogue) {
    let number = card.number();
    let reference = card.state().sequence;
    card.refuse(&Wanted::Credit { index: 1, amount: 1, number }.initialize(), "9481");
    let reversal = Wanted::Reversal { kind: 3, reference, amounts: [0; 4], number };
    card.refuse(&reversal.initialize(), "9481");
    assert_eq!(adjust(card), "9481");
    let state = card.state();
    let figures = numbers(&[0, state.balance, number]);
    let year = [&[0x20, 0x26, 0x01, 0x01][..], &figures, &TIME].concat();
    assert_eq!(card.order([0x4A, 0, 0], &year), "9481");
    let close = [&numbers(&[number])[..], &office::OFFICE, &TIME].concat();
    assert_eq!(card.order([0x50, 0, 3], &close), "9481");
}

#[test]
fn a_lower_limit_counts_for_what_is_unstated_already() {
    let mut card = Dialogue::open();
    for _ in 0..5 {
        card.settle(Settle::of(1));
    }
    let limits = [&numbers(&[100])[..], &[5, 1], &numbers(&[0]), &[3]].concat();
    let state = card.state();
    let figures = numbers(&[state.sequence, state.balance]);
    let data = [&figures[..], &limits, &numbers(&[2]), &TIME].concat();
    assert_eq!(card.order([0x56, 0, 0], &data), "9000");
    card.refuse(&Wanted::Settlement(Settle::of(1)).initialize(), "9481");
}

#[test]
fn all_of_the_balance_and_no_more_can_be_taken() {
    let mut card = Dialogue::open();
    card.refuse(&Wanted::Settlement(Settle::of(50_001)).initialize(), "9401");
    let settled = card.settle(Settle::of(50_000));
    assert_eq!(card.state().balance, 0);
    card.refuse(&Wanted::Settlement(Settle::of(1)).initialize(), "9401");
    card.settle(Settle::of(0));
    let number = card.number();
    let black = |account| {
        let amounts = [account, 0, 0, 0];
        Wanted::Reversal { kind: 4, reference: settled, amounts, number }
    };
    card.refuse(&black(1).initialize(), "9401");
    card.transact(black(0));
}

#[test]
fn no_balance_is_greater_than_7fffffff() {
    let mut card = Dialogue::open();
    let settled = card.settle(Settle::of(10));
    let room = 0x7FFF_FFFF - card.state().balance;
    let number = card.number();
    card.refuse(&Wanted::Credit { index: 1, amount: room + 1, number }.initialize(), "9402");
    card.transact(Wanted::Credit { index: 1, amount: room, number });
    assert_eq!(card.state().balance, 0x7FFF_FFFF);
    let number = card.number();
    card.refuse(&Wanted::Credit { index: 1, amount: 1, number }.initialize(), "9402");
    card.transact(Wanted::Credit { index: 1, amount: 0, number });
    let (number, amounts) = (card.number(), [10, 0, 0, 0]);
    for kind in [2, 3] {
        let wanted = Wanted::Reversal { kind, reference: settled, amounts, number };
        card.refuse(&wanted.initialize(), "9402");
    }
    let figures = numbers(&[1, 0x7FFF_FFFF, number]);
    let year = [&[0x20, 0x26, 0x01, 0x01][..], &figures, &TIME].concat();
    assert_eq!(card.order([0x4A, 0, 0], &year), "9402");
}

#[test]
fn counters_end_at_ffff() {
    let mut card = Dialogue::open();
    card.change(|state| (state.settled, state.online) = (0xFFFE, 0xFFFE));
    let settled = card.settle(Settle::of(1));
    card.refuse(&Wanted::Settlement(Settle::of(1)).initialize(), "9402");
    card.credit(1);
    let (number, amounts) = (card.number(), [1, 0, 0, 0]);
    card.refuse(&Wanted::Credit { index: 1, amount: 1, number }.initialize(), "9402");
    let reversal = Wanted::Reversal { kind: 2, reference: settled, amounts, number };
    card.refuse(&reversal.initialize(), "9402");
    assert_eq!(adjust(&mut card), "9402");
    // The end of the sequence, and a sum of the year that is full.
    for change in [
        |state: &mut State| (state.sequence, state.base) = (u32::MAX, u32::MAX),
        |state: &mut State| {
            let pooled = crate::amounts::Amounts { pooled: u32::MAX, ..Default::default() };
            state.tally = state.tally.with((b'9', 0), &pooled, false).unwrap();
        },
    ] {
        let mut card = Dialogue::open();
        card.change(change);
        card.refuse(&Wanted::Settlement(Settle::CLINIC).initialize(), "9402");
    }
}

#[test]
fn one_settlement_may_come_up_to_its_limit_and_none_means_no_limit() {
    for (single, account, status) in
        [(100, 100, "9000"), (100, 101, "9483"), (0, 50_000, "9000"), (1, 0, "9000")]
    {
        let mut card = Dialogue::with(&Account { single, ..Account::USUAL });
        let answer = card.send_bytes(&Wanted::Settlement(Settle::of(account)).initialize());
        assert!(answer.ends_with(status), "{single} {account}: {answer}");
    }
}

/// Off-line amount and count must stay below what is allowed: at the limit is over it.
#[test]
fn off_line_stays_below_its_limits() {
    let off_line = |account| Settle { amounts: [account, 0, 0, 0], ..Settle::PHARMACY };
    let ask = |card: &mut Dialogue, settle| {
        let answer = card.send_bytes(&Wanted::Settlement(settle).initialize());
        String::from(&answer[answer.len() - 4..])
    };
    let mut card = Dialogue::with(&Account { off_line: (1000, 9, 1), ..Account::USUAL });
    assert_eq!(ask(&mut card, off_line(1000)), "9483");
    card.settle(off_line(400));
    assert_eq!(ask(&mut card, off_line(600)), "9483");
    assert_eq!(ask(&mut card, off_line(599)), "9000");
    card.settle(off_line(599));
    assert_eq!(ask(&mut card, off_line(1)), "9483");
    assert_eq!(ask(&mut card, off_line(0)), "9000");
    // On-line nothing of this is asked.
    card.settle(Settle::of(5000));
    let mut card = Dialogue::with(&Account { off_line: (1000, 3, 1), ..Account::USUAL });
    card.settle(off_line(1));
    card.settle(off_line(1));
    assert_eq!(ask(&mut card, off_line(1)), "9483");
    for (allowed, pooled) in [(0, 0), (1, 1), (2, 0)] {
        let mut card = Dialogue::with(&Account { off_line: (1000, 9, allowed), ..Account::USUAL });
        let amounts = [5, 0, pooled, 0];
        assert_eq!(ask(&mut card, Settle { amounts, ..Settle::PHARMACY }), "9483");
    }
    // Limits of zero allow nothing.
    let mut card = Dialogue::with(&Account { off_line: (0, 0, 1), ..Account::USUAL });
    assert_eq!(ask(&mut card, off_line(0)), "9483");
}

#[test]
fn the_deductible_is_a_part_of_what_was_paid() {
    for (amounts, status) in [
        ([10, 5, 0, 15], "9000"),
        ([10, 5, 0, 16], "6A80"),
        ([0, u32::MAX, 0, u32::MAX], "9000"),
        ([1, u32::MAX, 0, u32::MAX], "9000"),
    ] {
        let mut card = Dialogue::open();
        let settle = Settle { amounts, ..Settle::CLINIC };
        let answer = card.send_bytes(&Wanted::Settlement(settle).initialize());
        assert!(answer.ends_with(status), "{amounts:?}: {answer}");
    }
}

#[test]
fn home_is_where_four_digits_are_the_same() {
    for (terminal, flags, status) in [
        ([0x33, 0x04, 0x99, 0, 0, 0], 0, "9000"),
        ([0x33, 0x04, 0x99, 0, 0, 0], 1, "6A80"),
        ([0x33, 0x05, 0x00, 0, 0, 0], 0, "9485"),
        ([0x33, 0x05, 0x00, 0, 0, 0], 1, "9000"),
        ([0x32, 0x04, 0x00, 0, 0, 0], 1, "9000"),
    ] {
        let mut card = Dialogue::open();
        let settle = Settle { terminal, flags, ..Settle::CLINIC };
        let answer = card.send_bytes(&Wanted::Settlement(settle).initialize());
        assert!(answer.ends_with(status), "{terminal:02X?} {flags}: {answer}");
    }
}
