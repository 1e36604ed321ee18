//! Protected messages: pure functions on bytes, for the card and for whoever speaks to it.
//!
//! | module | what it answers |
//! |---|---|
//! | [`line`](mod@line) | line protection of FMCOS cards: checksum, cryptogram, both directions |
//! | [`pin`] | the data fields of FMCOS PIN maintenance |
//! | [`iso`] | secure messaging with data objects, ISO/IEC 7816-4 |
//! | [`social_security`] | authenticators and protected commands of social-security cards |
//!
//! Nothing here reads memory, counts or keeps a challenge. Who calls takes a try before it calls,
//! uses a challenge up, and chooses the status word of a [`Refusal`].

pub mod iso;
pub mod line;
pub mod pin;
pub mod social_security;

use tessera_framework::{Class, Command, StatusWord, class::SecureMessaging, pin::forget};

pub use line::{Line, Protection};

/// Why a protected message is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// What protects it is not there. Nothing has been compared, so nothing need be counted.
    Missing,
    /// The checksum is not right.
    Checksum,
    /// The checksum is right or not yet looked at, but what it protects is not built by the rules:
    /// a cryptogram that is not whole blocks, a length byte, a padding, a data object.
    Content,
    /// It is longer than the form, or the place it goes to, has room for.
    TooLong,
}

impl Refusal {
    /// The status word: 6987 for what is missing, 6700 for what is too long, `wrong` for the rest.
    ///
    /// `wrong` is 6988 for file, PIN and block commands and for data objects; FMCOS answers 9302 on
    /// key commands and in transactions.
    #[must_use]
    pub const fn status(self, wrong: StatusWord) -> StatusWord {
        match self {
            Self::Missing => StatusWord::SM_OBJECTS_MISSING,
            Self::Checksum | Self::Content => wrong,
            Self::TooLong => StatusWord::WRONG_LENGTH,
        }
    }
}

/// Most bytes of a [`Message`]: a short command, or a cryptogram with its checksum.
pub const MESSAGE_BYTES_MAX: usize = 264;

/// A short message in a place of its own, forgotten when it goes.
pub struct Message {
    bytes: [u8; MESSAGE_BYTES_MAX],
    length: usize,
}

impl Message {
    const fn new() -> Self {
        Self { bytes: [0; MESSAGE_BYTES_MAX], length: 0 }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.length + bytes.len();
        self.bytes.get_mut(self.length..end)?.copy_from_slice(bytes);
        self.length = end;
        Some(())
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        forget(&mut self.bytes);
    }
}

/// The header of a command as it was sent.
#[must_use]
pub const fn header_bytes(command: &Command<'_>) -> [u8; 4] {
    [class_byte(command.class), command.ins.0, command.p1, command.p2]
}

/// The byte a class was decoded from.
#[must_use]
pub const fn class_byte(class: Class) -> u8 {
    match class {
        Class::First { chaining, sm, channel } => {
            let sm = match sm {
                SecureMessaging::None => 0,
                SecureMessaging::Proprietary => 1,
                SecureMessaging::HeaderPlain => 2,
                SecureMessaging::HeaderAuthenticated => 3,
            };
            (chaining as u8) << 4 | sm << 2 | channel & 3
        }
        Class::Further { chaining, sm, channel } => {
            let sm = !matches!(sm, SecureMessaging::None) as u8;
            0x40 | sm << 5 | (chaining as u8) << 4 | channel.wrapping_sub(4) & 0x0F
        }
        Class::Reserved(byte) | Class::Proprietary(byte) => byte,
        Class::Invalid => 0xFF,
    }
}

#[cfg(test)]
mod tests;
