//! `tessera serve` and `tessera ctl` as processes, with a stand-in for vpcd that also misbehaves.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Command, Stdio},
    time::Duration,
};

use crate::fake_reader::{Directory, Line, Reader, SELECT, TRIES, WRONG_PIN};

#[test]
fn a_card_is_served_and_interrupted_cleanly() {
    let mut reader = Reader::with(&[]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert_eq!(line.ask("00B2092C0B"), "6A83");
    assert_eq!(line.ask("00B2072C0B"), "07094B30303030303132399000");
    assert_eq!(reader.stop(), 0);
}

#[test]
fn orders_reach_the_card_and_mistakes_are_told() {
    let mut reader = Reader::with(&[]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert!(reader.order("tear 3").status.success());
    assert_eq!(line.ask(WRONG_PIN), "hung up");
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert!(["63C5", "63C6"].contains(&line.ask(TRIES).as_str()));
    assert!(reader.order("remove").status.success());
    assert_eq!(line.ask("04"), "hung up");
    assert!(reader.order("insert").status.success());
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert!(reader.order("reset").status.success());
    assert_eq!(line.ask("00B2012C00"), "6A82", "the MF is current again");
    assert!(String::from_utf8_lossy(&reader.order("dump").stdout).contains("social-security"));
    let refused = reader.order("explode");
    assert!(!refused.status.success());
    let says = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(says.starts_with("tessera: expected tear N, "), "{says}");
    assert!(!reader.order("insert slot 7").status.success());
}

/// One of the telephone numbers, and what it takes to be allowed to store it.
const UPDATE: &str = "00DC033411280F303537333636363636363600000000";

fn may_update(line: &mut Line) {
    for command in [SELECT, "0020000003123456", "00A4000C02DF01"] {
        assert_eq!(line.ask(command), "9000", "{command}");
    }
}

#[test]
fn memory_that_is_stuck_is_answered_6581_and_kills_the_card_until_serve_begins_again() {
    let directory = Directory::new();
    let image = directory.join("card.image");
    let arguments = ["clinic", "--image", image.to_str().unwrap()];
    let mut reader = Reader::with(&arguments);
    let mut line = reader.accept();
    may_update(&mut line);
    let stuck = reader.order("stuck social-security");
    assert!(String::from_utf8_lossy(&stuck.stdout).starts_with("stuck: "), "{stuck:?}");
    assert_eq!(line.ask(UPDATE), "6581");
    assert_eq!(line.ask("00A4000C023F00"), "9000", "it still speaks");
    line.say("00");
    line.say("01");
    assert_eq!(line.ask("04"), "hung up");
    for _ in 0..2 {
        let says = reader.complaint();
        assert!(says.starts_with("tessera: slot 0: the card is dead: "), "{says}");
        let status = reader.order("status").stdout;
        let status = String::from_utf8_lossy(&status);
        assert!(status.contains("beside the reader, dead: "), "{status}");
        assert!(reader.order("insert").status.success());
        let mut line = reader.dial();
        assert_eq!(line.ask("04"), "hung up", "no answer to reset");
    }
    assert_eq!(reader.stop(), 0);

    let mut reader = Reader::with(&arguments);
    let mut line = reader.accept();
    may_update(&mut line);
    assert_eq!(line.ask(UPDATE), "9000", "an image keeps no faults");
}

#[test]
fn places_that_are_not_there_are_told() {
    let mut reader = Reader::with(&[]);
    let _line = reader.accept();
    let refused = reader.order("stuck nowhere");
    assert!(!refused.status.success());
    let says = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(says.starts_with("tessera: expected journal, counters, "), "{says}");
}

#[test]
fn a_reader_that_goes_is_awaited_and_the_card_is_put_in_again_without_power() {
    let mut reader = Reader::with(&[]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    drop(line);
    let mut line = reader.accept();
    assert_eq!(line.ask("00B2012C00"), "6A82", "the selection is gone with the power");
}

#[test]
fn half_frames_and_floods_leave_the_server_alive_and_the_card_whole() {
    let mut reader = Reader::with(&[]);
    let broken: [&[u8]; 4] =
        [&[0x00], &[0x00, 0x05, 0x00], &[0xFF, 0xFF, 0x00, 0xA4], &[0, 0, 0, 0, 0, 1, 9]];
    for wrong in broken {
        let mut line = reader.accept();
        line.0.write_all(wrong).unwrap();
    }
    let mut line = reader.accept();
    flood(&mut line);
    drop(line);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert_eq!(line.ask(TRIES), "63C6");
    assert_eq!(reader.stop(), 0);
}

#[test]
fn a_reader_that_floods_and_never_reads_does_not_keep_the_server_from_ending() {
    let mut reader = Reader::with(&[]);
    let mut line = reader.accept();
    flood(&mut line);
    assert_eq!(reader.stop(), 0);
}

/// Commands whose answers nobody reads, until the line is full.
fn flood(line: &mut Line) {
    line.0.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let frames = [0x00, 0x04, 0x00, 0x84, 0x00, 0x00].repeat(1000);
    while line.0.write_all(&frames).is_ok() {}
}

#[test]
fn several_cards_go_to_consecutive_ports() {
    let (first, second) = loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let next = first.local_addr().unwrap().port().wrapping_add(1);
        if let Ok(second) = TcpListener::bind(("127.0.0.1", next)) {
            break (first, second);
        }
    };
    let mut reader = Reader::on(first, &["social-security", "social-security-contact"]);
    let _first = reader.accept();
    let (stream, _) = second.accept().unwrap();
    let atr = Line(stream).ask("04");
    assert_eq!(atr, "3B6D000000815653438601330400000298");
}

#[test]
fn nobody_listening_is_told_and_waited_for_on_request() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = |extra: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        command.args(["serve", "--port", &port.to_string()]).args(extra);
        command
    };
    let output = serve(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let says = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(says.contains(&format!("nothing listens on 127.0.0.1:{port}")), "{says}");

    let directory = Directory::new();
    let control = directory.join("control");
    let mut waiting = serve(&["--wait", "--control", control.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(waiting.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("control socket: "));
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let (stream, _) = listener.accept().unwrap();
    assert!(Line(stream).ask("04").starts_with("3B8D"));
    waiting.kill().unwrap();
    waiting.wait().unwrap();
}
