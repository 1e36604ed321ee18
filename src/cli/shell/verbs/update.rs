//! `update binary`, `update record`, `append record`.

use super::{
    super::{
        session::{Outcome, Session},
        words::Words,
    },
    Done,
    read::{place, record_number},
};

const DATA: &str = "data";

/// `update binary [sfi N] [offset N] DATA`.
pub(in super::super) fn binary(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    let protection = session.protection(&mut words, sfi, false)?;
    let offset = words.named_number("offset")?.unwrap_or(0);
    let [p1, p2] = place(&words, sfi, offset)?;
    let data = words.data(DATA)?;
    session.write([0x00, 0xD6, p1, p2], &data, protection)?;
    Ok(Outcome::Quiet)
}

/// `update record N|tag T|previous [sfi N] DATA`.
pub(in super::super) fn record(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    let protection = session.protection(&mut words, sfi, false)?;
    let (p1, mode) = match words.named_byte("tag")? {
        Some(tag) => (tag, 0),
        None if words.flag("previous") => (0, 3),
        None => (record_number(&mut words)?, 4),
    };
    let data = words.data(DATA)?;
    session.write([0x00, 0xDC, p1, sfi.unwrap_or(0) << 3 | mode], &data, protection)?;
    Ok(Outcome::Quiet)
}

/// `append record [sfi N] DATA`.
pub(in super::super) fn append(session: &mut Session, mut words: Words) -> Done {
    let sfi = words.sfi()?;
    let protection = session.protection(&mut words, sfi, false)?;
    let data = words.data(DATA)?;
    session.write([0x00, 0xE2, 0x00, sfi.unwrap_or(0) << 3], &data, protection)?;
    Ok(Outcome::Quiet)
}
