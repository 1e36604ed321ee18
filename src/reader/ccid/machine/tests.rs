//! A host's half of the dialogue, byte for byte, and what a disturbed line and an odd host get.

use super::*;
use crate::{
    link::{
        Direction, Mute,
        contact::{FiDi, Offer, Parameters},
        noisy::Fault,
    },
    reader::ccid::frame::{AGAIN, TIME_REQUEST, put},
};

/// A card that counts what it runs: the status is 9000, the data the number.
struct Counter {
    runs: u8,
    offs: u8,
    took_us: u64,
    is_mute: bool,
}

impl Application for Counter {
    fn power_on(&mut self) -> Result<(), Mute> {
        if self.is_mute { Err(Mute) } else { Ok(()) }
    }

    fn power_off(&mut self) {
        self.offs += 1;
    }

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.runs += 1;
        match command {
            [_, 0xEE, ..] => return Err(Mute),
            [_, 0xB0, .., le] => response.extend((0..*le).map(|_| self.runs)),
            _ => {}
        }
        response.extend([0x90, self.runs]);
        Ok(self.took_us)
    }

    fn direction(&self, header: [u8; 4]) -> Direction {
        match header {
            [_, 0xB0, ..] => Direction::Out,
            [_, 0xD6, ..] => Direction::In,
            _ => Direction::Unknown,
        }
    }
}

fn card(offer: Offer) -> Contact<Counter> {
    with(Parameters { offer, ..Parameters::default() }, 0)
}

fn with(parameters: Parameters, took_us: u64) -> Contact<Counter> {
    Contact::new(parameters, Counter { runs: 0, offs: 0, took_us, is_mute: false })
}

fn reader(contact: Contact<Counter>) -> Machine<Counter> {
    let mut machine = Machine::new(Model::GemCorePosPro);
    assert!(machine.insert(0, contact).is_ok());
    machine
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn frame(message: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    put(&mut frame, &bytes(message));
    frame
}

/// What comes back for a message, without its frame.
fn ask(machine: &mut Machine<Counter>, message: &str) -> String {
    let out = machine.on_bytes(&frame(message));
    let mut deframer = Deframer::default();
    let mut answers = Vec::new();
    for byte in out {
        match deframer.take(byte) {
            Some(Received::Message(message)) => answers.push(hex::encode_upper(message)),
            Some(other) => answers.push(format!("{other:?}")),
            None => {}
        }
    }
    answers.join(" ")
}

/// Something for the card in slot 0, and what it says: data, or status and error.
fn transfer(machine: &mut Machine<Counter>, data: &str) -> String {
    let data = bytes(data);
    let header = format!("6F{:02X}000000 00 01 000000", data.len());
    let answer = ask(machine, &(header + &hex::encode(&data)));
    let status = &answer[14..18];
    if status == "0000" { answer[20..].into() } else { status.into() }
}

fn on(machine: &mut Machine<Counter>) -> String {
    ask(machine, "62 00000000 00 00 00 0000")
}

/// SetParameters: T=1 as libccid sends it.
const T1: &str = "61 07000000 00 02 01 0000 11 10 00 4D 00 FE 00";

/// READ BINARY of two bytes as I(0,0), I(1,0), and the R-blocks that ask for the card's I again.
const READ: [&str; 2] = ["00 00 05 00B0000002 B7", "00 40 05 00B0000002 F7"];

#[test]
fn the_dialogue_of_a_driver_that_opens_the_reader() {
    let mut machine = reader(card(Offer::T1));
    let firmware = ask(&mut machine, "6B 01000000 00 00 000000 02");
    assert!(firmware.starts_with("8317000000000001000054657373"), "{firmware}");
    for (message, answer) in [
        ("6B 03000000 00 01 000000 010101", "83 00000000 00 01 01 00 00"),
        ("65 00000000 00 02 000000", "81 00000000 00 02 01 00 01"),
        ("65 00000000 01 03 000000", "81 00000000 01 03 02 00 01"),
        ("6B 01000000 00 04 000000 6A", "83 00000000 00 04 41 00 00"),
        ("6C 00000000 00 04 000000", "82 00000000 00 04 41 FE 00"),
        ("62 00000000 00 05 01 0000", "80 04000000 00 05 00 00 00 3B800181"),
        ("65 00000000 00 06 000000", "81 00000000 00 06 00 00 00"),
        ("6C 00000000 00 07 000000", "82 07000000 00 07 00 00 01 11 10 00 4D 00 20 00"),
        (T1, "82 07000000 00 02 00 00 01 11 10 00 4D 00 FE 00"),
        ("6F 05000000 00 08 000000 00C101FE3E", "80 05000000 00 08 00 00 00 00E101FE1E"),
        ("63 00000000 00 09 000000", "81 00000000 00 09 01 00 01"),
        ("6F 05000000 00 0A 000000 00C101FE3E", "80 00000000 00 0A 41 FE 00"),
    ] {
        assert_eq!(ask(&mut machine, message), answer.replace(' ', ""), "{message}");
    }
}

#[test]
fn some_models_hand_back_what_they_hear_and_each_has_its_slots() {
    for model in Model::ALL {
        let mut machine: Machine<Counter> = Machine::new(model);
        let status = frame("65 00000000 00 02 000000");
        let echo = if model.echoes() { status.clone() } else { Vec::new() };
        let answer = [echo, frame("81 00000000 00 02 02 00 01")].concat();
        assert_eq!(machine.on_bytes(&status), answer, "{model:?}");
        let last = format!("65 00000000 {:02X} 02 000000", model.slots() - 1);
        assert!(ask(&mut machine, &last).ends_with("020001"));
        let beyond = format!("65 00000000 {:02X} 02 000000", model.slots());
        assert!(ask(&mut machine, &beyond).ends_with("420500"));
        assert!(machine.insert(model.slots(), card(Offer::T0)).is_err());
    }
}

#[test]
fn each_kind_that_is_not_done_is_refused_by_its_reason() {
    let mut machine = reader(card(Offer::T0));
    on(&mut machine);
    for (message, error) in [
        ("69 00000000 00 00 000000", "00"),
        ("6A 00000000 00 00 000000", "00"),
        ("71 00000000 00 00 000000", "00"),
        ("99 00000000 00 00 000000", "00"),
        ("6B 00000000 00 00 000000", "00"),
        ("62 00000000 00 00 040000", "07"),
        ("62 00000000 00 00 020000", "F5"),
        ("62 01000000 00 00 000000 00", "01"),
        ("61 05000000 00 00 020000 1100000A00", "07"),
        ("61 04000000 00 00 000000 1100000A", "01"),
        ("61 05000000 00 00 000000 7100000A00", "0A"),
        ("6E 00000000 00 00 010000", "07"),
        ("73 04000000 00 00 000000 00000000", "01"),
        ("6F 00000000 00 00 000000", "01"),
        ("6F 03000000 00 00 000000 00A400", "01"),
    ] {
        let answer = ask(&mut machine, message);
        assert_eq!(&answer[14..18], format!("40{error}"), "{message}");
    }
    let long = format!("6F 06010000 00 07 000000 {}", "00".repeat(0x106));
    assert_eq!(ask(&mut machine, &long), "80000000000007400100");
    let rate = ask(&mut machine, "73 08000000 00 00 000000 0000000000000000");
    assert_eq!(&rate[20..], "A00F0000002A0000");
    assert_eq!(transfer(&mut machine, "00B0000002"), "01019001");
}

#[test]
fn a_pps_changes_the_speed_and_the_reader_follows_when_the_host_says_so() {
    let parameters =
        Parameters { offer: Offer::Both, ta1: FiDi::new(0x18), ..Parameters::default() };
    let mut machine = reader(with(parameters.clone(), 0));
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "FF11 19 F7"), "40FE", "more than is offered");
    assert_eq!(transfer(&mut machine, "FF11 18 F6"), "FF1118F6");
    assert_eq!(transfer(&mut machine, READ[0]), "40FE", "the reader is at another speed");
    ask(&mut machine, "61 07000000 00 00 01 0000 18 10 00 4D 00 20 00");
    assert_eq!(transfer(&mut machine, READ[0]), "0000040101900195");
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00B0000001"), "029002", "T=0 again after a warm reset");
    assert_eq!(transfer(&mut machine, "FF11 18 F6"), "400A", "a TPDU of class FF");
}

#[test]
fn t_0_goes_as_tpdus_and_the_card_may_ask_for_patience() {
    let mut machine = reader(with(Parameters::default(), 3_000_000));
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00B0000002"), "01019001");
    assert_eq!(transfer(&mut machine, "00D6000002AABB"), "9002");
    assert_eq!(transfer(&mut machine, "00D6000002AABB00"), "9003");
    assert_eq!(transfer(&mut machine, "00A40000"), "9004");
    let out = machine.on_bytes(&frame("6F 05000000 00 01 000000 00B0000001"));
    let nulls = out.iter().take_while(|&&byte| byte == TIME_REQUEST).count();
    assert_eq!(nulls, 3);
    assert_eq!(out[nulls..], frame("80 03000000 00 01 000000 059005"));
}

#[test]
fn a_slow_card_on_t_1_asks_the_host_for_time_and_gets_it() {
    // The waiting time is 1.6 s.
    for (multiplier, answer) in [("03", "800800000000000000000000040101900195"), ("01", "")] {
        let parameters = Parameters { offer: Offer::T1, ..Parameters::default() };
        let mut machine = reader(with(parameters, 4_000_000));
        on(&mut machine);
        assert_eq!(transfer(&mut machine, READ[0]), "00C30103C1");
        let response = format!("6F 05000000 00 00 {multiplier} 0000 00E30103E1");
        let got = ask(&mut machine, &response);
        let answer = if answer.is_empty() { "8000000000000040FE00" } else { answer };
        assert_eq!(got, answer, "{multiplier}");
        assert_eq!(machine.contact(0).unwrap().application().runs, 1);
    }
}

#[test]
fn a_card_with_power_is_reset_and_keeps_it() {
    let mut machine = reader(card(Offer::T0));
    on(&mut machine);
    let offs = |machine: &Machine<Counter>| machine.contact(0).unwrap().application().offs;
    let before = offs(&machine);
    assert!(on(&mut machine).ends_with("3B00"));
    assert_eq!(offs(&machine), before);
    ask(&mut machine, "63 00000000 00 00 000000");
    assert_eq!(offs(&machine), before + 1);
}

#[test]
fn a_mute_card_and_an_empty_slot_are_told_as_such() {
    let mut contact = card(Offer::T0);
    contact.application_mut().is_mute = true;
    let mut machine = reader(contact);
    assert_eq!(on(&mut machine), "8000000000000041FE00");
    assert_eq!(ask(&mut machine, "62 00000000 03 00 00 0000"), "8000000000030042FE00");
    machine.remove(0).unwrap();
    assert!(machine.insert(0, card(Offer::T0)).is_ok());
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00EE0000"), "40FE");
    assert_eq!(transfer(&mut machine, "00B0000001"), "40FE");
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00B0000001"), "029002");
}

#[test]
fn a_card_that_goes_or_comes_is_told_before_the_next_answer_or_at_once() {
    let mut machine = reader(card(Offer::T0));
    assert!(machine.on_silence().is_empty(), "nobody has asked yet");
    let status = frame("65 00000000 00 02 000000");
    machine.on_bytes(&status);
    assert!(machine.remove(0).is_some() && machine.remove(0).is_none());
    assert_eq!(machine.on_silence(), [0x50, 0x02]);
    assert!(machine.on_silence().is_empty());
    machine.on_bytes(&frame("6B 03000000 00 01 000000 010101"));
    assert!(machine.insert(0, card(Offer::T0)).is_ok());
    assert!(machine.insert(0, card(Offer::T0)).is_err());
    assert!(machine.on_silence().is_empty());
    let expected = [&[0x50, 0x03][..], &frame("81 00000000 00 02 01 00 01")].concat();
    assert_eq!(machine.on_bytes(&status), expected);
    assert_eq!(machine.on_bytes(&status), frame("81 00000000 00 02 01 00 01"));
}

#[test]
fn a_card_that_was_out_has_lost_its_power() {
    let mut machine = reader(card(Offer::T0));
    on(&mut machine);
    transfer(&mut machine, "00B0000001");
    let contact = machine.remove(0).unwrap();
    assert!(!contact.is_on());
    assert_eq!(transfer(&mut machine, "00B0000001"), "42FE");
    assert!(machine.insert(0, contact).is_ok());
    assert_eq!(transfer(&mut machine, "00B0000001"), "41FE");
}

#[test]
fn damaged_and_cut_frames_are_asked_for_again_and_so_may_the_host() {
    let mut machine = reader(card(Offer::T0));
    let status = frame("65 00000000 00 02 000000");
    let mut damaged = status.clone();
    damaged[5] ^= 1;
    machine.on_bytes(&damaged);
    machine.on_silence();
    damaged.clone_from(&status);
    damaged[9] ^= 1;
    assert_eq!(machine.on_bytes(&damaged), AGAIN);
    assert!(machine.on_bytes(&status[..7]).is_empty());
    assert_eq!(machine.on_silence(), AGAIN);
    let answer = machine.on_bytes(&status);
    assert_eq!(machine.on_bytes(&AGAIN), answer);
    let together = machine.on_bytes(&[&status[..], &status].concat());
    assert_eq!(together, [&answer[..], &answer].concat());
}

#[test]
fn the_clock_stops_where_the_card_allows_it() {
    let globals = crate::link::contact::parameters::Globals {
        clock_stop: crate::link::contact::parameters::ClockStop::High,
        ..Default::default()
    };
    let mut machine =
        reader(with(Parameters { globals: Some(globals), ..Parameters::default() }, 0));
    on(&mut machine);
    assert!(ask(&mut machine, "6E 00000000 00 00 010000").ends_with("000002"));
    assert_eq!(transfer(&mut machine, "00B0000001"), "40FE");
    assert!(ask(&mut machine, "6E 00000000 00 00 000000").ends_with("000000"));
    assert_eq!(transfer(&mut machine, "00B0000001"), "019001");
}

/// What the host gets for a command under a fault, and how often the card has run it then.
fn disturbed(fault: Fault, frame: u64) -> (String, u8) {
    let mut machine = reader(card(Offer::T1));
    on(&mut machine);
    ask(&mut machine, T1);
    machine.disturb(0, Noise::at(frame, fault));
    let answer = transfer(&mut machine, READ[0]);
    (answer, machine.contact(0).unwrap().application().runs)
}

#[test]
fn every_fault_of_a_block_is_what_a_reader_makes_of_it() {
    let answer = "0000040101900195";
    for (fault, frame, expected, runs) in [
        (Fault::Loss, 0, "40FE", 0),
        (Fault::Delay, 0, "40FE", 0),
        (Fault::Damage, 0, "00810081", 0),
        (Fault::Duplication, 0, answer, 1),
        (Fault::Loss, 1, "40FE", 1),
        (Fault::Delay, 1, "40FE", 1),
        (Fault::Damage, 1, "0200040101900195", 1),
        (Fault::Duplication, 1, answer, 1),
        (Fault::Loss, 2, answer, 1),
    ] {
        let got = disturbed(fault, frame);
        assert_eq!(got, (expected.into(), runs), "{fault:?} at {frame}");
    }
}

#[test]
fn a_length_that_is_damaged_shows_in_its_parity() {
    let told = (0..100).map(|seed| {
        let mut machine = reader(card(Offer::T1));
        on(&mut machine);
        machine.disturb(0, Noise::seeded(seed, 500));
        transfer(&mut machine, READ[0])
    });
    assert!(told.collect::<Vec<_>>().contains(&"40FD".to_owned()));
}

#[test]
fn a_block_that_came_twice_is_run_once_and_the_next_one_is_understood() {
    let mut machine = reader(card(Offer::T1));
    on(&mut machine);
    machine.disturb(0, Noise::at(0, Fault::Duplication));
    assert_eq!(transfer(&mut machine, READ[0]), "0000040101900195");
    assert_eq!(transfer(&mut machine, READ[1]), "00400402029002D6");
}

#[test]
fn characters_of_t_0_come_again_until_they_are_right() {
    let mut machine = reader(card(Offer::T0));
    on(&mut machine);
    machine.disturb(0, Noise::seeded(1, 50));
    for n in 1..=100 {
        assert_eq!(transfer(&mut machine, "00B0000001"), format!("{n:02X}90{n:02X}"));
    }
    machine.disturb(0, Noise::seeded(1, 1000));
    assert_eq!(transfer(&mut machine, "00B0000001"), "40FD");
    machine.disturb(0, Noise::none());
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00B0000001"), "659065");
}

#[test]
fn what_follows_a_tpdu_that_failed_is_not_taken_for_its_data() {
    let mut machine = reader(card(Offer::T0));
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00D6000008"), "40FE", "the data is not there");
    for _ in 0..3 {
        assert_eq!(transfer(&mut machine, "00D6000002AABB"), "40FE");
    }
    on(&mut machine);
    assert_eq!(transfer(&mut machine, "00D6000002AABB"), "9001", "nothing was run before");
}

mod any_bytes {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Frames that are nearly right, and bytes that are nothing.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let kinds = prop_oneof![0x60..=0x75_u8, any::<u8>()];
        let data = prop_oneof![
            vec(any::<u8>(), 0..300),
            Just(bytes("00B0000002")),
            Just(bytes(READ[0])),
            Just(bytes("FF1018F7")),
            Just(bytes("1100000A00")),
        ];
        let message = (kinds, 0..7_u8, any::<[u8; 3]>(), 0..3_u8, data).prop_map(
            |(kind, slot, [a, b, c], small, data)| {
                let mut message = vec![kind];
                message.extend_from_slice(&(data.len() as u32).to_le_bytes());
                message.extend_from_slice(&[slot, a, if a > 99 { small } else { a }, b, c]);
                message.extend(data);
                let mut frame = Vec::new();
                put(&mut frame, &message);
                frame
            },
        );
        let damaged = (message.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(mut frame, at, with)| {
                let at = at.index(frame.len());
                frame[at] ^= with;
                frame
            },
        );
        let cut = (message.clone(), any::<prop::sample::Index>()).prop_map(|(frame, at)| {
            let at = at.index(frame.len());
            frame[..at].to_vec()
        });
        prop_oneof![4 => message, 2 => damaged, 1 => cut, 1 => vec(any::<u8>(), 0..40)]
    }

    proptest! {
        #[test]
        fn are_survived_and_the_next_request_is_answered(
            pieces in vec(piece(), 0..12),
            offer in prop_oneof![Just(Offer::T0), Just(Offer::T1), Just(Offer::Both)],
            seed in any::<u64>(),
            per_mille in prop_oneof![Just(0), Just(300_u64)],
        ) {
            let mut machine = reader(card(offer));
            machine.disturb(0, Noise::seeded(seed, per_mille));
            on(&mut machine);
            for piece in &pieces {
                let out = machine.on_bytes(piece);
                prop_assert!(out.len() <= 400 * (1 + piece.len() / 13));
            }
            machine.on_silence();
            let status = ask(&mut machine, "65 00000000 00 77 000000");
            prop_assert!(status.starts_with("81000000000077"), "{}", status);
            machine.disturb(0, Noise::none());
            ask(&mut machine, "63 00000000 00 00 000000");
            prop_assert!(on(&mut machine).contains("3B"));
        }
    }
}
