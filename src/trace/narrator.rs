//! The events in words, with what a watcher of the line knows.
//!
//! Invariant: what is current on a channel changes only with an answer that says so (90, 61, 62,
//! 63), and everything is forgotten when power is.

use std::fmt;

use tessera_framework::{Apdu, Class, Ins, StatusWord, Tag};

use super::{
    ContentWords, DfWords, EfWords, Event, Vocabulary,
    bytes::{objects_in_words, readable, spaced},
    proprietary,
};
use crate::link::contact::atr::Atr;

/// Turns events into words.
#[derive(Clone, Debug)]
pub struct Narrator {
    words: Vocabulary,
    current: [Current; 20],
    /// What the answer to be fetched by GET RESPONSE is about.
    awaited: Subject,
}

/// What is current on a channel: places in the vocabulary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Current {
    df: Option<usize>,
    ef: Option<usize>,
}

/// What an answer is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Subject {
    #[default]
    Nothing,
    Control,
    Records(Current),
    Bytes(Current),
}

/// An event in words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// The command in hexadecimal, header and rest apart; empty for other events.
    pub command: String,
    /// What it means, or what happened.
    pub meaning: String,
    /// The answer in hexadecimal, data and status word apart.
    pub answer: String,
    /// The status word in words, and how long it took.
    pub outcome: String,
    /// What the answer's data say, a line each.
    pub details: Vec<String>,
    /// The answer's status word.
    pub status: Option<StatusWord>,
}

impl fmt::Display for Told {
    /// `>` the command, what it means, `<` the answer, what it says; `--` other events.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.command.is_empty() {
            write!(f, "-- {}", self.meaning)?;
        } else {
            write!(f, "> {}\n  {}", self.command, self.meaning)?;
        }
        if !self.answer.is_empty() {
            write!(f, "\n< {}", self.answer)?;
        }
        if !self.outcome.is_empty() {
            write!(f, "\n  {}", self.outcome)?;
        }
        self.details.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Narrator {
    /// One who knows these words and has seen nothing yet.
    #[must_use]
    pub fn new(words: Vocabulary) -> Self {
        Self { words, current: [Current::default(); 20], awaited: Subject::Nothing }
    }

    /// Tells an event.
    pub fn tell(&mut self, event: &Event<'_>) -> Told {
        let happened = |meaning: String| Told { meaning, ..Told::default() };
        match *event {
            Event::Inserted => happened("the card is put into the reader".into()),
            Event::Removed => happened("the card is out of the reader".into()),
            Event::PowerOn { atr } => self.started("power on", atr),
            Event::Reset { atr } => self.started("reset", atr),
            Event::PowerOff => happened("power off".into()),
            Event::GivenRandom { bytes } => {
                happened(format!("the next random bytes will be {}", spaced(bytes)))
            }
            Event::TornInRecovery { pulses } => {
                happened(format!("POWER FAILS in pulse {pulses} of the recovery"))
            }
            Event::Dead { pulses } => happened(format!(
                "THE CARD IS DEAD: its memory cannot be settled, {pulses} pulses were tried"
            )),
            Event::Torn { command, pulses } => Told {
                command: spaced(command),
                meaning: self.meaning(command).0,
                outcome: format!("no answer: POWER FAILS in pulse {pulses}"),
                ..Told::default()
            },
            Event::NotKept { command, .. } => Told {
                command: spaced(command),
                meaning: self.meaning(command).0,
                outcome: "no answer: the card could not be saved".into(),
                ..Told::default()
            },
            Event::Exchange { command, response, took_us, pulses } => {
                self.exchange(command, response, took_us, pulses)
            }
        }
    }

    fn started(&mut self, what: &str, atr: &[u8]) -> Told {
        self.current = [Current::default(); 20];
        self.current[0].df = self.words.df_by_fid(0x3F00);
        self.awaited = Subject::Nothing;
        let details = match Atr::decode(atr) {
            Ok(decoded) => vec![summary(&decoded)],
            Err(error) => vec![error.to_string()],
        };
        Told {
            meaning: format!("{what}, answer to reset {}", hex::encode_upper(atr)),
            details,
            ..Told::default()
        }
    }

    fn exchange(&mut self, command: &[u8], response: &[u8], took_us: u64, pulses: u64) -> Told {
        let (meaning, subject, after) = self.meaning(command);
        let (data, status) = match response.split_last_chunk::<2>() {
            Some((data, &sw)) => (data, StatusWord::from(sw)),
            None => (response, StatusWord(0)),
        };
        let done = matches!(status.sw1(), 0x90 | 0x61..=0x63);
        if let (true, Some((channel, now))) = (done, after) {
            self.current[channel] = now;
        }
        let to_be_fetched = matches!(status.sw1(), 0x61 | 0x6C);
        self.awaited = if to_be_fetched { subject } else { Subject::Nothing };
        let time = format!("{}.{} ms", took_us / 1000, took_us % 1000 / 100);
        let words = proprietary::status(status).map_or(String::new(), |words| format!(" {words}"));
        let outcome = match pulses {
            0 => format!("{status}{words} ({time})"),
            n => format!("{status}{words} ({time}, {n} pulses)"),
        };
        let data_and_status = match data {
            [] => format!("{:04X}", status.0),
            data => format!("{} {:04X}", hex::encode_upper(data), status.0),
        };
        Told {
            command: spaced(command),
            meaning,
            answer: data_and_status,
            outcome,
            details: self.details(subject, data),
            status: Some(status),
        }
    }

    /// What a command means, what its answer will be about, and what is current on which channel
    /// if it succeeds.
    fn meaning(&self, command: &[u8]) -> (String, Subject, Option<(usize, Current)>) {
        let Ok(apdu) = Apdu::parse(command) else {
            let text = format!("not a command: {} bytes that fit no case", command.len());
            return (text, Subject::Nothing, None);
        };
        if let Some(text) = proprietary::meaning(&apdu) {
            return (text, Subject::Nothing, None);
        }
        let class = Class::decode(apdu.cla);
        let channel = usize::from(class.channel());
        let here = self.current[channel];
        let on = if channel > 0 { format!(" on channel {channel}") } else { String::new() };
        let (text, subject, now) = match apdu.ins {
            Ins::SELECT => self.select(&apdu, here),
            Ins::READ_BINARY | Ins::UPDATE_BINARY => self.binary(&apdu, here),
            Ins::READ_RECORD | Ins::UPDATE_RECORD | Ins::APPEND_RECORD => self.record(&apdu, here),
            Ins::VERIFY if apdu.p1 == 0xFF => {
                ("VERIFY: forget it was shown".into(), Subject::Nothing, None)
            }
            Ins::VERIFY if apdu.data.is_empty() => {
                ("VERIFY: is it shown, and how many tries are left?".into(), Subject::Nothing, None)
            }
            Ins::VERIFY => {
                let text = format!("VERIFY the PIN {}", hex::encode_upper(apdu.data));
                (text, Subject::Nothing, None)
            }
            Ins::GET_RESPONSE => (format!("GET RESPONSE, {} bytes", apdu.ne), self.awaited, None),
            Ins::GET_DATA => {
                let tag = Tag(u16::from_be_bytes([apdu.p1, apdu.p2]));
                let name = tag.name().map_or(String::new(), |name| format!(" {name}"));
                (format!("GET DATA {tag:?}{name}"), Subject::Nothing, None)
            }
            Ins::MANAGE_CHANNEL if apdu.p1 == 0 => {
                let text = format!("MANAGE CHANNEL: open {}", number_or(apdu.p2, "one"));
                (text, Subject::Nothing, None)
            }
            Ins::MANAGE_CHANNEL => {
                let text = format!("MANAGE CHANNEL: close {}", number_or(apdu.p2, "this one"));
                (text, Subject::Nothing, None)
            }
            ins => (format!("{ins}, P1-P2 {:02X}{:02X}", apdu.p1, apdu.p2), Subject::Nothing, None),
        };
        let chained = if class.chaining() { ", to be continued" } else { "" };
        (format!("{text}{on}{chained}"), subject, now.map(|now| (channel, now)))
    }

    fn select(&self, apdu: &Apdu<'_>, here: Current) -> (String, Subject, Option<Current>) {
        let fid = match *apdu.data {
            [.., high, low] => u16::from_be_bytes([high, low]),
            _ => 0x3F00,
        };
        let df = |place: Option<usize>| Current { df: place, ef: None };
        let found = match apdu.p1 {
            0x04 => df(self.words.df_by_name(apdu.data)),
            0x03 => df(None),
            0x02 => self.ef_of(here, fid),
            0x00 if fid != 0x3F00 && self.ef_of(here, fid).ef.is_some() => self.ef_of(here, fid),
            0x08 | 0x09 if apdu.data.len() >= 4 && self.words.df_by_fid(fid).is_none() => {
                let above = apdu.data.len() - 4;
                let parent = u16::from_be_bytes([apdu.data[above], apdu.data[above + 1]]);
                self.ef_of(df(self.words.df_by_fid(parent)), fid)
            }
            0x08 | 0x09 if self.words.df_by_fid(fid).is_none() => {
                let root = df(if apdu.p1 == 0x08 { self.words.df_by_fid(0x3F00) } else { here.df });
                self.ef_of(root, fid)
            }
            _ => df(self.words.df_by_fid(fid)),
        };
        let how = match apdu.p1 {
            0x04 => "SELECT by name",
            0x03 => "SELECT the parent",
            0x08 | 0x09 => "SELECT by path",
            _ => "SELECT",
        };
        let name = match (found.ef, found.df, apdu.p1) {
            (None, None, 0x03) => String::new(),
            (None, None, 0x04) => format!(" {}", readable(apdu.data)),
            (None, None, _) => format!(" {}", hex::encode_upper(apdu.data)),
            (None, Some(df), _) => self
                .words
                .dfs
                .get(df)
                .map_or(String::new(), |df| format!(" {} {}", df.short, df.text)),
            (Some(_), ..) => format!(" {}", self.file_name(found)),
        };
        (format!("{how}{name}"), Subject::Control, Some(found))
    }

    fn binary(&self, apdu: &Apdu<'_>, here: Current) -> (String, Subject, Option<Current>) {
        let (file, offset) = if apdu.p1 & 0x80 != 0 {
            (self.short_file(here, apdu.p1 & 0x1F), u16::from(apdu.p2))
        } else {
            (here, u16::from_be_bytes([apdu.p1, apdu.p2]))
        };
        let name = self.file_name(file);
        if apdu.ins == Ins::READ_BINARY {
            let text = format!("READ BINARY of {name}, up to {} bytes from {offset}", apdu.ne);
            return (text, Subject::Bytes(file), Some(file));
        }
        let text = format!("UPDATE BINARY of {name}, {} bytes from {offset}", apdu.data.len());
        (text, Subject::Nothing, Some(file))
    }

    fn record(&self, apdu: &Apdu<'_>, here: Current) -> (String, Subject, Option<Current>) {
        let file = match apdu.p2 >> 3 {
            0 => here,
            sfi => self.short_file(here, sfi),
        };
        let which = match (apdu.ins, apdu.p2 & 7) {
            (Ins::APPEND_RECORD, _) => "to the end".into(),
            (_, mode @ 0..=3) => {
                let order = ["first", "last", "next", "previous"][usize::from(mode)];
                format!("the {order} with tag {:02X}", apdu.p1)
            }
            (_, 4) => format!("number {}", number_or(apdu.p1, "current")),
            (_, 5) => format!("all from number {}", apdu.p1),
            (_, 6) => format!("all down to number {}", apdu.p1),
            (_, mode) => format!("in mode {mode}"),
        };
        let text = format!("{} {which} of {}", apdu.ins, self.file_name(file));
        let subject = match apdu.ins {
            Ins::READ_RECORD => Subject::Records(file),
            _ => Subject::Nothing,
        };
        (text, subject, Some(file))
    }

    fn details(&self, subject: Subject, data: &[u8]) -> Vec<String> {
        match subject {
            _ if data.is_empty() => Vec::new(),
            Subject::Nothing => Vec::new(),
            Subject::Control => objects_in_words(data, ""),
            Subject::Records(file) => {
                self.ef(file).map_or(Vec::new(), |(_, ef)| ef.content.of_records(data))
            }
            Subject::Bytes(file) => match self.ef(file).map(|(_, ef)| &ef.content) {
                Some(ContentWords::Objects) => objects_in_words(data, ""),
                _ => vec![readable(data.get(..48).unwrap_or(data))],
            },
        }
    }

    fn ef(&self, file: Current) -> Option<(&DfWords, &EfWords)> {
        let df = self.words.dfs.get(file.df?)?;
        Some((df, df.efs.get(file.ef?)?))
    }

    fn file_name(&self, file: Current) -> String {
        match self.ef(file) {
            Some((df, ef)) => format!("{}/{:04X} {}", df.short, ef.fid, ef.text),
            None => "the current file".into(),
        }
    }

    fn ef_of(&self, here: Current, fid: u16) -> Current {
        let df = here.df.and_then(|df| self.words.dfs.get(df));
        let ef = df.and_then(|df| df.efs.iter().position(|ef| ef.fid == fid));
        Current { df: here.df, ef }
    }

    fn short_file(&self, here: Current, sfi: u8) -> Current {
        let df = here.df.and_then(|df| self.words.dfs.get(df));
        let ef = df.and_then(|df| df.efs.iter().position(|ef| ef.sfi == sfi));
        Current { df: here.df, ef }
    }
}

/// How the card is read, and its historical bytes.
fn summary(atr: &Atr) -> String {
    let protocols: Vec<_> = atr.protocols.iter().map(|t| format!("T={t}")).collect();
    let line = match &atr.contactless {
        Some(_) => "contactless, as a PC/SC reader reports it".into(),
        None => protocols.join(" and "),
    };
    format!("{line}; historical bytes {}", hex::encode_upper(&atr.historical))
}

fn number_or(number: u8, zero: &str) -> String {
    if number == 0 { zero.into() } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn tell(narrator: &mut Narrator, command: &str, response: &str) -> Told {
        let (command, response) = (testing::bytes(command), testing::bytes(response));
        let event =
            Event::Exchange { command: &command, response: &response, took_us: 1234, pulses: 0 };
        narrator.tell(&event)
    }

    fn narrator() -> Narrator {
        let mut narrator = Narrator::new(testing::card().profile().vocabulary());
        narrator.tell(&Event::PowerOn { atr: &[0x3B, 0x00] });
        narrator
    }

    const SSSE: &str = "00 A4 04 00 0F 7378312E73682EC9E7BBE1B1A3D5CF";

    #[test]
    fn files_are_named_after_what_was_selected_and_only_if_it_was() {
        let mut narrator = narrator();
        let read = "00 B2 09 00 20";
        assert!(tell(&mut narrator, read, "6986").meaning.ends_with("of the current file"));
        tell(&mut narrator, SSSE, "9000");
        tell(&mut narrator, "00 A4 00 00 02 EF06", "6A82");
        assert!(tell(&mut narrator, read, "6986").meaning.ends_with("of the current file"));
        let told = tell(&mut narrator, "00 A4 00 00 02 EF06", "9000");
        assert_eq!(told.meaning, "SELECT SSSE/EF06 持卡人基本信息 cardholder basic data");
        let told = tell(&mut narrator, read, "0902B2E2 9000");
        assert_eq!(told.details, ["09 姓名 name: 测"]);
        assert_eq!(told.outcome, "9000 normal processing (1.2 ms)");
        let told = tell(&mut narrator, "00 B2 07 2C 0B", "07094B3030303030313239 9000");
        assert_eq!(told.details, ["07 卡号 card number: K00000129"]);
    }

    #[test]
    fn an_answer_fetched_by_get_response_is_told_like_the_command_it_belongs_to() {
        let mut narrator = narrator();
        assert!(tell(&mut narrator, SSSE, "6118").details.is_empty());
        let told = tell(&mut narrator, "00 C0 00 00 18", "6F 05 A5 03 88 01 1E 9000");
        let expected = [
            "6F file control information",
            "   A5 proprietary information",
            "      88 short EF identifier: 1E",
        ];
        assert_eq!(told.details, expected);
    }

    #[test]
    fn a_dead_card_is_not_told_as_one_that_has_lost_power() {
        let torn = narrator().tell(&Event::TornInRecovery { pulses: 2 }).to_string();
        assert_eq!(torn, "-- POWER FAILS in pulse 2 of the recovery");
        let dead = narrator().tell(&Event::Dead { pulses: 2 }).to_string();
        assert!(dead.starts_with("-- THE CARD IS DEAD: ") && !dead.contains("POWER"), "{dead}");
    }

    #[test]
    fn channels_are_told_apart() {
        let mut narrator = narrator();
        tell(&mut narrator, SSSE, "9000");
        let told = tell(&mut narrator, "01 A4 00 00 02 EF06", "6A82");
        assert_eq!(told.meaning, "SELECT EF06 on channel 1");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut narrator = narrator();
        let mut random = crate::random::Random::new(11);
        for round in 0..20_000_usize {
            let mut bytes = vec![0; round % 40];
            random.fill(&mut bytes);
            if let (Some(ins), true) = (bytes.get_mut(1), round % 2 == 0) {
                *ins = [0xA4, 0xB0, 0xB2, 0xC0, 0xD6, 0xDC, 0xE2, 0x20][round / 2 % 8];
            }
            let (command, response) = bytes.split_at(bytes.len() / 2);
            let event = Event::Exchange { command, response, took_us: 0, pulses: 1 };
            assert!(!narrator.tell(&event).to_string().is_empty());
        }
    }
}
