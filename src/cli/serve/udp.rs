//! Cards in the field of nfcpy's reader that sends frames as datagrams.

use std::{
    io::{self, ErrorKind},
    net::UdpSocket,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use tessera::reader::{
    Linked,
    udp::{Machine, PORT, datagram::BYTES_MAX},
};

use super::{
    Running, Serve, Served,
    air::{Bench, LOOK},
    say,
};
use crate::cli::Failure;

/// Why nobody can send.
#[derive(Debug, thiserror::Error)]
#[error("{host}:{port} cannot be listened at: {error}")]
struct BindError {
    host: String,
    port: u16,
    error: io::Error,
}

/// The reader and what is beside it.
struct Reader {
    machine: Machine<Linked>,
    bench: Bench,
    socket: UdpSocket,
}

/// Opens the socket; the cards are in the field when somebody sends a frame.
pub(super) fn open(serve: &Serve, slots: &Arc<Vec<Served>>) -> Result<Running, Failure> {
    let (host, port) = (serve.host.clone(), serve.port.unwrap_or(PORT));
    let socket = UdpSocket::bind((host.as_str(), port)).map_err(|error| BindError {
        host: host.clone(),
        port,
        error,
    })?;
    socket.set_read_timeout(Some(LOOK))?;
    let port = socket.local_addr()?.port();
    let (bench, field) = Bench::new(slots.clone());
    say(&format!("nfcpy: nfc.ContactlessFrontend(\"udp:{host}:{port}\")"));
    bench.lines(&format!("at {host}:{port}")).iter().for_each(|line| say(line));
    let mut reader = Reader { machine: Machine::new(field), bench, socket };
    Ok(Box::new(move |stop| {
        let mut threads = reader.bench.mind(stop);
        let stop = stop.clone();
        threads.push(thread::spawn(move || reader.serve(&stop)));
        threads
    }))
}

impl Reader {
    /// Answers datagrams until `stop`.
    fn serve(&mut self, stop: &AtomicBool) {
        // A byte more, so that one that is too long is seen to be.
        let mut bytes = [0; BYTES_MAX + 1];
        let mut told = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            let received = self.socket.recv_from(&mut bytes);
            self.bench.look(self.machine.field_mut());
            let now = Instant::now();
            let passed_us = now.duration_since(std::mem::replace(&mut told, now)).as_micros();
            self.machine.rest(passed_us as u64);
            match received {
                Ok((length, from)) => {
                    let datagram = bytes.get(..length).unwrap_or_default();
                    if let Some(answer) = self.machine.on_datagram(from, datagram) {
                        // A reader that has gone hears nothing, as in a real field.
                        let _ = self.socket.send_to(&answer, from);
                    }
                }
                Err(error) if is_momentary(&error) => {}
                Err(error) => {
                    eprintln!("tessera: the reader's socket failed: {error}");
                    return;
                }
            }
        }
    }
}

/// Nothing has come, or what was sent found nobody.
fn is_momentary(error: &io::Error) -> bool {
    use ErrorKind as K;
    let kinds =
        [K::WouldBlock, K::TimedOut, K::Interrupted, K::ConnectionRefused, K::ConnectionReset];
    kinds.contains(&error.kind())
}
