//! A small applet with one free file of each structure and a PIN, for tests that need to change
//! memory.
//!
//! | file | short identifier | structure |
//! |---|---|---|
//! | EF01 | 1 | transparent, 96 bytes |
//! | EF02 | 2 | linear fixed, 3 records of 7 bytes; 2 written |
//! | EF03 | 3 | linear variable, 3 TLV records of up to 12 bytes; 2 written |
//! | EF04 | 4 | cyclic, 3 records of 9 bytes; 2 written |
//!
//! The PIN is 1234 in four characters and has three tries.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{Card, Profile, profile::Installation};
use tessera_cos::{
    Access, DfSpec, Dialect, EfSpec, Structure,
    layout::{self, LifeCycle, PIN_AT},
    no_data_object, record, session, tree,
};
use tessera_framework::{
    Aid, Applet, Command, CounterId, Descriptor, DfId, Env, FileId, Outcome, Reply, Selected,
    Selection, Sfi, pin::Pin,
};

/// The application.
pub(crate) struct FreeFiles;

/// SELECT of it, without an answer.
pub(crate) const SELECT: &str = "00A4040C06F046524545 01";
/// The PIN.
pub(crate) const PIN: &[u8; 4] = b"1234";
/// Every way in which a command changes the free files, and ways that are refused.
#[rustfmt::skip]
pub(crate) const COMMANDS: [(&str, &str); 18] = [
    ("update binary, 4 bytes",             "00 D6 81 02 04 DEADBEEF"),
    ("update binary, 40 bytes",            "00 D6 81 03 28 0102030405060708090A0B0C0D0E0F1011121314
                                            15161718191A1B1C1D1E1F202122232425262728"),
    ("update binary, nothing new",         "00 D6 81 02 01 DE"),
    ("update binary beyond the end",       "00 D6 81 5E 04 DEADBEEF"),
    ("update record, fixed",               "00 DC 02 14 07 11223344556677"),
    ("update record, wrong length",        "00 DC 02 14 06 112233445566"),
    ("append record, fixed",               "00 E2 00 10 07 77665544332211"),
    ("append record, file full",           "00 E2 00 10 07 77665544332211"),
    ("update record, variable, longer",    "00 DC 01 1C 06 A104 0A0B0C0D"),
    ("update record, variable, shorter",   "00 DC 01 1C 04 A102 0A0B"),
    ("append record, variable",            "00 E2 00 18 08 A906 010203040506"),
    ("update record, cyclic, adds",        "00 DC 01 24 09 C1C1C1C1C1C1C1C1C1"),
    ("update record, previous, adds",      "00 DC 00 23 09 C2C2C2C2C2C2C2C2C2"),
    ("append record, cyclic, goes round",  "00 E2 00 20 09 C3C3C3C3C3C3C3C3C3"),
    ("verify, wrong",                      "00 20 00 00 04 30303030"),
    ("verify, right after wrong",          "00 20 00 00 04 31323334"),
    ("verify, right",                      "00 20 00 00 04 31323334"),
    ("verify, wrong length",               "00 20 00 00 03 313233"),
];

const NAME: &[u8] = b"\xF0FREE\x01";
const REFERENCE: Pin = Pin { at: PIN_AT, tries: CounterId(0), tries_max: 3 };

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(NAME),
    fid: Some(FileId(0xDF0F)),
    counters: &[3, 77],
    ram_on_deselect_bytes: session::SESSION_BYTES,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: true,
};

static DIALECT: Dialect = Dialect {
    pin: Some((REFERENCE, &[0x00])),
    cyclic_update_adds: true,
    ef_answers_fci: true,
    ef_selection_finds_dfs: false,
    data_object: no_data_object,
    iso: None,
};

const FILES: [Structure; 4] = [
    Structure::Transparent { bytes: 96 },
    Structure::LinearFixed { record_bytes: 7, records: 3, tlv: false },
    Structure::LinearVariable { bytes: 36, record_bytes_max: 12, records: 3, tlv: true },
    Structure::Cyclic { record_bytes: 9, records: 3 },
];

impl Applet for FreeFiles {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, _: &[u8]) -> Outcome {
        layout::format(env)?;
        REFERENCE.set_reference(env, PIN)?;
        let root = DfSpec {
            fid: FileId(0xDF0F),
            name: NAME,
            proprietary: &[],
            full_control: true,
            life_cycle: LifeCycle::ACTIVATED,
            ..DfSpec::PLAIN
        };
        tree::create_root(env, &root)?;
        for (n, structure) in (1u8..).zip(FILES) {
            let spec = EfSpec {
                fid: FileId(0xEF00 | u16::from(n)),
                sfi: Sfi::new(n),
                structure,
                read: Access::Always,
                update: Access::Always,
                life_cycle: LifeCycle::ACTIVATED,
                ..EfSpec::PLAIN
            };
            let file = tree::create_ef(env, DfId::ROOT, &spec)?;
            for byte in [0xA1, 0xA2] {
                match n {
                    2 => record::add(env, &file, 7, &[byte; 7]).map(drop)?,
                    3 => record::add(env, &file, 12, &[byte, 3, 1, 2, 3]).map(drop)?,
                    4 => record::add(env, &file, 9, &[byte; 9]).map(drop)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn df_by_name(
        &self,
        env: &Env<'_>,
        prefix: &[u8],
        nth: u16,
    ) -> Result<Option<DfId>, tessera_framework::Halt> {
        tessera_cos::df_by_name(env, prefix, nth)
    }

    fn select(
        &self,
        env: &mut Env<'_>,
        selection: &Selection<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<Selected, tessera_framework::Halt> {
        tessera_cos::select(env, &DIALECT, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        tessera_cos::process(env, &DIALECT, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

/// A profile with the MF and `applets` behind it, on a memory part.
pub(crate) fn profile(part: &str, applets: &[&'static dyn Applet]) -> Profile {
    let mut profile = Profile::load("tiny").unwrap();
    profile.part = part.into();
    profile.limits.channels = 4;
    profile.limits.commit_bytes = 300;
    profile.applets.truncate(1);
    for &applet in applets {
        profile.applets.push(Installation {
            name: String::from_utf8_lossy(&applet.descriptor().aid.as_bytes()[1..5]).into_owned(),
            applet,
            data: Vec::new(),
            segment_bytes: Some(512),
            parent: 0,
        });
    }
    profile
}

/// A card with this applet on a memory part, powered and with the applet selected.
pub(crate) fn card(part: &str) -> Card {
    let mut card = Card::from_profile(&profile(part, &[&FreeFiles])).unwrap();
    card.power_on().unwrap();
    assert_eq!(card.transmit(&bytes(SELECT)).unwrap(), [0x90, 0x00]);
    card
}

/// Bytes from hexadecimal digits with spaces.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}
