//! The class byte (ISO/IEC 7816-4:2020, 5.4.1): chaining, secure messaging, logical channel.

/// What a class byte says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// `000C SSLL`: channels 0 to 3.
    First {
        /// Not the last command of a chain.
        chaining: bool,
        /// Secure messaging indication.
        sm: SecureMessaging,
        /// Logical channel, 0 to 3.
        channel: u8,
    },
    /// `01SC LLLL`: channels 4 to 19.
    Further {
        /// Not the last command of a chain.
        chaining: bool,
        /// Secure messaging indication: none, or with the header not authenticated.
        sm: SecureMessaging,
        /// Logical channel, 4 to 19.
        channel: u8,
    },
    /// `001X XXXX`: reserved for future use.
    Reserved(u8),
    /// `1XXX XXXX` but FF: what the bits mean is the application's business.
    Proprietary(u8),
    /// `FF`: reserved for PPS (ISO/IEC 7816-3:2006, 9.2).
    Invalid,
}

/// Secure messaging indication of a class byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecureMessaging {
    /// No secure messaging.
    None,
    /// A proprietary format (bits 01).
    Proprietary,
    /// ISO format, command header not processed (bits 10).
    HeaderPlain,
    /// ISO format, command header authenticated (bits 11).
    HeaderAuthenticated,
}

impl Class {
    /// Decodes a class byte; every byte has a meaning.
    #[must_use]
    pub const fn decode(cla: u8) -> Self {
        match cla {
            0xFF => Self::Invalid,
            0x80..=0xFE => Self::Proprietary(cla),
            0x20..=0x3F => Self::Reserved(cla),
            0x40..=0x7F => Self::Further {
                chaining: cla & 0x10 != 0,
                sm: if cla & 0x20 != 0 {
                    SecureMessaging::HeaderPlain
                } else {
                    SecureMessaging::None
                },
                channel: 4 + (cla & 0x0F),
            },
            _ => Self::First {
                chaining: cla & 0x10 != 0,
                sm: match (cla >> 2) & 3 {
                    0 => SecureMessaging::None,
                    1 => SecureMessaging::Proprietary,
                    2 => SecureMessaging::HeaderPlain,
                    _ => SecureMessaging::HeaderAuthenticated,
                },
                channel: cla & 3,
            },
        }
    }

    /// The logical channel: proprietary classes speak on the basic channel 0, for which the
    /// standard gives them no bits of their own.
    #[must_use]
    pub const fn channel(self) -> u8 {
        match self {
            Self::First { channel, .. } | Self::Further { channel, .. } => channel,
            _ => 0,
        }
    }

    /// The command is a part of a chain and not its last one.
    #[must_use]
    pub const fn chaining(self) -> bool {
        matches!(self, Self::First { chaining: true, .. } | Self::Further { chaining: true, .. })
    }

    /// Secure messaging indication; none for proprietary classes.
    #[must_use]
    pub const fn secure_messaging(self) -> SecureMessaging {
        match self {
            Self::First { sm, .. } | Self::Further { sm, .. } => sm,
            _ => SecureMessaging::None,
        }
    }

    /// An interindustry class (first or further).
    #[must_use]
    pub const fn is_interindustry(self) -> bool {
        matches!(self, Self::First { .. } | Self::Further { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_byte_decodes_and_channels_stay_in_range() {
        for cla in 0..=u8::MAX {
            let class = Class::decode(cla);
            assert!(class.channel() <= 19);
            assert_eq!(class.is_interindustry(), matches!(cla, 0x00..=0x1F | 0x40..=0x7F));
        }
        assert_eq!(Class::decode(0x4F).channel(), 19);
        assert!(Class::decode(0x10).chaining() && Class::decode(0x50).chaining());
        assert_eq!(Class::decode(0x04).secure_messaging(), SecureMessaging::Proprietary);
        assert_eq!(Class::decode(0x60).secure_messaging(), SecureMessaging::HeaderPlain);
    }
}
