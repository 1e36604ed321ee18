//! A clinic visit: a patient is identified, and the power fails in an update.

use tessera::{
    Card, Profile, StatusWord,
    reader::{Slot, SlotError},
    trace::{Narrator, Told},
};

use super::title;
use crate::cli::{Failure, say};

const ENVIRONMENT: &str = "00 A4 04 00 0F 7378312E73682EC9E7BBE1B1A3D5CF";
/// A new telephone number for record 3 of the residence file, tag 28.
const UPDATE: &str = "00 DC 03 34 11 280F 303537333838383838383800000000";
const READ_TELEPHONE: &str = "00 B2 03 34 11";

/// The visit, then the update again with a cut in every pulse.
pub(super) fn visit(colours: bool) -> Result<(), Failure> {
    let card = Card::from_profile(&Profile::load("clinic")?)?;
    title(colours, "A clinic identifies its patient, and the power fails");
    say(
        "  The card is a value in this process: 8 KiB of EEPROM, its holder made up. The terminal\n  speaks to it in command APDUs. > is the command, < the answer, times are the card's own.\n",
    );
    let mut clinic = Clinic::open(card, colours)?;
    clinic.identify()?;
    clinic.ask_for_the_pin()?;
    clinic.read_the_insurance()?;
    clinic.lose_power()?;
    every_cut(clinic.slot.card().clone(), colours)
}

/// The clinic's terminal.
struct Clinic {
    slot: Slot,
    colours: bool,
}

impl Clinic {
    fn open(card: Card, colours: bool) -> Result<Self, Failure> {
        let mut narrator = Narrator::new(card.profile().vocabulary());
        let made_us = card.clock_us();
        let mut slot = Slot::new(card);
        slot.observe(Some(Box::new(move |card, event| {
            let since_us = card.clock_us() - made_us;
            let time = format!("{:6}.{} ms ", since_us / 1000, since_us % 1000 / 100);
            say(&laid_out(&narrator.tell(event), &time, colours));
        })));
        let mut clinic = Self { slot, colours };
        clinic.title("The card goes into the reader");
        clinic.slot.power_on()?;
        Ok(clinic)
    }

    fn title(&self, text: &str) {
        title(self.colours, text);
    }

    /// Sends a command and returns the answer's data; any status but 9000 is the demo's end.
    fn send(&mut self, command: &str) -> Result<Vec<u8>, Failure> {
        let answer = self.slot.exchange(&bytes(command)?)?;
        match answer.split_last_chunk::<2>() {
            Some((data, [0x90, 0x00])) => Ok(data.to_vec()),
            _ => Err(format!("{command}: {}", hex::encode_upper(answer)).into()),
        }
    }

    fn identify(&mut self) -> Result<(), Failure> {
        self.title("Who is it?");
        self.send(ENVIRONMENT)?;
        self.send("00 B2 01 2D 00")?;
        self.send("00 B2 01 35 00")?;
        Ok(())
    }

    fn ask_for_the_pin(&mut self) -> Result<(), Failure> {
        self.title(
            "The patient types the PIN, wrong at first: a try is counted before it is compared",
        );
        let refused = self.slot.exchange(&bytes("00 20 00 00 03 123455")?)?;
        if refused != StatusWord::tries_left(5).to_bytes() {
            return Err(format!("a wrong PIN: {}", hex::encode_upper(refused)).into());
        }
        self.send("00 20 00 00 03 123456").map(drop)
    }

    fn read_the_insurance(&mut self) -> Result<(), Failure> {
        self.title(
            "What is the patient insured for? The PIN, shown in the environment, is good below it",
        );
        self.send("00 A4 00 00 02 DF04")?;
        self.send("00 B2 01 2C 0A")?;
        self.send("00 B2 8B 28 1F").map(drop)
    }

    fn lose_power(&mut self) -> Result<(), Failure> {
        self.title("The patient has a new telephone number, and takes the card out too early");
        self.send("00 A4 00 00 02 DF01")?;
        self.send(READ_TELEPHONE)?;
        self.slot.tear_at(2);
        match self.slot.exchange(&bytes(UPDATE)?) {
            Err(SlotError::Torn) => {}
            answer => return Err(format!("the torn update: {answer:?}").into()),
        }
        self.title("The card comes back: settled before its answer to reset, the old number whole");
        self.slot.insert()?;
        self.slot.power_on()?;
        self.send(ENVIRONMENT)?;
        self.send("00 20 00 00 03 123456")?;
        self.send("00 A4 00 00 02 DF01")?;
        self.send(READ_TELEPHONE)?;
        self.send(UPDATE)?;
        self.send(READ_TELEPHONE).map(drop)
    }
}

/// The update again on a fork of the card for each pulse, cut in that pulse.
fn every_cut(mut card: Card, colours: bool) -> Result<(), Failure> {
    title(colours, "And at every other moment? A fork of the card for each pulse, cut right there");
    let other_number = "00 DC 03 34 11 280F 303537333636363636363600000000";
    card.power_off();
    say("  cut in pulse   bits left wavering   pulses to settle   the telephone reads");
    for cut in 1.. {
        let mut fork = card.clone();
        for command in [ENVIRONMENT, "00 20 00 00 03 123456", "00 A4 00 00 02 DF01"] {
            if !fork.is_powered() {
                fork.power_on()?;
            }
            fork.transmit(&bytes(command)?)?;
        }
        fork.tear_at(cut);
        if fork.transmit(&bytes(other_number)?).is_ok() {
            say(&format!(
                "  {} pulses in all; the number is the old one or the new one, never a mix",
                cut - 1
            ));
            return Ok(());
        }
        let wavering: u32 = fork.eeprom().torn().iter().map(|byte| byte.mask.count_ones()).sum();
        let before = fork.pulses();
        fork.power_on()?;
        let settled = fork.pulses() - before;
        for command in [ENVIRONMENT, "00 20 00 00 03 123456", "00 A4 00 00 02 DF01"] {
            fork.transmit(&bytes(command)?)?;
        }
        let read = fork.transmit(&bytes(READ_TELEPHONE)?)?;
        let number = match read.get(2..13) {
            Some(b"05738888888") => "05738888888  old",
            Some(b"05736666666") => "05736666666  new",
            _ => return Err(format!("a mix: {}", hex::encode_upper(read)).into()),
        };
        say(&format!("  {cut:12}   {wavering:18}   {settled:16}   {number}"));
    }
    Ok(())
}

/// The narrator's lines, the time in front of the first.
fn laid_out(told: &Told, time: &str, colours: bool) -> String {
    let wrong =
        told.status.is_none_or(|status| status != StatusWord::OK) && !told.command.is_empty();
    let margin = " ".repeat(time.len());
    let text = told.to_string();
    let lines = text.lines().enumerate().map(|(n, line)| {
        let front = if n == 0 { time } else { &margin };
        let colour = match line.chars().next() {
            Some('>') => "36",
            Some('<') => "32",
            Some('-') => "1",
            _ if line == format!("  {}", told.outcome) && wrong => "33",
            _ => return format!("{front}{line}"),
        };
        if colours {
            format!("{front}\x1b[{colour}m{line}\x1b[0m")
        } else {
            format!("{front}{line}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn bytes(text: &str) -> Result<Vec<u8>, hex::FromHexError> {
    hex::decode(text.split_whitespace().collect::<String>())
}
