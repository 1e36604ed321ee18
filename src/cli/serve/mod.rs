//! `tessera serve`: puts cards into virtual readers.

mod air;
mod ccid;
mod noise;
mod pn532;
mod udp;
mod vpcd;

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tessera::{
    NoAtr,
    link::Noise,
    profile,
    reader::{self, Slot, control},
    trace::Narrator,
};

use super::{Outcome, cards, ctl, record::VectorFile, say};

/// Put cards into virtual readers.
///
/// vpcd: pcscd with the driver vsmartcard-vpcd must run. The first card goes to the first slot, the
/// next to the next port. A card stays in its reader until Ctrl-C; when pcscd is restarted, it is
/// put in again.
///
/// ccid: a reader on a serial line of its own, for the driver that pcscd has of such readers
/// (libccid). It speaks T=0 and T=1 to the cards. What pcscd has to be told is printed.
///
/// pn532: a contactless reader on a serial line, for libnfc and nfcpy. All cards are in its field.
///
/// udp: nfcpy's reader that sends frames as datagrams. It knows no anticollision, so one card of
/// each type is all it finds.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// Profiles (built-in names or files) or images, one a slot
    #[arg(value_name = "PROFILE|IMAGE", default_value = profile::DEFAULT)]
    cards: Vec<String>,
    /// The virtual reader
    #[arg(long, value_enum, default_value = "vpcd")]
    reader: Reader,
    /// Which reader on a serial line it is: twin (one slot), simpro (two) or pospro (five)
    #[arg(long, value_name = "MODEL")]
    model: Option<reader::ccid::Model>,
    /// Name of the serial line: a symbolic link that is made, and goes at the end
    #[arg(long, value_name = "PATH")]
    device: Option<PathBuf>,
    #[command(flatten)]
    disturbance: noise::Disturbance,
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
    /// Where vpcd listens, or where datagrams are listened for
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port of the first card's slot [vpcd: 35963], or for datagrams [udp: 54321]
    #[arg(long, short)]
    port: Option<u16>,
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
    #[error("{files} {of} for {cards} cards")]
    MoreFiles { files: usize, of: &'static str, cards: usize },
    #[error("{option} means nothing to this reader")]
    NoUse { option: &'static str },
    #[error("signals cannot be caught: {0}")]
    Signals(#[from] ctrlc::Error),
}

/// Time between two attempts at what does not work now.
const RETRY: Duration = Duration::from_millis(200);

/// The virtual readers there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Reader {
    /// vsmartcard's vpcd: whole commands through pcscd
    Vpcd,
    /// A CCID reader on a serial line: T=0 and T=1 through pcscd
    Ccid,
    /// A PN532 on a serial line: ISO/IEC 14443 through libnfc or nfcpy
    Pn532,
    /// nfcpy's driver udp: ISO/IEC 14443 in datagrams
    Udp,
}

/// A reader that is open: given the word to stop, it starts its threads.
type Running = Box<dyn FnOnce(&Arc<AtomicBool>) -> Vec<JoinHandle<()>>>;

/// A card being served.
struct Served {
    number: usize,
    name: String,
    slot: Arc<Mutex<Slot>>,
    /// What the reader does when an order has taken the card out.
    hang_up: Mutex<Option<Box<dyn Fn() + Send>>>,
    tracing: Arc<AtomicBool>,
    away: Duration,
    /// Between card and reader there are frames.
    has_line: bool,
    /// What is to befall them from now on, until the reader has taken it.
    noise: Mutex<Option<Noise>>,
}

impl control::Served for Served {
    fn slot(&self) -> &Mutex<Slot> {
        &self.slot
    }

    fn trace(&self, on: bool) {
        self.tracing.store(on, Ordering::Relaxed);
    }

    fn hang_up(&self) {
        if let Some(hang_up) = &*self.hang_up.lock().unwrap_or_else(PoisonError::into_inner) {
            hang_up();
        }
    }

    fn disturb(&self, noise: Noise) -> bool {
        *self.noise.lock().unwrap_or_else(PoisonError::into_inner) = Some(noise);
        self.has_line
    }
}

impl Serve {
    pub(crate) fn run(self) -> Outcome {
        let slots = Arc::new(self.slots()?);
        self.refuse_what_is_not_used()?;
        let open = match self.reader {
            Reader::Vpcd => vpcd::open,
            Reader::Ccid => ccid::open,
            Reader::Pn532 => pn532::open,
            Reader::Udp => udp::open,
        };
        let reader = open(&self, &slots)?;
        let port = self.port.unwrap_or(reader::vpcd::PORT);
        let socket = self.control.clone().unwrap_or_else(|| ctl::socket_of_port(port));
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
        let threads = reader(&stop);
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

    fn refuse_what_is_not_used(&self) -> Result<(), ServeError> {
        use Reader as R;
        let options = [
            (self.model.is_some(), "--model", &[R::Ccid][..]),
            (self.device.is_some(), "--device", &[R::Ccid, R::Pn532]),
            (!self.disturbance.is_none(), "--noise or --fault", &[R::Ccid, R::Pn532, R::Udp]),
            (self.wait, "--wait", &[R::Vpcd]),
        ];
        match options.iter().find(|(is_said, _, of)| *is_said && !of.contains(&self.reader)) {
            Some((_, option, _)) => Err(ServeError::NoUse { option }),
            None => Ok(()),
        }
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
            let mut slot = cards::keep(name, image.map(PathBuf::as_path), self.sync)?;
            let name = slot.card().profile().name.clone();
            let tracing = Arc::new(AtomicBool::new(self.trace));
            let record = self.record.get(number).map(PathBuf::as_path);
            let record = record.map(|path| VectorFile::create(path, slot.card())).transpose()?;
            slot.observe(Some(observer(number, slot.card(), tracing.clone(), record)));
            slots.push(Served {
                number,
                name,
                slot: Arc::new(Mutex::new(slot)),
                hang_up: Mutex::new(None),
                tracing,
                away: Duration::from_millis(self.away_ms),
                has_line: self.reader != Reader::Vpcd,
                noise: Mutex::new(
                    (!self.disturbance.is_none()).then(|| self.disturbance.noise(number)),
                ),
            });
        }
        Ok(slots)
    }
}

impl Served {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to befall the frames from now on, when that has changed.
    fn new_noise(&self) -> Option<Noise> {
        self.noise.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What has to be done when a card has been taken out by an order.
    fn on_hang_up(&self, hang_up: impl Fn() + Send + 'static) {
        *self.hang_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hang_up));
    }

    /// Puts a card that was torn back after its time; with a time of 0 an order does it.
    fn put_back_after_a_tear(&self, stop: &AtomicBool) {
        let back_at = Instant::now() + self.away;
        while !self.away.is_zero() && !stop.load(Ordering::Relaxed) {
            if Instant::now() >= back_at {
                // One that cannot be saved waits like one that gave no answer for it.
                let _ = self.lock().insert();
                return;
            }
            thread::sleep(RETRY / 4);
        }
    }

    /// Tries to save a card that is out of the reader for that, again and again. `told`: what the
    /// user knows of it already.
    fn wait_to_be_kept(&self, stop: &AtomicBool, mut told: String) {
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

    /// Puts the card back when it has left for a tear or for its image, again and again, until
    /// `stop`: what a reader that speaks to the card itself leaves to somebody else.
    fn mind(&self, stop: &AtomicBool) {
        let mut was_dead = false;
        while !stop.load(Ordering::Relaxed) {
            let (is_torn, waits, is_dead) = {
                let slot = self.lock();
                (slot.is_torn(), slot.waits_to_be_kept(), slot.is_dead())
            };
            if waits {
                self.complain_of_keeping("");
                self.wait_to_be_kept(stop, String::new());
            } else if is_torn {
                self.put_back_after_a_tear(stop);
            }
            if is_dead && !was_dead {
                self.complain_of_death();
            }
            was_dead = is_dead;
            thread::sleep(RETRY / 4);
        }
    }

    fn complain_of_keeping(&self, why: &str) {
        self.complain(&format!(
            "{why}{}the last command is not answered and the card is out of the reader; it comes \
             back when it can be saved",
            if why.is_empty() { "" } else { ": " }
        ));
    }

    fn complain_of_death(&self) {
        self.complain(&format!(
            "{}. It stays mute and out of the reader; a card without faults comes when serve is \
             started again",
            NoAtr::MemoryFailure
        ));
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
