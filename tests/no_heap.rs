//! A card that has warmed up exchanges commands without the heap.
//!
//! Its buffers (log, page images, a chain, what is held for GET RESPONSE) grow to what the commands
//! need the first time and are kept; a fork starts with its own.

#[allow(dead_code, unused_imports, reason = "the benches use all of it")]
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
    // A row of transactions begins with a fork, which allocates; these do not come to its end.
    let wholes = operations::commits().into_iter().chain(operations::transactions());
    let wholes = wholes.map(|(whole, _)| whole);
    let commands = operations::exchanges().into_iter().chain(operations::inquiries());
    for Operation { name, mut run } in commands.chain(wholes) {
        run(10);
        let counted = measure(|| run(40));
        assert_eq!(counted.count_total, 0, "{name}");
    }
}

/// A frame on the air owns its bytes, so each costs its allocation; a line needs none.
#[test]
fn a_round_trip_over_the_line_does_not_allocate_and_one_in_the_air_only_its_frames() {
    let linked = operations::links().into_iter().map(|(whole, _)| whole);
    for Operation { name, mut run } in operations::round_trips().into_iter().chain(linked) {
        run(10);
        let counted = measure(|| run(100)).count_total;
        let allowed = if name.contains("Type") { 400 } else { 0 };
        assert!(counted <= allowed, "{name}: {counted} allocations in 100 round trips");
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

/// Also with challenges that were said before, and with what a key computes.
#[test]
fn a_blank_card_does_not_allocate() {
    let personalisation = [
        "80E03F100F380400F0F095FFFFF0010203040506",
        "00A40000023F10",
        "80E00000073F010095F0FFFF",
        "80D401000D39F0F00133A1B2C3D4E5F60718",
        "80D401001536F0F0FF330F1E2D3C4B5A69788796A5B4C3D2E1F0",
        "80D40100073AF0EF01331234",
        "80E0000507A80010F0F0FFFF",
        "80E0000607280010F0F0FFFF",
    ];
    // A command, and whether a challenge comes before it.
    let commands = [
        ("00200000021234", false),
        ("00820000083141F1BF20BF230E", true), // EXTERNAL AUTHENTICATE
        ("04D685000CC1C2C3C4C5C6C7C8175CBB24", true), // with a MAC
        ("04B0850004CA0DB53908", true),
        ("00D6860004DEADBEEF", false),
        ("00B0860000", false),
        ("00A40000023F10", false),
        ("00D6850001AA", false), // 6987
        ("805C000204", false),   // 6A82
    ]
    .map(|(digits, has_challenge)| (hex::decode(digits).unwrap(), has_challenge));
    let mut card = Card::from_profile(&Profile::load("blank").unwrap()).unwrap();
    card.power_on().unwrap();
    for command in personalisation {
        card.transmit(&hex::decode(command).unwrap()).unwrap();
    }
    let mut response = Response::new();
    let mut statuses = Vec::new();
    let mut dialogue = |statuses: &mut Vec<u16>| {
        for (command, has_challenge) in &commands {
            if *has_challenge {
                card.give_random(&[1, 2, 3, 4, 5, 6, 7, 8]);
                card.exchange(&[0x00, 0x84, 0x00, 0x00, 0x08], &mut response).unwrap();
            }
            card.exchange(command, &mut response).unwrap();
            if statuses.len() < commands.len() {
                statuses.push(response.status().0);
            }
        }
    };
    dialogue(&mut statuses);
    let ok = 0x9000;
    assert_eq!(statuses, [ok, ok, ok, ok, ok, ok, ok, 0x6987, 0x6A82]);
    assert_eq!(measure(|| dialogue(&mut statuses)).count_total, 0);
}
