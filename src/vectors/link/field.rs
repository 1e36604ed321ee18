//! A dialogue with several cards in one field: what each of them says is heard on top of the
//! others. A reader's own search can be let loose in it; the lines behind are what it has to send.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    field::{
        Field, Place,
        search::{Step, a, b},
    },
    link::{
        Application, Frame, PiccType,
        pcd::{Air, Heard as Sound},
        picc::{Picc, sizes::fc_of_us},
    },
    vectors::run::spaced,
};

use super::{
    Event, Form, Searched, Settings, picc,
    run::{Bytes, Heard, Peer, shown},
    stub::Stub,
};

/// Carrier periods between what was heard and the reader's next frame.
const PAUSE_FC: u64 = 7_000;

/// How long the field has been on at the beginning, and after anything that happens in it.
const GUARD_FC: u64 = 100_000;

/// How long the reader listens: the longest waiting time a card here may need.
const WAIT_FC: u64 = 1_100_000;

/// Most cards a search looks for.
const CARDS_MAX: usize = 64;

/// Cards in a field that is on.
pub struct Cards {
    field: Field<Box<dyn Application>>,
    stub: Option<Stub>,
    places: BTreeMap<String, Place>,
    /// What a search has sent and heard that no line has been compared with yet.
    searched: VecDeque<(String, Heard)>,
}

impl Cards {
    /// A field without cards, which is on. The stand-in is behind every card.
    #[must_use]
    pub fn new(stub: Option<Stub>) -> Self {
        let mut field = Field::new();
        field.switch_on();
        field.pause(GUARD_FC);
        Self { field, stub, places: BTreeMap::new(), searched: VecDeque::new() }
    }

    fn enter(&mut self, name: &str, settings: &Settings) -> Result<(), String> {
        let of = if settings.word("type") == Some("b") { PiccType::B } else { PiccType::A };
        let Some(stub) = self.stub.clone() else {
            return Err("in a field there is nothing but the stand-in behind a card".into());
        };
        let seed = self.places.len() as u64 + 1;
        let parameters = picc::parameters(settings, of)?;
        let mut card = Picc::new(parameters, Box::new(stub) as Box<dyn Application>, seed);
        picc::give_draws(&mut card, settings);
        let place = self.field.enter(card);
        match self.places.insert(name.into(), place) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is in the field already")),
        }
    }

    /// The type a frame is sent to: that of the cards, and A where there are both unless the line
    /// says otherwise.
    fn type_of(&self, bytes: &Bytes<'_>) -> PiccType {
        let mut types = self.places.values().filter_map(|&place| self.field.picc(place));
        match bytes.of {
            Some(of) => of,
            None if !self.places.is_empty()
                && types.all(|card| card.picc_type() == PiccType::B) =>
            {
                PiccType::B
            }
            None => PiccType::A,
        }
    }

    fn search(&mut self, searched: Searched) -> Result<(), String> {
        let mut steps = VecDeque::new();
        let done = match searched {
            Searched::A => {
                let seen = |field: &Field<_>, step: Step<'_, a::Concludes>| {
                    steps.push_back((sent(step.sent), heard(field, step.heard)));
                };
                let options = a::Options::default();
                a::find_all(&mut self.field, options, CARDS_MAX, &mut Vec::new(), seen)
            }
            Searched::B { slots_code } => {
                let seen = |field: &Field<_>, step: Step<'_, b::Concludes>| {
                    steps.push_back((sent(step.sent), heard(field, step.heard)));
                };
                let options = b::Options { slots_code, ..b::Options::default() };
                b::find_all(&mut self.field, options, CARDS_MAX, &mut Vec::new(), seen)
            }
        };
        self.searched = steps;
        done.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// A frame as a vector has it.
fn sent(frame: &Frame) -> String {
    let (bytes, last_bits) = (&frame.bytes, frame.last_bits);
    shown(&Bytes { bytes, last_bits, check: false, damaged: false, of: None })
}

fn heard(field: &Field<Box<dyn Application>>, sound: &Sound) -> Heard {
    let places: Vec<_> = field.answered().iter().map(|place| place.0.to_string()).collect();
    let who = match places.as_slice() {
        [] => "field, nobody answers".into(),
        places => format!("field, places that answer: {}", places.join(" ")),
    };
    match sound {
        Sound::Nothing => Heard { who, ..Heard::default() },
        Sound::Noise => Heard { other: Some(Form::Noise), who, ..Heard::default() },
        Sound::Collision { .. } => {
            Heard { bits: Some(field.on_air_text()), who, ..Heard::default() }
        }
        Sound::Frame(frame) => {
            let mut heard = picc::heard(frame, None, who);
            if frame.of == PiccType::A {
                heard.bits = Some(field.on_air_text());
            }
            heard
        }
    }
}

impl Peer for Cards {
    fn send(&mut self, bytes: &Bytes<'_>) -> Result<Heard, String> {
        let frame = picc::frame(self.type_of(bytes), bytes, false);
        if let Some((sent_text, mut heard)) = self.searched.pop_front() {
            if sent_text != sent(&frame) {
                heard.fault = Some(format!("the reader's search has sent {sent_text}"));
            }
            return Ok(heard);
        }
        self.field.pause(PAUSE_FC);
        let sound = self.field.transceive(&frame, WAIT_FC);
        Ok(heard(&self.field, &sound))
    }

    fn event(&mut self, event: &Event) -> Result<Option<Heard>, String> {
        self.ended()?;
        match event {
            Event::On => self.field.switch_on(),
            Event::Off => self.field.switch_off(),
            Event::Wait(time_us) => self.field.pause(fc_of_us(*time_us)),
            Event::Enter(name, settings) => self.enter(name, settings)?,
            Event::Leave(name) => {
                let place = self.places.remove(name);
                let place = place.ok_or_else(|| format!("there is no card {name}"))?;
                self.field.leave(place);
            }
            Event::Search(searched) => {
                self.search(*searched)?;
                return Ok(None);
            }
            _ => return Err("there is no such event in a field".into()),
        }
        self.field.pause(GUARD_FC);
        Ok(None)
    }

    fn ended(&mut self) -> Result<(), String> {
        match self.searched.pop_front() {
            None => Ok(()),
            Some((text, heard)) => {
                let bytes = heard.bytes.as_deref().map_or("something else".into(), spaced);
                Err(format!("the reader's search goes on: it sends {text} and hears {bytes}"))
            }
        }
    }
}
