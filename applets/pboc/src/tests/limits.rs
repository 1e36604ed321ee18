//! Numbers and balances at their ends: FFFF, zero, the largest there is, and an overdraft limit
//! that moves with money spent.

use super::*;

/// The PIN shown and money in both purses.
fn card() -> Dialogue {
    let mut card = Dialogue::with(&USUAL);
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 1000, 0, 0);
    card.set_purse(Kind::LoadEp, 1000, 0, 0);
    card
}

#[test]
fn the_last_number_is_never_used_9402() {
    for kind in KINDS {
        let (last, other) = (0xFFFF, 0x1234);
        let numbers = if kind.is_online() { (last, other) } else { (other, last) };
        let mut card = card();
        card.set_purse(kind, 1000, numbers.0, numbers.1);
        card.refuse(&initialize(kind, 1), "9402");
        let numbers = if kind.is_online() { (last - 1, last) } else { (last, last - 1) };
        card.set_purse(kind, 1000, numbers.0, numbers.1);
        card.transact(kind, 1);
        card.refuse(&initialize(kind, 1), "9402");
    }
}

#[test]
fn an_amount_above_the_balance_is_9401_and_all_of_it_can_be_spent() {
    for kind in KINDS.into_iter().filter(|kind| kind.pays()) {
        for amount in [1001, u32::MAX] {
            card().refuse(&initialize(kind, amount), "9401");
        }
        let mut card = card();
        card.transact(kind, 1000);
        card.refuse(&initialize(kind, 1), "9401");
        card.transact(kind, 0);
    }
}

#[test]
fn a_load_that_would_overflow_is_6985_and_the_balance_can_be_filled() {
    for kind in [Kind::LoadEd, Kind::LoadEp] {
        for amount in [u32::MAX, u32::MAX - 999] {
            card().refuse(&initialize(kind, amount), "6985");
        }
        let mut card = card();
        card.transact(kind, u32::MAX - 1000);
        card.refuse(&initialize(kind, 1), "6985");
        card.transact(kind, 0);
    }
}

/// Old limit, balance with it, new limit, and what comes of it.
#[test]
fn a_new_overdraft_limit_moves_the_balance_by_the_difference() {
    for (old, balance, new, moved) in [
        (0x00_0000, 1000, 0x00_03E8, Ok(2000)),
        (0x00_03E8, 2000, 0x00_0000, Ok(1000)),
        (0x00_03E8, 1000, 0x00_0000, Ok(0)),
        (0x00_03E8, 999, 0x00_0000, Err("9401")),
        (0x00_03E8, 999, 0x00_0001, Ok(0)),
        (0xFF_FFFF, 0, 0xFF_FFFF, Ok(0)),
        (0xFF_FFFF, 0, 0xFF_FFFE, Err("9401")),
        (0x00_0000, u32::MAX, 0x00_0000, Ok(u32::MAX)),
        (0x00_0000, u32::MAX, 0x00_0001, Err("6985")),
        (0x00_0001, u32::MAX, 0x00_0001, Ok(u32::MAX)),
        (0x00_0000, u32::MAX - 0xFF_FFFF, 0xFF_FFFF, Ok(u32::MAX)),
    ] {
        let mut card = card();
        card.set_purse(Kind::Overdraft, balance, 0, 0);
        card.set_limit([(old >> 16) as u8, (old >> 8) as u8, old as u8]);
        let opened = card.open(Kind::Overdraft, new);
        assert_eq!((opened.balance, opened.old_limit), (balance, old));
        let moved = match moved {
            Ok(moved) => format!("{moved:08X}9000"),
            Err(status) => {
                card.refuse(&hex(&opened.second()), status);
                continue;
            }
        };
        assert_eq!(card.close(&opened), opened.certificates());
        card.check(&[
            ("805C0001", &moved),
            ("00B201C400", &opened.record()),
            (&opened.prove(), &opened.proof()),
        ]);
        assert_eq!(card.open(Kind::PurchaseEd, 0).old_limit, new, "a purchase tells the limit");
    }
}

/// The balance includes what may be overdrawn: it can be spent to zero, and not further.
#[test]
fn an_overdraft_is_spent_like_money() {
    let mut card = card();
    card.transact(Kind::Overdraft, 500);
    let opened = card.transact(Kind::PurchaseEd, 1500);
    assert_eq!(opened.old_limit, 500);
    card.check(&[("805C0001", "00000000 9000"), ("00B201C400", &opened.record())]);
    card.refuse(&initialize(Kind::PurchaseEd, 1), "9401");
    let opened = card.open(Kind::Overdraft, 0);
    card.refuse(&hex(&opened.second()), "9401");
    card.transact(Kind::LoadEd, 500);
    card.transact(Kind::Overdraft, 0);
    card.check(&[("805C0001", "00000000 9000")]);
}
