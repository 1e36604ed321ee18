//! `create`: CREATE FILE in the FMCOS dialect, 80 E0 with the identifier in P1-P2; `erase-df`.
//!
//! What is not said is free (F0), under line key 00 and readable without protection (FF).

use super::{
    super::{
        error::LineError,
        files::MF,
        protect::command,
        session::{Outcome, Session},
        words::Words,
    },
    Done,
    read::purse as purse_number,
};

const FREE: u8 = 0xF0;
/// Space of the MF: all there is.
const ALL: u16 = 0xFFFF;
/// Identifier of a DF that gives EF 0015 away in its control information.
const GIVES_0015: u8 = 0x95;
/// Short identifier of the DIR file, which the MF names.
const DIR: u8 = 0x01;
/// Short identifier of the transaction log.
const LOG: u8 = 0x18;
/// The MF's transport code as delivered: these and the two bytes before it.
const TRANSPORT_CODE: [u8; 5] = [0xFF; 5];

fn send(session: &mut Session, fid: u16, data: &[u8]) -> Done {
    let [p1, p2] = fid.to_be_bytes();
    session.transact(&command([0x80, 0xE0, p1, p2], data, None)?)?;
    Ok(Outcome::Quiet)
}

fn right(words: &mut Words, name: &str) -> Result<u8, LineError> {
    Ok(words.named_byte(name)?.unwrap_or(FREE))
}

/// A number of so many bytes behind a word.
fn size(words: &mut Words, name: &str, most: u32) -> Result<Option<u32>, LineError> {
    match words.named_number(name)? {
        Some(size) if size > most => {
            Err(words.wrong(format!("{name} up to {most}"), size.to_string()))
        }
        size => Ok(size),
    }
}

fn need_size(words: &mut Words, name: &str, most: u32) -> Result<u32, LineError> {
    size(words, name, most)?.ok_or_else(|| words.wrong(format!("{name} N"), "none"))
}

fn df_name(words: &mut Words) -> Result<Option<Vec<u8>>, LineError> {
    let name = match words.named_bytes("aid")? {
        Some(aid) => Some(aid),
        None => match words.named("name")? {
            Some(mut word) => {
                word.quoted = true;
                Some(words.joined("name", &[word])?)
            }
            None => None,
        },
    };
    match name {
        Some(name) if !(5..=16).contains(&name.len()) => {
            Err(words.wrong("a name of 5 to 16 bytes", format!("{} bytes", name.len())))
        }
        name => Ok(name),
    }
}

/// `create mf`.
pub(in super::super) fn mf(session: &mut Session, mut words: Words) -> Done {
    let name = df_name(&mut words)?.unwrap_or(TRANSPORT_CODE.into());
    directory(session, words, MF, Some(ALL), DIR, &name)
}

/// `create df FID`.
pub(in super::super) fn df(session: &mut Session, mut words: Words) -> Done {
    let name = df_name(&mut words)?;
    let Some(name) = name else {
        return Err(words.wrong("aid HEX or name TEXT", "none"));
    };
    let fid = words.need_fid()?;
    directory(session, words, fid, None, GIVES_0015, &name)
}

fn directory(
    session: &mut Session,
    mut words: Words,
    fid: u16,
    space: Option<u16>,
    sfi: u8,
    name: &[u8],
) -> Done {
    let space = match (space, size(&mut words, "space", ALL.into())?) {
        (Some(all), None) => all,
        (_, Some(space)) => space as u16,
        (None, None) => return Err(words.wrong("space N", "none")),
    };
    let [high, low] = space.to_be_bytes();
    let (create, erase) = (right(&mut words, "create")?, right(&mut words, "erase")?);
    let sfi = match words.named_byte("sfi")? {
        Some(sfi) => sfi,
        None => words.named_byte("sid")?.unwrap_or(sfi),
    };
    let reserved = words.named_bytes("reserved")?.unwrap_or(vec![0xFF; 2]);
    if reserved.len() != 2 {
        return Err(words.wrong("two reserved bytes", hex::encode_upper(&reserved)));
    }
    words.end()?;
    let data = [&[0x38, high, low, create, erase, sfi][..], &reserved, name].concat();
    send(session, fid, &data)
}

/// `create binary FID size N`.
pub(in super::super) fn binary(session: &mut Session, mut words: Words) -> Done {
    let body = body_size(&mut words)?;
    guarded(session, words, 0x28, body)
}

/// `create variable FID size N`.
pub(in super::super) fn variable(session: &mut Session, mut words: Words) -> Done {
    let body = body_size(&mut words)?;
    guarded(session, words, 0x2C, body)
}

/// `create fixed FID records N length N`.
pub(in super::super) fn fixed(session: &mut Session, mut words: Words) -> Done {
    let body = records(&mut words)?;
    guarded(session, words, 0x2A, body)
}

/// `create cyclic FID records N length N`.
pub(in super::super) fn cyclic(session: &mut Session, mut words: Words) -> Done {
    let body = records(&mut words)?;
    guarded(session, words, 0x2E, body)
}

fn body_size(words: &mut Words) -> Result<[u8; 2], LineError> {
    Ok((need_size(words, "size", u16::MAX.into())? as u16).to_be_bytes())
}

fn records(words: &mut Words) -> Result<[u8; 2], LineError> {
    let count = need_size(words, "records", 255)?;
    let length = need_size(words, "length", 255)?;
    Ok([count as u8, length as u8])
}

/// A file with data in it: type, size, rights, and how it is protected.
fn guarded(session: &mut Session, mut words: Words, kind: u8, body: [u8; 2]) -> Done {
    let (read, write) = (right(&mut words, "read")?, right(&mut words, "write")?);
    let key = words.named_byte("key")?.unwrap_or(0xFF);
    let (mac, enc) = (words.flag("mac"), words.flag("enc"));
    // Encryption alone has never been seen in use; encrypted files want a MAC as well.
    let bits = match (mac, enc) {
        (_, true) => 0xC0,
        (true, false) => 0x80,
        (false, false) => 0x00,
    };
    let fid = words.need_fid()?;
    words.end()?;
    send(session, fid, &[kind | bits, body[0], body[1], read, write, 0xFF, key])
}

/// `create key-file [FID] size N`.
pub(in super::super) fn key_file(session: &mut Session, mut words: Words) -> Done {
    let [high, low] = body_size(&mut words)?;
    let default = if session.files.current() == 0 { DIR } else { GIVES_0015 };
    let sid = words.named_byte("sid")?.unwrap_or(default);
    let add = right(&mut words, "add")?;
    let fid = if words.peek().is_some() { words.need_fid()? } else { 0 };
    words.end()?;
    send(session, fid, &[0x3F, high, low, sid, add, 0xFF, 0xFF])
}

/// `create purse ed|ep`.
pub(in super::super) fn purse(session: &mut Session, mut words: Words) -> Done {
    let usage = right(&mut words, "use")?;
    let log = words.named_byte("log")?.unwrap_or(LOG);
    let fid = u16::from(purse_number(&mut words)?);
    words.end()?;
    send(session, fid, &[0x2F, 0x02, 0x08, usage, 0x00, 0xFF, log])
}

/// `erase-df`.
pub(in super::super) fn erase(session: &mut Session, words: Words) -> Done {
    words.end()?;
    session.transact(&command([0x80, 0x0E, 0x00, 0x00], &[], None)?)?;
    Ok(Outcome::Quiet)
}
