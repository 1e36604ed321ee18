//! `block`, `unblock`: commands that are nothing but a MAC.

use super::{
    super::{
        keys::{self, KeyName},
        protect::Protection,
        session::{Outcome, Session},
        words::Words,
    },
    Done,
};

/// `block [for-ever]`, `block card`.
pub(in super::super) fn block(session: &mut Session, mut words: Words) -> Done {
    let key = key(&mut words)?;
    let header = match (words.flag("card"), words.flag("for-ever")) {
        (true, true) => return Err(words.wrong("`card` or `for-ever`", "both")),
        (true, false) => [0x80, 0x16, 0x00, 0x00],
        (false, for_ever) => [0x80, 0x1E, 0x00, u8::from(for_ever)],
    };
    words.end()?;
    maintain(session, header, key)
}

/// `unblock`.
pub(in super::super) fn unblock(session: &mut Session, mut words: Words) -> Done {
    let key = key(&mut words)?;
    words.end()?;
    maintain(session, [0x80, 0x18, 0x00, 0x00], key)
}

fn key(words: &mut Words) -> Result<u8, super::super::error::LineError> {
    Ok(words.named_byte("key")?.unwrap_or(0))
}

fn maintain(session: &mut Session, header: [u8; 4], key: u8) -> Done {
    match session.files.social_security() {
        // Its checksums are made with a session key of the STK of this directory, or, in the
        // environment itself, of the environment.
        Some(_) => super::pin::by_stk(session, header, &[])?,
        None => {
            let key = KeyName::new(keys::LINE, key);
            session.protected(header, &[], None, Protection { key, encrypts: false })?;
        }
    }
    Ok(Outcome::Quiet)
}
