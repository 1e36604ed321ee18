//! Frames on the serial line between a host and a CCID reader.
//!
//! | frame | bytes |
//! |---|---|
//! | message, both ways | 03 06, a CCID message, the exclusive-or of all before it |
//! | "say that again", both ways | 03 15 16 |
//! | a card has gone, has come; reader to host, outside other frames | 50 02, 50 03 |
//! | the card needs time; reader to host, outside other frames | one byte, 80 or more |
//!
//! A CCID message has ten bytes and so many as the second to fifth say, least significant first.
//! The frames are those of the Gemalto readers with a serial line, as the open driver of them
//! (libccid, `libccidtwin.so`) speaks to them; no description of the maker's was found.
//!
//! Invariants:
//! * not more is kept than the longest message;
//! * whatever comes, the next whole frame after a [`silence`](Deframer::silence) is found.

use crate::link::crc::lrc;

/// Bytes of a CCID message before its data.
pub const HEADER_BYTES: usize = 10;

/// Most data of a message, in bytes: a message has at most 271.
pub const DATA_BYTES_MAX: usize = 261;

/// Most data of a message that is waited for to be refused as too long. What announces more is not
/// a message.
const REFUSED_BYTES_MAX: usize = 65_545;

const SYNC: u8 = 0x03;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;

/// Asks the other side to send its last message again.
pub const AGAIN: [u8; 3] = [SYNC, NAK, SYNC ^ NAK];

/// What a host has sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Received<'a> {
    /// A message of [`HEADER_BYTES`] to 271 bytes that agrees with its own length.
    Message(&'a [u8]),
    /// A message with too much data: its header, which is all that is kept of it.
    TooLong(&'a [u8]),
    /// A message with a wrong check.
    Damaged,
    /// A request for the last message.
    Again,
}

/// Finds frames in bytes.
#[derive(Clone, Debug)]
pub struct Deframer {
    state: State,
    /// The message, or what has come of it.
    message: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing of a frame yet.
    Hunting,
    /// 03 has come.
    Synchronised,
    /// 03 15 has come.
    Refusal,
    /// 03 06 has come.
    Message,
    /// A header has come that announces too much: so many bytes of data are to come, and all
    /// before come to this.
    Refused { left: usize, sum: u8 },
}

impl Default for Deframer {
    fn default() -> Self {
        Self { state: State::Hunting, message: Vec::with_capacity(HEADER_BYTES + DATA_BYTES_MAX) }
    }
}

impl Deframer {
    /// Takes the next byte. What it completes is to be looked at before the next one.
    pub fn take(&mut self, byte: u8) -> Option<Received<'_>> {
        match (self.state, byte) {
            (State::Hunting | State::Synchronised, SYNC) => self.state = State::Synchronised,
            (State::Synchronised, ACK) => {
                self.message.clear();
                self.state = State::Message;
            }
            (State::Synchronised, NAK) => self.state = State::Refusal,
            (State::Hunting | State::Synchronised, _) => self.state = State::Hunting,
            (State::Refusal, _) => {
                self.state = State::Hunting;
                return (byte == SYNC ^ NAK).then_some(Received::Again);
            }
            (State::Message, _) => return self.take_of_message(byte),
            (State::Refused { left: 0, sum }, _) => {
                self.state = State::Hunting;
                let right = sum == byte;
                return Some(if right {
                    Received::TooLong(&self.message)
                } else {
                    Received::Damaged
                });
            }
            (State::Refused { left, sum }, _) => {
                self.state = State::Refused { left: left - 1, sum: sum ^ byte };
            }
        }
        None
    }

    fn take_of_message(&mut self, byte: u8) -> Option<Received<'_>> {
        let whole = HEADER_BYTES + data_bytes(&self.message);
        if self.message.len() >= HEADER_BYTES && self.message.len() == whole {
            self.state = State::Hunting;
            let right = lrc(&self.message) ^ SYNC ^ ACK == byte;
            return Some(if right { Received::Message(&self.message) } else { Received::Damaged });
        }
        self.message.push(byte);
        let left = data_bytes(&self.message);
        if self.message.len() == HEADER_BYTES && left > DATA_BYTES_MAX {
            if left > REFUSED_BYTES_MAX {
                self.state = State::Hunting;
                return Some(Received::Damaged);
            }
            self.state = State::Refused { left, sum: lrc(&self.message) ^ SYNC ^ ACK };
        }
        None
    }

    /// Nothing has come for longer than there is between two bytes of a frame. True when that cut a
    /// frame short; what came of it is forgotten.
    pub fn silence(&mut self) -> bool {
        std::mem::replace(&mut self.state, State::Hunting) != State::Hunting
    }

    /// A frame has begun and not ended.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.state != State::Hunting
    }
}

/// How much data a message says that it has; 0 while its length is not there yet.
fn data_bytes(message: &[u8]) -> usize {
    match message {
        &[_, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]) as usize,
        _ => 0,
    }
}

/// Appends the frame of a message.
pub fn put(frames: &mut Vec<u8>, message: &[u8]) {
    frames.extend_from_slice(&[SYNC, ACK]);
    frames.extend_from_slice(message);
    frames.push(lrc(message) ^ SYNC ^ ACK);
}

/// The notice that a card has come or gone. It does not say in which slot.
#[must_use]
pub const fn notice(is_present: bool) -> [u8; 2] {
    [0x50, 0x02 | is_present as u8]
}

/// The sign that a card needs more time than it was given.
pub const TIME_REQUEST: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: [u8; 10] = [0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0];

    fn frame(message: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        put(&mut frame, message);
        frame
    }

    /// What the bytes come to, in words.
    fn received(deframer: &mut Deframer, bytes: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        for &byte in bytes {
            all.extend(deframer.take(byte).map(|received| match received {
                Received::Message(message) => format!("message {}", hex::encode(message)),
                Received::TooLong(header) => format!("too long {}", hex::encode(header)),
                other => format!("{other:?}"),
            }));
        }
        all
    }

    fn data_message(bytes: usize) -> Vec<u8> {
        let mut message = vec![0x6F];
        message.extend_from_slice(&(bytes as u32).to_le_bytes());
        message.extend_from_slice(&[0, 1, 0, 0, 0]);
        message.resize(HEADER_BYTES + bytes, 0x5A);
        message
    }

    #[test]
    fn a_frame_is_as_a_driver_of_such_readers_makes_it() {
        assert_eq!(hex::encode_upper(frame(&STATUS)), "03066500000000000700000067");
        assert_eq!(AGAIN, [0x03, 0x15, 0x16]);
        assert_eq!((notice(false), notice(true)), ([0x50, 0x02], [0x50, 0x03]));
    }

    #[test]
    fn frames_are_found_among_other_bytes_and_after_a_cut_one() {
        let mut deframer = Deframer::default();
        let one = format!("message {}", hex::encode(STATUS));
        let noise = [&[0x00, 0xFF, 0x03, 0x07, 0x03, 0x03][..], &frame(&STATUS)[1..]].concat();
        assert_eq!(received(&mut deframer, &noise), std::slice::from_ref(&one));
        for cut in 1..frame(&STATUS).len() {
            assert!(received(&mut deframer, &frame(&STATUS)[..cut]).is_empty());
            assert!(deframer.is_within(), "{cut}");
            assert!(deframer.silence(), "{cut}");
            assert!(!deframer.silence(), "{cut}");
            assert_eq!(
                received(&mut deframer, &frame(&STATUS)),
                std::slice::from_ref(&one),
                "{cut}"
            );
        }
        assert!(!deframer.is_within());
    }

    #[test]
    fn every_damaged_byte_is_found() {
        for at in 0..13 {
            let mut bytes = frame(&STATUS);
            bytes[at] ^= 0x40;
            let mut deframer = Deframer::default();
            let got = received(&mut deframer, &bytes);
            assert!(got.is_empty() || got == ["Damaged"], "{at}: {got:?}");
            deframer.silence();
            assert_eq!(received(&mut deframer, &frame(&STATUS)).len(), 1, "{at}");
        }
    }

    #[test]
    fn a_message_may_have_so_much_data_and_one_with_more_is_passed_over() {
        let mut deframer = Deframer::default();
        for (bytes, begins) in [
            (0, "message"),
            (DATA_BYTES_MAX, "message"),
            (DATA_BYTES_MAX + 1, "too long 6f06010000"),
            (REFUSED_BYTES_MAX, "too long 6f09000100"),
        ] {
            let got = received(&mut deframer, &frame(&data_message(bytes)));
            assert_eq!(got.len(), 1, "{bytes}");
            assert!(got[0].starts_with(begins), "{bytes}: {got:?}");
            assert!(deframer.message.capacity() < 300);
        }
        let mut damaged = frame(&data_message(DATA_BYTES_MAX + 1));
        damaged[100] ^= 1;
        assert_eq!(received(&mut deframer, &damaged), ["Damaged"]);
        let absurd = &data_message(REFUSED_BYTES_MAX + 1)[..HEADER_BYTES];
        let mut bytes = vec![SYNC, ACK];
        bytes.extend_from_slice(absurd);
        assert_eq!(received(&mut deframer, &bytes), ["Damaged"]);
        assert!(!deframer.is_within());
    }

    #[test]
    fn a_request_for_the_last_message_is_one_only_with_its_check() {
        let mut deframer = Deframer::default();
        assert_eq!(received(&mut deframer, &AGAIN), ["Again"]);
        assert!(received(&mut deframer, &[0x03, 0x15, 0x17]).is_empty());
        assert_eq!(received(&mut deframer, &AGAIN), ["Again"]);
    }
}
