//! Every state-changing command of every vector file, torn in the state in which it is sent.
//!
//! A vector's dialogue is held as usual, with its own tears and resets; before each command goes to
//! its card, a fork is explored. Commands that change nothing are held to their status word alone
//! (P6). Vectors are shared out to threads; what comes of it does not depend on who took which.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    Broken, CommandReport, Explorer, Failure, Leg, Origin, Schedule, Sent, Start, replay::Trace,
    run::Run,
};
use crate::{
    Card, Response,
    vectors::{
        self, Action, Body, Cards, Collection, Dialogue, Target, Targets, Tear, Unavailable,
        Vector, Verdict, collection::Entry,
    },
};

/// What came of the vectors of a directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VectorReport {
    /// By the application whose memory the commands change, in the order of their names.
    pub applets: BTreeMap<String, AppletReport>,
    /// Vectors that hold a dialogue.
    pub vectors: u64,
    /// Commands that gave no pulse: held to their status word.
    pub quiet: u64,
}

/// What came of the commands that change one application's memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AppletReport {
    /// The commands.
    pub commands: u64,
    /// Pulses of all of them.
    pub pulses: u64,
    /// All other counts.
    pub sum: CommandReport,
}

/// Why the vectors do not stand.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VectorFailure {
    /// A promise was not kept.
    #[error(transparent)]
    Broken(#[from] Failure),
    /// A vector does not run as it says, torn or not.
    #[error("{0}")]
    Vector(Box<crate::vectors::Failure>),
    /// There is no such state in a vector.
    #[error("the card of the line does not fit the vectors: expected {expected}, got {got}")]
    NoStart {
        /// What would be there.
        expected: String,
        /// What was asked for.
        got: String,
    },
}

impl VectorReport {
    fn add(&mut self, command: &CommandReport) {
        let applet = self.applets.entry(command.applet.clone()).or_default();
        applet.commands += 1;
        applet.pulses += command.pulses;
        applet.sum.add(command);
    }

    fn add_all(&mut self, other: Self) {
        self.vectors += other.vectors;
        self.quiet += other.quiet;
        for (name, report) in other.applets {
            self.applets.entry(name).or_default().add(&report);
        }
    }

    /// Takes over the concrete tears of another exploration of the same vectors.
    pub fn take_concrete(&mut self, drawn: &Self) {
        for (name, report) in &drawn.applets {
            let applet = self.applets.entry(name.clone()).or_default();
            applet.sum.concrete_tears = report.sum.concrete_tears;
        }
    }

    /// Everything in one.
    #[must_use]
    pub fn total(&self) -> AppletReport {
        let mut total = AppletReport::default();
        self.applets.values().for_each(|applet| total.add(applet));
        total
    }
}

impl AppletReport {
    fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.pulses += other.pulses;
        self.sum.add(&other.sum);
    }
}

/// A command of more pulses than these is torn once in a row: the cost of two tears grows with the
/// square, and each of its transactions is like the few of a shorter one. [`every_tear`] and a line
/// go as deep as they are told.
///
/// [`every_tear`]: super::every_tear
pub const LONG_PULSES: u64 = 40;

/// How the commands are torn.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// In every pulse.
    Every,
    /// So often, with torn bits at values drawn from a seed.
    Drawn { tears: u64, seed: u64 },
}

impl Explorer {
    /// Explores each command of each vector, on so many threads.
    ///
    /// # Errors
    /// The first failure in the order of the vectors, in a run with as few tears as show it.
    pub fn every_vector(
        &self,
        collection: &Collection,
        threads: usize,
    ) -> Result<VectorReport, VectorFailure> {
        let explore = |explorer: &Self, entry: &Entry| {
            explorer.hold(Cards::new(), collection, entry, Way::Every)
        };
        each_entry(collection, threads, |entry| {
            explore(self, entry).map_err(|failure| {
                let smaller = self.with_fewer_cuts(|explorer| explore(explorer, entry));
                smaller.unwrap_or(failure)
            })
        })
    }

    /// Tears each state-changing command of each vector at least `tears` times with torn bits at
    /// values drawn from a seed, which hangs on `seed` and the command's place.
    ///
    /// # Errors
    /// As [`every_vector`](Self::every_vector); the schedule names the run's own seed.
    pub fn random_vectors(
        &self,
        collection: &Collection,
        threads: usize,
        tears: u64,
        seed: u64,
    ) -> Result<VectorReport, VectorFailure> {
        let way = Way::Drawn { tears, seed };
        each_entry(collection, threads, |entry| self.hold(Cards::new(), collection, entry, way))
    }

    /// Holds one vector's dialogue with one of `cards` and tears its commands.
    pub(super) fn hold(
        self,
        cards: Cards,
        collection: &Collection,
        entry: &Entry,
        way: Way,
    ) -> Result<VectorReport, VectorFailure> {
        let held = Rc::new(RefCell::new(Held::default()));
        let keep = Rc::clone(&held);
        let name = entry.name.clone();
        let mut watched = Watched::new(
            cards,
            Rc::new(move |moment: Moment<'_>| {
                let mut held = keep.borrow_mut();
                held.explore(self, way, &name, &moment).map_err(|failure| {
                    let what = failure.to_string();
                    held.failure = Some(failure);
                    what
                })
            }),
        );
        let verdict = collection.run_one(entry, &mut watched);
        let mut held = held.borrow_mut();
        held.report.vectors += u64::from(watched.pulse > 0);
        match (held.failure.take(), verdict) {
            (Some(failure), _) => Err(failure.into()),
            (None, Verdict::Failed(failure)) => Err(VectorFailure::Vector(Box::new(failure))),
            (None, Verdict::Passed | Verdict::Skipped(_)) => Ok(std::mem::take(&mut held.report)),
        }
    }

    /// The card of a vector in the state in which the vector sends the command that `origin` names.
    ///
    /// # Errors
    /// [`VectorFailure::NoStart`] when there is none, [`VectorFailure::Vector`] when the vector
    /// fails before it.
    pub fn start(collection: &Collection, origin: &Origin) -> Result<Start, VectorFailure> {
        Self::start_of(Cards::new(), collection, origin)
    }

    /// As [`start`](Self::start), of one of `cards`.
    pub(super) fn start_of(
        cards: Cards,
        collection: &Collection,
        origin: &Origin,
    ) -> Result<Start, VectorFailure> {
        let Origin::Vector { name, line, pulse } = origin.clone() else {
            return Err(no_start("a vector's line", origin));
        };
        let entry = collection.entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| no_start("the name of a vector", name))?;
        let vector = entry.vector.as_ref().map_err(|error| no_start("a vector", error))?;
        let found = Rc::new(RefCell::new(None));
        let keep = Rc::clone(&found);
        let mut watched = Watched::new(
            cards,
            Rc::new(move |moment: Moment<'_>| {
                if (moment.line, moment.pulse) == (line, pulse) {
                    let start = Start {
                        card: moment.card.clone(),
                        session: moment.session.to_vec(),
                        answers: moment.answers.to_vec(),
                    };
                    *keep.borrow_mut() = Some(start);
                    return Err("the place is reached".into());
                }
                Ok(())
            }),
        );
        let verdict = vectors::run(vector, &mut watched);
        match (found.take(), verdict) {
            (Some(start), _) => Ok(start),
            (None, Verdict::Failed(failure)) => Err(VectorFailure::Vector(Box::new(failure))),
            (None, _) => Err(no_start("the line of a command that is sent to the card", origin)),
        }
    }
}

fn no_start(expected: &str, got: impl fmt::Display) -> VectorFailure {
    let got = format!("`{}`", got.to_string().trim_end_matches([':', ' ']));
    VectorFailure::NoStart { expected: expected.into(), got }
}

/// Does `work` for each vector on so many threads and adds up what comes of it; of several failures
/// the first in the order of the vectors.
fn each_entry(
    collection: &Collection,
    threads: usize,
    work: impl Fn(&Entry) -> Result<VectorReport, VectorFailure> + Sync,
) -> Result<VectorReport, VectorFailure> {
    let dialogue = |entry: &&Entry| {
        entry.vector.as_ref().map_or(true, |vector| matches!(vector.body, Body::Dialogue(_)))
    };
    let entries: Vec<&Entry> = collection.entries.iter().filter(dialogue).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((entry.name.clone(), work(entry)));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(take)).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    });
    done.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut all = VectorReport::default();
    for (_, report) in done {
        all.add_all(report?);
    }
    Ok(all)
}

/// What comes of one vector while it is held.
#[derive(Default)]
struct Held {
    report: VectorReport,
    failure: Option<Failure>,
    blank: Option<Arc<Card>>,
}

impl Held {
    fn explore(
        &mut self,
        explorer: Explorer,
        way: Way,
        name: &str,
        moment: &Moment<'_>,
    ) -> Result<(), Failure> {
        let &Moment { card, session, line, pulse, .. } = moment;
        let origin = Origin::Vector { name: name.into(), line, pulse };
        let legs = vec![Leg::Commands { commands: Vec::new(), cut: 0 }];
        let schedule = Schedule { origin, legs };
        let blank = match &self.blank {
            Some(blank) => Arc::clone(blank),
            None => {
                let blank = card.blank().ok_or_else(|| Failure::new(Broken::Power, &schedule))?;
                Arc::clone(self.blank.insert(Arc::new(blank)))
            }
        };
        let before = card.clone();
        let mut run = Run::learn(explorer, &blank, before, session, schedule, Trace::default())?;
        if run.report.pulses == 0 {
            self.report.quiet += 1;
            return Ok(());
        }
        match way {
            Way::Every if run.report.pulses > LONG_PULSES => run.explore(explorer.cuts.min(1))?,
            Way::Every => run.explore(explorer.cuts)?,
            Way::Drawn { tears, seed } => {
                let place = run.schedule.origin.to_string();
                run.random_tears(tears, seed_of(seed, &place))?;
            }
        }
        self.report.add(&run.report);
        Ok(())
    }
}

/// A seed for a place (FNV-1a).
fn seed_of(seed: u64, place: &str) -> u64 {
    place.bytes().fold(seed ^ 0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// A command is about to be sent to a card under power.
struct Moment<'m> {
    card: &'m Card,
    /// The commands since power-up, that one last.
    session: &'m [Sent],
    /// The answers to all of them but that one.
    answers: &'m [Vec<u8>],
    line: usize,
    /// The pulse of the vector's `tear each`.
    pulse: u32,
}

/// Told of each moment once; an error ends the dialogue.
type Watcher = Rc<dyn Fn(Moment<'_>) -> Result<(), String>>;

/// Cards as the vectors name them, each command of which is shown to somebody first.
struct Watched {
    cards: Cards,
    watcher: Watcher,
    /// How often the dialogue has begun.
    pulse: u32,
}

impl Watched {
    fn new(cards: Cards, watcher: Watcher) -> Self {
        Self { cards, watcher, pulse: 0 }
    }
}

impl Targets for Watched {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        let card = self.cards.fresh(vector, dialogue)?;
        self.pulse += 1;
        // The second time on, everything up to what is torn in turn is as it was.
        let seen_to = if self.pulse > 1 { line_of_tear_each(dialogue) } else { 0 };
        Ok(Box::new(WatchedCard {
            card,
            response: Response::new(),
            session: Vec::new(),
            answers: Vec::new(),
            line: 0,
            pulse: self.pulse,
            seen_to,
            watcher: Rc::clone(&self.watcher),
        }))
    }

    fn is_home(&self) -> bool {
        true
    }
}

/// The line of the step that `tear each` is about.
fn line_of_tear_each(dialogue: &Dialogue) -> usize {
    let each = |step: &vectors::Step| step.action == Action::Tear(Tear::Each);
    let after = dialogue.steps.iter().skip_while(|step| !each(step)).skip(1);
    let mut torn = after.filter(|step| {
        matches!(step.action, Action::Exchange(..) | Action::PowerOn(_) | Action::Reset(_))
    });
    torn.next().map_or(0, |step| step.line)
}

struct WatchedCard {
    card: Card,
    response: Response,
    session: Vec<Sent>,
    answers: Vec<Vec<u8>>,
    line: usize,
    pulse: u32,
    /// Commands up to this line have been shown before.
    seen_to: usize,
    watcher: Watcher,
}

impl Target for WatchedCard {
    fn step(&mut self, line: usize) {
        self.line = line;
    }

    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        self.session.clear();
        self.answers.clear();
        Ok(self.card.power_on().ok().map(|()| self.card.atr().to_vec()))
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.card.power_off();
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        self.session.push(Sent::to(&self.card, command));
        if self.card.is_powered() && self.line > self.seen_to {
            let mut card = self.card.clone();
            card.tear_at(0);
            (self.watcher)(Moment {
                card: &card,
                session: &self.session,
                answers: &self.answers,
                line: self.line,
                pulse: self.pulse,
            })?;
        }
        let answered = self.card.exchange(command, &mut self.response);
        let answer = answered.ok().map(|()| self.response.as_bytes().to_vec());
        self.answers.extend(answer.clone());
        Ok(answer)
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
