//! Power: on, off, off and on, and lost in a pulse.

use super::{
    super::{
        session::{Outcome, Session},
        words::Words,
    },
    Done,
};

/// `power on|off|reset`.
pub(in super::super) fn power(session: &mut Session, mut words: Words) -> Done {
    let what = "on, off or reset";
    let word = words.need(what)?;
    words.end()?;
    match word.text.to_ascii_lowercase().as_str() {
        "on" | "reset" => session.power_on()?,
        "off" => session.power_off()?,
        _ => return Err(words.wrong(what, word.text)),
    }
    Ok(Outcome::Quiet)
}

/// `reset`.
pub(in super::super) fn reset(session: &mut Session, words: Words) -> Done {
    words.end()?;
    session.power_on()?;
    Ok(Outcome::Quiet)
}

/// `tear N`.
pub(in super::super) fn tear(session: &mut Session, mut words: Words) -> Done {
    let what = "the number of a pulse";
    let Some(pulse) = words.take_number(what)? else {
        return Err(words.wrong(what, "the end of the line"));
    };
    words.end()?;
    session.tear_at(pulse)?;
    Ok(Outcome::Quiet)
}
