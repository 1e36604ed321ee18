//! Which condition guards a file, and whether it holds now.
//!
//! Two bytes in a header: a code, and the key it names. Keys come with a later capability; until
//! then a condition that only a key can meet does not hold, and one that a key or the PIN can meet
//! is met by the PIN.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{Dialect, Session};

/// A condition for reading or updating.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Free.
    Always,
    /// Never from outside.
    Never,
    /// The PIN has been presented.
    Pin,
    /// The key with this identifier has been shown.
    Key(u8),
    /// The PIN or the key.
    PinOrKey(u8),
    /// The PIN and the key.
    PinAndKey(u8),
}

impl Access {
    /// The two bytes in a header.
    #[must_use]
    pub const fn encode(self) -> [u8; 2] {
        match self {
            Self::Always => [0x01, 0],
            Self::Never => [0xFF, 0],
            Self::Pin => [0x02, 0],
            Self::Key(kid) => [0x03, kid],
            Self::PinOrKey(kid) => [0x04, kid],
            Self::PinAndKey(kid) => [0x05, kid],
        }
    }

    /// The condition two bytes stand for; unknown codes are [`Never`](Self::Never).
    #[must_use]
    pub const fn decode(bytes: [u8; 2]) -> Self {
        match bytes {
            [0x01, _] => Self::Always,
            [0x02, _] => Self::Pin,
            [0x03, kid] => Self::Key(kid),
            [0x04, kid] => Self::PinOrKey(kid),
            [0x05, kid] => Self::PinAndKey(kid),
            _ => Self::Never,
        }
    }

    /// `Ok` when the condition holds.
    ///
    /// # Errors
    /// 6982.
    pub fn check(self, env: &Env<'_>, dialect: &Dialect, session: &Session) -> Outcome {
        let holds = match self {
            Self::Always => true,
            Self::Pin | Self::PinOrKey(_) => {
                session.pin_shown() || !crate::verify::has_pin(env, dialect)?
            }
            Self::Never | Self::Key(_) | Self::PinAndKey(_) => false,
        };
        if holds { Ok(()) } else { Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_survive_memory_and_unknown_codes_never_open() {
        for access in [
            Access::Always,
            Access::Never,
            Access::Pin,
            Access::Key(0x84),
            Access::PinOrKey(0x83),
            Access::PinAndKey(0x84),
        ] {
            assert_eq!(Access::decode(access.encode()), access);
        }
        assert_eq!(Access::decode([0x00, 0]), Access::Never);
        assert_eq!(Access::decode([0x77, 1]), Access::Never);
    }
}
