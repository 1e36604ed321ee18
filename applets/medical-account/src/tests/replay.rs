//! What was said once and is said again.

use super::*;

#[test]
fn a_commit_is_good_once_and_for_its_own_random_number() {
    let mut card = Dialogue::open();
    let settled = card.settle(Settle::CLINIC);
    let amounts = Settle::CLINIC.amounts;
    for (wanted, again) in [
        (Wanted::Settlement(Settle::of(5)), Wanted::Settlement(Settle::of(5))),
        (
            Wanted::Credit { index: 1, amount: 5, number: 2 },
            Wanted::Credit { index: 1, amount: 5, number: 3 },
        ),
        (
            Wanted::Reversal { kind: 4, reference: settled, amounts, number: 10 },
            Wanted::Reversal { kind: 3, reference: settled, amounts, number: 11 },
        ),
    ] {
        let begun = card.begin(wanted);
        card.commit(&begun);
        let old = begun.commit(TIME);
        card.refuse(&old, "6985");
        card.begin(again);
        card.refuse(&old, "9302");
        // Nothing was done twice.
        assert_eq!(card.state().sequence, begun.sequence);
    }
}

#[test]
fn an_order_is_good_for_its_own_challenge_and_number() {
    let mut card = Dialogue::open();
    let data = [&[b'+'][..], &numbers(&[5, 0]), &[1], &numbers(&[2])].concat();
    let data = [&data[..], &office::OFFICE, &TIME].concat();
    let order = card.protected(AUTHORITY, [0x58, 0, 0], &data);
    assert!(card.send_bytes(&order).ends_with("9000"));
    // Without a challenge, with another one, and made anew with the old number.
    card.refuse(&order, "6984");
    card.challenge();
    card.refuse(&order, "6988");
    let again = card.protected(AUTHORITY, [0x58, 0, 0], &data);
    card.refuse(&again, "9487");
    // Refused or not, a challenge is gone with the next command.
    let order = card.protected(AUTHORITY, [0x48, 1, 1], &[&numbers(&[3])[..], &TIME].concat());
    card.send(STATUS);
    card.refuse(&order, "6984");
    // The MAC is over the head too.
    let mut other = card.protected(AUTHORITY, [0x48, 1, 1], &[&numbers(&[3])[..], &TIME].concat());
    other[2] = 2;
    card.refuse(&other, "6988");
}

#[test]
fn the_last_of_two_challenges_counts() {
    for suite in [Suite::TripleDes, Suite::Sm4] {
        let mut card = Dialogue::new(suite);
        card.challenge();
        assert!(card.order([0x52, 0, 0], &Account::USUAL.data()).ends_with("9000"));
    }
}

/// A credit that was lost on the way is sent again with the same number.
#[test]
fn a_number_is_used_up_by_what_was_done_and_not_by_what_was_begun() {
    let mut card = Dialogue::open();
    let wanted = Wanted::Credit { index: 1, amount: 5, number: 7 };
    card.begin(wanted);
    card.power_on();
    card.transact(wanted);
    card.refuse(&wanted.initialize(), "9487");
    let lower = Wanted::Credit { index: 1, amount: 5, number: 6 };
    card.refuse(&lower.initialize(), "9487");
    // Another key, another amount, another kind of order: the number is the card's.
    let other = Wanted::Credit { index: 2, amount: 6, number: 7 };
    card.refuse(&other.initialize(), "9487");
    let order = card.protected(AUTHORITY, [0x48, 1, 1], &[&numbers(&[7])[..], &TIME].concat());
    card.refuse(&order, "9487");
}

#[test]
fn fifteen_wrong_macs_in_a_row_lock_until_the_application_is_unblocked() {
    let mut card = Dialogue::open();
    let wrong = |card: &mut Dialogue, turn: u32| {
        if turn.is_multiple_of(2) {
            let begun = card.begin(Wanted::Settlement(Settle::of(1)));
            let mut commit = begun.commit(TIME);
            *commit.last_mut().unwrap() ^= 1;
            card.refuse(&commit, "9302");
        } else {
            let data = [&numbers(&[9])[..], &TIME].concat();
            let mut order = card.protected(AUTHORITY, [0x48, 1, 1], &data);
            *order.last_mut().unwrap() ^= 1;
            card.refuse(&order, "6988");
        }
    };
    for turn in 0..14 {
        wrong(&mut card, turn);
    }
    // A right one in between, refused for another reason, and the row begins anew.
    let begun = card.begin(Wanted::Settlement(Settle::of(1)));
    let mut last_year = TIME;
    last_year[1] = 0x24;
    card.refuse(&begun.commit(last_year), "9484");
    for turn in 0..14 {
        wrong(&mut card, turn);
    }
    card.settle(Settle::of(1));
    for turn in 0..14 {
        wrong(&mut card, turn);
    }
    let begun = card.begin(Wanted::Settlement(Settle::of(1)));
    let mut commit = begun.commit(TIME);
    *commit.last_mut().unwrap() ^= 1;
    assert_eq!(card.send_bytes(&commit), "9302");
    for command in [STATUS, STATEMENT_OF, "00B2014430", "D05A00000400000001"] {
        card.refuse(&unhex(command), "6A81");
    }
    card.refuse(&Wanted::Settlement(Settle::of(1)).initialize(), "6A81");
    // Locked is locked after a reset too; it is selected with a warning.
    card.rig.power_on();
    assert!(card.send(SELECT).ends_with("6283"));
    card.refuse(&unhex(STATUS), "6A81");
    unblock(&mut card);
    card.show_pin();
    card.settle(Settle::of(1));
}

/// LK is shown, then APPLICATION UNBLOCK with the MAC of STK.
fn unblock(card: &mut Dialogue) {
    use tessera_cos::messaging::social_security::Session;
    let challenge = card.challenge();
    let session = Session::new(&card.office.key((1, 0x83)), &challenge).unwrap();
    let shown = [session.authenticator(&office::CARD), office::CARD].concat();
    let command = [&unhex("0082008310")[..], &shown].concat();
    assert_eq!(card.send_bytes(&command), "9000");
    let challenge = card.challenge();
    let head = [0x84, 0x18, 0, 0];
    let command = card.office.protect((3, 0x82), challenge, head, &[]);
    assert_eq!(card.send_bytes(&command), "9000");
}
