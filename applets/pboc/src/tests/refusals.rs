//! Every refusal, its status word, and that it changes nothing; which one comes first when several
//! would do.

use super::*;

/// A card with the PIN shown and money in both purses.
fn card_of(make: &Make) -> Dialogue {
    let mut card = Dialogue::with(make);
    card.check(&[(VERIFY, "9000")]);
    for (kind, exists) in [(Kind::LoadEd, make.ed), (Kind::LoadEp, make.ep)] {
        if exists.is_some() {
            card.set_purse(kind, 1000, 0, 0);
        }
    }
    card
}

#[track_caller]
fn every_initialize_is(make: &Make, status: &str) {
    for kind in KINDS {
        card_of(make).refuse(&initialize(kind, 1), status);
    }
}

#[test]
fn every_lc_but_the_commands_own_is_6700_before_anything_else() {
    for (header, lc) in [
        ("80500001", 11),
        ("80500099", 11),
        ("80520000", 11),
        ("80540100", 15),
        ("80540200", 15),
        ("80540300", 11),
        ("80540301", 11),
        ("80500401", 7),
        ("80500402", 7),
        ("80500302", 11),
        ("80500501", 11),
        ("80580000", 14),
        ("80580101", 14),
        ("805A0006", 2),
        ("805C0002", 0),
    ] {
        for other in (0..=255_usize).filter(|other| *other != lc) {
            let data = if other == 0 { String::new() } else { hex(&vec![0; other]) };
            let field = if other == 0 { String::new() } else { format!("{other:02X}") };
            let answer = Dialogue::with(&USUAL).send(&format!("{header}{field}{data}"));
            assert_eq!(answer, "6700", "{header} with {other}");
        }
    }
}

#[test]
fn every_p1_p2_without_a_meaning_is_6a86() {
    let accepted = |ins, p1: u8, p2: u8| match ins {
        0x50 => matches!((p1, p2), (0 | 1, 1 | 2) | (2 | 4 | 5, 1) | (3, 2)),
        0x52 | 0x58 => (p1, p2) == (0, 0),
        0x54 => matches!((p1, p2), (1 | 3, 0)),
        0x5A => p1 == 0,
        _ => p1 == 0 && matches!(p2, 1 | 2),
    };
    let mut card = Dialogue::with(&USUAL);
    for (ins, data) in [(0x50, 11), (0x52, 11), (0x54, 15), (0x58, 14), (0x5A, 2), (0x5C, 0)] {
        for (p1, p2) in (0..=255).flat_map(|p1| (0..=255).map(move |p2| (p1, p2))) {
            let data = match (ins, p1) {
                (0x50, 4) => 7,
                (0x54, 3) => 11,
                _ => data,
            };
            let mut command = vec![0x80, ins, p1, p2];
            if data > 0 {
                command.push(data);
                command.resize(5 + usize::from(data), 0);
            }
            let answer = card.try_send(&command).unwrap();
            let refused = answer == [0x6A, 0x86];
            assert_eq!(refused, !accepted(ins, p1, p2), "{ins:02X} {p1:02X} {p2:02X}");
        }
    }
}

#[test]
fn other_instructions_and_classes_are_not_the_purses() {
    for (command, purse) in [
        ("80500001", true),
        ("8052", true),
        ("8054", true),
        ("805A", true),
        ("805C", true),
        ("8058", true),
        ("80DC", true),
        ("84DC", true),
        ("8454", false),
        ("00DC", false),
        ("8059", false),
        ("8150", false),
        ("0050", false),
        ("E07A", false),
    ] {
        let bytes = unhex(command);
        let command = Command {
            class: Class::decode(bytes[0]),
            ins: Ins(bytes[1]),
            p1: 0,
            p2: 0,
            data: &[],
            ne: 0,
            ne_is_maximum: false,
            interface: Interface::Contact,
        };
        assert_eq!(crate::is_purse_command(&Rules::USUAL, &command), purse, "{command:?}");
        if !purse {
            let mut rig = Segment::new();
            let mut reply = Reply::new(&mut []);
            let session = Session::load(&rig.env()).unwrap();
            let challenge = Default::default();
            let turn = Turn { build: &BUILD, command: &command, session, challenge };
            let answer = crate::process(&mut rig.env(), &turn, &Rules::USUAL, &mut reply);
            let class = command.class == Class::Proprietary(0x80);
            let status = if class { 0x6D00 } else { 0x6E00 };
            assert_eq!(answer, Halt::status(StatusWord(status)));
        }
    }
}

#[test]
fn a_missing_purse_is_6a82() {
    let (ed, ep) = (Make { ed: None, ..USUAL }, Make { ep: None, ..USUAL });
    for (make, purse) in [(&ed, 1), (&ep, 2)] {
        for kind in KINDS {
            let status = if kind.purse() == purse { "6A82" } else { "9000" };
            assert!(card_of(make).send(&initialize(kind, 1)).ends_with(status), "{kind:?}");
        }
    }
    for p2 in [1, 3, 4, 5, 7] {
        card_of(&ed).refuse(&format!("805A00{p2:02X}020001"), "6A82");
    }
    for p2 in [2, 6, 9] {
        card_of(&ep).refuse(&format!("805A00{p2:02X}020001"), "6A82");
    }
    card_of(&ed).refuse("805C0001", "6A82");
    card_of(&ep).refuse("805C0002", "6A82");
}

#[test]
fn a_file_0001_that_is_no_purse_or_too_small_is_no_purse() {
    for structure in [Structure::Transparent { bytes: 64 }, Structure::Purse { bytes: 21 }] {
        let ed = EfSpec { structure, ..USUAL.ed.unwrap() };
        let mut card = Dialogue::with(&Make { ed: Some(ed), ..USUAL });
        card.check(&[(VERIFY, "9000")]);
        card.refuse(&initialize(Kind::PurchaseEd, 1), "6A82");
        card.refuse("805C0001", "6A82");
    }
}

#[test]
fn a_purse_a_log_or_a_df_out_of_use_is_6985() {
    for life_cycle in [LifeCycle::DEACTIVATED, LifeCycle::TERMINATED] {
        let out = |purse: Option<EfSpec<'static>>| purse.map(|ef| EfSpec { life_cycle, ..ef });
        let make = Make { ed: out(USUAL.ed), ep: out(USUAL.ep), ..USUAL };
        every_initialize_is(&make, "6985");
        for command in ["805C0001", "805C0002", "805A0001020001", "805A0006020001"] {
            card_of(&make).refuse(command, "6985");
            card_of(&Make { df: life_cycle, ..USUAL }).refuse(command, "6985");
        }
        every_initialize_is(&Make { df: life_cycle, ..USUAL }, "6985");
        let log = Some(EfSpec { life_cycle, ..LOG });
        every_initialize_is(&Make { log, ..USUAL }, "6985");
    }
}

#[test]
fn a_use_right_that_is_not_met_is_6985_for_load_and_unload_and_else_6982() {
    let make = Make { ed: Some(purse(0x0001, 0xF2)), ep: Some(purse(0x0002, 0xF2)), ..USUAL };
    for kind in KINDS {
        card_of(&make).refuse(&initialize(kind, 1), kind.denied());
    }
    for command in ["805C0001", "805C0002", "805A0001020001", "805A0006020001"] {
        card_of(&make).refuse(command, "6982");
    }
}

#[test]
fn the_pin_is_needed_for_all_but_purchases_whatever_the_use_right() {
    let free = Make { ed: Some(purse(0x0001, 0xF0)), ..USUAL };
    for (kind, without) in [
        (Kind::LoadEd, "6985"),
        (Kind::LoadEp, "6985"),
        (Kind::Unload, "6985"),
        (Kind::Cash, "6982"),
        (Kind::Overdraft, "6982"),
        (Kind::PurchaseEd, "9000"),
        (Kind::PurchaseEp, "9000"),
        (Kind::Capp, "9000"),
    ] {
        let mut card = Dialogue::with(&free);
        let amount = if kind.is_load() { 1 } else { 0 };
        assert!(card.send(&initialize(kind, amount)).ends_with(without), "{kind:?}");
        card.check(&[(VERIFY, "9000"), ("00A40000020018", "9000")]); // an EF keeps it
        assert!(card.send(&initialize(kind, amount)).ends_with("9000"), "{kind:?}");
        card.check(&[(SELECT, "9000")]); // the same DF again: the PIN must be shown again
        assert!(card.send(&initialize(kind, amount)).ends_with(without), "{kind:?}");
        card.check(&[(VERIFY, "9000"), ("00200000021235", "63C2")]);
        assert!(card.send(&initialize(kind, amount)).ends_with(without), "{kind:?}");
    }
}

#[test]
fn a_build_may_load_without_the_pin() {
    let rules = Rules { load_needs_pin: false, ..Rules::USUAL };
    let mut card = Dialogue::with(&Make { rules, ..USUAL });
    card.transact(Kind::LoadEp, 5);
    card.refuse(&initialize(Kind::Cash, 0), "6982");
    card.refuse(&initialize(Kind::LoadEd, 0), "6985"); // the ED's own use right
}

#[test]
fn the_pin_of_another_df_does_not_count() {
    let mut card = Dialogue::with(&USUAL);
    card.check(&[("00A40000023F00", "9000"), (VERIFY, "9000"), (SELECT, "9000")]);
    card.refuse(&initialize(Kind::LoadEp, 1), "6985");
}

#[test]
fn a_log_that_is_named_and_not_there_is_6a82_or_6981() {
    every_initialize_is(&Make { log: None, ..USUAL }, "6A82");
    for structure in [
        Structure::LinearFixed { record_bytes: 23, records: 10, tlv: false },
        Structure::Cyclic { record_bytes: 22, records: 10 },
        Structure::Transparent { bytes: 250 },
    ] {
        let log = Some(EfSpec { structure, ..LOG });
        every_initialize_is(&Make { log, ..USUAL }, "6981");
    }
    let silent = |ef: Option<EfSpec<'static>>| ef.map(|ef| EfSpec { own: 0, ..ef });
    let make = Make { log: None, ed: silent(USUAL.ed), ep: silent(USUAL.ep), ..USUAL };
    for kind in KINDS {
        card_of(&make).transact(kind, 1);
    }
}

/// Whether a transaction needs a key of the card.
fn uses(kind: Kind, key: usize) -> bool {
    kind.key() == key || (key == 2 && kind.has_tac())
}

#[test]
fn a_missing_key_is_9403() {
    for missing in 0..5 {
        let mut make = USUAL;
        make.keys[missing] = None;
        for kind in KINDS {
            let status = if uses(kind, missing) { "9403" } else { "9000" };
            assert!(card_of(&make).send(&initialize(kind, 1)).ends_with(status), "{kind:?}");
        }
    }
    for kind in KINDS {
        let other_id = terminal::initialize_with(0x02, kind, 1);
        card_of(&USUAL).refuse(&other_id, "9403");
    }
}

#[test]
fn a_keys_high_bits_change_nothing() {
    let make = Make {
        keys: [
            Some((key(0xFF, 0x01), &LOAD_KEY)),
            Some((key(0xFE, 0x01), &PURCHASE_KEY)),
            Some((key(0xF4, 0x00), &TAC_KEY)),
            Some((key(0x7D, 0x01), &UNLOAD_KEY)),
            Some((key(0xBC, 0x01), &OVERDRAFT_KEY)),
        ],
        ..USUAL
    };
    for kind in KINDS {
        card_of(&make).transact(kind, 1);
    }
}

#[test]
fn a_key_whose_use_right_is_not_met_or_whose_length_is_none_of_des_is_6985() {
    for which in 0..5 {
        let (spec, bytes) = USUAL.keys[which].unwrap();
        let guarded = KeySpec { usable: Access::Register(0xF2), ..spec };
        for key in [(guarded, bytes), (spec, &[1; 7][..]), (spec, &[1; 24])] {
            let mut make = USUAL;
            make.keys[which] = Some(key);
            for kind in KINDS {
                let status = if uses(kind, which) { "6985" } else { "9000" };
                assert!(card_of(&make).send(&initialize(kind, 1)).ends_with(status), "{kind:?}");
            }
        }
    }
}

/// What is checked first wins: each step takes one thing away that is wrong.
#[test]
fn checks_come_in_their_order() {
    for kind in KINDS.into_iter().filter(|kind| kind.purse() == 1 && *kind != Kind::PurchaseEd) {
        let denied = kind.denied();
        let mut make = Make { ed: None, log: None, keys: [None; 5], ..USUAL };
        let command = initialize(kind, u32::MAX);
        let asked = |make: &Make, pin: bool| {
            let mut card = Dialogue::with(make);
            if make.ed.is_some() {
                card.set_purse(kind, 1000, 0xFFFF, 0xFFFF);
            }
            if pin {
                card.check(&[(VERIFY, "9000")]);
            }
            card.send(&command)
        };
        assert_eq!(asked(&make, false), "6A82");
        make.ed = USUAL.ed; // use right F1
        assert_eq!(asked(&make, false), denied);
        make.ed = Some(purse(0x0001, 0xF0));
        assert_eq!(asked(&make, false), "6A82", "the log");
        make.log = USUAL.log;
        assert_eq!(asked(&make, false), denied, "the PIN");
        assert_eq!(asked(&make, true), "9403");
        make.keys = USUAL.keys;
        let (spec, bytes) = make.keys[kind.key()].unwrap();
        make.keys[kind.key()] = Some((KeySpec { usable: Access::Never, ..spec }, bytes));
        assert_eq!(asked(&make, true), "6985");
        make.keys = USUAL.keys;
        assert_eq!(asked(&make, true), "9402");
    }
}

#[test]
fn a_wrong_mac_is_9302_once_and_again() {
    for kind in KINDS {
        let mut card = card_of(&USUAL);
        for _ in 0..20 {
            let opened = card.open(kind, 1);
            let mut second = opened.second();
            *second.last_mut().unwrap() ^= 1;
            card.refuse(&hex(&second), "9302");
            card.refuse(&hex(&opened.second()), "6901");
        }
        card.transact(kind, 1);
    }
}

/// Every bit of what the MAC protects.
#[test]
fn no_bit_of_a_second_command_can_be_changed() {
    for kind in KINDS {
        let start = card_of(&USUAL);
        // The first two bytes of the terminal's number are in the TAC alone.
        let free = if kind.is_online() { 0..0 } else { 5..7 };
        let bytes = start.clone().open(kind, 1).second().len();
        for (at, bit) in (5..bytes).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut card = start.clone();
            let mut second = card.open(kind, 1).second();
            second[at] ^= 1 << bit;
            if !free.contains(&at) {
                card.refuse(&hex(&second), "9302");
            } else {
                assert!(card.try_send(&second).unwrap().ends_with(&[0x90, 0x00]));
            }
        }
    }
}

#[test]
fn a_proof_is_told_for_its_type_and_number_only() {
    for kind in KINDS {
        let mut card = card_of(&USUAL);
        let new = format!("805A00{:02X}020000", kind as u8);
        card.refuse(&new, "9406");
        let opened = card.transact(kind, 1);
        for number in [0, 2, 0xFFFF] {
            card.refuse(&format!("805A00{:02X}02{number:04X}", kind as u8), "9406");
        }
        for other in (0..=255_u8).filter(|other| *other != kind as u8) {
            card.refuse(&format!("805A00{other:02X}020001"), "9406");
        }
        card.check(&[(&opened.prove(), &opened.proof())]);
    }
}

#[test]
fn what_does_not_fit_the_reply_moves_no_money() {
    for kind in KINDS {
        let mut card = card_of(&USUAL);
        let opened = card.open(kind, 1);
        card.refuse_short_of_reply(&opened.second(), opened.certificates().len() - 1);
    }
}
