//! P1 of changes that are too large for one transaction: whole or nothing, as a terminal sees it.
//!
//! A file is prepared where nothing refers to it, and what is deleted is swept when nothing refers
//! to it any more. So the bytes change in parts, and a tear between them leaves each byte as the
//! applet has stored it, which the exploration shows; but a terminal that powers the card on then
//! must not be able to tell the card from one before the command or from one after it.

use super::{
    Broken,
    session::Sent,
    state::State,
    view::{View, pairs},
};
use crate::Card;

/// Class b8 and instruction of commands that make or take away files, keys and data objects: CREATE
/// FILE, DELETE FILE, PUT DATA, MANAGE SECURITY ENVIRONMENT (ISO/IEC 7816-4 and -9), and CREATE
/// FILE, ERASE DF, WRITE KEY of FMCOS.
const IN_PARTS: [(u8, u8); 8] = [
    (0x00, 0x22),
    (0x00, 0xE0),
    (0x00, 0xE4),
    (0x00, 0xDA),
    (0x00, 0xDB),
    (0x80, 0xE0),
    (0x80, 0x0E),
    (0x80, 0xD4),
];

pub(super) fn may_be_made_in_parts(command: &[u8]) -> bool {
    let [class, ins, ..] = command else { return false };
    IN_PARTS.contains(&(class & 0x80, *ins))
}

/// Whether a card that holds any of `states` shows what it does with the first of them, or from
/// some place on what it does with the last. `card` is of the same profile.
pub(super) fn judge(card: &Card, states: &[State], session: &[Sent]) -> Result<(), Broken> {
    let (Some(first), Some(last)) = (states.first(), states.last()) else { return Ok(()) };
    let mut card = card.clone();
    card.power_off();
    card.power_on().map_err(|_| Broken::Power)?;
    card.power_off();
    let holding = |state: &State| -> Result<Card, Broken> {
        let mut card = card.holding(&state.segments, &state.counters).ok_or(Broken::Power)?;
        card.power_on().map_err(|_| Broken::Power)?;
        Ok(card)
    };
    let cards = [holding(first)?, holding(last)?];
    let among: Vec<_> = [(&cards[0], first), (&cards[1], last)]
        .iter()
        .flat_map(|(card, state)| View::of(card, &[], &pairs(&state.segments)).files().to_vec())
        .collect();
    // With nothing sent before it, a session is the same as none.
    let sessions = [&[][..], session];
    for session in &sessions[..if session.len() > 1 { 2 } else { 1 }] {
        let [old, new] = cards.each_ref().map(|card| View::of(card, session, &among));
        let mut is_new = false;
        for (part, state) in states.iter().enumerate() {
            let seen = View::of(&holding(state)?, session, &among);
            is_new |= seen != old;
            let whole = if is_new { &new } else { &old };
            if seen != *whole {
                let (command, answer) = seen.first_difference(&old, &new).unwrap_or_default();
                let (command, answer) = (command.to_vec(), answer.to_vec());
                return Err(Broken::InPart { part, parts: states.len() - 1, command, answer });
            }
        }
    }
    Ok(())
}
