//! Images made on purpose, with a right check: any cells, indeterminate bits, wear, counts, lengths
//! and profile text. Opening, power-up and commands never panic, loop or take memory without bound.

use std::{ops::Range, sync::OnceLock};

use allocation_counter::measure;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngSeed, TestCaseError},
};
use sha2::{Digest, Sha256};
use tessera::{Card, NoAtr, Profile, image};

/// Most heap that opening an image of a usual size, power-up and commands may hold at once.
const HELD_BYTES_MAX: u64 = 4 << 20;
/// Most pulses one command or power-up may give: more than any that was seen, but bounded.
const PULSES_MAX: u64 = 100;

fn config() -> Config {
    let rng_seed = RngSeed::Fixed(3);
    Config { cases: 1_200, failure_persistence: None, rng_seed, ..Config::default() }
}

/// The fields of an image, in their order.
#[derive(Clone)]
struct Parts {
    /// Random state, processing time, pulses, time in pulses.
    numbers: [u64; 4],
    interface: u8,
    profile: Vec<u8>,
    cells: Vec<u8>,
    torn: Vec<(u32, u8)>,
    wear: Vec<u32>,
}

impl Parts {
    fn of(card: &Card) -> Self {
        let eeprom = card.eeprom();
        Self {
            numbers: [1, 2, eeprom.pulses(), eeprom.busy_us()],
            interface: 1,
            profile: card.profile().source.clone().into(),
            cells: eeprom.cells().to_vec(),
            torn: Vec::new(),
            wear: eeprom.wear().cycles().to_vec(),
        }
    }

    /// The image, and where in it each of the four lengths lies.
    fn image(&self) -> (Vec<u8>, [usize; 4]) {
        let mut image = [image::MARK, &[0, 2][..]].concat();
        image.extend(self.numbers.iter().flat_map(|number| number.to_be_bytes()));
        image.push(self.interface);
        let torn =
            self.torn.iter().flat_map(|(at, mask)| [&at.to_be_bytes()[..], &[*mask]].concat());
        let wear = self.wear.iter().flat_map(|cycles| cycles.to_be_bytes());
        let fields = [
            (self.profile.len(), self.profile.clone()),
            (self.cells.len(), self.cells.clone()),
            (self.torn.len(), torn.collect()),
            (self.wear.len(), wear.collect()),
        ];
        let lengths = fields.map(|(count, bytes)| {
            let at = image.len();
            image.extend((count as u32).to_be_bytes());
            image.extend(bytes);
            at
        });
        (sealed(image), lengths)
    }
}

fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let check = Sha256::digest(&body);
    body.extend(check);
    body
}

/// Cards of several sizes, parts and interfaces; the last lets everybody write.
fn parts(which: usize) -> &'static Parts {
    static PARTS: OnceLock<Vec<Parts>> = OnceLock::new();
    &PARTS.get_or_init(|| {
        let mut profiles = ["tiny", "social-security", "social-security-contact"]
            .map(|name| Profile::load(name).unwrap())
            .to_vec();
        let mut open = Profile::load("social-security-p32").unwrap().source;
        open += "\n[social-security.access]\n";
        for file in ["SSSE/EF06", "DF01/EF07", "DF02/EF07", "DF03/EF19", "DF04/EF08"] {
            open += &format!("\"{file}\" = {{ read = \"free\", update = \"free\" }}\n");
        }
        profiles.push(Profile::parse("open", &open).unwrap());
        profiles.iter().map(|profile| Parts::of(&Card::from_profile(profile).unwrap())).collect()
    })[which]
}

const CARDS: Range<usize> = 0..4;

const COMMANDS: &[&str] = &[
    "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
    "00A404040F7378312E73682EC9E7BBE1B1A3D5CF00",
    "00A4000002DF01",
    "00A4000002DF02",
    "00A4000002DF03",
    "00A4000002DF04",
    "00A4000402EF05",
    "00A4000402EF0700",
    "00A4000002EF08",
    "00A40000022F00",
    "00A4080006DDF1DF04EF08",
    "00A40300",
    "0020000003123456",
    "0020000003999999",
    "00200000",
    "00D6000104AABBCCDD",
    "00D602FE04AABBCCDD",
    "00B0000000",
    "00B07FFFFF",
    "00B0000000FFFF",
    "00DC013C03290132",
    "00DC093014081231323334353637383930313233343536373839",
    "00DC01401C000131010203040506202501010203040000000100000002000000030000",
    "00E200401C000132010203040506202501010203040000000100000002000000030000",
    "00B2014500",
    "00B2010500",
    "00B2010500FFFF",
    "00B2092C0B",
    "00B2000200",
    "00B2000300",
    "0070000001",
    "01A4040006D15600000501",
    "00708001",
    "00C0000000",
    "00CA006200",
    "10D6810004AABBCCDD",
    "00D6810004AABBCCDD",
];

/// Opens an image and works with the card in it, if there is one. Whether there was.
fn works(image: &[u8], commands: &[usize], tear: u32) -> Result<bool, TestCaseError> {
    let mut worked = Ok(false);
    let held = measure(|| {
        worked = image::open(image).map_or(Ok(false), |card| used(card, commands, tear));
    });
    prop_assert!(held.bytes_max < HELD_BYTES_MAX, "{} bytes of heap", held.bytes_max);
    worked
}

fn used(mut card: Card, commands: &[usize], tear: u32) -> Result<bool, TestCaseError> {
    let powered = |card: &mut Card| -> Result<bool, TestCaseError> {
        let before = card.pulses();
        let powered = card.power_on();
        prop_assert!(card.pulses() - before <= PULSES_MAX, "{} pulses", card.pulses() - before);
        match powered {
            Ok(()) => Ok(true),
            // A dead card is an answer to cells that no card writes; a tear needs an order.
            Err(NoAtr::MemoryFailure) => Ok(false),
            Err(NoAtr::PowerLost) => Err(TestCaseError::fail("power was lost")),
        }
    };
    if !powered(&mut card)? {
        return Ok(true);
    }
    for (n, command) in commands.iter().enumerate() {
        if n == commands.len() / 2 {
            card.tear_at(tear);
        }
        let before = card.pulses();
        let answer = card.transmit(&hex::decode(COMMANDS[*command]).unwrap());
        prop_assert!(card.pulses() - before <= PULSES_MAX, "{} pulses", card.pulses() - before);
        match answer {
            Ok(answer) => prop_assert!(matches!(answer[..], [.., 0x61..=0x6F | 0x90 | 0x93, _])),
            Err(_) if n >= commands.len() / 2 && tear > 0 => {
                if !powered(&mut card)? {
                    return Ok(true);
                }
            }
            Err(_) => return Err(TestCaseError::fail("power was lost")),
        }
    }
    // What it does is saved and opened again.
    prop_assert!(image::open(&image::save(&card)).is_ok());
    Ok(true)
}

fn commands() -> impl Strategy<Value = Vec<usize>> {
    vec(0..COMMANDS.len(), 24..48).prop_map(|mut commands| {
        commands[0] = 0; // the environment, mostly
        commands
    })
}

/// A count or a state, at one of its ends as often as not.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), select(vec![0, 1, u64::MAX - 5_000, u64::MAX - 5, u64::MAX])]
}

/// One change of cells.
#[derive(Clone, Debug)]
enum Change {
    Fill(u8),
    /// From a seed: drawing each byte would take the time.
    Noise(u64),
    /// Bytes somewhere; near the start lie the engine's words.
    Bytes(Index, Vec<u8>),
    Early(Index, Vec<u8>),
    /// A piece copied to another place.
    Copy(Index, Index, usize),
}

fn changes() -> impl Strategy<Value = Change> {
    let bytes = || {
        prop_oneof![
            vec(any::<u8>(), 1..5),
            select(vec![vec![0xFF; 2], vec![0; 2], vec![0xFF; 4], vec![0x7F, 0xFF], vec![0x80, 0]]),
            (any::<u8>(), 1..65_usize).prop_map(|(byte, bytes)| vec![byte; bytes]),
        ]
    };
    prop_oneof![
        1 => any::<u8>().prop_map(Change::Fill),
        1 => any::<u64>().prop_map(Change::Noise),
        8 => (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Bytes(at, bytes)),
        8 => (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Early(at, bytes)),
        4 => (any::<Index>(), any::<Index>(), 1..200_usize)
            .prop_map(|(from, to, bytes)| Change::Copy(from, to, bytes)),
    ]
}

fn noise(bytes: &mut [u8], mut seed: u64) {
    for byte in bytes {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (seed >> 56) as u8;
    }
}

fn change(cells: &mut [u8], change: &Change) {
    let put = |cells: &mut [u8], at: usize, bytes: &[u8]| {
        for (cell, byte) in cells[at..].iter_mut().zip(bytes) {
            *cell = *byte;
        }
    };
    match change {
        Change::Fill(byte) => cells.fill(*byte),
        Change::Noise(seed) => noise(cells, *seed),
        Change::Bytes(at, bytes) => put(cells, at.index(cells.len()), bytes),
        Change::Early(at, bytes) => put(cells, at.index(2048.min(cells.len())), bytes),
        Change::Copy(from, to, bytes) => {
            let from = from.index(cells.len());
            let piece = cells[from..cells.len().min(from + bytes)].to_vec();
            put(cells, to.index(cells.len()), &piece);
        }
    }
}

/// Every byte, or some, with indeterminate bits.
fn torn(cells: usize, (from, step, mask): (Index, usize, u8)) -> Vec<(u32, u8)> {
    (from.index(cells)..cells).step_by(step).map(|at| (at as u32, mask.max(1))).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_cells_make_a_card_that_answers(
        which in CARDS,
        changed in vec(changes(), 1..12),
        bits in prop::option::of((any::<Index>(), 1..600_usize, any::<u8>())),
        numbers in prop::option::of(prop::array::uniform4(number())),
        worn in prop::option::of(any::<u32>()),
        interface in 0..2_u8,
        commands in commands(),
        tear in 0..8_u32,
    ) {
        let mut parts = parts(which).clone();
        changed.iter().for_each(|one| change(&mut parts.cells, one));
        parts.torn = bits.map_or(Vec::new(), |bits| torn(parts.cells.len(), bits));
        parts.numbers = numbers.unwrap_or(parts.numbers);
        if let Some(cycles) = worn {
            parts.wear.fill(cycles);
        }
        parts.interface = interface;
        prop_assert!(works(&parts.image().0, &commands, tear)?, "it is well formed");
    }

    #[test]
    fn any_field_of_any_length_is_opened_or_refused(
        which in CARDS,
        length in 0..4_usize,
        count in prop_oneof![any::<u32>(), 0..100_000_u32, Just(u32::MAX), Just(u32::MAX / 4 + 1)],
        torn in vec((any::<u32>(), any::<u8>()), 0..4),
        at in any::<Index>(),
        bytes in vec(any::<u8>(), 0..6),
        cut in prop::option::of(any::<Index>()),
        commands in commands(),
    ) {
        let mut parts = parts(which).clone();
        parts.torn = torn;
        let (image, lengths) = parts.image();
        let mut body = image[..image.len() - 32].to_vec();
        works(&sealed(body.clone()), &commands, 0)?;
        body[lengths[length]..][..4].copy_from_slice(&count.to_be_bytes());
        works(&sealed(body.clone()), &commands, 0)?;
        let at = at.index(body.len() - 10) + 10;
        body.splice(at..at, bytes);
        body.truncate(cut.map_or(usize::MAX, |cut| cut.index(body.len())));
        works(&sealed(body), &commands, 0)?;
    }

    #[test]
    fn any_profile_text_is_understood_or_refused(
        which in CARDS,
        edits in vec((any::<Index>(), any::<Index>(), select(WORDS.to_vec())), 1..5),
        commands in commands(),
    ) {
        let mut parts = parts(which).clone();
        let mut words: Vec<String> = String::from_utf8(parts.profile.clone()).unwrap()
            .split_inclusive([' ', '\n', '"', '=']).map(str::to_owned).collect();
        for (at, with, word) in edits {
            let (at, with) = (at.index(words.len()), with.index(words.len()));
            let copied = words[with].clone();
            words[at] = word.map_or(copied, str::to_owned);
        }
        parts.profile = words.concat().into();
        works(&parts.image().0, &commands, 0)?;
    }
}

/// What an edit puts in a word's place; `None`: another word of the text.
const WORDS: &[Option<&str>] = &[
    None,
    None,
    None,
    Some(""),
    Some("\n"),
    Some("0 "),
    Some("-1 "),
    Some("4294967296 "),
    Some("18446744073709551616 "),
    Some("1e308 "),
    Some("nan "),
    Some("\"\" "),
    Some("\u{0}"),
    Some("[[a]]\n"),
    Some("{ a = [{}] } "),
    Some("81920"),
    Some("4096"),
    Some("\"page128\""),
    Some("\"byte\""),
];

#[test]
fn erased_filled_and_random_cells_make_cards_that_answer() {
    let commands: Vec<usize> = (0..COMMANDS.len()).collect();
    for which in CARDS {
        for fill in [0x00, 0xFF, 0x3C, 0x54] {
            let mut parts = parts(which).clone();
            parts.cells.fill(fill);
            parts.torn = (0..parts.cells.len() as u32).map(|at| (at, 0xFF)).collect();
            assert!(works(&parts.image().0, &commands, 0).unwrap());
            parts.torn.clear();
            assert!(works(&parts.image().0, &commands, 0).unwrap());
        }
    }
}

#[test]
fn a_profile_deeper_or_longer_than_any_is_refused() {
    let deep = |open: &str, levels: usize| format!("a = {}", open.repeat(levels));
    for text in [
        deep("[", 300_000),
        deep("{ a = ", 300_000),
        format!("[{}a]\n", "a.".repeat(300_000)),
        format!("{}a = 1\n", "a.".repeat(300_000)),
        format!("name = \"{}\"\n", "x".repeat(3_000_000)),
        "[card]\n".repeat(300_000),
        (0..200_000).map(|n| format!("k{n} = 1\n")).collect(),
        (0..24_000).map(|n| format!("k{n}=1\n")).collect(),
        deep("[", 260_000),
        format!("{}a = 1\n", "a.".repeat(130_000)),
        format!("[{}a]\n", "a.".repeat(130_000)),
    ] {
        let mut parts = parts(0).clone();
        parts.profile = text.into();
        let image = parts.image().0;
        let opened = measure(|| assert!(image::open(&image).is_err()));
        assert!(opened.bytes_max < 32 << 20, "{} bytes of heap", opened.bytes_max);
    }
}
