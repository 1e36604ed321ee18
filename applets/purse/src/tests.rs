//! Tests of what this crate adds to its libraries: how the application comes about, and which
//! commands it takes.

extern crate std;

use std::{string::String, vec::Vec};

use tessera_cos::cipher::{Key, Mac};
use tessera_framework::{
    Apdu, Class, Clear, Command, Control, DfId, FileId, Halt, Interface, Reply, Selection,
    StatusWord, Target, testing::Rig,
};

use crate::Purse;

type Segment = Rig<2048>;

const EP: &str = "C209 0002 2F0208F000FF18";
const LOG: &str = "C209 0018 2E0A17F0EFFFFF";
const BINARY: &str = "C209 0015 A80004F0F0FFFF";
const LINE_KEY: &str = "C316 00 36F0EFFF33 000102030405060708090A0B0C0D0E0F";
const PIN: &str = "C309 00 3AF0EF0133 123456";

const PURCHASE_KEYS: [&str; 2] = [
    "C316 01 3EF0EF0100 000102030405060708090A0B0C0D0E0F",
    "C316 00 34F0EF0000 000102030405060708090A0B0C0D0E0F",
];

/// INITIALIZE FOR PURCHASE, and a DEBIT with a wrong MAC: 9302 as long as one is pending.
const INITIALIZE: &str = "805001020B 01 00000000 112233445566";
const DEBIT: &str = "805401000F 00000001 20250102030405 00000000";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|digit| !digit.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap() as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| std::format!("{byte:02X}")).collect()
}

fn installed(objects: &[&str]) -> Result<Segment, Halt> {
    Segment::with(&Purse, &unhex(&objects.concat()))
}

/// An application of one purse and one protected file, selected.
fn usual() -> Segment {
    let mut rig = installed(&[EP, LOG, BINARY, LINE_KEY, PIN]).unwrap();
    assert_eq!(
        select(&mut rig),
        "6F14 8409 A00000000386980701 A507 9F0C04FFFFFFFF9000".replace(' ', "")
    );
    rig
}

fn select(rig: &mut Segment) -> String {
    let selection = Selection { target: Target::Df(DfId::ROOT), control: Control::Fci };
    let mut buffer = [0; 256];
    let mut reply = Reply::new(&mut buffer);
    match rig.select(&Purse, &selection, &mut reply) {
        Ok(_) => hex(&[reply.data(), &reply.status().to_bytes()].concat()),
        Err(Halt::Status(status)) => hex(&status.to_bytes()),
        Err(Halt::Torn(_)) => unreachable!("power stays on"),
    }
}

fn send(rig: &mut Segment, command: &str) -> String {
    let bytes = unhex(command);
    let apdu = Apdu::parse(&bytes).unwrap();
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
    let mut buffer = [0; 256];
    let mut reply = Reply::new(&mut buffer);
    match rig.process(&Purse, &command, &mut reply) {
        Ok(()) => hex(&[reply.data(), &reply.status().to_bytes()].concat()),
        Err(Halt::Status(status)) => hex(&status.to_bytes()),
        Err(Halt::Torn(_)) => unreachable!("power stays on"),
    }
}

/// A command of class 84 without data but a MAC by the line key.
fn with_mac(rig: &mut Segment, header: &str) -> String {
    let challenge = send(rig, "0084000004");
    let key = Key::des(&(0..16).collect::<Vec<u8>>()).unwrap();
    let initial = [&unhex(&challenge[..8])[..], &[0; 4]].concat();
    let mac = Mac::line(&key).of(&initial, &[&unhex(header), &[4]]).four();
    send(rig, &std::format!("{header}04{}", hex(&mac)))
}

#[test]
fn installation_data_that_is_not_understood_is_refused() {
    let refused = |objects: &[&str]| installed(objects).err();
    let wrong = Some(Halt::Status(StatusWord::WRONG_DATA));
    for bad in [
        "C1 00",                                                // no such object
        "C2 08 0002 2F0208F000FF",                              // a byte of the file is missing
        "C2 0A 0002 2F0208F000FF1800",                          // one too many
        "C2 09 0003 2F0208F000FF18",                            // a purse under another identifier
        "C2 09 0000 280004F0F0FFFF",                            // the key file's identifier
        "C3 00",                                                // no identifier
        "C3 16 00 33F0EF0000 000102030405060708090A0B0C0D0E0F", // no such type
        "C4 01 00",                                             // half an identifier
        "C4 03 0015 00",                                        // no such file
        "C5 0D 0002 00000000 0000 0000 000000",                 // no such purse
        "C2 09 0015",                                           // cut short
    ] {
        assert_eq!(refused(&[bad]), wrong, "{bad}");
    }
    assert_eq!(refused(&[EP, EP]), wrong);
    assert_eq!(refused(&[PIN, PIN]), wrong);
    assert_eq!(refused(&[BINARY, "C407 0015 0102030405"]), wrong, "longer than the file");
    assert_eq!(refused(&[BINARY, "C50D 0015 00000000 0000 0000 000000"]), wrong, "no purse");
    assert_eq!(refused(&[EP, "C50C 0002 00000000 0000 0000 0000"]), wrong, "a byte is missing");
    assert_eq!(refused(&[EP, "C403 0002 00"]), wrong, "content of a purse");
    assert_eq!(
        refused(&["C309 00 36F0EFFF33 123456"]),
        Some(Halt::Status(StatusWord::WRONG_LENGTH))
    );
    let large = "C209 0015 281000F0F0FFFF";
    assert_eq!(refused(&[large]), Some(Halt::Status(StatusWord::NOT_ENOUGH_MEMORY)));
}

#[test]
fn a_purse_begins_as_installed() {
    let begin = "C50D 0002 000004D2 0007 0008 0003E8";
    let mut rig = installed(&[EP, LOG, begin]).unwrap();
    rig.power_on();
    assert_eq!(send(&mut rig, "805C000204"), "000004D29000");
}

#[test]
fn files_hold_what_was_put_there() {
    let mut rig = installed(&[BINARY, "C405 0015 A1A2A3"]).unwrap();
    rig.power_on();
    assert_eq!(send(&mut rig, "00B0950004"), "A1A2A3FF9000");
    let records = "C209 0017 2C0020F0F0FFFF C406 0017 09020001 C406 0017 0A020002";
    let mut rig = installed(&[records]).unwrap();
    rig.power_on();
    assert_eq!(send(&mut rig, "00B20AB800"), "0A0200029000");
}

/// Whoever holds the card cannot build on it, and this application does not block others.
#[test]
fn nothing_that_builds_or_blocks_the_card_is_taken() {
    let mut rig = usual();
    for command in [
        "80E0001907280010F0F0FFFF",
        "800E000000",
        "80D401010D3EF0F001000102030405060708",
        "8416000004 00000000",
        "84D4010000",
    ] {
        assert_eq!(send(&mut rig, command), "6D00", "{command}");
    }
    for command in ["80B0950004", "8020000003123456", "0024000000"] {
        assert_eq!(send(&mut rig, command), "6E00", "{command}");
    }
    let long = std::format!("00D69500F0{}", "00".repeat(0xF0));
    assert_eq!(send(&mut rig, &long), "6700");
}

#[test]
fn a_blocked_application_takes_no_purse_command_until_it_is_unblocked() {
    let mut rig = usual();
    assert_eq!(with_mac(&mut rig, "841E0000"), "9000");
    for command in ["805C000204", "00B0950004", "0020000003123456", "805000020B"] {
        assert_eq!(send(&mut rig, command), "6A81", "{command}");
    }
    assert_eq!(select(&mut rig), "6A81");
    assert_eq!(with_mac(&mut rig, "84180000"), "9000");
    assert_eq!(send(&mut rig, "805C000204"), "000000009000");
}

#[test]
fn a_selection_begins_with_nothing_shown() {
    let guarded = "C209 0019 280004F1F1FFFF";
    let mut rig = installed(&[guarded, PIN]).unwrap();
    select(&mut rig);
    assert_eq!(send(&mut rig, "00B0990001"), "6982");
    assert_eq!(send(&mut rig, "0020000003123456"), "9000");
    assert_eq!(send(&mut rig, "00B0990001"), "FF6281");
    select(&mut rig);
    assert_eq!(send(&mut rig, "00B0990001"), "6982");
}

/// Another logical channel blocks the application and unblocks it while a purchase is pending here:
/// the DEBIT that was refused in between has ended it.
#[test]
fn a_refusal_of_a_blocked_application_drops_what_is_pending() {
    let mut rig = installed(&[&[EP, LOG, LINE_KEY][..], &PURCHASE_KEYS].concat()).unwrap();
    rig.power_on();
    select(&mut rig);
    assert!(send(&mut rig, INITIALIZE).ends_with("9000"));
    let mut here = rig.env().ram(Clear::OnDeselect).to_vec();
    let mut switch = |rig: &mut Segment| {
        rig.env().ram_mut(Clear::OnDeselect).swap_with_slice(&mut here);
    };
    switch(&mut rig);
    select(&mut rig);
    assert_eq!(with_mac(&mut rig, "841E0000"), "9000");
    switch(&mut rig);
    assert_eq!(send(&mut rig, DEBIT), "6A81");
    switch(&mut rig);
    assert_eq!(with_mac(&mut rig, "84180000"), "9000");
    switch(&mut rig);
    assert_eq!(send(&mut rig, DEBIT), "6901");
}

/// Also a command that is refused, and a selection that fails.
#[test]
fn any_other_command_drops_what_is_pending() {
    let mut rig = installed(&[&[EP, LOG, BINARY][..], &PURCHASE_KEYS].concat()).unwrap();
    rig.power_on();
    let (initialize, debit) = (INITIALIZE, DEBIT);
    assert!(send(&mut rig, initialize).ends_with("9000"));
    assert_eq!(send(&mut rig, debit), "9302");
    for other in ["00B0950001", "0084000004", "00FF000000", "80FF000000"] {
        assert!(send(&mut rig, initialize).ends_with("9000"));
        send(&mut rig, other);
        assert_eq!(send(&mut rig, debit), "6901", "{other}");
    }
    assert!(send(&mut rig, initialize).ends_with("9000"));
    let selection = Selection { target: Target::FileId(FileId(0x7777)), control: Control::Fci };
    let mut buffer = [0; 64];
    assert!(rig.select(&Purse, &selection, &mut Reply::new(&mut buffer)).is_err());
    assert_eq!(send(&mut rig, debit), "6901");
}
