//! Every order of commands: what may stand between the two commands of a transaction (nothing), and
//! what a completed one leaves behind.

use super::*;

fn card() -> Dialogue {
    let mut card = Dialogue::with(&USUAL);
    card.check(&[(VERIFY, "9000")]);
    card.set_purse(Kind::LoadEd, 1000, 7, 8);
    card.set_purse(Kind::LoadEp, 1000, 9, 10);
    card
}

/// Second commands of some other transaction: their MACs are right for nothing here.
const STRANGE: [&str; 4] = [
    "805200000B 20250102030405 00000000",
    "805401000F A0A1A2A3 20250102030405 00000000",
    "805403000B 20250102030405 00000000",
    "805800000E 000001 20250102030405 00000000",
];

#[test]
fn a_second_command_without_its_first_is_6901() {
    let mut card = card();
    card.check(&STRANGE.map(|command| (command, "6901")));
    for kind in KINDS {
        for other in STRANGE.iter().filter(|other| !other.starts_with(kind.second())) {
            card.open(kind, 1);
            card.check(&[(other, "6901")]);
            assert_eq!(card.pending(), NOTHING);
        }
    }
}

/// With what is pending, in between, and the second command that would have been right.
#[test]
fn whatever_stands_between_drops_the_pending_transaction() {
    let mut between: Vec<(String, &str)> = vec![
        ("805C0001".into(), "9000"),
        ("805C0002".into(), "9000"),
        ("805C0003".into(), "6A86"),
        ("805A0006020001".into(), "9406"),
        ("805A00060100".into(), "6700"),
        ("8050000101 00".into(), "6700"),
        ("805099010B 01 00000001 112233445566".into(), "6A86"),
        ("805200000100".into(), "6700"),
        ("805401000100".into(), "6700"),
        ("805403000100".into(), "6700"),
        ("805800000100".into(), "6700"),
        ("805402000F A0A1A2A3 20250102030405 00000000".into(), "6A86"),
        ("805403010B 20250102030405 00000000".into(), "6A86"),
        ("80DC01BD01 00".into(), "6A86"),
        ("80DC01BC00".into(), "6700"),
        ("80DC01FC01 00".into(), "6A86"),
        ("80DC01BC01 00".into(), ""),
        ("E07A080107 01 112233445566".into(), "6E00"),
        (VERIFY.into(), "9000"),
        ("00200000021235".into(), "63C2"),
        ("00B201C400".into(), "6A83"),
        ("8059000000".into(), "6E00"),
        ("00EE0000".into(), "6D00"),
        (SELECT.into(), "9000"),
        ("00A40000020018".into(), "9000"),
    ];
    for command in STRANGE {
        between.push((command.into(), ""));
    }
    for kind in KINDS {
        between.push((initialize(kind, 1), "9000"));
        between.push((initialize(kind, u32::MAX), ""));
        between.push((terminal::initialize_with(0x77, kind, 1), "9403"));
    }
    for kind in KINDS {
        for (command, status) in &between {
            let mut card = card();
            let opened = card.open(kind, 1);
            let answer = card.send(command);
            assert!(answer.ends_with(status), "{kind:?}, {command}: {answer}");
            let began = answer.ends_with("9000");
            let before = card.memory();
            let second = hex(&opened.second());
            let answer = card.send(&second);
            // Another INITIALIZE that takes the same second command has another random number.
            let begun = KINDS.into_iter().find(|other| command[..8] == initialize(*other, 1)[..8]);
            let same = began && begun.is_some_and(|other| other.second() == kind.second());
            let expected = if same { "9302" } else { "6901" };
            assert_eq!(answer, expected, "{kind:?}, {command}");
            assert!(card.memory() == before);
        }
    }
}

/// A failed SELECT puts the applet's RAM back, the pending transaction with it.
#[test]
fn a_selection_that_fails_changes_nothing() {
    let mut card = card();
    let opened = card.open(Kind::LoadEp, 1);
    card.check(&[("00A40000024444", "6A82")]);
    card.close(&opened);
}

#[test]
fn reset_drops_the_pending_transaction() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.open(kind, 1);
        let before = card.memory();
        card.power_on();
        assert_eq!(card.send(&hex(&opened.second())), "6901");
        assert!(card.memory() == before);
    }
}

#[test]
fn a_completed_transaction_is_completed_once() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.transact(kind, 1);
        let before = card.memory();
        card.check(&[(&hex(&opened.second()), "6901")]);
        assert!(card.memory() == before);
    }
}

/// Balance, both numbers, log and proof after each kind of transaction; nothing else moves.
#[test]
fn a_transaction_moves_what_is_its_own() {
    for kind in KINDS {
        let mut card = card();
        let (online, offline) = if kind.purse() == 1 { (7, 8) } else { (9, 10) };
        let opened = card.open(kind, 0x123);
        assert_eq!(
            (opened.balance, opened.number),
            (1000, if kind.is_online() { online } else { offline })
        );
        let answer = card.close(&opened);
        assert_eq!(answer, opened.certificates(), "{kind:?}");
        let balance = format!("{:08X}9000", opened.new_balance());
        let get_balance = format!("805C00{:02X}", kind.purse());
        let (record, proof) = (opened.record(), opened.proof());
        card.check(&[
            (&get_balance, &balance),
            ("00B201C400", &record),
            ("00B202C400", "6A83"),
            (&opened.prove(), &proof),
        ]);
        for other in KINDS {
            let next = card.open(other, 0);
            let (online, offline) = if other.purse() == 1 { (7, 8) } else { (9, 10) };
            let number = if other.is_online() { online } else { offline };
            let counted = other.purse() == kind.purse() && other.is_online() == kind.is_online();
            assert_eq!(next.number, number + u16::from(counted), "{kind:?} then {other:?}");
            let changed = other.purse() == kind.purse();
            assert_eq!(next.balance, if changed { opened.new_balance() } else { 1000 });
        }
        card.power_on();
        card.check(&[(VERIFY, "9000"), (&opened.prove(), &proof)]); // survives power and INITIALIZE
    }
}

#[test]
fn each_purse_keeps_its_own_proof_until_its_next_transaction() {
    let mut card = card();
    let ed = card.transact(Kind::PurchaseEd, 1);
    let ep = card.transact(Kind::PurchaseEp, 1);
    assert!(card.send(&ed.prove()).ends_with("9000"));
    card.transact(Kind::LoadEp, 1);
    assert_eq!(card.send(&ep.prove()), "9406");
    assert!(card.send(&ed.prove()).ends_with("9000"));
}

#[test]
fn a_build_may_count_loads_and_purchases_together() {
    let rules = Rules { one_number: true, ..Rules::USUAL };
    let mut card = Dialogue::with(&Make { rules, ..USUAL });
    card.check(&[(VERIFY, "9000")]);
    for (at, kind) in
        [Kind::LoadEp, Kind::PurchaseEp, Kind::LoadEp, Kind::PurchaseEp].iter().enumerate()
    {
        let opened = card.transact(*kind, 10);
        assert_eq!(usize::from(opened.number), at);
        assert!(card.send(&opened.prove()).ends_with("9000"));
    }
    assert_eq!(card.transact(Kind::LoadEd, 1).number, 0, "the other purse has its own");
}

#[test]
fn the_log_keeps_the_newest_ten_of_both_purses() {
    let mut card = card();
    let all: Vec<Opened> =
        (0..13).map(|n| card.transact(KINDS[n % KINDS.len()], n as u32)).collect();
    for (number, opened) in (1..=10).zip(all.iter().rev()) {
        let record = card.send(&format!("00B2{number:02X}C400"));
        assert_eq!(record[10..18], format!("{:08X}", opened.logged_amount()));
        assert_eq!(record[18..20], format!("{:02X}", opened.kind as u8));
    }
    card.check(&[("00B20BC400", "6A83")]);
}

#[test]
fn no_session_key_stays_in_ram() {
    for ending in ["right", "wrong", "forgotten"] {
        let mut card = card();
        let opened = card.open(Kind::LoadEp, 1);
        assert_eq!(card.pending()[40..48], opened.session, "where it is looked for");
        match ending {
            "right" => drop(card.close(&opened)),
            "wrong" => drop(card.send(STRANGE[0])),
            _ => crate::forget_pending(&mut card.rig.env()),
        }
        assert_eq!(card.pending(), NOTHING, "{ending}");
    }
}

/// Every command of this channel drops what is pending; an applet that forgot to drop it must not
/// lose money.
#[test]
fn a_pending_transaction_is_bound_to_its_purse_file_and_number() {
    for kind in KINDS {
        let mut card = card();
        let opened = card.open(kind, 1);
        let mut other_file = card.clone();
        let other = other_file.file(3 - kind.purse()).at;
        let mut other_df = card.clone();
        for (card, at, bytes) in
            [(&mut other_file, 6, other.to_be_bytes()), (&mut other_df, 2, [0, 0, 0, 64])]
        {
            let mut env = card.rig.env();
            let ram = env.ram_mut(Clear::OnDeselect);
            ram[PENDING_AT + at..][..4].copy_from_slice(&bytes);
        }
        let mut other_number = card.clone();
        other_number.set_purse(kind, 1000, 70, 80);
        for card in [&mut other_file, &mut other_df, &mut other_number] {
            let before = card.memory();
            card.check(&[(&hex(&opened.second()), "6901")]);
            assert!(card.memory() == before);
        }
    }
}
