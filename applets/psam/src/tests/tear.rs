//! Power fails in each store of each command that stores: no number is there twice, no try comes
//! back that was not earned, a key is the old or the new one.

use super::*;

/// Stores of a command that is answered 9000.
#[track_caller]
pub(super) fn stores(start: &Dialogue, command: &[u8]) -> u32 {
    let mut whole = start.clone();
    whole.0.tear_at(u32::MAX);
    let answer = whole.bytes(command);
    assert!(answer.ends_with("9000"), "{}: {answer}", hex(command));
    let stores = whole.0.stores();
    assert!(stores > 0, "{} stores nothing", hex(command));
    stores
}

/// After a cut in store `n`, with the application selected.
#[track_caller]
fn torn(start: &Dialogue, command: &[u8], n: u32) -> Dialogue {
    let mut torn = start.clone();
    torn.0.tear_at(n);
    assert_eq!(torn.try_send(command), None, "{} at {n}", hex(command));
    torn.reset();
    torn.send(ADF);
    torn
}

/// A number that was answered never comes again, however often power fails: the answer leaves
/// behind the store.
#[test]
fn no_number_is_given_out_twice() {
    for init in [
        &*init_usual(),
        "E04000001C A1B2C3D4 0206 00001000 92 20250102030405 01 00 9900000001290011",
    ] {
        let start = Dialogue::usual();
        let command = unhex(init);
        for n in 1..=stores(&start, &command) {
            let mut after = torn(&start, &command, n);
            // Nothing was said, so the number may be spent or not; it is one of the two.
            let number = after.number();
            assert!(matches!(number, 1 | 2), "{number}");
            let answer = unhex(&after.send(init));
            assert_eq!(u32::from_be_bytes(*answer.first_chunk().unwrap()), number);
            assert_eq!(after.number(), number + 1);
            // And what waited before the cut is over.
            let mut after = torn(&start, &command, n);
            after.check(&[("8072000004 E5B62546", "6901")]);
        }
    }
}

#[test]
fn a_wrong_mac2_is_counted_before_it_is_known_to_be_wrong() {
    let mut start = Dialogue::usual();
    start.run(&[&init_usual()]);
    let command = unhex("8072000004 00000000");
    let mut whole = start.clone();
    whole.0.tear_at(u32::MAX);
    assert_eq!(whole.bytes(&command), "9302");
    assert_eq!(whole.0.stores(), 1, "nothing is stored behind the comparison");
    let before = start.counters();
    let mut after = torn(&start, &command, 1);
    assert!(after.counters()[1] <= before[1]);
}

#[test]
fn a_right_mac2_costs_one_try_at_most() {
    let mut start = Dialogue::usual();
    start.run(&[&init_usual()]);
    let command = unhex("8072000004 E5B62546");
    let stores = stores(&start, &command);
    assert_eq!(stores, 2);
    for n in 1..=stores {
        let mut after = torn(&start, &command, n);
        assert!(matches!(after.counters()[1], 2 | 3));
        after.run(&[&init_usual()]);
    }
}

#[test]
fn a_key_is_the_old_or_the_new_one() {
    for record in [
        format!("220700{PURCHASE}"),
        format!("220200{PURCHASE}"),
        format!("0E0100{PURCHASE}"),
        format!("0E0700{PURCHASE}"),
        format!("000000{PURCHASE}"),
    ] {
        let mut start = Dialogue::usual();
        let command = start.write_key(&record);
        let (old, mut whole) = (view(&start), start.clone());
        let stores = stores(&start, &command);
        whole.bytes(&command);
        let new = view(&whole);
        assert_ne!(old, new, "{record}");
        let mut news = 0;
        for n in 1..=stores {
            let after = view(&torn(&start, &command, n));
            assert!(after == old || after == new, "{record} torn at {n}");
            assert!(after == new || news == 0, "{record} at {n}: new, then old");
            news += u32::from(after == new);
        }
    }
}

/// What keys do, seen from outside.
fn view(card: &Dialogue) -> Vec<String> {
    let mut card = card.clone();
    let mut seen = Vec::new();
    card.reset();
    for command in [ADF, &init("02", "00", CARD), &init("07", "00", CARD)] {
        seen.push(card.send(command));
    }
    for (version, key) in [("01", "0E010E010E010E01"), ("01", PURCHASE), ("07", PURCHASE)] {
        let mut block = [card.challenge(), vec![0; 4]].concat();
        Key::des(&unhex(key)).unwrap().cipher().encrypt_ecb(&mut block).unwrap();
        seen.push(card.send(&format!("008200{version}08{}", hex(&block))));
    }
    for key in [MASTER, PURCHASE] {
        let both = Protection::CryptogramAndChecksum;
        let write = card.wrap(key, both, "84D40000", &format!("280900{PURCHASE}"));
        seen.push(card.bytes(&write));
    }
    seen
}

#[test]
fn a_release_that_was_torn_is_sent_again() {
    let mut start = Dialogue::usual();
    start.run(&[&init_usual()]);
    for _ in 0..3 {
        start.send("8072000004 00000000");
    }
    let mac = Protection::Checksum;
    let command = start.wrap(MAINTENANCE, mac, "84180000", "");
    for n in 1..=stores(&start, &command) {
        let mut after = torn(&start, &command, n);
        let answer = after.send(&init_usual());
        assert!(answer == "9303" || answer.ends_with("9000"), "{answer}");
        let again = after.wrap(MAINTENANCE, mac, "84180000", "");
        assert_eq!(after.bytes(&again), "9000");
        after.run(&[&init_usual()]);
    }
}
