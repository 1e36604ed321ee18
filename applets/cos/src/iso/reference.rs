//! VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, ENABLE and DISABLE VERIFICATION REQUIREMENT
//! (ISO/IEC 7816-4:2020, 11.6).
//!
//! P2 names the reference data: b8 0 global, in the root; 1 specific, in the current DF; b5-b1 its
//! number; 00 is the global number 1 (own choice). A try is solid before anything is compared, and
//! success gives all of them back.
//!
//! Choices of this card: who has no reference data to show (P1 01 of CHANGE, 02 and 03 of RESET)
//! needs the right to PUT DATA into its DF, by which it could be replaced as well; ENABLE and
//! DISABLE without it (P1 01) need it shown before. Reference data whose verification is disabled
//! counts as shown where rules ask for it.

use tessera_framework::{Command, Env, Halt, Ins, Outcome, StatusWord};

use super::{
    Card, check_not_terminated,
    key_object::{REFERENCE_BYTES_MAX, is_reference},
};
use crate::{
    Operation, Session,
    header::Header,
    intent::VerifyIntent,
    keys::{self, KeyRecord, REFERENCE_DATA, RESETTING_CODE, VERIFICATION_DISABLED},
    layout::ROOT_AT,
    rights,
};

/// What a command is to do with reference data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferenceIntent {
    /// VERIFY.
    Verify(VerifyIntent),
    /// CHANGE REFERENCE DATA; with the old one in front of the new, or without.
    Change {
        /// The old one is there.
        with_old: bool,
    },
    /// RESET RETRY COUNTER.
    Reset {
        /// The resetting code is there.
        with_code: bool,
        /// New reference data is there.
        with_new: bool,
    },
    /// ENABLE (true) or DISABLE VERIFICATION REQUIREMENT.
    Require {
        /// It is to be verified.
        required: bool,
        /// The reference data is there.
        with_data: bool,
    },
}

impl ReferenceIntent {
    /// Reads P1 and whether there is a data field.
    ///
    /// # Errors
    /// 6A86; 6700.
    pub(crate) fn read(command: &Command<'_>) -> Result<Self, Halt> {
        let (intent, has_data) = match (command.ins, command.p1) {
            (Ins::CHANGE_REFERENCE_DATA, 0x00) => (Self::Change { with_old: true }, true),
            (Ins::CHANGE_REFERENCE_DATA, 0x01) => (Self::Change { with_old: false }, true),
            (Ins::RESET_RETRY_COUNTER, p1 @ 0x00..=0x03) => {
                let (with_code, with_new) = (p1 < 2, p1 & 1 == 0);
                (Self::Reset { with_code, with_new }, with_code || with_new)
            }
            (Ins::ENABLE_VERIFICATION | Ins::DISABLE_VERIFICATION, p1 @ 0x00..=0x01) => {
                let required = command.ins == Ins::ENABLE_VERIFICATION;
                (Self::Require { required, with_data: p1 == 0 }, p1 == 0)
            }
            _ => return Halt::status(StatusWord::WRONG_P1P2),
        };
        if command.data.is_empty() == has_data {
            return Halt::status(StatusWord::WRONG_LENGTH);
        }
        Ok(intent)
    }
}

/// Runs a command on reference data.
///
/// # Errors
/// 6A88 when P2 names none, or there is no resetting code; 6985 in a terminated DF; 6983
/// blocked; 63CX wrong or, when asked, not verified; 6982 without the right or the showing a
/// command needs; 6700 when old and new cannot be told apart; 6A80 when the new one is too long;
/// 6A84; `Torn`.
pub(crate) fn run(
    env: &mut Env<'_>,
    card: Card<'_>,
    intent: ReferenceIntent,
    p2: u8,
    data: &[u8],
) -> Outcome {
    let mut session = Session::load(env)?;
    let reference = if p2 == 0 { 1 } else { p2 };
    let df = if reference & 0x80 == 0 { ROOT_AT } else { session.df };
    let found = match is_reference(reference) {
        true => keys::find(env, df, REFERENCE_DATA, reference)?,
        false => None,
    };
    let Some(record) = found else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    check_not_terminated(env, df)?;
    let may_put = |env: &Env<'_>, session: &Session| {
        rights::check(env, card.dialect, session, &Header::load(env, df)?, Operation::PutData)
    };
    match intent {
        ReferenceIntent::Verify(VerifyIntent::Present) => present(env, &mut session, &record, data),
        ReferenceIntent::Verify(VerifyIntent::Query) => query(env, &session, &record),
        ReferenceIntent::Verify(VerifyIntent::Reset) => {
            session.note_user(record.id(), false);
            session.store(env)
        }
        ReferenceIntent::Change { with_old: true } => {
            let (old, new) = split(data, record.key_bytes())?;
            check_new(new)?;
            present(env, &mut session, &record, old)?;
            set(env, card, &record, new)
        }
        ReferenceIntent::Change { with_old: false } => {
            may_put(env, &session)?;
            check_new(data)?;
            set(env, card, &record, data)
        }
        ReferenceIntent::Reset { with_code: true, with_new } => {
            let Some(code) = keys::find(env, df, RESETTING_CODE, reference)? else {
                return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
            };
            if !with_new {
                code.present(env, data)?;
                return record.restore(env);
            }
            let (shown, new) = split(data, code.key_bytes())?;
            check_new(new)?;
            code.present(env, shown)?;
            set(env, card, &record, new)
        }
        ReferenceIntent::Reset { with_code: false, with_new } => {
            may_put(env, &session)?;
            if !with_new {
                return record.restore(env);
            }
            check_new(data)?;
            set(env, card, &record, data)
        }
        ReferenceIntent::Require { required, with_data } => {
            if with_data {
                present(env, &mut session, &record, data)?;
            } else if !session.user_shown(Some(record.id())) {
                return Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
            }
            record.require(env, required)
        }
    }
}

/// Compares and notes what it came to.
fn present(
    env: &mut Env<'_>,
    session: &mut Session,
    record: &KeyRecord,
    candidate: &[u8],
) -> Outcome {
    let presented = record.present(env, candidate);
    let counted = matches!(presented, Err(Halt::Status(status)) if status.sw1() == 0x63);
    if presented.is_ok() || counted {
        session.note_user(record.id(), presented.is_ok());
        session.store(env)?;
    }
    presented
}

fn query(env: &Env<'_>, session: &Session, record: &KeyRecord) -> Outcome {
    let needless = record.flags().contains(VERIFICATION_DISABLED);
    if needless || session.user_shown(Some(record.id())) {
        return Ok(());
    }
    match record.tries_left(env)? {
        Some(0) => Halt::status(StatusWord::BLOCKED),
        tries => Halt::status(StatusWord::tries_left(tries.unwrap_or(15))),
    }
}

/// The first `old_bytes` and what is behind them.
fn split(data: &[u8], old_bytes: u8) -> Result<(&[u8], &[u8]), Halt> {
    match data.split_at_checked(usize::from(old_bytes)) {
        Some((old, new @ [_, ..])) => Ok((old, new)),
        _ => Halt::status(StatusWord::WRONG_LENGTH),
    }
}

fn check_new(new: &[u8]) -> Outcome {
    if new.len() > REFERENCE_BYTES_MAX {
        return Halt::status(StatusWord::WRONG_DATA);
    }
    Ok(())
}

/// Replaces the reference data; all tries are there again.
fn set(env: &mut Env<'_>, card: Card<'_>, record: &KeyRecord, new: &[u8]) -> Outcome {
    record.set_bytes(env, card.iso.counters(), new, record.tries_max())
}
