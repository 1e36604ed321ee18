//! READ BINARY and UPDATE BINARY with odd instructions (ISO/IEC 7816-4:2020, 11.3.3 and 11.3.5):
//! file in P1-P2, offset in a data object 54, bytes in a data object 53.

use tessera_framework::{
    Command, Env, FileId, Halt, Outcome, Reply, Sfi, StatusWord, Tag,
    tlv::{DataObject, DataObjects},
};

use super::Card;
use crate::{
    Session, binary,
    find::find_child,
    intent::{FileRef, Purpose, open},
    layout::Kind,
};

/// Offset data object.
const OFFSET: Tag = Tag(0x54);
/// Discretionary data.
const DATA: Tag = Tag(0x53);

/// The file P1-P2 names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OddFile {
    /// 0000 to 001F: the current EF or a short identifier. 001F is none.
    Reference(Option<FileRef>),
    /// An EF of the current DF by its identifier.
    Id(FileId),
}

impl OddFile {
    pub(crate) fn read(command: &Command<'_>) -> Self {
        match command.p1p2() {
            0 => Self::Reference(Some(FileRef::Current)),
            sfi @ 0x0001..=0x001F => Self::Reference(Sfi::new(sfi as u8).map(FileRef::Short)),
            fid => Self::Id(FileId(fid)),
        }
    }
}

/// READ BINARY or UPDATE BINARY.
///
/// # Errors
/// 6A80 when the data field is not 54, and 53 with the bytes to write; 6B00, 6A84 as with the even
/// instructions; 6986, 6A82, 6981, 6985, 6982; `Torn`.
pub(crate) fn run(
    env: &mut Env<'_>,
    card: Card<'_>,
    purpose: Purpose,
    file: OddFile,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let file = match file {
        OddFile::Reference(Some(file)) => file,
        OddFile::Reference(None) => return Halt::status(StatusWord::WRONG_P1P2),
        OddFile::Id(fid) => {
            let mut session = Session::load(env)?;
            let is_ef = |file: &crate::Header| file.fid() == fid && file.kind != Kind::Df;
            let Some(file) = find_child(env, session.df, is_ef)? else {
                return Halt::status(StatusWord::NOT_FOUND);
            };
            let before = session;
            if session.ef != Some(file.at) {
                session.enter_ef(file.at);
                session.store(env)?;
            }
            let done = at(env, card, purpose, FileRef::Current, command, reply);
            if done.is_err() {
                before.store(env)?;
            }
            return done;
        }
    };
    at(env, card, purpose, file, command, reply)
}

fn at(
    env: &mut Env<'_>,
    card: Card<'_>,
    purpose: Purpose,
    file: FileRef,
    command: &Command<'_>,
    reply: &mut Reply<'_>,
) -> Outcome {
    let is_transparent = |kind| kind == Kind::Transparent;
    let (file, session) = open(env, card.dialect, file, purpose, is_transparent)?;
    let mut objects = DataObjects::new(command.data);
    let offset = match objects.next() {
        Some(Ok(DataObject { tag: OFFSET, value })) if (1..=4).contains(&value.len()) => {
            value.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))
        }
        _ => return Halt::status(StatusWord::WRONG_DATA),
    };
    match (purpose, objects.next(), objects.next()) {
        (Purpose::Read, None, None) => {
            let size = file.body_bytes();
            if offset >= size {
                return Halt::status(StatusWord::WRONG_OFFSET);
            }
            // Tag and length are a part of what Ne counts.
            let room = command.ne.min(reply.remaining() as u32).saturating_sub(4);
            let bytes = (size - offset).min(room);
            reply
                .tlv(DATA, |reply| env.load(file.body() + offset, reply.extend(bytes as usize)?))?;
            if bytes == size - offset && bytes < room && !command.ne_is_maximum {
                reply.warn(StatusWord::END_OF_FILE);
            }
        }
        (Purpose::Update, Some(Ok(DataObject { tag: DATA, value })), None) if !value.is_empty() => {
            binary::put(env, &file, offset, value)?;
        }
        _ => return Halt::status(StatusWord::WRONG_DATA),
    }
    session.store(env)
}
