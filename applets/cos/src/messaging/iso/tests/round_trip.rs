//! Any command and any answer come through, in every form and under every class byte; any damage is
//! refused.

use std::vec;

use proptest::prelude::*;
use tessera_framework::{Interface, StatusWord};

use super::*;
use crate::messaging::Refusal;

/// A session on both sides.
fn sessions(algorithm: Algorithm, bytes: usize, seed: [u8; 32]) -> (Session, Session) {
    let encryption = Key::new(algorithm, &seed[..bytes]).unwrap();
    let mut other = seed;
    other.reverse();
    let authentication = Key::new(algorithm, &other[..bytes]).unwrap();
    let counter = &seed[..algorithm.block_bytes()];
    let session = || Session::new(&encryption, &authentication, counter).unwrap();
    (session(), session())
}

fn any_keys() -> impl Strategy<Value = (Algorithm, usize)> {
    prop_oneof![
        Just((Algorithm::TripleDes, 16)),
        Just((Algorithm::Aes, 16)),
        Just((Algorithm::Aes, 24)),
        Just((Algorithm::Aes, 32)),
    ]
}

fn any_form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Plain), Just(Form::Cryptogram)]
}

/// Class bytes with secure messaging of ISO form.
fn any_class() -> impl Strategy<Value = u8> {
    prop_oneof![
        (0..4_u8).prop_map(|channel| 0x0C | channel),
        (0..4_u8).prop_map(|channel| 0x08 | channel),
        (0..16_u8).prop_map(|channel| 0x60 | channel),
    ]
}

fn any_data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..300),
        1 => proptest::collection::vec(any::<u8>(), 4_000..4_100),
    ]
}

fn any_ne() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), 1..=256_u32, Just(256), 257..=65_536_u32, Just(65_536)]
}

proptest! {
    #[test]
    fn commands_and_responses_come_through(
        (algorithm, bytes) in any_keys(),
        seed: [u8; 32],
        form in any_form(),
        cla in any_class(),
        [ins, p1, p2] in any::<[u8; 3]>(),
        data in any_data(),
        ne in any_ne(),
        answer in any_data(),
        status: u16,
    ) {
        let (mut card, mut terminal) = sessions(algorithm, bytes, seed);
        let (mut out, mut buffer) = (vec![0; 4_300], vec![0; 4_300]);
        let header = [cla, ins, p1, p2];
        let length = terminal.wrap_command(header, form, &data, ne, &mut out).unwrap();
        let (sent, field) = header_and_field(&out[..length]);
        prop_assert_eq!(sent, header);
        let plain = card.unwrap_command(header, field, &mut buffer).unwrap();
        prop_assert_eq!(plain.data, &data);
        prop_assert_eq!(plain.header, [cla & if cla < 0x40 { 0x03 } else { 0x5F }, ins, p1, p2]);
        prop_assert_eq!((plain.ne, plain.ne_is_maximum), (ne, matches!(ne, 256 | 65_536)));
        prop_assert!(plain.header_authenticated);
        let command = plain.command(Interface::Contact);
        prop_assert_eq!((command.data, command.ne), (plain.data, ne));

        let status = StatusWord(status);
        let length = card.wrap_response(ins, form, &answer, status, &mut out).unwrap();
        let data = terminal.unwrap_response(ins, &out[..length], status, &mut buffer).unwrap();
        prop_assert_eq!(data, &answer);
        prop_assert_eq!(card.counter(), terminal.counter());
    }

    #[test]
    fn any_damaged_byte_is_refused(
        (algorithm, bytes) in any_keys(),
        seed: [u8; 32],
        form in any_form(),
        cla in any_class(),
        ins: u8,
        data in proptest::collection::vec(any::<u8>(), 0..40),
        ne in any_ne(),
        at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let (mut card, mut terminal) = sessions(algorithm, bytes, seed);
        let (mut out, mut buffer) = ([0; 200], [0; 200]);
        let header = [cla, ins, 1, 2];
        let length = terminal.wrap_command(header, form, &data, ne, &mut out).unwrap();
        let (_, field) = header_and_field(&out[..length]);
        let mut damaged = [&header[..], field].concat();
        // Not the class byte: it says itself how the rest is protected.
        let at = 1 + at.index(damaged.len() - 1);
        damaged[at] ^= by;
        let (header, field) = damaged.split_first_chunk().unwrap();
        prop_assert!(card.unwrap_command(*header, field, &mut buffer).is_err());

        let (mut card, mut terminal) = sessions(algorithm, bytes, seed);
        let length = card.wrap_response(ins, form, &data, StatusWord::OK, &mut out).unwrap();
        let at = at % length;
        out[at] ^= by;
        let refused = terminal.unwrap_response(ins, &out[..length], StatusWord::OK, &mut buffer);
        prop_assert!(refused.is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(
        (algorithm, bytes) in any_keys(),
        seed: [u8; 32],
        header: [u8; 4],
        field in proptest::collection::vec(any::<u8>(), 0..300),
        room in 0..300_usize,
    ) {
        let (mut card, mut terminal) = sessions(algorithm, bytes, seed);
        let mut buffer = vec![0; room];
        let _ = card.unwrap_command(header, &field, &mut buffer);
        let _ = terminal.unwrap_response(header[1], &field, StatusWord::OK, &mut buffer);
        let form = Form::Cryptogram;
        let _ = card.wrap_response(header[1], form, &field, StatusWord::OK, &mut buffer);
        let _ = terminal.wrap_command(header, form, &field, 9, &mut buffer);
    }
}

#[test]
fn a_message_is_good_once_and_in_its_place() {
    let (mut out, mut buffer) = ([0; 64], [0; 64]);
    let header = [0x0C, 0xD6, 0, 0];
    let mut terminal = triple_des(COUNTER);
    let length = terminal.wrap_command(header, Form::Cryptogram, &[1], 0, &mut out).unwrap();
    let (_, field) = header_and_field(&out[..length]);
    let mut card = triple_des(COUNTER);
    assert!(card.unwrap_command(header, field, &mut buffer).is_ok());
    for _ in 0..3 {
        let again = card.unwrap_command(header, field, &mut buffer);
        assert_eq!(again, Err(Refusal::Checksum));
    }
    let mut late = triple_des("887022120C06C227");
    assert_eq!(late.unwrap_command(header, field, &mut buffer), Err(Refusal::Checksum));
}

#[test]
fn what_does_not_fit_is_not_written() {
    let header = [0x0C, 0xD6, 0, 0];
    let mut whole = [0; 300];
    let length = triple_des(COUNTER)
        .wrap_command(header, Form::Cryptogram, &[7; 100], 4, &mut whole)
        .unwrap();
    for room in 0..length {
        let mut out = vec![0; room];
        let written =
            triple_des(COUNTER).wrap_command(header, Form::Cryptogram, &[7; 100], 4, &mut out);
        assert_eq!(written, None, "{room}");
    }
    let status = StatusWord::OK;
    let length = triple_des(COUNTER)
        .wrap_response(0xB0, Form::Cryptogram, &[7; 100], status, &mut whole)
        .unwrap();
    for room in 0..length {
        let mut out = vec![0; room];
        let written =
            triple_des(COUNTER).wrap_response(0xB0, Form::Cryptogram, &[7; 100], status, &mut out);
        assert_eq!(written, None, "{room}");
    }
}

#[test]
fn a_command_ends_in_le_and_grows_long_when_it_must() {
    let header = [0x0C, 0xD6, 0, 0];
    let mut out = vec![0; 70_000];
    // 81 81 nn in front of the data, 8E 08 and eight bytes behind them.
    for (data, ne, front, end) in [
        (242, 0, &[255][..], 1),
        (243, 0, &[0, 1, 0][..], 2),
        (1, 256, &[16][..], 1),
        (1, 257, &[0, 0, 17][..], 2),
    ] {
        let bytes = triple_des(COUNTER)
            .wrap_command(header, Form::Plain, &[7; 243][..data], ne, &mut out)
            .unwrap();
        assert_eq!(out[4..4 + front.len()], *front, "{data} bytes, Ne {ne}");
        assert_eq!(out[bytes - end..bytes], [0, 0][..end]);
    }
    for (data, ne) in [(65_521, 65_537), (65_522, 0)] {
        let data = vec![7; data];
        let written = triple_des(COUNTER).wrap_command(header, Form::Plain, &data, ne, &mut out);
        assert_eq!(written, None, "{} bytes, Ne {ne}", data.len());
    }
    let written =
        triple_des(COUNTER).wrap_command(header, Form::Plain, &vec![7; 65_521], 0, &mut out);
    assert!(written.is_some());
}
