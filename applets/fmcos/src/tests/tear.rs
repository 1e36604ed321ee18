//! Power fails in each store of each command that changes something: old or new, and no try comes
//! back.

use super::*;

const MAC: Protection = Protection::Checksum;
const BOTH: Protection = Protection::CryptogramAndChecksum;

/// What reading commands see from the MF and from the DF, with the PIN shown where it can be.
fn view(card: &Dialogue) -> Vec<String> {
    let mut card = card.clone();
    let mut seen = Vec::new();
    card.reset();
    for command in [
        "00A40000023F00",
        "00A40000020009",
        "00B0000000",
        DF,
        "00A40000020005",
        "00A4000002000A",
        "00B2010404",
        "00B2020404",
        "00B2030404",
        "00A4000002000B",
        "00B2010400",
        "00B2020400",
        "00A40000020007",
        "00B0000000",
        "00B0950000",
        "00A40000023F20",
        DF,
        "0088000508 0102030405060708 00",
        "0020000002 1234",
        "0020000002 5678",
        "00B0850000",
        "805C000204",
    ] {
        seen.push(card.send(command));
    }
    for (id, key) in [(0, &MASTER), (0, &LINE), (5, &LINE)] {
        let proof = card.proof(id, key);
        seen.push(card.bytes(&proof));
    }
    seen
}

/// Cuts power in each store of a command; after each, reading commands see the card as before it
/// or as after it.
#[track_caller]
fn torn_everywhere(start: &Dialogue, command: &[u8]) {
    let (mut whole, old) = (start.clone(), view(start));
    whole.0.tear_at(u32::MAX);
    let answer = whole.bytes(command);
    assert!(answer.ends_with("9000"), "{}: {answer}", hex(command));
    let (stores, new) = (whole.0.stores(), view(&whole));
    assert!(stores > 0 && old != new, "{} changes nothing", hex(command));
    let mut news = 0;
    for n in 1..=stores {
        let mut torn = start.clone();
        torn.0.tear_at(n);
        assert_eq!(torn.try_send(command), None, "{} at {n}", hex(command));
        torn.reset();
        let after = view(&torn);
        assert!(after == old || after == new, "{} torn at {n}: a mix", hex(command));
        news += u32::from(after == new);
        assert!(after == new || news == 0, "{} at {n}: new, then old", hex(command));
        // What was not finished is no hindrance.
        torn.run(&[DF, "80E0000807 280008F0F0FFFF"]);
    }
}

fn start() -> Dialogue {
    let mut card = Dialogue::small();
    card.run(&["00A40000023F00", "80E0000907 280008F0F0FFFF", DF, "0020000002 1234"]);
    card.run(&["80E0000B07 2C0020F0F0FFFF", "00E2005804 61020102", "00E2005404 00000001"]);
    card
}

#[test]
fn commands_that_change_files() {
    for command in [
        "80E0000707 280064F0F0FFFF",
        "80E0000207 2F0208F000FF18",
        "80E03F200E 380080F0F095FFFF 202020202020",
        "00D6850010 000102030405060708090A0B0C0D0E0F",
        "00E2005404 00000002",
        "00DC005304 00000002",
        "00E2005C04 62020304",
        "00DC015C04 61020303",
        "800E000000",
    ] {
        torn_everywhere(&start(), &unhex(command));
    }
}

#[test]
fn erasing_the_whole_card() {
    let mut card = start();
    card.run(&["00A40000023F00"]);
    let (old, mut whole) = (view(&card), card.clone());
    whole.0.tear_at(u32::MAX);
    whole.run(&["800E000000"]);
    let (stores, new) = (whole.0.stores(), view(&whole));
    for n in 1..=stores {
        let mut torn = card.clone();
        torn.0.tear_at(n);
        assert_eq!(torn.try_send(&unhex("800E000000")), None);
        torn.reset();
        let after = view(&torn);
        assert!(after == old || after == new, "torn at {n}");
    }
}

#[test]
fn commands_under_protection() {
    let mut card = start();
    let command = card.wrap(&LINE, MAC, "04D69500", "010203");
    torn_everywhere(&card, &command);
}

#[test]
fn keys_and_pins() {
    for command in [
        key("30", "05", "F0F0 00 00", &LINE),
        key("39", "05", "F0F0 00 33", &LINE),
        format!("80D4390015 39F0F0AA33{}", hex(&LINE)),
        "805E010005 1234FF5678".into(),
    ] {
        torn_everywhere(&start(), &unhex(&command));
    }
    let mut card = start();
    let command = card.wrap(&MASTER, BOTH, "84D43900", &format!("39F0F0AA33{}", hex(&LINE)));
    torn_everywhere(&card, &command);
    let mut card = start();
    let command = card.wrap(&UNBLOCK, BOTH, "84240000", "5678");
    torn_everywhere(&card, &command);
    let mac =
        tessera_cos::messaging::pin::reload_checksum(&Key::des(&RELOAD).unwrap(), &[0x56, 0x78]);
    let command = [&unhex("805E000006 5678")[..], &mac.four()].concat();
    torn_everywhere(&start(), &command);
}

#[test]
fn blocking() {
    for header in ["841E0000", "841E0001"] {
        let mut card = start();
        let command = card.wrap(&LINE, MAC, header, "");
        blocks(&card, &command, DF);
    }
    let mut card = start();
    let command = card.wrap(&LINE, MAC, "84160000", "");
    blocks(&card, &command, "00A40000023F00");
    let mut card = start();
    let block = card.wrap(&LINE, MAC, "841E0000", "");
    assert_eq!(card.bytes(&block), "9000");
    let command = card.wrap(&LINE, MAC, "84180000", "");
    blocks(&card, &command, DF);
}

/// What SELECT answers is what it was, or what it is to be.
#[track_caller]
fn blocks(start: &Dialogue, command: &[u8], select: &str) {
    let ask = |card: &Dialogue| {
        let mut card = card.clone();
        card.reset();
        card.send(select)
    };
    let mut whole = start.clone();
    whole.0.tear_at(u32::MAX);
    assert_eq!(whole.bytes(command), "9000");
    assert_ne!(ask(&whole), ask(start));
    for n in 1..=whole.0.stores() {
        let mut torn = start.clone();
        torn.0.tear_at(n);
        assert_eq!(torn.try_send(command), None);
        assert!([ask(&whole), ask(start)].contains(&ask(&torn)), "torn at {n}");
    }
}

/// Torn in each store, a wrong secret has cost its try, or was not compared yet.
#[test]
fn no_try_is_given_back() {
    type Wrong = fn(&mut Dialogue) -> Vec<u8>;
    let wrongs: [(Wrong, u32); 6] = [
        (|_| unhex("0020000002 4321"), 1),
        (|_| unhex("805E010005 4321FF5678"), 1),
        (|_| unhex("805E000006 5678 00000000"), 1),
        (|card| spoilt(card.proof(1, &MASTER)), 1),
        (|card| spoilt(card.wrap(&LINE, MAC, "04D69500", "01")), 1),
        (|card| spoilt(card.wrap(&MASTER, BOTH, "84D40105", "30F0F00001 0102030405060708")), 1),
    ];
    for (wrong, stores) in wrongs {
        let mut card = start();
        let command = wrong(&mut card);
        let before: u32 = card.counters().iter().sum();
        let mut whole = card.clone();
        whole.0.tear_at(u32::MAX);
        whole.bytes(&command);
        assert_eq!(whole.0.stores(), stores, "{}", hex(&command));
        assert_eq!(whole.counters().iter().sum::<u32>() + 1, before, "{}", hex(&command));
        for n in 1..=stores {
            let mut torn = card.clone();
            torn.0.tear_at(n);
            assert_eq!(torn.try_send(&command), None);
            torn.reset();
            let after: u32 = torn.counters().iter().sum();
            assert!(after <= before);
        }
    }
}
