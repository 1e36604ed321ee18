//! Tests of the PSAM: how a test talks to it, and the card that most tests start from.

extern crate std;

mod any;
mod authentic;
mod crypt;
mod files;
mod grey;
mod install;
mod lock;
mod order;
mod purchase;
mod social;
mod tear;
mod write_key;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{
    cipher::Key,
    messaging::{Line, Protection},
};
use tessera_framework::{
    Apdu, Applet, Class, Command, Control, CounterId, DfId, FileId, Halt, Ins, Interface, Reply,
    Selection, StatusWord, Target, testing::Rig,
};

use crate::Psam;

const SEGMENT_BYTES: usize = 8192;

/// Master key of the application, of a published session.
const MASTER: &str = "00112233445566778899AABBCCDDEEFF";
/// Maintenance keys of MF and application.
const MAINTENANCE: &str = "01000100010001000011223344556677";
const MF_MAINTENANCE: &str = "0101010101010101";
/// A purchase key of one level, version 01, and the user card's number.
const PURCHASE: &str = "3E013E013E013E010011223344556677";
const CARD: &str = "9900000001290011";

/// Selects the application.
const ADF: &str = "00A40000021001";
/// INIT SAM FOR PURCHASE of one yuan for the user card, and what is in front of the factors.
const OPENING: &str = "A1B2C3D4 0207 00000064 06 20250102 030405";
/// The answer's MAC1 with number 00000001; computed apart from the card.
const MAC1: &str = "26E410D6";

/// A card and what is said to it.
#[derive(Clone)]
struct Dialogue(Rig<SEGMENT_BYTES>, Psam);

impl Dialogue {
    /// A card that has just been reset, of these installation data.
    fn new(data: &[u8]) -> Self {
        Self::of(Psam::PURSE, data)
    }

    fn of(psam: Psam, data: &[u8]) -> Self {
        let mut card = Self(Rig::with(&psam, data).unwrap(), psam);
        card.reset();
        card
    }

    /// An MF with a maintenance key, an application with keys of most kinds, selected, and another.
    fn usual() -> Self {
        let mut card = Self::new(&usual_data());
        card.run(&[ADF]);
        card
    }

    fn reset(&mut self) {
        self.0.power_on();
        let _ = self.select(Target::Df(DfId::ROOT), Control::None);
    }

    fn select(&mut self, target: Target<'_>, control: Control) -> Option<Vec<u8>> {
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = self.0.select(&self.1, &Selection { target, control }, &mut reply);
        answer(outcome.map(drop), &reply)
    }

    /// The answer with its status word; `None` when power failed.
    fn try_send(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let apdu = Apdu::parse(command).unwrap();
        if apdu.ins == Ins::SELECT {
            return self.try_select(&apdu);
        }
        let command = Command {
            class: Class::decode(apdu.cla),
            ins: apdu.ins,
            p1: apdu.p1,
            p2: apdu.p2,
            data: apdu.data,
            ne: apdu.ne,
            ne_is_maximum: apdu.ne == 256,
            interface: Interface::Contact,
        };
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = self.0.process(&self.1, &command, &mut reply);
        answer(outcome, &reply)
    }

    /// SELECT as the card's operating system hands it on.
    fn try_select(&mut self, apdu: &Apdu<'_>) -> Option<Vec<u8>> {
        let control = match apdu.p2 {
            0x00 => Control::Fci,
            0x04 => Control::Fcp,
            _ => Control::None,
        };
        let target = match (apdu.p1, apdu.data) {
            (0, [] | [0x3F, 0x00]) => Target::Df(DfId::ROOT),
            (0, &[high, low]) => Target::FileId(FileId(u16::from_be_bytes([high, low]))),
            (3, _) => Target::Parent,
            (_, name) => match self.1.df_by_name(&self.0.env(), name, 0).unwrap() {
                Some(df) => Target::Df(df),
                None => {
                    self.1.passed_over(&mut self.0.env());
                    return Some(vec![0x6A, 0x82]);
                }
            },
        };
        self.select(target, control)
    }

    fn bytes(&mut self, command: &[u8]) -> String {
        hex(&self.try_send(command).expect("power stays on"))
    }

    fn send(&mut self, command: &str) -> String {
        self.bytes(&unhex(command))
    }

    /// Commands that all succeed.
    #[track_caller]
    fn run(&mut self, commands: &[&str]) {
        for command in commands {
            let answer = self.send(command);
            assert!(answer.ends_with("9000"), "{command}: {answer}");
        }
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            assert_eq!(self.send(command), hex(&unhex(expected)), "{command}");
        }
    }

    /// GET CHALLENGE of four bytes.
    fn challenge(&mut self) -> Vec<u8> {
        let answer = self.send("0084000004");
        unhex(answer.strip_suffix("9000").unwrap())
    }

    /// A command with a MAC, after a challenge of its own.
    fn wrap(&mut self, key: &str, how: Protection, header: &str, data: &str) -> Vec<u8> {
        let challenge = self.challenge();
        let key = Key::des(&unhex(key)).unwrap();
        let header = unhex(header).try_into().unwrap();
        Line::new(&key)
            .wrap(how, &challenge, header, &unhex(data), None)
            .unwrap()
            .as_slice()
            .to_vec()
    }

    /// WRITE KEY of this record, by the application's master key.
    fn write_key(&mut self, record: &str) -> Vec<u8> {
        self.wrap(MASTER, Protection::CryptogramAndChecksum, "84D40000", record)
    }

    /// The number in the application's EF 0019.
    fn number(&mut self) -> u32 {
        let answer = unhex(&self.send("00B0990004"));
        u32::from_be_bytes(*answer.first_chunk().unwrap())
    }

    /// The same, unless the application is locked.
    fn number_if_any(&mut self) -> Option<u32> {
        let answer = unhex(&self.send("00B0990004"));
        answer.first_chunk().filter(|_| answer.len() == 6).map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The whole segment, as it is now.
    fn memory(&mut self) -> Vec<u8> {
        let mut segment = vec![0; SEGMENT_BYTES];
        self.0.env().load(0, &mut segment).unwrap();
        segment
    }

    fn counters(&mut self) -> Vec<u32> {
        let env = self.0.env();
        (0..64).map(|n| env.counter(CounterId(n)).unwrap()).collect()
    }

    /// Refused with this status word, and nothing stored, no try taken.
    #[track_caller]
    fn refused(&mut self, command: &str, status: &str) {
        let before = (self.memory(), self.counters());
        assert_eq!(self.send(command), status, "{command}");
        assert!((self.memory(), self.counters()) == before, "{command} changed something");
    }
}

fn answer(outcome: Result<(), Halt>, reply: &Reply<'_>) -> Option<Vec<u8>> {
    match outcome {
        Ok(()) => Some([reply.data(), &reply.status().to_bytes()].concat()),
        Err(Halt::Status(status)) => Some(status.to_bytes().to_vec()),
        Err(Halt::Torn(_)) => None,
    }
}

/// INIT SAM FOR PURCHASE with a version, an algorithm and factors.
fn init(version: &str, algorithm: &str, factors: &str) -> String {
    command("80700000", &format!("{OPENING}{version}{algorithm}{factors}"))
}

/// INIT SAM FOR PURCHASE for the user card.
fn init_usual() -> String {
    init("01", "00", CARD)
}

/// A command by header and data.
fn command(header: &str, data: &str) -> String {
    let data = unhex(data);
    format!("{header}{:02X}{}", data.len(), hex(&data))
}

/// Installation data: DFs, files and keys in a row, each a tag and a value.
fn installation(objects: &[(u8, &str)]) -> Vec<u8> {
    let mut data = Vec::new();
    for (tag, value) in objects {
        let value = unhex(value);
        data.extend([*tag, 0x81, value.len() as u8]);
        data.extend(value);
    }
    data
}

/// A key without a right, its register as usual, three tries.
fn key(name: &str, key: &str) -> String {
    let usage = crate::usage::Usage(u8::from_str_radix(&name[..2], 16).unwrap());
    format!("{name} 00 F0 {:02X} 03 {key}", usage.register())
}

fn usual_data() -> Vec<u8> {
    let keys = [
        key("0000", MASTER),
        key("0100", MAINTENANCE),
        key("2201", PURCHASE),
        key("2202", "3E023E023E023E02"),
        key("4203", MASTER),
        key("2203", PURCHASE),
        format!("2204 00 F2 00 03 {PURCHASE}"),
        key("2801", MASTER),
        key("0802", "0123456789ABCDEF"),
        key("0800", MASTER),
        key("0600", MASTER),
        key("2C00", "34003400340034000011223344556677"),
        key("2400", "34003400340034000011223344556677"),
        key("2901", "3F013F013F013F010011223344556677"),
        key("2E01", MASTER),
        key("0E01", "0E010E010E010E01"),
        key("0F00", "0F000F000F000F000011223344556677"),
        key("0D00", "123456"),
        format!("2805 00 F2 00 03 {MASTER}"),
    ];
    let mut objects = vec![
        (0xC0, "3F00 03 315041592E5359532E4444463031"),
        (0xC1, "0015 F0 F0 80 3304990100000000000101010101"),
        (0xC1, "0016 F0 F0 80 330499000001"),
        (0xC2, "0001 F0 F2 00 03 610101 04 61020202"),
        (0xC0, "1001 03 F054455353455241 2E 5053414D"),
        (0xC1, "0017 F0 F0 80 0133049900000000013304990000000002 2025010520350105"),
        (0xC1, "0019 F0 EF 00 00000001"),
    ];
    objects.extend(keys.iter().map(|key| (0xC3, &**key)));
    let mf_key = key("0100", MF_MAINTENANCE);
    objects.insert(4, (0xC3, &mf_key));
    let other = key("2201", MASTER);
    objects.extend([
        (0xC0, "1002 02 F054455353455241 02"),
        (0xC1, "0019 F0 EF 00 000000FE"),
        (0xC3, &*other),
        (0xC0, "1003 02 F054455353455241 03"),
        (0xC3, &*other),
    ]);
    installation(&objects)
}

/// The last byte another.
fn spoilt(mut command: Vec<u8>) -> Vec<u8> {
    *command.last_mut().unwrap() ^= 1;
    command
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|digit| !digit.is_whitespace())
        .map(|digit| digit.to_digit(16).unwrap() as u8)
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
