//! ATS and ATQB of real cards and made ones, read by the reader and sent again by the card.

use super::*;
use crate::link::{
    crc::{crc_a, crc_b},
    picc::{AtsForm, Part4, TypeA, TypeB, Uid},
};

/// ATS, CRC_A, FSCI, FSC, FWI, FWT, SFGI, SFGT, TA(1), CID, NAD, historical bytes.
const ATS: &str = "\
ATS 067577810280 02f0 5 64 8 1048576 1 8192 77 yes no 80
ATS 0578778002 9c3a 8 256 8 1048576 0 0 77 yes no -
ATS 0578807002 a546 8 256 7 524288 0 0 80 yes no -
ATS 04588002 13ce 8 256 4 65536 0 0 80 yes no -
ATS 067977910280 a702 9 512 9 2097152 1 8192 77 yes no 80
ATS 067f77f10280 723c 15 4096 15 65536 1 8192 77 yes no 80
ATS 0202 020e 2 32 4 65536 0 0 - yes no -
ATS 0320c1 c6be 0 16 12 16777216 1 8192 - yes no -
ATS 1478b3a102808080808080808080808080808080 b1bd 8 256 10 4194304 1 8192 b3 yes no 808080808080808080808080808080
ATS 1578b3a10280808080808080808080808080808080 db17 8 256 10 4194304 1 8192 b3 yes no 80808080808080808080808080808080";

/// ATQB, CRC_B, PUPI, application data, rates, FSCI, FSC, part 4, TR2, FWI, FWT, ADC, CID, NAD,
/// SFGI.
const ATQB: &str = "\
ATQB 50820de17420381922002185 5ed7 820de174 20381922 00 2 32 yes 1792 8 1048576 1 yes no 0
ATQB 50ffffffffffffff22001051 387a ffffffff ffffff22 00 1 24 no 1792 5 131072 0 yes no 0
ATQB 5030702a1c00000011008185 8d74 30702a1c 00000011 00 8 256 yes 1792 8 1048576 1 yes no 0
ATQB 5030702a1c00000011004145 2b78 30702a1c 00000011 00 4 48 yes 1792 4 65536 1 yes no 0
ATQB 500811223300000000002171 c733 08112233 00000000 00 2 32 yes 1792 7 524288 0 yes no 0
ATQB 50a1b2c3d4e1f35e1177818530 9fc1 a1b2c3d4 e1f35e11 77 8 256 yes 1792 8 1048576 1 yes no 3";

fn number(word: &str) -> u64 {
    word.parse().unwrap()
}

fn bytes(word: &str) -> Vec<u8> {
    if word == "-" { Vec::new() } else { hex::decode(word).unwrap() }
}

#[test]
fn an_ats_says_what_it_says() {
    for line in ATS.lines() {
        let word: Vec<&str> = line.split(' ').collect();
        let sent = bytes(word[1]);
        assert_eq!(crc_a(&sent), bytes(word[2])[..], "{line}");
        let ats = Ats::parse(&sent).unwrap();
        let codes = (ats.fsci.into(), ats.fwi.into(), ats.sfgi.into());
        assert_eq!(codes, (number(word[3]), number(word[5]), number(word[7])), "{line}");
        let sizes = (ats.fsc_bytes() as u64, ats.fwt_fc(), ats.sfgt_fc());
        assert_eq!(sizes, (number(word[4]), number(word[6]), number(word[8])), "{line}");
        assert_eq!(ats.rates.byte(), bytes(word[9]).first().copied().unwrap_or(0), "{line}");
        assert_eq!((ats.cid, ats.nad), (word[10] == "yes", word[11] == "yes"), "{line}");
        assert_eq!(ats.historical, bytes(word[12]), "{line}");
        // A card that is so sends the same bytes.
        let t0 = sent[1];
        let card = TypeA {
            part4: Part4 {
                fsci: ats.fsci,
                fwi: ats.fwi,
                sfgi: ats.sfgi,
                rates: ats.rates,
                cid: ats.cid,
                nad: ats.nad,
            },
            ats_form: AtsForm {
                t0: true,
                ta: t0 & 0x10 != 0,
                tb: t0 & 0x20 != 0,
                tc: t0 & 0x40 != 0,
            },
            historical: ats.historical,
            ..TypeA::new(Uid::random())
        };
        assert_eq!(card.ats(), sent, "{line}");
    }
    let ats = Ats::parse(&[0x01]).unwrap();
    assert_eq!((ats.fsci, ats.fwi, ats.cid, ats.historical.len()), (2, 4, true, 0));
}

#[test]
fn what_is_no_ats_is_refused() {
    let length = |told, bytes| Err(ToldError::Length { told, bytes });
    let short = Err(ToldError::Short);
    let rows: [(&[u8], Result<(), ToldError>); 9] = [
        (&[], length(0, 0)),
        (&[0x00], length(0, 1)),
        (&[0x02], length(2, 1)),
        (&[0x01, 0x78], length(1, 2)),
        (&[0x05, 0x78, 0x77, 0x80], length(5, 4)),
        (&[0x02, 0x10], short),
        (&[0x03, 0x30, 0x00], short),
        (&[0x04, 0x70, 0x00, 0x80], short),
        (&[0x03, 0x10, 0x00], Ok(())),
    ];
    for (bytes, outcome) in rows {
        assert_eq!(Ats::parse(bytes).map(|_| ()), outcome, "{bytes:02X?}");
    }
}

#[test]
fn an_atqb_says_what_it_says() {
    for line in ATQB.lines() {
        let word: Vec<&str> = line.split(' ').collect();
        let sent = bytes(word[1]);
        assert_eq!(crc_b(&sent), bytes(word[2])[..], "{line}");
        let atqb = Atqb::parse(&sent).unwrap();
        assert_eq!(atqb.pupi, bytes(word[3])[..], "{line}");
        assert_eq!(atqb.application_data, bytes(word[4])[..], "{line}");
        assert_eq!(atqb.rates.byte(), bytes(word[5])[0], "{line}");
        let codes = (atqb.fsci.into(), atqb.fwi.into(), atqb.adc.into());
        assert_eq!(codes, (number(word[6]), number(word[10]), number(word[12])), "{line}");
        let sizes = (atqb.fsc_bytes() as u64, atqb.tr2_fc(), atqb.fwt_fc());
        assert_eq!(sizes, (number(word[7]), number(word[9]), number(word[11])), "{line}");
        let options = (atqb.has_part4(), atqb.cid, atqb.nad);
        assert_eq!(options, (word[8] == "yes", word[13] == "yes", word[14] == "yes"), "{line}");
        assert_eq!(u64::from(atqb.sfgi.unwrap_or(0)), number(word[15]), "{line}");
        assert_eq!(atqb.sfgi.is_some(), sent.len() == 13, "{line}");
        let card = TypeB {
            application_data: atqb.application_data,
            application_data_coded: atqb.adc == 1,
            tr2: atqb.protocol_type >> 1,
            has_part4: atqb.has_part4(),
            part4: Part4 {
                fsci: atqb.fsci,
                fwi: atqb.fwi,
                sfgi: atqb.sfgi.unwrap_or(0),
                rates: atqb.rates,
                cid: atqb.cid,
                nad: atqb.nad,
            },
            ..TypeB::new(Some(atqb.pupi))
        };
        assert_eq!(card.atqb(atqb.pupi, sent.len() == 13), sent, "{line}");
    }
}

#[test]
fn what_is_no_atqb_is_refused_and_a_reserved_bit_is_no_part_4() {
    let good = bytes("50a1b2c3d4e1f35e1177818530");
    for len in 0..=13 {
        let right = len == 12 || len == 13;
        assert_eq!(Atqb::parse(&good[..len]).is_ok(), right, "{len}");
    }
    assert_eq!(Atqb::parse(&[&good[..], &[0]].concat()), Err(ToldError::NoAtqb));
    let mut other = good.clone();
    other[0] = 0x51;
    assert_eq!(Atqb::parse(&other), Err(ToldError::NoAtqb));
    for (protocol_type, has) in [(0, false), (1, true), (3, true), (7, true), (9, false)] {
        let mut atqb = good.clone();
        atqb[10] = 0x80 | protocol_type;
        assert_eq!(Atqb::parse(&atqb).unwrap().has_part4(), has, "{protocol_type}");
    }
    let tr2 = |code: u8| {
        let mut atqb = good.clone();
        atqb[10] = 0x81 | code << 1;
        Atqb::parse(&atqb).unwrap().tr2_fc()
    };
    assert_eq!([0, 1, 2, 3].map(tr2), [1792, 3328, 5376, 9472]);
}

/// What a card sends there is for later use: the reader stays at fc/128.
#[test]
fn rates_with_b4_are_none() {
    let ats = |ta| Ats::parse(&[3, 0x18, ta]).unwrap().rates;
    assert_eq!((ats(0x77), ats(0x7F), ats(0x88)), (Rates::ALL, Rates::NONE, Rates::NONE));
    let atqb =
        |rates| Atqb::parse(&[0x50, 1, 2, 3, 4, 0, 0, 0, 0, rates, 0x81, 0x81]).unwrap().rates;
    assert_eq!((atqb(0x77), atqb(0x7F), atqb(0x88)), (Rates::ALL, Rates::NONE, Rates::NONE));
}
