//! From a file's text to a vector: header lines, then steps; every mistake with its line.

mod lines;

use std::path::Path;

use tessera_framework::Interface;

use super::{
    Action, Body, Case, Decoder, Dialogue, Expected, Flags, Layer, Pattern, Step, Tear, Template,
    Vector, VectorError,
    link::{self, Link},
    pattern::Bound,
};

pub(super) use lines::{Line, Source, literal};

/// Header keys there are.
const KEYS: [&str; 14] = [
    "name",
    "clause",
    "source",
    "expect",
    "profile",
    "after",
    "interface",
    "flags",
    "needs",
    "memory-may-change",
    "decode",
    "link",
    "card",
    "reader",
];

/// Most pulses a tear may count to.
const PULSE_MAX: u32 = 1_000_000;

/// Reads a vector. `file` is what messages call it, `root` the directory names are counted from and
/// `name` where the file lies below it; the header has to say the same.
///
/// # Errors
/// [`VectorError`], naming line, what should stand there and what does.
pub fn parse(
    file: &str,
    root: &Path,
    name: &str,
    text: &str,
    flags: &Flags,
) -> Result<Vector, VectorError> {
    let source = Source { file };
    let lines = source.logical_lines(text)?;
    let steps_at = lines.iter().position(Line::is_step).unwrap_or(lines.len());
    let (header, steps) = lines.split_at(steps_at);
    let header = Header::read(&source, header)?;
    let told = header.required("name")?;
    if told.value != name {
        return source.wrong(told.line, &format!("name: {name}, as the path says"), &told.value);
    }
    let flags = header.flags(flags)?;
    let body = match (header.get("decode"), header.get("link")) {
        (Some(decoder), _) => header.decoder(decoder, steps)?,
        (None, Some(_)) => header.link(steps)?,
        (None, None) => header.dialogue(steps)?,
    };
    Ok(Vector {
        file: file.into(),
        root: root.into(),
        name: name.into(),
        clause: header.required("clause")?.value.clone(),
        source: header.required("source")?.value.clone(),
        flags,
        body,
    })
}

struct Entry {
    line: usize,
    key: &'static str,
    value: String,
}

struct Header<'s> {
    source: &'s Source<'s>,
    entries: Vec<Entry>,
}

impl<'s> Header<'s> {
    fn read(source: &'s Source<'s>, lines: &[Line]) -> Result<Self, VectorError> {
        let mut entries: Vec<Entry> = Vec::new();
        for Line { line, text } in lines {
            let (key, value) = text.split_once(':').unwrap_or((text, ""));
            let Some(key) = KEYS.into_iter().find(|known| *known == key.trim()) else {
                let expected = format!("one of the keys {}, or a step", KEYS.join(", "));
                return source.wrong(*line, &expected, text);
            };
            if let Some(before) = entries.iter().find(|entry| entry.key == key) {
                let got = format!("{key} again, after line {}", before.line);
                return source.wrong(*line, "each key once", &got);
            }
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            if value.is_empty() {
                return source.wrong(*line, &format!("a value of {key}"), "");
            }
            entries.push(Entry { line: *line, key, value });
        }
        Ok(Self { source, entries })
    }

    fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn required(&self, key: &str) -> Result<&Entry, VectorError> {
        self.get(key).ok_or_else(|| {
            VectorError::file(self.source.file, format!("the header has no line {key}:"))
        })
    }

    /// One of a few words.
    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, VectorError> {
        let Some(entry) = self.get(key) else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == entry.value) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let words = words.iter().map(|(word, _)| *word).collect::<Vec<_>>();
                let expected = format!("{key}: {}", words.join(" or "));
                self.source.wrong(entry.line, &expected, &entry.value)
            }
        }
    }

    fn flags(&self, known: &Flags) -> Result<Vec<String>, VectorError> {
        let Some(entry) = self.get("flags") else { return Ok(Vec::new()) };
        let flags: Vec<String> = entry.value.split(',').map(|flag| flag.trim().into()).collect();
        match flags.iter().find(|flag| !known.explains(flag)) {
            Some(flag) => {
                self.source.wrong(entry.line, "flags that FLAGS.md explains", &format!("{flag:?}"))
            }
            None => Ok(flags),
        }
    }

    fn decoder(&self, decoder: &Entry, steps: &[Line]) -> Result<Body, VectorError> {
        let only = ["name", "clause", "source", "flags", "decode"];
        self.only("decode", &only)?;
        let Some(kind) = Decoder::named(&decoder.value) else {
            let expected = format!("a decoder: {}", Decoder::names().join(", "));
            return self.source.wrong(decoder.line, &expected, &decoder.value);
        };
        let mut cases: Vec<Case> = Vec::new();
        for line in steps {
            let full = cases.last().is_none_or(|case| !case.lines.is_empty());
            match (line.step(), cases.last_mut()) {
                (('>', bytes), _) if full => {
                    let bytes = self.source.bad(line.line, literal(bytes))?;
                    cases.push(Case { line: line.line, bytes, lines: Vec::new() });
                }
                (('=', text), Some(case)) if !text.is_empty() => {
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    case.lines.push((line.line, text));
                }
                _ => {
                    let expected = "> BYTES, then at least one = LINE";
                    return self.source.wrong(line.line, expected, &line.text);
                }
            }
        }
        match cases.last() {
            None => Err(VectorError::file(self.source.file, "there is no case in it")),
            Some(case) if case.lines.is_empty() => {
                self.source.wrong(case.line, "at least one = LINE after the bytes", "")
            }
            Some(_) => Ok(Body::Decode(kind, cases)),
        }
    }

    fn dialogue(&self, steps: &[Line]) -> Result<Body, VectorError> {
        if let Some(entry) = self.get("card").or_else(|| self.get("reader")) {
            return self.source.wrong(entry.line, "a key link: beside it", entry.key);
        }
        let layers = [("link", Layer::Link), ("os", Layer::Os), ("applet", Layer::Applet)];
        self.required("expect")?;
        let Some(layer) = self.word("expect", &layers)? else { return self.source.no_steps() };
        let interfaces = [
            ("contact", Interface::Contact),
            ("contactless", Interface::ContactlessA),
            ("contactless-b", Interface::ContactlessB),
        ];
        let interface = self.word("interface", &interfaces)?;
        let needs = self.needs()?;
        if let (Some(after), Some(_)) = (self.get("after"), self.get("profile")) {
            let expected = "no profile beside it: it is that of the vector before";
            return self.source.wrong(after.line, expected, &after.value);
        }
        let steps = Steps::read(self.source, steps)?;
        if !steps.iter().any(|step| matches!(step.action, Action::Exchange(..))) {
            let answers_to_reset = steps.iter().any(|step| {
                matches!(step.action, Action::PowerOn(Some(_)) | Action::Reset(Some(_)))
            });
            if !answers_to_reset {
                return self.source.no_steps();
            }
        }
        Ok(Body::Dialogue(Dialogue {
            profile: self.get("profile").map(|entry| entry.value.clone()),
            after: self.get("after").map(|entry| entry.value.clone()),
            interface,
            layer,
            needs_holder: needs.contains(&"holder"),
            needs_fresh: needs.contains(&"fresh"),
            needs_bare: needs.contains(&"bare"),
            memory_may_change: self.get("memory-may-change").map(|entry| entry.value.clone()),
            steps,
        }))
    }

    /// A dialogue below commands.
    fn link(&self, steps: &[Line]) -> Result<Body, VectorError> {
        let only =
            ["name", "clause", "source", "flags", "expect", "profile", "link", "card", "reader"];
        self.only("link", &only)?;
        self.required("expect")?;
        self.word("expect", &[("link", ())])?;
        let Some(link) = self.word("link", &Link::NAMES)? else { return self.source.no_steps() };
        let told = |key| self.get(key).map(|entry| (entry.line, entry.value.as_str()));
        let head = link::parse::Head {
            link,
            profile: told("profile"),
            card: told("card"),
            reader: told("reader"),
        };
        link::parse::dialogue(self.source, &head, steps).map(Body::Link)
    }

    /// With one key only some others make sense.
    fn only(&self, with: &str, only: &[&str]) -> Result<(), VectorError> {
        match self.entries.iter().find(|entry| !only.contains(&entry.key)) {
            None => Ok(()),
            Some(entry) => {
                let expected = format!("with {with} only the keys {}", only.join(", "));
                self.source.wrong(entry.line, &expected, entry.key)
            }
        }
    }

    fn needs(&self) -> Result<Vec<&str>, VectorError> {
        let Some(entry) = self.get("needs") else { return Ok(Vec::new()) };
        let needs: Vec<&str> = entry.value.split(',').map(str::trim).collect();
        if needs.iter().all(|need| matches!(*need, "holder" | "fresh" | "bare")) {
            return Ok(needs);
        }
        self.source.wrong(entry.line, "needs: holder, fresh, bare", &entry.value)
    }
}

/// The steps read so far.
struct Steps<'s> {
    source: &'s Source<'s>,
    bound: Bound,
    steps: Vec<Step>,
    /// A command that has no answer yet.
    open: Option<(usize, Template)>,
    /// Line of a tear that nothing follows yet.
    tear: Option<usize>,
    each: Option<usize>,
}

impl<'s> Steps<'s> {
    fn read(source: &'s Source<'s>, lines: &[Line]) -> Result<Vec<Step>, VectorError> {
        let mut steps = Self {
            source,
            bound: Bound::new(),
            steps: Vec::new(),
            open: None,
            tear: None,
            each: None,
        };
        for line in lines {
            steps.add(line)?;
        }
        if let Some((line, _)) = steps.open {
            return source.wrong(line, "a line < ANSWER after the command", "");
        }
        if let Some(line) = steps.tear {
            return source.wrong(line, "a command or + power on after the tear", "");
        }
        Ok(steps.steps)
    }

    fn push(&mut self, line: usize, action: Action) {
        self.steps.push(Step { line, action });
    }

    fn add(&mut self, line: &Line) -> Result<(), VectorError> {
        let (mark, rest) = line.step();
        if let Some((at, _)) = &self.open
            && mark != '<'
        {
            return self.source.wrong(*at, "a line < ANSWER after the command", &line.text);
        }
        match mark {
            '>' => {
                let command = self.source.bad(line.line, Template::parse(rest, &self.bound))?;
                self.open = Some((line.line, command));
                Ok(())
            }
            '<' => self.answer(line, rest),
            '!' => self.tear(line, rest),
            '+' => {
                let action = match rest {
                    "power on" => Action::PowerOn(None),
                    "power off" => Action::PowerOff,
                    "reset" => Action::Reset(None),
                    _ => {
                        let expected = "+ power on, + power off or + reset";
                        return self.source.wrong(line.line, expected, &line.text);
                    }
                };
                if self.tear.is_some() && action != Action::PowerOn(None) {
                    let expected = "a command or + power on after the tear";
                    return self.source.wrong(line.line, expected, &line.text);
                }
                self.tear = None;
                self.push(line.line, action);
                Ok(())
            }
            _ => self.source.wrong(line.line, "a step: > < ! + or #", &line.text),
        }
    }

    fn answer(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        let expected = self.expected(line.line, text)?;
        if let Some((at, command)) = self.open.take() {
            let either = expected.none && expected.pattern.is_some();
            if self.each == self.tear.take() && self.each.is_some() && !either {
                return self.source.wrong(line.line, "< none or ANSWER after ! tear each", text);
            }
            self.push(at, Action::Exchange(command, expected));
            return Ok(());
        }
        match self.steps.last_mut().map(|step| &mut step.action) {
            Some(Action::PowerOn(to @ None) | Action::Reset(to @ None)) => {
                *to = Some(expected);
                Ok(())
            }
            _ => self.source.wrong(line.line, "a command before the answer", &line.text),
        }
    }

    fn expected(&mut self, line: usize, text: &str) -> Result<Expected, VectorError> {
        if text == "none" {
            return Ok(Expected { line, none: true, pattern: None });
        }
        let (none, text, bound) = match text.strip_prefix("none or ") {
            // What is bound only when an answer comes may not be relied on later.
            Some(text) => (true, text, &mut self.bound.clone()),
            None => (false, text, &mut self.bound),
        };
        let pattern = self.source.bad(line, Pattern::parse(text, bound))?;
        Ok(Expected { line, none, pattern: Some(pattern) })
    }

    fn tear(&mut self, line: &Line, text: &str) -> Result<(), VectorError> {
        if let Some(digits) = text.strip_prefix("random") {
            return self.random(line, digits);
        }
        let tear = match text.strip_prefix("tear").map(str::trim) {
            Some("each") if self.each.is_none() => Tear::Each,
            Some("each") => {
                return self.source.wrong(line.line, "tear each once in a vector", text);
            }
            Some(pulse) => match pulse.parse() {
                Ok(pulse) if (1..=PULSE_MAX).contains(&pulse) => Tear::At(pulse),
                _ => return self.source.wrong(line.line, "! tear N or ! tear each", text),
            },
            None => {
                let expected = "! tear N, ! tear each or ! random BYTES";
                return self.source.wrong(line.line, expected, text);
            }
        };
        if self.tear.is_some() {
            return self.source.wrong(line.line, "a command between two tears", text);
        }
        self.tear = Some(line.line);
        if tear == Tear::Each {
            self.each = Some(line.line);
        }
        self.push(line.line, Action::Tear(tear));
        Ok(())
    }

    fn random(&mut self, line: &Line, digits: &str) -> Result<(), VectorError> {
        if self.tear.is_some() {
            return self.source.wrong(
                line.line,
                "a command or + power on after the tear",
                &line.text,
            );
        }
        match self.source.bad(line.line, literal(digits))? {
            none if none.is_empty() => self.source.wrong(line.line, "bytes", ""),
            bytes => {
                self.push(line.line, Action::Random(bytes));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
