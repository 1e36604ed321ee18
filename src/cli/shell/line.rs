//! A line of the prompt or of a script: what is to be done, and what its answer has to be.
//!
//! | written | read as |
//! |---|---|
//! | `# …`, `// …`, `; …` | a comment, to the end of the line |
//! | `HEX ; SW 9000`, `HEX SW1SW2=9000`, `HEX -> 9000`, `HEX (9000)`, `HEX [data] (9000)` | a command and its answer |
//! | `< 9000`, `SW1SW2=9000`, `; SW 9000`, `-> 9000` on a line of their own | the answer of the command before |
//! | `> HEX`, `+ power on`, `! tear 3` | as vectors write them |
//!
//! In a comment, only `SW`, `SW1SW2` or `SW12` with a status word behind it is read.

use tessera::vectors::pattern::Names;

use super::{error::LineError, expect::Expected};

/// What stands on a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Line {
    /// What is to be done; empty for nothing.
    pub(super) does: String,
    /// What the answer has to be: its own, or that of the line before when it does nothing.
    pub(super) expected: Option<Expected>,
}

impl Line {
    /// Reads a line; `names` are those that have a value.
    pub(super) fn parse(text: &str, names: &Names) -> Result<Self, LineError> {
        let (code, comment) = uncommented(text.trim().trim_start_matches('\u{feff}'));
        let code = code.trim();
        if let Some(answer) = code.strip_prefix('<') {
            let expected = Some(Expected::parse(answer, names)?);
            return Ok(Self { does: String::new(), expected });
        }
        let code = code.strip_prefix(['>', '+', '!']).unwrap_or(code).trim_start();
        let (does, mut expected) = match find_outside_quotes(code, "->") {
            Some(at) => {
                let (does, answer) = code.split_at(at);
                (does, Some(Expected::parse(&answer[2..], names)?))
            }
            None => behind(code, names)?,
        };
        if expected.is_none() {
            expected = comment.and_then(of_comment);
        }
        Ok(Self { does: does.trim().into(), expected })
    }
}

/// The line before its comment, and a comment that begins with `;`.
fn uncommented(text: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '#' => return (&text[..at], None),
            ';' => return (&text[..at], Some(&text[at + 1..])),
            // A path has slashes too, but not at the start of a word.
            '/' if before.is_whitespace() && text[at..].starts_with("//") => {
                return (&text[..at], None);
            }
            _ => {}
        }
        before = character;
    }
    (text, None)
}

fn find_outside_quotes(text: &str, wanted: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, character)| {
        quoted ^= character == '"';
        (!quoted && text[at..].starts_with(wanted)).then_some(at)
    })
}

/// `SW1SW2=9000`, `(9000)` or `[data] (9000)` at the end of a command.
fn behind<'t>(code: &'t str, names: &Names) -> Result<(&'t str, Option<Expected>), LineError> {
    if let Some(at) = find_outside_quotes(code, "SW").or_else(|| find_outside_quotes(code, "sw"))
        && let Some(expected) = of_comment(&code[at..])
    {
        return Ok((&code[..at], Some(expected)));
    }
    let Some((does, words)) = code.strip_suffix(')').and_then(|code| code.rsplit_once('(')) else {
        return Ok((code, None));
    };
    if let Some((does, data)) = does.trim_end().strip_suffix(']').and_then(|d| d.rsplit_once('[')) {
        return Ok((does, Some(Expected::parts(data, words, names)?)));
    }
    match Expected::words(words) {
        Some(expected) => Ok((does, Some(expected))),
        None => Err(LineError::wrong("status words in the brackets, as in (9000)", words)),
    }
}

/// A status word behind `SW`, as comments name it; what follows the word is a comment again.
fn of_comment(comment: &str) -> Option<Expected> {
    let text = comment.trim_start();
    let upper = text.to_ascii_uppercase();
    let name = ["SW1SW2", "SW1-SW2", "SW12", "SW"].into_iter().find(|n| upper.starts_with(n))?;
    let rest = text.get(name.len()..)?;
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=' || c == ':');
    if value.len() == rest.len() {
        return None;
    }
    Expected::words(value.split_whitespace().next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> (String, Option<String>) {
        let line = Line::parse(text, &Names::new()).unwrap();
        (line.does, line.expected.map(|expected| expected.to_string()))
    }

    fn is(text: &str, does: &str, expected: &str) {
        let expected = (!expected.is_empty()).then(|| expected.to_owned());
        assert_eq!(line(text), (does.to_owned(), expected), "{text}");
    }

    #[test]
    fn comments_of_every_kind_end_a_line() {
        for text in ["", "  ", "# 00A4", "// 00A4", "; 00A4 -> 9000", "\u{feff}# a mark"] {
            is(text, "", "");
        }
        is("00A4 # by name", "00A4", "");
        is("00A4 // by name", "00A4", "");
        is("00A4 ; 9000 is what it answers", "00A4", "");
        is("00A4 ; switch to it", "00A4", "");
        is("script a//b", "script a//b", "");
        is("update binary \"#1;//2 -> (3)\" # x", "update binary \"#1;//2 -> (3)\"", "");
    }

    #[test]
    fn the_answer_stands_behind_the_command_in_the_forms_scripts_use() {
        for form in ["; SW 9000", ";SW=9000 ok", "; sw1sw2: 9000", "-> 9000", "SW1SW2=9000"] {
            is(&format!("00A40000023F00 {form}"), "00A40000023F00", "9000");
        }
        is("00A40000023F00 (9000,61XX) # x", "00A40000023F00", "9000,61XX");
        is("A0C0 [3FXX] (9000)", "A0C0", "[3FXX] (9000)");
        is("read record 1 -> 6A83|9000", "read record 1", "6A83|9000");
    }

    #[test]
    fn the_answer_may_have_a_line_of_its_own() {
        is("< 6F .. 9000", "", "6F .. 9000");
        for text in ["-> 9000", "SW1SW2=9000", "; SW 9000", "(9000)"] {
            is(text, "", "9000");
        }
    }

    #[test]
    fn steps_of_vectors_are_read() {
        is("> 00 84 00 00 08", "00 84 00 00 08", "");
        is("+ power on", "power on", "");
        is("! tear 3", "tear 3", "");
    }

    #[test]
    fn what_is_no_expectation_is_told() {
        for text in ["00A4 -> ", "<", "00A4 (what)", "00A4 -> 90x", "< zz"] {
            Line::parse(text, &Names::new()).unwrap_err();
        }
    }
}
