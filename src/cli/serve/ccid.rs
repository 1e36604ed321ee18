//! Cards in a CCID reader on a serial line: a pseudo-terminal that pcscd's driver opens.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tessera::{
    link::contact::Contact,
    reader::{
        Linked,
        ccid::{Machine, Model},
        pty::Pty,
    },
};
use tessera_framework::Interface;

use super::{Running, Serve, Served, say};
use crate::cli::{Failure, ctl};

/// Where Debian's libccid has its driver of serial readers.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libccidtwin.so";

/// Silence after which a frame of the host is taken for cut short; long, for the machine may be
/// busy with others. Also how often the reader looks whether cards have come or gone while the host
/// says nothing; before it answers it looks each time.
const SILENCE: Duration = Duration::from_millis(200);

/// Why there is no such reader.
#[derive(Debug, thiserror::Error)]
enum CcidError {
    #[error("{cards} cards, and a {name} has {slots} slots; say --model pospro for five")]
    MoreCards { cards: usize, name: &'static str, slots: usize },
    #[error("{0}: pcscd takes no name with a colon or a space")]
    Name(PathBuf),
}

/// The reader and what is beside it.
struct Bench {
    machine: Machine<Linked>,
    slots: Arc<Vec<Served>>,
    /// By slot: the card when it is not in the reader.
    beside: Vec<Option<Contact<Linked>>>,
    /// By slot: an order has taken the card out since the reader last looked.
    taken_out: Vec<Arc<AtomicBool>>,
}

/// Opens the line; the cards are in the reader when somebody speaks to it.
pub(super) fn open(serve: &Serve, slots: &Arc<Vec<Served>>) -> Result<Running, Failure> {
    let model = serve.model.unwrap_or_default();
    if slots.len() > model.slots() {
        let (cards, name, slots) = (slots.len(), model.name(), model.slots());
        return Err(CcidError::MoreCards { cards, name, slots }.into());
    }
    let link = serve.device.clone().unwrap_or_else(|| ctl::runtime_file("tessera-ccid"));
    let link = std::path::absolute(link)?;
    if link
        .to_str()
        .is_none_or(|name| name.contains([':', '"']) || name.contains(char::is_whitespace))
    {
        return Err(CcidError::Name(link).into());
    }
    let mut pty = Pty::open(&link)?;
    say(&configuration(model, &link));
    let mut bench = Bench::new(model, slots.clone());
    let slots = slots.clone();
    Ok(Box::new(move |stop| {
        let minds = (0..slots.len()).map(|n| {
            let (slots, stop) = (slots.clone(), stop.clone());
            thread::spawn(move || {
                if let Some(served) = slots.get(n) {
                    served.mind(&stop);
                }
            })
        });
        let mut threads: Vec<_> = minds.collect();
        let stop = stop.clone();
        threads.push(thread::spawn(move || bench.serve(&mut pty, &stop)));
        threads
    }))
}

/// What pcscd has to be told, in its own words; of a reader with several slots it finds all.
fn configuration(model: Model, link: &Path) -> String {
    let (name, link) = (model.name(), link.display());
    format!(
        "pcscd finds the reader when a file in /etc/reader.conf.d, or in a directory of yours that \
         is given to it\nas pcscd -c DIRECTORY, has these lines; start it after this, and again \
         when this was ended:\n  FRIENDLYNAME \"Tessera\"\n  DEVICENAME {link}:{name}\n  \
         LIBPATH {DRIVER}"
    )
}

impl Bench {
    fn new(model: Model, slots: Arc<Vec<Served>>) -> Self {
        let mut beside = Vec::new();
        let mut taken_out = Vec::new();
        for served in slots.iter() {
            let line = {
                let mut slot = served.lock();
                slot.set_interface(Interface::Contact);
                slot.card().profile().line.clone()
            };
            beside.push(Some(Contact::new(line, Linked::new(served.slot.clone()))));
            let out = Arc::new(AtomicBool::new(false));
            taken_out.push(out.clone());
            served.on_hang_up(move || out.store(true, Ordering::Relaxed));
        }
        let mut bench = Self { machine: Machine::new(model), slots, beside, taken_out };
        bench.look();
        bench
    }

    /// Moves bytes until `stop`, or until the line fails.
    fn serve(&mut self, pty: &mut Pty, stop: &AtomicBool) {
        let mut bytes = [0; 4096];
        while !stop.load(Ordering::Relaxed) {
            let moved = pty.read(&mut bytes, SILENCE).and_then(|read| {
                self.look();
                let answer = match bytes.get(..read).unwrap_or_default() {
                    [] => self.machine.on_silence(),
                    request => self.machine.on_bytes(request),
                };
                pty.write(&answer)
            });
            if let Err(error) = moved {
                eprintln!("tessera: the line of the reader failed: {error}");
                return;
            }
        }
    }

    /// Does in the reader what has happened to the cards.
    fn look(&mut self) {
        for (n, served) in self.slots.iter().enumerate() {
            let (Some(beside), Some(taken_out)) = (self.beside.get_mut(n), self.taken_out.get(n))
            else {
                continue;
            };
            if let Some(noise) = served.new_noise() {
                self.machine.disturb(n, noise);
            }
            let was_out = taken_out.swap(false, Ordering::Relaxed);
            let is_present = served.lock().is_present();
            if (was_out || !is_present)
                && let Some(contact) = self.machine.remove(n)
            {
                say(&format!("slot {n}: {} is out of the reader", served.name));
                *beside = Some(contact);
            }
            if is_present && let Some(contact) = beside.take() {
                say(&format!("slot {n}: {} is in the reader", served.name));
                // The slot is empty, or the contact would be in it.
                let _ = self.machine.insert(n, contact);
            }
        }
    }
}
