//! The same commands have the same answers on every interface: all vectors, each held with a card
//! in this process and, command by command, with the same card behind a link. Both end with the
//! same memory.

use std::{cell::RefCell, path::PathBuf, rc::Rc};

use tessera::{
    Card, Response,
    card::Chip,
    link::{
        Contact, Delivery, Direction, PiccType,
        contact::{FiDi, Offer, Parameters, Protocol, Reset},
        ifd::{Ifd, Wired},
        pcd::{
            Session,
            activation::{Options, activate},
            alone::Alone,
        },
        picc::{Picc, Rates},
    },
    vectors::{
        Body, Cards, Collection, Dialogue, Target, Targets, Unavailable, Vector, Verdict, run,
    },
};
use tessera_framework::{Apdu, Interface};

/// Where the other card is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Where {
    T0,
    T1,
    A,
    B,
}

/// A card behind a link, and the reader there.
enum Linked {
    Line(Box<Ifd<Wired<Chip>>>),
    Air { air: Box<Alone<Chip>>, session: Option<Session> },
}

impl Linked {
    fn new(card: Card, place: Where) -> Self {
        let profile = card.profile().clone();
        let chip = Chip::new(card);
        match place {
            Where::T0 | Where::T1 => {
                let offer = if place == Where::T0 { Offer::T0 } else { Offer::T1 };
                let line = Parameters { offer, ifsc_bytes: None, specific: None, ..profile.line };
                Self::Line(Box::new(Ifd::new(Contact::new(line, chip))))
            }
            Where::A | Where::B => {
                let picc_type = if place == Where::A { PiccType::A } else { PiccType::B };
                let picc = Picc::new(profile.air.parameters(picc_type), chip, 7);
                Self::Air { air: Box::new(Alone::new(picc)), session: None }
            }
        }
    }

    fn chip(&mut self) -> &mut Chip {
        match self {
            Self::Line(ifd) => ifd.contact_mut().application_mut(),
            Self::Air { air, .. } => air.picc_mut().application_mut(),
        }
    }

    /// Whether the reader has the card under power and knows how to speak to it.
    fn power_on(&mut self, place: Where) -> bool {
        match self {
            Self::Line(ifd) => {
                let protocol = if place == Where::T0 { Protocol::T0 } else { Protocol::T1 };
                ifd.reset(Reset::Cold).is_ok() && ifd.choose(protocol, FiDi::DEFAULT).is_ok()
            }
            Self::Air { air, session } => {
                air.picc_mut().field_off();
                air.picc_mut().field_on();
                // Small frames of the reader's: answers are chained.
                let options = Options { fsdi: 2, rates: Rates::ALL, ..Options::default() };
                *session = activate(&mut **air, &options).ok().map(|card| card.into_session());
                session.is_some()
            }
        }
    }

    fn power_off(&mut self) {
        match self {
            Self::Line(ifd) => ifd.power_off(),
            Self::Air { air, session } => {
                air.picc_mut().field_off();
                *session = None;
            }
        }
    }

    fn exchange(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Line(ifd) => ifd.exchange(command).ok(),
            Self::Air { air, session } => session.as_mut()?.exchange(&mut **air, command).ok(),
        }
    }
}

/// What a card keeps. GET RESPONSE takes time, and the time decides in which lane of the journal a
/// card writes next, so not all cells are alike.
fn kept(card: &Card) -> (Vec<u32>, Vec<Vec<u8>>) {
    let segments = card.applications().map(|(_, segment)| card.segment(segment));
    (card.counters(), segments.collect())
}

/// Both cards.
struct Both {
    direct: Card,
    linked: Linked,
    place: Where,
    name: String,
    response: Response,
    held: Rc<RefCell<usize>>,
}

impl Both {
    /// What is no command cannot go over a T=0 line, nor INS 6X and 9X, nor a command whose data
    /// goes the other way than it should.
    fn goes_over_t0(&self, command: &[u8]) -> bool {
        let Ok(apdu) = Apdu::parse(command) else { return false };
        let fits = match self.direct.direction([apdu.cla, apdu.ins.0, apdu.p1, apdu.p2]) {
            Direction::In => !apdu.data.is_empty() || [0, 256].contains(&apdu.ne),
            Direction::Out | Direction::Unknown => apdu.data.is_empty(),
        };
        fits && apdu.cla != 0xFF && apdu.ins.is_valid()
    }

    /// An answer that a T=0 line cannot bring as it is, and what it brings is right all the same.
    fn is_cut(&self, command: &[u8], direct: &[u8], linked: &[u8]) -> bool {
        let (Ok(apdu), Some((here, [sw1, sw2])), Some((there, [left, _]))) =
            (Apdu::parse(command), direct.split_last_chunk(), linked.split_last_chunk())
        else {
            return false;
        };
        let direction = self.direct.direction([apdu.cla, apdu.ins.0, apdu.p1, apdu.p2]);
        let excused = match (apdu.case(), left) {
            // Without Le the reader does not fetch what there is.
            (1 | 3, 0x61) => there.is_empty(),
            // P3 is 00, which is 256 where the answer brings data.
            (1, _) => direction == Direction::Out,
            // After 6CXX the reader fetches what it was told there is.
            (2, _) if *sw1 == 0x6C => here.is_empty(),
            // With the Le that 6CXX told nothing is missing before the end of the file.
            (2, 0x90) => [*sw1, *sw2] == [0x62, 0x82] && here == there,
            // The data brings no Le: what is answered is all there is, under a MAC another one, and
            // in a data object (odd INS) with another length.
            (4, 0x61 | 0x90) if apdu.ne != 256 => {
                let is_more = there.starts_with(here) || here.starts_with(there);
                let is_wrapped = apdu.cla & 0x0C == 0x04 || apdu.ins.0 & 1 == 1;
                matches!(sw1, 0x61 | 0x62 | 0x6C | 0x90) && (is_more || is_wrapped)
            }
            _ => false,
        };
        self.place == Where::T0 && excused
    }
}

impl Target for Both {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        let direct = self.direct.power_on();
        self.direct.set_delivery(Delivery::Apdus);
        let linked = self.linked.power_on(self.place);
        assert_eq!(direct.is_ok(), linked, "{}", self.name);
        Ok(direct.ok().map(|()| self.direct.atr().to_vec()))
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.direct.power_off();
        self.linked.power_off();
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        // A block without a command only asks whether the card is there.
        let is_asking = command.is_empty() && matches!(self.place, Where::A | Where::B);
        if is_asking || self.place == Where::T0 && !self.goes_over_t0(command) {
            return Ok(Some(vec![0x67, 0x00]));
        }
        *self.held.borrow_mut() += 1;
        let direct = self.direct.exchange(command, &mut self.response).ok();
        let direct = direct.map(|()| self.response.as_bytes().to_vec());
        let linked = self.linked.exchange(command);
        match (&direct, &linked) {
            (Some(direct), Some(linked)) if self.is_cut(command, direct, linked) => {
                // One was answered, the other not: they go on from here together.
                self.direct = self.linked.chip().card().clone();
                self.direct.set_delivery(Delivery::Apdus);
            }
            _ => assert_eq!(direct, linked, "{}: {}", self.name, hex::encode_upper(command)),
        }
        if direct.is_none() {
            self.linked.power_off();
        }
        let there = kept(self.linked.chip().card());
        assert!(kept(&self.direct) == there, "{}: {}", self.name, hex::encode_upper(command));
        Ok(direct)
    }

    fn tear_at(&mut self, pulse: u32) {
        self.direct.tear_at(pulse);
        self.linked.chip().card_mut().tear_at(pulse);
    }

    fn give_random(&mut self, bytes: &[u8]) {
        self.direct.give_random(bytes);
        self.linked.chip().card_mut().give_random(bytes);
    }

    fn random_left(&self) -> usize {
        self.direct.random_left()
    }

    fn memory(&self) -> Option<&[u8]> {
        None
    }
}

struct Everywhere {
    cards: Cards,
    place: Where,
    held: Rc<RefCell<usize>>,
}

impl Targets for Everywhere {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        let mut card = self.cards.fresh(vector, dialogue)?;
        card.set_interface(match self.place {
            Where::T0 | Where::T1 => Interface::Contact,
            Where::A => Interface::ContactlessA,
            Where::B => Interface::ContactlessB,
        });
        let linked = Linked::new(card.clone(), self.place);
        // Entering the field is a power-up, which takes time on the card's clock.
        if matches!(linked, Linked::Air { .. }) {
            card.power_on().map_err(|error| Unavailable::Error(error.to_string()))?;
        }
        Ok(Box::new(Both {
            direct: card,
            linked,
            place: self.place,
            name: format!("{:?}, {}", self.place, vector.name),
            response: Response::new(),
            held: self.held.clone(),
        }))
    }

    fn is_home(&self) -> bool {
        false
    }
}

/// Holds all dialogues there; of those for this very interface the vectors' own answers are right
/// too.
fn everywhere(place: Where) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let collection = Collection::load(&[root]).unwrap();
    let held = Rc::new(RefCell::new(0));
    let mut targets = Everywhere { cards: Cards::new(), place, held: held.clone() };
    let (mut passed, mut dialogues) = (0, 0);
    for entry in &collection.entries {
        let Ok(vector) = entry.vector.as_ref() else { continue };
        if let Body::Dialogue(_) = vector.body {
            dialogues += 1;
            passed += usize::from(run(vector, &mut targets) == Verdict::Passed);
        }
    }
    println!("{place:?}: {passed} of {dialogues} pass there, {} commands", held.borrow());
    assert!(*held.borrow() > 3000, "{} commands were held", held.borrow());
    // Others are about the other interface, and end where their answer differs.
    assert!(passed * 10 > dialogues * 8, "{passed} of {dialogues}");
}

#[test]
fn on_t0_every_answer_is_as_in_process() {
    everywhere(Where::T0);
}

#[test]
fn on_t1_every_answer_is_as_in_process() {
    everywhere(Where::T1);
}

#[test]
fn as_type_a_every_answer_is_as_in_process() {
    everywhere(Where::A);
}

#[test]
fn as_type_b_every_answer_is_as_in_process() {
    everywhere(Where::B);
}
