//! One command under exploration: learnt, torn, recovered, judged.

use super::{
    Broken, CommandReport, Explorer, Failure, Leg, Schedule,
    state::{State, indeterminate_live_bits},
};
use crate::{
    Card, Response, StatusWord,
    choose::{Choices, Odometer},
    os::steps::Step,
};

/// One command, from the state those before it have led to.
pub(super) struct Run {
    pub(super) explorer: Explorer,
    /// What was done before, and in the run that is being tried.
    pub(super) schedule: Schedule,
    pub(super) report: CommandReport,
    pub(super) after: Card,
    before: Card,
    commands: Vec<Vec<u8>>,
    /// The changes the applets were told are solid, and what the card should hold after each; the
    /// first state is that before the command.
    steps: Vec<Step>,
    states: Vec<State>,
    /// The states that may be found after the tear that is being tried.
    allowed: [usize; 2],
}

impl Run {
    /// Runs the last of `commands` without a tear. `before` has had the others already.
    pub(super) fn learn(
        explorer: Explorer,
        before: Card,
        commands: &[Vec<u8>],
        mut schedule: Schedule,
    ) -> Result<Self, Failure> {
        let command = commands.last().cloned().unwrap_or_default();
        schedule.legs.push(Leg::Commands { commands: commands.to_vec(), cut: 0 });
        let mut after = before.clone();
        let mut response = Response::new();
        after.note_steps();
        let answered = after.exchange(&command, &mut response);
        let steps = after.take_steps();
        let mut states = vec![State::of(&before)];
        for step in &steps {
            states.push(states[states.len() - 1].after(&before, step));
        }
        let report = CommandReport {
            command,
            status: response.status(),
            changes: steps.len(),
            pulses: after.pulses() - before.pulses(),
            busy_us: after.clock_us() - before.clock_us(),
            ..CommandReport::default()
        };
        let allowed = [states.len() - 1; 2];
        let commands = commands.to_vec();
        let run =
            Self { explorer, schedule, report, after, before, commands, steps, states, allowed };
        let judged = answered.map_err(|_| Broken::Power).and_then(|()| run.judge_command());
        judged.map_err(|broken| run.failure(broken))?;
        Ok(run)
    }

    /// Whether the command without a tear keeps its word.
    fn judge_command(&self) -> Result<(), Broken> {
        self.judge(&self.after)?;
        let changes = self.states.windows(2).filter(|pair| pair[0].segments != pair[1].segments);
        let (got, expected) = (changes.count(), self.explorer.transactions_max);
        if got > expected {
            return Err(Broken::Transactions { got, expected });
        }
        let moved = self.report.pulses > 0 || self.before.memory() != self.after.memory();
        if moved && says_unchanged(self.report.status) {
            return Err(Broken::Status(self.report.status));
        }
        Ok(())
    }

    /// Tears the command in every pulse, and after its answer.
    pub(super) fn explore(&mut self, cuts_left: u32) -> Result<(), Failure> {
        for cut in 1..=self.report.pulses as u32 + 1 {
            let torn = self.torn(cut)?;
            self.recover(&torn, cuts_left - 1)?;
        }
        Ok(())
    }

    /// The card after the command was torn in its pulse `cut`; behind the last one, after the
    /// answer.
    pub(super) fn torn(&mut self, cut: u32) -> Result<Card, Failure> {
        if let Some(Leg::Commands { cut: planned, .. }) = self.schedule.legs.last_mut() {
            *planned = cut;
        }
        let mut torn = self.before.clone();
        torn.tear_at(cut);
        let answered = torn.exchange(&self.report.command, &mut Response::new()).is_ok();
        if answered != (u64::from(cut) > self.report.pulses) {
            return Err(self.failure(Broken::Power));
        }
        torn.power_off();
        let given = self.before.pulses() + u64::from(cut) - 1;
        let complete = self.steps.iter().filter(|step| step.pulses <= given).count();
        self.allowed = [complete, (complete + 1).min(self.states.len() - 1)];
        let bits = torn.eeprom().torn().iter().map(|byte| byte.mask.count_ones()).sum();
        self.report.torn_bits_max = self.report.torn_bits_max.max(bits);
        Ok(torn)
    }

    /// Powers `torn` on in every way, and again with a tear in every pulse while there are cuts
    /// left.
    fn recover(&mut self, torn: &Card, cuts_left: u32) -> Result<(), Failure> {
        let place = self.schedule.legs.len();
        self.report.cuts_max = self.report.cuts_max.max(self.explorer.cuts - cuts_left);
        let mut odometer = Odometer::new();
        loop {
            let (settled, choices) = self.complete(torn, odometer.choices())?;
            self.report.schedules += 1;
            self.report.decisions += choices.taken().len() as u64;
            if cuts_left > 0 && self.explorer.again {
                self.go_on(settled, cuts_left)?;
            }
            self.schedule.legs.truncate(place);
            if !odometer.advance(&choices) {
                break;
            }
        }
        let (mut cut, mut was_cut) = (0, cuts_left > 0);
        while was_cut {
            cut += 1;
            was_cut = self.recover_torn(torn, cut, cuts_left)?;
        }
        Ok(())
    }

    /// Tears the power-up of `torn` in its pulse `cut`, whatever was decided before; false when
    /// none has so many pulses.
    fn recover_torn(&mut self, torn: &Card, cut: u32, cuts_left: u32) -> Result<bool, Failure> {
        let mut was_cut = false;
        let mut odometer = Odometer::new();
        loop {
            let mut card = torn.clone();
            card.set_choices(odometer.choices());
            if self.power_up_torn(&mut card, cut) {
                was_cut = true;
                self.recover(&card, cuts_left - 1)?;
                self.schedule.legs.pop();
            }
            if !odometer.advance(card.eeprom().choices()) {
                return Ok(was_cut);
            }
        }
    }

    /// Powers a card on with a tear in pulse `cut`; true, and a leg is added, when it was hit.
    pub(super) fn power_up_torn(&mut self, card: &mut Card, cut: u32) -> bool {
        card.tear_at(cut);
        let was_cut = card.power_on().is_err();
        if was_cut {
            self.schedule.legs.push(Leg::PowerUp { reads: reads(card), cut });
        }
        was_cut
    }

    /// The commands once more on a card that has recovered, and the last of them torn.
    fn go_on(&mut self, mut card: Card, cuts_left: u32) -> Result<(), Failure> {
        card.choose_lane(self.next_lane());
        send_all_but_last(&mut card, &self.commands).map_err(|broken| self.failure(broken))?;
        let explorer = self.explorer;
        let mut run = Self::learn(explorer, card, &self.commands, self.schedule.clone())?;
        run.explore(cuts_left)?;
        self.report.add(&run.report);
        Ok(())
    }

    /// The lane of the session after this one.
    pub(super) fn next_lane(&self) -> u32 {
        self.before.lane() + self.explorer.lane_step
    }

    /// A power-up without a tear, two more, and judgement; adds a leg. Returns the card after the
    /// first, and the choices that were made.
    pub(super) fn complete(
        &mut self,
        torn: &Card,
        choices: Choices,
    ) -> Result<(Card, Choices), Failure> {
        let mut card = torn.clone();
        card.set_choices(choices);
        let settled = self.power_up_and_judge(&mut card);
        self.schedule.legs.push(Leg::PowerUp { reads: reads(&card), cut: 0 });
        let settled = settled.map_err(|broken| self.failure(broken))?;
        Ok((settled, card.eeprom().choices().clone()))
    }

    /// Powers a card on three times; returns it as it was after the first.
    pub(super) fn power_up_and_judge(&mut self, card: &mut Card) -> Result<Card, Broken> {
        let pulses = card.pulses();
        card.power_on().map_err(|_| Broken::Power)?;
        let got = card.pulses() - pulses;
        let counters = usize::from(card.layout().counter_count);
        let expected = Explorer::recovery_pulses_max(self.report.pulses, counters);
        self.report.recovery_pulses_max = self.report.recovery_pulses_max.max(got);
        if got > expected {
            return Err(Broken::Recovery { got, expected });
        }
        let state = self.judge(card)?;
        let settled = card.clone();
        for _ in 0..2 {
            card.power_off();
            card.power_on().map_err(|_| Broken::Power)?;
            if self.judge(card)? != state {
                return Err(Broken::DecidedAgain);
            }
        }
        Ok(settled)
    }

    /// Looks at a card that is at rest.
    fn judge(&self, card: &Card) -> Result<State, Broken> {
        let foul = card.eeprom().foul_reads() - self.before.eeprom().foul_reads();
        if foul > 0 {
            return Err(Broken::FoulReads(foul));
        }
        indeterminate_live_bits(card)?;
        let state = State::of(card);
        let [old, new] = self.allowed.map(|allowed| &self.states[allowed]);
        state.is_one_of(card, old, new)?;
        Ok(state)
    }

    pub(super) fn failure(&self, broken: Broken) -> Failure {
        Failure { broken, schedule: Box::new(self.schedule.clone()) }
    }
}

/// Brings a card to where the last of `commands` is next.
pub(super) fn send_all_but_last(card: &mut Card, commands: &[Vec<u8>]) -> Result<(), Broken> {
    let mut response = Response::new();
    for command in commands.split_last().map_or(&[][..], |(_, earlier)| earlier) {
        card.exchange(command, &mut response).map_err(|_| Broken::Power)?;
    }
    Ok(())
}

fn reads(card: &Card) -> Vec<u32> {
    card.eeprom().choices().taken().iter().map(|&(choice, _)| choice).collect()
}

/// Status words under which memory must not have changed: all but 90, 61, 63, 65 and the
/// applications' own 9X (ISO/IEC 7816-4:2020, 5.6).
fn says_unchanged(status: StatusWord) -> bool {
    !matches!(status.sw1(), 0x90..=0x9F | 0x61 | 0x63 | 0x65)
}
