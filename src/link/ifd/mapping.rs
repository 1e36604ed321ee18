//! What an APDU becomes on T=0 (ISO/IEC 7816-3:2006, 12.2).
//!
//! The standard lets a reader fetch the answer of a case 4 command by GET RESPONSE after 9000 too.
//! This one does not: a card that has an answer says 61XX.

use super::{
    line::Line,
    t0::{Data, T0Error, tpdu},
};
use crate::link::contact::Timing;

const GET_RESPONSE: u8 = 0xC0;
const ENVELOPE: u8 = 0xC2;
/// Data bytes of one TPDU.
const PART_BYTES_MAX: usize = 255;
/// GET RESPONSE commands for one answer.
const FETCHES_MAX: usize = 65_536;

/// Why an APDU has no answer on T=0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MappingError {
    /// A TPDU failed.
    #[error(transparent)]
    Tpdu(#[from] T0Error),
    /// The bytes are none of the seven cases.
    #[error("the bytes are no command APDU")]
    Malformed,
    /// The card announces more without end.
    #[error("the card's answer has no end")]
    Endless,
}

/// A command APDU by its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Command<'a> {
    header: [u8; 4],
    data: &'a [u8],
    /// Ne; 0 when no answer is expected.
    ne: usize,
    whole: &'a [u8],
}

impl<'a> Command<'a> {
    fn parse(whole: &'a [u8]) -> Option<Self> {
        let (&header, body) = whole.split_first_chunk::<4>()?;
        let short = |le: u8| if le == 0 { 256 } else { usize::from(le) };
        let long = |le: [u8; 2]| match u16::from_be_bytes(le) {
            0 => 65_536,
            le => usize::from(le),
        };
        let (data, ne) = match *body {
            [] => (&[][..], 0),
            [le] => (&[][..], short(le)),
            [0, a, b] => (&[][..], long([a, b])),
            [0, a, b, ref rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(u16::from_be_bytes([a, b])))?;
                match *le {
                    _ if data.is_empty() => return None,
                    [] => (data, 0),
                    [a, b] => (data, long([a, b])),
                    _ => return None,
                }
            }
            [lc, ref rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(lc))?;
                match *le {
                    _ if lc == 0 => return None,
                    [] => (data, 0),
                    [le] => (data, short(le)),
                    _ => return None,
                }
            }
        };
        Some(Self { header, data, ne, whole })
    }

    /// The header of a command about this one, on the same logical channel and nothing more
    /// (ISO/IEC 7816-4:2020, 5.4.1).
    fn about(&self, ins: u8) -> [u8; 4] {
        let [cla, ..] = self.header;
        let channel = if cla & 0xC0 == 0x40 { 0x40 | cla & 0x0F } else { cla & 0x03 };
        [channel, ins, 0, 0]
    }
}

/// Sends an APDU and puts the answer in place of what `response` holds.
///
/// # Errors
/// [`MappingError`].
pub(super) fn exchange(
    line: &mut impl Line,
    timing: &Timing,
    apdu: &[u8],
    response: &mut Vec<u8>,
) -> Result<(), MappingError> {
    response.clear();
    let command = Command::parse(apdu).ok_or(MappingError::Malformed)?;
    let p3 = |ne: usize| if ne < 256 { ne as u8 } else { 0 };
    let status = if command.data.len() > PART_BYTES_MAX {
        envelope(line, timing, &command)?
    } else if !command.data.is_empty() || command.ne == 0 {
        tpdu(line, timing, command.header, Data::In(command.data))?
    } else {
        fetch(line, timing, command.header, p3(command.ne), response)?
    };
    let status = get_response(line, timing, &command, status, response)?;
    response.truncate(command.ne);
    response.extend(status);
    Ok(())
}

/// The whole APDU as the data of ENVELOPE commands; the last one is answered as it would be.
fn envelope(
    line: &mut impl Line,
    timing: &Timing,
    command: &Command<'_>,
) -> Result<[u8; 2], MappingError> {
    let header = command.about(ENVELOPE);
    let mut status = [0x90, 0x00];
    for part in command.whole.chunks(PART_BYTES_MAX) {
        if status != [0x90, 0x00] {
            break;
        }
        status = tpdu(line, timing, header, Data::In(part))?;
    }
    Ok(status)
}

/// Fetches data; after 6CXX once more, with the length the card names.
fn fetch(
    line: &mut impl Line,
    timing: &Timing,
    header: [u8; 4],
    p3: u8,
    response: &mut Vec<u8>,
) -> Result<[u8; 2], MappingError> {
    let before = response.len();
    let status = tpdu(line, timing, header, Data::Out { p3, into: response })?;
    let [0x6C, p3] = status else { return Ok(status) };
    response.truncate(before);
    Ok(tpdu(line, timing, header, Data::Out { p3, into: response })?)
}

/// Fetches what the card announces, as far as it is expected.
fn get_response(
    line: &mut impl Line,
    timing: &Timing,
    command: &Command<'_>,
    mut status: [u8; 2],
    response: &mut Vec<u8>,
) -> Result<[u8; 2], MappingError> {
    for _ in 0..FETCHES_MAX {
        let [0x61, announced] = status else { return Ok(status) };
        let left = command.ne.saturating_sub(response.len());
        if left == 0 {
            return Ok(status);
        }
        let announced = if announced == 0 { 256 } else { usize::from(announced) };
        let p3 = announced.min(left);
        let p3 = if p3 < 256 { p3 as u8 } else { 0 };
        status = fetch(line, timing, command.about(GET_RESPONSE), p3, response)?;
    }
    Err(MappingError::Endless)
}
