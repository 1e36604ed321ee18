//! A stand-in for vpcd, and a `tessera serve` that puts its card into it; for the tests of both.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

pub(crate) const SELECT: &str = "00A4040C0F7378312E73682EC9E7BBE1B1A3D5CF";
pub(crate) const WRONG_PIN: &str = "0020000003999999";
pub(crate) const TRIES: &str = "00200000";

/// A directory of one test, gone with it.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tessera-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Names of what is in it, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The reader's side: a listener, and a serve that connects to it.
pub(crate) struct Reader {
    pub(crate) listener: TcpListener,
    pub(crate) serve: Child,
    pub(crate) control: PathBuf,
    errors: BufReader<ChildStderr>,
    _directory: Directory,
}

impl Reader {
    pub(crate) fn with(arguments: &[&str]) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), arguments)
    }

    pub(crate) fn on(listener: TcpListener, arguments: &[&str]) -> Self {
        Self::begun(Command::new(env!("CARGO_BIN_EXE_tessera")), listener, arguments)
    }

    /// A serve that a shell begins after it has run a line of its own.
    pub(crate) fn after(shell_line: &str, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{shell_line}; exec \"$@\""), "sh"]);
        shell.arg(env!("CARGO_BIN_EXE_tessera"));
        Self::begun(shell, TcpListener::bind("127.0.0.1:0").unwrap(), arguments)
    }

    fn begun(mut command: Command, listener: TcpListener, arguments: &[&str]) -> Self {
        let directory = Directory::new();
        let control = directory.join("control");
        let port = listener.local_addr().unwrap().port().to_string();
        listener.set_nonblocking(true).unwrap();
        let mut serve = command
            .args(["serve", "--port", &port, "--away-ms", "50", "--control"])
            .arg(&control)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = BufReader::new(serve.stderr.take().unwrap());
        Self { listener, serve, control, errors, _directory: directory }
    }

    /// The next connection, as vpcd begins it.
    pub(crate) fn accept(&mut self) -> Line {
        let mut line = self.dial();
        assert!(line.ask("04").starts_with("3B"), "the answer to reset");
        line.say("01");
        line
    }

    /// The next connection, on which nothing has been said.
    pub(crate) fn dial(&mut self) -> Line {
        let stream = loop {
            if let Ok((stream, _)) = self.listener.accept() {
                break stream;
            }
            let ended = self.serve.try_wait().unwrap();
            assert!(ended.is_none(), "serve has ended with {ended:?}");
            thread::sleep(Duration::from_millis(2));
        };
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Line(stream)
    }

    /// A connection to a card whose application is selected.
    pub(crate) fn selected(&mut self) -> Line {
        let mut line = self.accept();
        assert_eq!(line.ask(SELECT), "9000");
        line
    }

    /// The next line that serve writes for its operator.
    pub(crate) fn complaint(&mut self) -> String {
        let mut line = String::new();
        self.errors.read_line(&mut line).unwrap();
        line
    }

    /// What a serve that ends with an error says.
    pub(crate) fn refusal(&mut self) -> String {
        let status = loop {
            assert!(self.listener.accept().is_err(), "it serves");
            match self.serve.try_wait().unwrap() {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        assert_eq!(status.code(), Some(1));
        let mut says = String::new();
        self.errors.read_to_string(&mut says).unwrap();
        says
    }

    pub(crate) fn kill(mut self) {
        self.serve.kill().unwrap();
        self.serve.wait().unwrap();
    }

    pub(crate) fn order(&self, order: &str) -> Output {
        ctl(&self.control, order)
    }

    pub(crate) fn stop(mut self) -> i32 {
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

pub(crate) fn ctl(control: &Path, order: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tessera"))
        .args(["ctl", "--control"])
        .arg(control)
        .args(order.split(' '))
        .output()
        .unwrap()
}

pub(crate) struct Line(pub(crate) TcpStream);

impl Line {
    pub(crate) fn say(&mut self, frame: &str) {
        let body = hex::decode(frame).unwrap();
        let mut bytes = (body.len() as u16).to_be_bytes().to_vec();
        bytes.extend(body);
        self.0.write_all(&bytes).unwrap();
    }

    /// The answer in hex, `hung up` when there is none.
    pub(crate) fn ask(&mut self, frame: &str) -> String {
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
