//! Finding the cards in a field: the reader's loop, the cards' states and the air between them,
//! without a chip behind any of it.

use std::hint::black_box;

use tessera::{
    field::{
        Field,
        search::{a, b},
    },
    link::{
        Application, Direction, Mute,
        picc::{Parameters, Picc, TypeA, TypeB, Uid},
    },
    random::Random,
};

use super::Operation;

/// What stands behind a card that is only found.
struct Nothing;

impl Application for Nothing {
    fn power_on(&mut self) -> Result<(), Mute> {
        Ok(())
    }

    fn power_off(&mut self) {}

    fn exchange(&mut self, _command: &[u8], _response: &mut Vec<u8>) -> Result<u64, Mute> {
        Err(Mute)
    }

    fn direction(&self, _header: [u8; 4]) -> Direction {
        Direction::Unknown
    }
}

/// Cards with identifiers of a seed, UIDs of seven bytes.
fn field(cards: u64, is_a: bool) -> Field<Nothing> {
    let mut field = Field::new();
    for n in 0..cards {
        let [a, b, c, d, e, f, ..] = Random::new(n).number().to_be_bytes();
        let parameters = match is_a {
            true => Parameters::A(TypeA::new(Uid::fixed(&[4, a, b, 4, d, e, f]).unwrap())),
            false => Parameters::B(TypeB::new(Some([a, b, c, d]))),
        };
        field.enter(Picc::new(parameters, Nothing, n));
    }
    field
}

/// Finds and halts every card of Type A in a field that comes on.
fn find_a(field: &mut Field<Nothing>, cards: usize) {
    field.switch_off();
    field.switch_on();
    let mut found = Vec::with_capacity(cards);
    let cost = a::find_all(field, a::Options::default(), 256, &mut found, |_, _| {});
    assert_eq!((black_box(found).len(), cost.is_ok()), (cards, true));
}

fn find_b(field: &mut Field<Nothing>, cards: usize) {
    field.switch_off();
    field.switch_on();
    let mut found = Vec::with_capacity(cards);
    let cost = b::find_all(field, b::Options::default(), 256, &mut found, |_, _| {});
    assert_eq!((black_box(found).len(), cost.is_ok()), (cards, true));
}

/// Finding so many cards, and finding a card alone as many times.
pub(crate) fn finds() -> Vec<(Operation, Operation)> {
    let pair = |name, cards: u64, is_a: bool| {
        let find = if is_a { find_a } else { find_b };
        let (mut all, mut one) = (field(cards, is_a), field(1, is_a));
        let whole = move |times| (0..times).for_each(|_| find(&mut all, cards as usize));
        let part = move |times| (0..times * cards).for_each(|_| find(&mut one, 1));
        let name_of_part = "  one card as many times";
        (
            Operation { name, run: Box::new(whole) },
            Operation { name: name_of_part, run: Box::new(part) },
        )
    };
    vec![
        pair("find 1 card of Type A", 1, true),
        pair("find 4 cards of Type A", 4, true),
        pair("find 16 cards of Type A", 16, true),
        pair("find 64 cards of Type A", 64, true),
        pair("find 4 cards of Type B", 4, false),
        pair("find 16 cards of Type B", 16, false),
        pair("find 64 cards of Type B", 64, false),
    ]
}
