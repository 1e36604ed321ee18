//! Tests of the ledger on a segment of its own: the card, the other side that computes its MACs,
//! and how a test talks to both.

extern crate std;

mod any;
mod known;
mod limits;
mod office;
mod order;
mod pending;
mod replay;
mod scenario;
mod states;
mod tear;
mod words;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{Session, find::find_block, layout};
use tessera_framework::{
    Apdu, Applet, Class, Clear, Command, Control, DfId, FileId, Halt, Ins, Interface, Reply,
    Selection, StatusWord, Target, testing::Rig,
};

use office::{AUTHORITY, Account, Begun, Office, STATEMENT, Settle, Suite, Wanted, numbers};

use crate::{MedicalAccount, state::State};

/// SELECT of the application by its name.
const SELECT: &str = "00A4040008F05353432E4D4C31";
/// GET CHALLENGE of eight bytes.
const CHALLENGE: &str = "0084000008";
/// STATUS, short.
const STATUS: &str = "D0CA01000C";
/// GET STATEMENT.
const STATEMENT_OF: &str = "D04C000027";

/// When everything happens.
const TIME: [u8; 7] = [0x20, 0x25, 0x03, 0x04, 0x10, 0x11, 0x12];

const SEGMENT_BYTES: usize = 4672;

type Segment = Rig<SEGMENT_BYTES>;

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

    /// The same with an account, and the PIN shown.
    fn with(account: &Account) -> Self {
        let mut card = Self::new(Suite::TripleDes);
        assert!(card.order([0x52, 0, 0], &account.data()).ends_with("9000"));
        card.show_pin();
        card
    }

    /// The same, item 81 being these marks.
    fn marked(marks: &str) -> Self {
        let mut card = Self::new(Suite::TripleDes);
        let data = card.office.installation_data(marks, "330400");
        card.rig = Segment::with(&MedicalAccount, &data).unwrap();
        card.power_on();
        assert!(card.order([0x52, 0, 0], &Account::USUAL.data()).ends_with("9000"));
        card.show_pin();
        card
    }

    fn open() -> Self {
        Self::with(&Account::USUAL)
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

    fn hide_pin(&mut self) {
        let mut session = Session::load(&self.rig.env()).unwrap();
        session.note_pin(false);
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

    fn send_bytes(&mut self, command: &[u8]) -> String {
        hex(&self.try_send(command).expect("power stays on"))
    }

    fn send(&mut self, command: &str) -> String {
        self.send_bytes(&unhex(command))
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            assert_eq!(self.send(command), hex(&unhex(expected)), "{command}");
        }
    }

    /// A challenge; of a card that gives none, any eight bytes.
    fn challenge(&mut self) -> [u8; 8] {
        *unhex(&self.send(CHALLENGE)).first_chunk().unwrap_or(&[7; 8])
    }

    /// A command with a MAC: instruction, P1 and P2.
    fn protected(&mut self, key: (u8, u8), [ins, p1, p2]: [u8; 3], data: &[u8]) -> Vec<u8> {
        let challenge = self.challenge();
        self.office.protect(key, challenge, [0xD4, ins, p1, p2], data)
    }

    /// An order of the authority.
    fn order(&mut self, head: [u8; 3], data: &[u8]) -> String {
        let command = self.protected(AUTHORITY, head, data);
        self.send_bytes(&command)
    }

    /// INITIALIZE, which is taken.
    #[track_caller]
    fn begin(&mut self, wanted: Wanted) -> Begun {
        let answer = self.send_bytes(&wanted.initialize());
        assert!(answer.ends_with("9000"), "{wanted:?}: {answer}");
        let begun = wanted.begun(self.office, &unhex(&answer));
        if let Some(mac1) = begun.credit_mac1() {
            assert_eq!(answer[32..40], hex(&mac1));
        }
        begun
    }

    /// COMMIT, which is taken and rightly answered.
    #[track_caller]
    fn commit(&mut self, begun: &Begun) {
        let answer = self.send_bytes(&begun.commit(TIME));
        assert_eq!(answer, hex(&begun.answer(TIME)) + "9000", "{:?}", begun.wanted);
    }

    /// A whole transaction; the entry's sequence.
    #[track_caller]
    fn transact(&mut self, wanted: Wanted) -> u32 {
        let begun = self.begin(wanted);
        self.commit(&begun);
        begun.sequence
    }

    #[track_caller]
    fn settle(&mut self, settle: Settle) -> u32 {
        self.transact(Wanted::Settlement(settle))
    }

    /// A credit under the next number of the authority.
    #[track_caller]
    fn credit(&mut self, amount: u32) -> u32 {
        let number = self.number();
        self.transact(Wanted::Credit { index: 1, amount, number })
    }

    /// The next number of the authority.
    fn number(&mut self) -> u32 {
        self.state().authority_number + 1
    }

    /// ACK STATEMENT with the card's own figures.
    fn acknowledge(&mut self) {
        let data = self.acknowledgement();
        let command = self.protected(STATEMENT, [0x4E, 0, 0], &data);
        assert_eq!(self.send_bytes(&command), "9000");
    }

    /// The data field of ACK STATEMENT.
    fn acknowledgement(&mut self) -> Vec<u8> {
        let state = self.state();
        let figures = numbers(&[state.sequence, state.balance]);
        let number = (state.statement + 1).to_be_bytes();
        [&number[..], &figures, &office::OFFICE, &TIME].concat()
    }

    fn state(&mut self) -> State {
        State::load(&self.rig.env()).unwrap()
    }

    /// Puts the account into a state that a long life would bring it to.
    fn change(&mut self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.store(&mut self.rig.env()).unwrap();
    }

    /// The whole segment but the count of wrong MACs.
    fn memory(&mut self) -> Vec<u8> {
        let env = self.rig.env();
        let keys = find_block(&env, layout::ROOT_AT, |block| block.kind == layout::Kind::Keys);
        let mut segment = vec![0; SEGMENT_BYTES];
        env.load(0, &mut segment).unwrap();
        segment[keys.unwrap().unwrap().body() as usize] = 0;
        segment
    }

    /// Something is pending.
    fn is_pending(&mut self) -> bool {
        self.rig.env().ram(Clear::OnReset).iter().any(|&byte| byte != 0)
    }

    /// A command that is refused, changes nothing and leaves nothing pending.
    #[track_caller]
    fn refuse(&mut self, command: &[u8], status: &str) {
        let before = self.memory();
        assert_eq!(self.send_bytes(command), status, "{}", hex(command));
        assert!(self.memory() == before, "{}", hex(command));
        assert!(!self.is_pending(), "{}", hex(command));
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
        interface: Interface::ContactlessA,
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
