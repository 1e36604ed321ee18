//! The lines of a vector: those that go on with others joined, comments taken out; and how a
//! mistake in one is told.

use crate::vectors::{
    Template, VectorError,
    pattern::{BadPattern, Bound},
};

/// A line with those that go on with it.
pub(in crate::vectors) struct Line {
    pub(in crate::vectors) line: usize,
    pub(in crate::vectors) text: String,
}

const STEP_MARKS: [char; 5] = ['>', '<', '!', '+', '='];

impl Line {
    pub(super) fn is_step(&self) -> bool {
        self.text.starts_with(STEP_MARKS)
    }

    /// The mark of a step and what follows it.
    pub(in crate::vectors) fn step(&self) -> (char, &str) {
        let mark = self.text.chars().next().unwrap_or(' ');
        (mark, self.text.get(mark.len_utf8()..).unwrap_or("").trim())
    }
}

/// The text of a file, as messages call it.
pub(in crate::vectors) struct Source<'s> {
    pub(super) file: &'s str,
}

impl Source<'_> {
    pub(in crate::vectors) fn wrong<T>(
        &self,
        line: usize,
        expected: &str,
        got: &str,
    ) -> Result<T, VectorError> {
        Err(VectorError::Line {
            file: self.file.into(),
            line,
            expected: expected.into(),
            got: if got.is_empty() { "nothing".into() } else { got.into() },
        })
    }

    pub(in crate::vectors) fn bad<T>(
        &self,
        line: usize,
        result: Result<T, BadPattern>,
    ) -> Result<T, VectorError> {
        result.or_else(|why| self.wrong(line, &why.expected, &why.got))
    }

    pub(in crate::vectors) fn no_steps<T>(&self) -> Result<T, VectorError> {
        Err(VectorError::file(self.file, "no answer in it is compared with anything"))
    }

    pub(super) fn logical_lines(&self, text: &str) -> Result<Vec<Line>, VectorError> {
        let mut lines: Vec<Line> = Vec::new();
        let mut open = false;
        for (number, text) in text.lines().enumerate() {
            let line = number + 1;
            let goes_on = text.starts_with([' ', '\t']);
            let text = text.trim();
            if text.is_empty() {
                open = false;
            } else if text.starts_with('#') {
                // A comment ends nothing.
            } else if goes_on {
                match lines.last_mut() {
                    Some(last) if open => {
                        let text = uncommented(last.text.starts_with(['>', '<']), text);
                        last.text.push(' ');
                        last.text.push_str(text);
                    }
                    _ => return self.wrong(line, "a line for this one to go on with", text),
                }
            } else {
                let text = uncommented(text.starts_with(['>', '<', '!', '+']), text);
                lines.push(Line { line, text: text.into() });
                open = true;
            }
        }
        Ok(lines)
    }
}

fn uncommented(step: bool, text: &str) -> &str {
    match text.split_once('#') {
        Some((before, _)) if step => before.trim_end(),
        _ => text,
    }
}

/// Bytes without names in them.
pub(in crate::vectors) fn literal(text: &str) -> Result<Vec<u8>, BadPattern> {
    let bytes = Template::parse(text, &Bound::new())?;
    Ok(bytes.bytes(&Default::default()).unwrap_or_default())
}
