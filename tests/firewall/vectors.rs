//! The wall between applications, shown by use: whatever the vectors of one application do, on a
//! card with all of them, leaves every other one's memory and counters byte for byte as they were.
//! And two chips in one piece of plastic know nothing of each other.

use crate::scripts::{Script, Step};
use crate::whole::{
    ACCOUNT, Current, EMPLOYER, ENVIRONMENT, LIBRARY, PURSE, check, kept, profile, select, send,
};
use tessera::{
    Card, Profile,
    cryptography::{cipher::Key, messaging::social_security::Session},
    keys::{self, KeyAlgorithm, Levels, Owner, Region},
};

/// Runs a script, and after each command hands the card to `look`, after a reset with no command;
/// how many were answered 9000.
fn run(card: &mut Card, script: &Script, mut look: impl FnMut(&Card, &[u8])) -> usize {
    let mut done = 0;
    card.power_on().unwrap();
    for step in &script.steps {
        match step {
            Step::Random(bytes) => card.give_random(bytes),
            Step::Reset => {
                card.power_on().unwrap();
                look(card, &[]);
            }
            Step::Command(command) => {
                let answer = card.transmit(command).unwrap();
                done += usize::from(answer.ends_with(&[0x90, 0x00]));
                look(card, command);
            }
        }
    }
    done
}

/// Runs all scripts of a directory on a card with everything: no command changes another
/// application than the one that is current. The holder's PIN is the one thing that those below the
/// environment share, and no more than that.
fn others_stay(directory: &str, own: &str, least: usize) {
    let start = Card::from_profile(&profile()).unwrap();
    let (mut done, mut changed) = (0, false);
    for script in crate::scripts::of(directory) {
        let (mut card, mut before, mut current) = (start.clone(), kept(&start), Current::default());
        done += run(&mut card, &script, |card, command| {
            let after = kept(card);
            let answering = current.of(command);
            current.note(command);
            for (name, was) in before.iter().filter(|(name, _)| answering != Some(name.as_str())) {
                let (is, was) = (after[name].clone(), was.clone());
                let shared = name == ENVIRONMENT && matches!(answering, Some(ACCOUNT | EMPLOYER));
                let same = match shared {
                    true => is.but_for_the_pin() == was.but_for_the_pin(),
                    false => is == was,
                };
                assert!(same, "{}: {name} after {}", script.name, hex::encode_upper(command));
            }
            changed |= after[own] != before[own];
            before = after;
        });
    }
    assert!(done >= least, "{directory}: {done} commands were done");
    assert!(changed, "{directory}: something was written");
}

#[test]
fn what_a_purse_does_leaves_the_others_as_they_were() {
    others_stay("purse", PURSE, 500);
}

#[test]
fn what_a_social_security_card_does_leaves_the_others_as_they_were() {
    others_stay("social", ENVIRONMENT, 300);
}

#[test]
fn what_a_medical_account_does_leaves_the_others_as_they_were() {
    others_stay("medical", ACCOUNT, 300);
}

#[test]
fn what_the_vectors_of_library_and_employer_do_leaves_the_others_as_they_were() {
    others_stay("library", LIBRARY, 50);
    others_stay("employer", EMPLOYER, 20);
}

/// A step on one chip is no step on the other, whatever it is: the contact chip with the
/// social-security card, the contactless one with the city's purse.
#[test]
fn two_chips_in_one_plastic_know_nothing_of_each_other() {
    let chip = |name: &str| {
        let mut card = Card::from_profile(&Profile::load(name).unwrap()).unwrap();
        card.power_on().unwrap();
        card
    };
    let (contact, contactless) = (chip("social-security-contact"), chip("purse"));
    assert_ne!(contact.interface(), contactless.interface());
    for (directory, used, resting) in
        [("social", &contact, &contactless), ("purse", &contactless, &contact)]
    {
        let before = (resting.memory().to_vec(), resting.counters(), resting.clone());
        let mut done = 0;
        for script in crate::scripts::of(directory) {
            let mut plastic = [used.clone(), resting.clone()];
            done += run(&mut plastic[0], &script, |_, _| {});
            assert!(plastic[1].memory() == before.0, "{}", script.name);
            assert_eq!(plastic[1].counters(), before.1);
            assert!(plastic[1] == before.2, "{}: state, too", script.name);
        }
        assert!(done > 200, "{directory}: {done}");
    }
    // Neither answers to the other's names.
    let (mut contact, mut contactless) = (contact, contactless);
    let purse = crate::whole::select(PURSE).to_owned();
    let environment = crate::whole::select(ENVIRONMENT).to_owned();
    crate::whole::check(&mut contact, &[(&purse, "6A82")]);
    crate::whole::check(&mut contactless, &[(&environment, "6A82")]);
}

/// The key that a label's root becomes on this card.
fn card_key(label: &str) -> Key {
    let owner = Owner {
        region: Region::new("330400").unwrap(),
        card: keys::card_factor(&profile().historical).unwrap(),
    };
    let root = keys::root(keys::TEST_PREFIX, label);
    owner.key(KeyAlgorithm::TripleDes, root, Levels::Two).unwrap()
}

/// EXTERNAL AUTHENTICATE with a key of the current application.
fn prove(card: &mut Card, id: u8, label: &str) -> String {
    let drawn = send(card, "0084000008");
    let challenge = hex::decode(drawn.strip_suffix("9000").unwrap()).unwrap();
    let factor = [1, 2, 3, 4, 5, 6, 7, 8];
    let session = Session::new(&card_key(label), &challenge).unwrap();
    let proof = hex::encode(session.authenticator(&factor)) + &hex::encode(factor);
    send(card, &format!("008200{id:02X}10{proof}"))
}

/// Whatever an application does, step by step, the others stay; only the holder's PIN is shared.
fn only(card: &mut Card, own: &str, steps: &mut [&mut dyn FnMut(&mut Card)]) {
    let before = kept(card);
    for (number, step) in (1..).zip(steps) {
        step(card);
        let after = kept(card);
        for (name, was) in before.iter().filter(|(name, _)| *name != own) {
            let (is, was) = (after[name].clone(), was.clone());
            assert!(is.but_for_the_pin() == was.but_for_the_pin(), "step {number}: {name}");
        }
    }
    assert_ne!(kept(card)[own], before[own], "something was written");
}

#[test]
fn what_a_library_does_leaves_the_others_as_they_were() {
    let mut card = Card::from_profile(&profile()).unwrap();
    card.power_on().unwrap();
    let loan = "42 30303030303030303432 20260701 20260729 0007";
    only(
        &mut card,
        LIBRARY,
        &mut [
            &mut |card| check(card, &[(select(LIBRARY), "..9000"), ("00B2012D00", "..9000")]),
            &mut |card| assert_eq!(prove(card, 0x84, "LB-UK1"), "63CE"),
            &mut |card| assert_eq!(prove(card, 0x84, "LB-UK2"), "9000"),
            &mut |card| check(card, &[(&format!("00E2004015{loan}"), "9000")]),
            &mut |card| check(card, &[("00B2014400", &format!("{loan}9000"))]),
            &mut |card| assert_eq!(prove(card, 0x83, "LB-UK1"), "9000"),
            &mut |card| check(card, &[("00DC032C03030132", "9000")]), // suspended
            &mut |card| check(card, &[("0020000003123456", "6A88")]),
        ],
    );
}

#[test]
fn what_an_employer_does_leaves_the_others_as_they_were() {
    let mut card = Card::from_profile(&profile()).unwrap();
    card.power_on().unwrap();
    let digest = "5A".repeat(32);
    let batch = format!("00000005 52 0000000C {digest} 20260701083000");
    only(
        &mut card,
        EMPLOYER,
        &mut [
            &mut |card| check(card, &[(select(EMPLOYER), "..9000"), ("00B2013400", "6982")]),
            &mut |card| check(card, &[(&format!("D09A000030{batch}"), "6982")]),
            &mut |card| check(card, &[("0020000003999999", "63C5"), ("0020000003123456", "9000")]),
            &mut |card| check(card, &[("00B2013400", "..9000")]),
            &mut |card| check(card, &[(&format!("D09A000030{batch}"), "..9000")]),
            &mut |card| check(card, &[("00B2014C00", "..9000")]),
            &mut |card| assert_eq!(prove(card, 0x84, "EC-UK2"), "9000"),
            &mut |card| {
                let insurance = "EF0E FA03333130 FB0132 FC0420260101";
                check(card, &[(&format!("00DC013410{insurance}"), "9000")]);
            },
            &mut |card| check(card, &[("805E010007123456FF654321", "9000")]),
            &mut |card| check(card, &[("0020000003123456", "63C5")]),
        ],
    );
}

/// What was shown in the environment counts in the applications below it, and what was shown in one
/// of those nowhere else.
#[test]
fn a_pin_shown_below_the_environment_is_shown_there_alone() {
    let made = Card::from_profile(&profile()).unwrap();
    let mut card = made.clone();
    card.power_on().unwrap();
    check(&mut card, &[(select(ENVIRONMENT), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[("00A4000002DF0B", "..9000"), ("00B2013400", "..9000")]);
    check(&mut card, &[("00A4000002DDF1", "..9000"), ("00A4000002DF01", "..9000")]);
    check(&mut card, &[("00B2012C00", "..9000")]);
    let mut card = made;
    card.power_on().unwrap();
    check(&mut card, &[(select(EMPLOYER), "..9000"), ("0020000003123456", "9000")]);
    check(&mut card, &[("00B2013400", "..9000"), (select(ACCOUNT), "..9000")]);
    check(&mut card, &[("00B2012C00", "6982"), (select(ENVIRONMENT), "..9000")]);
    check(&mut card, &[("00A4000002DF01", "..9000"), ("00B2012C00", "6982")]);
    check(&mut card, &[(select(EMPLOYER), "..9000"), ("00B2013400", "6982")]);
}
