//! The list of status words: a test for each row, in its order, over the commands it names. Each
//! begins with the row. Left out are 6581 (cells that have failed: the card's own tests), 6A81 and
//! 9303 (blocked and locked applications: the applets').

use super::*;

fn card_of(make: &Make) -> Dialogue {
    let mut card = Dialogue::with(make);
    card.check(&[(VERIFY, "9000")]);
    for (kind, exists) in [(Kind::LoadEd, make.ed), (Kind::LoadEp, make.ep)] {
        if exists.is_some() {
            card.set_purse(kind, 1000, 7, 8);
        }
    }
    card
}

fn card() -> Dialogue {
    card_of(&USUAL)
}

/// Refused in every INITIALIZE of these kinds.
fn all(kinds: impl IntoIterator<Item = Kind>, make: &Make, amount: u32, status: &str) {
    for kind in kinds {
        card_of(make).refuse(&initialize(kind, amount), status);
    }
}

const ASKING: [&str; 4] = ["805C0001", "805C0002", "805A0001020001", "805A0009020001"];

/// | 9000 | success | all |
#[test]
fn success() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.transact(kind, 1);
        card.check(&[(&opened.prove(), &opened.proof())]);
        assert!(card.send(&format!("805C00{:02X}", kind.purse())).ends_with("9000"));
    }
}

/// | 6283 | file invalid | INIT, UPDATE CAPP CACHE |: here a file out of use is 6985
#[test]
fn a_file_out_of_use() {
    let life_cycle = LifeCycle::DEACTIVATED;
    let out = |ef: Option<EfSpec<'static>>| ef.map(|ef| EfSpec { life_cycle, ..ef });
    let make = Make { ed: out(USUAL.ed), ep: out(USUAL.ep), ..USUAL };
    all(KINDS, &make, 1, "6985");
    let mut card = capp::card();
    card.open(Kind::Capp, 1);
    card.refuse(&capp::update(0x01, 0x9C, &[0; 16]), "6985");
}

/// | 6700 | Lc wrong | INIT, CREDIT, DEBIT |
#[test]
fn wrong_length() {
    for kind in KINDS {
        let first = initialize(kind, 1);
        for command in [&first[..], kind.second()] {
            let header = &command[..8];
            card().refuse(&format!("{header}0100"), "6700");
            card().refuse(header, "6700");
        }
    }
}

/// | 6901 | command not accepted in this state | CREDIT, DEBIT, UPDATE OVERDRAW |
#[test]
fn no_such_state() {
    for kind in KINDS {
        let opened = card().open(kind, 1);
        card().refuse(&hex(&opened.second()), "6901");
    }
}

/// | 6981 | file structure does not fit | UPDATE CAPP CACHE |; here also a log that is none
#[test]
fn structure_does_not_fit() {
    let mut card = capp::card();
    card.open(Kind::Capp, 1);
    card.refuse(&capp::update(0x01, 0xAC, &[0; 16]), "6981");
    let structure = Structure::Cyclic { record_bytes: 22, records: 10 };
    all(KINDS, &Make { log: Some(EfSpec { structure, ..LOG }), ..USUAL }, 1, "6981");
}

/// | 6982 | PIN or use right | INIT PURCHASE, CASH, CAPP, UPDATE; second commands; GET PROVE, GET
/// BALANCE; UPDATE CAPP CACHE |
#[test]
fn security_status() {
    let make = Make { ed: Some(purse(0x0001, 0xF2)), ep: Some(purse(0x0002, 0xF2)), ..USUAL };
    let kinds = KINDS.into_iter().filter(|kind| kind.denied() == "6982");
    all(kinds, &make, 1, "6982");
    for command in ASKING {
        card_of(&make).refuse(command, "6982");
    }
    // An applet that let the register fall without ending the transaction.
    for kind in KINDS.into_iter().filter(|kind| kind.purse() == 1) {
        let mut card = card();
        let opened = card.open(kind, 1);
        let mut session = Session::load(&card.rig.env()).unwrap();
        session.set_register(0);
        session.store(&mut card.rig.env()).unwrap();
        card.refuse(&hex(&opened.second()), "6982");
    }
    let mut card = capp::card();
    card.open(Kind::Capp, 1);
    card.refuse(&capp::update(0x01, 0x8C, &[0; 16]), "6982");
}

/// | 6985 | conditions of use: a load that would overflow, a key's use right, of INIT LOAD and UNLOAD
/// also the PIN | INIT, CREDIT, DEBIT, UPDATE OVERDRAW, GET PROVE, GET BALANCE |
#[test]
fn conditions_of_use() {
    all([Kind::LoadEd, Kind::LoadEp], &USUAL, u32::MAX, "6985");
    for kind in KINDS {
        let mut make = USUAL;
        make.keys[kind.key()].as_mut().unwrap().0.usable = Access::Register(0xF2);
        all([kind], &make, 1, "6985");
    }
    for kind in [Kind::LoadEd, Kind::LoadEp, Kind::Unload] {
        Dialogue::with(&USUAL).refuse(&initialize(kind, 0), "6985");
    }
    let df = LifeCycle::DEACTIVATED;
    for command in ASKING {
        card_of(&Make { df, ..USUAL }).refuse(command, "6985");
    }
    // A file that another channel has taken out of use in between.
    for kind in KINDS {
        for fid in [kind.purse(), 0x0018] {
            let mut card = card();
            let opened = card.open(kind, 1);
            let file = card.file(fid);
            file.store_life_cycle(&mut card.rig.env(), LifeCycle::DEACTIVATED).unwrap();
            card.refuse(&hex(&opened.second()), "6985");
        }
    }
}

/// | 6A82 | purse file missing | INIT PURCHASE, CASH, CAPP, UPDATE; GET PROVE, GET BALANCE; UPDATE
/// CAPP CACHE |
#[test]
fn file_missing() {
    let none = Make { ed: None, ep: None, ..USUAL };
    all(KINDS, &none, 1, "6A82");
    for command in ASKING {
        card_of(&none).refuse(command, "6A82");
    }
    let mut card = capp::card();
    card.open(Kind::Capp, 1);
    card.refuse(&capp::update(0x01, 0xE4, &[0; 16]), "6A82");
}

/// | 6A83, 6A84 | record not found, no room | UPDATE CAPP CACHE |
#[test]
fn record_missing_and_no_room() {
    let mut card = capp::card();
    card.open(Kind::Capp, 1);
    card.refuse(&capp::update(0x04, 0x84, &[0; 16]), "6A83");
    card.open(Kind::Capp, 1);
    for _ in 0..10 {
        card.check(&[(&capp::update(0x01, 0x84, &[0; 16]), "9000")]);
    }
    card.refuse(&capp::update(0x01, 0x84, &[0; 16]), "6A84");
}

/// | 6A86 | P1 P2 wrong | INIT |
#[test]
fn wrong_p1_p2() {
    for kind in KINDS {
        let mut command = initialize(kind, 1);
        command.replace_range(6..8, "03");
        card().refuse(&command, "6A86");
    }
}

/// | 9302 | MAC invalid | CREDIT, DEBIT, UPDATE OVERDRAW |
#[test]
fn wrong_mac() {
    for kind in KINDS {
        let mut card = card();
        let mut second = card.open(kind, 1).second();
        *second.last_mut().unwrap() ^= 1;
        card.refuse(&hex(&second), "9302");
    }
}

/// | 9401 | amount greater than the balance | INIT PURCHASE, CASH, CAPP, UNLOAD; DEBIT; UPDATE
/// OVERDRAW |
#[test]
fn balance_insufficient() {
    all(KINDS.into_iter().filter(|kind| kind.pays()), &USUAL, 1001, "9401");
    for kind in KINDS.into_iter().filter(|kind| kind.pays() || *kind == Kind::Overdraft) {
        let mut card = card();
        if kind == Kind::Overdraft {
            card.set_limit([0, 4, 0]);
        }
        // The balance falls in between, which no command can do.
        let opened = card.open(kind, 1);
        card.set_purse(kind, 0, 7, 8);
        card.refuse(&hex(&opened.second()), "9401");
    }
}

/// | 9402 | transaction counter at FFFF | INIT |
#[test]
fn number_at_maximum() {
    for kind in KINDS {
        let mut card = card();
        card.set_purse(kind, 1000, 0xFFFF, 0xFFFF);
        card.refuse(&initialize(kind, 1), "9402");
    }
}

/// | 9403 | no such key | INIT |
#[test]
fn key_missing() {
    for kind in KINDS {
        card().refuse(&terminal::initialize_with(0x02, kind, 1), "9403");
        let mut make = USUAL;
        make.keys[kind.key()] = None;
        all([kind], &make, 1, "9403");
    }
}

/// | 9406 | MAC and TAC not available | GET TRANSACTION PROVE |
#[test]
fn no_proof() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.open(kind, 1);
        card.refuse(&opened.prove(), "9406");
        let opened = card.transact(kind, 1);
        card.refuse(&format!("805A00{:02X}02{:04X}", kind as u8, opened.number), "9406");
    }
}

/// | 6E00, 6D00 | unknown class, instruction | any |
#[test]
fn unknown_class_and_instruction() {
    card().check(&[("90500001", "6E00"), ("00510001", "6D00")]);
}
