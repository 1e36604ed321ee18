//! What tests inside this crate share: a personalised card, and dialogues as text.

pub(crate) mod probe;

use std::sync::OnceLock;

use crate::{Card, Profile, profile};

/// The default card, powered.
pub(crate) fn card() -> Card {
    static CARD: OnceLock<Card> = OnceLock::new();
    let card = CARD.get_or_init(|| made(profile::DEFAULT));
    let mut card = card.clone();
    card.power_on().unwrap();
    card
}

/// A card of a built-in profile, without power.
pub(crate) fn made(name: &str) -> Card {
    Card::from_profile(&Profile::load(name).unwrap()).unwrap()
}

/// Sends each command and compares the answer.
pub(crate) fn check(card: &mut Card, dialogue: &[(&str, &str)]) {
    for (command, expected) in dialogue {
        let answer = card.transmit(&bytes(command)).unwrap();
        assert_eq!(hex::encode_upper(answer), hex::encode_upper(bytes(expected)), "{command}");
    }
}

/// Bytes from hexadecimal digits with spaces.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}
