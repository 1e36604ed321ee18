//! SELECT inside the card, and the control information it answers.
//!
//! By identifier: the current DF itself, what lies under it, then the DFs beside it (seen on a real
//! FM1208; the card's operating system knows 3F00 by itself). By name: the MF, the current DF, the
//! DFs beside it and those under it.

use crate::{
    Header, Session,
    find::{DfBody, find_child, is_empty},
    layout::{Kind, ROOT_AT, df_at},
};
use tessera_framework::{
    Control, DfId, Env, Halt, Outcome, Reply, Selected, Selection, StatusWord, Tag, Target,
};

use super::{Build, block};

/// Tag of the data an issuer puts into an application's control information.
const ISSUER_DATA: Tag = Tag(0x9F0C);
/// Tag of the short identifier of a directory's DIR file.
const DIRECTORY_SFI: Tag = Tag(0x88);
/// Most bytes of a file in control information: what fits a short answer beside the rest.
const ISSUER_DATA_BYTES_MAX: u32 = 0xD0;

/// Makes a file current.
///
/// # Errors
/// 6A81 without an MF, on a blocked card and for files of a blocked application; 6A82; 6A86 for
/// forms this card does not know.
pub fn select(
    env: &mut Env<'_>,
    build: &Build,
    selection: &Selection<'_>,
    reply: &mut Reply<'_>,
) -> Result<Selected, Halt> {
    block::refuse_dead_card(env)?;
    let mut session = Session::load(env)?;
    let file = match (selection.target, selection.control) {
        (_, Control::Fcp | Control::Fmd) => return Halt::status(StatusWord::WRONG_P1P2),
        (Target::Df(df), _) => Header::load(env, df_at(df))?,
        (Target::PathFromRoot([]), _) => Header::load(env, ROOT_AT)?,
        (Target::FileId(fid), _) => {
            let fits = |file: &Header| file.fid() == fid;
            let found = by_id(env, session.df, fits)?;
            found.ok_or(Halt::Status(StatusWord::NOT_FOUND))?
        }
        _ => return Halt::status(StatusWord::WRONG_P1P2),
    };
    if file.kind != Kind::Df {
        block::refuse_blocked(&Header::load(env, session.df)?)?;
        session.enter_ef(file.at);
        session.challenge = Default::default();
        return session.store(env).map(|()| Selected::Here);
    }
    session.enter_df(&file);
    if !build.root_is_mf && file.at == ROOT_AT {
        session.set_register(0);
    }
    session.free = build.empty_df_is_free && is_empty(env, &file)?;
    session.store(env)?;
    if block::refuse_blocked(&file).is_err() {
        // Current all the same, so that it can be unblocked.
        reply.end(StatusWord::FUNCTION_NOT_SUPPORTED);
    } else if selection.control == Control::Fci {
        control_information(env, &file, reply)?;
    }
    Ok(Selected::Here)
}

fn by_id(
    env: &Env<'_>,
    current: u32,
    fits: impl Fn(&Header) -> bool + Copy,
) -> Result<Option<Header>, Halt> {
    let df = Header::load(env, current)?;
    if fits(&df) {
        return Ok(Some(df));
    }
    match find_child(env, current, fits)? {
        None if current != ROOT_AT => {
            find_child(env, df.parent(), |file| file.kind == Kind::Df && fits(file))
        }
        found => Ok(found),
    }
}

/// The `nth` of the DFs that can be selected by name from where the session is.
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn df_by_name(env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
    let current = Session::load(env)?.df;
    let parent = Header::load(env, current)?.parent();
    let mut seen = 0;
    for place in [ROOT_AT, current, parent] {
        // The MF and the current DF themselves, then what lies under each.
        let df = Header::load(env, place)?;
        let is_new = place == ROOT_AT;
        if is_new && named(env, &df, prefix)? {
            if seen == nth {
                return Ok(Some(df.df_id()));
            }
            seen += 1;
        }
    }
    for (turn, place) in [parent, current].into_iter().enumerate() {
        if turn == 1 && current == parent {
            break;
        }
        let mut at = None;
        loop {
            let next = find_child(env, place, |file| {
                file.kind == Kind::Df && at.is_none_or(|at| file.at > at)
            })?;
            let Some(df) = next else { break };
            at = Some(df.at);
            if named(env, &df, prefix)? {
                if seen == nth {
                    return Ok(Some(df.df_id()));
                }
                seen += 1;
            }
        }
    }
    Ok(None)
}

fn named(env: &Env<'_>, df: &Header, prefix: &[u8]) -> Result<bool, Halt> {
    Ok(DfBody::load(env, df)?.name().starts_with(prefix))
}

/// FCI of a DF: its name; of a directory (three high bits of the byte it was made with 000) the
/// short identifier of its DIR file, of an application (100) the whole of the file that byte names,
/// if it is there.
fn control_information(env: &Env<'_>, df: &Header, reply: &mut Reply<'_>) -> Outcome {
    let body = DfBody::load(env, df)?;
    let sfi = df.own() & 0x1F;
    let issuer_data = match df.own() >> 5 {
        0b100 => find_child(env, df.at, |file| {
            file.kind == Kind::Transparent && file.sfi().is_some_and(|of| of.number() == sfi)
        })?,
        _ => None,
    };
    reply.tlv(Tag::FCI, |reply| {
        reply.tlv(Tag::DF_NAME, |reply| reply.push(body.name()))?;
        if df.own() >> 5 == 0 {
            return reply.tlv(Tag::PROPRIETARY, |reply| {
                reply.tlv(DIRECTORY_SFI, |reply| reply.push_byte(sfi))
            });
        }
        let Some(file) = issuer_data else { return Ok(()) };
        reply.tlv(Tag::PROPRIETARY, |reply| {
            reply.tlv(ISSUER_DATA, |reply| {
                let bytes = file.body_bytes().min(ISSUER_DATA_BYTES_MAX);
                env.load(file.body(), reply.extend(bytes as usize)?)
            })
        })
    })
}
