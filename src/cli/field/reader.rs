//! The reader that is drawn: it finds every card of Type A, then every one of Type B, activates or
//! halts each, and selects the first application of those that are active.

use tessera::{
    field::{
        Field, Place,
        search::{Cost, a, b},
    },
    link::{
        Application, Frame, PiccType,
        pcd::{Air, Heard, Options, PcdError, Session, activation},
    },
};

use super::drawing::{Drawing, LEGEND};

/// CIDs there are, 1 to 14.
const CID_MAX: usize = 14;
/// How often in a row a card may be found that has been found before: it has not heard that it is
/// halted.
const AGAIN_MAX: usize = 16;

/// A reader and all that lies in its field.
pub(super) struct Reader<'a, A> {
    field: Field<A>,
    names: &'a [String],
    drawing: Drawing,
    activates: bool,
    is_unsure: bool,
    say: fn(&str),
    sessions: Vec<(Place, u8, Session)>,
}

/// What stands behind a card, as far as it is shown.
pub(super) trait Shown: Application {
    /// A command that selects its first application.
    fn first_select(&self) -> Vec<u8>;
}

/// A field that tells the frames of an activation, whose last byte ends with the CID.
struct Told<'a, A> {
    field: &'a mut Field<A>,
    drawing: &'a Drawing,
    say: fn(&str),
}

impl<A: Application> Air for Told<'_, A> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        let heard = self.field.transceive(frame, wait_fc);
        let concludes = match &heard {
            Heard::Nothing => "nobody".to_owned(),
            Heard::Frame(answer) if answer.checked().is_some() => {
                let last = frame.checked().and_then(<[u8]>::last).copied().unwrap_or_default();
                format!("active, CID {}", last & 0x0F)
            }
            _ => "damaged".to_owned(),
        };
        (self.say)(&self.drawing.line(self.field, frame, &heard, &concludes));
        heard
    }

    fn pause(&mut self, fc: u64) {
        self.field.pause(fc);
    }

    fn now_fc(&self) -> u64 {
        self.field.now_fc()
    }
}

impl<'a, A: Shown> Reader<'a, A> {
    /// A reader. `is_unsure` makes it ask until it is sure that nobody is left.
    pub(super) fn new(
        field: Field<A>,
        names: &'a [String],
        activates: bool,
        is_unsure: bool,
        say: fn(&str),
    ) -> Self {
        let drawing = Drawing::of(&field);
        Self { field, names, drawing, activates, is_unsure, say, sessions: Vec::new() }
    }

    /// Draws all of it; true when every card was found.
    pub(super) fn finds_all(&mut self) -> bool {
        self.tell_cards();
        let mut found = Vec::new();
        for (of, name) in [(PiccType::A, "Type A, bit by bit"), (PiccType::B, "Type B, by slots")] {
            let is_of =
                |place: &Place| self.field.picc(*place).is_some_and(|picc| picc.picc_type() == of);
            let there: Vec<_> = self.field.places().filter(is_of).collect();
            if there.is_empty() {
                continue;
            }
            (self.say)(&format!("\n{name}"));
            (self.say)(&self.drawing.head());
            let began_fc = self.field.now_fc();
            let before = found.len();
            let (cost, is_done) = match of {
                PiccType::A => self.search_a(&mut found),
                PiccType::B => self.search_b(&mut found),
            };
            let took_us = (self.field.now_fc() - began_fc) * 100 / 1356;
            let end = if is_done { "" } else { "; the reader gave up" };
            (self.say)(&format!(
                "  {} of {} found with {} frames, {} bits, in {}.{} ms{end}",
                found.len() - before,
                there.len(),
                cost.frames,
                cost.bits,
                took_us / 1000,
                took_us % 1000 / 100,
            ));
        }
        self.tell_commands();
        found.sort_unstable();
        found.dedup();
        found.len() == self.field.places().count()
    }

    fn tell_cards(&self) {
        let cards = self.field.places().count();
        let plural = if cards == 1 { "card" } else { "cards" };
        (self.say)(&format!("{cards} {plural} in the field\n"));
        for (letter, place) in self.drawing.cards() {
            let Some(picc) = self.field.picc(place) else { continue };
            let (of, what) = match picc.picc_type() {
                PiccType::A => ("Type A", "UID"),
                PiccType::B => ("Type B", "PUPI"),
            };
            let name = self.names.get(place.0).map_or("", String::as_str);
            let identifier = hex::encode_upper(picc.identifier());
            (self.say)(&format!("  {letter} {name:<24} {of}  {what:<4} {identifier}"));
        }
        (self.say)(&format!("\n  {LEGEND}"));
    }

    fn search_a(&mut self, found: &mut Vec<Place>) -> (Cost, bool) {
        let Self { field, drawing, say, sessions, activates, .. } = self;
        let silent_requests = if self.is_unsure { 3 } else { 1 };
        let options = a::Options { silent_requests, ..a::Options::default() };
        let mut search = a::Search::new(field, options, |field, step| {
            say(&drawing.line(field, step.sent, step.heard, &step.concludes.to_string()));
        });
        let mut again = 0;
        while again < AGAIN_MAX {
            let card = match search.next_card() {
                Ok(Some(card)) => card,
                end => return (search.cost(), end.is_ok()),
            };
            let Some(place) = place_of(search.air(), PiccType::A, &card.uid) else { continue };
            note(place, found, &mut again);
            let cid = next_cid(sessions, *activates).filter(|_| card.speaks_part_4());
            let mut told = Told { field: search.air(), drawing, say: *say };
            let session = cid.map(|cid| (cid, activation::rats(&mut told, &with(cid))));
            match session {
                Some((cid, Ok((_, session)))) => sessions.push((place, cid, session)),
                _ => {
                    search.halt();
                }
            }
        }
        (search.cost(), false)
    }

    fn search_b(&mut self, found: &mut Vec<Place>) -> (Cost, bool) {
        let Self { field, drawing, say, sessions, activates, .. } = self;
        let options = b::Options { until_silent: self.is_unsure, ..b::Options::default() };
        let mut search = b::Search::new(field, options, |field, step| {
            say(&drawing.line(field, step.sent, step.heard, &step.concludes.to_string()));
        });
        let mut again = 0;
        while again < AGAIN_MAX {
            let card = match search.next_card() {
                Ok(Some(card)) => card,
                end => return (search.cost(), end.is_ok()),
            };
            let Some(place) = place_of(search.air(), PiccType::B, &card.pupi) else { continue };
            note(place, found, &mut again);
            let cid = next_cid(sessions, *activates).filter(|_| card.has_part4());
            let mut told = Told { field: search.air(), drawing, say: *say };
            let session = cid.map(|cid| (cid, activation::attrib(&mut told, &card, &with(cid))));
            match session {
                Some((cid, Ok((_, session)))) => sessions.push((place, cid, session)),
                _ => {
                    search.halt(&card);
                }
            }
        }
        (search.cost(), false)
    }

    /// The first SELECT of every card that is active.
    fn tell_commands(&mut self) {
        let Self { field, drawing, say, sessions, .. } = self;
        if !sessions.is_empty() {
            say("\nEach command to the card with its CID");
        }
        for (place, cid, session) in sessions {
            let Some(picc) = field.picc(*place) else { continue };
            let command = picc.application().first_select();
            let answer = told_answer(session.exchange(field, &command));
            let (letter, command) = (drawing.letter(*place), hex::encode_upper(command));
            say(&format!("  CID {cid:<2} {letter}  {command:<44} {answer}"));
        }
    }
}

/// A card is found, for the first time or not.
fn note(place: Place, found: &mut Vec<Place>, again: &mut usize) {
    if found.contains(&place) {
        *again += 1;
    } else {
        found.push(place);
        *again = 0;
    }
}

/// The card that has this identifier.
fn place_of<A: Application>(field: &Field<A>, of: PiccType, identifier: &[u8]) -> Option<Place> {
    field.places().find(|place| {
        let picc = field.picc(*place);
        picc.is_some_and(|picc| picc.picc_type() == of && picc.identifier() == identifier)
    })
}

/// The CID of the next card that is activated.
fn next_cid(sessions: &[(Place, u8, Session)], activates: bool) -> Option<u8> {
    let cid = sessions.len() + 1;
    (activates && cid <= CID_MAX).then_some(cid as u8)
}

fn with(cid: u8) -> Options {
    Options { cid: Some(cid), ..Options::default() }
}

/// A status word and the data before it.
fn told_answer(answer: Result<Vec<u8>, PcdError>) -> String {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return error.to_string(),
    };
    let Some((data, status)) = answer.split_last_chunk::<2>() else { return "no status".into() };
    let status = hex::encode_upper(status);
    match data.get(..12) {
        _ if data.is_empty() => status,
        Some(begin) if data.len() > 12 => format!("{status} {}..", hex::encode_upper(begin)),
        _ => format!("{status} {}", hex::encode_upper(data)),
    }
}
