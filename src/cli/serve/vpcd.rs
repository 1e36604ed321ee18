//! Cards in vsmartcard's virtual PC/SC readers: each connects to vpcd, again and again.

use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tessera::reader::{
    SlotError,
    vpcd::{self, Ended},
};

use super::{RETRY, Running, Serve, Served, say};
use crate::cli::Failure;

/// How long a card stays away at least. pcscd looks every 0.4 s whether a card is there; one that
/// is back sooner has never left for it, so it gives no power and its next command has no answer.
const AWAY_AT_LEAST: Duration = Duration::from_millis(600);

/// Why a card cannot be put into its reader.
#[derive(Debug, thiserror::Error)]
enum VpcdError {
    #[error(
        "nothing listens on {host}:{port} ({error}); start pcscd with the driver vsmartcard-vpcd first, or say --wait"
    )]
    NobodyListens { host: String, port: u16, error: io::Error },
    #[error("port {0} is the last one; there is no slot beyond it")]
    NoPort(u16),
}

/// One card and its line to vpcd.
struct Connection {
    host: String,
    port: u16,
    /// The line to the reader, to be cut from outside.
    line: Mutex<Option<TcpStream>>,
}

/// Reaches vpcd once for each card, then keeps them all in their readers.
pub(super) fn open(serve: &Serve, slots: &Arc<Vec<Served>>) -> Result<Running, Failure> {
    let mut connections = Vec::new();
    for served in slots.iter() {
        let first = serve.port.unwrap_or(vpcd::PORT);
        let port = u16::try_from(served.number).ok().and_then(|n| first.checked_add(n));
        let port = port.ok_or(VpcdError::NoPort(first))?;
        let connection = Connection { host: serve.host.clone(), port, line: Mutex::new(None) };
        if !serve.wait {
            let line = connection.connect().map_err(|error| VpcdError::NobodyListens {
                host: serve.host.clone(),
                port,
                error,
            })?;
            *connection.kept() = Some(line);
        }
        connections.push(Arc::new(connection));
    }
    for (served, connection) in slots.iter().zip(&connections) {
        let connection = connection.clone();
        served.on_hang_up(move || connection.cut());
    }
    let slots = slots.clone();
    Ok(Box::new(move |stop| {
        let threads = connections.into_iter().enumerate().map(|(n, connection)| {
            let (slots, stop) = (slots.clone(), stop.clone());
            thread::spawn(move || {
                if let Some(served) = slots.get(n) {
                    connection.serve(served, &stop);
                }
            })
        });
        threads.collect()
    }))
}

impl Connection {
    fn connect(&self) -> io::Result<TcpStream> {
        let line = TcpStream::connect((self.host.as_str(), self.port))?;
        line.set_nodelay(true)?;
        Ok(line)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<TcpStream>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self) {
        if let Some(line) = self.kept().as_ref() {
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// The line made at the start, or a new one.
    fn next_line(&self) -> io::Result<TcpStream> {
        let mut kept = self.kept();
        let line = match kept.take() {
            Some(line) => line,
            None => self.connect()?,
        };
        *kept = Some(line.try_clone()?);
        Ok(line)
    }

    /// Puts the card into its reader, again and again, until `stop`.
    fn serve(&self, served: &Served, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            if !served.lock().is_present() {
                thread::sleep(RETRY / 4);
                continue;
            }
            let Ok(mut line) = self.next_line() else {
                thread::sleep(RETRY);
                continue;
            };
            let (host, port) = (&self.host, self.port);
            say(&format!(
                "slot {}: {} is in the reader at {host}:{port}",
                served.number, served.name
            ));
            let ended = vpcd::serve(&mut line, &served.slot);
            *self.kept() = None;
            drop(line);
            served.lock().power_off();
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let told = match &ended {
                Ended::Keep(SlotError::Keep(error)) => error.to_string(),
                _ => String::new(),
            };
            match &ended {
                Ended::Keep(error) => served.complain_of_keeping(&error.to_string()),
                _ if served.lock().is_dead() => served.complain_of_death(),
                _ => say(&format!("slot {}: {ended}", served.number)),
            }
            match ended {
                Ended::NoAnswer(SlotError::Torn) => served.put_back_after_a_tear(stop),
                _ => thread::sleep(AWAY_AT_LEAST),
            }
            served.wait_to_be_kept(stop, told);
        }
    }
}
