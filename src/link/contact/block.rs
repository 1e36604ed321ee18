//! A block of T=1 (ISO/IEC 7816-3:2006, 11.3): NAD, PCB, LEN, information, check.
//!
//! [`Block::new_checked`] sees that all of a block is there and its check is right; after it no
//! accessor panics. [`Repr::parse`] gives it meaning, and [`Repr::emit`] writes what it means.
//! A block that is refused is refused for one of two reasons, which an R-block can tell.

use crate::link::crc;

/// Information bytes of a block at most.
pub const INFORMATION_BYTES_MAX: usize = 254;
/// Bytes of a block at most, with a CRC. One more than any valid block has: LEN FF, which is
/// reserved, is still received whole.
pub const BLOCK_BYTES_MAX: usize = 3 + 255 + 2;

/// The check of a block (11.3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Edc {
    /// One byte.
    #[default]
    Lrc,
    /// Two bytes. The standard leaves no doubt about the polynomial; of the rest no card's log was
    /// found, so it is a setting. Both false is what the one open reader stack does, both true the
    /// letter of ISO/IEC 13239. An answer to reset does not say which it is.
    Crc {
        /// The register is sent complemented.
        complemented: bool,
        /// The low byte is sent first.
        low_first: bool,
    },
}

impl Edc {
    /// Bytes of it.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Lrc => 1,
            Self::Crc { .. } => 2,
        }
    }

    /// Every way to send a CRC.
    pub(in crate::link) const CRCS: [Self; 4] = [
        Self::Crc { complemented: false, low_first: false },
        Self::Crc { complemented: true, low_first: true },
        Self::Crc { complemented: false, low_first: true },
        Self::Crc { complemented: true, low_first: false },
    ];

    fn crc(complemented: bool, low_first: bool, bytes: &[u8]) -> [u8; 2] {
        let [high, low] = crc::crc_t1(bytes).map(|byte| if complemented { !byte } else { byte });
        if low_first { [low, high] } else { [high, low] }
    }

    fn is_right(self, block: &[u8]) -> bool {
        match self {
            Self::Lrc => crc::lrc(block) == 0,
            Self::Crc { complemented, low_first } => block
                .split_last_chunk::<2>()
                .is_some_and(|(bytes, check)| *check == Self::crc(complemented, low_first, bytes)),
        }
    }

    fn append(self, block: &mut Vec<u8>) {
        match self {
            Self::Lrc => block.push(crc::lrc(block)),
            Self::Crc { complemented, low_first } => {
                block.extend(Self::crc(complemented, low_first, block));
            }
        }
    }
}

/// Why a block is not taken, as an R-block tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The check, or the parity of a character, is wrong.
    Check,
    /// Anything else.
    Other,
}

/// A block as bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block<T: AsRef<[u8]>> {
    buffer: T,
    information_bytes: usize,
}

impl<T: AsRef<[u8]>> Block<T> {
    /// A view of exactly one whole block.
    ///
    /// # Errors
    /// [`Refusal::Check`] when its check is wrong, [`Refusal::Other`] when it has not the bytes
    /// that LEN says or LEN is FF.
    pub fn new_checked(buffer: T, edc: Edc) -> Result<Self, Refusal> {
        let bytes = buffer.as_ref();
        let &[_, _, len, ..] = bytes else { return Err(Refusal::Other) };
        let information_bytes = usize::from(len);
        if bytes.len() != 3 + information_bytes + edc.bytes() {
            return Err(Refusal::Other);
        }
        if !edc.is_right(bytes) {
            return Err(Refusal::Check);
        }
        if information_bytes > INFORMATION_BYTES_MAX {
            return Err(Refusal::Other);
        }
        Ok(Self { buffer, information_bytes })
    }

    /// NAD.
    #[must_use]
    pub fn nad(&self) -> u8 {
        self.byte(0)
    }

    /// PCB.
    #[must_use]
    pub fn pcb(&self) -> u8 {
        self.byte(1)
    }

    /// INF, as long as LEN says.
    #[must_use]
    pub fn information(&self) -> &[u8] {
        self.buffer.as_ref().get(3..3 + self.information_bytes).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> u8 {
        self.buffer.as_ref().get(at).copied().unwrap_or_default()
    }
}

/// What an S-block is about; a request or a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Supervision {
    /// Both numbers become 0 again.
    Resynch,
    /// Whoever asks takes information of so many bytes, 1 to 254.
    Ifs(u8),
    /// The chain is given up.
    Abort,
    /// The card needs so many block waiting times, 1 to 255.
    Wtx(u8),
}

/// What a block means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repr<'a> {
    /// A part of an APDU.
    I {
        /// N(S), 0 or 1.
        number: u8,
        /// More parts follow.
        more: bool,
        /// The part, at most 254 bytes.
        information: &'a [u8],
    },
    /// An acknowledgement or a request to send again, by the number and not by the refusal.
    R {
        /// N(R), 0 or 1: the number of the I-block expected.
        number: u8,
        /// What was wrong with the last block.
        refusal: Option<Refusal>,
    },
    /// S(... request).
    Request(Supervision),
    /// S(... response).
    Response(Supervision),
}

impl<'a> Repr<'a> {
    /// What a block means.
    ///
    /// # Errors
    /// [`Refusal::Other`] when its PCB is reserved, or its information does not go with it.
    pub fn parse<T: AsRef<[u8]> + ?Sized>(block: &'a Block<&'a T>) -> Result<Self, Refusal> {
        let (pcb, information) = (block.pcb(), block.information());
        match pcb {
            0x00 | 0x20 | 0x40 | 0x60 => {
                Ok(Self::I { number: pcb >> 6, more: pcb & 0x20 != 0, information })
            }
            0x80..=0x82 | 0x90..=0x92 if information.is_empty() => {
                let refusal = match pcb & 0x0F {
                    0 => None,
                    1 => Some(Refusal::Check),
                    _ => Some(Refusal::Other),
                };
                Ok(Self::R { number: pcb >> 4 & 1, refusal })
            }
            0xC0..=0xFF => {
                let about = match (pcb & 0x1F, information) {
                    (0, []) => Supervision::Resynch,
                    (1, &[bytes @ 1..=254]) => Supervision::Ifs(bytes),
                    (2, []) => Supervision::Abort,
                    (3, &[multiplier @ 1..=255]) => Supervision::Wtx(multiplier),
                    _ => return Err(Refusal::Other),
                };
                Ok(if pcb & 0x20 == 0 { Self::Request(about) } else { Self::Response(about) })
            }
            _ => Err(Refusal::Other),
        }
    }

    /// Bytes of the block.
    #[must_use]
    pub fn buffer_len(&self, edc: Edc) -> usize {
        let information = match self {
            Self::I { information, .. } => information.len().min(INFORMATION_BYTES_MAX),
            Self::R { .. } => 0,
            Self::Request(about) | Self::Response(about) => match about {
                Supervision::Resynch | Supervision::Abort => 0,
                Supervision::Ifs(_) | Supervision::Wtx(_) => 1,
            },
        };
        3 + information + edc.bytes()
    }

    /// Writes the block in place of what `block` holds. Information beyond 254 bytes is left out.
    pub fn emit(&self, nad: u8, edc: Edc, block: &mut Vec<u8>) {
        block.clear();
        match *self {
            Self::I { number, more, information } => {
                let information = information.get(..INFORMATION_BYTES_MAX).unwrap_or(information);
                let pcb = (number & 1) << 6 | u8::from(more) << 5;
                block.extend([nad, pcb, information.len() as u8]);
                block.extend_from_slice(information);
            }
            Self::R { number, refusal } => {
                let why = match refusal {
                    None => 0,
                    Some(Refusal::Check) => 1,
                    Some(Refusal::Other) => 2,
                };
                block.extend([nad, 0x80 | (number & 1) << 4 | why, 0]);
            }
            Self::Request(about) => supervise(nad, 0xC0, about, block),
            Self::Response(about) => supervise(nad, 0xE0, about, block),
        }
        edc.append(block);
    }
}

fn supervise(nad: u8, pcb: u8, about: Supervision, block: &mut Vec<u8>) {
    match about {
        Supervision::Resynch => block.extend([nad, pcb, 0]),
        Supervision::Ifs(bytes) => block.extend([nad, pcb | 1, 1, bytes]),
        Supervision::Abort => block.extend([nad, pcb | 2, 0]),
        Supervision::Wtx(multiplier) => block.extend([nad, pcb | 3, 1, multiplier]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRC: Edc = Edc::Crc { complemented: false, low_first: false };

    fn read(bytes: &[u8], edc: Edc, judge: impl Fn(Result<Repr<'_>, Refusal>)) {
        match Block::new_checked(bytes, edc) {
            Ok(block) => judge(Repr::parse(&block)),
            Err(refusal) => judge(Err(refusal)),
        }
    }

    /// Blocks a widespread reader exchanges with a card.
    #[test]
    fn blocks_mean_what_they_should_and_are_written_the_same_again() {
        use Supervision::{Abort, Ifs, Resynch, Wtx};
        #[rustfmt::skip]
        let blocks: &[(&str, Repr<'_>)] = &[
            ("00C101FE3E", Repr::Request(Ifs(254))),
            ("00E101FE1E", Repr::Response(Ifs(254))),
            ("000004000A90009E", Repr::I { number: 0, more: false, information: &[0x00, 0x0A, 0x90, 0x00] }),
            ("00400A00A404000548454C4C4FAD", Repr::I { number: 1, more: false, information: b"\x00\xA4\x04\x00\x05HELLO" }),
            ("00200100 21", Repr::I { number: 0, more: true, information: &[0] }),
            ("00600061 00", Repr::I { number: 1, more: true, information: &[] }),
            ("00900090", Repr::R { number: 1, refusal: None }),
            ("00800080", Repr::R { number: 0, refusal: None }),
            ("00810081", Repr::R { number: 0, refusal: Some(Refusal::Check) }),
            ("00920092", Repr::R { number: 1, refusal: Some(Refusal::Other) }),
            ("00E30102E0", Repr::Response(Wtx(2))),
            ("00C30102C0", Repr::Request(Wtx(2))),
            ("00C000C0", Repr::Request(Resynch)),
            ("00E000E0", Repr::Response(Resynch)),
            ("00C200C2", Repr::Request(Abort)),
            ("00E200E2", Repr::Response(Abort)),
        ];
        for (text, repr) in blocks {
            let mut bytes = hex::decode(text.replace(' ', "")).unwrap();
            if text.starts_with("006000") {
                bytes = vec![0x00, 0x60, 0x00, 0x60];
            }
            read(&bytes, Edc::Lrc, |read| assert_eq!(read, Ok(*repr), "{text}"));
            let mut written = Vec::new();
            repr.emit(0, Edc::Lrc, &mut written);
            assert_eq!(written, bytes);
            assert_eq!(repr.buffer_len(Edc::Lrc), bytes.len());
        }
    }

    #[test]
    fn a_wrong_check_is_told_from_all_else_that_is_wrong() {
        let refused = |bytes: &[u8], why| read(bytes, Edc::Lrc, |read| assert_eq!(read, Err(why)));
        refused(&[0x00, 0x80, 0x00, 0x81], Refusal::Check);
        refused(&[0x00, 0x80, 0x00], Refusal::Other);
        refused(&[0x00, 0x80, 0x00, 0x80, 0x00], Refusal::Other);
        refused(&[], Refusal::Other);
    }

    #[test]
    fn what_is_reserved_is_refused() {
        for pcb in 0..=255u8 {
            for information in [&[][..], &[0x01][..], &[0x00][..], &[0xFF][..], &[0x01, 0x01][..]] {
                let mut bytes = vec![0x00, pcb, information.len() as u8];
                bytes.extend(information);
                bytes.push(crc::lrc(&bytes));
                let taken = matches!(
                    (pcb, information),
                    (0x00 | 0x20 | 0x40 | 0x60, _)
                        | (0x80 | 0x81 | 0x82 | 0x90 | 0x91 | 0x92, [])
                        | (0xC0 | 0xE0 | 0xC2 | 0xE2, [])
                        | (0xC1 | 0xE1, [0x01])
                        | (0xC3 | 0xE3, [0x01 | 0xFF])
                );
                read(&bytes, Edc::Lrc, |read| {
                    assert_eq!(read.is_ok(), taken, "{pcb:02X} {information:02X?}");
                    assert!(taken || read == Err(Refusal::Other));
                });
            }
        }
    }

    #[test]
    fn len_ff_is_refused_though_the_block_is_whole() {
        let mut bytes = vec![0; 258];
        bytes[2] = 0xFF;
        bytes.push(0xFF);
        read(&bytes, Edc::Lrc, |read| assert_eq!(read, Err(Refusal::Other)));
    }

    #[test]
    fn a_crc_is_two_bytes_in_four_ways() {
        let repr = Repr::R { number: 0, refusal: None };
        let mut ways = Vec::new();
        for (complemented, low_first) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            let edc = Edc::Crc { complemented, low_first };
            let mut written = Vec::new();
            repr.emit(0, edc, &mut written);
            assert_eq!(written.len(), repr.buffer_len(edc));
            read(&written, edc, |read| assert_eq!(read, Ok(repr)));
            let last = written.len() - 1;
            written[last] ^= 1;
            read(&written, edc, |read| assert_eq!(read, Err(Refusal::Check)));
            ways.push(written);
        }
        ways.dedup();
        assert_eq!(ways.len(), 4);
        assert_eq!(CRC.bytes(), 2);
    }
}
