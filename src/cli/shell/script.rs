//! Scripts: lines of a file or of standard input, run until one is not answered as it should be.
//!
//! A command's answer may be judged on its own line or on the next, so without an expectation of
//! its own a line is judged when the next one has been read.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use super::{
    error::LineError,
    expect::{is_good, shown},
    line::Line,
    session::{Outcome, Session},
};

/// Scripts in scripts: one that runs itself ends here.
const SCRIPTS_OPEN_MAX: usize = 8;

/// What a script does next.
struct Script<'s> {
    session: &'s mut Session,
    file: String,
    /// A line whose answer nobody has judged: its number and text.
    open: Option<(usize, String)>,
    failures: usize,
}

/// Runs a file of lines.
///
/// # Errors
/// The first line that failed, or how many did when the session keeps going.
pub(super) fn run_file(session: &mut Session, path: &Path) -> Result<Outcome, LineError> {
    if session.scripts_open >= SCRIPTS_OPEN_MAX {
        return Err(LineError::wrong(
            format!("at most {SCRIPTS_OPEN_MAX} scripts in each other"),
            path.display().to_string(),
        ));
    }
    let file = File::open(path).map_err(|error| LineError::File { path: path.into(), error })?;
    session.scripts_open += 1;
    let outcome = run(session, &path.display().to_string(), BufReader::new(file));
    session.scripts_open -= 1;
    outcome
}

/// Runs lines as they come.
///
/// # Errors
/// As [`run_file`].
pub(super) fn run(
    session: &mut Session,
    file: &str,
    lines: impl BufRead,
) -> Result<Outcome, LineError> {
    let mut script = Script { session, file: file.into(), open: None, failures: 0 };
    let mut joined = String::new();
    let mut first = 0;
    for (number, line) in (1..).zip(lines.split(b'\n')) {
        let line = line.map_err(|error| LineError::File { path: file.into(), error })?;
        let line = String::from_utf8_lossy(&line);
        if joined.is_empty() {
            first = number;
        }
        // A backslash at the end goes on with the next line.
        if let Some(part) = line.trim_end().strip_suffix('\\') {
            joined.push_str(part);
            joined.push(' ');
            continue;
        }
        joined.push_str(line.trim_end());
        let text = std::mem::take(&mut joined);
        if script.line(first, &text)? == Outcome::Quit {
            return script.end().map(|()| Outcome::Quit);
        }
    }
    if !joined.is_empty() && script.line(first, &joined)? == Outcome::Quit {
        return script.end().map(|()| Outcome::Quit);
    }
    script.end().map(|()| Outcome::Judged)
}

impl Script<'_> {
    fn line(&mut self, number: usize, text: &str) -> Result<Outcome, LineError> {
        let parsed = Line::parse(text, &self.session.names);
        let judges = match &parsed {
            Ok(line) if line.does.is_empty() => line.expected.is_some(),
            Ok(line) => line.does.starts_with("expect"),
            Err(_) => false,
        };
        let is_comment = matches!(&parsed, Ok(line) if *line == Line::default());
        if is_comment {
            return Ok(Outcome::Quiet);
        }
        if judges {
            // Told at the command's own line, which is what failed.
            let open = self.open.take().unwrap_or((number, text.into()));
            let outcome = self.session.run_line(text);
            return self.settle(open, outcome);
        }
        self.judge_open()?;
        let outcome = self.session.run_line(text);
        self.settle((number, text.into()), outcome)
    }

    fn settle(
        &mut self,
        (line, text): (usize, String),
        outcome: Result<Outcome, LineError>,
    ) -> Result<Outcome, LineError> {
        match outcome {
            Ok(Outcome::Answered) => self.open = Some((line, text)),
            Ok(outcome) => return Ok(outcome),
            Err(error) => self.failed(line, text, error)?,
        }
        Ok(Outcome::Answered)
    }

    /// A line without an expectation: success, and what costs nothing, passes.
    fn judge_open(&mut self) -> Result<(), LineError> {
        let Some((line, text)) = self.open.take() else { return Ok(()) };
        let last = self.session.last();
        let status = last.and_then(|answer| answer.last_chunk::<2>());
        if status.is_some_and(|&status| is_good(status.into())) {
            return Ok(());
        }
        let expected = "9000, 61XX, 62XX, or 63XX without a lost try".into();
        let error = LineError::Unexpected { expected, got: shown(last) };
        self.failed(line, text, error)
    }

    fn failed(&mut self, line: usize, text: String, error: LineError) -> Result<(), LineError> {
        let text = text.trim().to_owned();
        let error = match error {
            // A script in the script has said where.
            error @ (LineError::Script { .. } | LineError::Failures { .. }) => error,
            error => {
                LineError::Script { file: self.file.clone(), line, text, error: Box::new(error) }
            }
        };
        if !self.session.keeps_going {
            return Err(error);
        }
        self.failures += 1;
        self.session.complain(&error);
        Ok(())
    }

    fn end(mut self) -> Result<(), LineError> {
        self.judge_open()?;
        match self.failures {
            0 => Ok(()),
            failures => Err(LineError::Failures { file: self.file, failures }),
        }
    }
}
