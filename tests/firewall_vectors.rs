//! The wall between applications, shown by use: whatever the vectors of one application do, on a
//! card with all of them, leaves every other one's memory and counters byte for byte as they were.
//! And two chips in one piece of plastic know nothing of each other.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod scripts;
mod whole;

use scripts::{Script, Step};
use tessera::{Card, Profile};
use whole::{ACCOUNT, EMPLOYER, ENVIRONMENT, PURSE, kept, profile};

/// Runs a script, and after each command hands the card to `look`; how many were answered 9000.
fn run(card: &mut Card, script: &Script, mut look: impl FnMut(&Card, &[u8])) -> usize {
    let mut done = 0;
    card.power_on().unwrap();
    for step in &script.steps {
        match step {
            Step::Random(bytes) => card.give_random(bytes),
            Step::Reset => card.power_on().unwrap(),
            Step::Command(command) => {
                let answer = card.transmit(command).unwrap();
                done += usize::from(answer.ends_with(&[0x90, 0x00]));
                look(card, command);
            }
        }
    }
    done
}

/// Runs all scripts of a directory on a card with everything; `own` is the application they may
/// change. The holder's PIN is the one thing that applications share, and no more than that.
fn others_stay(directory: &str, own: &str, least: usize) {
    let start = Card::from_profile(&profile()).unwrap();
    let before = kept(&start);
    let mut done = 0;
    let mut changed = false;
    for script in scripts::of(directory) {
        let mut card = start.clone();
        done += run(&mut card, &script, |card, command| {
            let after = kept(card);
            changed |= after[own] != before[own];
            for (name, was) in before.iter().filter(|(name, _)| *name != own) {
                let (is, was) = (after[name].clone(), was.clone());
                let shared = name == ENVIRONMENT && matches!(own, ACCOUNT | EMPLOYER);
                let same = match shared {
                    true => is.but_for_the_pin() == was.but_for_the_pin(),
                    false => is == was,
                };
                assert!(same, "{}: {name} after {}", script.name, hex::encode_upper(command));
            }
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
        for script in scripts::of(directory) {
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
    let purse = whole::select(PURSE).to_owned();
    let environment = whole::select(ENVIRONMENT).to_owned();
    whole::check(&mut contact, &[(&purse, "6A82")]);
    whole::check(&mut contactless, &[(&environment, "6A82")]);
}
