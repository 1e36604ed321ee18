//! Tests of the purse on a small card: the card, the terminal that computes its side of the MACs,
//! and how a test talks to both.

extern crate std;

mod history;
mod order;
mod refusals;
mod tear;
mod vectors;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{
    Access, DfSpec, Dialect, EfSpec, Session, Structure,
    cipher::{Key, Mac, session_key},
    header::Flags,
    keys::{self, KeySpec},
    layout,
    layout::LifeCycle,
    select, tree,
};
use tessera_framework::{
    Aid, Apdu, Applet, Class, Clear, Command, Control, Descriptor, DfId, Env, FileId, Halt, Ins,
    Interface, Outcome, Reply, Selected, Selection, Sfi, StatusWord, Target, testing::Rig,
};

use crate::{PENDING_BYTES, RAM_BYTES, Rules, log::RECORD_BYTES, purse};

const LOAD_KEY: [u8; 16] = *b"load key load!!!";
const PURCHASE_KEY: [u8; 16] = *b"purchase key 16.";
const TAC_KEY: [u8; 16] = *b"tac key of both!";
const TERMINAL: [u8; 6] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66];
const WHEN: [u8; 7] = [0x20, 0x25, 0x01, 0x02, 0x03, 0x04, 0x05];
const TERMINAL_NUMBER: [u8; 4] = [0xA0, 0xA1, 0xA2, 0xA3];

/// `00 20 00 00 02 12 34`.
const VERIFY: &str = "00200000021234";
/// SELECT of the purses' DF by its identifier.
const SELECT: &str = "00A40000023F01";

static DIALECT: Dialect = Dialect {
    pin: None,
    cyclic_update_adds: false,
    ef_answers_fci: false,
    ef_selection_finds_dfs: false,
    data_object: tessera_cos::no_data_object,
    iso: None,
};

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"1PAY.SYS.DDF01"),
    fid: None,
    counters: &[],
    ram_on_deselect_bytes: RAM_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: false,
};

/// An applet with no more commands than a purse needs.
#[derive(Clone, Copy)]
struct Card(Rules);

impl Applet for Card {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, _: &mut Env<'_>, _: &[u8]) -> Outcome {
        Ok(())
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        crate::forget_pending(env);
        select(env, &DIALECT, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        if crate::is_purse_command(command) {
            return crate::process(env, &DIALECT, &self.0, command, reply);
        }
        crate::forget_pending(env);
        if command.ins == Ins::VERIFY {
            let right = command.data == [0x12, 0x34];
            let mut session = Session::load(env)?;
            session.note_pin(right);
            session.set_register(u8::from(right));
            session.store(env)?;
            return if right { Ok(()) } else { Halt::status(StatusWord::tries_left(2)) };
        }
        tessera_cos::process(env, &DIALECT, command, reply)
    }
}

/// What a card's DF 3F01 is made with.
#[derive(Clone, Copy)]
struct Make {
    rules: Rules,
    df: LifeCycle,
    ed: Option<EfSpec<'static>>,
    ep: Option<EfSpec<'static>>,
    log: Option<EfSpec<'static>>,
    /// Load, purchase, TAC.
    keys: [Option<(KeySpec, &'static [u8])>; 3],
}

const fn key(usage: u8, id: u8) -> KeySpec {
    KeySpec {
        usage,
        id,
        usable: Access::Register(0xF0),
        change: Access::Register(0xF0),
        version_or_follow_up: 0x05,
        algorithm: 0x01,
        tries: None,
        flags: Flags(0),
    }
}

const fn purse(fid: u16, right: u8) -> EfSpec<'static> {
    EfSpec {
        fid: FileId(fid),
        structure: purse::STRUCTURE,
        read: Access::Register(right),
        own: 0x18,
        ..EfSpec::PLAIN
    }
}

const LOG: EfSpec<'static> = EfSpec {
    fid: FileId(0x0018),
    sfi: Sfi::new(0x18),
    structure: Structure::Cyclic { record_bytes: RECORD_BYTES, records: 10 },
    read: Access::Register(0xF0),
    ..EfSpec::PLAIN
};

/// Both purses with the rights of the standard layout, keys 01, a log.
const USUAL: Make = Make {
    rules: Rules::USUAL,
    df: LifeCycle::ACTIVATED,
    ed: Some(purse(0x0001, 0xF1)),
    ep: Some(purse(0x0002, 0xF0)),
    log: Some(LOG),
    keys: [
        Some((key(0x3F, 0x01), &LOAD_KEY)),
        Some((key(0x3E, 0x01), &PURCHASE_KEY)),
        Some((key(0x34, 0x00), &TAC_KEY)),
    ],
};

type Segment = Rig<2048>;

/// A card and what is said to it.
#[derive(Clone)]
struct Dialogue {
    rig: Segment,
    card: Card,
}

impl Dialogue {
    /// A card that has just been reset, with the DF 3F01 selected.
    fn with(make: &Make) -> Self {
        let mut rig = Segment::new();
        fill(&mut rig.env(), make).unwrap();
        let mut dialogue = Self { rig, card: Card(make.rules) };
        dialogue.power_on();
        dialogue
    }

    fn power_on(&mut self) {
        self.rig.power_on();
        let answer = self.send(SELECT);
        assert!(["9000", "6283", "6285"].contains(&&*answer), "{answer}");
    }

    /// The answer with its status word; `None` when power failed.
    fn try_send(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let apdu = Apdu::parse(command).unwrap();
        let mut buffer = [0; 256];
        let mut reply = Reply::new(&mut buffer);
        let outcome = if apdu.ins == Ins::SELECT {
            let target = Target::FileId(FileId(u16::from_be_bytes(apdu.data.try_into().unwrap())));
            let selection = Selection { target, control: Control::None };
            self.rig.select(&self.card, &selection, &mut reply).map(drop)
        } else {
            let command = Command {
                class: Class::decode(apdu.cla),
                ins: apdu.ins,
                p1: apdu.p1,
                p2: apdu.p2,
                data: apdu.data,
                ne: apdu.ne,
                ne_is_maximum: apdu.ne == 256,
                interface: Interface::Contactless,
            };
            self.rig.process(&self.card, &command, &mut reply)
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

    /// INITIALIZE; what the second command has to know of its answer.
    #[track_caller]
    fn open(&mut self, kind: Kind, amount: u32) -> Opened {
        let answer = self.send(&initialize(kind, amount));
        assert!(answer.ends_with("9000"), "{kind:?} {amount}: {answer}");
        Opened::new(kind, amount, &unhex(&answer))
    }

    /// The second command, with the right MAC; its answer without the status word.
    #[track_caller]
    fn close(&mut self, opened: &Opened) -> Vec<u8> {
        let mut answer = self.try_send(&opened.second()).expect("power stays on");
        assert_eq!(answer.split_off(answer.len() - 2), [0x90, 0x00], "{:?}", opened.kind);
        answer
    }

    /// A whole transaction.
    #[track_caller]
    fn transact(&mut self, kind: Kind, amount: u32) -> Opened {
        let opened = self.open(kind, amount);
        self.close(&opened);
        opened
    }

    /// The whole segment, as it is solid now.
    fn memory(&mut self) -> Vec<u8> {
        let mut segment = vec![0; 2048];
        self.rig.env().load(0, &mut segment).unwrap();
        segment
    }

    /// The part of RAM behind the session.
    fn pending(&mut self) -> Vec<u8> {
        let ram = self.rig.env().ram(Clear::OnDeselect).to_vec();
        ram[usize::from(RAM_BYTES - PENDING_BYTES)..usize::from(RAM_BYTES)].to_vec()
    }

    fn df(&mut self) -> u32 {
        Session::load(&self.rig.env()).unwrap().df
    }

    /// Puts a purse into a state that a long life would bring it to.
    fn set_purse(&mut self, kind: Kind, balance: u32, online: u16, offline: u16) {
        let (df, fid) = (self.df(), kind.purse());
        let env = &mut self.rig.env();
        let file = tessera_cos::find::find_child(env, df, |file| file.fid().0 == fid);
        let head = [&balance.to_be_bytes()[..], &online.to_be_bytes(), &offline.to_be_bytes()];
        env.store(file.unwrap().unwrap().body(), &head.concat()).unwrap();
    }
}

fn fill(env: &mut Env<'_>, make: &Make) -> Outcome {
    layout::format(env)?;
    let root = DfSpec { fid: FileId(0x3F00), name: b"1PAY.SYS.DDF01", ..DfSpec::PLAIN };
    tree::create_root(env, &root)?;
    let df = DfSpec { fid: FileId(0x3F01), name: b"PURSE", life_cycle: make.df, ..DfSpec::PLAIN };
    let df = tree::create_df(env, DfId::ROOT, &df)?;
    for (spec, bytes) in make.keys.iter().flatten() {
        keys::add(env, 0..0, df, spec, bytes)?;
    }
    for spec in [&make.log, &make.ed, &make.ep].into_iter().flatten() {
        tree::create_ef(env, df, spec)?;
    }
    Ok(())
}

/// A kind of transaction as a terminal asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    LoadEd = 1,
    LoadEp = 2,
    Cash = 4,
    PurchaseEd = 5,
    PurchaseEp = 6,
}

const KINDS: [Kind; 5] =
    [Kind::LoadEd, Kind::LoadEp, Kind::Cash, Kind::PurchaseEd, Kind::PurchaseEp];

impl Kind {
    fn is_load(self) -> bool {
        matches!(self, Self::LoadEd | Self::LoadEp)
    }

    /// 0001 or 0002.
    fn purse(self) -> u16 {
        if matches!(self, Self::LoadEp | Self::PurchaseEp) { 2 } else { 1 }
    }

    /// P1 of INITIALIZE.
    fn p1(self) -> u8 {
        match self {
            Self::LoadEd | Self::LoadEp => 0,
            Self::PurchaseEd | Self::PurchaseEp => 1,
            Self::Cash => 2,
        }
    }
}

/// The INITIALIZE command of a transaction with key 01.
fn initialize(kind: Kind, amount: u32) -> String {
    let (p1, p2, terminal) = (kind.p1(), kind.purse(), hex(&TERMINAL));
    format!("8050{p1:02X}{p2:02X}0B01{amount:08X}{terminal}")
}

/// What the other side of a transaction knows once it has begun.
#[derive(Clone, Debug)]
struct Opened {
    kind: Kind,
    amount: u32,
    balance: u32,
    number: u16,
    session: [u8; 8],
}

impl Opened {
    fn new(kind: Kind, amount: u32, answer: &[u8]) -> Self {
        let number = &answer[4..6];
        let (key, random, end) = match kind.is_load() {
            true => (LOAD_KEY, &answer[8..12], [0x80, 0x00]),
            false => (PURCHASE_KEY, &answer[11..15], [TERMINAL_NUMBER[2], TERMINAL_NUMBER[3]]),
        };
        let block = [random, number, &end].concat();
        let session = session_key(&Key::des(&key).unwrap(), &block).unwrap();
        Self {
            kind,
            amount,
            balance: u32::from_be_bytes(answer[..4].try_into().unwrap()),
            number: u16::from_be_bytes(number.try_into().unwrap()),
            session: session.as_slice().try_into().unwrap(),
        }
    }

    /// What a MAC or TAC of this transaction is computed of, in the order of the standard.
    fn amount_type_terminal(&self) -> Vec<u8> {
        [&self.amount.to_be_bytes()[..], &[self.kind as u8], &TERMINAL].concat()
    }

    /// CREDIT or DEBIT.
    fn second(&self) -> Vec<u8> {
        let mac = mac(&self.session, &[&self.amount_type_terminal()[..], &WHEN].concat());
        match self.kind.is_load() {
            true => [&unhex("805200000B")[..], &WHEN, &mac].concat(),
            false => [&unhex("805401000F")[..], &TERMINAL_NUMBER, &WHEN, &mac].concat(),
        }
    }

    fn new_balance(&self) -> u32 {
        if self.kind.is_load() { self.balance + self.amount } else { self.balance - self.amount }
    }

    fn tac(&self) -> [u8; 4] {
        let key: [u8; 8] = core::array::from_fn(|at| TAC_KEY[at] ^ TAC_KEY[at + 8]);
        let middle = self.amount_type_terminal();
        let input = match self.kind.is_load() {
            true => {
                let (balance, number) =
                    (self.new_balance().to_be_bytes(), self.number.to_be_bytes());
                [&balance[..], &number, &middle, &WHEN].concat()
            }
            false => [&middle[..], &TERMINAL_NUMBER, &WHEN].concat(),
        };
        mac(&key, &input)
    }

    /// The card's MAC that GET TRANSACTION PROVE tells.
    fn proof_mac(&self) -> [u8; 4] {
        match self.kind.is_load() {
            true => [0; 4],
            false => mac(&self.session, &self.amount.to_be_bytes()),
        }
    }

    /// GET TRANSACTION PROVE for this transaction.
    fn prove(&self) -> String {
        format!("805A00{:02X}02{:04X}", self.kind as u8, self.number + 1)
    }
}

fn mac(key: &[u8; 8], input: &[u8]) -> [u8; 4] {
    Mac::cbc(&Key::single_des(*key)).of(&[], &[input]).four()
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
