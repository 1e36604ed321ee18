//! Tests of the blank card: how a test talks to it, and a small card that most tests start from.

extern crate std;

mod any;
mod authenticate;
mod block;
mod create;
mod line;
mod money;
mod pin;
mod rights;
mod select;
mod space;
mod tear;
mod write_key;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{
    Session,
    cipher::Key,
    messaging::{Line, Protection},
    session::Registers,
};
use tessera_framework::{
    Apdu, Applet, Class, Command, Control, CounterId, DfId, FileId, Halt, Ins, Interface, Reply,
    Selection, Target, testing::Rig,
};

use crate::Fmcos;

const SEGMENT_BYTES: usize = 16_384;

const MASTER: [u8; 16] = [0x39; 16];
const LINE: [u8; 16] = *b"line key number0";
const LINE_1: [u8; 8] = *b"line k 1";
const UNBLOCK: [u8; 16] = *b"unblock the PIN!";
const RELOAD: [u8; 16] = *b"reload the PIN!!";

/// A MF with rights F0, as delivered.
const MF: &str = "80E03F000D 38FFFFF0F001FFFFFFFFFFFFFF";
/// Selects the small card's DF.
const DF: &str = "00A40000023F01";

/// A card and what is said to it.
#[derive(Clone)]
struct Dialogue(Rig<SEGMENT_BYTES>);

impl Dialogue {
    /// A card that has just been reset, after these commands.
    fn new(eeprom_bytes: u16, script: &[&str]) -> Self {
        let mut data = [&[0xC0, 2][..], &eeprom_bytes.to_be_bytes()].concat();
        for command in script.iter().map(|command| unhex(command)) {
            data.extend([0xC1, command.len() as u8]);
            data.extend(command);
        }
        let mut card = Self(Rig::with(&Fmcos, &data).unwrap());
        card.reset();
        card
    }

    /// An MF and nothing else, free to fill.
    fn blank() -> Self {
        Self::new(8192, &[MF])
    }

    /// [`blank`](Self::blank) and a DF 3F01 with keys of each kind and a few files, selected.
    fn small() -> Self {
        let mut card = Self::blank();
        card.run(&[
            "80E03F0111 380400F0F095FFFF A00000000386980701",
            DF,
            "80E0000007 3F018095F0FFFF",
            &key("39", "00", "F0F0AA33", &MASTER),
            &key("39", "01", "F0F0 02 33", &MASTER),
            &key("36", "00", "F0F0 FF 33", &LINE),
            &key("36", "01", "F0F0 FF 33", &LINE_1),
            &key("37", "00", "F0F0 FF 33", &UNBLOCK),
            &key("38", "00", "F0F0 FF 33", &RELOAD),
            "80D4010007 3AF0EF0133 1234",
            "80E0000507 280010F1F0FFFF",
            "80E0001507 A80010F0F0FFFF",
            "80E0000A07 2E0304F0F0FFFF",
            DF,
        ]);
        card
    }

    fn reset(&mut self) {
        self.0.power_on();
        let _ = self.select(Target::Df(DfId::ROOT), Control::None);
    }

    fn select(&mut self, target: Target<'_>, control: Control) -> Option<Vec<u8>> {
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = self.0.select(&Fmcos, &Selection { target, control }, &mut reply);
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
            interface: Interface::ContactlessA,
        };
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = self.0.process(&Fmcos, &command, &mut reply);
        answer(outcome, &reply)
    }

    /// SELECT as the card's operating system hands it on.
    fn try_select(&mut self, apdu: &Apdu<'_>) -> Option<Vec<u8>> {
        let control = if apdu.p2 == 0 { Control::Fci } else { Control::None };
        let target = match (apdu.p1, apdu.data) {
            (0, [] | [0x3F, 0x00]) => Target::Df(DfId::ROOT),
            (0, &[high, low]) => Target::FileId(FileId(u16::from_be_bytes([high, low]))),
            (_, name) => match Fmcos.df_by_name(&self.0.env(), name, 0).unwrap() {
                Some(df) => Target::Df(df),
                None => {
                    Fmcos.passed_over(&mut self.0.env());
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

    /// A command under line protection, after a challenge of its own.
    fn wrap(&mut self, key: &[u8], how: Protection, header: &str, data: &str) -> Vec<u8> {
        let challenge = self.challenge();
        wrapped(key, how, &challenge, header, data, None)
    }

    /// The right answer of EXTERNAL AUTHENTICATE to a challenge of its own.
    fn proof(&mut self, id: u8, key: &[u8]) -> Vec<u8> {
        let mut block = [self.challenge(), vec![0; 4]].concat();
        Key::des(key).unwrap().cipher().encrypt_ecb(&mut block).unwrap();
        [&[0x00, 0x82, 0x00, id, 0x08][..], &block].concat()
    }

    #[track_caller]
    fn authenticate(&mut self, id: u8, key: &[u8]) {
        let proof = self.proof(id, key);
        assert_eq!(self.bytes(&proof), "9000");
    }

    fn registers(&mut self) -> (u8, u8) {
        let Registers { mf, df } = Session::load(&self.0.env()).unwrap().registers;
        (mf, df)
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

/// WRITE KEY in the clear that adds a key: type, identifier, the four bytes behind the type.
fn key(kind: &str, id: &str, head: &str, bytes: &[u8]) -> String {
    format!("80D401{id}{:02X}{kind}{head}{}", 5 + bytes.len(), hex(bytes))
}

fn wrapped(
    key: &[u8],
    how: Protection,
    challenge: &[u8],
    header: &str,
    data: &str,
    le: Option<u8>,
) -> Vec<u8> {
    let key = Key::des(key).unwrap();
    let header = unhex(header).try_into().unwrap();
    let command = Line::new(&key).wrap(how, challenge, header, &unhex(data), le).unwrap();
    command.as_slice().to_vec()
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
