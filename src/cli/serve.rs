//! `tessera serve`: puts cards into virtual PC/SC readers.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use tessera::{
    NoAtr, profile,
    reader::{
        Slot, SlotError, control,
        vpcd::{self, Ended},
    },
    trace::Narrator,
};

use super::{Outcome, cards, ctl, record::VectorFile, say};

/// Put cards into vsmartcard's virtual PC/SC readers.
///
/// pcscd with the driver vsmartcard-vpcd must run. The first card goes to the first slot, the next
/// to the next port. A card stays in its reader until Ctrl-C; when pcscd is restarted, it is put in
/// again.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// Profiles (built-in names or files) or images, one a slot
    #[arg(value_name = "PROFILE|IMAGE", default_value = profile::DEFAULT)]
    cards: Vec<String>,
    /// Keep the n-th card in the n-th such file: opened if it is there, else made and saved
    #[arg(long, short, value_name = "FILE")]
    image: Vec<PathBuf>,
    /// Answer a command only when the disk has what it changed: a crash of the machine loses
    /// nothing either
    ///
    /// Without it a card loses no answered command when this program is killed at any moment, but
    /// the last may be missing when the machine crashes.
    #[arg(long, requires = "image")]
    sync: bool,
    /// Where vpcd listens
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the first card's slot
    #[arg(long, short, default_value_t = vpcd::PORT)]
    port: u16,
    /// Wait for vpcd instead of failing when nothing listens at the start
    #[arg(long)]
    wait: bool,
    /// Write what is said to and by the cards, in words
    #[arg(long, short)]
    trace: bool,
    /// Write what happens in the n-th slot as a vector, to the n-th such new file (.vec)
    #[arg(long, value_name = "FILE")]
    record: Vec<PathBuf>,
    /// Socket for `tessera ctl`
    #[arg(long, value_name = "SOCKET")]
    control: Option<PathBuf>,
    /// How long a torn card stays out of its reader, in milliseconds
    ///
    /// 0: until `tessera ctl insert`. pcscd looks every 400 ms: below 600 it may miss that the
    /// card was gone, and the card has no power then.
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    away_ms: u64,
}

/// Why serving ends with an error.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(
        "nothing listens on {host}:{port} ({error}); start pcscd with the driver vsmartcard-vpcd first, or say --wait"
    )]
    NobodyListens { host: String, port: u16, error: io::Error },
    #[error("{files} {of} for {cards} cards")]
    MoreFiles { files: usize, of: &'static str, cards: usize },
    #[error("port {0} is the last one; there is no slot beyond it")]
    NoPort(u16),
    #[error("signals cannot be caught: {0}")]
    Signals(#[from] ctrlc::Error),
}

/// Time between two attempts to reach a reader that has gone.
const RETRY: Duration = Duration::from_millis(200);

/// How long a card stays away at least. pcscd looks every 0.4 s whether a card is there; one that
/// is back sooner has never left for it, so it gives no power and its next command has no answer.
const AWAY_AT_LEAST: Duration = Duration::from_millis(600);

/// A card being served.
struct Served {
    number: usize,
    name: String,
    address: (String, u16),
    slot: Mutex<Slot>,
    /// The line to the reader, to be cut from outside.
    line: Mutex<Option<TcpStream>>,
    tracing: Arc<AtomicBool>,
    away: Duration,
}

impl control::Served for Served {
    fn slot(&self) -> &Mutex<Slot> {
        &self.slot
    }

    fn trace(&self, on: bool) {
        self.tracing.store(on, Ordering::Relaxed);
    }

    fn hang_up(&self) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line.as_ref() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }
}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        let slots = Arc::new(self.slots()?);
        if !self.wait {
            for served in slots.iter() {
                self.somebody_listens(served)?;
            }
        }
        let socket = self.control.clone().unwrap_or_else(|| ctl::socket_of_port(self.port));
        let listener = ctl::listen(&socket)?;
        // Before the first word: whoever reads it may end this at once. Nobody listens any more
        // after the first signal.
        let (done, finished) = mpsc::channel();
        ctrlc::set_handler(move || done.send(()).unwrap_or_default())
            .map_err(ServeError::Signals)?;
        say(&format!("control socket: {}", socket.display()));
        {
            let slots = slots.clone();
            thread::spawn(move || answer_orders(&listener, &slots));
        }
        let stop = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..slots.len())
            .map(|n| {
                let (slots, stop) = (slots.clone(), stop.clone());
                thread::spawn(move || slots[n].serve(&stop))
            })
            .collect();
        let _ = finished.recv();
        stop.store(true, Ordering::Relaxed);
        slots.iter().for_each(control::Served::hang_up);
        for thread in threads {
            let _ = thread.join();
        }
        // The thread that answers orders keeps the slots.
        slots.iter().for_each(|served| served.lock().close());
        let _ = std::fs::remove_file(&socket);
        say("all cards are out of their readers");
        Ok(ExitCode::SUCCESS)
    }

    fn slots(&self) -> Result<Vec<Served>, Box<dyn std::error::Error>> {
        let cards = self.cards.len();
        for (files, of) in [(self.image.len(), "images"), (self.record.len(), "recordings")] {
            if files > cards {
                return Err(ServeError::MoreFiles { files, of, cards }.into());
            }
        }
        let mut slots = Vec::new();
        for (number, name) in self.cards.iter().enumerate() {
            let image = self.image.get(number);
            let port = u16::try_from(number).ok().and_then(|n| self.port.checked_add(n));
            let port = port.ok_or(ServeError::NoPort(self.port))?;
            let mut slot = cards::keep(name, image.map(PathBuf::as_path), self.sync)?;
            let name = slot.card().profile().name.clone();
            let tracing = Arc::new(AtomicBool::new(self.trace));
            let record = self.record.get(number).map(PathBuf::as_path);
            let record = record.map(|path| VectorFile::create(path, slot.card())).transpose()?;
            slot.observe(Some(observer(number, slot.card(), tracing.clone(), record)));
            slots.push(Served {
                number,
                name,
                address: (self.host.clone(), port),
                slot: Mutex::new(slot),
                line: Mutex::new(None),
                tracing,
                away: Duration::from_millis(self.away_ms),
            });
        }
        Ok(slots)
    }

    fn somebody_listens(&self, served: &Served) -> Result<(), ServeError> {
        let (host, port) = served.address.clone();
        match served.connect() {
            Ok(line) => {
                *served.line.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
                Ok(())
            }
            Err(error) => Err(ServeError::NobodyListens { host, port, error }),
        }
    }
}

impl Served {
    fn connect(&self) -> io::Result<TcpStream> {
        let (host, port) = &self.address;
        let line = TcpStream::connect((host.as_str(), *port))?;
        line.set_nodelay(true)?;
        Ok(line)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line made at the start, or a new one.
    fn next_line(&self) -> io::Result<TcpStream> {
        let mut kept = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let line = match kept.take() {
            Some(line) => line,
            None => self.connect()?,
        };
        *kept = Some(line.try_clone()?);
        Ok(line)
    }

    /// Puts the card into its reader, again and again, until `stop`.
    fn serve(&self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            if !self.lock().is_present() {
                thread::sleep(RETRY / 4);
                continue;
            }
            let Ok(mut line) = self.next_line() else {
                thread::sleep(RETRY);
                continue;
            };
            let (host, port) = &self.address;
            say(&format!("slot {}: {} is in the reader at {host}:{port}", self.number, self.name));
            let ended = vpcd::serve(&mut line, &self.slot);
            *self.line.lock().unwrap_or_else(PoisonError::into_inner) = None;
            drop(line);
            self.lock().power_off();
            if stop.load(Ordering::Relaxed) {
                break;
            }
            match &ended {
                Ended::Keep(_) => self.complain(&format!(
                    "{ended}. The last command is not answered and the card is out of the reader; \
                     it comes back when it can be saved"
                )),
                _ if self.lock().is_dead() => self.complain(&format!(
                    "{}. It stays mute and out of the reader; a card without faults comes when \
                     serve is started again",
                    NoAtr::MemoryFailure
                )),
                _ => say(&format!("slot {}: {ended}", self.number)),
            }
            match ended {
                Ended::NoAnswer(SlotError::Torn) if self.away.is_zero() => {}
                Ended::NoAnswer(SlotError::Torn) => {
                    thread::sleep(self.away);
                    // One that cannot be saved waits like one that gave no answer for it.
                    let _ = self.lock().insert();
                }
                _ => thread::sleep(AWAY_AT_LEAST),
            }
            self.wait_to_be_kept(stop, &ended);
        }
    }

    /// Tries to save a card that is out of the reader for that, again and again.
    fn wait_to_be_kept(&self, stop: &AtomicBool, ended: &Ended) {
        let mut told = match ended {
            Ended::Keep(SlotError::Keep(error)) => error.to_string(),
            _ => String::new(),
        };
        while self.lock().waits_to_be_kept() && !stop.load(Ordering::Relaxed) {
            let inserted = self.lock().insert();
            match inserted {
                Ok(()) => say(&format!("slot {}: the card is saved again", self.number)),
                Err(error) => {
                    let error = error.to_string();
                    if error != told {
                        self.complain(&format!("the card still cannot be kept: {error}"));
                    }
                    told = error;
                    thread::sleep(RETRY);
                }
            }
        }
    }

    fn complain(&self, what: &str) {
        eprintln!("tessera: slot {}: {what}", self.number);
    }
}

/// Writes events in words while tracing is on, and as a vector where that is asked for.
fn observer(
    number: usize,
    card: &tessera::Card,
    tracing: Arc<AtomicBool>,
    mut record: Option<VectorFile>,
) -> tessera::reader::slot::Observer {
    let mut narrator = Narrator::new(card.profile().vocabulary());
    Box::new(move |_, event| {
        if let Some(record) = &mut record {
            record.write(event);
        }
        let told = narrator.tell(event);
        if tracing.load(Ordering::Relaxed) {
            say(&told.to_string().lines().fold(String::new(), |text, line| {
                let separator = if text.is_empty() { "" } else { "\n" };
                format!("{text}{separator}{number}| {line}")
            }));
        }
    })
}

/// Serves `tessera ctl`, one order a connection.
fn answer_orders(listener: &ctl::Listener, slots: &[Served]) {
    for connection in listener.incoming() {
        let Ok(mut connection) = connection else { continue };
        let _ = connection.set_read_timeout(Some(Duration::from_secs(2)));
        let mut order = String::new();
        let limit = control::ORDER_BYTES_MAX as u64;
        let read = BufReader::new((&mut connection).take(limit)).read_line(&mut order);
        let answer = match read {
            Ok(_) => control::obey(&order, slots),
            Err(error) => format!("error: {error}\n"),
        };
        let _ = connection.write_all(answer.as_bytes());
    }
}
