//! The cards that live: one with free files on each memory part, a regional personal card, and one
//! with three applications; each with what the model has to know of it.

use std::sync::Arc;

use tessera::{Card, Profile, nvm::Geometry, profile::Installation};
use tessera_social_security::{
    structure::{self as table_words, Content},
    table,
};

use crate::{
    free_files::{self, FreeFiles, PIN, bytes},
    model::{
        Access::{self, Always, Never, Pin as Shown},
        Df, Ef, Memory, Pin, Plan, Record,
        Structure::{self, Cyclic, Fixed, Transparent, Variable},
    },
};

/// A kind of card.
pub(crate) struct Subject {
    /// What reports call it.
    pub(crate) name: String,
    /// Personalised, without power.
    pub(crate) card: Card,
    pub(crate) plan: Plan,
    /// What it holds then.
    pub(crate) start: Memory,
    /// What a terminal sends first when the card has answered to reset.
    pub(crate) arrival: Vec<Vec<u8>>,
    /// What it sends to see all there is.
    pub(crate) look: Vec<Vec<u8>>,
    /// The profile vectors find it by; an image of it can be opened.
    pub(crate) profile: Option<&'static str>,
}

const FREE: &[u8] = b"\xF0FREE\x01";
const HOLDER_PIN: &[u8] = &[0x12, 0x34, 0x56];
const OPEN_CHANNEL_1: &str = "00 70 00 01";

/// All of them.
pub(crate) fn all() -> Vec<Subject> {
    Geometry::parts().map(free).chain([clinic(), three()]).collect()
}

/// SELECT of a DF by its name, on a channel 0 to 3; the MF, which terminals know no name of, by its
/// file identifier.
pub(crate) fn select(channel: u8, df: &Df) -> Vec<u8> {
    let (p1, data) = match df.fid {
        0x3F00 => (0x00, &[0x3F, 0x00][..]),
        _ => (0x04, &df.name[..]),
    };
    [&[channel, 0xA4, p1, 0x0C, data.len() as u8], data].concat()
}

/// VERIFY on a channel 0 to 3.
pub(crate) fn verify(channel: u8, pin: &[u8]) -> Vec<u8> {
    [&[channel, 0x20, 0x00, 0x00, pin.len() as u8], pin].concat()
}

fn free(part: &str) -> Subject {
    let mut card = free_files::card(part);
    card.power_off();
    let mut plan = master(4);
    add_free_files(&mut plan);
    let df = &plan.dfs[1];
    let arrival = vec![select(0, df), bytes(OPEN_CHANNEL_1), select(1, df)];
    Subject::new(format!("free files on {part}"), card, plan, arrival)
}

/// A regional card: its PIN opens the residence file.
fn clinic() -> Subject {
    let card = Card::from_profile(&Profile::load("clinic").unwrap()).unwrap();
    let mut plan = master(20);
    add_environment(&mut plan, &card, &[(0xDF01, 0x06)]);
    let arrival = vec![
        select(0, &plan.dfs[1]),
        verify(0, HOLDER_PIN),
        bytes(OPEN_CHANNEL_1),
        select(0, &plan.dfs[2]),
    ];
    Subject { profile: Some("clinic"), ..Subject::new("clinic".into(), card, plan, arrival) }
}

/// The MF, the environment with a file of each structure to write, and the free files beside it.
fn three() -> Subject {
    let directory = env!("CARGO_MANIFEST_DIR");
    let path = format!("{directory}/vectors/profiles/social-security-writable.toml");
    let mut profile = Profile::load(&path).unwrap();
    profile.applets.push(Installation {
        name: "free files".into(),
        applet: &FreeFiles,
        data: Vec::new(),
        segment_bytes: Some(512),
        parent: 0,
    });
    let card = Card::from_profile(&profile).unwrap();
    let mut plan = master(20);
    let writable = [(0xDF01, 0x06), (0xDF01, 0x16), (0xDF02, 0x07), (0xDF03, 0x19)];
    add_environment(&mut plan, &card, &writable);
    add_free_files(&mut plan);
    let arrival = vec![
        select(0, &plan.dfs[1]),
        verify(0, HOLDER_PIN),
        select(0, &plan.dfs[2]),
        bytes(OPEN_CHANNEL_1),
        select(1, plan.dfs.last().unwrap()),
    ];
    Subject::new("three applications".into(), card, plan, arrival)
}

/// The MF alone.
fn master(channels: usize) -> Plan {
    let name = b"\xF0TESSERA.MF".to_vec();
    let efs = [(0x2F01, 29), (0x2F00, 30)].map(|(fid, sfi)| Ef {
        df: 0,
        fid,
        sfi,
        structure: Transparent,
        read: Always,
        update: Never,
    });
    let dfs = vec![Df { fid: 0x3F00, name, parent: 0, application: 0 }];
    Plan { channels, dfs, efs: efs.to_vec(), pins: Vec::new() }
}

/// The environment and the directories under it, as the ministry's table has them; those files of
/// it that the card has, and `writable` with the PIN.
fn add_environment(plan: &mut Plan, card: &Card, writable: &[(u16, u8)]) {
    let mut card = card.clone();
    card.power_on().unwrap();
    let mut has = |command: Vec<u8>| card.transmit(&command).unwrap() == [0x90, 0x00];
    let environment = plan.dfs.len();
    for directory in table::DFS {
        let own = directory.fid == table::SSSE.fid;
        let parent = if own { 0 } else { environment };
        let name = directory.name.to_vec();
        let df = Df { fid: directory.fid, name, parent, application: environment };
        if !has(select(0, &df)) {
            continue;
        }
        plan.dfs.push(df);
        for file in directory.files {
            let [high, low] = file.fid().to_be_bytes();
            if has(vec![0x00, 0xA4, 0x02, 0x0C, 2, high, low]) {
                let update = match writable.contains(&(directory.fid, file.sfi)) {
                    true => Shown,
                    false => without_keys(file.update),
                };
                let read = without_keys(file.read);
                plan.efs.push(ef(plan.dfs.len() - 1, file.sfi, structure(file), read, update));
            }
        }
    }
    let reference = HOLDER_PIN.to_vec();
    plan.pins.push(Pin { application: environment, reference, most: 6 });
}

/// Nobody here has a key.
fn without_keys(access: tessera_cos::Access) -> Access {
    match access {
        tessera_cos::Access::Always => Always,
        tessera_cos::Access::Pin | tessera_cos::Access::PinOrKey(_) => Shown,
        _ => Never,
    }
}

fn structure(file: &table_words::File) -> Structure {
    match file.content {
        Content::Transparent { .. } => Transparent,
        Content::Cyclic { records, fields } => Cyclic {
            size: fields.iter().map(|field| usize::from(field.bytes)).sum(),
            most: records.into(),
        },
        Content::Items { items, fixed } => {
            let most = items.iter().map(|item| usize::from(item.count)).sum();
            let longest = items.iter().map(|item| usize::from(item.record_bytes())).max();
            match (fixed, longest.unwrap()) {
                (true, size) => Fixed { size, most, tlv: true },
                (false, longest) => Variable { longest, most },
            }
        }
    }
}

/// As the table of `free_files` has them.
fn add_free_files(plan: &mut Plan) {
    let df = plan.dfs.len();
    plan.dfs.push(Df { fid: 0xDF0F, name: FREE.to_vec(), parent: 0, application: df });
    plan.efs.extend([
        ef(df, 0x01, Transparent, Always, Always),
        ef(df, 0x02, Fixed { size: 7, most: 3, tlv: false }, Always, Always),
        ef(df, 0x03, Variable { longest: 12, most: 3 }, Always, Always),
        ef(df, 0x04, Cyclic { size: 9, most: 3 }, Always, Always),
    ]);
    plan.pins.push(Pin { application: df, reference: PIN.to_vec(), most: 3 });
}

fn ef(df: usize, sfi: u8, structure: Structure, read: Access, update: Access) -> Ef {
    Ef { df, fid: 0xEF00 | u16::from(sfi), sfi, structure, read, update }
}

impl Subject {
    fn new(name: String, card: Card, plan: Plan, arrival: Vec<Vec<u8>>) -> Self {
        let start = first_contents(card.clone(), &plan);
        let look = look(&plan, &start);
        Self { name, card, plan, start, arrival, look, profile: None }
    }
}

/// What a terminal reads of a card that nobody has changed.
fn first_contents(mut card: Card, plan: &Plan) -> Memory {
    card.power_on().unwrap();
    let mut ask = |command: Vec<u8>| {
        let mut answer = card.transmit(&command).unwrap();
        let status = answer.split_off(answer.len() - 2);
        (matches!(status[0], 0x90 | 0x62).then_some(answer), command)
    };
    let files = plan.efs.iter().map(|ef| {
        ask(select(0, &plan.dfs[ef.df])).0.expect("the DF is there");
        if let Some(pin) = pin_of(plan, ef.df) {
            ask(verify(0, &pin.reference)).0.expect("the PIN is right");
        }
        let mut records: Vec<Record> = Vec::new();
        for command in reads(ef) {
            let Some(bytes) = ask(command).0 else { continue };
            match (ef.structure, records.first_mut()) {
                (Transparent, Some(whole)) => whole.bytes.extend(bytes),
                _ => records.push(Record::full(bytes)),
            }
        }
        // The free files' variable records were made with room to grow.
        if let (Variable { longest: longest @ 12, .. }, true) = (ef.structure, ef.sfi == 0x03) {
            records.iter_mut().for_each(|record| record.room = longest);
        }
        Arc::new(records)
    });
    Memory { files: files.collect(), tries: plan.pins.iter().map(|pin| pin.most).collect() }
}

fn pin_of(plan: &Plan, df: usize) -> Option<&Pin> {
    plan.pins.iter().find(|pin| pin.application == plan.dfs[df].application)
}

/// READ of each record by its number, or of the bytes of a transparent file in two pieces.
fn reads(ef: &Ef) -> Vec<Vec<u8>> {
    let most = match ef.structure {
        Transparent => {
            let short = 0x80 | ef.sfi;
            return vec![vec![0x00, 0xB0, short, 0, 200], vec![0x00, 0xB0, short, 200, 0]];
        }
        Fixed { most, .. } | Variable { most, .. } | Cyclic { most, .. } => most,
    };
    (1..=most).map(|number| vec![0x00, 0xB2, number as u8, ef.sfi << 3 | 4, 0]).collect()
}

/// All that can be written, and the tries; with the PIN where it takes one.
fn look(plan: &Plan, start: &Memory) -> Vec<Vec<u8>> {
    let mut commands = Vec::new();
    for (application, df) in plan.dfs.iter().enumerate() {
        if df.application != application || application == 0 {
            continue;
        }
        commands.extend([select(0, df), bytes("00 20 FF 00"), bytes("00 20 00 00")]);
        let files = plan.efs.iter().zip(&start.files);
        let files = files
            .filter(|(ef, _)| plan.dfs[ef.df].application == application && ef.update != Never);
        let pin = pin_of(plan, application);
        if let Some(pin) = pin.filter(|_| files.clone().any(|(ef, _)| ef.read == Shown)) {
            commands.push(verify(0, &pin.reference));
        }
        let mut current = application;
        for (ef, records) in files {
            if std::mem::replace(&mut current, ef.df) != ef.df {
                commands.push(select(0, &plan.dfs[ef.df]));
            }
            let together: usize = records.iter().map(|record| record.room).sum();
            if ef.structure == Transparent || together > 200 {
                commands.extend(reads(ef));
            } else {
                commands.push(vec![0x00, 0xB2, 1, ef.sfi << 3 | 5, 0]);
            }
        }
    }
    commands
}
