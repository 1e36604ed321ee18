//! The two ways out of a command that does not end in a normal answer.

use crate::{Platform, StatusWord};

/// Why a command stops. `Copy` and small: there are no strings on the card's path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// The card answers this status word and no data.
    Status(StatusWord),
    /// Power is gone: there will be no answer, memory is frozen.
    Torn(Torn),
}

/// What an applet's call comes to.
pub type Outcome = Result<(), Halt>;

/// Proof that power failed.
///
/// An applet cannot make one: the only constructor asks a [`Platform`], which applets never see,
/// whether its power is gone. Nor does anything hang on it, for the runtime looks at its own
/// memory after each call and not at what the applet claims.
///
/// ```compile_fail
/// let forged = tessera_framework::Torn(());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Torn(());

impl Torn {
    /// `Some` when the platform's power is gone.
    #[must_use]
    pub fn witnessed(platform: &dyn Platform) -> Option<Self> {
        platform.power_lost().then_some(Self(()))
    }
}

impl From<StatusWord> for Halt {
    fn from(status: StatusWord) -> Self {
        Self::Status(status)
    }
}

impl Halt {
    /// `Err(Halt::Status(status))`, for early returns.
    ///
    /// # Errors
    /// Always: that is its purpose.
    pub const fn status<T>(status: StatusWord) -> Result<T, Self> {
        Err(Self::Status(status))
    }
}
