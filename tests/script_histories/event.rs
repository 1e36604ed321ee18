//! What happens to a card, as data that proptest makes and shrinks.

use proptest::{collection::vec, prelude::*, sample::select};

/// Directories under the MF, and one that may lie under each of them.
const DIRECTORIES: [u16; 3] = [0x3F10, 0x3F11, 0x3F20];
const RIGHTS: [u8; 6] = [0xF0, 0xF0, 0xF1, 0xF2, 0x01, 0xEF];

/// Keys, and what they make of the challenge that the card is told to draw.
pub(crate) const CHALLENGE: &str = "0102030405060708";
pub(crate) const KEYS: [(&str, &str); 2] = [
    ("A1B2C3D4E5F60718", "3141F1BF20BF230E"),
    ("0F1E2D3C4B5A69788796A5B4C3D2E1F0", "4F70239875ABFBB5"),
];
const PINS: [&str; 2] = ["1234", "5678"];

/// Something that happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// A command.
    Command(Vec<u8>),
    /// GET CHALLENGE and EXTERNAL AUTHENTICATE with one of the keys.
    Authenticate { id: u8, key: usize },
    /// Power off and on.
    Reset,
}

/// The pulse in which power fails, and those of the recoveries.
pub(crate) type Tear = Option<(u32, Vec<u32>)>;

pub(crate) fn histories() -> impl Strategy<Value = Vec<(Event, Tear)>> {
    let tear = prop_oneof![
        3 => Just(None),
        1 => (1..30_u32, vec(1..8_u32, 0..3)).prop_map(Some),
    ];
    let tear = tear.boxed();
    let script = select(vec![0, SCRIPT.len()]).prop_flat_map({
        let tear = tear.clone();
        move |length| vec(tear.clone(), length)
    });
    (script, vec((events(), tear), 1..60)).prop_map(|(tears, events)| {
        let script = SCRIPT.iter().map(|command| Event::Command(bytes(command)));
        script.zip(tears).chain(events).collect()
    })
}

/// A directory with keys and files, so that what comes then finds something.
const SCRIPT: [&str; 9] = [
    "80E03F100D380384F0F095FFFFF03F100001",
    "00A40000023F10",
    "80E00000073F008295F0FFFF",
    "80D401000D39F0F00133A1B2C3D4E5F60718",
    "80D401011539F0F102530F1E2D3C4B5A69788796A5B4C3D2E1F0",
    "80D40100073AF0F001331234",
    "80E0000507280014F0F0FFFF",
    "80E0000607280008F1F1FFFF",
    "80E0000707280046F0F2FFFF",
];

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => commands().prop_map(Event::Command),
        2 => (0..3_u8, 0..KEYS.len()).prop_map(|(id, key)| Event::Authenticate { id, key }),
        1 => Just(Event::Reset),
    ]
}

fn right() -> impl Strategy<Value = u8> {
    select(RIGHTS.to_vec())
}

fn with_lc(header: [u8; 4], data: &[u8]) -> Vec<u8> {
    [&header[..], &[data.len() as u8], data].concat()
}

fn commands() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => selects(),
        2 => directories(),
        4 => files(),
        3 => keys(),
        3 => (0..3_u8, select(PINS.to_vec()))
            .prop_map(|(id, pin)| with_lc([0x00, 0x20, 0x00, id], &bytes(pin))),
        2 => (5..8_u8).prop_map(|sfi| vec![0x00, 0xB0, 0x80 | sfi, 0x00, 0x00]),
        4 => (5..8_u8, 0..24_u8, vec(any::<u8>(), 1..12))
            .prop_map(|(sfi, offset, data)| with_lc([0x00, 0xD6, 0x80 | sfi, offset], &data)),
        1 => Just(vec![0x80, 0x0E, 0x00, 0x00, 0x00]),
    ]
}

fn selects() -> impl Strategy<Value = Vec<u8>> {
    let fids = [&[0x3F00, 0x0005][..], &DIRECTORIES, &DIRECTORIES].concat();
    select(fids).prop_map(|fid| with_lc([0x00, 0xA4, 0x00, 0x00], &fid.to_be_bytes()))
}

/// CREATE FILE of a DF; its name says where it was made, so that no two are alike.
fn directories() -> impl Strategy<Value = Vec<u8>> {
    let space = select(vec![18_u16, 60, 150, 400, 900, 9000]);
    (select(DIRECTORIES.to_vec()), space, right(), right(), any::<u16>()).prop_map(
        |(fid, space, create, erase, name)| {
            let ([high, low], [first, second]) = (fid.to_be_bytes(), space.to_be_bytes());
            let mut data = vec![0x38, first, second, create, erase, 0x95, 0xFF, 0xFF, 0xF0];
            data.extend([high, low]);
            data.extend(name.to_be_bytes());
            with_lc([0x80, 0xE0, high, low], &data)
        },
    )
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let binary = (5..8_u16, select(vec![1_u8, 8, 20, 70, 200]), right(), right()).prop_map(
        |(fid, size, read, write)| {
            let [high, low] = fid.to_be_bytes();
            with_lc([0x80, 0xE0, high, low], &[0x28, 0, size, read, write, 0xFF, 0xFF])
        },
    );
    let key_file = (select(vec![10_u8, 40, 130]), right()).prop_map(|(size, add)| {
        with_lc([0x80, 0xE0, 0x00, 0x00], &[0x3F, 0, size, 0x95, add, 0xFF, 0xFF])
    });
    prop_oneof![2 => binary, 1 => key_file]
}

/// WRITE KEY, to add or to replace.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        select(KEYS.to_vec()).prop_map(|(key, _)| (0x39, key)),
        select(PINS.to_vec()).prop_map(|pin| (0x3A, pin)),
    ];
    let tries = select(vec![0x33_u8, 0x31, 0xFF, 0x30]);
    (value, 0..3_u8, right(), right(), 0..3_u8, tries, any::<bool>()).prop_map(
        |((usage, value), id, usable, change, follow_up, tries, replaces)| {
            let mut record = vec![usage, usable, change, follow_up, tries];
            record.extend(bytes(value));
            with_lc([0x80, 0xD4, if replaces { usage } else { 1 }, id], &record)
        },
    )
}

pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}
