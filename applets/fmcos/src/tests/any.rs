//! Any bytes at all: an answer, never a panic, and a refused command leaves the segment as it was.

use proptest::prelude::*;

use super::*;

/// Commands that are near to sense: an instruction and class the card knows, anything else.
fn command() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(
        &[
            0x20, 0x82, 0x84, 0x88, 0xA4, 0xB0, 0xB2, 0xD6, 0xD0, 0xDC, 0xD2, 0xE2, 0xE0, 0x0E,
            0xD4, 0x5E, 0x24, 0x1E, 0x18, 0x16, 0x50, 0x52, 0x54, 0x5A, 0x5C,
        ][..],
    );
    let class = proptest::sample::select(&[0x00, 0x04, 0x80, 0x84][..]);
    let p = || prop_oneof![3 => 0..8_u8, 1 => 0x80..0xA0_u8, 1 => any::<u8>()];
    let data = prop_oneof![
        2 => Just(Vec::new()),
        3 => proptest::collection::vec(any::<u8>(), 1..=32),
        1 => proptest::collection::vec(any::<u8>(), 1..=255),
        3 => proptest::sample::select(&[
            "280010F0F0FFFF", "2A0204F0F0FFFF", "2E0204F0F0FF7F", "AC0020F0F0FFFF",
            "3F004095F0FFFF", "2F0208F000FF18", "380060F0F095FFFF0102030405",
            "30F0F000010102030405060708", "36F0F0FF330102030405060708", "3AF0EF01331234",
            "1234", "1234FF5678", "3F00", "3F01", "0005", "61020102", "00000000",
        ][..]).prop_map(unhex),
    ];
    let le = proptest::option::of(prop_oneof![Just(0), Just(4), Just(8), any::<u8>()]);
    let near = (class, known, p(), p(), data, le).prop_map(|(cla, ins, p1, p2, data, le)| {
        let mut command = vec![cla, ins, p1, p2];
        if !data.is_empty() {
            command.push(data.len() as u8);
        }
        command.extend(data);
        command.extend(le);
        command
    });
    prop_oneof![9 => near, 1 => proptest::collection::vec(any::<u8>(), 4..300)]
}

/// What a refused command may not change: everything but unused space.
fn state(card: &mut Dialogue) -> Vec<u8> {
    let memory = card.memory();
    let free = u32::from_be_bytes(memory[4..8].try_into().unwrap()) as usize;
    memory[..free].to_vec()
}

fn talk(mut card: Dialogue, commands: &[Vec<u8>]) {
    for command in commands {
        if Apdu::parse(command).is_err() {
            continue;
        }
        let before = state(&mut card);
        let answer = card.try_send(command).unwrap();
        let status = &answer[answer.len() - 2..];
        assert!(answer.len() <= 258, "{}", hex(command));
        assert!(status != [0x6F, 0x00], "{}: 6F00", hex(command));
        let done = matches!(status, [0x90, 0x00] | [0x62, _] | [0x93, 0x03]);
        assert!(done || state(&mut card) == before, "{}: {}", hex(command), hex(status));
        // Nobody waits for a card that has been blocked.
        if command[1] == 0xA4 && status == [0x6A, 0x81] {
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn any_commands_on_a_card_with_everything(
        commands in proptest::collection::vec(command(), 1..60),
    ) {
        talk(Dialogue::small(), &commands);
    }

    #[test]
    fn any_commands_on_a_blank_card(commands in proptest::collection::vec(command(), 1..60)) {
        talk(Dialogue::new(1024, &[]), &commands);
        talk(Dialogue::new(1024, &[MF]), &commands);
    }
}
