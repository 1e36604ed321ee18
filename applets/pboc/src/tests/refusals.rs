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

/// Sends one command to a card that is `made` so, and holds it to the status word, to unchanged
/// memory and to nothing pending.
#[track_caller]
fn refused(card: &mut Dialogue, command: &str, status: &str) {
    let before = card.memory();
    assert_eq!(card.send(command), status, "{command}");
    assert!(card.memory() == before, "{command}");
    assert_eq!(card.pending(), [0; PENDING_BYTES as usize], "{command}");
}

#[track_caller]
fn every_initialize_is(make: &Make, load: &str, other: &str) {
    for kind in KINDS {
        let status = if kind.is_load() { load } else { other };
        refused(&mut card_of(make), &initialize(kind, 1), status);
    }
}

#[test]
fn every_lc_but_the_commands_own_is_6700_before_anything_else() {
    for (header, lc) in [
        ("80500001", 11),
        ("80500099", 11),
        ("80520000", 11),
        ("80540100", 15),
        ("80540300", 15),
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
        0x50 => matches!((p1, p2), (0 | 1, 1 | 2) | (2, 1)),
        0x52 => (p1, p2) == (0, 0),
        0x54 => (p1, p2) == (1, 0),
        0x5A => p1 == 0,
        _ => p1 == 0 && matches!(p2, 1 | 2),
    };
    let mut card = Dialogue::with(&USUAL);
    for (ins, data) in [(0x50, 11), (0x52, 11), (0x54, 15), (0x5A, 2), (0x5C, 0)] {
        for (p1, p2) in (0..=255).flat_map(|p1| (0..=255).map(move |p2| (p1, p2))) {
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
        ("8058", false),
        ("80DC", false),
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
        assert_eq!(crate::is_purse_command(&command), purse, "{command:?}");
        if !purse {
            let mut rig = Segment::new();
            let mut reply = Reply::new(&mut []);
            let answer =
                crate::process(&mut rig.env(), &DIALECT, &Rules::USUAL, &command, &mut reply);
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
        refused(&mut card_of(&ed), &format!("805A00{p2:02X}020001"), "6A82");
    }
    for p2 in [2, 6, 9] {
        refused(&mut card_of(&ep), &format!("805A00{p2:02X}020001"), "6A82");
    }
    refused(&mut card_of(&ed), "805C0001", "6A82");
    refused(&mut card_of(&ep), "805C0002", "6A82");
}

#[test]
fn a_file_0001_that_is_no_purse_or_too_small_is_no_purse() {
    for structure in [Structure::Transparent { bytes: 64 }, Structure::Purse { bytes: 21 }] {
        let ed = EfSpec { structure, ..USUAL.ed.unwrap() };
        let mut card = Dialogue::with(&Make { ed: Some(ed), ..USUAL });
        card.check(&[(VERIFY, "9000")]);
        refused(&mut card, &initialize(Kind::PurchaseEd, 1), "6A82");
        refused(&mut card, "805C0001", "6A82");
    }
}

#[test]
fn a_purse_a_log_or_a_df_out_of_use_is_6985() {
    for life_cycle in [LifeCycle::DEACTIVATED, LifeCycle::TERMINATED] {
        let out = |purse: Option<EfSpec<'static>>| purse.map(|ef| EfSpec { life_cycle, ..ef });
        let make = Make { ed: out(USUAL.ed), ep: out(USUAL.ep), ..USUAL };
        every_initialize_is(&make, "6985", "6985");
        for command in ["805C0001", "805C0002", "805A0001020001", "805A0006020001"] {
            refused(&mut card_of(&make), command, "6985");
            refused(&mut card_of(&Make { df: life_cycle, ..USUAL }), command, "6985");
        }
        every_initialize_is(&Make { df: life_cycle, ..USUAL }, "6985", "6985");
        let log = Some(EfSpec { life_cycle, ..LOG });
        every_initialize_is(&Make { log, ..USUAL }, "6985", "6985");
    }
}

#[test]
fn a_use_right_that_is_not_met_is_6985_for_a_load_and_else_6982() {
    let make = Make { ed: Some(purse(0x0001, 0xF2)), ep: Some(purse(0x0002, 0xF2)), ..USUAL };
    every_initialize_is(&make, "6985", "6982");
    for command in ["805C0001", "805C0002", "805A0001020001", "805A0006020001"] {
        refused(&mut card_of(&make), command, "6982");
    }
}

#[test]
fn the_pin_is_needed_for_loads_and_cash_whatever_the_use_right() {
    let free = Make { ed: Some(purse(0x0001, 0xF0)), ..USUAL };
    for (kind, without) in [
        (Kind::LoadEd, "6985"),
        (Kind::LoadEp, "6985"),
        (Kind::Cash, "6982"),
        (Kind::PurchaseEd, "9000"),
        (Kind::PurchaseEp, "9000"),
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
    refused(&mut card, &initialize(Kind::Cash, 0), "6982");
    refused(&mut card, &initialize(Kind::LoadEd, 0), "6985"); // the ED's own use right
}

#[test]
fn the_pin_of_another_df_does_not_count() {
    let mut card = Dialogue::with(&USUAL);
    card.check(&[("00A40000023F00", "9000"), (VERIFY, "9000"), (SELECT, "9000")]);
    refused(&mut card, &initialize(Kind::LoadEp, 1), "6985");
}

#[test]
fn a_log_that_is_named_and_not_there_is_6a82_or_6981() {
    every_initialize_is(&Make { log: None, ..USUAL }, "6A82", "6A82");
    for structure in [
        Structure::LinearFixed { record_bytes: 23, records: 10, tlv: false },
        Structure::Cyclic { record_bytes: 22, records: 10 },
        Structure::Transparent { bytes: 250 },
    ] {
        let log = Some(EfSpec { structure, ..LOG });
        every_initialize_is(&Make { log, ..USUAL }, "6981", "6981");
    }
    let silent = |ef: Option<EfSpec<'static>>| ef.map(|ef| EfSpec { own: 0, ..ef });
    let make = Make { log: None, ed: silent(USUAL.ed), ep: silent(USUAL.ep), ..USUAL };
    for kind in KINDS {
        card_of(&make).transact(kind, 1);
    }
}

#[test]
fn a_missing_key_is_9403() {
    for (missing, load, other) in [(0, "9403", "9000"), (1, "9000", "9403"), (2, "9403", "9403")] {
        let mut make = USUAL;
        make.keys[missing] = None;
        for kind in KINDS {
            let status = if kind.is_load() { load } else { other };
            assert!(card_of(&make).send(&initialize(kind, 1)).ends_with(status), "{kind:?}");
        }
    }
    for kind in KINDS {
        let other_id = initialize(kind, 1).replacen("0B01", "0B02", 1);
        refused(&mut card_of(&USUAL), &other_id, "9403");
    }
}

#[test]
fn a_keys_high_bits_change_nothing() {
    let make = Make {
        keys: [
            Some((key(0xFF, 0x01), &LOAD_KEY)),
            Some((key(0xFE, 0x01), &PURCHASE_KEY)),
            Some((key(0xF4, 0x00), &TAC_KEY)),
        ],
        ..USUAL
    };
    for kind in KINDS {
        card_of(&make).transact(kind, 1);
    }
}

#[test]
fn a_key_whose_use_right_is_not_met_or_whose_length_is_none_of_des_is_6985() {
    for which in 0..3 {
        let (spec, bytes) = USUAL.keys[which].unwrap();
        let guarded = KeySpec { usable: Access::Register(0xF2), ..spec };
        for key in [(guarded, bytes), (spec, &[1; 7][..]), (spec, &[1; 24])] {
            let mut make = USUAL;
            make.keys[which] = Some(key);
            for kind in KINDS {
                let used = which == 2 || kind.is_load() == (which == 0);
                let status = if used { "6985" } else { "9000" };
                assert!(card_of(&make).send(&initialize(kind, 1)).ends_with(status), "{kind:?}");
            }
        }
    }
}

#[test]
fn the_last_number_is_never_used_9402() {
    for kind in KINDS {
        let (last, other) = (0xFFFF, 0x1234);
        let numbers = if kind.is_load() { (last, other) } else { (other, last) };
        let mut card = card_of(&USUAL);
        card.set_purse(kind, 1000, numbers.0, numbers.1);
        refused(&mut card, &initialize(kind, 1), "9402");
        let numbers = if kind.is_load() { (last - 1, last) } else { (last, last - 1) };
        card.set_purse(kind, 1000, numbers.0, numbers.1);
        card.transact(kind, 1);
        refused(&mut card, &initialize(kind, 1), "9402");
    }
}

#[test]
fn an_amount_above_the_balance_is_9401_and_all_of_it_can_be_spent() {
    for kind in [Kind::Cash, Kind::PurchaseEd, Kind::PurchaseEp] {
        for amount in [1001, u32::MAX] {
            refused(&mut card_of(&USUAL), &initialize(kind, amount), "9401");
        }
        let mut card = card_of(&USUAL);
        card.transact(kind, 1000);
        refused(&mut card, &initialize(kind, 1), "9401");
        card.transact(kind, 0);
    }
}

#[test]
fn a_load_that_would_overflow_is_6985_and_the_balance_can_be_filled() {
    for kind in [Kind::LoadEd, Kind::LoadEp] {
        for amount in [u32::MAX, u32::MAX - 999] {
            refused(&mut card_of(&USUAL), &initialize(kind, amount), "6985");
        }
        let mut card = card_of(&USUAL);
        card.transact(kind, u32::MAX - 1000);
        refused(&mut card, &initialize(kind, 1), "6985");
        card.transact(kind, 0);
    }
}

/// What is checked first wins: each step takes one thing away that is wrong.
#[test]
fn checks_come_in_their_order() {
    for kind in [Kind::LoadEd, Kind::Cash] {
        let denied = if kind.is_load() { "6985" } else { "6982" };
        let mut make = Make { ed: None, log: None, keys: [None; 3], ..USUAL };
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
        let (spec, bytes) = make.keys[2].unwrap();
        make.keys[2] = Some((KeySpec { usable: Access::Never, ..spec }, bytes));
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
            refused(&mut card, &hex(&second), "9302");
            refused(&mut card, &hex(&opened.second()), "6901");
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
        let free = if kind.is_load() { 0..0 } else { 5..7 };
        let bytes = start.clone().open(kind, 1).second().len();
        for (at, bit) in (5..bytes).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut card = start.clone();
            let mut second = card.open(kind, 1).second();
            second[at] ^= 1 << bit;
            if !free.contains(&at) {
                refused(&mut card, &hex(&second), "9302");
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
        refused(&mut card, &new, "9406");
        let opened = card.transact(kind, 1);
        for number in [0, 2, 0xFFFF] {
            refused(&mut card, &format!("805A00{:02X}02{number:04X}", kind as u8), "9406");
        }
        for other in (0..=255_u8).filter(|other| *other != kind as u8) {
            refused(&mut card, &format!("805A00{other:02X}020001"), "9406");
        }
        let proof = hex(&[opened.proof_mac(), opened.tac()].concat());
        card.check(&[(&opened.prove(), &(proof + "9000"))]);
    }
}

#[test]
fn what_does_not_fit_the_reply_moves_no_money() {
    let mut card = card_of(&USUAL);
    let opened = card.open(Kind::PurchaseEp, 1);
    let before = card.memory();
    let second = opened.second();
    let mut reply = [0; 7];
    let apdu = Apdu::parse(&second).unwrap();
    let command = Command {
        class: Class::decode(apdu.cla),
        ins: apdu.ins,
        p1: apdu.p1,
        p2: apdu.p2,
        data: apdu.data,
        ne: 0,
        ne_is_maximum: false,
        interface: Interface::Contact,
    };
    let answer = card.rig.process(&card.card, &command, &mut Reply::new(&mut reply));
    assert_eq!(answer, Halt::status(StatusWord::NO_DIAGNOSIS));
    assert!(card.memory() == before);
}
