//! Protected commands and responses of real cards and manuals, both sides; every refusal.

use std::{format, vec, vec::Vec};

use proptest::prelude::*;

use super::{array, des, hex, key};
use crate::{
    cipher::{Algorithm, Key, Mac},
    messaging::{Line, Message, Protection, Refusal},
};

const CHECKSUM: Protection = Protection::Checksum;
const CRYPTOGRAM: Protection = Protection::CryptogramAndChecksum;

/// A command as a card has taken it.
struct Taken {
    what: &'static str,
    key: &'static str,
    challenge: &'static str,
    protection: Protection,
    plain: &'static str,
    command: &'static str,
    le: Option<u8>,
}

const COMMANDS: [Taken; 5] = [
    Taken {
        what: "WRITE KEY of an FM1208: a key of 8 bytes, padding",
        key: "FFFFFFFFFFFFFFFF",
        challenge: "4C45BAB9",
        protection: CRYPTOGRAM,
        plain: "F9F0F0AAFF1122334455667788",
        command: "84D40102147C87BC23140021B3AFEA67E6359DDCFED7C943F6",
        le: None,
    },
    Taken {
        what: "WRITE KEY of a PSAM: a key of 16 bytes with different halves",
        key: "00112233445566778899AABBCCDDEEFF",
        challenge: "5D72B3FD",
        protection: CRYPTOGRAM,
        plain: "22000000112233445566778899AABBCCDDEEFF",
        command: "84D400001CDCC0BB5793ABFCA2CA8C1624822F6E01A86A0B5CBED191DD8A9D4ADB",
        le: None,
    },
    Taken {
        what: "UPDATE BINARY with a checksum",
        key: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        challenge: "44A47DEB",
        protection: CHECKSUM,
        plain: "11223344556677889900AABBCCDDEEFF",
        command: "04D600001411223344556677889900AABBCCDDEEFFF2F62231",
        le: None,
    },
    Taken {
        what: "READ BINARY with a checksum, no data",
        key: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        challenge: "D0FE4FB9",
        protection: CHECKSUM,
        plain: "",
        command: "04B0000004F09C8A1910",
        le: Some(0x10),
    },
    Taken {
        what: "UPDATE BINARY of a whole file",
        key: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        challenge: "88BBE4E3",
        protection: CHECKSUM,
        plain: "000122000001FFFF220000000000000600012016102800000000000100010000000000000000\
                00000000000020501231",
        command: "04D6850034\
                  000122000001FFFF220000000000000600012016102800000000000100010000000000000000\
                  00000000000020501231AE8D8774",
        le: None,
    },
];

impl Taken {
    fn header(&self) -> [u8; 4] {
        hex(self.command)[..4].try_into().unwrap()
    }

    fn data(&self) -> Vec<u8> {
        let command = hex(self.command);
        command[5..5 + usize::from(command[4])].to_vec()
    }
}

fn opened(result: Result<Message, Refusal>) -> Result<Vec<u8>, Refusal> {
    result.map(|message| message.as_slice().to_vec())
}

#[test]
fn commands_of_real_cards_open() {
    for taken in COMMANDS {
        let key = des(taken.key);
        let challenge = hex(taken.challenge);
        let result =
            Line::new(&key).open(taken.protection, &challenge, taken.header(), &taken.data());
        assert_eq!(opened(result), Ok(hex(taken.plain)), "{}", taken.what);
    }
}

#[test]
fn the_terminal_builds_the_commands_of_real_cards() {
    for taken in COMMANDS {
        let (key, challenge, plain) = (des(taken.key), hex(taken.challenge), hex(taken.plain));
        let command = Line::new(&key)
            .wrap(taken.protection, &challenge, taken.header(), &plain, taken.le)
            .unwrap();
        assert_eq!(command.as_slice(), hex(taken.command), "{}", taken.what);
    }
}

/// Seven bytes and their length make exactly one block: nothing is added (manual example).
#[test]
fn a_full_block_gets_no_padding() {
    let key = des("4444444444444444");
    let response = Line::new(&key).protect(CRYPTOGRAM, &[], &hex("01020304050607")).unwrap();
    assert_eq!(response.as_slice()[..8], hex("19479307DF791D7F"));
    assert_eq!(response.as_slice().len(), 12);
}

/// The example of a card in the field: checksum over the returned data, same initial value.
#[test]
fn the_response_of_a_real_card_comes_out_and_opens() {
    let key = des("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    let line = Line::new(&key);
    let (challenge, data) = (hex("D0FE4FB9"), hex("11223344556677889900AABBCCDDEEFF"));
    let response = line.protect(CHECKSUM, &challenge, &data).unwrap();
    assert_eq!(response.as_slice(), hex("11223344556677889900AABBCCDDEEFF8D318577"));
    assert_eq!(opened(line.unwrap(CHECKSUM, &challenge, response.as_slice())), Ok(data));
}

#[test]
fn any_damaged_bit_and_any_other_challenge_is_refused() {
    for taken in COMMANDS {
        let key = des(taken.key);
        let line = Line::new(&key);
        let (header, data, challenge) = (taken.header(), taken.data(), hex(taken.challenge));
        for bit in 0..8 * data.len() {
            let mut damaged = data.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refusal = line.check(&challenge, header, &damaged);
            assert_eq!(refusal, Err(Refusal::Checksum), "{}, bit {bit}", taken.what);
        }
        for bit in 0..32 {
            let mut damaged = header;
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refusal = line.check(&challenge, damaged, &data);
            assert_eq!(refusal, Err(Refusal::Checksum), "{}, header bit {bit}", taken.what);
        }
        for other in [&b"\x01\x02\x03\x04"[..], &[], &[challenge.as_slice(), &[1]].concat()] {
            assert_eq!(line.check(other, header, &data), Err(Refusal::Checksum));
        }
    }
}

#[test]
fn lc_is_part_of_what_the_checksum_covers() {
    let key = des("FFFFFFFFFFFFFFFF");
    let line = Line::new(&key);
    let header = [0x04, 0xD6, 0, 0];
    let without = Mac::line(&key).of(&[], &[&header, &[9; 8]]);
    let sent = [&[9; 8][..], &without.four()].concat();
    assert_eq!(line.check(&[], header, &sent), Err(Refusal::Checksum));
    let with = Mac::line(&key).of(&[], &[&header, &[12], &[9; 8]]);
    let sent = [&[9; 8][..], &with.four()].concat();
    assert_eq!(line.check(&[], header, &sent), Ok(&[9; 8][..]));
}

#[test]
fn without_room_for_a_checksum_it_is_missing_and_beyond_255_bytes_there_is_none() {
    let key = des("FFFFFFFFFFFFFFFF");
    let line = Line::new(&key);
    for bytes in 0..4 {
        let data = vec![0; bytes];
        assert_eq!(line.check(&[], [0; 4], &data), Err(Refusal::Missing), "{bytes}");
        assert_eq!(opened(line.unwrap(CHECKSUM, &[], &data)), Err(Refusal::Missing), "{bytes}");
    }
    assert_eq!(line.check(&[], [0; 4], &[0; 255]), Err(Refusal::Checksum));
    assert_eq!(line.check(&[], [0; 4], &[0; 256]), Err(Refusal::TooLong));
    assert!(line.wrap(CHECKSUM, &[], [0; 4], &[0; 251], Some(0)).is_some());
    assert!(line.wrap(CHECKSUM, &[], [0; 4], &[0; 252], None).is_none());
    assert!(line.protect(CHECKSUM, &[], &[0; 255]).is_some());
    assert!(line.protect(CRYPTOGRAM, &[], &[0; 255]).is_some());
    assert!(line.protect(CRYPTOGRAM, &[], &[0; 256]).is_none());
}

fn any_key() -> impl Strategy<Value = Key> {
    let digits = "0123456789ABCDEFFEDCBA98765432108899AABBCCDDEEFF";
    prop_oneof![
        Just(des(&digits[..16])),
        Just(des(&digits[..32])),
        Just(key(Algorithm::TripleDes, digits)),
        Just(key(Algorithm::Sm4, &digits[..32])),
        Just(key(Algorithm::Aes, &digits[..32])),
    ]
}

fn any_protection() -> impl Strategy<Value = Protection> {
    prop_oneof![Just(CHECKSUM), Just(CRYPTOGRAM)]
}

proptest! {
    #[test]
    fn what_one_side_protects_the_other_opens(
        key in any_key(),
        protection in any_protection(),
        challenge in proptest::collection::vec(any::<u8>(), 0..=8),
        header: [u8; 4],
        data in proptest::collection::vec(any::<u8>(), 0..=235),
        damage in any::<prop::sample::Index>(),
    ) {
        let line = Line::new(&key);
        let command = line.wrap(protection, &challenge, header, &data, None).unwrap();
        let field = &command.as_slice()[5..];
        prop_assert_eq!(usize::from(command.as_slice()[4]), field.len());
        let result = opened(line.open(protection, &challenge, header, field));
        prop_assert_eq!(result, Ok(data.clone()), "{}", format!("{key:?}"));
        let response = line.protect(protection, &challenge, &data).unwrap();
        let result = opened(line.unwrap(protection, &challenge, response.as_slice()));
        prop_assert_eq!(result, Ok(data));
        let mut damaged = response.as_slice().to_vec();
        let at = damage.index(damaged.len());
        damaged[at] ^= 0x10;
        let result = opened(line.unwrap(protection, &challenge, &damaged));
        prop_assert_eq!(result, Err(Refusal::Checksum));
    }

    #[test]
    fn no_bytes_make_it_panic(
        key in any_key(),
        protection in any_protection(),
        data in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let line = Line::new(&key);
        let _ = opened(line.open(protection, &data, [4, 0xD6, 0, 0], &data));
        let _ = opened(line.unwrap(protection, &data, &data));
        let _ = opened(line.decrypt(&data));
    }
}

#[test]
fn the_challenge_may_have_four_or_eight_bytes() {
    let key = des("00112233445566778899AABBCCDDEEFF");
    let line = Line::new(&key);
    let short = line.wrap(CHECKSUM, &hex("5D72B3FD"), array("04D60000"), &[1], None).unwrap();
    let long = line.wrap(CHECKSUM, &hex("5D72B3FD00000000"), array("04D60000"), &[1], None);
    assert_eq!(short.as_slice(), long.unwrap().as_slice());
    let other = line.wrap(CHECKSUM, &hex("5D72B3FD00000001"), array("04D60000"), &[1], None);
    assert_ne!(short.as_slice(), other.unwrap().as_slice());
}
