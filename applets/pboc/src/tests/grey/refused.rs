//! What the grey lock refuses, and that it changes nothing then.

use super::*;

#[test]
fn a_debit_is_refused_for_what_is_wrong_with_it() {
    for of in BOTH {
        let mut start = card();
        start.refuse(&hex(&Grey { of, balance: [0; 4], number: 0, key: [0; 8] }.debit(0)), "6985");
        let grey = locked(&mut start, of);
        let right = grey.debit(5);
        for (at, bit) in (5..right.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut debit = right.clone();
            debit[at] ^= 1 << bit;
            // Amount and GMAC; the number; else what only the TAC covers.
            let status = match at - 5 {
                4 | 5 => "9406",
                0..=3 | 23..=26 => "9302",
                _ => "",
            };
            let mut card = start.clone();
            if status.is_empty() {
                assert!(card.try_send(&debit).unwrap().ends_with(&[0x90, 0x00]));
            } else {
                card.refuse(&hex(&debit), status);
                card.check(&[("E0CA0000", &grey.locked())]); // still
            }
        }
        start.refuse(&hex(&grey.debit(1001)), "9401");
        start.refuse(&hex(&Grey { number: grey.number - 1, ..grey }.debit(5)), "9406");
        start.refuse(&hex(&Grey { of: of.other(), ..grey }.debit(5)), "6985");
        start.check(&[(&hex(&grey.debit(1000)), &(hex(&grey.tac(1000)) + "9000"))]);
        start.check(&[(&of.get_balance(), "00000000 9000")]);
        start.refuse(&hex(&grey.debit(0)), "6985"); // once
    }
}

#[test]
fn a_lock_or_an_unlock_with_a_wrong_mac_is_9302_and_dropped() {
    for of in BOTH {
        let start = card();
        let bytes = Grey::begin(&mut start.clone(), of).lock().len();
        for at in 5..bytes {
            let mut card = start.clone();
            let grey = Grey::begin(&mut card, of);
            let mut lock = grey.lock();
            lock[at] ^= 0x10;
            // Of the terminal's number only two bytes are in the key.
            if at < 7 {
                assert!(card.try_send(&lock).unwrap().ends_with(&[0x90, 0x00]));
                continue;
            }
            card.refuse(&hex(&lock), "9302");
            card.refuse(&hex(&grey.lock()), "6901");
        }
        let mut start = card();
        locked(&mut start, of);
        let bytes = begin_unlock(&mut start.clone(), of, 1).0.len();
        for at in 5..bytes {
            let mut card = start.clone();
            let (right, _) = begin_unlock(&mut card, of, 1);
            let mut unlock = right.clone();
            unlock[at] ^= 0x10;
            card.refuse(&hex(&unlock), "9302");
            card.refuse(&hex(&right), "6901");
        }
        let (unlock, _) = begin_unlock(&mut start, of, 1001);
        start.refuse(&hex(&unlock), "9401");
    }
}

#[test]
fn lengths_come_before_p1_p2_and_both_before_the_rest() {
    let mut card = Dialogue::with(&with_locks(&USUAL));
    for (ins, lc, meant) in [
        (0x7A_u8, 7, &[0x0801_u16, 0x0802, 0x0901, 0x0902][..]),
        (0x7C, 0x13, &[0x0800]),
        (0x7E, 0x1B, &[0x0801, 0x0802]),
        (0xCA, 0, &[0x0000, 0x0100]),
    ] {
        for p1p2 in 0..=0x0AFF_u16 {
            let lc = if (ins, p1p2 >> 8) == (0x7E, 9) { 0x0F } else { lc };
            let mut command = vec![0xE0, ins];
            command.extend(p1p2.to_be_bytes());
            if lc > 0 {
                command.push(lc);
                command.resize(5 + usize::from(lc), 0);
            }
            let means = meant.contains(&p1p2) || (ins, p1p2) == (0x7E, 0x0900);
            let answer = card.try_send(&command).unwrap();
            assert_eq!(answer == [0x6A, 0x86], !means, "{ins:02X} {p1p2:04X}");
            let longer = [&command[..4], &[lc + 1], &vec![0; usize::from(lc) + 1]].concat();
            assert_eq!(card.try_send(&longer), Some(vec![0x67, 0x00]));
        }
    }
    card.check(&[("E07B0801", "6E00"), ("E1CA0000", "6E00")]);
}

#[test]
fn a_card_without_the_grey_lock_does_not_know_the_class() {
    let mut plain = Dialogue::with(&USUAL);
    plain.check(&[(VERIFY, "9000")]);
    for command in [&Of::Ep.begin_lock(), "E0CA0000"] {
        plain.refuse(command, "6E00");
        let bytes = unhex(command);
        let command = command_of(&Apdu::parse(&bytes).unwrap());
        let grey = Rules { grey_lock: true, ..Rules::USUAL };
        assert!(crate::is_purse_command(&grey, &command));
        assert!(!crate::is_purse_command(&Rules::USUAL, &command));
    }
    plain.refuse("805A0092020001", "9406");
    plain.refuse("805A0096020001", "9406");
}

#[test]
fn purses_that_cannot_be_locked_and_missing_ones() {
    let grey_lock = Rules { grey_lock: true, ..Rules::USUAL };
    let mut small = card_of(&Make { rules: grey_lock, ..USUAL });
    small.refuse(&Of::Ep.begin_lock(), "6985");
    small.refuse(&Of::Ep.begin_unlock(), "6985");
    small.check(&[("E0CA0000", FREE)]);
    let none = Make { ed: None, ep: None, ..with_locks(&USUAL) };
    let mut none = Dialogue::with(&none);
    none.check(&[(VERIFY, "9000")]);
    let debit = Grey { of: Of::Ed, balance: [0; 4], number: 0, key: [0; 8] }.debit(0);
    for command in [&Of::Ed.begin_lock(), &Of::Ed.begin_unlock(), "E0CA0000", &hex(&debit)] {
        none.refuse(command, "6A82");
    }
    let mut alone = Make { ed: None, ..with_locks(&USUAL) };
    alone.log = USUAL.log;
    let mut alone = Dialogue::with(&alone);
    alone.check(&[(VERIFY, "9000")]);
    locked(&mut alone, Of::Ep);
    let out = LifeCycle::DEACTIVATED;
    card_of(&Make { df: out, ..with_locks(&USUAL) }).refuse("E0CA0000", "6985");
}

#[test]
fn the_lock_and_both_unlocks_want_the_pin_and_their_keys() {
    for of in BOTH {
        let mut card = card();
        let grey = locked(&mut card, of);
        card.power_on();
        card.refuse(&hex(&grey.debit(1)), "6982");
        card.refuse(&of.begin_unlock(), "6982");
        card.check(&[(VERIFY, "9000"), (&hex(&grey.debit(1)), &(hex(&grey.tac(1)) + "9000"))]);
        card.check(&[("E0CA0100", &grey.debited(1)), (SELECT, "9000")]);
        card.refuse(&of.begin_lock(), "6982");
        for (missing, lock, debit, unlock) in
            [(1, "9403", "9000", "9000"), (2, "9403", "9403", "9000"), (3, "9000", "9000", "9403")]
        {
            let mut without = with_locks(&USUAL);
            without.keys[missing] = None;
            let mut card = card_of(&without);
            assert!(card.send(&of.begin_lock()).ends_with(lock));
            let mut free = with_locks(&USUAL);
            free.keys[missing].as_mut().unwrap().0.usable = Access::Register(0xF1);
            let mut card = card_of(&free);
            let grey = locked(&mut card, of);
            // The key's own right is taken away together with the register, the PIN is not.
            let mut session = Session::load(&card.rig.env()).unwrap();
            session.set_register(0);
            session.store(&mut card.rig.env()).unwrap();
            let refusal = |status| if of == Of::Ed { "6982" } else { status };
            let status = |needed: &str| refusal(if needed == "9403" { "6985" } else { "9000" });
            assert!(card.clone().send(&of.begin_unlock()).ends_with(status(unlock)));
            let answer = card.send(&hex(&grey.debit(1)));
            assert!(answer.ends_with(status(debit)), "{answer}");
        }
    }
}

/// The lock goes in between, which no command of this channel can do: nothing is paid then.
#[test]
fn an_unlock_of_what_is_no_longer_locked_is_6985() {
    for of in BOTH {
        let mut card = card();
        locked(&mut card, of);
        let (unlock, _) = begin_unlock(&mut card, of, 5);
        let at = card.file(of as u16).body() + purse::PURSE_BYTES;
        card.rig.env().store(at, &[0]).unwrap();
        card.refuse(&hex(&unlock), "6985");
    }
}
