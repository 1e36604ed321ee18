//! Tests of the commands on a small tree: the tree, and how a test talks to it.

extern crate std;

mod binary;
mod damage;
mod iso;
mod keys;
mod record;
mod select;
mod social;
mod space;
mod tear;
mod tree;
mod verify;

use std::{format, string::String, vec, vec::Vec};

use tessera_framework::{
    Aid, Apdu, Applet, Class, Clear, Command, Control, CounterId, Descriptor, DfId, Env, FileId,
    Halt, Ins, Interface, Outcome, Reply, Selected, Selection, Sfi, StatusWord, Target, pin::Pin,
    testing::Rig,
};

use crate::{
    Access, DfSpec, Dialect, EfSpec, Structure, layout, layout::LifeCycle, record as records,
    session, tree as files,
};

/// The PIN of the small tree; it has three tries.
const REFERENCE: [u8; 3] = [0x12, 0x34, 0x56];

const PIN: Pin = Pin { at: layout::PIN_AT, tries: CounterId(0), tries_max: 3 };

/// The dialect of the standard.
static STANDARD: Small = Small {
    dialect: Dialect {
        pin: Some((PIN, &[0x00, 0x81])),
        cyclic_update_adds: false,
        ef_answers_fci: true,
        ef_selection_finds_dfs: false,
        data_object: colour,
        iso: None,
    },
    pin: true,
};

/// That of the social-security card.
static SOCIAL: Small = Small {
    dialect: Dialect {
        pin: Some((PIN, &[0x00])),
        cyclic_update_adds: true,
        ef_answers_fci: false,
        ef_selection_finds_dfs: true,
        data_object: crate::no_data_object,
        iso: None,
    },
    pin: true,
};

/// A card whose holder has set no PIN.
static WITHOUT_PIN: Small = Small { pin: false, ..STANDARD };

/// An application that knows no PIN at all.
static NO_PIN_AT_ALL: Small =
    Small { dialect: Dialect { pin: None, ..STANDARD.dialect }, pin: false };

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"ROOT"),
    fid: Some(FileId(0x7F00)),
    counters: &[3],
    ram_on_deselect_bytes: session::SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: true,
};

/// GET DATA's object 99 of the test application.
fn colour(_: &Env<'_>, tag: u16, reply: &mut Reply<'_>) -> Result<bool, Halt> {
    if tag == 0x99 { reply.push(b"blue").map(|()| true) } else { Ok(false) }
}

/// An application with the tree of [`install`](Applet::install).
struct Small {
    dialect: Dialect,
    pin: bool,
}

fn ef(fid: u16, sfi: u8, structure: Structure) -> EfSpec<'static> {
    EfSpec {
        fid: FileId(fid),
        sfi: Sfi::new(sfi),
        structure,
        read: Access::Always,
        update: Access::Always,
        life_cycle: LifeCycle::ACTIVATED,
        ..EfSpec::PLAIN
    }
}

fn df(fid: u16, name: &[u8]) -> DfSpec<'_> {
    DfSpec {
        fid: FileId(fid),
        name,
        proprietary: &[],
        full_control: false,
        life_cycle: LifeCycle::ACTIVATED,
        ..DfSpec::PLAIN
    }
}

const fn bytes(bytes: u32) -> Structure {
    Structure::Transparent { bytes }
}

const FIXED: Structure = Structure::LinearFixed { record_bytes: 4, records: 3, tlv: false };
const FIXED_TLV: Structure = Structure::LinearFixed { record_bytes: 4, records: 5, tlv: true };
const VARIABLE_TLV: Structure =
    Structure::LinearVariable { bytes: 30, record_bytes_max: 10, records: 6, tlv: true };
const VARIABLE: Structure =
    Structure::LinearVariable { bytes: 12, record_bytes_max: 8, records: 3, tlv: false };
const RING: Structure = Structure::Cyclic { record_bytes: 3, records: 3 };

impl Applet for Small {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// | file | SFI | what |
    /// |---|---|---|
    /// | 0001 | 1 | transparent, 20 bytes 00 to 13 |
    /// | 0002 | 2 | fixed, 3 of 4 bytes: two there |
    /// | 0003 | 3 | variable TLV: A1 02 .., B2 01 .., A1 01 .. (capacities 6, 3, 3) |
    /// | 0004 | 4 | ring of 3 times 3 bytes, one there |
    /// | 0005, 0006 | 5, 6 | deactivated, terminated |
    /// | 0007 | 7 | read with the PIN, update with PIN or key |
    /// | 0008 | 8 | fixed TLV, full with one tag between others |
    /// | 0009 | | transparent, 300 bytes |
    /// | 000A | 10 | read with a key, never written |
    /// | 000B | 11 | read with PIN and key, update with a key |
    /// | 000C | 12 | variable without TLV, empty |
    /// | 0100 ALPHA | | 0101 (1) with the PIN; DF 0110 ALPHABET with 0111 (1) with the PIN |
    /// | 0200 BETA | | full control information; 0201 (1) with the PIN |
    /// | 0300 SHUT | | deactivated; 0301 (1) free |
    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        layout::format(env)?;
        if self.pin {
            PIN.set_reference(env, &REFERENCE)?;
        }
        files::create_root(env, &DfSpec { proprietary: &[0x88, 1, 0x1E], ..df(0x7F00, b"ROOT") })?;
        let root = DfId::ROOT;
        let file = files::create_ef(env, root, &ef(0x0001, 1, bytes(20)))?;
        let content: [u8; 20] = core::array::from_fn(|n| n as u8);
        crate::binary::put(env, &file, 0, &content)?;
        let file = files::create_ef(env, root, &ef(0x0002, 2, FIXED))?;
        records::add(env, &file, 4, b"one1")?;
        records::add(env, &file, 4, b"two2")?;
        let file = files::create_ef(env, root, &ef(0x0003, 3, VARIABLE_TLV))?;
        records::add(env, &file, 6, &[0xA1, 2, 1, 2])?;
        records::add(env, &file, 3, &[0xB2, 1, 3])?;
        records::add(env, &file, 3, &[0xA1, 1, 4])?;
        let file = files::create_ef(env, root, &ef(0x0004, 4, RING))?;
        records::add(env, &file, 3, b"new")?;
        let shut = EfSpec { life_cycle: LifeCycle::DEACTIVATED, ..ef(0x0005, 5, bytes(4)) };
        files::create_ef(env, root, &shut)?;
        let ended = EfSpec { life_cycle: LifeCycle::TERMINATED, ..ef(0x0006, 6, bytes(4)) };
        files::create_ef(env, root, &ended)?;
        let guarded = |fid, sfi, read, update| EfSpec { read, update, ..ef(fid, sfi, bytes(4)) };
        let (pin, either) = (Access::Pin, Access::PinOrKey(0x83));
        files::create_ef(env, root, &guarded(0x0007, 7, pin, either))?;
        let file = files::create_ef(env, root, &ef(0x0008, 8, FIXED_TLV))?;
        for record in [[0xA1, 2, 1, 1], [0xB2, 2, 2, 2], [0xA1, 2, 3, 3], [0xB2, 2, 4, 4]] {
            records::add(env, &file, 4, &record)?;
        }
        records::add(env, &file, 4, &[0xA1, 2, 5, 5])?;
        files::create_ef(env, root, &ef(0x0009, 0, bytes(300)))?;
        let (key, both) = (Access::Key(0x84), Access::PinAndKey(0x84));
        files::create_ef(env, root, &guarded(0x000A, 10, key, Access::Never))?;
        files::create_ef(env, root, &guarded(0x000B, 11, both, key))?;
        files::create_ef(env, root, &ef(0x000C, 12, VARIABLE))?;
        let alpha = files::create_df(env, root, &df(0x0100, b"ALPHA"))?;
        files::create_ef(env, alpha, &guarded(0x0101, 1, pin, pin))?;
        let inner = files::create_df(env, alpha, &df(0x0110, b"ALPHABET"))?;
        files::create_ef(env, inner, &guarded(0x0111, 1, pin, pin))?;
        let full = DfSpec { full_control: true, proprietary: &[0x99], ..df(0x0200, b"BETA") };
        let beta = files::create_df(env, root, &full)?;
        files::create_ef(env, beta, &guarded(0x0201, 1, pin, pin))?;
        let closed = DfSpec { life_cycle: LifeCycle::DEACTIVATED, ..df(0x0300, b"SHUT") };
        let shut = files::create_df(env, root, &closed)?;
        files::create_ef(env, shut, &ef(0x0301, 1, bytes(4)))?;
        Ok(())
    }

    fn df_by_name(&self, env: &Env<'_>, prefix: &[u8], nth: u16) -> Result<Option<DfId>, Halt> {
        crate::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        crate::select(env, &self.dialect, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        crate::process(env, &self.dialect, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

/// The small tree with power on, and what it was said to.
#[derive(Clone)]
struct Dialogue {
    rig: Rig<2048>,
    applet: &'static dyn Applet,
}

impl Dialogue {
    fn with(applet: &'static dyn Applet) -> Self {
        Self::installed(applet, &[])
    }

    fn installed(applet: &'static dyn Applet, data: &[u8]) -> Self {
        Self { rig: Rig::with(applet, data).unwrap(), applet }
    }

    /// The response APDU to a command APDU, `None` when power failed in it.
    fn try_send(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let apdu = Apdu::parse(command).unwrap();
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
                self.rig.process(self.applet, &command, &mut reply)
            }
        };
        match outcome {
            Ok(()) => Some([reply.data(), &reply.status().to_bytes()].concat()),
            Err(Halt::Status(status)) => Some(status.to_bytes().to_vec()),
            Err(Halt::Torn(_)) => None,
        }
    }

    /// SELECT as the card's operating system would hand it on.
    fn select(&mut self, apdu: &Apdu<'_>, reply: &mut Reply<'_>) -> Outcome {
        let control = match apdu.p2 & 0x0C {
            0x00 => Control::Fci,
            0x04 => Control::Fcp,
            0x08 => Control::Fmd,
            _ => Control::None,
        };
        let fid = || FileId(u16::from_be_bytes(apdu.data.try_into().unwrap()));
        let target = match apdu.p1 {
            0x00 if fid() == FileId::MF => Target::Df(DfId::ROOT),
            0x00 => Target::FileId(fid()),
            0x01 => Target::ChildDf(fid()),
            0x02 => Target::Ef(fid()),
            0x03 => Target::Parent,
            0x04 => match self.applet.df_by_name(&self.rig.env(), apdu.data, 0)? {
                Some(df) => Target::Df(df),
                None => return Halt::status(StatusWord::NOT_FOUND),
            },
            0x08 => Target::PathFromRoot(apdu.data),
            _ => Target::PathFromCurrent(apdu.data),
        };
        match self.rig.select(self.applet, &Selection { target, control }, reply)? {
            Selected::Here => Ok(()),
            Selected::Above => Halt::status(StatusWord(0x6FAB)),
        }
    }

    fn send(&mut self, command: &str) -> String {
        hex(&self.try_send(&unhex(command)).expect("power stays on"))
    }

    /// Sends each command and compares the answer. The parent of the root answers 6FAB.
    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            assert_eq!(self.send(command), hex(&unhex(expected)), "{command}");
        }
    }

    /// Memory and counters, as they are solid now.
    fn memory(&mut self) -> (Vec<u8>, u32) {
        let mut segment = vec![0; 2048];
        let env = self.rig.env();
        env.load(0, &mut segment).unwrap();
        (segment, env.counter(CounterId(0)).unwrap())
    }
}

/// Answers `dialogue` on a fresh tree of the standard's dialect.
#[track_caller]
fn check(dialogue: &[(&str, &str)]) {
    Dialogue::with(&STANDARD).check(dialogue);
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
