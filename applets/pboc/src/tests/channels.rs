//! Two logical channels on one DF: each has its RAM, and both the same purses. What the other one
//! does while a transaction is pending moves no money here.
//!
//! On a card, classes 80 and E0 name no channel, so that purse commands come on channel 0 alone;
//! what does come on others is UPDATE RECORD and the like. These tests play the purse commands of
//! two channels all the same.

use tessera_framework::testing::Rig;

use super::{
    grey::{BOTH, Grey, Of, begin_unlock, with_locks},
    *,
};

/// The PIN shown, 1000 in both purses.
fn card() -> Dialogue {
    let mut card = Dialogue::with(&with_locks(&USUAL));
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 1000, 7, 8);
    card.set_purse(Kind::LoadEp, 1000, 9, 10);
    card
}

/// Exchanges what the card keeps for its channel.
pub(super) fn switch<const N: usize>(rig: &mut Rig<N>, other: &mut Vec<u8>) {
    let mut env = rig.env();
    let ram = env.ram_mut(Clear::OnDeselect);
    other.resize(ram.len(), 0);
    ram.swap_with_slice(other);
}

/// Says something on another channel, where the DF is selected and the PIN shown.
fn elsewhere<T>(card: &mut Dialogue, say: impl FnOnce(&mut Dialogue) -> T) -> T {
    let mut other = Vec::new();
    switch(&mut card.rig, &mut other);
    card.check(&[(SELECT, "9000"), (VERIFY, "9000")]);
    let said = say(card);
    switch(&mut card.rig, &mut other);
    said
}

fn lock(card: &mut Dialogue, of: Of) -> Grey {
    let grey = Grey::begin(card, of);
    assert!(card.send(&hex(&grey.lock())).ends_with("9000"), "{of:?}");
    grey
}

#[test]
fn what_is_pending_does_not_go_through_on_a_purse_locked_meanwhile() {
    for (kind, of) in KINDS.into_iter().flat_map(|kind| BOTH.map(|of| (kind, of))) {
        for amount in [0, 1] {
            let mut card = card();
            let opened = card.open(kind, amount);
            elsewhere(&mut card, |card| lock(card, of));
            if kind.purse() == of as u16 {
                card.refuse(&hex(&opened.second()), "6985");
                card.refuse(&hex(&opened.second()), "6901");
            } else {
                card.close(&opened); // the other purse is free
            }
        }
    }
}

/// Two locks in a DF would be one too many: GET LOCK PROOF tells of one.
#[test]
fn of_two_pending_locks_one_locks() {
    for (of, first) in BOTH.into_iter().flat_map(|of| BOTH.map(|first| (of, first))) {
        let mut card = card();
        let grey = Grey::begin(&mut card, of);
        let locked = elsewhere(&mut card, |card| lock(card, first));
        card.refuse(&hex(&grey.lock()), "6985");
        card.check(&[("E0CA0000", &locked.locked())]);
    }
}

/// Nor while the TAC of the first waits to be fetched.
#[test]
fn a_pending_lock_does_not_lock_before_a_tac_is_fetched() {
    for (of, first) in BOTH.into_iter().flat_map(|of| BOTH.map(|first| (of, first))) {
        let mut card = card();
        let grey = Grey::begin(&mut card, of);
        let debited = elsewhere(&mut card, |card| {
            let locked = lock(card, first);
            assert!(card.send(&hex(&locked.debit(1))).ends_with("9000"));
            locked
        });
        card.refuse(&hex(&grey.lock()), "6985");
        card.check(&[("E0CA0000", &debited.debited(1))]);
    }
}

/// The issuer's word is about one lock, not about the next.
#[test]
fn a_pending_unlock_ends_with_the_lock_it_is_for() {
    for (of, next) in BOTH.into_iter().flat_map(|of| [(of, false), (of, true)]) {
        let mut card = card();
        let grey = lock(&mut card, of);
        let (unlock, _) = begin_unlock(&mut card, of, 5);
        elsewhere(&mut card, |card| {
            assert!(card.send(&hex(&grey.debit(1))).ends_with("9000"));
            card.check(&[("E0CA0100", &grey.debited(1))]);
            if next {
                lock(card, of);
            }
        });
        card.refuse(&hex(&unlock), if next { "6901" } else { "6985" });
    }
}

/// Every kind pending on one channel, every kind completed on the other.
#[test]
fn what_is_pending_ends_with_another_transaction_of_the_same_purse() {
    for (kind, other) in KINDS.into_iter().flat_map(|kind| KINDS.map(|other| (kind, other))) {
        let mut card = card();
        let opened = card.open(kind, 1);
        elsewhere(&mut card, |card| card.transact(other, 2));
        if kind.purse() == other.purse() {
            card.refuse(&hex(&opened.second()), "6901");
        } else {
            card.close(&opened);
        }
    }
}

/// Files were deleted meanwhile: where the pending transaction found its own may be another one.
#[test]
fn what_is_pending_ends_with_the_session() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.open(kind, 1);
        let session = Session::load(&card.rig.env()).unwrap();
        session::count_deletion(&mut card.rig.env());
        // As if the DF were the MF, which a new session begins in.
        session.store(&mut card.rig.env()).unwrap();
        card.refuse(&hex(&opened.second()), "6901");
        card.transact(kind, 1);
    }
}

/// A log is written where INITIALIZE found it, if that is still one of this DF.
#[test]
fn a_log_elsewhere_is_not_written() {
    for kind in KINDS {
        let mut card = card();
        let far = tree::create_ef(&mut card.rig.env(), DfId::ROOT, &LOG).unwrap().at;
        let opened = card.open(kind, 1);
        let mut env = card.rig.env();
        let ram = env.ram_mut(Clear::OnDeselect);
        ram[PENDING_AT + 10..][..4].copy_from_slice(&far.to_be_bytes());
        card.refuse(&hex(&opened.second()), "6901");
    }
}
