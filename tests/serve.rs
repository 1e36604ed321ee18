//! `tessera serve` and `tessera ctl` as processes, with a stand-in for vpcd that also misbehaves.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const SELECT: &str = "00A4040C0F7378312E73682EC9E7BBE1B1A3D5CF";
const WRONG_PIN: &str = "0020000003999999";
const TRIES: &str = "00200000";

/// A directory of one test, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tessera-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The reader's side: a listener, and a serve that connects to it.
struct Reader {
    listener: TcpListener,
    serve: Child,
    control: PathBuf,
    _directory: Directory,
}

impl Reader {
    fn with(arguments: &[&str]) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), arguments)
    }

    fn on(listener: TcpListener, arguments: &[&str]) -> Self {
        let directory = Directory::new();
        let control = directory.join("control");
        let port = listener.local_addr().unwrap().port().to_string();
        let serve = Command::new(env!("CARGO_BIN_EXE_tessera"))
            .args(["serve", "--port", &port, "--away-ms", "50", "--control"])
            .arg(&control)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { listener, serve, control, _directory: directory }
    }

    /// The next connection, as vpcd begins it.
    fn accept(&self) -> Line {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut line = Line(stream);
        assert!(line.ask("04").starts_with("3B"), "the answer to reset");
        line.say("01");
        line
    }

    fn order(&self, order: &str) -> Output {
        ctl(&self.control, order)
    }

    fn stop(mut self) -> i32 {
        let interrupted =
            Command::new("kill").args(["-INT", &self.serve.id().to_string()]).status();
        assert!(interrupted.unwrap().success());
        self.serve.wait().unwrap().code().unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.serve.kill();
        let _ = self.serve.wait();
    }
}

fn ctl(control: &Path, order: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["ctl", "--control"])
        .arg(control)
        .args(order.split(' '))
        .output()
        .unwrap()
}

struct Line(TcpStream);

impl Line {
    fn say(&mut self, frame: &str) {
        let body = hex::decode(frame).unwrap();
        let mut bytes = (body.len() as u16).to_be_bytes().to_vec();
        bytes.extend(body);
        self.0.write_all(&bytes).unwrap();
    }

    /// The answer in hex, `hung up` when there is none.
    fn ask(&mut self, frame: &str) -> String {
        self.say(frame);
        let mut length = [0; 2];
        if self.0.read_exact(&mut length).is_err() {
            return "hung up".into();
        }
        let mut body = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut body).unwrap();
        hex::encode_upper(body)
    }
}

#[test]
fn a_card_is_served_and_interrupted_cleanly() {
    let reader = Reader::with(&[]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert_eq!(line.ask("00B2092C0B"), "6A83");
    assert_eq!(line.ask("00B2072C0B"), "07094B30303030303132399000");
    assert_eq!(reader.stop(), 0);
}

#[test]
fn orders_reach_the_card_and_mistakes_are_told() {
    let reader = Reader::with(&[]);
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

#[test]
fn a_killed_server_loses_no_answered_command() {
    let directory = Directory::new();
    let image = directory.join("card.image");
    let image = image.to_str().unwrap();
    for left in (0..6).rev() {
        let mut reader = Reader::with(&["--image", image]);
        let mut line = reader.accept();
        assert_eq!(line.ask(SELECT), "9000");
        assert_eq!(line.ask(WRONG_PIN), format!("63C{left}"));
        reader.serve.kill().unwrap();
        reader.serve.wait().unwrap();
    }
    let reader = Reader::with(&["--image", image]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    assert_eq!(line.ask(WRONG_PIN), "6983");
}

#[test]
fn an_image_in_use_is_refused() {
    let directory = Directory::new();
    let image = directory.join("card.image");
    let image = image.to_str().unwrap();
    let reader = Reader::with(&["--image", image]);
    let _line = reader.accept();
    let mut second = Reader::with(&["--image", image]);
    assert_eq!(second.serve.wait().unwrap().code(), Some(1));
    let mut says = String::new();
    second.serve.stderr.take().unwrap().read_to_string(&mut says).unwrap();
    assert!(says.contains("another program keeps a card in it"), "{says}");
}

#[test]
fn a_reader_that_goes_is_awaited_and_the_card_is_put_in_again_without_power() {
    let reader = Reader::with(&[]);
    let mut line = reader.accept();
    assert_eq!(line.ask(SELECT), "9000");
    drop(line);
    let mut line = reader.accept();
    assert_eq!(line.ask("00B2012C00"), "6A82", "the selection is gone with the power");
}

#[test]
fn half_frames_and_floods_leave_the_server_alive_and_the_card_whole() {
    let reader = Reader::with(&[]);
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
    let reader = Reader::with(&[]);
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
    let reader = Reader::on(first, &["social-security", "social-security-contact"]);
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
