//! VERIFY (ISO/IEC 7816-4:2020, 11.6.6).

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{Dialect, Session, intent::VerifyIntent};

/// Presents the PIN, asks whether it has been presented, or forgets that.
///
/// # Errors
/// 6A88 when P2 names no reference data of this applet; 6984 when none is set; 63CX wrong, or, when
/// asked, not verified; 6983 blocked; 6700 when the length is not the PIN's; `Torn`.
pub fn verify(
    env: &mut Env<'_>,
    dialect: &Dialect,
    reference: u8,
    intent: VerifyIntent,
    candidate: &[u8],
) -> Outcome {
    let Some((pin, references)) = dialect.pin else {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    };
    if !references.contains(&reference) {
        return Halt::status(StatusWord::REFERENCED_DATA_NOT_FOUND);
    }
    let mut session = Session::load(env)?;
    match intent {
        VerifyIntent::Present => {
            let presented = pin.present(env, candidate);
            let counted = matches!(presented, Err(Halt::Status(status)) if status.sw1() == 0x63);
            if presented.is_ok() || counted {
                session.note_pin(presented.is_ok());
                session.store(env)?;
            }
            presented
        }
        VerifyIntent::Query if session.pin_shown() || !has_pin(env, dialect)? => Ok(()),
        VerifyIntent::Query => match pin.tries_left(env)? {
            0 => Halt::status(StatusWord::BLOCKED),
            tries => Halt::status(StatusWord::tries_left(tries)),
        },
        VerifyIntent::Reset => {
            session.note_pin(false);
            session.store(env)
        }
    }
}

/// Whether a PIN has to be shown where a condition asks for one: not on a card whose holder has set
/// none (inferred from the rules of medical settlement of 2012).
///
/// # Errors
/// 6F00 when the segment is damaged.
pub fn has_pin(env: &Env<'_>, dialect: &Dialect) -> Result<bool, Halt> {
    match dialect.pin {
        Some((pin, _)) => Ok(env.load_array(pin.at)? != [0]),
        None => Ok(true),
    }
}
