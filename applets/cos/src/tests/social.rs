//! Tests of the commands of social-security cards: a small card, and a terminal that knows its
//! keys.

mod authenticate;
mod key_block;
mod lock;
mod pin;
mod service;
mod update;

use super::*;
use crate::{
    Flags, Header,
    cipher::{Algorithm, Key},
    find::find_child,
    messaging::{Line, Protection, social_security::Session as Keyed},
    social::{self, CardKeySpec, Family, Place, Role, service as environment, usage},
};

/// The environment: a root with keys, two directories with theirs.
pub(super) struct Area;

pub(super) static FAMILY: Family = Family {
    dialect: Dialect {
        pin: Some((Pin { at: layout::PIN_AT, tries: CounterId(0), tries_max: 3 }, &[0x00])),
        ..Family::DIALECT
    },
    place: Place::Environment,
    proprietary: None,
};

/// Keys: directory, usage, identifier, version, role.
const KEYS: [(u8, u8, u8, u8, Role); 14] = [
    (0, usage::INTERNAL, 0x00, 1, Role::Plain),
    (0, usage::MAINTENANCE, 0x02, 1, Role::Plain),
    (0, usage::EXTERNAL, 0x04, 1, Role::Plain),
    (0, usage::EXTERNAL, 0x04, 2, Role::Plain),
    (0, usage::EXTERNAL, 0x05, 1, Role::CardLock),
    (0, usage::EXTERNAL, 0x06, 1, Role::PinUnlock),
    (1, usage::MAINTENANCE, 0x82, 1, Role::Plain),
    (1, usage::EXTERNAL, 0x83, 1, Role::Lock),
    (1, usage::EXTERNAL, 0x84, 1, Role::Plain),
    (1, usage::EXTERNAL, 0x85, 1, Role::Plain),
    (1, usage::PURCHASE, 0x01, 1, Role::Plain),
    (1, usage::PURCHASE, 0x01, 2, Role::Plain),
    (2, usage::MAINTENANCE, 0x82, 1, Role::Plain),
    (2, usage::EXTERNAL, 0x83, 1, Role::Plain),
];

/// The bytes of a key, each different.
pub(super) fn key_bytes(df: u8, usage: u8, id: u8, version: u8) -> [u8; 16] {
    core::array::from_fn(|n| [df, usage, id, version][n % 4].wrapping_mul(37).wrapping_add(n as u8))
}

/// Which cipher, and whether there is a PIN.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Des,
    Sm4,
    WithoutPin,
}

impl Made {
    fn algorithm(self) -> Algorithm {
        if self == Self::Sm4 { Algorithm::Sm4 } else { Algorithm::TripleDes }
    }
}

fn add_keys(env: &mut Env<'_>, at: DfId, df: u8, algorithm: Algorithm) -> Outcome {
    let keys = KEYS.map(|(df, usage, id, version, _)| key_bytes(df, usage, id, version));
    let specs = KEYS.iter().zip(&keys).filter(|((of, ..), _)| *of == df);
    let specs = specs.map(|(&(_, usage, id, version, role), bytes)| CardKeySpec {
        usage,
        id,
        version,
        role,
        algorithm,
        bytes,
    });
    social::keys::create(env, at, specs)
}

impl Applet for Area {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// | file | SFI | what |
    /// |---|---|---|
    /// | 0001 | 1 | of the root: transparent, read free, update key 04 |
    /// | 0100 AREA1/0005 | 5 | variable TLV A1 (4), A2 (2): PIN or key 84, key 85 |
    /// | 0006 | 6 | ring of 3 times 2, free, key 85 |
    /// | 0007 | 7 | transparent, 8 bytes, free, key 85 and a MAC |
    /// | 0008 | 8 | transparent, 2 bytes, PIN and key 84 |
    /// | 0200 AREA2/0005 | 5 | transparent, PIN, key 83 |
    fn install(&self, env: &mut Env<'_>, data: &[u8]) -> Outcome {
        let algorithm = if data[0] == 4 { Algorithm::Sm4 } else { Algorithm::TripleDes };
        layout::format(env)?;
        if data[1] == 1 {
            PIN.set_reference(env, &REFERENCE)?;
        }
        files::create_root(env, &df(0x7F00, b"ROOT"))?;
        add_keys(env, DfId::ROOT, 0, algorithm)?;
        environment::name_children(env, &[5, b'B', b'E', b'L', b'O', b'W'])?;
        let with = |fid: u16, structure, read, update| EfSpec {
            read,
            update,
            ..ef(fid, fid as u8, structure)
        };
        let free = Access::Always;
        files::create_ef(env, DfId::ROOT, &with(1, bytes(4), free, Access::Key(0x04)))?;
        let area = files::create_df(env, DfId::ROOT, &df(0x0100, b"AREA1"))?;
        add_keys(env, area, 1, algorithm)?;
        let variable =
            Structure::LinearVariable { bytes: 10, record_bytes_max: 6, records: 2, tlv: true };
        let either = Access::PinOrKey(0x84);
        let file = files::create_ef(env, area, &with(5, variable, either, Access::Key(0x85)))?;
        records::add(env, &file, 6, &[0xA1, 4, 1, 2, 3, 4])?;
        records::add(env, &file, 4, &[0xA2, 2, 5, 6])?;
        let ring = Structure::Cyclic { record_bytes: 2, records: 3 };
        files::create_ef(env, area, &with(6, ring, free, Access::Key(0x85)))?;
        let spec = with(7, bytes(8), free, Access::Key(0x85));
        files::create_ef(env, area, &EfSpec { flags: Flags::MAC, ..spec })?;
        files::create_ef(env, area, &with(8, bytes(2), Access::PinAndKey(0x84), Access::Never))?;
        let area = files::create_df(env, DfId::ROOT, &df(0x0200, b"AREA2"))?;
        add_keys(env, area, 2, algorithm)?;
        files::create_ef(env, area, &with(5, bytes(2), Access::Pin, Access::Key(0x83))).map(drop)
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
        social::select(env, &FAMILY, selection, reply)
    }

    fn passed_over(&self, env: &mut Env<'_>) {
        social::passed_over(env);
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        social::process(env, &FAMILY, command, reply)
    }
}

/// Selects the root and the directories.
const ROOT: (&str, &str) = ("00A4040C04 524F4F54", "9000");
const AREA1: (&str, &str) = ("00A4040C05 4152454131", "9000");
const AREA2: (&str, &str) = ("00A4040C05 4152454132", "9000");

const FACTOR: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The card, and who knows its keys.
#[derive(Clone)]
pub(super) struct Terminal {
    card: Dialogue,
    algorithm: Algorithm,
}

impl Terminal {
    fn with(made: Made) -> Self {
        let algorithm = made.algorithm();
        let data = [social::keys::algorithm_byte(algorithm), u8::from(made != Made::WithoutPin)];
        Self { card: Dialogue::installed(&Area, &data), algorithm }
    }

    #[track_caller]
    fn check(&mut self, dialogue: &[(&str, &str)]) {
        self.card.check(dialogue);
    }

    /// The session a key and a fresh challenge make.
    fn session(&mut self, (df, usage, id, version): (u8, u8, u8, u8)) -> Keyed {
        let key = Key::new(self.algorithm, &key_bytes(df, usage, id, version)).unwrap();
        let challenge = self.card.send(if self.algorithm == Algorithm::Sm4 {
            "0084000010"
        } else {
            "0084000008"
        });
        let challenge = unhex(challenge.strip_suffix("9000").unwrap());
        Keyed::new(&key, &challenge).unwrap()
    }

    /// EXTERNAL AUTHENTICATE with the first version of a key of directory `df`; right, or with one
    /// bit wrong.
    fn show_as(&mut self, df: u8, id: u8, right: bool) -> String {
        let session = self.session((df, usage::EXTERNAL, id, 1));
        let mut authenticator = session.authenticator(&FACTOR);
        authenticator[7] ^= u8::from(!right);
        self.card.send(&format!("008200{id:02X}10{}{}", hex(&authenticator), hex(&FACTOR)))
    }

    #[track_caller]
    fn show(&mut self, df: u8, id: u8) {
        assert_eq!(self.show_as(df, id, true), "9000", "key {id:02X}");
    }

    /// A command with a MAC of the maintenance key of directory `df`, 0 the root.
    fn maintain(&mut self, df: u8, header: &str, data: &str) -> Vec<u8> {
        self.protect(df, header, &unhex(data), Protection::Checksum)
    }

    fn protect(&mut self, df: u8, header: &str, data: &[u8], with: Protection) -> Vec<u8> {
        let id = if df == 0 { 0x02 } else { 0x82 };
        let session = self.session((df, usage::MAINTENANCE, id, 1));
        let header: [u8; 4] = unhex(header).try_into().unwrap();
        let line: Line<'_> = session.line();
        line.wrap(with, &[], header, data, None).unwrap().as_slice().to_vec()
    }

    /// Sends it, right or with one bit of the MAC wrong.
    fn send(&mut self, mut command: Vec<u8>, right: bool) -> String {
        if let Some(last) = command.last_mut() {
            *last ^= u8::from(!right);
        }
        self.card.send(&hex(&command))
    }

    /// Selects, shows the lock key (of directory 1) and sends a maintenance command without data.
    fn locked(&mut self, header: &str, right: bool) -> String {
        self.check(&[AREA1]);
        self.show(1, 0x83);
        let command = self.maintain(1, header, "");
        self.send(command, right)
    }

    /// Everything that lasts.
    fn memory(&mut self) -> (Vec<u8>, u32) {
        self.card.memory()
    }
}
