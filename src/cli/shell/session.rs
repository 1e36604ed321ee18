//! The engine: a line in, commands to the card and words out.
//!
//! Invariants:
//! * the answer a line is judged by is the last one it got, and a verb that takes several commands
//!   stops at the first that fails;
//! * a challenge is used once: any command but the one it was asked for ends it;
//! * what is known of files and keys comes from the line alone, so it is the same for every card.

use tessera::{
    StatusWord,
    trace::{Event, Narrator, Told, Vocabulary},
    vectors::pattern::Names,
};
use tessera_framework::{Apdu, Ins};

use super::{
    card::{NoAnswer, OnDesk},
    error::LineError,
    files::Files,
    keys::{self, KeyName, Keys},
    line::Line,
    raw, verb,
};

/// Where the shell's words go.
pub(super) type Say = Box<dyn FnMut(&str)>;

/// What a line has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// The card was not asked anything.
    Quiet,
    /// It answered, or did not, and nobody has said what its answer has to be.
    Answered,
    /// Its answer is as the line says.
    Judged,
    /// The line ends the session.
    Quit,
}

/// A response APDU, parted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) status: StatusWord,
}

impl Answer {
    /// 90, 61, 62: there is nothing to stop for.
    pub(super) fn is_good(&self) -> bool {
        super::expect::is_good(self.status)
    }
}

/// A session with a card.
pub(super) struct Session {
    card: Box<dyn OnDesk>,
    narrator: Narrator,
    pub(super) files: Files,
    pub(super) keys: Keys,
    pub(super) names: Names,
    say: Say,
    powered: bool,
    /// What the last line got; `Some(None)` is no answer.
    last: Option<Option<Vec<u8>>>,
    /// Commands sent since the line began.
    sent: usize,
    challenge: Option<Vec<u8>>,
    /// A command answered 61XX, from which something is learned with the data that are fetched.
    deferred: Option<Vec<u8>>,
    pub(super) traces: bool,
    pub(super) keeps_going: bool,
    pub(super) scripts_open: usize,
}

impl Session {
    /// A session with a card that has no power yet.
    pub(super) fn new(card: Box<dyn OnDesk>, words: Vocabulary, say: Say) -> Self {
        Self {
            card,
            narrator: Narrator::new(words.clone()),
            files: Files::new(words),
            keys: Keys::default(),
            names: Names::new(),
            say,
            powered: false,
            last: None,
            sent: 0,
            challenge: None,
            deferred: None,
            traces: true,
            keeps_going: false,
            scripts_open: 0,
        }
    }

    /// Does what a line says.
    ///
    /// # Errors
    /// What is wrong with the line, or that its answer is not the one it expects.
    pub(super) fn run_line(&mut self, text: &str) -> Result<Outcome, LineError> {
        let line = Line::parse(text, &self.names)?;
        if line.does.is_empty() {
            return match line.expected {
                None => Ok(Outcome::Quiet),
                Some(expected) => self.judge(&expected).map(|()| Outcome::Judged),
            };
        }
        self.sent = 0;
        let is_raw = raw::is_raw(&line.does);
        if !(is_raw && line.does.split_whitespace().collect::<String>().starts_with("00C0")) {
            self.learn_deferred(&[]);
        }
        let done = if is_raw {
            self.raw(&line.does).map(|()| Outcome::Quiet)
        } else {
            verb::run(self, &line.does)
        };
        let outcome = match done {
            // That there is no answer is judged like an answer.
            Err(LineError::NoAnswer(NoAnswer::Mute | NoAnswer::Torn { .. })) => Outcome::Answered,
            done => done?,
        };
        match line.expected {
            Some(expected) => self.judge(&expected).map(|()| Outcome::Judged),
            None if outcome == Outcome::Quiet && self.sent > 0 => Ok(Outcome::Answered),
            None => Ok(outcome),
        }
    }

    /// Compares the last answer.
    ///
    /// # Errors
    /// It is another one, or there was no command yet.
    pub(super) fn judge(&mut self, expected: &super::expect::Expected) -> Result<(), LineError> {
        let Some(last) = self.last.clone() else {
            return Err(LineError::wrong("a command before its answer", expected.to_string()));
        };
        expected.check(last.as_deref(), &mut self.names)
    }

    /// The last answer; `None` for none.
    pub(super) fn last(&self) -> Option<&[u8]> {
        self.last.as_ref()?.as_deref()
    }

    /// Says a line.
    pub(super) fn say(&mut self, text: &str) {
        (self.say)(text);
    }

    /// Says a line that explains a command; only where commands are shown.
    pub(super) fn note(&mut self, text: &str) {
        if self.traces {
            (self.say)(&format!("-- {text}"));
        }
    }

    /// Says on standard error what went wrong where the session goes on.
    pub(super) fn complain(&mut self, error: &LineError) {
        eprintln!("{error}");
    }

    fn tell(&mut self, event: &Event<'_>) {
        let told = self.narrator.tell(event);
        if self.traces {
            let text = told.to_string();
            (self.say)(&text);
        } else if !told.command.is_empty() {
            (self.say)(&answer_alone(&told));
        }
    }

    /// What the prompt says.
    pub(super) fn prompt(&self) -> String {
        if self.powered { format!("{}> ", self.files.prompt()) } else { "no power> ".into() }
    }

    /// Gives the card power, or resets it.
    ///
    /// # Errors
    /// [`LineError::NoAnswer`].
    pub(super) fn power_on(&mut self) -> Result<(), LineError> {
        let was_powered = self.powered;
        self.lost_power();
        let atr = self.card.power_on()?;
        self.powered = true;
        self.files.powered();
        let event = match was_powered {
            true => Event::Reset { atr: &atr },
            false => Event::PowerOn { atr: &atr },
        };
        if self.traces {
            self.tell(&event);
        } else {
            // The narrator has to know all the same.
            self.narrator.tell(&event);
            (self.say)(&hex::encode_upper(&atr));
        }
        self.last = Some(Some(atr));
        Ok(())
    }

    /// Takes its power away.
    ///
    /// # Errors
    /// [`LineError::NoAnswer`].
    pub(super) fn power_off(&mut self) -> Result<(), LineError> {
        self.card.power_off()?;
        self.lost_power();
        self.tell(&Event::PowerOff);
        Ok(())
    }

    fn lost_power(&mut self) {
        (self.powered, self.challenge, self.deferred) = (false, None, None);
    }

    /// Lets power fail in a pulse of the next command that gives pulses.
    ///
    /// # Errors
    /// [`LineError::NoAnswer`]: this card cannot be torn.
    pub(super) fn tear_at(&mut self, pulse: u32) -> Result<(), LineError> {
        Ok(self.card.tear_at(pulse)?)
    }

    /// Sends a command as it is.
    ///
    /// # Errors
    /// [`LineError::NoAnswer`].
    pub(super) fn send(&mut self, command: &[u8]) -> Result<Answer, LineError> {
        if !matches!(command, [_, 0xC0, ..]) {
            self.challenge = None;
        }
        self.sent += 1;
        let exchanged = match self.card.exchange(command) {
            Ok(exchanged) => exchanged,
            Err(error) => return Err(self.unanswered(command, error)),
        };
        let response = &exchanged.response;
        self.tell(&Event::Exchange {
            command,
            response,
            took_us: exchanged.took_us,
            pulses: exchanged.pulses,
        });
        let (data, status) = match response.split_last_chunk::<2>() {
            Some((data, &status)) => (data.to_vec(), StatusWord::from(status)),
            None => (response.clone(), StatusWord(0)),
        };
        self.last = Some(Some(exchanged.response));
        match *command {
            [_, 0xC0, ..] => self.learn_deferred(&data),
            // What it says is still to be fetched.
            _ if status.sw1() == 0x61 => {
                self.learn_deferred(&[]);
                self.deferred = Some(command.into());
            }
            _ => {
                self.learn_deferred(&[]);
                self.learn(command, &data, status);
            }
        }
        Ok(Answer { data, status })
    }

    fn unanswered(&mut self, command: &[u8], error: NoAnswer) -> LineError {
        self.last = Some(None);
        match &error {
            NoAnswer::Torn { pulses } => {
                self.lost_power();
                self.tell(&Event::Torn { command, pulses: *pulses });
            }
            NoAnswer::Mute if self.traces => self.say(&error.to_string()),
            NoAnswer::Mute => self.say(""),
            NoAnswer::NotKept(_) => self.lost_power(),
            NoAnswer::Broken(_) => {}
        }
        error.into()
    }

    /// Sends a command and fetches what it has to say: GET RESPONSE after 61XX, the right Le after
    /// 6CXX.
    ///
    /// # Errors
    /// [`LineError::NoAnswer`].
    pub(super) fn transact(&mut self, command: &[u8]) -> Result<Answer, LineError> {
        let mut answer = self.send(command)?;
        if answer.status.sw1() == 0x6C
            && let Ok(apdu) = Apdu::parse(command)
            && apdu.ne > 0
            && let Some((_, before)) = command.split_last()
        {
            let again = [before, &[answer.status.sw2()]].concat();
            answer = self.send(&again)?;
        }
        let mut data = answer.data.clone();
        while answer.status.sw1() == 0x61 && data.len() <= usize::from(u16::MAX) {
            answer = self.send(&[0, Ins::GET_RESPONSE.0, 0, 0, answer.status.sw2()])?;
            data.extend_from_slice(&answer.data);
            if answer.data.is_empty() {
                break;
            }
        }
        Ok(Answer { data, status: answer.status })
    }

    /// Learns from a command whose data have been fetched now, or never will be.
    fn learn_deferred(&mut self, data: &[u8]) {
        if let Some(command) = self.deferred.take() {
            self.learn(&command, data, StatusWord::OK);
        }
    }

    fn learn(&mut self, command: &[u8], data: &[u8], status: StatusWord) {
        let here = self.files.current();
        if self.files.learn(command, data, status) {
            self.keys.erased(here);
        }
        if status != StatusWord::OK {
            return;
        }
        match *command {
            [0x00, 0x84, 0, 0, _] => self.challenge = Some(data.into()),
            [0x80, 0xD4, _, id, _, kind, _, _, _, _, ref key @ ..]
                if kind & !keys::PROTECTED != keys::PIN =>
            {
                if let Some(key) = keys::key_of(key, false) {
                    self.keys.put(here, KeyName::new(kind, id), key, "WRITE KEY");
                }
            }
            _ => {}
        }
    }

    /// The challenge the card has just given, or one it is asked for now.
    ///
    /// # Errors
    /// [`LineError::NoChallenge`], [`LineError::NoAnswer`].
    pub(super) fn challenge(&mut self, bytes: u8) -> Result<Vec<u8>, LineError> {
        if let Some(challenge) = self.challenge.take() {
            return Ok(challenge);
        }
        let answer = self.transact(&[0x00, Ins::GET_CHALLENGE.0, 0, 0, bytes])?;
        self.challenge.take().ok_or_else(|| LineError::NoChallenge(answer.status.to_string()))
    }

    /// A key of a directory.
    ///
    /// # Errors
    /// [`LineError::NoKey`].
    pub(super) fn key(
        &self,
        df: usize,
        name: KeyName,
    ) -> Result<tessera::cryptography::cipher::Key, LineError> {
        self.keys
            .find(df, name)
            .cloned()
            .ok_or_else(|| LineError::NoKey { key: name.to_string(), df: self.files.label(df) })
    }
}

/// An answer in one piece, as `tessera send --quiet` prints it; empty for none.
fn answer_alone(told: &Told) -> String {
    told.answer.replace(' ', "")
}
