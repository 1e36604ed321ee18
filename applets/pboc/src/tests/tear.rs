//! Power fails in every store of every completed transaction: balance, number, log and proof are
//! all old or all new, and the terminal can tell which.

use super::*;

#[test]
fn balance_number_log_and_proof_move_together_or_not_at_all() {
    for kind in KINDS {
        let mut start = Dialogue::with(&USUAL);
        start.check(&[(VERIFY, "9000")]);
        start.set_purse(kind, 1000, 7, 8);
        start.transact(kind, 1);
        let opened = start.open(kind, 5);
        let old = start.memory();
        let mut whole = start.clone();
        whole.rig.tear_at(u32::MAX);
        whole.close(&opened);
        let (new, stores) = (whole.memory(), whole.rig.stores());
        assert!(stores >= 3 && old != new);
        for n in 1..=stores {
            let mut torn = start.clone();
            torn.rig.tear_at(n);
            assert_eq!(torn.try_send(&opened.second()), None, "{kind:?} at {n}");
            torn.power_on();
            let after = torn.memory();
            assert!(after == old || after == new, "{kind:?} torn at {n}: a mix");
            torn.check(&[(&hex(&opened.second()), "6901"), (VERIFY, "9000")]);
            let proof = torn.send(&opened.prove());
            let number = torn.open(kind, 0).number;
            match after == new {
                true => assert!(proof.ends_with("9000") && number == opened.number + 1),
                false => assert!(proof == "9406" && number == opened.number),
            }
        }
    }
}

/// What changes no memory cannot be torn.
#[test]
fn nothing_else_stores_anything() {
    let mut card = Dialogue::with(&USUAL);
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::Cash, 1000, 0, 0);
    card.rig.tear_at(u32::MAX);
    for kind in KINDS {
        let opened = card.open(kind, 0);
        card.send(&opened.prove());
        card.send("805C0001");
        card.open(kind, 0);
        card.send("805200000B 20250102030405 00000000");
    }
    assert_eq!(card.rig.stores(), 0);
}
