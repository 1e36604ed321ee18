//! Whole lives of cards: real ones as they were heard on the air, and any frames in any order.

use proptest::prelude::*;

use super::*;
use crate::link::{Direction, Rate};

/// Knows some commands and how long each takes.
#[derive(Debug, Default)]
struct Known {
    answers: Vec<(Vec<u8>, Vec<u8>, u64)>,
}

impl Application for Known {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        let known = self.answers.iter().find(|(known, ..)| known == command);
        let (_, answer, took_us) = known.expect("a command of the trace");
        response.extend(answer);
        Ok(*took_us)
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// What passed between real readers and cards, in captures of the Proxmark3 project (its files
/// hf_mfdes_sniff, hf_seos_sniff_fc54_cn64001, hf_visa_apple_normal and of a card in HALT): frames
/// with their CRC, - for silence, AWAY and FIELD where the card left the field and was in a new
/// one. APDU says what the application knows and how long it takes in microseconds. Of the phone
/// the last answer was damaged in the capture and is a made one here.
const TRACES: &str = "\
CARD desfire uid 046f169afc2e80 atqa 4403 sak 20 ats 067577810280
PCD 52 4403
PCD 9320 88046f16f5
PCD 937088046f16f5ec55 24d836
PCD 9520 9afc2e80c8
PCD 95709afc2e80c85bc6 20fc70
PCD e0803173 06757781028002f0
PCD d0110052a6 d07387
APDU 00a4040007d2760000850100 9000 0
PCD 0a0000a4040007d2760000850100129f 0a009000f393
APDU 905a0000034f49d300 9100 0
PCD 0b00905a0000034f49d300226f 0b0091009096
APDU 901a0000010100 0675359294e7cda191af 0
PCD 0a00901a0000010100d261 0a000675359294e7cda191af76dc
APDU 90af000010a62f40c614579080bcc1dd90eeabd41600 eddced7224ae18789100 0
PCD 0b0090af000010a62f40c614579080bcc1dd90eeabd41600cf44 0b00eddced7224ae187891003a6a
APDU 90f50000010f00 0001031238000003fd0d1fe11e91669100 0
PCD 0a0090f50000010f005844 0a000001031238000003fd0d1fe11e91669100c887
APDU 90bd0000070f00000005000000 30318102c2d9542afececa1ba19100 0
PCD 0b0090bd0000070f00000005000000e552 0b0030318102c2d9542afececa1ba191008f8e
AWAY
PCD 0a0090bd0000070f00000033000000a71d -
PCD ba00bed9 -
PCD 0a00905a00000300000000c671 -
PCD ba00bed9 -
PCD 0a00500057cd -
PCD ba00 -
FIELD
PCD 52 4403
PCD ca007a29 -
PCD ca007a29 -
PCD 26 4403
FIELD
PCD 52 4403
PCD 9320 88046f16f5
PCD 937088046f16f5ec55 24d836
CARD seos uid 08e49831 atqa 0100 sak 0 ats 0578778002
PCD 52 0100
PCD 9320 08e4983145
PCD 937008e4983145b2b0 20fc70
PCD e0803173 05787780029c3a
PCD d0110052a6 d07387
APDU 00a404000aa000000440000101000100 6f0c840aa00000044000010100019000 0
PCD 0a0000a404000aa0000004400001010001006a2c 0a006f0c840aa000000440000101000190006fa4
APDU 80a504001306112b0601040181e43801010201180101020200 cd0202068538e597fea23a292a9f0829de0b60ac49624240be56ec1bfc2f678341a54af0120bfbc61bae42ab3c4c0a5aaf6a9cf8dd7cfbe12f7c09c4edb38e0851d01241cf5101aa9000 0
PCD 0b0080a504001306112b0601040181e438010102011801010202006b13 0b00cd0202068538e597fea23a292a9f0829de0b60ac49624240be56ec1bfc2f678341a54af0120bfbc61bae42ab3c4c0a5aaf6a9cf8dd7cfbe12f7c09c4edb38e0851d01241cf5101aa90000cbe
APDU 00870001047c02810000 7c0a81087a131b6a79a20a1b9000 0
PCD 0a0000870001047c028100009c8d 0a007c0a81087a131b6a79a20a1b90004263
APDU 008700012c7c2a822833970dbc4fdb1265dad342a73e86f283e6868889c7cad1313818d36ad6587bce1062145bb3b24f4d00 7c2a8228ab27d37ef90e9656d95b44833ff6a49d88bab225603c9ac7e208c5bbb30b338d4e0c87655ddfc9a59000 0
PCD 0b00008700012c7c2a822833970dbc4fdb1265dad342a73e86f283e6868889c7cad1313818d36ad6587bce1062145bb3b24f4d00122f 0b007c2a8228ab27d37ef90e9656d95b44833ff6a49d88bab225603c9ac7e208c5bbb30b338d4e0c87655ddfc9a59000b886
APDU 0ccb3fff168508892e2e732b76542597008e08deba5b5ce895a47900 8540893170af50e02e7583bd7b873a330683b59cf6c5d1b35fa91e20026798c5aaa18a56e061bd9da32fa42af02605b468fa92297fa634c154c7c28033e5efd5e7a8990290008e08e06ef8d3a581311c9000 0
PCD 0a000ccb3fff168508892e2e732b76542597008e08deba5b5ce895a479001330 0a008540893170af50e02e7583bd7b873a330683b59cf6c5d1b35fa91e20026798c5aaa18a56e061bd9da32fa42af02605b468fa92297fa634c154c7c28033e5efd5e7a8990290008e08e06ef8d3a581311c9000d887
CARD phone uid 0834b983 atqa 0400 sak 0 ats 0578807002
PCD 26 0400
PCD 9320 0834b98306
PCD 93700834b983066c68 20fc70
PCD e0803173 0578807002a546
APDU 00a404000e325041592e5359532e444446303100 6f2a840e325041592e5359532e4444463031a518bf0c1561134f07a00000000310108701019f0a04000101019000 0
PCD 0200a404000e325041592e5359532e444446303100e042 026f2a840e325041592e5359532e4444463031a518bf0c1561134f07a00000000310108701019f0a040001010190001cf1
APDU 00a4040007a000000003101000 6f428407a0000000031010a5379f381b9f66049f02069f03069f1a0295055f2a029a039c019f37049f4e14bf0c169f5a053109780826bf6304df2001809f0a04000101019000 0
PCD 0300a4040007a000000003101000bc41 036f428407a0000000031010a5379f381b9f66049f02069f03069f1a0295055f2a029a039c019f37049f4e14bf0c169f5a053109780826bf6304df2001809f0a0400010101900078bc
APDU 80a800003783353280400000000000010000000000000008260000000000082621101400124d3dca000000000000000000000000000000000000000000 9000 159480
PCD 0280a800003783353280400000000000010000000000000008260000000000082621101400124d3dca000000000000000000000000000000000000000000a6ae f2019140
PCD f2019140 f2019140
PCD f2019140 f2019140
PCD f2019140 f2019140
PCD f2019140 029000f109
CARD halted uid 08190f6d atqa 0400 sak 0 ats 0578807002
PCD 26 0400
PCD 9320 08190f6d73
PCD 937008190f6d738867 20fc70
PCD 500057cd -
PCD 26 -
PCD 26 -
PCD 26 -
PCD 52 0400
PCD 937008190f6d738867 20fc70
PCD e050bca5 0578807002a546
APDU 00a404000e325041592e5359532e444446303100 6f2a840e325041592e5359532e4444463031a518bf0c1561134f07a00000000310108701019f0a04000101019000 0
PCD 0200a404000e325041592e5359532e444446303100e042 026f2a840e325041592e5359532e4444463031a518bf0c1561134f07a00000000310108701019f0a040001010190001cf1";

/// The frame a reader sends, from its bytes: seven bits, or whole bytes with what they end in.
fn frame(bytes: &[u8]) -> Frame {
    match *bytes {
        [command @ (0x26 | 0x52)] => Frame::short(command),
        _ => Frame::standard(bytes),
    }
}

fn real_card(words: &[&str]) -> Picc<Known> {
    let bytes = |at: usize| hex::decode(words[at]).unwrap();
    let (uid, atqa, ats) = (bytes(3), bytes(5), bytes(9));
    let uid = match uid[..] {
        [uid::RANDOM_MARK, a, b, c] => Uid::random_first([a, b, c]),
        _ => Uid::fixed(&uid).unwrap(),
    };
    let told = crate::link::pcd::Ats::parse(&ats).unwrap();
    let a = TypeA {
        anticollision_bit: (atqa[0] & 0x1F).trailing_zeros() as u8 + 1,
        atqa_proprietary: atqa[1],
        sak_incomplete: u8::from_str_radix(words[7], 16).unwrap(),
        part4: Part4 {
            fsci: told.fsci,
            fwi: told.fwi,
            sfgi: told.sfgi,
            rates: told.rates,
            cid: told.cid,
            nad: told.nad,
        },
        ats_form: AtsForm { ta: ats[1] & 0x10 != 0, tb: ats[1] & 0x20 != 0, ..AtsForm::WHOLE },
        historical: told.historical,
        ..TypeA::new(uid)
    };
    let mut card = Picc::new(Parameters::A(a), Known::default(), 0);
    card.set_wtxm_max(1);
    card.field_on();
    card
}

#[test]
fn a_card_says_what_real_cards_were_heard_to_say() {
    let mut card: Option<Picc<Known>> = None;
    let (mut now_fc, mut frames) = (0, 0);
    for line in TRACES.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let card = match (words[0], &mut card) {
            ("CARD", _) => {
                card = Some(real_card(&words));
                continue;
            }
            (_, card) => card.as_mut().unwrap(),
        };
        match words[0] {
            "AWAY" => card.field_off(),
            "FIELD" => {
                card.field_off();
                card.field_on();
            }
            "APDU" => {
                let (known, answer) = (hex::decode(words[1]), hex::decode(words[2]));
                let took_us = words[3].parse().unwrap();
                let row = (known.unwrap(), answer.unwrap(), took_us);
                card.application_mut().answers.insert(0, row);
            }
            _ => {
                // As long after the last as these readers wait at least.
                now_fc += 30_000;
                let answer = card.on_frame(now_fc, &frame(&hex::decode(words[1]).unwrap()));
                now_fc += answer.as_ref().map_or(0, |answer| answer.delay_fc);
                let said = answer.map(|answer| answer.frame);
                let heard = hex::decode(words[2]).ok().map(|bytes| Frame::standard(&bytes));
                assert_eq!(said, heard, "{line}");
                frames += 1;
            }
        }
    }
    assert_eq!(frames, 58);
}

/// Answers as long as the command says; counts the bytes it was given at most.
#[derive(Debug, Default)]
struct Long {
    longest: usize,
}

impl Application for Long {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, command: &[u8], response: &mut Vec<u8>) -> Result<u64, Mute> {
        self.longest = self.longest.max(command.len());
        let (&first, &last) = command.first().zip(command.last()).unwrap_or((&0, &0));
        if first == 0xFF {
            return Err(Mute);
        }
        response.resize(usize::from(first) * usize::from(last), 0xAA);
        Ok(u64::from(last) << (first % 40))
    }

    fn direction(&self, _: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// A frame a card may know, or any.
fn frames() -> impl Strategy<Value = (Frame, bool)> {
    let starts: &[&[u8]] = &[
        &[0x93, 0x20],
        &[0x93, 0x70, 8, 1, 2, 3, 8],
        &[0x95, 0x70],
        &[0xE0, 0x00],
        &[0xE0, 0x81],
        &[0x50, 0x00],
        &[0xD0, 0x11],
        &[0x05, 0x00, 0x00],
        &[0x05, 0x00, 0x0A],
        &[0x15],
        &[0x1D, 1, 2, 3, 4, 0x00, 0x00, 0x01, 0x00],
        &[0x50, 1, 2, 3, 4],
        &[0x02],
        &[0x03],
        &[0x12],
        &[0x13],
        &[0x0A, 0x01],
        &[0xA2],
        &[0xA3],
        &[0xB2],
        &[0xB3],
        &[0xC2],
        &[0xF2, 0x3B],
    ];
    let known = prop::sample::select(starts.to_vec()).prop_map(<[u8]>::to_vec);
    let tail = prop_oneof![
        3 => Just(Vec::new()),
        2 => prop::collection::vec(any::<u8>(), 0..5),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ];
    let bytes = prop_oneof![
        4 => (known, tail).prop_map(|(known, tail)| [known, tail].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    let shape = (0u8..8, 0u8..9, any::<bool>(), prop_oneof![8 => Just(0u8), 1 => 0u8..4]);
    let odd = prop_oneof![6 => Just(false), 1 => Just(true)];
    (bytes, odd, shape, any::<bool>(), any::<bool>(), 0u8..8).prop_map(
        |(bytes, odd, (first_bit, last_bits, intact, rate), a, crc, power)| {
            let of = if a { PiccType::A } else { PiccType::B };
            let frame = match (crc, &bytes[..]) {
                (false, [command]) if a => Frame::short(*command),
                (true, bytes) => Frame::with_crc(of, bytes),
                (false, bytes) => Frame { of, ..Frame::standard(bytes) },
            };
            let frame = frame.at(Rate::of_integer(rate));
            let frame = if odd { Frame { first_bit, last_bits, intact, ..frame } } else { frame };
            (frame, power == 0)
        },
    )
}

proptest! {
    /// No frame makes a card panic, speak longer than a frame, or hold more than an APDU.
    #[test]
    fn any_frames_in_any_order_do_no_harm(
        script in prop::collection::vec(frames(), 1..60),
        (fsci, fwi, cid, nad) in (0u8..=255, 0u8..=255, any::<bool>(), any::<bool>()),
        (of_a, seed) in (any::<bool>(), any::<u64>()),
    ) {
        let part4 = Part4 { fsci, fwi, sfgi: 0, rates: Rates::ALL, cid, nad };
        let parameters = if of_a {
            Parameters::A(TypeA { part4, ..TypeA::new(Uid::random_first([1, 2, 3])) })
        } else {
            Parameters::B(TypeB { part4, attrib_runs: nad, ..TypeB::new(Some([1, 2, 3, 4])) })
        };
        let of = parameters.picc_type();
        let mut card = Picc::new(parameters, Long::default(), seed);
        card.field_on();
        for (at, (frame, power)) in script.into_iter().enumerate() {
            if power {
                card.field_off();
                card.field_on();
            }
            if let Some(answer) = card.on_frame(at as u64 * 100_000, &frame) {
                prop_assert!(answer.frame.of == of && frame.of == of);
                prop_assert!((1..=4096).contains(&answer.frame.bytes.len()));
                prop_assert!(answer.delay_fc >= 512);
                prop_assert!(frame.is_whole() || of == PiccType::A);
            }
        }
        prop_assert!(card.application().longest <= COMMAND_BYTES_MAX);
    }
}
