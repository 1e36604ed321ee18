//! What a reader hears of several answers at once.
//!
//! A card does not hear another card: each puts its subcarrier where its own answer wants it, and
//! on the air there is subcarrier in half a bit when any card has it there.
//!
//! * Cards of Type A that answer in step leave the bits they agree in and, where they differ,
//!   subcarrier in both halves: a collision, at that bit. Where one answer is shorter the rest is
//!   the longer one's.
//! * One that begins later than another interferes from there on; its half bits fall to those of
//!   the first that they cover most of, for the reader has fixed its grid by then.
//! * Of cards of Type B, of cards of both types, and at more than 106 kbit/s, the reader hears
//!   noise when there is more than one: the phases of their subcarriers have nothing to do with
//!   each other (ISO/IEC 14443-2:2016, 9.2).
//! * An answer that breaks off, for the card has left, is as long as it was sent.
//!
//! A card that is alone needs no symbols: what is heard is what it said.

use super::symbol::{
    manchester::{self, Symbol},
    parity,
};
use crate::link::{Frame, PiccType, Rate, pcd::Heard};

/// Half a bit at 106 kbit/s, in carrier periods.
const HALF_FC: u64 = 64;

/// One card's answer on the air.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice<'a> {
    /// What it says.
    pub(crate) frame: &'a Frame,
    /// When its first modulation is, in carrier periods.
    pub(crate) start_fc: u64,
    /// When it breaks off, if it does before its end.
    pub(crate) cut_fc: Option<u64>,
}

/// What the reader knows of the answer it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// The type it has asked.
    pub(crate) of: PiccType,
    /// How many bits of a split byte it has sent.
    pub(crate) first_bit: u8,
    /// Those bits.
    pub(crate) begun: u8,
}

impl Expected {
    /// What follows a reader's frame: behind one of Type A that ends within a byte, which is not a
    /// short frame, the rest of that byte.
    pub(crate) fn after(frame: &Frame) -> Self {
        let (first_bit, begun) = match (&frame.bytes[..], frame.last_bits, frame.of) {
            ([_, .., begun], bits @ 1..=7, PiccType::A) => (bits, *begun),
            _ => (0, 0),
        };
        Self { of: frame.of, first_bit, begun }
    }
}

/// What the reader hears of these answers, of which the first to begin is the one that it fixes its
/// grid by.
pub(crate) fn heard(voices: &[Voice<'_>], expected: Expected) -> Heard {
    match voices {
        [] => Heard::Nothing,
        [alone] if is_plain(alone, expected) => Heard::Frame(alone.frame.clone()),
        _ if voices.iter().any(|voice| !has_halves(voice, expected)) => Heard::Noise,
        _ => read(&on_air(voices), expected),
    }
}

/// Nothing can come of it but what it says.
fn is_plain(voice: &Voice<'_>, expected: Expected) -> bool {
    let frame = voice.frame;
    let begun = frame.bytes.first().map_or(0, |byte| byte & ((1 << expected.first_bit) - 1));
    let begins_right = frame.first_bit == expected.first_bit
        && (expected.first_bit == 0 || begun == expected.begun);
    let is_whole = frame.intact && matches!(frame.last_bits, 0 | 8);
    frame.of == expected.of && voice.cut_fc.is_none() && is_whole && begins_right
}

/// Its symbols are known by the half bit.
fn has_halves(voice: &Voice<'_>, expected: Expected) -> bool {
    let frame = voice.frame;
    frame.of == PiccType::A && expected.of == PiccType::A && frame.rate == Rate::Fc128
}

/// The symbols of answers of Type A on one another, from the start of the first on.
pub(crate) fn on_air(voices: &[Voice<'_>]) -> Vec<Symbol> {
    let Some(begin_fc) = voices.iter().map(|voice| voice.start_fc).min() else { return Vec::new() };
    let mut halves: Vec<bool> = Vec::new();
    for voice in voices {
        let symbols = manchester::encode(voice.frame);
        let lies_at = (voice.start_fc - begin_fc + HALF_FC / 2) / HALF_FC;
        let sent = voice
            .cut_fc
            .map(|cut_fc| (cut_fc.saturating_sub(voice.start_fc) + HALF_FC / 2) / HALF_FC);
        let sent = sent.map_or(2 * symbols.len(), |halves| halves as usize);
        for (n, half) in symbols.iter().flat_map(|symbol| symbol.halves()).enumerate().take(sent) {
            let place = lies_at as usize + n;
            if halves.len() <= place {
                halves.resize(place + 1, false);
            }
            halves[place] |= half;
        }
    }
    halves.chunks(2).map(|pair| Symbol::of_halves(pair[0], pair.get(1) == Some(&true))).collect()
}

/// The same without the start and the end; nothing when an answer has no such symbols.
pub(crate) fn behind_start(voices: &[Voice<'_>]) -> Vec<Symbol> {
    let expected = Expected { of: PiccType::A, first_bit: 0, begun: 0 };
    if !voices.iter().all(|voice| has_halves(voice, expected)) {
        return Vec::new();
    }
    let mut symbols = on_air(voices);
    while symbols.last() == Some(&Symbol::F) {
        symbols.pop();
    }
    symbols.drain(..symbols.len().min(1));
    symbols
}

/// What a reader makes of symbols: it stops at the first bit without subcarrier.
fn read(symbols: &[Symbol], expected: Expected) -> Heard {
    let Some((Symbol::D, rest)) = symbols.split_first() else { return Heard::Noise };
    let end = rest.iter().position(|symbol| *symbol == Symbol::F).unwrap_or(rest.len());
    let rest = &rest[..end];
    let mut bits: Vec<bool> = rest.iter().map(|symbol| *symbol != Symbol::E).collect();
    let first_bit = expected.first_bit;
    let collides =
        |place: &usize| rest.get(*place) == Some(&Symbol::C) && parity::is_data(*place, first_bit);
    let at = (0..rest.len()).find(collides);
    let at = at.map(|place| parity::data_bits_before(place, first_bit));
    let mut read = parity::read(&bits, first_bit, expected.begun);
    if read.is_err() && at.is_some() {
        // The last parity bit is missing; the collision is known all the same.
        bits.push(false);
        read = parity::read(&bits, first_bit, expected.begun);
    }
    match (read, at) {
        (Ok((frame, _)), Some(at)) => {
            Heard::Collision { frame: Frame { intact: false, ..frame }, at }
        }
        // Less than a byte can be an answer; a byte broken off behind others is none.
        (Ok((frame, _)), None) if matches!(frame.last_bits, 0 | 8) || frame.bytes.len() == 1 => {
            Heard::Frame(frame)
        }
        _ => Heard::Noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Expected = Expected { of: PiccType::A, first_bit: 0, begun: 0 };

    fn voice(frame: &Frame, start_fc: u64) -> Voice<'_> {
        Voice { frame, start_fc, cut_fc: None }
    }

    fn bits(symbols: &[Symbol]) -> String {
        symbols.iter().map(|symbol| symbol.bit_letter()).collect()
    }

    fn uid(hex_: &str) -> Frame {
        let mut bytes = hex::decode(hex_).unwrap();
        bytes.push(bytes.iter().fold(0, |sum, byte| sum ^ byte));
        Frame::standard(&bytes)
    }

    /// ISO/IEC 14443-3:2018, 6.4.3: worked out for three identifiers.
    #[test]
    fn answers_in_step_collide_where_they_differ() {
        let cards = ["12345678", "12345679", "92345678"].map(uid);
        let voices: Vec<_> = cards.iter().map(|card| voice(card, 0)).collect();
        let air = bits(&on_air(&voices));
        assert_eq!(air, "10100100CC001011000011010101C0011110CC001000CC-");
        let Heard::Collision { frame, at } = heard(&voices, WHOLE) else { panic!("no collision") };
        assert_eq!((at, &frame.bytes[..]), (7, &[0x92, 0x34, 0x56, 0x79, 0x89][..]));
        assert_eq!(heard(&voices[1..], WHOLE), Heard::Collision { frame, at });
        // Parity bits collide and do not count: the 28th bit is the 25th of data.
        let Heard::Collision { at, .. } = heard(&voices[..2], WHOLE) else { panic!() };
        assert_eq!(at, 24);
    }

    #[test]
    fn answers_in_step_that_agree_are_one() {
        let atqa = Frame::standard(&[0x04, 0x00]);
        let both = [voice(&atqa, 5), voice(&atqa, 5)];
        assert_eq!(heard(&both, WHOLE), Heard::Frame(atqa.clone()));
        assert_eq!(heard(&[], WHOLE), Heard::Nothing);
    }

    #[test]
    fn behind_a_shorter_answer_only_the_longer_one_is_heard() {
        let (long, short) = (Frame::standard(&[0x04, 0x00]), Frame::standard(&[0x04]));
        let heard_ = heard(&[voice(&short, 0), voice(&long, 0)], WHOLE);
        assert_eq!(heard_, Heard::Frame(long));
    }

    /// The fast path is what the symbols would come to.
    #[test]
    fn one_alone_is_what_its_symbols_are() {
        for n in 0..12_u8 {
            let bytes: Vec<u8> = (0..n).map(|n| n.wrapping_mul(0x4D) ^ 0xB0).collect();
            for first_bit in 0..8 {
                let frame = match first_bit {
                    0 => Frame::standard(&bytes),
                    _ if n == 0 => continue,
                    _ => Frame::second_part(&bytes, first_bit),
                };
                let begun = bytes.first().map_or(0, |byte| byte & ((1 << first_bit) - 1));
                let expected = Expected { of: PiccType::A, first_bit, begun };
                let alone = voice(&frame, 77);
                assert!(is_plain(&alone, expected));
                assert_eq!(read(&on_air(&[alone]), expected), heard(&[alone], expected));
            }
        }
    }

    /// One bit late: the start of the second falls on the first data bit.
    #[test]
    fn an_answer_out_of_step_interferes() {
        let atqa = Frame::standard(&[0x04, 0x00]);
        let late = |fc| on_air(&[voice(&atqa, 0), voice(&atqa, fc)]);
        assert_eq!(bits(&late(128)), "1C0CC0000000000000C1-");
        assert!(matches!(
            heard(&[voice(&atqa, 0), voice(&atqa, 128)], WHOLE),
            Heard::Collision { at: 0, .. }
        ));
        // Less than a quarter of a bit is in step, half a bit is not.
        assert_eq!(late(31), late(0));
        assert_ne!(late(32), late(0));
        assert_eq!(heard(&[voice(&atqa, 0), voice(&atqa, 64)], WHOLE), Heard::Noise);
    }

    #[test]
    fn an_answer_that_breaks_off_is_heard_as_far_as_it_went() {
        let sak = Frame::with_crc(PiccType::A, &[0x20]);
        for bit in 0..28 {
            let cut = Voice { frame: &sak, start_fc: 1000, cut_fc: Some(1000 + 128 * bit) };
            let expected = match bit {
                0 => Heard::Noise,
                1 => Heard::Frame(Frame::standard(&[])),
                // Less than a byte looks like an answer of so many bits.
                2..=8 => Heard::Frame(Frame::short(0x20)),
                10 => Heard::Frame(Frame::standard(&[0x20])),
                19 => Heard::Frame(Frame::standard(&[0x20, 0xFC])),
                _ => Heard::Noise,
            };
            match (heard(&[cut], WHOLE), expected) {
                (Heard::Frame(frame), _) if (2..=8).contains(&bit) => {
                    assert_eq!((frame.bytes.len(), frame.last_bits), (1, bit as u8 - 1));
                }
                (heard, expected) => assert_eq!(heard, expected, "{bit}"),
            }
        }
        let end = Voice { frame: &sak, start_fc: 1000, cut_fc: Some(1000 + 128 * 28) };
        assert_eq!(heard(&[end], WHOLE), Heard::Frame(sak));
    }

    /// Both leave at once, behind a byte: its parity bit is missing, the collision is known.
    #[test]
    fn a_collision_before_the_air_falls_silent_is_still_one() {
        let cards = [uid("12345678"), uid("13345678")];
        for bits in 1..40 {
            let cut_fc = Some(128 * (1 + bits));
            let voices = cards.each_ref().map(|frame| Voice { frame, start_fc: 0, cut_fc });
            let Heard::Collision { frame, at } = heard(&voices, WHOLE) else { panic!("{bits}") };
            assert_eq!((at, frame.bits() as u64, frame.intact), (0, bits - bits / 9, false));
        }
    }

    /// A wrong parity bit against a right one: no data bit differs.
    #[test]
    fn a_parity_bit_that_collides_is_no_collision() {
        let right = uid("12345678");
        let wrong = Frame { intact: false, ..right.clone() };
        let Heard::Frame(frame) = heard(&[voice(&right, 0), voice(&wrong, 0)], WHOLE) else {
            panic!("a collision")
        };
        assert_eq!(frame.bytes, right.bytes);
        assert_eq!(bits(&on_air(&[voice(&right, 0), voice(&wrong, 0)])).matches('C').count(), 1);
        // One that ends within a byte behind others has broken off.
        let broken = Frame { last_bits: 3, ..right };
        assert_eq!(heard(&[voice(&broken, 0)], WHOLE), Heard::Noise);
    }

    proptest::proptest! {
        /// However many answer in step, the first bit that is not the same in all of them collides,
        /// and where any has a 1 a 1 is heard.
        #[test]
        fn answers_in_step_are_their_bits_on_one_another(
            answers in proptest::collection::vec(proptest::array::uniform5(0_u8..8), 1..6),
            first_bit in 0..8_u8,
        ) {
            let begun = 0xA5 & ((1 << first_bit) - 1);
            let frames: Vec<_> = answers
                .iter()
                .map(|bytes| {
                    let mut bytes = *bytes;
                    bytes[0] = bytes[0] << first_bit | begun;
                    Frame { first_bit, ..Frame::standard(&bytes) }
                })
                .collect();
            let voices: Vec<_> = frames.iter().map(|frame| voice(frame, 0)).collect();
            let bits: Vec<Vec<bool>> =
                frames.iter().map(|frame| frame.data_bits().collect()).collect();
            let differ = |n: &usize| bits.iter().any(|other| other[*n] != bits[0][*n]);
            let first = (0..bits[0].len()).find(differ);
            let any: Vec<bool> =
                (0..bits[0].len()).map(|n| bits.iter().any(|bits| bits[n])).collect();
            let (frame, at) = match heard(&voices, Expected { of: PiccType::A, first_bit, begun }) {
                Heard::Frame(frame) => (frame, None),
                Heard::Collision { frame, at } => (frame, Some(at)),
                other => panic!("{other:?}"),
            };
            proptest::prop_assert_eq!(at, first);
            proptest::prop_assert_eq!(frame.data_bits().collect::<Vec<_>>(), any);
        }
    }

    #[test]
    fn what_has_no_common_grid_is_noise() {
        let b = Frame::with_crc(PiccType::B, &[0x50, 1, 2, 3, 4]);
        let ask_b = Expected { of: PiccType::B, ..WHOLE };
        assert_eq!(heard(&[voice(&b, 0)], ask_b), Heard::Frame(b.clone()));
        assert_eq!(heard(&[voice(&b, 0), voice(&b, 0)], ask_b), Heard::Noise);
        assert_eq!(heard(&[Voice { cut_fc: Some(9), ..voice(&b, 0) }], ask_b), Heard::Noise);
        assert_eq!(heard(&[voice(&b, 0)], WHOLE), Heard::Noise);
        let fast = Frame::standard(&[1, 2]).at(Rate::Fc64);
        assert_eq!(heard(&[voice(&fast, 0)], WHOLE), Heard::Frame(fast.clone()));
        assert_eq!(heard(&[voice(&fast, 0), voice(&fast, 0)], WHOLE), Heard::Noise);
    }

    #[test]
    fn a_card_that_begins_elsewhere_in_the_byte_is_read_where_the_reader_waits() {
        let rest = Frame::second_part(&[0x79, 0x09], 1);
        let asked = Frame::first_part(&[0x93, 0x51, 0x12, 0x34, 0x56, 0x79], 41);
        let expected = Expected::after(&asked);
        assert_eq!((expected.first_bit, expected.begun), (1, 1));
        assert_eq!(heard(&[voice(&rest, 0)], expected), Heard::Frame(rest.clone()));
        let other = Expected { begun: 0, ..expected };
        let Heard::Frame(frame) = heard(&[voice(&rest, 0)], other) else { panic!() };
        assert_eq!(frame.bytes, [0x78, 0x09]);
        assert_eq!(Expected::after(&Frame::short(0x26)).first_bit, 0);
        assert_ne!(heard(&[voice(&rest, 0)], WHOLE), Heard::Frame(rest));
    }
}
