//! What happens to a card, as data: a strategy makes it, proptest shrinks it, a line of text
//! holds it.
//!
//! | line | what |
//! |---|---|
//! | `> 00D681000155` | a command, in hexadecimal digits |
//! | `> 00D681000155 ! 7 3 4` | the same, power failing in pulse 7; then, if it did, in pulses 3 and 4 of the recoveries |
//! | `+ reset 3 4`, `+ power 3 4` | a reset, or power off and on, with such tears |
//! | `?` | everything is read |
//!
//! After a power-up may stand `arrive`: the terminal sends what it sends first; and after `+ reset`
//! or `+ power` also `twin`: a second card is made without power and has to come out the same.
//! Shrinking takes events away and makes numbers small, so plain lists of events serve better here
//! than a machine with preconditions: what an event meets is the model's to know, and every event
//! means something in every state.

use std::{fmt, str::FromStr};

use proptest::{collection::vec, prelude::*, strategy::Union};

use crate::{
    model::{Access, Ef, Record, Structure},
    subject::{Subject, select, verify},
};

/// A history: how indeterminate words read, and what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct History {
    /// Seed of the choices; 0 is a new card's.
    pub(crate) readings: u64,
    pub(crate) events: Vec<Event>,
}

/// Something that happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// A terminal sends a command.
    Command { command: Vec<u8>, tear: Option<Tear> },
    /// The card is reset, or loses power first.
    Power { off: bool, up: PowerUp, twin: bool },
    /// The terminal reads all there is.
    Look,
}

/// Power that fails in a pulse of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tear {
    pub(crate) pulse: u32,
    pub(crate) up: PowerUp,
}

/// Power-up, in as many attempts as it takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PowerUp {
    /// The pulse of each attempt in which power fails again.
    pub(crate) tears: Vec<u32>,
    pub(crate) arrive: bool,
}

/// Histories of a kind of card.
pub(crate) fn histories(subject: &Subject) -> BoxedStrategy<History> {
    let scenes = Union::new_weighted(vec![
        (24, visits(subject)),
        (3, readings(subject)),
        (3, presentations(subject)),
        (2, selections(subject)),
        (1, channel_management()),
        (1, others()),
        (3, power()),
        (2, Just(vec![Event::Look]).boxed()),
    ]);
    // Several lists, each of which can shrink to nothing: their number is fixed, so a history is
    // seldom short.
    let acts = vec(vec(scenes, 0..=8), 10);
    (any::<u64>(), acts)
        .prop_map(|(readings, acts)| History {
            readings,
            events: acts.into_iter().flatten().flatten().collect(),
        })
        .boxed()
}

/// A channel that is mostly open.
fn channels() -> impl Strategy<Value = u8> + Clone {
    proptest::sample::select(vec![0u8, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2])
}

/// A file is written, more than once: wherever the terminal is, after its DF was selected, or after
/// the PIN was shown too.
fn visits(subject: &Subject) -> BoxedStrategy<Vec<Event>> {
    let plan = &subject.plan;
    let several = plan.dfs.len() > 2;
    let files = plan.efs.iter().enumerate().map(|(place, ef)| {
        let weight = if ef.update == Access::Never { 1 } else { 60 };
        let df = &plan.dfs[ef.df];
        let enter = vec![select(0, df)];
        let application = df.application;
        let pin = plan.pins.iter().find(|pin| pin.application == application);
        let mut show = vec![select(0, &plan.dfs[application])];
        show.extend(pin.map(|pin| verify(0, &pin.reference)));
        show.extend(enter.clone());
        let [nothing, enters, shows] = if several { [3, 5, 3] } else { [8, 2, 1] };
        let before = prop_oneof![
            nothing => Just(Vec::new()),
            enters => Just(enter),
            shows => Just(show),
        ];
        let commands = vec((changes(ef, &shapes(subject, place)), tear()), 1..=4);
        let visit = (channels(), before, commands).prop_map(|(channel, before, commands)| {
            let before = before.into_iter().map(|command| (command, None));
            on(channel, before.chain(commands))
        });
        (weight, visit.boxed())
    });
    Union::new_weighted(files.collect()).boxed()
}

/// Sends commands that were made for channel 0.
fn on(channel: u8, commands: impl IntoIterator<Item = (Vec<u8>, Option<Tear>)>) -> Vec<Event> {
    let sent = commands.into_iter().map(|(mut command, tear)| {
        command[0] = channel;
        Event::Command { command, tear }
    });
    sent.collect()
}

fn tear() -> impl Strategy<Value = Option<Tear>> + Clone {
    let pulses = prop_oneof![3 => 1..=8u32, 1 => 9..=24u32];
    let tear = (pulses, power_up()).prop_map(|(pulse, up)| Tear { pulse, up });
    prop::option::weighted(0.55, tear)
}

fn power_up() -> impl Strategy<Value = PowerUp> + Clone {
    let tears = prop_oneof![3 => Just(Vec::new()), 2 => vec(1..=6u32, 1..=3)];
    (tears, prop::bool::weighted(0.9)).prop_map(|(tears, arrive)| PowerUp { tears, arrive })
}

fn power() -> BoxedStrategy<Vec<Event>> {
    (any::<bool>(), power_up(), prop::bool::weighted(0.1))
        .prop_map(|(off, up, twin)| vec![Event::Power { off, up, twin }])
        .boxed()
}

/// Identifiers of a file's records and what they have room for; of those to come, one of the
/// test's own.
fn shapes(subject: &Subject, ef: usize) -> Vec<(u8, usize)> {
    let first = |record: &Record| record.bytes.first().map(|&tag| (tag, record.room));
    subject.start.files[ef].iter().filter_map(first).chain([(0xA3, 12)]).collect()
}

fn tags(shapes: &[(u8, usize)]) -> Vec<u8> {
    shapes.iter().map(|&(tag, _)| tag).collect()
}

/// So many bytes that differ from each other, and from those of most other calls.
fn pattern(bytes: impl Strategy<Value = usize> + Clone) -> impl Strategy<Value = Vec<u8>> + Clone {
    (any::<u8>(), bytes).prop_map(|(first, bytes)| {
        (0..bytes).map(|n| first.wrapping_add((n as u8).wrapping_mul(3))).collect()
    })
}

/// A length that is right for the most part.
fn nearly(size: usize) -> impl Strategy<Value = usize> + Clone {
    prop_oneof![12 => Just(size), 1 => Just(size - 1), 1 => Just(size + 1)]
}

/// Record numbers and modes by which a record is named: mostly by number.
fn names(most: usize, tags: Vec<u8>) -> impl Strategy<Value = (u8, u8)> + Clone {
    prop_oneof![
        8 => (1..=most as u8, Just(4u8)),
        1 => (prop_oneof![Just(0u8), Just(most as u8 + 1)], Just(4)),
        2 => (Just(0u8), 0..=3u8),
        1 => (proptest::sample::select(tags), 0..=3u8),
    ]
}

/// By short identifier, or whatever is current.
fn files(sfi: u8) -> impl Strategy<Value = u8> + Clone {
    prop_oneof![9 => Just(sfi), 1 => Just(0)]
}

/// Commands that change a file, or are near it.
fn changes(ef: &Ef, shapes: &[(u8, usize)]) -> BoxedStrategy<Vec<u8>> {
    let append = |data: BoxedStrategy<Vec<u8>>| {
        (files(ef.sfi), data).prop_map(|(sfi, data)| with_data([0xE2, 0, sfi << 3], &data)).boxed()
    };
    match ef.structure {
        Structure::Transparent => update_binary(ef),
        Structure::Fixed { size, most, tlv: false } => {
            let data = pattern(nearly(size)).boxed();
            let update = (files(ef.sfi), names(most, tags(shapes)), data.clone());
            let update =
                update.prop_map(|(sfi, name, data)| update_record(sfi, name, &data)).boxed();
            Union::new_weighted(vec![(4, update), (1, append(data))]).boxed()
        }
        Structure::Fixed { size, most, .. } => records(ef, shapes, most, nearly(size - 2).boxed()),
        Structure::Variable { longest, most } => records(ef, shapes, most, (0..longest).boxed()),
        Structure::Cyclic { size, .. } => {
            let data = pattern(nearly(size)).boxed();
            let names = prop_oneof![
                6 => Just((1u8, 4u8)),
                3 => Just((0, 3)),
                1 => (0..=5u8, 0..=4u8),
            ];
            let update = (files(ef.sfi), names, data.clone());
            let update =
                update.prop_map(|(sfi, name, data)| update_record(sfi, name, &data)).boxed();
            Union::new_weighted(vec![(4, update), (2, append(data))]).boxed()
        }
    }
}

/// Updates of records that are data objects, and one more of them.
fn records(
    ef: &Ef,
    shapes: &[(u8, usize)],
    most: usize,
    lengths: BoxedStrategy<usize>,
) -> BoxedStrategy<Vec<u8>> {
    let any = proptest::sample::select(tags(shapes));
    // The record's own tag, a length that fits, and the value's; or one of the three otherwise.
    let object = (pattern(lengths), any, 0..16u8).boxed();
    let object_of = |(tag, room): (u8, usize), (mut value, other, odd): (Vec<u8>, u8, u8)| {
        let tag = if odd == 1 { other } else { tag };
        if odd != 2 {
            value.truncate(room - 2);
        }
        let length = value.len() as u8 + u8::from(odd == 3);
        [&[tag, length][..], &value].concat()
    };
    let own = shapes.to_vec();
    let names = names(most, tags(shapes));
    let update = (files(ef.sfi), names, object.clone()).prop_map(move |(sfi, name, data)| {
        let place = usize::from(name.0).clamp(1, own.len()) - 1;
        update_record(sfi, name, &object_of(own[place], data))
    });
    let append = (files(ef.sfi), object)
        .prop_map(move |(sfi, data)| with_data([0xE2, 0, sfi << 3], &object_of((0xA3, 12), data)));
    Union::new_weighted(vec![(4, update.boxed()), (1, append.boxed())]).boxed()
}

fn update_binary(ef: &Ef) -> BoxedStrategy<Vec<u8>> {
    let short = 0x80 | ef.sfi;
    let places = prop_oneof![9 => (Just(short), 0..=100u8), 1 => (Just(0u8), any::<u8>())];
    (places, pattern(1..=48usize))
        .prop_map(|((p1, p2), data)| with_data([0xD6, p1, p2], &data))
        .boxed()
}

fn update_record(sfi: u8, (p1, mode): (u8, u8), data: &[u8]) -> Vec<u8> {
    with_data([0xDC, p1, sfi << 3 | mode], data)
}

fn with_data([ins, p1, p2]: [u8; 3], data: &[u8]) -> Vec<u8> {
    let mut command = vec![0x00, ins, p1, p2, data.len() as u8];
    command.extend(data);
    command
}

/// Reading, in every mode.
fn readings(subject: &Subject) -> BoxedStrategy<Vec<Event>> {
    let reads = subject.plan.efs.iter().enumerate().map(|(place, ef)| {
        let weight = if ef.update == Access::Never { 1 } else { 5 };
        (weight, reading(ef, tags(&shapes(subject, place))))
    });
    (channels(), vec(Union::new_weighted(reads.collect()), 1..=3))
        .prop_map(|(channel, reads)| on(channel, reads.into_iter().map(|read| (read, None))))
        .boxed()
}

fn reading(ef: &Ef, tags: Vec<u8>) -> BoxedStrategy<Vec<u8>> {
    let most = match ef.structure {
        Structure::Transparent => {
            let places = prop_oneof![
                4 => (Just(0x80 | ef.sfi), 0..=100u8),
                1 => (Just(0u8), any::<u8>()),
            ];
            let read = (places, any::<u8>());
            return read.prop_map(|((p1, p2), le)| vec![0, 0xB0, p1, p2, le]).boxed();
        }
        Structure::Fixed { most, .. }
        | Structure::Variable { most, .. }
        | Structure::Cyclic { most, .. } => most,
    };
    let names = prop_oneof![6 => names(most, tags), 1 => (1..=2u8, Just(5u8))];
    (files(ef.sfi), names)
        .prop_map(|(sfi, (p1, mode))| vec![0, 0xB2, p1, sfi << 3 | mode, 0])
        .boxed()
}

/// VERIFY, right and wrong; and what else it does.
fn presentations(subject: &Subject) -> BoxedStrategy<Vec<Event>> {
    let pins: Vec<Vec<u8>> = subject.plan.pins.iter().map(|pin| pin.reference.clone()).collect();
    let right = proptest::sample::select(pins.clone()).prop_map(|pin| verify(0, &pin));
    let wrong = proptest::sample::select(pins).prop_map(|pin| verify(0, &vec![0; pin.len()]));
    let command = prop_oneof![
        4 => right,
        3 => wrong,
        1 => Just(verify(0, &[0x12, 0x34])),
        1 => Just(vec![0, 0x20, 0xFF, 0]),
        2 => Just(vec![0, 0x20, 0, 0]),
        1 => Just(vec![0, 0x20, 0, 1]),
    ];
    let commands = vec((command, tear()), 1..=2);
    (channels(), commands).prop_map(|(channel, commands)| on(channel, commands)).boxed()
}

fn selections(subject: &Subject) -> BoxedStrategy<Vec<Event>> {
    let two = |p1: u8, fid: u16| with_p2_0c(p1, &fid.to_be_bytes());
    let dfs = &subject.plan.dfs;
    let mut commands: Vec<Vec<u8>> = dfs.iter().map(|df| select(0, df)).collect();
    commands.extend(dfs.iter().map(|df| two(0x00, df.fid)));
    commands.extend(subject.plan.efs.iter().map(|ef| two(0x02, ef.fid)));
    commands.extend(subject.plan.efs.iter().map(|ef| two(0x00, ef.fid)));
    commands.extend([two(0x00, 0xEF0F), two(0x02, 0xEF0F), with_p2_0c(0x04, b"nobody")]);
    commands.extend([vec![0, 0xA4, 0x00, 0x0C], vec![0, 0xA4, 0x03, 0x0C]]);
    (channels(), proptest::sample::select(commands))
        .prop_map(|(channel, command)| on(channel, [(command, None)]))
        .boxed()
}

fn with_p2_0c(p1: u8, data: &[u8]) -> Vec<u8> {
    with_data([0xA4, p1, 0x0C], data)
}

fn channel_management() -> BoxedStrategy<Vec<Event>> {
    let command = prop_oneof![
        3 => Just(vec![0, 0x70, 0x00, 0x00, 0x01]),
        3 => (1..=5u8).prop_map(|number| vec![0, 0x70, 0x00, number]),
        2 => (0..=5u8).prop_map(|number| vec![0, 0x70, 0x80, number]),
        1 => Just(vec![0, 0x70, 0x00, 0x00]),
    ];
    (channels(), vec(command, 1..=2))
        .prop_map(|(channel, commands)| {
            on(channel, commands.into_iter().map(|command| (command, None)))
        })
        .boxed()
}

/// An instruction that nobody has, here with data.
fn others() -> BoxedStrategy<Vec<Event>> {
    let commands = [vec![0, 0x02, 0, 0], with_data([0xD0, 0x81, 0], &[1, 2, 3])];
    (channels(), proptest::sample::select(commands.to_vec()), tear())
        .prop_map(|(channel, command, tear)| on(channel, [(command, tear)]))
        .boxed()
}

impl fmt::Display for PowerUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pulse in &self.tears {
            write!(f, " {pulse}")?;
        }
        f.write_str(if self.arrive { " arrive" } else { "" })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { command, tear } => {
                write!(f, "> {}", hex::encode_upper(command))?;
                match tear {
                    Some(tear) => write!(f, " ! {}{}", tear.pulse, tear.up),
                    None => Ok(()),
                }
            }
            Self::Power { off, up, twin } => {
                let twin = if *twin { " twin" } else { "" };
                write!(f, "+ {}{up}{twin}", if *off { "power" } else { "reset" })
            }
            Self::Look => f.write_str("?"),
        }
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let bad = || format!("no event: {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &&str| word.parse::<u32>().map_err(|_| bad());
        let flag = |flag: &str| words.contains(&flag);
        let up = |words: &[&str]| {
            let tears = words.iter().filter(|word| !["arrive", "twin"].contains(word));
            let tears = tears.map(number).collect::<Result<_, _>>()?;
            Ok::<_, String>(PowerUp { tears, arrive: flag("arrive") })
        };
        match words[..] {
            ["?"] => Ok(Self::Look),
            [">", command, ref tear @ ..] => {
                let command = hex::decode(command).map_err(|_| bad())?;
                let tear = match tear {
                    [] => None,
                    ["!", pulse, rest @ ..] => Some(Tear { pulse: number(pulse)?, up: up(rest)? }),
                    _ => return Err(bad()),
                };
                Ok(Self::Command { command, tear })
            }
            ["+", what @ ("reset" | "power"), ref rest @ ..] => {
                Ok(Self::Power { off: what == "power", up: up(rest)?, twin: flag("twin") })
            }
            _ => Err(bad()),
        }
    }
}
