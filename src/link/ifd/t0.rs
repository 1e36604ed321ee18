//! T=0, the reader's side (ISO/IEC 7816-3:2006, clause 10): one TPDU and its procedure bytes.

use super::line::Line;
use crate::link::contact::Timing;

/// Procedure bytes after which a TPDU is given up: what is not data must end.
const PROCEDURE_BYTES_MAX: usize = 10_000;
/// Times a character is sent, or asked for, because its parity was wrong.
const TRIES: usize = 4;

const NULL: u8 = 0x60;

/// Why a TPDU has no status word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum T0Error {
    /// The card was silent longer than the waiting time.
    #[error("the card is silent")]
    Mute,
    /// Neither NULL nor INS nor a status byte.
    #[error("{0:02X} is no procedure byte")]
    Procedure(u8),
    /// The card asks for, or sends, more data than there is.
    #[error("the card goes on where all data has been")]
    TooMuch,
    /// A character came, or went, with a wrong parity each time.
    #[error("parity is wrong each time")]
    Parity,
    /// The card asks for patience without end.
    #[error("the card's answer has no end")]
    Endless,
    /// CLA FF, or INS 6X or 9X: no card could tell it from what it is not.
    #[error("no command on T=0 has CLA {cla:02X} and INS {ins:02X}")]
    Header {
        /// CLA.
        cla: u8,
        /// INS.
        ins: u8,
    },
}

/// The data of a TPDU, one way.
#[derive(Debug)]
pub enum Data<'a> {
    /// To the card, at most 255 bytes; P3 says how many.
    In(&'a [u8]),
    /// From the card, 1 to 256 bytes, appended here.
    Out {
        /// P3, 0 for 256.
        p3: u8,
        /// Where they go.
        into: &'a mut Vec<u8>,
    },
}

/// Sends one TPDU and returns SW1 and SW2.
///
/// # Errors
/// [`T0Error`].
pub fn tpdu(
    line: &mut impl Line,
    timing: &Timing,
    [cla, ins, p1, p2]: [u8; 4],
    data: Data<'_>,
) -> Result<[u8; 2], T0Error> {
    if cla == 0xFF || matches!(ins >> 4, 6 | 9) {
        return Err(T0Error::Header { cla, ins });
    }
    let (p3, mut to_send, mut into, mut to_come) = match data {
        Data::In(bytes) => {
            let bytes = bytes.get(..255).unwrap_or(bytes);
            (bytes.len() as u8, bytes, None, 0)
        }
        Data::Out { p3, into } => (p3, &[][..], Some(into), if p3 == 0 { 256 } else { p3.into() }),
    };
    send(line, timing, &[cla, ins, p1, p2, p3])?;
    for _ in 0..PROCEDURE_BYTES_MAX {
        let procedure = hear(line, timing)?;
        let bytes = match procedure {
            NULL => continue,
            _ if procedure == ins => usize::MAX,
            _ if procedure == !ins => 1,
            _ if matches!(procedure >> 4, 6 | 9) => {
                return Ok([procedure, hear(line, timing)?]);
            }
            _ => return Err(T0Error::Procedure(procedure)),
        };
        match &mut into {
            None => {
                let (now, rest) = to_send.split_at(bytes.min(to_send.len()));
                if now.is_empty() {
                    return Err(T0Error::TooMuch);
                }
                send(line, timing, now)?;
                to_send = rest;
            }
            Some(into) => {
                if to_come == 0 {
                    return Err(T0Error::TooMuch);
                }
                let now = bytes.min(to_come);
                for _ in 0..now {
                    into.push(hear(line, timing)?);
                }
                to_come -= now;
            }
        }
    }
    Err(T0Error::Endless)
}

fn send(line: &mut impl Line, timing: &Timing, bytes: &[u8]) -> Result<(), T0Error> {
    let (mut left, mut tries) = (bytes, 0);
    while tries < TRIES {
        let taken = line.send(left, timing.turn_clk, timing.guard_clk);
        left = left.get(taken..).unwrap_or_default();
        if left.is_empty() {
            return Ok(());
        }
        tries = if taken > 0 { 1 } else { tries + 1 };
    }
    Err(T0Error::Parity)
}

fn hear(line: &mut impl Line, timing: &Timing) -> Result<u8, T0Error> {
    for _ in 0..TRIES {
        let character = line.hear(timing.wwt_clk).ok_or(T0Error::Mute)?;
        if character.parity_ok {
            return Ok(character.byte);
        }
        line.signal_error();
    }
    Err(T0Error::Parity)
}
