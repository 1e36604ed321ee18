//! ENVELOPE on a T=0 line: parts, the last of them, and what does not fit.

use Interface::{Contact, ContactlessA};

use super::*;
use crate::link::Delivery;

/// ECHO of `n` bytes as an extended command, with these bytes of Le behind them.
fn echo(n: usize, le: &[u8]) -> Vec<u8> {
    let length = (n as u16).to_be_bytes();
    let data = (0..n).map(|byte| byte as u8).collect::<Vec<_>>();
    [&[0x00, 0x12, 0, 0, 0, length[0], length[1]][..], &data, le].concat()
}

fn envelope(part: &[u8]) -> Vec<u8> {
    [&[0x00, 0xC2, 0, 0, part.len() as u8][..], part].concat()
}

/// The status words of a command sent in parts of `bytes` bytes.
fn send(card: &mut Card, command: &[u8], bytes: usize) -> Vec<String> {
    let parts = command.chunks(bytes);
    parts.map(|part| hex::encode_upper(card.transmit(&envelope(part)).unwrap())).collect()
}

/// All of a held answer, fetched.
fn fetch(card: &mut Card) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let answer = card.transmit(&bytes("00C0000000")).unwrap();
        let answer = match answer[..] {
            [0x6C, left] => card.transmit(&[0x00, 0xC0, 0, 0, left]).unwrap(),
            _ => answer,
        };
        let (data, status) = answer.split_last_chunk::<2>().unwrap();
        whole.extend_from_slice(data);
        match status {
            [0x61, _] => {}
            [0x90, 0x00] => return whole,
            other => panic!("{other:02X?}"),
        }
    }
}

fn runs(card: &mut Card) -> u8 {
    card.transmit(&bytes("0018000001")).unwrap()[0]
}

#[test]
fn a_long_command_runs_with_its_last_part_and_its_answer_is_fetched() {
    // 502 bytes: the second part ends within the Le.
    for (n, part) in [(300, 255), (300, 254), (300, 103), (300, 8), (502, 255), (757, 255)] {
        let mut card = card_after(Contact, &[SELECT_A]);
        let answers = send(&mut card, &echo(n, &[0, 0]), part);
        let (last, before) = answers.split_last().unwrap();
        assert!(before.iter().all(|answer| answer == "9000"), "{n}, {part}: {answers:?}");
        assert_eq!(last, "6100", "{n}, {part}: more than 255 bytes wait");
        // Nothing follows, says the reader; that takes nothing away.
        check(&mut card, &[("00C20000", "6100")]);
        assert_eq!(fetch(&mut card), echo(n, &[])[7..], "{n} in parts of {part}");
        assert_eq!(runs(&mut card), 1);
    }
}

/// 7 + 503 bytes are two full parts: a reader then sends the Le alone.
#[test]
fn an_le_that_comes_as_a_part_of_its_own_runs_nothing_again() {
    let mut card = card_after(Contact, &[SELECT_A]);
    let answers = send(&mut card, &echo(503, &[0, 0]), 255);
    assert_eq!(answers, ["9000", "6100", "6100"]);
    assert_eq!(fetch(&mut card), echo(503, &[])[7..]);
    assert_eq!(runs(&mut card), 1);
    // Without an answer to fetch, two bytes are the beginning of a command.
    check(&mut card, &[("00C2000002 0012", "9000"), ("00C2000002 0000", "9000")]);
}

#[test]
fn a_command_without_an_answer_ends_with_its_own_status_word() {
    let mut card = card_after(Contact, &[SELECT_A]);
    let refused = [&[0x00, 0x16, 0x6A, 0x80, 0, 1, 0][..], &[0; 256]].concat();
    assert_eq!(send(&mut card, &refused, 255), ["9000", "6A80"]);
    // A short command may come so too.
    check(&mut card, &[("00C2000008 0012000003AABBCC", "6103"), ("00C0000003", "AABBCC 9000")]);
}

#[test]
fn any_other_command_forgets_the_parts() {
    for between in ["0018000001", "00C0000000", "00A40000", "8018000000"] {
        let mut card = card_after(Contact, &[SELECT_A]);
        let command = echo(300, &[]);
        assert_eq!(send(&mut card, &command[..255], 255), ["9000"]);
        card.transmit(&bytes(between)).unwrap();
        // What was the second part begins a command now: 52 bytes that announce 76 and more.
        assert_eq!(send(&mut card, &command[255..], 255), ["9000"], "after {between}");
    }
}

#[test]
fn what_is_no_part_is_refused() {
    let mut card = card_after(Contact, &[SELECT_A]);
    check(&mut card, &[("00C2000100", "6A86"), ("00C2010002 0012", "6A86"), ("00C20000", "6700")]);
    assert_eq!(runs(&mut card), 0);
    // An envelope in an envelope is a command nobody has.
    check(&mut card, &[("00C2000007 00C2000002 0012", "6D00")]);
}

/// This card takes 2,048 bytes of data in a command.
#[test]
fn more_than_the_card_takes_is_refused_and_forgotten() {
    let mut card = testing::made("tiny");
    card.set_interface(Contact);
    card.power_on().unwrap();
    let answers = send(&mut card, &echo(2049, &[0, 0]), 255);
    assert_eq!(answers.last().map(String::as_str), Some("6700"), "{answers:?}");
    let answers = send(&mut card, &echo(4000, &[0, 0]), 255);
    assert_eq!(answers[8], "6700", "{answers:?}");
    check(&mut card, &[("00C2000005 0010000001", "9000")]);
}

#[test]
fn where_commands_come_whole_it_is_the_applets_business() {
    let mut card = card_after(ContactlessA, &[SELECT_A]);
    check(&mut card, &[("00C2000002 0012", "6D00")]);
    let mut card = card_after(Contact, &[SELECT_A]);
    card.set_delivery(Delivery::Apdus);
    check(&mut card, &[("00C2000002 0012", "6D00")]);
    card.power_on().unwrap();
    check(&mut card, &[("00C2000002 0012", "9000")]);
}
