//! The blank ISO card under whatever a terminal sends: commands that create, protect, delete and
//! block, in any order, changed in a byte, torn. A status word of the standard, no panic, memory as
//! it was wherever the status word says so, the same from every fork.

use std::sync::OnceLock;

use crate::answers::exchange;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestCaseError},
};
use tessera::{Card, Profile};
use tessera_framework::Interface;

/// Commands that find what they name, on a card where all of them were sent.
const AIMED: &[&str] = &[
    "00E000000D 620B 820101 83020001 80020010",
    "00E0000010 620E 820101 83020001 80020010 8A0105",
    "00E0000014 6212 820101 83020002 80020010 8A0105 8C020300",
    "00E0000012 6210 8203020004 83020003 80020020 8A0105",
    "00E0000012 6210 8203060004 83020004 80020020 8A0105",
    "00E000000C 620A 820138 83027000 8A0105",
    "00E000000C 620A 820138 83027001 8A0105",
    "00A4000002 7000",
    "00A4000002 7001",
    "00A4000002 0001",
    "00A4000002 0002",
    "00A4000002 0003",
    "00A4000002 3F00",
    "00A40300",
    "00DA0100 0E 830101 950108 900103 8F03123456",
    "00DA0100 0F 830101 950104 900102 8F0487654321",
    "00DA0100 1E 830101 950180 800102 900103 8F10 000102030405060708090A0B0C0D0E0F",
    "00DA0100 1B 830102 950140 800102 8F10 101112131415161718191A1B1C1D1E1F",
    "00DA0100 1E 830103 9501C0 800101 900103 8F10 202122232425262728292A2B2C2D2E2F",
    "00DA0100 1B 830104 950130 800102 8F10 303132333435363738393A3B3C3D3E3F",
    "00DA004203 AABBCC",
    "00CA004200",
    "00D6000004 11223344",
    "00D0000004 55667788",
    "00B0000000",
    "00E2000004 0A0B0C0D",
    "00DC010404 0A0B0C0E",
    "00B2010400",
    "00A2010404 0B",
    "000E000001 05",
    "000C0104",
    "0044000002 0001",
    "0004000002 0001",
    "00E8000002 0001",
    "00E4000002 0001",
    "00E4000002 7000",
    "00E6000002 7001",
    "0020000103 123456",
    "0020000103 999999",
    "0024000106 123456 654321",
    "002C000107 87654321 123456",
    "0084000008",
    "0084000010",
    "0082000110 00112233445566778899AABBCCDDEEFF",
    "0088000208 0102030405060708 00",
    "0022 41A4 03 830102",
    "0022 31B4 03 830104",
    "0022 31B8 03 830104",
    "0022F201",
    "0022F301",
    "0CB00000 0D 9701 10 8E08 0011223344556677 00",
    "0CD60000 12 8104 11223344 8E08 0011223344556677 00",
    "0070000001",
    "00708001",
];

/// Free to all, with a transport key, and free in a reader with contacts.
fn card((ruled, interface): (bool, Interface)) -> Card {
    static CARDS: OnceLock<[Card; 2]> = OnceLock::new();
    let cards = CARDS.get_or_init(|| {
        let ruled = Profile::load("iso7816").unwrap();
        let free: String = ruled
            .source
            .lines()
            .filter(|line| !line.starts_with("transport"))
            .fold(String::new(), |text, line| text + line + "\n");
        let free = Profile::parse("free.toml", &free).unwrap();
        [free, ruled].map(|profile| Card::from_profile(&profile).unwrap())
    });
    let mut card = cards[usize::from(ruled)].clone();
    card.set_interface(interface);
    card.power_on().unwrap();
    card
}

fn cards() -> impl Strategy<Value = (bool, Interface)> {
    (
        prop::bool::weighted(0.2),
        prop_oneof![4 => Just(Interface::ContactlessA), 1 => Just(Interface::Contact)],
    )
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn commands() -> impl Strategy<Value = Vec<u8>> {
    let aimed = || select(AIMED.to_vec()).prop_map(bytes);
    prop_oneof![
        12 => aimed(),
        4 => (aimed(), any::<Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        2 => (aimed(), any::<Index>()).prop_map(|(mut bytes, at)| {
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
        1 => vec(any::<u8>(), 0..40),
    ]
}

fn run(card: &mut Card, command: &[u8], tear: u32) -> Result<Option<Vec<u8>>, TestCaseError> {
    card.tear_at(tear);
    let answer = exchange(card, command)?;
    card.tear_at(0);
    if answer.is_none() {
        card.power_on().unwrap();
    }
    Ok(answer)
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_sequence_is_answered_and_two_forks_stay_equal(
        which in cards(),
        steps in vec((commands(), prop_oneof![9 => Just(0_u32), 1 => 1..40_u32]), 1..80),
    ) {
        let mut card = card(which);
        let mut fork = card.clone();
        for (command, tear) in &steps {
            let answers = (run(&mut card, command, *tear)?, run(&mut fork, command, *tear)?);
            prop_assert_eq!(answers.0, answers.1, "{:02X?}", command);
        }
        prop_assert!(card == fork, "two forks");
        card.power_on().unwrap();
        prop_assert!(exchange(&mut card, &bytes("00A40000023F00"))?.is_some());
    }
}

#[test]
fn most_commands_are_well_formed() {
    let mut card = card((false, Interface::ContactlessA));
    let mut done = 0;
    for command in AIMED.iter().chain(AIMED) {
        let answer = exchange(&mut card, &bytes(command)).unwrap().unwrap();
        done += usize::from(answer.ends_with(&[0x90, 0x00]));
    }
    assert!(done > AIMED.len() / 2, "{done} of {}", 2 * AIMED.len());
}
