//! An applet that writes what it is told, in one of the ways there are, and a card with it.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use tessera::{Card, NoAtr, PowerLost, Profile, profile::Installation};
use tessera_framework::{
    Aid, Applet, Command, CounterId, Descriptor, Env, Halt, Outcome, Reply, Selected, Selection,
    StatusWord,
};

/// Writes what it is told, in one of the ways there are.
pub(crate) struct Writer;

pub(crate) const STORE: u8 = 0x10;
pub(crate) const STORE_SECRET: u8 = 0x12;
pub(crate) const STORE_NONATOMIC: u8 = 0x14;
pub(crate) const SPAN: u8 = 0x16;
pub(crate) const FILL_BEHIND: u8 = 0x18;
pub(crate) const COUNT: u8 = 0x1A;
pub(crate) const LOAD: u8 = 0x1C;
pub(crate) const STORE_AND_ANSWER: u8 = 0x1E;
pub(crate) const STORE_THEN_CHALLENGE: u8 = 0x20;
pub(crate) const COPY: u8 = 0x22;
pub(crate) const TWO_PAGES: u8 = 0x24;
pub(crate) const COUNT_INSIDE: u8 = 0x26;
pub(crate) const FILL_ALONE: u8 = 0x28;
pub(crate) const NONATOMIC_INSIDE: u8 = 0x2A;
pub(crate) const BYTES_LEFT: u8 = 0x2C;
pub(crate) const FILL: u8 = 0x2E;
pub(crate) const SECRET_THEN_BESIDE: u8 = 0x30;

static DESCRIPTOR: Descriptor = Descriptor {
    aid: Aid::new(b"\xF0WRITER"),
    fid: None,
    counters: &[5, 6],
    ram_on_deselect_bytes: 0,
    ram_on_reset_bytes: 0,
    secure_messaging: false,
    chaining: true,
};

impl Applet for Writer {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn install(&self, _: &mut Env<'_>, _: &[u8]) -> Outcome {
        Ok(())
    }

    fn select(
        &self,
        _: &mut Env<'_>,
        _: &Selection<'_>,
        _: &mut Reply<'_>,
    ) -> Result<Selected, Halt> {
        Ok(Selected::Here)
    }

    fn process(&self, env: &mut Env<'_>, command: &Command<'_>, reply: &mut Reply<'_>) -> Outcome {
        let at = u32::from(command.p1) << 8 | u32::from(command.p2);
        match command.ins.0 {
            STORE => env.store(at, command.data),
            STORE_SECRET => env.store_secret(at, command.data),
            STORE_NONATOMIC => env.store_nonatomic(at, command.data),
            // One byte at the start of the segment and one at `at`.
            SPAN => env.atomically(|env| {
                env.store(0, &[command.data[0]])?;
                env.store(at, &[command.data[0]])
            }),
            // One byte at the start, then as much as is said to fit behind `at`.
            FILL_BEHIND => env.atomically(|env| {
                env.store(0, &[0x55])?;
                let least = env.commit_bytes_left();
                env.store(at, &[0x77; 4096][..least as usize])
            }),
            // Byte by byte.
            FILL => env.atomically(|env| {
                let least = env.commit_bytes_left();
                (0..least).try_for_each(|i| env.store(at + i, &[0x77]))
            }),
            NONATOMIC_INSIDE => env.atomically(|env| {
                env.store(0, b"inside")?;
                let refused = env.store_nonatomic(at, command.data);
                assert_eq!(refused, Halt::status(StatusWord::NO_DIAGNOSIS));
                Ok(())
            }),
            BYTES_LEFT => reply.push(&env.commit_bytes_left().to_be_bytes()),
            SECRET_THEN_BESIDE => {
                env.store_secret(at, command.data)?;
                env.store(at + 8, b"beside")
            }
            FILL_ALONE => {
                let least = env.commit_bytes_left();
                env.store(at, &[0x77; 16_384][..least as usize])
            }
            COUNT => env.set_counter(CounterId(0), at),
            LOAD => {
                let mut bytes = [0; 16];
                env.load(at, &mut bytes)?;
                reply.push(&bytes)
            }
            STORE_AND_ANSWER => {
                env.store(at, b"changed")?;
                reply.push(b"seven..")
            }
            STORE_THEN_CHALLENGE => {
                let stored = env.store(at, command.data);
                if stored.is_err() {
                    env.challenge(&mut [0; 64]);
                }
                stored
            }
            COPY => env.copy_within(0, at, 64),
            TWO_PAGES => env.atomically(|env| {
                env.store(at, command.data)?;
                env.store(at + 256, command.data)
            }),
            COUNT_INSIDE => env.atomically(|env| {
                env.store_secret(at, command.data)?;
                env.set_counter(CounterId(0), at)?;
                env.store(at + 200, command.data)?;
                env.set_counter(CounterId(1), at + 1)
            }),
            _ => Halt::status(StatusWord::INS_NOT_SUPPORTED),
        }
    }
}

/// A card with the applet on a memory part, powered and selected.
pub(crate) fn card(part: &str) -> Card {
    let mut profile = Profile::load("tiny").unwrap();
    part.clone_into(&mut profile.part);
    profile.memory_bytes = 16 << 10;
    let writer = Installation {
        name: "writer".into(),
        applet: &Writer,
        data: Vec::new(),
        segment_bytes: Some(2048),
        parent: 0,
    };
    profile.applets.push(writer);
    let mut card = Card::from_profile(&profile).unwrap();
    power_on(&mut card).unwrap();
    card
}

pub(crate) fn power_on(card: &mut Card) -> Result<(), NoAtr> {
    card.power_on()?;
    let selected = card.transmit(SELECT);
    assert_eq!(selected, Ok(vec![0x90, 0x00]));
    Ok(())
}

pub(crate) fn send(card: &mut Card, ins: u8, at: u16, data: &[u8]) -> Result<Vec<u8>, PowerLost> {
    let [p1, p2] = at.to_be_bytes();
    let lc = match data.len() {
        0 => vec![],
        n if n < 256 => vec![n as u8],
        n => vec![0, (n >> 8) as u8, n as u8],
    };
    card.transmit(&[&[0x80, ins, p1, p2], &lc[..], data].concat())
}

pub(crate) fn home(card: &Card) -> u32 {
    card.applications().last().unwrap().1.base
}

/// How often these bytes lie in memory.
pub(crate) fn copies(card: &Card, what: &[u8]) -> usize {
    card.memory().windows(what.len()).filter(|window| *window == what).count()
}

/// SELECT of it, without an answer.
pub(crate) const SELECT: &[u8] = b"\x00\xA4\x04\x0C\x07\xF0WRITER";
/// The answer to what was done.
pub(crate) const DONE: [u8; 2] = [0x90, 0x00];
/// The answer when cells have failed.
pub(crate) const MEMORY_FAILURE: [u8; 2] = [0x65, 0x81];
