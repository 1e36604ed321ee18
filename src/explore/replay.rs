//! One schedule run again, and told as it goes.

use std::sync::Arc;

use super::{
    Broken, Explorer, Failure, Leg, Origin, Place, Schedule,
    run::{Run, send_all_but_last},
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

/// What happened, when somebody wants to know.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Option<Vec<Happening>>);

impl Trace {
    /// Kept from now on.
    pub(super) fn kept() -> Self {
        Self(Some(Vec::new()))
    }

    pub(super) fn push(&mut self, happening: impl FnOnce() -> Happening) {
        if let Some(kept) = &mut self.0 {
            kept.push(happening());
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
    pub session: Vec<Vec<u8>>,
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
        self.replayed(&start, schedule, &mut Trace::default())
    }

    /// Runs one schedule again and keeps what happens.
    #[must_use]
    pub fn watch(&self, start: &Start, schedule: &Schedule) -> Replay {
        let mut trace = Trace::kept();
        let verdict = self.replayed(start, schedule, &mut trace);
        Replay { happenings: trace.0.unwrap_or_default(), verdict }
    }

    fn replayed(
        &self,
        start: &Start,
        schedule: &Schedule,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        let failed = |broken| Failure::new(broken, schedule);
        let blank = Arc::new(start.card.blank().ok_or_else(|| failed(Broken::Power))?);
        let warm = matches!(schedule.origin, Origin::Vector { .. });
        let mut card =
            if warm { start.card.clone() } else { started(&start.card).map_err(failed)? };
        let mut run: Option<Run> = None;
        for (i, leg) in schedule.legs.iter().enumerate() {
            let misfit = |expected: String| Broken::Misfit {
                part: i + 1,
                expected,
                got: format!("`{leg}`"),
            };
            let stepped = match (leg, &mut run) {
                (Leg::Commands { commands, cut }, run) => {
                    let own = warm && i == 0;
                    let session = if own { &start.session } else { commands };
                    let mut done = schedule.clone();
                    done.legs.truncate(i + 1);
                    if let Some(run) = &run {
                        card.choose_lane(run.next_lane());
                    }
                    let kept = run.take().map_or_else(|| trace.clone(), |run| run.trace);
                    *trace = kept;
                    if !own {
                        send_all_but_last(&mut card, session, trace).map_err(failed)?;
                    }
                    let learnt =
                        Run::learn(*self, &blank, card.clone(), session, done, trace.clone());
                    *run = Some(learnt?);
                    cut_short(run.as_mut(), *cut, &mut card)
                }
                (Leg::Again { cut }, Some(earlier)) => {
                    earlier.schedule.legs.truncate(i);
                    run = Some(earlier.again(card.clone())?);
                    cut_short(run.as_mut(), *cut, &mut card)
                }
                (Leg::PowerUp { reads, cut: 0 }, Some(run)) => {
                    let settled = run.complete(&card, Choices::scripted(reads.clone()), true);
                    settled.map(|settled| card = settled.card.unwrap_or(card.clone()))
                }
                (Leg::PowerUp { reads, cut }, Some(run)) => {
                    card.set_choices(Choices::scripted(reads.clone()));
                    let pulses = card.pulses();
                    if run.power_up_torn(&mut card, *cut) {
                        card.power_off();
                        Ok(())
                    } else {
                        Err(failed(misfit(format!(
                            "a pulse from 1 to {} of this recovery",
                            card.pulses() - pulses
                        ))))
                    }
                }
                (Leg::Seed(seed), Some(run)) => run.random_tear(*seed).map(drop),
                (_, None) => Err(failed(misfit("a command".into()))),
            };
            if let Some(run) = &run {
                *trace = run.trace.clone();
            }
            stepped?;
        }
        Ok(())
    }
}

/// Tears what was learnt, if it is to be torn, and brings `card` there.
fn cut_short(run: Option<&mut Run>, cut: u32, card: &mut Card) -> Result<(), Failure> {
    let Some(run) = run else { return Ok(()) };
    if cut == 0 {
        *card = run.after.clone();
        return Ok(());
    }
    *card = run.torn(cut)?;
    run.trace.push(|| Happening::Torn { cut });
    Ok(())
}
