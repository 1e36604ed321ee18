//! Tests of the library's application: how a test talks to it, and the reader most tests start
//! from.

extern crate std;

mod files;
mod install;
mod keys;
mod maintenance;
mod tear;

use std::{format, string::String, vec::Vec};

use tessera_cos::{
    cipher::{Algorithm, Key, Mac},
    messaging::social_security::Session,
};
use tessera_framework::{
    Apdu, Applet, Class, Command, Control, DfId, FileId, Halt, Ins, Interface, Outcome, Reply,
    Selection, StatusWord, Target, testing::Rig,
};

use crate::Library;

const SEGMENT_BYTES: usize = 1024;

/// Identifiers of keys.
const STK: u8 = 0x82;
const UK1: u8 = 0x83;
const UK2: u8 = 0x84;
const LK: u8 = 0x85;

/// What a terminal wants encrypted.
const FACTOR: [u8; 8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08];

/// A loan: borrowed, book 0000000042, 1 July 2026, due 29 July, branch 7.
const BORROWED: &str = "42 30303030303030303432 20260701 20260729 0007";
/// The same book returned to branch 9.
const RETURNED: &str = "52 30303030303030303432 20260715 20260729 0009";

/// The application and what is said to it.
#[derive(Clone)]
struct Dialogue(Rig<SEGMENT_BYTES>);

/// The key with an identifier and a version: bytes that differ from every other's, and not in the
/// lowest bit alone, of which DES makes nothing.
fn key(algorithm: Algorithm, id: u8, version: u8) -> Key {
    let first = (id << 1) ^ (version << 5);
    let bytes: [u8; 16] = core::array::from_fn(|at| first ^ (at as u8) << 4);
    Key::new(algorithm, &bytes).unwrap()
}

fn triple_des(id: u8) -> Key {
    key(Algorithm::TripleDes, id, 1)
}

fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, value.len() as u8], value].concat()
}

fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| hexadecimal(pair[0]) << 4 | hexadecimal(pair[1])).collect()
}

fn hexadecimal(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap() as u8
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Keys of one algorithm, so many versions of UK1 and UK2 and one of the others.
fn keys(algorithm: Algorithm, versions: u8) -> Vec<u8> {
    let code = if algorithm == Algorithm::Sm4 { 4 } else { 0 };
    let mut data = Vec::new();
    for id in [STK, UK1, UK2, LK] {
        for version in 1..=if matches!(id, UK1 | UK2) { versions } else { 1 } {
            let key = key(algorithm, id, version);
            data.extend(object(0xC3, &[&[id, version, code], key.as_slice()].concat()));
        }
    }
    data
}

/// Reader 3304000000000001, opened on 1 January 2026, no deposit, ten books.
fn reader() -> Vec<u8> {
    let items = ["01 33333034303030303030303030303031", "02 20260101", "03 31", "04 30", "05 10"];
    items.iter().flat_map(|item| object(0xC2, &bytes(item))).collect()
}

impl Dialogue {
    /// A card of these installation data, the application selected.
    fn new(data: &[u8]) -> Self {
        let mut card = Self(Rig::with(&Library, data).unwrap());
        card.reset();
        card
    }

    /// Triple-DES keys, and a reader who has borrowed nothing.
    fn usual() -> Self {
        Self::new(&[keys(Algorithm::TripleDes, 1), reader()].concat())
    }

    /// Power off and on, then the selection by name.
    fn reset(&mut self) {
        self.0.power_on();
        self.select(Target::Df(DfId::ROOT));
    }

    fn select(&mut self, target: Target<'_>) -> String {
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let selection = Selection { target, control: Control::Fci };
        let outcome = self.0.select(&Library, &selection, &mut reply);
        answer(outcome.map(drop), &reply).unwrap()
    }

    /// The answer with its status word; `None` when power failed.
    fn try_send(&mut self, command: &str) -> Option<String> {
        let command = bytes(command);
        let apdu = Apdu::parse(&command).unwrap();
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
        let mut buffer = [0; 512];
        let mut reply = Reply::new(&mut buffer);
        let outcome = if apdu.ins == Ins::SELECT {
            let [high, low] = apdu.data.try_into().unwrap();
            let target = Target::FileId(FileId(u16::from_be_bytes([high, low])));
            let selection = Selection { target, control: Control::Fci };
            self.0.select(&Library, &selection, &mut reply).map(drop)
        } else {
            self.0.process(&Library, &command, &mut reply)
        };
        answer(outcome, &reply)
    }

    fn send(&mut self, command: &str) -> String {
        self.try_send(command).unwrap()
    }

    /// Commands and what has to come back.
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            let expected = digits(&bytes(expected));
            assert_eq!(self.send(command), expected, "{command}");
        }
    }

    /// EXTERNAL AUTHENTICATE with this key, by the form without a version.
    fn show(&mut self, id: u8, key: &Key) -> String {
        let proof = self.proof(key);
        self.send(&format!("008200{id:02X}10{proof}"))
    }

    /// Authenticator and factor for a challenge that is drawn first.
    fn proof(&mut self, key: &Key) -> String {
        let challenge = self.challenge(key);
        let session = Session::new(key, &challenge).unwrap();
        digits(&session.authenticator(&FACTOR)) + &digits(&FACTOR)
    }

    fn challenge(&mut self, key: &Key) -> Vec<u8> {
        let drawn = self.send(&format!("00840000{:02X}", key.block_bytes()));
        bytes(drawn.strip_suffix("9000").unwrap())
    }

    /// A command of class 04 or 84, with the data and the MAC of STK behind it.
    fn protect(&mut self, header: &str, data: &str, key: &Key) -> String {
        let challenge = self.challenge(key);
        let (header, data) = (bytes(header), bytes(data));
        let session = Session::new(key, &challenge).unwrap();
        let header = [header[0], header[1], header[2], header[3]];
        let lc = [data.len() as u8 + 4];
        let mac = Mac::line(session.key()).of(&[], &[&header, &lc, &data]);
        self.send(&digits(&[&header[..], &lc, &data, &mac.four()].concat()))
    }

    /// Every byte of the segment.
    fn memory(&mut self) -> [u8; SEGMENT_BYTES] {
        self.0.env().load_array(0).unwrap()
    }
}

fn answer(outcome: Outcome, reply: &Reply<'_>) -> Option<String> {
    match outcome {
        Ok(()) => Some(digits(reply.data()) + &digits(&reply.status().to_bytes())),
        Err(Halt::Status(status)) => Some(digits(&status.to_bytes())),
        Err(Halt::Torn(_)) => None,
    }
}
