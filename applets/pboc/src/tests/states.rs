//! The states between two commands of a transaction, and what each operation needs: a test for each
//! row of the two tables, in their order. Each begins with the row.

use super::*;

fn card() -> Dialogue {
    let mut card = Dialogue::with(&grey::with_locks(&USUAL));
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 1000, 7, 8);
    card.set_purse(Kind::LoadEp, 1000, 9, 10);
    card
}

fn wrong(opened: &Opened) -> String {
    let mut second = opened.second();
    *second.last_mut().unwrap() ^= 1;
    hex(&second)
}

/// A card with this transaction pending.
fn pending(kind: Kind) -> (Dialogue, Opened) {
    let mut card = card();
    let opened = card.open(kind, 1);
    (card, opened)
}

/// | reset, power loss, SELECT of an application | any | IDLE |
#[test]
fn reset_and_selection_end_in_idle() {
    for kind in KINDS {
        let (mut card, opened) = pending(kind);
        card.power_on();
        card.refuse(&hex(&opened.second()), "6901");
        let (mut card, opened) = pending(kind);
        card.check(&[(SELECT, "9000")]);
        card.refuse(&hex(&opened.second()), "6901");
    }
}

/// | INITIALIZE FOR x, accepted | any | x | 9000 |
#[test]
fn initialize_begins_its_transaction_from_any_state() {
    for (before, kind) in KINDS.into_iter().flat_map(|a| KINDS.map(|b| (a, b))) {
        let (mut card, _) = pending(before);
        let opened = card.open(kind, 1);
        assert_eq!(card.close(&opened), opened.certificates(), "{before:?}, {kind:?}");
    }
}

/// | INITIALIZE FOR x, refused | any | IDLE | error |
#[test]
fn a_refused_initialize_ends_in_idle() {
    for (before, kind) in KINDS.into_iter().flat_map(|a| KINDS.map(|b| (a, b))) {
        let (mut card, opened) = pending(before);
        card.refuse(&terminal::initialize_with(0x77, kind, 1), "9403");
        card.refuse(&hex(&opened.second()), "6901");
    }
}

/// A right second command ends its transaction, in IDLE, and a wrong MAC ends it without money.
fn ends_right_or_wrong(kinds: &[Kind]) {
    for kind in kinds {
        let (mut card, opened) = pending(*kind);
        assert_eq!(card.close(&opened), opened.certificates());
        card.refuse(&hex(&opened.second()), "6901");
        let (mut card, opened) = pending(*kind);
        card.refuse(&wrong(&opened), "9302");
        card.refuse(&hex(&opened.second()), "6901");
    }
}

/// | CREDIT FOR LOAD | LOAD | MAC2 right: IDLE, TAC 9000; wrong: IDLE, 9302 |
#[test]
fn credit_for_load() {
    ends_right_or_wrong(&[Kind::LoadEd, Kind::LoadEp]);
}

/// | DEBIT FOR PURCHASE/CASH | PURCHASE | MAC1 right: IDLE, TAC MAC2 9000; wrong: IDLE, 9302 |
#[test]
fn debit_for_purchase_and_cash() {
    ends_right_or_wrong(&[Kind::PurchaseEd, Kind::PurchaseEp, Kind::Cash]);
}

/// | UPDATE CAPP DATA CACHE | CAPP | CAPP | 9000 |, several times
#[test]
fn update_capp_data_cache() {
    let mut card = capp::card();
    let opened = card.open(Kind::Capp, 1);
    for _ in 0..3 {
        card.check(&[(&capp::update(0x01, 0x84, &[1; 16]), "9000")]);
    }
    assert_eq!(card.close(&opened), opened.certificates());
}

/// | DEBIT FOR CAPP PURCHASE | CAPP | MAC1 right: IDLE, TAC MAC2 9000 |
#[test]
fn debit_for_capp_purchase() {
    ends_right_or_wrong(&[Kind::Capp]);
}

/// | DEBIT FOR UNLOAD | UNLOAD | MAC2 right: IDLE, MAC3 9000 |
#[test]
fn debit_for_unload() {
    ends_right_or_wrong(&[Kind::Unload]);
}

/// | UPDATE OVERDRAW LIMIT | UPDATE | MAC2 right: IDLE, TAC 9000 |
#[test]
fn update_overdraw_limit() {
    ends_right_or_wrong(&[Kind::Overdraft]);
}

/// | second command in a state that is not its own | any | IDLE | 6901 |
#[test]
fn a_second_command_that_is_not_its_own() {
    let grey = ["E07C080013", "E07E09000F"];
    for kind in KINDS {
        let others = KINDS.iter().map(|other| other.second()).chain(grey);
        for other in others.filter(|other| *other != kind.second()) {
            let (mut card, opened) = pending(kind);
            let bytes = unhex(other);
            let command = [&bytes[..], &vec![0; usize::from(bytes[4])]].concat();
            card.refuse(&hex(&command), "6901");
            card.refuse(&hex(&opened.second()), "6901");
        }
    }
}

/// | GET RESPONSE | any | unchanged |: it never reaches an applet, and neither does anything between.
#[test]
fn nothing_in_between_leaves_it_pending() {
    for kind in KINDS {
        let (mut card, opened) = pending(kind);
        assert_eq!(card.close(&opened), opened.certificates());
    }
}

/// | GET TRANSACTION PROVE | any | IDLE |, and right after a fresh INITIALIZE it succeeds
#[test]
fn get_transaction_prove() {
    for kind in KINDS {
        let mut card = card();
        let done = card.transact(kind, 1);
        let opened = card.open(kind, 1);
        assert_eq!(opened.number, done.number + 1, "what the terminal compares");
        card.check(&[(&done.prove(), &done.proof())]);
        card.refuse(&hex(&opened.second()), "6901");
    }
}

/// | any other command | x | IDLE |, but for GET CHALLENGE in CAPP, without which no line-protected
/// record could be cached
#[test]
fn any_other_command() {
    for kind in KINDS {
        for other in ["805C0001", "E0CA0000", "00B201C400", "00EE0000", VERIFY, "0084000004"] {
            let (mut card, opened) = pending(kind);
            card.send(other);
            if (kind, other) == (Kind::Capp, "0084000004") {
                card.close(&opened);
            } else {
                card.refuse(&hex(&opened.second()), "6901");
            }
        }
    }
}

/// What each INITIALIZE is answered with before and after the PIN, on purses with the usual rights
/// or with free ones.
fn pin(kinds: &[Kind], free: &str, usual: &str) {
    for kind in kinds {
        let open = Make { ed: Some(purse(0x0001, 0xF0)), ep: Some(purse(0x0002, 0xF0)), ..USUAL };
        for (make, without) in [(&open, free), (&USUAL, usual)] {
            let mut card = Dialogue::with(make);
            let answer = card.send(&initialize(*kind, 0));
            assert!(answer.ends_with(without), "{kind:?}: {answer}");
            card.check(&[(VERIFY, "9000")]);
            card.open(*kind, 0);
        }
    }
}

/// | load EP | the PIN, whatever the use right |
#[test]
fn a_load_of_the_purse_wants_the_pin() {
    pin(&[Kind::LoadEp], "6985", "6985");
}

/// | load ED, unload, update overdraft, cash | the PIN |
#[test]
fn what_the_deposit_does_wants_the_pin() {
    pin(&[Kind::LoadEd, Kind::Unload], "6985", "6985");
    pin(&[Kind::Overdraft, Kind::Cash], "6982", "6982");
}

/// | purchase ED, GET BALANCE ED | the use right, F1 as a rule |
#[test]
fn a_purchase_with_the_deposit_and_its_balance_want_the_use_right() {
    pin(&[Kind::PurchaseEd], "9000", "6982");
    let mut card = Dialogue::with(&USUAL);
    card.check(&[("805C0001", "6982"), (VERIFY, "9000"), ("805C0001", "00000000 9000")]);
}

/// | purchase EP, CAPP, GET BALANCE EP | nothing |
#[test]
fn a_purchase_with_the_purse_and_its_balance_want_nothing() {
    pin(&[Kind::PurchaseEp, Kind::Capp], "9000", "9000");
    Dialogue::with(&USUAL).check(&[("805C0002", "00000000 9000")]);
}

/// | read log EF 0018 | per file right |
#[test]
fn the_log_is_read_by_its_own_right() {
    let log = Some(EfSpec { read: Access::Register(0xF1), ..LOG });
    let mut card = Dialogue::with(&Make { log, ..USUAL });
    card.check(&[("00B201C400", "6982"), (VERIFY, "9000"), ("00B201C400", "6A83")]);
}

/// | GET TRANSACTION PROVE | the use right of its purse |
#[test]
fn a_proof_wants_the_use_right() {
    for kind in KINDS {
        let (mut card, opened) = pending(kind);
        card.close(&opened);
        card.power_on();
        let proof = opened.proof();
        let without = if kind.purse() == 1 { "6982" } else { &proof };
        card.check(&[(&opened.prove(), without), (VERIFY, "9000"), (&opened.prove(), &proof)]);
    }
}
