//! Commands of a PN532: code and parameters by meaning, and the codes its responses carry.
//!
//! The forms are those two public host libraries (libnfc, nfcpy) send and documents on the chip
//! describe. A code or form that is not here is answered with the error frame. So are the commands
//! by which the chip would be a card itself (TgInitAsTarget and the rest of them), and
//! RFRegulationTest: this reader is a reader alone.

/// A command. A command with more parameters than it has takes the first ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command<'a> {
    /// 00: a test of the chip, and its parameters.
    Diagnose(u8, &'a [u8]),
    /// 02.
    GetFirmwareVersion,
    /// 04.
    GetGeneralStatus,
    /// 06: addresses, high byte first.
    ReadRegister(&'a [[u8; 2]]),
    /// 08: addresses, high byte first, each with a value.
    WriteRegister(&'a [[u8; 3]]),
    /// 0C.
    ReadGpio,
    /// 0E.
    WriteGpio,
    /// 10: a rate from 9,600 baud (00) to 1,288,000 (08), which nothing depends on here.
    SetSerialBaudRate,
    /// 12: see [`flag`].
    SetParameters(u8),
    /// 14: in every mode the chip works as without a SAM.
    SamConfiguration,
    /// 16.
    PowerDown,
    /// 32.
    RfConfiguration(RfItem),
    /// 40.
    InDataExchange {
        /// Target, 1 or 2.
        target: u8,
        /// More of the same command follows.
        more: bool,
        /// To the card.
        data: &'a [u8],
    },
    /// 42: a frame as it stands, by the registers alone.
    InCommunicateThru(&'a [u8]),
    /// 44: a target, 0 for all.
    InDeselect(u8),
    /// 52: a target, 0 for all.
    InRelease(u8),
    /// 54: a target.
    InSelect(u8),
    /// 4A.
    InListPassiveTarget {
        /// Most targets to be found, 1 or 2.
        most: u8,
        /// What is looked for.
        kind: Kind,
        /// Type A: a UID with its cascade tags; Type B: AFI and the method of polling.
        data: &'a [u8],
    },
    /// 60: rounds (FF without end), pause between two in units of 150 ms, what is looked for.
    InAutoPoll {
        /// Rounds, FF: without end.
        rounds: u8,
        /// Pause between two, in units of 150 ms.
        period: u8,
        /// What is looked for, in this order: target types of the chip's own numbering.
        types: &'a [u8],
    },
    /// 46 and 56: a target of ISO/IEC 18092, of which there are none.
    InJump,
    /// 4E and 50: a target that is to be activated or given other rates by hand.
    InActivate(u8),
}

/// What a search looks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// ISO/IEC 14443 Type A, fc/128.
    A,
    /// ISO/IEC 14443 Type B, fc/128.
    B,
    /// FeliCa or Jewel: no such card is ever found.
    Stranger,
}

/// What RFConfiguration sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RfItem {
    /// 01: field on.
    Field(bool),
    /// 02: how long to wait for what InCommunicateThru and InDataExchange send, as the chip codes
    /// it: 100 us doubled n − 1 times, 0 for no end.
    Timing {
        /// The code, 0 to 16.
        wait: u8,
    },
    /// 04: how often InDataExchange is tried again.
    RetriesOfExchange(u8),
    /// 05: how often a search is tried again, FF without end.
    RetriesOfSearch(u8),
    /// 0A to 0D: settings of the antenna, which nothing depends on here.
    Analog,
}

/// Bits of SetParameters.
pub mod flag {
    /// Targets get a CID, which is their number.
    pub const DID_USED: u8 = 0x02;
    /// A card of Type A that has part 4 is activated when it is found.
    pub const AUTOMATIC_RATS: u8 = 0x10;
    /// Frames to the host have neither preamble nor postamble.
    pub const BARE_FRAMES: u8 = 0x40;
}

/// Status codes in responses; those that can come about here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// All is well.
    Fine = 0x00,
    /// The card has not answered in time.
    TimeOut = 0x01,
    /// The CRC of what was heard is wrong.
    Crc = 0x02,
    /// A parity bit is wrong.
    Parity = 0x03,
    /// The frame has no whole number of bytes, or was cut.
    Framing = 0x05,
    /// Cards have collided.
    Collision = 0x06,
    /// More data than there is room for.
    Overflow = 0x0E,
    /// The card does not follow the protocol.
    Protocol = 0x0B,
    /// What was heard has a wrong form.
    Format = 0x13,
    /// There is no such target, or the command is not for its state.
    NotAcceptable = 0x27,
}

/// The code or form is none of those the chip knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a command of this chip, or not its form")]
pub struct SyntaxError;

impl<'a> Command<'a> {
    /// Reads a command: its code, then its parameters.
    ///
    /// # Errors
    /// [`SyntaxError`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, SyntaxError> {
        let (&code, parameters) = bytes.split_first().ok_or(SyntaxError)?;
        let first = parameters.first().copied().ok_or(SyntaxError);
        let rest = parameters.get(1..).unwrap_or_default();
        Ok(match code {
            0x00 if matches!(first?, 0..=2 | 4..=7) => Self::Diagnose(first?, rest),
            0x02 => Self::GetFirmwareVersion,
            0x04 => Self::GetGeneralStatus,
            0x06 => Self::ReadRegister(whole(parameters)?),
            0x08 => Self::WriteRegister(whole(parameters)?),
            0x0C => Self::ReadGpio,
            0x0E if parameters.len() >= 2 => Self::WriteGpio,
            0x10 if first? <= 8 => Self::SetSerialBaudRate,
            0x12 => Self::SetParameters(first?),
            0x14 if (1..=4).contains(&first?) => Self::SamConfiguration,
            0x16 => first.map(|_| Self::PowerDown)?,
            0x32 => Self::RfConfiguration(item(first?, rest)?),
            0x40 => {
                let (target, more) = (first? & 0x3F, first? & 0x40 != 0);
                Self::InDataExchange { target, more, data: rest }
            }
            0x42 => Self::InCommunicateThru(parameters),
            0x44 => Self::InDeselect(first?),
            0x52 => Self::InRelease(first?),
            0x54 => Self::InSelect(first?),
            0x4A => search(parameters)?,
            0x60 => poll(parameters)?,
            0x46 | 0x56 if parameters.len() >= 3 => Self::InJump,
            0x4E if parameters.len() >= 3 => Self::InActivate(first?),
            0x50 if parameters.len() >= 2 => Self::InActivate(first?),
            _ => return Err(SyntaxError),
        })
    }
}

/// All of `bytes` in pieces of `N`, at least one.
fn whole<const N: usize>(bytes: &[u8]) -> Result<&[[u8; N]], SyntaxError> {
    match bytes.as_chunks() {
        (pieces @ [_, ..], []) => Ok(pieces),
        _ => Err(SyntaxError),
    }
}

fn item(item: u8, values: &[u8]) -> Result<RfItem, SyntaxError> {
    Ok(match (item, values) {
        (0x01, &[field]) => RfItem::Field(field & 1 == 1),
        (0x02, &[_, _, wait @ 0..=16]) => RfItem::Timing { wait },
        (0x04, &[retries]) => RfItem::RetriesOfExchange(retries),
        (0x05, &[_, _, retries]) => RfItem::RetriesOfSearch(retries),
        (0x0A, values) if values.len() == 11 => RfItem::Analog,
        (0x0B, values) if values.len() == 8 => RfItem::Analog,
        (0x0C, values) if values.len() == 3 => RfItem::Analog,
        (0x0D, values) if values.len() == 9 => RfItem::Analog,
        _ => return Err(SyntaxError),
    })
}

fn search(parameters: &[u8]) -> Result<Command<'_>, SyntaxError> {
    let (most, kind, data) = match *parameters {
        [most @ 1..=2, 0x00, ref uid @ ..] if matches!(uid.len(), 0 | 4 | 7 | 8 | 10 | 12) => {
            (most, Kind::A, uid)
        }
        [most @ 1..=2, 0x01 | 0x02, ref request @ ..] if request.len() == 5 => {
            (most, Kind::Stranger, request)
        }
        [most @ 1..=2, 0x03, ref afi @ ..] if (1..=2).contains(&afi.len()) => (most, Kind::B, afi),
        [1, 0x04, ref nothing @ ..] => (1, Kind::Stranger, nothing),
        _ => return Err(SyntaxError),
    };
    Ok(Command::InListPassiveTarget { most, kind, data })
}

fn poll(parameters: &[u8]) -> Result<Command<'_>, SyntaxError> {
    match *parameters {
        [rounds, period @ 1..=15, ref types @ ..]
            if rounds > 0
                && (1..=15).contains(&types.len())
                && types.iter().all(|of| kind(*of).is_some()) =>
        {
            Ok(Command::InAutoPoll { rounds, period, types })
        }
        _ => Err(SyntaxError),
    }
}

/// What a target type of InAutoPoll looks for.
#[must_use]
pub fn kind(target_type: u8) -> Option<Kind> {
    match target_type {
        0x00 | 0x10 | 0x20 => Some(Kind::A),
        0x03 | 0x23 => Some(Kind::B),
        0x01 | 0x02 | 0x04 | 0x11 | 0x12 | 0x40..=0x42 | 0x80..=0x82 => Some(Kind::Stranger),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Command<'static>, SyntaxError> {
        Command::read(hex::decode(text.replace(' ', "")).unwrap().leak())
    }

    /// What libnfc 1.8.0 and nfcpy 1.0.4 send.
    #[test]
    fn what_the_libraries_send_is_understood() {
        use Command as C;
        let search = |most, kind, data| C::InListPassiveTarget { most, kind, data };
        for (text, expected) in [
            ("00 00 6C 69 62 6E 66 63", C::Diagnose(0, b"libnfc")),
            ("02", C::GetFirmwareVersion),
            ("14 01", C::SamConfiguration),
            ("14 01 00 00", C::SamConfiguration),
            ("10 07", C::SetSerialBaudRate),
            ("12 14", C::SetParameters(flag::AUTOMATIC_RATS | 0x04)),
            ("06 63 02 63 03", C::ReadRegister(&[[0x63, 0x02], [0x63, 0x03]])),
            ("08 63 02 80", C::WriteRegister(&[[0x63, 0x02, 0x80]])),
            ("32 01 01", C::RfConfiguration(RfItem::Field(true))),
            ("32 01 02", C::RfConfiguration(RfItem::Field(false))),
            ("32 02 0A 0B 08", C::RfConfiguration(RfItem::Timing { wait: 8 })),
            ("32 04 00", C::RfConfiguration(RfItem::RetriesOfExchange(0))),
            ("32 05 FF FF FF", C::RfConfiguration(RfItem::RetriesOfSearch(0xFF))),
            ("32 0A 59 F4 3F 11 4D 85 61 6F 26 62 87", C::RfConfiguration(RfItem::Analog)),
            ("32 0B 69 FF 3F 11 41 85 61 6F", C::RfConfiguration(RfItem::Analog)),
            ("32 0C FF 04 85", C::RfConfiguration(RfItem::Analog)),
            ("32 0D 85 15 8A 85 08 B2 85 01 DA", C::RfConfiguration(RfItem::Analog)),
            ("4A 01 00", search(1, Kind::A, &[])),
            ("4A 02 00", search(2, Kind::A, &[])),
            ("4A 01 00 12 34 56 78", search(1, Kind::A, &[0x12, 0x34, 0x56, 0x78])),
            ("4A 01 01 00 FF FF 01 00", search(1, Kind::Stranger, &[0, 0xFF, 0xFF, 1, 0])),
            ("4A 01 03 00", search(1, Kind::B, &[0])),
            ("4A 01 04", search(1, Kind::Stranger, &[])),
            ("40 41 00 A4", C::InDataExchange { target: 1, more: true, data: &[0x00, 0xA4] }),
            ("42 E0 50", C::InCommunicateThru(&[0xE0, 0x50])),
            ("44 00", C::InDeselect(0)),
            ("60 14 02 20 10", C::InAutoPoll { rounds: 20, period: 2, types: &[0x20, 0x10] }),
            ("16 F0", C::PowerDown),
            ("16 B0 00", C::PowerDown),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_codes_and_forms_are_refused() {
        for text in [
            "00",
            "00 03",
            "00 08",
            "06",
            "06 63",
            "08 63 02",
            "0E 00",
            "10",
            "10 09",
            "12",
            "14",
            "14 00",
            "14 05",
            "16",
            "32",
            "32 01",
            "32 03 00",
            "32 02 00 00",
            "32 02 00 00 11",
            "32 04",
            "32 05 00",
            "32 0A 00",
            "32 0D 00",
            "40",
            "44",
            "4A",
            "4A 01",
            "4A 00 00",
            "4A 03 00",
            "4A 01 05",
            "4A 01 00 12",
            "4A 01 01",
            "4A 01 03",
            "4A 02 04",
            "52",
            "54",
            "60 01 01",
            "60 00 01 00",
            "60 01 00 00",
            "60 01 10 00",
            "60 01 01 05",
            "46 00",
            "56 00 00",
            "4E 01",
            "50 01",
            "58 00",
            "8C",
            "86",
            "88",
            "8A",
            "8E 00",
            "90 00",
            "92 00",
            "94 00",
            "18",
            "FF",
        ] {
            assert_eq!(read(text), Err(SyntaxError), "{text}");
        }
        assert_eq!(Command::read(&[]), Err(SyntaxError));
    }
}
