//! The block protocol of ISO/IEC 14443-4, the card's side: an active card of either type and any
//! frames.
//!
//! Held against: an answer is a right frame, no longer than the reader takes; a command runs only
//! for an I-block that ends one; a damaged frame has no answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tessera::link::{
    Frame, PiccType,
    picc::{
        COMMAND_BYTES_MAX, Parameters, Part4, Picc, TypeA, TypeB, Uid,
        block::{Block, Kind},
    },
};
use tessera_fuzz::{Bytes, Stand, reached};

/// FSD by its code (ISO/IEC 14443-4:2018, 5.1).
const FSD_BYTES: [usize; 9] = [16, 24, 32, 40, 48, 64, 96, 128, 256];

struct Air {
    card: Picc<Stand>,
    of: PiccType,
    now_fc: u64,
    fsd_bytes: usize,
    ends: usize,
}

impl Air {
    fn new(kind: u8) -> Self {
        let part4 = Part4 { fsci: kind >> 4, fwi: 0, nad: kind & 2 != 0, ..Part4::default() };
        let uid = Uid::fixed(&[0x52, 0x12, 0x34, 0x56]).expect("four bytes");
        let (of, parameters) = if kind & 1 == 0 {
            (PiccType::A, Parameters::A(TypeA { part4, ..TypeA::new(uid) }))
        } else {
            let pupi = Some([0x11, 0x22, 0x33, 0x44]);
            (PiccType::B, Parameters::B(TypeB { part4, ..TypeB::new(pupi) }))
        };
        let card = Picc::new(parameters, Stand::default(), 1);
        let fsdi = usize::from(kind >> 2 & 3) * 2 + 2;
        let mut air = Self { card, of, now_fc: 0, fsd_bytes: FSD_BYTES[fsdi], ends: 0 };
        air.activate(fsdi as u8);
        air
    }

    fn activate(&mut self, fsdi: u8) {
        self.card.field_off();
        self.card.field_on();
        self.now_fc += 100_000;
        match self.of {
            PiccType::A => {
                self.say(&Frame::short(0x26));
                let selected = [0x93, 0x70, 0x52, 0x12, 0x34, 0x56, 0x52 ^ 0x12 ^ 0x34 ^ 0x56];
                self.say(&Frame::with_crc(PiccType::A, &selected));
                let ats = self.say(&Frame::with_crc(PiccType::A, &[0xE0, fsdi << 4]));
                ats.expect("an activated card");
            }
            PiccType::B => {
                let atqb = self.say(&Frame::with_crc(PiccType::B, &[0x05, 0x00, 0x00]));
                atqb.expect("a card in the field");
                let attrib = [0x1D, 0x11, 0x22, 0x33, 0x44, 0x00, fsdi, 0x01, 0x00];
                let answer = self.say(&Frame::with_crc(PiccType::B, &attrib));
                answer.expect("an activated card");
            }
        }
    }

    fn say(&mut self, frame: &Frame) -> Option<Frame> {
        self.now_fc += 200_000;
        let answer = self.card.on_frame(self.now_fc, frame)?;
        self.now_fc += answer.delay_fc;
        Some(answer.frame)
    }

    fn block(&mut self, bytes: &[u8]) {
        let frame = Frame::with_crc(self.of, bytes);
        let block = Block::parse(bytes);
        let ends = block
            .is_ok_and(|block| matches!(block.kind, Kind::Information { chaining: false, .. }));
        self.ends += usize::from(ends);
        if let Some(answer) = self.say(&frame) {
            self.judge(&answer);
        }
        let stand = self.card.application();
        assert!(stand.runs <= self.ends);
        assert!(stand.command_bytes_max <= COMMAND_BYTES_MAX);
    }

    fn judge(&self, answer: &Frame) {
        assert!(answer.bytes.len() <= self.fsd_bytes, "longer than the reader takes");
        let bytes = answer.checked().expect("a right CRC");
        // After DESELECT a card is in another state and answers what is said there.
        let Ok(block) = Block::parse(bytes) else {
            return reached("an answer outside the protocol");
        };
        reached(match block.kind {
            Kind::Information { chaining: true, .. } => "a part of an answer",
            Kind::Information { chaining: false, .. } => "the end of an answer",
            Kind::Ack { .. } => "a part acknowledged",
            Kind::Nak { .. } => panic!("a card says no R(NAK)"),
            Kind::Deselect => "deselected",
            Kind::WaitingTime => "time asked for",
            Kind::Parameters => "parameters",
        });
    }
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Bytes(input);
    let Some(kind) = bytes.next() else { return };
    let mut air = Air::new(kind);
    while let Some(what) = bytes.next() {
        let frame = bytes.take(usize::from(what & 0x7F));
        match what {
            0x00 => air.now_fc += 1 << 28,
            0x80 => air.activate(kind >> 2 & 3),
            // A damaged frame has no answer.
            0xF0.. => {
                let mut damaged = Frame::with_crc(air.of, frame);
                damaged.intact = false;
                assert_eq!(air.say(&damaged), None);
            }
            0x81.. => {
                // The same bytes as a part of a long chain.
                for n in 0..64 {
                    let mut part = vec![0x12 | (n & 1)];
                    part.extend(frame);
                    air.block(&part);
                }
            }
            _ => air.block(frame),
        }
    }
});
