//! `tessera ctl`: speaks to a running serve over its local socket.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::ExitCode,
};

use tessera::{image::ImageFile, reader::vpcd};

use super::{Outcome, say};

/// The server's end of the control socket.
pub(crate) type Listener = UnixListener;

/// Speak to a running serve: faults and views that a reader cannot ask for.
///
/// Orders: tear N (power fails in pulse N of the next command that gives pulses), tear-recovery N,
/// stuck WHERE, random HEX (the random bytes the card draws next), remove, insert, reset, dump,
/// image, trace on, trace off, status; then nothing or `slot N`.
///
/// With a reader that has a line or an air also: fault FRAME KIND ... (the frame of this number
/// from now, from 0 and both directions counted, is lost, damaged, late or doubled; and the next
/// so named), noise SEED PER_MILLE (each may be), noise off.
///
/// WHERE is `journal`, `counters` or an application as `dump` names it, each with `+OFFSET` or
/// without, or an address, in hexadecimal. The pages there take no more pulses: the next change is
/// answered 6581, and a card that cannot settle its memory at the next power-up is dead and mute.
/// Images keep no faults: serve started again has a card without them.
#[derive(clap::Args)]
pub(crate) struct Ctl {
    /// Port of the serve to speak to
    #[arg(long, short, default_value_t = vpcd::PORT)]
    port: u16,
    /// Socket of the serve to speak to, when it was given one of its own
    #[arg(long, value_name = "SOCKET", conflicts_with = "port")]
    control: Option<PathBuf>,
    /// With the order `image`: write the card's image to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The order
    #[arg(required = true, value_name = "ORDER")]
    order: Vec<String>,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
enum CtlError {
    #[error("no serve answers on {path}: {error}")]
    NobodyServes { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Refused(String),
    #[error("the answer is not an image: {0}")]
    NoImage(hex::FromHexError),
}

/// Why the control socket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("{path}: another serve answers there; give this one its own with --control")]
    InUse { path: PathBuf },
    #[error("{path}: {error}")]
    Refused { path: PathBuf, error: io::Error },
}

impl Ctl {
    pub(crate) fn run(self) -> Outcome {
        let path = self.control.unwrap_or_else(|| socket_of_port(self.port));
        let nobody = |error| CtlError::NobodyServes { path: path.clone(), error };
        let mut line = UnixStream::connect(&path).map_err(nobody)?;
        let mut answer = String::new();
        line.write_all(format!("{}\n", self.order.join(" ")).as_bytes())
            .and_then(|()| line.shutdown(Shutdown::Write))
            .and_then(|()| line.read_to_string(&mut answer))
            .map_err(nobody)?;
        let (first, rest) = answer.split_once('\n').unwrap_or((&answer, ""));
        if first != "ok" {
            let why = first.strip_prefix("error: ").unwrap_or(first);
            return Err(CtlError::Refused(why.into()).into());
        }
        match &self.output {
            Some(file) => {
                let image = hex::decode(rest.trim()).map_err(CtlError::NoImage)?;
                ImageFile::claim(file)?.write(&image)?;
            }
            None if rest.is_empty() => {}
            None => say(rest.trim_end()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the serve of a port listens for orders.
pub(crate) fn socket_of_port(port: u16) -> PathBuf {
    runtime_file(&format!("tessera-{port}.sock"))
}

/// A name in the user's runtime directory, else in the one for temporary files.
pub(crate) fn runtime_file(name: &str) -> PathBuf {
    let directory = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = directory.filter(|path| path.is_dir()).unwrap_or_else(std::env::temp_dir);
    directory.join(name)
}

/// Opens the control socket. One that a killed serve has left behind is replaced.
pub(crate) fn listen(path: &Path) -> Result<Listener, ListenError> {
    let refused = |error| ListenError::Refused { path: path.into(), error };
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if UnixStream::connect(path).is_ok() {
                return Err(ListenError::InUse { path: path.into() });
            }
            std::fs::remove_file(path).map_err(refused)?;
            UnixListener::bind(path).map_err(refused)
        }
        listener => listener.map_err(refused),
    }
}
