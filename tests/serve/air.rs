//! `tessera serve` with readers that have an air, as processes: datagrams, a line, orders beside.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    net::UdpSocket,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long an answer is waited for that comes, and one that does not.
const SOON: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_millis(300);

/// A server, ended when it goes.
struct Serve {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    directory: PathBuf,
}

impl Serve {
    fn with(name: &str, arguments: &[&str]) -> Self {
        let directory =
            std::env::temp_dir().join(format!("tessera-air-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_tessera"))
            .current_dir(&directory)
            .args(["serve", "--control", "control"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines, directory }
    }

    /// The next line that begins so, without that.
    fn says(&mut self, start: &str) -> String {
        loop {
            let line = self.lines.next().unwrap().unwrap();
            if let Some(rest) = line.strip_prefix(start) {
                return rest.into();
            }
        }
    }

    fn order(&self, order: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        command.current_dir(&self.directory).args(["ctl", "--control", "control"]);
        let output = command.args(order.split(' ')).output().unwrap();
        // The reader looks at its cards at least so often.
        thread::sleep(Duration::from_millis(120));
        output
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

const SELECT: &str = "00a4040c0f7378312e73682ec9e7bbe1b1a3d5cf";

#[test]
fn a_card_answers_datagrams_and_comes_and_goes() {
    let mut serve = Serve::with("udp", &["--reader", "udp", "--port", "0"]);
    let to = serve.says("nfcpy: nfc.ContactlessFrontend(\"udp:");
    let to = to.trim_end_matches("\")").to_owned();
    serve.says("control socket: ");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ask = |text: &str, patience: Duration| {
        socket.set_read_timeout(Some(patience)).unwrap();
        socket.send_to(text.as_bytes(), &to).unwrap();
        let mut answer = [0; 1024];
        let length = socket.recv(&mut answer).unwrap_or(0);
        String::from_utf8(answer[..length].to_vec()).unwrap()
    };
    let activate = || {
        assert_eq!(ask("106A 26", SOON), "106A 0400");
        let uid = ask("106A 9320", SOON).split_off(5);
        assert!(uid.starts_with("08"), "{uid}");
        assert_eq!(ask(&format!("106A 9370{uid}"), SOON), "106A 20");
        assert!(ask("106A e080", SOON).starts_with("106A 12"));
    };
    activate();
    assert_eq!(ask(&format!("106A 02{SELECT}"), SOON), "106A 029000");
    assert_eq!(ask("106A 0300200000", SOON), "106A 0363c6");
    assert!(serve.order("fault 1 damaged").status.success());
    assert_eq!(ask("106A 0200200000", SOON), "106A");
    assert_eq!(ask("106A b2", SOON), "106A 0263c6");
    assert!(serve.order("remove").status.success());
    assert_eq!(ask("106A b2", NEVER), "");
    assert!(serve.order("insert").status.success());
    activate();
    assert_eq!(ask("106A 0200b2012c00", SOON), "106A 026a82", "the MF is current again");
}

/// A host at a reader's line.
struct Host {
    line: File,
    heard: mpsc::Receiver<u8>,
}

impl Host {
    fn at(device: &str) -> Self {
        let line = OpenOptions::new().read(true).write(true).open(device).unwrap();
        let mut reading = line.try_clone().unwrap();
        let (send, heard) = mpsc::channel();
        thread::spawn(move || {
            let mut byte = [0];
            while reading.read_exact(&mut byte).is_ok() && send.send(byte[0]).is_ok() {}
        });
        Self { line, heard }
    }

    fn ask(&mut self, frame: &str, bytes: usize) -> String {
        self.line.write_all(&hex::decode(frame).unwrap()).unwrap();
        let heard: Vec<u8> = (0..bytes).map(|_| self.heard.recv_timeout(SOON).unwrap()).collect();
        hex::encode_upper(heard)
    }
}

#[test]
fn a_chip_answers_at_its_line() {
    let mut serve = Serve::with("pn532", &["--reader", "pn532", "--device", "line"]);
    let device = serve.says("libnfc: LIBNFC_DEVICE=pn532_uart:");
    let device = device.trim_end_matches(" nfc-list").to_owned();
    serve.says("control socket: ");
    let mut host = Host::at(&device);
    let version = "0000FF00FF000000FF06FAD50332010607E800";
    assert_eq!(host.ask("5555000000000000FF02FED4022A00", 19), version);
    // InListPassiveTarget: two targets at most, Type A; one card, whose UID is random.
    let found = host.ask("0000FF04FCD44A0200E000", 6 + 5 + 12 + 18 + 2);
    assert_eq!(found[12..40], *"0000FF1EE2D54B01010004200408", "{found}");
}

#[test]
fn what_a_reader_has_no_use_for_is_refused() {
    for (arguments, option) in [
        (&["--reader", "udp", "--device", "line"][..], "--device"),
        (&["--reader", "pn532", "--model", "twin"], "--model"),
        (&["--reader", "pn532", "--wait"], "--wait"),
        (&["--noise", "1"], "--noise"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        let output = command.arg("serve").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(says.contains(option) && says.contains("means nothing"), "{says}");
    }
}
