//! ACTIVATE FILE, DEACTIVATE FILE, TERMINATE DF, TERMINATE EF, TERMINATE CARD USAGE
//! (ISO/IEC 7816-9): the life cycle status of files, one byte that is stored at once.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use super::{Card, check_open, target::Named};
use crate::{
    Operation, Session,
    header::Header,
    layout::{Kind, LifeCycle, ROOT_AT},
    rights,
};

/// A change of a file's life cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// ACTIVATE FILE.
    Activate,
    /// DEACTIVATE FILE.
    Deactivate,
    /// TERMINATE DF.
    TerminateDf,
    /// TERMINATE EF.
    TerminateEf,
    /// TERMINATE CARD USAGE: of the root.
    TerminateCard,
}

impl Change {
    const fn operation(self) -> Operation {
        match self {
            Self::Activate => Operation::Activate,
            Self::Deactivate => Operation::Deactivate,
            Self::TerminateDf | Self::TerminateEf | Self::TerminateCard => Operation::Terminate,
        }
    }

    /// The command is one for files of this kind; the root is terminated with the card alone.
    const fn fits(self, file: &Header) -> bool {
        let is_df = matches!(file.kind, Kind::Df);
        match self {
            Self::TerminateDf => is_df && file.at != ROOT_AT,
            Self::TerminateEf => !is_df,
            Self::Activate | Self::Deactivate | Self::TerminateCard => true,
        }
    }

    /// Status after the change (ISO/IEC 7816-4:2020, table 14), none where there is no way.
    const fn from(self, status: LifeCycle) -> Option<LifeCycle> {
        match (self, status.0) {
            (_, 0x0C..=0x0F) => None,
            (Self::Activate, 0x05 | 0x07) | (Self::Deactivate, 0x04 | 0x06) => Some(status),
            (Self::Activate, _) => Some(LifeCycle::ACTIVATED),
            (Self::Deactivate, 0x05 | 0x07) => Some(LifeCycle::DEACTIVATED),
            (Self::Deactivate, _) => None,
            _ => Some(LifeCycle::TERMINATED),
        }
    }
}

/// Changes the life cycle status of a file. What it had is no error; what was terminated stays so.
///
/// # Errors
/// 6A82; 6981 for a file of the other kind; 6985 in a DF that is not in use, when the status leads
/// nowhere, and for the root with TERMINATE DF; 6982; `Torn`.
pub(crate) fn change(
    env: &mut Env<'_>,
    card: Card<'_>,
    change: Change,
    file: Named<'_>,
) -> Outcome {
    let session = Session::load(env)?;
    let file = file.find(env, card, &session)?;
    if !change.fits(&file) {
        return Halt::status(match file.at {
            ROOT_AT if change == Change::TerminateDf => StatusWord::CONDITIONS_NOT_SATISFIED,
            _ => StatusWord::INCOMPATIBLE_FILE_STRUCTURE,
        });
    }
    if file.at != ROOT_AT {
        check_open(env, file.parent())?;
    }
    let Some(status) = change.from(file.life_cycle()) else {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    };
    rights::check(env, card.dialect, &session, &file, change.operation())?;
    if status == file.life_cycle() {
        return Ok(());
    }
    file.store_life_cycle(env, status)
}
