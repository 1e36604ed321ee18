//! Tests of the operating system through its probes: one status word, rule and refusal after
//! another.

mod chains;
mod channels;
mod checks;
mod envelope;
mod environments;
mod passed_over;
mod responses;
mod select;
mod service;

use tessera_framework::Interface;

use crate::{
    Card,
    testing::{self, bytes, check, probe},
};

/// SELECT of the probes by their names, without an answer.
const SELECT_A: &str = "00A4040C08 F050524F42452E41";
const SELECT_B: &str = "00A4040C08 F050524F42452E42";
const SELECT_C: &str = "00A4040C09 F050524F42452E4143";
/// SELECT of the social-security environment, without an answer.
const SELECT_SSSE: &str = "00A4040C0F 7378312E73682EC9E7BBE1B1A3D5CF";

/// A card with the probes, `commands` answered with 9000.
fn card_after(interface: Interface, commands: &[&str]) -> Card {
    let mut card = probe::card();
    card.set_interface(interface);
    card.power_on().unwrap();
    for command in commands {
        check(&mut card, &[(command, "9000")]);
    }
    card
}

/// How many data bytes a command is answered with, and the status word.
fn size(card: &mut Card, command: &str) -> (usize, u16) {
    let answer = card.transmit(&bytes(command)).unwrap();
    let (data, status) = answer.split_last_chunk::<2>().unwrap();
    (data.len(), u16::from_be_bytes(*status))
}
