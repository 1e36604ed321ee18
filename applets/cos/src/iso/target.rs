//! The file a command names as SELECT does: by identifier, name or path, or the current one.

use tessera_framework::{Command, Env, FileId, Halt, StatusWord, Target};

use crate::{
    Session,
    find::df_by_name,
    header::Header,
    iso::Card,
    layout::{ROOT_AT, df_at},
    select,
};

/// A file, by P1 and the data field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named<'a> {
    /// No data field: the current EF, or the current DF where there is none.
    Current,
    /// As SELECT with P1 = 00, 01, 02, 08 or 09.
    Target(Target<'a>),
    /// P1 = 04: the first DF whose name begins so.
    Name(&'a [u8]),
}

impl<'a> Named<'a> {
    /// The root.
    pub(crate) const ROOT: Self = Self::Target(Target::FileId(FileId::MF));

    /// Reads P1, P2 and the data field. P2 is 00, or 0C as no response data is to come.
    ///
    /// # Errors
    /// 6A86; 6A87 when the data field does not fit P1.
    pub(crate) fn read(command: &Command<'a>) -> Result<Self, Halt> {
        if !matches!(command.p2, 0x00 | 0x0C) {
            return Halt::status(StatusWord::WRONG_P1P2);
        }
        let fid = |high, low| FileId(u16::from_be_bytes([high, low]));
        Ok(match (command.p1, command.data) {
            (0x00, []) => Self::Current,
            (0x00, &[high, low]) => Self::Target(Target::FileId(fid(high, low))),
            (0x01, &[high, low]) => Self::Target(Target::ChildDf(fid(high, low))),
            (0x02, &[high, low]) => Self::Target(Target::Ef(fid(high, low))),
            (0x04, name @ [_, ..]) if name.len() <= 16 => Self::Name(name),
            (0x08, [0x3F, 0x00, path @ ..]) => Self::Target(Target::PathFromRoot(path)),
            (0x08 | 0x09, path) if path.is_empty() || !path.len().is_multiple_of(2) => {
                return Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2);
            }
            (0x08 | 0x09, [0x3F, 0xFF, path @ ..]) | (0x09, path) => {
                Self::Target(Target::PathFromCurrent(path))
            }
            (0x08, path) => Self::Target(Target::PathFromRoot(path)),
            (0x00..=0x02 | 0x04, _) => return Halt::status(StatusWord::NC_INCONSISTENT_WITH_P1P2),
            _ => return Halt::status(StatusWord::WRONG_P1P2),
        })
    }

    /// The file's header.
    ///
    /// # Errors
    /// 6A82.
    pub(crate) fn find(
        self,
        env: &Env<'_>,
        card: Card<'_>,
        session: &Session,
    ) -> Result<Header, Halt> {
        let found = match self {
            Self::Current => return Header::load(env, session.ef.unwrap_or(session.df)),
            Self::Target(Target::FileId(FileId::MF)) => return Header::load(env, ROOT_AT),
            Self::Target(target) => select::find(env, card.dialect, session, target)?,
            Self::Name(name) => match df_by_name(env, name, 0)? {
                Some(df) => Some(Header::load(env, df_at(df))?),
                None => None,
            },
        };
        found.ok_or(Halt::Status(StatusWord::NOT_FOUND))
    }
}
