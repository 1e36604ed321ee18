//! Any commands, in any order: the card answers, and its number never goes back.

use proptest::prelude::*;

use super::*;

/// A command, often one that this card has.
fn any_command() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(&[
        [0x80, 0x70, 0x00, 0x00],
        [0x80, 0x70, 0x01, 0x00],
        [0x80, 0x70, 0x02, 0x00],
        [0x80, 0x72, 0x00, 0x00],
        [0x80, 0x72, 0x02, 0x00],
        [0x80, 0x1A, 0x28, 0x01],
        [0x80, 0x1A, 0x08, 0x00],
        [0xBF, 0xDE, 0x28, 0x01],
        [0x80, 0xFA, 0x05, 0x00],
        [0x80, 0xFA, 0x01, 0x00],
        [0xE0, 0x40, 0x00, 0x00],
        [0xE0, 0x42, 0x00, 0x00],
        [0xE0, 0x44, 0x00, 0x00],
        [0x84, 0xD4, 0x00, 0x00],
        [0x84, 0x18, 0x00, 0x00],
        [0x00, 0x84, 0x00, 0x00],
        [0x00, 0xA4, 0x00, 0x00],
        [0x00, 0xB0, 0x99, 0x00],
        [0x00, 0xD6, 0x99, 0x00],
        [0x00, 0x20, 0x00, 0x00],
    ]);
    let header = prop_oneof![3 => known, 1 => any::<[u8; 4]>()];
    let data = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..=255),
        Just(unhex(&format!("{OPENING}0100{CARD}"))),
        Just(unhex(CARD)),
        Just(vec![0x10, 0x01]),
        Just(vec![0; 16]),
    ];
    (header, data, any::<Option<u8>>()).prop_map(|(header, data, le)| {
        let mut command = header.to_vec();
        if !data.is_empty() {
            command.push(data.len() as u8);
            command.extend(data);
        }
        command.extend(le);
        command
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_number_only_goes_up_and_no_key_comes_out(
        commands in proptest::collection::vec(any_command(), 1..12),
        is_social in any::<bool>(),
    ) {
        let psam = if is_social { Psam::SOCIAL_SECURITY } else { Psam::PURSE };
        let mut card = Dialogue::of(psam, &usual_data());
        card.run(&[ADF]);
        let mut last = 1;
        for command in commands {
            let Some(answer) = card.try_send(&command) else { panic!("power stays on") };
            prop_assert!(answer.len() >= 2);
            prop_assert!(!hex(&answer).contains(PURCHASE), "a key is read");
            let mut seen = card.clone();
            seen.reset();
            seen.send(ADF);
            let now = seen.number_if_any().unwrap_or(last);
            prop_assert!(now == last || now == last + 1);
            last = now;
        }
    }
}
