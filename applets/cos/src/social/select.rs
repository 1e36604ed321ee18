//! SELECT inside the applet: locked applications, what was shown in the environment above, and
//! control information of the applet's own.

use tessera_framework::{Control, Env, Halt, Outcome, Reply, Selected, Selection, StatusWord, Tag};

use crate::{
    Header, Session, control, find::DfBody, layout::Kind, select::find, session::take_challenge,
};

use super::{
    Family,
    lock::{self, Lock},
    service,
};

/// Makes a file current and writes its control information. An application below an environment
/// begins with what was shown there.
///
/// # Errors
/// 6A81 on a blocked card, and for an EF of a locked application (9303 when for ever); 6A82.
pub fn select(
    env: &mut Env<'_>,
    family: &'static Family,
    selection: &Selection<'_>,
    reply: &mut Reply<'_>,
) -> Result<Selected, Halt> {
    lock::refuse_blocked_root(env)?;
    let mut session = Session::load(env)?;
    let Some(file) = find(env, &family.dialect, &session, selection.target)? else {
        return Ok(Selected::Above);
    };
    if let Some(environment) = family.above() {
        service::note_shown(env, environment, &mut session)?;
    }
    if file.kind == Kind::Df {
        session.enter_df(&file);
        control_information(env, family, &file, selection.control, reply)?;
        if lock::of(env, file.at)? != Lock::Open {
            reply.warn(StatusWord::DEACTIVATED);
        }
    } else {
        if session.df != file.parent() {
            session.enter_df(&Header::load(env, file.parent())?);
        }
        lock::refuse(env, session.df)?;
        session.enter_ef(file.at);
        session.challenge = Default::default();
        if selection.control != Control::Fci || family.dialect.ef_answers_fci {
            control::write(env, &file, selection.control, reply)?;
        }
    }
    session.store(env)?;
    Ok(Selected::Here)
}

fn control_information(
    env: &Env<'_>,
    family: &Family,
    df: &Header,
    wanted: Control,
    reply: &mut Reply<'_>,
) -> Outcome {
    match (wanted, family.proprietary) {
        (Control::Fci, Some(write)) => reply.tlv(Tag::FCI, |reply| {
            let name = DfBody::load(env, df)?;
            reply.tlv(Tag::DF_NAME, |reply| reply.push(name.name()))?;
            reply.tlv(Tag::PROPRIETARY, |reply| write(env, df, reply))
        }),
        _ => control::write(env, df, wanted, reply),
    }
}

/// To be called from [`passed_over`](tessera_framework::Applet::passed_over): a challenge is good
/// for the next command only, and that was one.
pub fn passed_over(env: &mut Env<'_>) {
    // Without its RAM the application answers 6F00 to everything anyway.
    let _ = take_challenge(env);
}

/// To be called from [`child_selected`](tessera_framework::Applet::child_selected): what was shown
/// in the root is kept for the applications below; the rest is lost.
pub fn child_selected(env: &mut Env<'_>) {
    if let Ok(mut session) = Session::load(env) {
        session.leave();
        let _ = session.store(env);
    }
}
