//! What ends a pending transaction: any command but its second one.

use super::*;

const TIME: &str = "20250601120000";

/// Commands of every kind, answered and refused.
const BETWEEN: [&str; 21] = [
    "00B2010C00",
    "00B2012C00",
    "00B2014400",
    "0084000008",
    VERIFY,
    "0020000000",
    "0020000003 000000",
    SELECT_DF04,
    "00A4000002EF05",
    "00A4000002DF01",
    "00A4000002AAAA",
    SELECT_SSSE,
    "B0280101",
    "B0280202",
    "B02A00000B 20250401083000 00000000",
    "B0FF0000",
    "80CA000000",
    "D0CA01000C",
    "00FF0000",
    "00D6850001 00",
    "0088000010 00000000000000000000000000000000",
];

#[test]
fn any_command_ends_a_settlement_and_a_credit() {
    for between in BETWEEN {
        for load in [false, true] {
            let mut card = card(&USUAL);
            let second =
                if load { card.begin_load(1, 1, TIME) } else { card.begin(1, [1, 1, 1], TIME) };
            // The same card, with nothing between, does it.
            assert!(card.clone().send(&second).ends_with("9000"));
            let between = if load && between.starts_with("B02A") {
                "B02C01000F 00000006 20250401083000 00000000"
            } else {
                between
            };
            card.send(between);
            assert!(card.pending().iter().all(|&byte| byte == 0), "{between}");
            card.enter();
            card.refused(&second, "6985");
            assert_eq!(card.amounts(), USUAL, "{between}");
        }
    }
}

#[test]
fn a_first_command_takes_the_place_of_another() {
    let mut card = card(&USUAL);
    let old = card.begin(1, [1, 1, 1], TIME);
    let new = card.begin(1, [2, 2, 2], TIME);
    let mut replaced = card.clone();
    assert_eq!(replaced.send(&old), "9302");
    card.ok(&new);
    // Also one that is refused.
    let old = card.begin(1, [1, 1, 1], TIME);
    card.refused(&init(9, 0, 0, 0), "9403");
    card.refused(&old, "6985");
}

/// An old second command does not fit a new first one: random number and counter are others.
#[test]
fn an_old_second_command_is_of_no_use() {
    let mut card = card(&USUAL);
    let old = card.begin(1, [1, 1, 1], TIME);
    card.ok(&old);
    card.ok(&init(1, 1, 1, 1));
    assert_eq!(card.send(&old), "9302");
    // Even with the same random number.
    let mut card = self::card(&USUAL);
    card.0.queue_random(&[1, 2, 3, 4]);
    let old = card.begin(1, [1, 1, 1], TIME);
    card.ok(&old);
    card.0.queue_random(&[1, 2, 3, 4]);
    card.ok(&init(1, 1, 1, 1));
    assert_eq!(card.send(&old), "9302");
}

#[test]
fn reset_and_another_application_end_it() {
    let mut card = card(&USUAL);
    let second = card.begin(1, [1, 1, 1], TIME);
    let mut reset = card.clone();
    reset.0.power_on();
    reset.enter();
    reset.refused(&second, "6985");
    // A name that is not there.
    let mut unknown = card.clone();
    SocialSecurity.passed_over(&mut unknown.0.env());
    unknown.refused(&second, "6985");
    // The runtime keeps the RAM while an application below is current.
    SocialSecurity.child_selected(&mut card.0.env());
    assert!(card.pending().iter().all(|&byte| byte == 0));
    card.enter();
    card.refused(&second, "6985");
}

/// What another logical channel does in between is seen by the counters.
#[test]
fn a_transaction_on_another_channel_ends_it() {
    for load in [false, true] {
        let mut card = card(&USUAL);
        let second = card.begin(1, [1, 1, 1], TIME);
        let here = card.0.env().ram(Clear::OnDeselect).to_vec();
        // The other channel: the same memory, RAM of its own.
        SocialSecurity.inherit(&mut card.0.env());
        card.enter();
        let other = if load { card.begin_load(1, 1, TIME) } else { card.begin(1, [1, 1, 1], TIME) };
        card.ok(&other);
        card.0.env().ram_mut(Clear::OnDeselect).copy_from_slice(&here);
        card.refused(&second, "6985");
    }
}
