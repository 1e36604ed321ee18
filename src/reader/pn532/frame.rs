//! Frames between a host and a PN532, to the byte.
//!
//! | frame | bytes |
//! |---|---|
//! | normal | 00 00 FF LEN LCS, TFI and data (LEN bytes, 1 to 255), DCS 00 |
//! | extended | 00 00 FF FF FF LENM LENL LCS, TFI and data, DCS 00 |
//! | ACK, NACK | 00 00 FF 00 FF 00, 00 00 FF FF 00 00 |
//! | error | 00 00 FF 01 FF 7F 81 00 |
//!
//! LCS makes the sum of the length bytes 00, DCS that of TFI and data. TFI is D4 from the host and
//! D5 to it. What stands before a start code 00 FF is passed over: preambles, bytes that wake the
//! chip, what is left of a broken frame.
//!
//! Invariants:
//! * never more than the bytes of one frame are kept, whatever comes;
//! * a frame whose length or sum is wrong is passed over as if it had not been sent.

/// The TFI of commands.
const TO_CHIP: u8 = 0xD4;
/// The TFI of responses.
const TO_HOST: u8 = 0xD5;

/// TFI and data of the longest frame a PN532 takes or sends.
pub const LENGTH_MAX: usize = 265;

/// The chip has taken a frame, or the host gives a command up.
pub const ACK: [u8; 6] = [0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00];
/// The host has not understood the last response.
pub const NACK: [u8; 6] = [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00];
/// The chip does not know the command, or its form is wrong.
pub const ERROR: [u8; 8] = [0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00];

/// A frame from the host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// A command: its code and parameters, at least the code.
    Command(Vec<u8>),
    /// A frame that is whole and no command.
    Foreign,
    /// [`ACK`].
    Ack,
    /// [`NACK`].
    Nack,
}

/// Finds frames in what a host sends, in whatever pieces it comes.
#[derive(Clone, Default, Debug)]
pub struct Deframer {
    /// What has come of a frame, from its start code on; or a single 00 that may begin one.
    begun: Vec<u8>,
}

/// What a start code and the bytes behind it come to.
enum Head {
    Incomplete,
    Wrong,
    /// Bytes up to TFI, and bytes of TFI and data.
    Frame {
        before: usize,
        length: usize,
    },
    Short(Incoming),
}

impl Deframer {
    /// Takes a byte; the frame it ends, if it does.
    ///
    /// The postamble is not waited for: it is passed over before the next frame.
    pub fn on_byte(&mut self, byte: u8) -> Option<Incoming> {
        self.begun.push(byte);
        loop {
            self.drop_before_start();
            match head(&self.begun) {
                Head::Incomplete => return None,
                // A start code may lie in the bytes that were taken for a length.
                Head::Wrong => drop(self.begun.drain(..2)),
                Head::Short(incoming) => {
                    self.begun.clear();
                    return Some(incoming);
                }
                Head::Frame { before, length } => {
                    let data = self.begun.get(before..before + length + 1)?;
                    let incoming = told(data);
                    self.begun.clear();
                    return incoming;
                }
            }
        }
    }

    /// Forgets a frame that has only begun.
    pub fn forget(&mut self) {
        self.begun.clear();
    }

    fn drop_before_start(&mut self) {
        let start = self.begun.windows(2).position(|pair| pair == [0x00, 0xFF]);
        let last = self.begun.len().saturating_sub(1);
        match start {
            Some(at) => drop(self.begun.drain(..at)),
            None if self.begun.last() == Some(&0x00) => drop(self.begun.drain(..last)),
            None => self.begun.clear(),
        }
    }
}

fn head(begun: &[u8]) -> Head {
    match *begun {
        [] | [_] | [_, _] | [_, _, _] => Head::Incomplete,
        [_, _, 0x00, 0xFF, ..] => Head::Short(Incoming::Ack),
        [_, _, 0xFF, 0x00, ..] => Head::Short(Incoming::Nack),
        [_, _, 0xFF, 0xFF] | [_, _, 0xFF, 0xFF, _] | [_, _, 0xFF, 0xFF, _, _] => Head::Incomplete,
        [_, _, 0xFF, 0xFF, high, low, check, ..] => {
            let length = usize::from(high) << 8 | usize::from(low);
            match sum(&[high, low, check]) {
                0 if (1..=LENGTH_MAX).contains(&length) => Head::Frame { before: 7, length },
                _ => Head::Wrong,
            }
        }
        [_, _, length, check, ..] => match sum(&[length, check]) {
            0 if length > 0 => Head::Frame { before: 4, length: length.into() },
            _ => Head::Wrong,
        },
    }
}

/// What TFI, data and DCS say; nothing when the sum is wrong.
fn told(data: &[u8]) -> Option<Incoming> {
    if sum(data) != 0 {
        return None;
    }
    match data {
        [TO_CHIP, command @ .., _] if !command.is_empty() => {
            Some(Incoming::Command(command.to_vec()))
        }
        _ => Some(Incoming::Foreign),
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// The frame of a response: the code of the command it answers, and its data, cut to what a frame
/// holds. `bare` leaves out preamble and postamble.
#[must_use]
pub fn response(command: u8, data: &[u8], bare: bool) -> Vec<u8> {
    let data = data.get(..LENGTH_MAX - 2).unwrap_or(data);
    framed(&[&[TO_HOST, command.wrapping_add(1)], data].concat(), bare)
}

/// The frame of a command, as a host makes it; for tests.
#[must_use]
pub fn command(command: &[u8]) -> Vec<u8> {
    framed(&[&[TO_CHIP], command].concat(), false)
}

fn framed(body: &[u8], bare: bool) -> Vec<u8> {
    let length = body.len();
    let mut frame = Vec::with_capacity(length + 11);
    frame.extend_from_slice(if bare { &[0x00, 0xFF] } else { &[0x00, 0x00, 0xFF] });
    match u8::try_from(length) {
        Ok(length) => frame.extend_from_slice(&[length, length.wrapping_neg()]),
        Err(_) => {
            let [high, low] = (length as u16).to_be_bytes();
            let check = high.wrapping_add(low).wrapping_neg();
            frame.extend_from_slice(&[0xFF, 0xFF, high, low, check]);
        }
    }
    frame.extend_from_slice(body);
    frame.push(sum(body).wrapping_neg());
    if !bare {
        frame.push(0x00);
    }
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(bytes: &[u8]) -> Vec<Incoming> {
        let mut deframer = Deframer::default();
        bytes.iter().filter_map(|byte| deframer.on_byte(*byte)).collect()
    }

    fn of(text: &str) -> Vec<u8> {
        hex::decode(text.replace(' ', "")).unwrap()
    }

    #[test]
    fn literal_frames_say_what_they_are() {
        assert_eq!(
            found(&of("00 00 FF 02 FE D4 02 2A 00")),
            [Incoming::Command(vec![0x02])],
            "GetFirmwareVersion"
        );
        assert_eq!(
            found(&of("55 55 00 00 00 00 00 FF 03 FD D4 14 01 17 00")),
            [Incoming::Command(vec![0x14, 0x01])],
            "bytes that wake it, SAMConfiguration"
        );
        assert_eq!(found(&ACK), [Incoming::Ack]);
        assert_eq!(found(&NACK), [Incoming::Nack]);
        assert_eq!(found(&ERROR), [Incoming::Foreign]);
        assert_eq!(found(&of("00 00 FF 01 FF D4 2C 00")), [Incoming::Foreign], "no code");
        assert_eq!(found(&of("00 00 FF 02 FE D5 03 28 00")), [Incoming::Foreign], "not to a chip");
        assert_eq!(
            found(&of("00 00 FF FF FF 00 02 FE D4 02 2A 00")),
            [Incoming::Command(vec![0x02])],
            "an extended frame may be short"
        );
        let twice = of("00 FF 02 FE D4 02 2A 00 FF 02 FE D4 02 2A");
        assert_eq!(found(&twice).len(), 2, "neither preamble nor postamble is needed");
    }

    #[test]
    fn what_is_wrong_is_passed_over_and_the_next_frame_is_found() {
        let good = "00 00 FF 02 FE D4 02 2A 00";
        for wrong in [
            "00 00 FF 02 FD D4 02 2A 00",
            "00 00 FF 02 FE D4 02 2B 00",
            "00 00 FF FF FF 01 0A F5",
            "00 00 FF FF FF 00 00 00",
            "00 00 FF FF FF 00 02 FD D4 02 2A 00",
            "00 FF 00",
            "FF FF FF 00 00",
            "00 00 FF 05",
            "00 00 FF",
        ] {
            let frames = found(&of(&format!("{wrong} {good}")));
            assert_eq!(frames.last(), Some(&Incoming::Command(vec![0x02])), "{wrong}");
            assert!(!frames.contains(&Incoming::Foreign), "{wrong}");
        }
    }

    #[test]
    fn a_frame_that_has_only_begun_can_be_forgotten() {
        let mut deframer = Deframer::default();
        for byte in of("00 00 FF 20 E0 D4 40 01") {
            assert_eq!(deframer.on_byte(byte), None);
        }
        deframer.forget();
        let whole = of("00 00 FF 02 FE D4 02 2A");
        assert!(whole.iter().any(|byte| deframer.on_byte(*byte).is_some()));
    }

    #[test]
    fn responses_are_framed_by_their_length() {
        assert_eq!(
            response(0x02, &[0x32, 0x01, 0x06, 0x07], false),
            of("00 00 FF 06 FA D5 03 32 01 06 07 E8 00")
        );
        assert_eq!(response(0x14, &[], true), of("00 FF 02 FE D5 15 16"));
        assert_eq!(response(0x40, &[0; 253], false)[..5], of("00 00 FF FF 01"));
        assert_eq!(response(0x40, &[0; 254], false)[..8], of("00 00 FF FF FF 01 00 FF"));
        assert_eq!(response(0x40, &[0; 300], false).len(), 8 + LENGTH_MAX + 2);
    }

    proptest! {
        #[test]
        fn whatever_comes_little_is_kept(bytes in proptest::collection::vec(
            prop_oneof![Just(0x00), Just(0xFF), Just(0xD4), any::<u8>()], 0..2000)
        ) {
            let mut deframer = Deframer::default();
            for byte in bytes {
                deframer.on_byte(byte);
                prop_assert!(deframer.begun.len() <= 7 + LENGTH_MAX + 1);
            }
        }

        #[test]
        fn a_command_comes_out_as_it_went_in(
            data in proptest::collection::vec(any::<u8>(), 1..LENGTH_MAX),
            before in proptest::collection::vec(prop_oneof![Just(0x55u8), Just(0x00)], 0..20),
        ) {
            let sent = [before, command(&data)].concat();
            prop_assert_eq!(found(&sent), [Incoming::Command(data)]);
        }
    }
}
