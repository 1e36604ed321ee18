//! What a command means: instruction, P1-P2 and lengths read, nothing touched yet.

use tessera_framework::{Command, Env, Halt, Ins, Sfi, StatusWord};

use crate::{
    Dialect, Operation, Session,
    find::find_child,
    header::{Flags, Header},
    iso,
    layout::Kind,
    rights,
};

/// A command as it is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent {
    /// READ BINARY (ISO/IEC 7816-4:2020, 11.3.3).
    ReadBinary {
        /// Which file.
        file: FileRef,
        /// From where.
        offset: u32,
    },
    /// UPDATE BINARY (11.3.5).
    UpdateBinary {
        /// Which file.
        file: FileRef,
        /// From where.
        offset: u32,
    },
    /// READ RECORD (11.4.3).
    ReadRecord {
        /// Which file.
        file: FileRef,
        /// Which records.
        which: Which,
    },
    /// UPDATE RECORD (11.4.5).
    UpdateRecord {
        /// Which file.
        file: FileRef,
        /// Which record.
        which: Which,
    },
    /// APPEND RECORD (11.4.6).
    AppendRecord {
        /// Which file.
        file: FileRef,
    },
    /// VERIFY (11.6.6).
    Verify {
        /// P2.
        reference: u8,
        /// What is asked.
        intent: VerifyIntent,
    },
    /// GET DATA (11.4.3 of the data object commands).
    GetData {
        /// P1-P2 as a tag.
        tag: u16,
    },
}

/// What VERIFY is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerifyIntent {
    /// Compare the data field.
    Present,
    /// No data field: tell whether it has been verified.
    Query,
    /// P1 = FF: forget that it has been.
    Reset,
}

/// The file a command works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileRef {
    /// The current EF.
    Current,
    /// The EF under the current DF with this short identifier.
    Short(Sfi),
}

/// Which records (11.4.2, P2 b3-b1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// 000: first with this identifier.
    First(u8),
    /// 001: last.
    Last(u8),
    /// 010: next.
    Next(u8),
    /// 011: previous.
    Previous(u8),
    /// 100: by number, 0 the current one.
    Number(u8),
    /// 101: from this number to the last.
    FromNumber(u8),
    /// 110: from the last to this number.
    DownToNumber(u8),
}

impl TryFrom<&Command<'_>> for Intent {
    type Error = Halt;

    fn try_from(command: &Command<'_>) -> Result<Self, Halt> {
        let intent = match command.ins {
            Ins::READ_BINARY => {
                let (file, offset) = binary_place(command)?;
                Self::ReadBinary { file, offset }
            }
            Ins::UPDATE_BINARY => {
                let (file, offset) = binary_place(command)?;
                Self::UpdateBinary { file, offset }
            }
            Ins::READ_RECORD => {
                Self::ReadRecord { file: record_file(command)?, which: which(command)? }
            }
            Ins::UPDATE_RECORD => match which(command)? {
                Which::FromNumber(_) | Which::DownToNumber(_) => {
                    return Halt::status(StatusWord::WRONG_P1P2);
                }
                which => Self::UpdateRecord { file: record_file(command)?, which },
            },
            Ins::APPEND_RECORD => {
                if command.p1 != 0 || command.p2 & 7 != 0 {
                    return Halt::status(StatusWord::WRONG_P1P2);
                }
                Self::AppendRecord { file: record_file(command)? }
            }
            Ins::VERIFY => match (command.p1, command.data.is_empty()) {
                (0x00, true) => Self::Verify { reference: command.p2, intent: VerifyIntent::Query },
                (0x00, false) => {
                    Self::Verify { reference: command.p2, intent: VerifyIntent::Present }
                }
                (0xFF, true) => Self::Verify { reference: command.p2, intent: VerifyIntent::Reset },
                (0xFF, false) => return Halt::status(StatusWord::WRONG_LENGTH),
                _ => return Halt::status(StatusWord::WRONG_P1P2),
            },
            Ins::GET_DATA => match command.p1p2() {
                0x0040..=0x00FE | 0x4000..=0xFFFE => Self::GetData { tag: command.p1p2() },
                0x00FF..=0x02FF => return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND),
                _ => return Halt::status(StatusWord::WRONG_P1P2),
            },
            _ => return Halt::status(StatusWord::INS_NOT_SUPPORTED),
        };
        intent.check_lengths(command)?;
        Ok(intent)
    }
}

impl Intent {
    pub(crate) fn check_lengths(&self, command: &Command<'_>) -> Result<(), Halt> {
        let fits = match self {
            Self::ReadBinary { .. } | Self::ReadRecord { .. } | Self::GetData { .. } => {
                command.data.is_empty() && command.ne > 0
            }
            Self::UpdateBinary { .. } | Self::UpdateRecord { .. } | Self::AppendRecord { .. } => {
                !command.data.is_empty()
            }
            Self::Verify { .. } => true,
        };
        if fits { Ok(()) } else { Halt::status(StatusWord::WRONG_LENGTH) }
    }
}

/// P1 b8 = 0: a 15-bit offset in the current EF; 1: a short identifier, and P2 the offset.
pub(crate) fn binary_place(command: &Command<'_>) -> Result<(FileRef, u32), Halt> {
    if command.p1 & 0x80 == 0 {
        return Ok((FileRef::Current, u32::from(command.p1p2())));
    }
    match Sfi::new(command.p1 & 0x1F) {
        Some(sfi) if command.p1 & 0x60 == 0 => Ok((FileRef::Short(sfi), u32::from(command.p2))),
        _ => Halt::status(StatusWord::WRONG_P1P2),
    }
}

/// P2 b8-b4: 0 the current EF, else a short identifier.
pub(crate) fn record_file(command: &Command<'_>) -> Result<FileRef, Halt> {
    match command.p2 >> 3 {
        0 => Ok(FileRef::Current),
        sfi => Sfi::new(sfi).map(FileRef::Short).ok_or(Halt::Status(StatusWord::WRONG_P1P2)),
    }
}

pub(crate) fn which(command: &Command<'_>) -> Result<Which, Halt> {
    Ok(match command.p2 & 7 {
        0 => Which::First(command.p1),
        1 => Which::Last(command.p1),
        2 => Which::Next(command.p1),
        3 => Which::Previous(command.p1),
        4 => Which::Number(command.p1),
        5 => Which::FromNumber(command.p1),
        6 => Which::DownToNumber(command.p1),
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    })
}

/// What a command is about to do to a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Read it.
    Read,
    /// Update it.
    Update,
    /// Write or append to it.
    Write,
}

/// Finds the file a command names and checks structure, life cycle and access, in this order. The
/// session handed back has that file current; it is the caller's to store once the command
/// succeeds.
///
/// # Errors
/// 6986, 6A82, 6981, 6985, 6982; 6987 to write without a MAC to a file that wants one.
pub fn open(
    env: &Env<'_>,
    dialect: &Dialect,
    file: FileRef,
    purpose: Purpose,
    structure_fits: fn(Kind) -> bool,
) -> Result<(Header, Session), Halt> {
    let mut session = Session::load(env)?;
    let header = match file {
        FileRef::Current => match session.ef {
            Some(at) => Header::load(env, at)?,
            None => return Halt::status(StatusWord::NO_CURRENT_EF),
        },
        FileRef::Short(sfi) => {
            let found = find_child(env, session.df, |file| file.sfi() == Some(sfi))?;
            let Some(header) = found else { return Halt::status(StatusWord::NOT_FOUND) };
            if session.ef != Some(header.at) {
                session.enter_ef(header.at);
            }
            header
        }
    };
    if !structure_fits(header.kind) {
        return Halt::status(StatusWord::INCOMPATIBLE_FILE_STRUCTURE);
    }
    let closed = match dialect.iso {
        Some(_) => iso::is_closed(env, &session)?,
        None => session.is_out_of_use(),
    };
    if header.life_cycle().warning().is_some() || closed {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let operation = match purpose {
        Purpose::Read => Operation::Read,
        Purpose::Update => Operation::Update,
        Purpose::Write => Operation::Write,
    };
    rights::check(env, dialect, &session, &header, operation)?;
    let wants_mac = header.flags().contains(Flags::MAC) && dialect.iso.is_none();
    if wants_mac && purpose != Purpose::Read && session.secured.key.is_none() {
        return Halt::status(StatusWord::SM_OBJECTS_MISSING);
    }
    Ok((header, session))
}
