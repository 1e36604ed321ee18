//! What a dialogue is held with: a card in this process, or whatever else answers commands.

use std::{collections::BTreeMap, fmt, path::Path};

use tessera_framework::Interface;

use crate::{Card, Profile, Response, card::Chip, profile};

use super::{
    Body, Dialogue, Vector, collection,
    link::{Behind, Like},
    run::hold,
};

/// A card, however it is reached.
pub trait Target {
    /// The step in this line of the vector, from 1, comes next.
    fn step(&mut self, _line: usize) {}

    /// Puts the card under power, or resets it; `None` when power failed in its recovery.
    ///
    /// # Errors
    /// What is wrong with the target, in words; not what the card answers.
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String>;

    /// Takes its power away.
    ///
    /// # Errors
    /// As [`power_on`](Self::power_on).
    fn power_off(&mut self) -> Result<(), String>;

    /// Sends a command; `None` when nothing comes back because there is no power.
    ///
    /// # Errors
    /// As [`power_on`](Self::power_on).
    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String>;

    /// Lets power fail in the `pulse`-th pulse from now, 1 the next one; 0 disarms.
    fn tear_at(&mut self, pulse: u32);

    /// The next random bytes it draws are these, behind those given before.
    fn give_random(&mut self, bytes: &[u8]);

    /// Random bytes that were given and are not drawn yet.
    fn random_left(&self) -> usize;

    /// The cells of its memory, where they can be seen.
    fn memory(&self) -> Option<&[u8]>;
}

/// Where the runner gets the target of each dialogue from.
pub trait Targets {
    /// A target for this dialogue, as it should be before the first step but without power.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable>;

    /// What stands behind the link of a dialogue below commands: a card of this profile; none: the
    /// vector's own stand-in.
    ///
    /// # Errors
    /// [`Unavailable`]; always where a reader lies between, which speaks the link itself.
    fn behind(
        &mut self,
        _vector: &Vector,
        _profile: Option<&str>,
    ) -> Result<Option<Behind>, Unavailable> {
        Err(Unavailable::Skip("it is held with the link, which the reader speaks itself".into()))
    }

    /// The list of skipped vectors is about these targets.
    fn is_home(&self) -> bool;
}

/// Why there is no target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unavailable {
    /// The vector is not for it.
    Skip(String),
    /// Something is broken.
    Error(String),
}

/// Cards in this process: a fresh one for each dialogue.
#[derive(Debug, Default)]
pub struct Cards {
    only: Option<Card>,
    made: BTreeMap<String, Card>,
    /// As vectors leave them.
    left: BTreeMap<String, Card>,
    /// Vectors that wait for one before them.
    waiting: Vec<String>,
}

impl Cards {
    /// The card each vector names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forks of this card alone; vectors for other profiles are skipped.
    #[must_use]
    pub fn only(card: Card) -> Self {
        Self { only: Some(card), ..Self::default() }
    }

    /// The card for a dialogue, without power.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn fresh(&mut self, vector: &Vector, dialogue: &Dialogue) -> Result<Card, Unavailable> {
        let mut card = match &dialogue.after {
            Some(before) => self.left_by(&vector.root, before)?,
            None => self.card(&vector.root, dialogue.profile.as_deref())?,
        };
        match dialogue.interface {
            Some(interface) if interface != card.interface() => card.set_interface(interface),
            _ => card.power_off(),
        }
        Ok(card)
    }

    /// The card as another vector leaves it.
    fn left_by(&mut self, root: &Path, name: &str) -> Result<Card, Unavailable> {
        if let Some(card) = self.left.get(name) {
            return Ok(card.clone());
        }
        let wrong = |what: &dyn fmt::Display| Unavailable::Error(format!("after {name}: {what}"));
        if self.waiting.iter().any(|waiting| waiting == name) {
            return Err(wrong(&"it comes after itself"));
        }
        let vector = collection::read(root, name).map_err(|error| wrong(&error))?;
        let Body::Dialogue(dialogue) = &vector.body else {
            return Err(wrong(&"there is no dialogue in it"));
        };
        self.waiting.push(name.into());
        let card = self.fresh(&vector, dialogue);
        self.waiting.pop();
        let mut target = InProcess { card: card?, response: Response::new() };
        hold(&vector, dialogue, &mut target).map_err(|failure| wrong(&failure))?;
        self.left.insert(name.into(), target.card.clone());
        Ok(target.card)
    }

    fn card(&mut self, root: &Path, wanted: Option<&str>) -> Result<Card, Unavailable> {
        if let Some(card) = &self.only {
            let have = &card.profile().name;
            return match wanted.map(|wanted| profile_name(root, wanted)).transpose() {
                Err(why) => Err(Unavailable::Error(why)),
                Ok(Some(wanted)) if wanted != *have => {
                    Err(Unavailable::Skip(format!("for {wanted}, the card is {have}")))
                }
                Ok(_) => Ok(card.clone()),
            };
        }
        let wanted = wanted.unwrap_or(profile::DEFAULT);
        if let Some(card) = self.made.get(wanted) {
            return Ok(card.clone());
        }
        let profile = load(root, wanted).map_err(Unavailable::Error)?;
        let card = Card::from_profile(&profile)
            .map_err(|error| Unavailable::Error(format!("profile {wanted}: {error}")))?;
        self.made.insert(wanted.into(), card.clone());
        Ok(card)
    }
}

/// A profile as a vector names it: built in, or a file below the vectors' directory.
fn load(root: &Path, wanted: &str) -> Result<Profile, String> {
    if Path::new(wanted).extension().is_none() {
        return Profile::load(wanted).map_err(|error| error.to_string());
    }
    Profile::load(&root.join(wanted).to_string_lossy()).map_err(|error| error.to_string())
}

/// The name of the profile a vector names.
pub(crate) fn profile_name(root: &Path, wanted: &str) -> Result<String, String> {
    if Path::new(wanted).extension().is_none() {
        return Ok(wanted.into());
    }
    load(root, wanted).map(|profile| profile.name)
}

impl Targets for Cards {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        let card = self.fresh(vector, dialogue)?;
        Ok(Box::new(InProcess { card, response: Response::new() }))
    }

    fn behind(
        &mut self,
        vector: &Vector,
        profile: Option<&str>,
    ) -> Result<Option<Behind>, Unavailable> {
        match profile {
            None => Ok(None),
            Some(profile) => {
                let card = self.card(&vector.root, Some(profile))?;
                let Profile { line, air, .. } = card.profile();
                let (contact, air) = (line.clone(), air.clone());
                let like = Like { contact, a: air.a, b: air.b, picc_type: air.picc_type };
                Ok(Some(Behind { application: Box::new(Chip::new(card)), like: Some(like) }))
            }
        }
    }

    fn is_home(&self) -> bool {
        self.only.is_none()
    }
}

struct InProcess {
    card: Card,
    response: Response,
}

impl Target for InProcess {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.card.power_on().ok().map(|()| self.card.atr().to_vec()))
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.card.power_off();
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let answered = self.card.exchange(command, &mut self.response);
        Ok(answered.ok().map(|()| self.response.as_bytes().to_vec()))
    }

    fn tear_at(&mut self, pulse: u32) {
        self.card.tear_at(pulse);
    }

    fn give_random(&mut self, bytes: &[u8]) {
        self.card.give_random(bytes);
    }

    fn random_left(&self) -> usize {
        self.card.random_left()
    }

    fn memory(&self) -> Option<&[u8]> {
        Some(self.card.memory())
    }
}

/// How a card is read, as far as its answer to reset tells: `3B 8n 80 01` is what PC/SC readers
/// make of a contactless card (PC/SC part 3, 3.1.3.2.3).
#[must_use]
pub fn interface_of(atr: &[u8]) -> Interface {
    match atr {
        [0x3B, t0, 0x80, 0x01, ..] if t0 >> 4 == 8 => Interface::ContactlessA,
        _ => Interface::Contact,
    }
}
