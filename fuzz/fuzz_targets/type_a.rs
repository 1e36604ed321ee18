//! Type A before the protocol: any frames, to the bit, at any time, the field going and coming.
//!
//! Held against: frames of Type B and damaged ones have no answer; an anticollision answer goes on
//! where the reader's part ended; a card's answer is a right frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera::link::{
    Frame, PiccType,
    picc::{Parameters, Picc, TypeA, Uid},
};
use tessera_fuzz::{Bytes, Stand, reached};

const UIDS: [&[u8]; 3] = [
    &[0x52, 0x12, 0x34, 0x56],
    &[0x04, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56],
    &[0x04, 1, 2, 3, 4, 5, 6, 7, 8, 9],
];

fn hear(card: &mut Picc<Stand>, now_fc: u64, frame: &Frame) {
    let answer = card.on_frame(now_fc, frame);
    reached(card.state().name());
    let Some(answer) = answer else { return };
    assert!(frame.of == PiccType::A, "an answer to Type B");
    assert!(frame.intact, "an answer to a damaged frame");
    assert_eq!(answer.frame.of, PiccType::A);
    assert!(answer.frame.intact && answer.frame.bytes.len() <= 256);
    if frame.short_command().is_some() {
        assert_eq!(answer.frame.bits(), 16, "ATQA");
        return reached("ATQA");
    }
    if let [0x93 | 0x95 | 0x97, nvb, ..] = frame.bytes[..]
        && frame.checked().is_none()
    {
        let known = 8 * usize::from(nvb >> 4) + usize::from(nvb & 0x0F) - 16;
        assert_eq!(known + answer.frame.bits(), 40, "all bits of a cascade level");
        return reached("a part of the UID");
    }
    assert!(answer.frame.checked().is_some(), "a CRC");
    reached("an answer with a CRC");
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Bytes(input);
    let Some(kind) = bytes.next() else { return };
    let uid = match UIDS.get(usize::from(kind & 3)) {
        Some(uid) => Uid::fixed(uid).expect("a UID"),
        None => Uid::random(),
    };
    let parameters = TypeA { has_part4: kind & 4 == 0, ..TypeA::new(uid) };
    let mut card = Picc::new(Parameters::A(parameters), Stand::default(), kind.into());
    card.field_on();
    let mut now_fc = 100_000;
    while let Some(what) = bytes.next() {
        now_fc += 10_000;
        let length = usize::from(what & 0x1F);
        let frame = match what >> 5 {
            0 => Frame::short(bytes.next().unwrap_or(0x26)),
            1 => Frame::standard(bytes.take(length)),
            2 | 3 => Frame::with_crc(PiccType::A, bytes.take(length)),
            4 => {
                let bits = 16 + usize::from(bytes.next().unwrap_or(0)) % 40;
                Frame::first_part(bytes.take(bits.div_ceil(8)), bits)
            }
            5 => Frame { intact: false, ..Frame::with_crc(PiccType::A, bytes.take(length)) },
            6 => Frame::type_b(bytes.take(length)),
            _ => {
                match length {
                    0 => {
                        card.field_off();
                        reached("the field off");
                    }
                    1 => card.field_on(),
                    _ => now_fc += 1 << length,
                }
                continue;
            }
        };
        hear(&mut card, now_fc, &frame);
    }
});
