//! SELECT inside the card: that of [`tessera_cos::basic`], names found from everywhere.
//!
//! A selection that succeeds ends challenge and temporary key; that of a DF the transaction that
//! waits, too, which is made with keys of the DF. With a file it goes on to wait.

use tessera_cos::{Header, Session, basic::select};
use tessera_framework::{Env, Halt, Reply, Selected, Selection, StatusWord};

use crate::{
    block,
    personality::Personality,
    volatile::{self, Temporary},
};

/// Makes a file current.
///
/// # Errors
/// 6A82; 6A86 for forms this card does not know; 6A81, 9303 for files of an application that is
/// blocked or locked. Such an application itself is current, and answers the same.
pub(crate) fn select(
    env: &mut Env<'_>,
    card: &'static Personality,
    selection: &Selection<'_>,
    reply: &mut Reply<'_>,
) -> Result<Selected, Halt> {
    let selected = select::select(env, &card.build, selection, reply)?;
    let session = Session::load(env)?;
    match session.ef {
        None => volatile::end_all(env)?,
        Some(_) => Temporary::end(env)?,
    }
    match block::refuse_locked(env, &Header::load(env, session.df)?) {
        Err(Halt::Status(status)) if session.ef.is_none() => {
            if reply.status() == StatusWord::OK {
                reply.clear();
                reply.end(status);
            }
        }
        locked => locked?,
    }
    Ok(selected)
}
