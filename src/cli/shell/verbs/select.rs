//! `select`: a path element by element, or a name.

use super::{
    super::{
        error::LineError,
        protect::command,
        session::{Outcome, Session},
        words::{self, Words},
    },
    Done,
};

/// What one SELECT asks for: P1 and the data field.
type Selection = (u8, Vec<u8>);

/// `select PATH`, `select aid HEX`, `select name TEXT`.
pub(in super::super) fn select(session: &mut Session, mut words: Words) -> Done {
    let p2 = if words.flag("no-fci") { 0x0C } else { 0x00 };
    let what = "a path, aid HEX or name TEXT";
    let selections = match words.named("aid")? {
        Some(word) => vec![(4, words.joined("aid", &[word])?)],
        None => match words.named("name")? {
            Some(mut word) => {
                // A name is text, in quotes or not.
                word.quoted = true;
                vec![(4, words.joined("name", &[word])?)]
            }
            None => {
                let path = words.need(what)?;
                let elements = path.text.split('/').filter(|element| !element.is_empty());
                let selections: Option<Vec<_>> =
                    elements.map(|element| selection(session, element)).collect();
                let selections = selections.filter(|selections| !selections.is_empty());
                selections.ok_or_else(|| {
                    words.wrong("identifiers of four digits, names of `tree`, mf or ..", path.text)
                })?
            }
        },
    };
    words.end()?;
    for (p1, data) in selections {
        if !one(session, p1, p2, &data)? {
            break;
        }
    }
    Ok(Outcome::Quiet)
}

/// Sends one; false when it failed.
fn one(session: &mut Session, p1: u8, p2: u8, data: &[u8]) -> Result<bool, LineError> {
    // Control information is not asked for with P2 = 0C, so there is no Le.
    let ne = (p2 == 0).then_some(0);
    let command = command([0x00, 0xA4, p1, p2], data, ne)?;
    Ok(session.transact(&command)?.is_good())
}

fn selection(session: &Session, element: &str) -> Option<Selection> {
    if element == ".." {
        return Some((3, Vec::new()));
    }
    if element.eq_ignore_ascii_case("mf") {
        return Some((0, vec![0x3F, 0x00]));
    }
    if let Some(fid) = words::fid(element) {
        return Some((0, fid.to_be_bytes().to_vec()));
    }
    let known = |df: &&tessera::trace::DfWords| df.short.eq_ignore_ascii_case(element);
    let df = session.files.words.dfs.iter().find(known)?;
    // By name it is found from everywhere.
    Some((4, df.name.clone()))
}
