//! The tries an application has for MAC2, and what is left of it without any.
//!
//! | state | where it stands | to every other command | SELECT |
//! |---|---|---|---|
//! | blocked | the DF's life cycle status | 6A81 | 6A81 |
//! | locked: too many wrong MAC2 | its counter of tries, at zero | 9303 | 9303 |
//!
//! In both, GET CHALLENGE and APPLICATION UNBLOCK are taken, and SELECT makes the application
//! current whatever it answers, so that it can be released. Blocking is that of
//! [`tessera_cos::basic`], with the DF's maintenance key: three wrong MACs in a row of APPLICATION
//! UNBLOCK block it for ever.

use tessera_cos::{
    Header,
    basic::{self, Turn},
};
use tessera_framework::{CounterId, Env, Halt, Outcome, StatusWord};

/// The tries an application has for MAC2.
pub(crate) struct Mac2Tries {
    counter: CounterId,
    max: u8,
}

impl Mac2Tries {
    /// Of a DF: its space says which of the applet's counters is its, and how many tries there are.
    pub(crate) const fn of(df: &Header) -> Self {
        let [counter, max] = df.record_bytes().to_be_bytes();
        Self { counter: CounterId(counter), max }
    }

    /// What the space of such a DF is.
    pub(crate) const fn space(counter: u8, max: u8) -> u16 {
        u16::from_be_bytes([counter, max])
    }

    /// Takes one, solid on return, and says how many are left.
    ///
    /// # Errors
    /// 9303 when none was left; `Torn`.
    pub(crate) fn take(&self, env: &mut Env<'_>) -> Result<u8, Halt> {
        let Some(left) = env.counter(self.counter)?.checked_sub(1) else {
            return Halt::status(StatusWord::APPLICATION_LOCKED);
        };
        env.set_counter(self.counter, left)?;
        Ok(left.min(15) as u8)
    }

    /// Gives all of them back.
    ///
    /// # Errors
    /// `Torn`.
    pub(crate) fn restore(&self, env: &mut Env<'_>) -> Outcome {
        env.set_counter(self.counter, self.max.into())
    }
}

/// The application is locked.
///
/// # Errors
/// 9303.
pub(crate) fn refuse_locked(env: &Env<'_>, df: &Header) -> Outcome {
    match env.counter(Mac2Tries::of(df).counter)? {
        0 => Halt::status(StatusWord::APPLICATION_LOCKED),
        _ => Ok(()),
    }
}

/// APPLICATION UNBLOCK: gives back the tries for MAC2 too.
///
/// # Errors
/// As [`basic::block::unblock_application`]; `Torn`: it is to be sent again.
pub(crate) fn unblock(env: &mut Env<'_>, turn: &Turn<'_>) -> Outcome {
    basic::block::unblock_application(env, turn)?;
    Mac2Tries::of(&turn.df(env)?).restore(env)
}
