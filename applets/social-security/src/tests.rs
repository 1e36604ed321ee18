//! Tests of the personal card: its table, what it answers, what it refuses to be made of.

extern crate std;

mod account;
mod card;
mod install;
mod keys;
mod personality;
mod table;

use std::{format, string::String, vec, vec::Vec};

use tessera_framework::{
    Apdu, Applet, Class, Command, Control, FileId, Halt, Ins, Interface, Outcome, Reply, Selected,
    Selection, StatusWord, Target, testing::Rig,
};

use crate::{SocialSecurity, table::DFS};

/// The synthetic PIN.
const PIN: &[u8] = &[0x12, 0x34, 0x56];

/// Selects the environment.
const SELECT_SSSE: &str = "00A404000F 7378312E73682EC9E7BBE1B1A3D5CF";

/// A BER-TLV object of installation data.
fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = (value.len() as u16).to_be_bytes();
    [&[tag, 0x82, high, low], value].concat()
}

/// Pairs of directory and file that name every file there is.
fn every_file() -> Vec<u8> {
    DFS.iter().flat_map(|df| df.files.iter().flat_map(|file| [df.number(), file.sfi])).collect()
}

/// A card with the files of `pairs`, with or without a PIN, and what `more` objects say.
fn data(pairs: &[u8], pin: Option<&[u8]>, more: &[Vec<u8>]) -> Vec<u8> {
    let mut data = pin.map_or(Vec::new(), |pin| object(0xC0, pin));
    data.extend(object(0xC2, pairs));
    data.extend(object(0xC3, &[0x88, 0x01, 0x1E]));
    data.extend(more.concat());
    data
}

/// The whole card with power on.
#[derive(Clone)]
struct Dialogue(Rig<20_480>);

impl Dialogue {
    fn of(data: &[u8]) -> Self {
        Self(Rig::with(&SocialSecurity, data).unwrap())
    }

    fn send(&mut self, command: &str) -> String {
        let command = unhex(command);
        let apdu = Apdu::parse(&command).unwrap();
        let mut buffer = vec![0; 65_536];
        let mut reply = Reply::new(&mut buffer);
        let outcome = match apdu.ins {
            Ins::SELECT => self.select(&apdu, &mut reply),
            _ => {
                let command = Command {
                    class: Class::decode(apdu.cla),
                    ins: apdu.ins,
                    p1: apdu.p1,
                    p2: apdu.p2,
                    data: apdu.data,
                    ne: apdu.ne,
                    ne_is_maximum: apdu.ne == if apdu.extended { 65_536 } else { 256 },
                    interface: Interface::ContactlessA,
                };
                self.0.process(&SocialSecurity, &command, &mut reply)
            }
        };
        match outcome {
            Ok(()) => hex(&[reply.data(), &reply.status().to_bytes()].concat()),
            Err(Halt::Status(status)) => hex(&status.to_bytes()),
            Err(Halt::Torn(_)) => panic!("nobody tears"),
        }
    }

    /// SELECT as the operating system hands it on.
    fn select(&mut self, apdu: &Apdu<'_>, reply: &mut Reply<'_>) -> Outcome {
        let fid = || FileId(u16::from_be_bytes(apdu.data.try_into().unwrap()));
        let target = match apdu.p1 {
            0x00 => Target::FileId(fid()),
            0x01 => Target::ChildDf(fid()),
            0x02 => Target::Ef(fid()),
            0x03 => Target::Parent,
            _ => match SocialSecurity.df_by_name(&self.0.env(), apdu.data, 0)? {
                Some(df) => Target::Df(df),
                None => return Halt::status(StatusWord::NOT_FOUND),
            },
        };
        let selection = Selection { target, control: Control::Fci };
        match self.0.select(&SocialSecurity, &selection, reply)? {
            Selected::Here => Ok(()),
            Selected::Above => Halt::status(StatusWord(0x6FAB)),
        }
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            assert_eq!(self.send(command), hex(&unhex(expected)), "{command}");
        }
    }
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
