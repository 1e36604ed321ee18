//! One command under exploration: learnt, torn, recovered, judged.

use std::sync::Arc;

use super::{
    Broken, CommandReport, Explorer, Failure, Leg, Schedule,
    at_risk::AtRisk,
    bounds, parts,
    replay::{Happening, Trace},
    session::{Sent, send_all_but_last},
    state::{Found, State, indeterminate_live_bits},
};
use crate::{
    Card, Response,
    card::NoAtr,
    choose::{Choices, Odometer},
    nvm::record::{CrashImage, Event, crash_images},
    os::steps::{Change, Step},
};

/// Most bytes that a try changes, the lock that comes of the last one among them, and transactions
/// in which a command takes a try and gives it back.
const TRY_BYTES: usize = 16;
const TRIES_MAX: usize = 2;

/// One command, from the state those before it have led to.
pub(super) struct Run {
    pub(super) explorer: Explorer,
    /// What was done before, and in the run that is being tried.
    pub(super) schedule: Schedule,
    pub(super) report: CommandReport,
    pub(super) after: Card,
    pub(super) trace: Trace,
    /// A card of this profile that has never run.
    blank: Arc<Card>,
    before: Card,
    /// The commands since power-up, this one last.
    session: Vec<Sent>,
    /// The changes the applets were told are solid, and what the card should hold after each; the
    /// first state is that before the command.
    pub(super) steps: Vec<Step>,
    states: Vec<State>,
    /// Pieces of what may lie in its place alone.
    pub(super) secrets: Vec<[u8; 4]>,
    /// Bytes of which bits were drawn in this run.
    pub(super) drawn: Vec<u32>,
    /// What a tear in each pulse leaves, and at last what the answer leaves.
    crashes: Vec<CrashImage>,
    /// The states that may be found after the tear that is being tried.
    allowed: [usize; 2],
    /// Bytes that nothing is promised about: before the command, and after that tear.
    at_risk_before: AtRisk,
    at_risk: AtRisk,
    /// Most pulses of a recovery after it.
    pub(super) recovery_bound: u64,
    /// Bits of the torn pulses of the run that is being tried.
    torn_bits: u32,
}

/// A card after a power-up that was completed and judged.
pub(super) struct Settled {
    /// As it was then, when somebody is to go on with it.
    pub(super) card: Option<Card>,
    /// What the power-up did.
    events: Vec<Event>,
    /// Choices in it, and in all power-ups.
    decisions: usize,
    choices: Choices,
}

impl Run {
    /// Runs the last of the commands since power-up without a tear. `before` has had the others
    /// already; the last leg of `schedule` is this command's.
    pub(super) fn learn(
        explorer: Explorer,
        blank: &Arc<Card>,
        before: Card,
        session: &[Sent],
        schedule: Schedule,
        trace: Trace,
    ) -> Result<Self, Failure> {
        let command = session.last().map(|sent| sent.command.clone()).unwrap_or_default();
        let mut after = before.clone();
        let mut response = Response::new();
        after.note_steps();
        after.start_record();
        let answered = after.exchange(&command, &mut response);
        let (events, steps) = (after.take_record(), after.take_steps());
        let mut states = vec![State::of(&before)];
        for step in &steps {
            states.push(states[states.len() - 1].after(&before, step));
        }
        let mut crashes: Vec<_> = crash_images(before.eeprom(), &events).collect();
        let whole = CrashImage { eeprom: after.eeprom().clone(), bits: 0, decisions: 0 };
        crashes.push(whole);
        let owner =
            steps.iter().flat_map(|step| &step.changes).find_map(|change| before.owner(change));
        let secrets = bounds::secrets(&before, &steps, &states);
        let report = CommandReport {
            command,
            applet: owner.unwrap_or_default().into(),
            status: response.status(),
            changes: steps.len(),
            pulses: after.pulses() - before.pulses(),
            busy_us: after.clock_us() - before.clock_us(),
            ..CommandReport::default()
        };
        let at_risk = AtRisk::left_in(&before);
        let run = Self {
            at_risk_before: at_risk.clone(),
            at_risk,
            explorer,
            schedule,
            report,
            after,
            trace,
            blank: Arc::clone(blank),
            before,
            session: session.to_vec(),
            allowed: [states.len() - 1; 2],
            secrets,
            drawn: Vec::new(),
            steps,
            states,
            crashes,
            recovery_bound: 0,
            torn_bits: 0,
        };
        run.trace.push(|| Happening::Sent {
            command: run.report.command.clone(),
            response: answered.is_ok().then(|| response.as_bytes().to_vec()),
            took_us: run.report.busy_us,
            events: events.clone(),
        });
        let judged = answered.map_err(|_| Broken::Power).and_then(|()| run.judge_command(&events));
        judged.map_err(|broken| run.failure(broken))?;
        Ok(run)
    }

    /// Whether the command without a tear keeps its word.
    fn judge_command(&self, events: &[Event]) -> Result<(), Broken> {
        self.judge(&self.after)?;
        let changes = self.states.windows(2).filter(|pair| pair[0].segments != pair[1].segments);
        let changes: Vec<usize> = changes.map(|pair| pair[0].bytes_other_than(&pair[1])).collect();
        let tries = changes.iter().filter(|&&bytes| bytes <= TRY_BYTES).count().min(TRIES_MAX);
        let tries = if self.compares() { tries } else { 0 };
        let (got, expected) = (changes.len() - tries, self.explorer.transactions_max);
        if got > expected && !parts::may_be_made_in_parts(&self.report.command) {
            return Err(Broken::Transactions { got, expected });
        }
        if got > expected {
            parts::judge(&self.after, &self.states, &self.session)?;
        }
        let moved = self.report.pulses > 0 || self.before.memory() != self.after.memory();
        if moved && self.report.status.promises_unchanged() && !self.counts_a_try() {
            return Err(Broken::Status(self.report.status));
        }
        bounds::command_wear(&self.before, &self.after, events, &self.steps)
    }

    /// A command that compares has taken a try before it looks, and may be refused then (6988), or
    /// for something else, or answer with a warning. The try is a counter, or lies among the
    /// applet's bytes.
    fn counts_a_try(&self) -> bool {
        let counted = |change: &Change| matches!(change, Change::Count { .. });
        let only_counted = || self.steps.iter().flat_map(|step| &step.changes).all(counted);
        let (Some(first), Some(last)) = (self.states.first(), self.states.last()) else {
            return false;
        };
        self.compares() && (only_counted() || first.bytes_other_than(last) <= TRY_BYTES)
    }

    /// Whether the command has a cryptogram or a MAC that the card compares: EXTERNAL AUTHENTICATE,
    /// a class with secure messaging, and what completes a transaction of a medical account.
    fn compares(&self) -> bool {
        let [class, ins, ..] = self.report.command[..] else { return false };
        let completes = matches!((class, ins), (0xB0, 0x2A | 0x2C) | (0xD0, 0x2C | 0x42 | 0x46));
        class & 0x04 != 0 || (class & 0x80 == 0 && ins == 0x82) || completes
    }

    /// Places at which the command can be torn; the last is after the answer.
    pub(super) fn cuts(&self) -> u32 {
        self.crashes.len() as u32
    }

    /// Tears the command in every pulse, and after its answer; not at all without cuts left.
    pub(super) fn explore(&mut self, cuts_left: u32) -> Result<(), Failure> {
        let Some(cuts_left) = cuts_left.checked_sub(1) else { return Ok(()) };
        for cut in 1..=self.cuts() {
            let torn = self.torn(cut)?;
            self.recover(&torn, cuts_left)?;
        }
        Ok(())
    }

    /// The card after the command was torn in its pulse `cut`; behind the last one, after the
    /// answer.
    pub(super) fn torn(&mut self, cut: u32) -> Result<Card, Failure> {
        let crash = self.plan(cut)?;
        Ok(self.before.with_memory(self.crashes[crash].eeprom.clone()))
    }

    /// Makes `card`, one of this run, what [`torn`](Self::torn) returns.
    pub(super) fn tear(&mut self, card: &mut Card, cut: u32) -> Result<(), Failure> {
        let crash = self.plan(cut)?;
        card.restart(&self.crashes[crash].eeprom, &self.before);
        Ok(())
    }

    /// Prepares for what a tear in pulse `cut` leaves; returns its place among the crashes.
    fn plan(&mut self, cut: u32) -> Result<usize, Failure> {
        if let Some(Leg::Commands { cut: planned, .. } | Leg::Again { cut: planned }) =
            self.schedule.legs.last_mut()
        {
            *planned = cut;
        }
        let Some(crash) = self.crashes.get(cut.wrapping_sub(1) as usize) else {
            let expected = match self.cuts() {
                1 => "1, behind the answer, for the command gives no pulse".into(),
                n => format!("a pulse from 1 to {}, or {n}, behind the answer", n - 1),
            };
            return Err(self.misfit(expected, cut));
        };
        let given = self.before.pulses() + u64::from(cut) - 1;
        let complete = self.steps.iter().filter(|step| step.pulses <= given).count();
        self.allowed = [complete, (complete + 1).min(self.states.len() - 1)];
        let torn = self.steps.get(complete);
        self.at_risk = self.at_risk_before.and(&self.before, torn);
        self.recovery_bound = bounds::recovery_pulses_max(&self.before, &self.after, torn);
        self.torn_bits = crash.bits;
        self.report.torn_bits_max = self.report.torn_bits_max.max(crash.bits);
        Ok(cut as usize - 1)
    }

    /// Powers `torn` on in every way, and again with a tear in every pulse while there are cuts
    /// left.
    fn recover(&mut self, torn: &Card, cuts_left: u32) -> Result<(), Failure> {
        let place = self.schedule.legs.len();
        self.report.cuts_max = self.report.cuts_max.max(self.explorer.cuts - cuts_left);
        let mut odometer = Odometer::new();
        // How many choices are those of the run before, which the first has not.
        let mut kept = None;
        loop {
            let go_on = cuts_left > 0 && self.explorer.again;
            let settled = self.complete(torn, odometer.choices(), go_on)?;
            self.report.schedules += 1;
            self.report.decisions += settled.choices.taken().len() as u64;
            self.report.outcomes.add(self.torn_bits);
            let is_new = |decisions| kept.is_none_or(|kept| decisions > kept);
            if let Some(card) = settled.card.filter(|_| is_new(settled.decisions)) {
                self.go_on(card, cuts_left)?;
            }
            self.schedule.legs.truncate(place);
            if cuts_left > 0 {
                for (cut, crash) in (1..).zip(crash_images(torn.eeprom(), &settled.events)) {
                    if is_new(crash.decisions) {
                        let reads = reads(&settled.choices)[..crash.decisions].to_vec();
                        self.schedule.legs.push(Leg::PowerUp { reads, cut });
                        self.torn_bits += crash.bits;
                        self.recover(&torn.with_memory(crash.eeprom), cuts_left - 1)?;
                        self.torn_bits -= crash.bits;
                        self.schedule.legs.truncate(place);
                    }
                }
            }
            if !odometer.advance(&settled.choices) {
                return Ok(());
            }
            kept = Some(odometer.choices().script_choices().saturating_sub(1));
        }
    }

    /// The commands once more on a card that has recovered, and the last of them torn.
    fn go_on(&mut self, card: Card, cuts_left: u32) -> Result<(), Failure> {
        let mut run = self.again(card)?;
        run.explore(cuts_left)?;
        self.report.add(&run.report);
        Ok(())
    }

    /// The same command learnt anew, after the commands before it were sent once more.
    pub(super) fn again(&self, mut card: Card) -> Result<Self, Failure> {
        let mut schedule = self.schedule.clone();
        schedule.legs.push(Leg::Again { cut: 0 });
        let trace = self.trace.clone();
        card.choose_lane(self.next_lane());
        send_all_but_last(&mut card, &self.session, &trace)
            .map_err(|broken| Failure::new(broken, &schedule))?;
        let mut run =
            Self::learn(self.explorer, &self.blank, card, &self.session, schedule, trace)?;
        for crash in &mut run.crashes {
            crash.bits += self.torn_bits;
        }
        Ok(run)
    }

    /// The lane of the session after this one.
    pub(super) fn next_lane(&self) -> u32 {
        self.before.lane() + self.explorer.lane_step
    }

    /// A power-up without a tear, two more, and judgement; adds a leg.
    pub(super) fn complete(
        &mut self,
        torn: &Card,
        choices: Choices,
        keep: bool,
    ) -> Result<Settled, Failure> {
        let mut card = torn.clone();
        card.set_choices(choices);
        let settled = self.power_up_and_judge(&mut card, keep, true);
        let choices = card.eeprom().choices().clone();
        self.schedule.legs.push(Leg::PowerUp { reads: reads(&choices), cut: 0 });
        let (card, events, decisions) = settled.map_err(|broken| self.failure(broken))?;
        Ok(Settled { card, events, decisions, choices })
    }

    /// Powers a card on three times, the third time, when `fresh` says so, as one that has nothing
    /// but its memory, random source and clock. Returns the card after the first when `keep` says
    /// so, what its memory went through in that, and the choices until then.
    pub(super) fn power_up_and_judge(
        &mut self,
        card: &mut Card,
        keep: bool,
        fresh: bool,
    ) -> Result<(Option<Card>, Vec<Event>, usize), Broken> {
        let pulses = card.pulses();
        let events = self.power_on(card)?;
        let got = card.pulses() - pulses;
        let expected = self.recovery_bound;
        self.report.recovered(got, expected);
        if got > expected {
            return Err(Broken::Recovery { got, expected });
        }
        bounds::recovery_wear(card, &events)?;
        let found = self.judge(card)?;
        let [old, new] = self.allowed.map(|allowed| &self.states[allowed]);
        self.trace.push(|| Happening::Holds {
            new: found == Found::New,
            places: old.differences(card, new),
        });
        let decisions = card.eeprom().choices().taken().len();
        let settled = keep.then(|| card.clone());
        let pulses = card.pulses();
        card.power_off();
        self.power_on(card)?;
        self.judge_again(card, pulses, found)?;
        if !fresh {
            card.power_off();
            self.power_on(card)?;
            self.judge_again(card, pulses, found)?;
            return Ok((settled, events, decisions));
        }
        let mut fresh = self.blank.with_lasting_of(card);
        let powered = self.power_on(&mut fresh);
        card.set_choices(fresh.eeprom().choices().clone());
        powered?;
        self.judge_again(&fresh, pulses, found)?;
        // Where there was something left to settle, the two power-ups began at different times.
        if fresh.pulses() == pulses && fresh != *card {
            return Err(Broken::Hidden);
        }
        Ok((settled, events, decisions))
    }

    /// Powers a card on and returns what its memory went through.
    pub(super) fn power_on(&mut self, card: &mut Card) -> Result<Vec<Event>, Broken> {
        card.start_record();
        let powered = card.power_on();
        let events = card.take_record();
        self.trace
            .push(|| Happening::PoweredOn { events: events.clone(), completed: powered.is_ok() });
        powered.map_err(|why| match why {
            NoAtr::PowerLost => Broken::Power,
            NoAtr::MemoryFailure => Broken::Dead,
        })?;
        Ok(events)
    }

    /// Powers a card on with a tear in pulse `cut`; true, and a leg is added, when it was hit.
    pub(super) fn power_up_torn(&mut self, card: &mut Card, cut: u32) -> bool {
        card.tear_at(cut);
        let was_cut = self.power_on(card).is_err();
        if was_cut {
            self.schedule.legs.push(Leg::PowerUp { reads: reads(card.eeprom().choices()), cut });
        }
        was_cut
    }

    /// Whether a power-up has left a card as `found`. One without a pulse has changed no cell.
    fn judge_again(&self, card: &Card, pulses: u64, found: Found) -> Result<(), Broken> {
        if card.pulses() == pulses {
            return self.judge_reads(card);
        }
        if self.judge(card)? == found { Ok(()) } else { Err(Broken::DecidedAgain) }
    }

    fn judge_reads(&self, card: &Card) -> Result<(), Broken> {
        let foul = card.eeprom().foul_reads() - self.before.eeprom().foul_reads();
        if foul > 0 { Err(Broken::FoulReads(foul)) } else { Ok(()) }
    }

    /// Looks at a card that is at rest.
    fn judge(&self, card: &Card) -> Result<Found, Broken> {
        self.judge_reads(card)?;
        indeterminate_live_bits(card, &self.at_risk)?;
        bounds::forgotten(card, &self.secrets, &self.drawn)?;
        let old = self.allowed[0];
        let [old_seen, new_seen] =
            self.allowed.map(|allowed| self.at_risk.seen_in(card, &self.states[allowed]));
        State::found(card, &old_seen, &new_seen).map_err(|broken| {
            let earlier = self.states[..old].iter().find(|state| state.is_in(card));
            let lost = earlier.and_then(|state| state.first_difference(card, &self.states[old]));
            lost.map_or(broken, |place| Broken::Lost { place })
        })
    }

    pub(super) fn failure(&self, broken: Broken) -> Failure {
        Failure::new(broken, &self.schedule)
    }

    /// The part of the schedule that was added last is not of this card.
    fn misfit(&self, expected: String, got: impl ToString) -> Failure {
        let part = self.schedule.legs.len();
        self.failure(Broken::Misfit { part, expected, got: got.to_string() })
    }
}

fn reads(choices: &Choices) -> Vec<u32> {
    choices.taken().iter().map(|&(choice, _)| choice).collect()
}
