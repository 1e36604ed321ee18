//! The environment and an application below it: what was shown in the one counts in the other as
//! the tables of both crates say, the PIN is one, and a blocked card is blocked for both.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{Card, Profile, keys, keys::Levels};
use tessera_cos::messaging::{Protection, social_security::Session};

const SSSE: (&str, &str) = ("00A4040C0F 7378312E73682EC9E7BBE1B1A3D5CF", "9000");
const LEDGER: (&str, &str) = ("00A4040C08 F05353432E4D4C31", "9000");
const DF01: (&str, &str) = ("00A4040C06 D15600000500", "9000");
const RIGHT: (&str, &str) = ("0020000003 123456", "9000");
const LIBRARY: &str = "00A4040C08 F05353432E4C4231";
/// The ledger's parameters and DF01's telephone: with the PIN.
const READ_LEDGER: &str = "00B2022C00";
const READ_DF01: &str = "00B2033400";

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn send(card: &mut Card, command: &str) -> String {
    hex::encode_upper(card.transmit(&bytes(command)).unwrap())
}

#[track_caller]
fn check(card: &mut Card, dialogue: &[(&str, &str)]) {
    for (command, expected) in dialogue {
        let answer = send(card, command);
        // Of what is read the status word alone.
        let status = answer.get(answer.len() - 4..).unwrap();
        assert_eq!(status, *expected, "{command}: {answer}");
    }
}

fn card(pin: bool) -> Card {
    let mut text = Profile::load("medical").unwrap().source;
    if !pin {
        text = text.replace("pin = \"123456\"", "");
    }
    let mut card = Card::from_profile(&Profile::parse("card.toml", &text).unwrap()).unwrap();
    card.power_on().unwrap();
    card
}

/// The session that a key of the card and a fresh challenge make.
fn session(card: &mut Card, label: &str) -> Session {
    let owner = keys::Owner {
        region: keys::Region::new("330400").unwrap(),
        card: bytes("8601330400000298").try_into().unwrap(),
    };
    let root = keys::root(keys::TEST_PREFIX, label);
    let key = owner.key(keys::KeyAlgorithm::TripleDes, root, Levels::Two).unwrap();
    let challenge = card.transmit(&bytes("0084000008")).unwrap();
    Session::new(&key, &challenge[..8]).unwrap()
}

fn show(card: &mut Card, label: &str, kid: u8) {
    let proof = session(card, label).authenticator(&[1, 2, 3, 4, 5, 6, 7, 8]);
    let command = format!("008200{kid:02X}10{}0102030405060708", hex::encode(proof));
    check(card, &[(&command, "9000")]);
}

fn maintain(card: &mut Card, label: &str, header: &str) -> String {
    let session = session(card, label);
    let header = bytes(header).try_into().unwrap();
    let command = session.line().wrap(Protection::Checksum, &[], header, &[], None).unwrap();
    send(card, &hex::encode(command.as_slice()))
}

#[test]
fn the_pin_shown_in_the_environment_counts_below() {
    let mut card = card(true);
    check(&mut card, &[LEDGER, (READ_LEDGER, "6982"), SSSE, RIGHT, LEDGER, (READ_LEDGER, "9000")]);
    // And it still counts there, and below again.
    check(&mut card, &[SSSE, DF01, (READ_DF01, "9000"), LEDGER, (READ_LEDGER, "9000")]);
    check(&mut card, &[("00A4000C02 DF0A", "9000"), (READ_LEDGER, "9000")]);
    // Whoever comes from elsewhere brings nothing.
    check(&mut card, &[("00A4000C02 3F00", "9000"), LEDGER, (READ_LEDGER, "6982")]);
    check(&mut card, &[SSSE, DF01, (READ_DF01, "6982")]);
}

#[test]
fn the_pin_shown_in_a_directory_or_below_counts_there_alone() {
    let mut card = card(true);
    check(&mut card, &[DF01, RIGHT, (READ_DF01, "9000"), LEDGER, (READ_LEDGER, "6982")]);
    check(&mut card, &[DF01, (READ_DF01, "6982")]); // the directory was left
    check(&mut card, &[LEDGER, RIGHT, (READ_LEDGER, "9000"), LEDGER, (READ_LEDGER, "9000")]);
    check(&mut card, &[SSSE, DF01, (READ_DF01, "6982"), LEDGER, (READ_LEDGER, "6982")]);
}

#[test]
fn there_is_one_pin_and_one_count_of_its_tries() {
    let mut card = card(true);
    check(&mut card, &[SSSE, ("0020000003 999999", "63C5"), LEDGER, ("00200000", "63C5")]);
    check(&mut card, &[("0020000003 999999", "63C4"), SSSE, ("00200000", "63C4")]);
    check(&mut card, &[RIGHT, LEDGER, (READ_LEDGER, "9000"), ("00200000", "9000")]);
    // A wrong one below takes away what the right one had opened, above as well.
    check(&mut card, &[("0020000003 999999", "63C5"), (READ_LEDGER, "6982")]);
    check(&mut card, &[SSSE, DF01, (READ_DF01, "6982")]);
    check(&mut card, &[LEDGER, ("805E010007 123456FF654321", "9000")]);
    check(&mut card, &[("0020000003 123456", "63C5"), ("0020000003 654321", "9000")]);
    check(&mut card, &[SSSE, ("0020000003 654321", "9000")]);
    check(&mut card, &[LEDGER, ("0020FF00", "9000"), (READ_LEDGER, "6982")]);
    check(&mut card, &[("805E010007 111111FF123456", "63C5"), ("0020008103 123456", "6A88")]);
    for left in ["63C4", "63C3", "63C2", "63C1", "63C0", "6983", "6983"] {
        check(&mut card, &[("0020000003 999999", left)]);
    }
    check(&mut card, &[SSSE, ("0020000003 654321", "6983")]);
}

#[test]
fn a_pin_forgotten_below_is_forgotten_above() {
    let mut card = card(true);
    check(&mut card, &[SSSE, RIGHT, LEDGER, (READ_LEDGER, "9000"), ("0020FF00", "9000")]);
    check(&mut card, &[(READ_LEDGER, "6982"), ("00A4020C02 EF05", "9000"), (READ_LEDGER, "6982")]);
    check(&mut card, &[LEDGER, (READ_LEDGER, "6982"), SSSE, ("00200000", "63C6")]);
    check(&mut card, &[DF01, (READ_DF01, "6982"), SSSE, RIGHT, LEDGER, (READ_LEDGER, "9000")]);
}

#[test]
fn unblocking_is_the_environments() {
    let mut card = card(true);
    check(&mut card, &[LEDGER, ("8424000004 00000000", "6D00"), ("8416000004 00000000", "6D00")]);
    // Keys of the environment are not shown below it; what they opened there counts.
    check(&mut card, &[("0084000008", "9000")]);
    check(&mut card, &[("0082000610 00000000000000000000000000000000", "6A88")]);
}

#[test]
fn without_a_pin_it_counts_as_shown() {
    let mut card = card(false);
    check(&mut card, &[LEDGER, (READ_LEDGER, "9000"), RIGHT_IS_NONE, ("00200000", "9000")]);
    check(&mut card, &[("00A4000C02 3F00", "9000"), LEDGER, (READ_LEDGER, "9000")]);
}

const RIGHT_IS_NONE: (&str, &str) = ("0020000003 123456", "6984");

#[test]
fn a_failed_selection_changes_nothing_of_either() {
    let mut card = card(true);
    check(&mut card, &[SSSE, RIGHT, DF01, ("00A4040C08 F05353432E4D4C39", "6A82")]);
    check(&mut card, &[(READ_DF01, "9000"), LEDGER, ("00A4000C02 EF99", "6A82")]);
    check(&mut card, &[(READ_LEDGER, "9000"), SSSE, DF01, (READ_DF01, "9000")]);
}

#[test]
fn a_channel_of_its_own_has_a_state_of_its_own() {
    let mut card = card(true);
    check(&mut card, &[SSSE, RIGHT, ("00700001", "9000")]);
    check(&mut card, &[("01A4040C08 F05353432E4D4C31", "9000"), ("01B2022C00", "6982")]);
    check(&mut card, &[LEDGER, (READ_LEDGER, "9000")]);
}

#[test]
fn the_card_lock_key_shown_above_locks_below_and_a_blocked_card_is_blocked_below() {
    let mut card = card(true);
    check(&mut card, &[SSSE]);
    show(&mut card, "BK", 0x05);
    check(&mut card, &[LEDGER]);
    assert_eq!(maintain(&mut card, "ML-STK", "841E0000"), "9000");
    check(&mut card, &[(READ_LEDGER, "6A81"), LEDGER_IS_LOCKED]);
    assert_eq!(maintain(&mut card, "ML-STK", "84180000"), "9000");
    check(&mut card, &[LEDGER, SSSE]);
    show(&mut card, "BK", 0x05);
    assert_eq!(maintain(&mut card, "STK", "84160000"), "9000");
    for _ in 0..2 {
        let (ledger, environment) = (LEDGER.0, SSSE.0);
        check(&mut card, &[(ledger, "6A81"), (environment, "6A81"), (DF01.0, "6A81")]);
        card.power_off();
        card.power_on().unwrap();
    }
    check(&mut card, &[("00A4000C02 3F00", "9000")]); // the MF is another applet's
}

#[test]
fn a_blocked_card_is_blocked_on_every_channel() {
    let mut card = Card::from_profile(&Profile::load("citizen").unwrap()).unwrap();
    card.power_on().unwrap();
    let on_second = "01A4040C08 F05353432E4D4C31";
    let on_third = "02A4040C08 F05353432E4C4231";
    check(&mut card, &[("00700001", "9000"), ("00700002", "9000"), SSSE]);
    check(&mut card, &[(on_second, "9000"), ("0120000003 123456", "9000"), ("01B2022C00", "9000")]);
    check(&mut card, &[(on_third, "9000"), ("02B2012C00", "9000")]);
    show(&mut card, "BK", 0x05);
    assert_eq!(maintain(&mut card, "STK", "84160000"), "9000");
    for command in ["01B2022C00", "0184000008", "02B2012C00", "0284000008", on_second, on_third] {
        check(&mut card, &[(command, "6A81")]);
    }
    check(&mut card, &[(LEDGER.0, "6A81"), (LIBRARY, "6A81")]);
    check(&mut card, &[("00A4000C02 3F00", "9000")]);
}

#[test]
fn the_card_lock_key_shown_above_locks_the_library() {
    let mut card = Card::from_profile(&Profile::load("citizen").unwrap()).unwrap();
    card.power_on().unwrap();
    check(&mut card, &[SSSE, RIGHT]);
    show(&mut card, "BK", 0x05);
    check(&mut card, &[(LIBRARY, "9000"), ("0020000003 123456", "6A88")]);
    assert_eq!(maintain(&mut card, "LB-STK", "841E0000"), "9000");
    check(&mut card, &[("00B2012C00", "6A81"), (LIBRARY, "6283")]);
}

const LEDGER_IS_LOCKED: (&str, &str) = ("00A4040C08 F05353432E4D4C31", "6283");
