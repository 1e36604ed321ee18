//! vsmartcard's virtual PC/SC reader (vpcd), seen from the card: frames, and one connection's life.
//!
//! The card's end connects to the driver that pcscd has loaded. Both ways a frame is a length of
//! two bytes, most significant first, and so many bytes. A body of one byte is control:
//!
//! | byte | meaning | answer |
//! |---|---|---|
//! | 00 | power off | none |
//! | 01 | power on | none |
//! | 02 | reset | none |
//! | 04 | answer to reset, asked between any two commands and every 0.4 s | the ATR |
//!
//! Any other body is a command APDU, and the answer a response APDU: the card's, or that of
//! [`identity`](super::identity) where a contactless reader answers itself. So a command of one
//! byte cannot come through, nor one beyond 65,535 bytes. What the reader cannot say either: that
//! the card gives no answer. Then the card's end hangs up, as when a card is pulled out.
//!
//! Observed with vsmartcard 3.3 as Debian 12 has it. Its driver sends length and body apart;
//! without TCP_QUICKACK before every read each command would wait 44 ms for the kernel's delayed
//! acknowledgement.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    sync::{Mutex, PoisonError},
};

use super::{
    identity::Identity,
    slot::{Slot, SlotError},
};

/// Port of vpcd's first slot; the next slots count on from it.
pub const PORT: u16 = 35_963;

/// Longest body of a frame.
pub const BODY_BYTES_MAX: usize = 65_535;

/// What a frame from the reader asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request<'a> {
    /// 00.
    PowerOff,
    /// 01.
    PowerOn,
    /// 02.
    Reset,
    /// 04.
    Atr,
    /// A control byte without a meaning, or an empty frame: passed over.
    Unknown,
    /// A command APDU of two bytes or more.
    Command(&'a [u8]),
}

impl<'a> Request<'a> {
    /// The meaning of a frame's body.
    #[must_use]
    pub const fn of(body: &'a [u8]) -> Self {
        match body {
            [0x00] => Self::PowerOff,
            [0x01] => Self::PowerOn,
            [0x02] => Self::Reset,
            [0x04] => Self::Atr,
            [] | [_] => Self::Unknown,
            command => Self::Command(command),
        }
    }
}

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The reader hung up, or pcscd was stopped.
    #[error("the reader hung up")]
    HungUp,
    /// The line failed.
    #[error("the line to the reader failed: {0}")]
    Line(#[source] io::Error),
    /// The card gives no answer: torn, dead, without power, or taken out.
    #[error("{0}")]
    NoAnswer(#[source] SlotError),
    /// The card's image could not be written. The last command is not answered, and the card is out
    /// of the reader.
    #[error("{0}")]
    Keep(#[source] SlotError),
}

/// A line that can be told that the next read is urgent.
pub trait Line: Read + Write {
    /// Asks the kernel to acknowledge at once what comes next; it forgets that after each read.
    ///
    /// # Errors
    /// What the operating system says.
    fn hurry(&self) -> io::Result<()>;
}

impl Line for TcpStream {
    #[cfg(target_os = "linux")]
    fn hurry(&self) -> io::Result<()> {
        std::os::linux::net::TcpStreamExt::set_quickack(self, true)
    }

    #[cfg(not(target_os = "linux"))]
    fn hurry(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Serves one connection until it ends. The slot is locked for one frame at a time.
pub fn serve(line: &mut impl Line, slot: &Mutex<Slot>) -> Ended {
    let mut body = vec![0; BODY_BYTES_MAX];
    let mut answer = Vec::with_capacity(2 + BODY_BYTES_MAX);
    let mut identity = Identity::of(slot.lock().unwrap_or_else(PoisonError::into_inner).card());
    loop {
        let request = match read_frame(line, &mut body) {
            Ok(bytes) => Request::of(&body[..bytes]),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ended::HungUp,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ended::HungUp,
            Err(error) => return Ended::Line(error),
        };
        answer.clear();
        match obey(request, slot, &mut identity, &mut answer) {
            Ok(()) => {}
            Err(error @ SlotError::Keep(_)) => return Ended::Keep(error),
            Err(error) => return Ended::NoAnswer(error),
        }
        if !answer.is_empty()
            && let Err(error) = line.write_all(&answer)
        {
            return match error.kind() {
                ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Ended::HungUp,
                _ => Ended::Line(error),
            };
        }
    }
}

/// Does what a frame asks and leaves the frame to send in `answer`, which may stay empty.
fn obey(
    request: Request<'_>,
    slot: &Mutex<Slot>,
    identity: &mut Option<Identity>,
    answer: &mut Vec<u8>,
) -> Result<(), SlotError> {
    // A thread that died holding the lock has left the card in one of the states a tear leaves.
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    match request {
        Request::PowerOff => slot.power_off(),
        Request::PowerOn | Request::Reset => {
            slot.power_on()?;
            if let Some(identity) = identity {
                identity.power_on();
            }
        }
        Request::Atr if !slot.is_present() => return Err(SlotError::Mute),
        Request::Atr => {
            // The reader asks before it gives power; a card that cannot answer must not seem to.
            if slot.is_dead() {
                slot.power_on()?;
            }
            put_frame(answer, slot.atr());
        }
        Request::Unknown => {}
        Request::Command(command) => match identity.as_ref().and_then(|it| it.answer(command)) {
            Some(response) if slot.card().is_powered() => put_frame(answer, &response),
            _ => put_answer(answer, slot.exchange(command)?),
        },
    }
    Ok(())
}

/// Appends the card's answer.
fn put_answer(answer: &mut Vec<u8>, response: &[u8]) {
    match response.len() {
        0..=BODY_BYTES_MAX => put_frame(answer, response),
        // A reader that cannot carry the answer says so in the card's place.
        _ => put_frame(answer, &[0x6F, 0x00]),
    }
}

/// Appends a frame: one write to the line, so that the peer never waits for its second half.
fn put_frame(frame: &mut Vec<u8>, body: &[u8]) {
    frame.extend_from_slice(&(body.len() as u16).to_be_bytes());
    frame.extend_from_slice(body);
}

fn read_frame(line: &mut impl Line, body: &mut [u8]) -> io::Result<usize> {
    let mut length = [0; 2];
    line.hurry()?;
    line.read_exact(&mut length)?;
    let bytes = usize::from(u16::from_be_bytes(length));
    line.hurry()?;
    line.read_exact(&mut body[..bytes])?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// A line that says what it was given, in pieces of `piece` bytes, and then hangs up.
    struct Script {
        says: Vec<u8>,
        piece: usize,
        heard: Vec<u8>,
    }

    impl Read for Script {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let bytes = out.len().min(self.piece).min(self.says.len());
            out[..bytes].copy_from_slice(&self.says[..bytes]);
            self.says.drain(..bytes);
            Ok(bytes)
        }
    }

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.heard.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Line for Script {
        fn hurry(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Serves frames given in hex with spaces between frames; the length is put in front.
    fn dialogue(slot: &Mutex<Slot>, frames: &[&str]) -> (Ended, String) {
        let mut says = Vec::new();
        for frame in frames {
            put_frame(&mut says, &testing::bytes(frame));
        }
        raw(slot, says, 3)
    }

    fn raw(slot: &Mutex<Slot>, says: Vec<u8>, piece: usize) -> (Ended, String) {
        let mut line = Script { says, piece, heard: Vec::new() };
        let ended = serve(&mut line, slot);
        (ended, hex::encode_upper(line.heard))
    }

    fn slot() -> Mutex<Slot> {
        Mutex::new(Slot::new(testing::made("tiny")))
    }

    const ATR: &str = "00123B8D800100815653438601330400000298";

    #[test]
    fn the_dialogue_of_a_connecting_reader_is_served() {
        let slot = slot();
        let atr = hex::encode_upper(slot.lock().unwrap().atr());
        let frame = format!("00{:02X}{atr}", atr.len() / 2);
        assert!(frame.starts_with(ATR));
        let (ended, heard) =
            dialogue(&slot, &["04", "04", "01", "04", "00 A4 00 0C 02 3F00", "00", "04"]);
        assert!(matches!(ended, Ended::HungUp));
        assert_eq!(heard, format!("{frame}{frame}{frame}00029000{frame}"));
        assert!(!slot.lock().unwrap().card().is_powered());
    }

    #[test]
    fn a_reset_forgets_what_was_selected_and_a_command_without_power_has_no_answer() {
        let slot = slot();
        let select = "00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF";
        let read = "00 B2 01 2C 00";
        let (_, heard) = dialogue(&slot, &["01", select, read, "02", read]);
        assert!(heard.starts_with("000290000014"), "{heard}");
        assert!(heard.ends_with("00026A82"), "{heard}");
        let (ended, heard) = dialogue(&slot, &["00", select]);
        assert!(matches!(ended, Ended::NoAnswer(SlotError::Mute)));
        assert_eq!(heard, "");
    }

    #[test]
    fn the_reader_answers_for_the_card_who_it_is() {
        let slot = slot();
        let (_, heard) = dialogue(&slot, &["01", "FF CA 00 00 00", "FF 00 00 00 00"]);
        assert!(heard.starts_with("000608") && heard.ends_with("900000026E00"), "{heard}");
        let (ended, _) = dialogue(&slot, &["00", "FF CA 00 00 00"]);
        assert!(matches!(ended, Ended::NoAnswer(SlotError::Mute)), "there is no power");
    }

    #[test]
    fn a_torn_card_hangs_up_and_comes_back_whole() {
        let slot = slot();
        let select = "00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF";
        let (_, heard) = dialogue(&slot, &["01", select]);
        assert_eq!(heard, "00029000");
        slot.lock().unwrap().tear_at(2);
        let (ended, _) = dialogue(&slot, &["00 20 00 00 03 000000", "04"]);
        assert!(matches!(ended, Ended::NoAnswer(SlotError::Torn)));
        let (ended, _) = dialogue(&slot, &["04"]);
        assert!(matches!(ended, Ended::NoAnswer(SlotError::Mute)));
        slot.lock().unwrap().insert().unwrap();
        let (_, heard) = dialogue(&slot, &["01", select]);
        assert_eq!(heard, "00029000");
    }

    #[test]
    fn half_frames_empty_frames_unknown_control_and_floods_end_with_the_card_whole() {
        let slot = slot();
        for half in [&[0x00][..], &[0x00, 0x05], &[0x00, 0x05, 0x00, 0xA4], &[0xFF, 0xFF, 0x00]] {
            let (ended, heard) = raw(&slot, half.to_vec(), 1);
            assert!(matches!(ended, Ended::HungUp), "{half:02X?}");
            assert_eq!(heard, "");
        }
        let (_, heard) = dialogue(&slot, &["", "7F", "01", "", "03", "00 A4 00 0C 02 3F00"]);
        assert_eq!(heard, "00029000");
        let (ended, _) = raw(&slot, vec![0x01; 300_000], 4096);
        assert!(matches!(ended, Ended::HungUp));
        let (_, heard) = dialogue(&slot, &["02", "00 A4 00 0C 02 3F00"]);
        assert_eq!(heard, "00029000");
    }
}
