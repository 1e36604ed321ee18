//! In which order the checks are: of two mistakes in one command, the one that is answered.

use super::*;

#[test]
fn the_first_mistake_is_answered() {
    let full = Amounts { offline: u16::MAX, online: u16::MAX, ..USUAL };
    let mut card = card(&full);
    for (command, status) in [
        // The instruction before its parameters, those before the length.
        ("B03001FF01 00", "6D00"),
        ("B028020101 00", "6A86"),
        ("B02C020101 00", "6A86"),
        ("B02A010101 00", "6A86"),
        // The length before what is pending.
        ("B02C010001 00", "6700"),
        ("B02A000001 00", "6700"),
        // The key before the balance, that before the counter.
        (&*init(9, u32::MAX, 0, 0), "9403"),
        (&init(1, u32::MAX, 0, 0), "9401"),
        (&init(1, 0, 0, 0), "9402"),
        (&init_load(9, u32::MAX), "9403"),
        (&init_load(1, u32::MAX), "9402"),
        (&init_load(1, 0), "9402"),
    ] {
        card.refused(command, status);
    }
    // The PIN before all that concerns the account, and behind the length.
    card.send("0020000003 999999");
    for (command, status) in [
        (&*init(9, u32::MAX, 0, 0), "6982"),
        ("B028010101 00", "6700"),
        ("B02C01000F 00000006 20250320141500 48C6F9DF", "6982"),
        ("B02A00000B 20250401083000 130B9CD2", "6982"),
    ] {
        card.refused(command, status);
    }
}

/// A wrong MAC with a time that is no digits, and one with a sum beyond its end.
#[test]
fn the_mac_before_the_time_and_the_time_before_the_sums() {
    let mut card = card(&Amounts { self_pay: u32::MAX, ..USUAL });
    card.ok(&init(1, 0, 1, 0));
    assert_eq!(card.send("B02C01000F 00000006 2025AA20141500 00000000"), "9302");
    let debit = card.begin(1, [0, 1, 0], "2025AA20141500");
    assert_eq!(card.send(&debit), "6A80");
    let debit = card.begin(1, [0, 1, 0], "20250620141500");
    card.refused(&debit, "9402");
}

/// What is pending before the count of MACs, that before the MAC.
#[test]
fn what_is_pending_before_the_lock_of_the_mac() {
    let mut card = card(&USUAL);
    for _ in 0..14 {
        card.ok(&init(1, 0, 0, 0));
        card.send("B02C01000F 00000006 20250320141500 00000000");
    }
    for _ in 0..20 {
        card.refused("B02C01000F 00000006 20250320141500 00000000", "6985");
    }
    card.ok(&init(1, 0, 0, 0));
}
