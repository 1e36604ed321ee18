//! One TPDU of T=0, the reader's side (ISO/IEC 7816-3:2006, 10.3): what procedure bytes ask for.
//!
//! The host's TPDU has four bytes, or five, or five and as much data as P3 says. A byte more, Le of
//! a command APDU of case 4, is left out: T=0 has no place for it (12.2.4). Which way data goes the
//! card tells by what it does: a reader with data to send sends it, another listens.

use std::ops::Range;

const HEADER_BYTES: usize = 5;

/// NULL: have patience.
const NULL: u8 = 0x60;

/// What is to be done after a byte from the card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Wait for the next byte.
    Listen,
    /// Send these of the TPDU's bytes.
    Send(Range<usize>),
    /// This is the answer.
    Done(Vec<u8>),
    /// The card has asked for what there is not.
    Conflict,
}

/// A TPDU under way.
#[derive(Clone, Debug)]
pub(super) struct Dialogue {
    header: [u8; HEADER_BYTES],
    /// Data bytes to be sent, and how many have been.
    to_send: usize,
    sent: usize,
    /// Data bytes the card may still send.
    to_receive: usize,
    /// Data bytes the card has been let send now.
    let_through: usize,
    answer: Vec<u8>,
    has_sw1: bool,
    nulls: usize,
}

impl Dialogue {
    /// Begins with a host's TPDU; none when its length is not one.
    pub(super) fn new(tpdu: &[u8]) -> Option<Self> {
        let (header, data) = match *tpdu {
            [cla, ins, p1, p2] => ([cla, ins, p1, p2, 0], &[][..]),
            [cla, ins, p1, p2, p3, ref data @ ..] => ([cla, ins, p1, p2, p3], data),
            _ => return None,
        };
        let [.., p3] = header;
        let p3 = usize::from(p3);
        let to_send = match data.len() {
            0 => 0,
            bytes if bytes == p3 || bytes == p3 + 1 => p3,
            _ => return None,
        };
        let to_receive = match p3 {
            _ if !data.is_empty() => 0,
            0 => 256,
            le => le,
        };
        Some(Self {
            header,
            to_send,
            sent: 0,
            to_receive,
            let_through: 0,
            answer: Vec::with_capacity(to_receive + 2),
            has_sw1: false,
            nulls: 0,
        })
    }

    /// What goes to the card first.
    pub(super) const fn header(&self) -> [u8; HEADER_BYTES] {
        self.header
    }

    /// How often the card asked for patience.
    pub(super) const fn nulls(&self) -> usize {
        self.nulls
    }

    /// Takes a byte from the card.
    pub(super) fn take(&mut self, byte: u8) -> Step {
        let [_, ins, ..] = self.header;
        if self.has_sw1 {
            self.answer.push(byte);
            return Step::Done(std::mem::take(&mut self.answer));
        }
        if self.let_through > 0 {
            self.let_through -= 1;
            self.to_receive -= 1;
            self.answer.push(byte);
            return Step::Listen;
        }
        // INS is never 6X or 9X, and neither may its complement be taken for one.
        if byte == NULL {
            self.nulls += 1;
            Step::Listen
        } else if byte == ins {
            self.proceed(usize::MAX)
        } else if byte == !ins {
            self.proceed(1)
        } else if matches!(byte >> 4, 6 | 9) {
            self.has_sw1 = true;
            self.answer.push(byte);
            Step::Listen
        } else {
            Step::Conflict
        }
    }

    fn proceed(&mut self, most: usize) -> Step {
        let left = self.to_send - self.sent;
        if left > 0 {
            let now = left.min(most);
            let first = HEADER_BYTES + self.sent;
            self.sent += now;
            return Step::Send(first..first + now);
        }
        if self.to_receive == 0 {
            return Step::Conflict;
        }
        self.let_through = self.to_receive.min(most);
        Step::Listen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the card's bytes lead to: the last step, and the places of what was sent.
    fn play(tpdu: &str, card: &str) -> (Step, String) {
        let mut dialogue = Dialogue::new(&hex::decode(tpdu).unwrap()).unwrap();
        let (mut last, mut sent) = (Step::Listen, Vec::new());
        for byte in hex::decode(card).unwrap() {
            last = dialogue.take(byte);
            if let Step::Send(range) = &last {
                sent.push(format!("{range:?}"));
            }
        }
        (last, sent.join(" "))
    }

    fn done(answer: &str) -> Step {
        Step::Done(hex::decode(answer).unwrap())
    }

    #[test]
    fn data_goes_out_all_at_once_or_byte_by_byte() {
        let tpdu = "00D60000031A2B3C";
        assert_eq!(play(tpdu, "D69000"), (done("9000"), "5..8".into()));
        assert_eq!(play(tpdu, "2960292960299000"), (done("9000"), "5..6 6..7 7..8".into()));
        assert_eq!(play(tpdu, "29D69000"), (done("9000"), "5..6 6..8".into()));
        assert_eq!(play(tpdu, "6982"), (done("6982"), "".into()));
        assert_eq!(play(tpdu, "296700"), (done("6700"), "5..6".into()));
    }

    #[test]
    fn data_comes_in_all_at_once_or_byte_by_byte() {
        assert_eq!(play("00B0000003", "B06090619000"), (done("6090619000"), "".into()));
        assert_eq!(play("00B0000003", "604F114F22B0339000"), (done("1122339000"), "".into()));
        assert_eq!(play("00B0000003", "4F1160609000"), (done("119000"), "".into()));
        assert_eq!(play("00B0000003", "6C02"), (done("6C02"), "".into()));
        let answer = format!("{}9000", "AB".repeat(256));
        assert_eq!(play("00B0000000", &format!("B0{answer}")).0, done(&answer));
    }

    #[test]
    fn patience_is_counted_and_what_there_is_not_is_a_conflict() {
        let mut dialogue = Dialogue::new(&[0x00, 0xA4, 0, 0]).unwrap();
        assert_eq!(dialogue.header(), [0x00, 0xA4, 0, 0, 0]);
        for _ in 0..3 {
            assert_eq!(dialogue.take(NULL), Step::Listen);
        }
        assert_eq!(dialogue.nulls(), 3);
        assert_eq!(dialogue.take(0x12), Step::Conflict);
        assert_eq!(play("00D60000031A2B3C", "D6D6").0, Step::Conflict);
        assert_eq!(play("00D60000031A2B3C", "A7").0, Step::Conflict);
    }

    #[test]
    fn lengths_that_are_none_are_refused_and_le_of_case_4_is_left_out() {
        let bytes = |n: usize| hex::decode("00A4040002AABB00CC").unwrap()[..n].to_vec();
        for (length, fits) in [
            (0, false),
            (3, false),
            (4, true),
            (5, true),
            (6, false),
            (7, true),
            (8, true),
            (9, false),
        ] {
            assert_eq!(Dialogue::new(&bytes(length)).is_some(), fits, "{length}");
        }
        assert_eq!(play("00A4040002AABB00", "A46110"), (done("6110"), "5..7".into()));
    }
}
