//! A card that has warmed up exchanges commands without the heap.
//!
//! Its buffers (log, page images, a chain, what is held for GET RESPONSE) grow to what the commands
//! need the first time and are kept; a fork starts with its own.

#[allow(dead_code, reason = "the benches use all of it")]
#[path = "../benches/operations/mod.rs"]
mod operations;

use allocation_counter::measure;
use operations::Operation;
use tessera::{Card, Profile, Response};

#[test]
fn the_allocator_is_counted() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).count_total, 1);
}

#[test]
fn no_timed_command_or_commit_allocates() {
    let commits = operations::commits().into_iter().map(|(commit, _)| commit);
    for Operation { name, mut run } in operations::exchanges().into_iter().chain(commits) {
        run(10);
        let counted = measure(|| run(100));
        assert_eq!(counted.count_total, 0, "{name}");
    }
}

#[test]
fn channels_chains_held_answers_and_refusals_do_not_allocate() {
    let commands: Vec<Vec<u8>> = [
        "00A404000F7378312E73682EC9E7BBE1B1A3D5CF", // 61XX on contacts
        "00C0000000",                               // 6CXX
        "00C0000018",
        "00B2010500",
        "0070000001", // channel 1
        "01A4040006D15600000501",
        "00708001",
        "10D6810004AABBCCDD", // a chain
        "00D6810004AABBCCDD",
        "10D6810004AABBCCDD", // another, broken off
        "00B0000000",
        "00A4040C05F000000001", // no such name
        "0020000003999999",
        "0020000003123456",
        "00",
    ]
    .map(|digits| hex::decode(digits).unwrap())
    .to_vec();
    let mut card = Card::from_profile(&Profile::load("social-security-contact").unwrap()).unwrap();
    card.power_on().unwrap();
    let mut response = Response::new();
    let mut dialogue = || {
        for command in &commands {
            card.exchange(command, &mut response).unwrap();
        }
    };
    dialogue();
    assert_eq!(measure(dialogue).count_total, 0);
}

#[test]
fn a_quiet_power_up_does_not_allocate() {
    let mut card = operations::card();
    assert_eq!(measure(|| card.power_on().unwrap()).count_total, 0);
}
