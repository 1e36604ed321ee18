//! Tests of the commands that build a card, on an MF that has nothing under it.

mod authentication;
mod contents;
mod files;
mod life;
mod messaging;
mod objects;
mod reference;
mod rights;
mod tears;

use super::*;
use crate::{Iso, iso::RAM_BYTES, session::EPOCH_BYTES};

/// An MF with the rules of the installation data.
struct Blank;

static BLANK: Blank = Blank;

static BLANK_DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"BLANK"),
    fid: Some(FileId::MF),
    counters: &[0; 6],
    ram_on_deselect_bytes: RAM_BYTES,
    ram_on_reset_bytes: EPOCH_BYTES,
    secure_messaging: true,
    chaining: true,
};

const BLANK_DIALECT: Dialect = Dialect {
    pin: None,
    cyclic_update_adds: false,
    ef_answers_fci: true,
    ef_selection_finds_dfs: false,
    data_object: colour,
    iso: Some(Iso { counters_first: 0, counters_end: 6 }),
};

impl Applet for Blank {
    fn descriptor(&self) -> &'static Descriptor {
        &BLANK_DESCRIPTOR
    }

    fn install(&self, env: &mut Env<'_>, attributes: &[u8]) -> Outcome {
        layout::format(env)?;
        let (create, erase) = (Access::Rules, Access::Rules);
        let mf = DfSpec { create, erase, full_control: true, attributes, ..df(0x3F00, b"BLANK") };
        crate::tree::create_root(env, &mf)
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
        crate::select(env, &BLANK_DIALECT, selection, reply)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        crate::process(env, &BLANK_DIALECT, command, reply)
    }

    fn inherit(&self, env: &mut Env<'_>) {
        session::inherit(env);
    }
}

/// A card whose MF is free to all.
fn free() -> Dialogue {
    Dialogue::installed(&BLANK, &[])
}

/// One whose MF has these rules, with the PIN and the keys of [`KEYS`].
fn ruled(rules: &str) -> Dialogue {
    let mut ruled = Dialogue::installed(&BLANK, &unhex(rules));
    put_keys(&mut ruled);
    ruled
}

/// The PIN 123456, its resetting code 87654321, and four keys, all of the root:
/// external 1 (AES), internal 2 (AES), mutual 3 (triple DES), secure messaging 4 (AES).
const KEYS: [&str; 6] = [
    "00DA0100 0E 830101 950108 900103 8F03123456",
    "00DA0100 0F 830101 950104 900102 8F0487654321",
    "00DA0100 1E 830101 950180 800102 900103 8F10 000102030405060708090A0B0C0D0E0F",
    "00DA0100 1B 830102 950140 800102 8F10 101112131415161718191A1B1C1D1E1F",
    "00DA0100 1E 830103 9501C0 800101 900103 8F10 202122232425262728292A2B2C2D2E2F",
    "00DA0100 1B 830104 950130 800102 8F10 303132333435363738393A3B3C3D3E3F",
];

/// Puts [`KEYS`] in, whatever the rules.
fn put_keys(card: &mut Dialogue) {
    let iso = BLANK_DIALECT.iso.unwrap();
    for key in KEYS {
        let mut env = card.rig.env();
        let session = crate::Session::load(&env).unwrap();
        let object = unhex(key)[5..].to_vec();
        crate::iso::key_object::put(&mut env, iso, session, &object).unwrap();
    }
}

/// A card free to all with [`KEYS`].
fn keyed() -> Dialogue {
    let mut card = free();
    card.check(&KEYS.map(|key| (key, "9000")));
    card
}

/// A CREATE FILE of these objects.
fn create(objects: &str) -> String {
    let objects = unhex(objects);
    let template = [&[0x62, objects.len() as u8][..], &objects].concat();
    format!("00E00000{:02X}{}", template.len(), hex(&template))
}

/// CREATE FILE of a transparent file of 16 bytes in use, with further objects.
fn transparent(fid: &str, objects: &str) -> String {
    create(&format!("820101 8302{fid} 80020010 8A0105 {objects}"))
}

/// CREATE FILE of a DF in use, with further objects.
fn directory(fid: &str, objects: &str) -> String {
    create(&format!("820138 8302{fid} 8A0105 {objects}"))
}

impl Dialogue {
    /// Sends commands that succeed.
    #[track_caller]
    fn done(&mut self, commands: &[&str]) {
        for command in commands {
            assert_eq!(self.send(command), "9000", "{command}");
        }
    }

    /// Sends commands that are refused, and memory is as it was after each.
    #[track_caller]
    fn refused(&mut self, dialogue: &[(&str, &str)]) {
        for (command, expected) in dialogue {
            let before = self.memory();
            assert_eq!(self.send(command), *expected, "{command}");
            assert_eq!(self.memory(), before, "{command}");
        }
    }
}

#[test]
fn other_applets_do_not_take_these_commands() {
    let mut card = Dialogue::with(&STANDARD);
    for ins in [
        0x04, 0x0C, 0x0E, 0x22, 0x24, 0x26, 0x28, 0x2C, 0x44, 0x82, 0x84, 0x88, 0xA0, 0xA2, 0xB1,
        0xD0, 0xD2, 0xD7, 0xDA, 0xE0, 0xE4, 0xE6, 0xE8, 0xFE,
    ] {
        assert_eq!(card.send(&format!("00{ins:02X}0000")), "6D00");
    }
}

#[test]
fn the_basic_commands_work_as_on_any_card() {
    let mut card = free();
    card.done(&[&transparent("1001", "")]);
    card.check(&[
        ("00D6000004 01020304", "9000"),
        ("00B0810102", "0203 9000"),
        ("00CA009900", "626C7565 9000"),
        ("00320000", "6D00"),
        ("80B0000001", "6E00"),
    ]);
}
