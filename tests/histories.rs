//! Random lives of a card: commands, tears, resets and power cycles, against a model that knows
//! what must be there and, after a tear, the two things that may be until one has been seen.
//!
//! Three parts: the model ([`Model`]: what should be), the driver ([`Life`]: what is done, and what
//! the model makes of it), and the card. A life is a function of its seed; a failure names it.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod free_files;

use std::{collections::VecDeque, fmt::Debug};

use free_files::{PIN, SELECT, bytes, card};
use tessera::{Card, choose::Choices, nvm::Geometry, random::Random};

/// What a terminal can read of the free files.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Model {
    binary: Vec<u8>,
    fixed: Vec<Vec<u8>>,
    variable: Vec<Vec<u8>>,
    /// The newest first.
    cyclic: VecDeque<Vec<u8>>,
    tries: u8,
}

impl Model {
    fn personalised() -> Self {
        Self {
            binary: vec![0; 96],
            fixed: vec![vec![0xA1; 7], vec![0xA2; 7]],
            variable: vec![vec![0xA1, 3, 1, 2, 3], vec![0xA2, 3, 1, 2, 3]],
            cyclic: VecDeque::from([vec![0xA2; 9], vec![0xA1; 9]]),
            tries: 3,
        }
    }

    /// What is there, as a terminal finds out.
    fn read(card: &mut Card) -> Self {
        let mut ask = |command: &[u8]| card.transmit(command).unwrap();
        let mut records = |sfi: u8| {
            let all = (1..=3).map(|number| ask(&[0x00, 0xB2, number, sfi << 3 | 4, 0]));
            let found = all.filter(|answer| answer.ends_with(&[0x90, 0x00]));
            found.map(|answer| answer[..answer.len() - 2].to_vec()).collect::<Vec<_>>()
        };
        let (fixed, variable, cyclic) = (records(2), records(3), records(4).into());
        let binary = ask(&bytes("00 B0 81 00 60"))[..96].to_vec();
        ask(&bytes("00 20 FF 00")); // or a PIN that was shown hides the tries
        let tries = match ask(&bytes("00 20 00 00"))[..] {
            [0x63, counted] => counted & 0x0F,
            [0x69, 0x83] => 0,
            ref other => unreachable!("tries: {}", hex::encode(other)),
        };
        Self { binary, fixed, variable, cyclic, tries }
    }
}

/// Something a terminal can ask for.
#[derive(Clone, Debug)]
enum Command {
    UpdateBinary { offset: u8, data: Vec<u8> },
    UpdateFixed { number: u8, data: Vec<u8> },
    AppendFixed(Vec<u8>),
    UpdateVariable { number: u8, value: Vec<u8> },
    AppendVariable(Vec<u8>),
    AddCyclic(Vec<u8>),
    Verify([u8; 4]),
}

impl Command {
    fn random(random: &mut Random) -> Self {
        let mut some = |bytes: u64| {
            let mut data = vec![0; bytes as usize];
            random.fill(&mut data);
            data
        };
        let pick = some(8);
        let (which, number, offset) = (pick[0] % 8, 1 + pick[1] % 3, pick[2] % 100);
        match which {
            0 | 1 => Self::UpdateBinary { offset, data: some(1 + u64::from(pick[3] % 60)) },
            2 => Self::UpdateFixed { number, data: some(6 + u64::from(pick[3] % 8 > 0)) },
            3 => Self::AppendFixed(some(7)),
            4 => {
                Self::UpdateVariable { number: number.min(2), value: some(u64::from(pick[3] % 13)) }
            }
            5 => Self::AppendVariable(some(u64::from(pick[3] % 11))),
            6 => Self::AddCyclic(some(8 + u64::from(pick[3] % 8 > 0))),
            _ if pick[3] % 3 > 0 => Self::Verify(*PIN),
            _ => Self::Verify(*b"0000"),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let (header, data) = match self {
            Self::UpdateBinary { offset, data } => ([0x00, 0xD6, 0x81, *offset], data.clone()),
            Self::UpdateFixed { number, data } => ([0x00, 0xDC, *number, 0x14], data.clone()),
            Self::AppendFixed(data) => ([0x00, 0xE2, 0x00, 0x10], data.clone()),
            Self::UpdateVariable { number, value } => {
                ([0x00, 0xDC, *number, 0x1C], tlv(0xA0 + number, value))
            }
            Self::AppendVariable(value) => ([0x00, 0xE2, 0x00, 0x18], tlv(0xA3, value)),
            Self::AddCyclic(data) => ([0x00, 0xDC, 0x01, 0x24], data.clone()),
            Self::Verify(pin) => ([0x00, 0x20, 0x00, 0x00], pin.to_vec()),
        };
        [&header[..], &[data.len() as u8], &data].concat()
    }

    /// The states it takes memory through, and its answer.
    fn run(&self, model: &Model) -> (Vec<Model>, u16) {
        let mut new = model.clone();
        match self {
            Self::UpdateBinary { offset, data } => {
                let at = usize::from(*offset);
                if at >= 96 {
                    return (vec![], 0x6B00);
                }
                let Some(place) = new.binary.get_mut(at..at + data.len()) else {
                    return (vec![], 0x6A84);
                };
                place.copy_from_slice(data);
            }
            Self::UpdateFixed { number, data } => {
                let Some(record) = new.fixed.get_mut(usize::from(*number) - 1) else {
                    return (vec![], 0x6A83);
                };
                if data.len() != 7 {
                    return (vec![], 0x6700);
                }
                record.clone_from(data);
            }
            Self::AppendFixed(_) if new.fixed.len() == 3 => return (vec![], 0x6A84),
            Self::AppendFixed(data) => new.fixed.push(data.clone()),
            Self::UpdateVariable { number, value } => {
                let Some(record) = new.variable.get_mut(usize::from(*number) - 1) else {
                    return (vec![], 0x6A83);
                };
                *record = tlv(0xA0 + number, value);
                if record.len() > 12 {
                    return (vec![], 0x6A84);
                }
            }
            Self::AppendVariable(_) if new.variable.len() == 3 => return (vec![], 0x6A84),
            Self::AppendVariable(value) => new.variable.push(tlv(0xA3, value)),
            Self::AddCyclic(data) if data.len() != 9 => return (vec![], 0x6700),
            Self::AddCyclic(data) => {
                new.cyclic.push_front(data.clone());
                new.cyclic.truncate(3);
            }
            Self::Verify(_) if new.tries == 0 => return (vec![], 0x6983),
            Self::Verify(pin) => {
                new.tries -= 1;
                if pin != PIN {
                    let tries = u16::from(new.tries);
                    return (vec![new], 0x63C0 | tries);
                }
                let restored = Model { tries: 3, ..new.clone() };
                return (vec![new, restored], 0x9000);
            }
        }
        (vec![new], 0x9000)
    }
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, value.len() as u8], value].concat()
}

/// One card's life.
struct Life {
    seed: u64,
    random: Random,
    card: Card,
    /// What may be there; one model, until a tear.
    possible: Vec<Model>,
    /// What was done, for whoever has to find out.
    events: Vec<String>,
    tears: u32,
}

impl Life {
    fn new(personalised: &Card, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut card = personalised.clone();
        card.set_choices(Choices::Seeded(Random::new(random.number())));
        let possible = vec![Model::personalised()];
        let mut life = Self { seed, random, card, possible, events: vec![], tears: 0 };
        life.start_session();
        life
    }

    fn live(&mut self, steps: u32) {
        for _ in 0..steps {
            match self.below(20) {
                0 => self.power_cycle(),
                1 => self.reset(),
                2 | 3 => self.observe(),
                4..=6 => {
                    let n = 1 + self.below(24) as u32;
                    self.note(&format_args!("tear at {n}"));
                    self.card.tear_at(n);
                }
                _ => self.command(),
            }
        }
        self.observe();
    }

    fn command(&mut self) {
        let command = Command::random(&mut self.random);
        let channel = u8::from(self.below(4) == 0);
        let mut encoded = command.encode();
        encoded[0] = channel;
        self.note(&(channel, &command));
        let before = self.card.memory().to_vec();
        let Ok(answer) = self.card.transmit(&encoded) else { return self.torn(&command) };
        let status = u16::from_be_bytes([answer[0], answer[1]]);
        self.note(&format_args!("{status:04X}"));
        let outcomes = self.possible.iter().map(|model| (model.clone(), command.run(model)));
        self.possible = outcomes
            .filter(|(_, (_, expected))| *expected == status)
            .map(|(old, (states, _))| states.last().cloned().unwrap_or(old))
            .collect();
        self.require(!self.possible.is_empty(), "an answer that nothing explains");
        let refused = !matches!(status >> 8, 0x90 | 0x63);
        self.require(!refused || self.card.memory() == before, "a refusal has changed memory");
    }

    fn torn(&mut self, command: &Command) {
        self.note(&"torn");
        self.tears += 1;
        let after: Vec<Model> =
            self.possible.iter().flat_map(|model| command.run(model).0).collect();
        self.possible.extend(after);
        self.start_session();
    }

    /// Powers the card on, as often as it takes, and selects the applet on two channels.
    fn start_session(&mut self) {
        if self.below(3) == 0 {
            let n = 1 + self.below(8) as u32;
            self.card.tear_at(n);
        }
        while self.card.power_on().is_err() {
            self.note(&"torn in recovery");
            self.tears += 1;
        }
        let select = bytes(SELECT);
        let on_channel_1 = [&[0x01], &select[1..]].concat();
        for command in [select, bytes("00 70 00 01 00"), on_channel_1] {
            let answer = self.card.transmit(&command).unwrap();
            self.require(answer == [0x90, 0x00], "a session starts");
        }
    }

    fn power_cycle(&mut self) {
        self.note(&"power cycle");
        self.card.power_off();
        self.start_session();
    }

    fn reset(&mut self) {
        self.note(&"reset");
        self.start_session();
    }

    fn observe(&mut self) {
        let seen = Model::read(&mut self.card);
        self.note(&"observed");
        let known = self.possible.contains(&seen);
        self.require(known, &format!("expected one of {:?}, got {seen:?}", self.possible));
        self.possible = vec![seen];
        self.require(self.card.eeprom().foul_reads() == 0, "a foul read");
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random.number() % bound
    }

    fn note(&mut self, event: &dyn Debug) {
        self.events.push(format!("{event:?}"));
    }

    fn require(&self, holds: bool, what: &str) {
        assert!(holds, "life {}: {what}\n  {}", self.seed, self.events.join("\n  "));
    }
}

/// Lives on each memory part, unless the environment says so in `LIVES`; and events in each life.
const LIVES: u64 = 400;
const STEPS: u32 = 60;

#[test]
fn whatever_happens_to_a_card_it_holds_what_the_model_says() {
    let lives = std::env::var("LIVES").map_or(LIVES, |lives| lives.parse().unwrap());
    let mut tears = 0;
    for (number, part) in (0..).zip(Geometry::parts()) {
        let personalised = card(part);
        for seed in 0..lives {
            let mut life = Life::new(&personalised, number << 32 | seed);
            life.live(STEPS);
            tears += life.tears;
        }
    }
    println!("{lives} lives on each part, {tears} tears");
    assert!(u64::from(tears) > 20 * lives, "{tears}");
}
