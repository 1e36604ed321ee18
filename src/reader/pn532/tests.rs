//! A PN532 with cards in its field, as host libraries speak to it.

mod lost;

use proptest::prelude::*;

use super::{Machine, frame};
use crate::{
    field::{Field, Place},
    link::{
        Application, Direction, Mute, Noise,
        noisy::Fault,
        picc::{Parameters, Picc, TypeA, TypeB, Uid},
    },
};

/// A card that answers a command with how many it has run, then its name, then the command; the
/// first byte of a command asks for so many more bytes, times 4.
#[derive(Default)]
struct Fake {
    name: u8,
    ran: u8,
    took_us: u64,
    is_mute: bool,
}

impl Application for Fake {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        if self.is_mute {
            return Err(Mute);
        }
        self.ran += 1;
        response.extend([self.ran, self.name]);
        response.extend_from_slice(command);
        let more = usize::from(command.first().copied().unwrap_or_default()) * 4;
        response.extend(vec![0xEE; more]);
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

fn of(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn type_a(name: u8, uid: &str) -> Picc<Fake> {
    let mut card = TypeA::new(Uid::fixed(&of(uid)).unwrap());
    card.historical = vec![0x80, name];
    Picc::new(Parameters::A(card), Fake { name, ..Fake::default() }, 1)
}

fn without_part_4(name: u8, uid: &str) -> Picc<Fake> {
    let card = TypeA { has_part4: false, ..TypeA::new(Uid::fixed(&of(uid)).unwrap()) };
    Picc::new(Parameters::A(card), Fake { name, ..Fake::default() }, 1)
}

fn type_b(name: u8, pupi: [u8; 4]) -> Picc<Fake> {
    let card = TypeB::new(Some(pupi));
    Picc::new(Parameters::B(card), Fake { name, ..Fake::default() }, u64::from(name))
}

fn machine(cards: Vec<Picc<Fake>>) -> Machine<Fake> {
    let mut field = Field::new();
    for card in cards {
        field.enter(card);
    }
    Machine::new(field)
}

/// A command's response, without frame and code; "" where there is none yet.
fn ask(machine: &mut Machine<Fake>, command: &str) -> String {
    let command = of(command);
    let said = machine.on_bytes(&frame::command(&command));
    let response = said.strip_prefix(&frame::ACK).unwrap();
    body(response, command[0])
}

fn body(response: &[u8], code: u8) -> String {
    if response.is_empty() {
        return String::new();
    }
    let data = match *response {
        [0, 0, 0xFF, 0xFF, 0xFF, _, _, _, ref data @ .., _, 0] => data,
        [0, 0, 0xFF, _, _, ref data @ .., _, 0] => data,
        _ => panic!("{}", hex::encode_upper(response)),
    };
    match *data {
        [0xD5, of, ref data @ ..] if of == code + 1 => hex::encode_upper(data),
        [0x7F] => "error".into(),
        _ => panic!("{}", hex::encode_upper(response)),
    }
}

/// What the host says and what it hears, a line each; spaces do not count, `..` at the end means
/// whatever, and behind `#` is a remark.
fn talk(machine: &mut Machine<Fake>, text: &str) {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((command, expected)) = line.split_once('>') else {
            assert!(line.starts_with('#'), "{line}");
            continue;
        };
        let (got, expected) = (ask(machine, command), expected.replace(' ', ""));
        match expected.strip_suffix("..") {
            Some(start) => assert!(got.starts_with(start), "{line}\n{got}"),
            None => assert_eq!(got, expected, "{line}"),
        }
    }
}

#[test]
fn libnfc_lists_a_card() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        14 01 >
        00 00 6C 69 62 6E 66 63 > 00 6C 69 62 6E 66 63
        02 > 32 01 06 07
        12 14 >
        06 63 02 63 03 63 0D 63 38 63 3D > 00 00 00 00 00
        08 63 02 80 63 03 80 >
        32 01 00 >
        32 01 01 >
        32 05 00 01 02 >
        # ATQA high byte first, SAK, UID, ATS.
        4A 01 00 > 01 01 0004 20 04 12345678 07 78 77 80 02 80AA
        44 00 > 00
        # In HALT it does not answer REQA.
        4A 01 00 > 00
        4A 01 01 00 FF FF 01 00 > 00
        4A 01 02 00 FF FF 01 00 > 00
        4A 01 03 00 > 00
        4A 01 04 > 00
        32 01 00 >
        16 F0 > 00
        ",
    );
    assert!(!machine.field().is_on());
    talk(
        &mut machine,
        "
        4A 01 00 > 01 01 0004 ..
        ",
    );
}

/// nfc-anticol: bits and CRCs by hand, 7 bytes of UID, then RATS, S(DESELECT) is not sent but HLTA.
#[test]
fn libnfc_goes_through_anticollision_by_hand() {
    let mut machine = machine(vec![type_a(0xAA, "04112233445566")]);
    talk(
        &mut machine,
        "
        32 01 01 >
        12 04 >
        08 63 02 00 63 03 00 >
        08 63 3D 07 >
        42 26 > 00 44 00
        06 63 3C > 10
        08 63 3D 00 >
        42 93 20 > 00 88 04 11 22 BF
        42 93 70 88 04 11 22 BF B3 F9 > 00 04 DA 17
        42 95 20 > 00 33 44 55 66 44
        42 95 70 33 44 55 66 44 EC A3 > 00 20 FC 70
        42 E0 50 BC A5 > 00 07 78 77 80 02 80 AA ..
        42 50 00 57 CD > 01
        ",
    );
}

/// nfcpy: no automatic RATS, and blocks through InCommunicateThru.
#[test]
fn nfcpy_speaks_blocks_itself() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        02 > 32 01 06 07
        14 01 00 00 >
        10 07 >
        12 00 >
        32 02 00 0B 0A >
        32 04 00 >
        32 05 01 00 01 >
        32 01 02 >
        4A 01 00 > 01 01 0004 20 04 12345678
        06 63 02 63 03 63 05 > 80 80 40
        42 E0 80 > 00 07 78 77 80 02 80 AA
        42 02 00 A4 > 00 02 01 AA 00 A4
        42 03 00 B0 > 00 03 02 AA 00 B0
        42 B3 > 00 03 02 AA 00 B0
        42 B2 > 00 A3
        42 C2 > 00 C2
        42 02 00 > 01
        16 B0 00 > 00
        ",
    );
}

#[test]
fn without_a_card_nfcpy_finds_its_own_request_in_the_fifo() {
    let mut machine = machine(vec![]);
    talk(
        &mut machine,
        "
        32 05 01 00 01 >
        4A 01 00 > 00
        06 63 39 > 26
        ",
    );
}

#[test]
fn commands_and_answers_may_be_longer_than_frames() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    let (zeros, bytes) = (|n| "00".repeat(n), |n| "EE".repeat(n));
    let (part, first, second) = (zeros(250), zeros(260), zeros(262));
    let (last, fits, fills) = (zeros(750 - 260 - 262), bytes(256), bytes(259));
    let text = format!(
        "
        4A 01 00 > 01 ..
        40 01 00 A4 > 00 01 AA 00 A4
        # Presence: an empty block is answered with one, and nothing runs.
        40 01 > 00
        40 41 {part} > 00
        40 41 {part} > 00
        40 01 {part} > 40 02 AA {first}
        40 01 > 40 {second}
        40 01 > 00 {last}
        40 01 40 > 00 03 AA 40 {fits}
        40 01 80 > 40 04 AA 80 {fills}
        # Who does not fetch the rest loses it.
        40 01 00 > 00 05 AA 00
        "
    );
    talk(&mut machine, &text);
}

/// Without CIDs one of them is put aside while the other is spoken to.
#[test]
fn two_targets_are_spoken_to_in_turn() {
    for flags in ["10", "12"] {
        let cards = vec![type_a(0xAA, "12345678"), type_a(0xBB, "04112233445566")];
        let mut machine = machine(cards);
        let one = "12345678 07 78 77 80 02 80AA";
        let two = "04112233445566 07 78 77 80 02 80BB";
        let text = format!(
            "
            12 {flags} >
            # The ATQA of both at once; the second one speaks alone then.
            4A 02 00 > 02 01 0044 20 04 {one} 02 0044 20 07 {two}
            40 02 00 > 00 01 BB 00
            40 01 00 > 00 01 AA 00
            40 01 00 > 00 02 AA 00
            40 02 00 > 00 02 BB 00
            54 01 > 00
            40 01 00 > 00 03 AA 00
            44 02 > 00
            40 02 00 > 00 03 BB 00
            40 03 00 > 27
            40 00 00 > 27
            04 > 27 00 02 01 00 00 00 02 00 00 00 80
            52 01 > 00
            40 01 00 > 27
            44 01 > 27
            40 02 00 > 00 04 BB 00
            04 > 27 00 01 02 00 00 00 80
            52 00 > 00
            40 02 00 > 27
            40 01 00 > 27
            "
        );
        talk(&mut machine, &text);
    }
}

#[test]
fn a_search_for_two_that_finds_one_leaves_it_active() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        32 05 00 01 02 >
        12 10 >
        4A 02 00 > 01 01 0004 ..
        42 B2 > 00 A3
        40 01 00 > 00 01 AA 00
        # Nobody has released it.
        4A 01 00 > 01 01 0004 ..
        00 06 > 00
        ",
    );
}

#[test]
fn cards_of_type_b_are_activated_with_their_number_as_cid() {
    let cards = vec![type_b(0xAA, [1, 2, 3, 4]), type_b(0xBB, [5, 6, 7, 8])];
    let mut machine = machine(cards);
    talk(
        &mut machine,
        "
        32 05 00 01 02 >
        4A 02 03 00 > 02 01 50 ..
        ",
    );
    let one = ask(&mut machine, "40 01 00");
    let two = ask(&mut machine, "40 02 00");
    let mut names = [one, two];
    names.sort();
    assert_eq!(names, ["0001AA00", "0001BB00"]);
    talk(
        &mut machine,
        "
        06 63 02 63 03 > 83 83
        # nfcpy: S(DESELECT) with CID 1, then WUPB.
        42 CA 01 > 00 CA 01
        42 05 00 08 > 00 50 ..
        44 02 > 00
        40 02 00 > 00 02 ..
        52 00 > 00
        # The one woken by hand is put aside by hand.
        4A 01 03 00 > 01 ..
        ",
    );
}

#[test]
fn type_b_is_told_with_atqb_and_the_answer_to_attrib() {
    let mut machine = machine(vec![type_b(0xAA, [1, 2, 3, 4]), type_a(0xBB, "12345678")]);
    let card = TypeB::new(Some([1, 2, 3, 4]));
    let atqb = hex::encode_upper(card.atqb([1, 2, 3, 4], false));
    let text = format!(
        "
        32 05 00 01 02 >
        4A 01 03 00 > 01 01 {atqb} 01 01
        4A 01 00 > 01 01 0004 ..
        4A 01 03 00 > 01 01 {atqb} 01 01
        "
    );
    talk(&mut machine, &text);
}

#[test]
fn a_card_may_be_asked_for_by_its_uid() {
    let uids = ["12345678", "04112233445566", "04010203040506070809"];
    let mut machine = machine(uids.iter().map(|uid| type_a(0xAA, uid)).collect());
    talk(
        &mut machine,
        "
        32 05 00 01 02 >
        4A 01 00 12345678 > 01 01 00C4 20 04 12345678 ..
        4A 01 00 88 04112233445566 > 01 01 00C4 20 07 04112233445566 ..
        4A 01 00 04112233445566 > 01 01 00C4 20 07 04112233445566 ..
        4A 01 00 88 040102 88 03040506070809 > 01 01 00C4 20 0A 04010203040506070809 ..
        4A 01 00 12345679 > 00
        ",
    );
}

#[test]
fn a_card_without_part_4_gets_frames() {
    let mut machine = machine(vec![without_part_4(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        32 05 00 01 02 >
        4A 01 00 > 01 01 0004 00 04 12345678
        40 01 30 04 > 01
        00 06 > 27
        04 > 01 00 01 01 00 00 00 80
        ",
    );
}

#[test]
fn a_search_without_end_waits_for_a_card() {
    let mut machine = machine(vec![]);
    assert_eq!(ask(&mut machine, "4A 01 00"), "");
    assert!(machine.waits());
    assert_eq!(machine.on_time(20_000), []);
    machine.field_mut().enter(type_a(0xAA, "12345678"));
    let said = machine.on_time(20_000);
    assert!(body(&said, 0x4A).starts_with("0101000420"));
    assert!(!machine.waits());
    assert_eq!(machine.on_time(20_000), []);
    talk(
        &mut machine,
        "
        44 00 > 00
        ",
    );
    assert_eq!(ask(&mut machine, "4A 01 00"), "");
    assert_eq!(machine.on_bytes(&frame::ACK), []);
    assert!(!machine.waits());
}

/// nfc-poll: 20 rounds, 300 ms for each kind of target.
#[test]
fn a_poll_goes_on_until_its_rounds_are_over_or_a_card_comes() {
    let mut machine = machine(vec![]);
    assert_eq!(ask(&mut machine, "60 02 01 20 10 11"), "");
    assert_eq!(machine.on_time(449_999), []);
    assert_eq!(body(&machine.on_time(1), 0x60), "00", "two rounds");
    assert_eq!(ask(&mut machine, "60 FF 0F 20 10 11 12 23 04"), "");
    for _ in 0..100 {
        assert_eq!(machine.on_time(20_000_000), []);
    }
    machine.field_mut().enter(type_b(0xAA, [1, 2, 3, 4]));
    assert!(body(&machine.on_time(20_000_000), 0x60).starts_with("01230F015001020304"));
    machine.field_mut().enter(without_part_4(0xBB, "12345678"));
    let text = "60 01 01 20 10 > 01 10 09 01 0004 00 04 12345678
        60 01 01 20 > 00
        04 > 00 00 00 80
        4A 01 00 > 01 01 0004 00 ..";
    talk(&mut machine, text);
    machine.field_mut().enter(type_a(0xCC, "12345679"));
    machine.field_mut().leave(Place(1)).unwrap();
    talk(
        &mut machine,
        "
        60 01 01 20 10 > 01 20 10 01 0004 20 04 12345679 07 78 77 80 02 80CC
        ",
    );
}

#[test]
fn a_card_that_has_gone_or_is_mute_times_out() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        32 05 00 01 02 >
        4A 01 00 > 01 ..
        00 06 > 00
        ",
    );
    let mut card = machine.field_mut().leave(Place(0)).unwrap();
    talk(
        &mut machine,
        "
        40 01 00 > 01
        00 06 > 01
        42 B2 > 01
        44 01 > 00
        40 01 00 > 01
        4A 01 00 > 00
        ",
    );
    card.application_mut().is_mute = true;
    machine.field_mut().enter(card);
    talk(
        &mut machine,
        "
        4A 01 00 > 01 ..
        40 01 00 > 01
        ",
    );
}

#[test]
fn a_slow_card_is_waited_for() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    machine.field_mut().picc_mut(Place(0)).unwrap().application_mut().took_us = 3_000_000;
    talk(
        &mut machine,
        "
        4A 01 00 > 01 ..
        40 01 00 > 00 01 AA 00
        ",
    );
    // By hand the host grants the time itself.
    talk(
        &mut machine,
        "
        44 00 > 00
        12 00 >
        32 01 00 >
        4A 01 00 > 01 ..
        42 E0 80 > 00 07 ..
        32 02 0A 0B 0B >
        42 02 00 > 00 F2 ..
        ",
    );
}

#[test]
fn frames_may_be_bare_and_unknown_commands_are_refused() {
    let mut machine = machine(vec![]);
    talk(
        &mut machine,
        "
        8C 00 > error
        58 00 > error
        18 > error
        46 00 00 00 > 01
        56 01 00 00 > 01
        50 01 00 > 27
        0C > 3F 06 03
        00 01 > 00
        00 04 01 > 80
        12 40 >
        ",
    );
    let said = machine.on_bytes(&frame::command(&[0x02]));
    assert_eq!(said[6..], of("00 FF 06 FA D5 03 32 01 06 07 E8"));
}

#[test]
fn the_interface_can_be_driven_by_its_registers() {
    let mut machine = machine(vec![type_a(0xAA, "12345678")]);
    talk(
        &mut machine,
        "
        08 63 04 83 >
        08 63 31 0C 63 3A 80 63 39 26 63 3D 87 >
        06 63 3A 63 39 63 39 63 3A > 02 04 00 00
        # REQA with a timer: libnfc takes FFFF - F91C = 06E3, adds 1 - 640 + 48, and has 1172.
        08 63 1A 80 63 1B 00 63 1C FF 63 1D FF >
        08 63 31 0C 63 3A 80 63 39 26 63 3D 87 >
        08 63 31 0C 63 3A 80 63 39 26 63 3D 87 >
        06 63 1E 63 1F > F9 1C
        08 63 04 80 >
        08 63 3A 80 63 39 26 63 3D 87 >
        06 63 3A > 00
        ",
    );
    assert!(!machine.field().is_on());
}

/// Every kind of fault at every frame of a list and three commands: no command runs twice, and
/// every answer is right or an error.
#[test]
fn no_command_runs_twice_whatever_a_frame_suffers() {
    let mut errors = 0;
    for kind in Fault::ALL {
        for at in 0..24 {
            let mut machine = machine(vec![type_a(0xAA, "12345678")]);
            talk(
                &mut machine,
                "
                32 05 00 01 02 >
                ",
            );
            machine.field_mut().set_noise(Noise::at(at, kind));
            assert!(ask(&mut machine, "4A 01 00").starts_with("01"), "{kind:?} at {at}");
            let mut ran = 0;
            for _ in 0..3 {
                let answer = ask(&mut machine, "40 01 00");
                match answer.as_str() {
                    "01" | "02" | "0B" => errors += 1,
                    _ => assert_eq!(answer, format!("00{:02X}AA00", ran + 1)),
                }
                let now = machine.field().picc(Place(0)).unwrap().application().ran;
                assert!(now <= ran + 1, "{kind:?} at {at}");
                ran = now;
            }
        }
    }
    assert_eq!(errors, 0, "one fault is always recovered from");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_may_come_in_any_pieces(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20),
        commands in proptest::collection::vec(
            (prop_oneof![
                Just(0x00u8), Just(0x06), Just(0x08), Just(0x12), Just(0x32), Just(0x40),
                Just(0x42),
                Just(0x44), Just(0x4A), Just(0x52), Just(0x54), Just(0x60), any::<u8>()
            ], proptest::collection::vec(prop_oneof![0u8..4, Just(0x63), any::<u8>()], 0..12)),
            0..30
        ),
    ) {
        let mut machine = machine(vec![type_a(0xAA, "12345678"), type_b(0xBB, [1, 2, 3, 4])]);
        for piece in &pieces {
            machine.on_bytes(piece);
        }
        machine.on_time(200_000);
        for (code, parameters) in &commands {
            let command = [&[*code], &parameters[..]].concat();
            let said = machine.on_bytes(&frame::command(&command));
            prop_assert!(said.starts_with(&frame::ACK), "{command:02X?}");
            prop_assert!(said.len() <= 6 + 8 + frame::LENGTH_MAX + 2);
            machine.on_time(1000);
        }
        prop_assert!(!machine.on_bytes(&frame::command(&[0x02])).is_empty());
    }
}
