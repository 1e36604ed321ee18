//! CCID messages: what a host asks of a reader, and what the reader answers.
//!
//! Numbers are those of the USB device class "integrated circuit card", which serial readers speak
//! too. A message has ten bytes and data:
//!
//! | bytes | to the reader | to the host |
//! |---|---|---|
//! | 0 | kind | kind |
//! | 1 to 4 | length of the data, least significant byte first | the same |
//! | 5 | slot | slot |
//! | 6 | sequence number | that of the request |
//! | 7 | by kind | status: the card in bits 1 and 2, the command in bits 7 and 8 |
//! | 8 | by kind | error, when the command has failed |
//! | 9 | by kind | by kind |
//!
//! [`Request::new_checked`] is the only way to a request, and no accessor of one can fail.

use super::frame::HEADER_BYTES;

/// What a request asks; unknown kinds survive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(pub u8);

impl Kind {
    /// Change the parameters of the protocol.
    pub const SET_PARAMETERS: Self = Self(0x61);
    /// Give the card power, or reset one that has it.
    pub const ICC_POWER_ON: Self = Self(0x62);
    /// Take power away.
    pub const ICC_POWER_OFF: Self = Self(0x63);
    /// Is there a card, and has it power?
    pub const GET_SLOT_STATUS: Self = Self(0x65);
    /// A PIN entered at the reader.
    pub const SECURE: Self = Self(0x69);
    /// How the reader is to make GET RESPONSE and ENVELOPE, if it makes them.
    pub const T0_APDU: Self = Self(0x6A);
    /// Whatever the maker wants.
    pub const ESCAPE: Self = Self(0x6B);
    /// Tell the parameters of the protocol.
    pub const GET_PARAMETERS: Self = Self(0x6C);
    /// Set them to what they are without a card.
    pub const RESET_PARAMETERS: Self = Self(0x6D);
    /// Stop or start the card's clock.
    pub const ICC_CLOCK: Self = Self(0x6E);
    /// Something for the card.
    pub const XFR_BLOCK: Self = Self(0x6F);
    /// Move a card.
    pub const MECHANICAL: Self = Self(0x71);
    /// Stop what is going on.
    pub const ABORT: Self = Self(0x72);
    /// Set bit rate and clock by hand.
    pub const SET_DATA_RATE: Self = Self(0x73);

    /// The kind of message that answers this one. An unknown one is answered with a slot's status.
    #[must_use]
    pub const fn answered_with(self) -> u8 {
        match self {
            Self::ICC_POWER_ON | Self::XFR_BLOCK | Self::SECURE => 0x80,
            Self::GET_PARAMETERS | Self::RESET_PARAMETERS | Self::SET_PARAMETERS => 0x82,
            Self::ESCAPE => 0x83,
            Self::SET_DATA_RATE => 0x84,
            _ => 0x81,
        }
    }
}

/// A request: a view of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    header: &'a [u8; HEADER_BYTES],
    data: &'a [u8],
}

impl<'a> Request<'a> {
    /// The message in `bytes`, when its length is what it says.
    #[must_use]
    pub fn new_checked(bytes: &'a [u8]) -> Option<Self> {
        let request = Self::of_header(bytes)?;
        (request.says_bytes() == request.data.len() as u64).then_some(request)
    }

    /// A message whose data need not be there.
    #[must_use]
    pub fn of_header(bytes: &'a [u8]) -> Option<Self> {
        let (header, data) = bytes.split_first_chunk()?;
        Some(Self { header, data })
    }

    /// What it asks.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        Kind(self.header[0])
    }

    /// How much data it says that it has, in bytes.
    #[must_use]
    pub fn says_bytes(&self) -> u64 {
        let [_, a, b, c, d, ..] = *self.header;
        u64::from(u32::from_le_bytes([a, b, c, d]))
    }

    /// Which slot is meant.
    #[must_use]
    pub const fn slot(&self) -> u8 {
        self.header[5]
    }

    /// Its number, which the answer repeats.
    #[must_use]
    pub const fn sequence(&self) -> u8 {
        self.header[6]
    }

    /// Its three bytes that mean something by kind.
    #[must_use]
    pub const fn specific(&self) -> [u8; 3] {
        [self.header[7], self.header[8], self.header[9]]
    }

    /// Its data.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// Where the card of a slot is, as bits 1 and 2 of the status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Icc {
    /// There, with power.
    Active = 0,
    /// There, without.
    Inactive = 1,
    /// Not there.
    Absent = 2,
}

/// Why a request has failed; the number is the error of the answer. Below 80 it is the place in the
/// message of what is not accepted, and 00 says that the request itself is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error(pub u8);

impl Error {
    /// The reader does not do this.
    pub const NOT_SUPPORTED: Self = Self(0x00);
    /// The length of the data is not accepted.
    pub const LENGTH: Self = Self(1);
    /// There is no such slot.
    pub const SLOT: Self = Self(5);
    /// The first byte that means something by kind is not accepted.
    pub const SPECIFIC: Self = Self(7);
    /// The first byte of the data, Fi and Di of the protocol, is not.
    pub const FI_DI: Self = Self(10);
    /// The same place in a TPDU.
    pub const CLA: Self = Self(10);
    /// The next one.
    pub const INS: Self = Self(11);
    /// More came from the card than there is room for.
    pub const XFR_OVERRUN: Self = Self(0xFC);
    /// A character from the card had a wrong parity.
    pub const XFR_PARITY_ERROR: Self = Self(0xFD);
    /// The card is not there, has no power or does not answer in time.
    pub const ICC_MUTE: Self = Self(0xFE);
    /// TS is not one of the two.
    pub const BAD_ATR_TS: Self = Self(0xF8);
    /// TCK is wrong.
    pub const BAD_ATR_TCK: Self = Self(0xF7);
    /// The protocol is not one of the reader's.
    pub const PROTOCOL_NOT_SUPPORTED: Self = Self(0xF6);
    /// The card does not work at any voltage that may be given.
    pub const CLASS_NOT_SUPPORTED: Self = Self(0xF5);
    /// A procedure byte that is none.
    pub const PROCEDURE_BYTE_CONFLICT: Self = Self(0xF4);
}

/// An answer, still without slot, sequence number and status.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    /// Byte 9: by kind.
    pub specific: u8,
    /// Its data.
    pub data: Vec<u8>,
}

impl Answer {
    /// An answer that is data.
    #[must_use]
    pub fn of(data: impl Into<Vec<u8>>) -> Self {
        Self { specific: 0, data: data.into() }
    }
}

/// The message that answers `request`.
#[must_use]
pub fn emit(request: &Request<'_>, icc: Icc, outcome: Result<Answer, Error>) -> Vec<u8> {
    let (failed, error, answer) = match outcome {
        Ok(answer) => (0x00, 0x00, answer),
        Err(Error(error)) => (0x40, error, Answer::default()),
    };
    let mut message = Vec::with_capacity(HEADER_BYTES + answer.data.len());
    message.push(request.kind().answered_with());
    message.extend_from_slice(&(answer.data.len() as u32).to_le_bytes());
    message.extend_from_slice(&[request.slot(), request.sequence()]);
    message.extend_from_slice(&[icc as u8 | failed, error, answer.specific]);
    message.extend_from_slice(&answer.data);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_and_answered_byte_for_byte() {
        let bytes = hex::decode("6F0500000002090102037788990011").unwrap();
        let request = Request::new_checked(&bytes).unwrap();
        assert_eq!((request.kind(), request.slot(), request.sequence()), (Kind::XFR_BLOCK, 2, 9));
        assert_eq!(request.specific(), [1, 2, 3]);
        assert_eq!(request.data(), [0x77, 0x88, 0x99, 0x00, 0x11]);
        let answer = emit(&request, Icc::Active, Ok(Answer::of([0x90, 0x00])));
        assert_eq!(hex::encode_upper(answer), "800200000002090000009000");
        let answer = emit(&request, Icc::Absent, Err(Error::ICC_MUTE));
        assert_eq!(hex::encode_upper(answer), "8000000000020942FE00");
    }

    #[test]
    fn a_message_that_does_not_agree_with_its_length_is_no_request() {
        let bytes = hex::decode("6F0500000002090102037788990011").unwrap();
        for cut in 0..bytes.len() {
            assert_eq!(Request::new_checked(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Request::new_checked(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Request::of_header(&bytes[..9]), None);
        assert_eq!(Request::of_header(&bytes[..10]).unwrap().says_bytes(), 5);
    }

    #[test]
    fn every_kind_has_its_answer() {
        let kinds = [0x62, 0x63, 0x65, 0x6F, 0x6C, 0x6D, 0x61, 0x6B, 0x6E, 0x69, 0x72, 0x73, 0x00];
        let answers = kinds.map(|kind| Kind(kind).answered_with());
        let expected =
            [0x80, 0x81, 0x81, 0x80, 0x82, 0x82, 0x82, 0x83, 0x81, 0x80, 0x81, 0x84, 0x81];
        assert_eq!(answers, expected);
    }
}
