//! Every tear of a command, tried: the proof that a card survives power loss, as a test anyone can
//! run.
//!
//! ```
//! use tessera::{Card, Profile, explore};
//! let card = Card::from_profile(&Profile::load("tiny")?)?;
//! let select = b"\x00\xA4\x00\x0C\x02\xDD\xF1";
//! let verify_wrong = b"\x00\x20\x00\x00\x03\x99\x99\x99";
//! println!("{}", explore::every_tear(&card, &[&select[..], verify_wrong])?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Method
//!
//! A command is run once to learn its pulses, what its applet stores and counts, and when each
//! transaction and counter change was complete: these notes, taken above the journal, are the model
//! that memory is held against. Then, for every pulse and for the moment after the answer: a fork
//! of the card runs it again and that pulse is torn. A torn pulse leaves its bits *indeterminate*
//! instead of at values somebody chose, so one run stands for every subset of them, and for bits
//! that waver. The fork is powered on again. The only reads that may meet such bits are decisions
//! on whole words; an [`Odometer`](crate::choose::Odometer) takes every combination of what they
//! read as. Each power-up is torn in turn, in every pulse, to the depth of [`Explorer::cuts`]; and
//! where a power-up completes, the commands are sent again and torn again, for a tear must not lie
//! in wait for a later session.
//!
//! # Judgement
//!
//! After a power-up that completes:
//!
//! * segments and counters together are as before the transaction or counter change that was torn,
//!   or as after it; after the answer, as after the command;
//! * no read outside a decision has met an indeterminate bit, and none is left in live data;
//! * the recovery took no more pulses than [the bound](Explorer::recovery_pulses_max);
//! * two more power cycles, with every reading of words still in doubt, change nothing.
//!
//! Before: a command changes segments in one transaction, unless it is allowed [more](Explorer);
//! and one whose status word says that memory is unchanged has given no pulse to it.
//!
//! Why one run covers all outcomes of a tear: power-up is a function of the stable bits and of the
//! decisions, and the second point checks, run by run, that it hung on nothing else.
//! [`random_tears`](Explorer::random_tears) does the same with bits at chosen values, so that the
//! exploration itself is checked by something that knows nothing of indeterminate bits.

mod concrete;
pub mod design;
mod report;
mod run;
mod schedule;
mod state;

pub use report::{CommandReport, Report};
pub use schedule::{Leg, Schedule, ScheduleError};
pub use state::{Broken, Place};

use std::fmt;

use crate::{Card, choose::Choices};
use run::{Run, send_all_but_last};

/// A promise that was not kept, and the run that shows it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{broken}\n  {schedule}")]
pub struct Failure {
    /// What went wrong.
    #[source]
    pub broken: Broken,
    /// How to see it again: [`Explorer::replay`].
    pub schedule: Box<Schedule>,
}

/// As it is displayed: a failed `unwrap` shows the line that runs again.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tears `commands`, one after the other, in every pulse, and every recovery in every pulse. A fork
/// of
/// `card` is powered on first; each command starts where those before it have led.
///
/// # Errors
/// A promise that was not kept, in a run with as few tears as show it.
pub fn every_tear<C: AsRef<[u8]>>(card: &Card, commands: &[C]) -> Result<Report, Failure> {
    Explorer::default().every_tear(card, commands)
}

/// How far to go, and what a command may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Explorer {
    /// Tears one behind the other: one in the command, the others in recoveries, or in the command
    /// when it is sent again.
    pub cuts: u32,
    /// After a power-up that completes, all commands up to this one are sent again and it is torn
    /// again.
    pub again: bool,
    /// Transactions in which one command may change segments. Each of them is then a state that a
    /// tear may leave.
    pub transactions_max: usize,
    /// Lanes of the journal from one session to the next. 0: always the same one, which is the
    /// worst for its words; 1 to 3: each session another.
    pub lane_step: u32,
}

impl Default for Explorer {
    fn default() -> Self {
        Self { cuts: 2, again: true, transactions_max: 1, lane_step: 0 }
    }
}

impl Explorer {
    /// As the function [`every_tear`].
    ///
    /// # Errors
    /// A promise that was not kept, in a run with as few tears as show it.
    pub fn every_tear<C: AsRef<[u8]>>(
        &self,
        card: &Card,
        commands: &[C],
    ) -> Result<Report, Failure> {
        let explored = self.each_command(card, commands, |run| run.explore(self.cuts));
        let Err(failure) = explored else { return explored };
        let fewer = (1..self.cuts).map(|cuts| Self { cuts, ..*self });
        let smaller = |explorer: Self| {
            explorer.each_command(card, commands, |run| run.explore(explorer.cuts)).err()
        };
        Err(fewer.filter_map(smaller).next().unwrap_or(failure))
    }

    /// Runs one schedule again. `card` is as it was for the exploration that printed it.
    ///
    /// # Errors
    /// The promise that was not kept.
    pub fn replay(&self, card: &Card, schedule: &Schedule) -> Result<(), Failure> {
        let broken = |broken| Failure { broken, schedule: Box::new(schedule.clone()) };
        let mut card = started(card).map_err(broken)?;
        let mut run: Option<Run> = None;
        for leg in &schedule.legs {
            match (leg, &mut run) {
                (Leg::Commands { commands, cut }, _) => {
                    if let Some(run) = &run {
                        card.choose_lane(run.next_lane());
                    }
                    send_all_but_last(&mut card, commands).map_err(broken)?;
                    let earlier = run.take().map(|run| run.schedule).unwrap_or_default();
                    let mut learnt = Run::learn(*self, card, commands, earlier)?;
                    card = learnt.after.clone();
                    if *cut > 0 {
                        card = learnt.torn(*cut)?;
                    }
                    run = Some(learnt);
                }
                (Leg::PowerUp { reads, cut: 0 }, Some(run)) => {
                    card = run.complete(&card, Choices::scripted(reads.clone()))?.0;
                }
                (Leg::PowerUp { reads, cut }, Some(run)) => {
                    card.set_choices(Choices::scripted(reads.clone()));
                    if !run.power_up_torn(&mut card, *cut) {
                        return Err(broken(Broken::Power));
                    }
                }
                (Leg::Seed(seed), Some(run)) => run.random_tear(*seed)?,
                (_, None) => return Err(broken(Broken::Power)),
            }
        }
        Ok(())
    }

    /// Most pulses a recovery may take: a marker, a page range erased and programmed for each that
    /// the command wrote home, the marker and the intent erased, and three for each counter.
    #[must_use]
    pub fn recovery_pulses_max(command_pulses: u64, counters: usize) -> u64 {
        // Of a commit's pulses at least four are not for home: log (2) and marker (2).
        command_pulses.saturating_sub(4) + 3 + 3 * counters as u64
    }

    /// Learns each command from where those before it have led, and has it torn by `tear`.
    fn each_command<C: AsRef<[u8]>>(
        &self,
        card: &Card,
        commands: &[C],
        mut tear: impl FnMut(&mut Run) -> Result<(), Failure>,
    ) -> Result<Report, Failure> {
        let commands: Vec<Vec<u8>> = commands.iter().map(|c| c.as_ref().to_vec()).collect();
        let mut report = Report::default();
        let mut before = started(card)
            .map_err(|broken| Failure { broken, schedule: Box::new(Schedule::default()) })?;
        for count in 1..=commands.len() {
            let mut run = Run::learn(*self, before, &commands[..count], Schedule::default())?;
            tear(&mut run)?;
            report.commands.push(run.report);
            before = run.after;
        }
        Ok(report)
    }
}

/// A fork of a card, powered on without tears.
fn started(card: &Card) -> Result<Card, Broken> {
    let mut card = card.clone();
    card.power_off();
    card.power_on().map_err(|_| Broken::Power)?;
    card.choose_lane(0);
    Ok(card)
}

#[cfg(test)]
mod tests;
