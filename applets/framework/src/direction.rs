//! Which way the data of a command goes: what a T=0 line has to know from the header alone
//! (ISO/IEC 7816-3:2006, 10.3.2).

use crate::{Class, Ins, class::SecureMessaging};

/// Which way the data of a command goes. A command that takes data and answers some takes it in one
/// TPDU, and GET RESPONSE fetches the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To the card: P3 is Lc, 00 for none.
    In,
    /// From the card: P3 is Le, 00 for 256.
    Out,
    /// The card does not know the command, and asks for no data before it refuses it.
    Unknown,
}

impl Direction {
    /// That of an interindustry instruction (ISO/IEC 7816-4:2020, clause 11). Protected commands
    /// carry their MAC to the card; in the proprietary classes bits 4 and 3 are read as in the
    /// interindustry ones, as all of PBOC's 84, D4 and 04 are meant.
    #[must_use]
    pub const fn of(class: Class, ins: Ins, p1: u8) -> Self {
        let is_protected = match class {
            Class::Proprietary(cla) => cla & 0x0C == 0x04,
            _ => !matches!(class.secure_messaging(), SecureMessaging::None),
        };
        match ins {
            Ins::GET_RESPONSE => Self::Out,
            _ if is_protected => Self::In,
            // It opens a channel and tells its number, or closes one.
            Ins::MANAGE_CHANNEL if p1 == 0x80 => Self::In,
            Ins::MANAGE_CHANNEL
            | Ins::GET_CHALLENGE
            | Ins::READ_BINARY
            | Ins::READ_RECORD
            | Ins::GET_DATA => Self::Out,
            _ if ins.name().is_some() => Self::In,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_direction() {
        let of = |cla, ins, p1| Direction::of(Class::decode(cla), Ins(ins), p1);
        assert_eq!(of(0x00, 0xA4, 0x04), Direction::In);
        assert_eq!(of(0x00, 0xB0, 0x00), Direction::Out);
        assert_eq!(of(0x0C, 0xB0, 0x00), Direction::In, "a MAC goes with it");
        assert_eq!(of(0x04, 0xB0, 0x00), Direction::In);
        assert_eq!(of(0x84, 0xB0, 0x00), Direction::In);
        assert_eq!(of(0x80, 0xCA, 0x00), Direction::Out);
        assert_eq!(of(0x00, 0x70, 0x00), Direction::Out);
        assert_eq!(of(0x00, 0x70, 0x80), Direction::In);
        assert_eq!(of(0x0C, 0xC0, 0x00), Direction::Out);
        assert_eq!(of(0x00, 0x72, 0x00), Direction::Unknown);
        assert_eq!(of(0x04, 0x72, 0x00), Direction::In);
    }
}
