//! What a schedule did to its card, in words: each pulse, each decision, what recovery made of it.
//!
//! Invariant: `memory` is the card's as it was after the last happening told.

use tessera::{
    Card,
    explore::{Failure, Happening, Origin, Place, Start},
    nvm::{
        Eeprom, Memory, Pulse,
        record::{Event as Recorded, Given, bits_changed},
    },
    trace::{Event, Narrator},
};

const BOLD: &str = "1";
const WARNING: &str = "33";
const BAD: &str = "31";
const GOOD: &str = "32";

/// Tells happenings one after the other.
pub(super) struct Teller {
    card: Card,
    memory: Eeprom,
    /// The memory before the last command, and what that command did.
    sent: (Eeprom, Vec<Recorded>),
    narrator: Narrator,
    /// What was said in this session before the schedule begins.
    said: Vec<String>,
    /// Completed power-ups since the last tear.
    power_ups: u32,
    /// What the card held at last; empty before a power-up has completed.
    holds: String,
    colours: bool,
}

impl Teller {
    pub(super) fn new(start: &Start, colours: bool) -> Self {
        let mut narrator = Narrator::new(start.card.profile().vocabulary());
        narrator.tell(&Event::PowerOn { atr: start.card.atr() });
        let mut said = Vec::new();
        for (sent, response) in start.session.iter().zip(&start.answers) {
            let command = &sent.command;
            let told = narrator.tell(&Event::Exchange { command, response, took_us: 0, pulses: 0 });
            let status = told.status.map(|status| hex::encode_upper(status.to_bytes()));
            said.push(format!("  {}: {}", told.meaning, status.unwrap_or_default()));
        }
        let memory = start.card.eeprom().clone();
        let sent = (memory.clone(), Vec::new());
        let (card, holds) = (start.card.clone(), String::new());
        Self { card, memory, sent, narrator, said, power_ups: 0, holds, colours }
    }

    /// Which card it is.
    pub(super) fn introduction(&self, origin: &Origin) -> String {
        let profile = &self.card.profile().name;
        let geometry = self.memory.geometry();
        let part = format!("{} bytes of {}", self.memory.bytes(), geometry.part);
        let card = match origin {
            Origin::Given | Origin::Profile(_) => format!("A card of {profile}, {part}"),
            Origin::Vector { name, line, pulse } => {
                let each = if *pulse > 1 { format!(", tear {pulse}") } else { String::new() };
                format!("The card of {name} at line {line}{each}: {profile}, {part}")
            }
        };
        let mut text = self.paint(BOLD, &card);
        for line in &self.said {
            text.push('\n');
            text.push_str(line);
        }
        text
    }

    pub(super) fn tell(&mut self, happening: &Happening) -> Vec<String> {
        match happening {
            Happening::Started(memory) => {
                self.memory = *memory.clone();
                Vec::new()
            }
            Happening::Sent { command, response, took_us, events } => {
                self.sent_command(command, response.as_deref(), *took_us, events)
            }
            Happening::Torn { cut } => self.torn(*cut),
            Happening::Drawn { new, old, wavering, eeprom } => {
                self.memory = *eeprom.clone();
                vec![format!(
                    "     of the bits in doubt {new} are new for good, {old} old, {wavering} waver"
                )]
            }
            Happening::PoweredOn { events, completed } => self.powered_on(events, *completed),
            Happening::Holds { new, places } => self.holds(*new, places),
        }
    }

    fn sent_command(
        &mut self,
        command: &[u8],
        response: Option<&[u8]>,
        took_us: u64,
        events: &[Recorded],
    ) -> Vec<String> {
        let before = self.memory.clone();
        let lines = self.events(events);
        let pulses = lines.len() as u64;
        self.sent = (before, events.to_vec());
        let event = match response {
            Some(response) => Event::Exchange { command, response, took_us, pulses },
            None => Event::Torn { command, pulses },
        };
        let told = self.narrator.tell(&event);
        let mut told: Vec<String> = told.to_string().lines().map(str::to_owned).collect();
        told.insert(0, String::new());
        told.extend(lines);
        told
    }

    fn torn(&mut self, cut: u32) -> Vec<String> {
        self.power_ups = 0;
        let (before, events) = self.sent.clone();
        let pulse = |event: &&Recorded| !matches!(event, Recorded::Decided { .. });
        let pulses: Vec<&Recorded> = events.iter().filter(pulse).collect();
        self.memory = before;
        let place = cut as usize - 1;
        let Some(torn) = pulses.get(place) else {
            for given in &pulses {
                self.give(given);
            }
            let title = "\nThe answer has gone out, and the power goes";
            return vec![self.paint(WARNING, title)];
        };
        let title = format!("\nThe same with the power failing in pulse {cut} of {}", pulses.len());
        let mut lines = vec![self.paint(WARNING, &title)];
        for given in &pulses[..place] {
            self.give(given);
        }
        if let Recorded::Pulsed(given) | Recorded::Torn(given) = torn {
            lines.extend(self.event(cut as usize, &Recorded::Torn(given.clone())));
        }
        lines
    }

    fn powered_on(&mut self, events: &[Recorded], completed: bool) -> Vec<String> {
        let again = self.power_ups > 0;
        let lines = self.events(events);
        let title = match (completed, again) {
            (true, false) => "\nPower comes",
            (true, true) => "Power goes and comes again",
            (false, _) => "\nPower comes, and fails again",
        };
        self.power_ups = if completed { self.power_ups + 1 } else { 0 };
        if lines.is_empty() {
            return vec![format!("{title}: nothing to settle")];
        }
        [vec![self.paint(BOLD, title)], lines].concat()
    }

    fn holds(&mut self, new: bool, places: &[(Place, u32)]) -> Vec<String> {
        let value = if new { "new" } else { "old" };
        let places: Vec<String> =
            places.iter().map(|(place, bytes)| spanned(place, *bytes)).collect();
        self.holds = if places.is_empty() {
            "what it should, for no change was torn".into()
        } else {
            format!("the {value} value: {}", places.join("; "))
        };
        vec![format!("     the card holds {}", self.holds)]
    }

    /// Pulses, and the decisions that were not idle, a line each.
    fn events(&mut self, events: &[Recorded]) -> Vec<String> {
        let mut pulses = 0;
        let mut lines = Vec::new();
        for event in events {
            pulses += usize::from(!matches!(event, Recorded::Decided { .. }));
            lines.extend(self.event(pulses, event));
        }
        lines
    }

    fn event(&mut self, number: usize, event: &Recorded) -> Option<String> {
        let (given, fails) = match event {
            Recorded::Decided { at, word, reads, in_doubt } => {
                return self.decision(*at, *word, *reads, *in_doubt);
            }
            Recorded::Pulsed(given) => (given, false),
            Recorded::Torn(given) => (given, true),
        };
        let pulse = given.pulse();
        let (bits, doubtful) = (bits_changed(&self.memory, &pulse), self.in_doubt(&pulse));
        let (kind, at, bytes) = match given {
            Given::Erase { at, bytes } => ("erase", *at, *bytes),
            Given::Program { at, data } => ("program", *at, data.len() as u32),
        };
        let place = spanned(&Place::at(&self.card, at), bytes);
        self.give(event);
        let comes = match (fails, self.in_doubt(&pulse), doubtful, bits) {
            (true, waver, ..) => self.paint(BAD, &format!("POWER FAILS, {waver} bits waver")),
            (false, _, 1.., _) => format!("{doubtful} bits that wavered are solid"),
            (false, _, 0, 0) => "nothing new".into(),
            (false, _, 0, bits) => format!("{bits} bits"),
        };
        Some(format!("{number:5}  {kind:<8} {place:<52} {comes}"))
    }

    /// Indeterminate bits within the range of a pulse.
    fn in_doubt(&self, pulse: &Pulse<'_>) -> u32 {
        let range = pulse.at()..pulse.at() + pulse.bytes() as u32;
        let torn = self.memory.torn().iter().filter(|byte| range.contains(&byte.at));
        torn.map(|byte| byte.mask.count_ones()).sum()
    }

    fn decision(&self, at: u32, word: [u8; 4], reads: bool, in_doubt: bool) -> Option<String> {
        let idle = word == [self.memory.geometry().erased; 4];
        if idle && reads && !in_doubt {
            return None;
        }
        let value = match (idle, reads) {
            (true, true) | (false, false) => "clear",
            (true, false) | (false, true) => "set",
        };
        let place = Place::at(&self.card, at).to_string();
        let doubt = if in_doubt { self.paint(WARNING, " (in doubt)") } else { String::new() };
        Some(format!("       read     {place:<52} {value}{doubt}"))
    }

    fn give(&mut self, event: &Recorded) {
        match event {
            // A pulse that fails in this memory failed in the run as well.
            Recorded::Pulsed(given) => drop(self.memory.pulse(given.pulse())),
            Recorded::Torn(given) => self.memory.tear(given.pulse()),
            Recorded::Decided { .. } => {}
        }
    }

    pub(super) fn verdict(&self, verdict: &Result<(), Failure>) -> String {
        match verdict {
            Ok(()) if self.holds.is_empty() => {
                "\nNo power-up completes in this line: end it with `| on`".into()
            }
            Ok(()) => {
                let kept = format!("\nKept. After every power-up the card holds {}", self.holds);
                self.paint(GOOD, &kept)
            }
            Err(failure) => {
                let property = failure.broken.property();
                let broken = format!("\nBROKEN, {property}: {}", failure.broken);
                format!("{}\n  {}", self.paint(BAD, &broken), failure.schedule)
            }
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        let blank = text.len() - text.trim_start_matches('\n').len();
        let (front, text) = text.split_at(blank);
        if self.colours {
            format!("{front}\x1b[{colour}m{text}\x1b[0m")
        } else {
            format!("{front}{text}")
        }
    }
}

/// A place and what follows it.
fn spanned(place: &Place, bytes: u32) -> String {
    match place {
        Place::Segment { application, offset } if bytes > 1 => {
            format!("{application} offset {offset} to {}", offset + bytes - 1)
        }
        _ => place.to_string(),
    }
}
