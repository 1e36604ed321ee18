//! Installation data that are not understood make no card.

use super::*;

const MF: (u8, &str) = (0xC0, "3F00 03 315041592E5359532E4444463031");
const ADF: (u8, &str) = (0xC0, "1001 03 F054455353455241");

#[track_caller]
fn refused(objects: &[(u8, &str)], status: StatusWord) {
    let made = Rig::<SEGMENT_BYTES>::with(&Psam::PURSE, &installation(objects)).err();
    assert_eq!(made, Some(Halt::Status(status)), "{objects:?}");
}

#[test]
fn what_is_wrong_is_6a80() {
    let long = format!("1001 03 {}", "F0".repeat(17));
    for objects in [
        &[][..],
        &[ADF],
        &[(0xC1, "0016 F0 F0 00 330499000001")],
        &[MF, (0xC5, "00")],
        &[MF, (0xC0, "1001 03")],
        &[MF, (0xC0, "1001 03 F0000000")],
        &[MF, (0xC0, &long)],
        &[MF, (0xC0, "1001 00 F054455353455241")],
        &[MF, (0xC0, "1001 10 F054455353455241")],
        &[MF, (0xC0, "3F00 03 F054455353455241")],
        &[MF, (0xC1, "0016 F0 F0 00")],
        &[MF, (0xC1, "0016 F0 F0")],
        &[MF, (0xC2, "0001 F0 F0 00 03 6101")],
        &[MF, (0xC2, "0001 F0 F0 00")],
        &[MF, (0xC3, "22 01 00 F0 00 03 00112233445566")],
        &[MF, (0xC3, "02 01 00 F0 00 03 0011223344556677")],
        &[MF, (0xC3, "21 01 00 F0 00 03 0011223344556677")],
        &[MF, (0xC3, "22 01 00 F0 00 10 0011223344556677")],
        &[MF, (0xC3, "0D 01 00 F0 00 03 12")],
        &[MF, (0xC3, "0D 01 00 F0 00 03 001122334455667788")],
        &[MF, (0xC3, "22 01 00 F0 00")],
    ] {
        refused(objects, StatusWord::WRONG_DATA);
    }
    let bad = Rig::<SEGMENT_BYTES>::with(&Psam::PURSE, &[0xC0, 0x7F]).err();
    assert_eq!(bad, Some(Halt::Status(StatusWord::WRONG_DATA)));
    let mut many = vec![MF];
    let names: Vec<String> =
        (0..8).map(|n| format!("10{n:02X} 03 F0544553534552{n:02X}")).collect();
    many.extend(names.iter().map(|name| (0xC0, &**name)));
    refused(&many, StatusWord::WRONG_DATA);
    many.pop();
    assert!(Rig::<SEGMENT_BYTES>::with(&Psam::PURSE, &installation(&many)).is_ok());
}

#[test]
fn nothing_is_there_twice() {
    let file = (0xC1, "0016 F0 F0 00 330499000001");
    let key = (0xC3, "22 01 00 F0 00 03 0011223344556677");
    refused(&[MF, file, file], StatusWord::FILE_EXISTS);
    refused(&[MF, key, key], StatusWord::FILE_EXISTS);
    refused(&[MF, ADF, ADF], StatusWord::FILE_EXISTS);
    refused(&[MF, ADF, (0xC0, "1002 03 F054455353455241")], StatusWord::NAME_EXISTS);
}

#[test]
fn a_segment_that_is_too_small() {
    let made = Rig::<200>::with(&Psam::PURSE, &usual_data()).err();
    assert_eq!(made, Some(Halt::Status(StatusWord::NOT_ENOUGH_MEMORY)));
}
