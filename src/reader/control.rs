//! Orders of a developer beside the reader: faults and views that a reader cannot ask for.
//!
//! An order is one line of text, `VERB [ARGUMENT] [slot N]`, and the answer text of which the first
//! line is `ok` or `error: ` and why. [`obey`] is the whole language; which socket carries it is
//! the server's business.

use std::{fmt::Write, str::FromStr, sync::Mutex, sync::PoisonError};

use super::{Slot, place};
use crate::{
    image,
    link::{Noise, noisy},
    nvm::fault::Fault,
};

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verb {
    /// `tear N`: power fails in pulse N of the next command that gives pulses; 0 takes that back.
    Tear(u32),
    /// `tear-recovery N`: power fails in pulse N of the recovery at the next power-up.
    TearRecovery(u32),
    /// `stuck WHERE`: the pages [there](place::pages) take no more pulses, until serve is started
    /// again.
    Stuck(String),
    /// `random HEX`: the random bytes the card draws next. Images do not keep them.
    Random(Vec<u8>),
    /// `remove`: takes the card out of the reader.
    Remove,
    /// `insert`: puts it back.
    Insert,
    /// `reset`: the card loses power for an instant and starts again, and the reader is not told.
    Reset,
    /// `dump`: what the memory holds.
    Dump,
    /// `image`: the card's image in hexadecimal.
    Image,
    /// `trace on`, `trace off`.
    Trace(bool),
    /// `fault FRAME KIND ...`: the frame of this number from now, from 0 and both directions
    /// counted, between the card and a reader that has a line or an air, is `lost`, `damaged`,
    /// `late` or `doubled`; and so may others.
    Fault(Vec<(u64, noisy::Fault)>),
    /// `noise SEED PER_MILLE`, `noise off`: each frame there has a fault with this probability.
    Noise(Option<(u64, u64)>),
    /// `status`: where the card is and how it does.
    Status,
}

/// An order to one slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// What to do.
    pub verb: Verb,
    /// Which slot, from 0.
    pub slot: usize,
}

/// An order that is not understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}, got {got:?}")]
pub struct OrderError {
    expected: &'static str,
    got: String,
}

/// Longest line an order may take, in bytes.
pub const ORDER_BYTES_MAX: usize = 256;

const VERBS: &str = "tear N, tear-recovery N, stuck WHERE, random HEX, remove, insert, reset, \
    dump, image, trace on, trace off, fault FRAME KIND ..., noise SEED PER_MILLE, noise off or \
    status, and then nothing or slot N";

impl FromStr for Order {
    type Err = OrderError;

    fn from_str(line: &str) -> Result<Self, OrderError> {
        let wrong = || OrderError { expected: VERBS, got: line.trim().chars().take(80).collect() };
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let mut slot = 0;
        if let [.., "slot", number] = words[..] {
            slot = number.parse().map_err(|_| wrong())?;
            words.truncate(words.len() - 2);
        }
        let number = |digits: &str| digits.parse().map_err(|_| wrong());
        let verb = match words[..] {
            ["tear", n] => Verb::Tear(number(n)?),
            ["tear-recovery", n] => Verb::TearRecovery(number(n)?),
            ["stuck", place] => Verb::Stuck(place.into()),
            ["random", ref digits @ ..] if !digits.is_empty() => {
                Verb::Random(hex::decode(digits.concat()).map_err(|_| wrong())?)
            }
            ["remove"] => Verb::Remove,
            ["insert"] => Verb::Insert,
            ["reset"] => Verb::Reset,
            ["dump"] => Verb::Dump,
            ["image"] => Verb::Image,
            ["trace", "on"] => Verb::Trace(true),
            ["trace", "off"] => Verb::Trace(false),
            ["fault", ref words @ ..] if !words.is_empty() => {
                let (pairs, []) = words.as_chunks() else { return Err(wrong()) };
                let fault = |[frame, kind]: &[&str; 2]| {
                    frame.parse().ok().zip(kind.parse().ok()).ok_or_else(wrong)
                };
                Verb::Fault(pairs.iter().map(fault).collect::<Result<_, _>>()?)
            }
            ["noise", "off"] => Verb::Noise(None),
            ["noise", seed, per_mille] => {
                let seed = seed.parse().map_err(|_| wrong())?;
                Verb::Noise(Some((seed, per_mille.parse().map_err(|_| wrong())?)))
            }
            ["status"] => Verb::Status,
            _ => return Err(wrong()),
        };
        Ok(Self { verb, slot })
    }
}

/// What a server adds to a slot.
pub trait Served {
    /// The card and its reader.
    fn slot(&self) -> &Mutex<Slot>;
    /// Switches the trace.
    fn trace(&self, on: bool);
    /// The line to the reader must be cut: the card has been taken out.
    fn hang_up(&self);
    /// What is to befall the frames between card and reader from now on. False when there are none,
    /// for the reader passes whole commands.
    fn disturb(&self, noise: Noise) -> bool;
}

/// Carries out an order and answers it, first line `ok` or `error: ` and why.
pub fn obey<S: Served>(line: &str, slots: &[S]) -> String {
    let order = match line.parse::<Order>() {
        Ok(order) => order,
        Err(error) => return format!("error: {error}\n"),
    };
    let Some(served) = slots.get(order.slot) else {
        return format!("error: there is no slot {}, there are {}\n", order.slot, slots.len());
    };
    let mut slot = served.slot().lock().unwrap_or_else(PoisonError::into_inner);
    let mut answer = String::from("ok\n");
    match order.verb {
        Verb::Tear(n) => slot.tear_at(n),
        Verb::TearRecovery(n) => slot.tear_recovery_at(n),
        Verb::Stuck(place) => match place::pages(slot.card(), &place) {
            Ok(pages) => {
                for &at in &pages {
                    slot.inflict(Fault::StuckPage { at });
                }
                let (first, number) = (pages.first().copied().unwrap_or(0), pages.len());
                let _ = writeln!(answer, "stuck: {number} pages from {first:05X}");
            }
            Err(error) => return format!("error: {error}\n"),
        },
        Verb::Random(bytes) => slot.give_random(&bytes),
        Verb::Remove => {
            slot.remove();
            served.hang_up();
        }
        Verb::Insert => {
            if let Err(error) = slot.insert() {
                return format!("error: {error}\n");
            }
        }
        Verb::Reset => {
            slot.power_off();
            if let Err(error) = slot.power_on() {
                return format!("error: {error}\n");
            }
        }
        Verb::Dump => dump(&slot, &mut answer),
        Verb::Image => {
            answer.push_str(&hex::encode(image::save(slot.card())));
            answer.push('\n');
        }
        Verb::Trace(on) => served.trace(on),
        Verb::Fault(faults) => return disturb(served, Noise::written(faults)),
        Verb::Noise(None) => return disturb(served, Noise::none()),
        Verb::Noise(Some((seed, per_mille))) => {
            return disturb(served, Noise::seeded(seed, per_mille));
        }
        Verb::Status => status(&slot, &mut answer),
    }
    answer
}

fn disturb(served: &impl Served, noise: Noise) -> String {
    if served.disturb(noise) {
        String::from("ok\n")
    } else {
        String::from("error: this reader passes whole commands: it has no frames to disturb\n")
    }
}

fn status(slot: &Slot, out: &mut String) {
    let card = slot.card();
    let place = match (slot.is_present(), card.is_powered()) {
        (false, _) if slot.waits_to_be_kept() => "beside the reader until it can be saved",
        (false, _) => "beside the reader",
        (true, false) => "in the reader, without power",
        (true, true) => "in the reader, powered",
    };
    let dead = if slot.is_dead() { ", dead: its memory cannot be settled" } else { "" };
    let _ = writeln!(
        out,
        "{}: {place}{dead}; {} pulses and {} ms of its own time so far",
        card.profile().name,
        card.pulses(),
        card.clock_us() / 1000
    );
}

/// Sixteen bytes a line, erased lines left out, each application under its name.
fn dump(slot: &Slot, out: &mut String) {
    status(slot, out);
    let card = slot.card();
    let erased = crate::nvm::Memory::geometry(card.eeprom()).erased;
    let mut areas = vec![("engine: words, log and counters", 0)];
    areas.extend(card.applications().map(|(with, segment)| (with.name.as_str(), segment.base)));
    for (n, line) in card.memory().chunks(16).enumerate() {
        let at = n as u32 * 16;
        if let Some((name, _)) = areas.iter().find(|(_, base)| *base == at) {
            let _ = writeln!(out, "{name}");
        }
        if line.iter().any(|&byte| byte != erased) {
            let _ = writeln!(out, "  {at:05X}  {}", hex::encode_upper(line));
        }
    }
    let torn: usize = card.eeprom().torn().iter().map(|byte| byte.mask.count_ones() as usize).sum();
    if torn > 0 {
        let _ = writeln!(out, "{torn} bits are indeterminate");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::testing;

    struct Fake {
        slot: Mutex<Slot>,
        tracing: Cell<bool>,
        hung_up: Cell<u32>,
        noise: Cell<Option<Noise>>,
    }

    impl Served for Fake {
        fn slot(&self) -> &Mutex<Slot> {
            &self.slot
        }

        fn trace(&self, on: bool) {
            self.tracing.set(on);
        }

        fn hang_up(&self) {
            self.hung_up.set(self.hung_up.get() + 1);
        }

        fn disturb(&self, noise: Noise) -> bool {
            self.noise.set(Some(noise));
            self.hung_up.get() == 0
        }
    }

    fn fake() -> Fake {
        fake_of("tiny")
    }

    fn fake_of(profile: &str) -> Fake {
        let slot = Mutex::new(Slot::new(testing::made(profile)));
        Fake { slot, tracing: Cell::new(false), hung_up: Cell::new(0), noise: Cell::new(None) }
    }

    /// Stores a telephone number.
    fn update(slot: &Mutex<Slot>) {
        let mut slot = slot.lock().unwrap();
        for (command, status) in [
            ("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF", [0x90, 0x00]),
            ("00 20 00 00 03 123456", [0x90, 0x00]),
            ("00 A4 00 0C 02 DF01", [0x90, 0x00]),
            ("00 DC 03 34 11 280F 303537333636363636363600000000", [0x65, 0x81]),
        ] {
            assert_eq!(slot.exchange(&testing::bytes(command)).unwrap(), status, "{command}");
        }
    }

    #[test]
    fn each_order_does_what_it_says() {
        let slots = [fake(), fake()];
        let powered = || slots[1].slot.lock().unwrap().card().is_powered();
        let present = || slots[1].slot.lock().unwrap().is_present();
        slots[1].slot.lock().unwrap().power_on().unwrap();
        assert_eq!(obey("remove slot 1", &slots), "ok\n");
        assert_eq!((present(), powered(), slots[1].hung_up.get()), (false, false, 1));
        assert!(obey("reset slot 1", &slots).starts_with("error: "));
        assert_eq!(obey("insert slot 1\n", &slots), "ok\n");
        assert_eq!(obey("reset slot 1", &slots), "ok\n");
        assert!(present() && powered());
        assert_eq!(obey("trace on slot 1", &slots), "ok\n");
        assert!(slots[1].tracing.get() && !slots[0].tracing.get());
        assert!(obey("status", &slots).contains("in the reader, without power"));
        let image = obey("image slot 1", &slots);
        let image = hex::decode(image.trim_start_matches("ok\n").trim()).unwrap();
        assert!(image::open(&image).is_ok());
    }

    #[test]
    fn a_fault_reaches_the_line_where_there_is_one() {
        let slots = [fake()];
        assert_eq!(obey("fault 1 lost 3 late", &slots), "ok\n");
        let mut noise = slots[0].noise.take().unwrap();
        assert_eq!([noise.fate(8), noise.fate(8)], [noisy::Fate::Passes, noisy::Fate::IsLost]);
        assert_eq!(obey("noise 7 1000", &slots), "ok\n");
        assert_ne!(slots[0].noise.take().unwrap().fate(8), noisy::Fate::Passes);
        assert_eq!(obey("noise off", &slots), "ok\n");
        assert_eq!(slots[0].noise.take().unwrap().fate(8), noisy::Fate::Passes);
        slots[0].hung_up.set(1);
        assert!(obey("fault 1 lost", &slots).starts_with("error: this reader passes whole"));
    }

    #[test]
    fn a_tear_order_reaches_the_next_command() {
        let slots = [fake()];
        obey("reset", &slots);
        let select = testing::bytes("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF");
        slots[0].slot.lock().unwrap().exchange(&select).unwrap();
        assert_eq!(obey("tear 4", &slots), "ok\n");
        let verify = testing::bytes("00 20 00 00 03 000000");
        assert!(slots[0].slot.lock().unwrap().exchange(&verify).is_err());
        assert!(obey("dump", &slots).contains("bits are indeterminate"));
        obey("insert", &slots);
        assert_eq!(obey("tear-recovery 1", &slots), "ok\n");
        assert!(slots[0].slot.lock().unwrap().power_on().is_err());
    }

    #[test]
    fn a_stuck_counter_refuses_the_change_and_the_card_lives_on() {
        let slots = [fake()];
        obey("reset", &slots);
        let select = testing::bytes("00 A4 04 0C 0F 7378312E73682EC9E7BBE1B1A3D5CF");
        let verify = testing::bytes("00 20 00 00 03 999999");
        let send = |command| slots[0].slot.lock().unwrap().exchange(command).unwrap().to_vec();
        for place in ["counters", "journal"] {
            assert!(obey(&format!("stuck {place}"), &slots).starts_with("ok\nstuck: "));
            assert_eq!(obey("reset", &slots), "ok\n", "{place}");
            assert_eq!(send(&select), [0x90, 0x00]);
            assert_eq!(send(&verify), [0x65, 0x81], "{place}");
        }
        assert!(!obey("status", &slots).contains("dead"));
    }

    #[test]
    fn a_card_that_is_stuck_in_an_application_dies_of_its_next_change() {
        let slots = [fake_of("clinic")];
        obey("reset", &slots);
        assert!(obey("stuck social-security", &slots).starts_with("ok\nstuck: "));
        assert_eq!(obey("reset", &slots), "ok\n", "nothing has been changed yet");
        update(&slots[0].slot);
        assert!(!obey("status", &slots).contains("dead"));
        assert!(obey("reset", &slots).starts_with("error: the card is dead: "));
        for _ in 0..2 {
            let status = obey("status", &slots);
            assert!(status.contains("beside the reader, dead: "), "{status}");
            assert_eq!(obey("insert", &slots), "ok\n");
            assert!(obey("reset", &slots).starts_with("error: the card is dead: "));
        }
    }

    #[test]
    fn a_dump_names_each_application_once() {
        let dump = obey("dump", &[fake()]);
        for name in ["engine: ", "\nmaster\n", "\nsocial-security\n"] {
            assert_eq!(dump.matches(name).count(), 1, "{name}");
        }
        assert!(dump.contains("5403"), "the mark of a file tree");
    }

    #[test]
    fn what_is_not_an_order_is_told_so() {
        for bad in [
            "",
            "stuck",
            "stuck a b",
            "tear",
            "tear x",
            "tear -1",
            "trace",
            "random",
            "random 123",
            "fault",
            "fault 1",
            "fault 1 lost 2",
            "fault x lost",
            "fault 1 eaten",
            "noise",
            "noise 1",
            "noise on",
            "eat slot 0",
            "remove slot",
            "slot 0",
        ] {
            let answer = obey(bad, &[fake()]);
            assert!(answer.starts_with("error: expected tear N, "), "{bad}: {answer}");
        }
        assert_eq!(obey("insert slot 3", &[fake()]), "error: there is no slot 3, there are 1\n");
    }
}
