//! The codings against worked examples, against each other's frames, and cut at every place.

use super::{bpsk, manchester, miller, nrz, *};

fn text<S: Copy>(symbols: &[S], letter: fn(S) -> char) -> String {
    symbols.iter().map(|&symbol| letter(symbol)).collect()
}

fn miller_of(text: &str) -> Vec<miller::Symbol> {
    text.chars().map(|letter| miller::Symbol::of_letter(letter).unwrap()).collect()
}

fn manchester_of(text: &str) -> Vec<manchester::Symbol> {
    text.chars().map(|letter| manchester::Symbol::of_letter(letter).unwrap()).collect()
}

fn levels_of(text: &str) -> Vec<bool> {
    text.chars().map(|level| level == '1').collect()
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// ISO/IEC 14443-2:2016, 8.1.3: worked out, and equal to what another encoder makes.
#[test]
fn a_reader_of_type_a_speaks_modified_miller() {
    let cases = [
        (Frame::short(0x26), "ZZXXYZXYZY"),
        (Frame::short(0x52), "ZZXYZXYXYY"),
        (Frame::standard(&hex("500057cd")), "ZZZZZXYXYXYZZZZZZZXXXXYXYXYZXYXXYZXXYZY"),
        (Frame::standard(&hex("e0803173")), "ZZZZZZXXXYZZZZZZZXYXYZZXXYZZXXYZXXXYZZY"),
        (Frame::standard(&hex("933092")), "ZXXYZXYZXXYZZZXXYZXYXYZXYZXYZY"),
        (
            Frame::standard(&hex("937008e4983145b2b0")),
            "ZXXYZXYZXXYZZZXXXYZZZZXYZZZZZZXYZXXXXYZZXXYZXYXYZZXXYZZXYXYZZXYZZXYZXXYXXYZZZXXYXYZY",
        ),
    ];
    for (frame, symbols) in cases {
        assert_eq!(text(&miller::encode(&frame), miller::Symbol::letter), symbols);
        assert_eq!(miller::decode(&miller_of(symbols)), Ok(frame));
    }
}

/// ISO/IEC 14443-2:2016, 8.2.5.1: the same.
#[test]
fn a_card_of_type_a_speaks_manchester() {
    let cases = [
        ("20fc70", "DEEEEEDEEEEEDDDDDDDEEEEDDDEEF"),
        ("08e4983145", "DEEEDEEEEEEEDEEDDDDEEEDDEEDEDEEEDDEEEDEDEEEDEEF"),
        ("0400", "DEEDEEEEEEEEEEEEEEDF"),
        ("24d836", "DEEDEEDEEDEEEDDEDDDEDDEDDEEDF"),
    ];
    for (bytes, symbols) in cases {
        let frame = Frame::standard(&hex(bytes));
        assert_eq!(text(&manchester::encode(&frame), manchester::Symbol::letter), symbols);
        assert_eq!(manchester::decode(&manchester_of(symbols), 0, 0), Ok(frame));
    }
}

/// ISO/IEC 14443-3:2018, 7.1: the same.
#[test]
fn a_reader_of_type_b_speaks_in_characters() {
    let cases = [
        ("05000071ff", "000000000011010100000100000000010000000001010001110101111111110000000000"),
        (
            "50ffffffff8c49",
            "00000000001100000101010111111111011111111101111111110111111111000110001101001001010000000000",
        ),
    ];
    for (bytes, levels) in cases {
        let frame = Frame::type_b(&hex(bytes));
        assert_eq!(nrz::text(&nrz::encode(&frame, 0)), levels);
        assert_eq!(nrz::decode(&levels_of(levels), 0), Ok(frame));
    }
}

/// A split byte: the reader's part has no parity bit, the card's part one over the whole byte.
#[test]
fn a_split_byte_has_its_parity_in_the_cards_part() {
    let asked = Frame::first_part(&[0x93, 0x51, 0x12, 0x34, 0x56, 0x79], 41);
    let symbols = miller::encode(&asked);
    assert_eq!(symbols.len(), 1 + 5 * 9 + 1 + 2);
    assert_eq!(miller::decode(&symbols), Ok(asked));

    let rest = Frame::second_part(&[0x79, 0x09], 1);
    let symbols = manchester::encode(&rest);
    let bits = text(&symbols[1..symbols.len() - 1], manchester::Symbol::bit_letter);
    assert_eq!(bits, "00111100100100001");
    assert_eq!(manchester::decode(&symbols, 1, 1), Ok(rest.clone()));
    // The reader does not look at that bit.
    let mut other = symbols;
    other[8] = manchester::Symbol::D;
    assert_eq!(manchester::decode(&other, 1, 1), Ok(rest));
}

/// Every frame there is a shape of, at every length that changes something.
fn frames_of(of: PiccType) -> Vec<Frame> {
    let bytes: Vec<u8> = (0..9).map(|n| 0x5Bu8.wrapping_mul(n) ^ n << 5).collect();
    let mut frames: Vec<_> =
        (0..bytes.len()).map(|n| Frame { of, ..Frame::standard(&bytes[..n]) }).collect();
    if of == PiccType::A {
        frames.extend((0..128).map(Frame::short));
        frames.extend((16..56).map(|bits| Frame::first_part(&bytes, bits)));
    }
    frames
}

#[test]
fn every_frame_is_read_as_it_was_written() {
    for frame in frames_of(PiccType::A) {
        assert_eq!(miller::decode(&miller::encode(&frame)), Ok(frame.clone()));
        assert_eq!(manchester::decode(&manchester::encode(&frame), 0, 0), Ok(frame));
    }
    for first_bit in 1..8 {
        let rest = Frame::second_part(&[0xA7, 0x3C, 0x00], first_bit);
        let symbols = manchester::encode(&rest);
        assert_eq!(manchester::decode(&symbols, first_bit, 0xA7), Ok(rest));
    }
    for frame in frames_of(PiccType::B) {
        for guard_etu in 0..=nrz::READER_GUARD_ETU_MAX {
            let levels = nrz::encode(&frame, guard_etu);
            assert_eq!(levels.len(), nrz::etus(&frame, guard_etu));
            assert_eq!(nrz::decode(&levels, guard_etu), Ok(frame.clone()));
        }
        for (tr0, tr1, guard) in [(8, 10, 0), (40, 25, 2), (8, 17, 1)] {
            let phases = bpsk::encode(&frame, tr0, tr1, guard);
            assert_eq!(bpsk::decode(&phases, 8, 10), Ok(frame.clone()));
        }
    }
}

/// A frame cut anywhere has no end: nothing is taken for a shorter frame.
#[test]
fn a_frame_cut_anywhere_has_no_end() {
    for frame in frames_of(PiccType::A).into_iter().filter(|frame| frame.bits() > 0) {
        let symbols = miller::encode(&frame);
        for cut in 1..symbols.len() {
            assert_eq!(miller::decode(&symbols[..cut]), Err(Fault::NoEnd), "{frame:?} {cut}");
        }
        let symbols = manchester::encode(&frame);
        for cut in 1..symbols.len() {
            let read = manchester::decode(&symbols[..cut], 0, 0);
            assert_eq!(read, Err(Fault::NoEnd), "{frame:?} {cut}");
        }
    }
    for frame in frames_of(PiccType::B) {
        let levels = nrz::encode(&frame, 0);
        for cut in 10..levels.len() {
            assert_eq!(nrz::decode(&levels[..cut], 0), Err(Fault::NoEnd), "{frame:?} {cut}");
        }
        let phases = bpsk::encode(&frame, 8, 10, 0);
        for cut in 18..phases.len() {
            assert_eq!(bpsk::decode(&phases[..cut], 8, 10), Err(Fault::NoEnd), "{frame:?} {cut}");
        }
    }
    assert_eq!(miller::decode(&[]), Err(Fault::NoStart));
    assert_eq!(manchester::decode(&[], 0, 0), Err(Fault::NoStart));
    assert_eq!(nrz::decode(&[], 0), Err(Fault::NoStart));
    assert_eq!(bpsk::decode(&[], 8, 10), Err(Fault::NoStart));
}

/// What a card that leaves within its answer sounds like: the subcarrier is gone from there on.
#[test]
fn an_answer_that_breaks_off_is_shorter_or_lacks_a_parity_bit() {
    let symbols = manchester::encode(&Frame::standard(&[0x12, 0x34]));
    let broken = |bits: usize| {
        let mut heard = symbols[..=bits].to_vec();
        heard.push(manchester::Symbol::F);
        manchester::decode(&heard, 0, 0)
    };
    assert_eq!(broken(8), Err(Fault::NoParity { byte: 0 }));
    assert_eq!(broken(9), Ok(Frame::standard(&[0x12])));
    assert_eq!(broken(12).map(|frame| frame.last_bits), Ok(3));
    assert_eq!(broken(17), Err(Fault::NoParity { byte: 1 }));
    assert_eq!(broken(18), Ok(Frame::standard(&[0x12, 0x34])));
}

#[test]
fn wrong_parity_and_wrong_stop_bits_are_found() {
    let damaged = |of| Frame { of, intact: false, ..Frame::standard(&[0x12, 0x34]) };
    let frame = damaged(PiccType::A);
    assert_eq!(miller::decode(&miller::encode(&frame)), Err(Fault::Parity { byte: 1 }));
    let read = manchester::decode(&manchester::encode(&frame), 0, 0);
    assert_eq!(read, Err(Fault::Parity { byte: 1 }));
    let frame = damaged(PiccType::B);
    assert_eq!(nrz::decode(&nrz::encode(&frame, 0), 0), Err(Fault::StopBit { byte: 1 }));
    let read = bpsk::decode(&bpsk::encode(&frame, 8, 10, 0), 8, 10);
    assert_eq!(read, Err(Fault::StopBit { byte: 1 }));
}

#[test]
fn miller_knows_what_cannot_follow() {
    let read = |text| miller::decode(&miller_of(text));
    // Two pauses half a bit apart.
    assert_eq!(read("ZXZZY"), Err(Fault::Sequence { symbol: 2 }));
    // No logic 0 before the end.
    assert_eq!(read("ZY"), Err(Fault::Sequence { symbol: 1 }));
    assert_eq!(read("XZY"), Err(Fault::NoStart));
    assert_eq!(read("ZZXXYZXYZYYY"), Ok(Frame::short(0x26)));
    assert_eq!(read("ZZXXYZXYZYYZ"), Err(Fault::AfterEnd { symbol: 11 }));
    // Eight bits and no ninth.
    assert_eq!(read("ZZZZZZZZZZY"), Err(Fault::NoParity { byte: 0 }));
    assert_eq!(read("ZZY"), Ok(Frame::standard(&[])));
}

#[test]
fn manchester_knows_a_collision_and_where_it_is() {
    let read = |text| manchester::decode(&manchester_of(text), 0, 0);
    assert_eq!(read("DDDCDEEEEEF"), Err(Fault::Collision { bit: 2 }));
    // The ninth bit is a parity bit: not counted, and wrong or right by chance.
    assert_eq!(read("DEEEEEEEECF"), Ok(Frame::standard(&[0])));
    assert_eq!(read("DDEEEEEEECF"), Err(Fault::Parity { byte: 0 }));
    assert_eq!(read("DEEEEEEEECCF"), Err(Fault::Collision { bit: 8 }));
    assert_eq!(read("EEF"), Err(Fault::NoStart));
    assert_eq!(read("DEEEEEEEEDFFD"), Err(Fault::AfterEnd { symbol: 12 }));
    // Behind a bit the reader has sent, the eighth bit on the air is the parity bit.
    let split = manchester::decode(&manchester_of("DEEEEEEECCF"), 1, 0);
    assert_eq!(split, Err(Fault::Collision { bit: 7 }));
}

#[test]
fn marks_and_guard_times_have_limits() {
    let frame = Frame::type_b(&[0x05, 0x00]);
    let (low, high) = ("0".repeat(10), "1".repeat(2));
    let body = "0101000001".to_owned() + "0000000001";
    let read = |sof: &str, body: &str, eof: &str, guard| {
        nrz::decode(&levels_of(&format!("{sof}{body}{eof}")), guard)
    };
    let sof = low.clone() + &high;
    assert_eq!(read(&sof, &body, &low, 0), Ok(frame.clone()));
    assert_eq!(read(&format!("0{sof}1"), &body, &format!("0{low}111"), 0), Ok(frame));
    assert_eq!(read(&sof[1..], &body, &low, 0), Err(Fault::Mark { etu: 0 }));
    assert_eq!(read(&format!("00{sof}"), &body, &low, 0), Err(Fault::Mark { etu: 0 }));
    assert_eq!(read(&(low.clone() + "1"), &body, &low, 0), Err(Fault::Mark { etu: 10 }));
    assert_eq!(read(&format!("{sof}11"), &body, &low, 0), Err(Fault::Mark { etu: 10 }));
    assert_eq!(read(&sof, &body, &format!("00{low}"), 0), Err(Fault::Mark { etu: 32 }));
    assert_eq!(read(&sof, &body, &format!("{low}10"), 0), Err(Fault::AfterEnd { symbol: 43 }));
    let apart = "0101000001".to_owned() + "111" + "0000000001";
    assert_eq!(read(&sof, &apart, &low, 2), Err(Fault::GuardTime { byte: 1 }));
    assert_eq!(read(&sof, &apart, &low, 3).map(|frame| frame.bytes.len()), Ok(2));

    let phases = |tr0, tr1| bpsk::encode(&Frame::type_b(&[0x05]), tr0, tr1, 0);
    assert_eq!(bpsk::decode(&phases(7, 10), 8, 10), Err(Fault::Tr0 { etu: 7 }));
    assert_eq!(bpsk::decode(&phases(8, 9), 8, 10), Err(Fault::Tr1 { etu: 9 }));
    assert_eq!(bpsk::decode(&phases(8, 26), 8, 10), Err(Fault::Tr1 { etu: 26 }));
    // ATTRIB can lower both.
    assert!(bpsk::decode(&phases(2, 2), 2, 2).is_ok());
    let mut late = phases(8, 10);
    late.extend([bpsk::Phase::Off, bpsk::Phase::Same]);
    let behind = late.len() - 1;
    assert_eq!(bpsk::decode(&late, 8, 10), Err(Fault::AfterEnd { symbol: behind }));
}

/// Turning a bit on the way is the same as turning it between the codings.
#[test]
fn a_turned_bit_is_what_the_symbols_say() {
    for frame in frames_of(PiccType::A) {
        let symbols = manchester::encode(&frame);
        for bit in 0..frame.bits() {
            let place = (0..symbols.len()).filter(|at| parity::is_data(*at, 0)).nth(bit).unwrap();
            let mut on_air = symbols.clone();
            on_air[1 + place] = match on_air[1 + place] {
                manchester::Symbol::D => manchester::Symbol::E,
                _ => manchester::Symbol::D,
            };
            let turned = with_bit_turned(&frame, bit);
            match manchester::decode(&on_air, 0, 0) {
                Ok(read) => assert_eq!(read, turned),
                Err(fault) => {
                    assert_eq!((fault, turned.intact), (Fault::Parity { byte: bit / 8 }, false))
                }
            }
        }
        assert_eq!(with_bit_turned(&frame, frame.bits()), frame);
    }
    // Nobody looks at the parity bit of a byte that the reader has begun.
    let rest = Frame::second_part(&[0x79, 0x09], 3);
    for bit in 0..rest.bits() {
        let turned = with_bit_turned(&rest, bit);
        assert_eq!((turned.intact, turned == rest), (bit < 5, false));
        assert_eq!(
            turned.bytes[usize::from(bit >= 5)] ^ rest.bytes[usize::from(bit >= 5)],
            1 << ((bit + 3) % 8)
        );
    }
}

/// ISO/IEC 14443-3:2018, 6.2.1.1: the answer begins at the same place of the bit grid whatever the
/// last bit was: 84 behind the pause of a 1, 20 behind that of a 0.
#[test]
fn a_frame_ends_with_its_last_pause() {
    for frame in frames_of(PiccType::A) {
        let last = parity::with_parity(&frame).last().copied().unwrap_or_default();
        let delay_fc = if last { 9 * 128 + 84 } else { 9 * 128 + 20 };
        let bits = parity::bits_on_air(&frame) as u64;
        let answer_fc = reader_takes_fc(&frame) + delay_fc;
        assert_eq!(answer_fc, (bits + 1) * 128 + 9 * 128 + 20 + PAUSE_FC, "{frame:?}");
        assert_eq!(parity::last(&frame), last);
    }
    let atqa = Frame::standard(&[0x04, 0x00]);
    assert_eq!(card_takes_fc(&atqa), 19 * 128);
    assert_eq!(card_takes_fc(&atqa.at(Rate::Fc16)), 19 * 16);
    let wupb = Frame::with_crc(PiccType::B, &[0x05, 0x00, 0x08]);
    assert_eq!(reader_takes_fc(&wupb), (12 + 50 + 10) * 128);
    assert_eq!(card_takes_fc(&wupb), (12 + 50 + 10) * 128);
}
