//! Which condition guards a file, and whether it holds now.
//!
//! Two bytes in a header: a code, and the key or the right byte it names.

use tessera_framework::{Env, Halt, Outcome, StatusWord};

use crate::{Dialect, Session, session::Registers};

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
    /// The security registers, as a right byte of FMCOS says: `0Y` the MF's is at least Y; `XY`
    /// that of the current DF is at least Y and at most X, never when X is less than Y.
    Register(u8),
    /// The rules among the file's attributes say it, for each operation (ISO/IEC 7816-4:2020, 9.3).
    Rules,
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
            Self::Register(right) => [0x06, right],
            Self::Rules => [0x07, 0],
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
            [0x06, right] => Self::Register(right),
            [0x07, _] => Self::Rules,
            _ => Self::Never,
        }
    }

    /// `Ok` when the condition holds, as each does while the session is [free](Session::free).
    ///
    /// # Errors
    /// 6982. [`Rules`](Self::Rules) never hold here: they are asked with the operation.
    pub fn check(self, env: &Env<'_>, dialect: &Dialect, session: &Session) -> Outcome {
        let pin = || Ok::<_, Halt>(session.pin_shown() || !crate::verify::has_pin(env, dialect)?);
        let holds = match self {
            _ if session.free => true,
            Self::Always => true,
            Self::Pin => pin()?,
            Self::Key(kid) => session.key_shown(kid),
            Self::PinOrKey(kid) => session.key_shown(kid) || pin()?,
            Self::PinAndKey(kid) => session.key_shown(kid) && pin()?,
            Self::Register(right) => session.registers.meet(right),
            Self::Never | Self::Rules => false,
        };
        if holds { Ok(()) } else { Halt::status(StatusWord::SECURITY_STATUS_NOT_SATISFIED) }
    }
}

impl Registers {
    /// Whether they are as a right byte wants them.
    #[must_use]
    pub const fn meet(self, right: u8) -> bool {
        let (x, y) = (right >> 4, right & 0x0F);
        if x == 0 { self.mf >= y } else { y <= self.df && self.df <= x }
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
            Access::Register(0xF2),
            Access::Rules,
        ] {
            assert_eq!(Access::decode(access.encode()), access);
        }
        assert_eq!(Access::decode([0x00, 0]), Access::Never);
        assert_eq!(Access::decode([0x77, 1]), Access::Never);
    }

    /// Rows of the table of right bytes: the byte, the registers of MF and current DF, whether they
    /// meet it.
    #[test]
    fn a_right_byte_bounds_one_register() {
        for (right, mf, df, meets) in [
            (0x00, 0, 0, true),
            (0x01, 0, 9, false),
            (0x01, 1, 0, true),
            (0x05, 15, 0, true),
            (0x05, 4, 15, false),
            (0xF0, 0, 0, true),
            (0xF1, 9, 0, false),
            (0xF1, 0, 1, true),
            (0xF1, 0, 15, true),
            (0x53, 0, 2, false),
            (0x53, 0, 3, true),
            (0x53, 0, 5, true),
            (0x53, 0, 6, false),
            (0x44, 0, 3, false),
            (0x44, 0, 4, true),
            (0x44, 0, 5, false),
            (0xEF, 15, 14, false),
            (0xEF, 15, 15, false),
            (0x12, 15, 1, false),
            (0x12, 15, 2, false),
        ] {
            let registers = Registers { mf, df };
            assert_eq!(registers.meet(right), meets, "{right:02X} with {registers:?}");
        }
    }
}
