//! Holding a dialogue with a target, and what comes of it.

use std::fmt;

use tessera_framework::StatusWord;

use super::{
    Action, Body, Dialogue, Expected, Target, Targets, Tear, Unavailable, Vector,
    link::{self, Behind, stub::Stub},
    pattern::{Mismatch, Names, Template},
};

/// Most pulses `tear each` counts to before it gives up.
const SWEEP_PULSES_MAX: u32 = 100_000;

/// What comes of a vector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is as the vector says.
    Passed,
    /// It is not.
    Failed(Failure),
    /// It was not tried, for this reason.
    Skipped(String),
}

/// Where a vector fails, and all that was said before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The vector's file.
    pub file: String,
    /// The line that fails; 0 when it is not a line's fault.
    pub line: usize,
    /// What is wrong, in one line.
    pub what: String,
    /// What should have been there.
    pub expected: String,
    /// What was.
    pub got: String,
    /// The dialogue up to there.
    pub transcript: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => writeln!(f, "{}: {}", self.file, self.what)?,
            line => writeln!(f, "{}:{line}: {}", self.file, self.what)?,
        }
        if !self.expected.is_empty() {
            writeln!(f, "  expected {}", self.expected)?;
            writeln!(f, "  got      {}", self.got)?;
        }
        for line in &self.transcript {
            writeln!(f, "  | {line}")?;
        }
        Ok(())
    }
}

/// Runs a vector.
pub fn run(vector: &Vector, targets: &mut dyn Targets) -> Verdict {
    match &vector.body {
        Body::Dialogue(dialogue) => held(vector, dialogue, targets),
        Body::Link(dialogue) => linked(vector, dialogue, targets),
        Body::Decode(decoder, cases) => match decoder.judge(vector, cases) {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(*failure),
        },
    }
}

/// Holds a dialogue once; what is torn in turn is torn in its first pulse.
pub(super) fn hold(
    vector: &Vector,
    dialogue: &Dialogue,
    target: &mut dyn Target,
) -> Result<(), Box<Failure>> {
    Run::new(vector, dialogue, target, 1).steps()
}

/// Holds a dialogue below commands.
fn linked(vector: &Vector, dialogue: &link::Dialogue, targets: &mut dyn Targets) -> Verdict {
    let held = match targets.behind(vector, dialogue.profile.as_deref()) {
        Ok(Some(behind)) => link::run(&vector.file, dialogue, behind, None),
        Ok(None) => {
            let stub = Stub::default();
            let behind = Behind { application: Box::new(stub.clone()), like: None };
            link::run(&vector.file, dialogue, behind, Some(&stub))
        }
        Err(Unavailable::Skip(reason)) => return Verdict::Skipped(reason),
        Err(Unavailable::Error(what)) => return broken(vector, what),
    };
    match held {
        Ok(()) => Verdict::Passed,
        Err(failure) => Verdict::Failed(*failure),
    }
}

/// The target, and not what it answers, is wrong.
fn broken(vector: &Vector, what: String) -> Verdict {
    Verdict::Failed(Failure {
        file: vector.file.clone(),
        line: 0,
        what,
        expected: String::new(),
        got: String::new(),
        transcript: Vec::new(),
    })
}

fn held(vector: &Vector, dialogue: &Dialogue, targets: &mut dyn Targets) -> Verdict {
    let each = dialogue.steps.iter().find(|step| step.action == Action::Tear(Tear::Each));
    for pulse in 1..=SWEEP_PULSES_MAX {
        let mut target = match targets.target(vector, dialogue) {
            Ok(target) => target,
            Err(Unavailable::Skip(reason)) => return Verdict::Skipped(reason),
            Err(Unavailable::Error(what)) => return broken(vector, what),
        };
        let mut run = Run::new(vector, dialogue, target.as_mut(), pulse);
        let outcome = run.steps();
        let swept_one = run.swept_one;
        let verdict = match outcome {
            Ok(()) => None,
            Err(failure) => Some(Verdict::Failed(*failure)),
        };
        match (verdict, each, swept_one) {
            (Some(verdict), ..) => return verdict,
            (None, None, _) => return Verdict::Passed,
            (None, Some(step), false) if pulse == 1 => {
                let failure = run.failure(
                    step.line,
                    "nothing was torn: the command gives no pulse",
                    "at least one pulse",
                    "none",
                );
                return Verdict::Failed(*failure);
            }
            (None, Some(_), false) => return Verdict::Passed,
            (None, Some(_), true) => {}
        }
    }
    Verdict::Skipped(format!("more than {SWEEP_PULSES_MAX} pulses in one command"))
}

/// One time through a dialogue.
struct Run<'r> {
    vector: &'r Vector,
    dialogue: &'r Dialogue,
    target: &'r mut dyn Target,
    names: Names,
    /// The pulse `tear each` stands for.
    pulse: u32,
    /// Armed for the next command; and whether it is the one of `tear each`.
    tear: Option<(u32, bool)>,
    swept_one: bool,
    /// Power has failed somewhere.
    torn: bool,
    memory_changed: bool,
    transcript: Vec<String>,
}

type Step<T = ()> = Result<T, Box<Failure>>;

impl<'r> Run<'r> {
    fn new(
        vector: &'r Vector,
        dialogue: &'r Dialogue,
        target: &'r mut dyn Target,
        pulse: u32,
    ) -> Self {
        Self {
            vector,
            dialogue,
            target,
            names: Names::new(),
            pulse,
            tear: None,
            swept_one: false,
            torn: false,
            memory_changed: false,
            transcript: Vec::new(),
        }
    }

    fn steps(&mut self) -> Step {
        self.power_on(0, None)?;
        for step in &self.dialogue.steps {
            self.target.step(step.line);
            match &step.action {
                Action::Tear(tear) => {
                    let (pulse, each) = match tear {
                        Tear::At(pulse) => (*pulse, false),
                        Tear::Each => (self.pulse, true),
                    };
                    self.said(step.line, &format!("! tear {pulse}"));
                    self.tear = Some((pulse, each));
                }
                Action::Random(bytes) => {
                    self.said(step.line, &format!("! random {}", spaced(bytes)));
                    self.target.give_random(bytes);
                }
                Action::PowerOff => {
                    self.said(step.line, "+ power off");
                    self.broken(step.line, |target| target.power_off())?;
                }
                Action::PowerOn(expected) => {
                    self.said(step.line, "+ power on");
                    self.power_on(step.line, expected.as_ref())?;
                }
                Action::Reset(expected) => {
                    self.said(step.line, "+ reset");
                    self.broken(step.line, |target| target.power_off())?;
                    self.power_on(step.line, expected.as_ref())?;
                }
                Action::Exchange(command, expected) => {
                    self.exchange(step.line, command, expected)?;
                }
            }
        }
        if self.dialogue.memory_may_change.is_some()
            && self.target.memory().is_some()
            && !self.memory_changed
        {
            let what = "memory-may-change is not needed: no refusal has changed memory";
            return Err(self.failure(0, what, "", ""));
        }
        match self.target.random_left() {
            left if left > 0 && !self.torn => {
                let what = format!("the vector is wrong: {left} random bytes were never drawn");
                Err(self.failure(0, &what, "", ""))
            }
            _ => Ok(()),
        }
    }

    fn power_on(&mut self, line: usize, expected: Option<&Expected>) -> Step {
        let tear = self.tear.take();
        self.target.tear_at(tear.map_or(0, |(pulse, _)| pulse));
        let atr = self.broken(line, |target| target.power_on())?;
        self.target.tear_at(0);
        if atr.is_none() {
            self.swept_one |= tear.is_some_and(|(_, each)| each);
            self.torn |= tear.is_some();
        }
        match (expected, atr, tear) {
            (None, Some(_), _) => Ok(()),
            (None, None, Some(_)) => {
                self.said(line, "  (torn)");
                Ok(())
            }
            (None, None, None) => {
                Err(self.failure(line, "power failed untorn", "an answer to reset", "none"))
            }
            (Some(expected), atr, _) => self.compare(expected, atr.as_deref()),
        }
    }

    fn exchange(&mut self, line: usize, command: &Template, expected: &Expected) -> Step {
        let command = match command.bytes(&self.names) {
            Ok(command) => command,
            Err(name) => {
                let what =
                    format!("{{{name}}} has no value: the answer that binds it did not come");
                return Err(self.failure(line, &what, "", ""));
            }
        };
        self.said(line, &format!("> {}", spaced(&command)));
        let tear = self.tear.take();
        let before = self.target.memory().map(<[u8]>::to_vec);
        if let Some((pulse, _)) = tear {
            self.target.tear_at(pulse);
        }
        let answer = self.broken(line, |target| target.exchange(&command))?;
        if tear.is_some() && answer.is_some() {
            self.target.tear_at(0);
        }
        if answer.is_none() {
            self.swept_one |= tear.is_some_and(|(_, each)| each);
            self.torn |= tear.is_some();
        }
        self.compare(expected, answer.as_deref())?;
        match (before, answer.as_deref()) {
            (Some(before), Some(answer)) => self.unchanged(expected.line, &before, answer),
            _ => Ok(()),
        }
    }

    fn compare(&mut self, expected: &Expected, answer: Option<&[u8]>) -> Step {
        let line = expected.line;
        let Some(answer) = answer else {
            self.said(line, "< none");
            return if expected.none {
                Ok(())
            } else {
                Err(self.differs(expected, "nothing came back", "none"))
            };
        };
        self.said(line, &format!("< {}", spaced(answer)));
        let Some(pattern) = &expected.pattern else {
            return Err(self.differs(expected, "an answer came back", &spaced(answer)));
        };
        match pattern.matches(answer, &self.names) {
            Ok(names) => {
                self.names = names;
                Ok(())
            }
            Err(why @ Mismatch::Pattern(_)) => {
                Err(self.differs(expected, &format!("the vector is wrong: {why}"), &spaced(answer)))
            }
            Err(why) => Err(self.differs(expected, &why.to_string(), &spaced(answer))),
        }
    }

    /// ISO/IEC 7816-4:2020, 5.6: these status words say that memory is as it was.
    fn unchanged(&mut self, line: usize, before: &[u8], answer: &[u8]) -> Step {
        let Some(&status) = answer.last_chunk::<2>() else { return Ok(()) };
        let status = StatusWord::from(status);
        let after = self.target.memory().unwrap_or(before);
        if !status.promises_unchanged() || after == before {
            return Ok(());
        }
        self.memory_changed = true;
        if self.dialogue.memory_may_change.is_some() {
            return Ok(());
        }
        let first = before.iter().zip(after).position(|(before, after)| before != after);
        let bytes = before.iter().zip(after).filter(|(before, after)| before != after).count();
        let got = format!("{bytes} other bytes, the first at {:04X}", first.unwrap_or_default());
        let what = format!("memory has changed, and {status} promises that it has not");
        Err(self.failure(line, &what, "the cells as before the command", &got))
    }

    fn broken<T>(
        &mut self,
        line: usize,
        work: impl FnOnce(&mut dyn Target) -> Result<T, String>,
    ) -> Step<T> {
        work(self.target).map_err(|what| self.failure(line, &what, "", ""))
    }

    fn said(&mut self, line: usize, what: &str) {
        if line > 0 {
            self.transcript.push(format!("{line:4} {what}"));
        }
    }

    fn differs(&self, expected: &Expected, what: &str, got: &str) -> Box<Failure> {
        let pattern = expected.pattern.as_ref().map(ToString::to_string);
        let words = match (pattern, expected.none) {
            (Some(pattern), true) => format!("none or {pattern}"),
            (Some(pattern), false) => pattern,
            (None, _) => "none".into(),
        };
        self.failure(expected.line, what, &words, got)
    }

    fn failure(&self, line: usize, what: &str, expected: &str, got: &str) -> Box<Failure> {
        let mut transcript = self.transcript.clone();
        if !self.names.is_empty() {
            let values = self
                .names
                .iter()
                .map(|(name, value)| format!("{name} = {}", hex::encode_upper(value)));
            transcript.push(format!("     names: {}", values.collect::<Vec<_>>().join(", ")));
        }
        Box::new(Failure {
            file: self.vector.file.clone(),
            line,
            what: what.into(),
            expected: expected.into(),
            got: got.into(),
            transcript,
        })
    }
}

/// Bytes as two digits each, with spaces.
pub(crate) fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
