//! Whatever a terminal sends, in whatever order: a status word of the standard, no panic, memory as
//! it was wherever the status word says so, the same from every fork, and no answer longer than
//! asked for.

use std::sync::OnceLock;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestCaseError},
};
use tessera::{Card, PowerLost, Profile, StatusWord};
use tessera_framework::{Apdu, Interface};

/// Most bytes a command APDU can have: extended case 4.
const COMMAND_BYTES_MAX: usize = 65_544;

/// What a terminal, or its user, does.
#[derive(Clone, Debug)]
enum Step {
    Command(Vec<u8>),
    /// The command, with power failing in its n-th pulse.
    Torn(Vec<u8>, u32),
    PowerCycle,
    /// Into the other kind of reader.
    OtherReader,
}

/// A personalised card of a built-in profile, powered, on an interface.
fn card((profile, interface): (usize, Interface)) -> Card {
    static CARDS: OnceLock<Vec<Card>> = OnceLock::new();
    let cards = CARDS.get_or_init(|| {
        let [default, large, tiny] = ["social-security", "social-security-p32", "tiny"]
            .map(|name| Profile::load(name).unwrap());
        // A region whose files are there to be written: an open card has more ways to go wrong.
        let mut open = format!("{}\n[social-security.access]\n", large.source);
        for (file, update) in [
            ("SSSE/EF06", "free"),
            ("SSSE/EF07", "free"),
            ("DF01/EF07", "free"),
            ("DF01/EF16", "PIN"),
            ("DF02/EF07", "PIN"),
            ("DF03/EF19", "free"),
            ("DF04/EF06", "free"),
            ("DF04/EF08", "free"),
        ] {
            open += &format!("\"{file}\" = {{ read = \"free\", update = \"{update}\" }}\n");
        }
        let open = Profile::parse("open.toml", &open).unwrap();
        let profiles = [default, tiny, open.clone(), open];
        profiles.map(|profile| Card::from_profile(&profile).unwrap()).into()
    });
    let mut card = cards[profile].clone();
    card.set_interface(interface);
    card.power_on().unwrap();
    card
}

/// Which profile and interface; a card itself would be printed whole when a case fails.
fn cards() -> impl Strategy<Value = (usize, Interface)> {
    (0..4_usize, select(vec![Interface::Contact, Interface::ContactlessA]))
}

/// Class bytes: the basic channel mostly, others, chaining, secure messaging, proprietary, any.
fn classes() -> impl Strategy<Value = u8> {
    prop_oneof![
        12 => Just(0x00),
        3 => select(vec![0x01, 0x02, 0x03, 0x40, 0x4F]),
        2 => select(vec![0x10, 0x11, 0x50]),
        1 => select(vec![0x80, 0x84, 0x04, 0x0C, 0x60]),
        1 => any::<u8>(),
    ]
}

fn instructions() -> impl Strategy<Value = u8> {
    prop_oneof![
        9 => select(vec![0xA4, 0xB0, 0xB2, 0xD6, 0xDC, 0xE2, 0x20, 0xCA, 0x70, 0xC0]),
        1 => any::<u8>(),
    ]
}

fn parameters() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => 0..0x20_u8,
        2 => select(vec![0x2C, 0x2D, 0x34, 0x3C, 0x85, 0x86, 0x9D, 0x9E, 0x80, 0xFF, 0x81]),
        1 => any::<u8>(),
    ]
}

/// Data fields that mean something to some file or command, and some that do not.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let known: &[&str] = &[
        "3F00",
        "2F00",
        "2F01",
        "DDF1",
        "DF01",
        "DF04",
        "EF05",
        "EF06",
        "EF08",
        "3FFF",
        "DDF1DF01EF07",
        "3FFFDF04",
        "7378312E73682EC9E7BBE1B1A3D5CF",
        "D156000005",
        "D15600000503",
        "F0",
        "123456",
        "999999",
        "290132",
        "08123333",
    ];
    prop_oneof![
        5 => Just(Vec::new()),
        5 => select(known.to_vec()).prop_map(|text| hex::decode(text).unwrap()),
        1 => vec(any::<u8>(), 0..20),
        1 => vec(any::<u8>(), 0..300),
    ]
}

/// Commands that find what they name on an open card: they reach the checks behind.
const AIMED: &[&str] = &[
    "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
    "00A4000002DF01",
    "00A4000002DF02",
    "00A4000002DF03",
    "00A4000002DF04",
    "00A4000002EF07",
    "00A4000002EF08",
    "00A4080006DDF1DF01EF16",
    "00A4080006DDF1DF04EF08",
    "00A40300",
    "0020000003123456",
    "0020000003999999",
    "00200000",
    "00D6000104AABBCCDD",
    "00D602FE04AABBCCDD", // over the end of the fingerprints
    "00D6012604AABBCCDD", // and of a reserved file
    "00B002FE04",
    "00B0000000000000",
    "00DC013C03290132",
    "00DC013C03300132", // another tag
    "00DC013C0429023232",
    "00DC013C020A01",
    "00DC093014091000112233445566778899AABBCCDDEEFF00", // another length than it says
    "00DC083014081231323334353637383930313233343536373839",
    "00DC014004AABBCCDD",
    "00DC01401C000131010203040506202501010203040000000100000002000000030000",
    "00E200401C000132010203040506202501010203040000000100000002000000030000",
    "00DC003F1C000133010203040506202501010203040000000100000002000000030000",
    "00DC023F1C000133010203040506202501010203040000000100000002000000030000",
    "00E2003803290132", // a full file
    "00B2014500",
    "00B2014600",
    "00B2002200",
    "00B2094000",
    "00B2010500",
    "00B2000200",
    "00B2000300",
    "0070000001",
    "00708001",
    "00C0000000",
    "00CA006200",
    "00CA0062000003", // longer than asked for
    "00B20105000010",
    "00A4040000000F7378312E73682EC9E7BBE1B1A3D5CF0005",
];

fn aimed() -> impl Strategy<Value = Vec<u8>> {
    let command = || select(AIMED.to_vec()).prop_map(|text| hex::decode(text).unwrap());
    prop_oneof![
        5 => command(),
        1 => (command(), any::<Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        3 => commands(),
    ]
}

/// A command of one of the cases, short or extended; or, now and then, one byte too long or short.
fn commands() -> impl Strategy<Value = Vec<u8>> {
    let le = prop_oneof![
        Just(None),
        Just(Some(0)),
        (1..40_u16).prop_map(Some),
        any::<u16>().prop_map(Some)
    ];
    let extended = prop_oneof![4 => Just(false), 1 => Just(true)];
    let odd = prop_oneof![10 => Just(0), 1 => -1..2_isize];
    (classes(), instructions(), parameters(), parameters(), data(), le, extended, odd).prop_map(
        |(cla, ins, p1, p2, data, le, extended, odd)| {
            let extended = extended || data.len() > 255;
            let mut bytes = std::vec![cla, ins, p1, p2];
            match (data.len(), extended) {
                (0, _) => {}
                (nc, false) => bytes.push(nc as u8),
                (nc, true) => bytes.extend([0, (nc >> 8) as u8, nc as u8]),
            }
            bytes.extend(&data);
            match (le, extended) {
                (None, _) => {}
                (Some(ne), false) => bytes.push(ne as u8),
                (Some(ne), true) if data.is_empty() => {
                    bytes.extend([0, (ne >> 8) as u8, ne as u8]);
                }
                (Some(ne), true) => bytes.extend(ne.to_be_bytes()),
            }
            bytes.resize(bytes.len().saturating_add_signed(odd), 0);
            bytes
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => aimed().prop_map(Step::Command),
        2 => (aimed(), 1..30_u32).prop_map(|(command, n)| Step::Torn(command, n)),
        1 => Just(Step::PowerCycle),
        1 => Just(Step::OtherReader),
    ]
}

/// What memory and counters hold.
fn solid(card: &Card) -> (Vec<u8>, Vec<u32>) {
    (card.memory().to_vec(), card.counters())
}

/// Sends a command and checks all that holds of every answer.
fn exchange(card: &mut Card, command: &[u8]) -> Result<Result<Vec<u8>, PowerLost>, TestCaseError> {
    let before = solid(card);
    let Ok(answer) = card.transmit(command) else { return Ok(Err(PowerLost)) };
    let Some((data, status)) = answer.split_last_chunk::<2>() else {
        return Err(TestCaseError::fail("an answer without a status word"));
    };
    let status = StatusWord::from(*status);
    let in_range = matches!(status.0, 0x9000 | 0x6100..=0x6FFF) && status.0 != 0x6F00;
    prop_assert!(in_range, "{command:02X?}: {status}");
    if status.promises_unchanged() {
        prop_assert_eq!(solid(card), before, "{:02X?}: {}", command, status);
    }
    if !matches!(status.sw1(), 0x90 | 0x61 | 0x62 | 0x63) {
        prop_assert!(data.is_empty(), "{command:02X?}: data with {status}");
    }
    match Apdu::parse(command) {
        Err(wrong) => prop_assert_eq!(status, wrong),
        Ok(apdu) => {
            let most = if apdu.ne == 0 { 256 } else { apdu.ne as usize };
            prop_assert!(data.len() <= most, "{command:02X?}: {} bytes", data.len());
            if card.interface() == Interface::Contact && !apdu.extended {
                // T=0 has no room for data in cases 1, 3 and 4, and wants Le to be exact in case 2.
                let exact = data.is_empty() || (apdu.case() == 2 && data.len() == most);
                prop_assert!(exact, "{command:02X?}: {} bytes on T=0", data.len());
            }
        }
    }
    Ok(Ok(answer))
}

fn run(card: &mut Card, step: &Step) -> Result<Result<Vec<u8>, PowerLost>, TestCaseError> {
    match step {
        Step::Command(command) => exchange(card, command),
        Step::Torn(command, n) => {
            card.tear_at(*n);
            let answer = exchange(card, command)?;
            card.tear_at(0);
            if answer.is_err() {
                prop_assert!(!card.is_powered());
                prop_assert_eq!(card.transmit(command), Err(PowerLost));
                card.power_on().unwrap();
            }
            Ok(answer)
        }
        Step::PowerCycle => {
            card.power_off();
            prop_assert_eq!(card.transmit(&[0, 0xA4, 0, 0]), Err(PowerLost));
            card.power_on().unwrap();
            Ok(Err(PowerLost))
        }
        Step::OtherReader => {
            card.set_interface(match card.interface() {
                Interface::Contact => Interface::ContactlessA,
                Interface::ContactlessA => Interface::ContactlessB,
                Interface::ContactlessB => Interface::Contact,
            });
            card.power_on().unwrap();
            Ok(Err(PowerLost))
        }
    }
}

/// The longest strings are made from a seed: drawing each byte would take the time.
fn long(bytes: usize, mut seed: u64) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

proptest! {
    #![proptest_config(Config { cases: 1_500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_short_byte_string_is_answered(which in cards(), command in vec(any::<u8>(), 0..40)) {
        exchange(&mut card(which), &command)?.unwrap();
    }

    #[test]
    fn any_sequence_is_answered_and_two_forks_stay_equal(
        which in cards(),
        steps in vec(steps(), 1..60),
    ) {
        let mut card = card(which);
        let mut fork = card.clone();
        for step in &steps {
            prop_assert_eq!(run(&mut card, step)?, run(&mut fork, step)?, "{:?}", step);
        }
        prop_assert_eq!(&card, &fork);
        // And the card still does its work: the environment answers, or the memory says why not.
        card.power_off();
        card.power_on().unwrap();
        let select = hex::decode("00A404000F7378312E73682EC9E7BBE1B1A3D5CF").unwrap();
        let answer = exchange(&mut card, &select)?.unwrap();
        prop_assert!(answer.ends_with(&[0x90, 0x00]) || answer == [0x61, 0x18], "{answer:02X?}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 120, failure_persistence: None, ..Config::default() })]

    #[test]
    fn byte_strings_of_any_length_are_answered(
        which in cards(),
        length in prop_oneof![
            0..COMMAND_BYTES_MAX + 100,
            select(vec![260, 261, 262, 263, 264, 2048, 2055, 2057, 65_542, 65_543, 65_544, 65_545]),
        ],
        header in commands(),
        well_formed in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut command = long(length, seed);
        let known = command.len().min(header.len()).min(4);
        command[..known].copy_from_slice(&header[..known]);
        if well_formed && (10..=COMMAND_BYTES_MAX).contains(&length) {
            command[4..7].copy_from_slice(&[0, ((length - 9) >> 8) as u8, (length - 9) as u8]);
        }
        let status = exchange(&mut card(which), &command)?.unwrap();
        prop_assert!(status.len() >= 2);
    }
}
