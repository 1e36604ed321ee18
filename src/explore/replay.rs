//! One schedule run again, and told as it goes.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use super::{
    Broken, Explorer, Failure, Leg, Origin, Place, Schedule,
    run::Run,
    session::{Sent, first_sent},
    started,
};
use crate::{
    Card,
    choose::Choices,
    nvm::{Eeprom, record::Event},
};

/// Something a schedule did to its card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happening {
    /// The card was powered on before anything was torn; this is its memory then.
    Started(Box<Eeprom>),
    /// A command was sent, and no tear was due.
    Sent {
        /// The command.
        command: Vec<u8>,
        /// The answer; none when power failed.
        response: Option<Vec<u8>>,
        /// How long it took, in microseconds of the card's clock.
        took_us: u64,
        /// What the memory went through.
        events: Vec<Event>,
    },
    /// The command before was sent in fact with a tear in this pulse, from 1; behind its last one
    /// power was taken away after the answer.
    Torn {
        /// The pulse.
        cut: u32,
    },
    /// Of the indeterminate bits so many were given the new value and so many the old one; the
    /// others go on wavering.
    Drawn {
        /// Bits as after the pulse that was torn.
        new: u32,
        /// Bits as before.
        old: u32,
        /// The rest.
        wavering: u32,
        /// The memory after that.
        eeprom: Box<Eeprom>,
    },
    /// The card was powered on.
    PoweredOn {
        /// What the memory went through.
        events: Vec<Event>,
        /// No tear was in it.
        completed: bool,
    },
    /// The card is at rest.
    Holds {
        /// It holds what was to be; else what was there before the change that was torn.
        new: bool,
        /// Where the two differ: first place and number of bytes, or a counter and 1.
        places: Vec<(Place, u32)>,
    },
}

/// What happened, when somebody wants to know. Clones add to the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Option<Rc<RefCell<Vec<Happening>>>>);

impl Trace {
    /// Kept from now on.
    fn kept() -> Self {
        Self(Some(Rc::default()))
    }

    pub(super) fn push(&self, happening: impl FnOnce() -> Happening) {
        if let Some(kept) = &self.0 {
            let happening = happening();
            kept.borrow_mut().push(happening);
        }
    }
}

/// A schedule that was run again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What happened, in order.
    pub happenings: Vec<Happening>,
    /// `Ok` when every promise was kept.
    pub verdict: Result<(), Failure>,
}

/// A card from which a schedule begins, and what has been said to it since power-up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// The card. Without power it is powered on first.
    pub card: Card,
    /// The commands it has had since power-up; the one to be torn, which it has not had, at the
    /// end.
    pub session: Vec<Sent>,
    /// The answers to the others.
    pub answers: Vec<Vec<u8>>,
}

impl Start {
    /// A card that nothing has been said to.
    #[must_use]
    pub fn cold(card: Card) -> Self {
        Self { card, session: Vec::new(), answers: Vec::new() }
    }
}

impl Explorer {
    /// Runs one schedule again. `card` is as it was for the exploration that printed it. A schedule
    /// of a vector wants [`watch`](Self::watch).
    ///
    /// # Errors
    /// The promise that was not kept; [`Broken::Misfit`] when the schedule is not of this card.
    pub fn replay(&self, card: &Card, schedule: &Schedule) -> Result<(), Failure> {
        let start = Start::cold(card.clone());
        self.replayed(&start, schedule, Trace::default())
    }

    /// Runs one schedule again and keeps what happens.
    #[must_use]
    pub fn watch(&self, start: &Start, schedule: &Schedule) -> Replay {
        let trace = Trace::kept();
        let verdict = self.replayed(start, schedule, trace.clone());
        let happenings = trace.0.map(|kept| kept.take()).unwrap_or_default();
        Replay { happenings, verdict }
    }

    fn replayed(&self, start: &Start, schedule: &Schedule, trace: Trace) -> Result<(), Failure> {
        let failed = |broken| Failure::new(broken, schedule);
        let blank = Arc::new(start.card.blank().ok_or_else(|| failed(Broken::Power))?);
        let is_warm = matches!(schedule.origin, Origin::Vector { .. });
        let mut card = start.card.clone();
        if !is_warm {
            card = started(&card).map_err(failed)?;
        }
        trace.push(|| Happening::Started(Box::new(card.eeprom().clone())));
        let explorer = *self;
        let mut replaying = Replaying { explorer, schedule, blank, trace, card, run: None };
        for (i, leg) in schedule.legs.iter().enumerate() {
            match leg {
                Leg::Commands { cut, .. } if is_warm && i == 0 => {
                    replaying.learn(i, &start.session, *cut)?;
                }
                Leg::Commands { commands, cut } => replaying.commands(i, commands, *cut)?,
                leg => replaying.later(i, leg)?,
            }
        }
        Ok(())
    }
}

/// A schedule on its way.
struct Replaying<'s> {
    explorer: Explorer,
    schedule: &'s Schedule,
    blank: Arc<Card>,
    trace: Trace,
    card: Card,
    /// The command that was last learnt.
    run: Option<Run>,
}

impl Replaying<'_> {
    /// Sends commands and tears the last.
    fn commands(&mut self, i: usize, commands: &[Vec<u8>], cut: u32) -> Result<(), Failure> {
        if let Some(run) = &self.run {
            self.card.choose_lane(run.next_lane());
        }
        let session = first_sent(&mut self.card, commands, &self.trace)
            .map_err(|broken| Failure::new(broken, self.schedule))?;
        self.learn(i, &session, cut)
    }

    /// Sends the last command of `session` and tears it.
    fn learn(&mut self, i: usize, session: &[Sent], cut: u32) -> Result<(), Failure> {
        let mut done = self.schedule.clone();
        done.legs.truncate(i + 1);
        let (card, trace) = (self.card.clone(), self.trace.clone());
        let run = Run::learn(self.explorer, &self.blank, card, session, done, trace)?;
        self.cut_short(run, cut)
    }

    /// Tears what was learnt, if it is to be torn, and brings the card there.
    fn cut_short(&mut self, mut run: Run, cut: u32) -> Result<(), Failure> {
        if cut == 0 {
            self.card = run.after.clone();
        } else {
            self.card = run.torn(cut)?;
            self.trace.push(|| Happening::Torn { cut });
        }
        self.run = Some(run);
        Ok(())
    }

    /// Any part but commands.
    fn later(&mut self, i: usize, leg: &Leg) -> Result<(), Failure> {
        let misfit = |expected: String| {
            let got = format!("`{leg}`");
            Failure::new(Broken::Misfit { part: i + 1, expected, got }, self.schedule)
        };
        let Some(run) = &mut self.run else { return Err(misfit("a command".into())) };
        match leg {
            Leg::Commands { .. } => {}
            Leg::Again { cut } => {
                run.schedule.legs.truncate(i);
                let again = run.again(self.card.clone())?;
                return self.cut_short(again, *cut);
            }
            Leg::PowerUp { reads, cut: 0 } => {
                let settled = run.complete(&self.card, Choices::scripted(reads.clone()), true)?;
                self.card = settled.card.unwrap_or_else(|| self.card.clone());
            }
            Leg::PowerUp { reads, cut } => {
                self.card.set_choices(Choices::scripted(reads.clone()));
                let pulses = self.card.pulses();
                if !run.power_up_torn(&mut self.card, *cut) {
                    let pulses = self.card.pulses() - pulses;
                    return Err(misfit(format!("a pulse from 1 to {pulses} of this recovery")));
                }
                self.card.power_off();
            }
            Leg::Seed(seed) => {
                self.card = run.after.clone();
                run.random_tear(&mut self.card, *seed)?;
            }
        }
        Ok(())
    }
}
