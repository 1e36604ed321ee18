//! Datagrams of nfcpy's driver `udp`, as nfcpy 1.0.4 sends and takes them.
//!
//! A datagram is text: bit rate and technology, a space, the bytes of a frame in hexadecimal; or
//! the word RFOFF. `106A 26` is REQA, `106A 4400` an ATQA.
//!
//! * The bytes are a frame's without its CRC: the driver neither makes nor checks one.
//! * One byte 26 or 52 is a short frame; a bit-oriented frame is known by its NVB.
//! * A datagram without bytes (`106A` alone) is a frame that could not be read: nfcpy takes it for
//!   a transmission error. A real field damages frames, so this one says so in that way.

use crate::link::{Frame, PiccType, Rate};

/// Bytes of the longest datagram that is looked at; nfcpy reads no more of one.
pub const BYTES_MAX: usize = 1024;

/// What a reader sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Datagram {
    /// The field goes off.
    FieldOff,
    /// A frame.
    Frame(Sent),
}

/// A frame as a reader sends it, and what its answer looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// With its CRC, if frames of its kind have one.
    pub frame: Frame,
    /// The answer has a CRC, which is checked and left out.
    pub answer_has_crc: bool,
}

impl Datagram {
    /// Reads a datagram; nothing when no card of ISO/IEC 14443 would take it for a frame.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        if bytes.starts_with(b"RFOFF") {
            return Some(Self::FieldOff);
        }
        let mut words = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let (of, rate) = coding(words.next()?)?;
        let bytes = hex::decode(words.next()?).ok().filter(|bytes| !bytes.is_empty())?;
        if words.next().is_some() {
            return None;
        }
        let sent = match (of, &bytes[..]) {
            (PiccType::A, &[command @ (0x26 | 0x52)]) => {
                Sent { frame: Frame::short(command), answer_has_crc: false }
            }
            (PiccType::A, &[0x93 | 0x95 | 0x97, bits @ 0x20..0x70, ..]) => {
                let bits = usize::from(bits >> 4) * 8 + usize::from(bits & 7);
                Sent { frame: Frame::first_part(&bytes, bits), answer_has_crc: false }
            }
            _ => Sent { frame: Frame::with_crc(of, &bytes), answer_has_crc: true },
        };
        Some(Self::Frame(Sent { frame: sent.frame.at(rate), ..sent }))
    }
}

impl Sent {
    /// The datagram of an answer.
    #[must_use]
    pub fn answered_by(&self, answer: &Frame) -> Vec<u8> {
        let bytes = match (self.answer_has_crc, answer.intact) {
            (true, _) => answer.checked(),
            (false, true) => Some(&answer.bytes[..]),
            (false, false) => None,
        };
        self.with_bytes(bytes.unwrap_or_default())
    }

    /// The datagram of an answer that could not be read.
    #[must_use]
    pub fn answered_unreadably(&self) -> Vec<u8> {
        self.with_bytes(&[])
    }

    fn with_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let rate = 106 << self.frame.rate.integer();
        let technology = if self.frame.of == PiccType::A { 'A' } else { 'B' };
        let separator = if bytes.is_empty() { "" } else { " " };
        format!("{rate}{technology}{separator}{}", hex::encode(bytes)).into_bytes()
    }
}

fn coding(word: &[u8]) -> Option<(PiccType, Rate)> {
    let (technology, rate) = word.split_last()?;
    let of = match technology {
        b'A' => PiccType::A,
        b'B' => PiccType::B,
        _ => return None,
    };
    let rate = match rate {
        b"106" => Rate::Fc128,
        b"212" => Rate::Fc64,
        b"424" => Rate::Fc32,
        b"848" => Rate::Fc16,
        _ => return None,
    };
    Some((of, rate))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(text: &str) -> Sent {
        match Datagram::read(text.as_bytes()) {
            Some(Datagram::Frame(sent)) => sent,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// What nfcpy sends to sense a card and to activate it.
    #[test]
    fn what_the_driver_sends_is_understood() {
        assert_eq!(sent("106A 26").frame, Frame::short(0x26));
        assert_eq!(sent("106A 9320").frame, Frame::standard(&[0x93, 0x20]));
        assert_eq!(
            sent("106A 93701234567909").frame,
            Frame::standard(&[0x93, 0x70, 0x12, 0x34, 0x56, 0x79, 0x09, 0x6D, 0xAA])
        );
        assert_eq!(
            sent("106A 9351123456ff").frame,
            Frame::first_part(&[0x93, 0x51, 0x12, 0x34, 0x56, 0xFF], 41)
        );
        assert_eq!(sent("106A e080").frame, Frame::standard(&[0xE0, 0x80, 0x31, 0x73]));
        assert_eq!(sent("424A 02").frame.rate, Rate::Fc32);
        let request = sent("106B 050010").frame;
        assert_eq!((request.of, request.checked()), (PiccType::B, Some(&[0x05, 0x00, 0x10][..])));
        assert_eq!(Datagram::read(b"RFOFF"), Some(Datagram::FieldOff));
        for text in [
            "",
            "106A",
            "106A ",
            "212F 0600ffff0100",
            "106C 26",
            "107A 26",
            "106A 2",
            "106A zz",
            "106A 26 26",
            "A 26",
            "26",
        ] {
            assert_eq!(Datagram::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Datagram::read(&[b'1'; BYTES_MAX + 1]), None);
    }

    #[test]
    fn answers_are_written_as_the_driver_reads_them() {
        let atqa = Frame::standard(&[0x44, 0x00]);
        assert_eq!(sent("106A 26").answered_by(&atqa), b"106A 4400");
        let damaged = Frame { intact: false, ..atqa };
        assert_eq!(sent("106A 26").answered_by(&damaged), b"106A");
        let sak = Frame::standard(&[0x20, 0xFC, 0x70]);
        let select = sent("106A 93701234567808");
        assert_eq!(select.answered_by(&sak), b"106A 20");
        assert_eq!(select.answered_by(&Frame::standard(&[0x20, 0xFC, 0x71])), b"106A");
        assert_eq!(sent("212B 02").answered_unreadably(), b"212B");
    }

    proptest! {
        #[test]
        fn anything_may_come(bytes in proptest::collection::vec(any::<u8>(), 0..1100)) {
            let _ = Datagram::read(&bytes);
        }

        #[test]
        fn a_frame_comes_out_as_it_went_in(
            bytes in proptest::collection::vec(any::<u8>(), 2..300),
        ) {
            let text = format!("106B {}", hex::encode(&bytes));
            let frame = sent(&text).frame;
            prop_assert_eq!(frame.checked(), Some(&bytes[..]));
        }
    }
}
