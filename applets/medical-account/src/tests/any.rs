//! Any bytes at all: an answer, never a panic, and an error changes nothing; installation data too.

use proptest::prelude::*;

use super::*;

const INSTRUCTIONS: [u8; 18] = [
    0x28, 0x2C, 0x40, 0x42, 0x44, 0x46, 0x48, 0x4A, 0x4C, 0x4E, 0x50, 0x52, 0x56, 0x58, 0x5A, 0xCA,
    0x84, 0xB2,
];
const LENGTHS: [usize; 10] = [0, 4, 0x0B, 0x0F, 0x15, 0x19, 0x1B, 0x1F, 0x22, 0x56];

fn command() -> impl Strategy<Value = Vec<u8>> {
    let cla = prop_oneof![5 => Just(0xD0_u8), 4 => Just(0xD4_u8), 2 => Just(0), 1 => any::<u8>()];
    let ins = prop_oneof![9 => proptest::sample::select(&INSTRUCTIONS[..]), 1 => any::<u8>()];
    let small = || prop_oneof![4 => 0..5_u8, 1 => any::<u8>()];
    let byte = prop_oneof![2 => Just(0_u8), 1 => Just(1), 1 => b'0'..=b'9', 1 => any::<u8>()];
    let bytes = prop_oneof![4 => proptest::sample::select(&LENGTHS[..]), 1 => 0..90_usize];
    let data = bytes.prop_flat_map(move |bytes| proptest::collection::vec(byte.clone(), bytes));
    (cla, ins, small(), small(), data).prop_map(|(cla, ins, p1, p2, data)| {
        let mut command = vec![cla, ins, p1, p2];
        if !data.is_empty() {
            command.push(data.len() as u8);
            command.extend(data);
        }
        command
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_answered_and_an_error_changes_nothing(
        opened in any::<bool>(),
        commands in proptest::collection::vec(command(), 1..40),
    ) {
        let mut card =
            if opened { Dialogue::open() } else { Dialogue::new(Suite::TripleDes) };
        for command in commands {
            if command[1] == 0xA4 {
                continue;
            }
            let before = card.memory();
            let answer = card.try_send(&command).unwrap();
            let (_, status) = answer.split_last_chunk().unwrap();
            let status = StatusWord::from(*status);
            prop_assert!(status == StatusWord::OK || card.memory() == before, "{status}");
        }
    }

    #[test]
    fn any_installation_data_is_taken_or_refused(
        data in proptest::collection::vec(
            (
                proptest::sample::select(&[0xC1_u8, 0xC2, 0xC4, 0xC5, 0xC6][..]),
                proptest::collection::vec(any::<u8>(), 0..90),
            ),
            0..6,
        ),
    ) {
        let data = data.into_iter().flat_map(|(tag, value)| {
            [&[tag, value.len() as u8][..], &value].concat()
        });
        let data: Vec<u8> = data.collect();
        if let Ok(rig) = Segment::with(&MedicalAccount, &data) {
            let mut card = Dialogue { rig, office: Office::new(Suite::TripleDes) };
            prop_assert!(card.send(SELECT).ends_with("9000"));
        }
    }
}

fn not_taken(data: &[u8]) {
    let refused = Segment::with(&MedicalAccount, data).map(drop);
    assert_eq!(refused, Halt::status(StatusWord::WRONG_DATA), "{}", hex(data));
}

#[test]
fn installation_data_must_fit_together() {
    let office = Office::new(Suite::TripleDes);
    let data = office.installation_data("31010100", "330400");
    let with = |more: &[u8]| [&data[..], more].concat();
    not_taken(&[]);
    not_taken(&[0xC2, 1, 2]);
    not_taken(&with(&[0xC2, 1, 1]));
    not_taken(&with(&[0xC6, 0]));
    not_taken(&with(&[0xC4, 2, 11, 0]));
    not_taken(&with(&[0xC4, 4, 2, 1, 2, 3]));
    not_taken(&with(&[0xC4, 2, 3]));
    not_taken(&with(&[0xC4, 3, 3, 1, 2]));
    not_taken(&with(&[0xC5, 1, 0]));
    // A key of another cipher than the suite's.
    let mut other = data.clone();
    other[2] = 3;
    not_taken(&other);
    // Opened with a limit that is none, and without a key to certify it.
    let opened = |account: Account| {
        let data = account.data();
        [&[0xC5, data.len() as u8][..], &data].concat()
    };
    not_taken(&with(&opened(Account { limit: 0, ..Account::USUAL })));
    not_taken(&[&[0xC2, 1, 1][..], &opened(Account::USUAL)].concat());
    let twice = [opened(Account::USUAL), opened(Account::USUAL)].concat();
    not_taken(&with(&twice));
}

/// An account that the profile opens is one that OPEN opens.
#[test]
fn an_account_can_be_open_from_the_start() {
    let office = Office::new(Suite::TripleDes);
    let account = Account::USUAL.data();
    let data = office.installation_data("31010100", "330400");
    let data = [&data[..], &[0xC5, account.len() as u8], &account].concat();
    let rig = Segment::with(&MedicalAccount, &data).unwrap();
    let mut card = Dialogue { rig, office };
    card.power_on();
    let mut other = Dialogue::open();
    other.power_on();
    assert_eq!(card.state(), other.state());
    assert!(card.memory() == other.memory());
}
