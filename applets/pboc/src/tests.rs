//! Tests of the purse on a small card: the card, the terminal that computes its side of the MACs,
//! and how a test talks to both.

extern crate std;

mod capp;
mod channels;
mod grey;
mod history;
mod limits;
mod order;
mod refusals;
mod states;
mod tear;
mod terminal;
mod vectors;
mod words;

use std::{format, string::String, vec, vec::Vec};

use tessera_cos::{
    Access, DfSpec, Dialect, EfSpec, Session, Structure,
    basic::{self, Build, Turn},
    cipher::{Key, Mac, session_key},
    header::Flags,
    keys::{self, KeySpec},
    layout,
    layout::LifeCycle,
    select, session, tree,
};
use tessera_framework::{
    Aid, Apdu, Applet, Class, Clear, Command, Control, Descriptor, DfId, Env, FileId, Halt, Ins,
    Interface, Outcome, Reply, Selected, Selection, Sfi, StatusWord, Target, testing::Rig,
};

use terminal::{KINDS, Kind, Opened, initialize};

use crate::{PENDING_BYTES, RAM_BYTES, Rules, cache::CACHE_BYTES, log::RECORD_BYTES, purse};

const LOAD_KEY: [u8; 16] = *b"load key load!!!";
const PURCHASE_KEY: [u8; 16] = *b"purchase key 16.";
const TAC_KEY: [u8; 16] = *b"tac key of both!";
const UNLOAD_KEY: [u8; 16] = *b"unload key 3D!!!";
const OVERDRAFT_KEY: [u8; 16] = *b"overdraft limit.";
const TERMINAL: [u8; 6] = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66];
const WHEN: [u8; 7] = [0x20, 0x25, 0x01, 0x02, 0x03, 0x04, 0x05];
const TERMINAL_NUMBER: [u8; 4] = [0xA0, 0xA1, 0xA2, 0xA3];

/// `00 20 00 00 02 12 34`.
const VERIFY: &str = "00200000021234";
/// SELECT of the purses' DF by its identifier.
const SELECT: &str = "00A40000023F01";

static BUILD: Build = Build {
    dialect: Dialect {
        pin: None,
        cyclic_update_adds: false,
        ef_answers_fci: false,
        ef_selection_finds_dfs: false,
        data_object: tessera_cos::no_data_object,
        iso: None,
    },
    counters: 0..4,
    root_is_mf: true,
    empty_df_is_free: false,
    no_challenge: StatusWord::CONDITIONS_NOT_SATISFIED,
};

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"1PAY.SYS.DDF01"),
    fid: None,
    counters: &[0; 4],
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
        select(env, &BUILD.dialect, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let challenge = session::take_challenge(env)?;
        let mut turn = Turn { build: &BUILD, command, session: Session::load(env)?, challenge };
        if crate::is_purse_command(&self.0, command) {
            return crate::process(env, &turn, &self.0, reply);
        }
        crate::forget_pending_before(env, command);
        if command.ins == Ins::GET_CHALLENGE {
            basic::run(env, &mut turn, reply)?;
            return turn.session.store(env);
        }
        if command.ins == Ins::VERIFY {
            let right = command.data == [0x12, 0x34];
            let mut session = Session::load(env)?;
            session.note_pin(right);
            session.set_register(u8::from(right));
            session.store(env)?;
            return if right { Ok(()) } else { Halt::status(StatusWord::tries_left(2)) };
        }
        tessera_cos::process(env, &BUILD.dialect, command, reply)
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
    /// Load, purchase, TAC, unload, overdraft limit.
    keys: [Option<(KeySpec, &'static [u8])>; 5],
    /// Files of a compound purchase.
    records: &'static [EfSpec<'static>],
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
        Some((key(0x3D, 0x01), &UNLOAD_KEY)),
        Some((key(0x3C, 0x01), &OVERDRAFT_KEY)),
    ],
    records: &[],
};

/// Where the pending transaction lies in RAM.
const PENDING_AT: usize = (RAM_BYTES - PENDING_BYTES - CACHE_BYTES) as usize;
/// Nothing is pending, and nothing cached.
const NOTHING: [u8; (PENDING_BYTES + CACHE_BYTES) as usize] =
    [0; (PENDING_BYTES + CACHE_BYTES) as usize];

type Segment = Rig<4096>;

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
            let command = command_of(&apdu);
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

    /// A command that is refused with a status word, changes nothing and leaves nothing pending.
    #[track_caller]
    fn refuse(&mut self, command: &str, status: &str) {
        let before = self.memory();
        assert_eq!(self.send(command), status, "{command}");
        assert!(self.memory() == before, "{command}");
        assert_eq!(self.pending(), NOTHING, "{command}");
    }

    /// A command whose answer is longer than there is room for changes nothing.
    #[track_caller]
    fn refuse_short_of_reply(&mut self, command: &[u8], room: usize) {
        let before = self.memory();
        let apdu = Apdu::parse(command).unwrap();
        let mut buffer = vec![0; room];
        let mut reply = Reply::new(&mut buffer);
        let answer = self.rig.process(&self.card, &command_of(&apdu), &mut reply);
        assert_eq!(answer, Halt::status(StatusWord::NO_DIAGNOSIS));
        assert!(self.memory() == before);
    }

    /// The whole segment, as it is solid now.
    fn memory(&mut self) -> Vec<u8> {
        let mut segment = vec![0; 4096];
        self.rig.env().load(0, &mut segment).unwrap();
        segment
    }

    /// The part of RAM behind the session.
    fn pending(&mut self) -> Vec<u8> {
        let ram = self.rig.env().ram(Clear::OnDeselect).to_vec();
        ram[PENDING_AT..usize::from(RAM_BYTES)].to_vec()
    }

    fn df(&mut self) -> u32 {
        Session::load(&self.rig.env()).unwrap().df
    }

    /// Puts a purse into a state that a long life would bring it to.
    fn set_purse(&mut self, kind: Kind, balance: u32, online: u16, offline: u16) {
        let head = [&balance.to_be_bytes()[..], &online.to_be_bytes(), &offline.to_be_bytes()];
        let at = self.file(kind.purse()).body();
        self.rig.env().store(at, &head.concat()).unwrap();
    }

    /// Grants an overdraft limit that a long life would have brought.
    fn set_limit(&mut self, limit: [u8; 3]) {
        let at = self.file(0x0001).body() + 8;
        self.rig.env().store(at, &limit).unwrap();
    }

    /// The header of a file.
    fn file(&mut self, fid: u16) -> tessera_cos::Header {
        let df = self.df();
        let env = self.rig.env();
        tessera_cos::find::find_child(&env, df, |file| file.fid().0 == fid).unwrap().unwrap()
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

fn fill(env: &mut Env<'_>, make: &Make) -> Outcome {
    layout::format(env)?;
    let root = DfSpec { fid: FileId(0x3F00), name: b"1PAY.SYS.DDF01", ..DfSpec::PLAIN };
    tree::create_root(env, &root)?;
    let df = DfSpec { fid: FileId(0x3F01), name: b"PURSE", life_cycle: make.df, ..DfSpec::PLAIN };
    let df = tree::create_df(env, DfId::ROOT, &df)?;
    for (spec, bytes) in make.keys.iter().flatten() {
        keys::add(env, 0..0, df, spec, bytes)?;
    }
    let files = [&make.log, &make.ed, &make.ep].into_iter().flatten();
    for spec in files.chain(make.records) {
        tree::create_ef(env, df, spec)?;
    }
    Ok(())
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
