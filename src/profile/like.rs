//! Profiles that are like others: the tables a profile does not write itself.
//!
//! ```toml
//! name = "my-card"
//! like = ["social-security-p16", "purse"]     # built-in profiles
//! ```
//!
//! Each table but `[card]` and `[limits]`, sub-tables one by one, comes from the first of these
//! that has it. What comes of that is one text that stands by itself: it is what an image keeps and
//! what `tessera profile` prints.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::{EMBEDDED, ProfileError, Source, names};

/// How far likeness leads: nothing built in goes further.
const DEPTH_MAX: u8 = 4;

/// The tables that are every profile's own.
const OWN: [&str; 2] = ["card", "limits"];

#[derive(Deserialize)]
struct Likeness {
    like: Option<Spanned<Vec<Spanned<String>>>>,
}

/// The text with all tables in it. One that cannot be read is left for the reader of profiles to
/// refuse.
///
/// # Errors
/// A name that is no built-in profile's.
pub(super) fn whole_text(file: &str, text: &str) -> Result<String, ProfileError> {
    joined(file, text, DEPTH_MAX)
}

fn joined(file: &str, text: &str, depth: u8) -> Result<String, ProfileError> {
    let likeness = toml::from_str::<Likeness>(text).ok().and_then(|likeness| likeness.like);
    let (Some(like), true) = (likeness, depth > 0) else { return Ok(text.into()) };
    // The lines stay for the reader's eyes, and mean nothing any more.
    let (before, rest) = text.split_at_checked(like.span().end).unwrap_or((text, ""));
    let start = before.get(..like.span().start).and_then(|before| before.rfind('\n'));
    let (before, lines) = before.split_at(start.map_or(0, |end| end + 1));
    let mut whole = format!("{before}# {}{rest}", lines.replace('\n', "\n# "));
    let mut there: BTreeSet<String> = tables(text).map(|(name, _)| name.into()).collect();
    for name in like.get_ref() {
        let Some((_, base)) = EMBEDDED.iter().find(|(built_in, _)| built_in == name.get_ref())
        else {
            let expected =
                format!("a built-in profile ({})", names().collect::<Vec<_>>().join(", "));
            let got = format!("{:?}", name.get_ref());
            return Err(Source { file, text }.wrong(name.span(), &expected, got));
        };
        let base = joined(name.get_ref(), base, depth - 1)?;
        for (table, lines) in tables(&base) {
            let root = table.split('.').next().unwrap_or_default();
            if !OWN.contains(&root) && !there.contains(table) {
                whole.push_str(&format!("\n# From {}\n{}\n", name.get_ref(), lines.trim_end()));
            }
        }
        there.extend(tables(&base).map(|(name, _)| name.to_owned()));
    }
    Ok(whole)
}

/// The tables of a text, each with its header: from a line that begins with a bracket to the next.
fn tables(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let begins = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with('['));
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let here = *at;
        *at += line.len();
        Some(here)
    });
    let starts: Vec<usize> = lines.filter(begins).chain([text.len()]).collect();
    let pieces: Vec<&str> = starts.windows(2).filter_map(|s| text.get(s[0]..s[1])).collect();
    pieces.into_iter().map(|piece| {
        let header = piece.trim_start_matches('[');
        (header.split_once(']').map_or(header, |(name, _)| name), piece)
    })
}

#[cfg(test)]
mod tests {
    use crate::Profile;

    const HEAD: &str = "[card]\ninterface = \"contact\"\nhistorical = \"8601330400000298\"\n\
        memory-bytes = 32768\n";

    #[test]
    fn tables_it_does_not_write_come_from_the_profiles_it_is_like() {
        let text = format!(
            "name = \"a\"\nlike = [\n  \"social-security-p16\",\n  \"purse\",\n] # two\n{HEAD}"
        );
        let profile = Profile::parse("a.toml", &text).unwrap();
        let names: Vec<_> = profile.applets.iter().map(|with| with.name.as_str()).collect();
        assert_eq!(names, ["master", "social-security", "purse"]);
        // What came of it stands by itself.
        assert!(profile.source.contains("\n# like = ["), "{}", profile.source);
        assert_eq!(Profile::parse("a.toml", &profile.source).unwrap().source, profile.source);
    }

    #[test]
    fn its_own_table_stands_in_place_of_the_others() {
        let own = "[social-security]\npin = \"654321\"\nfiles = \"P32\"\n";
        let text = format!("name = \"a\"\nlike = [\"social-security-p16\"]\n{HEAD}{own}");
        let source = Profile::parse("a.toml", &text).unwrap().source;
        assert_eq!(source.matches("\n[social-security]\n").count(), 1);
        assert_eq!(source.matches("\n[social-security.holder]\n").count(), 1);
        assert_eq!(source.matches("[card]").count(), 1);
        assert!(source.contains("654321") && !source.contains("\"P16\""));
    }

    #[test]
    fn a_name_that_is_none_is_told_with_its_line() {
        let text = format!("name = \"a\"\nlike = [\n  \"purse\",\n  \"purze\",\n]\n{HEAD}");
        let error = Profile::parse("a.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with("a.toml:4: expected a built-in profile ("), "{error}");
        assert!(error.ends_with("got \"purze\""), "{error}");
    }
}
