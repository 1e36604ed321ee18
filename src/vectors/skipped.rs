//! `skipped.toml`: vectors that are known to fail, and why.
//!
//! ```toml
//! [[skip]]
//! pattern = "social/keys/*"              # * any characters
//! reason = "keys come with a later version"
//! ```
//!
//! A skipped vector is run all the same. One that passes fails the run, so that the list cannot
//! grow old; so does a pattern that fits no vector.

use serde::Deserialize;

use super::VectorError;

/// Name of the file, beside `FLAGS.md`.
pub const FILE: &str = "skipped.toml";

/// The list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Skipped {
    entries: Vec<Skip>,
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// Names it is for; `*` stands for any characters.
    pub pattern: String,
    /// Why they fail.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    skip: Vec<Skip>,
}

impl Skipped {
    /// Reads the list.
    ///
    /// # Errors
    /// [`VectorError`] with the line, also when a pattern or a reason is empty.
    pub fn parse(file: &str, text: &str) -> Result<Self, VectorError> {
        let list: List = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or(text);
            VectorError::Line {
                file: file.into(),
                line: 1 + before.bytes().filter(|&byte| byte == b'\n').count(),
                expected: "[[skip]] with pattern and reason".into(),
                got: error.message().into(),
            }
        })?;
        let empty = |skip: &&Skip| skip.pattern.trim().is_empty() || skip.reason.trim().is_empty();
        if let Some(skip) = list.skip.iter().find(empty) {
            return Err(VectorError::file(file, format!("{skip:?} lacks pattern or reason")));
        }
        Ok(Self { entries: list.skip })
    }

    /// The first entry that is for this name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&Skip> {
        self.entries.iter().find(|skip| fits(&skip.pattern, name))
    }

    /// Entries for none of these names.
    pub fn unused<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s Skip> {
        self.entries.iter().filter(|skip| !names.iter().any(|name| fits(&skip.pattern, name)))
    }
}

/// `*` stands for any characters, none included.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            match rest.find(before) {
                Some(at) => rest = rest.get(at + before.len()..).unwrap_or(""),
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(last) => rest.ends_with(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/*", "a/b/c", true),
            ("a/*", "b/a/c", false),
            ("*", "", true),
            ("*/c", "a/b/c", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxyyc", false),
            ("a*b*b", "ab", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_list_without_reasons_is_refused_with_its_line() {
        let good = "[[skip]]\npattern = \"a/*\"\nreason = \"later\"\n";
        let list = Skipped::parse("skipped.toml", good).unwrap();
        assert_eq!(list.entry("a/b").unwrap().reason, "later");
        assert_eq!(list.entry("b"), None);
        assert_eq!(list.unused(&["b"]).count(), 1);
        assert_eq!(list.unused(&["b", "a/"]).count(), 0);
        for (text, says) in [
            ("[[skip]]\npattern = \"a\"", "skipped.toml:1: expected [[skip]]"),
            ("[[skip]]\npattern = \"a\"\nreason = \" \"", "lacks pattern or reason"),
            ("\nskip = 3", "skipped.toml:2: expected [[skip]]"),
            ("[[skip]]\nname = \"a\"", "skipped.toml:2: expected [[skip]]"),
        ] {
            let said = Skipped::parse("skipped.toml", text).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }
}
