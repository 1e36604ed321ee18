//! Tests of the ledger on a segment of its own: the card, the other side that computes its MACs,
//! and how a test talks to both.

extern crate std;

mod office;
mod scenario;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{Session, session::EPOCH_BYTES};
use tessera_framework::{
    Apdu, Applet, Class, Clear, Command, Control, CounterId, DfId, FileId, Halt, Ins, Interface,
    Reply, Selection, StatusWord, Target, testing::Rig,
};

use office::{Office, Suite};

use crate::{MedicalAccount, pending::PENDING_BYTES, state::State};

/// SELECT of the application by its name.
const SELECT: &str = "00A4040008F05353432E4D4C31";
/// GET CHALLENGE of eight bytes.
const CHALLENGE: &str = "0084000008";

type Segment = Rig<8192>;

/// A card and what is said to it.
#[derive(Clone)]
struct Dialogue {
    rig: Segment,
    office: Office,
}

impl Dialogue {
    /// A card that has just been reset, its account not opened, the application selected.
    fn new(suite: Suite) -> Self {
        let office = Office::new(suite);
        let rig = Segment::with(&MedicalAccount, &office.installation_data("31010100", "330400"));
        let mut card = Self { rig: rig.unwrap(), office };
        card.power_on();
        card
    }

    fn power_on(&mut self) {
        self.rig.power_on();
        assert!(self.send(SELECT).ends_with("9000"));
    }

    /// Lets the application take the PIN as shown, as the environment would tell it.
    fn show_pin(&mut self) {
        let mut session = Session::load(&self.rig.env()).unwrap();
        session.note_pin(true);
        session.store(&mut self.rig.env()).unwrap();
    }

    /// The answer with its status word; `None` when power failed.
    fn try_send(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let apdu = Apdu::parse(command).unwrap();
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = if apdu.ins == Ins::SELECT && apdu.cla == 0 {
            let target = match *apdu.data {
                [high, low] => Target::FileId(FileId(u16::from_be_bytes([high, low]))),
                _ => Target::Df(DfId::ROOT),
            };
            let selection = Selection { target, control: Control::Fci };
            self.rig.select(&MedicalAccount, &selection, &mut reply).map(drop)
        } else {
            self.rig.process(&MedicalAccount, &command_of(&apdu), &mut reply)
        };
        match outcome {
            Ok(()) => Some([reply.data(), &reply.status().to_bytes()].concat()),
            Err(Halt::Status(status)) => Some(status.to_bytes().to_vec()),
            Err(Halt::Torn(_)) => None,
        }
    }

    fn send(&mut self, command: &str) -> String {
        hex(&self.try_send(&unhex(command)).expect("power stays on"))
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            assert_eq!(self.send(command), hex(&unhex(expected)), "{command}");
        }
    }
}

/// The command as an applet is given it.
fn command_of<'a>(apdu: &Apdu<'a>) -> Command<'a> {
    Command {
        class: Class::decode(apdu.cla),
        ins: apdu.ins,
        p1: apdu.p1,
        p2: apdu.p2,
        data: apdu.data,
        ne: apdu.ne,
        ne_is_maximum: apdu.ne == 256,
        interface: Interface::Contactless,
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

#[test]
fn the_scenario_passes_byte_for_byte() {
    let mut card = Dialogue::new(Suite::TripleDes);
    for [note, random, command, answer] in scenario::SCENARIO {
        if command.starts_with("0020") {
            card.show_pin();
            continue;
        }
        card.rig.queue_random(&unhex(random));
        assert_eq!(card.send(command), *answer, "{note}");
    }
}
