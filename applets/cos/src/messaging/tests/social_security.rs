//! Authentication and PIN maintenance of social-security cards, by the synthetic known answers.

use super::{array, des, hex, key};
use crate::{
    cipher::Algorithm,
    messaging::{
        Protection, Refusal,
        social_security::{External, Internal, Session},
    },
};

/// Card key, challenge, data of EXTERNAL AUTHENTICATE, data of INTERNAL AUTHENTICATE, its answer.
const AUTHENTICATIONS: [[&str; 5]; 3] = [
    [
        "AA5DEA529AE898E7FCFF9122BD86A7D5",
        "0B2ACE5DEF2ECF12",
        "BFBB5F69FD33404F 0102030405060708",
        "0B2ACE5DEF2ECF12 0102030405060708",
        "BFBB5F69FD33404F",
    ],
    [
        "5B95485649E4AF894C6576D7D1E49F8D",
        "F7088D7F354FADFC",
        "918084B794E27320 0102030405060708 01",
        "F7088D7F354FADFC 0102030405060708 01",
        "918084B794E27320",
    ],
    [
        "BDF31EFF409D704DBD0D9DD7EFC3AD36",
        "629264A3ADFBA1D9",
        "519DF3EEB728DEBA 1122334455667788",
        "629264A3ADFBA1D9 1122334455667788",
        "519DF3EEB728DEBA",
    ],
];

#[test]
fn external_authentication_checks_and_every_damaged_bit_is_refused() {
    for [card_key, challenge, external, ..] in AUTHENTICATIONS {
        let (card_key, challenge, data) = (des(card_key), hex(challenge), hex(external));
        let parsed = External::parse(&data).unwrap();
        assert_eq!(parsed.version, data.get(16).copied());
        assert_eq!(parsed.check(&card_key, &challenge), Ok(()));
        for bit in 0..128 {
            let mut damaged = data.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refusal = External::parse(&damaged).unwrap().check(&card_key, &challenge);
            assert_eq!(refusal, Err(Refusal::Checksum), "bit {bit}");
        }
        let mut other = challenge.clone();
        other[0] ^= 2;
        assert_eq!(parsed.check(&card_key, &other), Err(Refusal::Checksum));
        for bytes in (0..=20).filter(|&bytes| bytes != 8) {
            let refusal = parsed.check(&card_key, &[7; 20][..bytes]);
            assert_eq!(refusal, Err(Refusal::Missing), "a challenge of {bytes} bytes");
        }
    }
}

#[test]
fn internal_authentication_answers() {
    for [card_key, _, _, internal, answer] in AUTHENTICATIONS {
        let data = hex(internal);
        let internal = Internal::parse(&data, 8).unwrap();
        assert_eq!(internal.version, data.get(16).copied());
        assert_eq!(internal.answer(&des(card_key)), Some(array(answer)));
        assert_eq!(internal.answer(&key(Algorithm::Sm4, card_key)), None, "another block length");
    }
}

#[test]
fn the_data_fields_have_their_lengths() {
    for bytes in 0..40 {
        let data = &[0; 40][..bytes];
        assert_eq!(External::parse(data).is_some(), matches!(bytes, 16 | 17), "{bytes}");
        assert_eq!(Internal::parse(data, 8).is_some(), matches!(bytes, 16 | 17), "{bytes}");
        assert_eq!(Internal::parse(data, 16).is_some(), matches!(bytes, 24 | 25), "{bytes}");
    }
}

/// Own profile of the third generation.
#[test]
fn under_sm4_the_block_is_folded() {
    let card_key = key(Algorithm::Sm4, "7986B94259AFDA2FB79A56314915AD27");
    let challenge = hex("E8BC163C82EEE18733288C7D4AC636DB");
    let session = Session::new(&card_key, &challenge).unwrap();
    assert_eq!(session.key().as_slice(), hex("65816C381D6D73CECFDDE3395F189B99"));
    assert_eq!(session.authenticator(&array("0102030405060708")), array("F692BC5A462A1621"));
    let external = External::parse(&hex("F692BC5A462A1621 0102030405060708")).unwrap();
    assert_eq!(external.check(&card_key, &challenge), Ok(()));
    let data = [challenge.as_slice(), &hex("0102030405060708")].concat();
    let answer = Internal::parse(&data, 16).unwrap().answer(&card_key);
    assert_eq!(answer, Some(array("F692BC5A462A1621")));
    let message = hex("04DC010414");
    let checksum = crate::cipher::Mac::line(session.key()).of(&[], &[&message]);
    assert_eq!(checksum.four(), array("A38849F6"));
}

#[test]
fn pin_unblock_and_reload_come_out_and_open() {
    let stk = des("F61D1EE73400E6C99647B071EC3D2F1C");
    let session = Session::new(&stk, &hex("F64551FCD6F07823")).unwrap();
    let unblock = session.line().wrap(Protection::Checksum, &[], array("84240000"), &[], None);
    assert_eq!(unblock.unwrap().as_slice(), hex("8424000004DA02D2B6"));
    assert_eq!(session.line().check(&[], array("84240000"), &hex("DA02D2B6")), Ok(&[][..]));

    let session = Session::new(&stk, &hex("3946CA64FF78D93C")).unwrap();
    let protection = Protection::CryptogramAndChecksum;
    let header = array("84240001");
    let reload = session.line().wrap(protection, &[], header, &hex("123456"), None).unwrap();
    assert_eq!(reload.as_slice(), hex("842400010CF02BCD6D75EF86AE2DA6D602"));
    let opened = session.line().open(protection, &[], header, &reload.as_slice()[5..]).unwrap();
    assert_eq!(opened.as_slice(), hex("123456"));
    let other = Session::new(&stk, &hex("3946CA64FF78D93D")).unwrap();
    let refusal = other.line().open(protection, &[], header, &reload.as_slice()[5..]);
    assert_eq!(refusal.map(|_| ()).unwrap_err(), Refusal::Checksum, "another challenge");
}
