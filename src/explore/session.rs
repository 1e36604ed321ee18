//! What was sent to a card since power-up, and how it is sent again.

use super::{
    Broken,
    replay::{Happening, Trace},
};
use crate::{Card, Response, random::Source};

/// A command that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The command APDU.
    pub command: Vec<u8>,
    /// What the card drew from then. A card to which the command is sent again draws the same, so
    /// that a cryptogram over its challenge is right again.
    random: Source,
}

impl Sent {
    /// A command that goes to `card` next.
    pub(super) fn to(card: &Card, command: &[u8]) -> Self {
        Self { command: command.to_vec(), random: card.random_source().clone() }
    }

    /// Lets a card draw what the first one did.
    pub(super) fn prepare(&self, card: &mut Card) {
        card.set_random_source(&self.random);
    }
}

/// Brings a card to where the last of `session` is next.
pub(super) fn send_all_but_last(
    card: &mut Card,
    session: &[Sent],
    trace: &Trace,
) -> Result<(), Broken> {
    let Some((last, earlier)) = session.split_last() else { return Ok(()) };
    let mut response = Response::new();
    for sent in earlier {
        sent.prepare(card);
        send(card, &sent.command, &mut response, trace)?;
    }
    last.prepare(card);
    Ok(())
}

/// Sends all but the last command for the first time.
pub(super) fn first_sent(
    card: &mut Card,
    commands: &[Vec<u8>],
    trace: &Trace,
) -> Result<Vec<Sent>, Broken> {
    let mut response = Response::new();
    let mut session = Vec::new();
    for (n, command) in commands.iter().enumerate() {
        session.push(Sent::to(card, command));
        if n + 1 < commands.len() {
            send(card, command, &mut response, trace)?;
        }
    }
    Ok(session)
}

fn send(
    card: &mut Card,
    command: &[u8],
    response: &mut Response,
    trace: &Trace,
) -> Result<(), Broken> {
    let began_us = card.clock_us();
    card.start_record();
    let answered = card.exchange(command, response);
    let events = card.take_record();
    trace.push(|| Happening::Sent {
        command: command.to_vec(),
        response: answered.is_ok().then(|| response.as_bytes().to_vec()),
        took_us: card.clock_us() - began_us,
        events,
    });
    answered.map_err(|_| Broken::Power)
}
