//! MUTUAL AUTHENTICATE, and commands under secure messaging.

use proptest::prelude::*;

use super::*;
use crate::{
    cipher::{Algorithm, Key, Mac, icao},
    messaging::iso::{Form, Initiator, Session as Messages, mutual::SEED_BYTES},
};

const SIXTEEN: usize = 16;

fn pair(algorithm: Algorithm, seed: &[u8]) -> (Key, Key) {
    let derive = |counter| icao::derive(seed, counter, algorithm, SIXTEEN).unwrap();
    (derive(icao::ENCRYPTION), derive(icao::AUTHENTICATION))
}

fn challenge(card: &mut Dialogue, bytes: u8) -> Vec<u8> {
    let answer = unhex(&card.send(&format!("00840000{bytes:02X}")));
    answer[..usize::from(bytes)].to_vec()
}

/// A terminal that has agreed with the card.
struct Terminal {
    card: Dialogue,
    messages: Messages,
}

impl Terminal {
    /// By MUTUAL AUTHENTICATE with key 3.
    fn mutual(mut card: Dialogue) -> Self {
        let seed: [u8; 16] = core::array::from_fn(|n| 0x20 + n as u8);
        let (encryption, authentication) = pair(Algorithm::TripleDes, &seed);
        let initiator = Initiator {
            encryption: &encryption,
            authentication: &authentication,
            challenge: challenge(&mut card, 8).try_into().unwrap(),
            random: [0x77; 8],
            part: [0x66; SEED_BYTES],
        };
        let command = format!("0082000328{}00", hex(&initiator.message().unwrap()));
        let answer = unhex(&card.send(&command));
        let (message, status) = answer.split_at(answer.len() - 2);
        assert_eq!(hex(status), "9000");
        let messages = initiator.agree(message).unwrap().session().unwrap();
        Self { card, messages }
    }

    /// By MANAGE SECURITY ENVIRONMENT with key 4.
    fn set(mut card: Dialogue) -> Self {
        let key: [u8; 16] = core::array::from_fn(|n| 0x30 + n as u8);
        let challenge = challenge(&mut card, 16);
        let (encryption, authentication) = pair(Algorithm::Aes, &[&key[..], &challenge].concat());
        card.done(&["0022 31B4 03 830104"]);
        let messages = Messages::new(&encryption, &authentication, &challenge).unwrap();
        Self { card, messages }
    }

    fn wrapped(&mut self, command: &str, form: Form) -> Vec<u8> {
        let command = unhex(command);
        let apdu = Apdu::parse(&command).unwrap();
        let header = [apdu.cla | 0x0C, apdu.ins.0, apdu.p1, apdu.p2];
        let mut out = [0; 1200];
        let bytes = self.messages.wrap_command(header, form, apdu.data, apdu.ne, &mut out).unwrap();
        out[..bytes].to_vec()
    }

    /// The plain answer to a command that is sent protected.
    fn send_as(&mut self, command: &str, form: Form) -> String {
        let ins = unhex(command)[1];
        let protected = self.wrapped(command, form);
        let answer = self.card.try_send(&protected).unwrap();
        let (field, word) = answer.split_at(answer.len() - 2);
        let status = StatusWord(u16::from_be_bytes([word[0], word[1]]));
        let mut buffer = [0; 1200];
        let data = self.messages.unwrap_response(ins, field, status, &mut buffer).unwrap();
        hex(&[data, word].concat())
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            let answer = self.send_as(command, Form::Cryptogram);
            assert_eq!(answer, hex(&unhex(expected)), "{command}");
        }
    }
}

/// A card whose file 1001 asks for a checksum, 1002 for encipherment, 1003 for the checksum of
/// key 4; the first is current.
fn guarded() -> Dialogue {
    let mut card = keyed();
    card.done(&[
        &transparent("1003", "AB 0B 80 01 03 B4 06 83 01 04 95 01 30"),
        &transparent("1002", "AB 08 80 01 03 B8 03 95 01 30"),
        &transparent("1001", "8C 03 03 40 40"),
    ]);
    card
}

#[test]
fn protected_commands_do_what_plain_ones_do() {
    for mut terminal in [Terminal::mutual(guarded()), Terminal::set(guarded())] {
        terminal.check(&[
            ("00D6000004 01020304", "9000"),
            ("00B0000004", "01020304 9000"),
            ("00B0000020", "01020304000000000000000000000000 6282"),
            ("00B0001001", "6B00"),
            ("00D7000008 540101 5303 AABBCC", "9000"),
            ("00B1000003 540100 08", "5304 01AABBCC 9000"),
            ("00200001", "63C3"),
            ("0020000103 123456", "9000"),
            ("00FA0000", "6D00"),
        ]);
        assert_eq!(terminal.send_as("00B0000002", Form::Plain), "01AA9000");
        assert_eq!(terminal.send_as("00D6000001 05", Form::Plain), "9000");
    }
}

#[test]
fn rules_ask_for_a_checksum_for_encipherment_and_for_a_key() {
    let mut card = guarded();
    card.refused(&[("00B0000001", "6982"), ("00B0820001", "6982"), ("00B0830001", "6982")]);
    let mut terminal = Terminal::mutual(card);
    terminal.check(&[("00B0810001", "00 9000"), ("00B0820001", "00 9000")]);
    terminal.check(&[("00B0830001", "6982"), ("00D6820001 01", "9000")]); // another key
    assert_eq!(terminal.send_as("00D6820001 02", Form::Plain), "6982");
    assert_eq!(terminal.send_as("00D6810001 02", Form::Plain), "9000");
    let mut terminal = Terminal::set(guarded());
    terminal.check(&[("00B0830001", "00 9000")]);
    // A rule is met by the command under way and not by one before.
    terminal.card.refused(&[("00B0000001", "6982")]);
}

#[test]
fn what_is_not_protected_as_it_has_to_be_ends_it() {
    let mut right = Terminal::mutual(guarded());
    let sound = right.wrapped("00D6000004 01020304", Form::Cryptogram);
    let before = right.card.memory();
    let field = sound.len() - 1;
    for at in 0..field {
        if at == 4 {
            continue; // Lc: another command
        }
        let mut damaged = right.card.clone();
        let mut command = sound.clone();
        command[at] ^= if at == 0 { 0x04 } else { 0x01 };
        let answer = hex(&damaged.try_send(&command).unwrap());
        assert!(matches!(&*answer, "6988" | "6987" | "6700"), "byte {at}: {answer}");
        assert_eq!(damaged.memory(), before, "byte {at}");
        // It is over, also for the sound command.
        assert_eq!(hex(&damaged.try_send(&sound).unwrap()), "6985", "byte {at}");
    }
    assert!(right.card.try_send(&sound).unwrap().ends_with(&[0x90, 0x00]));
    // Sent again, the counter has gone on.
    assert_eq!(hex(&right.card.try_send(&sound).unwrap()), "6988");
}

#[test]
fn a_plain_command_a_wrong_class_and_a_reset_end_it() {
    for (between, answer) in [("00CA008400", "424C414E4B9000"), ("04B0000001", "6882")] {
        let mut terminal = Terminal::mutual(guarded());
        assert_eq!(terminal.card.send(between), answer);
        let command = terminal.wrapped("00B0000001", Form::Plain);
        let expected = if between.starts_with("04") { "9000" } else { "6985" };
        assert!(hex(&terminal.card.try_send(&command).unwrap()).ends_with(expected));
    }
    let mut terminal = Terminal::mutual(guarded());
    terminal.card.rig.power_on();
    let command = terminal.wrapped("00B0000001", Form::Plain);
    assert_eq!(hex(&terminal.card.try_send(&command).unwrap()), "6985");
}

#[test]
fn a_header_that_nothing_authenticates_is_refused() {
    let mut terminal = Terminal::mutual(guarded());
    let mut out = [0; 100];
    let header = [0x08, 0xB0, 0x00, 0x00];
    let bytes = terminal.messages.wrap_command(header, Form::Plain, &[], 1, &mut out).unwrap();
    // With an object 89 it is authenticated.
    assert!(hex(&terminal.card.try_send(&out[..bytes]).unwrap()).ends_with("9000"));
    // Without it, the checksum is over the objects alone.
    let mut terminal = Terminal::set(guarded());
    let key: [u8; 16] = core::array::from_fn(|n| 0x30 + n as u8);
    let challenge = terminal.messages.counter().to_vec();
    let (_, authentication) = pair(Algorithm::Aes, &[&key[..], &challenge].concat());
    let mut counter: [u8; 16] = challenge.try_into().unwrap();
    counter[15] = counter[15].wrapping_add(1);
    assert_ne!(counter[15], 0, "no carry");
    let objects = [0x97, 1, 1];
    let mac = Mac::line(&authentication);
    let mut running = mac.start(&[]);
    running.update(&counter);
    running.update(&objects);
    running.pad();
    let checksum = running.finish_padded().eight();
    let command =
        [&[0x08, 0xB0, 0x81, 0x00, 13][..], &objects, &[0x8E, 8], &checksum, &[0]].concat();
    assert_eq!(hex(&terminal.card.try_send(&command).unwrap()), "6987");
    // A class byte of its own is another header.
    let mut terminal = Terminal::mutual(guarded());
    let mut command = terminal.wrapped("00B0000001", Form::Plain);
    command[0] = 0x08;
    assert_eq!(hex(&terminal.card.try_send(&command).unwrap()), "6988");
    terminal.card.refused(&[("0CB0000000", "6985")]);
}

#[test]
fn a_specific_keys_messages_end_on_leaving_its_directory() {
    let mut card = keyed();
    card.done(&[
        &directory("7000", ""),
        "00DA0100 1B 830184 950130 800102 8F10 303132333435363738393A3B3C3D3E3F",
    ]);
    let challenge = challenge(&mut card, 16);
    card.done(&["0022 31B4 03 830184"]);
    let mut other = card.clone();
    let key: [u8; 16] = core::array::from_fn(|n| 0x30 + n as u8);
    let seed = [&key[..], &challenge].concat();
    let (encryption, authentication) = pair(Algorithm::Aes, &seed);
    let messages = || Messages::new(&encryption, &authentication, &challenge).unwrap();
    let mut terminal = Terminal { card, messages: messages() };
    terminal.check(&[("00CA008400", "6A88")]);
    other.done(&["00A4030C"]);
    let mut terminal = Terminal { card: other, messages: messages() };
    let command = terminal.wrapped("00CA008400", Form::Plain);
    assert_eq!(hex(&terminal.card.try_send(&command).unwrap()), "6985");
}

#[test]
fn it_may_begin_anew_under_its_own_protection() {
    let mut terminal = Terminal::mutual(guarded());
    let answer = terminal.send_as("0084000010", Form::Cryptogram);
    let challenge = unhex(&answer)[..16].to_vec();
    terminal.check(&[("0022 31B4 03 830104", "9000")]);
    let key: [u8; 16] = core::array::from_fn(|n| 0x30 + n as u8);
    let (encryption, authentication) = pair(Algorithm::Aes, &[&key[..], &challenge].concat());
    terminal.messages = Messages::new(&encryption, &authentication, &challenge).unwrap();
    terminal.check(&[("00B0830001", "00 9000")]);
    // And when it does not, the old one goes on.
    terminal.check(&[("0022 31B4 03 830104", "6985"), ("00B0830001", "00 9000")]);
}

#[test]
fn a_wrong_mutual_authentication_is_counted_and_begins_nothing() {
    let mut card = guarded();
    let message = "55".repeat(40);
    for left in ["63C2", "63C1", "63C0", "6983"] {
        let _ = challenge(&mut card, 8);
        assert_eq!(card.send(&format!("0082000328{message}00")), left);
        card.check(&[("0CB0000000", "6985")]);
    }
    let mut card = guarded();
    let _ = challenge(&mut card, 16); // of another length
    card.refused(&[(&format!("0082000328{message}00"), "6985")]);
    // The message of another exchange.
    let mut first = Terminal::mutual(guarded());
    first.card.check(&[("00820003", "9000")]);
}

#[test]
fn a_torn_protected_command_leaves_old_or_new_and_no_session() {
    let mut terminal = Terminal::mutual(guarded());
    let command = terminal.wrapped("00D6000004 01020304", Form::Cryptogram);
    terminal.card.rig.tear_at(1);
    assert_eq!(terminal.card.try_send(&command), None);
    terminal.card.rig.power_on();
    assert_eq!(hex(&terminal.card.try_send(&command).unwrap()), "6985");
    let mut terminal = Terminal::mutual(terminal.card);
    terminal.check(&[("00B0810004", "00000000 9000")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_protected_bytes_panic(
        [ins, p1, p2]: [u8; 3],
        data in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        prop_assume!(ins != 0xA4);
        let mut terminal = Terminal::mutual(guarded());
        let before = terminal.card.memory();
        let command = [&[0x0C, ins, p1, p2, data.len() as u8][..], &data].concat();
        let answer = terminal.card.try_send(&command).unwrap();
        prop_assert!(matches!(answer[..], [0x69, 0x87 | 0x88] | [0x67, 0x00]));
        prop_assert_eq!(terminal.card.memory(), before);
    }
}
