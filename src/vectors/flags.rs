//! What a flag means: the table in `FLAGS.md`, which people read and the runner checks.
//!
//! A row is ``| `flag` | clause | what goes wrong for whom fails it |``; other text is for people.

use std::collections::BTreeMap;

use super::VectorError;

/// Name of the file; the directory that has it is the root of its vectors.
pub const FILE: &str = "FLAGS.md";

/// The flags there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    explained: BTreeMap<String, Flag>,
}

/// What is said about a flag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// Which rule it is about.
    pub clause: String,
    /// What goes wrong for whom fails it.
    pub effect: String,
}

impl Flags {
    /// Reads the table.
    ///
    /// # Errors
    /// A row without clause or effect, or a flag explained twice.
    pub fn parse(file: &str, text: &str) -> Result<Self, VectorError> {
        let mut explained = BTreeMap::new();
        for (number, row) in text.lines().enumerate() {
            let wrong = |expected: &str| VectorError::Line {
                file: file.into(),
                line: number + 1,
                expected: expected.into(),
                got: row.into(),
            };
            let Some(cells) = row.trim().strip_prefix("| `") else { continue };
            let cells: Vec<_> = cells.split('|').map(str::trim).collect();
            let [flag, clause, effect, ""] = cells.as_slice() else {
                return Err(wrong("| `flag` | clause | what goes wrong |"));
            };
            let flag = flag.trim_end_matches('`');
            if [flag, *clause, *effect].contains(&"") {
                return Err(wrong("| `flag` | clause | what goes wrong |"));
            }
            let told = Flag { clause: (*clause).into(), effect: (*effect).into() };
            if explained.insert(flag.into(), told).is_some() {
                return Err(wrong("each flag once"));
            }
        }
        Ok(Self { explained })
    }

    /// There is a row for this flag.
    #[must_use]
    pub fn explains(&self, flag: &str) -> bool {
        self.explained.contains_key(flag)
    }

    /// All flags with what is said about them.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Flag)> {
        self.explained.iter().map(|(name, flag)| (name.as_str(), flag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_incomplete_ones_refused() {
        let text =
            "# Flags\n\n| flag | clause | effect |\n|---|---|---|\n| `tear` | 5 | lost money |\n";
        let flags = Flags::parse("FLAGS.md", text).unwrap();
        assert!(flags.explains("tear") && !flags.explains("flag"));
        for (row, says) in [
            ("| `x` | 5 |", "FLAGS.md:6: expected | `flag`"),
            ("| `x` | | y |", "FLAGS.md:6: expected | `flag`"),
            ("| `tear` | 5 | y |", "FLAGS.md:6: expected each flag once"),
        ] {
            let said = Flags::parse("FLAGS.md", &format!("{text}{row}")).unwrap_err().to_string();
            assert!(said.starts_with(says), "{said}");
        }
    }
}
