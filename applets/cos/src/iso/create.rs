//! CREATE FILE and DELETE FILE (ISO/IEC 7816-9).
//!
//! A new file's bytes are written to free space, and one transaction puts it in the tree; a deleted
//! one is taken out of it by one transaction, a DF with everything under it. So both are all or
//! nothing whatever the file's size.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use super::{Card, check_open, target::Named};
use crate::{
    DfSpec, EfSpec, Operation, Session,
    header::Header,
    layout::{Kind, ROOT_AT, df_at},
    parameters::{self, Announced, NewFile},
    rights, session,
    space::delete as delete_block,
    tree,
};

/// CREATE FILE: a file under the current DF, which becomes the current one.
///
/// # Errors
/// 6985 in a DF that is not in use; 6982 unless such a file may be made, and where the data field
/// makes none, unless some may; 6A80; 6A89, 6A8A; 6A84; `Torn`.
pub(crate) fn create(
    env: &mut Env<'_>,
    card: Card<'_>,
    announced: Announced,
    data: &[u8],
) -> Outcome {
    let mut session = Session::load(env)?;
    let df = Header::load(env, session.df)?;
    check_open(env, session.df)?;
    let may = |operation| rights::check(env, card.dialect, &session, &df, operation);
    let parsed = parameters::parse(announced, data);
    match parsed.map(|parameters| parameters.file) {
        Ok(NewFile::Df(_)) => may(Operation::CreateDf)?,
        Ok(NewFile::Ef(_)) => may(Operation::CreateEf)?,
        Err(_) => may(Operation::CreateEf).or_else(|_| may(Operation::CreateDf))?,
    }
    let parsed = parsed?;
    let attributes = parsed.attributes.as_bytes();
    match parsed.file {
        NewFile::Df(spec) => {
            let df = tree::create_df(env, df.df_id(), &DfSpec { attributes, ..spec })?;
            session.enter_df(&Header::load(env, df_at(df))?);
        }
        NewFile::Ef(spec) => {
            let ef = tree::create_ef(env, df.df_id(), &EfSpec { attributes, ..spec })?;
            session.enter_ef(ef.at);
        }
    }
    session.store(env)
}

/// DELETE FILE: a file, and with a DF everything under it. When the current DF goes, the deleted
/// one's parent becomes current.
///
/// # Errors
/// 6A82; 6985 for the root and in a DF that is not in use; 6982; `Torn`.
pub(crate) fn delete(env: &mut Env<'_>, card: Card<'_>, file: Named<'_>) -> Outcome {
    let mut session = Session::load(env)?;
    let file = file.find(env, card, &session)?;
    if file.at == ROOT_AT {
        return Halt::status(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    let parent = Header::load(env, file.parent())?;
    check_open(env, parent.at)?;
    rights::check(env, card.dialect, &session, &file, Operation::DeleteSelf)?;
    rights::check(env, card.dialect, &session, &parent, Operation::DeleteChild)?;
    if file.kind == Kind::Df && is_under(env, session.df, file.at)? {
        session.enter_df(&parent);
    } else if session.ef == Some(file.at) {
        session.ef = None;
        session.record = None;
    }
    delete_block(env, &file)?;
    session::count_deletion(env);
    session.store(env)
}

/// Whether a DF is another one or lies under it.
fn is_under(env: &Env<'_>, mut df: u32, other: u32) -> Result<bool, Halt> {
    while df != ROOT_AT {
        if df == other {
            return Ok(true);
        }
        // Parents lie before what lies under them, so this ends.
        match Header::load(env, df)?.parent() {
            parent if parent < df => df = parent,
            _ => return Halt::status(StatusWord::NO_DIAGNOSIS),
        }
    }
    Ok(df == other)
}
