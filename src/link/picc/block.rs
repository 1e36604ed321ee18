//! The block of ISO/IEC 14443-4 (7.1): PCB, CID, NAD and information field, without the CRC.
//!
//! [`Block::parse`] takes what a frame had before its CRC and refuses what is no block;
//! [`Block::emit`] appends the bytes of a block, and parsing them gives the same block again.

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block<'a> {
    /// What it is for.
    pub kind: Kind,
    /// The CID byte, when there is one: the number below, the power level above.
    pub cid: Option<u8>,
    /// The node addresses; only an I-block can have them.
    pub nad: Option<u8>,
    /// The information field.
    pub inf: &'a [u8],
}

/// What a block is for. The number of a block is 0 or 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// I-block: what the application says.
    Information {
        /// Its number.
        number: bool,
        /// More follows.
        chaining: bool,
    },
    /// R(ACK).
    Ack {
        /// Its number.
        number: bool,
    },
    /// R(NAK).
    Nak {
        /// Its number.
        number: bool,
    },
    /// S(DESELECT).
    Deselect,
    /// S(WTX), whose one byte is the information field.
    WaitingTime,
    /// S(PARAMETERS).
    Parameters,
}

/// What came is no block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a block of ISO/IEC 14443-4")]
pub struct Malformed;

const CHAINING: u8 = 0x10;
const CID_FOLLOWS: u8 = 0x08;
const NAD_FOLLOWS: u8 = 0x04;
const NAK: u8 = 0x10;

impl<'a> Block<'a> {
    /// Reads a block.
    ///
    /// # Errors
    /// [`Malformed`] when a fixed bit of the PCB is wrong, a byte it announces is missing, b6 or b5
    /// of the CID byte is set, or the length of an R- or S-block is not its own.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (&pcb, mut rest) = bytes.split_first().ok_or(Malformed)?;
        let number = pcb & 1 == 1;
        let kind = match pcb & !(CID_FOLLOWS | 1) {
            0x02 | 0x06 | 0x12 | 0x16 => {
                Kind::Information { number, chaining: pcb & CHAINING != 0 }
            }
            0xA2 => Kind::Ack { number },
            0xB2 => Kind::Nak { number },
            0xC2 if !number => Kind::Deselect,
            0xF2 if !number => Kind::WaitingTime,
            0xF0 if !number => Kind::Parameters,
            _ => return Err(Malformed),
        };
        let mut next = || {
            let (&byte, after) = rest.split_first().ok_or(Malformed)?;
            rest = after;
            Ok(byte)
        };
        let cid = if pcb & CID_FOLLOWS != 0 { Some(next()?) } else { None };
        if cid.is_some_and(|cid| cid & 0x30 != 0) {
            return Err(Malformed);
        }
        let information = matches!(kind, Kind::Information { .. });
        let nad = if information && pcb & NAD_FOLLOWS != 0 { Some(next()?) } else { None };
        let fits = match kind {
            Kind::Information { .. } | Kind::Parameters => true,
            Kind::Ack { .. } | Kind::Nak { .. } | Kind::Deselect => rest.is_empty(),
            Kind::WaitingTime => rest.len() == 1,
        };
        if fits { Ok(Self { kind, cid, nad, inf: rest }) } else { Err(Malformed) }
    }

    /// Appends the block's bytes.
    pub fn emit(&self, to: &mut Vec<u8>) {
        let code = match self.kind {
            Kind::Information { number, chaining } => {
                let nad = if self.nad.is_some() { NAD_FOLLOWS } else { 0 };
                0x02 | u8::from(number) | if chaining { CHAINING } else { 0 } | nad
            }
            Kind::Ack { number } => 0xA2 | u8::from(number),
            Kind::Nak { number } => 0xA2 | NAK | u8::from(number),
            Kind::Deselect => 0xC2,
            Kind::WaitingTime => 0xF2,
            Kind::Parameters => 0xF0,
        };
        to.push(code | if self.cid.is_some() { CID_FOLLOWS } else { 0 });
        to.extend(self.cid);
        if matches!(self.kind, Kind::Information { .. }) {
            to.extend(self.nad);
        }
        to.extend_from_slice(self.inf);
    }
}

/// Bytes of information that fit a frame of `frame_bytes` with these fields and a CRC.
#[must_use]
pub const fn inf_bytes_max(frame_bytes: usize, cid: bool, nad: bool) -> usize {
    frame_bytes.saturating_sub(3 + cid as usize + nad as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Result<Block<'_>, Malformed> {
        Block::parse(bytes)
    }

    #[test]
    fn every_pcb_is_a_block_or_none() {
        // The valid PCBs of ISO/IEC 14443-4:2018, 7.1.2, and how many bytes each needs.
        #[rustfmt::skip]
        let valid: &[(u8, usize)] = &[
            (0x02, 1), (0x03, 1), (0x06, 2), (0x07, 2), (0x0A, 2), (0x0B, 2), (0x0E, 3), (0x0F, 3),
            (0x12, 1), (0x13, 1), (0x16, 2), (0x17, 2), (0x1A, 2), (0x1B, 2), (0x1E, 3), (0x1F, 3),
            (0xA2, 1), (0xA3, 1), (0xAA, 2), (0xAB, 2), (0xB2, 1), (0xB3, 1), (0xBA, 2), (0xBB, 2),
            (0xC2, 1), (0xCA, 2), (0xF2, 2), (0xFA, 3), (0xF0, 1), (0xF8, 2),
        ];
        for pcb in 0..=0xFF {
            let bytes = [pcb, 0, 0, 0];
            let least = (0..=3).find(|&len| parsed(&bytes[..len]).is_ok());
            let row = valid.iter().find(|(valid, _)| *valid == pcb).map(|(_, len)| *len);
            assert_eq!(least, row, "PCB {pcb:02X}");
        }
    }

    #[test]
    fn what_is_read_is_written_again() {
        for pcb in 0..=0xFF {
            for len in 0..=4 {
                let bytes = &[pcb, 0xC5, 0x21, 0x33][..len];
                if let Ok(block) = parsed(bytes) {
                    let mut written = Vec::new();
                    block.emit(&mut written);
                    assert_eq!(written, bytes);
                }
            }
        }
    }

    #[test]
    fn lengths_and_the_bits_of_a_cid_are_looked_at() {
        assert_eq!(parsed(&[]), Err(Malformed));
        assert_eq!(parsed(&[0xA2, 0x00]), Err(Malformed));
        assert_eq!(parsed(&[0xC2, 0x00]), Err(Malformed));
        assert_eq!(parsed(&[0xF2, 0x01, 0x00]), Err(Malformed));
        assert_eq!(parsed(&[0x0A, 0x10]), Err(Malformed));
        assert_eq!(parsed(&[0x0A, 0x20]), Err(Malformed));
        assert_eq!(parsed(&[0x0A, 0xC3]).map(|block| block.cid), Ok(Some(0xC3)));
        assert_eq!((inf_bytes_max(16, true, true), inf_bytes_max(256, false, false)), (11, 253));
    }
}
