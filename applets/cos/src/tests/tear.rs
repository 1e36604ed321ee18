//! Power fails in every store of every writing command: what is there afterwards is old or new.

use super::*;

/// Runs `command` with power failing in each of its stores and checks what the tree holds then.
fn old_or_new(dialogue: &Dialogue, command: &str) {
    let mut untorn = dialogue.clone();
    let old = untorn.memory();
    untorn.rig.tear_at(u32::MAX);
    assert!(untorn.send(command).ends_with("9000"), "{command}");
    let (new, stores) = (untorn.memory(), untorn.rig.stores());
    assert_ne!(old, new, "{command} writes");
    let mut outcomes = [0, 0];
    for n in 1..=stores {
        let mut torn = dialogue.clone();
        torn.rig.tear_at(n);
        assert_eq!(torn.try_send(&unhex(command)), None, "{command} at {n}");
        torn.rig.power_on();
        let after = torn.memory();
        assert!(after == old || after == new, "{command} torn at {n}: a mix");
        outcomes[usize::from(after == new)] += 1;
        assert_eq!(torn.send("00CA008400"), "524F4F549000", "the card answers");
    }
    assert!(outcomes[0] > 0, "{command}: no tear left the old");
}

#[test]
fn every_update_and_append_is_whole_or_not_there() {
    let plain = Dialogue::with(&STANDARD);
    for command in [
        "00D6810004 AABBCCDD",
        "00DC0214 04 4E657721",
        "00DC011C 06 A10401020304",
        "00DCA119 03 A10155",
        "00DC0124 03 616161",
        "00DC0023 03 616161",
        "00E20010 04 74687233",
        "00E20018 05 C403010203",
        "00E20020 03 616161",
        "00E20060 03 414243",
    ] {
        old_or_new(&plain, command);
    }
    let mut round = plain.clone();
    round.check(&[("00E2002003 6F6E65", "9000"), ("00E2002003 74776F", "9000")]);
    old_or_new(&round, "00E2002003 746872"); // the slot of the oldest is written over
    let mut social = Dialogue::with(&SOCIAL);
    social.check(&[("00DC012403 6F6E65", "9000"), ("00DC012403 74776F", "9000")]);
    old_or_new(&social, "00DC012403 746872");
}

#[test]
fn no_tear_of_a_presentation_gives_a_try_back() {
    for (pin, stores) in [("999999", 1), ("123456", 2)] {
        for n in 1..=stores {
            let mut dialogue = Dialogue::with(&STANDARD);
            dialogue.check(&[("0020000003 999999", "63C2")]);
            dialogue.rig.tear_at(n);
            assert_eq!(dialogue.try_send(&unhex(&format!("0020000003{pin}"))), None);
            dialogue.rig.power_on();
            let tries = dialogue.memory().1;
            assert!((1..=2).contains(&tries), "{pin} torn at {n}: {tries}");
            dialogue.check(&[("00B0870001", "6982")]); // and nothing counts as shown
        }
    }
}

#[test]
fn a_file_is_created_whole_or_not_at_all() {
    type Creation = fn(&mut Env<'_>) -> Outcome;
    let creations: [Creation; 3] = [
        |env| files::create_ef(env, DfId::ROOT, &ef(0x0020, 20, bytes(100))).map(drop),
        |env| files::create_ef(env, DfId::ROOT, &ef(0x0021, 21, RING)).map(drop),
        |env| files::create_df(env, DfId::ROOT, &df(0x0400, b"GAMMA")).map(drop),
    ];
    for (which, create) in creations.iter().enumerate() {
        let mut untorn = Dialogue::with(&STANDARD);
        untorn.rig.tear_at(u32::MAX);
        create(&mut untorn.rig.env()).unwrap();
        for n in 1..=untorn.rig.stores() {
            let mut torn = Dialogue::with(&STANDARD);
            let free = layout::free(&torn.rig.env()).unwrap();
            torn.rig.tear_at(n);
            assert!(matches!(create(&mut torn.rig.env()), Err(Halt::Torn(_))), "{which} at {n}");
            torn.rig.power_on();
            assert_eq!(layout::free(&torn.rig.env()), Ok(free), "{which} at {n}");
            torn.check(&[("00A4000C02 0020", "6A82"), ("00A4000C02 0400", "6A82")]);
            create(&mut torn.rig.env()).unwrap();
        }
    }
}
