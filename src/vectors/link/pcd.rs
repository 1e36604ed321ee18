//! A dialogue with the reader's side of blocks: the reader is given orders, `>` is what it has to
//! send, and the file plays the card.

use crate::{
    link::{
        Frame, PiccType,
        pcd::{
            Air, Heard, Link, Options, Presence, Session,
            activation::{attrib, rats},
            told::Atqb,
        },
        picc::{Rates, sizes::fwt_fc},
    },
    vectors::run::{Failure, spaced},
};

use super::{
    Action, Answer, Dialogue, Event, Form, Sent, Settings, Step, picc,
    run::{Check, Held, words},
};

/// Holds the dialogue.
pub(super) fn hold(held: Held, dialogue: &Dialogue) -> Check {
    let of = match dialogue.card.word("type") {
        Some("b") => PiccType::B,
        _ => PiccType::A,
    };
    let mut file = File { steps: &[], of, now_fc: 0, held, failure: None };
    let link = link(of, &dialogue.card, &dialogue.reader);
    let mut session = Session::new(link);
    let mut steps = dialogue.steps.as_slice();
    while let Some((step, rest)) = steps.split_first() {
        let Action::Event(order, _) = &step.action else { break };
        let exchanges = rest.iter().take_while(|step| matches!(step.action, Action::Exchange(..)));
        let (exchanges, rest) = rest.split_at(exchanges.count());
        let Some((last, rest)) = rest.split_first() else { break };
        let Action::Outcome(expected) = &last.action else { break };
        file.held.said(step.line, &format!("+ {}", words(order)));
        file.steps = exchanges;
        let got = file.obey(order, &mut session, dialogue);
        file.ended()?;
        file.held.came_to(last.line, expected, got)?;
        steps = rest;
    }
    Ok(())
}

fn link(of: PiccType, card: &Settings, reader: &Settings) -> Link {
    let size = |settings: &Settings, key| settings.number(key).unwrap_or(256) as usize;
    Link {
        fsc_bytes: size(card, "fsc"),
        fsd_bytes: size(reader, "fsd"),
        fwt_fc: fwt_fc(card.byte("fwi").unwrap_or(8)),
        cid: reader.byte("cid"),
        nad: reader.bytes("nad").and_then(|nad| nad.first().copied()),
        ..Link::new(of)
    }
}

/// The card's side, out of the file.
struct File<'f> {
    /// What is still to come of this order.
    steps: &'f [Step],
    of: PiccType,
    now_fc: u64,
    held: Held,
    /// What went wrong; nothing is played any more.
    failure: Option<Box<Failure>>,
}

impl<'f> File<'f> {
    fn obey(
        &mut self,
        order: &Event,
        session: &mut Session,
        dialogue: &Dialogue,
    ) -> Result<Option<Vec<u8>>, String> {
        let done = match order {
            Event::Run(command) => session.exchange(self, command).map(Some),
            Event::Deselect => session.deselect(self).map(|()| None),
            Event::Check(by_block) => {
                let how = if *by_block { Presence::EmptyBlock } else { Presence::Nak };
                match session.is_present(self, how) {
                    Ok(true) => Ok(None),
                    Ok(false) => return Err("the card is absent".into()),
                    Err(error) => Err(error),
                }
            }
            _ => self.activated(dialogue)?.map(|activated| {
                *session = activated;
                None
            }),
        };
        done.map_err(|error| error.to_string())
    }

    fn activated(
        &mut self,
        dialogue: &Dialogue,
    ) -> Result<Result<Session, crate::link::pcd::PcdError>, String> {
        let reader = &dialogue.reader;
        let fsd = reader.number("fsd").unwrap_or(256);
        let options = Options {
            fsdi: picc::size_code(fsd).ok_or_else(|| format!("there is no FSD {fsd}"))?,
            cid: reader.byte("cid"),
            nad: reader.byte("nad"),
            rates: Rates::of_byte(reader.byte("rates").unwrap_or(0)),
            ..Options::default()
        };
        if self.of == PiccType::A {
            return Ok(rats(self, &options).map(|(_, session)| session));
        }
        let card = picc::parameters(&dialogue.card, PiccType::B)?;
        let atqb = card.atqb().unwrap_or_default();
        let atqb = Atqb::parse(&atqb).map_err(|error| error.to_string())?;
        Ok(attrib(self, &atqb, &options).map(|(_, session)| session))
    }

    /// The order is carried out: nothing of the file may be left.
    fn ended(&mut self) -> Check {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        match self.steps.first() {
            None => Ok(()),
            Some(step) => {
                let what = "reader: it sends nothing more";
                Err(self.held.failure(step.line, what, "what this line says", "nothing"))
            }
        }
    }

    fn wrong(&mut self, line: usize, what: &str, expected: &str, got: &str) -> Heard {
        if self.failure.is_none() {
            self.failure = Some(self.held.failure(line, what, expected, got));
        }
        Heard::Nothing
    }

    fn judged(&mut self, line: usize, sent: &Sent, frame: &Frame, wait_fc: u64) -> Option<Heard> {
        let expected = match self.held.bytes(line, sent) {
            Ok(bytes) => bytes,
            Err(failure) => {
                self.failure.get_or_insert(failure);
                return Some(Heard::Nothing);
            }
        };
        let Some(got) = frame.checked().filter(|_| frame.of == self.of) else {
            let what = "reader: its frame is not whole";
            return Some(self.wrong(line, what, &spaced(&expected), &spaced(&frame.bytes)));
        };
        self.held.said(line, &format!("> {} @{wait_fc}", spaced(got)));
        if got != expected {
            let what = "reader: it sends another block";
            return Some(self.wrong(line, what, &spaced(&expected), &spaced(got)));
        }
        match sent.at {
            Some(when) if !when.fits(wait_fc) => {
                let what = "reader: it listens for another time";
                Some(self.wrong(line, what, &when.to_string(), &format!("@{wait_fc}")))
            }
            _ => None,
        }
    }

    fn play(&mut self, answer: &Answer, wait_fc: u64) -> Heard {
        let frame = match &answer.form {
            Form::Played(bytes, _) => {
                self.held.said(answer.line, &format!("< {}", spaced(bytes)));
                Frame::with_crc(self.of, bytes)
            }
            Form::Damaged => {
                self.held.said(answer.line, "< ~");
                Frame { intact: false, ..Frame::with_crc(self.of, &[0x02, 0x90, 0x00]) }
            }
            _ => {
                self.held.said(answer.line, "< none");
                self.now_fc = self.now_fc.saturating_add(wait_fc);
                return Heard::Nothing;
            }
        };
        Heard::Frame(frame)
    }
}

impl Air for File<'_> {
    fn transceive(&mut self, frame: &Frame, wait_fc: u64) -> Heard {
        if self.failure.is_some() {
            return Heard::Nothing;
        }
        let Some((step, rest)) = self.steps.split_first() else {
            let line = 0;
            let what = "reader: it goes on where the file has nothing more";
            return self.wrong(line, what, "nothing", &spaced(&frame.bytes));
        };
        self.steps = rest;
        let Action::Exchange(sent, answer) = &step.action else { return Heard::Nothing };
        match self.judged(step.line, sent, frame, wait_fc) {
            Some(heard) => heard,
            None => self.play(answer, wait_fc),
        }
    }

    fn pause(&mut self, fc: u64) {
        self.now_fc = self.now_fc.saturating_add(fc);
    }

    fn now_fc(&self) -> u64 {
        self.now_fc
    }
}
