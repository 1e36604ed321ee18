//! Selection, and every record as it stands when nothing is written to it.

use super::*;

#[test]
fn it_is_selected_by_name_and_by_identifier() {
    let mut card = Dialogue::usual();
    let fci = digits(&bytes("6F0A 8408F05353432E454331 9000"));
    assert_eq!(card.select(Target::Df(DfId::ROOT)), fci);
    assert_eq!(card.select(Target::PathFromRoot(&[])), fci);
    for sfi in 5..=9 {
        card.check(&[(&format!("00A4000002EF{sfi:02X}"), "9000")]);
    }
    card.check(&[("00A4000002EF0A", "6A82")]);
}

#[test]
fn what_is_not_written_has_its_tags_and_lengths() {
    let mut card = Dialogue::new(&[]).with_pin();
    let zeros = |bytes: usize| "00".repeat(bytes);
    let employer = [
        (0x2E, 0x46, "00"),
        (0x30, 0x09, "00"),
        (0xE8, 0x12, "00"),
        (0x31, 0x01, "00"),
        (0x32, 0x03, "00"),
        (0xE9, 0x06, "FF"),
        (0xEA, 0x03, "FF"),
        (0xEB, 0x1E, "00"),
        (0xEC, 0x50, "00"),
        (0xED, 0x0F, "00"),
        (0xEE, 0x04, "FF"),
    ];
    for (number, (tag, length, filling)) in (1..).zip(employer) {
        let record = format!("{tag:02X}{length:02X}{}9000", filling.repeat(length));
        card.check(&[(&format!("00B2{number:02X}2C00"), &record)]);
        card.check(&[(&format!("00B2{tag:02X}2800"), &record)]);
    }
    card.check(&[("00B20C2C00", "6A83")]);
    for number in 1..=5 {
        let insurance = "EF0E FA03000000 FB0100 FC04FFFFFFFF 9000";
        card.check(&[(&format!("00B2{number:02X}3400"), insurance)]);
    }
    let agent = format!("FD37 FE1E{} BE12{} BF0100 9000", zeros(0x1E), zeros(0x12));
    for number in 1..=3 {
        card.check(&[(&format!("00B2{number:02X}4400"), &agent)]);
    }
    card.check(&[("00B2063400", "6A83"), ("00B2044400", "6A83")]);
    card.check(&[("00B2013C00", "6A83"), ("00B2014C00", "6A83")]);
}

#[test]
fn the_rings_keep_24_declarations_and_16_batches() {
    let rings = [(0x07_u8, 0x16_usize, 24_u8), (0x09, 0x20, 16)];
    for (sfi, bytes, most) in rings {
        let records: Vec<u8> = (0..30_u8)
            .flat_map(|n| object(0xC2, &[&[sfi, 1][..], &[n].repeat(bytes)].concat()))
            .collect();
        let mut card = Dialogue::new(&records).with_pin();
        for number in 1..=most {
            let record = format!("{:02X}", 30 - number).repeat(bytes) + "9000";
            card.check(&[(&format!("00B2{number:02X}{:02X}00", sfi << 3 | 4), &record)]);
        }
        card.check(&[(&format!("00B2{:02X}{:02X}00", most + 1, sfi << 3 | 4), "6A83")]);
    }
}

/// Class and instruction by themselves, for all of them: an answer, and never that of a fault.
#[test]
fn every_instruction_of_every_class_is_answered() {
    let mut card = Dialogue::usual().with_pin();
    for class in 0..=0xFE_u8 {
        for ins in (0..=0xFF_u8).filter(|&ins| ins != 0xA4) {
            for rest in ["0000", "012C00", "013400"] {
                let command = format!("{class:02X}{ins:02X}{rest}");
                assert_ne!(card.send(&command), "6F00", "{command}");
            }
        }
    }
}

#[test]
fn commands_of_other_applications_are_unknown() {
    let mut card = Dialogue::usual();
    card.check(&[
        ("805000020B0100000001330499000001", "6D00"), // a purse's
        ("D0CA01000C", "6D00"),                       // the medical account's
        ("D0280101 00", "6D00"),
        ("D4480001 00", "6E00"),
        ("809A000000", "6D00"), // its own, in other classes
        ("009A000000", "6D00"),
    ]);
}
