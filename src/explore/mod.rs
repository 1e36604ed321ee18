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
//! An applet alone will do; a card is made around it:
//!
//! ```
//! use tessera::explore;
//! # use tessera_framework::{Halt, Selected, Selection};
//! use tessera_framework::{Aid, Applet, Command, CounterId, Descriptor, Env, Outcome, Reply};
//!
//! /// Lends books: a command takes the data field for what is out and counts the loan.
//! struct Library;
//! static DESCRIPTOR: Descriptor = Descriptor {
//!     aid: Aid::new(b"\xF0LIB"),
//!     fid: None,
//!     counters: &[0],
//!     ram_on_deselect_bytes: 0,
//!     ram_on_reset_bytes: 0,
//!     secure_messaging: false,
//!     chaining: false,
//! };
//!
//! impl Applet for Library {
//!     fn descriptor(&self) -> &'static Descriptor {
//!         &DESCRIPTOR
//!     }
//!     fn process(&self, env: &mut Env<'_>, command: &Command<'_>, _: &mut Reply<'_>) -> Outcome {
//!         let loans = env.counter(CounterId(0))?;
//!         env.set_counter(CounterId(0), loans + 1)?;
//!         env.store(0, command.data)
//!     }
//!     // And nothing at installation, and no files to select.
//! #   fn install(&self, _: &mut Env<'_>, _: &[u8]) -> Outcome {
//! #       Ok(())
//! #   }
//! #   fn select(
//! #       &self,
//! #       _: &mut Env<'_>,
//! #       _: &Selection<'_>,
//! #       _: &mut Reply<'_>,
//! #   ) -> Result<Selected, Halt> {
//! #       Ok(Selected::Here)
//! #   }
//! }
//!
//! let select = &b"\x00\xA4\x04\x0C\x04\xF0LIB"[..];
//! explore::every_tear(&Library, &[select, b"\x80\x10\x00\x00\x03SFP"])?;
//! # Ok::<(), explore::Failure>(())
//! ```
//!
//! # Method
//!
//! A command is run once, with a recorder, to learn its pulses, what its applet stores and counts,
//! and when each transaction and counter change was complete: these notes, taken above the journal,
//! are the model that memory is held against. Power failing in pulse *i* leaves what was there
//! before the command, pulses 1 to *i* - 1, and pulse *i* torn, so the record gives what each tear
//! leaves, and what the applet computes is paid for once. A torn pulse leaves its bits
//! *indeterminate* instead of at values somebody chose, so one run stands for every subset of them,
//! and for bits that waver. The card is powered on again. The only reads that may meet such bits
//! are decisions on whole words; an [`Odometer`](crate::choose::Odometer) takes every combination
//! of what they read as. Each power-up is recorded and torn in turn, in every pulse, to the depth
//! of [`Explorer::cuts`]; and where a power-up completes, the commands since the last one before
//! the tear are sent again and torn again, for a tear must not lie in wait for a later session.
//!
//! [`every_tear`] starts from a card and commands, [`Explorer::every_vector`] from each command of
//! each vector file, in the state in which the vector sends it.
//!
//! # Judgement
//!
//! What is looked at in every run, by the names of the properties:
//!
//! | | property | looked at | when it breaks |
//! |---|---|---|---|
//! | P1 | atomic | segments and counters together are as before the change that was torn, or as after it; a command changes segments in one transaction, unless it may in [more](Explorer), beside those in which one that compares a cryptogram takes a try and gives it back; where it makes or takes away files and keys it may, and then whoever powers the card on between them sees the whole or nothing, by a fixed list of commands, with and without the rights that were shown | [`Broken::Mix`], [`Broken::Foreign`], [`Broken::Transactions`], [`Broken::InPart`] |
//! | P2 | durable | a change that was complete, and after the answer every change, is there after each power-up | [`Broken::Lost`] |
//! | P3 | decided once | two more power cycles, with every reading of words still in doubt, change nothing | [`Broken::DecidedAgain`] |
//! | P4 | outside untouched | as P1: no value but the old and the new one, anywhere in the segments and counters | [`Broken::Foreign`] |
//! | P5 | counted first | a counter is a change of its own: it is new before the next change begins, old or new when torn. That nothing is compared before is a test of each applet with a PIN | [`Broken::Mix`], [`Broken::Lost`] |
//! | P6 | honest status | a command whose status word says that memory is unchanged has given no pulse to it, but for the try that a command with a cryptogram or a MAC takes | [`Broken::Status`] |
//! | P7 | bounded recovery | a power-up takes at most `2k + 3` pulses for `k` page ranges of the transaction that was torn, three for each counter changed since power-up, and one more than the log has pages where a secret was stored; a word left in doubt by an earlier torn recovery may cost its own once more; no power-up finds the card dead | [`Broken::Recovery`], [`Broken::Dead`] |
//! | P8 | wear | a command erases no unit more often than it makes transactions and counter changes (the log of a secret once more), a recovery none more than once | [`Broken::Wear`] |
//! | P9 | nothing hidden | the third power-up is that of a new card with the same profile that has been given memory, random source and clock; the two cards are equal as wholes | [`Broken::Hidden`] |
//! | P10 | forgetting | after an answer and after a power-up no secret the command replaced or stored lies anywhere but in its place | [`Broken::Secret`] |
//!
//! What an applet writes [past the journal](tessera_framework::Env::store_nonatomic) is left out
//! while it is torn: its units may hold anything then, and nothing else may.
//!
//! And for the argument itself: no read outside a decision has met an indeterminate bit
//! ([`Broken::FoulReads`]), and none is left in live data ([`Broken::Indeterminate`]).
//!
//! Why one run covers all outcomes of a tear: power-up is a function of the stable bits and of the
//! decisions, and the foul reads show, run by run, that it hung on nothing else.
//! [`random_tears`](Explorer::random_tears) does the same with bits at chosen values, so that the
//! exploration itself is checked by something that knows nothing of indeterminate bits.

mod at_risk;
mod bounds;
mod broken;
mod concrete;
pub mod design;
mod endurance;
mod outcomes;
mod parts;
mod place;
mod replay;
mod report;
mod run;
mod schedule;
mod session;
mod state;
mod subject;
mod vectors;
mod view;

pub use broken::{Broken, Failure};
pub use endurance::{Endurance, endurance};
pub use outcomes::Outcomes;
pub use place::Place;
pub use replay::{Happening, Replay, Start};
pub use report::{CommandReport, Report};
pub use schedule::{Leg, Origin, Schedule, ScheduleError};
pub use session::Sent;
pub use subject::Subject;
pub use vectors::{AppletReport, LONG_PULSES, VectorFailure, VectorReport};

use std::sync::Arc;

use crate::Card;
use replay::Trace;
use run::Run;

/// Tears `commands`, one after the other, in every pulse, and every recovery in every pulse. A fork
/// of the card is powered on first; each command starts where those before it have led. A command
/// that is refused changes nothing and passes: look at the answers in the report.
///
/// # Errors
/// A promise that was not kept, in a run with as few tears as show it.
pub fn every_tear<C: AsRef<[u8]>>(
    subject: impl Subject,
    commands: &[C],
) -> Result<Report, Failure> {
    Explorer::default().every_tear(subject, commands)
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
    /// worst for its words; 1 to 4: each session another.
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
        subject: impl Subject,
        commands: &[C],
    ) -> Result<Report, Failure> {
        let explore = |explorer: &Self| {
            explorer.each_command(&subject, commands, |run| run.explore(explorer.cuts))
        };
        explore(self).map_err(|failure| self.with_fewer_cuts(explore).unwrap_or(failure))
    }

    /// The failure that the fewest tears show, with fewer than these.
    fn with_fewer_cuts<T, E>(&self, explore: impl Fn(&Self) -> Result<T, E>) -> Option<E> {
        (1..self.cuts).find_map(|cuts| explore(&Self { cuts, ..*self }).err())
    }

    /// Learns each command from where those before it have led, and has it torn by `tear`.
    fn each_command<C: AsRef<[u8]>>(
        &self,
        subject: &impl Subject,
        commands: &[C],
        mut tear: impl FnMut(&mut Run) -> Result<(), Failure>,
    ) -> Result<Report, Failure> {
        let mut schedule = Schedule::default();
        let failed = |broken| Failure::new(broken, &Schedule::default());
        let card = subject.card().map_err(|error| failed(error.into()))?;
        let blank = Arc::new(card.blank().ok_or_else(|| failed(Broken::Power))?);
        let commands: Vec<Vec<u8>> = commands.iter().map(|c| c.as_ref().to_vec()).collect();
        let mut report = Report::default();
        let mut before = started(&card).map_err(failed)?;
        let mut session = Vec::new();
        for (n, command) in commands.iter().enumerate() {
            session.push(Sent::to(&before, command));
            schedule.legs = vec![Leg::Commands { commands: commands[..=n].to_vec(), cut: 0 }];
            let named = |mut failure: Failure| {
                failure.schedule.origin = Origin::of(&card);
                failure
            };
            let mut run =
                Run::learn(*self, &blank, before, &session, schedule.clone(), Trace::default())
                    .map_err(named)?;
            tear(&mut run).map_err(named)?;
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
