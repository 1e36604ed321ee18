//! Power fails in every store of every command that builds a card: afterwards it answers as before
//! the command or as after it.

use super::*;

/// What the card answers to each of these, on a fresh session.
fn answers(card: &Dialogue, probes: &[&str]) -> Vec<String> {
    let mut card = card.clone();
    card.rig.power_on();
    probes.iter().map(|probe| card.send(probe)).collect()
}

/// Runs `commands`, the last one with power failing in each of its stores.
#[track_caller]
fn old_or_new(card: &Dialogue, commands: &[&str], probes: &[&str]) {
    let (command, before) = commands.split_last().unwrap();
    let mut ready = card.clone();
    ready.done(before);
    let mut untorn = ready.clone();
    untorn.rig.tear_at(u32::MAX);
    untorn.done(&[command]);
    let stores = untorn.rig.stores();
    let (old, new) = (answers(&ready, probes), answers(&untorn, probes));
    assert_ne!(old, new, "{command} changes what the card answers");
    let mut outcomes = [0, 0];
    for n in 1..=stores {
        let mut torn = ready.clone();
        torn.rig.tear_at(n);
        assert_eq!(torn.try_send(&unhex(command)), None, "{command} at {n}");
        let after = answers(&torn, probes);
        assert!(after == old || after == new, "{command} torn at {n}: {after:?}");
        outcomes[usize::from(after == new)] += 1;
        // And the card goes on: what was left behind is no hindrance.
        torn.rig.power_on();
        torn.done(&[&transparent("1777", ""), "00E40000"]);
        assert_eq!(answers(&torn, probes), after, "{command} torn at {n}, then gone on");
    }
    assert!(outcomes[0] > 0, "{command}: no tear left the old");
}

#[test]
fn files_are_made_and_deleted_whole() {
    let card = keyed();
    let probes =
        ["00A4020402 1001", "00B0000010", "00A4000C02 3F00", "00A4010402 7000", "00A4020C02 1002"];
    let file = transparent("1001", "8C 04 43 00 00 00");
    old_or_new(&card, &[&file], &probes);
    old_or_new(&card, &[&directory("7000", "8401AA 8C 08 7F 00000000000000")], &probes);
    old_or_new(&card, &[&file, "00E40000"], &probes);
    old_or_new(&card, &[&file, "00E40000", &file], &probes); // in the place of another one
    let inside = [&*directory("7000", ""), &transparent("1002", ""), &transparent("1003", "")];
    old_or_new(&card, &[&inside[..], &["00E4000002 7000"]].concat(), &probes);
}

#[test]
fn life_cycles_change_whole() {
    let mut card = keyed();
    card.done(&[&transparent("1001", "")]);
    let probes = ["00A4020402 1001", "00B0000010", "00A4000402 3F00"];
    for command in ["00040000", "00E80000", "00FE0000"] {
        let mut ready = card.clone();
        if command == "00FE0000" {
            ready.done(&["00A4000C02 3F00"]);
        }
        let (command, probes) = (&[command][..], &probes[..]);
        let mut untorn = ready.clone();
        untorn.rig.tear_at(u32::MAX);
        untorn.done(command);
        assert_eq!(untorn.rig.stores(), 1, "{command:?} is one store");
        assert_ne!(answers(&ready, probes), answers(&untorn, probes));
    }
}

#[test]
fn contents_are_written_and_erased_whole() {
    let mut card = keyed();
    card.done(&[
        &create("82020141 83021001 80020060 8A0105"),
        "00A4000C02 3F00",
        &create("8205 0321 0006 04 83022002 80020018 8A0105"),
        "00E2000006 A10401020304",
        "00E2000006 B20401020304",
    ]);
    let binary = ["00A4020C02 1001", "00B0000060"];
    let bytes = "A5".repeat(80);
    let write = format!("00D0000450{bytes}");
    old_or_new(&card, &["00A4020C02 1001", &write], &binary);
    old_or_new(&card, &["00A4020C02 1001", &write, "000E0003"], &binary);
    let records = ["00A4020C02 2002", "00B2010500"];
    old_or_new(&card, &["00D2010406 A10401020300", "000C0105"], &records);
}

#[test]
fn data_objects_and_environments_are_put_whole() {
    let card = keyed();
    let probes = ["00CA004500", "0022F301", "0088000010 00000000000000000000000000000000 00"];
    let long = format!("00DA0045C8{}", "5A".repeat(200));
    old_or_new(&card, &[&long], &probes);
    old_or_new(&card, &["00DA004503 010203", &long], &probes);
    old_or_new(&card, &[&long, "00DA004503 010203"], &probes);
    old_or_new(&card, &[&long, "00DA0045"], &probes);
    old_or_new(&card, &["002241A403 830102", "0022F201"], &probes);
    old_or_new(&card, &["002241A403 830102", "0022F201", "0022F401"], &probes);
}

#[test]
fn keys_and_reference_data_change_whole() {
    let card = keyed();
    let probes = [
        "00200002",
        "0020000203 112233",
        "00200001",
        "0020000103 123456",
        "0020000103 654321",
        "0020000103 123456",
    ];
    old_or_new(&card, &["00DA0100 0E 830102 950108 900103 8F03112233"], &probes);
    old_or_new(&card, &["00DA0100 0E 830101 950108 900105 8F03654321"], &probes);
    old_or_new(&card, &["00DA0100 0B 830101 950108 900103 8F00"], &probes);
    old_or_new(&card, &["0024010103 654321"], &probes);
    old_or_new(&card, &["0020000103 123456", "00260101"], &probes);
}

/// Changing with the old one counts a try first: a tear may leave that counted, never the reverse.
#[test]
fn no_tear_of_a_change_gives_a_try_back() {
    for command in ["0024000106 123456 654321", "0024000106 999999 654321", "0020000103 123456"] {
        let mut card = keyed();
        card.check(&[("0020000103 999999", "63C2")]);
        let mut untorn = card.clone();
        untorn.rig.tear_at(u32::MAX);
        let _ = untorn.send(command);
        for n in 1..=untorn.rig.stores() {
            let mut torn = card.clone();
            torn.rig.tear_at(n);
            assert_eq!(torn.try_send(&unhex(command)), None);
            torn.rig.power_on();
            let right = command.contains("123456") && n > 1;
            let tries = torn.send("00200001");
            assert!(tries == "63C2" || tries == "63C1" || right && tries == "63C3", "{tries}");
        }
    }
}
