//! A card in a PC/SC reader as a target, with the feature `pcsc`.
//!
//! What a reader cannot do is skipped, with the reason: tears; random bytes that are given; what
//! goes on where another vector ends; bytes it may refuse or change;
//! vectors that leave the card other than they found it; vectors that need the holder of a profile,
//! unless it was said that the card is of that profile; vectors for the other interface.

use std::ffi::{CStr, CString};

use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};
use tessera_framework::Interface;

use super::{
    Action, Dialogue, Target, Targets, Unavailable, Vector,
    target::{interface_of, profile_name},
};

/// Longest response APDU.
const RESPONSE_BYTES_MAX: usize = 65_538;

/// Why a reader cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The PC/SC service is not there, or refuses.
    #[error("the PC/SC service says: {0}; is pcscd running?")]
    Service(pcsc::Error),
    /// There is no such reader.
    #[error("no reader {wanted:?}; there are {readers}")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        readers: String,
    },
    /// The card cannot be reached.
    #[error("reader {reader}: {error}")]
    Card {
        /// The reader.
        reader: String,
        /// What the service said.
        error: pcsc::Error,
    },
}

/// The card in one reader.
pub struct Reader {
    context: Context,
    name: CString,
    interface: Interface,
    profile: Option<String>,
}

impl Reader {
    /// A reader by its index, or by a part of its name. `profile` is the name of the profile the
    /// card in it is of, if it is a known one.
    ///
    /// # Errors
    /// [`ReaderError`].
    pub fn open(wanted: &str, profile: Option<String>) -> Result<Self, ReaderError> {
        let context = Context::establish(Scope::User).map_err(ReaderError::Service)?;
        let readers = match context.list_readers_owned() {
            Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
            readers => readers.map_err(ReaderError::Service)?,
        };
        let by_index = wanted.parse::<usize>().ok().and_then(|index| readers.get(index));
        let by_name = || readers.iter().find(|name| name.to_string_lossy().contains(wanted));
        let Some(name) = by_index.or_else(by_name).cloned() else {
            let mut names: Vec<_> = readers.iter().map(|name| format!("{name:?}")).collect();
            if names.is_empty() {
                names.push("none".into());
            }
            let readers = names.join(", ");
            return Err(ReaderError::NotFound { wanted: wanted.into(), readers });
        };
        let atr = connect(&context, &name).and_then(|card| atr(&card));
        let atr = atr.map_err(|error| ReaderError::Card {
            reader: name.to_string_lossy().into_owned(),
            error,
        })?;
        Ok(Self { context, name, interface: interface_of(&atr), profile })
    }

    /// The card in it, for a dialogue of one's own.
    ///
    /// # Errors
    /// [`ReaderError::Card`].
    pub fn connect(&self) -> Result<Box<dyn Target>, ReaderError> {
        let card = connect(&self.context, &self.name).map_err(|error| ReaderError::Card {
            reader: self.name.to_string_lossy().into_owned(),
            error,
        })?;
        Ok(Box::new(Connected { card, off: false, buffer: vec![0; RESPONSE_BYTES_MAX] }))
    }

    fn refusal(&self, vector: &Vector, dialogue: &Dialogue) -> Result<Option<String>, String> {
        if dialogue.steps.iter().any(|step| matches!(step.action, Action::Tear(_))) {
            return Ok(Some("a reader cannot tear".into()));
        }
        if dialogue.steps.iter().any(|step| matches!(step.action, Action::Random(_))) {
            return Ok(Some("a reader cannot say what the card draws at random".into()));
        }
        if let Some(before) = &dialogue.after {
            return Ok(Some(format!("goes on where {before} ends")));
        }
        if dialogue.needs_bare {
            return Ok(Some("a reader may refuse these bytes or change them".into()));
        }
        if dialogue.needs_fresh {
            return Ok(Some("leaves the card other than it was".into()));
        }
        let wanted = dialogue.profile.as_deref();
        let wanted = wanted.map(|wanted| profile_name(&vector.root, wanted)).transpose()?;
        match (&self.profile, wanted) {
            (Some(have), Some(wanted)) if *have != wanted => {
                return Ok(Some(format!("for {wanted}, the card is said to be {have}")));
            }
            (None, _) if dialogue.needs_holder => {
                let reason = "needs the profile's holder; say --card if it is that card";
                return Ok(Some(reason.into()));
            }
            _ => {}
        }
        match dialogue.interface {
            Some(interface) if interface.is_contactless() != self.interface.is_contactless() => {
                Ok(Some(format!("for {interface:?}, the reader is {:?}", self.interface)))
            }
            _ => Ok(None),
        }
    }
}

impl Targets for Reader {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        match self.refusal(vector, dialogue) {
            Ok(None) => {}
            Ok(Some(reason)) => return Err(Unavailable::Skip(reason)),
            Err(what) => return Err(Unavailable::Error(what)),
        }
        let card = connect(&self.context, &self.name);
        let card = card.map_err(|error| Unavailable::Error(error.to_string()))?;
        Ok(Box::new(Connected { card, off: false, buffer: vec![0; RESPONSE_BYTES_MAX] }))
    }

    fn is_home(&self) -> bool {
        false
    }
}

fn connect(context: &Context, reader: &CStr) -> Result<Card, pcsc::Error> {
    context.connect(reader, ShareMode::Exclusive, Protocols::ANY)
}

fn atr(card: &Card) -> Result<Vec<u8>, pcsc::Error> {
    card.status2_owned().map(|status| status.atr().to_vec())
}

/// What the service says when the card does not answer, or is not there any more.
fn silence(error: pcsc::Error) -> Result<Option<Vec<u8>>, String> {
    use pcsc::Error;
    match error {
        Error::NoSmartcard
        | Error::RemovedCard
        | Error::ResetCard
        | Error::UnpoweredCard
        | Error::UnresponsiveCard
        | Error::NotTransacted
        // No protocol is spoken, for the card that spoke it is gone.
        | Error::ProtoMismatch => Ok(None),
        error => Err(error.to_string()),
    }
}

struct Connected {
    card: Card,
    /// Power is to be off: a reader gives it again at once, so nothing is sent meanwhile.
    off: bool,
    buffer: Vec<u8>,
}

impl Target for Connected {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.off = false;
        self.card
            .reconnect(ShareMode::Exclusive, Protocols::ANY, Disposition::UnpowerCard)
            .and_then(|()| self.card.status2_owned())
            // A reader without a card may have taken the order all the same.
            .map(|status| status.protocol2().map(|_| status.atr().to_vec()))
            .or_else(silence)
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.off = true;
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        if self.off {
            return Ok(None);
        }
        match self.card.transmit(command, &mut self.buffer) {
            Ok(answer) => Ok(Some(answer.to_vec())),
            Err(error) => silence(error),
        }
    }

    fn tear_at(&mut self, _: u32) {}

    fn give_random(&mut self, _: &[u8]) {}

    fn random_left(&self) -> usize {
        0
    }

    fn memory(&self) -> Option<&[u8]> {
        None
    }
}
