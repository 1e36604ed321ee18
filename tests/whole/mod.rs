//! A card with every application of the social-security family and the purse beside it, and what a
//! test wants to know of each: its segment, its counters.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;

use tessera::{Card, Profile, profile::Installation};
use tessera_cos::layout::{PIN_AT, ROOT_AT};

/// The holder's card and the employer's in one, the account not opened.
const TEXT: &str = r#"
name = "whole"
like = ["medical", "purse", "library", "employer"]

[card]
interface = "contactless"
historical = "00815653438601330400000298"
memory-bytes = 65536
seed = 1

[limits]
commit-bytes = 2048
"#;

/// The account is open.
const OPENED: &str = r#"
[medical-account.opened]
balance = 100000
year = "2025"
time = "20250105090000"
terminal = "330400000001"
"#;

/// What messages call the applications.
pub(crate) const ENVIRONMENT: &str = "social-security";
pub(crate) const ACCOUNT: &str = "medical-account";
pub(crate) const PURSE: &str = "purse";
pub(crate) const LIBRARY: &str = "library";
pub(crate) const EMPLOYER: &str = "employer";
pub(crate) const ALL: [&str; 5] = [ENVIRONMENT, ACCOUNT, PURSE, LIBRARY, EMPLOYER];

/// SELECT of each by its name, with control information.
pub(crate) const SELECT: [(&str, &str); 5] = [
    (ENVIRONMENT, "00A404000F7378312E73682EC9E7BBE1B1A3D5CF"),
    (ACCOUNT, "00A4040008F05353432E4D4C31"),
    (PURSE, "00A4040009A00000000386980701"),
    (LIBRARY, "00A4040008F05353432E4C4231"),
    (EMPLOYER, "00A4040008F05353432E454331"),
];

/// What the names of the environment's directories begin with.
const DIRECTORIES: &[u8] = b"\xD1\x56\x00\x00\x05";

/// The profile, to be given more applications.
pub(crate) fn profile() -> Profile {
    Profile::parse("whole.toml", TEXT).unwrap()
}

/// The same with the account opened.
pub(crate) fn opened() -> Profile {
    Profile::parse("whole.toml", &format!("{TEXT}{OPENED}")).unwrap()
}

/// The place of the environment among the installations.
pub(crate) fn place_of_environment(profile: &Profile) -> u8 {
    let place = profile.applets.iter().position(|with| with.name == ENVIRONMENT);
    place.unwrap() as u8
}

/// Which application is current on each channel, as far as the SELECT commands say: by name, by the
/// identifiers of applications and of the environment's directories, and up.
#[derive(Clone, Default)]
pub(crate) struct Current(BTreeMap<u8, &'static str>);

impl Current {
    /// The application that answers a command.
    pub(crate) fn of(&self, command: &[u8]) -> Option<&'static str> {
        self.0.get(&channel(command)).copied()
    }

    /// Notes what a command selects; none is a reset.
    pub(crate) fn note(&mut self, command: &[u8]) {
        if command.is_empty() {
            self.0.clear();
        }
        let [_, 0xA4, p1, _, _, data @ ..] = command else { return };
        let by_name = |(_, select): &&(&str, &str)| {
            let name = hex::decode(&select[10..]).unwrap();
            data.starts_with(&name) || data.len() >= 5 && name.starts_with(data)
        };
        let selected = match p1 {
            0x04 if data.starts_with(DIRECTORIES) => Some(ENVIRONMENT),
            0x04 => SELECT.iter().find(by_name).map(|(application, _)| *application),
            0x03 => Some(ENVIRONMENT),
            _ => data.chunks(2).filter_map(by_identifier).next_back(),
        };
        if let Some(application) = selected {
            self.0.insert(channel(command), application);
        }
    }
}

fn by_identifier(fid: &[u8]) -> Option<&'static str> {
    match fid {
        [0xDF, 0x0A] => Some(ACCOUNT),
        [0xDF, 0x0B] => Some(EMPLOYER),
        [0xDF, 0x0C] => Some(LIBRARY),
        [0xDD, 0xF1] | [0xDF, 0x01..=0x07] => Some(ENVIRONMENT),
        [0x3F, 0x01] => Some(PURSE),
        [0x3F, 0x00] => Some("master"),
        _ => None,
    }
}

fn channel(command: &[u8]) -> u8 {
    match command.first() {
        Some(class @ 0x00..=0x3F) => class & 3,
        Some(class @ 0x40..=0x7F) => 4 + (class & 0x0F),
        _ => 0,
    }
}

/// SELECT of an application.
pub(crate) fn select(application: &str) -> &'static str {
    SELECT.iter().find(|(name, _)| *name == application).unwrap().1
}

/// An application's memory: its segment, and the values of its counters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    segment: Vec<u8>,
    counters: Vec<u32>,
}

impl Kept {
    /// Without what the PIN changes: its reference data, and how often it may still be wrong.
    pub(crate) fn but_for_the_pin(mut self) -> Self {
        self.segment[PIN_AT as usize..ROOT_AT as usize].fill(0);
        self.counters.clear();
        self
    }
}

/// What each application keeps, by its name.
pub(crate) fn kept(card: &Card) -> BTreeMap<String, Kept> {
    let counters = card.counters();
    let mut first = 0;
    let each = card.applications().map(|(with, segment)| {
        let count = counters_of(with);
        let own = counters[first..first + count].to_vec();
        first += count;
        (with.name.clone(), Kept { segment: card.segment(segment), counters: own })
    });
    each.collect()
}

fn counters_of(with: &Installation) -> usize {
    with.applet.descriptor().counters.len()
}

/// Sends a command.
pub(crate) fn send(card: &mut Card, command: &str) -> String {
    let digits: String = command.split_whitespace().collect();
    hex::encode_upper(card.transmit(&hex::decode(digits).unwrap()).unwrap())
}

/// Commands and what has to come back; `..` at the end of an answer stands for data before 9000.
#[track_caller]
pub(crate) fn check(card: &mut Card, dialogue: &[(&str, &str)]) {
    for (command, expected) in dialogue {
        let answer = send(card, command);
        match *expected {
            "..9000" => assert!(answer.ends_with("9000"), "{command}: {answer}"),
            expected => assert_eq!(answer, expected.replace(' ', ""), "{command}"),
        }
    }
}
