//! One card's life: what happens is done to the card, and the model says what may come of it.
//!
//! Invariant: `possible` holds, without repetition, every state of the card that agrees with all
//! answers so far: one, until power fails in a change; then the old and the new, until an answer
//! tells them apart.

use tessera::{Card, card::Response, choose::Choices, image, random::Random};

use crate::{
    event::{Event, History, PowerUp, Tear},
    model::{Memory, Model},
    subject::Subject,
    tally::Tally,
};

/// More possible states than this, and the terminal looks.
const POSSIBLE_MAX: usize = 24;

/// Most pulses of a recovery: 2k + 3 for the longest update here, k = 7 pages of 8 bytes, and 3 for
/// each of two counters (P7).
const RECOVERY_PULSES_MAX: u64 = 2 * 7 + 3 + 2 * 3;

/// What the last tear came to in one of the possible states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Seen,
    Old,
    New,
}

/// A life that goes wrong: how, and what was done until then.
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) transcript: Vec<String>,
}

/// A card and what is known of it.
pub(crate) struct Life<'s> {
    subject: &'s Subject,
    card: Card,
    possible: Vec<(Model, Outcome)>,
    response: Response,
    /// Memory before the command.
    before: Vec<u8>,
    tally: Tally,
    /// Lines of a vector, when somebody is going to read them.
    transcript: Option<Vec<String>>,
}

impl<'s> Life<'s> {
    /// Lives a history through; a transcript takes time.
    pub(crate) fn live(
        subject: &'s Subject,
        history: &History,
        transcript: bool,
    ) -> Result<(Tally, Vec<String>), Failure> {
        let mut card = subject.card.clone();
        card.set_choices(Choices::Seeded(Random::new(history.readings)));
        let model = Model::new(&subject.plan, subject.start.clone());
        let mut life = Self {
            subject,
            card,
            possible: vec![(model, Outcome::Seen)],
            response: Response::new(),
            before: Vec::new(),
            tally: Tally::default(),
            transcript: transcript.then(Vec::new),
        };
        let lived = life.live_events(&history.events);
        let transcript = life.transcript.take().unwrap_or_default();
        match lived {
            Ok(()) => Ok((life.tally, transcript)),
            Err(what) => Err(Failure { what, transcript }),
        }
    }

    fn live_events(&mut self, events: &[Event]) -> Result<(), String> {
        // Vectors begin with a card under power.
        self.card.power_on().map_err(|_| "no answer to reset")?;
        self.arrive()?;
        for event in events {
            match event {
                Event::Command { command, tear } => self.command(command, tear.as_ref())?,
                Event::Power { off, up, twin } => self.power(*off, up, *twin)?,
                Event::Look => self.look()?,
            }
            if self.possible.len() > POSSIBLE_MAX {
                self.look()?;
            }
        }
        self.look()
    }

    fn arrive(&mut self) -> Result<(), String> {
        self.subject.arrival.iter().try_for_each(|command| self.command(command, None))
    }

    fn look(&mut self) -> Result<(), String> {
        self.tally.looks += 1;
        self.subject.look.iter().try_for_each(|command| self.command(command, None))
    }

    fn command(&mut self, command: &[u8], tear: Option<&Tear>) -> Result<(), String> {
        self.before.clear();
        self.before.extend_from_slice(self.card.memory());
        let pulses = self.card.pulses();
        if let Some(tear) = tear {
            self.note(|| format!("! tear {}", tear.pulse));
            self.card.tear_at(tear.pulse);
        }
        self.note(|| format!("> {}", hex::encode_upper(command)));
        self.tally.commands += 1;
        let guess = tear.and_then(|_| self.guess(command));
        let answered = self.card.exchange(command, &mut self.response).is_ok();
        require(self.card.eeprom().foul_reads() == 0, || "a foul read".into())?;
        match (answered, tear) {
            (true, _) => {
                self.card.tear_at(0);
                self.note_answer();
                self.answered(command, self.card.pulses() - pulses)
            }
            (false, Some(tear)) => {
                self.note(|| "< none".into());
                self.torn(command)?;
                guess.map_or(Ok(()), |guess| self.compare_guess(guess))?;
                self.power_up(&tear.up, None)
            }
            (false, None) => Err("power lost without a tear".into()),
        }
    }

    /// Before a PIN is shown: the card as it is, and the command with a right PIN for a wrong one
    /// or the other way round; whether that one is right.
    fn guess(&self, command: &[u8]) -> Option<(Card, Vec<u8>, bool)> {
        let &[_, 0x20, 0x00, 0x00, _, ref pin @ ..] = command else { return None };
        let pins = &self.subject.plan.pins;
        let reference = &pins.iter().find(|known| known.reference.len() == pin.len())?.reference;
        let was_right = pin == reference;
        let mut other = command.to_vec();
        match was_right {
            true => other[5..].fill(0),
            false => other[5..].copy_from_slice(reference),
        }
        Some((self.card.clone(), other, !was_right))
    }

    /// A tear before the try is counted tells nothing of the PIN: the other one is torn in the same
    /// pulse and leaves the same memory (P5). What follows the count only a right one comes to.
    fn compare_guess(&mut self, guess: (Card, Vec<u8>, bool)) -> Result<(), String> {
        let (mut card, command, is_right) = guess;
        self.tally.guesses += 1;
        let torn = card.exchange(&command, &mut self.response).is_err();
        let (own, other) = (self.card.eeprom(), card.eeprom());
        let same = torn && (own.cells(), own.torn()) == (other.cells(), other.torn());
        require(same || (!torn && !is_right), || "a guess is free (P5)".into())
    }

    /// Keeps the possible states that give this answer, as the command leaves them.
    fn answered(&mut self, command: &[u8], pulses: u64) -> Result<(), String> {
        let answer = self.response.as_bytes();
        let mut expected = Vec::new();
        let mut passed = Vec::new();
        self.possible.retain_mut(|(model, _)| {
            let whole = passed.len();
            let answers = model.exchange(&self.subject.plan, command, &mut passed);
            let kept = answers == answer;
            if !kept {
                passed.truncate(whole);
                expected.push(answers);
            }
            kept
        });
        require(!self.possible.is_empty(), || {
            let expected: Vec<String> = expected.iter().map(hex::encode_upper).collect();
            format!("expected {}, got {}", expected.join(" or "), hex::encode_upper(answer))
        })?;
        let status = u16::from_be_bytes([answer[answer.len() - 2], answer[answer.len() - 1]]);
        // The leftover of a long answer is as good as any: only its first digits are of interest.
        let counted = if status >> 8 == 0x61 { 0x6100 } else { status };
        *self.tally.statuses.entry(counted).or_default() += 1;
        self.tally.changes += u64::from(!passed.is_empty());
        let says_unchanged = !matches!(status >> 8, 0x61 | 0x63 | 0x65 | 0x90..=0x9F);
        require(!says_unchanged || self.card.memory() == self.before, || {
            format!("{status:04X} and memory has changed (ISO/IEC 7816-4, 5.6)")
        })?;
        require(!passed.is_empty() || pulses == 0, || {
            format!("{status:04X} changes nothing and has given {pulses} pulses")
        })?;
        self.settle_outcome();
        Ok(())
    }

    /// Power went in the command: what was there before, or what it would have come to.
    fn torn(&mut self, command: &[u8]) -> Result<(), String> {
        self.tally.tears += 1;
        let before = std::mem::take(&mut self.possible);
        for (old, _) in before {
            let mut new = old.clone();
            let mut passed: Vec<Memory> = Vec::new();
            new.exchange(&self.subject.plan, command, &mut passed);
            // A command that changes nothing gives no pulse, so none can be torn.
            if passed.is_empty() {
                continue;
            }
            let after = |memory| (Model::new(&self.subject.plan, memory), Outcome::New);
            self.possible.extend(passed.into_iter().map(after));
            self.possible.push((old, Outcome::Old));
        }
        require(!self.possible.is_empty(), || "a tear in a command that changes nothing".into())
    }

    fn power(&mut self, off: bool, up: &PowerUp, twin: bool) -> Result<(), String> {
        let twin = if twin { Some(self.twin()?) } else { None };
        if off {
            self.tally.power_cycles += 1;
            self.note(|| "+ power off".into());
            self.card.power_off();
        } else {
            self.tally.resets += 1;
        }
        self.power_up(up, twin)
    }

    /// A card without power that has nothing but what outlives power: read from an image, where
    /// the profile is one that an image can name.
    fn twin(&self) -> Result<Card, String> {
        let mut twin = self.card.clone();
        twin.power_off();
        if self.subject.profile.is_some() {
            twin = image::open(&image::save(&self.card)).map_err(|error| error.to_string())?;
        }
        twin.set_choices(self.card.eeprom().choices().clone());
        Ok(twin)
    }

    fn power_up(&mut self, up: &PowerUp, twin: Option<Card>) -> Result<(), String> {
        let transcript = &mut self.transcript;
        let torn = switch_on(&mut self.card, &up.tears, &mut |pulse| {
            if let Some(lines) = transcript {
                lines.extend(pulse.map(|pulse| format!("! tear {pulse}")));
                lines.push("+ power on".into());
            }
        })?;
        self.tally.tears_in_recovery += torn;
        require(self.card.eeprom().foul_reads() == 0, || "a foul read in recovery".into())?;
        for (model, _) in &mut self.possible {
            model.power_up();
        }
        self.settle_outcome();
        if let Some(twin) = twin {
            self.compare(twin, &up.tears, torn)?;
        }
        if up.arrive { self.arrive() } else { Ok(()) }
    }

    /// Powers the twin as the card was, then once more: what has been settled stays settled.
    fn compare(&mut self, mut twin: Card, tears: &[u32], torn: u64) -> Result<(), String> {
        self.tally.twins += 1;
        let twin_torn = switch_on(&mut twin, tears, &mut |_| {})?;
        require(twin_torn == torn && twin == self.card, || {
            "a card made from what outlives power is another one (P9)".into()
        })?;
        let before = (live_data(&twin), twin.pulses());
        // An intent word whose erasure was torn may read set the next time: that is harmless.
        let quiet = twin.eeprom().torn().is_empty();
        twin.power_off();
        switch_on(&mut twin, &[], &mut |_| {})?;
        let after = (live_data(&twin), twin.pulses());
        require(after.0 == before.0, || "decided twice (P3)".into())?;
        require(!quiet || after.1 == before.1, || "memory without doubt is settled".into())?;
        require(twin.eeprom().foul_reads() == 0, || "live data with indeterminate bits".into())
    }

    /// Drops repetitions; when one state is left, says how the last tear went.
    fn settle_outcome(&mut self) {
        if self.possible.len() > 1 {
            self.tally.possible_max = self.tally.possible_max.max(self.possible.len() as u64);
            for at in (1..self.possible.len()).rev() {
                if self.possible[..at].iter().any(|(model, _)| *model == self.possible[at].0) {
                    self.possible.swap_remove(at);
                }
            }
        }
        if let [(_, outcome)] = &mut self.possible[..] {
            match std::mem::replace(outcome, Outcome::Seen) {
                Outcome::Old => self.tally.old_seen += 1,
                Outcome::New => self.tally.new_seen += 1,
                Outcome::Seen => {}
            }
        }
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(transcript) = &mut self.transcript {
            transcript.push(line());
        }
    }

    fn note_answer(&mut self) {
        let answer = &self.response;
        if let Some(transcript) = &mut self.transcript {
            transcript.push(format!("< {}", hex::encode_upper(answer.as_bytes())));
        }
    }
}

/// Powers a card on in as many attempts as it takes, each told to `note` with the pulse it is torn
/// in; how many were torn.
fn switch_on(
    card: &mut Card,
    tears: &[u32],
    note: &mut dyn FnMut(Option<u32>),
) -> Result<u64, String> {
    for (torn, &pulse) in (0..).zip(tears) {
        note(Some(pulse));
        card.tear_at(pulse);
        if card.power_on().is_ok() {
            card.tear_at(0);
            return Ok(torn);
        }
    }
    note(None);
    card.tear_at(0);
    let pulses = card.pulses();
    card.power_on().map_err(|error| format!("no answer to reset: {error}"))?;
    let pulses = card.pulses() - pulses;
    require(pulses <= RECOVERY_PULSES_MAX, || format!("recovery in {pulses} pulses (P7)"))?;
    Ok(tears.len() as u64)
}

/// What the applications hold, and the counters.
fn live_data(card: &Card) -> (Vec<Vec<u8>>, Vec<u32>) {
    let segments = card.applications().map(|(_, segment)| card.segment(segment));
    (segments.collect(), card.counters())
}

fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
