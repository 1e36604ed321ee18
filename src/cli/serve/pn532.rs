//! Cards in the field of a PN532 on a serial line: a pseudo-terminal that libnfc or nfcpy opens.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tessera::reader::{Linked, pn532::Machine, pty::Pty};

use super::{
    Running, Serve, Served,
    air::{Bench, LOOK},
    say,
};
use crate::cli::{Failure, ctl};

/// How often a command that waits for a card is tried.
const TRY: Duration = Duration::from_millis(10);

/// Why there is no such reader.
#[derive(Debug, thiserror::Error)]
#[error("{0}: libnfc takes no name with a colon or a space")]
struct NameError(std::path::PathBuf);

/// The reader and what is beside it.
struct Reader {
    machine: Machine<Linked>,
    bench: Bench,
    pty: Pty,
}

/// Opens the line; the cards are in the field when somebody switches it on.
pub(super) fn open(serve: &Serve, slots: &Arc<Vec<Served>>) -> Result<Running, Failure> {
    let link = serve.device.clone().unwrap_or_else(|| ctl::runtime_file("tessera-pn532"));
    let link = std::path::absolute(link)?;
    if link.to_str().is_none_or(|name| name.contains([':', ' '])) {
        return Err(NameError(link).into());
    }
    let pty = Pty::open(&link)?;
    let (bench, field) = Bench::new(slots.clone());
    say(&format!("libnfc: LIBNFC_DEVICE=pn532_uart:{} nfc-list", link.display()));
    say(&format!("nfcpy: {}", for_nfcpy(&link)));
    bench.lines(&format!("of {}", link.display())).iter().for_each(|line| say(line));
    let mut reader = Reader { machine: Machine::new(field), bench, pty };
    Ok(Box::new(move |stop| {
        let mut threads = reader.bench.mind(stop);
        let stop = stop.clone();
        threads.push(thread::spawn(move || reader.serve(&stop)));
        threads
    }))
}

/// How nfcpy opens the line: it looks for names directly among the devices.
fn for_nfcpy(link: &Path) -> String {
    let name = link.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if link.parent() == Some(Path::new("/dev")) && is_plain {
        return format!("nfc.ContactlessFrontend(\"tty:{name}:pn532\")");
    }
    format!("ln -s {} /dev/tessera; nfc.ContactlessFrontend(\"tty:tessera:pn532\")", link.display())
}

impl Reader {
    /// Moves bytes until `stop`, or until the line fails.
    fn serve(&mut self, stop: &AtomicBool) {
        let mut bytes = [0; 4096];
        let mut told = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let patience = if self.machine.waits() { TRY } else { LOOK };
            let moved = self.pty.read(&mut bytes, patience).and_then(|read| {
                self.bench.look(self.machine.field_mut());
                let now = Instant::now();
                let passed_us = now.duration_since(std::mem::replace(&mut told, now)).as_micros();
                let mut answer = self.machine.on_time(passed_us as u64);
                answer.extend(self.machine.on_bytes(bytes.get(..read).unwrap_or_default()));
                self.pty.write(&answer)
            });
            if let Err(error) = moved {
                eprintln!("tessera: the line of the reader failed: {error}");
                return;
            }
        }
    }
}
