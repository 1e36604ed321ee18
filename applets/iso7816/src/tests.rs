//! Tests of what lies on the blank card at first.

extern crate std;

use std::{vec, vec::Vec};

use tessera_cos::cipher::{Algorithm, Key};
use tessera_framework::{Apdu, Class, Ins, Interface, testing::Rig};

use super::*;

const PIN_DATA: &[u8] = &[0xC0, 3, 0x12, 0x34, 0x56];
const KEY: [u8; 16] = [0x40; 16];

/// Installation data of a transport key.
fn transport_key(algorithm: u8, key: &[u8]) -> Vec<u8> {
    [&[0xC1, key.len() as u8 + 1, algorithm], key].concat()
}

fn card(data: &[u8]) -> Rig<2048> {
    Rig::with(&Iso7816, data).unwrap()
}

/// The data of the response, or the status word that refuses.
fn send(card: &mut Rig<2048>, command: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let apdu = Apdu::parse(command).unwrap();
    let command = Command {
        class: Class::decode(apdu.cla),
        ins: apdu.ins,
        p1: apdu.p1,
        p2: apdu.p2,
        data: apdu.data,
        ne: apdu.ne,
        ne_is_maximum: apdu.ne == 256,
        interface: Interface::ContactlessA,
    };
    let mut buffer = [0; 300];
    let mut reply = Reply::new(&mut buffer);
    match card.process(&Iso7816, &command, &mut reply) {
        Ok(()) => Ok(reply.data().to_vec()),
        Err(Halt::Status(status)) => Err(status),
        Err(torn) => panic!("{torn:?}"),
    }
}

/// CREATE FILE of a transparent file in use.
const CREATE: &[u8] = &[
    0x00, 0xE0, 0x00, 0x00, 0x10, 0x62, 0x0E, 0x82, 1, 0x01, 0x83, 2, 0x10, 0x01, 0x80, 2, 0, 4,
    0x8A, 1, 5,
];

#[test]
fn without_a_transport_key_everything_is_free() {
    let mut card = card(&[]);
    assert_eq!(send(&mut card, CREATE), Ok(vec![]));
    assert_eq!(send(&mut card, &[0, 0xDA, 0, 0x45, 1, 7]), Ok(vec![]));
    assert_eq!(send(&mut card, &[0, 0x20, 0, 1]), Err(StatusWord::REFERENCED_DATA_NOT_FOUND));
}

#[test]
fn the_pin_is_reference_data_one_with_three_tries() {
    let mut card = card(PIN_DATA);
    assert_eq!(send(&mut card, &[0, 0x20, 0, 1]), Err(StatusWord(0x63C3)));
    assert_eq!(send(&mut card, &[0, 0x20, 0, 1, 3, 0x12, 0x34, 0x56]), Ok(vec![]));
}

#[test]
fn who_has_shown_the_transport_key_builds_the_card_and_nobody_else() {
    for (code, algorithm, key) in [
        (1, Algorithm::TripleDes, &KEY[..]),
        (2, Algorithm::Aes, &KEY),
        (2, Algorithm::Aes, &[0x41; 32]),
        (3, Algorithm::Sm4, &KEY),
    ] {
        let mut card = card(&[PIN_DATA, &transport_key(code, key)].concat());
        let refused = Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
        let puts = &[0, 0xDA, 0, 0x45, 1, 7];
        for command in [CREATE, puts, &[0, 0x22, 0xF2, 1], &[0, 0x04, 0, 0], &[0, 0xFE, 0, 0]] {
            assert_eq!(send(&mut card, command), refused, "{command:02X?}");
        }
        // Data objects are free to get, and so is what the card is.
        let not_found = Err(StatusWord::REFERENCED_DATA_NOT_FOUND);
        assert_eq!(send(&mut card, &[0, 0xCA, 0, 0x45, 0]), not_found);
        assert_eq!(send(&mut card, &[0, 0xCA, 0, 0x84, 0]).unwrap(), NAME.as_bytes());
        let le = algorithm.block_bytes() as u8;
        let mut block = send(&mut card, &[0, 0x84, 0, 0, le]).unwrap();
        Key::new(algorithm, key).unwrap().cipher().encrypt_block(&mut block).unwrap();
        let shown = send(&mut card, &[&[0, 0x82, 0, 1, le], &block[..]].concat());
        assert_eq!(shown, Ok(vec![]));
        for command in [CREATE, puts, &[0, 0x22, 0xF2, 1]] {
            assert_eq!(send(&mut card, command), Ok(vec![]), "{command:02X?}");
        }
    }
}

#[test]
fn the_card_comes_back_as_it_was_and_unshown() {
    let mut card = card(&transport_key(2, &KEY));
    let mut block = send(&mut card, &[0, 0x84, 0, 0, 16]).unwrap();
    Key::new(Algorithm::Aes, &KEY).unwrap().cipher().encrypt_block(&mut block).unwrap();
    send(&mut card, &[&[0, 0x82, 0, 1, 16], &block[..]].concat()).unwrap();
    send(&mut card, CREATE).unwrap();
    card.power_on();
    assert_eq!(send(&mut card, &[0, 0xB0, 0x81, 0, 4]), Ok(vec![0; 4]));
    let refused = Err(StatusWord::SECURITY_STATUS_NOT_SATISFIED);
    assert_eq!(send(&mut card, &[0, 0xDA, 0, 0x45, 1, 7]), refused);
}

#[test]
fn the_mf_is_found_by_its_name() {
    let mut card = card(PIN_DATA);
    let env = card.env();
    assert_eq!(Iso7816.df_by_name(&env, b"\xF0TESS", 0), Ok(Some(DfId::ROOT)));
    assert_eq!(Iso7816.df_by_name(&env, b"\xF0TESS", 1), Ok(None));
}

#[test]
fn installation_data_that_is_not_understood_is_refused() {
    let twice = [PIN_DATA, PIN_DATA].concat();
    let keys = [transport_key(2, &KEY), transport_key(2, &KEY)].concat();
    for bad in [
        &[0xC0][..],
        &[0xC0, 0],
        &[0xC2, 1, 1],
        &[0xC1, 0],
        &[0xC1, 1, 2],
        &twice,
        &keys,
        &transport_key(4, &KEY),
        &transport_key(3, &[0; 24]),
        &transport_key(2, &[0; 33]),
        &transport_key(2, &[0; 100]),
        &[&[0xC0, 17][..], &[0; 17]].concat(),
    ] {
        let made = Rig::<2048>::with(&Iso7816, bad).err();
        assert_eq!(made, Some(Halt::Status(StatusWord::WRONG_DATA)), "{bad:02X?}");
    }
    let small = Rig::<100>::with(&Iso7816, &transport_key(2, &KEY)).err();
    assert_eq!(small, Some(Halt::Status(StatusWord::NOT_ENOUGH_MEMORY)));
}

#[test]
fn instructions_it_has_not_are_unknown() {
    let mut card = card(&[]);
    for ins in [0x10, 0x2A, 0x33, 0x46, 0x86, 0xC2, 0xFA] {
        assert!(Ins(ins).is_valid());
        let unknown = Err(StatusWord::INS_NOT_SUPPORTED);
        assert_eq!(send(&mut card, &[0, ins, 0, 0]), unknown, "{ins:02X}");
    }
}
