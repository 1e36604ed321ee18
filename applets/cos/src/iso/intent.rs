//! What a command of ISO/IEC 7816-4 and 7816-9 means: instruction, P1-P2 and lengths read, nothing
//! touched yet.

use tessera_framework::{Command, Halt, Ins, StatusWord};

use super::{
    authenticate::Authentication, environment::Environment, life::Change, objects::tag_of,
    odd::OddFile, reference::ReferenceIntent, search::Direction, target::Named,
};
use crate::{
    intent::{FileRef, Purpose, Which, binary_place, record_file, which},
    parameters::Announced,
};

/// A command as it is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Intent<'a> {
    /// CREATE FILE.
    Create(Announced),
    /// DELETE FILE.
    Delete(Named<'a>),
    /// ACTIVATE, DEACTIVATE, TERMINATE.
    Change(Change, Named<'a>),
    /// SEARCH BINARY.
    SearchBinary {
        /// Which file.
        file: FileRef,
        /// From where.
        offset: u32,
    },
    /// SEARCH RECORD, simple.
    SearchRecord {
        /// Which file.
        file: FileRef,
        /// Number of the first record, 0 the current one.
        from: u8,
        /// Which way from there.
        direction: Direction,
    },
    /// WRITE BINARY.
    WriteBinary {
        /// Which file.
        file: FileRef,
        /// From where.
        offset: u32,
    },
    /// WRITE RECORD.
    WriteRecord {
        /// Which file.
        file: FileRef,
        /// Which record.
        which: Which,
    },
    /// ERASE BINARY.
    EraseBinary {
        /// Which file.
        file: FileRef,
        /// From where.
        offset: u32,
    },
    /// ERASE RECORD.
    EraseRecord {
        /// Which file.
        file: FileRef,
        /// Number of the first record, 0 the current one.
        from: u8,
        /// And all behind it.
        to_last: bool,
    },
    /// READ, UPDATE or WRITE BINARY with an odd instruction.
    Odd(Purpose, OddFile),
    /// PUT DATA.
    PutData {
        /// P1-P2 as a tag.
        tag: u16,
    },
    /// GET DATA.
    GetData {
        /// P1-P2 as a tag.
        tag: u16,
    },
    /// What concerns reference data, by P2.
    Reference(ReferenceIntent, u8),
    /// GET CHALLENGE.
    Challenge {
        /// How many bytes, 8 or 16.
        bytes: usize,
    },
    /// EXTERNAL, MUTUAL and INTERNAL AUTHENTICATE, with the key P2 names.
    Authenticate(Authentication, u8),
    /// MANAGE SECURITY ENVIRONMENT.
    Environment(Environment),
    /// One of the basic commands.
    Basic(crate::Intent),
}

impl<'a> Intent<'a> {
    /// Reads a command.
    ///
    /// # Errors
    /// 6D00; 6A86, 6A87; 6700; 6A81 for the enhanced search, whose form the sources do not give.
    pub(crate) fn read(command: &Command<'a>) -> Result<Self, Halt> {
        let intent = match command.ins {
            Ins::CREATE_FILE => Self::Create(Announced { descriptor: command.p1, sfi: command.p2 }),
            Ins::DELETE_FILE => Self::Delete(Named::read(command)?),
            Ins::ACTIVATE_FILE => Self::Change(Change::Activate, Named::read(command)?),
            Ins::DEACTIVATE_FILE => Self::Change(Change::Deactivate, Named::read(command)?),
            Ins::TERMINATE_DF => Self::Change(Change::TerminateDf, Named::read(command)?),
            Ins::TERMINATE_EF => Self::Change(Change::TerminateEf, Named::read(command)?),
            Ins::TERMINATE_CARD_USAGE => match (command.p1p2(), command.data) {
                (0, []) => Self::Change(Change::TerminateCard, Named::ROOT),
                (0, _) => return Halt::status(StatusWord::WRONG_LENGTH),
                _ => return Halt::status(StatusWord::WRONG_P1P2),
            },
            Ins::PUT_DATA => Self::PutData { tag: tag_of(command)? },
            Ins::GET_DATA => Self::GetData { tag: tag_of(command)? },
            Ins::VERIFY => match crate::Intent::try_from(command)? {
                crate::Intent::Verify { reference, intent } => {
                    Self::Reference(ReferenceIntent::Verify(intent), reference)
                }
                intent => Self::Basic(intent),
            },
            Ins::CHANGE_REFERENCE_DATA
            | Ins::RESET_RETRY_COUNTER
            | Ins::ENABLE_VERIFICATION
            | Ins::DISABLE_VERIFICATION => {
                Self::Reference(ReferenceIntent::read(command)?, command.p2)
            }
            Ins::READ_BINARY_ODD => Self::Odd(Purpose::Read, OddFile::read(command)),
            Ins::UPDATE_BINARY_ODD => Self::Odd(Purpose::Update, OddFile::read(command)),
            Ins::GET_CHALLENGE => match (command.p1p2(), command.data, command.ne) {
                (0, [], bytes @ (8 | 16)) => Self::Challenge { bytes: bytes as usize },
                (0, ..) => return Halt::status(StatusWord::WRONG_LENGTH),
                _ => return Halt::status(StatusWord::WRONG_P1P2),
            },
            Ins::EXTERNAL_AUTHENTICATE | Ins::INTERNAL_AUTHENTICATE => {
                Self::Authenticate(Authentication::read(command)?, command.p2)
            }
            Ins::MANAGE_SECURITY_ENVIRONMENT => Self::Environment(Environment::read(command)?),
            _ => Self::of_contents(command)?,
        };
        intent.check_lengths(command)?;
        Ok(intent)
    }

    /// Commands for what is in an EF.
    fn of_contents(command: &Command<'a>) -> Result<Self, Halt> {
        Ok(match command.ins {
            Ins::SEARCH_BINARY => {
                let (file, offset) = binary_place(command)?;
                Self::SearchBinary { file, offset }
            }
            Ins::WRITE_BINARY => {
                let (file, offset) = binary_place(command)?;
                Self::WriteBinary { file, offset }
            }
            Ins::ERASE_BINARY => {
                let (file, offset) = binary_place(command)?;
                Self::EraseBinary { file, offset }
            }
            Ins::SEARCH_RECORD => {
                let direction = match command.p2 & 7 {
                    4 => Direction::Forward,
                    5 => Direction::Backward,
                    6 => return Halt::status(StatusWord::FUNCTION_NOT_SUPPORTED),
                    _ => return Halt::status(StatusWord::WRONG_P1P2),
                };
                Self::SearchRecord { file: record_file(command)?, from: command.p1, direction }
            }
            Ins::WRITE_RECORD => match which(command)? {
                Which::FromNumber(_) | Which::DownToNumber(_) => {
                    return Halt::status(StatusWord::WRONG_P1P2);
                }
                which => Self::WriteRecord { file: record_file(command)?, which },
            },
            Ins::ERASE_RECORD => {
                let to_last = match command.p2 & 7 {
                    4 => false,
                    5 => true,
                    _ => return Halt::status(StatusWord::WRONG_P1P2),
                };
                Self::EraseRecord { file: record_file(command)?, from: command.p1, to_last }
            }
            _ => Self::Basic(crate::Intent::try_from(command)?),
        })
    }

    fn check_lengths(&self, command: &Command<'_>) -> Result<(), Halt> {
        let (nc, ne) = (command.data.len(), command.ne);
        let fits = match self {
            Self::Create(_)
            | Self::WriteBinary { .. }
            | Self::WriteRecord { .. }
            | Self::Odd(Purpose::Update | Purpose::Write, _) => nc > 0,
            Self::SearchBinary { .. } | Self::SearchRecord { .. } => nc > 0 && ne > 0,
            Self::Odd(Purpose::Read, _) => nc > 0 && ne > 0,
            Self::EraseBinary { .. } => matches!(nc, 0 | 2),
            Self::EraseRecord { .. } => nc == 0,
            Self::GetData { .. } => nc == 0 && ne > 0,
            Self::Delete(_)
            | Self::Change(..)
            | Self::PutData { .. }
            | Self::Reference(..)
            | Self::Challenge { .. }
            | Self::Authenticate(..)
            | Self::Environment(_)
            | Self::Basic(_) => true,
        };
        if fits { Ok(()) } else { Halt::status(StatusWord::WRONG_LENGTH) }
    }
}
