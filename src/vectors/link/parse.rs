//! From the lines of a dialogue below commands to its steps; every mistake with its line.

use super::{
    Action, Answer, Dialogue, Event, Form, Link, Outcome, Searched, Sent, Settings, Step, When,
    bits, stub::Known,
};
use crate::link::PiccType;
use crate::vectors::{
    Pattern, Template, VectorError,
    parse::{Line, Source, literal},
    pattern::Bound,
};

/// Longest time a step may last, in microseconds: a minute.
const WAIT_US_MAX: u64 = 60_000_000;

/// A header's value and its line.
pub(in crate::vectors) type Told<'t> = Option<(usize, &'t str)>;

/// What the header says about a dialogue below commands.
pub(in crate::vectors) struct Head<'h> {
    pub(in crate::vectors) link: Link,
    pub(in crate::vectors) profile: Told<'h>,
    pub(in crate::vectors) card: Told<'h>,
    pub(in crate::vectors) reader: Told<'h>,
}

/// Reads the dialogue.
pub(in crate::vectors) fn dialogue(
    source: &Source<'_>,
    head: &Head<'_>,
    lines: &[Line],
) -> Result<Dialogue, VectorError> {
    let link = head.link;
    if let (Some((line, _)), Some((_, profile))) = (head.card, head.profile) {
        let expected = format!("no card: it is that of the profile {profile}");
        return source.wrong(line, &expected, "card");
    }
    if let Some((line, profile)) = head.profile.filter(|_| link.plays() || link == Link::Field) {
        let expected = format!("no profile: on the link {} there is no such card", link.name());
        return source.wrong(line, &expected, profile);
    }
    let card = settings(source, head.card, |text| match link {
        Link::Field => {
            Err(("+ enter NAME SETTINGS for each card, and no card:".into(), text.into()))
        }
        _ => Settings::card(link, text),
    })?;
    let reader = settings(source, head.reader, |text| match link {
        Link::Block | Link::Pcd => Settings::reader(text),
        _ => Err(("no reader: but on the links block and pcd".into(), text.into())),
    })?;
    let mut steps = Steps {
        source,
        link,
        stands_in: head.profile.is_none(),
        bound: Bound::new(),
        steps: Vec::new(),
        open: None,
        order: None,
    };
    for line in lines {
        steps.add(line)?;
    }
    Ok(Dialogue {
        link,
        profile: head.profile.map(|(_, profile)| profile.into()),
        card,
        reader,
        steps: steps.end()?,
    })
}

fn settings(
    source: &Source<'_>,
    told: Told<'_>,
    read: impl Fn(&str) -> Result<Settings, (String, String)>,
) -> Result<Settings, VectorError> {
    match told {
        None => Ok(Settings::default()),
        Some((line, text)) => {
            read(text).or_else(|(expected, got)| source.wrong(line, &expected, &got))
        }
    }
}

/// The steps read so far.
struct Steps<'s> {
    source: &'s Source<'s>,
    link: Link,
    /// Behind the link is the vector's stand-in.
    stands_in: bool,
    bound: Bound,
    steps: Vec<Step>,
    /// Sent, and nothing is said yet about what comes back.
    open: Option<(usize, Sent)>,
    /// Line of an order to the reader that has come to nothing yet.
    order: Option<usize>,
}

impl Steps<'_> {
    fn push(&mut self, line: usize, action: Action) {
        self.steps.push(Step { line, action });
    }

    fn end(self) -> Result<Vec<Step>, VectorError> {
        if let Some((line, _)) = self.open {
            return self.source.wrong(line, "a line < ANSWER after it", "");
        }
        if let Some(line) = self.order {
            return self.source.wrong(line, "a line = for what the order comes to", "");
        }
        let judges = |step: &Step| match &step.action {
            Action::Exchange(..) | Action::Outcome(_) | Action::Event(_, Some(_)) => true,
            Action::Command(_) | Action::Event(_, None) | Action::Commands(_) => false,
        };
        if !self.steps.iter().any(judges) {
            return self.source.no_steps();
        }
        Ok(self.steps)
    }

    fn add(&mut self, line: &Line) -> Result<(), VectorError> {
        let (mark, rest) = line.step();
        if let Some((at, _)) = &self.open
            && mark != '<'
        {
            return self.source.wrong(*at, "a line < ANSWER after it", &line.text);
        }
        match mark {
            '>' => self.sent(line, rest),
            '<' => self.answer(line, rest),
            '!' => self.command(line, rest),
            '+' => self.event(line, rest),
            '=' => self.outcome(line, rest),
            _ => self.source.wrong(line.line, "a step: > < ! + = or #", &line.text),
        }
    }

    fn sent(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        if self.link.plays() && self.order.is_none() {
            return self.source.wrong(line.line, "an order to the reader before it", &line.text);
        }
        let marks = self.marks(line, text)?;
        let (text, last_bits) = match marks.text.rsplit_once('/') {
            None => (marks.text, 8),
            Some((text, bits)) => match bits.trim().parse() {
                Ok(bits @ 1..=7) if matches!(self.link, Link::PiccA | Link::Field) => (text, bits),
                _ => return self.source.wrong(line.line, "BYTE/n, n bits from 1 to 7", text),
            },
        };
        let bytes = self.source.bad(line.line, Template::parse(text, &self.bound))?;
        let sent = Sent {
            bytes,
            last_bits,
            check: marks.check,
            damaged: marks.damaged,
            of: marks.of,
            at: marks.at,
        };
        self.open = Some((line.line, sent));
        Ok(())
    }

    fn answer(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        let marks = self.marks(line, text)?;
        let form = match marks.text {
            "none" => Form::None,
            "noise" if self.link == Link::Field => Form::Noise,
            "signal" if self.link == Link::Contact => Form::Signal,
            "" if marks.damaged => Form::Damaged,
            text if marks.damaged && self.link != Link::Ifd => {
                return self.source.wrong(line.line, "~ alone for a damaged answer", text);
            }
            text => match text.strip_prefix("bits ") {
                Some(text) => match bits::read(text) {
                    Some(bits) if !bits.is_empty() => Form::Bits(bits),
                    _ => return self.source.wrong(line.line, "bits of 0 1 C - .", text),
                },
                None if self.link.plays() => {
                    Form::Played(self.source.bad(line.line, literal(text))?, marks.damaged)
                }
                None => {
                    let pattern = Pattern::parse(text, &mut self.bound);
                    Form::Bytes(self.source.bad(line.line, pattern)?, marks.check)
                }
            },
        };
        let bits_here = matches!(self.link, Link::PiccA | Link::Field);
        match form {
            Form::Damaged if !self.link.plays() => {
                return self.source.wrong(line.line, "~ only where the file plays the card", text);
            }
            Form::Bits(_) if !bits_here => {
                return self.source.wrong(line.line, "bits only on picc-a and field", text);
            }
            _ => {}
        }
        let answer = Answer { line: line.line, form, at: marks.at };
        if let Some((at, sent)) = self.open.take() {
            self.push(at, Action::Exchange(sent, answer));
            return Ok(());
        }
        match self.steps.last_mut().map(|step| &mut step.action) {
            Some(Action::Event(
                Event::On | Event::Reset | Event::WarmReset | Event::Signal(_),
                known @ None,
            )) if matches!(self.link, Link::Contact | Link::Ifd) => {
                *known = Some(answer);
                Ok(())
            }
            _ => self.source.wrong(line.line, "something sent before an answer", &line.text),
        }
    }

    /// Takes the marks behind what is sent or comes back off it.
    fn marks<'t>(&self, line: &Line, text: &'t str) -> Result<Marks<'t>, VectorError> {
        let mut marks =
            Marks { text: text.trim(), check: false, damaged: false, of: None, at: None };
        loop {
            let (before, last) = match marks.text.rsplit_once(' ') {
                Some((before, last)) => (before.trim_end(), last),
                None => ("", marks.text),
            };
            match last {
                "~" if !marks.damaged => marks.damaged = true,
                "type-a" if self.link == Link::Field => marks.of = Some(PiccType::A),
                "type-b" if self.link == Link::Field => marks.of = Some(PiccType::B),
                "+crc" if !marks.check => {
                    if !matches!(self.link, Link::PiccA | Link::PiccB | Link::Field) {
                        return self.source.wrong(line.line, "+crc only behind frames", text);
                    }
                    marks.check = true;
                }
                _ if last.starts_with('@') && marks.at.is_none() => {
                    let Some(when) = when(last.get(1..).unwrap_or("")) else {
                        let expected = "@N, @<=N, @>=N or @128n+N";
                        return self.source.wrong(line.line, expected, last);
                    };
                    marks.at = Some(when);
                }
                _ => return Ok(marks),
            }
            marks.text = before;
        }
    }

    /// `! command C -> A after N us`.
    fn command(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        let expected = "! command COMMAND -> ANSWER after N us, or -> mute";
        let Some((command, answer)) =
            text.strip_prefix("command ").and_then(|told| told.split_once("->"))
        else {
            return self.source.wrong(line.line, expected, &line.text);
        };
        if !self.stands_in || self.link.plays() {
            let expected = "no ! command: it is not the stand-in that answers here";
            return self.source.wrong(line.line, expected, &line.text);
        }
        let (answer, took_us) = match answer.split_once("after") {
            None => (answer, 0),
            Some((answer, time)) => (answer, self.microseconds(line, time)?),
        };
        let command = self.source.bad(line.line, literal(command))?;
        let answer = match answer.trim() {
            "mute" => None,
            answer => Some(self.source.bad(line.line, literal(answer))?),
        };
        if command.len() < 4 || answer.as_ref().is_some_and(|answer| answer.len() < 2) {
            return self.source.wrong(line.line, expected, &line.text);
        }
        self.push(line.line, Action::Command(Known { command, answer, took_us }));
        Ok(())
    }

    fn microseconds(&self, line: &Line, text: &str) -> Result<u64, VectorError> {
        match text.trim().strip_suffix("us").and_then(|number| number.trim().parse().ok()) {
            Some(time) if time <= WAIT_US_MAX => Ok(time),
            _ => self.source.wrong(line.line, "N us, at most a minute", text.trim()),
        }
    }

    fn event(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let event = match (self.link, text, word) {
            (Link::Contact, "power on", _) => Event::On,
            (Link::Contact, "power off", _) => Event::Off,
            (Link::Contact | Link::Ifd, "reset", _) => Event::Reset,
            (Link::Contact, "warm reset", _) => Event::WarmReset,
            (Link::Contact, _, "signal") => match rest.trim().parse() {
                Ok(n) if n > 0 => Event::Signal(n),
                _ => return self.source.wrong(line.line, "+ signal N, N from 1", text),
            },
            (Link::PiccA | Link::PiccB | Link::Field, "field on", _) => Event::On,
            (Link::PiccA | Link::PiccB | Link::Field, "field off", _) => Event::Off,
            (Link::Contact | Link::PiccA | Link::PiccB | Link::Field | Link::Block, _, "wait") => {
                Event::Wait(self.microseconds(line, rest)?)
            }
            (Link::Field, _, "enter") => {
                let (name, text) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
                let settings = Settings::card(self.link, text)
                    .or_else(|(expected, got)| self.source.wrong(line.line, &expected, &got))?;
                Event::Enter(name.into(), settings)
            }
            (Link::Field, "search a", _) => Event::Search(Searched::A),
            (Link::Field, _, "search") => match rest.strip_prefix('b').map(str::trim) {
                Some("1") => Event::Search(Searched::B { slots_code: 0 }),
                Some("2") => Event::Search(Searched::B { slots_code: 1 }),
                Some("4") => Event::Search(Searched::B { slots_code: 2 }),
                Some("8") => Event::Search(Searched::B { slots_code: 3 }),
                Some("16") => Event::Search(Searched::B { slots_code: 4 }),
                _ => return self.source.wrong(line.line, "+ search a, or + search b SLOTS", text),
            },
            (Link::Field, _, "leave") if !rest.is_empty() => Event::Leave(rest.trim().into()),
            (Link::Ifd, _, "choose") => match choice(rest) {
                Some((protocol, fi_di)) => Event::Choose(protocol, fi_di),
                None => return self.source.wrong(line.line, "+ choose T=0 TA1 or T=1 TA1", text),
            },
            (Link::Pcd | Link::Ifd, _, "run") => {
                Event::Run(self.source.bad(line.line, literal(rest))?)
            }
            (Link::Pcd, "deselect", _) => Event::Deselect,
            (Link::Pcd, "check", _) => Event::Check(false),
            (Link::Pcd, "check by block", _) => Event::Check(true),
            (Link::Pcd, "activate", _) => Event::Activate,
            _ => return self.source.wrong(line.line, events(self.link), &line.text),
        };
        if self.link.plays()
            && event != Event::Reset
            && let Some(order) = self.order.replace(line.line)
        {
            return self.source.wrong(order, "a line = for what the order comes to", text);
        }
        self.push(line.line, Action::Event(event, None));
        Ok(())
    }

    /// `= commands N`, or what an order to the reader comes to.
    fn outcome(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        if let Some(number) = text.strip_prefix("commands ") {
            return match number.trim().parse() {
                Ok(number) if self.stands_in && !self.link.plays() => {
                    self.push(line.line, Action::Commands(number));
                    Ok(())
                }
                _ => self.source.wrong(line.line, "= commands N, of the stand-in", &line.text),
            };
        }
        if self.order.take().is_none() {
            let expected = "= commands N, or an order to the reader before it";
            return self.source.wrong(line.line, expected, &line.text);
        }
        let outcome = match text.strip_prefix("error ") {
            Some(words) => Outcome::Error(words.trim().into()),
            None if text == "done" => Outcome::Done,
            None => {
                let pattern = Pattern::parse(text, &mut self.bound);
                Outcome::Answer(self.source.bad(line.line, pattern)?)
            }
        };
        self.push(line.line, Action::Outcome(outcome));
        Ok(())
    }
}

struct Marks<'t> {
    text: &'t str,
    check: bool,
    damaged: bool,
    of: Option<PiccType>,
    at: Option<When>,
}

fn when(text: &str) -> Option<When> {
    if let Some(offset) = text.strip_prefix("128n+") {
        return offset.parse().ok().filter(|offset| *offset < 128).map(When::Grid);
    }
    if let Some(most) = text.strip_prefix("<=") {
        return most.parse().ok().map(When::UpTo);
    }
    if let Some(least) = text.strip_prefix(">=") {
        return least.parse().ok().map(When::From);
    }
    text.parse().ok().map(When::At)
}

/// A protocol, and F and D in the form of TA1.
fn choice(text: &str) -> Option<(u8, u8)> {
    let (protocol, fi_di) = text.trim().split_once(' ')?;
    let protocol = match protocol {
        "T=0" => 0,
        "T=1" => 1,
        _ => return None,
    };
    Some((protocol, u8::from_str_radix(fi_di.trim(), 16).ok()?))
}

fn events(link: Link) -> &'static str {
    match link {
        Link::Contact => {
            "+ power on, + power off, + reset, + warm reset, + signal N or + wait N us"
        }
        Link::PiccA | Link::PiccB => "+ field on, + field off or + wait N us",
        Link::Block => "+ wait N us",
        Link::Pcd => "+ run COMMAND, + deselect, + check, + check by block or + activate",
        Link::Ifd => "+ reset, + choose T=0 TA1, + choose T=1 TA1 or + run COMMAND",
        Link::Field => {
            "+ field on, + field off, + enter NAME SETTINGS, + leave NAME, + search a, \
             + search b SLOTS or + wait N us"
        }
    }
}

#[cfg(test)]
mod tests;
