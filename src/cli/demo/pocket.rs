//! The holder's card and the PSAMs of the terminals he meets: they count pulses, they may be
//! pulled, and what is said to them is told.

use tessera::{
    Card, Profile,
    reader::Slot,
    terminal::{Acceptor, Heard, Step, medical, request},
    trace::{Event, Narrator},
};

use crate::cli::{
    Failure, say,
    terminal::{place::tell, report},
};

/// How much is told.
#[derive(Clone, Copy)]
pub(super) struct Teller {
    /// Every step, and the commands.
    pub(super) apdu: bool,
    pub(super) colours: bool,
}

impl Teller {
    pub(super) fn title(self, text: &str) {
        let (on, off) = if self.colours { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        say(&format!("\n{on}{text}{off}"));
    }

    /// Tells the steps that begin with one of these words; with the commands all of them.
    pub(super) fn progress(self, shown: &'static [&'static str]) -> Box<dyn FnMut(&Step)> {
        Box::new(move |step| {
            if self.apdu || shown.iter().any(|words| step.asked.starts_with(words)) {
                say(&format!("  {}", report::step(step)));
            }
        })
    }
}

/// A card in this process.
pub(super) struct Pocket {
    pub(super) slot: Slot,
    narrator: Narrator,
    who: Option<&'static str>,
    /// Pulse of the next command that completes something, in which power fails.
    pub(super) tear: Option<u32>,
    /// Commands that complete something.
    pub(super) completing: u32,
    /// Pulses of the first one.
    pub(super) pulses: u32,
}

impl Pocket {
    pub(super) fn of(profile: &str, who: &'static str, teller: Teller) -> Result<Self, Failure> {
        let card = Card::from_profile(&Profile::load(profile)?)?;
        Ok(Self { who: teller.apdu.then_some(who), ..Self::fork(card) })
    }

    /// A card of which nothing is told.
    pub(super) fn fork(card: Card) -> Self {
        let narrator = Narrator::new(card.profile().vocabulary());
        let slot = Slot::new(card);
        Self { slot, narrator, who: None, tear: None, completing: 0, pulses: 0 }
    }

    /// As it is now.
    pub(super) fn card(&self) -> Card {
        let mut card = self.slot.card().clone();
        card.power_off();
        card
    }
}

impl Acceptor for Pocket {
    fn power_on(&mut self) -> Result<Heard, String> {
        let heard = Acceptor::power_on(&mut self.slot)?;
        if let Heard::Bytes(atr) = &heard {
            tell(&mut self.narrator, &Event::PowerOn { atr }, self.who);
        }
        Ok(heard)
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Heard, String> {
        let completes = request::completes(command) || medical::completes(command);
        let (pulses, clock_us) = (self.slot.card().pulses(), self.slot.card().clock_us());
        if completes {
            self.slot.tear_at(self.tear.take().unwrap_or(0));
        }
        let heard = Acceptor::exchange(&mut self.slot, command)?;
        let took_us = self.slot.card().clock_us() - clock_us;
        let pulses = self.slot.card().pulses() - pulses;
        if completes {
            self.completing += 1;
            if self.completing == 1 {
                self.pulses = pulses as u32;
            }
        }
        match &heard {
            Heard::Bytes(response) => {
                let event = Event::Exchange { command, response, took_us, pulses };
                tell(&mut self.narrator, &event, self.who);
            }
            Heard::Silence => {
                tell(&mut self.narrator, &Event::Torn { command, pulses }, self.who);
            }
        }
        Ok(heard)
    }
}
