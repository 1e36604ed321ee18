//! Holding a dialogue below commands, and what comes of it.

use crate::link::PiccType;

use super::{
    Action, Answer, Behind, Dialogue, Event, Form, Link, Outcome, Searched, Sent, Step, bits,
    field, ifd, line, pcd, picc, stub::Stub,
};
use crate::vectors::{
    pattern::{Mismatch, Names},
    run::{Failure, spaced},
};

/// What a dialogue is held with: the side of the card.
pub trait Peer {
    /// Sends, and returns what comes back.
    ///
    /// # Errors
    /// What is wrong with the vector, in words; not what the card answers.
    fn send(&mut self, sent: &Bytes<'_>) -> Result<Heard, String>;

    /// Something happens; and what comes of it, where something does.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn event(&mut self, event: &Event) -> Result<Option<Heard>, String>;

    /// Nothing more is sent; what is left that should have been compared is told.
    ///
    /// # Errors
    /// What is left.
    fn ended(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// What is sent, its names replaced.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'b> {
    /// The bytes.
    pub bytes: &'b [u8],
    /// Bits of the last one.
    pub last_bits: u8,
    /// The check of its type follows.
    pub check: bool,
    /// It is damaged on its way.
    pub damaged: bool,
    /// The type it is sent to, where both are there.
    pub of: Option<PiccType>,
}

/// What comes back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Bytes; none: nothing, or what is no bytes.
    pub bytes: Option<Vec<u8>>,
    /// Its bits on the air, where the link has them and anything came.
    pub bits: Option<String>,
    /// It is something that is neither: see [`Form`].
    pub other: Option<Form>,
    /// When it began.
    pub at: Option<u64>,
    /// The check behind the bytes is right.
    pub checked: bool,
    /// What is wrong with it whatever it says.
    pub fault: Option<String>,
    /// Who answered and where it is, for messages: `card, READY`.
    pub who: String,
}

impl Heard {
    /// As a vector has it.
    fn words(&self, as_bits: bool) -> String {
        match (&self.bytes, &self.bits, &self.other) {
            (_, _, Some(form)) => form.word().into(),
            (_, Some(bits), _) if as_bits || self.bytes.is_none() => format!("bits {bits}"),
            (Some(bytes), ..) => spaced(bytes),
            _ => "none".into(),
        }
    }
}

/// What a runner has so far: values of names, and all that was said.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) file: String,
    pub(super) names: Names,
    pub(super) transcript: Vec<String>,
}

pub(super) type Check<T = ()> = Result<T, Box<Failure>>;

/// Holds a dialogue with what stands behind its link. `stub` is that where the vector has its own.
///
/// # Errors
/// Where it fails, and all that was said before.
pub fn run(
    file: &str,
    dialogue: &Dialogue,
    behind: Behind,
    stub: Option<&Stub>,
) -> Result<(), Box<Failure>> {
    let mut held = Held { file: file.into(), ..Held::default() };
    match dialogue.link {
        Link::Pcd => return pcd::hold(held, dialogue),
        Link::Ifd => return ifd::hold(held, dialogue),
        _ => {}
    }
    let made = peer(dialogue, behind, stub);
    let mut peer = made.map_err(|what| held.failure(0, &what, "", ""))?;
    for step in &dialogue.steps {
        held.step(peer.as_mut(), stub, step)?;
    }
    peer.ended().map_err(|what| held.failure(0, &what, "", ""))
}

/// The side of the card, as it is before the first step.
fn peer(dialogue: &Dialogue, behind: Behind, stub: Option<&Stub>) -> Result<Box<dyn Peer>, String> {
    match dialogue.link {
        Link::Contact => line::Line::new(&dialogue.card, behind).map(boxed),
        Link::PiccA | Link::PiccB | Link::Block => picc::Air::new(dialogue, behind).map(boxed),
        Link::Field | Link::Pcd | Link::Ifd => Ok(boxed(field::Cards::new(stub.cloned()))),
    }
}

fn boxed<P: Peer + 'static>(peer: P) -> Box<dyn Peer> {
    Box::new(peer)
}

impl Held {
    fn step(&mut self, peer: &mut dyn Peer, stub: Option<&Stub>, step: &Step) -> Check {
        match &step.action {
            Action::Command(known) => {
                if let Some(stub) = stub {
                    stub.learn(known.clone());
                }
            }
            Action::Commands(expected) => {
                let runs = stub.map_or(0, Stub::runs);
                if runs != *expected {
                    let what = "application: another number of commands has come to it";
                    let got = runs.to_string();
                    return Err(self.failure(step.line, what, &expected.to_string(), &got));
                }
            }
            Action::Event(event, expected) => {
                self.said(step.line, &format!("+ {}", words(event)));
                let heard = peer.event(event);
                let heard = heard.map_err(|what| self.failure(step.line, &what, "", ""))?;
                if let (Some(expected), Some(heard)) = (expected, &heard) {
                    self.compare(expected, heard)?;
                }
            }
            Action::Exchange(sent, expected) => {
                let bytes = self.bytes(step.line, sent)?;
                let sent = Bytes {
                    bytes: &bytes,
                    last_bits: sent.last_bits,
                    check: sent.check,
                    damaged: sent.damaged,
                    of: sent.of,
                };
                self.said(step.line, &format!("> {}", shown(&sent)));
                let heard =
                    peer.send(&sent).map_err(|what| self.failure(step.line, &what, "", ""))?;
                self.known(step.line, stub)?;
                self.compare(expected, &heard)?;
            }
            Action::Outcome(_) => {}
        }
        Ok(())
    }

    /// A command the vector gives no answer to must not come: it was put together wrongly.
    fn known(&self, line: usize, stub: Option<&Stub>) -> Check {
        match stub.and_then(Stub::unknown) {
            None => Ok(()),
            Some(command) => {
                let what = "application: a command came that the vector has no answer to";
                Err(self.failure(line, what, "one of the commands in it", &spaced(&command)))
            }
        }
    }

    pub(super) fn bytes(&self, line: usize, sent: &Sent) -> Check<Vec<u8>> {
        sent.bytes.bytes(&self.names).map_err(|name| {
            let what = format!("{{{name}}} has no value: the answer that binds it did not come");
            self.failure(line, &what, "", "")
        })
    }

    fn compare(&mut self, expected: &Answer, heard: &Heard) -> Check {
        let line = expected.line;
        let got = heard.words(matches!(expected.form, Form::Bits(_)));
        let at = heard.at.map_or(String::new(), |at| format!(" @{at}"));
        self.said(line, &format!("< {got}{at}"));
        let wrong = |held: &Self, what: &str, words: &str| {
            let what = format!("{}: {what}", heard.who);
            Err(held.failure(line, &what, words, &got))
        };
        if let Some(fault) = &heard.fault {
            return wrong(self, fault, "an answer without fault");
        }
        match &expected.form {
            Form::None if got == "none" => {}
            Form::None | Form::Damaged | Form::Played(..) => {
                return wrong(self, "an answer came", "none");
            }
            form @ (Form::Noise | Form::Signal) => {
                if heard.other.as_ref() != Some(form) {
                    return wrong(self, "something else came", form.word());
                }
            }
            Form::Bits(expected) => {
                let bits = heard.bits.as_deref().unwrap_or("");
                if let Err(place) = bits::fits(expected, bits) {
                    let words = format!("bits {expected}");
                    return wrong(self, &format!("bit {place} is another"), &words);
                }
            }
            Form::Bytes(pattern, checked) => {
                let Some(bytes) = &heard.bytes else {
                    return wrong(self, "no such answer came", &pattern.to_string());
                };
                if *checked && !heard.checked {
                    return wrong(self, "the check behind it is wrong", &format!("{pattern} +crc"));
                }
                let taken = if *checked { bytes.len().saturating_sub(2) } else { bytes.len() };
                self.matches(line, &heard.who, pattern, bytes.get(..taken).unwrap_or(bytes))?;
            }
        }
        match (expected.at, heard.at) {
            (Some(when), Some(at)) if !when.fits(at) => {
                let what = format!("{}: it begins at another time", heard.who);
                Err(self.failure(line, &what, &when.to_string(), &format!("@{at}")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn matches(
        &mut self,
        line: usize,
        who: &str,
        pattern: &crate::vectors::Pattern,
        bytes: &[u8],
    ) -> Check {
        match pattern.matches(bytes, &self.names) {
            Ok(names) => {
                self.names = names;
                Ok(())
            }
            Err(why) => {
                let who = if matches!(why, Mismatch::Pattern(_)) { "the vector" } else { who };
                let what = format!("{who}: {why}");
                Err(self.failure(line, &what, &pattern.to_string(), &spaced(bytes)))
            }
        }
    }

    /// What an order to a reader has come to.
    pub(super) fn came_to(
        &mut self,
        line: usize,
        expected: &Outcome,
        got: Result<Option<Vec<u8>>, String>,
    ) -> Check {
        let said = match &got {
            Ok(Some(bytes)) => spaced(bytes),
            Ok(None) => "done".into(),
            Err(why) => format!("error {why}"),
        };
        self.said(line, &format!("= {said}"));
        match (expected, &got) {
            (Outcome::Answer(pattern), Ok(Some(bytes))) => {
                self.matches(line, "reader", pattern, bytes)
            }
            (Outcome::Done, Ok(None)) => Ok(()),
            (Outcome::Error(words), Err(why)) if words == "..." || why.contains(words) => Ok(()),
            _ => {
                let what = "reader: the order comes to something else";
                Err(self.failure(line, what, &outcome(expected), &said))
            }
        }
    }

    pub(super) fn said(&mut self, line: usize, what: &str) {
        self.transcript.push(format!("{line:4} {what}"));
    }

    pub(super) fn failure(
        &self,
        line: usize,
        what: &str,
        expected: &str,
        got: &str,
    ) -> Box<Failure> {
        Box::new(Failure {
            file: self.file.clone(),
            line,
            what: what.into(),
            expected: expected.into(),
            got: got.into(),
            transcript: self.transcript.clone(),
        })
    }
}

/// What was sent, as a vector has it.
pub(super) fn shown(sent: &Bytes<'_>) -> String {
    let mut text = spaced(sent.bytes);
    if sent.last_bits < 8 {
        text.push_str(&format!("/{}", sent.last_bits));
    }
    if sent.check {
        text.push_str(" +crc");
    }
    if sent.damaged {
        text.push_str(" ~");
    }
    match sent.of {
        Some(PiccType::A) => text.push_str(" type-a"),
        Some(PiccType::B) => text.push_str(" type-b"),
        None => {}
    }
    text
}

/// An event, as a vector has it.
pub(super) fn words(event: &Event) -> String {
    match event {
        Event::On => "on".into(),
        Event::Off => "off".into(),
        Event::Reset => "reset".into(),
        Event::WarmReset => "warm reset".into(),
        Event::Signal(n) => format!("signal {n}"),
        Event::Wait(time) => format!("wait {time} us"),
        Event::Search(Searched::A) => "search a".into(),
        Event::Search(Searched::B { slots_code }) => format!("search b {}", 1 << slots_code),
        Event::Enter(name, _) => format!("enter {name}"),
        Event::Leave(name) => format!("leave {name}"),
        Event::Run(command) => format!("run {}", spaced(command)),
        Event::Choose(protocol, fi_di) => format!("choose T={protocol} {fi_di:02X}"),
        Event::Deselect => "deselect".into(),
        Event::Check(false) => "check".into(),
        Event::Check(true) => "check by block".into(),
        Event::Activate => "activate".into(),
    }
}

/// An outcome, as a vector has it.
fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer(pattern) => pattern.to_string(),
        Outcome::Done => "done".into(),
        Outcome::Error(words) => format!("error {words}"),
    }
}

#[cfg(test)]
mod tests;
