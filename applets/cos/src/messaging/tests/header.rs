//! The class byte a class was decoded from, and the status word of a refusal.

use tessera_framework::{Class, Command, Ins, Interface, StatusWord};

use crate::messaging::{Refusal, class_byte, header_bytes};

#[test]
fn every_class_byte_is_found_again() {
    for cla in 0..=u8::MAX {
        assert_eq!(class_byte(Class::decode(cla)), cla);
    }
}

#[test]
fn a_header_is_the_four_bytes_that_were_sent() {
    let command = Command {
        class: Class::decode(0x84),
        ins: Ins(0xD4),
        p1: 1,
        p2: 2,
        data: &[],
        ne: 0,
        ne_is_maximum: false,
        interface: Interface::Contact,
    };
    assert_eq!(header_bytes(&command), [0x84, 0xD4, 1, 2]);
}

#[test]
fn a_refusal_has_one_status_word() {
    let wrong = StatusWord(0x9302);
    let words = [
        (Refusal::Missing, 0x6987),
        (Refusal::Checksum, 0x9302),
        (Refusal::Content, 0x9302),
        (Refusal::TooLong, 0x6700),
    ];
    for (refusal, word) in words {
        assert_eq!(refusal.status(wrong), StatusWord(word));
    }
}
