//! The search: changes and power-ups, each torn in every pulse, with every reading of every word in
//! doubt.
//!
//! Invariants:
//! * a path of the search is a [`Line`]: `legs` and `reads` say how its state was come to;
//! * of a run that an advance of the choices repeats, the tears before the reading that is new are
//!   not tried again.

use super::{
    Act, Broken, Design, Exploration, Findings, Leg, Line, Tears,
    cells::{Cells, Note, PULSES_MAX},
};

/// Power-ups without tears after one that completed, which must change nothing.
const POWER_CYCLES: u32 = 2;

pub(super) struct Search<'d, D: Design> {
    design: &'d D,
    how: Exploration,
    spare: Vec<Cells>,
    legs: Vec<(Act, usize, u32)>,
    reads: Vec<u32>,
    tries: Option<u32>,
    pub(super) findings: Findings,
}

/// What is known and allowed where a path has led to.
#[derive(Clone)]
struct Point<V> {
    /// The value before the change, and what it may be now.
    old: V,
    new: V,
    /// A power-up has completed since the last change: the value is decided.
    is_decided: bool,
    /// A value was read with bits in doubt.
    in_doubt: bool,
    cuts_left: u32,
    changes_left: u32,
    cycles_left: u32,
    /// Changes begun, attempts among them, and uses made.
    step: u32,
    uses: u32,
}

impl<'d, D: Design> Search<'d, D> {
    pub(super) fn new(design: &'d D, how: Exploration) -> Self {
        let (spare, legs, reads) = (Vec::new(), Vec::new(), Vec::new());
        Self { design, how, spare, legs, reads, tries: None, findings: Findings::default() }
    }

    /// Formats memory, then tears everything.
    pub(super) fn run(mut self) -> Findings {
        let mut cells = self.cells();
        let mut ram = D::Ram::default();
        let ready = self.design.format(&mut cells).is_ok()
            && self.design.settle(&mut cells, &mut ram).is_ok();
        assert!(ready, "a design formats in at most {PULSES_MAX} pulses");
        let value = self.design.value(&mut cells, &ram);
        self.tries = self.design.tries_left(&value);
        let point = Point {
            old: value.clone(),
            new: value,
            is_decided: true,
            in_doubt: false,
            cuts_left: self.how.cuts,
            changes_left: self.how.changes,
            cycles_left: POWER_CYCLES,
            step: 0,
            uses: 0,
        };
        if point.changes_left > 0 {
            self.change(cells.state(), &ram, &point);
        }
        self.findings
    }

    fn cells(&mut self) -> Cells {
        let new = || Cells::new(self.design.geometry(), self.design.bytes(), self.how.tears);
        self.spare.pop().unwrap_or_else(new)
    }

    /// One more change, from the end of a power-up or of another change.
    fn change(&mut self, from: &[u8], ram: &D::Ram, at: &Point<D::Value>) {
        let mut cells = self.cells();
        let old = at.new.clone();
        let new = self.design.after(&old, at.step);
        let torn = Point {
            old,
            new,
            is_decided: false,
            changes_left: at.changes_left - 1,
            cycles_left: POWER_CYCLES,
            step: at.step + 1,
            ..at.clone()
        };
        let given_back = self.gives_back(&torn);
        loop {
            cells.load(from, at.uses, at.cuts_left > 0);
            let mut ram = ram.clone();
            let done = self.design.change(&mut cells, &mut ram, at.step).is_ok();
            self.tear(Act::Change, &cells, &torn);
            let leg = self.push(Act::Change, &cells, cells.choices.taken().len(), 0);
            if let Some(broken) = spoilt(&cells, done) {
                self.broken(broken, at, None);
            } else {
                let uses = if given_back { 0 } else { cells.uses };
                let whole = Point { old: torn.new.clone(), uses, ..torn.clone() };
                self.power_up(cells.state(), &whole);
                if whole.changes_left > 0 && whole.cuts_left > 0 {
                    self.change(cells.state(), &ram, &whole);
                }
            }
            self.pop(leg);
            if !cells.choices.advance() {
                break;
            }
        }
        self.spare.push(cells);
    }

    /// A power-up, torn in every pulse, and what may follow when it completes.
    fn power_up(&mut self, from: &[u8], at: &Point<D::Value>) {
        let mut cells = self.cells();
        loop {
            cells.load(from, at.uses, at.cuts_left > 0);
            let mut ram = D::Ram::default();
            let done = self.design.settle(&mut cells, &mut ram).is_ok();
            let (readings, pulses) = (cells.choices.taken().len(), cells.pulses);
            self.findings.recovery_pulses_max = self.findings.recovery_pulses_max.max(pulses);
            self.tear(Act::On, &cells, at);
            cells.keep_no_more_images();
            let value = self.design.value(&mut cells, &ram);
            let leg = self.push(Act::On, &cells, cells.choices.taken().len(), 0);
            let settled = done && pulses <= self.design.recovery_pulses_max();
            let wavers = self.how.tears == Tears::Wavering;
            let in_doubt = wavers && cells.choices.taken().len() > readings;
            match spoilt(&cells, settled).or_else(|| self.judge(at, &value, in_doubt)) {
                Some(broken) => self.broken(broken, at, Some(&value)),
                None => self.go_on(&cells, &ram, at, value, in_doubt),
            }
            self.pop(leg);
            if !cells.choices.advance() {
                break;
            }
        }
        self.spare.push(cells);
    }

    /// After a power-up that has completed and kept every promise.
    fn go_on(
        &mut self,
        cells: &Cells,
        ram: &D::Ram,
        at: &Point<D::Value>,
        value: D::Value,
        in_doubt: bool,
    ) {
        let decided = Point {
            uses: self.counted_uses(at, &value),
            old: if self.design.is_decided_once() { value.clone() } else { at.old.clone() },
            new: value,
            is_decided: true,
            in_doubt: at.in_doubt | in_doubt,
            cycles_left: at.cycles_left.saturating_sub(1),
            ..at.clone()
        };
        if at.cycles_left > 0 {
            self.power_up(cells.state(), &decided);
        } else {
            self.findings.schedules += 1;
        }
        let first = at.cycles_left == POWER_CYCLES;
        if first && at.changes_left > 0 && at.cuts_left > 0 {
            self.change(cells.state(), ram, &decided);
        }
    }

    /// Tears every pulse of a run that has just been made, but those tried before.
    fn tear(&mut self, act: Act, cells: &Cells, at: &Point<D::Value>) {
        for n in 0..cells.images() {
            let (image, Note { readings, uses }) = cells.image(n);
            if readings < cells.choices.script_choices() {
                continue;
            }
            let bits = Cells::torn_bits(image);
            self.findings.torn_bits_max = self.findings.torn_bits_max.max(bits);
            let leg = self.push(act, cells, readings, n as u32 + 1);
            self.power_up(image, &Point { cuts_left: at.cuts_left - 1, uses, ..at.clone() });
            self.pop(leg);
        }
    }

    fn judge(&self, at: &Point<D::Value>, value: &D::Value, in_doubt: bool) -> Option<Broken> {
        let tries = self.tries.zip(self.design.tries_left(value));
        if let Some((tries, left)) = tries {
            if left.saturating_add(self.counted_uses(at, value)) > tries {
                return Some(Broken::TryTooMany);
            }
            if !self.design.is_decided_once() {
                return (left.saturating_add(at.step) < tries).then_some(Broken::TryLost);
            }
        }
        if *value != at.old && *value != at.new {
            if self.design.is_back(&at.old, value) {
                return Some(Broken::WentBack);
            }
            return Some(if at.is_decided { Broken::DecidedAgain } else { Broken::Neither });
        }
        let last = at.cycles_left == 0;
        (last && (at.in_doubt || in_doubt)).then_some(Broken::InDoubt)
    }

    /// Uses that count against the tries: none any more once the tries were given back.
    fn counted_uses(&self, at: &Point<D::Value>, value: &D::Value) -> u32 {
        if self.gives_back(at) && *value == at.new { 0 } else { at.uses }
    }

    fn gives_back(&self, at: &Point<D::Value>) -> bool {
        let left = |value| self.design.tries_left(value);
        self.design.is_decided_once() && left(&at.new) > left(&at.old)
    }

    fn push(&mut self, act: Act, cells: &Cells, readings: usize, cut: u32) -> usize {
        let from = self.reads.len();
        self.reads.extend(cells.choices.taken()[..readings].iter().map(|&(choice, _)| choice));
        self.legs.push((act, from, cut));
        from
    }

    fn pop(&mut self, from: usize) {
        self.legs.pop();
        self.reads.truncate(from);
    }

    fn broken(&mut self, broken: Broken, at: &Point<D::Value>, value: Option<&D::Value>) {
        let cuts = self.legs.iter().filter(|leg| leg.2 > 0).count() as u32;
        let ends = self.legs[1..].iter().map(|leg| leg.1).chain([self.reads.len()]);
        let legs = self.legs.iter().zip(ends);
        let line = || {
            let leg = |(&(act, from, cut), end): (&(Act, usize, u32), usize)| Leg {
                act,
                reads: self.reads[from..end].to_vec(),
                cut,
            };
            (Line { legs: legs.map(leg).collect() }, seen(broken, at, value))
        };
        self.findings.note(broken, cuts, line);
    }
}

fn spoilt(cells: &Cells, done: bool) -> Option<Broken> {
    match (cells.is_foul(), done) {
        (true, _) => Some(Broken::FoulRead),
        (false, false) => Some(Broken::Recovery),
        (false, true) => None,
    }
}

fn seen<V: std::fmt::Debug + PartialEq>(
    broken: Broken,
    at: &Point<V>,
    value: Option<&V>,
) -> String {
    let Some(value) = value else { return "in the change itself".into() };
    let Point { old, new, uses, step, .. } = at;
    match broken {
        Broken::WentBack | Broken::DecidedAgain => format!("was {new:?}, reads {value:?}"),
        Broken::Neither if old == new => format!("reads {value:?} instead of {old:?}"),
        Broken::Neither => format!("reads {value:?}, neither {old:?} nor {new:?}"),
        Broken::TryTooMany => format!("{uses} used, and {value:?} left"),
        Broken::TryLost => format!("{value:?} left after {step} attempts"),
        Broken::FoulRead | Broken::InDoubt => format!("reads {value:?}, or something else"),
        Broken::Recovery => format!("reads {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        explore::design::{Exploration, textbook::TextbookCounter},
        nvm::Geometry,
    };

    #[test]
    fn where_nothing_is_changed_or_torn_nothing_is_found() {
        let taught = TextbookCounter::taught(Geometry::part("tiny").unwrap());
        for (cuts, changes, schedules) in [(1, 0, 0), (0, 1, 1)] {
            let findings = Exploration { cuts, changes, ..Exploration::default() }.run(&taught);
            assert_eq!((findings.schedules, findings.violations()), (schedules, 0));
        }
    }
}
