//! SELECT inside the applet (ISO/IEC 7816-4:2020, 11.2.2).

use tessera_framework::{
    Control, Env, FileId, Halt, Reply, Selected, Selection, StatusWord, Target,
};

use crate::{
    Dialect, Session, control,
    find::find_child,
    header::Header,
    layout::{Kind, ROOT_AT, df_at},
    session::Challenge,
};

/// Makes a file current and writes its control information.
///
/// # Errors
/// 6A82 when there is no such file; the session is unchanged then.
pub fn select(
    env: &mut Env<'_>,
    dialect: &Dialect,
    selection: &Selection<'_>,
    reply: &mut Reply<'_>,
) -> Result<Selected, Halt> {
    let mut session = Session::load(env)?;
    let Some(file) = find(env, dialect, &session, selection.target)? else {
        return Ok(Selected::Above);
    };
    match file.kind {
        Kind::Df => session.enter_df(&file),
        _ => {
            if session.df != file.parent() {
                session.enter_df(&Header::load(env, file.parent())?);
            }
            session.enter_ef(file.at);
            session.challenge = Challenge::default();
        }
    }
    let silent =
        file.kind != Kind::Df && selection.control == Control::Fci && !dialect.ef_answers_fci;
    if !silent {
        control::write(env, &file, selection.control, reply)?;
    }
    if let Some(warning) = file.life_cycle().warning() {
        reply.warn(warning);
    }
    session.store(env)?;
    Ok(Selected::Here)
}

/// The file a selection names; `None` for the parent of the root.
///
/// # Errors
/// 6A82.
pub(crate) fn find(
    env: &Env<'_>,
    dialect: &Dialect,
    session: &Session,
    target: Target<'_>,
) -> Result<Option<Header>, Halt> {
    let found = match target {
        Target::Df(df) => Some(Header::load(env, df_at(df))?),
        Target::FileId(fid) => by_id(env, session.df, fid)?,
        Target::ChildDf(fid) => {
            find_child(env, session.df, |file| file.fid() == fid && file.kind == Kind::Df)?
        }
        Target::DfBeside(fid) => {
            find_child(env, ROOT_AT, |file| file.fid() == fid && file.kind == Kind::Df)?
        }
        Target::Ef(fid) => {
            let ef =
                find_child(env, session.df, |file| file.fid() == fid && file.kind != Kind::Df)?;
            match ef {
                None if dialect.ef_selection_finds_dfs => by_id(env, session.df, fid)?,
                ef => ef,
            }
        }
        Target::Parent if session.df == ROOT_AT => return Ok(None),
        Target::Parent => Some(Header::load(env, Header::load(env, session.df)?.parent())?),
        Target::PathFromCurrent(path) => by_path(env, session.df, path)?,
        Target::PathFromRoot(path) => by_path(env, ROOT_AT, path)?,
    };
    found.map(Some).ok_or(Halt::Status(StatusWord::NOT_FOUND))
}

fn by_id(env: &Env<'_>, current: u32, fid: FileId) -> Result<Option<Header>, Halt> {
    if let Some(child) = find_child(env, current, |file| file.fid() == fid)? {
        return Ok(Some(child));
    }
    let df = Header::load(env, current)?;
    if df.fid() == fid {
        return Ok(Some(df));
    }
    let parent = Header::load(env, df.parent())?;
    if parent.fid() == fid {
        return Ok(Some(parent));
    }
    find_child(env, parent.at, |file| file.fid() == fid && file.kind == Kind::Df)
}

fn by_path(env: &Env<'_>, start: u32, path: &[u8]) -> Result<Option<Header>, Halt> {
    let mut here = Header::load(env, start)?;
    for step in path.chunks(2) {
        let &[high, low] = step else { return Ok(None) };
        let fid = FileId(u16::from_be_bytes([high, low]));
        match find_child(env, here.at, |file| file.fid() == fid)? {
            Some(child) => here = child,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}
