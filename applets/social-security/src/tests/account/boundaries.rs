//! The ends of numbers, and the turn of the year.

use super::*;

const TIME: &str = "20250601120000";

#[test]
fn the_whole_balance_and_not_a_fen_more() {
    let mut card = card(&USUAL);
    card.refused(&init(1, 100_001, 0, 0), "9401");
    let debit = card.begin(1, [100_000, 0, 0], TIME);
    card.ok(&debit);
    card.refused(&init(1, 1, 0, 0), "9401");
    let debit = card.begin(1, [0, 0, 0], TIME);
    card.ok(&debit);
    assert_eq!(card.amounts().balance, 0);
}

#[test]
fn a_balance_up_to_its_end() {
    let mut card = card(&USUAL);
    let room = u32::MAX - 100_000;
    card.refused(&init_load(1, room + 1), "9402");
    let credit = card.begin_load(1, room, TIME);
    card.ok(&credit);
    assert_eq!(card.amounts().balance, u32::MAX);
    card.refused(&init_load(1, 1), "9402");
    let credit = card.begin_load(1, 0, TIME);
    card.ok(&credit);
    let debit = card.begin(1, [u32::MAX, 0, 0], TIME);
    card.ok(&debit);
}

#[test]
fn each_counter_ends_for_itself() {
    let mut card = card(&Amounts { offline: u16::MAX - 1, ..USUAL });
    let debit = card.begin(1, [1, 0, 0], TIME);
    card.ok(&debit);
    assert!(card.log(1).starts_with("FFFE32"));
    card.refused(&init(1, 0, 0, 0), "9402");
    let credit = card.begin_load(1, 1, TIME);
    card.ok(&credit);
    let mut card = self::card(&Amounts { online: u16::MAX - 1, ..USUAL });
    let credit = card.begin_load(1, 1, TIME);
    card.ok(&credit);
    assert!(card.log(1).starts_with("FFFE31"));
    card.refused(&init_load(1, 0), "9402");
    let debit = card.begin(1, [1, 0, 0], TIME);
    card.ok(&debit);
}

#[test]
fn a_sum_of_the_year_up_to_its_end() {
    for (self_pay, fund) in [(u32::MAX - 5, 0), (0, u32::MAX - 5)] {
        let mut card = card(&Amounts { self_pay, fund, ..USUAL });
        let debit = card.begin(1, [0, 6, 6], TIME);
        card.refused(&debit, "9402");
        let debit = card.begin(1, [0, 5, 5], TIME);
        card.ok(&debit);
        let after = card.amounts();
        assert_eq!((after.self_pay, after.fund), (self_pay + 5, fund + 5));
        // In a new year there is room again.
        let debit = card.begin(1, [0, 6, 6], "20260101000000");
        card.ok(&debit);
        let after = card.amounts();
        assert_eq!((after.self_pay, after.fund, after.year), (6, 6, 0x2026));
    }
}

#[test]
fn the_turn_of_the_year() {
    let mut card = card(&USUAL);
    for (time, sums, year) in [
        ("20251231235959", (15_601, 13_202), 0x2025),
        ("20260101000000", (1, 2), 0x2026),
        // An earlier year counts with the present one.
        ("20250101000000", (2, 4), 0x2026),
        ("20261231235959", (3, 6), 0x2026),
        ("20290601000000", (1, 2), 0x2029),
        ("20280601000000", (2, 4), 0x2029),
    ] {
        let debit = card.begin(1, [10, 1, 2], time);
        card.ok(&debit);
        let after = card.amounts();
        assert_eq!(((after.self_pay, after.fund), after.year), (sums, year), "{time}");
    }
    assert_eq!(card.amounts().balance, 99_940, "the balance has no years");
}

/// The first settlement of a new card begins its first year.
#[test]
fn a_new_account_is_of_no_year() {
    let more = usual_keys();
    let mut card = Dialogue::of(&data(&every_file(), Some(PIN), &more));
    card.enter();
    assert_eq!(card.amounts(), Amounts::NEW);
    let debit = card.begin(1, [0, 5, 6], TIME);
    card.ok(&debit);
    assert_eq!(
        card.amounts(),
        Amounts { offline: 1, self_pay: 5, fund: 6, year: 0x2025, ..Amounts::NEW }
    );
}

#[test]
fn a_payment_year_that_begins_in_july() {
    let mut card = card(&Amounts { start: 0x0701, year: 0x2024, ..USUAL });
    for (time, self_pay, year) in [
        ("20250630235959", 15_601, 0x2024),
        ("20250701000000", 1, 0x2025),
        ("20251231235959", 2, 0x2025),
        ("20260630000000", 3, 0x2025),
        ("20260701000000", 1, 0x2026),
    ] {
        let debit = card.begin(1, [0, 1, 0], time);
        card.ok(&debit);
        let after = card.amounts();
        assert_eq!((after.self_pay, after.year), (self_pay, year), "{time}");
    }
}

/// A credit of a later year turns nothing.
#[test]
fn a_credit_leaves_the_year_alone() {
    let mut card = card(&USUAL);
    let credit = card.begin_load(1, 1, "20270101000000");
    card.ok(&credit);
    let after = card.amounts();
    assert_eq!((after.self_pay, after.fund, after.year), (15_600, 13_200, 0x2025));
}
