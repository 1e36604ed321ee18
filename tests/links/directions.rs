//! Which way the data of a command goes, held against every command of every vector: a reader on a
//! T=0 line tells a card nothing else.

use std::{cell::RefCell, path::PathBuf, rc::Rc};

use tessera::{
    Card, Response,
    link::Direction,
    vectors::{
        Body, Cards, Collection, Dialogue, Target, Targets, Unavailable, Vector, Verdict, run,
    },
};
use tessera_framework::{Apdu, StatusWord};

/// Cards that note where a command's shape and its direction do not go together.
struct Watched {
    cards: Cards,
    wrong: Rc<RefCell<Vec<String>>>,
    held: Rc<RefCell<usize>>,
}

struct Watching {
    card: Card,
    name: String,
    response: Response,
    wrong: Rc<RefCell<Vec<String>>>,
    held: Rc<RefCell<usize>>,
}

impl Targets for Watched {
    fn target(
        &mut self,
        vector: &Vector,
        dialogue: &Dialogue,
    ) -> Result<Box<dyn Target>, Unavailable> {
        let card = self.cards.fresh(vector, dialogue)?;
        let (name, response) = (vector.name.clone(), Response::new());
        let (wrong, held) = (self.wrong.clone(), self.held.clone());
        Ok(Box::new(Watching { card, name, response, wrong, held }))
    }

    fn is_home(&self) -> bool {
        false
    }
}

/// What is refused for its shape, class or instruction has no direction of its own.
const OF_THE_SHAPE: [u16; 6] = [0x6700, 0x6E00, 0x6D00, 0x6881, 0x6882, 0x6883];

impl Target for Watching {
    fn power_on(&mut self) -> Result<Option<Vec<u8>>, String> {
        Ok(self.card.power_on().ok().map(|()| self.card.atr().to_vec()))
    }

    fn power_off(&mut self) -> Result<(), String> {
        self.card.power_off();
        Ok(())
    }

    fn exchange(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let direction = command.first_chunk::<4>().map(|&header| self.card.direction(header));
        let answered = self.card.exchange(command, &mut self.response).ok();
        let Some(StatusWord(status)) = answered.map(|()| self.response.status()) else {
            return Ok(None);
        };
        if let (Some(direction), Ok(apdu)) = (direction, Apdu::parse(command))
            && !OF_THE_SHAPE.contains(&status)
        {
            *self.held.borrow_mut() += 1;
            let fits = match direction {
                // P3 = 00: no data.
                Direction::In => !apdu.data.is_empty() || [0, 256].contains(&apdu.ne),
                Direction::Out => apdu.data.is_empty(),
                Direction::Unknown => false,
            };
            if !fits {
                let command = hex::encode_upper(command);
                let line = format!("{}: {command} {direction:?} {status:04X}", self.name);
                self.wrong.borrow_mut().push(line);
            }
        }
        Ok(Some(self.response.as_bytes().to_vec()))
    }

    fn tear_at(&mut self, pulse: u32) {
        self.card.tear_at(pulse);
    }

    fn give_random(&mut self, bytes: &[u8]) {
        self.card.give_random(bytes);
    }

    fn random_left(&self) -> usize {
        self.card.random_left()
    }

    fn memory(&self) -> Option<&[u8]> {
        Some(self.card.memory())
    }
}

#[test]
fn the_direction_of_every_command_of_the_vectors_fits_its_shape() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let collection = Collection::load(&[root]).unwrap();
    let (wrong, held) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(0)));
    let mut watched = Watched { cards: Cards::new(), wrong: wrong.clone(), held: held.clone() };
    for entry in &collection.entries {
        let vector = entry.vector.as_ref().unwrap();
        if let Body::Dialogue(_) = vector.body
            && let Verdict::Failed(failure) = run(vector, &mut watched)
        {
            wrong.borrow_mut().push(failure.to_string());
        }
    }
    assert!(*held.borrow() > 3000, "{} commands were held against it", held.borrow());
    let wrong = wrong.borrow();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), held.borrow(), wrong.join("\n"));
}
