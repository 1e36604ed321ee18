//! Dialogues of a card in its protocol: those of ISO/IEC 10373-6 in kind, and its own rules.

use crate::link::{
    Application, Direction, Frame, Mute, PiccType,
    picc::{COMMAND_BYTES_MAX, Parameters, Part4, Picc, State, TypeA, TypeB, Uid, sizes},
};

/// Knows some commands; takes as long as it is told.
#[derive(Debug, Default)]
struct Stub {
    answers: Vec<(Vec<u8>, Vec<u8>)>,
    took_us: u64,
    ran: Vec<Vec<u8>>,
}

impl Application for Stub {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.ran.push(command.to_vec());
        match self.answers.iter().find(|(known, _)| known == command) {
            Some((_, answer)) => response.extend(answer),
            None => response.extend([0x6D, 0x00]),
        }
        Ok(self.took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// A card of either type in PROTOCOL.
struct Bench {
    card: Picc<Stub>,
    of: PiccType,
    now_fc: u64,
}

impl Bench {
    /// FSDI and CID are what the reader gives.
    fn new(of: PiccType, part4: Part4, fsdi: u8, cid: u8) -> Self {
        let parameters = match of {
            PiccType::A => {
                Parameters::A(TypeA { part4, ..TypeA::new(Uid::random_first([1, 2, 3])) })
            }
            PiccType::B => Parameters::B(TypeB { part4, ..TypeB::new(Some([1, 2, 3, 4])) }),
        };
        let mut card = Picc::new(parameters, Stub::default(), 0);
        card.field_on();
        let mut bench = Self { card, of, now_fc: 0 };
        match of {
            PiccType::A => {
                assert!(bench.card.on_frame(0, &Frame::short(0x26)).is_some());
                bench.says(&[0x93, 0x70, 8, 1, 2, 3, 8]);
                bench.says(&[0xE0, fsdi << 4 | cid]);
            }
            PiccType::B => {
                bench.says(&[0x05, 0x00, 0x00]);
                bench.says(&[0x1D, 1, 2, 3, 4, 0x00, fsdi, 0x01, cid]);
            }
        }
        assert_eq!(bench.card.state(), State::Protocol);
        bench
    }

    /// FSD and FSC of 256 bytes, FWI 4, no CID.
    fn plain(of: PiccType) -> Self {
        Self::new(of, Part4 { fwi: 4, ..Part4::default() }, 8, 0)
    }

    fn says(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.hears(&Frame::with_crc(self.of, bytes)).map(|(bytes, _)| bytes)
    }

    /// The block of the answer, and how long after the reader's it came.
    fn hears(&mut self, frame: &Frame) -> Option<(Vec<u8>, u64)> {
        let answer = self.card.on_frame(self.now_fc, frame)?;
        self.now_fc += answer.delay_fc;
        Some((answer.frame.checked().unwrap().to_vec(), answer.delay_fc))
    }

    fn ran(&self) -> usize {
        self.card.application().ran.len()
    }
}

const TYPES: [PiccType; 2] = [PiccType::A, PiccType::B];

/// What the reader sends and the card answers, without CRC; LOST is what the card hears damaged,
/// and - is silence. Worked out from ISO/IEC 14443-4:2018, 7.5, and its annexes of scenarios.
const SCENARIOS: &str = "\
CARD picc-01 fsd 256 fsc 256 cid - takes 1 wtx 0: error-free I-block exchange, block numbers alternate
APDU 00a4040000 6a82
APDU 00b0000010 0011223344559000
PCD  0200a4040000 026a82
PCD  0300b0000010 030011223344559000
PCD  0200a4040000 026a82
CARD picc-02 fsd 256 fsc 256 cid - takes 1 wtx 0: PCD chaining in three parts
APDU 00a4040000 6a82
APDU 00b0000010 0011223344559000
PCD  1200a4 a2
PCD  130400 a3
PCD  0200 026a82
PCD  0300b0000010 030011223344559000
CARD picc-04 fsd 256 fsc 256 cid - takes 1 wtx 3: S(WTX) before the answer
APDU 00a4040000 6a82
PCD  0200a4040000 f203
PCD  f203 026a82
CARD picc-05 fsd 256 fsc 256 cid - takes 1 wtx 0: DESELECT, then silence in HALT
APDU 00a4040000 6a82
PCD  0200a4040000 026a82
PCD  c2 c2
PCD  0300a4040000 -
PCD  c2 -
CARD picc-07 fsd 256 fsc 256 cid - takes 1 wtx 0: command damaged: no answer; R(NAK) with the other number gets R(ACK); then the command again
APDU 00a4040000 6a82
LOST 0200a4040000 -
PCD  b2 a3
PCD  0200a4040000 026a82
CARD picc-08 fsd 256 fsc 256 cid - takes 1 wtx 0: presence check with R(NAK) between commands
APDU 00a4040000 6a82
APDU 00b0000010 0011223344559000
PCD  0200a4040000 026a82
PCD  b3 a2
PCD  b3 a2
PCD  0300b0000010 030011223344559000
CARD picc-10 fsd 256 fsc 256 cid - takes 1 wtx 0: PCD chaining: R(ACK) lost, R(NAK) repeats it
APDU 00a404000000 6a82
APDU 00a4040000 6a82
PCD  1200a4 a2
PCD  b2 a2
PCD  13040000 a3
PCD  02 026a82
CARD picc-11 fsd 256 fsc 256 cid - takes 1 wtx 0: PCD chaining: second block damaged; R(NAK)1 is answered with R(ACK)0, the PCD repeats the block
APDU 00a4040000 6a82
PCD  1200a4 a2
LOST 130400 -
PCD  b3 a2
PCD  130400 a3
PCD  0200 026a82
CARD picc-13 fsd 24 fsc 256 cid - takes 1 wtx 0: PICC chaining: R(ACK) damaged, repeated, chain continues
APDU 00b0000010 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526279000
APDU 00a4040000 6a82
PCD  0200b0000010 12000102030405060708090a0b0c0d0e0f1011121314
LOST a3 -
PCD  a3 0315161718191a1b1c1d1e1f20212223242526279000
PCD  0200a4040000 026a82
CARD picc-14 fsd 24 fsc 256 cid - takes 1 wtx 0: PICC chaining: R(NAK) instead of R(ACK) for the block not received
APDU 00b0000010 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526279000
APDU 00a4040000 6a82
PCD  0200b0000010 12000102030405060708090a0b0c0d0e0f1011121314
PCD  b2 12000102030405060708090a0b0c0d0e0f1011121314
PCD  a3 0315161718191a1b1c1d1e1f20212223242526279000
PCD  0200a4040000 026a82
CARD picc-16 fsd 256 fsc 256 cid - takes 1 wtx 3: S(WTX) response damaged: silence, then R(NAK) repeats the request
APDU 00a4040000 6a82
PCD  0200a4040000 f203
LOST f203 -
PCD  b2 f203
PCD  f203 026a82
CARD picc-17 fsd 256 fsc 256 cid - takes 1 wtx 0: DESELECT damaged, repeated
APDU 00a4040000 6a82
PCD  0200a4040000 026a82
LOST c2 -
PCD  c2 c2
CARD picc-19 fsd 256 fsc 256 cid 0 takes 1 wtx 0: CID 0 assigned: both forms accepted, answer mirrors the form
APDU 00a4040000 6a82
PCD  0a0000a4040000 0a006a82
PCD  0300a4040000 036a82
PCD  0a0000a4040000 0a006a82
CARD picc-20 fsd 256 fsc 256 cid - takes 0 wtx 0: CID not supported: blocks with CID ignored
APDU 00a4040000 6a82
PCD  0a0000a4040000 -
PCD  0200a4040000 026a82
CARD picc-22 fsd 256 fsc 256 cid - takes 1 wtx 0: PCB values that are not valid are ignored
APDU 00a4040000 6a82
PCD  4000a4040000 -
PCD  2200a4040000 -
PCD  0000a4040000 -
PCD  a6 -
PCD  c6 -
PCD  c0 -
PCD  e2 -
PCD  0200a4040000 026a82
CARD picc-23 fsd 256 fsc 24 cid - takes 1 wtx 0: frame longer than FSC ignored
APDU 00a4040000 6a82
PCD  02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -
PCD  0200a4040000 026a82
CARD picc-25 fsd 24 fsc 256 cid 1 takes 1 wtx 0: chaining both ways with CID 1
APDU 00a4040000 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526279000
APDU 00b0000010 0011223344559000
PCD  1a0100a4 aa01
PCD  1b010400 ab01
PCD  0a0100 1a01000102030405060708090a0b0c0d0e0f10111213
PCD  ab01 1b011415161718191a1b1c1d1e1f2021222324252627
PCD  aa01 0a019000
PCD  0b0100b0000010 0b010011223344559000
CARD picc-26 fsd 256 fsc 256 cid - takes 1 wtx 0: first block after activation is R(NAK)0
APDU 00a4040000 6a82
PCD  b2 a3
PCD  0200a4040000 026a82
CARD picc-28 fsd 256 fsc 256 cid - takes 1 wtx 3: WTX response with another WTXM is ignored
APDU 00a4040000 6a82
PCD  0200a4040000 f203
PCD  f202 -
PCD  f203 026a82
CARD picc-29 fsd 256 fsc 256 cid 2 takes 1 wtx 7: WTX with CID
APDU 00a4040000 6a82
PCD  0a0200a4040000 fa0207
PCD  fa0207 0a026a82";

/// Time after which the one request of a card with FWI 4 asks for this many FWT.
fn us_for(wtxm: u64) -> u64 {
    if wtxm == 0 { 0 } else { (sizes::fwt_fc(4) * (8 * wtxm + 3) / 8) * 100 / 1356 }
}

#[test]
fn the_scenarios_come_out_for_both_types() {
    for of in TYPES {
        let mut bench: Option<Bench> = None;
        let (mut name, mut cards) = ("", 0);
        for line in SCENARIOS.lines() {
            let words: Vec<&str> = line.split([' ', ':']).filter(|word| !word.is_empty()).collect();
            if words[0] == "CARD" {
                name = words[1];
                cards += 1;
                let code = |at: usize| {
                    let bytes = words[at].parse::<usize>().unwrap();
                    (0..=12).find(|&code| sizes::frame_bytes(code) == bytes).unwrap()
                };
                let part4 =
                    Part4 { fsci: code(5), fwi: 4, cid: words[9] == "1", ..Part4::default() };
                let mut next = Bench::new(of, part4, code(3), words[7].parse().unwrap_or(0));
                next.card.application_mut().took_us = us_for(words[11].parse().unwrap());
                bench = Some(next);
                continue;
            }
            let bench = bench.as_mut().unwrap();
            let (first, second) = (hex::decode(words[1]).unwrap(), hex::decode(words[2]).ok());
            match words[0] {
                "APDU" => {
                    bench.card.application_mut().answers.push((first, second.unwrap()));
                }
                "PCD" => assert_eq!(bench.says(&first), second, "{name}: {line}"),
                _ => {
                    let mut frame = Frame::with_crc(of, &first);
                    frame.bytes[0] ^= 0x20;
                    assert_eq!(bench.hears(&frame), None, "{name}: {line}");
                }
            }
        }
        assert_eq!(cards, 20);
    }
}

/// ISO/IEC 14443-4:2018, 7.1.3.2: which form of a block is for which card.
#[test]
fn a_card_answers_only_blocks_for_its_cid_and_in_their_form() {
    // Whether the card takes a CID, the one it got; then per form of block (without, 0, own, other)
    // whether it answers.
    let rows = [
        (true, 0, [true, true, true, false]),
        (true, 5, [false, false, true, false]),
        (false, 0, [true, false, false, false]),
    ];
    for of in TYPES {
        for (takes, own, answers) in rows {
            let forms = [None, Some(0), Some(own), Some(own + 1)];
            for (form, answered) in forms.into_iter().zip(answers) {
                // I-block, R(NAK), S(DESELECT), each in this form; the answer has it too.
                for (sent, back) in [(0x02, 0x02), (0xB2, 0xA3), (0xC2, 0xC2)] {
                    let part4 = Part4 { cid: takes, ..Part4::default() };
                    let mut bench = Bench::new(of, part4, 8, own);
                    let block = |pcb: u8| match form {
                        Some(cid) => vec![pcb | 0x08, cid],
                        None => vec![pcb],
                    };
                    let said = bench.says(&block(sent));
                    assert_eq!(said, answered.then(|| block(back)), "{form:?} {own} {sent:02X}");
                }
            }
        }
    }
    // What the reader has no business to say of power levels does not count; RFU bits do.
    let mut bench = Bench::new(PiccType::A, Part4::default(), 8, 5);
    assert_eq!(bench.says(&[0x0A, 0xC5]), Some(vec![0x0A, 0x05]));
    assert_eq!(bench.says(&[0x0B, 0x15]), None);
}

#[test]
fn node_addresses_come_back_turned_round_in_the_first_block() {
    for of in TYPES {
        let part4 = Part4 { nad: true, ..Part4::default() };
        let mut bench = Bench::new(of, part4, 0, 0);
        let long = vec![0xAB; 24];
        bench.card.application_mut().answers = vec![(vec![1, 2, 3], long)];
        // A chain of the reader's: only its first block has them.
        assert_eq!(bench.says(&[0x16, 0x21, 1]), Some(vec![0xA2]));
        assert_eq!(bench.says(&[0x17, 0x21, 2]), None);
        assert_eq!(bench.says(&[0x13, 2]), Some(vec![0xA3]));
        let first = [&[0x16, 0x12][..], &[0xAB; 12]].concat();
        assert_eq!(bench.says(&[0x02, 3]), Some(first));
        assert_eq!(bench.says(&[0xA3]), Some([&[0x03][..], &[0xAB; 12]].concat()));
        // Not in an answer to a command without.
        assert_eq!(bench.says(&[0x02, 9]), Some(vec![0x02, 0x6D, 0x00]));
        // With the CID too: CID, then NAD.
        assert_eq!(bench.says(&[0x0F, 0, 0x30, 9]), Some(vec![0x0F, 0, 0x03, 0x6D, 0x00]));
        // The bits of VPP, and a sender that is its own receiver.
        for wrong in [0x08, 0x80, 0x29, 0x11, 0x77] {
            assert_eq!(bench.says(&[0x06, wrong, 9]), None, "{wrong:02X}");
        }
        assert!(bench.says(&[0x06, 0x00, 9]).is_some());
        let mut bench = Bench::plain(of);
        assert_eq!(bench.says(&[0x06, 0x21, 9]), None);
        assert_eq!(bench.says(&[0xA6, 0x21]), None);
    }
}

/// Rule 11: R(ACK) and R(NAK) with the card's number bring the last block, whatever it was.
#[test]
fn the_last_block_comes_again_whatever_it_was() {
    for of in TYPES {
        let mut bench = Bench::plain(of);
        assert_eq!((bench.says(&[0xB3]), bench.says(&[0xA3])), (None, None), "there is none yet");
        assert_eq!(bench.says(&[0xB2]), Some(vec![0xA3]));
        for again in [0xB3, 0xA3] {
            assert_eq!(bench.says(&[again]), Some(vec![0xA3]));
        }
        let answer = bench.says(&[0x02, 7]);
        for again in [0xB2, 0xA2, 0xB2] {
            assert_eq!(bench.says(&[again]), answer);
        }
        assert_eq!(bench.says(&[0xA3]), None, "nothing is chained");
        assert_eq!(bench.says(&[0xB3]), Some(vec![0xA2]), "rule 12");
        assert_eq!(bench.says(&[0xB2]), Some(vec![0xA2]), "which is the last block now");
        assert_eq!(bench.ran(), 1);
        bench.card.application_mut().took_us = us_for(2);
        assert_eq!(bench.says(&[0x03, 7]), Some(vec![0xF2, 2]));
        assert_eq!(bench.says(&[0xB3]), Some(vec![0xF2, 2]));
        assert_eq!(bench.says(&[0xA3]), Some(vec![0xF2, 2]));
        assert_eq!(bench.says(&[0xA2]), None, "nothing is chained that has not begun");
        assert_eq!(bench.says(&[0xF2, 2]), Some(vec![0x03, 0x6D, 0x00]));
        assert_eq!(bench.says(&[0xF2, 2]), None, "it was granted");
        assert_eq!(bench.says(&[0xB3]), Some(vec![0x03, 0x6D, 0x00]));
        assert_eq!(bench.ran(), 2);
    }
}

/// The note to rule D: a reader that keeps the rules never sends an I-block with the card's number.
#[test]
fn a_copy_of_a_block_that_was_taken_is_not_taken_again() {
    for of in TYPES {
        let mut bench = Bench::plain(of);
        assert!(bench.says(&[0x02, 7]).is_some());
        assert_eq!(bench.says(&[0x02, 7]), None);
        assert_eq!(bench.says(&[0x12, 7]), None);
        assert_eq!(bench.ran(), 1);
        assert_eq!(bench.says(&[0x13, 1]), Some(vec![0xA3]));
        assert_eq!(bench.says(&[0x13, 1]), None);
        assert_eq!(bench.says(&[0x02, 2]), Some(vec![0x02, 0x6D, 0x00]));
        assert_eq!(bench.card.application().ran, [vec![7], vec![1, 2]]);
        bench.card.application_mut().took_us = us_for(1);
        assert_eq!(bench.says(&[0x03, 3]), Some(vec![0xF2, 1]));
        assert_eq!(bench.says(&[0x03, 3]), None);
        assert_eq!(bench.says(&[0x02, 4]), None, "there is no answer to the last yet");
        assert_eq!(bench.says(&[0xF2, 1]), Some(vec![0x03, 0x6D, 0x00]));
        assert_eq!(bench.ran(), 3);
    }
}

#[test]
fn a_card_asks_for_the_whole_fwt_its_answer_still_takes() {
    let fwt_us = |fwi: u8| sizes::fwt_fc(fwi) * 100 / 1356;
    for of in TYPES {
        for fwi in [0, 4, 8, 14, 15] {
            // In eighths of FWT: what the card takes, and the WTXM it asks for.
            for (eighths, wtxm) in [(6, 0), (9, 1), (14, 1), (16, 2), (22, 2), (24, 3), (470, 58)] {
                let part4 = Part4 { fwi, ..Part4::default() };
                let mut bench = Bench::new(of, part4, 8, 0);
                bench.card.application_mut().took_us = fwt_us(fwi) * eighths / 8;
                let most = sizes::FWT_FC_MAX / sizes::fwt_fc(fwi);
                let (block, delay_fc) = bench.hears(&Frame::with_crc(of, &[0x02, 7])).unwrap();
                let fwt_fc = sizes::fwt_fc(fwi);
                // FWT ends with TR0 of Type B; TR1 comes then.
                let tr1_fc = if of == PiccType::B { 1280 } else { 0 };
                assert!(delay_fc <= fwt_fc + tr1_fc, "{fwi} {eighths}");
                if wtxm == 0 {
                    assert_eq!(block, [0x02, 0x6D, 0x00]);
                    continue;
                }
                assert_eq!(block, [0xF2, wtxm.min(most) as u8], "{fwi} {eighths}");
                // Granted at once, its answer comes within what was granted, or another request.
                let (mut asked, mut block, mut waited_fc) = (1, block, delay_fc);
                while block[0] == 0xF2 {
                    assert!(bench.says(&[0xF2, block[1] % 59 + 1]).is_none() || block[1] > 59);
                    let (next, delay_fc) = bench.hears(&Frame::with_crc(of, &block)).unwrap();
                    assert!(delay_fc <= sizes::extended_fwt_fc(fwt_fc, block[1]) + 3000);
                    waited_fc += delay_fc;
                    asked += 1;
                    assert!(asked < 70);
                    block = next;
                }
                assert_eq!((block, bench.ran()), (vec![0x02, 0x6D, 0x00], 1));
                assert!(waited_fc >= fwt_fc * eighths / 8 - 1356, "{waited_fc}");
            }
        }
    }
}

/// Who does not let time pass between frames still gets the answer after the one request.
#[test]
fn the_card_s_time_goes_on_while_it_waits() {
    let mut bench = Bench::plain(PiccType::A);
    bench.card.application_mut().took_us = us_for(3);
    let said = |card: &mut Picc<Stub>, bytes: &[u8]| {
        let answer = card.on_frame(0, &Frame::with_crc(PiccType::A, bytes)).unwrap();
        answer.frame.checked().unwrap().to_vec()
    };
    assert_eq!(said(&mut bench.card, &[0x02, 7]), [0xF2, 3]);
    assert_eq!(said(&mut bench.card, &[0xF2, 3]), [0x02, 0x6D, 0x00]);
}

#[test]
fn a_card_that_takes_very_long_asks_again_and_again() {
    let mut bench = Bench::plain(PiccType::A);
    bench.card.application_mut().took_us = us_for(59 * 3);
    let mut asked = Vec::new();
    let mut block = bench.says(&[0x02, 7]).unwrap();
    while let [0xF2, wtxm] = block[..] {
        asked.push(wtxm);
        // Power levels are the card's to tell; WTXM must be its own.
        assert_eq!(bench.says(&[0xF2, wtxm | 0x40]), None);
        assert_eq!(bench.says(&[0xF2, wtxm - 1]), None);
        assert_eq!(bench.says(&[0xF2]), None);
        assert_eq!(bench.says(&[0xF2, wtxm, 0]), None);
        block = bench.says(&[0xF2, wtxm]).unwrap();
    }
    assert!(asked.len() > 3 && asked[..3] == [59; 3], "{asked:?}");
    assert_eq!((block, bench.ran()), (vec![0x02, 0x6D, 0x00], 1));
    // S(WTX) that the card did not ask for, and S(PARAMETERS).
    assert_eq!(bench.says(&[0xF2, 1]), None);
    assert_eq!(bench.says(&[0xF0, 0xA0, 0x02, 0xA1, 0x00]), None);
    // An application whose time has no end: the card goes on asking.
    bench.card.application_mut().took_us = u64::MAX;
    for _ in 0..1000 {
        let said = bench.says(&[0x03, 7]).or_else(|| bench.says(&[0xF2, 59]));
        assert_eq!(said, Some(vec![0xF2, 59]));
    }
}

/// Frames of every size both ways; none is longer than was agreed on, and each is as long as it
/// can be.
#[test]
fn chains_are_cut_to_the_frame_and_joined_again() {
    for of in TYPES {
        for (fsci, fsdi) in [(0, 0), (0, 8), (8, 0), (2, 5), (12, 12), (15, 13)] {
            for cid in [0, 3] {
                let part4 = Part4 { fsci, ..Part4::default() };
                let mut bench = Bench::new(of, part4, fsdi, cid);
                let command: Vec<u8> = (0..10_000).map(|at| (at % 251) as u8).collect();
                let response: Vec<u8> = (0..9_999).map(|at| (at % 241) as u8).collect();
                let pair = (command.clone(), response.clone());
                bench.card.application_mut().answers = vec![pair];
                let head = |pcb: u8| if cid > 0 { vec![pcb | 8, cid] } else { vec![pcb] };
                let most = sizes::frame_bytes(fsci) - 2 - head(0).len();
                let mut number = 0;
                let mut pieces = command.chunks(most).peekable();
                let mut said = Vec::new();
                while let Some(piece) = pieces.next() {
                    let chaining = if pieces.peek().is_some() { 0x10 } else { 0 };
                    let block = [head(0x02 | chaining | number), piece.to_vec()].concat();
                    // One byte more than FSC is not heard.
                    let longer = [&block[..], &[0]].concat();
                    if longer.len() + 2 > sizes::frame_bytes(fsci) {
                        assert_eq!(bench.says(&longer), None);
                    }
                    said = bench.says(&block).unwrap();
                    if chaining > 0 {
                        assert_eq!(said, head(0xA2 | number));
                        number ^= 1;
                    }
                }
                let mut joined = Vec::new();
                loop {
                    joined.extend(&said[head(0).len()..]);
                    assert!(said.len() + 2 <= sizes::frame_bytes(fsdi));
                    if said[0] & 0x10 == 0 {
                        break;
                    }
                    assert_eq!(said.len() + 2, sizes::frame_bytes(fsdi));
                    number ^= 1;
                    said = bench.says(&head(0xA2 | number)).unwrap();
                }
                assert_eq!((joined, bench.ran()), (response, 1));
            }
        }
    }
}

#[test]
fn a_command_longer_than_any_apdu_is_not_taken() {
    let mut bench = Bench::new(PiccType::A, Part4 { fsci: 12, ..Part4::default() }, 8, 0);
    let piece = 4096 - 3;
    for at in 0..COMMAND_BYTES_MAX / piece {
        let number = (at % 2) as u8;
        let said = bench.says(&[&[0x12 | number][..], &vec![0; piece]].concat());
        assert_eq!(said, Some(vec![0xA2 | number]));
    }
    let left = COMMAND_BYTES_MAX % piece;
    let number = (COMMAND_BYTES_MAX / piece % 2) as u8;
    for pcb in [0x02, 0x12] {
        assert_eq!(bench.says(&[&[pcb | number][..], &vec![0; left + 1]].concat()), None);
    }
    // It is as if the block had been lost.
    assert_eq!(bench.says(&[0xB2 | number]), Some(vec![0xA3 ^ number]));
    assert!(bench.says(&[&[0x02 | number][..], &vec![0; left]].concat()).is_some());
    assert_eq!(bench.card.application().ran[0].len(), COMMAND_BYTES_MAX);
}

#[test]
fn an_empty_block_asks_only_whether_the_card_is_there() {
    let mut bench = Bench::plain(PiccType::B);
    assert_eq!(bench.says(&[0x02]), Some(vec![0x02]));
    assert_eq!(bench.says(&[0x13]), Some(vec![0xA3]));
    assert_eq!(bench.says(&[0x02]), Some(vec![0x02]));
    assert_eq!(bench.ran(), 0);
}

/// A reader may stop a chain of the card's and go on with a command.
#[test]
fn a_new_command_ends_the_card_s_chain_and_deselect_ends_all() {
    for of in TYPES {
        let mut bench = Bench::new(of, Part4::default(), 0, 0);
        bench.card.application_mut().answers = vec![(vec![1], vec![5; 40])];
        assert_eq!(bench.says(&[0x02, 1]).map(|said| said[0]), Some(0x12));
        assert_eq!(bench.says(&[0x03, 2]), Some(vec![0x03, 0x6D, 0x00]));
        assert_eq!(bench.says(&[0x12, 1]), Some(vec![0xA2]));
        assert_eq!(bench.says(&[0xC2]), Some(vec![0xC2]));
        assert_eq!(bench.card.state(), State::Halt);
        assert_eq!((bench.says(&[0xC2]), bench.says(&[0x03, 1])), (None, None));
        assert_eq!(bench.ran(), 2);
    }
}
