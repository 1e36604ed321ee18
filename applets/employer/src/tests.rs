//! Tests of the employer's application: how a test talks to it, and the employer most start from.

extern crate std;

mod access;
mod files;
mod install;
mod sign;

use std::{format, string::String, vec::Vec};

use tessera_cos::{
    cipher::{Algorithm, Key, Mac},
    messaging::social_security::Session as Keyed,
    session::Session,
};
use tessera_framework::{
    Apdu, Class, Command, Control, DfId, FileId, Halt, Ins, Interface, Outcome, Reply, Selection,
    StatusWord, Target, testing::Rig,
};

use crate::Employer;

const SEGMENT_BYTES: usize = 4096;

/// Identifiers of keys.
const DTK: u8 = 0x00;
const STK: u8 = 0x82;
const UK1: u8 = 0x83;
const UK2: u8 = 0x84;
const UK3: u8 = 0x85;
const LK: u8 = 0x86;
const RK1: u8 = 0x88;
const KEYS: [u8; 7] = [DTK, STK, UK1, UK2, UK3, LK, RK1];

/// What a terminal wants encrypted.
const FACTOR: [u8; 8] = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08];

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

/// One version of each key, of one algorithm.
fn keys(algorithm: Algorithm) -> Vec<u8> {
    let code = if algorithm == Algorithm::Sm4 { 4 } else { 0 };
    let each =
        KEYS.map(|id| object(0xC3, &[&[id, 1, code], key(algorithm, id, 1).as_slice()].concat()));
    each.concat()
}

/// An organisation code, one insurance, one agent.
fn employer() -> Vec<u8> {
    let agent = [&bytes("08 01 FD37 FE1E"), &[0x41; 0x1E][..], &bytes("BE12"), &[0x31; 0x12]];
    let records = [
        bytes("05 02 3009 303030303030303139"),
        bytes("06 01 EF0E FA03333130 FB0131 FC0420200101"),
        [&agent.concat()[..], &bytes("BF0131")].concat(),
    ];
    records.iter().flat_map(|record| object(0xC2, record)).collect()
}

impl Dialogue {
    /// A card of these installation data, the application selected.
    fn new(data: &[u8]) -> Self {
        let mut card = Self(Rig::with(&Employer, data).unwrap());
        card.reset();
        card
    }

    /// Triple-DES keys, and the employer.
    fn usual() -> Self {
        Self::new(&[keys(Algorithm::TripleDes), employer()].concat())
    }

    /// The PIN has been shown in the environment before the application was selected: a rig has no
    /// environment to ask.
    fn with_pin(mut self) -> Self {
        let mut session = Session::load(&self.0.env()).unwrap();
        session.note_environment(true, 0);
        session.store(&mut self.0.env()).unwrap();
        self
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
        let outcome = self.0.select(&Employer, &selection, &mut reply);
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
            self.0.select(&Employer, &selection, &mut reply).map(drop)
        } else {
            self.0.process(&Employer, &command, &mut reply)
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
        let session = Keyed::new(key, &challenge).unwrap();
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
        let session = Keyed::new(key, &challenge).unwrap();
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
