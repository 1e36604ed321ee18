//! `key` and `let`: what the shell is told.

use tessera::cryptography::cipher::Key;

use super::{
    super::{
        error::LineError,
        keys::{self, KeyName, checksum, key_of},
        protect::ecb,
        session::{Outcome, Session},
        words::{self, Words},
    },
    Done,
};

/// `key [DF] TYPE/ID = HEX`.
pub(in super::super) fn key(session: &mut Session, words: Words) -> Done {
    tell_key(session, words, "told")?;
    Ok(Outcome::Quiet)
}

/// Takes a key from the words of a line: of the prompt, or of a file of keys.
pub(in super::super) fn tell_key(
    session: &mut Session,
    mut words: Words,
    from: &'static str,
) -> Result<(), LineError> {
    let what = "TYPE/ID, or a directory and TYPE/ID";
    let first = words.need(what)?;
    let (df, name) = match KeyName::parse(&first.text) {
        Some(name) => (session.files.current(), name),
        None => {
            let Some(df) = session.files.place_of(&first.text) else {
                return Err(words.wrong(what, first.text));
            };
            let second = words.need("TYPE/ID")?;
            let name = KeyName::parse(&second.text);
            (df, name.ok_or_else(|| words.wrong("TYPE/ID, such as 39/00", second.text))?)
        }
    };
    let is_sm4 = words.flag("sm4");
    let value = words.data("the key")?;
    let key = key_of(&value, is_sm4).ok_or_else(|| {
        let lengths = if is_sm4 { "16" } else { "8 or 16" };
        words.wrong(format!("a key of {lengths} bytes"), format!("{} bytes", value.len()))
    })?;
    session.keys.put(df, name, key, from);
    Ok(())
}

/// `let NAME = …`.
pub(in super::super) fn let_name(session: &mut Session, mut words: Words) -> Done {
    let what = "a name of small letters, digits and _";
    let name = words.need(what)?.text;
    let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(right) || name == "mac" {
        return Err(words.wrong(what, name));
    }
    let first = words.peek().filter(|word| !word.quoted).map(|word| word.text.clone());
    let value = match first.as_deref().unwrap_or_default() {
        "answer" => {
            words.take();
            answer(session, &mut words)?
        }
        verb @ ("encrypt" | "decrypt") => {
            words.take();
            let key = key_or_value(session, &mut words)?;
            let data = words.data("data")?;
            ecb(&key, &data, verb == "encrypt")?
        }
        "mac" => {
            words.take();
            let start = words.named_bytes("start")?.unwrap_or_default();
            let key = key_or_value(session, &mut words)?;
            let data = words.data("data")?;
            checksum(&key, &start, &[&data]).to_vec()
        }
        _ => words.data("a value")?,
    };
    session.note(&format!("{name} = {}", hex::encode_upper(&value)));
    session.names.insert(name, value);
    Ok(Outcome::Quiet)
}

/// The data of the last answer, or some of them, counted from 0, the end not included.
fn answer(session: &Session, words: &mut Words) -> Result<Vec<u8>, LineError> {
    let Some(answer) = session.last() else {
        return Err(words.wrong("an answer to take it from", "none"));
    };
    let data = answer.get(..answer.len().saturating_sub(2)).unwrap_or_default();
    let Some(range) = words.take() else { return Ok(data.to_vec()) };
    words.end()?;
    let what = format!("FROM..TO within the {} bytes of data", data.len());
    let ends = range.text.split_once("..").and_then(|(from, to)| {
        let from = if from.is_empty() { 0 } else { words::number(from)? };
        let to = if to.is_empty() { data.len() } else { words::number(to)? as usize };
        Some((from as usize, to))
    });
    let part = ends.and_then(|(from, to)| data.get(from..to));
    part.map(<[u8]>::to_vec).ok_or_else(|| words.wrong(what, range.text))
}

/// A key by name, of the current directory, or by value.
fn key_or_value(session: &Session, words: &mut Words) -> Result<Key, LineError> {
    let word = words.need("a key")?;
    if let Some(name) = KeyName::parse(&word.text) {
        return session.key(session.files.current(), name);
    }
    let value = words.joined("a key", std::slice::from_ref(&word))?;
    keys::key_of(&value, false).ok_or_else(|| words.wrong("a key's name or value", word.text))
}
