//! Command APDUs: the four cases, short and extended (ISO/IEC 7816-3:2006, 12.1; ISO/IEC
//! 7816-4:2020, 5.2).
//!
//! [`Apdu`] is the borrowed view of what came over the line; [`Command`] is what an applet gets.

use crate::{Class, Ins, StatusWord};

/// Bytes of a command header.
const HEADER_BYTES: usize = 4;

/// A command APDU as it came over the line. Parsing copies nothing and accepts exactly the lengths
/// the standard gives a meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Apdu<'a> {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: Ins,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data field; its length is Nc, 0 to 65,535.
    pub data: &'a [u8],
    /// Ne: 0 when Le is absent, at most 256 (short) or 65,536 (extended).
    pub ne: u32,
    /// The length fields are extended ones.
    pub extended: bool,
}

impl<'a> Apdu<'a> {
    /// Reads a command.
    ///
    /// # Errors
    /// 6700 when no case fits the number of bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, StatusWord> {
        let (&[cla, ins, p1, p2], body) =
            bytes.split_first_chunk::<HEADER_BYTES>().ok_or(StatusWord::WRONG_LENGTH)?;
        let (data, ne, extended): (&[u8], u32, bool) = match *body {
            [] => (&[], 0, false),
            [le] => (&[], short_ne(le), false),
            [0, h, l] => (&[], extended_ne(h, l), true),
            [0, h, l, ref rest @ ..] => {
                let nc = usize::from(u16::from_be_bytes([h, l]));
                let (data, le) = rest.split_at_checked(nc).ok_or(StatusWord::WRONG_LENGTH)?;
                match *le {
                    _ if nc == 0 => return Err(StatusWord::WRONG_LENGTH),
                    [] => (data, 0, true),
                    [h, l] => (data, extended_ne(h, l), true),
                    _ => return Err(StatusWord::WRONG_LENGTH),
                }
            }
            [lc, ref rest @ ..] => {
                let (data, le) =
                    rest.split_at_checked(usize::from(lc)).ok_or(StatusWord::WRONG_LENGTH)?;
                match *le {
                    _ if lc == 0 => return Err(StatusWord::WRONG_LENGTH),
                    [] => (data, 0, false),
                    [le] => (data, short_ne(le), false),
                    _ => return Err(StatusWord::WRONG_LENGTH),
                }
            }
        };
        Ok(Self { cla, ins: Ins(ins), p1, p2, data, ne, extended })
    }

    /// The case: 1 nothing, 2 Le, 3 Lc and data, 4 both.
    #[must_use]
    pub const fn case(&self) -> u8 {
        match (self.data.is_empty(), self.ne) {
            (true, 0) => 1,
            (true, _) => 2,
            (false, 0) => 3,
            (false, _) => 4,
        }
    }
}

const fn short_ne(le: u8) -> u32 {
    if le == 0 { 256 } else { le as u32 }
}

const fn extended_ne(h: u8, l: u8) -> u32 {
    match u16::from_be_bytes([h, l]) {
        0 => 65_536,
        ne => ne as u32,
    }
}

/// How the card is being read. The answer of some applications differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interface {
    /// Contacts, ISO/IEC 7816-3.
    Contact,
    /// ISO/IEC 14443 Type A.
    ContactlessA,
    /// ISO/IEC 14443 Type B.
    ContactlessB,
}

impl Interface {
    /// Without contacts, Type A or B.
    #[must_use]
    pub const fn is_contactless(self) -> bool {
        matches!(self, Self::ContactlessA | Self::ContactlessB)
    }
}

/// A command as an applet gets it: chains joined, channel open, class bits accounted for.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The class, decoded.
    pub class: Class,
    /// Instruction.
    pub ins: Ins,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data field; of a chain, all parts joined.
    pub data: &'a [u8],
    /// Ne, 0 when no response data is expected.
    pub ne: u32,
    /// Le was all zeros: whatever there is, up to [`ne`](Self::ne) bytes.
    pub ne_is_maximum: bool,
    /// How the card is being read.
    pub interface: Interface,
}

impl Command<'_> {
    /// P1-P2 as one number.
    #[must_use]
    pub const fn p1p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bytes_ending_in_zero_are_case_2_and_not_a_broken_extended_one() {
        let apdu = Apdu::parse(&[0, 0xB0, 0, 0, 0]).unwrap();
        assert_eq!((apdu.case(), apdu.ne, apdu.extended), (2, 256, false));
    }

    #[test]
    fn every_length_up_to_the_longest_is_a_case_or_6700() {
        let mut bytes = [0; 70_000];
        bytes[1] = 0xD6;
        for fifth in [0, 1, 5, 255] {
            bytes[4] = fifth;
            for end in (0..300).chain([65_535, 65_542, 65_543, 65_544, 65_545, 70_000]) {
                match Apdu::parse(&bytes[..end]) {
                    Ok(apdu) => assert!(apdu.data.len() < end || end == 4),
                    Err(status) => assert_eq!(status, StatusWord::WRONG_LENGTH),
                }
            }
        }
    }
}
