//! `read binary`, `read record`, `read records`, `balance`.

use super::{
    super::{
        error::LineError,
        protect::command,
        session::{Outcome, Session},
        words::Words,
    },
    Done,
};

/// Offsets a short identifier leaves room for.
pub(super) const SHORT_OFFSET_MAX: u32 = 255;
/// Offsets of the current file.
const OFFSET_MAX: u32 = 0x7FFF;

/// `read binary [sfi N] [OFFSET] [LENGTH]`.
pub(in super::super) fn binary(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    let protection = session.protection(&mut words, sfi, true)?;
    let offset = words.named_number("offset")?;
    let length = words.named_number("length")?;
    let offset = match offset {
        Some(offset) => Some(offset),
        None => words.take_number("an offset")?,
    };
    let length = match length {
        Some(length) => Some(length),
        None => words.take_number("a length")?,
    };
    words.end()?;
    let p1p2 = place(&words, sfi, offset.unwrap_or(0))?;
    let le = le(&words, length)?;
    read(session, [0x00, 0xB0, p1p2[0], p1p2[1]], le, protection)
}

/// `read record N [sfi N] [LENGTH]`, `read record tag T`.
pub(in super::super) fn record(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    let protection = session.protection(&mut words, sfi, true)?;
    let tag = words.named_byte("tag")?;
    let length = words.named_number("length")?;
    let (p1, mode) = match tag {
        Some(tag) => (tag, 0),
        None => (record_number(&mut words)?, 4),
    };
    let length = match length {
        Some(length) => Some(length),
        None => words.take_number("a length")?,
    };
    words.end()?;
    let le = le(&words, length)?;
    read(session, [0x00, 0xB2, p1, sfi.unwrap_or(0) << 3 | mode], le, protection)
}

fn read(
    session: &mut Session,
    header: [u8; 4],
    le: u8,
    protection: Option<super::super::protect::Protection>,
) -> Done {
    match protection {
        Some(protection) => {
            session.protected(header, &[], Some(le), protection)?;
        }
        None => {
            session.transact(&command(header, &[], Some(le))?)?;
        }
    }
    Ok(Outcome::Quiet)
}

/// `read records [sfi N]`: the answer that says there is no further one ends it.
pub(in super::super) fn records(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    words.end()?;
    for number in 1..=0xFE {
        let header = [0x00, 0xB2, number, sfi.unwrap_or(0) << 3 | 4];
        let answer = session.transact(&command(header, &[], Some(0))?)?;
        if !answer.is_good() {
            // The end is what was looked for, unless there was nothing at all.
            let ended = number > 1 && answer.status == tessera::StatusWord::RECORD_NOT_FOUND;
            return Ok(if ended { Outcome::Judged } else { Outcome::Quiet });
        }
    }
    Ok(Outcome::Quiet)
}

/// `balance ed|ep`.
pub(in super::super) fn balance(session: &mut Session, mut words: Words) -> Done {
    let purse = purse(&mut words)?;
    words.end()?;
    let answer = session.transact(&[0x80, 0x5C, 0x00, purse, 0x04])?;
    if let (true, Some(&balance)) = (answer.is_good(), answer.data.first_chunk::<4>()) {
        let amount = u32::from_be_bytes(balance);
        let text = format!("balance {}.{:02}", amount / 100, amount % 100);
        session.note(&text);
    }
    Ok(Outcome::Quiet)
}

/// Which of the two purses: its P2 and its file.
pub(super) fn purse(words: &mut Words) -> Result<u8, LineError> {
    let what = "ed or ep";
    let word = words.need(what)?;
    match word.text.to_ascii_lowercase().as_str() {
        "ed" => Ok(1),
        "ep" => Ok(2),
        _ => Err(words.wrong(what, word.text)),
    }
}

/// P1-P2 of a transparent file.
pub(super) fn place(words: &Words, sfi: Option<u8>, offset: u32) -> Result<[u8; 2], LineError> {
    let most = if sfi.is_some() { SHORT_OFFSET_MAX } else { OFFSET_MAX };
    if offset > most {
        return Err(words.wrong(format!("an offset up to {most}"), offset.to_string()));
    }
    let [high, low] = (offset as u16).to_be_bytes();
    Ok(sfi.map_or([high, low], |sfi| [0x80 | sfi, low]))
}

/// A record's number whose turn it is.
pub(super) fn record_number(words: &mut Words) -> Result<u8, LineError> {
    let what = "a record number from 1 to 254";
    let number = words.take_number(what)?;
    let fits = number.and_then(|number| u8::try_from(number).ok()).filter(|n| (1..255).contains(n));
    fits.ok_or_else(|| {
        words.wrong(what, number.map_or("the end of the line".into(), |n| n.to_string()))
    })
}

/// Le for so many bytes; 00 is as many as there are.
fn le(words: &Words, length: Option<u32>) -> Result<u8, LineError> {
    match length {
        None | Some(256) => Ok(0),
        Some(bytes @ 1..=255) => Ok(bytes as u8),
        Some(other) => Err(words.wrong("a length from 1 to 256", other.to_string())),
    }
}
